#ifndef T3API_DETAIL_TELL_HTTPLIB_HPP
#define T3API_DETAIL_TELL_HTTPLIB_HPP

// cpp-httplib without TLS beside the light headers is fine, but does not link with files for which
// detail/httplib.hpp says the opposite.
#if defined(CPPHTTPLIB_HTTPLIB_H) && !defined(CPPHTTPLIB_OPENSSL_SUPPORT) && defined(__ELF__)
namespace t3api::inline v0_1_0::detail {
[[gnu::used]] inline const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files = 0;
}  // namespace t3api::inline v0_1_0::detail
#endif

#endif
