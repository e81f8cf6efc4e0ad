# play-revoke.sh: the citizen gets a certificate and comes back to have it
# revoked.
start_salter
issue mihailo.stojanovic@example.rs
next_visit
open_case
# He asks for a change of status; the holder of the card is before the clerk.
answered space shift+Tab space
page 'Промена статуса'; shot status
# Revocation, the only certificate, the first reason: lost.
keys space Tab Tab Tab Tab space; shot status-chosen
press
papers 2
hand_over 2
shot end
stop_salter

"$BIN/salter" -config "$settings" export -out "$RUN" >"$RUN/log/export.txt"
SERIAL=$(sed -n 's/.*certificate \([0-9a-f]*\),.*/\1/p' "$RUN/log/export.txt")
check_status "$SERIAL" revoked
check_events status-changed 1
check_paper 'Потврда о промени статуса'
proved='revoked at the authority; the confirmation is printed'
