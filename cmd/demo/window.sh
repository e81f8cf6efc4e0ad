# window.sh, sourced by run.sh: how fast the window is there, what it costs.
open_display
"$BIN/salter" -config "$settings" 2>"$RUN/log/salter.txt" & first=$!
wait_for 20 "the window" titled Шалтер
kill "$first"; wait "$first" 2>/dev/null || true

now() { date +%s%N; }
start=$(now)
"$BIN/salter" -config "$settings" 2>"$RUN/log/salter.txt" & app=$!
PIDS+=("$app")
until xdotool search --onlyvisible --pid "$app" >/dev/null 2>&1; do :; done
echo "window visible after exec, warm: $((($(now) - start) / 1000000)) ms (target 500)"
sleep 5
ticks() { awk '{print $14 + $15}' "/proc/$app/stat"; }
before=$(ticks)
sleep 20
after=$(ticks)
echo "resident memory: $(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$app/status") MB (target 200)"
awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "idle load: %.1f %% of one core (target 1)\n", 100 * t / hz / 20}'
