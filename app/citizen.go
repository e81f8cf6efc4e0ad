package app

import (
	"context"
	"time"

	"salter/app/procedure"
)

// stage is where the screen stands between clerk and citizen.
type stage int

const (
	atClerk       stage = iota
	stageTurn           // the card that asks to turn the screen
	stagePad            // the citizen types
	stageAgain          // he types a new PIN once more
	stageWeak           // his new PIN is easily guessed: he chooses another, or insists
	stageChecking       // the attempt runs; the buffers are lent
	stageOnReader       // the attempt runs; the citizen types on the reader
	stageLastTry        // one try left: explained before it is risked
	stageThanks         // the neutral end, until the clerk goes on
)

// screen is the page of a stage.
func (s stage) screen() screen {
	return map[stage]screen{
		stageTurn: screenTurn, stagePad: screenPad, stageAgain: screenAgain, stageWeak: screenWeak, stageChecking: screenChecking,
		stageOnReader: screenOnReader, stageLastTry: screenLastTry, stageThanks: screenThanks,
	}[s]
}

// The time limits of the citizen's page (WCAG 2.2, 2.2.1: it can be extended
// any number of times).
const (
	pinTime  = 60 * time.Second
	pinAlarm = 20 * time.Second // from here on the countdown is shown
)

// citizen is the state of the citizen's pages; it holds nothing of the PIN.
type citizen struct {
	stage    stage
	mode     procedure.PINMode
	changed  bool // the PIN is the one that he chose in this case
	deadline time.Time
	note     string   // id of a sentence for the citizen
	tries    int      // left after a wrong PIN; 0: as the snapshot says
	lastTry  bool     // the last try was explained and is wanted
	weak     []string // why a new PIN is weak: the Weak names of the core
	// left is how the page was left while it could not be yet: the pad is not
	// opened then.
	left procedure.PINEnd
}

// The actions behind the citizen's pages.
const (
	actionBegin = "begin-pin"
	actionEnter = "enter-pin"
)

// guest is the language that the citizen of a case chose for his pages; those
// of the clerk keep theirs.
type guest struct {
	of       procedure.CaseID
	language Language
}

// citizenLanguage is the language of the citizen's pages: the clerk's, until
// the citizen of this case chooses another.
func (a *App) citizenLanguage() Language {
	if c := a.snapshot.Case; c != nil && a.guest.of == c.ID {
		return a.guest.language
	}
	return a.look.Language
}

// chooseLanguage is the citizen's choice.
func (a *App) chooseLanguage(l Language) {
	if c := a.snapshot.Case; c != nil {
		a.guest = guest{of: c.ID, language: l}
	}
}

// typing reports whether the citizen's time runs.
func (c citizen) typing() bool {
	switch c.stage {
	case stagePad, stageAgain, stageWeak, stageLastTry:
		return true
	}
	return false
}

func (a *App) padTexts() padTexts {
	return padTexts{
		clear: a.words.say("pad.clear"), back: a.words.say("pad.back"), confirm: a.words.say("pad.confirm"), key: a.words.say("key.enter"),
		entered: func(n int) string { return a.words.count("pad.entered", n) },
	}
}

// turnScreen asks to turn the screen to the citizen, or opens that of his own,
// as soon as authority and card have said that a PIN is not typed in vain.
// Without the card of the case it says what is missing.
func (a *App) turnScreen() {
	if c := a.snapshot.Case; c != nil && !c.SameCard {
		a.retry()
		return
	}
	a.ended = ""
	a.do(actionBegin, a.cfg.Desk.BeginPIN, func() {
		a.citizen = citizen{stage: stageTurn}
		a.openSecond()
	})
}

// beginPIN opens the pad. The page may have been left in between, so it is
// begun again. A failure is for the clerk: the citizen sees the neutral end.
func (a *App) beginPIN() {
	a.do(actionBegin, func(ctx context.Context) error {
		err := a.cfg.Desk.BeginPIN(ctx)
		if err != nil {
			a.cfg.Post(func() { a.citizen = citizen{stage: stageThanks} })
		}
		return err
	}, a.openPad)
}

