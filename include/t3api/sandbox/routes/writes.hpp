#ifndef T3API_SANDBOX_ROUTES_WRITES_HPP
#define T3API_SANDBOX_ROUTES_WRITES_HPP

#include <cstddef>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/response.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/create_package.hpp>
#include <t3api/sandbox/data/ledger.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/data/small_writes.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/routes/licenses.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

namespace writes_detail {

using write_one = void (*)(records::edit&, const nlohmann::json&, const std::string& where, wall_time);

/// Writes all entries or, when one is wrong, none. Only `submit=true` writes: with `false`, or without it,
/// the entries are checked alone, as T3's API description has it. The case of `True` does not matter; any
/// other value is refused.
template <metrc_upstream Metrc>
response write(context<Metrc>& shared, const call& c, bool list, write_one one) {
  constexpr std::size_t most_entries = 100;
  const auto who = authenticate(shared, c);
  const auto& user = *who.session.user;
  const auto license = license_parameter(c, user);
  const bool submit = query_flag(c, "submit");
  const auto body = body_json(c);
  if (list && (!body.is_array() || body.empty() || body.size() > most_entries)) {
    throw refusal(400, "the body must be a JSON list of 1 to " + std::to_string(most_entries) + " entries");
  }

  records::edit edit(shared.records, user.hostname, license);
  if (!list) one(edit, body, "the body", c.now);
  for (std::size_t i = 0; list && i < body.size(); ++i) {
    one(edit, body[i], "entry " + std::to_string(i + 1), c.now);
  }
  if (submit) edit.commit();
  shared.ledger.add({.at = c.now,
                     .hostname = user.hostname,
                     .username = user.username,
                     .path = c.path,
                     .license = std::string(license),
                     .submit = submit,
                     .body = c.body,
                     .request_id = c.request_id});
  return json_answer(200, {{"message", submit ? "Success" : "Dry run"}});
}

}  // namespace writes_detail

/// `POST /v2/packages/create`: new packages out of active ones.
template <metrc_upstream Metrc>
response post_create_packages(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, true, &create_package);
}

/// `GET /v2/packages/create/inputs`: what packages can be created with.
template <metrc_upstream Metrc>
response get_create_inputs(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  return json_answer(
      200, create_inputs(shared.records.open(active_packages, who.session.user->hostname, license)));
}

/// `POST /v2/packages/notes`: notes on packages.
template <metrc_upstream Metrc>
response post_package_notes(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, true, &note_package);
}

/// `POST /v2/items/discontinue`: one item, which leaves the active ones.
template <metrc_upstream Metrc>
response post_discontinue_item(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, false, &discontinue_item);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
