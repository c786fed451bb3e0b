// options: -UCPPHTTPLIB_OPENSSL_SUPPORT
// lines: 60
// expect: <httplib.h> was included before CPPHTTPLIB_OPENSSL_SUPPORT was defined: define it for the whole
#include <httplib.h>

#define CPPHTTPLIB_OPENSSL_SUPPORT
#include <t3api/transport/httplib.hpp>
