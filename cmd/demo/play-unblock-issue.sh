# play-unblock-issue.sh: the PIN is blocked; the citizen chooses a new one in
# the same visit and gets his certificate: one insertion, nothing typed twice.
start_salter
echo 739164 >"$RUN/card/pin.txt" # the one he will choose
open_case
answered space Tab Tab space
papers 6 mihailo.stojanovic@example.rs
content
turn; new_pin; thanks
if [ "${TIMING:-real}" = real ]; then page 'Израда сертификата'; shot work; fi
hand_over 3
shot end
stop_salter

check_certificate
check_status "$SERIAL" active
check_events unblocked 1
grep -q 'PIN tries left: 3' "$RUN/log/chip.txt" || die "the PIN has not three tries again"
PIN=$(cat "$RUN/card/pin.txt") pkcs11-tool --module "$MODULE" --login --pin env:PIN --list-objects --type privkey >"$RUN/log/login.txt" 2>&1 ||
  die "the card does not take the new PIN; see $RUN/log/login.txt"
proved='the new PIN opens the card, three tries left; read back equal by two readers'
