package procedure

import (
	"fmt"
	"slices"
	"time"
)

// apply folds one more event; c itself is not changed.
func (c Case) apply(e Event) (Case, error) {
	if c.Over() && !e.aboutPapers() {
		return c, fmt.Errorf("%s after the end of case %s", e.Kind, c.ID)
	}
	c = c.after(e)
	c.Steps = c.stepsAfter(e)
	for _, fold := range []func(*Case, Event) bool{
		(*Case).applyFacts, (*Case).applyScreens, (*Case).applyPapers, (*Case).applyUnblock, (*Case).applyKey,
		(*Case).applyRequest, (*Case).applyContract, (*Case).applyCertificate, (*Case).applyRetire, (*Case).applyStatus,
	} {
		if fold(&c, e) {
			return c, nil
		}
	}
	return c, c.applyEnd(e)
}

// applyFacts folds what was learned and decided.
func (c *Case) applyFacts(e Event) bool {
	switch b := e.Body.(type) {
	case *FactsLearned:
		facts := b.facts(e.At)
		c.Facts = &facts
		c.Learned++
		c.Override = Overridden{} // it was signed over other facts
	case *Overridden:
		c.Override, c.SignedAt = *b, e.At
		c.Overrides++
	case *ActionChosen:
		c.choose(*b)
		if len(e.Commits) > 0 {
			c.Documents++
		}
	default:
		return false
	}
	return true
}

// choose takes the action over. A new choice of the unblock begins it anew, and
// asks for other papers, as another action does. A contract that was signed for
// another choice, and of which nobody was told, is none.
func (c *Case) choose(b ActionChosen) {
	if b.Action != ActionIssue && !c.begun() {
		c.ContractID, c.ContractText, c.ContractDone = "", "", false
	}
	status := StatusAnswers{Op: b.Op, Serial: b.Serial, Reason: b.Reason, EndContract: b.EndContract}
	if b.Action != c.Action {
		c.forgetPaper(PaperRequest)
	}
	if b.Unblock != c.Unblock {
		c.forgetPaper(PaperUnblock)
	}
	if status != c.Status {
		c.forgetPaper(PaperStatus)
	}
	if b.Action != c.Action || b.Unblock != c.Unblock || status != c.Status {
		c.Printed = false
	}
	c.PersonDone = true
	c.Action, c.Service, c.Contract = b.Action, b.Service, ContractRef{Number: b.Contract, Date: b.ContractDay}
	c.Unblock, c.Reset, c.UnblockDone = b.Unblock, UnblockNone, false
	c.Status = status
	c.Person.Service, c.Person.Unblock, c.Person.Status, c.Person.Choice = b.Service, b.Unblock, c.Status, b.Action
}

// forgetPaper drops a form that asks for something else than the case does now:
// it is made or brought anew.
func (c *Case) forgetPaper(k PaperKind) {
	c.Papers = slices.DeleteFunc(slices.Clone(c.Papers), func(p PaperRecord) bool { return p.Kind == k })
	c.Brought = slices.DeleteFunc(slices.Clone(c.Brought), func(b BroughtForm) bool { return b.Kind == k })
}

// applyScreens folds what the clerk confirmed.
func (c *Case) applyScreens(e Event) bool {
	switch b := e.Body.(type) {
	case *PersonConfirmed:
		c.Person = PersonAnswers{Face: b.Face, KnowsPIN: b.KnowsPIN, LastTry: b.LastTry}
		c.PersonDone = b.Contract != "" // with it the first version chose to issue
		if c.PersonDone {
			c.Own = ContractRef{Number: b.Contract, Date: Today(e.At)}
			c.Contract = c.Own
		}
	case *EmailAnswered:
		c.EmailWanted, c.EmailDone = b.Wanted, true
		c.Emails++
	case *ContentConfirmed:
		c.ContentDone = true
	case *CaseReopened:
		c.reopen(b.To)
	case *PINBegun:
		c.Attempt.Old = b.Old
	case *PINLeft, *LoginFailed:
	default:
		return e.Kind == KindCaseParked || e.Kind == KindCaseResumed || e.Kind == KindLogin
	}
	return true
}

// applyPapers folds what happened to the papers.
func (c *Case) applyPapers(e Event) bool {
	switch b := e.Body.(type) {
	case *PapersRendered:
		c.Papers = slices.Concat(c.Papers, b.records())
		c.Rendered++
		c.Due = b.copies()
	case *PapersPrinted:
		if b.Job == 0 {
			c.Printed = !b.Failed
		}
		if !b.Failed {
			c.Copies += b.Copies
		}
	case *PapersReprint:
	case *FormsBrought:
		c.Brought = slices.Clone(b.Forms)
	case *PapersConfirmed:
		c.Ticks, c.PapersDone = b.ticks(), true
		c.Received = c.Ticks.ReceivedAt
	default:
		return false
	}
	return true
}

