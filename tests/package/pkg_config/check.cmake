# Installs the library, and compiles and runs a program with what pkg-config says of it.
include(${SURROUNDINGS})
set(project ${T3API_SOURCE_DIR}/tools/packaging/program)
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
set(build ${T3API_BINARY_DIR})
if(WAY MATCHES "_elsewhere$")
  set(build ${WORK_DIR}/build)
  execute_process(COMMAND ${CONFIGURE} -S ${T3API_SOURCE_DIR} -B ${build}
    -D T3API_BUILD_TESTS=OFF -D T3API_BUILD_EXAMPLES=OFF -D T3API_BUILD_BENCH=OFF
    -D "CMAKE_INSTALL_PREFIX=${WORK_DIR}/a prefix" -D CMAKE_INSTALL_INCLUDEDIR=headers
    -D CMAKE_INSTALL_DATADIR=${WORK_DIR}/data
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --install ${build} --prefix "a prefix" WORKING_DIRECTORY ${WORK_DIR}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE pc_file ${WORK_DIR}/*/t3api.pc)
if(WAY STREQUAL "pkg_config")  # As packages are made.
  execute_process(COMMAND ${CMAKE_COMMAND} -E env DESTDIR=${WORK_DIR}/stage ${CMAKE_COMMAND} --install ${build} --prefix /
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS ${WORK_DIR}/stage/share/pkgconfig/t3api.pc prefix REGEX "^prefix=/$")
  if(NOT prefix)
    message(FATAL_ERROR "the module of an installation in / has another prefix")
  endif()
endif()
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
execute_process(COMMAND ${COMPILER} -std=c++20 ${options} ${project}/program.cpp -o ${WORK_DIR}/program ${flags}
  COMMAND_ERROR_IS_FATAL ANY)
if(WAY MATCHES "_elsewhere$")  # For CMake too.
  execute_process(COMMAND ${CONFIGURE} -S ${project} -B ${WORK_DIR}/project
    -D t3api_DIR=${WORK_DIR}/data/cmake/t3api OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
if(NOT WAY MATCHES "_header_only$")
  execute_process(COMMAND ${WORK_DIR}/program COMMAND_ERROR_IS_FATAL ANY)
endif()
