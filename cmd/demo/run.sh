#!/bin/bash
# run.sh: reader, card, authority and Salter on this machine, as a demonstration.
# With a display the clerk is you; without one, or with a CASE, a case is played
# under Xvfb.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD BIN=$PWD/build/bin
CASES="issue renew unblock-issue refuse revoke foreigner"

die() {
  echo "make run: $*" >&2
  [ ! -d "${RUN:-}/screens" ] || import -window root "$RUN/screens/failed.png" 2>/dev/null || true
  exit 1
}

case " $CASES " in
  *" ${CASE:-issue} "*) ;;
  *) die "CASE is $CASE: say one of $CASES" ;;
esac
case "${DB:-}" in
  ""|sqlite|postgres) ;;
  *) die "DB is $DB: say sqlite or postgres" ;;
esac
case "${MONITORS:-1}" in
  1|2) ;;
  *) die "MONITORS is $MONITORS: say 1 or 2" ;;
esac

# One socket of pcscd per file-system namespace: the demonstration has one of
# its own, so that a running daemon is not disturbed and the reader's port is
# not visible outside.
if [ "${1:-}" != inside ]; then
  for how in -m -rm; do
    if unshare $how --propagation private sh -c 'mkdir -p /run/pcscd && mount -t tmpfs tmpfs /run/pcscd && unshare -n ip link set lo up' 2>/dev/null; then
      exec unshare $how --propagation private "$ROOT/cmd/demo/run.sh" inside own
    fi
  done
  exec "$ROOT/cmd/demo/run.sh" inside shared
fi
READER=$2

PIDS=()
cleanup() {
  local pid
  for ((i = ${#PIDS[@]} - 1; i >= 0; i--)); do
    pid=${PIDS[i]}
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# wait_for SECONDS WHAT COMMAND…: polls until COMMAND succeeds, as long as the
# program started last is alive.
wait_for() {
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "${PIDS[-1]}" 2>/dev/null || die "$what did not happen: the program ended; see $RUN/log"
    [ $SECONDS -lt $end ] || die "$what did not happen in time; see $RUN/log"
    sleep 0.1
  done
}

# Without a CASE everything lies in build/run; a case that is named has a folder
# of its own in it, which runs of other cases leave alone.
HEADLESS=
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${CASE:-}" ] || HEADLESS=1
RUN=build/run${CASE:+/$CASE}
if [ -n "${CASE:-}" ]; then
  rm -rf "$RUN"
elif [ -n "$HEADLESS" ] && [ -d "$RUN" ]; then
  find "$RUN" -mindepth 1 -maxdepth 1 $(printf -- '! -name %s ' $CASES) -exec rm -rf {} +
fi
CASE=${CASE:-issue}
mkdir -p "$RUN/log"

MODULE=$(dpkg -L opensc-pkcs11 2>/dev/null | grep -m1 '/opensc-pkcs11\.so$' || true)
[ -n "$MODULE" ] || MODULE=$(find /usr/lib /usr/lib64 -name opensc-pkcs11.so 2>/dev/null | head -n 1)
[ -n "$MODULE" ] || die "opensc-pkcs11.so was not found: install opensc-pkcs11"

# --- reader and card -------------------------------------------------------
case "$CASE" in
  unblock-issue) preset=blocked ;;
  refuse)        preset=expired ;;
  foreigner)     preset=foreigner ;;
  *)             preset=citizen ;;
esac
[ -f "$RUN/card/anchor.pem" ] || "$BIN/salter-card" init -state "$RUN/card" -preset "$preset" >"$RUN/log/card-init.txt"
if [ "$READER" = own ]; then
  mount -t tmpfs tmpfs /run/pcscd
  mkdir -p "$RUN/reader"
  driver=$(find /usr/lib/pcsc -name 'libifdvpcd.so*' | head -n 1)
  [ -n "$driver" ] || die "the driver of the virtual reader was not found: install vsmartcard-vpcd"
  printf 'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH %s\nCHANNELID 0x8C7B\n' "$driver" >"$RUN/reader/vpcd"
  unshare -n sh -c 'ip link set lo up && exec pcscd --foreground --config "$1"' sh "$ROOT/$RUN/reader" >"$RUN/log/pcscd.txt" 2>&1 &
  PCSCD=$!; PIDS+=("$PCSCD")
  wait_for 10 "the card service's start" test -S /run/pcscd/pcscd.comm
  enter=(nsenter -t "$PCSCD" -n --)
  port=35963
else
  enter=()
  port=$(opensc-tool -l 2>/dev/null | awk '/Virtual PCD 00 00/ && $2 == "No" {print 35963; exit} /Virtual PCD 00 01/ && $2 == "No" {print 35964; exit}')
  [ -n "$port" ] || die "this user may not make namespaces (unshare), and the running card service has no empty Virtual PCD reader: run as root, or start pcscd with vsmartcard-vpcd"
