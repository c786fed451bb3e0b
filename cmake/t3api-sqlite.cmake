# Makes the target t3api::sqlite when SQLite is here; else puts into t3api_sqlite_missing what is to be installed. For the
# project itself and, installed beside the package, for the component `sqlite`.
set(t3api_sqlite_missing "")

if(NOT TARGET t3api::sqlite)
  set(t3api_sqlite_minimum 3.37)
  find_package(SQLite3 ${t3api_sqlite_minimum} QUIET GLOBAL)
  if(SQLite3_FOUND)
    add_library(t3api::sqlite INTERFACE IMPORTED GLOBAL)
    target_link_libraries(t3api::sqlite INTERFACE t3api::t3api
      $<IF:$<TARGET_EXISTS:SQLite3::SQLite3>,SQLite3::SQLite3,SQLite::SQLite3>)
  else()
    set(t3api_sqlite_missing "SQLite >= ${t3api_sqlite_minimum} (Debian: libsqlite3-dev)")
  endif()
endif()
