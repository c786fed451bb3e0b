#ifndef T3API_API_IMPL_COLLECTIONS_HPP
#define T3API_API_IMPL_COLLECTIONS_HPP

#include <cstdint>
#include <string>
#include <utility>

#include <t3api/any_client.hpp>
#include <t3api/api/collections.hpp>
#include <t3api/api/shapes.hpp>
#include <t3api/core/json.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// A path as it may stand in a message: a query may hold a secret key.
inline std::string without_query(const std::string& path) { return path.substr(0, path.find('?')); }

inline result<collection_page> read_page(const std::string& path, result<nlohmann::json> body) {
  if (!body) return body.error();
  if (!body->is_object() || !body->contains("data") || !(*body)["data"].is_array()) {
    return unexpected_shape(path, "an object with a list called data");
  }
  collection_page loaded;
  for (const auto& [name, member] :
       {std::pair{"page", &loaded.page}, std::pair{"pageSize", &loaded.page_size},
        std::pair{"totalPages", &loaded.total_pages}, std::pair{"total", &loaded.total}}) {
    const auto found = body->find(name);
    if (found == body->end() || !found->is_number_unsigned()) {
      return unexpected_shape(path, std::string("an object with a number called ") + name);
    }
    *member = found->get<std::uint64_t>();
  }
  for (const auto& row : (*body)["data"]) {
    if (!row.is_object()) return unexpected_shape(path, "an object with a list of objects called data");
  }
  loaded.data = std::move((*body)["data"].get_ref<nlohmann::json::array_t&>());
  return loaded;
}

}  // namespace detail

T3API_INLINE result<collection_page> load_page(const any_client& via, const std::string& path,
                                               const page_request& wanted, const call_options& options) {
  if (detail::trim(wanted.license_number).empty())
    return argument_error("the licence number is empty: list_licenses() gives yours");
  if (wanted.page < 1) return argument_error("the page must be 1 or more");
  if (wanted.page_size < 1 || wanted.page_size > 500)
    return argument_error("the page size must be from 1 to 500");
  query_params query{{"licenseNumber", wanted.license_number},
                     {"page", std::to_string(wanted.page)},
                     {"pageSize", std::to_string(wanted.page_size)}};
  query.insert(query.end(), wanted.query.begin(), wanted.query.end());
  const auto answer = via.get(path, std::move(query), options);
  if (!answer) return answer.error();
  return detail::read_page(detail::without_query(path), answer->json());
}

}  // namespace t3api::inline v0_1_0

#endif
