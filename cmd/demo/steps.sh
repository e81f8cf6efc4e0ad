# steps.sh, sourced: what clerk and citizen do at the window of Salter, with
# real mouse and keyboard events, as the plays need it: with both (by default),
# or INPUT=keyboard, or INPUT=mouse. With the mouse alone only words are typed.
. cmd/demo/display.sh
. cmd/demo/sight.sh
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

by_mouse() { [ "${INPUT:-both}" = mouse ]; }

# press: the primary button.
press() {
  local WIDTH HEIGHT X Y WINDOW SCREEN
  case "${INPUT:-both}" in
    keyboard) keys Return; return ;;
    mouse) click_on 1 primary; return ;;
  esac
  eval "$(xdotool getwindowgeometry --shell "$(xdotool getactivewindow)")"
  # Bottom right in every window of Salter; xdotool counts the frame's height twice.
  click $((X + WIDTH - 150)) $((Y + HEIGHT - 85))
}

# go_on: the primary button of a page on which Enter is what a clerk would use.
go_on() { if by_mouse; then press; else keys Return; fi; }

# tick N: N boxes, one below the other, from the one with the focus on.
tick() {
  local i all
  if by_mouse; then
    mapfile -t all < <(boxes | awk 'NR == 1 {x = $1} $1 - x < 9 && x - $1 < 9')
    [ ${#all[@]} -ge "$1" ] || die "on the page «$(title)» there are ${#all[@]} boxes below each other, want $1"
    for ((i = 0; i < $1; i++)); do click ${all[i]}; done
    return
  fi
  keys space
  for ((i = 1; i < $1; i++)); do keys Tab space; done
}

# write TEXT, write_file FILE: into the line that has the keyboard.
write() { xdotool type --delay 40 "$1"; }
write_file() { xdotool type --delay 60 --file "$1"; }
# next_line: to the line after it; the last one, by mouse.
next_line() { if by_mouse; then click_on -1 lines; else keys Tab; fi; }

# --- program and clerk -----------------------------------------------------
start_salter() {
  "$BIN/salter" -config "$settings" 2>>"$RUN/log/salter.txt" &
  SALTER=$!
  PIDS+=("$SALTER")
  page 'Пријава службеника'; shot sign-in
  write_file "$RUN/clerk.password"; go_on
  page 'Почетна'
  window=$(xdotool search --onlyvisible --name 'Шалтер' | tail -n 1)
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
  if by_mouse; then press; else keys F2; fi
  page 'Картица и лице'; sleep 1; shot person
}

# answered: the questions on the first screen are answered by KEYS.
answered() { keys "$@"; shot person-answered; press; }

# knows_pin: it is his face, and he knows his PIN: of the answers that are not
# chosen two are to the question what he wants.
knows_pin() {
  if by_mouse; then
    click_on 3 boxes
    click_on 4 boxes # one less after the first
    shot person-answered
    press
    return
  fi
  answered space Tab Tab space
}

# supervisor REASON: signs what the case needs him for.
supervisor() {
  press
  page 'Одлука надзорника'; shot supervisor
  write "$1"; next_line
  write_file "$RUN/supervisor.password"; shot supervisor-signs
  press
  page 'Картица и лице'; sleep 1; shot decided
}

# papers N [ADDRESS]: one print job, N signatures and receipts, and the e-mail
# address where the papers have one.
papers() {
  page 'Штампа папира';   shot papers
  if by_mouse; then click_on -1 buttons; else keys F11; fi
  page 'Преглед папира' 60;  shot preview
  if by_mouse; then click_on 1 buttons; else keys Escape; fi
  page 'Штампа папира'
  press
  page 'Потписи' 30; shot papers-printed
  tick "$1"
  if [ $# -gt 1 ]; then email "$2"; fi
  shot papers-signed
  press
}

email() {
  if by_mouse; then click_on 1 boxes; else keys Tab space; fi
  write "$1"; next_line
  write "$1"
}
content() { page 'Провера података'; sleep 1; shot content; press; }

# --- the citizen -----------------------------------------------------------
turn() {
  if [ "${MONITORS:-1}" = 1 ]; then page 'Окрените екран' 30; else page 'Почетак уноса ПИН-а' 30; fi
  shot hand-over; go_on
}
pin() {
  page 'Унос ПИН-а'; shot pin
  if by_mouse; then click_digits "$(cat "$RUN/card/pin.txt")"; else xdotool type --delay 150 --file "$RUN/card/pin.txt"; fi
  shot pin-typed
  go_on
}

# click_digits PIN: on a pad with its digits in order.
click_digits() {
  local i d all
  mapfile -t all < <(digits)
  [ ${#all[@]} = 12 ] || die "the pad has ${#all[@]} keys, want 12"
  no_highlight
  for ((i = 0; i < ${#1}; i++)); do
    d=${1:i:1}
    click ${all[d == 0 ? 10 : d - 1]}
  done
}

# no_highlight: the keys of the pad look the same with the pointer on one of
# them and while it is held down. The key is taken back.
no_highlight() {
  local left top right bottom before hovered held
  read -r left top <<<"${all[0]}"; read -r right bottom <<<"${all[11]}"
  keys_look() { import -window root -crop "$((right - left + 124))x$((bottom - top + 76))+$((left - 62))+$((top - 38))" png:- | convert png:- -format '%#' info:; }
  xdotool mousemove 5 5 sleep 0.2; before=$(keys_look)
  xdotool mousemove ${all[4]} sleep 0.2; hovered=$(keys_look)
  xdotool mousedown 1 sleep 0.2; held=$(keys_look)
  xdotool mouseup 1 sleep 0.2
  [ "$before" = "$hovered" ] && [ "$before" = "$held" ] && [ "$before" = "$(keys_look)" ] || die "the pad shows which key is pressed"
  click ${all[11]}
}
new_pin() {
  page 'Унос ПИН-а'; shot new-pin
  xdotool type --delay 150 --file "$RUN/card/pin.txt"; keys Return
  page 'Поновите нови ПИН'; shot new-pin-again
  xdotool type --delay 150 --file "$RUN/card/pin.txt"; keys Return
}
thanks() {
  page 'Хвала' 30; shot thanks
  go_on
  wait_for 5 "the window's return from full screen" placed "$where"
}

# --- the end ---------------------------------------------------------------
# hand_over N: when the work is done: the last papers, and N boxes.
hand_over() {
  page 'Уручење и архива' 180; shot result
  if by_mouse; then click_on -2 buttons; else keys F9; fi # the one beside it is the preview
  sleep 3
  tick "$1"; shot handed-over
  press
  page 'Предмет је завршен'; shot closed
  sleep 3
  go_on
  page 'Почетна'; sleep 2
}

# issue N: a whole issuing with N signatures on paper, the PIN known.
issue() {
  open_case
  knows_pin
  papers 4 "$1"
  content
  turn; pin; thanks
  if [ "${TIMING:-real}" = real ]; then page 'Израда сертификата'; shot work; fi
  hand_over 3
}
