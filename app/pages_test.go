package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"salter/app/procedure"
)

// scene is one state of the screens.
type scene struct {
	name  string
	start procedure.Snapshot
	do    func(*counter)
	want  screen
}

// crowded are the scenes that need more than the window of that size: there
// the page scrolls, and what has the focus comes into sight.
var crowded = map[string]fyne.Size{
	"person warnings": small, "person open": small, "person unblock": small, "person blocked": small, "person cannot unblock": small, "person sure of nothing": small,
	"supervisor paper": small, "status": small, "status lost card": small, "status open": usual,
	"home no reader":      small,
	"home not eligible":   small,
	"papers print failed": small, "papers printer stopped": small, "reprint lost": small,
	"signed open": small, "signed chained": small, "email differs": small, "signed chained open": usual, "signed status time": small,
	"hand-over open": small,
	"check":          small, "check running": small, "check printers": usual,
}

func with1(s procedure.Snapshot, f func(*procedure.Snapshot)) procedure.Snapshot {
	f(&s)
	return s
}

// scenes are all pages in the states in which they are hardest to lay out.
func scenes() []scene {
	return slices.Concat(issuingScenes(), procedureScenes(), archiveScenes())
}

// issuingScenes are those of the issuing of a certificate.
func issuingScenes() []scene {
	fail := func(e procedure.Code, fields ...string) error {
		return &procedure.Error{Code: e, Tries: -1, Fields: fields}
	}
	return []scene{
		{"sign-in", with1(atHome(), func(s *procedure.Snapshot) { s.Clerk = nil }), nil, screenSignIn},
		{"sign-in wrong", with1(atHome(), func(s *procedure.Snapshot) { s.Clerk = nil }), func(c *counter) {
			c.desk.fail["SignIn nana"] = fail(procedure.CodeSignIn)
			c.typed("nana")
			c.press(fyne.KeyReturn)
		}, screenSignIn},
		{"home empty", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader = procedure.ReaderView{State: procedure.ReaderEmpty}
		}), nil, screenHome},
		{"home no reader", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader = procedure.ReaderView{State: procedure.ReaderNone}
			s.Sync.Problem = &procedure.Error{Code: procedure.CodeNoLink}
			s.Sync.Acked -= 22
		}), nil, screenHome},
		{"home reading", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader = procedure.ReaderView{State: procedure.ReaderCard, Reading: true}
		}), nil, screenHome},
		{"locked", inCase(procedure.PhaseContent), func(c *counter) { c.press(fyne.KeyF12) }, screenLocked},
		{"locked wrong", inCase(procedure.PhaseContent), func(c *counter) {
			c.press(fyne.KeyF12)
			c.desk.fail["Unlock x"] = fail(procedure.CodeSignIn)
			c.typed("x")
			c.press(fyne.KeyReturn)
		}, screenLocked},
		{"home card", atHome(), nil, screenHome},
		{"home blocked", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader.Verdict = &procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeCardExpired}}
		}), func(c *counter) {
			c.desk.fail["OpenCase"] = fail(procedure.CodeCardExpired)
			c.press(fyne.KeyReturn)
		}, screenHome},
		{"home not eligible", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader.Verdict = &procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeCertificateValid}}
		}), nil, screenHome},
		{"home own case waits", with1(atHome(), func(s *procedure.Snapshot) {
			s.Reader.Waits = true
			s.Waiting = []procedure.CaseSummary{{ID: "a", Number: "BG-017-03-2026-000120", Name: "ЈОВАНОВИЋ СТЕФАН", Phase: procedure.PhaseWork, Opened: noon.Add(-20 * time.Minute), WaitsFor: procedure.WaitsForCard}}
		}), nil, screenHome},
		{"home waiting without card", with1(atHome(), func(s *procedure.Snapshot) {
			lost := procedure.CaseSummary{ID: "a", Number: "BG-017-03-2026-000120", NoCard: true, Phase: procedure.PhasePerson, Opened: noon.Add(-20 * time.Minute), WaitsFor: procedure.WaitsForClerk}
			card, contract, erased := lost, lost, lost
			card.Name, card.CardNumber, card.Action, card.Phase = "ПЕТРОВИЋ АНА 004217633 Sign", "004217633", procedure.ActionSuspend, procedure.PhasePapers
			contract.ID, contract.Number, contract.Contract = "b", "BG-017-03-2026-000121", "U-BG-017-03-2021-000031"
			erased.ID, erased.Number, erased.Erased = "c", "BG-017-03-2026-000122", true
			s.Waiting = []procedure.CaseSummary{card, contract, erased}
		}), nil, screenHome},
		{"home finished", with1(atHome(), func(s *procedure.Snapshot) { s.Reader.Finished = true }), nil, screenHome},
		{"home waiting", with1(atHome(), func(s *procedure.Snapshot) {
			for i, p := range []procedure.Phase{procedure.PhaseWork, procedure.PhasePIN, procedure.PhasePapers, procedure.PhaseHandOver} {
				s.Waiting = append(s.Waiting, procedure.CaseSummary{ID: procedure.CaseID(rune('a' + i)), Number: "BG-017-03-2026-00012" + string(rune('0'+i)), Name: "ЈОВАНОВИЋ СТЕФАН", Phase: p, Opened: noon.Add(-time.Duration(i) * 20 * time.Hour), WaitsFor: procedure.WaitsForCard})
			}
		}), nil, screenHome},
		{"person", inCase(procedure.PhasePerson), nil, screenPerson},
		{"person warnings", with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
			s.Case.Verdict.Warnings = []procedure.Warning{procedure.WarnJMBG, procedure.WarnCardEnds, procedure.WarnLastTry}
			s.Case.Chip.Tries = 1
		}), func(c *counter) { c.press(fyne.KeySpace, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace) }, screenPerson},
		{"person open", inCase(procedure.PhasePerson), func(c *counter) {
			c.desk.fail["ConfirmPerson"] = fail(procedure.CodeAnswerOpen, procedure.FieldFace, procedure.FieldKnowsPIN)
			c.press(fyne.KeyReturn)
		}, screenPerson},
		{"person not eligible", with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
			s.Case.Verdict = procedure.Eligibility{Blocks: []procedure.Code{procedure.CodeSODMismatch, procedure.CodeCardExpired, procedure.CodeIssuedEarly}}
		}), nil, screenPerson},
		{"person no card", with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
			s.Case.SameCard, s.Case.Portrait, s.Case.Chip = false, nil, procedure.Chip{}
			s.Reader = procedure.ReaderView{State: procedure.ReaderEmpty}
		}), nil, screenPerson},
		{"person other card", with1(inCase(procedure.PhasePerson), func(s *procedure.Snapshot) {
			s.Case.SameCard, s.Case.Portrait, s.Case.Chip = false, nil, procedure.Chip{}
		}), nil, screenPerson},
		{"refuse", inCase(procedure.PhasePerson), func(c *counter) { c.app.openRefusal(procedure.CodeNeedsUnblock) }, screenRefuse},
		{"papers", inCase(procedure.PhasePapers), nil, screenPapers},
		{"papers print failed", inCase(procedure.PhasePapers), func(c *counter) {
			c.broken = context.DeadlineExceeded
			c.press(fyne.KeyReturn)
		}, screenPapers},
		{"signed", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Printed = true; s.Case.Copies = 5 }), func(c *counter) { c.press(fyne.KeySpace) }, screenSigned},
		{"preview", inCase(procedure.PhasePapers), func(c *counter) { c.press(fyne.KeyF11, fyne.KeyPageDown) }, screenPreview},
		{"signed open", with1(inCase(procedure.PhasePapers), func(s *procedure.Snapshot) { s.Case.Printed = true }), func(c *counter) {
			c.desk.fail["ConfirmPapers"] = fail(procedure.CodePapersOpen, procedure.FieldTermsSigned, procedure.FieldContractSigned, procedure.FieldContractSealed)
			c.press(fyne.KeySpace, fyne.KeyReturn)
		}, screenSigned},
		{"email", inCase(procedure.PhaseEmail), nil, screenSigned},
		{"email differs", inCase(procedure.PhaseEmail), func(c *counter) {
			c.desk.fail["SetEmail"] = fail(procedure.CodeEmailDiffers, procedure.FieldAgain)
			c.press(fyne.KeySpace)
			c.typed("ana.petrovic@primer.rs")
			c.press(fyne.KeyTab)
			c.typed("ana.petrovi@primer.rs")
			c.press(fyne.KeyReturn)
		}, screenSigned},
		{"content", inCase(procedure.PhaseContent), nil, screenContent},
		{"content no link", with1(inCase(procedure.PhaseContent), func(s *procedure.Snapshot) {
			s.Case.Preview, s.Case.Problem = nil, &procedure.Error{Code: procedure.CodeNoLink}
		}), nil, screenContent},
		{"pin", with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) { s.Case.PIN.Again = true }), nil, screenPIN},
		{"pin blocked", with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) {
			s.Case.PIN.Tries, s.Case.Problem = 0, &procedure.Error{Code: procedure.CodePINBlocked}
		}), nil, screenPIN},
		{"pin given up", with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) {
			s.Case.PIN = procedure.PINView{Tries: 1, Last: &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 1}}
		}), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn, fyne.KeyEscape, fyne.KeyReturn)
		}, screenPIN},
		{"turn", inCase(procedure.PhasePIN), func(c *counter) { c.press(fyne.KeyReturn) }, screenTurn},
		{"pad English", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn)
			c.app.page.focus(controlLanguage + "." + string(English))
			c.press(fyne.KeySpace)
			c.app.page.focus(controlPrimary)
			c.press(fyne.KeyReturn)
		}, screenPad},
		{"turn timeout", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.now = c.now.Add(pinTime)
			c.app.tick()
		}, screenTurn},
		{"pad", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("12345")
		}, screenPad},
		{"pad wrong", inCase(procedure.PhasePIN), func(c *counter) {
			c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 2}
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("1234")
			c.press(fyne.KeyReturn)
			c.now = c.now.Add(pinTime - 12*time.Second)
			c.app.tick()
		}, screenPad},
		{"checking", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("1234")
			c.held = true
			c.press(fyne.KeyReturn)
		}, screenChecking},
		{"on the reader", with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) { s.Case.PIN.Way = procedure.PINOnPad }), func(c *counter) {
			c.press(fyne.KeyReturn)
			c.desk.next["BeginPIN"] = func(*procedure.Snapshot) { c.held = true } // what follows it waits
			c.press(fyne.KeyReturn)
		}, screenOnReader},
		{"last try", inCase(procedure.PhasePIN), func(c *counter) {
			c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 1}
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("1234")
			c.press(fyne.KeyReturn)
		}, screenLastTry},
		{"thanks", inCase(procedure.PhasePIN), func(c *counter) {
			c.press(fyne.KeyReturn, fyne.KeyReturn)
			c.typed("1234")
			c.press(fyne.KeyReturn)
		}, screenThanks},
		{"turn on his own monitor", inCase(procedure.PhasePIN), func(c *counter) {
			m := c.withSecond()
			c.press(fyne.KeyReturn)
			c.at(m.window)
		}, screenTurn},
		{"away", inCase(procedure.PhasePIN), func(c *counter) {
			m, clerk := c.withSecond(), c.window
			c.press(fyne.KeyReturn)
			c.at(m.window)
			c.press(fyne.KeyReturn, fyne.KeyEscape)
			c.at(clerk)
			c.app.MayClose()
		}, screenAway},
		{"work", inCase(procedure.PhaseWork), nil, screenWork},
		{"work slow", inCase(procedure.PhaseWork), func(c *counter) {
			c.now = c.now.Add(40 * time.Second)
			c.app.tick()
			c.app.MayClose()
		}, screenWork},
		{"trouble card", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepWrite, procedure.StepFailed), procedure.WaitsForCard, &procedure.Error{Code: procedure.CodeRemoved}
			s.Case.SameCard, s.Reader = false, procedure.ReaderView{State: procedure.ReaderEmpty}
		}), nil, screenTrouble},
		{"trouble card comes", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepWrite, procedure.StepFailed), procedure.WaitsForCard, &procedure.Error{Code: procedure.CodeRemoved}
			s.Case.SameCard, s.Reader = false, procedure.ReaderView{State: procedure.ReaderCard}
		}), nil, screenTrouble},
		{"trouble other card", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepWrite, procedure.StepFailed), procedure.WaitsForCard, &procedure.Error{Code: procedure.CodeOtherCard}
			s.Case.SameCard = false
		}), nil, screenTrouble},
		{"trouble link", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepRequest, procedure.StepFailed), procedure.WaitsForAuthority, &procedure.Error{Code: procedure.CodeNoAnswer}
		}), func(c *counter) {
			c.desk.fail["Continue"] = fail(procedure.CodeNoLink)
			c.press(fyne.KeyReturn)
		}, screenTrouble},
		{"trouble after a start", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor = steps(procedure.StepRequest, procedure.StepFailed), procedure.WaitsForAuthority
		}), nil, screenTrouble},
		{"trouble refused", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepRequest, procedure.StepFailed), procedure.WaitsForClerk, &procedure.Error{Code: procedure.CodeRefused}
		}), nil, screenTrouble},
		{"trouble operator", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepRequest, procedure.StepFailed), procedure.WaitsForClerk, &procedure.Error{Code: procedure.CodeOperator}
			s.Case.Operator = &procedure.OperatorQuestion{Serial: "4a3f00e1c2"}
		}), func(c *counter) {
			c.desk.fail["OperatorConfirms "] = fail(procedure.CodeAnswerOpen, procedure.FieldReference)
			c.press(fyne.KeyReturn)
		}, screenTrouble},
		{"trouble operator request", with1(inCase(procedure.PhaseWork), func(s *procedure.Snapshot) {
			s.Case.Steps, s.Case.WaitsFor, s.Case.Problem = steps(procedure.StepRequest, procedure.StepFailed), procedure.WaitsForClerk, &procedure.Error{Code: procedure.CodeOperator}
			s.Case.Operator = &procedure.OperatorQuestion{Request: strings.Repeat("0123456789abcdef", 4)}
		}), nil, screenTrouble},
		{"hand-over", inCase(procedure.PhaseHandOver), nil, screenHandOver},
		{"hand-over open", inCase(procedure.PhaseHandOver), func(c *counter) {
			c.desk.fail["ConfirmHandOver"] = fail(procedure.CodeHandOverOpen, procedure.FieldCardReturned, procedure.FieldCitizenPapers, procedure.FieldArchived)
			c.press(fyne.KeyReturn)
		}, screenHandOver},
		{"closed", inCase(procedure.PhaseClosed), nil, screenClosed},
		{"closed unprinted", with1(inCase(procedure.PhaseClosed), func(s *procedure.Snapshot) { s.Case.Papers = s.Case.Papers[:3] }), nil, screenClosed},
		{"refused", with1(inCase(procedure.PhaseRefused), func(s *procedure.Snapshot) { s.Case.Refusal = procedure.CodeNeedsUnblock }), nil, screenRefused},
		{"stop at start", procedure.Snapshot{Stop: &procedure.Error{Code: procedure.CodeInUse}}, nil, screenStop},
		{"stop crashed", procedure.Snapshot{Stop: &procedure.Error{Code: procedure.CodeInternal}}, func(c *counter) {
			c.app.cfg.Crashed, c.app.cfg.Restart = "3f9a2c1b", func() {}
			c.app.render()
		}, screenStop},
		{"stop", with1(atHome(), func(s *procedure.Snapshot) { s.Stop = &procedure.Error{Code: procedure.CodeFork} }), nil, screenStop},
		{"stop with heads", with1(atHome(), func(s *procedure.Snapshot) {
			s.Stop = &procedure.Error{Code: procedure.CodeFork, Fork: &procedure.Fork{
				Ours: procedure.Head{Size: 10427, Root: [32]byte{1, 2, 3, 4, 5}}, Theirs: procedure.Head{Size: 10431, Root: [32]byte{9, 8, 7, 6, 5}}}}
		}), func(c *counter) {
			c.app.cfg.Support = "011 123 4567"
			c.app.render()
			said := strings.Join(c.words(), "\n")
			for _, want := range []string{"10427", "AEBAGBAF", "10431", "BEEAOBQF", "011 123 4567"} {
				if !strings.Contains(said, want) {
					c.t.Errorf("the page does not say %q:\n%s", want, said)
				}
			}
		}, screenStop},
	}
}

