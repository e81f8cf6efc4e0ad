package procedure

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// renderedPapers is the content of a part papers-N. Journals of the first
// versions hold the list of papers alone.
type renderedPapers struct {
	Papers []PaperRecord `json:"papers"`
	Stamp  *paperStamp   `json:"stamp,omitempty"`
}

// paperStamp is what stands on papers and follows from nothing else that is
// kept of their case: when, where and by whom they were made, and under which
// settings. With it they can be made again as they were.
type paperStamp struct {
	Now             time.Time `json:"now"`
	Demo            bool      `json:"demo,omitempty"`
	Office          string    `json:"office"`
	Counter         string    `json:"counter"`
	ClerkNumber     string    `json:"clerk_number"`
	ClerkName       string    `json:"clerk_name"`
	Fingerprint     string    `json:"fingerprint"` // of the clerk
	Size            int64     `json:"size"`        // of the journal
	Root            string    `json:"root"`        // of the journal, hex
	Script          string    `json:"script"`
	FormOption      int       `json:"form_option,omitempty"`
	StatusForm      int       `json:"status_form,omitempty"`
	KeepUntil       Date      `json:"keep_until"`
	EarliestRenewal Date      `json:"earliest_renewal"`
}

func stampOf(d PaperData) *paperStamp {
	return &paperStamp{
		Now: d.Now, Demo: d.Demo, Office: d.Office, Counter: d.Counter, ClerkNumber: d.Clerk.Number,
		ClerkName: d.Clerk.Name, Fingerprint: d.Clerk.Fingerprint, Size: d.Head.Size, Root: hex.EncodeToString(d.Head.Root[:]),
		Script: d.Script, FormOption: d.FormOption, StatusForm: d.StatusForm,
		KeepUntil: d.KeepUntil, EarliestRenewal: d.EarliestRenewal,
	}
}

// on puts the stamp on the data of papers.
func (s *paperStamp) on(d *PaperData) error {
	if err := unhex(s.Root, &d.Head.Root); err != nil {
		return err
	}
	d.Now, d.Demo, d.Office, d.Counter, d.Head.Size = s.Now, s.Demo, s.Office, s.Counter, s.Size
	d.Clerk = ClerkPerson{Number: s.ClerkNumber, Name: s.ClerkName, Fingerprint: s.Fingerprint}
	d.Script, d.FormOption, d.StatusForm = s.Script, s.FormOption, s.StatusForm
	d.KeepUntil, d.EarliestRenewal = s.KeepUntil, s.EarliestRenewal
	return nil
}

// rendered opens what was sealed with the nth rendering of a case.
func (e *Engine) rendered(ctx context.Context, id CaseID, n int) (renderedPapers, error) {
	var r renderedPapers
	content, err := e.part(ctx, id, partPapers(n))
	if err != nil {
		return r, err
	}
	if bytes.HasPrefix(content, []byte("[")) {
		err = json.Unmarshal(content, &r.Papers)
	} else {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		return r, &Error{Code: CodeTampered, Detail: "part " + partPapers(n), Err: err}
	}
	return r, nil
}

// aboutPapers reports whether the event may follow the end of its case, of
// which it changes nothing.
func (e Event) aboutPapers() bool {
	return e.Kind == KindPapersRendered || e.Kind == KindPapersPrinted || e.Kind == KindPapersReprint
}

// reprints reports whether the event is of a reprint, which may come when
// nothing is remembered of its case any more.
func (e Event) reprints() bool {
	switch b := e.Body.(type) {
	case *PapersReprint:
		return true
	case *PapersPrinted:
		return b.Job > 0
	}
	return false
}

// paperJob gives a case as it was when the papers of a job were made, and what
// was made.
func (e *Engine) paperJob(ctx context.Context, id CaseID, job int) (Case, *PapersRendered, error) {
	events, err := e.cfg.Archive.CaseEvents(ctx, id)
	if err != nil {
		return Case{}, nil, journalError("read case", err)
	}
	n := 0
	for i, a := range events {
		event, err := DecodeEvent(a.Raw)
		if err != nil {
			return Case{}, nil, err
		}
		body, ok := event.Body.(*PapersRendered)
		if !ok {
			continue
		}
		if n++; n == job {
			c, err := foldCase(id, events[:i])
			return c, body, err
		}
	}
	return Case{}, nil, &Error{Code: CodeNoCase, Detail: "no such papers"}
}

// ReprintData is what the papers of an earlier print job are filled with.
func (e *Engine) ReprintData(ctx context.Context, id CaseID, job int) (PaperData, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return PaperData{}, err
	}
	c, body, err := e.paperJob(ctx, id, job)
	if err != nil {
		return PaperData{}, err
	}
	cur := &current{id: id}
	if err := e.partJSON(ctx, id, PartRecord, &cur.record); err != nil {
		return PaperData{}, err
	}
	made, err := e.rendered(ctx, id, job)
	if err != nil {
		return PaperData{}, err
	}
	if made.Stamp == nil {
		return PaperData{}, &Error{Code: CodePaperLost, Detail: "an earlier version made them"}
	}
	if err := e.recall(ctx, c, cur); err != nil {
		return PaperData{}, err
	}
	d := c.paperData(cur, body.kinds())
	if err := made.Stamp.on(&d); err != nil {
		return PaperData{}, &Error{Code: CodeTampered, Detail: "part " + partPapers(job), Err: err}
	}
	d.Again = made.Papers
	return d, nil
}

// kinds are the kinds of the papers, each once: a foreigner's sheet is made in
// two languages.
func (b *PapersRendered) kinds() []PaperKind {
	var kinds []PaperKind
	for _, p := range b.Papers {
		if !slices.Contains(kinds, p.Kind) {
			kinds = append(kinds, p.Kind)
		}
	}
	return kinds
}

// RecordReprint journals that the papers of an earlier job are printed once
// more, before they are. Papers that are not the very ones are refused: a paper
// that was signed is not given out with another content.
func (e *Engine) RecordReprint(ctx context.Context, id CaseID, job int, docs []PaperRecord) error {
	leave, body, err := e.enterReprint(ctx, "RecordReprint", id, job)
	if err != nil {
		return err
	}
	defer leave()
	made, err := e.rendered(ctx, id, job)
	if err != nil {
		return err
	}
	if !slices.Equal(docs, made.Papers) {
		return &Error{Code: CodePaperLost, Detail: "they differ from those that were made"}
	}
	return e.commit(ctx, draft{kind: KindPapersReprint, of: id, body: PapersReprint{Job: job, Copies: body.copies()}})
}

// RecordReprinted journals what became of a reprint.
func (e *Engine) RecordReprinted(ctx context.Context, id CaseID, job int, printErr error) error {
	leave, body, err := e.enterReprint(ctx, "RecordReprinted", id, job)
	if err != nil {
		return err
	}
	defer leave()
	return e.commit(ctx, draft{kind: KindPapersPrinted, of: id, body: PapersPrinted{Failed: printErr != nil, Copies: body.copies(), Job: job}})
}

// enterReprint is enter for a print job of any case.
func (e *Engine) enterReprint(ctx context.Context, method string, id CaseID, job int) (leave func(), body *PapersRendered, err error) {
	leave, err = e.enter(ctx, method)
	if err != nil {
		return nil, nil, err
	}
	// Nobody can sign out from here on: each print has somebody who did it.
	if err = e.look(ctx, e.cfg.Archive != nil, "archive"); err == nil {
		_, body, err = e.paperJob(ctx, id, job)
	}
	if err != nil {
		leave()
		return nil, nil, err
	}
	return leave, body, nil
}
