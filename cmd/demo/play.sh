# play.sh, sourced by run.sh: one case through the real window, and what it must
# leave behind.
. cmd/demo/steps.sh
. cmd/demo/check.sh
case "${INPUT:-both}" in
  both | keyboard) ;;
  mouse)
    case " issue foreigner renew " in *" $CASE "*) ;; *) die "INPUT=mouse plays issue, foreigner and renew" ;; esac
    printf '\n[pin]\nordered = true\n' >>"$settings" ;; # what a hand finds without looking at each digit
  *) die "INPUT is $INPUT: say keyboard or mouse" ;;
esac
open_display
. "cmd/demo/play-$CASE.sh"
check_journal
report "$proved"
