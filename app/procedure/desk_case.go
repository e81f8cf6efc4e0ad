package procedure

import (
	"context"
	"slices"
)

// present gives the current case and what is remembered of it; CodeNoCase
// without one, CodeSignedOut without a clerk.
func (e *Engine) present() (Case, *current, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clerk == nil {
		return Case{}, nil, &Error{Code: CodeSignedOut}
	}
	if e.cur == nil || e.book == nil {
		return Case{}, nil, &Error{Code: CodeNoCase}
	}
	c, _ := e.book.find(e.cur.id)
	return c, e.cur, nil
}

// anyMove is for methods that belong to more than one screen.
const anyMove Move = ""

// enterCase is enter for a method that moves the current case; at is the move
// that the case must be at.
func (e *Engine) enterCase(ctx context.Context, method string, at Move) (c Case, cur *current, leave func(), err error) {
	leave, err = e.enter(ctx, method)
	if err != nil {
		return c, nil, nil, err
	}
	if c, cur, err = e.present(); err == nil && at != anyMove {
		if now := e.next(c, cur); now != at {
			err = &Error{Code: CodeNotNow, Detail: "the case is at " + string(now)}
		}
	}
	if err != nil {
		leave()
		return c, nil, nil, err
	}
	return c, cur, leave, nil
}

// next asks Next with the facts outside of a session.
func (e *Engine) next(c Case, cur *current) Move {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Next(c, e.cardFacts(cur.record), cur.request)
}

// ResumeCase makes an unfinished case the current one and goes on with it as
// far as neither card nor people are needed.
func (e *Engine) ResumeCase(ctx context.Context, id CaseID) error {
	leave, err := e.enter(ctx, "ResumeCase")
	if err != nil {
		return err
	}
	if c, _, err := e.present(); err == nil && c.ID != id && !c.Over() {
		leave()
		return &Error{Code: CodeNotNow, Detail: "another case is on the screen"}
	}
	err = e.resume(ctx, id)
	leave()
	if err == nil {
		e.goOn()
	}
	return err
}

func (e *Engine) resume(ctx context.Context, id CaseID) error {
	e.mu.Lock()
	c, known := e.book.cases[id]
	rec, readable := e.records[id]
	clerk := e.clerk
	e.mu.Unlock()
	switch {
	case clerk == nil:
		return &Error{Code: CodeSignedOut}
	case !known || c.Over():
		return &Error{Code: CodeNoCase}
	case !readable:
		return &Error{Code: CodeErased}
	}
	cur := &current{id: id, record: rec}
	if err := e.recall(ctx, c, cur); err != nil {
		return err
	}
	if err := e.commit(ctx, draft{kind: KindCaseResumed, of: id, body: struct{}{}}); err != nil {
		return err
	}
	e.update(func() { e.cur = cur })
	switch e.next(c, cur) {
	case MoveAskContent:
		e.fetchPreview(ctx, c, cur)
	case MoveLearn:
		return e.learn(ctx, c, cur)
	}
	return nil
}

// recall opens the sealed parts that the screens show again.
func (e *Engine) recall(ctx context.Context, c Case, cur *current) error {
	if c.EmailWanted == Yes {
		b, err := e.part(ctx, c.ID, partEmail(c.Emails))
		if err != nil {
			return err
		}
		cur.email = string(b)
	}
	if c.Learned > 0 {
		if err := e.partJSON(ctx, c.ID, partFacts(c.Learned), &cur.register); err != nil {
			return err
		}
	}
	if c.Documents > 0 {
		b, err := e.part(ctx, c.ID, partDocument(c.Documents))
		if err != nil {
			return err
		}
		cur.document = string(b)
	}
	signed, err := e.signedOf(ctx, c)
	if err != nil {
		return err
	}
	cur.signed = signed
	for n := 1; n <= c.Rendered; n++ {
		job, err := e.rendered(ctx, c.ID, n)
		if err != nil {
			return err
		}
		cur.papers = append(cur.papers, job.Papers...)
	}
	if c.Attempt.ReadBack != "" {
		return e.loadResult(ctx, c, cur)
	}
	return nil
}

// ParkCase leaves the current case unfinished and returns to the home page. A
// finished case simply leaves the screen.
func (e *Engine) ParkCase(ctx context.Context) error {
	leave, err := e.enter(ctx, "ParkCase")
	if err != nil {
		return err
	}
	defer leave()
	return e.park(ctx)
}

