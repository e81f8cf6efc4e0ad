package app

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// openAtHome is a counter with a clerk at work and the card in its reader.
func openAtHome(t *testing.T) *realCounter {
	t.Helper()
	c := openReal(t)
	c.signIn()
	c.insert()
	return c
}

// insert puts the card in and waits until the home page knows it.
func (c *realCounter) insert() {
	c.t.Helper()
	c.world.Reader.Insert(c.world.Card)
	c.until(screenHome, func(s *procedure.Snapshot) bool { return s.Reader.Verdict != nil })
}

// expired gives the card a certificate that has ended, under a contract.
func (c *realCounter) expired() {
	now := c.world.Clock.Now()
	c.world.Authority.IssueOld(c.world.Card, "U-BG-017-03-2021-000031", now.AddDate(-5, 0, -3), now.AddDate(0, 0, -3), proctest.Active)
}

// toScreenA opens a case and waits until the facts are there.
func (c *realCounter) toScreenA() {
	c.t.Helper()
	c.press(fyne.KeyF2)
	c.until(screenPerson, func(s *procedure.Snapshot) bool { return s.Case.Facts != nil })
}

// paper prints what is due and ticks so many lines.
func (c *realCounter) paper(ticks int) {
	c.t.Helper()
	c.until(screenPapers, nil)
	c.press(fyne.KeyReturn)
	c.until(screenSigned, nil)
	c.tick(ticks)
}

// tick ticks so many lines, beginning with the one that has the focus.
func (c *realCounter) tick(lines int) {
	for i := range lines {
		if i > 0 {
			c.press(fyne.KeyTab)
		}
		c.press(fyne.KeySpace)
	}
}

// withoutEmail goes from the last tick to the citizen's page.
func (c *realCounter) withoutEmail() {
	c.t.Helper()
	c.press(fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenContent, func(s *procedure.Snapshot) bool { return s.Case.Preview != nil })
	c.press(fyne.KeyReturn)
	c.until(screenTurn, nil)
	c.press(fyne.KeyReturn)
	c.until(screenPad, nil)
}

// thanked gives the screen back to the clerk.
func (c *realCounter) thanked() {
	c.t.Helper()
	c.until(screenThanks, nil)
	c.wantWiped()
	c.press(fyne.KeyReturn)
}

// handOver prints, ticks so many lines and closes the case.
func (c *realCounter) handOver(ticks int) {
	c.t.Helper()
	c.until(screenHandOver, nil)
	before := c.printed()
	c.press(fyne.KeyF9)
	c.until(screenHandOver, func(*procedure.Snapshot) bool { return c.printed() == before+1 })
	c.tick(ticks)
	c.press(fyne.KeyReturn)
	c.until(screenClosed, nil)
	c.press(fyne.KeyReturn)
	c.until(screenHome, nil)
}

// TestRenewalByKeyboard: one form, one tick, and the old certificate goes.
func TestRenewalByKeyboard(t *testing.T) {
	c := openReal(t)
	c.expired()
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.paper(1)
	c.withoutEmail()
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.thanked()
	c.until(screenHandOver, func(s *procedure.Snapshot) bool { return s.Case.Result != nil && s.Case.Result.Retired == 1 })
	c.handOver(2)
	if n := len(c.world.Card.Written()); n != 1 {
		t.Errorf("%d signing certificates are on the card, want 1", n)
	}
	if today := c.app.snapshot.Today; today.Renewed != 1 || today.Issued != 0 {
		t.Errorf("today is %+v, want one renewal", today)
	}
}

// TestUnblockAndIssueByKeyboard: a new PIN and a certificate in one case, the
// card inserted once.
func TestUnblockAndIssueByKeyboard(t *testing.T) {
	c := openAtHome(t)
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.paper(6)
	c.withoutEmail()
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.until(screenAgain, nil)
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.until(screenWeak, nil)
	c.press(fyne.KeyReturn)
	for range 2 {
		c.until(screenPad, nil)
		c.typed("7294")
		c.press(fyne.KeyReturn)
		if c.app.page.screen == screenAgain {
			c.typed("7294")
			c.press(fyne.KeyReturn)
			break
		}
	}
	c.thanked()
	c.handOver(3)
	if c.world.Card.PINsSet() != 1 {
		t.Errorf("the PIN was set %d times, want once", c.world.Card.PINsSet())
	}
	c.wantOneCertificate()
	if today := c.app.snapshot.Today; today.Issued != 1 || today.Unblocked != 1 {
		t.Errorf("today is %+v, want one certificate and one unblock", today)
	}
}

