package procedure

import "context"

// pinWay decides where the citizen types. The reader's pad serves for a login
// only where the module takes the PIN from there; otherwise where the PIN has
// only to be shown to be known. A reader that does not say is one without.
func (e *Engine) pinWay(ctx context.Context, c Case) PINWay {
	if !e.cfg.Settings.PadIfPresent || c.pinMode() == PINNew {
		return PINOnScreen
	}
	use, err := e.cfg.Cards.PadUse(ctx, e.readerName())
	switch {
	case err != nil:
		return PINOnScreen
	case use == PadLogin:
		return PINOnPad
	case use == PadCheck && c.pinMode() == PINKept && c.Action == ActionUnblock:
		return PINCheckPad
	}
	return PINOnScreen
}

// EnterPINOnPad implements Desk. What is typed reaches card and reader alone.
func (e *Engine) EnterPINOnPad(ctx context.Context) error {
	leave, err := e.enter(ctx, "EnterPINOnPad")
	if err != nil {
		return err
	}
	session, err := e.enterPINOnPad(ctx)
	if err != nil {
		leave()
		return err
	}
	e.background(session) // the right to move the case passes on with it
	return nil
}

func (e *Engine) enterPINOnPad(ctx context.Context) (Session, error) {
	c, cur, err := e.present()
	if err != nil {
		return nil, err
	}
	if !cur.pin.Open || cur.pin.Way == PINOnScreen {
		return nil, &Error{Code: CodeNotNow, Detail: "the citizen's page is not open for this"}
	}
	if err = e.mayAskPIN(c, cur); err == nil {
		err = e.clockKnown(c)
	}
	if err != nil {
		return nil, e.closePIN(cur, err)
	}
	if cur.pin.Way == PINCheckPad {
		return nil, e.checkOnPad(ctx, c, cur)
	}
	return e.login(ctx, c, cur, nil, func(ctx context.Context, s Session) error { return s.LoginOnPad(ctx) })
}

// checkOnPad is the bracket login → pin-verified without a session: the citizen
// shows that he knows his PIN, and nothing is left to do on the card.
func (e *Engine) checkOnPad(ctx context.Context, c Case, cur *current) error {
	if err := e.commit(ctx, draft{kind: KindLogin, of: c.ID, body: struct{}{}}); err != nil {
		return e.closePIN(cur, err)
	}
	ctx = context.WithoutCancel(ctx)
	if err := e.cfg.Cards.CheckOnPad(ctx, e.readerName(), cur.record.Token); err != nil {
		return e.loginFailed(ctx, c, cur, asError(CodeCardFailure, "check PIN", err))
	}
	if err := e.commit(ctx, draft{kind: KindPINVerified, of: c.ID, body: struct{}{}}); err != nil {
		return e.closePIN(cur, err)
	}
	e.update(func() { cur.pin, cur.problem = PINView{}, nil }) // no session follows that would close the page
	return nil
}
