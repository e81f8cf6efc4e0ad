package authority_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

// alarms are the kinds of a workstation's alarms.
func alarms(t *testing.T, a *authority.Authority, name string) []string {
	t.Helper()
	o, err := a.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range o.Workstations {
		if w.Name == name {
			var kinds []string
			for _, alarm := range w.Alarms {
				kinds = append(kinds, alarm.Kind)
			}
			return kinds
		}
	}
	t.Fatalf("%s is not in the overview", name)
	return nil
}

func wantAlarms(t *testing.T, a *authority.Authority, name string, want ...string) {
	t.Helper()
	if got := alarms(t, a, name); !slices.Equal(got, want) {
		t.Errorf("alarms of %s: got %q, want %q", name, got, want)
	}
}

func wantRefused(t *testing.T, p *ca.Problem, name string) {
	t.Helper()
	if p == nil || p.Type != ca.ProblemPrefix+name {
		t.Errorf("got %+v, want problem %s", p, name)
	}
}

// copyFiles copies what lies flat in a folder.
func copyFiles(t *testing.T, to, from string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOlderDatabase: a database of yesterday, put in place of the present one,
// is noticed by the heads beside it; nothing is signed for the workstation
// until an operator has looked, and the others go on.
func TestOlderDatabase(t *testing.T) {
	o := newCounter(t)
	other := o.Enrol("BG-017-04")
	fillJournal(o.ws, 4)
	fillJournal(other, 2)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	if _, p := other.Push(1); p != nil {
		t.Fatal(p)
	}
	o.Stop()
	yesterday := t.TempDir()
	copyFiles(t, yesterday, o.Dir, "ca.db")
	o.Start()
	fillJournal(o.ws, 3)
	if _, p := o.ws.Push(5); p != nil {
		t.Fatal(p)
	}
	wantAlarms(t, o.Authority, o.ws.Name)
	o.Stop()
	copyFiles(t, o.Dir, yesterday, "ca.db")
	for range 2 { // also after another start
		o.Start()
		wantAlarms(t, o.Authority, o.ws.Name, authority.AlarmOlder)
		wantAlarms(t, o.Authority, other.Name)
		if _, p := o.ws.Push(5); p == nil || p.Type != ca.ProblemPrefix+ca.ProblemBusy {
			t.Errorf("push of what was lost: got %+v, want to wait", p)
		}
		c := other.Open(o.clerk, o.cards, catest.Citizen())
		if _, problem, err := c.Enrol(nil); problem != nil || err != nil {
			t.Errorf("issuing at the other workstation: %+v, %v", problem, err)
		}
		o.Stop()
	}
	o.Start()
	if err := o.Authority.AcceptJournal(t.Context(), o.ws.Name); err != nil {
		t.Fatal(err)
	}
	wantAlarms(t, o.Authority, o.ws.Name)
	if _, p := o.ws.Push(5); p != nil {
		t.Errorf("push after the operator's word: %+v", p)
	}
	o.Stop()
	o.Start()
	wantAlarms(t, o.Authority, o.ws.Name)
}

// TestAnotherHistory: a database whose journal is as long, but not the one that
// was countersigned. No certificate is issued at the workstation either, even
// if its own journal fits the database.
func TestAnotherHistory(t *testing.T) {
	o := newCounter(t)
	o.Stop()
	before := t.TempDir()
	copyFiles(t, before, o.Dir, "ca.db")
	o.Start()
	first := *o.ws
	fillJournal(&first, 2)
	if _, p := first.Push(1); p != nil {
		t.Fatal(p)
	}
	o.Stop()
	copyFiles(t, o.Dir, before, "ca.db")
	heads := filepath.Join(o.Dir, "heads")
	kept := t.TempDir()
	if err := os.Rename(heads, filepath.Join(kept, "heads")); err != nil {
		t.Fatal(err)
	}
	o.Start()
	c := o.open() // another history, up to an event of this case
	if _, problem, err := c.Enrol(nil); problem != nil || err != nil {
		t.Fatal(problem, err)
	}
	fillJournal(o.ws, 2)
	if _, p := o.ws.Push(2); p != nil {
		t.Fatal(p)
	}
	next := o.open()
	o.Stop()
	if err := os.RemoveAll(heads); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(kept, "heads"), heads); err != nil {
		t.Fatal(err)
	}
	o.Start()
	wantAlarms(t, o.Authority, o.ws.Name, authority.AlarmOlder)
	_, problem, err := next.Enrol(nil)
	if err != nil || o.Issued() != 1 {
		t.Errorf("%d certificates, %v, want the first one alone", o.Issued(), err)
	}
	wantRefused(t, problem, ca.ProblemBusy)
}

