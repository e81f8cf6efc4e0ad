package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// forgetful is a desk that keeps nothing of a PIN.
type forgetful struct{ *scriptedDesk }

func (d forgetful) EnterPIN(context.Context, []byte) error { return d.call("EnterPIN") }

// TestPINInMemory types a PIN on the pad and looks for it in everything that
// this process may write to: while it is typed it stands in its buffer alone,
// after the attempt nowhere. The test itself holds it masked.
func TestPINInMemory(t *testing.T) {
	c := atPad(t)
	c.app.cfg.Desk = forgetful{c.desk}
	const mask = 0x5a
	pin := make([]byte, pinMax)
	if _, err := rand.Read(pin); err != nil {
		t.Fatal(err)
	}
	for i := range pin {
		pin[i] = ('0' + pin[i]%10) ^ mask
	}
	for _, b := range pin {
		c.window.Canvas().Focused().TypedRune(rune(b ^ mask))
	}
	c.window.Canvas().Capture()
	if n := copiesOf(t, pin, mask); n != 1 {
		t.Errorf("while it is typed the PIN stands in memory %d times, want once: in its buffer", n)
	}
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	c.window.Canvas().Capture()
	runtime.GC()
	if n := copiesOf(t, pin, mask); n != 0 {
		t.Errorf("after the attempt the PIN stands in memory %d times, want nowhere", n)
	}
}

// copiesOf counts the places of a masked text in the writable memory of this
// process: as bytes, in UTF-16, or as runes.
func copiesOf(t *testing.T, masked []byte, mask byte) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	const widest = 4
	chunk := make([]byte, 1<<20)
	overlap := uint64(widest * len(masked))
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		for at := from; at < to; {
			read, err := memory.ReadAt(chunk[:min(uint64(len(chunk)), to-at)], int64(at))
			if read == 0 || err != nil && !errors.Is(err, io.EOF) {
				break // a region that has gone, or of a device
			}
			whole := uint64(read) < uint64(len(chunk)) // what begins in the overlap is met again in the next chunk
			for _, width := range []int{1, 2, widest} {
				n += countMasked(chunk[:read], masked, mask, width, whole)
			}
			clear(chunk[:read]) // what was found must not be found again here
			if at += uint64(read); at < to {
				at -= overlap
			}
		}
	}
	return n
}

// countMasked counts the places in b where the text begins, its characters
// width bytes apart with zeros between; without the last bytes of b unless it
// is the whole rest.
func countMasked(b, masked []byte, mask byte, width int, whole bool) (n int) {
	last := len(b) - width*(len(masked)-1) - 1
	if !whole {
		last = min(last, len(b)-4*len(masked)-1)
	}
	for i := 0; i <= last; i++ {
		next := bytes.IndexByte(b[i:last+1], masked[0]^mask)
		if next < 0 {
			break
		}
		i += next
		same := true
		for k := 0; same && k < len(masked); k++ {
			same = b[i+k*width]^mask == masked[k]
			for z := 1; same && z < width && k < len(masked)-1; z++ {
				same = b[i+k*width+z] == 0
			}
		}
		if same {
			n++
		}
	}
	return n
}
