//go:build linux

package card

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"salter/card/apdu"
	"salter/card/virtual"
)

// fakeChip is a PKI applet with the files it is given.
type fakeChip struct {
	files    map[uint16][]byte
	verify   apdu.SW
	selected []byte
	verifies [][]byte // data of each VERIFY
}

// Transmit answers SELECT, READ BINARY and VERIFY.
func (f *fakeChip) Transmit(b []byte) ([]byte, error) {
	c, err := apdu.Parse(b)
	if err != nil {
		return nil, err
	}
	return f.answer(c).Bytes(), nil
}

// answer executes one command.
func (f *fakeChip) answer(c apdu.Command) apdu.Response {
	switch {
	case c.INS == apdu.InsVerify:
		f.verifies = append(f.verifies, c.Data)
		return apdu.Response{SW: f.verify}
	case c.INS == apdu.InsSelect && c.P1 == 4:
		return apdu.Response{SW: apdu.SWOK}
	case c.INS == apdu.InsSelect:
		fid := binary.BigEndian.Uint16(c.Data)
		file, ok := f.files[fid]
		if !ok {
			return apdu.Response{SW: apdu.SWFileNotFound}
		}
		f.selected = file
		info := binary.BigEndian.AppendUint16(nil, fid)
		info = binary.BigEndian.AppendUint16(info, uint16(len(file)))
		return apdu.Response{Data: append(info, make([]byte, 6)...), SW: apdu.SWOK}
	}
	rest := f.selected[min(len(f.selected), int(c.P1)<<8|int(c.P2)):]
	return apdu.Response{Data: rest[:min(len(rest), c.Ne)], SW: apdu.SWOK}
}

// newFakeChip returns a chip with two certificates: authentication raw,
// signature compressed and larger than 1,536 bytes.
func newFakeChip(t testing.TB) (f *fakeChip, kxc, ksc []byte) {
	t.Helper()
	kxc = append([]byte{0x30, 0x82, 4, 0}, bytes.Repeat([]byte{7}, 1024)...)
	ksc = append([]byte{0x30, 0x82, 8, 0}, bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 9}, 256)...)
	token := append(bytes.Repeat([]byte{' '}, 32), "ID007654321\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	return &fakeChip{verify: apdu.SWTries(3), files: map[uint16][]byte{
		fidTokenInfo: token,
		fidRoot:      directory(dirEntry{"mscp", 0x7100, true}, dirEntry{"cardid", 0x7001, false}),
		0x7100: directory(dirEntry{"cmapfile", 0x7101, false}, dirEntry{"kxc00", 0x7102, false},
			dirEntry{"ksc01", 0x7103, false}, dirEntry{"other", 0x7104, false}),
		0x7101: prefixed(containers(container{true, 0, 2048}, container{true, 2048, 0})),
		0x7102: prefixed(kxc),
		0x7103: compressed(t, ksc, len(ksc)),
	}}, kxc, ksc
}

func TestReadChip(t *testing.T) {
	f, kxc, ksc := newFakeChip(t)
	chip, err := readChip(direct(f))
	if err != nil {
		t.Fatal(err)
	}
	if !chip.Present || chip.Serial != "ID007654321" || chip.Tries != 3 || len(chip.Damaged) > 0 {
		t.Errorf("got %+v", chip)
	}
	want := []Certificate{{RoleAuthentication, 0, 2048, kxc}, {RoleSignature, 1, 2048, ksc}}
	if len(chip.Certificates) != len(want) {
		t.Fatalf("got %d certificates, want %d", len(chip.Certificates), len(want))
	}
	for i, got := range chip.Certificates {
		if got.Role != want[i].Role || got.Container != want[i].Container || got.KeyBits != want[i].KeyBits {
			t.Errorf("certificate %d: role %v container %d bits %d", i, got.Role, got.Container, got.KeyBits)
		}
		if !bytes.Equal(got.DER, want[i].DER) {
			t.Errorf("certificate %d: %d bytes, want %d", i, len(got.DER), len(want[i].DER))
		}
	}
	for _, data := range f.verifies {
		if len(data) > 0 {
			t.Errorf("VERIFY with %d bytes: that spends a try", len(data))
		}
	}
}