func fillJournal(w *catest.Workstation, n int) {
	for range n {
		w.Append([]byte(`{"event":"one"}`))
	}
}

// TestAlarms: fork stays until somebody has looked, a gap until it is filled.
func TestAlarms(t *testing.T) {
	o := newCounter(t)
	fillJournal(o.ws, 4)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	good := o.ws.Journal
	fillJournal(o.ws, 2)
	_, p := o.ws.Push(6)
	wantRefused(t, p, ca.ProblemGap)
	wantAlarms(t, o.Authority, o.ws.Name, authority.AlarmGap)
	if _, p := o.ws.Push(5); p != nil {
		t.Fatal(p)
	}
	wantAlarms(t, o.Authority, o.ws.Name)
	o.ws.Journal = append([][]byte{[]byte(`{"event":"changed"}`)}, good[1:]...)
	for range 2 {
		var reply ca.JournalReply
		wantRefused(t, o.ws.JSON("POST", ca.PathJournal+o.ws.Name, ca.JournalPush{From: 1,
			Events:     [][]byte{[]byte(`{"event":"changed"}`), good[1], good[2], good[3], good[0], good[0]},
			Checkpoint: string(o.ws.Checkpoint())}, &reply), ca.ProblemFork)
	}
	wantAlarms(t, o.Authority, o.ws.Name, authority.AlarmFork)
	all, err := o.Authority.Overview(t.Context())
	if err != nil || all.Workstations[0].Alarms[0].Times != 2 || all.Workstations[0].Events != 6 || all.Workstations[0].Countersigned.IsZero() {
		t.Errorf("overview: %+v, %v", all, err)
	}
	if since := time.Since(all.Workstations[0].LastContact); since > time.Minute {
		t.Errorf("last contact is %v ago", since)
	}
	if err := o.Authority.AcceptJournal(t.Context(), o.ws.Name); err != nil {
		t.Fatal(err)
	}
	wantAlarms(t, o.Authority, o.ws.Name)
}

// TestSilence: who is not heard of for too long, and was not revoked, is an
// alarm.
func TestSilence(t *testing.T) {
	now := time.Now()
	s := catest.Start(t, catest.Config{Now: func() time.Time { return now }})
	w, gone := s.Enrol("BG-017-03"), s.Enrol("BG-017-04")
	wantAlarms(t, s.Authority, w.Name)
	if err := s.Authority.RevokeWorkstation(t.Context(), gone.Name); err != nil {
		t.Fatal(err)
	}
	now = now.Add(73 * time.Hour)
	wantAlarms(t, s.Authority, w.Name, authority.AlarmSilence)
	wantAlarms(t, s.Authority, gone.Name)
	if p := w.JSON("GET", ca.PathPolicy, nil, nil); p != nil {
		t.Fatal(p)
	}
	wantAlarms(t, s.Authority, w.Name)
}

// TestAlarmsAreLogged: of each workstation that is silent, by name, and of the
// authority itself.
func TestAlarmsAreLogged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	logged := make(chan string, 100)
	now := time.Now()
	a, err := authority.Open(t.Context(), authority.Config{Dir: dir, IssuerKey: "rsa2048", API: "https://127.0.0.1:8443",
		Now: func() time.Time { return now }, Silence: time.Hour, Log: slog.New(slog.NewTextHandler(lines(logged), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAuthority(t, a)
	keys, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	request, err := keys.Request()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.SignWorkstation(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(14, 6, 0)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var watching sync.WaitGroup
	watching.Go(func() { a.KeepWatching(ctx) })
	for _, want := range []string{"msg=alarm workstation=BG-017-03 kind=silence", "level=ERROR msg=alarm kind=ca-ends"} {
		for found := false; !found; {
			select {
			case line := <-logged:
				found = strings.Contains(line, want)
			case <-ctx.Done():
				t.Fatalf("%s was not logged", want)
			}
		}
	}
	stop()
	watching.Wait()
}

// lines is an io.Writer that hands on each record of a log.
type lines chan<- string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

// TestLostHeads: the folder beside the database is gone, as after a restore
// from a backup: it begins anew with what the database holds.
func TestLostHeads(t *testing.T) {
	o := newCounter(t)
	fillJournal(o.ws, 2)
	if _, p := o.ws.Push(1); p != nil {
		t.Fatal(p)
	}
	o.Stop()
	heads := filepath.Join(o.Dir, "heads")
	if err := os.RemoveAll(heads); err != nil {
		t.Fatal(err)
	}
	o.Start()
	wantAlarms(t, o.Authority, o.ws.Name)
	files, err := filepath.Glob(filepath.Join(heads, "*.heads"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files of heads: %v, %v, want one", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(text), "\nhead BG-017-03 2 ") {
		t.Errorf("heads: %q, %v, want the journal's", text, err)
	}
}
