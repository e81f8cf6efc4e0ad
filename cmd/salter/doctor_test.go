package main

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"salter/app"
	"salter/app/procedure"
	"salter/card/virtual"
)

// selfTest is what the open counter finds of its parts.
func (v *visit) selfTest() map[procedure.CheckedPart]procedure.Finding {
	v.t.Helper()
	found := map[procedure.CheckedPart]procedure.Finding{}
	v.do("self-test", v.c.engine.SelfTest(v.ctx, func(f procedure.Finding) { found[f.Part] = f }))
	for _, part := range procedure.CheckedParts {
		if _, told := found[part]; !told {
			v.t.Errorf("nothing is told of %s", part)
		}
	}
	return found
}

// TestSelfTest: each part of a counter that works is found good, or with the
// warning that a demonstration deserves, and all of it is said in words; what
// breaks is found broken, and nothing else.
func TestSelfTest(t *testing.T) {
	v := newVisit(t, seams{})
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	words, err := app.FindingWords(app.English)
	v.do("read words", err)
	want := map[procedure.CheckedPart]procedure.Grade{
		procedure.PartKey:    procedure.GradeWarning, // a file, and nobody for its recovery
		procedure.PartCopies: procedure.GradeWarning, // none yet
	}
	before := v.selfTest()
	for part, f := range before {
		if grade := want[part]; f.Grade != grade && (grade != "" || f.Grade != procedure.GradeGood) {
			t.Errorf("%s is found %s: %s, %v", part, f.Grade, f.Note, f.Problem)
		}
		if w := words(f); strings.Contains(w.Part+w.What+w.Do, "[") || strings.Contains(w.What+w.Do, "<no value>") || w.What == "" {
			t.Errorf("%s is said as %+v", part, w)
		}
	}

	_, err = v.c.engine.CopyJournal(v.ctx)
	v.do("copy journal", err)
	v.reader.Eject()
	v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
	v.do("take the key file away", os.Rename(v.set.Clerk.P12, v.set.Clerk.P12+".away"))
	v.server.Stop()
	after := v.selfTest()
	if f := after[procedure.PartReader]; f.Grade != procedure.GradeGood || f.Note != "empty" {
		t.Errorf("the empty reader: %+v", f)
	}
	if f := after[procedure.PartCopies]; f.Grade != procedure.GradeGood {
		t.Errorf("the copy: %+v", f)
	}
	if f := after[procedure.PartClerk]; f.Grade != procedure.GradeBad || f.Note != "unreadable" {
		t.Errorf("the key file: %+v", f)
	}
	// The connection that was open may break before or after the question.
	silent := []procedure.Code{procedure.CodeNoLink, procedure.CodeNoAnswer}
	if f := after[procedure.PartAuthority]; f.Grade != procedure.GradeBad || f.Problem == nil || !slices.Contains(silent, f.Problem.Code) {
		t.Errorf("the authority: %+v", f)
	}
	if f := after[procedure.PartClock]; f.Grade != procedure.GradeWarning {
		t.Errorf("the clock: %+v", f)
	}
}

// TestDoctor says on the command line what the status page says, also while
// Salter is open and before it is enrolled, and names no person.
func TestDoctor(t *testing.T) {
	v := newVisit(t, seams{})
	s := v.await("the card", func(s procedure.Snapshot) bool { return s.Reader.Identity != nil })
	doctorSays := func(set Settings, args ...string) (string, error) {
		var out bytes.Buffer
		err := doctor(t.Context(), set, args, &out)
		for _, secret := range []string{string(s.Reader.Identity.PersonalNumber), s.Reader.Identity.Surname, string(s.Reader.Identity.CardNumber)} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the doctor names the holder: %q", out.String())
			}
		}
		return out.String(), err
	}
	if said, err := doctorSays(v.set); err != nil || !strings.Contains(said, "WARNING  Journal: Salter is open") {
		t.Errorf("while Salter is open: %v, %s", err, said)
	}
	v.stop()
	if said, err := doctorSays(v.set, "-language", "sr-Latn"); err != nil || !strings.Contains(said, "ok       Dnevnik: ") || !strings.Contains(said, "je učitan: OpenSC") {
		t.Errorf("after it was closed: %v, %s", err, said)
	}
	fresh := v.set
	fresh.Data = t.TempDir()
	if said, err := doctorSays(fresh); !errors.Is(err, errUnwell) || !strings.Contains(said, "WRONG    Journal: ") || !strings.Contains(said, "WRONG    Certification authority: ") {
		t.Errorf("before it is enrolled: %v, %s", err, said)
	}
	moved := v.set
	moved.Token.Module = "/nowhere/module.so"
	if said, err := doctorSays(moved); !errors.Is(err, errUnwell) || !strings.Contains(said, "token.module") || !strings.Contains(said, "(module: ") {
		t.Errorf("without its module: %v, %s", err, said)
	}
	if _, err := doctorSays(v.set, "-language", "de"); !errors.Is(err, errUsage) {
		t.Errorf("in German: %v", err)
	}
}