// TestPages shows every page in both sizes.
func TestPages(t *testing.T) {
	seen := map[screen]bool{}
	for _, s := range scenes() {
		for _, size := range []fyne.Size{small, usual} {
			name := s.name + " " + map[fyne.Size]string{small: "1024x700", usual: "1366x768"}[size]
			t.Run(name, func(t *testing.T) {
				c := open(t, s.start, size)
				if s.do != nil {
					s.do(c)
				}
				c.wantScreen(s.want)
				seen[s.want] = true
				c.window.Resize(size)
				if got := c.window.Canvas().Size(); got != size {
					t.Errorf("page needs %v, want it to fit %v", got, size)
				}
				if m := c.app.page.missing; m > 0 && crowded[s.name].Height < size.Height {
					t.Errorf("page does not fit %v without scrolling by %v", size, m)
				}
				if m := c.app.page.missing; m <= 0 && crowded[s.name] == size {
					t.Errorf("page fits %v: it is not crowded", size)
				}
				if c.app.page.missing <= 0 {
					wantInside(t, c.window.Canvas().Content(), size)
				}
				wantApart(t, c)
			})
		}
	}
	for _, s := range screens {
		if !seen[s] {
			t.Errorf("page %q is in no scene", s)
		}
	}
}

// wantApart checks that no two buttons at the foot of the page lie on each
// other.
func wantApart(t testing.TB, c *counter) {
	t.Helper()
	p := c.app.page
	foot := append([]*button{p.back, p.later, p.primary}, p.others...)
	var placed []*button
	from := map[*button]fyne.Position{}
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		b, ok := o.(*button)
		if !ok || !slices.Contains(foot, b) {
			return
		}
		for _, q := range placed {
			if f := from[q]; at.X < f.X+q.Size().Width && f.X < at.X+b.Size().Width && at.Y < f.Y+q.Size().Height && f.Y < at.Y+b.Size().Height {
				t.Errorf("%q lies on %q", b.label, q.label)
			}
		}
		placed, from[b] = append(placed, b), at
	})
}

