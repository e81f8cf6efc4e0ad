package app

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// TestNoPINMeansChange: who does not know the PIN is not asked what becomes of
// it; who may keep it has to choose.
func TestNoPINMeansChange(t *testing.T) {
	c := open(t, renewing(inCase(procedure.PhasePerson)), usual)
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	want := procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.No, Service: procedure.ServiceCertificate, Unblock: procedure.UnblockChange}
	if c.desk.person != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.person, want)
	}

	c = open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) { s.Case.Chip.Tries = 0 }), usual)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantCalls()
	c.wantFocus(controlFailure)
	c.app.page.focus(procedure.FieldUnblock + ".keep")
	c.press(fyne.KeySpace, fyne.KeyReturn)
	want = procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceCertificate, Unblock: procedure.UnblockKeep}
	if c.desk.person != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.person, want)
	}
}

// TestOnlyUnblock asks for the choice alone.
func TestOnlyUnblock(t *testing.T) {
	c := open(t, inCase(procedure.PhasePerson), usual)
	c.app.page.focus(procedure.FieldService + ".unblock")
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	want := procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceUnblock, Unblock: procedure.UnblockChange}
	if c.desk.person != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.person, want)
	}
}

// TestNoAnswerIsAskedAgain: a silent authority is never "no contract".
func TestNoAnswerIsAskedAgain(t *testing.T) {
	start := with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) {
		s.Case.Facts = &procedure.Facts{Certificate: procedure.CertExpired, Contract: procedure.ContractUnknown, Asked: noon}
		s.Case.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent}
	})
	c := open(t, start, usual)
	if !says(c, "12:00:00: сертификационо тело није одговорило. То не значи да уговора нема.") {
		t.Error("the page does not say that there was no answer")
	}
	c.press(fyne.KeyReturn, fyne.KeyF5)
	c.wantCalls("AskAgain", "AskAgain")
}

// TestSupervisorSigns: his choice and reason reach the core, his password
// leaves the field at once, and the choice is confirmed afterwards.
func TestSupervisorSigns(t *testing.T) {
	c := open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) {
		s.Case.Facts = &procedure.Facts{Certificate: procedure.CertExpired, Contract: procedure.ContractUnknown}
		s.Case.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent}
	}), usual)
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyF4)
	c.wantScreen(screenSupervisor)
	c.wantFocus(procedure.FieldChoice)
	c.press(fyne.KeyTab, fyne.KeySpace, fyne.KeyTab)
	c.wantFocus(procedure.FieldContract)
	c.typed(" U-1 ")
	c.press(fyne.KeyTab)
	c.typed("1. 10. 2021")
	c.press(fyne.KeyTab)
	c.typed("Показао папирни уговор.")
	c.press(fyne.KeyTab)
	c.wantFocus(fieldPassword)
	c.typed("тајна")
	in := c.app.page.controls[fieldPassword].(*input)
	if !in.Password {
		t.Error("the supervisor's password can be read on the screen")
	}
	c.desk.next["Override"] = func(s *procedure.Snapshot) { s.Case.Overridden = &procedure.ClerkPerson{Number: "0012"} }
	c.press(fyne.KeyReturn)
	want := procedure.OverrideRequest{Choice: procedure.ActionRenew, Reason: "Показао папирни уговор.",
		PaperContract: procedure.ContractRef{Number: " U-1 ", Date: procedure.Date{Year: 2021, Month: 10, Day: 1}}}
	if c.desk.override != want || c.desk.password != "тајна" {
		t.Errorf("the core was told %+v with password %q, want %+v", c.desk.override, c.desk.password, want)
	}
	if in.Text != "" {
		t.Error("the field still holds the password")
	}
	c.wantScreen(screenPerson)
	c.press(fyne.KeyReturn)
	if c.desk.person.Choice != procedure.ActionRenew {
		t.Errorf("the choice confirmed is %q, want %q", c.desk.person.Choice, procedure.ActionRenew)
	}
}

// TestWrongSupervisor: the password is typed again, by another person.
func TestWrongSupervisor(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) { s.Case.Needs = []procedure.Code{procedure.CodeUnderAge} }), usual)
	c.desk.fail["Override"] = &procedure.Error{Code: procedure.CodeNotSupervisor}
	c.press(fyne.KeyF4)
	c.typed("Родитељ је присутан.")
	c.press(fyne.KeyTab)
	c.typed("туђа")
	c.press(fyne.KeyReturn)
	c.wantFocus(fieldPassword)
	if !says(c, "Овај кључ не припада надзорнику.") {
		t.Error("the page does not say whose key it was")
	}
	if c.app.draft.override.Reason != "Родитељ је присутан." {
		t.Error("the reason has to be typed again")
	}
}

