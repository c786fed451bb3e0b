# Configures, builds, tests and installs consumer/ in the given WAY, in a WORK_DIR of its own.
cmake_policy(VERSION 3.22)
file(REMOVE_RECURSE ${WORK_DIR})
if(WAY MATCHES "^find_package")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${T3API_BINARY_DIR} --prefix ${WORK_DIR}/prefix
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  set(location -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix -D T3API_VERSION=${VERSION})
else()
  set(location -D T3API_SOURCE_DIR=${T3API_SOURCE_DIR})
endif()
if(WAY MATCHES "_(compiled|redis|sandbox|sqlite)$")
  set(part -D WITH_PART=${CMAKE_MATCH_1})
  if(WAY STREQUAL "add_subdirectory_compiled")
    list(APPEND part -D T3API_COMPILED=ON)
  endif()
endif()
set(configure ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK_DIR}/build -G ${GENERATOR}
  -D WAY=${WAY} -D CMAKE_CXX_COMPILER=${COMPILER} -D T3API_HTTPLIB_INCLUDE_DIR=${HTTPLIB_INCLUDE_DIR}
  ${location} ${part})
execute_process(COMMAND ${configure} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK_DIR}/build COMMAND_ERROR_IS_FATAL ANY)

execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK_DIR}/build --output-on-failure
  OUTPUT_VARIABLE tested COMMAND_ERROR_IS_FATAL ANY)
if(NOT tested MATCHES "0 tests failed out of 1\n")
  message(FATAL_ERROR "The consumer has one test; ctest says:\n${tested}")
endif()

function(install_consumer out)
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK_DIR}/build --prefix ${WORK_DIR}/installed
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE files RELATIVE ${WORK_DIR}/installed ${WORK_DIR}/installed/*)
  set(${out} "${files}" PARENT_SCOPE)
endfunction()

install_consumer(installed)
if(NOT installed STREQUAL "bin/consumer")
  message(FATAL_ERROR "The consumer installs its program alone, but here is:\n${installed}")
endif()
if(NOT WAY MATCHES "^find_package")
  execute_process(COMMAND ${configure} -D T3API_INSTALL=ON OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  install_consumer(installed)
  foreach(file IN ITEMS include/t3api/t3api.hpp share/cmake/t3api/t3api-config.cmake)
    if(NOT file IN_LIST installed)
      message(FATAL_ERROR "With T3API_INSTALL=ON the consumer installs ${file} too, but here is:\n${installed}")
    endif()
  endforeach()
endif()
