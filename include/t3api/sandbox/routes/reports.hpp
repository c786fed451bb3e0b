#ifndef T3API_SANDBOX_ROUTES_REPORTS_HPP
#define T3API_SANDBOX_ROUTES_REPORTS_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/iso_time.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/data/report.hpp>
#include <t3api/sandbox/data/selection.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/routes/licenses.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

namespace reports_detail {

/// `contentType`, or the header Content-Type in its place; JSON when neither is there.
inline bool wants_csv(const call& c) {
  if (const auto type = query_value(c, "contentType")) {
    if (detail::iequals(*type, "csv")) return true;
    if (detail::iequals(*type, "json")) return false;
    throw refusal(400, "the query parameter 'contentType' must be json or csv");
  }
  return has_media_type(c.headers, "text/csv");
}

/// `packages-active-LIC-00001-2024-05-17.csv`.
inline std::string file_name(const report& about) {
  constexpr std::string_view version = "/v2/";
  std::string name(about.from.of().path.substr(version.size()));
  name += '-' + about.from.owner().license + '-' + iso_time(about.now).substr(0, 10) + ".csv";
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !detail::ascii_alpha(c) && !detail::ascii_digit(c) && c != '.' && c != '_'; }, '-');
  return name;
}

}  // namespace reports_detail

/// `GET` of a collection's report: all rows that are asked for, in one answer.
template <metrc_upstream Metrc>
response get_report(context<Metrc>& shared, const call& c) {
  using namespace reports_detail;
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  const collection& of = *find_report(c.path);
  const auto chosen = parse_selection(of, c.query);
  auto columns = parse_fieldnames(of, query_value(c, "fieldnames").value_or(of.report_fields));
  const bool csv = wants_csv(c);
  const bool metadata = !query_value(c, "prependCsvMetadata") || query_flag(c, "prependCsvMetadata");

  const table from = shared.records.open(of, who.session.user->hostname, license);
  const report about{.from = from,
                     .chosen = chosen,
                     .rows = chosen.everything() ? nullptr : shared.records.select(from, chosen),
                     .columns = std::move(columns),
                     .now = c.now};
  if (!csv) {
    return {.status = 200,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = json_report(about)};
  }
  return {.status = 200,
          .headers = {{"Content-Type", "text/csv; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"Content-Disposition", "attachment; filename=\"" + file_name(about) + "\""}},
          .body = csv_report(about, metadata)};
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
