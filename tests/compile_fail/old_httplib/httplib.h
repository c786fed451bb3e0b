// The installed one, with an older version's number.
#include_next <httplib.h>

#undef CPPHTTPLIB_VERSION
#define CPPHTTPLIB_VERSION "0.9.10"
