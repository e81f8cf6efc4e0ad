//go:build linux

package card

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"testing"
	"time"

	"salter/card/apdu"
	"salter/card/sod"
	"salter/card/virtual"
)

// trusting returns Readers that watch nothing, for reads over a channel.
func trusting(t testing.TB, anchors *virtual.Issuer) *Readers {
	t.Helper()
	r := &Readers{cfg: Config{Now: time.Now}, fixed: make(map[string]signed)}
	if anchors != nil {
		r.cfg.Anchors = append(r.cfg.Anchors, anchors.Anchor())
	}
	return r
}

func TestReadIdentity(t *testing.T) {
	foreign, err := virtual.OpenIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		preset  virtual.Preset
		fault   virtual.FaultKind
		anchor  *virtual.Issuer
		want    Authenticity
		wantErr error
	}{
		{"citizen", virtual.Citizen, "", issuer(t), Genuine, nil},
		{"citizen of 2014", virtual.Citizen2014, "", issuer(t), Genuine, nil},
		{"foreigner", virtual.Foreigner, "", issuer(t), Genuine, nil},
		{"residence permit", virtual.Permit, "", issuer(t), Genuine, nil},
		{"before 2014", virtual.Apollo, "", issuer(t), NotChecked, nil},
		{"home-made card with a signature of its own", virtual.Citizen, "", foreign, SODNoAnchor, nil},
		{"no anchors configured", virtual.Citizen, "", nil, NotChecked, nil},
		{"data changed", virtual.Citizen, virtual.BadSOD, issuer(t), SODMismatch, nil},
		{"no signature", virtual.Citizen, virtual.NoSOD, issuer(t), SODMissing, nil},
		{"record ends past the end", virtual.Citizen, virtual.Damaged, issuer(t), 0, ErrUnreadable},
		{"no identity applet", virtual.Citizen, virtual.NoIdentity, issuer(t), 0, ErrUnknownCard},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := makeCard(t, tt.preset)
			if tt.fault != "" {
				c.SetFault(virtual.Fault{Kind: tt.fault})
			}
			id, _, err := trusting(t, tt.anchor).readIdentity(direct(c), insertion{7, c.ATR()})
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if err != nil {
				return
			}
			if id.Authenticity != tt.want {
				t.Errorf("authenticity %v, want %v", id.Authenticity, tt.want)
			}
			if id.UnknownATR {
				t.Error("ATR of a preset is unknown")
			}
			if id.Insertion != 7 || len(id.Document.RegNo) != 9 || id.Personal.Surname == "" {
				t.Errorf("identity incomplete: insertion %d, number %q", id.Insertion, id.Document.RegNo)
			}
			if tt.preset == virtual.Apollo {
				if id.Files != nil || id.Document.Type != "" {
					t.Errorf("card before 2014: %d bytes of files, type %q", len(id.Files), id.Document.Type)
				}
				return
			}
			b, err := sod.ParseBundle(id.Files)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := b.Verify(trusting(t, tt.anchor).cfg.Anchors, time.Now()); (err == nil) != (tt.want == Genuine) {
				t.Errorf("bundle verifies with %v, authenticity %v", err, tt.want)
			}
		})
	}
}

func TestReadIdentityUnknownATR(t *testing.T) {
	c := makeCard(t, virtual.Citizen)
	id, _, err := trusting(t, issuer(t)).readIdentity(direct(c), insertion{1, []byte{0x3B, 0x00}})
	if err != nil {
		t.Fatal(err)
	}
	if !id.UnknownATR || id.Authenticity != Genuine {
		t.Errorf("unknown ATR %v, authenticity %v; want true, genuine", id.UnknownATR, id.Authenticity)
	}
}

// minimum is the fewest commands that reading whole files of these sizes can
// take: one for the applet, for each file its selection and its bytes.
func minimum(files ...[]byte) int {
	n := 1
	for _, f := range files {
		n += 1 + (len(f)+maxRead-1)/maxRead
	}
	return n
}

