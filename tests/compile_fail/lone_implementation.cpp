// options: -DT3API_IMPLEMENTATION
// lines: 30
// expect: T3API_IMPLEMENTATION is for one file of a program that defines T3API_COMPILED in all of its files
#include <t3api/any_client.hpp>
#include <t3api/core/json.hpp>
