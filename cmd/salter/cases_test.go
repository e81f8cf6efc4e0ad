package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/card"
	"salter/card/virtual"
)

// What citizens come back for, over the whole stack.

// chosenPIN is the one that a citizen chooses; not a weak one.
const chosenPIN = "739164"

// The wishes of those whose PIN is blocked.
var (
	wantsNewPIN = wish{
		answers: procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No, Unblock: procedure.UnblockChange},
		pin:     virtual.PresetPIN, newPIN: chosenPIN,
	}
	wantsTries = wish{
		answers: procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes, Unblock: procedure.UnblockKeep},
		pin:     virtual.PresetPIN,
	}
)

// comesBack has the same citizen come again another day, after his certificate
// has ended if it is one of short life.
func (v *visit) comesBack(w wish) {
	v.t.Helper()
	v.clock.forward(untilAgain)
	v.next(v.card, w)
}

// comes has a new citizen come, with a card of the preset.
func (v *visit) comes(preset virtual.Preset, w wish) {
	v.t.Helper()
	v.next(v.newCard(v.issuer, preset), w)
}

// next leaves the closed case and puts a card in.
func (v *visit) next(c *virtual.Card, w wish) {
	v.t.Helper()
	if v.c.engine.Snapshot().Case != nil {
		v.do("leave the case", v.c.engine.ParkCase(v.ctx))
	}
	v.card, v.wish, v.seen = c, w, v.ended()
	v.putBack()
	v.await("the portrait", func(s procedure.Snapshot) bool { return s.Reader.Portrait != nil && !s.Reader.Reading })
}

// renewable is a counter whose citizen has a certificate that has ended.
func renewable(t *testing.T, s seams) *visit {
	t.Helper()
	v := newVisit(t, s)
	makeRenewable(v)
	v.comesBack(wantsCertificate)
	return v
}

// makeRenewable gives the citizen a first certificate, of short life.
func makeRenewable(v *visit) {
	v.t.Helper()
	v.shortLived()
	v.play()
	v.checkEnd()
}

func TestRenew(t *testing.T) {
	v := renewable(t, seams{})
	first, _ := v.served()
	s := v.playTo("the proposal", func(s procedure.Snapshot) bool { return s.Case != nil && s.Case.Facts != nil })
	want := procedure.Proposal{Action: procedure.ActionRenew, Reason: procedure.ReasonContractValid}
	if s.Case.Proposal != want {
		t.Errorf("proposal %+v, want %+v; facts %+v", s.Case.Proposal, want, s.Case.Facts)
	}
	v.play()
	c := v.closed()
	if c.Action != procedure.ActionRenew || c.Result.Retired != 1 || c.Result.Serial == first.Serial {
		t.Errorf("%s of %s, %d retired; want a renewal that retires the first one", c.Action, c.Result.Serial, c.Result.Retired)
	}
	v.checkEnd()
	old, err := x509.ParseCertificate(first.Chain[0])
	v.do("read the first certificate", err)
	fresh, err := x509.ParseCertificate(c.Result.DER)
	v.do("read the new certificate", err)
	if bytes.Equal(old.RawSubjectPublicKeyInfo, fresh.RawSubjectPublicKeyInfo) {
		t.Error("the new certificate is for the old key")
	}
	root, err := x509.ParseCertificate(first.Chain[len(first.Chain)-1])
	v.do("read the root", err)
	if name := root.Subject.CommonName; root.CheckSignatureFrom(root) != nil || c.Result.Root != name || c.Result.Issuer == name {
		t.Errorf("the take-home sheet names the root %q and the issuer %q; the root is %q", c.Result.Root, c.Result.Issuer, name)
	}
	if got := v.printed(); !slices.Equal(got, []procedure.PaperKind{procedure.PaperRequest, procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel}) {
		t.Errorf("printed %v, want Obrazac 1, and receipt, take-home sheet, label", got)
	}
}

