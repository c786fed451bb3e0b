# What the library's own programs are compiled with, and its users never inherit: warnings and sanitizers.
option(T3API_WERROR "Treat warnings as errors" OFF)
set(T3API_SANITIZE "" CACHE STRING "Sanitizers of the tests: empty, thread, or address,undefined")

set(CMAKE_CXX_EXTENSIONS OFF)

add_library(t3api_dev INTERFACE)
target_link_libraries(t3api_dev INTERFACE t3api::t3api)
target_compile_options(t3api_dev INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wsign-conversion $<$<BOOL:${T3API_WERROR}>:-Werror>)
if(T3API_SANITIZE)
  target_compile_options(t3api_dev INTERFACE
    -fsanitize=${T3API_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O0)
  target_link_options(t3api_dev INTERFACE -fsanitize=${T3API_SANITIZE})
endif()
