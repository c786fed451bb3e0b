# Shared by the scripts in tools/: installing what is missing, and configuring. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD_DIR:-$root/build}
build_packages=(g++ cmake ninja-build pkg-config libcpp-httplib-dev nlohmann-json3-dev libssl-dev)

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

# Installs those of the named Debian packages that are missing, after one line that says so.
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
    command -v sudo >/dev/null || { say "neither root nor sudo to install: ${missing[*]}; going on without"; return 0; }
    as_root=(sudo)
  fi
  say "installing from Debian: ${missing[*]}"
  quietly "${as_root[@]}" apt-get update -q &&
    quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Configures the build folder; the generator is chosen once.
configure() {
  local generator=()
  [ -e "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null || generator=(-G Ninja)
  quietly cmake -S "$root" -B "$build" "${generator[@]}" "$@"
}
