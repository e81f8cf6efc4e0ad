//go:build linux

package virtual_test

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"salter/card/apdu"
	"salter/card/cardtest"
	"salter/card/sod"
	"salter/card/virtual"
)

// fault parses the form of the command line.
func fault(t testing.TB, s string) virtual.Fault {
	t.Helper()
	f, err := virtual.ParseFault(s)
	if err != nil {
		t.Fatal(err)
	}
	if f.String() != s {
		t.Fatalf("fault %q prints as %q", s, f)
	}
	return f
}

// TestFaultSyntax checks what is refused.
func TestFaultSyntax(t *testing.T) {
	for _, s := range []string{"", "explode", "full@3", "sw@3", "sw=", "sw@3=ZZZZ", "reset@0", "reset@x", "reset@XX.1", "reset@D6.", "remove-after=6F00", "sw@1=123456"} {
		if f, err := virtual.ParseFault(s); err == nil {
			t.Errorf("parse %q: got %+v, want an error", s, f)
		}
	}
}

// TestOnceFaults checks the faults that hit one command: what happened on the
// chip, what was answered, and that it happens once.
func TestOnceFaults(t *testing.T) {
	const wrong = "00200080 08 3030303000000000"
	for _, tc := range []struct {
		name    string
		fault   string
		removed bool
		sw      apdu.SW // of the wrong PIN, unless removed
		tries   int     // on disk afterwards
	}{
		{"none", "sw@99=6F00", false, apdu.SWTries(2), 2},
		{"removed before", "remove-before@2", true, 0, 3},
		{"removed after", "remove-after@2", true, 0, 2},
		{"removed after, by instruction", "remove-after@20.1", true, 0, 2},
		{"second of an instruction", "remove-after@20.2", false, apdu.SWTries(2), 2},
		{"wrong status", "sw@20.1=6F00", false, apdu.SWFailure, 3},
		{"reset", "reset@2", false, apdu.SWUnknownINS, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, dir := newTerminal(t, virtual.Citizen)
			m.card.SetFault(fault(t, tc.fault))
			m.want(selectCardEdge, apdu.SWOK)
			if tc.removed {
				m.wantRemoved(wrong)
				m.wantRemoved(selectCardEdge) // stays out
			} else {
				m.want(wrong, tc.sw)
			}
			if got := reopen(t, dir).TriesLeft(); got != tc.tries {
				t.Errorf("tries on disk: got %d, want %d", got, tc.tries)
			}
		})
	}
}

// wantRemoved transmits a command that finds no card.
func (m terminal) wantRemoved(command string) {
	m.t.Helper()
	if _, err := m.card.Transmit(bytesOf(m.t, command)); !errors.Is(err, virtual.ErrRemoved) {
		m.t.Errorf("%s: got error %v, want ErrRemoved", command, err)
	}
}

// TestLastingFaults checks the faults that hold until they are cleared.
func TestLastingFaults(t *testing.T) {
	issuer := testIssuer(t)
	card, _ := newCard(t, virtual.Citizen)
	m := terminal{t, card}
	q := requirements{terminal: m, issuer: issuer}
	verify := func() error {
		m.want(selectSERID, apdu.SWOK)
		files := sod.Files{sod.FilePersonal: q.identityFile(sod.FilePersonal)}
		return sod.Verify(files, q.identityFile(sod.FileSODFixed), []*x509.Certificate{issuer.Anchor()}, time.Now())
	}
	const create = "00E00000 17 6F15 81020010 820101 83024711 8608FF00000000000000"
	for _, tc := range []struct {
		fault string
		check func()
	}{
		{"bad-sod", func() {
			if err := verify(); !errors.Is(err, sod.ErrMismatch) {
				t.Errorf("bad-sod: got %v, want ErrMismatch", err)
			}
		}},
		{"damaged", func() {
			m.want(selectSERID, apdu.SWOK)
			p, err := sod.ParsePersonal(q.identityFile(sod.FilePersonal))
			var cut *sod.TruncatedError
			if !errors.As(err, &cut) || p.Surname == "" {
				t.Errorf("damaged: got %v, want a TruncatedError and what stood before it", err)
			}
		}},
		{"no-sod", func() {
			m.want(selectSERID, apdu.SWOK)
			m.want("00A40800 02 0F1C 04", apdu.SWFileNotFound)
			m.want("00A40800 02 0F02 04", apdu.SWOK)
		}},
		{"no-identity", func() { m.want(selectSERID, apdu.SWFileNotFound) }},
		{"full", func() {
			m.want(selectWrite, apdu.SWOK)
			m.want(create, apdu.SWNoRoom)
		}},
		{"full-update", func() {
			m.want(selectWrite, apdu.SWOK)
			m.want(create, apdu.SWOK)
			m.want("00D60000 01 AA", apdu.SWMemory)
		}},
	} {
		card.SetFault(fault(t, tc.fault))
		tc.check()
		card.ClearFaults()
		if err := verify(); err != nil {
			t.Errorf("after %s was cleared: %v", tc.fault, err)
		}
	}
}

