# display.sh, sourced: a display of our own (Xvfb, openbox) and what a person
# does at it. It wants PIDS, RUN and wait_for of run.sh.

# open_display: starts Xvfb and a window manager on it. The server takes the
# display's number itself, so that two runs never get the same one.
open_display() {
  local number="$RUN/log/display"
  : >"$number"
  Xvfb -displayfd 3 -screen 0 1366x768x24 -nolisten tcp -noreset +extension GLX 3>"$number" >"$RUN/log/xvfb.txt" 2>&1 &
  PIDS+=($!)
  wait_for 20 "the display's start" grep -q . "$number"
  export DISPLAY=":$(<"$number")" XDG_CONFIG_HOME="$PWD/$RUN/display"
  unset WAYLAND_DISPLAY
  mkdir -p "$XDG_CONFIG_HOME"
  wait_for 20 "the display's answer" xdotool getdisplaygeometry
  openbox >"$RUN/log/openbox.txt" 2>&1 &
  PIDS+=($!)
  # A program that starts before it thinks that nobody manages windows.
  wait_for 20 "the window manager's start" xdotool get_num_desktops
}

# place: where the window of Salter is and how large.
place() { xdotool search --onlyvisible --name 'Шалтер' getwindowgeometry 2>/dev/null | tail -n 2; }

placed() { [ "$(place)" = "$1" ]; }

# title: what the window of Salter is called now.
title() { xdotool search --onlyvisible --name 'Шалтер' getwindowname 2>/dev/null | tail -n 1; }

titled() { [[ "$(title)" == *"$1"* ]]; }
