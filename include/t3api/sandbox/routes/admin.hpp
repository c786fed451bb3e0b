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

/// Whether a Host is an IP address or localhost, of which no other site can make itself a name.
inline bool names_no_site(std::string_view host) {
  if (host.starts_with('[')) return true;
  const auto name = host.substr(0, host.find(':'));
  return detail::iequals(name, "localhost") ||
         (!name.empty() &&
          std::all_of(name.begin(), name.end(), [](char c) { return detail::ascii_digit(c) || c == '.'; }));
}

/// Refuses what a web page could make a browser send on behalf of the developer who looks at it: from a page
/// of another origin, or of one whose name was pointed at this machine, nothing is answered; and a change
/// needs a Content-Type that no form has. The service calls it for each route of this file. Throws `refusal`.
inline void refuse_web_pages(const call& c) {
  const auto host = c.headers.get("Host");
  const auto origin = c.headers.get("Origin");
  const auto site = c.headers.get("Sec-Fetch-Site");
  bool foreign = (host && !names_no_site(*host)) || (site && *site != "same-origin" && *site != "none");
  if (origin) {
    const auto scheme = origin->find("://");
    const auto from = scheme == origin->npos ? std::string_view() : origin->substr(scheme + 3);
    foreign |= from.empty() || !detail::iequals(from, host.value_or(""));
  }
  if (foreign) {
    throw refusal(
        403,
        "the paths below /sandbox/ are not for web pages of other sites: ask for them at localhost or "
        "an IP address");
  }
  if (c.method == method::get || c.method == method::head) return;
  if (!has_media_type(c, "application/json")) {
    throw refusal(415, "a change of the sandbox must come with the header Content-Type: application/json");
  }
}

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