func TestReadChipDamaged(t *testing.T) {
	for _, tt := range []struct {
		name    string
		break_  func(*fakeChip)
		damaged []string
		wantErr error
	}{
		{"torn certificate", func(f *fakeChip) { clear(f.files[0x7103][40:]) }, []string{"ksc01"}, nil},
		{"certificate file missing", func(f *fakeChip) { delete(f.files, 0x7103) }, []string{"ksc01"}, nil},
		{"container not valid", func(f *fakeChip) { f.files[0x7101][2+containerSize+80] = 0 }, []string{"ksc01"}, nil},
		{"container without key", func(f *fakeChip) { f.files[0x7101] = containers(container{true, 0, 2048}, container{true, 0, 2048}) }, []string{"ksc01"}, nil},
		{"no container map", func(f *fakeChip) {
			f.files[0x7100] = directory(dirEntry{"kxc00", 0x7102, false}, dirEntry{"ksc01", 0x7103, false})
		}, []string{"kxc00", "ksc01"}, nil},
		{"container map cut", func(f *fakeChip) { f.files[0x7101] = f.files[0x7101][:50] }, nil, ErrUnreadable},
		{"root cut", func(f *fakeChip) { f.files[fidRoot] = f.files[fidRoot][:20] }, nil, ErrUnreadable},
		{"root missing", func(f *fakeChip) { delete(f.files, fidRoot) }, nil, ErrUnreadable},
		{"token info missing", func(f *fakeChip) { delete(f.files, fidTokenInfo) }, nil, ErrUnreadable},
		{"token info cut", func(f *fakeChip) { f.files[fidTokenInfo] = f.files[fidTokenInfo][:40] }, nil, ErrUnreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := newFakeChip(t)
			tt.break_(f)
			chip, err := readChip(direct(f))
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if !slices.Equal(chip.Damaged, tt.damaged) {
				t.Errorf("damaged %v, want %v", chip.Damaged, tt.damaged)
			}
		})
	}
}

func TestReadTries(t *testing.T) {
	for _, tt := range []struct {
		name string
		sw   apdu.SW
		want int
		bad  bool
	}{
		{"three", apdu.SWTries(3), 3, false},
		{"one", apdu.SWTries(1), 1, false},
		{"none, by counter", apdu.SWTries(0), 0, false},
		{"none, blocked", apdu.SWBlocked, 0, false},
		{"verified by another program", apdu.SWOK, -1, false},
		{"refused", apdu.SWUnknownINS, -1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readTries(direct(&fakeChip{verify: tt.sw}))
			if got != tt.want || (err != nil) != tt.bad {
				t.Errorf("got %d, %v, want %d", got, err, tt.want)
			}
		})
	}
}

func TestReadChipOfPresets(t *testing.T) {
	for _, tt := range []struct {
		preset  virtual.Preset
		present bool
		tries   int
	}{
		{virtual.Citizen, true, 3},
		{virtual.Blocked, true, 0},
		{virtual.LastTry, true, 1},
		{virtual.Apollo, false, 0},
	} {
		t.Run(string(tt.preset), func(t *testing.T) {
			c := makeCard(t, tt.preset)
			chip, err := readChip(direct(c))
			if err != nil {
				t.Fatal(err)
			}
			if chip.Present != tt.present || chip.Tries != tt.tries || (chip.Serial != "") != tt.present {
				t.Errorf("got %+v", chip)
			}
			if c.TriesLeft() != max(tt.tries, c.TriesLeft()) {
				t.Errorf("reading spent a try: %d left", c.TriesLeft())
			}
		})
	}
}
