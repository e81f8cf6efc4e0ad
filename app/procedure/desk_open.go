package procedure

import (
	"context"
	"encoding/json"
)

// OpenCase begins a case with the card now in the reader, or resumes the
// unfinished one that this card already has. It waits until the card has been
// read and the authority was asked for the facts. A card that cannot be served
// gets a case as well: for a refusal, or for a change of status.
func (e *Engine) OpenCase(ctx context.Context) error {
	leave, err := e.enterNew(ctx, "OpenCase")
	if err != nil {
		return err
	}
	defer leave()
	r, err := e.cardRead(ctx)
	if err != nil {
		return err
	}
	unread := e.allRead(ctx)
	if id, found := e.openCaseOf(*r.identity, *r.chip); found {
		return e.resume(ctx, id)
	}
	if unread != nil {
		return unread
	}
	if err := e.open(ctx, r); err != nil {
		return err
	}
	return e.learnFirst(ctx)
}

// enterNew is enter for a method that opens a case.
func (e *Engine) enterNew(ctx context.Context, method string) (leave func(), err error) {
	leave, err = e.enter(ctx, method)
	if err != nil {
		return nil, err
	}
	c, _, err := e.present()
	switch {
	case e.signedIn() == nil:
		err = &Error{Code: CodeSignedOut}
	case err == nil && !c.Over():
		err = &Error{Code: CodeNotNow, Detail: "another case is on the screen"}
	default:
		return leave, nil
	}
	leave()
	return nil, err
}

// learnFirst learns the facts of a case that has none yet. What fails now is
// asked again by AskAgain, and after a resume.
func (e *Engine) learnFirst(ctx context.Context) error {
	c, cur, err := e.present()
	if err != nil || e.next(c, cur) != MoveLearn {
		return err
	}
	return e.learn(ctx, c, cur)
}

// allRead makes sure that a card can be compared with every unfinished case: a
// second case for the same card could end in a second certificate.
func (e *Engine) allRead(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	e.jmu.Lock()
	defer e.jmu.Unlock()
	if err := e.loadLocked(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	b, unread := e.book, e.unread
	e.mu.Unlock()
	if unread == nil {
		return nil
	}
	e.folded(ctx, b)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unread != nil {
		return e.unread
	}
	return nil
}

// cardRead waits for the card to be read and returns it, or why it cannot be
// used.
func (e *Engine) cardRead(ctx context.Context) (readerState, error) {
	e.mu.Lock()
	done := e.reader.reading
	e.mu.Unlock()
	if done == nil {
		return readerState{}, &Error{Code: CodeNoCard}
	}
	select {
	case <-done:
	case <-ctx.Done():
		return readerState{}, &Error{Code: CodeNotNow, Detail: "read card", Err: ctx.Err()}
	}
	e.mu.Lock()
	r := e.reader
	e.mu.Unlock()
	switch {
	case r.reading != done:
		return r, &Error{Code: CodeRemoved}
	case r.problem != nil:
		return r, r.problem
	case r.verdict == nil:
		return r, &Error{Code: CodeUnreadable}
	}
	return r, nil
}

func (e *Engine) open(ctx context.Context, r readerState) error {
	return e.start(ctx, opening{
		record: newRecord(*r.identity, r.chip.Serial), files: r.identity.Files,
		body: CaseOpened{
			DocType: r.identity.DocType, Checked: "sod", Warnings: r.verdict.Warnings, Tries: r.chip.Tries,
		},
	})
}

// opening is a case before it has a number.
type opening struct {
	id     CaseID // empty: a new one
	record record
	files  []byte // raw card files; nil: none were read
	body   CaseOpened
	refuse Code // refuse it in the same breath; empty: do not
}

// start commits the opening and puts the case on the screen. Nothing begins
// that a full disk could leave half done.
func (e *Engine) start(ctx context.Context, o opening) error {
	room, err := e.cfg.Journal.Room(ctx)
	if err != nil {
		return journalError("look for room", err)
	}
	if !room {
		return &Error{Code: CodeDiskFull, Detail: "no room for another case"}
	}
	id := o.id
	if id == "" {
		id = CaseID(newUUID(e.cfg.Now()))
	}
	content, err := json.Marshal(o.record)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode record", Err: err}
	}
	e.mu.Lock()
	o.body.Number = e.book.caseNumber(e.cfg.Counter, e.cfg.Now())
	e.mu.Unlock()
	drafts := []draft{{kind: KindCaseOpened, of: id, body: o.body, parts: []sealed{{PartRecord, content}}}}
	if o.files != nil {
		drafts[0].parts = append(drafts[0].parts, sealed{PartChipFiles, o.files})
	}
	if o.refuse != "" {
		drafts = append(drafts, draft{kind: KindRefused, of: id, body: CaseEnded{o.refuse}})
	}
	if err := e.commit(ctx, drafts...); err != nil {
		return err
	}
	e.update(func() { e.cur = &current{id: id, record: o.record} })
	return nil
}
