#define T3API_COMPILED
#include <t3api/t3api.hpp>

#ifdef CPPHTTPLIB_HTTPLIB_H
#error "t3api/t3api.hpp brings cpp-httplib, which t3api::compiled is to keep out of other files"
#endif
