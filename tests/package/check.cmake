# Configures, builds and runs consumer/ in the given WAY, in a WORK_DIR of its own.
file(REMOVE_RECURSE ${WORK_DIR})
if(WAY MATCHES "^find_package")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${T3API_BINARY_DIR} --prefix ${WORK_DIR}/prefix
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  set(location -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
else()
  set(location -D T3API_SOURCE_DIR=${T3API_SOURCE_DIR})
endif()
if(WAY MATCHES "_(redis|sqlite)$")
  set(parts -D WITH_PART=${CMAKE_MATCH_1})
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK_DIR}/build -G ${GENERATOR}
  -D CMAKE_CXX_COMPILER=${COMPILER} -D T3API_HTTPLIB_INCLUDE_DIR=${HTTPLIB_INCLUDE_DIR} ${location} ${parts}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK_DIR}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK_DIR}/build/consumer COMMAND_ERROR_IS_FATAL ANY)