// reopen opens the screen and all later ones again. Answers and address stay
// as a proposal; ticks are confirmations about paper and are given anew. Once
// the work has begun, only an unblock can be added: what the request says
// stands.
func (c *Case) reopen(to Phase) {
	if c.begun() {
		c.PersonDone, c.PapersDone = false, false
		c.Ticks.UnblockSigned, c.Ticks.UnblockReceived = false, false
		c.forgetPaper(PaperUnblock)
		return
	}
	switch to {
	case PhasePerson:
		c.PersonDone, c.Brought = false, nil
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

// applyUnblock folds the reset of the PIN's counter. A case has as many as it
// needs: each is harmless, and each is known.
func (c *Case) applyUnblock(e Event) bool {
	b, ok := e.Body.(*UnblockBody)
	if !ok {
		return false
	}
	if e.Kind == KindUnblocked {
		c.Reset, c.Unblocked = b.Mode, true
		c.PINChanged = c.PINChanged || b.Mode == UnblockChange
	}
	return true
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
		c.UnblockDone = c.Reset != UnblockNone
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
		a.Unusable, a.Why, a.Detail, a.Resent = e.Kind == KindUnusable, b.Code, b.Detail, b.Resent
		c.Serials = append(slices.Clip(c.Serials), b.Serial)
	case *EnrolRefused:
		a.Refused, a.Detail = b.Code, b.Detail
	default:
		return false
	}
	return true
}

// applyContract folds the registration of the contract and its end.
func (c *Case) applyContract(e Event) bool {
	switch b := e.Body.(type) {
	case *ContractIntent:
		c.ContractID, c.ContractText = b.ID, b.Text
		c.Own = ContractRef{Number: b.Number, Date: b.Day}
		c.Contract = c.Own
	case *ContractEndIntent:
		c.ContractEndID, c.ContractEndAt = b.ID, time.UnixMilli(b.Received)
	default:
		switch e.Kind {
		case KindContractRegistered:
			c.ContractDone = true
		case KindContractEnded:
			c.ContractEnded = true
		default:
			return false
		}
	}
	return true
}

// applyCertificate folds what happened to the certificate.
func (c *Case) applyCertificate(e Event) bool {
	a := &c.Attempt
	switch b := e.Body.(type) {
	case *ReadBack:
		a.WriteBegun, a.Written, a.Others, a.Old = false, false, b.Others, b.Old
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
		c.PUKRefused = c.PUKRefused || b.Step == StepUnblock && b.Code == CodePUK
	case *Activated:
		a.Active = true
	case *OfAttempt:
		switch e.Kind {
		case KindWrite:
			a.WriteBegun, a.Written, a.RetireTried = true, false, false
		case KindWritten:
			a.Written = true
		case KindRevoked:
			a.Revoked = true
		case KindOperatorConfirmed:
			c.operatorConfirmed()
		case KindRetire:
			a.RetireTried = true
		case KindRetireSkipped:
			c.RetireSkipped = true
		case KindAttemptBegun:
			if a.KeyID != "" {
				c.Orphans = append(slices.Clone(c.Orphans), a.KeyID)
			}
			c.Attempt = Attempt{Number: b.Attempt, Old: a.Old}
		}
	default:
		return false
	}
	return true
}

// operatorConfirmed ends the attempt: its certificate is revoked, or there is
// none.
func (c *Case) operatorConfirmed() {
	c.Confirmed++
	if c.Attempt.Certificate != "" {
		c.Attempt.Revoked = true
		return
	}
	c.Attempt.Refused = CodeOperator
}

// applyRetire folds the removal of what lay on the chip before.
func (c *Case) applyRetire(e Event) bool {
	b, ok := e.Body.(*Retired)
	if !ok {
		return false
	}
	c.Retired += b.Removed
	c.Attempt.Old = 0
	return true
}

// applyStatus folds the change of a certificate's status.
func (c *Case) applyStatus(e Event) bool {
	switch b := e.Body.(type) {
	case *ChangeIntent:
		c.StatusID, c.StatusReason, c.StatusRefused, c.StatusDetail = b.ID, b.Reason, "", ""
	case *StatusRefused:
		c.StatusRefused, c.StatusDetail = b.Code, b.Detail
	default:
		if e.Kind != KindStatusChanged {
			return false
		}
		c.StatusAt = e.At
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
