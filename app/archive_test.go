package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// aRow is the row of a long list at a place: closed, refused, waiting and
// erased cases by turns.
func aRow(place int64) procedure.CaseRow {
	opened := noon.AddDate(0, 0, -2).Add(time.Duration(place%1000) * 2 * time.Minute)
	r := procedure.CaseRow{
		ID: procedure.CaseID(fmt.Sprintf("case-%d", place)), Place: place, Number: fmt.Sprintf("BG-017-03-2026-%06d", place),
		Name: "СТОЈАНОВИЋ-ПЕТРОВИЋ АЛЕКСАНДРА", Action: procedure.ActionIssue, Phase: procedure.PhaseClosed,
		Opened: opened, Ended: opened.Add(6 * time.Minute), Clerk: "4711", Sent: true,
	}
	switch place % 4 {
	case 1:
		r.Name, r.Erased, r.Action = "", true, procedure.ActionRenew
	case 2:
		r.Name, r.Phase, r.Refusal, r.Sent = "ЂОРЂЕВИЋ ЉУБИЦА", procedure.PhaseRefused, procedure.CodeIssuedEarly, false
	case 3:
		r.Name, r.Phase, r.WaitsFor, r.Ended, r.Sent = "ЈОВАНОВИЋ СТЕФАН", procedure.PhaseWork, procedure.WaitsForAuthority, time.Time{}, false
	}
	return r
}

// withCases gives the desk a journal of n cases.
func withCases(c *counter, n int) {
	c.desk.archive.row = aRow
	c.desk.archive.places = nil
	for place := n; place > 0; place-- {
		c.desk.archive.places = append(c.desk.archive.places, int64(place))
	}
}

// aHistory is a case in which much happened.
func aHistory() procedure.CaseHistory {
	h := procedure.CaseHistory{
		Row:      aRow(4),
		Person:   procedure.Words{PersonalNumber: "0101900715006", CardNumber: "004217633", Surname: "СТОЈАНОВИЋ-ПЕТРОВИЋ", GivenName: "АЛЕКСАНДРА"},
		Contract: procedure.ContractRef{Number: "U-BG-017-03-2026-000088", Date: procedure.Date{Year: 2026, Month: 10, Day: 12}},
		Serials:  []string{"3f00b7c1d97f30a1", "4a0011c2d97f30b6"}, Active: true,
	}
	for i, k := range procedure.Kinds[slices.Index(procedure.Kinds, procedure.KindCaseOpened):] {
		h.Entries = append(h.Entries, procedure.HistoryEntry{
			Seq: int64(100 + i), At: noon.Add(time.Duration(i) * 9 * time.Second), Clerk: "4711", Kind: k, Sent: i < 20, Why: procedure.CodeCardReset,
			Step: procedure.StepWrite, Action: procedure.ActionIssue, Serial: oldSerial, Contract: "U-BG-017-03-2026-000088", Count: 2,
		})
	}
	return h
}

// withJobs is a history of a case whose papers were printed, all but those of
// its end.
func withJobs() procedure.CaseHistory {
	h := aHistory()
	first, last := jobOf(procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract), jobOf(procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel)
	last.Number, last.At, last.Printed = 2, noon, 0
	stuck := first
	stuck.Number, stuck.At, stuck.Printed = 1, first.At.Add(-time.Minute), 0 // made anew
	first.Number, last.Number = 2, 3
	h.Jobs = []procedure.PaperJob{stuck, first, last}
	return h
}

