// expect: t3api needs nlohmann/json 3.11 or newer, and found 3.10.5
#include <t3api/core/response.hpp>
