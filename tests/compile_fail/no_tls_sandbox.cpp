// options: -UCPPHTTPLIB_OPENSSL_SUPPORT
// lines: 20
// expect: t3api needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program
#include <t3api/sandbox.hpp>
