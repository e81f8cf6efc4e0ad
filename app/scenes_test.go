package app

import (
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// lostCard is a revocation that is asked for without the card.
func lostCard() procedure.Snapshot {
	s := changing(inCase(procedure.PhasePerson), procedure.ActionRevoke)
	s.Case.NoCard, s.Case.SameCard, s.Case.Portrait, s.Case.Chip = true, false, nil, procedure.Chip{}
	s.Case.Holder = s.Case.Facts.Register[0].CommonName
	s.Case.Needs = []procedure.Code{procedure.CodeNeedsSupervisor}
	s.Case.Identity = procedure.Identity{PersonalNumber: "0101900715006", CardNumber: "004217633"}
	s.Reader = procedure.ReaderView{State: procedure.ReaderEmpty}
	return s
}

// procedureScenes are the pages of everything but the plain issuing.
func procedureScenes() []scene {
	fail := func(e procedure.Code, fields ...string) error {
		return &procedure.Error{Code: e, Tries: -1, Fields: fields}
	}
	person := func(f func(*procedure.CaseView)) procedure.Snapshot {
		s := renewing(inCase(procedure.PhasePerson))
		f(s.Case)
		return s
	}
	lost := lostCard
	printed := func(s procedure.Snapshot) procedure.Snapshot { s.Case.Printed = true; return s }
	return []scene{
		{"look", inCase(procedure.PhaseEmail), func(c *counter) { c.press(fyne.KeyF10) }, screenLook},
		{"look sign-in", with1(atHome(), func(s *procedure.Snapshot) { s.Clerk = nil }), func(c *counter) { c.press(fyne.KeyF10) }, screenLook},
		{"home mute", with1(atHome(), func(s *procedure.Snapshot) { s.Reader = procedure.ReaderView{State: procedure.ReaderMute} }), nil, screenHome},
		{"search", atHome(), func(c *counter) {
			c.press(fyne.KeyF3)
			c.typed("0101900715006")
		}, screenSearch},
		{"search contract", atHome(), func(c *counter) {
			c.desk.fail["OpenWithoutCard"] = fail(procedure.CodeNoContract, procedure.FieldContract)
			c.press(fyne.KeyF3)
			c.app.page.focus(fieldSearchBy + ".contract")
			c.press(fyne.KeySpace, fyne.KeyTab)
			c.typed("U-BG-017-03-2021-000031")
			c.press(fyne.KeyReturn)
		}, screenSearch},
		{"day", atHome(), func(c *counter) {
			c.desk.sheet = aDaySheet()
			c.press(fyne.KeyF7)
		}, screenDay},
		{"day empty", atHome(), func(c *counter) {
			c.desk.sheet = procedure.DaySheet{Day: procedure.Date{Year: 2026, Month: 10, Day: 11}, Counter: "BG-017-03", Office: "ПС Звездара, Београд"}
			c.press(fyne.KeyF7)
		}, screenDay},
		{"person renew", person(func(*procedure.CaseView) {}), nil, screenPerson},
		{"person asking", person(func(c *procedure.CaseView) { c.Facts = nil }), nil, screenPerson},
		{"person silent", person(func(c *procedure.CaseView) {
			c.Facts = &procedure.Facts{Certificate: procedure.CertExpired, Contract: procedure.ContractUnknown, Serial: oldSerial, Asked: noon}
			c.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent}
		}), nil, screenPerson},
		{"person valid", person(func(c *procedure.CaseView) {
			c.Facts.Certificate, c.Needs = procedure.CertValid, []procedure.Code{procedure.CodeCertificateValid}
			c.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonCertificateValid}
		}), nil, screenPerson},
		{"person other card's certificate", person(func(c *procedure.CaseView) {
			c.Facts.OnChip, c.Facts.Contract, c.Facts.Register[0].CardNumber = false, procedure.ContractSuperseded, "003999111"
			c.Proposal = procedure.Proposal{Action: procedure.ActionIssue, Reason: procedure.ReasonContractSuperseded}
		}), nil, screenPerson},
		{"person suspended", person(func(c *procedure.CaseView) {
			c.Facts.Certificate = procedure.CertSuspended
			c.Proposal = procedure.Proposal{Action: procedure.ActionReactivate, Reason: procedure.ReasonSuspended}
		}), nil, screenPerson},
		{"person minor", person(func(c *procedure.CaseView) { c.Needs = []procedure.Code{procedure.CodeUnderAge} }), nil, screenPerson},
		{"person signed for", person(func(c *procedure.CaseView) {
			c.Needs, c.Overridden = []procedure.Code{procedure.CodeUnderAge}, &procedure.ClerkPerson{Number: "0012"}
		}), nil, screenPerson},
		{"person unblock", person(func(c *procedure.CaseView) {
			c.Verdict.Warnings = []procedure.Warning{procedure.WarnCardEnds}
		}), func(c *counter) {
			c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace)
		}, screenPerson},
		{"person blocked", person(func(c *procedure.CaseView) {
			c.Chip.Tries, c.Facts.Blocked = 0, true
		}), nil, screenPerson},
		{"person sure of nothing", person(func(c *procedure.CaseView) {
			c.Chip.Tries, c.Verdict.Warnings = 1, []procedure.Warning{procedure.WarnLastTry}
		}), func(c *counter) {
			c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace)
		}, screenPerson},
		{"person expired, status", person(func(c *procedure.CaseView) {
			c.Verdict = procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeCardExpired}}
		}), func(c *counter) {
			c.app.page.focus(procedure.FieldService + ".status")
			c.press(fyne.KeySpace)
		}, screenPerson},
		{"person only unblock", unblocking(inCase(procedure.PhasePerson), procedure.UnblockNone), nil, screenPerson},
		{"person cannot unblock", unblocking(inCase(procedure.PhasePerson), procedure.UnblockChange), func(c *counter) {
			c.desk.fail["ConfirmPerson"] = fail(procedure.CodeCannotUnblock)
			c.press(fyne.KeySpace, fyne.KeyReturn)
		}, screenPerson},
		{"supervisor", person(func(c *procedure.CaseView) { c.Needs = []procedure.Code{procedure.CodeUnderAge} }), func(c *counter) {
			c.press(fyne.KeyF4)
			c.typed("Родитељ је присутан и сагласан.")
		}, screenSupervisor},
		{"supervisor paper", person(func(c *procedure.CaseView) {
			c.Facts = &procedure.Facts{Certificate: procedure.CertExpired, Contract: procedure.ContractUnknown, Serial: oldSerial, Asked: noon}
			c.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent}
		}), func(c *counter) {
			c.desk.fail["Override"] = fail(procedure.CodeSameClerk)
			c.app.openSupervisor()
			c.press(fyne.KeyTab, fyne.KeySpace)
			c.app.page.focus(procedure.FieldContract)
			c.typed("U-BG-017-03-2021-000031")
			c.press(fyne.KeyTab)
			c.typed("1.10.2021.")
			c.press(fyne.KeyReturn)
		}, screenSupervisor},
		{"status", changing(inCase(procedure.PhasePerson), procedure.ActionRevoke), func(c *counter) {
			c.press(fyne.KeySpace, fyne.KeyReturn, fyne.KeySpace)
			c.app.page.focus(procedure.FieldSerial)
			c.press(fyne.KeySpace)
		}, screenStatus},
		{"status lost card", lost(), func(c *counter) {
			c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace)
			c.app.page.focus(procedure.FieldSerial)
			c.press(fyne.KeySpace)
		}, screenStatus},
		{"status open", lost(), func(c *counter) {
			c.desk.fail["ConfirmPerson"] = fail(procedure.CodeAnswerOpen, procedure.FieldReason, procedure.FieldDocument)
			c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
		}, screenStatus},
		{"status silent", with1(lost(), func(s *procedure.Snapshot) { s.Case.Facts.Authority = false }), nil, screenStatus},
		{"status asking", with1(lost(), func(s *procedure.Snapshot) { s.Case.Facts = nil }), nil, screenStatus},
		{"status none", changing(inCase(procedure.PhasePerson), procedure.ActionRevoke), func(c *counter) {
			c.set(func(s *procedure.Snapshot) { s.Case.Facts.Register = nil })
			c.press(fyne.KeySpace, fyne.KeyReturn, fyne.KeySpace)
		}, screenStatus},
		{"papers renew", renewing(inCase(procedure.PhasePapers)), nil, screenPapers},
		{"papers chained", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockChange }), nil, screenPapers},
		{"papers brought", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) {
			s.Case.Unblock, s.Case.Brought = procedure.UnblockChange, []procedure.BroughtForm{{Kind: procedure.PaperRequest, Circled: 1}}
		}), nil, screenPapers},
		{"papers status", changing(inCase(procedure.PhasePapers), procedure.ActionRevoke), nil, screenPapers},
		{"brought", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockChange }), func(c *counter) {
			c.press(fyne.KeyF6)
		}, screenBrought},
		{"brought wrong", changing(inCase(procedure.PhasePapers), procedure.ActionRevoke), func(c *counter) {
			c.desk.fail["RecordBrought"] = fail(procedure.CodeWrongCircle, string(procedure.PaperStatus))
			c.press(fyne.KeyF6, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
		}, screenBrought},
		{"signed chained", printed(with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockKeep })), nil, screenSigned},
		{"signed chained open", printed(with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockKeep })), func(c *counter) {
			c.desk.fail["ConfirmPapers"] = fail(procedure.CodePapersOpen, procedure.FieldUnblockReceived, procedure.FieldTermsSigned, procedure.FieldContractSigned, procedure.FieldContractSealed)
			c.press(fyne.KeyReturn)
		}, screenSigned},
		{"signed renew", printed(renewing(inCase(procedure.PhasePapers))), nil, screenSigned},
		{"signed status", printed(changing(inCase(procedure.PhasePapers), procedure.ActionSuspend)), nil, screenSigned},
		{"signed status time", printed(changing(inCase(procedure.PhasePapers), procedure.ActionSuspend)), func(c *counter) {
			c.app.page.focus(procedure.FieldReceivedAt)
			c.typed("јуче")
			c.press(fyne.KeyReturn)
		}, screenSigned},
		{"pin new", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), nil, screenPIN},
		{"pin kept", unblocking(inCase(procedure.PhasePIN), procedure.UnblockKeep), nil, screenPIN},
		{"pin for the old certificate", with1(renewing(inCase(procedure.PhasePIN)), func(s *procedure.Snapshot) {
			s.Case.PIN.Again, s.Case.CanSkipRetire = true, true
		}), nil, screenPIN},
		{"turn new", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), func(c *counter) { c.press(fyne.KeyReturn) }, screenTurn},
		{"pad new", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), func(c *counter) { c.press(fyne.KeyReturn, fyne.KeyReturn) }, screenPad},
		{"pad new differs", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), func(c *counter) {
			c.desk.fail["EnterNewPIN"] = fail(procedure.CodePINDiffers)
			c.newPIN("2580", "2581")
			c.now = c.now.Add(pinTime - 12*time.Second)
			c.app.tick()
		}, screenPad},
		{"pad kept", unblocking(inCase(procedure.PhasePIN), procedure.UnblockKeep), func(c *counter) { c.press(fyne.KeyReturn, fyne.KeyReturn) }, screenPad},
		{"again", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("2580")
			c.press(fyne.KeyReturn)
		}, screenAgain},
		{"weak", unblocking(inCase(procedure.PhasePIN), procedure.UnblockChange), func(c *counter) {
			c.desk.fail["EnterNewPIN"] = fail(procedure.CodePINWeak, procedure.WeakSequence, procedure.WeakPersonal)
			c.newPIN("1234", "1234")
		}, screenWeak},
		{"work renew", with1(renewing(inCase(procedure.PhaseWork)), func(s *procedure.Snapshot) {
			s.Case.Unblock = procedure.UnblockChange
			s.Case.Steps = append([]procedure.StepView{{Step: procedure.StepUnblock, State: procedure.StepDone, Took: 1200 * time.Millisecond}}, s.Case.Steps...)
			s.Case.Steps = append(s.Case.Steps, procedure.StepView{Step: procedure.StepContract, State: procedure.StepTodo}, procedure.StepView{Step: procedure.StepRetire, State: procedure.StepTodo})
		}), nil, screenWork},
		{"work status", with1(changing(inCase(procedure.PhaseWork), procedure.ActionRevoke), func(s *procedure.Snapshot) { s.Case.WaitsFor = procedure.WaitsForNothing }), func(c *counter) {
			c.now = c.now.Add(40 * time.Second)
			c.app.tick()
		}, screenWork},
		{"work unblock", with1(unblocking(inCase(procedure.PhaseWork), procedure.UnblockKeep), func(s *procedure.Snapshot) { s.Case.WaitsFor = procedure.WaitsForNothing }), nil, screenWork},
		{"trouble retire", with1(renewing(inCase(procedure.PhaseWork)), func(s *procedure.Snapshot) {
			s.Case.Steps = append(steps("", ""), procedure.StepView{Step: procedure.StepRetire, State: procedure.StepFailed})
			s.Case.WaitsFor, s.Case.Problem, s.Case.CanSkipRetire = procedure.WaitsForCitizen, &procedure.Error{Code: procedure.CodeRemoved}, true
		}), nil, screenTrouble},
		{"trouble approval", with1(changing(inCase(procedure.PhaseWork), procedure.ActionReactivate), func(s *procedure.Snapshot) {
			s.Case.Steps[0].State = procedure.StepFailed
			s.Case.WaitsFor, s.Case.Problem = procedure.WaitsForAuthority, &procedure.Error{Code: procedure.CodePending}
		}), nil, screenTrouble},
		{"hand-over renew", with1(renewing(inCase(procedure.PhaseHandOver)), func(s *procedure.Snapshot) {
			s.Case.Unblock, s.Case.Result.Unblocked, s.Case.Result.PINChanged, s.Case.Result.Retired = procedure.UnblockChange, true, true, 1
		}), nil, screenHandOver},
		{"hand-over status", changing(inCase(procedure.PhaseHandOver), procedure.ActionSuspend), nil, screenHandOver},
		{"hand-over unblock", unblocking(inCase(procedure.PhaseHandOver), procedure.UnblockKeep), nil, screenHandOver},
		{"refuse valid", person(func(c *procedure.CaseView) {
			c.Facts.Certificate = procedure.CertValid
			c.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonCertificateValid}
		}), func(c *counter) { c.press(fyne.KeyReturn) }, screenRefuse},
		{"refused card", with1(inCase(procedure.PhaseRefused), func(s *procedure.Snapshot) {
			s.Case.Refusal, s.Case.Identity = procedure.CodeCardExpired, procedure.Identity{}
		}), nil, screenRefused},
	}
}

