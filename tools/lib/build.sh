# Shared by the scripts in tools/: installing what is missing, and configuring. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD_DIR:-$root/build}
build_packages=(g++ cmake ninja-build pkg-config libcpp-httplib-dev nlohmann-json3-dev libssl-dev zlib1g-dev)

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

has_apt() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# Puts into `missing` those of the named Debian packages that are not installed.
find_missing() {
  local package
  missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
}

# Whether a file system that holds one of these has next to no room left.
is_full() {
  local room
  for room in $(df --output=avail -k "$@" 2>/dev/null | grep -v Avail); do
    [ "$room" -ge 4096 ] || return 0
  done
  return 1
}

# Installs packages as root or with sudo. Puts into `why` a reason when that fails.
install_packages() {
  local as_root=() log status=0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { why="it takes root or sudo"; return 1; }
    as_root=(sudo)
  fi
  say "installing from Debian: $*"
  log=$(mktemp) || { why="no temporary file can be made"; return 1; }
  as_root+=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8)
  {
    # What an interrupted installation has left.
    [ -z "$(dpkg --audit)" ] || "${as_root[@]}" dpkg --configure -a --force-confold
    # An update that fails may still leave a list that will do.
    "${as_root[@]}" apt-get update -q || true
    "${as_root[@]}" apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" || status=$?
  } >"$log" 2>&1
  if [ $status = 0 ]; then
    true
  elif is_full / /var "$log" || grep -q -E "No space left on device|have enough free space" "$log"; then
    why="the disk is full"
  elif grep -q -E "Temporary failure resolving|Could not (resolve|connect)|Network is unreachable|Unable to connect" "$log"; then
    why="the network cannot be reached"
  elif grep -q "^sudo: " "$log"; then
    why=$(grep -m 1 "^sudo: " "$log")
  else
    why="apt-get says: $(grep -m 1 -E '^(E|dpkg): ' "$log" || tail -n 1 "$log")"
  fi
  rm -f "$log"
  return $status
}

# Installs those of the named Debian packages that are missing, after one line that says so. Fails when it cannot.
need_packages() {
  local missing why
  has_apt || { say "no apt here; this needs what Debian calls: $*"; return 0; }
  find_missing "$@"
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}" || { say "cannot install ${missing[*]}: $why"; return 1; }
}

# The same for packages without which something is left out: when it cannot, it goes on.
want_packages() {
  local missing why
  has_apt || return 0
  find_missing "$@"
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}" ||
    say "cannot install ${missing[*]}: $why; going on without"
}

# What every build needs, and the packages that are named. A build folder that is configured already may have it from elsewhere.
need_build_packages() {
  if [ -e "$build/CMakeCache.txt" ]; then
    want_packages "${build_packages[@]}" "$@"
  else
    need_packages "${build_packages[@]}" "$@"
  fi
}

# Configures the build folder; the generator is chosen once.
configure() {
  local generator=()
  command -v cmake >/dev/null || { say "there is no cmake here"; return 1; }
  [ -e "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null || generator=(-G Ninja)
  quietly cmake -S "$root" -B "$build" "${generator[@]}" "$@"
}
