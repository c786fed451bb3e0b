#include <t3api/any_client.hpp>

#if defined(CPPHTTPLIB_HTTPLIB_H) || defined(OPENSSL_VERSION_TEXT) || defined(INCLUDE_NLOHMANN_JSON_HPP_)
#error "t3api/any_client.hpp brings one of the libraries: it is for files that are to be compiled fast"
#endif
#if defined(_GLIBCXX_IOSTREAM) || defined(_GLIBCXX_REGEX) || defined(_GLIBCXX_FILESYSTEM) || \
    defined(_LIBCPP_IOSTREAM) || defined(_LIBCPP_REGEX) || defined(_LIBCPP_FILESYSTEM)
#error \
    "t3api/any_client.hpp brings <iostream>, <regex> or <filesystem>: it is for files that are to be compiled fast"
#endif
