package procedure

import (
	"context"
	"time"
)

// Archive is the journal as people look into it: lists of cases, the history
// of one, what still waits for the authority. The engine itself goes on from
// Journal alone.
type Archive interface {
	// Places returns where the cases chosen by q begin, the one opened last
	// first. A place is the number of a case's first event; it never changes.
	Places(ctx context.Context, q PlaceQuery) ([]int64, error)
	// At returns the cases that begin at these places; what is no such place
	// is left out.
	At(ctx context.Context, places []int64) ([]ArchivedCase, error)
	// CaseEvents returns the events of a case in order; none if there is no
	// such case.
	CaseEvents(ctx context.Context, id CaseID) ([]ArchivedEvent, error)
	// Unsent returns the first events that the authority is not known to hold,
	// in order, at most limit.
	Unsent(ctx context.Context, limit int) ([]ArchivedEvent, error)
	// HandOver writes what the authority does not hold into a file sealed for
	// it, for a counter whose network stays down.
	HandOver(ctx context.Context) (HandedOverFile, error)
	// Copy makes a copy of the journal and verifies it.
	Copy(ctx context.Context) (JournalCopy, error)
}

// PlaceQuery chooses cases; all that is given must hold.
type PlaceQuery struct {
	Search CaseSearch // zero: any
	Only   []CaseID   // one of these; nil: any
	After  int64      // the last event of the case is a later one; 0: any
}

// ArchivedCase is a case as the list of the journal has it.
type ArchivedCase struct {
	ID          CaseID
	Place, Last int64 // numbers of its first and last event
}

// ArchivedEvent is one event as stored.
type ArchivedEvent struct {
	Seq int64 // 1, 2, 3, …
	Raw []byte
}

// HandedOverFile is a file for the authority.
type HandedOverFile struct {
	Path     string
	From, To int64 // numbers of its first and last event; To < From: none
	Parts    int   // sealed parts
}

// JournalCopy is a verified copy of the journal.
type JournalCopy struct {
	Path   string
	Events int64
}

// CaseSearcher finds cases of all counters at the authority: a counter whose
// personal data were erased knows no names any more.
type CaseSearcher interface {
	// SearchCases asks in the name of the signed-in clerk; inquiry is a UUID
	// under which the authority records the question. more: there are more
	// than were told.
	SearchCases(ctx context.Context, inquiry string, s CaseSearch) (found []RemoteCase, more bool, err error)
}

// RemoteCase is a case as the authority knows it.
type RemoteCase struct {
	ID             CaseID
	Number         string // empty: not known
	Counter        string
	At             time.Time // of its contract or request, else of its opening
	Surname        string
	GivenName      string
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Contract       string // number
	Certificates   []RemoteCertificate
}

// RemoteCertificate is a certificate that was issued in a case.
type RemoteCertificate struct {
	Serial string // hex
	State  CertState
	Since  time.Time // of the state
}
