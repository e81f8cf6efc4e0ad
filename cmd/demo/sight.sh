# sight.sh, sourced: finds what can be clicked by looking at the screen, so that
# a play can be made with the mouse alone. The colours are those of the theme in
# app/theme.go.
BORDER='#767676' PRIMARY='#0b57d0'

# areas COLOUR: "width height x y pixels" of each connected area of that colour
# in a picture of the screen.
areas() {
  import -window root png:- | convert png:- -alpha off -fill white -fuzz 12% +opaque "$1" -fill black -fuzz 12% -opaque "$1" \
    -define connected-components:verbose=true -connected-components 8 null: |
    sed -nE 's/^ *[0-9]+: ([0-9]+)x([0-9]+)\+([0-9]+)\+([0-9]+) [^ ]+ ([0-9]+) (srgb\(0,0,0\)|gray\(0\))$/\1 \2 \3 \4 \5/p'
}

# centres CONDITION: where the middles of the areas lie on which the awk
# condition on w, h, x, y and n holds, in the order of reading.
centres() { awk "{w = \$1; h = \$2; x = \$3; y = \$4; n = \$5} $1 {print int((y + h / 2) / 12), int(x + w / 2), int(y + h / 2)}" | sort -n -k1,1 -k2,2 | cut -d' ' -f2-; }

# boxes: of boxes that are not ticked and answers that are not chosen.
boxes() { areas "$BORDER" | centres 'w >= 24 && w <= 28 && h >= 24 && h <= 28 && n > 80'; }
# lines: of lines to type in, but for the one that has the keyboard.
lines() { areas "$BORDER" | centres 'w >= 280 && h >= 39 && h <= 44'; }
# digits: of the keys of the pad.
digits() { areas "$BORDER" | centres 'w >= 118 && w <= 124 && h >= 70 && h <= 76'; }
# buttons: of the plain buttons at the bottom, from the left.
buttons() { areas "$BORDER" | centres 'h >= 44 && h <= 47 && w > 80 && w < 360 && y > 600'; }
# primary: of the one button that goes on.
primary() { areas "$PRIMARY" | awk '$2 >= 36 && $2 <= 90 && $5 > $1 * $2 / 2' | sort -n -k5,5 | tail -n 1 | centres 1; }

# click X Y.
click() {
  xdotool mousemove "$1" "$2" sleep 0.1 mousedown 1 sleep 0.1 mouseup 1
  sleep 0.3
}

# click_on N FINDER: the Nth of what the finder finds; from the end if N is
# negative.
click_on() {
  local all
  mapfile -t all < <("$2")
  local i=$(($1 > 0 ? $1 - 1 : ${#all[@]} + $1))
  [ $i -ge 0 ] && [ $i -lt ${#all[@]} ] || die "on the page «$(title)» there are ${#all[@]} $2, number $1 was to be clicked"
  click ${all[i]}
}