// TestKeptPINByKeyboard: a blocked PIN that its holder remembers.
func TestKeptPINByKeyboard(t *testing.T) {
	c := openReal(t)
	c.world.Card.SetTries(0)
	c.signIn()
	c.insert()
	c.toScreenA()
	c.app.page.focus(procedure.FieldService + ".unblock")
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.paper(2)
	c.press(fyne.KeyReturn)
	c.until(screenPIN, nil)
	c.press(fyne.KeyReturn)
	c.until(screenTurn, nil)
	c.press(fyne.KeyReturn)
	c.until(screenPad, nil)
	c.typed("9999")
	c.press(fyne.KeyReturn)
	c.until(screenPad, func(*procedure.Snapshot) bool { return c.app.citizen.note != "" })
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.thanked()
	c.handOver(2)
	if c.world.Card.Tries() != 3 || c.world.Card.PINsSet() != 0 {
		t.Errorf("the card has %d tries and %d new PINs, want 3 and none", c.world.Card.Tries(), c.world.Card.PINsSet())
	}
}

// TestRevocationByKeyboard: with the card on the reader.
func TestRevocationByKeyboard(t *testing.T) {
	c := openReal(t)
	now := c.world.Clock.Now()
	c.world.Authority.IssueOld(c.world.Card, "U-BG-017-03-2024-000031", now.AddDate(-2, 0, 0), now.AddDate(3, 0, 0), proctest.Active)
	c.signIn()
	c.insert()
	c.toScreenA()
	c.app.page.focus(procedure.FieldService + ".status")
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenStatus, nil)
	c.press(fyne.KeySpace)
	c.app.page.focus(procedure.FieldReason)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.paper(2)
	c.press(fyne.KeyReturn)
	c.until(screenHandOver, func(s *procedure.Snapshot) bool {
		return s.Case.Result != nil && s.Case.Result.StatusOp == procedure.ActionRevoke
	})
	c.handOver(2)
	if got := c.world.Authority.Certificates()[0].Status; got != proctest.Revoked {
		t.Errorf("the certificate is %q, want %q", got, proctest.Revoked)
	}
}

// TestLostCardByKeyboard: found by numbers, approved by a supervisor.
func TestLostCardByKeyboard(t *testing.T) {
	c := openReal(t)
	now := c.world.Clock.Now()
	c.world.Authority.IssueOld(c.world.Card, "U-BG-017-03-2024-000031", now.AddDate(-2, 0, 0), now.AddDate(3, 0, 0), proctest.Active)
	c.signIn()
	c.press(fyne.KeyF3)
	c.typed(string(c.world.Card.Identity.PersonalNumber))
	c.press(fyne.KeyTab)
	c.typed(string(c.world.Card.Identity.CardNumber))
	c.press(fyne.KeyReturn)
	c.until(screenStatus, func(s *procedure.Snapshot) bool { return s.Case.Facts != nil })
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace) // the face, revocation
	c.app.page.focus(procedure.FieldReason)
	c.press(fyne.KeySpace)
	c.app.page.focus(procedure.FieldDocument)
	c.typed("пасош 012345678")
	c.press(fyne.KeyF4)
	c.until(screenSupervisor, nil)
	c.wantFocus(procedure.FieldReason)
	c.typed("Пасош прегледан.")
	c.press(fyne.KeyTab)
	c.typed(proctest.Password) // the clerk's own
	c.press(fyne.KeyReturn)
	c.until(screenSupervisor, func(*procedure.Snapshot) bool { return c.app.failure != nil })
	c.app.page.focus(fieldPassword)
	c.typed(proctest.SupervisorPassword)
	c.press(fyne.KeyReturn)
	c.until(screenStatus, func(s *procedure.Snapshot) bool { return s.Case.Overridden != nil })
	c.press(fyne.KeyReturn)
	c.paper(2)
	c.press(fyne.KeyReturn)
	c.until(screenHandOver, nil)
	c.handOver(1)
	if got := c.world.Authority.Certificates()[0].Status; got != proctest.Revoked {
		t.Errorf("the certificate is %q, want %q", got, proctest.Revoked)
	}
}

// TestPaperContractByKeyboard: the authority is silent about the contract, a
// supervisor sees it on paper.
func TestPaperContractByKeyboard(t *testing.T) {
	c := openReal(t)
	c.expired()
	c.world.Authority.SetSilent(true)
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyF4)
	c.press(fyne.KeyTab, fyne.KeySpace, fyne.KeyTab)
	c.typed("U-BG-017-03-2021-000031")
	c.press(fyne.KeyTab)
	c.typed("20.11.2021.")
	c.press(fyne.KeyTab)
	c.typed("Уговор показан на папиру.")
	c.press(fyne.KeyTab)
	c.typed(proctest.SupervisorPassword)
	c.press(fyne.KeyReturn)
	c.until(screenPerson, func(s *procedure.Snapshot) bool { return s.Case.Overridden != nil })
	c.press(fyne.KeyReturn)
	c.until(screenPapers, func(s *procedure.Snapshot) bool { return s.Case.Action == procedure.ActionRenew })
}

