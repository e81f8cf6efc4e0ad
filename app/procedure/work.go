package procedure

import (
	"context"
	"crypto"
	"errors"
	"time"
)

// work is one run in the background: it does what Next says until somebody
// else has to act. It owns the session, if there is one, and ends it.
type work struct {
	e       *Engine
	cur     *current
	session Session // nil: not logged in
	signer  crypto.Signer
	key     KeyFact
	tries   int  // requests that failed within this run
	resent  bool // what was sent last, was a repetition of which nobody knows
}

// work runs to the next wait. The caller holds op; session may be nil.
func (e *Engine) work(ctx context.Context, session Session) {
	w := &work{e: e, session: session}
	defer w.closeSession()
	e.mu.Lock()
	w.cur = e.cur
	e.mu.Unlock()
	for ctx.Err() == nil {
		if err := e.load(ctx); err != nil { // after an append in doubt
			e.update(func() { w.cur.problem = journalError("replay", err) })
			return
		}
		c, move := w.next()
		if move == MoveWaitAuthority {
			w.pending()
			return
		}
		if move == MoveNone || move.Waits() != WaitsForNothing {
			w.settled(move)
			return
		}
		if err := w.do(ctx, c, move); err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				return // the program ends; nothing failed
			}
			if !w.failed(ctx, c, move, asError(CodeInternal, string(move), err)) {
				return
			}
			continue
		}
		e.update(func() { w.cur.problem = keep(w.cur.problem, move) })
	}
}

// keep forgets a problem once a step succeeded, except after a look at the
// chip: that only finds out what the failed write had done.
func keep(p *Error, m Move) *Error {
	if m == MoveReadBack {
		return p
	}
	return nil
}

// next asks Next with the facts of this run.
func (w *work) next() (Case, Move) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	c, _ := w.e.book.find(w.cur.id)
	facts := w.e.cardFacts(w.cur.record)
	facts.Session, facts.Key = w.session != nil, w.key
	return c, Next(c, facts, w.cur.request)
}

// do carries one move out.
func (w *work) do(ctx context.Context, c Case, m Move) error {
	switch m {
	case MoveGenerate:
		return w.generate(ctx, c)
	case MoveFindKey:
		return w.findKey(ctx, c)
	case MoveSubmit:
		return w.submit(ctx, c)
	case MoveLookup:
		return w.lookup(ctx, c)
	case MoveSend:
		return w.send(ctx, c)
	case MoveWrite:
		return w.write(ctx, c)
	case MoveReadBack:
		return w.readBack(ctx, c)
	case MoveActivate:
		return w.activate(ctx, c)
	case MoveRevoke:
		return w.revoke(ctx, c)
	case MoveRetire:
		return w.retire(ctx, c)
	case MoveContract:
		return w.registerContract(ctx, c)
	case MoveEndContract:
		return w.endContract(ctx, c)
	case MoveChangeStatus:
		return w.requestChange(ctx, c)
	case MoveLearn:
		return w.e.learn(ctx, c, w.cur)
	case MoveNewAttempt:
		w.e.update(func() { w.cur.request, w.cur.result = RequestUnclear, nil })
		w.signer, w.key = nil, KeyUnknown
		return w.e.commit(ctx, draft{kind: KindAttemptBegun, of: c.ID, body: OfAttempt{c.Attempt.Number + 1}})
	case MoveRefuse:
		return w.e.commit(ctx, draft{kind: KindRefused, of: c.ID, body: CaseEnded{c.Withdrawn}})
	}
	return &Error{Code: CodeInternal, Detail: "no work for " + string(m)}
}

// stepOf names the step of the progress page to which a move belongs.
func stepOf(m Move) Step {
	switch m {
	case MoveGenerate, MoveFindKey:
		return StepKey
	case MoveSubmit, MoveLookup, MoveSend:
		return StepRequest
	case MoveWrite:
		return StepWrite
	case MoveReadBack:
		return StepReadBack
	case MoveActivate:
		return StepActivate
	case MoveRetire:
		return StepRetire
	case MoveContract:
		return StepContract
	case MoveChangeStatus:
		return StepStatus
	case MoveEndContract:
		return StepEndContract
	}
	return "" // revocation and the bookkeeping show no line
}

