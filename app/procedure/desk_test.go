package procedure_test

import (
	"context"
	"sync"
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestGoBack: the clerk may return to each screen before the PIN, never after.
func TestGoBack(t *testing.T) {
	order := []procedure.Phase{procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent}
	for at := range len(order) {
		for to := range order {
			h := testHarness(t)
			h.toContent()
			if at < 3 {
				h.must("GoBack", h.e.GoBack(ctx, order[at]))
			}
			err := h.e.GoBack(ctx, order[to])
			if to > at {
				h.wants("GoBack forward", err, procedure.CodeNotNow)
				h.phase(order[at])
				continue
			}
			h.must("GoBack", err)
			h.phase(order[to])
		}
	}
	h := testHarness(t)
	h.toPIN()
	h.wants("GoBack from the citizen's page", h.e.GoBack(ctx, procedure.PhaseEmail), procedure.CodeNotNow)
	h.must("LeavePIN", h.e.LeavePIN(ctx, procedure.PINCancelled))
	h.must("GoBack before a PIN was accepted", h.e.GoBack(ctx, procedure.PhaseEmail))
	if v := h.view(); v.Email.Address != canaryEmail {
		t.Errorf("the address is not kept as a proposal: %q", v.Email.Address)
	}
	h.must("SetEmail", h.e.SetEmail(ctx, procedure.EmailAnswer{Wanted: procedure.No}))
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.must("BeginPIN", h.e.BeginPIN(ctx))
	h.Faults.Add(proctest.Fault{Op: proctest.OpGenerate, Nth: 1, Err: &procedure.Error{Code: procedure.CodeCardFull}})
	h.must("EnterPIN", h.enterPIN())
	h.phase(procedure.PhasePIN)
	if v := h.view(); v.Problem == nil || v.Problem.Code != procedure.CodeCardFull {
		t.Errorf("problem %v", v.Problem)
	}
	h.wants("GoBack after the PIN", h.e.GoBack(ctx, procedure.PhaseEmail), procedure.CodeNotNow)
}

// TestNotNow: every method refuses what the case does not allow, with a code
// and without a trace in the journal.
func TestNotNow(t *testing.T) {
	h := testHarness(t)
	calls := map[string]func() error{
		"ConfirmPerson":    func() error { return h.e.ConfirmPerson(ctx, knowsPIN) },
		"PaperData":        func() error { _, err := h.e.PaperData(ctx); return err },
		"RecordPapers":     func() error { return h.e.RecordPapers(ctx, issuingPapers()) },
		"RecordPrinted":    func() error { return h.e.RecordPrinted(ctx, "", nil) },
		"ConfirmPapers":    func() error { return h.e.ConfirmPapers(ctx, allPaperTicks) },
		"SetEmail":         func() error { return h.e.SetEmail(ctx, wantsEmail) },
		"ConfirmContent":   func() error { return h.e.ConfirmContent(ctx) },
		"GoBack":           func() error { return h.e.GoBack(ctx, procedure.PhasePerson) },
		"BeginPIN":         func() error { return h.e.BeginPIN(ctx) },
		"EnterPIN":         h.enterPIN,
		"EnterPINOnPad":    func() error { return h.e.EnterPINOnPad(ctx) },
		"LeavePIN":         func() error { return h.e.LeavePIN(ctx, procedure.PINCancelled) },
		"Continue":         func() error { return h.e.Continue(ctx) },
		"ConfirmHandOver":  func() error { return h.e.ConfirmHandOver(ctx, allHandOverTicks) },
		"OperatorConfirms": func() error { return h.e.OperatorConfirms(ctx, "12") },
		"RefuseCase":       func() error { return h.e.RefuseCase(ctx, procedure.CodeFace) },
	}
	before := len(h.Journal.Events())
	for name, call := range calls {
		h.wants(name+" without a case", call(), procedure.CodeNoCase)
	}
	h.wants("ResumeCase", h.e.ResumeCase(ctx, "nobody"), procedure.CodeNoCase)
	if n := len(h.Journal.Events()) - before; n != 0 {
		t.Errorf("%d events without a case", n)
	}
	h.toHandOver()
	h.close()
	before = len(h.Journal.Events())
	delete(calls, "PaperData") // papers may be made and printed after the end
	delete(calls, "RecordPrinted")
	for name, call := range calls {
		if name == "LeavePIN" || name == "Continue" {
			h.must(name+" after the end", call())
			continue
		}
		h.wants(name+" after the end", call(), procedure.CodeNotNow)
	}
	h.must("SignOut", h.e.SignOut(ctx))
	before++ // the sign-out
	for name, call := range calls {
		h.wants(name+" without a clerk", call(), procedure.CodeSignedOut)
	}
	if n := len(h.Journal.Events()) - before; n != 0 {
		t.Errorf("%d events after the end", n)
	}
}

// TestSignOutParks: the clerk may leave at any time but during the work.
func TestSignOutParks(t *testing.T) {
	h := testHarness(t)
	h.toPIN()
	h.must("SignOut", h.e.SignOut(ctx))
	s := h.e.Snapshot()
	if s.Clerk != nil || s.Case != nil || len(s.Waiting) != 1 {
		t.Fatalf("clerk %v, case %v, waiting %v", s.Clerk, s.Case, s.Waiting)
	}
	if w := s.Waiting[0]; w.Name != proctest.Surname+" "+proctest.GivenName || w.Phase != procedure.PhasePIN {
		t.Errorf("waiting %+v", w)
	}
	h.must("SignOut again", h.e.SignOut(ctx))
}

// TestPortrait: the portrait is checked last; a wrong one turns the card away
// after all.
func TestPortrait(t *testing.T) {
	h := testHarness(t)
	h.remove()
	h.Faults.Add(proctest.Fault{Op: proctest.OpReadPortrait, Nth: 1, Err: &procedure.Error{Code: procedure.CodeSODMismatch}})
	h.insert(h.Card)
	r := h.e.Snapshot().Reader
	if r.Verdict == nil || r.Verdict.Eligible || r.Problem == nil {
		t.Fatalf("verdict %+v, problem %v", r.Verdict, r.Problem)
	}
	h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeSODMismatch)
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
}

