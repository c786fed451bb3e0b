# An object that uses nothing of the library has nothing of it inside.
list(FILTER OBJECTS INCLUDE REGEX "unused")
execute_process(COMMAND ${NM} -C ${OBJECTS} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]*t3api::[^\n]*" ours "${symbols}")
list(FILTER ours EXCLUDE REGEX "::define_(CPPHTTPLIB|T3API)_")  # For the linker.
list(FILTER ours EXCLUDE REGEX " r std::")  # Constants of libstdc++ 14's concepts, a byte each.
list(LENGTH ours count)
if(count GREATER 0)
  list(SUBLIST ours 0 5 some)
  list(JOIN some "\n  " some)
  message(FATAL_ERROR "A file that only includes t3api holds ${count} of its symbols, such as\n  ${some}")
endif()