// TestNoSupervisorForABlockedCard: nobody can overrule that a card cannot be
// served.
func TestNoSupervisorForABlockedCard(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
		s.Case.Verdict = procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeCardExpired}}
	}), usual)
	if c.app.page.keys[fyne.KeyF4] != nil {
		t.Error("the supervisor is offered")
	}
}

// TestSupervisorAfterThePapers: what is found missing when the citizen's page
// is to open, or by the authority, is signed there and then; the action stays.
func TestSupervisorAfterThePapers(t *testing.T) {
	silent := func(s *procedure.Snapshot) {
		s.Case.Facts.Authority = false
		s.Case.Problem = &procedure.Error{Code: procedure.CodeNoLink}
	}
	paper := procedure.ContractRef{Number: "U-7", Date: procedure.Date{Year: 2021, Month: 10, Day: 1}}
	tests := []struct {
		name   string
		phase  procedure.Phase
		change func(*procedure.Snapshot)
		want   procedure.OverrideRequest
		says   string
		back   screen
	}{
		{"an old signature", procedure.PhasePIN, func(s *procedure.Snapshot) {
			s.Case.Needs = []procedure.Code{procedure.CodeUnderAge}
		}, procedure.OverrideRequest{Choice: procedure.ActionIssue}, "Грађанин је малолетан.", screenPIN},
		{"a renewal on paper", procedure.PhasePIN, func(s *procedure.Snapshot) {
			s.Case.Action, s.Case.Contract, s.Case.Needs = procedure.ActionRenew, paper, []procedure.Code{procedure.CodeNoContract}
		}, procedure.OverrideRequest{Choice: procedure.ActionRenew, PaperContract: paper}, "", screenPIN},
		{"a silent register", procedure.PhasePIN, silent,
			procedure.OverrideRequest{Choice: procedure.ActionIssue}, "Евиденција сертификационог тела не одговара, па се не зна да ли грађанин већ има сертификат. Сачекајте одговор, или одлучите да се ипак настави.", screenPIN},
		{"a change not taken from a clerk", procedure.PhaseWork, func(s *procedure.Snapshot) {
			s.Case.Action, s.Case.Service, s.Case.WaitsFor = procedure.ActionRevoke, procedure.ServiceStatus, procedure.WaitsForClerk
			s.Case.Problem = &procedure.Error{Code: procedure.CodeNeedsSupervisor}
		}, procedure.OverrideRequest{Choice: procedure.ActionRevoke}, "Сертификационо тело не прихвата ову промену без надзорника. Прегледајте захтев и потпишите, па наставите предмет.", screenTrouble},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, with1(inCase(tt.phase), tt.change), small)
			c.press(fyne.KeyF4)
			c.wantScreen(screenSupervisor)
			if tt.says != "" && !says(c, tt.says) {
				t.Errorf("the page does not say %q", tt.says)
			}
			c.typed("Одобрено.")
			c.press(fyne.KeyTab)
			c.typed("тајна")
			c.press(fyne.KeyReturn)
			tt.want.Reason = "Одобрено."
			if c.desk.override != tt.want {
				t.Errorf("the core was told %+v, want %+v", c.desk.override, tt.want)
			}
			c.wantScreen(tt.back)
		})
	}
}

// TestSupervisorIsCalled: where the core wants him, his page comes up.
func TestSupervisorIsCalled(t *testing.T) {
	c := open(t, inCase(procedure.PhasePerson), usual)
	c.desk.fail["ConfirmPerson"] = &procedure.Error{Code: procedure.CodeNeedsSupervisor, Fields: []string{"under-age"}}
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenSupervisor)
	c.press(fyne.KeyEscape)
	c.wantScreen(screenPerson)
}

// TestPaperDayIsChecked before anything is signed.
func TestPaperDayIsChecked(t *testing.T) {
	c := open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) { s.Case.Facts.Contract = procedure.ContractNone }), usual)
	c.press(fyne.KeyF4)
	c.app.draft.paperDay = "31.02.2021."
	c.press(fyne.KeyReturn)
	c.wantCalls()
	c.wantFocus(controlFailure)
}