// TestReader: each trouble of the reader is another state, and ends.
func TestReader(t *testing.T) {
	h := testHarness(t)
	for _, s := range []procedure.ReaderState{
		procedure.ReaderNoService, procedure.ReaderNone, procedure.ReaderEmpty, procedure.ReaderMute,
	} {
		h.Reader.Set(s)
		h.see()
		if r := h.e.Snapshot().Reader; r.State != s || r.Identity != nil || r.Reading {
			t.Errorf("state %d: %+v", s, r)
		}
		h.wants("OpenCase", h.e.OpenCase(ctx), procedure.CodeNoCard)
	}
	for _, code := range []procedure.Code{procedure.CodeUnknownCard, procedure.CodeUnreadable, procedure.CodeBusy} {
		h.Faults.Add(proctest.Fault{Op: proctest.OpReadIdentity, Nth: 1, Err: &procedure.Error{Code: code}})
		h.insert(h.Card)
		h.wants("OpenCase", h.e.OpenCase(ctx), code)
	}
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
}

// TestSubscribe: every listener sees every state, in order, from one goroutine
// at a time.
func TestSubscribe(t *testing.T) {
	w := proctest.NewWorld()
	e, stop := w.Start(t)
	var mu sync.Mutex
	var totals []int64
	inside := 0
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	inserted, last := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(inserted) })
	ended := sync.OnceFunc(func() { close(last) })
	e.Subscribe(ctx, func(s procedure.Snapshot) {
		mu.Lock()
		inside++
		if inside != 1 {
			t.Error("two calls at the same time")
		}
		totals = append(totals, s.Sync.Total)
		mu.Unlock()
		if s.Reader.State == procedure.ReaderCard {
			once()
		}
		if s.Case != nil && s.Case.Phase == procedure.PhaseRefused {
			ended()
		}
		mu.Lock()
		inside--
		mu.Unlock()
	})
	h := &harness{t: t, World: w, other: proctest.NewOtherCard(), e: e}
	h.must("SignIn", e.SignIn(ctx, []byte(proctest.Password)))
	w.Reader.Insert(w.Card)
	<-inserted
	h.must("OpenCase", e.OpenCase(ctx))
	h.must("RefuseCase", e.RefuseCase(ctx, procedure.CodeFace))
	<-last
	stop()
	mu.Lock()
	defer mu.Unlock()
	for i := 1; i < len(totals); i++ {
		if totals[i] < totals[i-1] {
			t.Fatalf("snapshot %d is older than the one before: %v", i, totals)
		}
	}
}

// TestPulledWhileReading: who waits for the card to be read is told when it
// goes.
func TestPulledWhileReading(t *testing.T) {
	w := proctest.NewWorld()
	e, _ := w.Start(t)
	h := &harness{t: t, World: w, other: proctest.NewOtherCard(), e: e}
	h.must("SignIn", e.SignIn(ctx, []byte(proctest.Password)))
	reading, gone := make(chan struct{}), make(chan struct{})
	w.Faults.Add(proctest.Fault{Op: proctest.OpReadPortrait, Nth: 1, Do: func() {
		close(reading)
		<-gone
	}})
	seen := make(chan procedure.Snapshot, 100)
	e.Subscribe(t.Context(), func(s procedure.Snapshot) { seen <- s })
	w.Reader.Insert(w.Card)
	<-reading
	opened := make(chan error)
	go func() { opened <- e.OpenCase(ctx) }()
	for s := range seen {
		if s.Busy == "OpenCase" {
			break
		}
	}
	w.Reader.Remove()
	for s := range seen {
		if s.Reader.State == procedure.ReaderEmpty {
			break
		}
	}
	close(gone)
	// No card, if it was pulled before OpenCase had looked.
	if err := <-opened; codeOf(err) != procedure.CodeRemoved && codeOf(err) != procedure.CodeNoCard {
		t.Errorf("OpenCase: %v", err)
	}
}

