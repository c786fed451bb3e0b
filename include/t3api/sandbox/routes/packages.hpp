#ifndef T3API_SANDBOX_ROUTES_PACKAGES_HPP
#define T3API_SANDBOX_ROUTES_PACKAGES_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/response.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/packages.hpp>
#include <t3api/sandbox/input.hpp>

namespace t3api::sandbox::routes {

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

/// Refuses the parameters of T3 that would change the answer and that the sandbox does not have: a wrong
/// answer would be worse than none.
inline void refuse_unsupported(const call& c) {
  for (const std::string_view name : {"sort", "filter", "filterLogic"}) {
    const bool given =
        std::any_of(c.query.begin(), c.query.end(), [&](const auto& p) { return p.first == name; });
    if (given)
      throw refusal(
          501, "the sandbox does not have the query parameter '" + std::string(name) + "': leave it out");
  }
}

/// `GET /v2/packages/active`: one page of a licence's packages.
template <metrc_upstream Metrc>
response get_active_packages(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  refuse_unsupported(c);
  const std::uint64_t page = query_number(c, "page", 1, 1, (std::numeric_limits<std::int64_t>::max)());
  const std::uint64_t page_size = query_number(c, "pageSize", 100, 1, 500);
  const std::uint64_t total = shared.settings.packages;
  const std::uint64_t pages = total / page_size + (total % page_size != 0 ? 1 : 0);
  const bool past_the_end = page > (std::max<std::uint64_t>)(pages, 1);
  if (past_the_end && query_flag(c, "strictPagination")) {
    throw refusal(
        400, "the page " + std::to_string(page) + " is past the last one, which is " + std::to_string(pages));
  }

  auto data = nlohmann::json::array();
  if (!past_the_end) {
    const std::uint64_t first = (page - 1) * page_size;
    for (std::uint64_t index = first; index < (std::min)(first + page_size, total); ++index) {
      data.push_back(make_package({.seed = shared.settings.seed,
                                   .hostname = who.session.user->hostname,
                                   .license = license,
                                   .index = index},
                                  c.now));
    }
  }
  return json_answer(200, {{"data", std::move(data)},
                           {"page", page},
                           {"pageSize", page_size},
                           {"totalPages", pages},
                           {"total", total}});
}

}  // namespace t3api::sandbox::routes

#endif
