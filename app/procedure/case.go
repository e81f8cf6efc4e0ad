package procedure

import (
	"maps"
	"slices"
	"time"
)

// Case is one visit of one citizen with one card, folded from the events of
// the journal. It holds no personal data.
type Case struct {
	ID      CaseID
	Number  string
	Action  Action // empty: not chosen yet
	DocType DocType
	Opened  time.Time
	Tries   int      // when the case was opened
	NoCard  bool     // about a card that is not there
	Clerks  []string // numbers of all who worked on it

	Facts     *Facts // as learned last, without the register's list; nil: never
	Learned   int    // how many times facts were learned: numbers the sealed parts
	Overrides int    // how many overrides were signed
	Override  Overridden
	SignedAt  time.Time // when the override was signed

	PersonDone bool
	Person     PersonAnswers // of screen A, with service, unblock and status as chosen
	Service    Service
	Unblock    Unblock
	Status     StatusAnswers // without Document, which is sealed
	Documents  int           // how many were noted: numbers the sealed parts
	Contract   ContractRef   // of the case; at renewal the register's
	Own        ContractRef   // given out to this case, and concluded in it

	Papers      []PaperRecord // without SHA256, which is sealed
	Rendered    int           // how many times papers were rendered
	Printed     bool
	Due         int // copies of the papers that were rendered last
	Copies      int // printed so far
	Brought     []BroughtForm
	PapersDone  bool
	Ticks       PaperTicks
	Received    time.Time // of Obrazac 3
	EmailDone   bool
	EmailWanted Answer
	Emails      int // how many answers were given: numbers the sealed parts
	Confirmed   int // how often the operator did: numbers the sealed parts
	ContentDone bool

	Reset       Unblock // how the PIN was unblocked last, since the choice; empty: not yet
	UnblockDone bool    // and the citizen showed that he knows it
	Unblocked   bool    // the counter was reset at least once
	PINChanged  bool    // a new PIN was set at least once
	PUKRefused  bool    // an unblock failed for its PUK: the next one would use up another try

	ContractID    string // of its registration; empty: none is due
	ContractText  string // SHA-256 of the template, hex
	ContractDone  bool   // registered
	ContractEndID string
	ContractEndAt time.Time // when its end was asked for
	ContractEnded bool

	Serials     []string // of all certificates that came back in this case, hex
	PINVerified int      // how many times a PIN was accepted
	Attempt     Attempt
	Orphans     []string // key ids that may still lie on the card, without use
	Steps       map[Step]StepView

	Retired       int  // old signing certificates removed from the chip
	RetireSkipped bool // the clerk left them there

	StatusID      string // of the change; empty: no intent yet
	StatusReason  int    // CRL reason code
	StatusAt      time.Time
	StatusRefused Code
	StatusDetail  string

	Withdrawn  Code // reason; the case ends as soon as nothing is left at the authority
	Refused    Code // reason; the case is over
	HandOver   HandOverTicks
	HandedOver bool
	Closed     bool
	Ended      time.Time
	Commits    map[string]string // of all parts
}

// Attempt is one request for one certificate. Another begins only after this
// one ended in a recorded refusal or revocation.
type Attempt struct {
	Number      int
	KeyID       string // CKA_ID of the last key asked for, hex
	PublicKey   string // SHA-256 of the SubjectPublicKeyInfo, hex; empty until the key is known to exist
	CSR         string // SHA-256, hex; empty until the intent to submit
	CSRPart     string
	Submitted   time.Time // of the intent to submit
	Certificate string    // SHA-256 of the leaf, hex
	CertPart    string
	Serial      string
	Unusable    bool
	Resent      bool // perhaps there is another certificate for the key
	Refused     Code
	Why         Code   // of an unusable or revoked certificate
	Detail      string // of refusal and unusable certificate, for support
	WriteBegun  bool   // the certificate is perhaps on the card
	Written     bool   // the token took it and its key answered; not looked at yet
	RetireTried bool   // an old certificate is perhaps gone
	ReadBack    string // SHA-256 of the certificate seen on the chip, hex
	Others      int    // other certificates on the chip
	Old         int    // other signing certificates on the chip, as last seen
	ActivateID  string
	Active      bool
	RevokeID    string
	Reason      int
	Revoked     bool
}

