# What tests, examples and benchmarks need besides the library itself, and may not find here: a program, a library, a Python
# module. What lacks something is left out of the build, never skipped when it runs. The configuration says so in one line, and
# tools/test.sh says it again at its end, from a file with a line for each.
find_package(Python3 3.10 COMPONENTS Interpreter QUIET)
set(t3api_left_out_file ${PROJECT_BINARY_DIR}/left_out.txt)
file(WRITE ${t3api_left_out_file} "")

# Says that `what` is left out for want of the rest: Debian packages, or options.
function(t3api_leave_out what)
  list(JOIN ARGN ", " wanted)
  message(STATUS "t3api: left out: ${what} (${wanted})")
  file(APPEND ${t3api_left_out_file} "${what} (${wanted})\n")
endfunction()

# t3api_need(<variable> <what> <need>[=<package>]...)
#
# Sets `variable` to TRUE if all needs are here. Else sets it to FALSE and says that `what` is left out, with the Debian
# packages (or options) that are wanted. A need is called as its package unless that is given. It is one of
#   python3          Python 3.10 or newer: Python3_EXECUTABLE
#   import:MODULE    a module of this Python
#   NAME.h, NAME.hpp a header that the compiler finds
#   t3api::redis     a target, also one without "::"
#   NAME             a program, whose path is put into the cache entry T3API_NAME: T3API_REDIS_SERVER for redis-server
function(t3api_need variable what)
  set(wanted "")
  foreach(need IN LISTS ARGN)
    string(REGEX MATCH "^([^=]+)=?(.*)$" parts ${need})
    set(name ${CMAKE_MATCH_1})
    set(package ${CMAKE_MATCH_2})
    if(NOT package)
      set(package ${name})
    endif()
    string(REGEX REPLACE "^import:" "" module ${name})
    string(MAKE_C_IDENTIFIER ${name} entry)
    string(TOUPPER T3API_${entry} entry)

    if(name STREQUAL python3)
      set(found ${Python3_Interpreter_FOUND})
    elseif(NOT module STREQUAL name)
      set(found FALSE)
      if(Python3_Interpreter_FOUND)
        execute_process(COMMAND ${Python3_EXECUTABLE} -c "import ${module}" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
        if(status EQUAL 0)
          set(found TRUE)
        endif()
      endif()
    elseif(TARGET ${name})
      set(found TRUE)
    elseif(name MATCHES "::" OR package MATCHES "^T3API_")
      set(found FALSE)
    else()
      if(NOT EXISTS "${${entry}}")  # Removed since the last time.
        unset(${entry} CACHE)
      endif()
      if(name MATCHES "\\.h(pp)?$")
        find_path(${entry} ${name})
      else()
        find_program(${entry} ${name})
      endif()
      mark_as_advanced(${entry})
      set(found ${${entry}})
    endif()
    if(NOT found)
      list(APPEND wanted ${package})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES wanted)
  if(wanted)
    t3api_leave_out("${what}" ${wanted})
    set(${variable} FALSE PARENT_SCOPE)
  else()
    set(${variable} TRUE PARENT_SCOPE)
  endif()
endfunction()
