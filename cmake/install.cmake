# install(): the headers and a package for find_package(t3api CONFIG).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(t3api_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/t3api)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS t3api EXPORT t3api-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT t3api-targets NAMESPACE t3api:: DESTINATION ${t3api_package_dir})

write_basic_package_version_file(${PROJECT_BINARY_DIR}/t3api-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/t3api-config.cmake cmake/t3api-dependencies.cmake cmake/t3api-redis.cmake
  cmake/t3api-sqlite.cmake ${PROJECT_BINARY_DIR}/t3api-config-version.cmake DESTINATION ${t3api_package_dir})