func findings() []procedure.Finding {
	good := func(part procedure.CheckedPart, note string, values map[string]string) procedure.Finding {
		return procedure.Finding{Part: part, Grade: procedure.GradeGood, Note: note, Values: values}
	}
	return []procedure.Finding{
		good(procedure.PartReader, "card", map[string]string{"Reader": "Gemalto PC Twin Reader (A1B2C3D4) 00 00"}),
		{Part: procedure.PartModule, Grade: procedure.GradeBad, Problem: &procedure.Error{Code: procedure.CodeModule}},
		{Part: procedure.PartAuthority, Grade: procedure.GradeWarning, Note: "ends", Values: map[string]string{"Until": "20.10.2026."}},
		good(procedure.PartClock, "right", map[string]string{"Seconds": "0"}),
		good(procedure.PartJournal, "room", map[string]string{"Events": "120345", "Free": "87"}),
		good(procedure.PartSync, "sent", nil),
		{Part: procedure.PartKey, Grade: procedure.GradeWarning, Note: "file", Values: map[string]string{"File": "/var/lib/salter/keys/data.key", "Recovery": "/var/lib/salter/keys/data.key.age"}},
		good(procedure.PartCopies, "made", map[string]string{"Day": "12.10.2026.", "File": "/var/lib/salter/copies/journal-BG-017-03-000000120345.db"}),
		{Part: procedure.PartPrinter, Grade: procedure.GradeBad, Problem: &procedure.Error{Code: procedure.CodeNoPrinter}},
		good(procedure.PartTexts, "read", map[string]string{"Versions": "nalepnica 1.1, obavestenje 1.1, obrazac-1 1.1, obrazac-2 1.0, obrazac-3 1.0, odbijanje 1.0, opsti-uslovi 1.0, potvrda 1.1, ugovor 1.0", "Script": "sr-Cyrl"}),
		good(procedure.PartClerk, "readable", nil),
	}
}

