# play-refuse.sh: the citizen's card has expired: refused, with a slip that says
# why and what to do next.
start_salter
open_case
press
page 'Одбијање захтева'; shot reason
press
page 'Захтев је одбијен'; shot refused
keys F9; sleep 3; shot slip-printed
keys Return
page 'Почетна'; sleep 2; shot end
stop_salter

check_events case-refused 1
check_paper 'Обавештење о одбијању захтева'
[ -z "$("$BIN/salter-ca" certificate list -dir "$RUN/ca")" ] || die "the authority issued a certificate"
proved='refused: the slip is printed, the reason is in the journal, nothing was issued'
