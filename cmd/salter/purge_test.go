package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/app/serbian"
	"salter/card/virtual"
	"salter/store"
)

// journalFiles is everything that the journal's database consists of.
func (v *visit) journalFiles() []byte {
	v.t.Helper()
	var all []byte
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(v.set.file(fileJournal) + suffix)
		if err != nil && !os.IsNotExist(err) {
			v.t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// TestPurge: what was sealed of a case that has ended is gone from the counter
// once the authority holds it, the evidence holds, and the case that is open
// keeps everything. While its record is here a case is found by all its words,
// afterwards by its number alone. Its papers can be printed again, the same byte
// for byte, until it has left the screen.
func TestPurge(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	v.set.Journal.PurgeAfterAck = true
	v.open()
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	s := v.await("the hand-over", inPhase(procedure.PhaseHandOver))
	first, person := s.Case, s.Case.Identity
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	words := []store.CaseQuery{
		{Term: store.Term{Field: termPersonalNumber, Value: string(person.PersonalNumber)}},
		{Term: store.Term{Field: termCard, Value: string(person.CardNumber)}},
		{Name: serbian.SearchKey(person.Surname)},
		{Name: serbian.SearchKey(person.GivenName)},
		{Term: store.Term{Field: termCaseNumber, Value: first.Number}},
	}
	for _, q := range words {
		v.findsCase(q, string(first.ID), true)
	}

	v.finish()
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	v.reprints(first.ID)
	v.do("leave the case", v.c.engine.ParkCase(v.ctx))
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	for _, q := range words {
		v.findsCase(q, string(first.ID), q.Term.Field == termCaseNumber)
	}
	if _, err := v.c.engine.ReprintData(v.ctx, first.ID, 1); err == nil || asProblem(err).Code != procedure.CodeErased {
		t.Errorf("papers of the erased case: got %v, want %s", err, procedure.CodeErased)
	}
	sealed, err := v.c.journal.Sealed(v.ctx)
	v.do("look for sealed parts", err)
	if len(sealed) != 0 {
		t.Errorf("parts of %v are still sealed here", sealed)
	}

	v.comes(virtual.Foreigner, wantsCertificate)
	v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	v.do("open case", v.c.engine.OpenCase(v.ctx))
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	second := v.c.engine.Snapshot().Case.ID
	if _, err := v.c.journal.Part(v.ctx, string(second), procedure.PartRecord); err != nil {
		t.Errorf("the record of the open case: %v", err)
	}
	v.do("verify the journal", v.c.journal.Verify(v.ctx))
	v.searchDatabase("while the counter is open", person)
	v.stop()
	v.searchDatabase("after the counter was closed", person)
	copied, err := store.OpenCopy(v.ctx, v.set.file(fileJournal), store.CopyConfig{})
	v.do("open the journal as an auditor", err)
	report, err := copied.Verify(v.ctx)
	v.do("verify the journal as an auditor", err)
	v.do("close", copied.Close())
	if len(report.Findings) != 0 {
		t.Errorf("the auditor finds %v", report.Findings)
	}
}

// reprints prints every job of a case once more, and compares it with the
// first print.
func (v *visit) reprints(id procedure.CaseID) {
	v.t.Helper()
	history, err := v.c.engine.CaseHistory(v.ctx, id)
	v.do("read history", err)
	if len(history.Jobs) != 2 {
		v.t.Fatalf("%d print jobs, want 2", len(history.Jobs))
	}
	for _, j := range history.Jobs {
		data, err := v.c.engine.ReprintData(v.ctx, id, j.Number)
		v.do("read papers", err)
		job, err := v.c.papers.render(data)
		v.do("render papers", err)
		v.do("record reprint", v.c.engine.RecordReprint(v.ctx, id, j.Number, job.Records()))
		v.do("record result", v.c.engine.RecordReprinted(v.ctx, id, j.Number, nil))
		path := filepath.Join(strings.TrimPrefix(v.set.Printer, "folder:"), fmt.Sprintf("%02d-papers.pdf", j.Number))
		if first, err := os.ReadFile(path); err != nil || !bytes.Equal(first, job.PDF) {
			v.t.Errorf("papers of job %d are not those that were printed first (%v)", j.Number, err)
		}
	}
}

// findsCase searches for a case.
func (v *visit) findsCase(q store.CaseQuery, id string, want bool) {
	v.t.Helper()
	found, err := v.c.journal.Cases(v.ctx, q)
	v.do("search", err)
	if got := len(found) == 1 && found[0].ID == id; got != want {
		v.t.Errorf("the search by %q: found %v, want %v", q.Term.Field, got, want)
	}
}

// searchDatabase looks for a person in the journal's files.
func (v *visit) searchDatabase(when string, person procedure.Identity) {
	v.t.Helper()
	b := v.journalFiles()
	for what, value := range map[string]string{"the personal number": string(person.PersonalNumber), "the surname": person.Surname} {
		for _, form := range forms16(value) {
			if bytes.Contains(b, form) {
				v.t.Errorf("%s: the journal holds %s", when, what)
			}
		}
	}
}

// TestFullDisk: below the limit no case begins, and the one that runs ends.
func TestFullDisk(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	v.stop()
	v.seams.minFree = 1 << 60 // no disk has so much room
	v.open()
	v.play()
	v.checkEnd()
	v.comes(virtual.Foreigner, wantsCertificate)
	v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	if err := v.c.engine.OpenCase(v.ctx); err == nil || asProblem(err).Code != procedure.CodeDiskFull {
		t.Errorf("open case: got %v, want %s", err, procedure.CodeDiskFull)
	}
}
