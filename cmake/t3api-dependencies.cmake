# Finds what t3api is built on, here and (installed beside the package) in the projects that use it. Fills t3api_missing
# with a line for each library that is missing or too old.
set(t3api_openssl_minimum 3)
set(t3api_json_minimum 3.11)

# Adds a line to `list`: the library that is needed, the version that was found in its place, if any, and what to do.
function(t3api_add_missing list needed version place remedy)
  if(version)
    string(APPEND needed ", found ${version} in ${place}")
  endif()
  set(${list} ${${list}} "${needed} (${remedy})" PARENT_SCOPE)
endfunction()

# Puts into t3api_version what the lines of a header say that define the macro, and into t3api_place the folder of those
# where the header is. Empty where there is none.
function(t3api_read_version folders header macro)
  string(REGEX REPLACE "\\$<BUILD_INTERFACE:([^>]*)>" "\\1" folders "${folders}")
  foreach(folder IN LISTS folders)
    if(EXISTS "${folder}/${header}")
      file(STRINGS "${folder}/${header}" lines REGEX "^#define ${macro} ")
      string(REGEX MATCHALL "[0-9][0-9.]*" numbers "${lines}")
      list(JOIN numbers . version)
      set(place "${folder}")
      break()
    endif()
  endforeach()
  set(t3api_version "${version}" PARENT_SCOPE)
  set(t3api_place "${place}" PARENT_SCOPE)
endfunction()

set(t3api_missing "")

find_package(Threads QUIET)
if(NOT Threads_FOUND)
  t3api_add_missing(t3api_missing "a threads library" "" "" "Debian: libc6-dev")
endif()

find_package(OpenSSL ${t3api_openssl_minimum} QUIET)
if(NOT OpenSSL_FOUND)
  t3api_add_missing(t3api_missing "OpenSSL >= ${t3api_openssl_minimum}" "${OPENSSL_VERSION}" "${OPENSSL_INCLUDE_DIR}"
    "Debian: libssl-dev, or set OPENSSL_ROOT_DIR")
endif()

if(TARGET nlohmann_json::nlohmann_json)
  get_target_property(t3api_folders nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
  t3api_read_version("${t3api_folders}" nlohmann/json.hpp "NLOHMANN_JSON_VERSION_(MAJOR|MINOR|PATCH)")
else()
  find_package(nlohmann_json ${t3api_json_minimum} CONFIG QUIET)
  set(t3api_version "")
  if(NOT nlohmann_json_FOUND AND nlohmann_json_CONSIDERED_CONFIGS)
    list(GET nlohmann_json_CONSIDERED_VERSIONS 0 t3api_version)
    list(GET nlohmann_json_CONSIDERED_CONFIGS 0 t3api_place)
  endif()
endif()
if(NOT TARGET nlohmann_json::nlohmann_json OR (t3api_version AND t3api_version VERSION_LESS t3api_json_minimum))
  t3api_add_missing(t3api_missing "nlohmann/json >= ${t3api_json_minimum}" "${t3api_version}" "${t3api_place}"
    "Debian: nlohmann-json3-dev")
endif()

# Packed answers are asked for where zlib is.
if(NOT TARGET t3api::zlib)
  add_library(t3api::zlib INTERFACE IMPORTED GLOBAL)
  find_package(ZLIB QUIET)
  if(ZLIB_FOUND)
    target_compile_definitions(t3api::zlib INTERFACE T3API_WITH_ZLIB)
    target_link_libraries(t3api::zlib INTERFACE ZLIB::ZLIB)
  endif()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/t3api-httplib.cmake")
