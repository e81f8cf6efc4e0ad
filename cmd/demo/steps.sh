# steps.sh, sourced: what clerk and citizen do at the window of Salter, with
# real mouse and keyboard events, as the plays need it.
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
  printf '%-26s %7d ms\n' "$name" $((($(now) - last) / 1000000)) >>"$RUN/timing.txt"
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

# tick N: N boxes, one below the other, from the one with the focus on.
tick() {
  local i
  keys space
  for ((i = 1; i < $1; i++)); do keys Tab space; done
}

# --- program and clerk -----------------------------------------------------
start_salter() {
  "$BIN/salter" -config "$settings" 2>>"$RUN/log/salter.txt" &
  SALTER=$!
  PIDS+=("$SALTER")
  page 'Пријава службеника'; shot sign-in
  xdotool type --delay 60 --file "$RUN/clerk.password"; keys Return
  page 'Почетна'
  where=$(place)
}
stop_salter() { kill "$SALTER"; wait "$SALTER" 2>/dev/null || true; }

# next_visit: the citizen puts his card in.
next_visit() { card eject; sleep 1; card insert; }
card() { "$BIN/salter-card" send -state "$RUN/card" "$@" >>"$RUN/log/card-send.txt"; }

# open_case: from the home page, once the card was read.
open_case() {
  sleep 3
  shot home
  keys F2
  page 'Картица и лице'; sleep 1; shot person
}

# answered: the questions on the first screen are answered by KEYS.
answered() { keys "$@"; shot person-answered; press; }

# supervisor REASON: signs what the case needs him for.
supervisor() {
  keys F4
  page 'Одлука надзорника'; shot supervisor
  xdotool type --delay 40 "$1"; keys Tab
  xdotool type --delay 60 --file "$RUN/supervisor.password"; shot supervisor-signs
  press
  page 'Картица и лице'; sleep 1; shot decided
}

# papers N: one print job, and N signatures and receipts.
papers() {
  page 'Штампа папира';   shot papers
  press
  page 'Потписи и печат' 30; shot papers-printed
  tick "$1";              shot papers-signed
  press
}

email() {
  page 'Електронска пошта'; shot e-mail
  keys space
  xdotool type --delay 40 "$1"; keys Tab
  xdotool type --delay 40 "$1"; shot e-mail-typed
  press
}
content() { page 'Провера података'; sleep 1; shot content; press; }

# --- the citizen -----------------------------------------------------------
turn() { page 'Окрените екран' 30; shot hand-over; keys Return; }
pin() {
  page 'Унос ПИН-а'; shot pin
  xdotool type --delay 150 --file "$RUN/card/pin.txt"; shot pin-typed
  keys Return
}
new_pin() {
  page 'Унос ПИН-а'; shot new-pin
  xdotool type --delay 150 --file "$RUN/card/pin.txt"; keys Return
  page 'Поновите нови ПИН'; shot new-pin-again
  xdotool type --delay 150 --file "$RUN/card/pin.txt"; keys Return
}
thanks() {
  page 'Хвала' 30; shot thanks
  keys Return
  wait_for 5 "the window's return from full screen" placed "$where"
}

# --- the end ---------------------------------------------------------------
# hand_over N: when the work is done: the last papers, and N boxes.
hand_over() {
  page 'Уручење и архива' 180; shot result
  keys F9; sleep 3
  tick "$1"; shot handed-over
  press
  page 'Предмет је завршен'; shot closed
  sleep 3
  keys Return
  page 'Почетна'; sleep 2
}

# issue N: a whole issuing with N signatures on paper, the PIN known.
issue() {
  open_case
  answered space Tab Tab space
  papers 4
  email "$1"
  content
  turn; pin; thanks
  if [ "${TIMING:-real}" = real ]; then page 'Израда сертификата'; shot work; fi
  hand_over 3
}
