//go:build linux

package virtual_test

import (
	"bytes"
	"fmt"
	"testing"

	"salter/card/apdu"
	"salter/card/virtual"
)

// The certificate file and the directory of certificates of a card with two.
const (
	selectDF   = "00A40800 02 5015 00"
	deleteCert = "00E40000 02 3401"
	selectCert = "00A40800 04 50153401 00"
	selectCDF  = "00A40800 04 50154404 00"
)

// deleting is a card whose signing certificate was just deleted.
func deleting(t *testing.T) (terminal, string) {
	t.Helper()
	m, dir := newTerminal(t, virtual.Renewal)
	m.want(selectWrite, apdu.SWOK)
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want(selectDF, apdu.SWOK)
	m.want(deleteCert, apdu.SWOK)
	return m, dir
}

// TestObjectDirectoryChange checks that a change of an object directory,
// together with the deletion that belongs to it, happens as a whole or not at
// all.
func TestObjectDirectoryChange(t *testing.T) {
	whole := func(m terminal) {
		for off := 0; off < 1024; off += 128 {
			m.want(fmt.Sprintf("00D6%04X 80 %0256X", off, off), apdu.SWOK)
		}
	}
	part := func(m terminal) { m.want(fmt.Sprintf("00D60000 80 %0256X", 7), apdu.SWOK) }
	for _, tt := range []struct {
		name    string
		do      func(m terminal) // after the deletion, with the directory selected
		deleted bool
		changed bool
	}{
		{"complete", whole, true, true},
		{"power lost before", func(m terminal) { m.card.Reset() }, false, false},
		{"power lost in the middle", func(m terminal) { part(m); m.card.Reset() }, false, false},
		{"power lost afterwards", func(m terminal) { whole(m); m.card.Reset() }, true, true},
		{"a part, then something else", func(m terminal) { part(m); m.want(selectCDF, apdu.SWOK) }, true, true},
		{"nothing rewritten, another applet", func(m terminal) { m.want(selectCardEdge, apdu.SWOK) }, true, false},
		{"refused in the middle", func(m terminal) {
			part(m)
			m.card.SetFault(fault(t, "sw@D6.1=6581"))
			m.want(fmt.Sprintf("00D60080 80 %0256X", 9), apdu.SWMemory)
			m.want(selectCDF, apdu.SWOK)
		}, false, false},
		{"no room", func(m terminal) {
			m.card.SetFault(fault(t, "full-update"))
			m.want(fmt.Sprintf("00D60000 80 %0256X", 9), apdu.SWMemory)
			m.card.ClearFaults()
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, dir := deleting(t)
			before := writeFile(t, reopen(t, dir), "50154404")
			m.want(deleteCert, apdu.SWFileNotFound) // gone as far as one with power sees
			m.want(selectCert, apdu.SWFileNotFound)
			m.want(selectCDF, apdu.SWOK)
			tt.do(m)

			after := terminal{t, reopen(t, dir)}
			after.want(selectWrite, apdu.SWOK)
			want := apdu.SWOK
			if tt.deleted {
				want = apdu.SWFileNotFound
			}
			after.want(selectCert, want)
			if changed := !bytes.Equal(writeFile(t, after.card, "50154404"), before); changed != tt.changed {
				t.Errorf("directory changed: got %v, want %v", changed, tt.changed)
			}
			if shown := readCertificate(t, after.card, 0x7103) != nil; shown == tt.deleted {
				t.Errorf("certificate shown: got %v, want %v", shown, !tt.deleted)
			}
		})
	}
}

// TestObjectFileReplaced creates a file under the identifier of one that was
// just deleted.
func TestObjectFileReplaced(t *testing.T) {
	m, dir := deleting(t)
	m.want("00E00000 17 6F15 81020010 820101 83023401 8608FF90FFFFFFFF9000", apdu.SWOK)
	m.want("00D60000 01 AA", apdu.SWOK)
	m.card = reopen(t, dir)
	m.want(selectWrite, apdu.SWOK)
	m.want(selectCert, apdu.SWOK)
	if got := m.want("00B00000 00", apdu.SWOK); len(got) != 16 {
		t.Errorf("new file: got %d bytes, want 16", len(got))
	}
}

// TestObjectDirectoryDeleted deletes the folder of everything while a deletion
// in it waits for its end.
func TestObjectDirectoryDeleted(t *testing.T) {
	m, dir := deleting(t)
	m.want("00A40000 02 3F00 00", apdu.SWOK)
	m.want("00E40000 02 5015", apdu.SWOK)
	m.want(selectCardEdge, apdu.SWOK)
	if readCertificate(t, reopen(t, dir), 0x7103) != nil {
		t.Error("a certificate is shown of which there is no file")
	}
}