// turnBack gives the screen back before anything was typed.
func (a *App) turnBack() {
	if a.working == actionBegin {
		a.citizen.left = procedure.PINCancelled
		return
	}
	a.citizen = citizen{}
	a.render()
	a.do("leave-pin", func(ctx context.Context) error { return a.cfg.Desk.LeavePIN(ctx, procedure.PINCancelled) }, nil)
}

// openPad shows the pad, or first the page that explains the last try.
func (a *App) openPad() {
	c, left := a.snapshot.Case, a.citizen.left
	if c == nil || !c.SameCard {
		left = procedure.PINCardGone
	}
	if left != "" {
		a.citizen.stage = stageLastTry // still open for the core, and left at once
		a.leavePIN(left)
		return
	}
	if c.Phase == procedure.PhaseHandOver { // the look at the chip left nothing to type
		a.citizen = citizen{stage: stageThanks}
		return
	}
	next := citizen{stage: stagePad, mode: c.PIN.Mode, deadline: a.cfg.Now().Add(pinTime), note: a.citizen.note, tries: a.citizen.tries}
	next.changed = next.mode == procedure.PINEnter && c.Result != nil && c.Result.PINChanged
	if next.mode != procedure.PINNew && a.triesLeft() == 1 && !a.citizen.lastTry {
		a.pad.wipe()
		next.stage = stageLastTry
		a.citizen = next
		return
	}
	if c.PIN.Way != procedure.PINOnScreen {
		next.stage, next.deadline = stageOnReader, time.Time{} // the reader has its own
		a.citizen = next
		a.send(a.cfg.Desk.EnterPINOnPad)
		return
	}
	if err := a.pad.begin(a.cfg.DigitsInOrder); err != nil {
		a.failure = asError(err)
		a.citizen.stage = stageThanks
		return
	}
	a.citizen = next
}

func (a *App) triesLeft() int {
	if a.citizen.tries > 0 {
		return a.citizen.tries
	}
	if c := a.snapshot.Case; c != nil {
		return c.PIN.Tries
	}
	return -1
}

// takeLastTry opens the pad for the last try.
func (a *App) takeLastTry() {
	a.citizen.lastTry = true
	a.openPad()
	a.render()
}

// confirmPIN makes the attempt; a new PIN is first typed once more. A PIN that
// is too short costs no try.
func (a *App) confirmPIN() {
	stage := a.citizen.stage
	if stage != stagePad && stage != stageAgain || a.working != "" {
		return
	}
	if a.pad.n < pinMin {
		a.citizen.note = "pad.short"
		if a.citizen.mode == procedure.PINNew {
			a.citizen.note = "pad.short.new"
		}
		a.extendPIN()
		a.render()
		return
	}
	switch {
	case a.citizen.mode != procedure.PINNew:
		pin := a.pad.pin()
		a.attempt(func(ctx context.Context) error { return a.cfg.Desk.EnterPIN(ctx, pin) })
	case stage == stagePad:
		a.typeAgain()
	default:
		a.enterNew(false)
	}
}

// typeAgain has a new PIN typed once more.
func (a *App) typeAgain() {
	if err := a.pad.again(a.cfg.DigitsInOrder); err != nil {
		a.pad.wipe()
		a.failure = asError(err)
		a.citizen = citizen{stage: stageThanks}
	} else {
		a.citizen = citizen{stage: stageAgain, mode: a.citizen.mode, deadline: a.cfg.Now().Add(pinTime)}
	}
	a.render()
}

// enterNew sends the new PIN; weak: although it is easily guessed.
func (a *App) enterNew(weak bool) {
	if a.working != "" {
		return
	}
	pin, again := a.pad.typedFirst(), a.pad.pin()
	a.attempt(func(ctx context.Context) error { return a.cfg.Desk.EnterNewPIN(ctx, pin, again, weak) })
}

// attempt lends the buffers to the core.
func (a *App) attempt(call func(context.Context) error) {
	a.pad.open = false
	a.citizen.stage = stageChecking
	a.send(call)
}

// send runs the attempt; nothing ends the page before it is over.
func (a *App) send(call func(context.Context) error) {
	a.working, a.failure, a.ended = actionEnter, nil, ""
	a.render()
	ctx := a.ctx
	a.cfg.Go(func() {
		err := call(ctx)
		a.cfg.Post(func() { a.pinDone(err) })
	})
}