// Over reports whether the case has ended.
func (c Case) Over() bool { return c.Closed || c.Refused != "" }

// Active reports whether the certificate of the case is in force.
func (c Case) Active() bool { return c.Attempt.Active }

// undecided reports whether nothing can be proposed yet: journals of the first
// version chose the action when a case was opened.
func (c Case) undecided() bool { return c.Action == "" && c.Learned == 0 }

// open reports whether the facts still count: nothing has come of the case yet
// that they could not change.
func (c Case) open() bool {
	return !c.Over() && c.Withdrawn == "" && c.Attempt.Certificate == "" && c.StatusAt.IsZero()
}

// madeSerial reports whether the certificate came back in this case.
func (c Case) madeSerial(serial string) bool {
	return slices.ContainsFunc(c.Serials, func(s string) bool { return sameSerial(s, serial) })
}

// begun reports whether work on the card or at the authority has begun: from
// then on the action stands.
func (c Case) begun() bool {
	return c.PINVerified > 0 || c.Attempt.Number > 1 || c.StatusID != ""
}

// moves reports whether the case can move by itself: its papers are done and
// somebody started the work, or it is being given up.
func (c Case) moves() bool {
	return c.Withdrawn != "" || c.PINVerified > 0 || c.Action.ChangesStatus() && c.PapersDone
}

// unblockPending reports whether the unblock is still due.
func (c Case) unblockPending() bool { return c.Unblock != UnblockNone && !c.UnblockDone }

// resetDue reports whether the counter has still to be reset.
func (c Case) resetDue() bool { return c.unblockPending() && c.Reset == UnblockNone }

// pinMode is what the citizen types next.
func (c Case) pinMode() PINMode {
	switch {
	case !c.unblockPending(), c.Reset == UnblockChange:
		return PINEnter
	case c.Unblock == UnblockChange:
		return PINNew
	}
	return PINKept
}

// contractDue reports whether the contract has to be registered.
func (c Case) contractDue() bool { return c.ContractID != "" && !c.ContractDone }

// contractPerhaps reports whether the authority may know of a contract that a
// refused case must not leave behind. It is sent after the intent to submit.
func (c Case) contractPerhaps() bool {
	return c.ContractID != "" && !c.ContractEnded && (c.ContractDone || c.Attempt.CSR != "" || c.Attempt.Number > 1)
}

// retireFirst reports whether the old certificate may go within the session in
// which the new one was written: only if it is in force no more, so that its
// holder loses nothing should the new one not come into force.
func (c Case) retireFirst() bool {
	if c.Attempt.Old == 0 || c.Attempt.RetireTried || c.Facts == nil {
		return false
	}
	switch c.Facts.Certificate {
	case CertValid, CertSuspended, CertUnknown:
		return false
	}
	return true
}

// retireDue reports whether an old signing certificate is left on the chip.
func (c Case) retireDue() bool { return c.Attempt.Old > 0 && !c.RetireSkipped }

// openCase folds the first event of a case.
func openCase(e Event, b *CaseOpened) Case {
	c := Case{
		ID: e.Case, Number: b.Number, Action: b.Action, DocType: b.DocType, Opened: e.At, Tries: b.Tries,
		NoCard: b.NoCard, Attempt: Attempt{Number: 1}, Commits: maps.Clone(e.Commits),
	}
	if e.Clerk != "" {
		c.Clerks = []string{e.Clerk}
	}
	return c
}

// after gives the case with the event's clerk and commitments.
func (c Case) after(e Event) Case {
	if e.Clerk != "" && !slices.Contains(c.Clerks, e.Clerk) {
		c.Clerks = append(slices.Clip(c.Clerks), e.Clerk)
	}
	if len(e.Commits) > 0 {
		c.Commits = maps.Clone(c.Commits)
		maps.Copy(c.Commits, e.Commits)
	}
	return c
}
