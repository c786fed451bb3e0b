# Compiles SOURCE and passes when that fails, says each expected sentence, and says it within few lines. The lines of SOURCE
# that are read:
#   // expect: SENTENCE     what the compiler must say
#   // options: OPTION ...  for the compiler
#   // lines: NUMBER        that it may need, if not 25
#   // without: FOLDER      of /usr/include, which is then as if it were not installed
# A folder of the same name as SOURCE has headers that go before all others, but for those in FIRST.
function(read_lines variable name)
  file(STRINGS ${SOURCE} lines REGEX "^// ${name}: ")
  list(TRANSFORM lines REPLACE "^// ${name}: " "")
  set(${variable} "${lines}" PARENT_SCOPE)
endfunction()

read_lines(expected expect)
if(NOT expected)
  message(FATAL_ERROR "${SOURCE} has no line \"// expect: SENTENCE\"")
endif()
read_lines(options options)
separate_arguments(options UNIX_COMMAND "${options}")
read_lines(most_lines lines)
if(NOT most_lines)
  set(most_lines 25)
endif()
read_lines(without without)

set(folders "")
if(FIRST)
  list(APPEND folders -I${FIRST})
endif()
string(REGEX REPLACE "\\.cpp$" "" own_folder ${SOURCE})
if(IS_DIRECTORY ${own_folder})
  list(APPEND folders -I${own_folder})
endif()

# A system without it: links to all of the real one but for that folder.
if(without)
  cmake_path(GET SOURCE STEM name)
  set(system ${WORK_DIR}/${name}_system)
  file(REMOVE_RECURSE ${system})
  file(MAKE_DIRECTORY ${system}/usr/include)
  file(GLOB entries /usr/include/*)
  foreach(entry IN LISTS entries)
    cmake_path(GET entry FILENAME entry_name)
    if(NOT entry_name STREQUAL without)
      file(CREATE_LINK ${entry} ${system}/usr/include/${entry_name} SYMBOLIC)
    endif()
  endforeach()
  foreach(folder IN ITEMS lib lib64 usr/lib usr/lib64)
    if(EXISTS /${folder})
      file(CREATE_LINK /${folder} ${system}/${folder} SYMBOLIC)
    endif()
  endforeach()
  list(APPEND options --sysroot=${system})
endif()

execute_process(COMMAND ${COMPILER} ${folders} @${FLAGS} ${options} -fsyntax-only ${SOURCE}
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
if(line_count GREATER most_lines)
  message(FATAL_ERROR "the compiler needs ${line_count} lines, more than ${most_lines}:\n${output}")
endif()
