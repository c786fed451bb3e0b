# Makes the target t3api::compiled, the client wing for programs of many files: larger functions are compiled once, and the
# headers only declare them. For the project itself with T3API_COMPILED=ON and, installed beside the package, for the component
# `compiled`: it is compiled with the program, with the program's own flags.
if(NOT TARGET t3api::compiled)
  add_library(t3api_compiled STATIC ${CMAKE_CURRENT_LIST_DIR}/t3api-compiled.cpp)
  add_library(t3api::compiled ALIAS t3api_compiled)
  target_link_libraries(t3api_compiled PUBLIC t3api::t3api)
  set_target_properties(t3api_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)  # For plug-ins too.
  target_compile_definitions(t3api_compiled PUBLIC T3API_COMPILED PRIVATE T3API_IMPLEMENTATION)
endif()
