package main

import (
	"errors"
	"time"

	"salter/app/procedure"
)

// playPatience bounds one case with its mishaps.
const playPatience = 60 * time.Second

// play does what a clerk and a citizen of good will do, by what the screens
// show alone, until the case is closed. A mishap makes them try again.
func (v *visit) play() {
	v.t.Helper()
	v.playUntil(nil)
}

// playUntil is play that ends early when stop is closed.
func (v *visit) playUntil(stop <-chan struct{}) {
	v.t.Helper()
	v.playTo("the end of the case", func(s procedure.Snapshot) bool {
		select {
		case <-stop:
			return true
		default:
		}
		if s.Case != nil && s.Case.Phase == procedure.PhaseClosed {
			return true
		}
		// A crash may have come after the end.
		return s.Clerk != nil && s.Case == nil && len(s.Waiting) == 0 && v.ended() > v.seen
	})
}

// playTo is play that ends where the screens show what is wanted.
func (v *visit) playTo(what string, is func(procedure.Snapshot) bool) procedure.Snapshot {
	v.t.Helper()
	var last error
	for end := time.Now().Add(playPatience); time.Now().Before(end); {
		s := v.c.engine.Snapshot()
		if is(s) {
			return s
		}
		if err := v.step(s); err != nil {
			last = err
			time.Sleep(20 * time.Millisecond) // a person would read it
		}
		v.pause()
	}
	v.t.Fatalf("%s does not come; the last error was %v; %s", what, last, describe(v.c.engine.Snapshot()))
	return procedure.Snapshot{}
}

// ended counts the cases that were closed so far.
func (v *visit) ended() int { return v.count(procedure.KindCaseClosed) }

// pause waits for the next snapshot, or a moment if the screens stand still.
func (v *visit) pause() {
	v.mu.Lock()
	more := v.more
	v.mu.Unlock()
	select {
	case <-more:
	case <-time.After(50 * time.Millisecond):
	}
}

func (v *visit) step(s procedure.Snapshot) error {
	switch {
	case s.Stop != nil:
		return s.Stop
	case s.Clerk == nil:
		return v.signIn()
	case v.pulled():
		v.putBack()
	case s.Busy != "" || s.Reader.Reading:
	case s.Reader.Problem != nil:
		v.putBack()
	case s.Case == nil && len(s.Waiting) > 0:
		return v.c.engine.ResumeCase(v.ctx, s.Waiting[0].ID)
	case s.Case == nil && s.Reader.Verdict != nil:
		return v.c.engine.OpenCase(v.ctx)
	case s.Case != nil:
		return v.stepCase(s.Case)
	}
	return nil
}

func (v *visit) stepCase(c *procedure.CaseView) error {
	d := v.c.engine
	switch c.Phase {
	case procedure.PhasePerson:
		if c.Facts != nil && !c.Facts.Authority {
			if err := d.AskAgain(v.ctx); err != nil {
				return err
			}
		}
		return d.ConfirmPerson(v.ctx, v.wish.answers)
	case procedure.PhasePapers:
		if err := v.tryPapers(); err != nil {
			return err
		}
		return d.ConfirmPapers(v.ctx, allSigned)
	case procedure.PhaseEmail:
		return d.SetEmail(v.ctx, wantsEmail)
	case procedure.PhaseContent:
		return d.ConfirmContent(v.ctx)
	case procedure.PhasePIN:
		return v.stepPIN(c)
	case procedure.PhaseWork:
		if c.WaitsFor == procedure.WaitsForNothing || c.WaitsFor == procedure.WaitsForCard {
			return nil
		}
		return d.Continue(v.ctx)
	case procedure.PhaseHandOver:
		if err := v.tryPapers(); err != nil {
			return err
		}
		return d.ConfirmHandOver(v.ctx, allGiven)
	}
	return nil
}

// stepPIN is what the citizen does with the screen.
func (v *visit) stepPIN(c *procedure.CaseView) error {
	switch {
	case !c.PIN.Open:
		return v.c.engine.BeginPIN(v.ctx)
	case c.PIN.Mode == procedure.PINNew:
		return v.enterNewPIN(v.wish.newPIN)
	case c.Unblock == procedure.UnblockChange:
		return v.enterPIN(v.wish.newPIN)
	}
	return v.enterPIN(v.wish.pin)
}

// pulled reports whether a fault has taken the card out.
func (v *visit) pulled() bool {
	select {
	case <-v.reader.Gone():
		return true
	default:
		return false
	}
}

// putBack inserts the card of the case again and waits until the screens show
// that a card came.
func (v *visit) putBack() {
	v.t.Helper()
	v.reader.Eject()
	v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
	v.reader.Insert(v.card)
	v.await("the card", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderCard })
}

// served returns the case closed last, if it was closed since the last one
// that was checked.
func (v *visit) served() (procedure.Certified, bool) {
	v.t.Helper()
	last, err := procedure.LastIssued(v.ctx, journal{j: v.c.journal})
	if errors.Is(err, &procedure.Error{Code: procedure.CodeNoCase}) {
		return last, false
	}
	v.do("find the certificate", err)
	return last, last.Number != v.checked
}

// checkEnd checks what must hold after every case, whatever happened on the
// way: exactly one certificate in force, and it is on the chip; none on hold;
// a further one only after the first was given up; a journal that verifies.
func (v *visit) checkEnd() {
	v.t.Helper()
	last, ok := v.served()
	if !ok {
		v.harm.lost++
		v.t.Fatal("no case was closed")
	}
	v.checked, v.seen = last.Number, v.ended()
	all, err := v.server.Authority.Certificates(v.ctx, 0)
	v.do("list certificates", err)
	var id string
	for _, e := range all {
		if e.Serial == last.Serial {
			id = e.Case
		}
	}
	for _, e := range all {
		want := "revoked"
		if e.Serial == last.Serial {
			want = "active"
		}
		if e.Case == id && e.Status != want {
			if want == "active" {
				v.harm.lost++
			} else {
				v.harm.duplicated++
			}
			v.t.Errorf("certificate %s of attempt %d is %s, want %s", e.Serial, e.Attempt, e.Status, want)
		}
	}
	chip, err := v.c.readers.ReadChip(v.ctx, v.reader.Name())
	v.do("read chip", err)
	if len(chip.Certificates) != 1 {
		v.harm.lost++
	}
	if len(chip.Certificates) != 1 || string(chip.Certificates[0].DER) != string(last.Chain[0]) {
		v.t.Errorf("%d certificates on the chip, want the one issued", len(chip.Certificates))
	}
	err = errors.Join(v.c.journal.Verify(v.ctx), v.attemptsInOrder())
	if err != nil {
		v.harm.undetected++
	}
	v.do("verify and read journal", err)
}

// attemptsInOrder checks in the journal that no attempt began before the one
// before it had ended in a refusal or a revocation.
func (v *visit) attemptsInOrder() error {
	over := map[procedure.CaseID]bool{}
	return v.c.journal.Replay(v.ctx, func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		if err != nil {
			return err
		}
		switch e.Kind {
		case procedure.KindRefusal, procedure.KindRevoked:
			over[e.Case] = true
		case procedure.KindAttemptBegun:
			if !over[e.Case] {
				return errors.New("an attempt began while the one before was open")
			}
			over[e.Case] = false
		}
		return nil
	})
}
