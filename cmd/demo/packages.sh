#!/bin/bash
# packages.sh run|test|windows: what this machine needs, installed if missing.
# Go is the one thing a newcomer brings.
set -euo pipefail
cd "$(dirname "$0")/../.."

need_go() {
  local want have go
  want=$(awk '$1 == "go" {print $2}' go.mod)
  go=$(command -v go || true)
  [ -n "$go" ] || { [ -x /usr/local/go/bin/go ] && go=/usr/local/go/bin/go; } || true
  if [ -z "$go" ]; then
    echo "Go $want or newer is needed: install it from https://go.dev/dl and run this again." >&2
    exit 1
  fi
  have=$(GOTOOLCHAIN=local "$go" env GOVERSION | sed 's/^go//')
  if [ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n 1)" != "$want" ]; then
    echo "Go $want or newer is needed, $go is $have: install a newer one from https://go.dev/dl and run this again." >&2
    exit 1
  fi
}

build="git gcc pkg-config libpcsclite-dev xorg-dev libgl1-mesa-dev libwayland-dev libxkbcommon-dev"
card="pcscd vsmartcard-vpcd opensc opensc-pkcs11 softhsm2 util-linux iproute2"
headless="libgl1-mesa-dri xvfb openbox xdotool imagemagick poppler-utils"
two="xserver-xorg-core xserver-xorg-video-dummy x11-xserver-utils"
case "${1:-run}" in
  run)
    list="$build $card openssl"
    { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${CASE:-}" ]; } || list="$list $headless"
    [ "${DB:-}" != postgres ] || list="$list postgresql"
    [ "${MONITORS:-1}" = 1 ] || list="$list $two"
    ;;
  test)    list="$build $card openssl poppler-utils strace sqlite3 curl postgresql cups-daemon cups-client" ;;
  windows) list="git gcc-mingw-w64-x86-64" ;;
  *) echo "usage: packages.sh run|test|windows" >&2; exit 2 ;;
esac

need_go
if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: make sure that these are installed: $list" >&2
  exit 0
fi
missing=""
for p in $list; do
  dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then as=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as="sudo"
else
  echo "Packages are missing. As root, run:  apt-get update && $install" >&2
  exit 1
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as apt-get update && DEBIAN_FRONTEND=noninteractive $as $install; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The packages could not be installed. Mend what is said above, or run:  $install" >&2
  exit 1
fi
