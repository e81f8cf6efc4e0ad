package procedure

import "context"

// readerState is the card in the reader as far as it has been read. What it
// points to is replaced, never changed.
type readerState struct {
	event    CardEvent
	reading  chan struct{} // closed when the card has been read; nil: no card
	identity *Identity
	chip     *Chip
	portrait []byte
	verdict  *Eligibility
	problem  *Error
	finished bool // its case ended, and it has not been taken out since
}

func (r readerState) view() ReaderView {
	return ReaderView{
		State: r.event.State, Reading: r.busy(), Identity: r.identity, Portrait: r.portrait,
		Chip: r.chip, Verdict: r.verdict, Problem: r.problem, Finished: r.finished,
	}
}

func (r readerState) busy() bool {
	if r.reading == nil {
		return false
	}
	select {
	case <-r.reading:
		return false
	default:
		return true
	}
}

// onCard takes over what the watcher saw. Reading goes on in the background,
// so that a card pulled during it is noticed at once.
func (e *Engine) onCard(ctx context.Context, ev CardEvent) {
	state := readerState{event: ev}
	if ev.State == ReaderCard {
		state.reading = make(chan struct{})
	}
	e.update(func() { e.reader = state })
	if state.reading != nil {
		e.spawn(func() { e.readCard(ctx, ev, state.reading) })
	}
}

// readCard reads the card in the order in which the clerk can use it: who it
// is, the verdict, and only then the portrait, which takes longest.
func (e *Engine) readCard(ctx context.Context, ev CardEvent, done chan struct{}) {
	problem := e.readFacts(ctx, ev, done)
	if problem == nil {
		problem = e.readPortrait(ctx, ev, done)
	}
	if problem != nil && turnsAway(problem.Code) {
		e.turnedAway(ctx, done, []Code{problem.Code})
	}
	e.update(func() {
		if e.reader.reading == done {
			e.reader.problem = problem
		}
		close(done) // also for those who wait for a card that has gone
	})
	e.goOn()
}

// updateCard changes what is known of the card, unless another event came
// since its reading began.
func (e *Engine) updateCard(done chan struct{}, change func(*readerState)) {
	e.update(func() {
		if e.reader.reading == done {
			change(&e.reader)
		}
	})
}

func (e *Engine) readFacts(ctx context.Context, ev CardEvent, done chan struct{}) *Error {
	id, err := e.cfg.Cards.ReadIdentity(ctx, ev.Reader)
	if err != nil {
		return asError(CodeCardFailure, "read identity", err)
	}
	if id.Insertion != ev.Insertion {
		return &Error{Code: CodeRemoved, Detail: "another insertion than announced"}
	}
	e.updateCard(done, func(r *readerState) { r.identity = &id })
	chip, err := e.cfg.Cards.ReadChip(ctx, ev.Reader)
	if err != nil {
		return asError(CodeCardFailure, "read chip", err)
	}
	verdict := e.judge(id, chip)
	e.updateCard(done, func(r *readerState) { r.chip, r.verdict = &chip, &verdict })
	if !verdict.Eligible && !e.hasOpenCase(id, chip) {
		e.turnedAway(ctx, done, verdict.Blocks)
	}
	return nil
}

func (e *Engine) readPortrait(ctx context.Context, ev CardEvent, done chan struct{}) *Error {
	e.mu.Lock()
	id, chip := e.reader.identity, e.reader.chip
	stale := e.reader.reading != done
	e.mu.Unlock()
	if stale || id.Authenticity != Genuine {
		return nil
	}
	portrait, err := e.cfg.Cards.ReadPortrait(ctx, ev.Reader)
	if err == nil {
		e.updateCard(done, func(r *readerState) { r.portrait = portrait })
		return nil
	}
	problem := asError(CodeCardFailure, "read portrait", err)
	if problem.Code == CodeSODMismatch {
		forged := *id
		forged.Authenticity = SODMismatch
		verdict := e.judge(forged, *chip)
		e.updateCard(done, func(r *readerState) { r.identity, r.verdict = &forged, &verdict })
	}
	return problem
}

func (e *Engine) judge(id Identity, chip Chip) Eligibility {
	return Judge(id, chip, e.cfg.Settings, e.cfg.Now())
}

// hasOpenCase reports whether the card belongs to an unfinished case, for
// which other rules than those for a new one decide.
func (e *Engine) hasOpenCase(id Identity, chip Chip) bool {
	_, found := e.openCaseOf(id, chip)
	return found
}

func (e *Engine) openCaseOf(id Identity, chip Chip) (CaseID, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.caseOf(id, chip)
}

// caseOf is openCaseOf with e.mu held.
func (e *Engine) caseOf(id Identity, chip Chip) (CaseID, bool) {
	if e.book == nil {
		return "", false
	}
	for _, c := range e.book.open() {
		if r, ok := e.records[c.ID]; ok && r.isCard(id, chip) {
			return c.ID, true
		}
	}
	return "", false
}

// turnsAway tells the failures that say something about the card from those
// that say something about the reader.
func turnsAway(c Code) bool {
	switch c {
	case CodeUnknownCard, CodeUnreadable, CodeSODMismatch, CodeSODMissing, CodeSODAnchor:
		return true
	}
	return false
}

// turnedAway records why a card could not be served. The clerk sees the
// reason in any case; a journal that cannot be written shows itself at the
// next step.
func (e *Engine) turnedAway(ctx context.Context, done chan struct{}, blocks []Code) {
	e.mu.Lock()
	var doc DocType
	if e.reader.reading == done && e.reader.identity != nil {
		doc = e.reader.identity.DocType
	}
	e.mu.Unlock()
	if err := e.commit(ctx, draft{kind: KindCardTurnedAway, body: CardTurnedAway{DocType: doc, Blocks: blocks}}); err != nil {
		problem := journalError("record card", err)
		e.updateCard(done, func(r *readerState) {
			if r.problem == nil {
				r.problem = problem
			}
		})
	}
}

// refreshChip reads the chip over a fresh connection and checks that it is
// the one of the current case.
func (e *Engine) refreshChip(ctx context.Context, token TokenSerial) (Chip, error) {
	e.mu.Lock()
	reader, done := e.reader.event.Reader, e.reader.reading
	e.mu.Unlock()
	if done == nil {
		return Chip{}, &Error{Code: CodeNoCard}
	}
	chip, err := e.cfg.Cards.ReadChip(ctx, reader)
	if err != nil {
		return Chip{}, asError(CodeCardFailure, "read chip", err)
	}
	if chip.Serial != token {
		return Chip{}, &Error{Code: CodeOtherCard}
	}
	e.updateCard(done, func(r *readerState) {
		if r.identity != nil && r.chip != nil {
			verdict := e.judge(*r.identity, chip)
			r.chip, r.verdict = &chip, &verdict
		}
	})
	return chip, nil
}