// TestRenewTenTimes: the card still has one signing certificate and its key,
// for Salter's reader and for one that knows nothing of Salter.
func TestRenewTenTimes(t *testing.T) {
	v := renewable(t, seams{})
	for i := range 10 {
		if i > 0 {
			v.comesBack(wantsCertificate)
		}
		v.play()
		v.checkEnd()
	}
	for kind, want := range map[string]int{"cert": 1, "privkey": 1} {
		args := []string{"--module", v.set.Token.Module, "--list-objects", "--type", kind}
		if kind == "privkey" {
			args = append(args, "--login", "--pin", virtual.PresetPIN) // of a test card
		}
		out, err := exec.Command("pkcs11-tool", args...).Output()
		if got := bytes.Count(out, []byte("  ID:")); err != nil || got != want {
			t.Errorf("pkcs11-tool finds %d of %s, want %d (%v):\n%s", got, kind, want, err, out)
		}
	}
}

func TestUnblockAndIssue(t *testing.T) {
	for _, tt := range []struct {
		name string
		wish wish
		pin  string // afterwards
	}{
		{"new PIN", wantsNewPIN, chosenPIN},
		{"the same PIN", wantsTries, virtual.PresetPIN},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVisit(t, seams{})
			v.comes(virtual.Blocked, tt.wish)
			v.play()
			v.checkEnd()
			if got := v.secret(); got != (secret{tt.pin, 3}) {
				t.Errorf("the card has another PIN than wanted, or %d tries left, want 3", got.Tries)
			}
			c := v.closed()
			if !c.Result.Unblocked || c.Result.PINChanged != (tt.wish.newPIN != "") {
				t.Errorf("result says unblocked %t, PIN changed %t", c.Result.Unblocked, c.Result.PINChanged)
			}
			if got := v.printed(); got[0] != procedure.PaperUnblock || len(got) < 5 {
				t.Errorf("printed %v, want Obrazac 2 and all of an issuing", got)
			}
		})
	}
}

// TestUnblockAlone resets the PIN and does nothing else.
func TestUnblockAlone(t *testing.T) {
	v := newVisit(t, seams{})
	w := wantsNewPIN
	w.answers = procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceUnblock, Unblock: procedure.UnblockChange}
	v.comes(virtual.Blocked, w)
	v.play()
	if got := v.secret(); got != (secret{chosenPIN, 3}) {
		t.Errorf("the card has another PIN than wanted, or %d tries left, want 3", got.Tries)
	}
	if c := v.closed(); c.Action != procedure.ActionUnblock || !c.Result.PINChanged {
		t.Errorf("%s with result %+v, want an unblock", c.Action, c.Result)
	}
	if all := v.server.Certificates(); len(all) != 0 {
		t.Errorf("%d certificates were issued", len(all))
	}
}

// TestVendorCannotUnblock: the vendor's driver says so before any paper.
func TestVendorCannotUnblock(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	v.set.Token.Driver, v.set.Token.PUKFile = string(card.DriverVendor), ""
	v.open()
	v.card = v.blockedWithoutPUK()
	v.putBack()
	v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	v.do("open case", v.c.engine.OpenCase(v.ctx))
	v.playTo("the facts", func(s procedure.Snapshot) bool { return s.Case != nil && s.Case.Facts != nil })
	err := v.c.engine.ConfirmPerson(v.ctx, wantsNewPIN.answers)
	if asProblem(err).Code != procedure.CodeCannotUnblock {
		t.Fatalf("confirm person: got %v, want %s", err, procedure.CodeCannotUnblock)
	}
	v.refuse(procedure.CodeCannotUnblock)
}

func (v *visit) blockedWithoutPUK() *virtual.Card {
	v.t.Helper()
	c, err := virtual.New(filepath.Join(v.t.TempDir(), "card"), virtual.Blocked, v.issuer, time.Now())
	v.do("make card", err)
	return c
}

// TestRefuse refuses a card that has expired, with a slip.
func TestRefuse(t *testing.T) {
	v := newVisit(t, seams{})
	v.card = v.newCard(v.issuer, virtual.Expired)
	v.putBack()
	s := v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	if s.Reader.Verdict.Eligible {
		t.Fatal("an expired card is eligible")
	}
	v.do("open case", v.c.engine.OpenCase(v.ctx))
	v.refuse(procedure.CodeCardExpired)
}

// refuse ends the case with a reason and its slip.
func (v *visit) refuse(reason procedure.Code) {
	v.t.Helper()
	v.do("refuse", v.c.engine.RefuseCase(v.ctx, reason))
	v.printPapers()
	if got := v.printed(); !slices.Equal(got, []procedure.PaperKind{procedure.PaperRefusal}) {
		v.t.Errorf("printed %v, want the slip", got)
	}
	if got := v.count(procedure.KindRefused); got != 1 {
		v.t.Errorf("%d refusals in the journal, want 1", got)
	}
	if all := v.server.Certificates(); len(all) != 0 {
		v.t.Errorf("%d certificates were issued", len(all))
	}
	v.do("verify journal", v.c.journal.Verify(v.ctx))
}

func TestRevoke(t *testing.T) {
	v := newVisit(t, seams{})
	v.play()
	v.checkEnd()
	last, _ := v.served()
	w := wantsCertificate
	w.answers = procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceStatus, Status: procedure.StatusAnswers{
		Op: procedure.ActionRevoke, Serial: last.Serial, Reason: procedure.StatusLost, EndContract: true,
	}}
	v.next(v.card, w)
	v.play()
	c := v.closed()
	if c.Action != procedure.ActionRevoke || c.Result.StatusOp != procedure.ActionRevoke || c.Result.StatusAt.IsZero() {
		t.Errorf("%s with result %+v, want a revocation", c.Action, c.Result)
	}
	all := v.server.Certificates()
	if len(all) != 1 || all[0].Status != "revoked" {
		t.Errorf("the authority has %+v, want one revoked certificate", all)
	}
	if got := v.printed(); !slices.Equal(got, []procedure.PaperKind{procedure.PaperStatus, procedure.PaperStatusDone, procedure.PaperLabel}) {
		t.Errorf("printed %v, want Obrazac 3, confirmation and label", got)
	}
	q := procedure.RegisterQuery{Case: c.ID, PersonalNumber: c.Identity.PersonalNumber, CardNumber: c.Identity.CardNumber}
	r, err := v.authority().Register(t.Context(), q)
	v.do("ask register", err)
	if len(r.Contracts) != 1 || r.Contracts[0].State != procedure.ContractEnded {
		t.Errorf("contracts %+v, want one that has ended", r.Contracts)
	}
	// The next one is issued with a new contract.
	v.comesBack(wantsCertificate)
	v.play()
	v.checkEnd()
}

// closed is the case on the screen, at its end.
func (v *visit) closed() procedure.CaseView {
	v.t.Helper()
	s := v.c.engine.Snapshot()
	if s.Case == nil || s.Case.Phase != procedure.PhaseClosed || s.Case.Result == nil {
		v.t.Fatalf("no closed case with a result on the screen: %s", describe(s))
	}
	return *s.Case
}

// printed lists the papers of the last case in the journal, each once.
func (v *visit) printed() (kinds []procedure.PaperKind) {
	v.t.Helper()
	v.replay(func(e procedure.Event) {
		switch b := e.Body.(type) {
		case *procedure.CaseOpened:
			kinds = nil
		case *procedure.PapersRendered:
			for _, p := range b.Papers {
				if !slices.Contains(kinds, p.Kind) {
					kinds = append(kinds, p.Kind)
				}
			}
		}
	})
	return kinds
}

// count counts the events of a kind.
func (v *visit) count(kind procedure.Kind) (n int) {
	v.t.Helper()
	v.replay(func(e procedure.Event) {
		if e.Kind == kind {
			n++
		}
	})
	return n
}

func (v *visit) replay(f func(procedure.Event)) {
	v.t.Helper()
	v.do("read journal", v.c.journal.Replay(v.ctx, func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		f(e)
		return err
	}))
}

// secret is the PIN of a virtual card with its tries.
type secret struct {
	Value string `json:"value"`
	Tries int    `json:"tries"`
}

// secret reads the state file of the card.
func (v *visit) secret() secret {
	v.t.Helper()
	text, err := os.ReadFile(filepath.Join(v.cardDir, "card.json"))
	v.do("read card", err)
	var state struct {
		PIN secret `json:"pin"`
	}
	v.do("read card", json.Unmarshal(text, &state))
	return state.PIN
}
