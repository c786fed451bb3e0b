// without: openssl
// expect: t3api needs OpenSSL 3 or newer, and found no <openssl/opensslv.h>: install it (Debian: libssl-dev)
#include <t3api/t3api.hpp>
