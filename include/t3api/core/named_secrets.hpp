#ifndef T3API_CORE_NAMED_SECRETS_HPP
#define T3API_CORE_NAMED_SECRETS_HPP

#include <cstddef>
#include <string_view>
#include <vector>

#include <t3api/version.hpp>

namespace t3api::inline v0_1_0::detail {

/// A part of a text.
struct span {
  std::size_t start = 0;
  std::size_t end = 0;
};

/// Where in a text secrets stand that can be told by what is around them: values behind `secretKey=`,
/// `"password": ` and their like, what follows `Bearer`, JSON web tokens, and the user in front of a host. In
/// order, without overlaps.
std::vector<span> named_secrets(std::string_view text);

/// The texts and numbers in a JSON array or object without the names, as they are written.
std::vector<std::string_view> json_scalars(std::string_view json);

/// The credentials in a header value such as `Bearer abc`; all of it when no scheme stands before them.
std::string_view without_scheme(std::string_view value);

}  // namespace t3api::inline v0_1_0::detail

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/named_secrets.hpp>
#endif

#endif
