package procedure

import (
	"context"
	"time"
)

// CaseHistory is all that happened in one case.
type CaseHistory struct {
	Row      CaseRow
	Person   Words // empty fields: erased, or never known
	Contract ContractRef
	Serials  []string // of the certificates that came back, hex
	Active   bool     // the last of them is in force
	Entries  []HistoryEntry
	Jobs     []PaperJob // in the order in which they were made
}

// PaperJob is what was made for one print job of a case. With Row.Erased of its
// history it cannot be printed again here.
type PaperJob struct {
	Number  int // 1, 2, …
	At      time.Time
	Clerk   string        // number
	Papers  []PaperRecord // without SHA256, which is sealed
	Printed int           // copies that the printing system took so far, reprints as well
}

// HistoryEntry is one event of a case as a clerk reads it.
type HistoryEntry struct {
	Seq   int64
	At    time.Time
	Clerk string // number
	Kind  Kind
	Sent  bool // the authority holds it
	// What goes with the kind; empty or 0 where it has none.
	Why      Code   // of a refusal or failure
	Step     Step   // that failed
	Action   Action // chosen or proposed
	Serial   string // hex
	Contract string // number
	Count    int    // of copies, PIN tries left (−1 unknown) or certificates
	Failed   bool
}

// CaseHistory gives all that happened in one case.
func (e *Engine) CaseHistory(ctx context.Context, id CaseID) (CaseHistory, error) {
	if err := e.look(ctx, e.cfg.Archive != nil, "archive"); err != nil {
		return CaseHistory{}, err
	}
	c, events, err := e.archived(ctx, id)
	if err != nil {
		return CaseHistory{}, err
	}
	h := CaseHistory{Contract: c.Contract, Serials: c.Serials, Active: c.Active()}
	if h.Row, err = e.row(ctx, c); err != nil {
		return h, err
	}
	if h.Person, _, err = e.words(ctx, id); err != nil {
		return h, err
	}
	acked := e.cfg.Journal.SyncState().Acked
	for _, a := range events {
		event, err := DecodeEvent(a.Raw)
		if err != nil {
			return h, err
		}
		entry := historyOf(event)
		entry.Seq, entry.Sent = a.Seq, a.Seq <= acked
		h.Entries = append(h.Entries, entry)
		h.Jobs = jobsAfter(h.Jobs, event)
	}
	h.Row.Place, h.Row.Sent = h.Entries[0].Seq, h.Entries[len(h.Entries)-1].Sent
	return h, nil
}

// jobsAfter folds one more event into the print jobs of a case.
func jobsAfter(jobs []PaperJob, e Event) []PaperJob {
	switch b := e.Body.(type) {
	case *PapersRendered:
		return append(jobs, PaperJob{Number: len(jobs) + 1, At: e.At, Clerk: e.Clerk, Papers: b.records()})
	case *PapersPrinted:
		n := b.Job
		if n == 0 {
			n = len(jobs)
		}
		if !b.Failed && n >= 1 && n <= len(jobs) {
			jobs[n-1].Printed += b.Copies
		}
	}
	return jobs
}

// historyOf takes from an event what a clerk reads of it.
func historyOf(e Event) HistoryEntry {
	h := HistoryEntry{At: e.At, Clerk: e.Clerk, Kind: e.Kind}
	switch b := e.Body.(type) {
	case *CaseOpened:
		h.Count = b.Tries
	case *FactsLearned:
		h.Serial = b.Serial
	case *ActionChosen:
		h.Action, h.Contract, h.Serial = b.Action, b.Contract, b.Serial
	case *Overridden:
		h.Action = b.Choice
	case *PapersRendered:
		h.Count = b.copies()
	case *PapersPrinted:
		h.Failed = b.Failed
	case *PapersReprint:
		h.Count = b.Copies
	case *PINBegun:
		h.Count = b.Tries
	case *LoginFailed:
		h.Why, h.Count = b.Code, b.Tries
	case *CertificateReceived:
		h.Serial, h.Why = b.Serial, b.Code
	case *EnrolRefused:
		h.Why = b.Code
	case *ReadBack:
		h.Failed = !b.Found
	case *StatusIntent:
		h.Serial, h.Why = b.Serial, b.Why
	case *StatusRefused:
		h.Why = b.Code
	case *StepFailure:
		h.Step, h.Why = b.Step, b.Code
	case *CaseEnded:
		h.Why = b.Reason
	case *Retired:
		h.Count = b.Removed
	case *ContractIntent:
		h.Contract = b.Number
	case *ContractEndIntent:
		h.Contract = b.Number
	case *ChangeIntent:
		h.Serial, h.Action = b.Serial, b.Op
	}
	return h
}