// archiveScenes are the pages beside the procedure.
func archiveScenes() []scene {
	unsent := with1(atHome(), func(s *procedure.Snapshot) {
		s.Sync = procedure.SyncState{Total: 214, Acked: 190, LastSuccess: noon.Add(-3 * time.Hour), NextTry: noon.Add(42 * time.Second), Problem: &procedure.Error{Code: procedure.CodeNoLink}}
	})
	listed := func(c *counter) {
		withCases(c, 1000)
		c.press(fyne.KeyF4)
	}
	return []scene{
		{"journal", unsent, listed, screenJournal},
		{"journal nothing", atHome(), func(c *counter) {
			withCases(c, 0)
			c.desk.archive.search = procedure.CaseSearch{By: procedure.SearchName, Text: "петровић"}
			c.press(fyne.KeyF4)
			c.typed("петровић")
			c.press(fyne.KeyReturn)
		}, screenJournal},
		{"journal wrong", atHome(), func(c *counter) {
			listed(c)
			c.desk.fail["FindCases п/"] = &procedure.Error{Code: procedure.CodeAnswerOpen, Tries: -1, Fields: []string{procedure.FieldSearch}}
			c.typed("п")
			c.press(fyne.KeyReturn)
		}, screenJournal},
		{"history", atHome(), func(c *counter) {
			c.desk.archive.history = withJobs()
			listed(c)
			c.app.openHistory("case-4")
		}, screenHistory},
		{"reprint", atHome(), func(c *counter) {
			c.desk.archive.history = withJobs()
			listed(c)
			c.app.openHistory("case-4")
			c.press(fyne.KeyF7)
		}, screenReprint},
		{"reprint erased", atHome(), func(c *counter) {
			c.desk.archive.history = withJobs()
			c.desk.archive.history.Row.Erased = true
			c.app.cfg.Support = "011 123 4567"
			listed(c)
			c.app.openHistory("case-4")
			c.press(fyne.KeyF7)
		}, screenReprint},
		{"reprint after the end", inCase(procedure.PhaseClosed), func(c *counter) {
			c.desk.archive.history = withJobs()
			c.press(fyne.KeyF7, fyne.KeyReturn)
		}, screenReprint},
		{"reprint lost", inCase(procedure.PhaseClosed), func(c *counter) {
			c.desk.archive.history = withJobs()
			c.desk.fail["RecordReprint case-4 3"] = &procedure.Error{Code: procedure.CodePaperLost}
			c.press(fyne.KeyF7, fyne.KeyReturn)
		}, screenReprint},
		{"history open", atHome(), func(c *counter) {
			c.desk.archive.history = aHistory()
			c.desk.archive.history.Row = aRow(3)
			c.desk.archive.history.Entries = c.desk.archive.history.Entries[:4]
			listed(c)
			c.app.openHistory("case-3")
		}, screenHistory},
		{"remote", atHome(), func(c *counter) {
			found := procedure.RemoteCase{
				ID: "x", Number: "NS-004-01-2026-000345", Counter: "NS-004-01", At: noon, Surname: "ПЕТРОВИЋ", GivenName: "АНА", PersonalNumber: "0101900715006",
				CardNumber: "004217633", Contract: "U-NS-004-01-2026-000120", Certificates: []procedure.RemoteCertificate{{Serial: oldSerial, State: procedure.CertRevoked, Since: noon}},
			}
			without, second, third := found, found, found
			second.Number, third.Number = "NS-004-01-2026-000346", "NS-004-01-2026-000347"
			without.Certificates, without.Contract = nil, ""
			c.desk.archive.remote = procedure.RemoteCases{Cases: []procedure.RemoteCase{found, without, second, without, third}, More: true}
			listed(c)
			c.typed("петровић")
			c.press(fyne.KeyF4)
		}, screenRemote},
		{"unsent", unsent, func(c *counter) {
			c.desk.archive.unsent = procedure.UnsentList{More: true, Records: []procedure.UnsentRecord{
				{Events: 3, Since: noon.Add(-3 * time.Hour), Problem: &procedure.Error{Code: procedure.CodeNoLink}},
				{Case: "a", Number: "BG-017-03-2026-000122", Events: 14, Since: noon.Add(-2 * time.Hour), Problem: &procedure.Error{Code: procedure.CodeNoLink}},
				{Case: "b", Number: "BG-017-03-2026-000123", Events: 7, Since: noon.Add(-time.Hour)},
			}}
			c.desk.archive.file = procedure.HandedOverFile{Path: "/var/lib/salter/handover/BG-017-03-000000000214.age", From: 191, To: 214, Parts: 5}
			c.desk.archive.copied = procedure.JournalCopy{Path: "/var/lib/salter/copies/journal-BG-017-03-000000000214.db", Events: 214}
			listed(c)
			c.press(fyne.KeyF6)
			c.app.page.focus(controlExport)
			c.press(fyne.KeySpace, fyne.KeyF7)
		}, screenUnsent},
		{"unsent none", atHome(), func(c *counter) {
			listed(c)
			c.press(fyne.KeyF6)
		}, screenUnsent},
		{"printer", inCase(procedure.PhasePapers), func(c *counter) {
			c.app.cfg.Printers = &somePrinters{list: []string{"", "HP_LaserJet_Pro_M404dn", "Salter-2"}, now: ""}
			c.broken = &procedure.Error{Code: procedure.CodePrinterStopped}
			c.press(fyne.KeyReturn)
			c.app.page.focus(controlPrinter)
			c.press(fyne.KeySpace)
		}, screenPrinter},
		{"printer alone", inCase(procedure.PhasePapers), func(c *counter) {
			c.app.cfg.Printers = &somePrinters{list: []string{""}}
			c.app.openPrinters()
		}, screenPrinter},
		{"papers printer stopped", inCase(procedure.PhasePapers), func(c *counter) {
			c.app.cfg.Printers = &somePrinters{list: []string{"", "HP_LaserJet_Pro_M404dn", "Salter-2"}, now: ""}
			c.broken = &procedure.Error{Code: procedure.CodePrinterStopped}
			c.press(fyne.KeyReturn)
		}, screenPapers},
		{"check", atHome(), func(c *counter) {
			c.desk.archive.findings = findings()
			c.press(fyne.KeyF1)
		}, screenCheck},
		{"check printers", atHome(), func(c *counter) {
			c.desk.archive.findings = findings()
			c.app.cfg.Printers = &somePrinters{list: []string{"folder:/var/lib/salter/papers", "HP_LaserJet_Pro_M404dn", "Salter-2"}, now: "HP_LaserJet_Pro_M404dn"}
			c.press(fyne.KeyF1)
			c.app.page.focus("printer")
		}, screenCheck},
		{"check running", atHome(), func(c *counter) {
			c.desk.archive.findings = findings()[:3]
			c.press(fyne.KeyF1)
		}, screenCheck},
	}
}

