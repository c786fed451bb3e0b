// options: -std=c++17
// lines: 12
// expect: t3api needs C++20: add the compiler option -std=c++20
#include <t3api/t3api.hpp>
