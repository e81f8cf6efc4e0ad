package main

import (
	"maps"
	"slices"
	"time"

	"salter/app/procedure"
	"salter/card"
)

// procedure gives the core its answers to the open questions.
func (s *Settings) procedure() procedure.Settings {
	out := procedure.DefaultSettings()
	out.DocTypes = nil
	for _, t := range s.Eligibility.DocTypes {
		out.DocTypes = append(out.DocTypes, procedure.DocType(t))
	}
	after, _ := s.issuedAfter() // checked when the file was read
	out.CardIssuedAfter = procedure.DateOf(after, time.UTC)
	out.SupervisorBelowAge = s.Eligibility.SupervisorBelowAge

	out.SealRequired = s.Contract.SealRequired
	out.ContractTerm = s.Contract.TermYears
	out.SurvivesNewCard = s.Contract.SurvivesNewCard
	out.AcceptBrought = s.Forms.AcceptBrought
	out.SignBeforeClerk = s.Forms.SignAllBeforeClerk
	out.Script = s.Forms.Script
	out.RenewBeforeDays = s.Renewal.BeforeExpiryDays
	out.RenewalChain = s.Renewal.Chain
	out.RetentionYears = s.Retention.YearsAfterEnd
	out.PadIfPresent = s.PIN.Entry == "pad_if_present"
	out.WeakPIN = procedure.WeakAction(s.PIN.WeakAction)
	out.PurgeAfterAck = s.Journal.PurgeAfterAck
	out.MaxUnsynced = time.Duration(s.Clock.MaxUnsyncedHours) * time.Hour

	out.StatusForm = map[procedure.Action]int{}
	for change, n := range s.Status.FormNumbers {
		out.StatusForm[procedure.Action(change)] = n
	}
	out.ReasonMap = maps.Clone(out.ReasonMap)
	for reason, code := range s.Status.ReasonMap {
		out.ReasonMap[procedure.StatusReason(reason)] = code
	}
	out.WithoutCard = procedure.WithoutCard(s.Status.IdentityWithoutCard)
	out.StatusDeadline = time.Duration(s.Status.DeadlineHours) * time.Hour
	out.RevokeByClerk = slices.Contains(s.Roles.Revocation, "clerk")
	return out
}

// puks is where the driver finds the PUKs of test cards; nil: nowhere.
func (s *Settings) puks() card.PUKSource {
	if s.Token.PUKFile == "" {
		return nil
	}
	return card.PUKFile(s.Token.PUKFile)
}
