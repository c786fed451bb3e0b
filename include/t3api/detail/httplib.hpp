#ifndef T3API_DETAIL_HTTPLIB_HPP
#define T3API_DETAIL_HTTPLIB_HPP

// <httplib.h>; says what to do when there is none, or it is too old, or not made for TLS, here or in another
// file.

#include <string_view>

#include <t3api/detail/require_openssl.hpp>

#if !__has_include(<httplib.h>)
#error \
    "t3api needs cpp-httplib 0.11.4 or newer, and found no <httplib.h>: install it (Debian: libcpp-httplib-dev), or name its folder with the compiler option -I"
#include <cpp-httplib>  // No file: the compiler stops here.
#endif
#include <httplib.h>

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error \
    "t3api needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program (compiler option -DCPPHTTPLIB_OPENSSL_SUPPORT), or link the CMake target t3api::t3api, which does"
#include <cpp-httplib with TLS>  // No file, as above.
#endif

namespace t3api::inline v0_1_0::detail {

/// Whether `version`, such as "0.11.4", is at least the other one.
constexpr bool is_at_least(std::string_view version, std::string_view other) noexcept {
  const auto take_number = [](std::string_view& text) {
    int number = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      number = number * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return number;
  };
  while (!other.empty()) {
    const int here = take_number(version);
    const int there = take_number(other);
    if (here != there) return here > there;
  }
  return true;
}

static_assert(is_at_least(CPPHTTPLIB_VERSION, "0.11.4"),
              "t3api needs cpp-httplib 0.11.4 or newer, and found " CPPHTTPLIB_VERSION);

template <class Client>
concept knows_tls = requires(Client& client) {
  client.enable_server_certificate_verification(true);
};

static_assert(
    knows_tls<httplib::ClientImpl>,
    "<httplib.h> was included before CPPHTTPLIB_OPENSSL_SUPPORT was defined: define it for the whole program "
    "(compiler option -DCPPHTTPLIB_OPENSSL_SUPPORT), or link the CMake target t3api::t3api, which does");

#ifdef __ELF__
// Files that differ in these macros do not link: the linker refuses a name that is thread-local in one file
// only, and tells it. The first has its counterpart in detail/tell_httplib.hpp.
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files = 0;
#ifdef CPPHTTPLIB_ZLIB_SUPPORT
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_ZLIB_SUPPORT_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_CPPHTTPLIB_ZLIB_SUPPORT_in_all_files_or_in_none = 0;
#endif
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif
