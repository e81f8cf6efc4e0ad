package main

import (
	"encoding/hex"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/ca"
	"salter/card/virtual"
)

// TestRegister asks the authority for what it holds, before and after a
// contract was registered and ended.
func TestRegister(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.finish()
	a := v.authority()
	number := "U-BG-017-99-2026-000001"
	me := procedure.RegisterQuery{Case: c.ID, PersonalNumber: c.Identity.PersonalNumber, CardNumber: c.Identity.CardNumber, Contract: number}
	// state is what the register says of the contract of this test, and how
	// many certificates it holds.
	state := func(q procedure.RegisterQuery) (fact procedure.ContractFact, certificates []procedure.CertificateFact) {
		t.Helper()
		r, err := a.Register(t.Context(), q)
		v.do("ask register", err)
		for _, f := range r.Contracts {
			if f.Number == number {
				fact = f
			}
		}
		return fact, r.Certificates
	}

	before, held := state(me)
	if before != (procedure.ContractFact{}) {
		t.Errorf("contract before it was registered: %+v", before)
	}
	if len(held) != 1 || held[0].Serial != c.Result.Serial || held[0].State != procedure.CertValid || held[0].CardNumber != c.Identity.CardNumber || !held[0].NotAfter.Equal(c.Result.NotAfter) {
		t.Errorf("certificates %+v, want the valid one of the case", held)
	}

	entry := procedure.ContractEntry{
		ID: "01890a5d-ac96-774b-bcce-b302099a8058", Case: c.ID, Number: number, Day: procedure.Today(time.Now()),
		Text: [32]byte{1, 2, 3}, ChipFiles: v.chipFiles(c.ID),
	}
	for range 2 { // the same once more
		v.do("put contract", a.PutContract(t.Context(), entry))
	}
	want := procedure.ContractFact{Number: number, Day: entry.Day, State: procedure.ContractValid, Covers: true, Text: entry.Text}
	if got, _ := state(me); got != want {
		t.Errorf("contract %+v, want %+v", got, want)
	}
	stranger := me
	stranger.PersonalNumber = "0101900714999"
	if got, held := state(stranger); got != (procedure.ContractFact{Number: number, State: procedure.ContractOther}) || len(held) != 0 {
		t.Errorf("of somebody else: contract %+v, certificates %+v", got, held)
	}
	other := entry
	other.ID = "01890a5d-ac96-774b-bcce-b302099a8059"
	if got := asProblem(a.PutContract(t.Context(), other)); got.Code != procedure.CodeContractOther {
		t.Errorf("the same number again: got %v, want %s", got, procedure.CodeContractOther)
	}

	end := procedure.ContractEnd{ID: "01890a5d-ac96-774b-bcce-b302099a805a", Case: c.ID, Number: number, Received: time.Now()}
	v.do("end contract", a.EndContract(t.Context(), end))
	end.ID = "01890a5d-ac96-774b-bcce-b302099a805b"
	v.do("end contract that has ended", a.EndContract(t.Context(), end))
	if got, _ := state(me); got.State != procedure.ContractEnded {
		t.Errorf("contract %+v, want it %s", got, procedure.ContractEnded)
	}
	end.ID, end.Number = "01890a5d-ac96-774b-bcce-b302099a805c", "U-NONE"
	if got := asProblem(a.EndContract(t.Context(), end)); got.Code != procedure.CodeNoContract {
		t.Errorf("end of a contract that is not there: got %v, want %s", got, procedure.CodeNoContract)
	}

	v.c.keyring.SignOut()
	if _, err := a.Register(t.Context(), me); asProblem(err).Code != procedure.CodeSignedOut {
		t.Errorf("register with nobody signed in: got %v, want %s", err, procedure.CodeSignedOut)
	}
}

// authority is the port as the counter joins it.
func (v *visit) authority() authority {
	return authority{client: v.c.client, issuer: v.c.client, journal: v.c.journal, keyring: v.c.keyring, seen: policyVersion(v.set.file(filePolicy)), now: v.clock.now}
}

// chipFiles is the name under which the authority holds the card files of a
// case.
func (v *visit) chipFiles(of procedure.CaseID) (sum [32]byte) {
	v.t.Helper()
	v.do("read journal", v.c.journal.Replay(v.ctx, func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		if e.Case == of && e.Kind == procedure.KindCaseOpened {
			_, err = hex.Decode(sum[:], []byte(e.Commits[procedure.PartChipFiles]))
		}
		return err
	}))
	return sum
}

// TestSupervisor opens the supervisor's key beside the clerk's.
func TestSupervisor(t *testing.T) {
	v := newVisit(t, seams{})
	k := v.c.keyring
	none := keyring{path: k.path, check: k.check}
	if _, err := none.Supervisor(t.Context(), []byte("demo")); asProblem(err).Code != procedure.CodeNotSupervisor {
		t.Errorf("without a file: got %v, want %s", err, procedure.CodeNotSupervisor)
	}
	if _, err := k.Supervisor(t.Context(), []byte("wrong")); asProblem(err).Code != procedure.CodeSignIn {
		t.Errorf("with a wrong password: got %v, want %s", err, procedure.CodeSignIn)
	}
	s, err := k.Supervisor(t.Context(), []byte("demo"))
	v.do("open the supervisor's key", err)
	if got := s.Person().Number; got != "2001" {
		t.Errorf("supervisor %q, want 2001", got)
	}
	if signer, err := k.signer(); err != nil || signer.(*ca.ClerkKey).Fingerprint() == s.Person().Fingerprint {
		t.Errorf("what is signed for the clerk is signed by the supervisor (%v)", err)
	}
}
