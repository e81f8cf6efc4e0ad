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
	}
	h.Row.Place, h.Row.Sent = h.Entries[0].Seq, h.Entries[len(h.Entries)-1].Sent
	return h, nil
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
		for _, p := range b.Papers {
			h.Count += p.Copies
		}
	case *PapersPrinted:
		h.Failed = b.Failed
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
