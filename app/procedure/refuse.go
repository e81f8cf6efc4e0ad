package procedure

import (
	"context"
	"slices"
)

// RefuseCard opens a case with a card that cannot be served and refuses it in
// the same commit, so that its holder gets a slip with the next step. It takes
// cards that cannot even be read; such a case names nobody.
func (e *Engine) RefuseCard(ctx context.Context, reason Code) error {
	leave, err := e.enterNew(ctx, "RefuseCard")
	if err != nil {
		return err
	}
	defer leave()
	if reason == "" {
		return &Error{Code: CodeAnswerOpen, Fields: []string{FieldReason}}
	}
	r, err := e.cardRead(ctx)
	if r.event.State != ReaderCard && r.event.State != ReaderMute {
		e.mu.Lock()
		r = e.reader
		e.mu.Unlock()
	}
	switch {
	case r.event.State != ReaderCard && r.event.State != ReaderMute:
		return &Error{Code: CodeNoCard}
	case err != nil && !refusable(asError("", "", err).Code):
		return err // it says something about the reader, not about the card
	case err == nil && e.hasOpenCase(*r.identity, *r.chip):
		return &Error{Code: CodeNotNow, Detail: "the card has an unfinished case"}
	}
	return e.start(ctx, refusedOpening(r, reason))
}

// refusable tells the troubles for which the holder needs another card, or at
// least a slip.
func refusable(c Code) bool {
	return turnsAway(c) || slices.Contains([]Code{CodeMute, CodeNoPKI, CodeNoCard, CodeCardFailure}, c)
}

func refusedOpening(r readerState, reason Code) opening {
	o := opening{refuse: reason, body: CaseOpened{Checked: "none", Tries: -1}}
	if r.identity != nil {
		o.body.DocType, o.body.Checked = r.identity.DocType, "sod"
		o.files = r.identity.Files
		o.record = newRecord(*r.identity, "")
	}
	if r.chip != nil && r.identity != nil {
		o.record.Token, o.body.Tries = r.chip.Serial, r.chip.Tries
	}
	if r.verdict != nil {
		o.body.Warnings = r.verdict.Warnings
	}
	return o
}
