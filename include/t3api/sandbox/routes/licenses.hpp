#ifndef T3API_SANDBOX_ROUTES_LICENSES_HPP
#define T3API_SANDBOX_ROUTES_LICENSES_HPP

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/response.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

/// The query parameter `licenseNumber`. Throws `refusal`: 400 when it is missing, 403 when the account may
/// not read it.
inline std::string_view license_parameter(const call& c, const metrc_user& user) {
  const auto number = query_value(c, "licenseNumber");
  if (!number || number->empty()) {
    throw refusal(400,
                  "the query parameter 'licenseNumber' is missing: give one that GET /v2/licenses lists");
  }
  if (std::find(user.licenses.begin(), user.licenses.end(), *number) == user.licenses.end()) {
    throw refusal(403, "this account has no such licence: give one that GET /v2/licenses lists");
  }
  return *number;
}

/// `GET /v2/licenses`: the account's licences.
template <metrc_upstream Metrc>
response get_licenses(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  auto list = nlohmann::json::array();
  for (const auto& number : who.session.user->licenses) {
    list.push_back({{"licenseName", "Sandbox " + number}, {"licenseNumber", number}});
  }
  return json_answer(200, list);
}

/// `GET /v2/states`: all states, for everyone.
template <metrc_upstream Metrc>
response get_states(context<Metrc>&, const call&) {
  auto list = nlohmann::json::array();
  for (const auto& s : states) {
    list.push_back({{"abbreviation", s.abbreviation}, {"name", s.name}, {"hostname", s.hostname()}});
  }
  return json_answer(200, list);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