// TestEligibleAgain: a case that was parked until the card expired is not
// issued.
func TestEligibleAgain(t *testing.T) {
	h := testHarness(t)
	h.Card.Identity.ValidUntil = today
	h.insert(h.Card)
	h.toContent()
	h.must("ConfirmContent", h.e.ConfirmContent(ctx))
	h.Clock.Advance(24 * 60 * 60 * 1e9)
	h.wants("BeginPIN", h.e.BeginPIN(ctx), procedure.CodeCardExpired)
}

// TestNew refuses a configuration with holes.
func TestNew(t *testing.T) {
	for name, spoil := range map[string]func(*procedure.Config){
		"no cards":    func(c *procedure.Config) { c.Cards = nil },
		"no counter":  func(c *procedure.Config) { c.Counter = "" },
		"no settings": func(c *procedure.Config) { c.Settings = procedure.Settings{} },
	} {
		c := proctest.NewWorld().Config()
		spoil(&c)
		if _, err := procedure.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWaits: the reader tells a card whose case was left, until it is resumed.
func TestWaits(t *testing.T) {
	h := testHarness(t)
	if h.e.Snapshot().Reader.Waits {
		t.Error("a case waits before there is one")
	}
	h.toPapers()
	id := h.view().ID
	if h.e.Snapshot().Reader.Waits {
		t.Error("the case on the screen waits")
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	if !h.e.Snapshot().Reader.Waits {
		t.Error("the case that was left does not wait")
	}
	h.remove()
	if h.e.Snapshot().Reader.Waits {
		t.Error("a case waits for a card that is out")
	}
	h.insert(h.Card)
	if !h.e.Snapshot().Reader.Waits {
		t.Error("the case does not wait after its card was put in again")
	}
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.ID != id {
		t.Errorf("got case %s, want %s", v.ID, id)
	}
}

// TestFinished: the reader tells a card whose case is over, until it is out;
// no case of it waits, and a new one can be opened.
func TestFinished(t *testing.T) {
	tests := []struct {
		name string
		do   func(*harness)
		want bool
	}{
		{"closed", func(h *harness) { h.toHandOver(); h.close() }, true},
		{"refused", func(h *harness) { h.toPapers(); h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace)) }, true},
		{"left unfinished", func(h *harness) { h.toPapers() }, false},
		{"taken out before", func(h *harness) { h.toHandOver(); h.remove(); h.close() }, false},
		{"another card in its place", func(h *harness) { h.toHandOver(); h.close(); h.insert(h.other) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			tt.do(h)
			if h.e.Snapshot().Reader.Finished {
				t.Error("the case on the screen counts as left")
			}
			h.must("ParkCase", h.e.ParkCase(ctx))
			if got := h.e.Snapshot().Reader.Finished; got != tt.want {
				t.Errorf("the card has served: %t, want %t", got, tt.want)
			}
			h.insert(h.Card)
			if h.e.Snapshot().Reader.Finished {
				t.Error("the card was put in anew, and counts as left")
			}
		})
	}
}

// TestErased: a case whose personal data are gone cannot go on.
func TestErased(t *testing.T) {
	h := testHarness(t)
	h.toPapers()
	id := h.view().ID
	h.Journal.Erase(id)
	h.restart()
	if w := h.e.Snapshot().Waiting; len(w) != 1 || w[0].Name != "" {
		t.Fatalf("waiting %+v", w)
	}
	h.wants("ResumeCase", h.e.ResumeCase(ctx, id), procedure.CodeErased)
}

// TestResumeBeforeCard: a case that the program left before it knew the facts,
// resumed while the reader is empty, learns them when its card comes.
func TestResumeBeforeCard(t *testing.T) {
	h := testHarness(t)
	failing := &procedure.Error{Code: procedure.CodeJournal}
	h.Faults.Add(proctest.Fault{Op: proctest.OpAppend, Nth: 2, When: proctest.Before, Err: failing})
	if err := h.e.OpenCase(ctx); err == nil {
		t.Fatal("the facts were stored in spite of the fault")
	}
	h.Reader.Remove()
	h.restart()
	waiting := h.e.Snapshot().Waiting
	if len(waiting) != 1 {
		t.Fatalf("%d cases wait, want the one that was left", len(waiting))
	}
	h.must("ResumeCase", h.e.ResumeCase(ctx, waiting[0].ID))
	if h.view().Facts != nil {
		t.Fatal("facts are there before the card is")
	}
	h.insert(h.Card)
	if v := h.view(); v.Facts == nil {
		t.Errorf("the card is there and nothing was asked; phase %s, problem %v", v.Phase, v.Problem)
	}
	h.phase(procedure.PhasePerson)
}