// TestPrinterIsChosen: the one that is chosen on the page of the counter's
// state prints from then on, says the page of the papers, and is checked at
// once; what could not be kept is said.
func TestPrinterIsChosen(t *testing.T) {
	c := open(t, atHome(), usual)
	p := &somePrinters{list: []string{"", "counter", "tray2"}}
	c.app.cfg.Printers = p
	c.desk.archive.findings = findings()
	c.press(fyne.KeyF1)
	c.app.page.focus("printer.tray2")
	c.press(fyne.KeySpace)
	if p.now != "tray2" {
		t.Fatalf("%q prints, want tray2", p.now)
	}
	if len(c.app.findings) != len(procedure.CheckedParts) {
		t.Errorf("%d findings after the choice, want all %d", len(c.app.findings), len(procedure.CheckedParts))
	}
	c.wantFocus("printer.tray2")
	p.kept = errors.New("disk full")
	c.app.page.focus("printer")
	c.press(fyne.KeySpace)
	c.wantFocus(controlFailure)

	c.set(func(s *procedure.Snapshot) { *s = inCase(procedure.PhasePapers) })
	c.wantScreen(screenPapers)
	if said := strings.Join(c.words(), "\n"); !strings.Contains(said, c.app.words.fill("papers.printer", with{"Name": c.app.words.say("printer.default")})) {
		t.Errorf("the page does not say where it prints:\n%s", said)
	}
}

// TestLongList: of a hundred thousand cases only those in sight are read, the
// keyboard walks through them, and Enter opens the one it is on.
func TestLongList(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 100_000)
	c.press(fyne.KeyF4)
	c.wantScreen(screenJournal)
	l := &c.app.draft.ledger
	if n := len(l.rows); n == 0 || n > 2*rowsAtOnce {
		t.Fatalf("%d rows were read for the first lines", n)
	}
	c.app.page.focus(controlList)
	c.press(fyne.KeyEnd)
	if row, known := l.rows[1]; !known || row.Number != "BG-017-03-2026-000001" {
		t.Fatalf("the last line is %+v, %v", row, known)
	}
	c.press(fyne.KeyHome, fyne.KeyDown, fyne.KeyDown, fyne.KeyPageDown, fyne.KeyUp)
	c.desk.archive.history = aHistory()
	c.press(fyne.KeyReturn)
	c.wantScreen(screenHistory)
	want := fmt.Sprintf("CaseHistory case-%d", 100_000-(2+linesPerPage-1))
	if !slices.Contains(c.desk.calls, want) {
		t.Errorf("desk was asked %q, want %q", c.desk.calls, want)
	}
	c.press(fyne.KeyEscape)
	c.wantScreen(screenJournal)
}

// TestSlowRows: nobody waits for rows. Lines without theirs say so, and what
// was passed by in a hurry is not read at all.
func TestSlowRows(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 100_000)
	c.press(fyne.KeyF4)
	list := c.app.page.controls[controlList].(*longList)
	c.held = true
	for _, line := range []int{5_000, 20_000, 60_000, 90_000} {
		list.ScrollTo(line)
	}
	if n := len(c.queue); n != 1 {
		t.Fatalf("%d reads are on their way, want 1", n)
	}
	c.release()
	l := &c.app.draft.ledger
	if n := len(l.rows); n > 4*rowsAtOnce {
		t.Errorf("%d rows were read on the way", n)
	}
	if _, known := l.rows[l.list.Places[90_000]]; !known {
		t.Error("the line where the list stopped was not read")
	}
}

// TestRowsThatFail: the page says why, and the lines that they could not be
// read.
func TestRowsThatFail(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 100)
	c.desk.archive.row = func(int64) procedure.CaseRow { return procedure.CaseRow{} }
	c.desk.fail["CaseRows"] = errors.New("disk")
	c.press(fyne.KeyF4)
	if c.app.failure == nil || c.app.failure.Code != procedure.CodeInternal {
		t.Errorf("failure %v", c.app.failure)
	}
	c.wantScreen(screenJournal)
}

