# install(): the headers and a package for find_package(t3api CONFIG).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(t3api_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/t3api)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS t3api t3api_sandbox EXPORT t3api-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT t3api-targets NAMESPACE t3api:: DESTINATION ${t3api_package_dir})

# As docs/versioning.md promises.
set(t3api_compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(t3api_compatibility SameMinorVersion)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/t3api-config-version.cmake
  COMPATIBILITY ${t3api_compatibility} ARCH_INDEPENDENT)
install(FILES cmake/t3api-compiled.cmake cmake/t3api-compiled.cpp cmake/t3api-config.cmake cmake/t3api-dependencies.cmake
  cmake/t3api-httplib.cmake cmake/t3api-redis.cmake cmake/t3api-sqlite.cmake ${PROJECT_BINARY_DIR}/t3api-config-version.cmake DESTINATION ${t3api_package_dir})

# For pkg-config. The prefix is known when the library is installed. It is not told relative to the file, since pkg-config
# leaves /usr/include out only where it is spelt so, and compilers lose their own headers behind -isystem /usr/include.
function(t3api_install_pc pc_name pc_description pc_requires pc_cflags pc_libs)
  set(pc_prefix "@pc_prefix@")
  set(pc_include_dir "${CMAKE_INSTALL_INCLUDEDIR}")
  if(NOT IS_ABSOLUTE "${pc_include_dir}")
    string(PREPEND pc_include_dir "\${prefix}/")
  endif()
  configure_file(cmake/t3api.pc.in ${PROJECT_BINARY_DIR}/${pc_name}.pc.in @ONLY)
  install(CODE "
    set(pc_prefix \"\${CMAKE_INSTALL_PREFIX}\")
    if(pc_prefix STREQUAL \"\")  # What CMake makes of /.
      set(pc_prefix /)
    endif()
    get_filename_component(pc_prefix \"\${pc_prefix}\" ABSOLUTE)
    get_filename_component(pc_file \"${CMAKE_INSTALL_DATADIR}/pkgconfig/${pc_name}.pc\" ABSOLUTE BASE_DIR \"\${pc_prefix}\")
    configure_file(\"${PROJECT_BINARY_DIR}/${pc_name}.pc.in\" \"\$ENV{DESTDIR}\${pc_file}\" @ONLY)
    list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${pc_file}\")")
endfunction()

# A cpp-httplib that pkg-config does not know is a header that the compiler finds by itself.
set(t3api_pc_httplib "")
if(NOT T3API_HTTPLIB_INCLUDE_DIR)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(T3API_PC_HTTPLIB QUIET cpp-httplib>=${t3api_httplib_minimum})
  endif()
  if(T3API_PC_HTTPLIB_FOUND)
    set(t3api_pc_httplib "cpp-httplib >= ${t3api_httplib_minimum}, ")
  endif()
endif()
set(t3api_pc_definitions "")
if(T3API_WITHOUT_HTTPLIB)
  set(t3api_pc_httplib "")
  string(APPEND t3api_pc_definitions " -DT3API_WITHOUT_HTTPLIB")
endif()
if(ZLIB_FOUND)
  string(APPEND t3api_pc_httplib "zlib, ")
  string(APPEND t3api_pc_definitions " -DT3API_WITH_ZLIB")
endif()
t3api_install_pc(t3api "${PROJECT_DESCRIPTION}" "${t3api_pc_httplib}nlohmann_json >= ${t3api_json_minimum}, openssl >= ${t3api_openssl_minimum}"
  "\"-I\${includedir}\"${t3api_pc_definitions}" -pthread)
t3api_install_pc(t3api-redis "t3api with its store in Redis"
  "t3api = ${PROJECT_VERSION}, hiredis >= ${t3api_hiredis_minimum}" "" "")
t3api_install_pc(t3api-sqlite "t3api with its key database in SQLite"
  "t3api = ${PROJECT_VERSION}, sqlite3 >= ${t3api_sqlite_minimum}" "" "")