// wantInside checks that no visible object is larger than the place it got,
// or lies outside of the window.
func wantInside(t testing.TB, o fyne.CanvasObject, window fyne.Size) {
	t.Helper()
	type place struct {
		words    string
		from, to fyne.Position
		part     *container.Scroll
	}
	var placed []place
	scrolled := scrolledIn(o)
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		if box, isBox := o.(*fyne.Container); isBox {
			for _, child := range box.Objects {
				if right := child.Position().X + child.Size().Width; child.Visible() && right > box.Size().Width+0.5 {
					t.Errorf("%T reaches to %v in a box of %v", child, right, box.Size())
				}
			}
		}
		words, isText := o.(*text)
		if !isText || words.content == "" {
			return
		}
		here := place{words.content, at, at.Add(words.MinSize()), scrolled[o]}
		if words.style.align != fyne.TextAlignLeading {
			here.to = at.Add(words.Size())
		}
		for _, p := range placed {
			if here.part == p.part && here.from.X < p.to.X && p.from.X < here.to.X && here.from.Y < p.to.Y-1 && p.from.Y < here.to.Y-1 {
				t.Errorf("%q overlaps %q", here.words, p.words)
			}
		}
		placed = append(placed, here)
		m, s := words.MinSize(), words.Size()
		if m.Width > s.Width+0.5 || m.Height > s.Height+0.5 {
			t.Errorf("%q needs %v and got %v", words.content, m, s)
		}
		if here.part != nil {
			return // what is out of sight comes into it
		}
		if at.X < 0 || at.Y < 0 || at.X+m.Width > window.Width+0.5 || at.Y+m.Height > window.Height+0.5 {
			t.Errorf("%q lies at %v, outside of %v", words.content, at, window)
		}
	})
}

// scrolledIn finds what lies in a part of the page that scrolls.
func scrolledIn(o fyne.CanvasObject) map[fyne.CanvasObject]*container.Scroll {
	in := map[fyne.CanvasObject]*container.Scroll{}
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		s, ok := o.(*container.Scroll)
		if !ok || s.Content.MinSize().Height <= s.Size().Height {
			return
		}
		walk(s.Content, fyne.Position{}, func(inner fyne.CanvasObject, _ fyne.Position) { in[inner] = s })
	})
	return in
}

// walk visits the visible objects with their absolute positions.
func walk(o fyne.CanvasObject, at fyne.Position, f func(fyne.CanvasObject, fyne.Position)) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	f(o, at)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, at, f)
		}
	case fyne.Widget:
		for _, child := range rendererOf(o) {
			walk(child, at, f)
		}
	}
}

func rendererOf(w fyne.Widget) []fyne.CanvasObject { return test.WidgetRenderer(w).Objects() }