// TestHistoryScrollsByKeys: a long history can be read to its end without a
// mouse.
func TestHistoryScrollsByKeys(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 1)
	c.desk.archive.history = aHistory()
	c.press(fyne.KeyF4)
	c.app.openHistory("case-4")
	told := c.app.page.scrolls[1]
	c.press(fyne.KeyPageDown)
	if told.Offset.Y <= 0 {
		t.Fatal("Page Down does not move it")
	}
	for range 20 {
		c.press(fyne.KeyPageDown)
	}
	if end := told.Content.MinSize().Height - told.Size().Height; told.Offset.Y != end {
		t.Errorf("it ends at %v, want %v", told.Offset.Y, end)
	}
	c.press(fyne.KeyPageUp)
	if told.Offset.Y >= told.Content.MinSize().Height-told.Size().Height {
		t.Error("Page Up does not move it")
	}
}

// TestJournalFilter asks anew when a filter is chosen, with what was typed.
func TestJournalFilter(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 3)
	c.press(fyne.KeyF4)
	c.typed("ана")
	c.app.page.focus(fieldFilter + ".refused")
	c.press(fyne.KeySpace)
	c.wantCalls("FindCases /", "FindCases ана/refused")
}

// TestJournalIsForgotten when the clerk leaves: the next one begins with
// nothing of it.
func TestJournalIsForgotten(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 3)
	c.press(fyne.KeyF4)
	c.typed("петровић")
	c.set(func(s *procedure.Snapshot) { s.Clerk = nil })
	if l := c.app.draft.ledger; l.typed != "" || l.rows != nil || l.list != nil {
		t.Errorf("left behind: %+v", l)
	}
}

// TestUnsentFollowsTheClock counts down to the next try, and tries now.
func TestUnsentFollowsTheClock(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) {
		s.Sync.Acked, s.Sync.NextTry, s.Sync.Problem = 200, noon.Add(42*time.Second), &procedure.Error{Code: procedure.CodeNoLink}
	}), usual)
	withCases(c, 1)
	c.press(fyne.KeyF4, fyne.KeyF6)
	says := func(want string) {
		t.Helper()
		if !slices.ContainsFunc(wordsOn(c), func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("the page does not say %q", want)
		}
	}
	says(c.app.words.count("unsent.next", 42))
	c.now = c.now.Add(40 * time.Second)
	c.app.tick()
	says(c.app.words.count("unsent.next", 2))
	c.desk.fail["SyncNow"] = &procedure.Error{Code: procedure.CodeNoLink}
	c.press(fyne.KeyF5)
	c.wantCalls("FindCases /", "Unsent", "SyncNow", "Unsent")
	c.wantFocus(controlFailure)
}

// TestEveryFindingHasItsWords: every note that the check can leave is said in
// full, with what to do where something is to be done.
func TestEveryFindingHasItsWords(t *testing.T) {
	for _, l := range Languages() {
		words, err := FindingWords(l)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings() {
			w := words(f)
			if w.Part == "" || w.What == "" || strings.Contains(w.Part+w.What+w.Do, "[") || (w.Do == "") != (f.Grade == procedure.GradeGood) {
				t.Errorf("%s: %s is said as %+v", l, f.Part, w)
			}
		}
	}
}