// TestStatusChange walks from screen A to the papers of a revocation.
func TestStatusChange(t *testing.T) {
	c := open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) {
		valid := aCertificate(procedure.CertValid)
		s.Case.Facts.Register = []procedure.CertificateFact{valid, aCertificate(procedure.CertExpired)}
	}), usual)
	c.app.page.focus(procedure.FieldService + ".status")
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenPerson)
	c.wantFocus(controlFailure) // the face first
	c.app.page.focus(procedure.FieldFace)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenStatus)
	c.wantFocus(procedure.FieldOp)
	c.press(fyne.KeySpace)
	if got := c.app.draft.person.Status.Serial; got != oldSerial {
		t.Errorf("the only certificate is not chosen by itself, but %q", got)
	}
	c.app.page.focus(procedure.FieldReason)
	c.press(fyne.KeySpace)
	c.app.page.focus(fieldEnd)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	want := procedure.PersonAnswers{Face: procedure.Yes, Service: procedure.ServiceStatus, Status: procedure.StatusAnswers{
		Op: procedure.ActionRevoke, Serial: oldSerial, Reason: procedure.StatusLost, EndContract: true}}
	if c.desk.person != want {
		t.Errorf("the core was told %+v, want %+v", c.desk.person, want)
	}
}

// TestProposalLeadsToStatus: a suspended certificate is reactivated.
func TestProposalLeadsToStatus(t *testing.T) {
	c := open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) {
		s.Case.Facts.Register = []procedure.CertificateFact{aCertificate(procedure.CertSuspended)}
		s.Case.Proposal = procedure.Proposal{Action: procedure.ActionReactivate, Reason: procedure.ReasonSuspended}
	}), usual)
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenStatus)
	want := procedure.StatusAnswers{Op: procedure.ActionReactivate, Serial: oldSerial, Reason: procedure.StatusReactivateWish}
	if got := c.app.draft.person.Status; got != want {
		t.Errorf("the change is %+v, want %+v", got, want)
	}
}

// TestWithoutCard searches by numbers as they are written, or by contract.
func TestWithoutCard(t *testing.T) {
	c := open(t, atHome(), usual)
	c.press(fyne.KeyF3)
	c.wantScreen(screenSearch)
	c.wantFocus(procedure.FieldPersonalNumber)
	c.typed("0101900 715006")
	c.press(fyne.KeyTab)
	c.typed("004217633")
	c.press(fyne.KeyReturn)
	if want := (procedure.StatusSearch{PersonalNumber: "0101900715006", CardNumber: "004217633"}); c.desk.query != want {
		t.Errorf("searched %+v, want %+v", c.desk.query, want)
	}
	c.app.page.focus(fieldSearchBy + ".contract")
	c.press(fyne.KeySpace, fyne.KeyTab)
	c.typed("U-1")
	c.press(fyne.KeyReturn)
	if want := (procedure.StatusSearch{Contract: "U-1"}); c.desk.query != want {
		t.Errorf("searched %+v, want %+v", c.desk.query, want)
	}
	c.press(fyne.KeyEscape)
	c.wantScreen(screenHome)
	c.set(func(s *procedure.Snapshot) { s.Clerk = nil })
	if c.app.draft.search != (search{}) {
		t.Error("the numbers stay after the clerk has left")
	}
}

// TestSupervisorSignsTheRequest: without the card a change of status is signed
// when all of it is there to be seen; what is changed afterwards is not signed.
func TestSupervisorSignsTheRequest(t *testing.T) {
	c := open(t, lostCard(), usual)
	c.press(fyne.KeyF4)
	c.wantScreen(screenStatus)
	if e := c.app.failure; e == nil || !slices.Equal(e.Fields, []string{procedure.FieldFace, procedure.FieldOp, procedure.FieldDocument}) {
		t.Fatalf("asked for %v", e)
	}
	want := procedure.StatusAnswers{Op: procedure.ActionRevoke, Serial: oldSerial, Reason: procedure.StatusLost, Document: "пасош 012345678"}
	c.app.draft.person.Face, c.app.draft.person.Status = procedure.Yes, want
	c.app.render()
	c.press(fyne.KeyF4)
	c.wantScreen(screenSupervisor)
	for _, words := range []string{"Опозив", "Картица изгубљена", "пасош 012345678", "ПЕТРОВИЋ АНА 004217633 Sign – " + c.app.words.say("certificate."+string(c.app.snapshot.Case.Facts.Register[0].State))} {
		if !says(c, words) {
			t.Errorf("the supervisor is not shown %q", words)
		}
	}
	if says(c, c.app.words.say("supervisor.other")) {
		t.Error("there is no proposal, but the page speaks of it")
	}
	c.typed("Пасош прегледан.")
	c.press(fyne.KeyTab)
	c.typed("тајна")
	c.press(fyne.KeyReturn)
	if c.desk.override.Status != want || c.desk.override.Choice != want.Op {
		t.Errorf("signed %+v, want %+v", c.desk.override, want)
	}
	c.set(func(s *procedure.Snapshot) {
		s.Case.Needs, s.Case.Overridden, s.Case.Signed = nil, &procedure.ClerkPerson{Number: "0012"}, want
	})
	signed, changed := c.app.words.fill("needs.signed", with{"Number": "0012"}), c.app.words.say("needs.changed")
	if c.wantScreen(screenStatus); !says(c, signed) || says(c, changed) {
		t.Error("the page does not say that the request was signed")
	}
	c.app.page.focus(procedure.FieldDocument)
	c.typed("9")
	if says(c, signed) || !says(c, changed) {
		t.Error("the page says that the changed request was signed")
	}
	c.wantFocus(procedure.FieldDocument)
	c.press(fyne.KeyF4)
	if c.wantScreen(screenSupervisor); !says(c, changed) {
		t.Error("the supervisor is not told that the request was changed")
	}
}