func aDaySheet() procedure.DaySheet {
	return procedure.DaySheet{
		Day: procedure.Date{Year: 2026, Month: 10, Day: 12}, Counter: "BG-017-03", Office: "ПС Звездара, Београд",
		Issued: 7, Renewed: 11, Unblocked: 3, Revoked: 2, Suspended: 1, Open: 2,
		Refused:       []procedure.RefusedCount{{Reason: procedure.CodeCardExpired, Count: 2}, {Reason: procedure.CodeNeedsUnblock, Count: 1}},
		RetireSkipped: []string{"BG-017-03-2026-000119"},
		Minutes: []procedure.ActionMinutes{
			{Action: procedure.ActionIssue, Count: 7, Mean: 280 * time.Second, Median: 265 * time.Second},
			{Action: procedure.ActionRenew, Count: 11, Mean: 112 * time.Second, Median: 104 * time.Second},
			{Action: procedure.ActionUnblock, Count: 3, Mean: 92 * time.Second, Median: 88 * time.Second},
			{Action: procedure.ActionRevoke, Count: 2, Mean: 75 * time.Second, Median: 75 * time.Second},
		},
	}
}

// newPIN types a new PIN twice, from the clerk's page on.
func (c *counter) newPIN(first, again string) {
	c.press(fyne.KeyReturn, fyne.KeyReturn)
	c.typed(first)
	c.press(fyne.KeyReturn)
	c.typed(again)
	c.press(fyne.KeyReturn)
}
