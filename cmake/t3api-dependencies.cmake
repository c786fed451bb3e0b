# Finds what t3api is built on, here and (installed beside the package) in the projects that use it. Makes the target
# t3api::httplib and fills t3api_missing with a line for each thing that was not found.
#
# cpp-httplib's macros change the layout of its classes, so they come with the target of the installation that is used:
# the header in T3API_HTTPLIB_INCLUDE_DIR if that is set, else a CMake package, else what pkg-config knows.

set(T3API_HTTPLIB_INCLUDE_DIR "" CACHE PATH "Folder of a httplib.h to use header-only, in place of an installed cpp-httplib")

set(t3api_missing "")

find_package(Threads QUIET)
if(NOT Threads_FOUND)
  list(APPEND t3api_missing "a threads library (Debian: libc6-dev)")
endif()

find_package(OpenSSL 3 QUIET)
if(NOT OPENSSL_FOUND)
  list(APPEND t3api_missing "OpenSSL >= 3 (Debian: libssl-dev)")
endif()

if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.11 CONFIG QUIET)
  if(NOT nlohmann_json_FOUND)
    list(APPEND t3api_missing "nlohmann/json >= 3.11 (Debian: nlohmann-json3-dev)")
  endif()
endif()

# Adds to t3api::httplib a header that is not an installed library.
function(t3api_use_httplib_header folder)
  target_include_directories(t3api::httplib INTERFACE "${folder}")
  target_compile_definitions(t3api::httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT)
  target_link_libraries(t3api::httplib INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
  find_package(ZLIB QUIET)
  if(ZLIB_FOUND)
    target_compile_definitions(t3api::httplib INTERFACE CPPHTTPLIB_ZLIB_SUPPORT)
    target_link_libraries(t3api::httplib INTERFACE ZLIB::ZLIB)
  endif()
endfunction()

if(NOT TARGET t3api::httplib)
  add_library(t3api::httplib INTERFACE IMPORTED GLOBAL)
  set(t3api_httplib_minimum 0.11.4)

  if(NOT T3API_HTTPLIB_INCLUDE_DIR AND NOT TARGET httplib::httplib)
    find_package(httplib CONFIG QUIET GLOBAL)
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND AND NOT httplib_FOUND)
      pkg_check_modules(T3API_CPP_HTTPLIB QUIET IMPORTED_TARGET GLOBAL cpp-httplib)
    endif()
  endif()

  if(T3API_HTTPLIB_INCLUDE_DIR)
    file(STRINGS "${T3API_HTTPLIB_INCLUDE_DIR}/httplib.h" t3api_httplib_version
      REGEX "^#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
    string(REGEX REPLACE ".*\"(.*)\".*" "\\1" t3api_httplib_version "${t3api_httplib_version}")
    t3api_use_httplib_header("${T3API_HTTPLIB_INCLUDE_DIR}")
  elseif(TARGET httplib::httplib)
    set(t3api_httplib_version "${httplib_VERSION}")
    target_link_libraries(t3api::httplib INTERFACE httplib::httplib)
  elseif(TARGET PkgConfig::T3API_CPP_HTTPLIB)
    set(t3api_httplib_version "${T3API_CPP_HTTPLIB_VERSION}")
    target_link_libraries(t3api::httplib INTERFACE PkgConfig::T3API_CPP_HTTPLIB)
  else()
    list(APPEND t3api_missing
      "cpp-httplib >= ${t3api_httplib_minimum} (Debian: libcpp-httplib-dev and pkg-config)")
  endif()

  # A target that another project made tells no version.
  if(t3api_httplib_version AND t3api_httplib_version VERSION_LESS t3api_httplib_minimum)
    list(APPEND t3api_missing "cpp-httplib >= ${t3api_httplib_minimum} (found: ${t3api_httplib_version})")
  endif()
endif()