// failed records why a move failed and reports whether the run goes on: after
// a failed write, or a failed removal of the old certificate, it looks at the
// chip, if the card is still there.
func (w *work) failed(ctx context.Context, c Case, m Move, problem *Error) bool {
	if m.Waits() == WaitsForNothing && ofCard(m) {
		w.closeSession()
	}
	w.e.mu.Lock()
	known := w.cur.problem != nil && w.cur.problem.Code == problem.Code
	w.e.mu.Unlock()
	// A repetition that fails for the same reason says nothing new.
	if step := stepOf(m); step != "" && !known && !fromJournal(problem.Code) {
		err := w.e.commit(ctx, draft{kind: KindStepFailed, of: c.ID, body: StepFailure{
			Attempt: c.Attempt.Number, Step: step, Code: problem.Code, Detail: problem.Detail,
		}})
		if err != nil {
			problem = journalError("record failure", err)
		}
	}
	w.e.update(func() {
		w.cur.problem = problem
		if temporary(problem.Code) {
			w.cur.retry.failed(w.e.cfg.Mono(), 0)
		}
	})
	return (m == MoveWrite || m == MoveRetire && !c.Active()) && problem.Code != CodeRemoved && !fromJournal(problem.Code)
}

// ofCard tells the moves that use the session.
func ofCard(m Move) bool {
	switch m {
	case MoveGenerate, MoveFindKey, MoveSubmit, MoveWrite, MoveRetire, MoveReadBack:
		return true
	}
	return false
}

// temporary tells the problems that may go away by themselves.
func temporary(c Code) bool {
	switch c {
	case CodeNoLink, CodeNoAnswer, CodeBusyCA, CodePending, CodeNotAnchored:
		return true
	}
	return false
}

func fromJournal(c Code) bool {
	switch c {
	case CodeJournal, CodeDiskFull, CodeTampered, CodeUpgrade, CodeErased:
		return true
	}
	return false
}

// pending waits for a decision at the authority, perhaps for days.
func (w *work) pending() {
	w.e.update(func() {
		w.cur.problem = &Error{Code: CodePending}
		w.cur.retry.failed(w.e.cfg.Mono(), pendingPause)
		w.cur.request = RequestUnclear // ask again, then
	})
}

// pendingPause is the shortest wait for somebody's decision.
const pendingPause = 30 * time.Second

// settled ends a run that waits for a person or is over.
func (w *work) settled(m Move) {
	w.e.update(func() {
		w.cur.retry.reset()
		if m == MoveNone || m == MoveAskHandOver {
			w.cur.problem = nil
		}
	})
}

func (w *work) closeSession() {
	if w.session == nil {
		return
	}
	_ = w.session.Close() // the read-back that follows uses a connection of its own
	w.session, w.signer, w.key = nil, nil, KeyUnknown
}

// goOn starts a run if the current case can move without anybody: after a
// card came back, after a restart, when a wait is over. Facts that a resumed
// case lacks are asked for as soon as its card is there.
func (e *Engine) goOn() {
	select {
	case e.op <- struct{}{}:
	default:
		// Somebody is moving the case already, and looks again afterwards.
		e.mu.Lock()
		e.missed = true
		e.mu.Unlock()
		return
	}
	if !e.begin() {
		<-e.op
		return
	}
	if !e.canGoOn() {
		e.release()
		return
	}
	e.background(nil)
}

func (e *Engine) canGoOn() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cur == nil || e.book == nil || e.clerk == nil || e.stop != nil {
		return false
	}
	c, _ := e.book.find(e.cur.id)
	if !c.moves() && !c.undecided() {
		return false
	}
	m := Next(c, e.cardFacts(e.cur.record), e.cur.request)
	return m != MoveNone && m.Waits() == WaitsForNothing
}
