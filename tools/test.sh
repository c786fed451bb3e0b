#!/usr/bin/env bash
# Builds everything and runs all tests; installs what is missing first (Debian). Arguments go to ctest. The last line says how
# many tests passed and failed, and what was left out for want of what.
# BUILD_DIR names another build folder than build/, CMAKE_ARGS gives options to its configuration.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/build.sh"

# Without the first, nothing is built. Without one of the others, some tests are left out.
need_build_packages doctest-dev
want_packages libhiredis-dev libsqlite3-dev libasio-dev redis-server python3 python3-dotenv openssl curl nginx-light git meson
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"
configure -DT3API_BUILD_TESTS=ON -DT3API_BUILD_BENCH=ON "${cmake_args[@]}" || { say "not configured, so no test was run"; exit 1; }
cmake --build "$build" -j "$(nproc)" || { say "not built, so no test was run"; exit 1; }

report=$build/tests.xml
rm -f "$report"
status=0
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" --output-junit "$report" "$@" || status=$?

# The names of tests of which the report says something; what it says of one test is on several lines.
tests_with() { sed -n "s/.*<testcase name=\"\([^\"]*\)\".* status=\"$1\".*/\1/p" "$report"; }
join() { awk 'NR > 1 { printf ", " } { printf "%s", $0 }'; }
if [ -e "$report" ]; then
  passed=$(tests_with run | wc -l)
  skipped=$(grep -B 1 '<skipped message="SKIP_' "$report" | sed -n 's/.*<testcase name="\([^"]*\)".*/\1/p' || true)
  not_run=$(tests_with notrun | grep -c -v -x -F -e "$skipped" || true)
  failed=$(($(tests_with fail | wc -l) + not_run))
  line="$passed passed, $failed failed"
  [ -z "$skipped" ] || line+="; skipped: $(join <<<"$skipped")"
  [ ! -s "$build/left_out.txt" ] || line+="; left out: $(join <"$build/left_out.txt")"
  echo "$line"
fi
exit $status
