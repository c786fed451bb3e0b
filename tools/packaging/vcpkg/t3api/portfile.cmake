# Takes the sources of the checkout that this port lies in.
set(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../..")
set(VCPKG_BUILD_TYPE release)  # Headers alone: no debug variant.
set(VCPKG_POLICY_SKIP_PKGCONFIG_CHECK enabled)  # Its .pc files link -pthread, and are the same everywhere all the same.

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DT3API_BUILD_TESTS=OFF
    -DT3API_BUILD_EXAMPLES=OFF
    -DT3API_BUILD_BENCH=OFF
    -DT3API_INSTALL=ON
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/t3api)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
