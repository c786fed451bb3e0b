// The installed one; older versions tell their number in json.hpp.
#include_next <nlohmann/json_fwd.hpp>

#undef NLOHMANN_JSON_VERSION_MAJOR
#undef NLOHMANN_JSON_VERSION_MINOR
#undef NLOHMANN_JSON_VERSION_PATCH
