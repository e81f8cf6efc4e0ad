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
page 'Израда сертификата';  shot work
page 'Уручење и архива' 120; shot result
keys space Tab space Tab space; shot handed-over
press
page 'Предмет је завршен';  shot closed
sleep 3
keys Return
page 'Почетна'; sleep 2;    shot end
echo "whole case              $((($(now) - began) / 1000000)) ms" >>"$RUN/timing.txt"
