#ifndef T3API_CORE_REQUIRE_JSON_HPP
#define T3API_CORE_REQUIRE_JSON_HPP

// Says what to do when nlohmann/json is too old.

#include <nlohmann/json_fwd.hpp>

#ifndef NLOHMANN_JSON_VERSION_MAJOR
#include <nlohmann/json.hpp>  // Old ones tell their version here only.
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
