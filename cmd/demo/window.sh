# window.sh, sourced by run.sh: how fast the window is there, what it costs.
# Times are medians of several starts; load is the process's own time, so that
# what else runs on the machine does not count.
open_display
STARTS=7

now() { date +%s%N; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# launch: starts Salter and waits for the page TITLE; sets app, shown and
# ready, in milliseconds after exec.
launch() {
  local start
  start=$(now)
  "$BIN/salter" -config "$settings" 2>"$RUN/log/salter.txt" & app=$!
  until xdotool search --onlyvisible --pid "$app" >/dev/null 2>&1; do kill -0 "$app" || die "Salter ended; see $RUN/log/salter.txt"; done
  shown=$((($(now) - start) / 1000000))
  until titled "$1"; do kill -0 "$app" || die "Salter ended; see $RUN/log/salter.txt"; done
  ready=$((($(now) - start) / 1000000))
}

# spent: the processor time of Salter so far, in nanoseconds.
spent() { cat "/proc/$app"/task/*/schedstat | awk '{s += $1} END {printf "%.0f", s}'; }

# cost WHERE: memory and load of Salter while nobody does anything.
cost() {
  local before after seconds=20
  sleep 4
  before=$(spent)
  sleep $seconds
  after=$(spent)
  awk -v where="$1" -v t=$((after - before)) -v s=$seconds \
    'BEGIN {printf "idle load, %s: %.2f %% of one core (target 1)\n", where, t / 1e7 / s}'
  awk -v where="$1" '/^VmHWM/ {most = $2} /^VmRSS/ {rss = $2} /^RssAnon/ {anon = $2} END {
    printf "resident memory, %s: %d MB, of which %d MB its own (target 200); at most so far: %d MB\n", where, rss / 1024, anon / 1024, most / 1024}' "/proc/$app/status"
}

launch 'Пријава службеника' # warms the files
kill "$app"; wait "$app" 2>/dev/null || true
for ((i = 0; i < STARTS; i++)); do
  launch 'Пријава службеника'
  echo "$shown" >>"$RUN/log/shown.txt"; echo "$ready" >>"$RUN/log/ready.txt"
  kill "$app"; wait "$app" 2>/dev/null || true
done
echo "window visible after exec, warm, median of $STARTS: $(median <"$RUN/log/shown.txt") ms; sign-in page up: $(median <"$RUN/log/ready.txt") ms (target 500)"
echo "  single starts: $(paste -sd' ' "$RUN/log/shown.txt") ms"

launch 'Пријава службеника'; PIDS+=("$app")
cost 'sign-in'
xdotool type --delay 60 --file "$RUN/clerk.password"; xdotool key Return
wait_for 20 "the home page" titled Почетна
cost 'home, with a card'

# The preview of papers is a program of its own in WebAssembly: what it takes,
# once it was made ready and once it was used.
keys() { xdotool key --delay 80 "$@"; sleep 0.3; }
keys F2
wait_for 20 "the first page of the case" titled 'Картица и лице'
sleep 1
keys space Tab Tab space Return
wait_for 20 "the page of the papers" titled 'Штампа папира'
cost 'papers, the preview made ready'
keys F11
wait_for 60 "the preview" titled 'Преглед папира'
keys Escape
cost 'papers, after the preview'

# What a frame costs in the window itself, with a journal of 100,000 cases.
kill "$app"; wait "$app" 2>/dev/null || true
SALTER_TEST_FRAMES=1 LIBGL_ALWAYS_SOFTWARE=1 "$BIN/salter-frames" 2>"$RUN/log/frames.txt" | sed 's/^/drawn by the processor (llvmpipe): /' || die "the frames were not measured; see $RUN/log/frames.txt"