// The first read of a file is as long as it may be, so the header costs no
// command of its own.
func TestIdentityCommands(t *testing.T) {
	c := makeCard(t, virtual.Citizen)
	r := trusting(t, issuer(t))
	ch := direct(c)
	id, signature, err := r.readIdentity(ch, insertion{1, c.ATR()})
	if err != nil {
		t.Fatal(err)
	}
	b, err := sod.ParseBundle(id.Files)
	if err != nil {
		t.Fatal(err)
	}
	if want := minimum(b.Document, b.Personal, b.SOD); id.Commands != want || ch.sent != want {
		t.Errorf("%d commands, counted %d, the files need %d", id.Commands, ch.sent, want)
	}
	r.vouch("reader", id, signature)
	ch = direct(c)
	picture, err := r.readPortrait(ch, insertion{1, c.ATR()}, "reader")
	if err != nil {
		t.Fatal(err)
	}
	whole := make([]byte, len(picture)+8) // two headers
	if want := minimum(whole); ch.sent != want {
		t.Errorf("portrait: %d commands, the file needs %d", ch.sent, want)
	}
}

func TestReadPortrait(t *testing.T) {
	foreign, err := virtual.OpenIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		preset  virtual.Preset
		fault   virtual.FaultKind
		anchor  *virtual.Issuer
		wantErr error
	}{
		{"citizen", virtual.Citizen, "", issuer(t), nil},
		{"home-made card", virtual.Citizen, "", foreign, ErrNotGenuine},
		{"no signature", virtual.Citizen, virtual.NoSOD, issuer(t), ErrNotGenuine},
		{"before 2014", virtual.Apollo, "", issuer(t), ErrNotGenuine},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := makeCard(t, tt.preset)
			if tt.fault != "" {
				c.SetFault(virtual.Fault{Kind: tt.fault})
			}
			r := trusting(t, tt.anchor)
			id, signature, err := r.readIdentity(direct(c), insertion{1, c.ATR()})
			if err != nil {
				t.Fatal(err)
			}
			r.vouch("reader", id, signature)
			picture, err := r.readPortrait(direct(c), insertion{1, c.ATR()}, "reader")
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if err != nil {
				return
			}
			if _, err := jpeg.Decode(bytes.NewReader(picture)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A portrait belongs to the identity read before it: that of a card put in
// since, however genuine, is not given out, and neither is one that the card
// has exchanged.
func TestReadPortraitOfAnotherCard(t *testing.T) {
	r := trusting(t, issuer(t))
	first, second := makeCard(t, virtual.Citizen), makeCard(t, virtual.Foreigner)
	id, signature, err := r.readIdentity(direct(first), insertion{1, first.ATR()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.readPortrait(direct(first), insertion{1, first.ATR()}, "reader"); !errors.Is(err, ErrRemoved) {
		t.Errorf("identity never read: %v, want ErrRemoved", err)
	}
	r.vouch("reader", id, signature)
	if _, err := r.readPortrait(direct(first), insertion{1, first.ATR()}, "reader"); err != nil {
		t.Errorf("same card: %v", err)
	}
	if _, err := r.readPortrait(direct(second), insertion{2, second.ATR()}, "reader"); !errors.Is(err, ErrRemoved) {
		t.Errorf("card put in since: %v, want ErrRemoved", err)
	}
	if _, err := r.readPortrait(direct(second), insertion{1, second.ATR()}, "reader"); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("chip that changes between two reads: %v, want ErrNotGenuine", err)
	}
}

// A status word in the middle of the reading never becomes a verdict.
func TestReadIdentityStatus(t *testing.T) {
	good := makeCard(t, virtual.Citizen)
	ch := direct(good)
	if _, _, err := trusting(t, issuer(t)).readIdentity(ch, insertion{1, good.ATR()}); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= ch.sent; n++ {
		for _, sw := range []apdu.SW{apdu.SWFailure, apdu.SWNotSatisfied} {
			good.Reset()
			before := good.Stats().APDUs
			good.SetFault(virtual.Fault{Kind: virtual.WrongStatus, When: virtual.When{N: before + n}, SW: sw})
			_, _, err := trusting(t, issuer(t)).readIdentity(direct(good), insertion{1, good.ATR()})
			var status *StatusError
			if !errors.As(err, &status) || status.SW != sw {
				t.Errorf("%v at command %d: got %v, want that status", sw, n, err)
			}
			good.ClearFaults()
		}
	}
}

// A reset in the middle deselects everything; it is either survived or
// reported, and never taken for a missing file.
func TestReadIdentityReset(t *testing.T) {
	c := makeCard(t, virtual.Citizen)
	ch := direct(c)
	r := trusting(t, issuer(t))
	if _, _, err := r.readIdentity(ch, insertion{1, c.ATR()}); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= ch.sent; n++ {
		before := c.Stats().APDUs
		c.SetFault(virtual.Fault{Kind: virtual.ResetBefore, When: virtual.When{N: before + n}})
		id, _, err := r.readIdentity(direct(c), insertion{1, c.ATR()})
		if err == nil && id.Authenticity != Genuine {
			t.Errorf("reset at command %d: verdict %v", n, id.Authenticity)
		}
		if err != nil && !again(err) {
			t.Errorf("reset at command %d: %v would not be tried again", n, err)
		}
		c.ClearFaults()
	}
}

// fakeFile is a card with one applet and one file in it, answering as told.
type fakeFile struct {
	data  []byte
	limit int // refuse longer reads with 6700; 0: none
	sent  int
}

// Transmit answers SELECT and READ BINARY.
func (f *fakeFile) Transmit(b []byte) ([]byte, error) {
	f.sent++
	c, err := apdu.Parse(b)
	if err != nil {
		return nil, err
	}
	if c.INS == apdu.InsSelect {
		return apdu.Response{SW: apdu.SWOK}.Bytes(), nil
	}
	offset := int(c.P1)<<8 | int(c.P2)
	switch {
	case f.limit > 0 && c.Ne > f.limit:
		return apdu.Response{SW: apdu.SWWrongLength}.Bytes(), nil
	case offset > len(f.data):
		return apdu.Response{SW: apdu.SWOffset}.Bytes(), nil
	case offset+c.Ne > len(f.data):
		return apdu.Response{Data: f.data[offset:], SW: apdu.SWEndOfFile}.Bytes(), nil
	}
	return apdu.Response{Data: f.data[offset : offset+c.Ne], SW: apdu.SWOK}.Bytes(), nil
}

// file builds a file whose header claims n bytes and which has body.
func file(n int, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{0x02, 0x0F}, uint16(n)), body...)
}

func TestReadFile(t *testing.T) {
	body := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 200)
	for _, tt := range []struct {
		name    string
		card    fakeFile
		want    int // bytes of body
		wantErr error
	}{
		{"several reads", fakeFile{data: file(1000, body)}, 1000, nil},
		{"padding behind", fakeFile{data: file(300, body)}, 300, nil},
		{"exactly one read", fakeFile{data: file(251, body[:251])}, 251, nil},
		{"empty body", fakeFile{data: file(0, nil)}, 0, nil},
		{"long first read refused", fakeFile{data: file(3, body[:3]), limit: 4}, 3, nil},
		{"shorter than its header says", fakeFile{data: file(1001, body)}, 0, ErrUnreadable},
		{"ends in the first read", fakeFile{data: file(100, body[:50])}, 0, ErrUnreadable},
		{"header cut", fakeFile{data: []byte{0x02, 0x0F, 1}}, 0, ErrUnreadable},
		{"nothing", fakeFile{}, 0, ErrUnreadable},
		{"longer than offsets reach", fakeFile{data: file(0xFFFF, body)}, 0, ErrUnreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := identityApplet{c: direct(&tt.card), aid: identityApplets()[0], header: fileHeader}
			got, err := a.read(sod.FileDocument)
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if err == nil && !bytes.Equal(got, file(tt.want, body[:tt.want])) {
				t.Errorf("got %d bytes, want a file with body %d", len(got), tt.want)
			}
		})
	}
}