// TestWaitingWithoutCard: unfinished cases without a card are told apart by who
// was found, by which number, and for what.
func TestWaitingWithoutCard(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    procedure.CaseSummary
		want string
		how  string
	}{
		{"by card", procedure.CaseSummary{NoCard: true, Name: "ПЕТРОВИЋ АНА", CardNumber: "004217633"}, "Без личне карте: ПЕТРОВИЋ АНА, лична карта 004217633", "папири"},
		{"by contract", procedure.CaseSummary{NoCard: true, Contract: "U-1"}, "Без личне карте, уговор U-1", "папири"},
		{"chosen", procedure.CaseSummary{NoCard: true, CardNumber: "004217633", Action: procedure.ActionSuspend}, "Без личне карте, лична карта 004217633", "Суспензија: папири"},
		{"unread", procedure.CaseSummary{}, "Картица није прочитана", "папири"},
		{"erased", procedure.CaseSummary{NoCard: true, Erased: true}, "Подаци о лицу су обрисани", "папири"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.ID, tt.c.Number, tt.c.Opened, tt.c.Phase = "a", "1", noon, procedure.PhasePapers
			c := open(t, with1(atHome(), func(s *procedure.Snapshot) { s.Waiting = []procedure.CaseSummary{tt.c} }), usual)
			how := c.app.words.fill("home.case", with{"Number": "1", "Time": c.app.clock(noon), "State": tt.how})
			for _, want := range []string{tt.want, how} {
				if !says(c, want) {
					t.Errorf("the list does not say %q", want)
				}
			}
		})
	}
}

// TestBroughtForms: what the citizen brought is recorded with its number.
func TestBroughtForms(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockChange }), usual)
	c.press(fyne.KeyF6, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace)
	c.app.page.focus(string(procedure.PaperTerms) + ".0")
	c.desk.fail["RecordBrought"] = &procedure.Error{Code: procedure.CodeWrongCircle, Fields: []string{string(procedure.PaperUnblock)}}
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenBrought)
	c.press(fyne.KeyTab, fyne.KeyReturn) // the link to the form
	c.wantFocus(string(procedure.PaperUnblock))
	delete(c.desk.fail, "RecordBrought")
	c.press(fyne.KeyReturn)
	want := []procedure.BroughtForm{{Kind: procedure.PaperUnblock, Circled: 2}, {Kind: procedure.PaperTerms}}
	if !slices.Equal(c.desk.brought, want) {
		t.Errorf("the core was told %+v, want %+v", c.desk.brought, want)
	}
	c.wantScreen(screenPapers)
}

// TestNothingToPrint: if everything was brought, the ticks come at once.
func TestNothingToPrint(t *testing.T) {
	c := open(t, with1(renewing(inCase(procedure.PhasePapers)), func(s *procedure.Snapshot) {
		s.Case.Brought = []procedure.BroughtForm{{Kind: procedure.PaperRequest, Circled: 2}}
	}), usual)
	c.wantScreen(screenSigned)
	if c.app.page.keys[fyne.KeyF9] != nil {
		t.Error("there is nothing to print, but a key for it")
	}
}

// TestSettingsOfThePapers: what the settings leave out or demand is not shown
// otherwise.
func TestSettingsOfThePapers(t *testing.T) {
	c := open(t, with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Printed = true }), usual)
	c.app.cfg.NoBrought, c.app.cfg.AllBeforeClerk, c.app.cfg.NoSeal = true, true, true
	c.app.render()
	if c.app.page.keys[fyne.KeyF6] != nil {
		t.Error("brought forms are offered though they are not accepted")
	}
	if c.app.page.controls[procedure.FieldContractSealed] != nil {
		t.Error("a seal is asked for though none is demanded")
	}
	if !says(c, c.app.words.say("papers.sign.text.before")) {
		t.Error("the page does not say that all is signed before the clerk")
	}
}

