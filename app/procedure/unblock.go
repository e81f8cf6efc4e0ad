package procedure

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
)

// reset is the bracket unblock → unblocked (E22). newPIN nil keeps the PIN. It
// may be repeated: a reset whose outcome is not known is made again. The
// session that it returns is not logged in.
func (e *Engine) reset(ctx context.Context, c Case, cur *current, newPIN []byte) (Session, error) {
	body := UnblockBody{Mode: c.Unblock}
	if err := e.commit(ctx, draft{kind: KindUnblock, of: c.ID, body: body}); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	session, err := e.cfg.Cards.Open(ctx, e.readerName(), cur.record.Token)
	if err == nil {
		err = session.Unblock(ctx, newPIN)
	}
	if err != nil {
		closeIf(session)
		problem := asError(CodeCardFailure, "unblock", err)
		if err := e.commit(ctx, draft{kind: KindStepFailed, of: c.ID, body: StepFailure{
			Attempt: c.Attempt.Number, Step: StepUnblock, Code: problem.Code, Detail: problem.Detail,
		}}); err != nil {
			return nil, err
		}
		return nil, problem
	}
	if err := e.commit(ctx, draft{kind: KindUnblocked, of: c.ID, body: body}); err != nil {
		closeIf(session)
		return nil, err
	}
	e.forgetTries()
	return session, nil
}

// forgetTries gives up what was read of the PIN's counter before it was reset:
// a second PIN page of the case must not take the PIN for blocked.
func (e *Engine) forgetTries() {
	e.update(func() {
		if e.reader.chip != nil {
			chip := *e.reader.chip
			chip.Tries = -1
			e.reader.chip = &chip
		}
	})
}

// resetKept resets the counter of a PIN that is kept, and gives case and chip
// as they are afterwards.
func (e *Engine) resetKept(ctx context.Context, c Case, cur *current) (Case, Chip, error) {
	session, err := e.reset(ctx, c, cur, nil)
	if err != nil {
		return c, Chip{}, err
	}
	closeIf(session)
	chip, err := e.refreshChip(ctx, cur.record.Token)
	if err != nil {
		return c, chip, err
	}
	c, _, err = e.present()
	return c, chip, err
}

// EnterNewPIN sets the PIN that the citizen chose and typed twice, logs in
// with it, and starts the card work. Both belong to the caller, who wipes
// them; nothing of them stays here.
func (e *Engine) EnterNewPIN(ctx context.Context, pin, again []byte, weak bool) error {
	leave, err := e.enter(ctx, "EnterNewPIN")
	if err != nil {
		return err
	}
	c, cur, err := e.present()
	if err == nil && (!cur.pin.Open || c.pinMode() != PINNew) {
		err = &Error{Code: CodeNotNow, Detail: "the citizen's page is not open for this"}
	}
	if err != nil {
		leave()
		return err
	}
	if problem := e.newPINProblem(cur, pin, again, weak); problem != nil {
		e.update(func() { cur.pin.Last = problem })
		leave()
		return problem
	}
	session, err := e.setPIN(ctx, c, cur, pin)
	if err != nil {
		leave()
		return err
	}
	e.background(session) // the right to move the case passes on with it
	return nil
}

// newPINProblem checks a new PIN before the card is touched (E14).
func (e *Engine) newPINProblem(cur *current, pin, again []byte, weak bool) *Error {
	switch {
	case !pinFormed(pin):
		return &Error{Code: CodePINFormat}
	case subtle.ConstantTimeCompare(pin, again) != 1:
		return &Error{Code: CodePINDiffers}
	case e.cfg.Settings.WeakPIN == WeakAllow, e.cfg.Settings.WeakPIN == WeakWarn && weak:
		return nil
	}
	if why := weakness(pin, cur.record.Identity); len(why) > 0 {
		return &Error{Code: CodePINWeak, Fields: why}
	}
	return nil
}

// setPIN sets the new PIN and proves it by a login in the same session.
func (e *Engine) setPIN(ctx context.Context, c Case, cur *current, pin []byte) (Session, error) {
	err := e.mayAskPIN(c, cur)
	if err == nil {
		err = e.clockKnown(c)
	}
	if err != nil {
		return nil, e.closePIN(cur, err)
	}
	session, err := e.reset(ctx, c, cur, pin)
	if err != nil {
		return nil, e.closePIN(cur, err)
	}
	if c, cur, err = e.present(); err != nil {
		closeIf(session)
		return nil, e.closePIN(cur, err)
	}
	return e.login(ctx, c, cur, session, onScreen(pin))
}

// weakness names why a PIN is easily guessed (E14): by anybody, or by somebody
// who holds the card.
func weakness(pin []byte, id recordIdentity) []string {
	var why []string
	name := func(what string, weak bool) {
		if weak {
			why = append(why, what)
		}
	}
	name(WeakRepeat, repeats(pin))
	name(WeakSequence, steps(pin, 1) || steps(pin, -1))
	name(WeakBirth, ofDate(pin, id.BirthDate))
	name(WeakPersonal, bytes.Contains([]byte(id.PersonalNumber), pin))
	name(WeakCard, bytes.Contains([]byte(id.CardNumber), pin))
	return why
}

// repeats: the same one, two or three digits over and over.
func repeats(pin []byte) bool {
	for period := 1; period <= 3 && 2*period <= len(pin); period++ {
		if len(pin)%period == 0 && bytes.Equal(pin[period:], pin[:len(pin)-period]) {
			return true
		}
	}
	return false
}

// steps: each digit follows the one before it by the step, 9 and 0 being
// neighbours.
func steps(pin []byte, by int) bool {
	for i := 1; i < len(pin); i++ {
		if (int(pin[i-1]-'0')+by+10)%10 != int(pin[i]-'0') {
			return false
		}
	}
	return true
}

// ofDate: the day in one of the ways in which people write it.
func ofDate(pin []byte, d Date) bool {
	if d.IsZero() {
		return false
	}
	forms := []string{
		"%02[1]d%02[2]d%04[3]d", "%02[2]d%02[1]d%04[3]d", "%04[3]d%02[2]d%02[1]d",
		"%02[1]d%02[2]d%02[4]d", "%02[2]d%02[1]d%02[4]d", "%02[4]d%02[2]d%02[1]d",
	}
	return slices.ContainsFunc(forms, func(form string) bool {
		return bytes.Contains(fmt.Appendf(nil, form, d.Day, int(d.Month), d.Year, d.Year%100), pin)
	})
}
