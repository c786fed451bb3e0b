#ifndef T3API_SANDBOX_ROUTES_ADMIN_HPP
#define T3API_SANDBOX_ROUTES_ADMIN_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/ledger.hpp>
#include <t3api/sandbox/faults/fault_json.hpp>
#include <t3api/sandbox/faults/fault_plan.hpp>
#include <t3api/sandbox/faults/metrc_orders.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

/// Where the routes of this file are. They are there only when `settings.admin` says so.
inline constexpr std::string_view admin_paths = "/sandbox/";

/// `POST /sandbox/faults`: something that is to go wrong.
template <metrc_upstream Metrc>
response post_fault(context<Metrc>& shared, const call& c) {
  auto ordered = fault_from(body_object(c));
  refuse_unknown_account(*shared.metrc, ordered);
  try {
    return json_answer(201, {{"id", shared.faults.add(std::move(ordered))}});
  } catch (const std::invalid_argument& full) {
    throw refusal(409, full.what());
  }
}

/// `GET /sandbox/faults`: what is to go wrong, and how often each has.
template <metrc_upstream Metrc>
response get_faults(context<Metrc>& shared, const call&) {
  auto list = nlohmann::json::array();
  for (const auto& planned : shared.faults.list()) list.push_back(to_json(planned));
  return json_answer(200, list);
}

/// `DELETE /sandbox/faults`: nothing is to go wrong any more.
template <metrc_upstream Metrc>
response delete_faults(context<Metrc>& shared, const call&) {
  shared.faults.clear();
  return json_answer(200, nlohmann::json::object());
}

/// `DELETE /sandbox/faults/<id>`
template <metrc_upstream Metrc>
response delete_fault(context<Metrc>& shared, const call& c) {
  const auto id = detail::parse_decimal(std::string_view(c.path).substr(c.path.rfind('/') + 1));
  if (!id || !shared.faults.remove(*id)) {
    throw refusal(404, "there is no such fault: GET /sandbox/faults lists them");
  }
  return json_answer(200, {{"id", *id}});
}

/// Carries out an order. False when there is no such account, nothing when this Metrc does not know how.
/// Throws std::invalid_argument for a value that Metrc does not take.
template <metrc_upstream Metrc>
std::optional<bool> tell_metrc(Metrc& metrc, const metrc_order& order) {
  if constexpr (requires {
                  metrc.end_sessions();
                  metrc.change_username("", "", "");
                  metrc.lock_after(0);
                  metrc.fail_logins();
                }) {
    const std::string host = canonical_hostname(order.account.hostname);
    const std::string& user = order.account.username;
    const std::string_view name = order.name;
    if (name == "changePassword") return metrc.change_password(host, user, order.text);
    if (name == "changeEmail") return metrc.change_email(host, user, order.text.reveal());
    if (name == "changeUsername") return metrc.change_username(host, user, order.text.reveal());
    if (name == "changeOtpSeed") return metrc.change_otp_seed(host, user, order.text);
    if (name == "lock") return metrc.lock(host, user);
    if (name == "unlock") return metrc.unlock(host, user);
    if (name == "endSessions" && !user.empty()) return metrc.end_sessions(host, user);
    if (name == "endSessions") metrc.end_sessions();
    if (name == "lockAfter") metrc.lock_after(order.number);
    if (name == "delayLogins") {
      metrc.delay_logins(std::chrono::milliseconds(static_cast<std::int64_t>(order.number)));
    }
    if (name == "failLogins") order.for_ever ? metrc.fail_logins() : metrc.fail_logins(order.number);
    return true;
  } else {
    static_cast<void>(metrc), static_cast<void>(order);
    return std::nullopt;
  }
}

/// `POST /sandbox/metrc`: one order, such as `{"endSessions": true}`.
template <metrc_upstream Metrc>
response post_metrc(context<Metrc>& shared, const call& c) {
  const auto order = metrc_order_from(body_object(c));
  std::optional<bool> done;
  try {
    done = tell_metrc(*shared.metrc, order);
  } catch (const std::invalid_argument& wrong) {
    throw refusal(422, wrong.what());
  }
  if (!done) throw refusal(501, "the Metrc behind this service takes no orders");
  if (!*done) throw refusal(422, "Metrc has no such account: check hostname and username");
  return json_answer(200, nlohmann::json::object());
}

/// `GET /sandbox/metrc`: how many logins were tried, and how many opened a session.
template <metrc_upstream Metrc>
response get_metrc(context<Metrc>& shared, const call&) {
  if constexpr (requires {
                  shared.metrc->attempts();
                  shared.metrc->logins();
                }) {
    return json_answer(200, {{"attempts", shared.metrc->attempts()}, {"logins", shared.metrc->logins()}});
  } else {
    throw refusal(501, "the Metrc behind this service does not count logins");
  }
}

/// `GET /sandbox/ledger`: the writes that were accepted.
template <metrc_upstream Metrc>
response get_ledger(context<Metrc>& shared, const call&) {
  return json_answer(200, to_json(shared.ledger));
}

/// `DELETE /sandbox/ledger`: forgets them; what they wrote stays.
template <metrc_upstream Metrc>
response delete_ledger(context<Metrc>& shared, const call&) {
  shared.ledger.clear();
  return json_answer(200, nlohmann::json::object());
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