// pinDone follows an attempt. What the citizen can mend he mends at once;
// everything else is the neutral end, and the clerk's to see.
func (a *App) pinDone(err error) {
	a.working = ""
	e, left := asError(err), a.citizen.left
	if e != nil && e.Code == procedure.CodePINWeak && a.citizen.weak == nil {
		a.citizen = citizen{stage: stageWeak, mode: a.citizen.mode, deadline: a.cfg.Now().Add(pinTime), weak: e.Fields}
		a.render()
		if left != "" {
			a.leavePIN(left)
		}
		return
	}
	a.pad.wipe()
	if e == nil || !mended(e) {
		a.failure = e
		a.citizen = citizen{stage: stageThanks}
		a.render()
		return
	}
	a.citizen = citizen{stage: stageChecking, note: citizenNote(e), tries: max(e.Tries, 0), left: left}
	a.beginPIN()
}

// mended reports whether the citizen can go on after this failure.
func mended(e *procedure.Error) bool {
	switch e.Code {
	case procedure.CodePINFormat, procedure.CodePINDiffers, procedure.CodePINWeak:
		return true
	}
	return e.Code == procedure.CodeWrongPIN && e.Tries != 0
}

// citizenNote is the id of what the citizen is told of a failure that he can
// mend.
func citizenNote(e *procedure.Error) string {
	switch e.Code {
	case procedure.CodePINDiffers, procedure.CodePINWeak, procedure.CodeWrongPIN:
		return "pad.note." + string(e.Code)
	}
	return "error." + string(e.Code) + ".what"
}

// chooseAnother lets the citizen choose another PIN than the weak one.
func (a *App) chooseAnother() {
	a.pad.wipe()
	a.citizen = citizen{stage: stageChecking}
	a.beginPIN()
}

// extendPIN starts the time anew; every input does.
func (a *App) extendPIN() {
	a.citizen.deadline = a.cfg.Now().Add(pinTime)
	if a.page != nil && a.page.tick != nil {
		a.page.tick(a.cfg.Now())
	}
}

// leavePIN ends the citizen's page without a PIN: wipe first, then tell. While
// the pad is being made ready, or the chip looks at a PIN, it cannot be ended:
// it is when that is over, before another PIN is typed.
func (a *App) leavePIN(why procedure.PINEnd) {
	if s := a.citizen.stage; (s == stageTurn || s == stageChecking) &&
		(a.working == actionBegin || a.working == actionEnter && why == procedure.PINFocusLost) {
		a.citizen.left = why
		return
	}
	begun := a.citizen.stage == stageTurn && (why == procedure.PINCardGone || why == procedure.PINCancelled)
	if !a.citizen.typing() && !begun {
		return
	}
	a.pad.wipe()
	a.citizen, a.ended = citizen{stage: stageThanks}, why
	switch why {
	case procedure.PINTimeout:
		a.citizen = citizen{stage: stageTurn, note: "turn.timeout"}
	case procedure.PINFocusLost:
		a.citizen = citizen{stage: stageTurn, note: "turn.focus"}
	}
	a.render()
	a.do("leave-pin", func(ctx context.Context) error { return a.cfg.Desk.LeavePIN(ctx, why) }, nil)
}

// tickPIN ends the page when its time is over.
func (a *App) tickPIN() {
	if a.citizen.typing() && !a.cfg.Now().Before(a.citizen.deadline) {
		a.leavePIN(procedure.PINTimeout)
	}
}

// followCitizen keeps the citizen's pages true to the case: without the card
// of the case nobody types a PIN.
func (a *App) followCitizen() {
	if a.citizen.stage == atClerk {
		return
	}
	c := a.snapshot.Case
	if c == nil || a.snapshot.Clerk == nil || a.snapshot.Stop != nil {
		if a.citizen.stage != stageChecking {
			a.pad.wipe()
		}
		a.citizen = citizen{}
		return
	}
	if !c.SameCard {
		a.leavePIN(procedure.PINCardGone)
	}
	if a.citizen.stage == stagePad && c.Phase == procedure.PhaseHandOver { // told after openPad
		a.pad.wipe()
		a.citizen = citizen{stage: stageThanks}
	}
}

// toClerk returns the screen to the clerk, on his own action.
func (a *App) toClerk() {
	a.citizen = citizen{}
	a.render()
}
