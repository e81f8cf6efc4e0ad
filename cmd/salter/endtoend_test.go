package main

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"salter/app/procedure"
	"salter/ca/catest"
	"salter/card/cardtest"
	"salter/card/virtual"
)

// The counter as a whole, without its window: real pcscd, real PKCS#11 module,
// real journal file, real authority over mTLS.

func TestMain(m *testing.M) {
	// Some tests need a process of their own.
	for variable, other := range map[string]func() error{cardStateVariable: serveCard, dumpVariable: sayDumps, framesVariable: playFrames} {
		if os.Getenv(variable) == "" {
			continue
		}
		if err := other(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	conf, err := filepath.Abs("../demo/opensc.conf")
	if err != nil {
		panic(err)
	}
	os.Setenv("OPENSC_DRIVER", "isoApplet")
	os.Setenv("OPENSC_CONF", conf)
	cardtest.Main(m)
}

func TestIssue(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.finish()
	v.checkOne(c)
	crt, err := x509.ParseCertificate(c.Result.DER)
	if err != nil {
		t.Fatal(err)
	}
	if len(crt.EmailAddresses) != 1 || crt.EmailAddresses[0] != "ana@example.rs" {
		t.Errorf("e-mail %v, want the one of the signed form", crt.EmailAddresses)
	}
	found, err := procedure.LastIssued(t.Context(), journal{j: v.c.journal})
	if err != nil || string(found.Chain[0]) != string(c.Result.DER) {
		t.Errorf("journal holds another certificate than the chip: %v", err)
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	v := newVisit(t, seams{})
	_, err := joinCounter(t.Context(), v.set, seams{})
	if err == nil {
		t.Fatal("second start: got nil, want an error")
	}
	if p := startProblem(err); p.Code != procedure.CodeInUse {
		t.Errorf("second start: got %v, want %s", p, procedure.CodeInUse)
	}
}

// TestPulledInTheWrite pulls the card in the middle of writing the
// certificate, restarts the program, and finishes the case with the same card.
func TestPulledInTheWrite(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	// The certificate is longer than one command carries: the second part of
	// it is lost.
	fault, err := virtual.ParseFault("remove-before@D6.8")
	if err != nil {
		t.Fatal(err)
	}
	v.card.SetFault(fault)
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	v.await("the trouble", func(s procedure.Snapshot) bool { return s.Case != nil && s.Case.WaitsFor == procedure.WaitsForCard })

	v.stop()
	v.card.ClearFaults()
	v.reader.Eject()
	v.reader.Insert(v.card)
	v.open()
	s := v.await("the unfinished case", func(s procedure.Snapshot) bool { return len(s.Waiting) == 1 && s.Reader.Chip != nil })
	v.do("resume", v.c.engine.ResumeCase(v.ctx, s.Waiting[0].ID))
	v.await("the citizen's page", inPhase(procedure.PhasePIN))
	v.do("begin PIN", v.c.engine.BeginPIN(v.ctx))
	v.do("enter PIN again", v.enterPIN(virtual.PresetPIN))
	v.checkOne(v.finish())
}

// TestLostAnswer loses the authority's answer to simpleenroll after it was
// processed: exactly one certificate exists at the end.
func TestLostAnswer(t *testing.T) {
	var faults *catest.Faults
	v := newVisit(t, seams{wrap: func(next http.RoundTripper) http.RoundTripper {
		faults = catest.NewFaults(next, 1)
		faults.Match = func(r *http.Request) bool {
			return r.Method == http.MethodPost && filepath.Base(r.URL.Path) == "simpleenroll"
		}
		faults.Script = []catest.Fault{catest.ResponseLost}
		return faults
	}})
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	v.checkOne(v.finish())
	if faults.Seen() == 0 {
		t.Error("no request was lost: the test proves nothing")
	}
}

// TestHomeMadeCard gives the counter a card with a signature of its own.
func TestHomeMadeCard(t *testing.T) {
	v := newVisit(t, seams{})
	foreign, err := virtual.OpenIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v.reader.Eject()
	v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
	v.reader.Insert(v.newCard(foreign, virtual.Citizen))
	s := v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	if s.Reader.Verdict.Eligible || len(s.Reader.Verdict.Blocks) == 0 || s.Reader.Verdict.Blocks[0] != procedure.CodeSODAnchor {
		t.Errorf("verdict %+v, want %s", s.Reader.Verdict, procedure.CodeSODAnchor)
	}
}

// TestWrongPIN spends one try and goes on with the right one.
func TestWrongPIN(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	err := v.enterPIN("0000")
	p := asProblem(err)
	if err == nil || p.Code != procedure.CodeWrongPIN || p.Tries != 2 {
		t.Fatalf("wrong PIN: got %v, want %s with 2 tries left", err, procedure.CodeWrongPIN)
	}
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	v.checkOne(v.finish())
}