// TestUnservableCardByKeyboard: a card that has expired is turned away with a
// slip.
func TestUnservableCardByKeyboard(t *testing.T) {
	c := openReal(t)
	c.world.Card.Identity.ValidUntil = procedure.Today(c.world.Clock.Now().Add(-48 * time.Hour))
	c.signIn()
	c.insert()
	c.press(fyne.KeyF6)
	c.until(screenRefused, func(*procedure.Snapshot) bool { return c.printed() == 1 })
	if c.app.failure != nil {
		t.Errorf("the slip is printed, but the page says %v", c.app.failure)
	}
	c.press(fyne.KeyReturn)
	c.until(screenHome, func(s *procedure.Snapshot) bool { return s.Today.Refused == 1 })
	c.press(fyne.KeyF7)
	c.until(screenDay, nil)
	if s := c.app.sheet; len(s.Refused) != 1 || s.Refused[0].Reason != procedure.CodeCardExpired {
		t.Errorf("the day sheet has refused %+v", s.Refused)
	}
}

// TestKeptPINForgotten: three wrong ones, and in the same case the PIN is
// changed after all, with a new form.
func TestKeptPINForgotten(t *testing.T) {
	c := openReal(t)
	c.world.Card.SetTries(0)
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn) // the certificate, keep the PIN
	c.paper(6)
	c.withoutEmail()
	for _, wrong := range []string{"9999", "8888"} {
		c.until(screenPad, nil)
		c.typed(wrong)
		c.press(fyne.KeyReturn)
	}
	c.until(screenLastTry, nil)
	c.press(fyne.KeyTab, fyne.KeyReturn)
	c.until(screenPad, nil)
	c.typed("7777")
	c.press(fyne.KeyReturn)
	c.thanked()
	c.until(screenPIN, func(s *procedure.Snapshot) bool { return s.Case.PIN.Tries == 0 })
	c.press(fyne.KeyReturn)
	c.until(screenPerson, nil)
	c.app.page.focus(procedure.FieldUnblock)
	c.press(fyne.KeySpace, fyne.KeyReturn) // change it
	c.until(screenPapers, nil)             // those of the first choice count no more
	c.paper(6)
	c.withoutEmail()
	for range 2 {
		c.typed("7294")
		c.press(fyne.KeyReturn)
		c.drain()
	}
	c.thanked()
	c.handOver(3)
	c.wantOneCertificate()
}

// TestBroughtFormByKeyboard: a renewal with the form filled in at home; a wrong
// circle is not taken.
func TestBroughtFormByKeyboard(t *testing.T) {
	c := openReal(t)
	c.expired()
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenPapers, nil)
	c.press(fyne.KeyF6, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenBrought, func(*procedure.Snapshot) bool { return c.app.failure != nil })
	c.app.page.focus(string(procedure.PaperRequest) + ".2")
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.until(screenSigned, nil)
	c.tick(1)
	c.press(fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenContent, nil)
	if c.printed() != 0 {
		t.Error("a form that was brought was printed")
	}
}

// TestMinorByKeyboard: a supervisor signs, and the clerk goes on.
func TestMinorByKeyboard(t *testing.T) {
	c := openReal(t)
	c.world.Card.Identity.BirthDate = procedure.Date{Year: 2010, Month: 5, Day: 5}
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.until(screenSupervisor, nil)
	c.typed("Родитељ је присутан.")
	c.press(fyne.KeyTab)
	c.typed(proctest.SupervisorPassword)
	c.press(fyne.KeyReturn)
	c.until(screenPerson, func(s *procedure.Snapshot) bool { return s.Case.Overridden != nil })
	c.press(fyne.KeyReturn)
	c.until(screenPapers, nil)
}

// TestOldCertificateLeftByKeyboard: its removal fails, and the case ends
// without.
func TestOldCertificateLeftByKeyboard(t *testing.T) {
	c := openReal(t)
	c.expired()
	c.signIn()
	c.insert()
	c.toScreenA()
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.paper(1)
	c.withoutEmail()
	c.world.Faults.Add(proctest.Fault{Op: proctest.OpRetire, Err: &procedure.Error{Code: procedure.CodeCardFailure}})
	c.typed(proctest.PIN)
	c.press(fyne.KeyReturn)
	c.thanked()
	c.until(screenPIN, func(s *procedure.Snapshot) bool { return s.Case.CanSkipRetire })
	c.app.page.focus(controlSkip)
	c.press(fyne.KeyReturn)
	c.handOver(2)
	c.press(fyne.KeyF7)
	c.until(screenDay, nil)
	if len(c.app.sheet.RetireSkipped) != 1 {
		t.Errorf("the day sheet does not name the case that left an old certificate: %+v", c.app.sheet)
	}
}
