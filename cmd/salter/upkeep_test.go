package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/app/procedure"
)

// copies lists the copies of the journal.
func (v *visit) copies() []string {
	v.t.Helper()
	list, err := filepath.Glob(filepath.Join(v.set.file(dirCopies), "*"))
	v.do("list copies", err)
	return list
}

// TestUpkeep: a copy each day and one at the end, the whole journal verified,
// nothing of it while a case is on the screen.
func TestUpkeep(t *testing.T) {
	v := newVisit(t, seams{})
	var log bytes.Buffer
	u := v.c.upkeep(&log)
	v.toPIN()
	u.turn(v.ctx)
	if n := len(v.copies()); n != 0 || u.verified || u.prepared {
		t.Errorf("during a case: %d copies, verified %v, prepared %v; want nothing done", n, u.verified, u.prepared)
	}
	v.do("leave the PIN", v.c.engine.LeavePIN(v.ctx, procedure.PINCancelled))
	v.do("park case", v.c.engine.ParkCase(v.ctx))
	for range 2 {
		u.turn(v.ctx)
		if n := len(v.copies()); n != 1 || !u.verified || !u.prepared {
			t.Fatalf("between cases: %d copies, verified %v, prepared %v; want one copy and both: %s", n, u.verified, u.prepared, &log)
		}
	}
	v.clock.forward(copyEvery)
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	v.do("resume case", v.c.engine.ResumeCase(v.ctx, v.c.engine.Snapshot().Waiting[0].ID))
	v.do("park case", v.c.engine.ParkCase(v.ctx))
	u.turn(v.ctx)
	if n := len(v.copies()); n != 2 {
		t.Errorf("a day later: %d copies, want 2: %s", n, &log)
	}
	v.do("sign out", v.c.engine.SignOut(v.ctx))
	u.end()
	if n := len(v.copies()); n != 3 {
		t.Errorf("at the end: %d copies, want 3: %s", n, &log)
	}
	for _, path := range v.copies() {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("copy %s: %v, %v", filepath.Base(path), info.Mode(), err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("said %q, want nothing", &log)
	}
}

// TestNoRoomForCopy: a copy never takes the room that the next case needs.
func TestNoRoomForCopy(t *testing.T) {
	v := newVisit(t, seams{minFree: 1 << 60})
	var log bytes.Buffer
	v.c.upkeep(&log).turn(v.ctx)
	if n := len(v.copies()); n != 0 || !bytes.Contains(log.Bytes(), []byte(errNoRoom.Error())) {
		t.Errorf("%d copies on a full disk, said %q", n, &log)
	}
}

// TestDamagedPart: what only the verification of everything finds stops the
// counter, and no copy of it pushes out a good one.
func TestDamagedPart(t *testing.T) {
	v := newVisit(t, seams{})
	v.play()
	v.stop()
	v.damage()
	v.open()
	var log bytes.Buffer
	u := v.c.upkeep(&log)
	u.turn(v.ctx)
	if s := v.c.engine.Snapshot(); s.Stop == nil || s.Stop.Code != procedure.CodeTampered {
		t.Errorf("stop is %v, want %s; said %q", s.Stop, procedure.CodeTampered, &log)
	}
	if err := v.c.engine.OpenCase(v.ctx); err == nil || asProblem(err).Code != procedure.CodeTampered {
		t.Errorf("open case: got %v, want %s", err, procedure.CodeTampered)
	}
	u.end()
	if n := len(v.copies()); n != 0 {
		t.Errorf("%d copies of a damaged journal", n)
	}
}

// damage fills the first sealed part of the case that has ended with zeros, as somebody
// with an editor for databases would.
func (v *visit) damage() {
	v.t.Helper()
	db, err := sql.Open("sqlite", v.set.file(fileJournal))
	v.do("open database", err)
	defer db.Close()
	rows, err := db.QueryContext(v.ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'person'")
	v.do("list triggers", err)
	defer rows.Close()
	triggers := map[string]string{}
	for rows.Next() {
		var name, text string
		v.do("list triggers", rows.Scan(&name, &text))
		triggers[name] = text
	}
	v.do("list triggers", rows.Err())
	script := []string{"UPDATE person SET sealed = zeroblob(length(sealed)) WHERE id = (SELECT min(id) FROM person)"}
	for name, text := range triggers {
		script = append(append([]string{"DROP TRIGGER " + name}, script...), text)
	}
	for _, statement := range script {
		_, err := db.ExecContext(v.ctx, statement)
		v.do(statement, err)
	}
}

// TestCertificateIsRenewed: in good time, by the counter itself, once; the next
// start takes the new one, also when that of the enrolment has ended.
func TestCertificateIsRenewed(t *testing.T) {
	v := newVisit(t, seams{})
	var log bytes.Buffer
	serial := func() string {
		c, err := v.c.rotation.Certificate()
		v.do("look at certificate", err)
		return c.Leaf.SerialNumber.String()
	}
	first, err := v.c.rotation.Certificate()
	v.do("look at certificate", err)
	life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore)
	u := v.c.upkeep(&log)
	u.turn(v.ctx)
	if got := serial(); got != first.Leaf.SerialNumber.String() {
		t.Error("a young certificate was renewed")
	}
	v.clock.forward(life * 2 / 3)
	u.turn(v.ctx)
	second := serial()
	if second == first.Leaf.SerialNumber.String() {
		t.Fatalf("the certificate was not renewed after two thirds of its life: %s", &log)
	}
	if info, err := os.Stat(v.set.file(fileRotation)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with its key: %v, %v", info, err)
	}
	v.stop()
	v.clock.forward(life/3 + time.Hour) // the first one has ended
	v.open()
	if got := serial(); got != second {
		t.Errorf("after a restart certificate %s, want %s", got, second)
	}
	v.do("sync", v.c.engine.SyncNow(v.ctx))
}

// TestHandOver: what the network does not bring to the authority goes there in
// a file, and its answer comes back in one.
func TestHandOver(t *testing.T) {
	v := newVisit(t, seams{})
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	v.server.Stop()
	v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
	v.do("open case", v.c.engine.OpenCase(v.ctx))
	person := v.c.engine.Snapshot().Case.Identity
	v.stop()
	v.server.Start()

	dir := t.TempDir()
	out, back := filepath.Join(dir, "out.age"), filepath.Join(dir, "back.txt")
	var said bytes.Buffer
	v.do("hand over", handOver(v.ctx, v.set, out, &said))
	if err := handOver(v.ctx, v.set, out, &said); err == nil {
		t.Error("a file that is there was written over")
	}
	text, err := os.ReadFile(out)
	v.do("read file", err)
	for _, secret := range []string{string(person.PersonalNumber), person.Surname, "case-opened"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the file says %q", secret)
		}
	}
	in, err := v.server.Authority.ImportJournal(v.ctx, bytes.NewReader(text))
	v.do("import", err)
	if in.New == 0 || in.Parts == 0 || in.Missing {
		t.Errorf("the authority took in %+v, want events and parts", in)
	}
	v.write(back, in.Checkpoint)
	before := v.acked()
	v.do("take answer", takeAnswer(v.ctx, v.set, back, &said))
	if after := v.acked(); after != in.To || after <= before {
		t.Errorf("%d events count as synced, before %d, want %d", after, before, in.To)
	}
	v.open() // and syncs the start of this run
	v.do("sync", v.c.engine.SyncNow(v.ctx))
	v.stop()
	if err := takeAnswer(v.ctx, v.set, back, &said); err == nil {
		t.Error("an answer older than what is known was taken in")
	}
	v.write(back, []byte("no checkpoint"))
	if err := takeAnswer(v.ctx, v.set, back, &said); err == nil {
		t.Error("a file that is no checkpoint was taken in")
	}
}

// acked is how far the authority has confirmed the journal, which is closed.
func (v *visit) acked() int64 {
	v.t.Helper()
	j, _, err := openClosed(v.ctx, v.set)
	v.do("open journal", err)
	n := j.SyncState().Acked
	v.do("close journal", j.Close())
	return n
}