fi
"${enter[@]}" "$BIN/salter-card" run -state "$RUN/card" -vpcd "127.0.0.1:$port" -timing "${TIMING:-real}" </dev/null >"$RUN/log/card.txt" 2>&1 &
PIDS+=($!)
wait_for 10 "the card's insertion" "$BIN/salter-card" send -state "$RUN/card" status

# --- authority -------------------------------------------------------------
free_port() {
  local p
  for ((p = $1; p < $1 + 50; p++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
  done
  die "no free port near $1"
}
if [ ! -f "$RUN/ports" ]; then echo "$(free_port 8443) $(free_port 8480)" >"$RUN/ports"; fi
read -r api public <"$RUN/ports"
for p in "$api" "$public"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then
    die "port $p, which the authority used the last time, is taken (ss -ltnp 'sport = :$p' tells by what): end that, or remove $RUN to begin anew with another card"
  fi
done

# What was begun on PostgreSQL stays there; what was begun on SQLite moves.
. cmd/demo/postgres.sh
if [ "${DB:-}" = postgres ] || [ -f "$RUN/ca/database" ]; then
  start_database
  [ ! -f "$RUN/ca/ca.db" ] || "$BIN/salter-ca" migrate -dir "$RUN/ca" -db "$DBURL" || die "the authority could not be moved to PostgreSQL"
fi

# serve_authority: starts it; its first start makes its keys.
serve_authority() {
  "$BIN/salter-ca" serve -mode demo -dir "$RUN/ca" ${DBURL:+-db "$DBURL"} -listen "127.0.0.1:$api" -public "127.0.0.1:$public" >>"$RUN/log/ca.txt" 2>&1 &
  AUTHORITY=$!; PIDS+=("$AUTHORITY")
  wait_for 120 "the authority's start" test -S "$RUN/ca/admin.sock"
}
stop_authority() { kill "$AUTHORITY"; wait "$AUTHORITY" 2>/dev/null || true; rm -f "$RUN/ca/admin.sock"; }
[ -d "$RUN/ca" ] || echo "starting the authority (its first start makes its keys)"
serve_authority

# --- enrolment -------------------------------------------------------------
settings=$RUN/salter.toml
cat >"$settings" <<EOT
mode = "demo"
data = "."
printer = "${PRINTER:-folder:papers}"

[counter]
name = "BG-017-03"
office = "Полицијска станица Врачар"

[token]
driver = "test-card"
module = "$MODULE"
puk_file = "card/puk.txt"

[clerk]
p12 = "clerk.p12"

[supervisor]
p12 = "supervisor.p12"

[journal]
head_file = "journal.head"
EOT
# add_person NUMBER NAME ROLE FILE: a key for the clerk or the supervisor.
add_person() {
  echo demo >"$RUN/$4.password"
  "$BIN/salter-ca" clerk add -dir "$RUN/ca" -number "$1" -name "$2" -roles "$3" -p12 "$RUN/$4.p12" -password-file "$RUN/$4.password" >>"$RUN/log/enrol.txt"
}
if [ ! -f "$RUN/enrolment.json" ]; then
  "$BIN/salter-ca" anchor add -dir "$RUN/ca" "$RUN/card/anchor.pem" >>"$RUN/log/enrol.txt"
  umask 077
  add_person 1001 "Марија Јовановић" clerk clerk
  add_person 2001 "Драган Николић" supervisor supervisor
  "$BIN/salter" -config "$settings" enrol request -out "$RUN/enrol-request.json" >>"$RUN/log/enrol.txt"
  "$BIN/salter-ca" workstation sign -dir "$RUN/ca" -in "$RUN/enrol-request.json" -out "$RUN/enrol-response.json" >>"$RUN/log/enrol.txt"
  "$BIN/salter" -config "$settings" enrol accept -in "$RUN/enrol-response.json" >>"$RUN/log/enrol.txt"
fi

# --- Salter ----------------------------------------------------------------
# The stand-in for the vendor's module is OpenSC with the driver of the card's
# write view, told to keep the PIN no longer than it must.
export OPENSC_DRIVER=isoApplet OPENSC_CONF="$ROOT/cmd/demo/opensc.conf" LANG=en_US.UTF-8
if [ -z "$HEADLESS" ]; then
  cat <<EOT
Salter opens. The clerk's and the supervisor's password is: demo
The card's PIN: see $RUN/card/pin.txt
Card out and in, from another terminal:
  $BIN/salter-card send -state $RUN/card eject
  $BIN/salter-card send -state $RUN/card insert
Closing the window ends everything; $RUN keeps it all for the next time.
EOT
  "$BIN/salter" -config "$settings" 2>"$RUN/log/salter.txt" || die "Salter ended with an error; see $RUN/log/salter.txt"
  exit 0
fi
. cmd/demo/display.sh
case "${WHAT:-play}" in
  play)   . cmd/demo/play.sh ;;
  window) . cmd/demo/window.sh ;;
  *)      die "WHAT is $WHAT: say play or window" ;;
esac
