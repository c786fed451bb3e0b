// The installed one, with an older version's number.
#include_next <openssl/opensslv.h>

#undef OPENSSL_VERSION_MAJOR
#undef OPENSSL_VERSION_TEXT
#define OPENSSL_VERSION_TEXT "OpenSSL 1.1.1w  11 Sep 2023"
