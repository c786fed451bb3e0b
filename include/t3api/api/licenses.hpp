#ifndef T3API_API_LICENSES_HPP
#define T3API_API_LICENSES_HPP

#include <string>
#include <vector>

#include <t3api/api/shapes.hpp>
#include <t3api/client.hpp>
#include <t3api/core/json.hpp>

namespace t3api::inline v0_1_0 {

/// A licence that the caller may see.
struct license {
  std::string name{};    ///< For people; may be empty.
  std::string number{};  ///< What every data endpoint wants as `licenseNumber`.
};

/// `GET /v2/licenses`.
template <class Transport, class Auth, class Retry>
result<std::vector<license>> list_licenses(const client<Transport, Auth, Retry>& via,
                                           const call_options& options = {}) {
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