// TestTicksOfEachAction: what has to be ticked before the work.
func TestTicksOfEachAction(t *testing.T) {
	issue := []string{procedure.FieldRequestSigned, procedure.FieldTermsSigned, procedure.FieldContractSigned, procedure.FieldContractSealed}
	unblock := []string{procedure.FieldUnblockSigned, procedure.FieldUnblockReceived}
	tests := []struct {
		name  string
		start procedure.Snapshot
		want  []string
	}{
		{"issue", inCase(procedure.PhasePapers), issue},
		{"renew", renewing(inCase(procedure.PhasePapers)), issue[:1]},
		{"unblock", unblocking(inCase(procedure.PhasePapers), procedure.UnblockKeep), unblock},
		{"unblock and issue", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Unblock = procedure.UnblockKeep }), slices.Concat(unblock, issue)},
		{"revoke", changing(inCase(procedure.PhasePapers), procedure.ActionRevoke), []string{procedure.FieldStatusSigned, procedure.FieldStatusReceived}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.start.Case.Printed = true
			c := open(t, tt.start, usual)
			c.wantFocus(tt.want[0])
			for range tt.want {
				c.press(fyne.KeySpace, fyne.KeyTab)
			}
			c.press(fyne.KeyReturn)
			for _, f := range tt.want {
				if !*c.app.paperTick(f) {
					t.Errorf("%s is not ticked", f)
				}
			}
			if got := c.app.paperTicks(c.app.snapshot.Case); !slices.Equal(got, tt.want) {
				t.Errorf("ticks %q, want %q", got, tt.want)
			}
		})
	}
}

// TestReceivedEarlier: the clock of a change runs from the receipt.
func TestReceivedEarlier(t *testing.T) {
	c := open(t, with1(changing(inCase(procedure.PhasePapers), procedure.ActionRevoke), func(s *procedure.Snapshot) { s.Case.Printed = true }), usual)
	c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeySpace, fyne.KeyTab)
	c.wantFocus(procedure.FieldReceivedAt)
	c.typed("11.10.2026. 16:30")
	c.press(fyne.KeyReturn)
	if want := time.Date(2026, 10, 11, 16, 30, 0, 0, time.UTC); !c.desk.papers.ReceivedAt.Equal(want) {
		t.Errorf("received at %v, want %v", c.desk.papers.ReceivedAt, want)
	}
}

// TestDeadlineIsInSight on every page of a change of status, from the receipt
// until it was made.
func TestDeadlineIsInSight(t *testing.T) {
	for phase, want := range map[procedure.Phase]bool{
		procedure.PhasePapers: true, procedure.PhaseWork: true, procedure.PhaseHandOver: false, procedure.PhaseClosed: false,
	} {
		t.Run(string(phase), func(t *testing.T) {
			c := open(t, changing(inCase(phase), procedure.ActionSuspend), usual)
			if got := says(c, "Рок за промену"); got != want {
				t.Errorf("the page shows until when the status has to be changed: %t, want %t", got, want)
			}
			if got := says(c, "13.10.2026. 11:58"); got != want {
				t.Errorf("the time is shown: %t, want %t", got, want)
			}
		})
	}
}

// TestStatusNeedsNoPIN: where a change of status is proposed instead of a
// certificate, the questions and the steps are those of the change; where a
// supervisor signed for a certificate, they are its own.
func TestStatusNeedsNoPIN(t *testing.T) {
	suspended := procedure.Proposal{Action: procedure.ActionReactivate, Reason: procedure.ReasonSuspended}
	elsewhere := procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonCertificateElsewhere}
	tests := []struct {
		name     string
		proposal procedure.Proposal
		tries    int
		signed   bool
		pin      bool
	}{
		{"reactivation", suspended, 3, false, false},
		{"reactivation, PIN blocked", suspended, 0, false, false},
		{"revocation first", elsewhere, 3, false, false},
		{"a certificate by the supervisor", suspended, 3, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, with1(renewing(inCase(procedure.PhasePerson)), func(s *procedure.Snapshot) {
				s.Case.Proposal, s.Case.Chip.Tries = tt.proposal, tt.tries
				if tt.signed {
					s.Case.Overridden = &procedure.ClerkPerson{Number: "0012"}
				}
			}), usual)
			for _, words := range []string{"Грађанин зна свој ПИН?", "ПИН грађанина", "Израда"} {
				if got := says(c, words); got != tt.pin {
					t.Errorf("the page says %q: %t, want %t", words, got, tt.pin)
				}
			}
			if got := says(c, "Промена статуса"); got == tt.pin {
				t.Errorf("the change of status is among the steps: %t", got)
			}
			if c.app.page.focus(procedure.FieldUnblock + ".change") {
				t.Error("the page asks about unblocking")
			}
		})
	}
}

