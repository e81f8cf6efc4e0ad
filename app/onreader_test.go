package app

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"salter/app/procedure"
)

// TestOnReader: with a pad at the reader no digit is taken by the screen, and
// every end of the attempt leads on.
func TestOnReader(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  *procedure.Error
		want screen
	}{
		{"accepted", nil, screenThanks},
		{"cancelled", &procedure.Error{Code: procedure.CodePadCancelled}, screenThanks},
		{"time-out", &procedure.Error{Code: procedure.CodePadTimeout}, screenThanks},
		{"last try left", &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 1}, screenLastTry},
		{"blocked", &procedure.Error{Code: procedure.CodePINBlocked}, screenThanks},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, with1(inCase(procedure.PhasePIN), func(s *procedure.Snapshot) { s.Case.PIN.Way = procedure.PINOnPad }), small)
			c.press(fyne.KeyReturn)
			c.desk.next["BeginPIN"] = func(*procedure.Snapshot) { c.held = true }
			c.press(fyne.KeyReturn)
			delete(c.desk.next, "BeginPIN")
			c.wantScreen(screenOnReader)
			c.typed("1234")
			c.press(fyne.KeyReturn, fyne.KeyEscape)
			c.wantScreen(screenOnReader)
			if tt.err != nil {
				c.desk.fail["EnterPINOnPad"] = tt.err
			}
			c.release()
			c.wantScreen(tt.want)
			if n := len(slices.DeleteFunc(slices.Clone(c.desk.calls), func(s string) bool { return s != "EnterPINOnPad" })); n != 1 {
				t.Errorf("%d attempts, want 1: %v", n, c.desk.calls)
			}
		})
	}
}
