# play.sh, sourced by run.sh: one case through the real window, and what it must
# leave behind.
. cmd/demo/steps.sh
. cmd/demo/check.sh
open_display
. "cmd/demo/play-$CASE.sh"
check_journal
report "$proved"
