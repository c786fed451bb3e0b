#include <t3api/t3api.hpp>

int main() { return t3api::version_string.empty() ? 1 : 0; }
