# Makes the target t3api::sqlite when SQLite is here; else puts into t3api_sqlite_missing what is to be installed. For the
# project itself and, installed beside the package, for the component `sqlite`.
set(t3api_sqlite_missing "")
set(t3api_sqlite_minimum 3.37)
if(TARGET t3api::sqlite)
  return()
endif()

find_package(SQLite3 ${t3api_sqlite_minimum} QUIET)
if(NOT SQLite3_FOUND)
  t3api_add_missing(t3api_sqlite_missing "SQLite >= ${t3api_sqlite_minimum}" "${SQLite3_VERSION}" "${SQLite3_INCLUDE_DIR}"
    "Debian: libsqlite3-dev")
  return()
endif()

add_library(t3api::sqlite INTERFACE IMPORTED GLOBAL)
if(TARGET SQLite3::SQLite3)
  target_link_libraries(t3api::sqlite INTERFACE t3api::t3api SQLite3::SQLite3)
else()
  target_link_libraries(t3api::sqlite INTERFACE t3api::t3api SQLite::SQLite3)  # Before CMake 4.3.
endif()
