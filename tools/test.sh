#!/usr/bin/env bash
# Builds everything and runs all tests; installs what is missing first (Debian). Arguments go to ctest.
# BUILD_DIR names another build folder than build/, CMAKE_ARGS gives options to its configuration.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/build.sh"

need_packages "${build_packages[@]}" doctest-dev libhiredis-dev libsqlite3-dev redis-server python3
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"
configure -DT3API_BUILD_TESTS=ON -DT3API_BUILD_BENCH=ON "${cmake_args[@]}"
cmake --build "$build" -j "$(nproc)"
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" "$@"
