#!/usr/bin/env bash
# Builds and runs the quickstart example; installs what is missing first (Debian). Arguments go to the program.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/build.sh"

need_build_packages
options=()
[ -e "$build/CMakeCache.txt" ] || options=(-DT3API_BUILD_TESTS=OFF -DT3API_BUILD_BENCH=OFF)
say "building quickstart"
configure "${options[@]}"
quietly cmake --build "$build" --target quickstart -j "$(nproc)"
exec "$build/bin/quickstart" "$@"
