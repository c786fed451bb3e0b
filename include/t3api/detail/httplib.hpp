#ifndef T3API_DETAIL_HTTPLIB_HPP
#define T3API_DETAIL_HTTPLIB_HPP

// <httplib.h>; says what to do when there is none, or it is too old, or another one in another file.

#include <string_view>

#ifndef T3API_WITHOUT_HTTPLIB

#if !__has_include(<httplib.h>)
#error \
    "t3api needs cpp-httplib 0.11.4 or newer, and found no <httplib.h>: install it (Debian: libcpp-httplib-dev) or name its folder with the compiler option -I; or do without it: define T3API_WITHOUT_HTTPLIB in all files of the program"
#include <cpp-httplib>  // No file: the compiler stops here.
#endif
#include <httplib.h>

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

#ifdef __ELF__
// The macro changes cpp-httplib's classes. Files that differ in it do not link: the linker refuses a name
// that is thread-local in one file only, and tells it.
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files_or_in_none = 0;
#endif
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif  // T3API_WITHOUT_HTTPLIB

#endif
