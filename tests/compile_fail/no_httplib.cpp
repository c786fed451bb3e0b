// without: httplib.h
// lines: 25
// expect: t3api needs cpp-httplib 0.11.4 or newer, and found no <httplib.h>: install it
// expect: or do without it: define T3API_WITHOUT_HTTPLIB in all files of the program
#include <t3api/t3api.hpp>
