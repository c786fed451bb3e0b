# Shared by the scripts in tools/: installing what is missing, and configuring. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD_DIR:-$root/build}
build_packages=(g++ cmake ninja-build pkg-config libcpp-httplib-dev nlohmann-json3-dev libssl-dev zlib1g-dev)
# What the tests start or link besides. What only a few tests need, a browser for example, is not here: they are left out without.
test_packages=(doctest-dev libbenchmark-dev libhiredis-dev libsqlite3-dev redis-server python3 python3-dotenv openssl curl
  nginx-light binutils)

say() { echo "$(basename "$0"): $*" >&2; }

# Runs a command quietly; shows the end of what it said when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  [ $status = 0 ] || tail -n 30 "$log" >&2
  rm -f "$log"
  return $status
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs those of the named Debian packages that are missing, after one line that says so. Ends the script when it cannot.
need_packages() {
  local missing=() package as_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    [ -e "$build/CMakeCache.txt" ] || say "no apt here; this needs what Debian calls: $*"
    return 0
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "these packages are missing, and there is neither root nor sudo to install them: ${missing[*]}"
      exit 1
    fi
    as_root=(sudo)
  fi
  say "installing from Debian: ${missing[*]}"
  if ! { quietly "${as_root[@]}" apt-get update -q &&
    quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; }; then
    say "these packages could not be installed (no network, or no space?): ${missing[*]}"
    exit 1
  fi
}

# Configures the build folder; the generator is chosen once.
configure() {
  local generator=()
  [ -e "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null || generator=(-G Ninja)
  quietly cmake -S "$root" -B "$build" "${generator[@]}" "$@"
}