// BenchmarkListScroll draws a frame of the list of 100,000 cases after each
// scroll, as the software renderer does, next to a frame in which nothing moved:
// the rest of a frame is the renderer's.
func BenchmarkListScroll(b *testing.B) {
	c := open(b, atHome(), usual)
	withCases(c, 100_000)
	c.press(fyne.KeyF4)
	list := c.app.page.controls[controlList].(*longList)
	line, still := 0, time.Duration(0)
	for b.Loop() {
		line = (line + 3) % 99_000
		list.ScrollTo(line)
		c.window.Canvas().Capture()
		b.StopTimer()
		started := time.Now()
		c.window.Canvas().Capture()
		still += time.Since(started)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms-in-memory/frame")
	b.ReportMetric(float64(b.Elapsed())/float64(still), "×still")
}

// BenchmarkListLines is what a frame of the scrolled list costs us, without the
// renderer.
func BenchmarkListLines(b *testing.B) {
	c := open(b, atHome(), usual)
	withCases(c, 100_000)
	c.press(fyne.KeyF4)
	list := c.app.page.controls[controlList].(*longList)
	line := 0
	for b.Loop() {
		line = (line + 3) % 99_000
		list.ScrollTo(line)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms-of-ours/frame")
}

// BenchmarkPageSwitch goes from the home page to the journal and back.
func BenchmarkPageSwitch(b *testing.B) {
	c := open(b, atHome(), usual)
	withCases(c, 100_000)
	for b.Loop() {
		c.press(fyne.KeyF4)
		c.press(fyne.KeyEscape)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(2*b.N)/1000, "ms/switch")
}

// TestFoundElsewhereWithoutCard: whoever was found at all counters can be
// served without his card, by his contract and without typing it.
func TestFoundElsewhereWithoutCard(t *testing.T) {
	c := open(t, atHome(), usual)
	c.desk.archive.remote = procedure.RemoteCases{Cases: []procedure.RemoteCase{
		{ID: "x", Number: "NS-004-01-2026-000345", Counter: "NS-004-01", At: noon, CardNumber: "004217633"},
		{ID: "y", Number: "NS-004-01-2026-000346", Counter: "NS-004-01", At: noon, CardNumber: "004217633", Contract: "U-NS-004-01-2026-000120"},
	}}
	c.press(fyne.KeyF4)
	c.typed("004217633")
	c.press(fyne.KeyF4)
	c.wantScreen(screenRemote)
	if c.app.page.controls[prefixCase+"0"] != nil {
		t.Error("a case without a contract leads to a search by contract")
	}
	c.app.page.focus(prefixCase + "1")
	c.press(fyne.KeySpace)
	c.wantScreen(screenSearch)
	c.press(fyne.KeyReturn)
	if want := (procedure.StatusSearch{Contract: "U-NS-004-01-2026-000120"}); c.desk.query != want {
		t.Errorf("searched %+v, want %+v", c.desk.query, want)
	}
}

// TestBackToWhatWasTyped: back from all counters the list is that of the words
// in the search field.
func TestBackToWhatWasTyped(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 3)
	c.press(fyne.KeyF4)
	c.typed("ana")
	c.press(fyne.KeyF4)
	c.wantScreen(screenRemote)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenJournal)
	c.press(fyne.KeyF6) // nothing else was typed
	c.press(fyne.KeyEscape)
	var found []string
	for _, call := range c.desk.calls {
		if strings.HasPrefix(call, "FindCases") {
			found = append(found, call)
		}
	}
	if want := []string{"FindCases /", "FindCases ana/"}; !slices.Equal(found, want) {
		t.Errorf("desk was asked %q, want %q", found, want)
	}
}

// TestDownIntoTheList: the key Down leads from the search field to the list.
func TestDownIntoTheList(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 3)
	c.press(fyne.KeyF4)
	c.wantFocus(procedure.FieldSearch)
	c.press(fyne.KeyDown)
	c.wantFocus(controlList)

	c = open(t, atHome(), usual) // no list
	c.press(fyne.KeyF4)
	c.press(fyne.KeyDown)
	c.wantFocus(procedure.FieldSearch)
}

// TestSendRecordsAnswers: also where nothing waits.
func TestSendRecordsAnswers(t *testing.T) {
	tests := []struct {
		name    string
		waiting int64
		err     error
		want    string
	}{
		{"sent", 2, nil, "sync.sent"},
		{"nothing waits", 0, nil, "sync.none"},
		{"no connection", 2, &procedure.Error{Code: procedure.CodeNoLink}, "error.no-link.what"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, with1(atHome(), func(s *procedure.Snapshot) {
				s.Sync = procedure.SyncState{Total: 9, Acked: 9 - tt.waiting}
			}), usual)
			c.desk.fail["SyncNow"] = tt.err
			c.press(fyne.KeyF5)
			c.wantCalls("SyncNow")
			wantWords(t, c, c.app.words.say(tt.want))
		})
	}
}
