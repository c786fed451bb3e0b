#ifndef T3API_SANDBOX_ROUTES_COLLECTIONS_HPP
#define T3API_SANDBOX_ROUTES_COLLECTIONS_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/response.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/data/selection.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/routes/licenses.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

/// `GET` of any collection of the catalogue: one page of a licence's rows, filtered and sorted.
template <metrc_upstream Metrc>
response get_collection(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  const collection& of = *find_collection(c.path);
  const auto chosen = parse_selection(of, c.query);
  const std::uint64_t page = query_number(c, "page", 1, 1, (std::numeric_limits<std::int64_t>::max)());
  const std::uint64_t page_size = query_number(c, "pageSize", 100, 1, 500);
  const bool strict = query_flag(c, "strictPagination");

  const table from = shared.records.open(of, who.session.user->hostname, license);
  const auto rows = chosen.everything() ? nullptr : shared.records.select(from, chosen);
  const std::uint64_t total = rows ? rows->size() : from.size();
  const std::uint64_t pages = total / page_size + (total % page_size != 0 ? 1 : 0);
  const bool past_the_end = page > (std::max<std::uint64_t>)(pages, 1);
  if (past_the_end && strict) {
    throw refusal(
        400, "the page " + std::to_string(page) + " is past the last one, which is " + std::to_string(pages));
  }

  auto data = nlohmann::json::array();
  if (!past_the_end) {
    const std::uint64_t first = (page - 1) * page_size;
    for (std::uint64_t at = first; at < (std::min)(first + page_size, total); ++at) {
      data.push_back(from.row(rows ? (*rows)[at] : from.number_at(at), c.now));
    }
  }
  return json_answer(200, {{"data", std::move(data)},
                           {"page", page},
                           {"pageSize", page_size},
                           {"totalPages", pages},
                           {"total", total}});
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
