#ifndef T3API_DETAIL_REQUIRE_OPENSSL_HPP
#define T3API_DETAIL_REQUIRE_OPENSSL_HPP

// Included in front of OpenSSL's headers: says what to do when they are missing or too old.

#if !__has_include(<openssl/opensslv.h>)
#error \
    "t3api needs OpenSSL 3 or newer, and found no <openssl/opensslv.h>: install it (Debian: libssl-dev), or name its folder with the compiler option -I"
#endif
#include <openssl/opensslv.h>

#ifndef OPENSSL_VERSION_MAJOR  // 3.0 brought it.
static_assert(false, "t3api needs OpenSSL 3 or newer, and found " OPENSSL_VERSION_TEXT);
#endif

#endif
