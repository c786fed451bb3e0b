# Makes the target t3api::httplib, or adds to t3api_missing why not.
#
# cpp-httplib's macros change the layout of its classes, so they come with the target of the installation that is used:
# the header in T3API_HTTPLIB_INCLUDE_DIR if that is set, else a CMake package, else what pkg-config knows.
set(T3API_HTTPLIB_INCLUDE_DIR "" CACHE PATH "Folder of a httplib.h to use header-only, in place of an installed cpp-httplib")

option(T3API_WITHOUT_HTTPLIB "Do without cpp-httplib: connections are opened by the system's own calls" OFF)

set(t3api_httplib_minimum 0.11.4)
if(TARGET t3api::httplib)
  return()
endif()
if(T3API_WITHOUT_HTTPLIB)
  add_library(t3api::httplib INTERFACE IMPORTED GLOBAL)
  target_compile_definitions(t3api::httplib INTERFACE T3API_WITHOUT_HTTPLIB)
  return()
endif()

set(t3api_httplib "")
set(t3api_version "")
set(t3api_remedy
  "Debian: libcpp-httplib-dev and pkg-config, or set T3API_HTTPLIB_INCLUDE_DIR, or do without it: T3API_WITHOUT_HTTPLIB=ON")
if(NOT T3API_HTTPLIB_INCLUDE_DIR AND NOT TARGET httplib::httplib)
  find_package(httplib CONFIG QUIET)
endif()

if(T3API_HTTPLIB_INCLUDE_DIR)
  t3api_read_version("${T3API_HTTPLIB_INCLUDE_DIR}" httplib.h CPPHTTPLIB_VERSION)
  set(t3api_remedy "T3API_HTTPLIB_INCLUDE_DIR must be the folder of such a httplib.h, and is ${T3API_HTTPLIB_INCLUDE_DIR}")
elseif(TARGET httplib::httplib)
  set(t3api_httplib httplib::httplib)
  get_target_property(t3api_folders httplib::httplib INTERFACE_INCLUDE_DIRECTORIES)
  t3api_read_version("${t3api_folders}" httplib.h CPPHTTPLIB_VERSION)
  if(NOT t3api_version)
    set(t3api_version "${httplib_VERSION}")
    set(t3api_place "${httplib_DIR}")
  endif()
  if(NOT t3api_version)
    set(t3api_version ${t3api_httplib_minimum})  # It cannot be told.
  endif()
else()
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(T3API_CPP_HTTPLIB QUIET IMPORTED_TARGET GLOBAL cpp-httplib)
  endif()
  set(t3api_httplib PkgConfig::T3API_CPP_HTTPLIB)
  set(t3api_version "${T3API_CPP_HTTPLIB_VERSION}")
  set(t3api_place "the path of pkg-config")
endif()

if(NOT t3api_version OR t3api_version VERSION_LESS t3api_httplib_minimum)
  t3api_add_missing(t3api_missing "cpp-httplib >= ${t3api_httplib_minimum}" "${t3api_version}" "${t3api_place}"
    "${t3api_remedy}")
  return()
endif()

add_library(t3api::httplib INTERFACE IMPORTED GLOBAL)
if(t3api_httplib)
  target_link_libraries(t3api::httplib INTERFACE ${t3api_httplib})
  return()
endif()

# A header that is not an installed library.
target_include_directories(t3api::httplib INTERFACE "${T3API_HTTPLIB_INCLUDE_DIR}")
target_link_libraries(t3api::httplib INTERFACE Threads::Threads)