// TestArchive looks for a case in the journal of the real stack before and
// after its personal data were erased, and then at the authority.
func TestArchive(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	v.set.Journal.PurgeAfterAck = true
	v.open()
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.await("the hand-over", inPhase(procedure.PhaseHandOver)).Case
	rows := func(typed string, f procedure.CaseFilter) []procedure.CaseRow {
		t.Helper()
		list, err := v.c.engine.FindCases(v.ctx, procedure.CaseQuery{Typed: typed, Filter: f})
		v.do("find "+string(f), err)
		found, err := v.c.engine.CaseRows(v.ctx, list.Places)
		v.do("read rows", err)
		return found
	}
	personal := []string{string(c.Identity.PersonalNumber), string(c.Identity.CardNumber), strings.ToLower(c.Identity.Surname), c.Identity.GivenName}
	for _, typed := range append(personal, c.Number, c.Contract.Number, "") {
		if found := rows(typed, procedure.FilterOpen); len(found) != 1 || found[0].ID != c.ID || found[0].Erased {
			t.Errorf("%d cases are found while it is open: %+v", len(found), found)
		}
	}
	v.finish()
	v.do("leave the case", v.c.engine.ParkCase(v.ctx)) // while it is on the screen nothing is erased
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	for _, typed := range personal {
		if found := rows(typed, procedure.FilterAll); len(found) != 0 {
			t.Errorf("%d cases are found by what was erased", len(found))
		}
		remote, err := v.c.engine.SearchAuthority(v.ctx, typed)
		v.do("search at the authority", err)
		if len(remote.Cases) != 1 || remote.Cases[0].ID != c.ID || remote.Cases[0].Surname != c.Identity.Surname || len(remote.Cases[0].Certificates) != 1 {
			t.Errorf("the authority finds %d cases", len(remote.Cases))
		}
	}
	for _, typed := range []string{c.Number, c.Contract.Number} {
		if found := rows(typed, procedure.FilterAll); len(found) != 1 || !found[0].Erased || found[0].Name != "" || found[0].Phase != procedure.PhaseClosed {
			t.Errorf("by its numbers is found %+v", found)
		}
	}
	h, err := v.c.engine.CaseHistory(v.ctx, c.ID)
	v.do("read history", err)
	if !h.Active || len(h.Serials) != 1 || !h.Row.Sent {
		t.Errorf("history %+v", h.Row)
	}
	file, err := v.c.engine.HandOverJournal(v.ctx)
	v.do("hand over", err)
	if info, err := os.Stat(file.Path); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

// TestDoctorBeforeEnrolment: an installer who asks too early is told what to do
// first, not that something is wrong.
func TestDoctorBeforeEnrolment(t *testing.T) {
	path := writeSettings(t, goodSettings)
	for _, l := range app.Languages() {
		var out, errOut bytes.Buffer
		if got := run(t.Context(), []string{"-config", path, "doctor", "-language", string(l)}, &out, &errOut); got != exitError {
			t.Errorf("%s: status %d, want %d; said %s", l, got, exitError, errOut.String())
		}
		if !strings.Contains(out.String(), "salter enrol request") || strings.Contains(out.String(), "[") {
			t.Errorf("%s: printed %s", l, out.String())
		}
	}
}
