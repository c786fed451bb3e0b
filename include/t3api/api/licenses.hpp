#ifndef T3API_API_LICENSES_HPP
#define T3API_API_LICENSES_HPP

#include <string>
#include <vector>

#include <t3api/any_client.hpp>

namespace t3api::inline v0_1_0 {

/// A licence that the caller may see.
struct license {
  std::string name{};    ///< For people; may be empty.
  std::string number{};  ///< What every data endpoint wants as `licenseNumber`.
};

/// `GET /v2/licenses`.
result<std::vector<license>> list_licenses(const any_client& via, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/api/impl/licenses.hpp>
#endif

#endif
