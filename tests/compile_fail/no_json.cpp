// without: nlohmann
// lines: 20
// expect: t3api needs nlohmann/json 3.11 or newer, and found no <nlohmann/json.hpp>: install it
#include <t3api/t3api.hpp>