func (e *Engine) park(ctx context.Context) error {
	c, cur, err := e.present()
	if err != nil {
		if asError("", "", err).Code == CodeNoCase {
			return nil
		}
		return err
	}
	if !c.Over() {
		var drafts []draft
		if cur.pin.Open {
			drafts = append(drafts, draft{kind: KindPINLeft, of: c.ID, body: PINLeft{PINCancelled}})
		}
		drafts = append(drafts, draft{kind: KindCaseParked, of: c.ID, body: struct{}{}})
		if err := e.commit(ctx, drafts...); err != nil {
			return err
		}
	}
	e.update(func() {
		e.cur = nil
		e.reader.finished = c.Over() && e.cardFacts(cur.record).Presence == CardSame
	})
	if c.Over() {
		e.wakeSync(0) // what it kept for its papers is erased now
	}
	return nil
}

// RefuseCase ends the current case with a reason code. What was asked of the
// authority is cleared up first: the case ends only when no certificate of it
// is or can come into force. An active certificate is not refused any more.
func (e *Engine) RefuseCase(ctx context.Context, reason Code) error {
	leave, err := e.enter(ctx, "RefuseCase")
	if err != nil {
		return err
	}
	err = e.refuse(ctx, reason)
	leave()
	if err == nil {
		e.goOn()
	}
	return err
}

func (e *Engine) refuse(ctx context.Context, reason Code) error {
	c, cur, err := e.present()
	if err != nil {
		return err
	}
	if c.Over() || c.Active() {
		return &Error{Code: CodeNotNow, Detail: "the certificate is in force or the case is over"}
	}
	if !c.StatusAt.IsZero() || c.StatusID != "" && c.StatusRefused == "" {
		return &Error{Code: CodeNotNow, Detail: "the change of status is made, or at the authority"}
	}
	if reason == "" {
		return &Error{Code: CodeAnswerOpen, Fields: []string{"reason"}}
	}
	var drafts []draft
	if cur.pin.Open {
		drafts = append(drafts, draft{kind: KindPINLeft, of: c.ID, body: PINLeft{PINCancelled}})
	}
	drafts = append(drafts, draft{kind: KindWithdrawn, of: c.ID, body: CaseEnded{reason}})
	c.Withdrawn = reason
	if e.next(c, cur) == MoveRefuse {
		drafts = append(drafts, draft{kind: KindRefused, of: c.ID, body: CaseEnded{reason}})
	}
	if err := e.commit(ctx, drafts...); err != nil {
		return err
	}
	e.update(func() { cur.pin, cur.problem = PINView{}, nil })
	return nil
}

// screens are the clerk's screens in order; GoBack leads to one of them.
var screens = []Phase{PhasePerson, PhasePapers, PhaseEmail, PhaseContent}

// GoBack reopens an earlier screen. Once a PIN was accepted there is no way
// back, because the card has changed, but one: with no try left, to choose an
// unblock.
func (e *Engine) GoBack(ctx context.Context, to Phase) error {
	c, cur, leave, err := e.enterCase(ctx, "GoBack", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if c.Over() || c.Withdrawn != "" || c.Active() || cur.pin.Open {
		return &Error{Code: CodeNotNow, Detail: "no way back"}
	}
	move := e.next(c, cur)
	if c.begun() && (to != PhasePerson || move != MoveWaitUnblock && move != MoveWaitPUK) {
		return &Error{Code: CodeNotNow, Detail: "no way back"}
	}
	at := slices.Index(screens, phaseOf(c, move, false))
	if at < 0 {
		at = len(screens) // at the PIN: all four are behind
	}
	target := slices.Index(screens, to)
	if !c.Action.Certifies() && target > slices.Index(screens, PhasePapers) {
		target = -1 // there is no certificate whose content could be gone over
	}
	if target < 0 || target > at {
		return &Error{Code: CodeNotNow, Detail: "not an earlier screen"}
	}
	if target == at {
		return nil
	}
	if err := e.commit(ctx, draft{kind: KindCaseReopened, of: c.ID, body: CaseReopened{to}}); err != nil {
		return err
	}
	e.update(func() { cur.problem, cur.preview = nil, nil })
	if to == PhaseContent {
		e.fetchPreview(ctx, c, cur)
	}
	return nil
}