// TestAnotherPersonIsRefusedAtOnce: in a change of status too, and before what
// and why is asked; with the no recorded, a supervisor may be called over the
// change.
func TestAnotherPersonIsRefusedAtOnce(t *testing.T) {
	c := open(t, changing(inCase(procedure.PhasePerson), procedure.ActionRevoke), usual)
	c.desk.fail["ConfirmPerson"] = &procedure.Error{Code: procedure.CodeFace}
	c.desk.next["ConfirmPerson"] = func(s *procedure.Snapshot) { s.Case.Needs = []procedure.Code{procedure.CodeFace} }
	c.app.page.focus(procedure.FieldService + ".status")
	c.press(fyne.KeySpace)
	c.app.page.focus(procedure.FieldFace + ".no")
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.wantScreen(screenRefuse)
	c.wantCalls("ConfirmPerson")
	if got := c.app.draft.refusal; got != procedure.CodeFace {
		t.Errorf("the reason chosen is %q, want %q", got, procedure.CodeFace)
	}
	c.set(func(s *procedure.Snapshot) { s.Case.Needs = []procedure.Code{procedure.CodeFace} })
	c.press(fyne.KeyEscape)
	c.wantScreen(screenPerson)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenStatus)
}

// TestRefusedPersonIsNotTheCitizen: who is not the holder is not told to come
// again.
func TestRefusedPersonIsNotTheCitizen(t *testing.T) {
	again := "Предмет BG-017-03-2026-000123 је закључен. Грађанин може да дође поново на било који шалтер."
	holder := "Предмет BG-017-03-2026-000123 је закључен. Ималац личне карте може да дође лично на било који шалтер."
	for reason, want := range map[procedure.Code]string{procedure.CodeFace: holder, procedure.CodePapersOpen: again} {
		c := open(t, with1(inCase(procedure.PhaseRefused), func(s *procedure.Snapshot) { s.Case.Refusal = reason }), usual)
		if !says(c, want) {
			t.Errorf("%s: the page does not say %q: %q", reason, want, c.said())
		}
	}
}

// TestPapersSayWhereTheDataAreFrom: without a card they are not from the chip.
func TestPapersSayWhereTheDataAreFrom(t *testing.T) {
	for noCard, want := range map[bool]string{
		false: "Све се штампа одједном. Подаци су са чипа, број је већ заокружен.",
		true:  "Све се штампа одједном. Подаци су из регистра сертификационог тела, број је већ заокружен.",
	} {
		c := open(t, with1(changing(inCase(procedure.PhasePapers), procedure.ActionRevoke), func(s *procedure.Snapshot) { s.Case.NoCard = noCard }), usual)
		if !says(c, want) {
			t.Errorf("without a card %t: the page does not say %q", noCard, want)
		}
	}
}

// TestReaderInACaseWithoutCard: the card that the case is about is no other
// card, should it come to the reader after all.
func TestReaderInACaseWithoutCard(t *testing.T) {
	const same, other, ready = "Картица предмета је у читачу", "У читачу је друга картица", "Картица је спремна"
	tests := []struct {
		name         string
		noCard       bool
		known, there procedure.CardNumber
		want         string
	}{
		{"its card", true, "004217633", "004217633", same},
		{"another card", true, "004217633", "003999111", other},
		{"number not known", true, "", "004217633", ready},
		{"another chip under the number", false, "004217633", "004217633", other},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) {
				s.Case.NoCard, s.Case.SameCard, s.Case.Identity.CardNumber = tt.noCard, false, tt.known
				id := inCase(procedure.PhasePapers).Case.Identity
				id.CardNumber = tt.there
				s.Reader = procedure.ReaderView{State: procedure.ReaderCard, Identity: &id, Verdict: &procedure.Eligibility{Eligible: true}}
			}), usual)
			if got := c.app.readerStatus().short; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSilentAuthority: what is said without an answer follows from the chip
