package procedure

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Case is one visit of one citizen with one card, folded from the events of
// the journal. It holds no personal data.
type Case struct {
	ID      CaseID
	Number  string
	Action  Action
	DocType DocType
	Opened  time.Time
	Tries   int // when the case was opened

	PersonDone  bool
	Person      PersonAnswers
	Contract    ContractRef
	Papers      []PaperRecord // without SHA256, which is sealed
	Rendered    int           // how many times papers were rendered
	Printed     bool
	PapersDone  bool
	Ticks       PaperTicks
	EmailDone   bool
	EmailWanted Answer
	Emails      int // how many answers were given: numbers the sealed parts
	ContentDone bool

	PINVerified int // how many times a PIN was accepted
	Attempt     Attempt
	Orphans     []string // key ids that may still lie on the card, without use
	Steps       map[Step]StepView

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
	Refused     Code
	Why         Code   // of an unusable or revoked certificate
	Detail      string // of refusal and unusable certificate, for support
	WriteBegun  bool   // the certificate is perhaps on the card
	ReadBack    string // SHA-256 of the certificate seen on the chip, hex
	Others      int    // other certificates on the chip
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

// openCase folds the first event of a case.
func openCase(e Event, b *CaseOpened) Case {
	return Case{
		ID: e.Case, Number: b.Number, Action: b.Action, DocType: b.DocType, Opened: e.At, Tries: b.Tries,
		Attempt: Attempt{Number: 1}, Commits: maps.Clone(e.Commits),
	}
}

// apply folds one more event; c itself is not changed.
func (c Case) apply(e Event) (Case, error) {
	if c.Over() {
		return c, fmt.Errorf("%s after the end of case %s", e.Kind, c.ID)
	}
	if len(e.Commits) > 0 {
		c.Commits = maps.Clone(c.Commits)
		maps.Copy(c.Commits, e.Commits)
	}
	c.Steps = stepsAfter(c.Steps, e)
	if c.applyScreens(e) || c.applyKey(e) || c.applyRequest(e) || c.applyCertificate(e) {
		return c, nil
	}
	return c, c.applyEnd(e)
}

// applyScreens folds what the clerk confirmed.
func (c *Case) applyScreens(e Event) bool {
	switch b := e.Body.(type) {
	case *PersonConfirmed:
		c.Person = PersonAnswers{Face: b.Face, KnowsPIN: b.KnowsPIN, LastTry: b.LastTry}
		c.PersonDone = b.Contract != ""
		if c.PersonDone {
			c.Contract = ContractRef{Number: b.Contract, Date: Today(e.At)}
		}
	case *PapersRendered:
		c.Papers = slices.Clone(c.Papers)
		c.Rendered++
		for _, p := range b.Papers {
			c.Papers = append(c.Papers, PaperRecord{
				Kind: p.Kind, Copies: p.Copies, Version: p.Version, Template: p.Template, Script: p.Script,
			})
		}
	case *PapersPrinted:
		c.Printed = !b.Failed
	case *PapersConfirmed:
		c.Ticks, c.PapersDone = b.ticks(), true
	case *EmailAnswered:
		c.EmailWanted, c.EmailDone = b.Wanted, true
		c.Emails++
	case *ContentConfirmed:
		c.ContentDone = true
	case *CaseReopened:
		c.reopen(b.To)
	case *PINBegun, *PINLeft, *LoginFailed:
	default:
		return e.Kind == KindCaseParked || e.Kind == KindCaseResumed || e.Kind == KindLogin
	}
	return true
}

// reopen opens the screen and all later ones again. Answers and address stay
// as a proposal; ticks are confirmations about paper and are given anew.
func (c *Case) reopen(to Phase) {
	switch to {
	case PhasePerson:
		c.PersonDone = false
		fallthrough
	case PhasePapers:
		c.PapersDone, c.Ticks = false, PaperTicks{}
		fallthrough
	case PhaseEmail:
		c.EmailDone = false
		fallthrough
	case PhaseContent:
		c.ContentDone = false
	}
}

// applyKey folds login and key pair.
func (c *Case) applyKey(e Event) bool {
	switch b := e.Body.(type) {
	case *Generate:
		if old := c.Attempt.KeyID; old != "" {
			c.Orphans = append(slices.Clone(c.Orphans), old)
		}
		c.Attempt.KeyID, c.Attempt.PublicKey = b.KeyID, ""
	case *Key:
		c.Attempt.PublicKey = b.PublicKey
		c.Orphans = slices.DeleteFunc(slices.Clone(c.Orphans), func(id string) bool {
			return slices.Contains(b.Deleted, id)
		})
	default:
		if e.Kind != KindPINVerified {
			return false
		}
		c.PINVerified++
	}
	return true
}

// applyRequest folds the request and its answer.
func (c *Case) applyRequest(e Event) bool {
	a := &c.Attempt
	switch b := e.Body.(type) {
	case *Submit:
		a.CSR, a.CSRPart, a.Submitted = b.CSR, b.Part, e.At
	case *CertificateReceived:
		a.Certificate, a.CertPart, a.Serial = b.SHA256, b.Part, b.Serial
		a.Unusable, a.Why, a.Detail = e.Kind == KindUnusable, b.Code, b.Detail
	case *EnrolRefused:
		a.Refused, a.Detail = b.Code, b.Detail
	default:
		return false
	}
	return true
}

// applyCertificate folds what happened to the certificate.
func (c *Case) applyCertificate(e Event) bool {
	a := &c.Attempt
	switch b := e.Body.(type) {
	case *ReadBack:
		a.WriteBegun, a.Others = false, b.Others
		if b.Found {
			a.ReadBack = b.SHA256
		}
	case *StatusIntent:
		if e.Kind == KindActivate {
			a.ActivateID = b.ID
			return true
		}
		a.RevokeID, a.Reason, a.Why = b.ID, b.Reason, b.Why
	case *StepFailure:
	case *OfAttempt:
		switch e.Kind {
		case KindWrite:
			a.WriteBegun = true
		case KindActive:
			a.Active = true
		case KindRevoked:
			a.Revoked = true
		case KindAttemptBegun:
			if a.KeyID != "" {
				c.Orphans = append(slices.Clone(c.Orphans), a.KeyID)
			}
			c.Attempt = Attempt{Number: b.Attempt}
		}
	default:
		return false
	}
	return true
}

// applyEnd folds the ends of a case. Kinds that this version does not know
// are passed over.
func (c *Case) applyEnd(e Event) error {
	switch b := e.Body.(type) {
	case *CaseEnded:
		if e.Kind == KindWithdrawn {
			c.Withdrawn = b.Reason
			return nil
		}
		c.Refused, c.Ended = b.Reason, e.At
	case *HandedOver:
		c.HandOver = HandOverTicks{CardReturned: b.CardReturned, CitizenPapers: b.CitizenPapers, Archived: b.Archived}
		c.HandedOver = true
	case *CaseClosed:
		c.Closed, c.Ended = true, e.At
	case nil:
	default:
		return fmt.Errorf("%s does not belong into case %s", e.Kind, c.ID)
	}
	return nil
}

// stepsAfter folds the progress of the work: an intent starts a step, its
// result ends it.
func stepsAfter(steps map[Step]StepView, e Event) map[Step]StepView {
	starts := map[Kind]Step{
		KindLogin: StepCard, KindGenerate: StepKey, KindSubmit: StepRequest,
		KindWrite: StepWrite, KindWritten: StepReadBack, KindActivate: StepActivate,
	}
	ends := map[Kind]Step{
		KindPINVerified: StepCard, KindKey: StepKey, KindCertificate: StepRequest,
		KindWritten: StepWrite, KindReadBack: StepReadBack, KindActive: StepActivate,
	}
	set := func(s StepView) {
		steps = maps.Clone(steps)
		if steps == nil {
			steps = map[Step]StepView{}
		}
		steps[s.Step] = s
	}
	if s, ok := ends[e.Kind]; ok {
		v := steps[s]
		v.Step, v.State, v.Took = s, StepDone, e.At.Sub(v.Started)
		if b, isReadBack := e.Body.(*ReadBack); isReadBack && !b.Found {
			v.State = StepFailed
		}
		set(v)
	}
	if s, ok := starts[e.Kind]; ok {
		set(StepView{Step: s, State: StepNow, Started: e.At})
	}
	failed := func(s Step) {
		v := steps[s]
		v.Step, v.State, v.Took = s, StepFailed, e.At.Sub(v.Started)
		set(v)
	}
	switch e.Kind {
	case KindStepFailed:
		if b, ok := e.Body.(*StepFailure); ok {
			failed(b.Step)
		}
	case KindLoginFailed:
		failed(StepCard)
	case KindRefusal, KindUnusable:
		failed(StepRequest)
	case KindAttemptBegun:
		return nil
	}
	return steps
}
