# Compiles SOURCE and passes when that fails, says each expected sentence, and says it within 25 lines.
file(STRINGS ${SOURCE} expected REGEX "^// expect: ")
list(TRANSFORM expected REPLACE "^// expect: " "")
if(NOT expected)
  message(FATAL_ERROR "${SOURCE} has no line \"// expect: SENTENCE\"")
endif()

execute_process(COMMAND ${COMPILER} @${FLAGS} -fsyntax-only ${SOURCE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX MATCHALL "\n" lines "${output}")
list(LENGTH lines line_count)

if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles")
endif()
foreach(sentence IN LISTS expected)
  string(FIND "${output}" "${sentence}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "the compiler does not say \"${sentence}\":\n${output}")
  endif()
endforeach()
if(line_count GREATER 25)
  message(FATAL_ERROR "the compiler needs ${line_count} lines, more than 25:\n${output}")
endif()