// TestFullCard fills the chip until it refuses.
func TestFullCard(t *testing.T) {
	m, dir := newTerminal(t, virtual.Citizen)
	m.want(selectWrite, apdu.SWOK)
	m.want("00A40800 02 5015 00", apdu.SWOK)
	for i := 1; ; i++ {
		r := m.send("00E00000 17 6F15 81022000 820101 830247" + hexByte(i) + " 8608FF00000000000000")
		if r.SW == apdu.SWNoRoom {
			if i < 3 {
				t.Errorf("refused file %d of 8 KiB", i)
			}
			break
		}
		if !r.SW.OK() || i > 20 {
			t.Fatalf("file %d: %v", i, r.SW)
		}
	}
	reopen(t, dir) // what is there can be loaded
}

// TestReaderFaults shows what PC/SC makes of a mute and of an unknown card.
func TestReaderFaults(t *testing.T) {
	for _, tc := range []struct {
		fault string
		mute  bool
		atr   string
	}{
		{"mute", true, ""},
		{"unknown-atr", false, "3b898001554e4b4e4f574e203151"},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			card, _ := newCard(t, virtual.Citizen)
			card.SetFault(fault(t, tc.fault))
			r := cardtest.NewReader(t)
			r.Insert(card)
			ctx, err := scard.EstablishContext()
			if err != nil {
				t.Fatal(err)
			}
			defer ctx.Release()
			state := []scard.ReaderState{{Reader: r.Name(), CurrentState: scard.StateUnaware}}
			if err := ctx.GetStatusChange(state, time.Second); err != nil {
				t.Fatal(err)
			}
			if got := state[0].EventState&scard.StateMute != 0; got != tc.mute {
				t.Errorf("state %#x: mute %v, want %v", state[0].EventState, got, tc.mute)
			}
			if got := hex.EncodeToString(state[0].Atr); !tc.mute && got != tc.atr {
				t.Errorf("ATR: got %s, want %s", got, tc.atr)
			}
		})
	}
}

// TestTornWrite pulls the card at commands in the middle of writing a
// certificate through the real module. What the chip shows afterwards is
// nothing or the whole certificate, and the work can be finished.
func TestTornWrite(t *testing.T) {
	card, dir := newCard(t, virtual.Citizen)
	o := newOpenSC(t, dir)
	o.reader.Insert(card)
	der := certify(t, o.generate("c0"), nonRepudiation)
	for _, at := range []string{
		"remove-before@E0.1", // before the file exists
		"remove-after@D6.1",  // first part of the certificate
		"remove-before@D6.5", // last part of it missing
		"remove-after@D6.5",  // certificate complete, directory not written
		"remove-after@D6.9",  // in the directories
	} {
		card.SetFault(fault(t, at))
		file := o.file(der)
		o.pkcs11(false, "--login", "--pin", virtual.PresetPIN, "--write-object", file, "--type", "cert", "--id", "c0", "--label", "Salter c0")
		<-o.reader.Gone()
		o.reader.Eject()
		if got := readCertificate(t, reopen(t, dir), 0x7103); got != nil && string(got) != string(der) {
			t.Errorf("%s: the chip shows a part of the certificate", at)
		}
		o.reader.Insert(card)
		if listed := o.pkcs11(true, "--list-objects", "--type", "cert"); strings.Contains(listed, "c0") {
			o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--delete-object", "--type", "cert", "--id", "c0")
		}
		o.write("c0", der)
		o.assertShown(der)
		o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--delete-object", "--type", "cert", "--id", "c0")
	}
}
