#!/usr/bin/env bash
# Builds everything and runs all tests; installs what is missing first (Debian). Arguments go to ctest. Ends with one line: how
# many tests passed and failed, and what was left out for want of what.
# BUILD_DIR names another build folder than build/, CMAKE_ARGS gives options to its configuration.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/build.sh"

need_packages "${build_packages[@]}" "${test_packages[@]}"
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"
say "configuring, building (this takes minutes) and testing in $build"
configure -DT3API_BUILD_TESTS=ON -DT3API_BUILD_BENCH=ON "${cmake_args[@]}"
cmake --build "$build" -j "$(nproc)"
results=$build/test_results.xml
rm -f "$results"
status=0
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" --output-junit "$results" "$@" || status=$?

count() { grep -o "$1=\"[0-9]*\"" "$results" | head -n 1 | grep -o '[0-9]*' || echo 0; }
if [ ! -e "$results" ]; then
  say "ctest ended with status $status before it ran a test"
  exit $((status == 0 ? 1 : status))
fi
total=$(count tests) failed=$(count failures) skipped=$(($(count skipped) + $(count disabled)))
left_out=$(paste -s -d ';' "$build/left_out.txt" 2>/dev/null | sed 's/;/; /g')
[ "$skipped" = 0 ] || left_out="$skipped tests that ctest skipped${left_out:+; $left_out}"
echo "$((total - failed - skipped)) passed, $failed failed; left out: ${left_out:-nothing}"
exit $status
