// expect: t3api needs OpenSSL 3 or newer, and found OpenSSL 1.1.1w  11 Sep 2023
#include <t3api/client.hpp>