// alone, with the time of the last asking.
func TestSilentAuthority(t *testing.T) {
	tests := []struct {
		certificate procedure.CertState
		proposal    procedure.Proposal
		want        string
	}{
		{procedure.CertUnknown, procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonStateSilent},
			"Сертификат на чипу траје до 04.03.2031. Да ли је на снази, зна само сертификационо тело. Питајте поново, или сачувајте предмет и завршите касније."},
		{procedure.CertExpired, procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonAuthoritySilent},
			"Сертификат је истекао, а без одговора се не зна важи ли уговор. Сачекајте одговор, или надзорник одлучује по папирном уговору."},
		{procedure.CertNone, procedure.Proposal{Action: procedure.ActionIssue, Reason: procedure.ReasonNoCertificate},
			"На чипу нема сертификата; да ли га грађанин има на другом месту, зна само сертификационо тело. Припремите папире; без његовог одговора се ништа не издаје."},
	}
	for _, tt := range tests {
		t.Run(string(tt.certificate), func(t *testing.T) {
			c := open(t, with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
				s.Case.Proposal = tt.proposal
				s.Case.Facts = &procedure.Facts{Certificate: tt.certificate, Contract: procedure.ContractUnknown, Asked: noon}
				s.Case.Facts.NotAfter = time.Date(2031, 3, 4, 12, 0, 0, 0, time.UTC)
			}), usual)
			if !says(c, tt.want) {
				t.Errorf("the page does not say %q: %q", tt.want, c.said())
			}
			c.set(func(s *procedure.Snapshot) {
				again := *s.Case.Facts
				again.Asked = noon.Add(9 * time.Second)
				s.Case.Facts = &again
			})
			if want := "12:00:09: сертификационо тело није одговорило. То не значи да уговора нема."; !says(c, want) {
				t.Errorf("the page does not say %q: %q", want, c.said())
			}
		})
	}
}

// TestFailureBecomesTheReason: what cannot be had is refused for what the core
// said, and the clerk may still choose another reason and come back.
func TestFailureBecomesTheReason(t *testing.T) {
	c := open(t, unblocking(inCase(procedure.PhasePerson), procedure.UnblockChange), usual)
	c.desk.fail["ConfirmPerson"] = &procedure.Error{Code: procedure.CodeCannotUnblock}
	c.press(fyne.KeySpace, fyne.KeyReturn)
	c.app.page.focus(controlRefuse)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenRefuse)
	if got := c.app.draft.refusal; got != procedure.CodeCannotUnblock {
		t.Errorf("the reason chosen is %q, want %q", got, procedure.CodeCannotUnblock)
	}
	c.app.page.focus(prefixReason + string(procedure.CodeFace))
	c.press(fyne.KeySpace)
	if !c.app.page.focus(prefixReason + string(procedure.CodeCannotUnblock)) {
		t.Error("the reason is gone from the list")
	}
	c.press(fyne.KeySpace, fyne.KeyReturn)
	if c.desk.refusal != procedure.CodeCannotUnblock {
		t.Errorf("refused with %q", c.desk.refusal)
	}
}

// TestUnservableCard is refused and its slip printed by one key.
func TestUnservableCard(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) {
		s.Reader.Verdict = &procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeCardExpired}}
	}), usual)
	c.desk.next["RefuseCard"] = func(s *procedure.Snapshot) {
		s.Case = inCase(procedure.PhaseRefused).Case
		s.Case.Refusal = c.desk.refusal
	}
	c.press(fyne.KeyF6)
	c.wantScreen(screenRefused)
	c.wantCalls("RefuseCard", "PaperData", "RecordPapers", "RecordPrinted refusal")
	if c.desk.refusal != procedure.CodeCardExpired || len(c.jobs) != 1 {
		t.Errorf("refused with %q, %d jobs printed", c.desk.refusal, len(c.jobs))
	}
	c = open(t, atHome(), usual)
	c.press(fyne.KeyF6)
	c.wantCalls()
}

// TestDaySheet is shown, leafed through and printed.
func TestDaySheet(t *testing.T) {
	c := open(t, atHome(), usual)
	c.desk.sheet = aDaySheet()
	c.app.cfg.RenderDaySheet = func(s procedure.DaySheet) ([]byte, error) { return []byte("%PDF " + s.Day.String()), nil }
	c.press(fyne.KeyF7)
	c.wantScreen(screenDay)
	c.press(fyne.KeyReturn)
	if len(c.jobs) != 1 || string(c.jobs[0]) != "%PDF 12.10.2026." {
		t.Errorf("printed %q", c.jobs)
	}
	c.press(fyne.KeyPageUp)
	c.wantCalls("DaySheet 12.10.2026.", "DaySheet 11.10.2026.")
	c.press(fyne.KeyEscape)
	c.wantScreen(screenHome)
}

// TestOldCertificateMayStay: its removal never holds up the hand-over, and is
// the first thing offered when the PIN is blocked.
func TestOldCertificateMayStay(t *testing.T) {
	start := func(tries int) procedure.Snapshot {
		return with1(renewing(inCase(procedure.PhasePIN)), func(s *procedure.Snapshot) {
			s.Case.PIN, s.Case.CanSkipRetire = procedure.PINView{Mode: procedure.PINEnter, Tries: tries, Again: true}, true
		})
	}
	c := open(t, start(2), usual)
	if c.app.page.back != nil || !c.app.page.focus(controlSkip) {
		t.Fatal("the page offers a way back, or does not offer to go on without")
	}
	c.press(fyne.KeyReturn)
	c.wantCalls("SkipRetire")
	c = open(t, start(0), usual)
	c.press(fyne.KeyReturn)
	c.wantCalls("SkipRetire")
}

