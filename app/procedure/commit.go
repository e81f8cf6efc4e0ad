package procedure

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// draft is an event before it is stamped.
type draft struct {
	kind  Kind
	of    CaseID
	body  any
	parts []sealed
}

// commit appends the drafts in one transaction and folds them. nil means that
// they are on stable storage. After an error of the journal the drafts may be
// stored or not: the journal is read again, and what is found there counts.
func (e *Engine) commit(ctx context.Context, drafts ...draft) error {
	// What has happened is recorded even if the caller has gone.
	ctx = context.WithoutCancel(ctx)
	e.jmu.Lock()
	defer e.jmu.Unlock()
	if err := e.loadLocked(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	run := e.run
	e.mu.Unlock()
	events, parts, err := e.stamp(run, drafts)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "stamp events", Err: err}
	}
	return e.append(ctx, events, parts)
}

// append tries the events on a copy of what they touch before they are
// stored, because what cannot be folded must never get into the journal.
func (e *Engine) append(ctx context.Context, events [][]byte, parts []Part) error {
	e.mu.Lock()
	trial := e.book.trial()
	e.mu.Unlock()
	for _, raw := range events {
		if err := trial.add(raw); err != nil {
			return &Error{Code: CodeInternal, Detail: "fold new event", Err: err}
		}
	}
	if err := e.cfg.Journal.Append(ctx, events, parts); err != nil {
		return e.doubtful(ctx, events, journalError("append", err))
	}
	e.folded(ctx, trial)
	return nil
}

// doubtful finds out what became of a failed append.
func (e *Engine) doubtful(ctx context.Context, events [][]byte, cause *Error) error {
	e.mu.Lock()
	before := e.book.size
	e.stale = true
	e.mu.Unlock()
	found := 0
	check := func(seq int64, raw []byte) {
		if i := seq - before - 1; i >= 0 && i < int64(len(events)) && bytes.Equal(raw, events[i]) {
			found++
		}
	}
	if err := e.replay(ctx, check); err != nil || found < len(events) {
		return cause
	}
	return nil
}

// folded puts a new state of the journal into force.
func (e *Engine) folded(ctx context.Context, next *book) {
	records, unread := e.recordsOf(ctx, next)
	e.update(func() {
		e.book, e.records, e.unread, e.stale = next, records, unread, false
	})
	e.wakeSync(e.cfg.Settings.SyncDelay)
}

// recordsOf opens the records of the cases that have not ended, as far as
// they are not open yet. One that was erased is left out; one that cannot be
// read is tried again next time, and until then nobody knows whether a card is
// its card.
func (e *Engine) recordsOf(ctx context.Context, b *book) (records map[CaseID]record, unread *Error) {
	e.mu.Lock()
	have := e.records
	e.mu.Unlock()
	records = map[CaseID]record{}
	for _, c := range b.open() {
		r, ok := have[c.ID]
		if !ok {
			if err := e.partJSON(ctx, c.ID, PartRecord, &r); err != nil {
				if problem := journalError("record of "+c.Number, err); problem.Code != CodeErased {
					unread = problem
				}
				continue
			}
		}
		records[c.ID] = r
	}
	return records, unread
}

// stamp makes the bytes and the openings of the drafts, preceded by a notice
// if the clock was found to have been set.
func (e *Engine) stamp(run int64, drafts []draft) ([][]byte, []Part, error) {
	at, mono := e.cfg.Now(), e.cfg.Mono()
	e.mu.Lock()
	b, clerk := e.book, ""
	if e.clerk != nil {
		clerk = e.clerk.Person().Number
	}
	e.mu.Unlock()
	if jump := clockJump(b, run, at, mono); jump != nil {
		drafts = append([]draft{{kind: KindClockJumped, body: *jump}}, drafts...)
	}
	var events [][]byte
	var parts []Part
	for _, d := range drafts {
		ev := Event{Kind: d.kind, Case: d.of, At: at, Run: run, Mono: mono, Clerk: clerk, Body: d.body, Commits: map[string]string{}}
		for _, s := range d.parts {
			opening := s.opening()
			ev.Commits[s.name] = commitment(opening)
			parts = append(parts, Part{Case: d.of, Name: s.name, Opening: opening})
		}
		raw, err := ev.Encode()
		if err != nil {
			return nil, nil, err
		}
		events = append(events, raw)
	}
	return events, parts, nil
}

// maxClockSlip is how far wall and monotonic clock may drift apart between two
// events before the wall clock is said to have been set.
const maxClockSlip = 2 * time.Second

// clockJump compares the time of a new event with the last one. Times are
// never mended; the jump is recorded.
func clockJump(b *book, run int64, at time.Time, mono time.Duration) *ClockJumped {
	if b.size == 0 {
		return nil
	}
	wall := at.Sub(b.lastAt)
	jumped := wall < -maxClockSlip
	if b.run == run {
		slip := wall - (mono - b.lastMono)
		jumped = jumped || slip < -maxClockSlip || slip > maxClockSlip
	}
	if !jumped {
		return nil
	}
	return &ClockJumped{
		LastAt: b.lastAt.UnixMilli(), LastMono: b.lastMono.Milliseconds(),
		At: at.UnixMilli(), Mono: mono.Milliseconds(),
	}
}

// load makes sure that the journal has been read.
func (e *Engine) load(ctx context.Context) error {
	e.jmu.Lock()
	defer e.jmu.Unlock()
	return e.loadLocked(context.WithoutCancel(ctx))
}

func (e *Engine) loadLocked(ctx context.Context) error {
	e.mu.Lock()
	loaded, run := e.book != nil && !e.stale, e.run
	e.mu.Unlock()
	if !loaded {
		if err := e.replay(ctx, nil); err != nil {
			return err
		}
	}
	if run != 0 {
		return nil
	}
	return e.started(ctx)
}

// started records the start of the program, once in its life, and with which
// settings.
func (e *Engine) started(ctx context.Context) error {
	e.mu.Lock()
	run, last, crash := e.book.run+1, e.book.settings, e.cfg.Crash
	if crash == e.book.crash {
		crash = "" // an earlier start named it
	}
	e.mu.Unlock()
	drafts := []draft{{kind: KindAppStarted, body: AppStarted{e.cfg.Version, e.cfg.Trust, crash}}}
	if c := changes(last, e.cfg.File); len(c) > 0 {
		drafts = append(drafts, draft{kind: KindSettingsChanged, body: SettingsChanged{c}})
	}
	events, _, err := e.stamp(run, drafts)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "stamp start", Err: err}
	}
	if err := e.append(ctx, events, nil); err != nil {
		return err
	}
	e.update(func() { e.run = run })
	return nil
}

// replay folds the whole journal anew; each sees every event.
func (e *Engine) replay(ctx context.Context, each func(seq int64, raw []byte)) error {
	b := newBook()
	err := e.cfg.Journal.Replay(ctx, func(seq int64, raw []byte) error {
		if seq != b.size+1 {
			return &Error{Code: CodeTampered, Detail: fmt.Sprintf("event %d follows %d", seq, b.size)}
		}
		if each != nil {
			each(seq, raw)
		}
		return b.add(raw)
	})
	if err != nil {
		problem := journalError("replay", err)
		if problem.Code == CodeTampered || problem.Code == CodeUpgrade {
			e.update(func() { e.stop = problem })
		}
		return problem
	}
	e.folded(ctx, b)
	return nil
}
