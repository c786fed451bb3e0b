#ifndef T3API_SANDBOX_HTTP_TARGET_HPP
#define T3API_SANDBOX_HTTP_TARGET_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/request.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/percent.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The method of that name, which is compared with case (RFC 9110 section 9.1).
inline std::optional<method> parse_method(std::string_view name) noexcept {
  for (const auto m :
       {method::get, method::head, method::post, method::put, method::patch, method::delete_}) {
    if (to_string(m) == name) return m;
  }
  return std::nullopt;
}

/// A path with its percent-encoding removed, but for what would change the path's structure: an encoded `/ ?
/// # %`, backslash or control byte stays encoded.
inline std::string decode_path(std::string_view encoded) {
  std::string path;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '%' && i + 2 < encoded.size()) {
      const std::string byte = detail::query_decode(encoded.substr(i, 3));
      const bool keep = byte.size() != 1 || detail::ascii_control(byte[0]) ||
                        std::string_view("/?#%\\").find(byte[0]) != std::string_view::npos;
      path += keep ? std::string(encoded.substr(i, 3)) : byte;
      i += 2;
    } else {
      path += encoded[i];
    }
  }
  return path;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
