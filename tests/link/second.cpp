#include <t3api/t3api.hpp>

#include <t3api/sandbox.hpp>

std::string_view version_seen_by_second();
std::string_view version_seen_by_second() { return t3api::version_string; }
