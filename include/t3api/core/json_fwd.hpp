#ifndef T3API_CORE_JSON_FWD_HPP
#define T3API_CORE_JSON_FWD_HPP

// The names of nlohmann/json; says what to do when there is none, or it is too old.

#if !__has_include(<nlohmann/json.hpp>)
#error \
    "t3api needs nlohmann/json 3.11 or newer, and found no <nlohmann/json.hpp>: install it (Debian: nlohmann-json3-dev), or name its folder with the compiler option -I"
#include <nlohmann/json>  // No file: the compiler stops here.
#endif
#if __has_include(<nlohmann/json_fwd.hpp>) && !defined(INCLUDE_NLOHMANN_JSON_HPP_)
#include <nlohmann/json_fwd.hpp>
#endif

#ifndef NLOHMANN_JSON_VERSION_MAJOR
#include <nlohmann/json.hpp>  // Old ones tell their version here only, and some come as this one file.
#endif

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

static_assert(NLOHMANN_JSON_VERSION_MAJOR > 3 ||
                  (NLOHMANN_JSON_VERSION_MAJOR == 3 && NLOHMANN_JSON_VERSION_MINOR >= 11),
              "t3api needs nlohmann/json 3.11 or newer, and found " T3API_DETAIL_DOTTED(
                  NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH));

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif
