# display.sh, sourced: a display of our own (Xvfb, or Xorg with two monitors that
# are not there; openbox) and what a person does at it. It wants PIDS, RUN and
# wait_for of run.sh.

# serve_display: starts the X server. It takes the display's number itself, so
# that two runs never get the same one.
serve_display() {
  if [ "${MONITORS:-1}" = 1 ]; then
    Xvfb -displayfd 3 -screen 0 1366x768x24 -nolisten tcp -noreset +extension GLX 3>"$1" >"$RUN/log/xvfb.txt" 2>&1 &
    return
  fi
  cat >"$RUN/log/xorg.conf" <<EOT
Section "ServerFlags"
  Option "AutoAddDevices" "false"
EndSection
Section "Device"
  Identifier "none"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Monitor"
  Identifier "small"
  HorizSync 5-1000
  VertRefresh 5-200
  Modeline "1366x768" 85.5 1366 1436 1579 1792 768 771 774 798
EndSection
Section "Screen"
  Identifier "two"
  Device "none"
  Monitor "small"
  DefaultDepth 24
  SubSection "Display"
    Modes "1366x768"
    Virtual 2732 768
  EndSubSection
EndSection
EOT
  Xorg -displayfd 3 -config "$PWD/$RUN/log/xorg.conf" -logfile "$PWD/$RUN/log/xorg.txt" -nolisten tcp -noreset -sharevts -novtswitch 3>"$1" >"$RUN/log/xorg-out.txt" 2>&1 &
}

# open_display: starts the server and a window manager on it.
open_display() {
  local number="$RUN/log/display"
  : >"$number"
  serve_display "$number"
  PIDS+=($!)
  wait_for 20 "the display's start" grep -q . "$number"
  export DISPLAY=":$(<"$number")" XDG_CONFIG_HOME="$PWD/$RUN/display"
  unset WAYLAND_DISPLAY
  mkdir -p "$XDG_CONFIG_HOME"
  wait_for 20 "the display's answer" xdotool getdisplaygeometry
  [ "${MONITORS:-1}" = 1 ] || plug_in
  openbox >"$RUN/log/openbox.txt" 2>&1 &
  PIDS+=($!)
  # A program that starts before it thinks that nobody manages windows.
  wait_for 20 "the window manager's start" xdotool get_num_desktops
}

# plug_in: the second monitor, to the right of the first. The server looks at
# what is connected when it is asked for all of it.
plug_in() {
  xrandr --addmode DUMMY1 1366x768
  xrandr --output DUMMY1 --mode 1366x768 --right-of DUMMY0
  xrandr --query >"$RUN/log/monitors.txt"
}

# place: where the clerk's window, $window, is and how large.
place() { xdotool getwindowgeometry "$window" 2>/dev/null | tail -n 2; }

placed() { [ "$(place)" = "$1" ]; }

# title: what the windows of Salter are called now.
title() { xdotool search --onlyvisible --name 'Шалтер' getwindowname %@ 2>/dev/null; }

titled() { [[ "$(title)" == *"$1"* ]]; }
