# play.sh, sourced by run.sh: one issuing case through the real window, with
# real mouse and keyboard events, and what it must leave behind.
. cmd/demo/display.sh
mkdir -p "$RUN/screens"
chmod 700 "$RUN/screens"

began=$(date +%s%N) step=0 last=$began
now() { date +%s%N; }

# shot NAME: a picture of the screen and the time since the last one.
shot() {
  local name
  sleep 0.4
  name=$(printf '%02d-%s' "$step" "$1")
  step=$((step + 1))
  import -window root "$RUN/screens/$name.png"
  printf '%-22s %7d ms\n' "$name" $((($(now) - last) / 1000000)) >>"$RUN/timing.txt"
  last=$(now)
}
keys() { xdotool key --delay 80 "$@"; sleep 0.3; }
page() { wait_for "${2:-20}" "the page «$1»" titled "$1"; sleep 0.3; }

# press: the primary button, bottom right in every window of Salter, by mouse.
press() {
  local WIDTH HEIGHT X Y WINDOW SCREEN
  eval "$(xdotool getwindowgeometry --shell "$(xdotool getactivewindow)")"
  # xdotool counts the frame's height twice.
  xdotool mousemove $((X + WIDTH - 150)) $((Y + HEIGHT - 85)) sleep 0.1 mousedown 1 sleep 0.1 mouseup 1
  sleep 0.3
}

open_display
"$BIN/salter" -config "$settings" 2>"$RUN/log/salter.txt" &
app=$!
PIDS+=("$app")

# --- the clerk ---
page 'Пријава службеника';  shot sign-in
xdotool type --delay 60 --file "$RUN/clerk.password"; keys Return
page 'Почетна'; sleep 2;    shot home
keys F2
page 'Картица и лице';      shot person
keys space Tab Tab space;   shot person-answered
press
page 'Штампа папира';       shot papers
press
page 'Потписи и печат';     shot papers-printed
keys space Tab space Tab space Tab space; shot papers-signed
press
page 'Електронска пошта';   shot e-mail
keys space
xdotool type --delay 40 mihailo.stojanovic@example.rs; keys Tab
xdotool type --delay 40 mihailo.stojanovic@example.rs; shot e-mail-typed
press
page 'Провера података';    shot content
before=$(place)
press
page 'Окрените екран';      shot hand-over

# --- the citizen ---
keys Return
page 'Унос ПИН-а';          shot pin
xdotool type --delay 150 --file "$RUN/card/pin.txt"; shot pin-typed
keys Return
page 'Хвала';               shot thanks

# --- the clerk again ---
keys Return
if [ "${TIMING:-real}" = real ]; then page 'Израда сертификата'; shot work; fi
page 'Уручење и архива' 120; shot result
wait_for 5 "the window's return to where it was before the full screen" placed "$before"
keys F9; sleep 2
keys space Tab space Tab space; shot handed-over
press
page 'Предмет је завршен';  shot closed
sleep 3
keys Return
page 'Почетна'; sleep 2;    shot end
printf '%-22s %7d ms\n' 'whole case' $((($(now) - began) / 1000000)) >>"$RUN/timing.txt"
kill "$app"; wait "$app" 2>/dev/null || true

# --- what it left ---
# The certificate as the counter recorded it, as the authority issued it, and
# as two readers that know nothing of each other find it on the chip.
"$BIN/salter" -config "$settings" export -out "$RUN" >"$RUN/log/export.txt"
"$BIN/salter" -config "$settings" card -certificate "$RUN/log/chip.pem" >"$RUN/log/chip.txt"
serial=$(sed -n 's/.*certificate \([0-9a-f]*\),.*/\1/p' "$RUN/log/export.txt")
"$BIN/salter-ca" certificate export -dir "$RUN/ca" -out "$RUN/log/authority.pem" "$serial" >/dev/null

der() { openssl x509 -in "$1" -inform "${2:-PEM}" -outform DER 2>/dev/null | sha256sum; }
want=$(der "$RUN/log/authority.pem")
same() { [ "$(der "$1" "${2:-PEM}")" = "$want" ] || die "the certificate $3 is not the one that the authority issued"; }
same "$RUN/certificate.pem" PEM "in the journal"
same "$RUN/log/chip.pem" PEM "on the chip (CardEdge view)"
found=
for id in $(pkcs11-tool --module "$MODULE" --list-objects --type cert 2>/dev/null | awk '$1 == "ID:" {print $2}'); do
  pkcs11-tool --module "$MODULE" --read-object --type cert --id "$id" --output-file "$RUN/log/pkcs11.der" >/dev/null 2>&1 || continue
  [ "$(der "$RUN/log/pkcs11.der" DER)" != "$want" ] || { found=1; break; }
done
[ -n "$found" ] || die "pkcs11-tool does not find the certificate on the chip"

cat "$RUN/log/export.txt"
cat <<EOT
read back equal by pkcs11-tool and by Salter's own reader
  $RUN/screens/          $(ls "$RUN/screens" | wc -l) pictures, one for each step
  $RUN/papers/           $(ls "$RUN/papers" | wc -l) print jobs
  $RUN/certificate.pem, chain.pem
  $RUN/journal.db, card/, ca/
  $RUN/timing.txt        how long each step took
EOT
