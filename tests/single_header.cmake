# A folder in which every t3api header forwards to the single header that holds it, so that the tests stay as they are. A
# header that is in neither (an optional part) forwards to its source.
set(t3api_single_header_forwards ${CMAKE_CURRENT_BINARY_DIR}/single_header)

set(single_headers ${PROJECT_SOURCE_DIR}/single_include/t3api/t3api.hpp
  ${PROJECT_SOURCE_DIR}/single_include/t3api/t3api_sandbox.hpp)

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/*.hpp)
foreach(header IN LISTS headers)
  set(forward_to ${PROJECT_SOURCE_DIR}/include/${header})
  foreach(single IN LISTS single_headers)
    file(STRINGS ${single} part REGEX "^//   ${header}$")
    if(part)
      set(forward_to ${single})
      break()
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${t3api_single_header_forwards}/${header} CONTENT "#include \"${forward_to}\"\n")
endforeach()
