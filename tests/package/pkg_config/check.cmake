# Installs the library, and compiles and runs PROGRAM with what pkg-config says of it.
file(REMOVE_RECURSE ${WORK_DIR})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${T3API_BINARY_DIR} --prefix ${WORK_DIR}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE pc_file ${WORK_DIR}/prefix/*/t3api.pc)
cmake_path(GET pc_file PARENT_PATH pc_dir)
set(ENV{PKG_CONFIG_PATH} ${pc_dir})

set(module t3api)
if(WAY MATCHES "_(redis|sqlite)$")
  set(module t3api-${CMAKE_MATCH_1})
  string(TOUPPER -DWITH_${CMAKE_MATCH_1} options)
elseif(WAY MATCHES "_header_only$")
  # What a header-only installation of cpp-httplib tells: no macros. The library that is here was compiled with some, so
  # the program is not linked.
  file(WRITE ${pc_dir}/cpp-httplib.pc "Name: cpp-httplib\nDescription: header-only\nVersion: 0.53.0\n")
  set(options -fsyntax-only)
endif()

execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${module}
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
execute_process(COMMAND ${COMPILER} -std=c++20 ${options} ${PROGRAM} -o ${WORK_DIR}/program ${flags}
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT WAY MATCHES "_header_only$")
  execute_process(COMMAND ${WORK_DIR}/program COMMAND_ERROR_IS_FATAL ANY)
endif()
