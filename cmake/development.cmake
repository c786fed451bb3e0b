# What the library's own programs are compiled with, and its users never inherit: warnings and sanitizers.
include(cmake/needs.cmake)

option(T3API_WERROR "Treat warnings as errors" OFF)
set(T3API_SANITIZE "" CACHE STRING "Sanitizers of the tests: empty, thread, or address,undefined")

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # For clangd.
# A fifth less to compile than with -O3, and no slower where the wire counts.
string(REPLACE -O3 -O2 CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_library(t3api_dev INTERFACE)
target_link_libraries(t3api_dev INTERFACE t3api::t3api)
target_compile_options(t3api_dev INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
  $<$<BOOL:${T3API_WERROR}>:-Werror>)
if(T3API_SANITIZE)
  target_compile_options(t3api_dev INTERFACE
    -fsanitize=${T3API_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O0)
  target_link_options(t3api_dev INTERFACE -fsanitize=${T3API_SANITIZE})
endif()