// TestFocusComesIntoSight: what is reached by Tab is never below the edge.
func TestFocusComesIntoSight(t *testing.T) {
	for _, s := range scenes() {
		if crowded[s.name] == (fyne.Size{}) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, small)
			if s.do != nil {
				s.do(c)
			}
			if len(c.app.page.scrolls) == 0 {
				t.Fatal("the page does not scroll any more")
			}
			scroll := c.app.page.scrolls[len(c.app.page.scrolls)-1]
			for name, control := range c.app.page.controls {
				at, here := placeIn(scroll.Content, control.(fyne.CanvasObject))
				if !here || !c.app.page.focus(name) {
					continue
				}
				bottom := at.Y + control.(fyne.CanvasObject).Size().Height
				if at.Y < scroll.Offset.Y || bottom > scroll.Offset.Y+scroll.Size().Height {
					t.Errorf("%q lies at %v to %v, in sight are %v to %v", name, at.Y, bottom, scroll.Offset.Y, scroll.Offset.Y+scroll.Size().Height)
				}
			}
		})
	}
}

// TestCardLeftInReader: the last pages of a case say that its card is to be given
// back, until it is out.
func TestCardLeftInReader(t *testing.T) {
	for _, phase := range []procedure.Phase{procedure.PhaseHandOver, procedure.PhaseClosed, procedure.PhaseRefused} {
		c := open(t, inCase(phase), usual)
		still := c.app.words.say("hand-over.card")
		if !slices.Contains(wordsOn(c), still) {
			t.Errorf("%s: the page does not say %q", phase, still)
		}
		c.set(func(s *procedure.Snapshot) { s.Case.SameCard = false })
		if slices.Contains(wordsOn(c), still) {
			t.Errorf("%s: the card is out, the page says %q", phase, still)
		}
	}
}

// TestServedCard: no Enter opens a new case of a card whose case is over; F2
// does, and Enter again when the next card is there.
func TestServedCard(t *testing.T) {
	c := open(t, with1(atHome(), func(s *procedure.Snapshot) { s.Reader.Finished = true }), usual)
	c.wantFocus(controlFailure)
	c.press(fyne.KeyReturn)
	c.wantCalls()
	c.press(fyne.KeyF2)
	c.wantCalls("OpenCase")
	c.desk.calls = nil
	c.set(func(s *procedure.Snapshot) { s.Reader.Finished = false })
	c.wantFocus(controlPrimary)
	c.press(fyne.KeyReturn)
	c.wantCalls("OpenCase")
}

// TestPrintWhileEmailIsOpen: the papers can be printed again when the ticks are
// confirmed and the e-mail is not.
func TestPrintWhileEmailIsOpen(t *testing.T) {
	c := open(t, inCase(procedure.PhaseEmail), usual)
	c.press(fyne.KeyF11, fyne.KeyReturn)
	c.wantScreen(screenSigned)
	c.press(fyne.KeyF9)
	c.wantScreen(screenSigned)
	if len(c.jobs) != 1 {
		t.Errorf("%d jobs were printed, want 1", len(c.jobs))
	}
}

// TestErasedAfterClosing: the last page says how long its papers can be printed,
// where that ends with it.
func TestErasedAfterClosing(t *testing.T) {
	for _, erases := range []bool{true, false} {
		c := open(t, inCase(procedure.PhaseClosed), usual)
		c.app.cfg.Erases = erases
		c.app.render()
		if got := slices.Contains(wordsOn(c), c.app.words.say("closed.papers")); got != erases {
			t.Errorf("data erased %t: the page says %t", erases, got)
		}
	}
}

// TestF9OnlyPrints: it prints without a question, so it is nothing else on any
// page; the state of the counter has a key of its own.
func TestF9OnlyPrints(t *testing.T) {
	c := open(t, atHome(), usual)
	withCases(c, 4)
	for _, keys := range [][]fyne.KeyName{nil, {fyne.KeyF1}, {fyne.KeyEscape, fyne.KeyF4}, {fyne.KeyF6}} {
		c.press(keys...)
		if c.app.page.keys[fyne.KeyF9] != nil {
			t.Errorf("F9 does something on the page %q", c.app.page.screen)
		}
	}
	c.wantScreen(screenUnsent)
}
