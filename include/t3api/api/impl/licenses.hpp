#ifndef T3API_API_IMPL_LICENSES_HPP
#define T3API_API_IMPL_LICENSES_HPP

#include <string>
#include <vector>

#include <t3api/any_client.hpp>
#include <t3api/api/licenses.hpp>
#include <t3api/api/shapes.hpp>
#include <t3api/core/json.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE result<std::vector<license>> list_licenses(const any_client& via, const call_options& options) {
  const std::string path = "/v2/licenses";
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_array()) return detail::unexpected_shape(path, "a list");
  std::vector<license> licenses;
  for (const auto& entry : *body) {
    auto number = string_member(entry, "licenseNumber");
    if (!number) return detail::unexpected_shape(path, "a list of objects with a licenseNumber");
    licenses.push_back(
        {.name = string_member(entry, "licenseName").value_or(""), .number = *std::move(number)});
  }
  return licenses;
}

}  // namespace t3api::inline v0_1_0

#endif
