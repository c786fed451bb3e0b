#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

std::string_view version_seen_by_second();

int main() { return version_seen_by_second() == t3api::version_string ? 0 : 1; }
