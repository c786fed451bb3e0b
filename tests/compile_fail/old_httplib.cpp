// expect: t3api needs cpp-httplib 0.11.4 or newer, and found 0.9.10
#include <t3api/transport/httplib.hpp>
