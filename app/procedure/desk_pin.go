package procedure

import (
	"context"
	"time"
)

// BeginPIN records that the screen goes to the citizen. It first asks the
// authority and the card, so that nobody types a PIN in vain. Where the PIN is
// kept, its counter is reset here: the citizen's page then proves that he
// knows it. Where the look at the chip shows that nothing is left to do there,
// the page stays closed.
func (e *Engine) BeginPIN(ctx context.Context) error {
	c, cur, leave, err := e.enterCase(ctx, "BeginPIN", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if cur.pin.Open {
		return nil
	}
	if err := e.mayAskPIN(c, cur); err != nil {
		return err
	}
	var policy Policy
	if c.Action.Certifies() && !c.Active() {
		if policy, err = e.policy(ctx); err != nil {
			return err
		}
		if c, err = e.stillSigned(ctx, c, cur); err != nil {
			return err
		}
	}
	chip, err := e.refreshChip(ctx, cur.record.Token)
	if err != nil {
		return err
	}
	if err := e.mayStart(c, chip); err != nil {
		return err
	}
	if c.resetDue() && c.pinMode() == PINKept {
		if c, chip, err = e.resetKept(ctx, c, cur); err != nil {
			return err
		}
	}
	if c.Active() && c.tornRetire(chip) && c.oldOn(chip) == 0 {
		return e.retired(ctx, c, cur, chip) // nothing is left to type a PIN for
	}
	way := e.pinWay(ctx, c)
	drafts := append(c.foundRetired(chip), draft{kind: KindPINBegun, of: c.ID, body: PINBegun{
		Tries: chip.Tries, Policy: policy.Version, Offset: policy.ClockOffset.Milliseconds(),
		Mode: c.pinMode(), Way: way, Old: c.oldOn(chip),
	}})
	if c.Action == ActionIssue && c.ContractID == "" && c.Attempt.CSR == "" {
		// The papers were confirmed by the first version, which had no register.
		drafts = append(drafts, c.contractIntent(e.cfg.Now()))
	}
	if err := e.commit(ctx, drafts...); err != nil {
		return err
	}
	if c, _, err = e.present(); err != nil {
		return err
	}
	open := e.next(c, cur) == MoveAskPIN // the look at the chip may have told more
	e.update(func() { cur.pin, cur.problem = PINView{Open: open, Mode: c.pinMode(), Way: way}, nil })
	return nil
}

// stillSigned learns the facts where the authority had not answered, and
// checks that nothing came to light for which a supervisor is needed. No answer
// is never "nothing there": without one only a supervisor's signature over
// just this lets a new key be made.
func (e *Engine) stillSigned(ctx context.Context, c Case, cur *current) (Case, error) {
	c, err := e.learnAnew(ctx, c, cur)
	if err != nil || c.Facts == nil || c.Attempt.CSR != "" {
		return c, err
	}
	signed := c.lapse(e.cfg.Now())
	if open := signed.unsigned(e.needs(c, cur, c.Action), c.Action); len(open) > 0 {
		return c, &Error{Code: CodeNeedsSupervisor, Fields: names(open)}
	}
	if !c.Facts.Authority && signed.Override.Choice != c.Action {
		return c, &Error{Code: CodeNoLink, Detail: "register"}
	}
	return c, nil
}

// clockKnown checks that the authority told its time not too long ago (E26):
// the citizen's page can stay open.
func (e *Engine) clockKnown(c Case) error {
	e.mu.Lock()
	told := e.told
	e.mu.Unlock()
	if c.Action.Certifies() && c.Attempt.CSR == "" && e.cfg.Mono()-told > e.cfg.Settings.MaxUnsynced {
		return &Error{Code: CodeClock, Detail: "not compared with the authority's for too long"}
	}
	return nil
}

// mayAskPIN checks that the PIN is what the case needs now, and the lock of
// E11 once more.
func (e *Engine) mayAskPIN(c Case, cur *current) error {
	if open := e.papersOpen(c, c.Ticks); c.PapersDone && len(open) > 0 {
		return &Error{Code: CodePapersOpen, Fields: open}
	}
	switch m := e.next(c, cur); m {
	case MoveAskPIN:
		return nil
	case MoveWaitCard:
		return &Error{Code: CodeNoCard}
	case MoveWaitOtherCard:
		return &Error{Code: CodeOtherCard}
	case MoveWaitUnblock:
		return &Error{Code: CodePINBlocked}
	case MoveWaitPUK:
		return &Error{Code: CodePUK}
	case MoveAskPapers:
		return &Error{Code: CodePapersOpen, Fields: e.papersOpen(c, c.Ticks)}
	default:
		return &Error{Code: CodeNotNow, Detail: "the case is at " + string(m)}
	}
}

// mayStart judges the card again before a new request: days may have passed
// since the case was opened. A certificate already issued may still be
// written.
func (e *Engine) mayStart(c Case, chip Chip) error {
	if chip.Tries == 0 && !c.resetDue() {
		return &Error{Code: CodePINBlocked}
	}
	e.mu.Lock()
	verdict := e.reader.verdict
	e.mu.Unlock()
	if c.Attempt.CSR == "" && verdict != nil && !verdict.Eligible {
		return &Error{Code: verdict.Blocks[0]}
	}
	return nil
}

// policy asks the authority for its policy and checks whether it allows
// issuing now: the cheap request that goes before every irreversible one.
func (e *Engine) policy(ctx context.Context) (Policy, error) {
	p, err := e.cfg.Authority.Policy(ctx)
	if err != nil {
		return p, asError(CodeNoLink, "policy", err)
	}
	e.mu.Lock()
	e.told = e.cfg.Mono()
	e.mu.Unlock()
	if p.Compromise != "" {
		return p, &Error{Code: CodeCounter, Detail: p.Compromise}
	}
	if p.ClockOffset.Abs() > e.cfg.Settings.MaxClockOffset {
		return p, &Error{Code: CodeClock, Detail: p.ClockOffset.Round(time.Second).String()}
	}
	return p, nil
}

// EnterPIN makes one attempt with the citizen's PIN. The PIN belongs to the
// caller, who wipes it; nothing of it stays here.
func (e *Engine) EnterPIN(ctx context.Context, pin []byte) error {
	leave, err := e.enter(ctx, "EnterPIN")
	if err != nil {
		return err
	}
	c, cur, err := e.present()
	if err == nil && (!cur.pin.Open || cur.pin.Way != PINOnScreen || c.pinMode() == PINNew) {
		err = &Error{Code: CodeNotNow, Detail: "the citizen's page is not open for this"}
	}
	if err != nil {
		leave()
		return err
	}
	if !pinFormed(pin) {
		problem := &Error{Code: CodePINFormat}
		e.update(func() { cur.pin.Last = problem })
		leave()
		return problem
	}
	if err = e.mayAskPIN(c, cur); err == nil {
		err = e.clockKnown(c)
	}
	if err != nil {
		err = e.closePIN(cur, err)
		leave()
		return err
	}
	session, err := e.login(ctx, c, cur, nil, onScreen(pin))
	if err != nil {
		leave()
		return err
	}
	e.background(session) // the right to move the case passes on with it
	return nil
}

// pinFormed reports whether the PIN is 4 to 8 digits; others cost no try.
func pinFormed(pin []byte) bool {
	if len(pin) < 4 || len(pin) > 8 {
		return false
	}
	for _, c := range pin {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// login is the bracket login → pin-verified. A wrong PIN leaves the citizen's
// page open; everything else ends it. session is the open one, if there is
// one already; attempt makes the one attempt in it.
func (e *Engine) login(ctx context.Context, c Case, cur *current, session Session, attempt func(context.Context, Session) error) (Session, error) {
	if err := e.commit(ctx, draft{kind: KindLogin, of: c.ID, body: struct{}{}}); err != nil {
		closeIf(session)
		return nil, e.closePIN(cur, err)
	}
	// The attempt is made to its end, whoever may have gone: its outcome counts.
	ctx = context.WithoutCancel(ctx)
	var err error
	if session == nil {
		session, err = e.cfg.Cards.Open(ctx, e.readerName(), cur.record.Token)
	}
	if err == nil {
		err = attempt(ctx, session)
	}
	if err != nil {
		closeIf(session) // nothing was done in it; the card logs out by itself when it is reset
		return nil, e.loginFailed(ctx, c, cur, asError(CodeCardFailure, "log in", err))
	}
	if err := e.commit(ctx, draft{kind: KindPINVerified, of: c.ID, body: struct{}{}}); err != nil {
		closeIf(session)
		return nil, e.closePIN(cur, err)
	}
	return session, nil
}

// onScreen is the attempt with a PIN typed on the screen.
func onScreen(pin []byte) func(context.Context, Session) error {
	return func(ctx context.Context, s Session) error { return s.Login(ctx, pin) }
}

func closeIf(s Session) {
	if s != nil {
		_ = s.Close()
	}
}

// loginFailed records the failure, with the tries as the card shows them now.
func (e *Engine) loginFailed(ctx context.Context, c Case, cur *current, problem *Error) error {
	tries := -1
	if problem.Code == CodeWrongPIN {
		tries = problem.Tries
	}
	if chip, err := e.refreshChip(ctx, cur.record.Token); err == nil {
		tries = chip.Tries
	}
	switch {
	case problem.Code == CodeWrongPIN && tries == 0:
		problem = &Error{Code: CodePINBlocked, Err: problem}
	case problem.Code == CodeWrongPIN:
		problem = &Error{Code: CodeWrongPIN, Tries: tries, Err: problem.Err}
	}
	if err := e.commit(ctx, draft{kind: KindLoginFailed, of: c.ID, body: LoginFailed{problem.Code, tries}}); err != nil {
		return e.closePIN(cur, err)
	}
	if problem.Code != CodeWrongPIN {
		return e.closePIN(cur, problem)
	}
	e.update(func() { cur.pin.Last = problem })
	return problem
}

// closePIN ends the citizen's page for a reason that the clerk has to see.
func (e *Engine) closePIN(cur *current, err error) error {
	problem := asError(CodeInternal, "enter pin", err)
	e.update(func() { cur.pin, cur.problem = PINView{Last: problem}, problem })
	return problem
}

// LeavePIN records why the citizen's page was left without a PIN.
func (e *Engine) LeavePIN(ctx context.Context, why PINEnd) error {
	c, cur, leave, err := e.enterCase(ctx, "LeavePIN", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if !cur.pin.Open {
		return nil
	}
	e.update(func() { cur.pin = PINView{} })
	return e.commit(ctx, draft{kind: KindPINLeft, of: c.ID, body: PINLeft{why}})
}

// Continue tries the pending step of the case again. After an attempt that
// ended without a certificate it begins a new one; that is the clerk's
// decision alone.
func (e *Engine) Continue(ctx context.Context) error {
	leave, err := e.enter(ctx, "Continue")
	if err != nil {
		return err
	}
	err = e.unlock(ctx)
	leave()
	if err == nil {
		e.goOn()
	}
	return err
}

// unlock removes what can be removed of the reasons to wait.
func (e *Engine) unlock(ctx context.Context) error {
	c, cur, err := e.present()
	if err != nil {
		return err
	}
	e.update(func() { cur.retry.reset() })
	switch e.next(c, cur) {
	case MoveAskRetry:
		err := e.commit(ctx, e.retry(c))
		if err == nil {
			e.update(func() { cur.problem, cur.result, cur.request = nil, nil, RequestUnclear })
		}
		return err
	case MoveAskContent:
		e.fetchPreview(ctx, c, cur)
	case MoveLearn:
		return e.learn(ctx, c, cur)
	case MoveWaitAuthority:
		e.update(func() { cur.request = RequestUnclear }) // ask again
	case MoveWaitUnblock:
		if _, err := e.refreshChip(ctx, cur.record.Token); err != nil {
			return err
		}
	case MoveWaitCard:
		return &Error{Code: CodeNoCard}
	case MoveWaitOtherCard:
		return &Error{Code: CodeOtherCard}
	}
	return nil
}

// retry is the clerk's decision to try once more what the authority refused.
func (e *Engine) retry(c Case) draft {
	if c.Action.ChangesStatus() {
		return draft{kind: KindChangeIntent, of: c.ID, body: e.changeIntent(c)}
	}
	return draft{kind: KindAttemptBegun, of: c.ID, body: OfAttempt{c.Attempt.Number + 1}}
}
