package procedure_test

import (
	"testing"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestE13Pad: which way the PIN is typed is decided before the screen is handed
// over, is journalled, and is the only way then.
func TestE13Pad(t *testing.T) {
	for _, tt := range []struct {
		name    string
		use     procedure.PadUse
		off     bool // pin.entry = screen
		unblock procedure.Unblock
		alone   bool // nothing but the unblock
		want    procedure.PINWay
	}{
		{"no pad", procedure.PadNone, false, procedure.UnblockNone, false, procedure.PINOnScreen},
		{"pad for the login", procedure.PadLogin, false, procedure.UnblockNone, false, procedure.PINOnPad},
		{"pad for the login, switched off", procedure.PadLogin, true, procedure.UnblockNone, false, procedure.PINOnScreen},
		{"pad for checks, a login is due", procedure.PadCheck, false, procedure.UnblockNone, false, procedure.PINOnScreen},
		{"pad for checks, a kept PIN is to be shown", procedure.PadCheck, false, procedure.UnblockKeep, true, procedure.PINCheckPad},
		{"pad for checks, kept, then a certificate", procedure.PadCheck, false, procedure.UnblockKeep, false, procedure.PINOnScreen},
		{"pad for the login, a kept PIN is to be shown", procedure.PadLogin, false, procedure.UnblockKeep, true, procedure.PINOnPad},
		{"a new PIN is typed on the screen", procedure.PadLogin, false, procedure.UnblockChange, false, procedure.PINOnScreen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			h.Settings.PadIfPresent = !tt.off
			h.restart()
			h.Reader.SetPad(tt.use)
			h.wish.unblock = tt.unblock
			if tt.alone {
				h.wish.service = procedure.ServiceUnblock
			}
			h.must("OpenCase", h.e.OpenCase(ctx))
			h.must("ConfirmPerson", h.e.ConfirmPerson(ctx, h.answers(h.view())))
			h.toPINPage()
			if got := h.view().PIN.Way; got != tt.want {
				t.Fatalf("way %q, want %q", got, tt.want)
			}
			if got := bodies[procedure.PINBegun](h, procedure.KindPINBegun); len(got) != 1 || got[0].Way != tt.want {
				t.Errorf("journal %+v, want the way %q", got, tt.want)
			}
			if tt.want == procedure.PINOnScreen {
				h.wants("on the reader", h.e.EnterPINOnPad(ctx), procedure.CodeNotNow)
				return
			}
			h.wants("on the screen", h.enterPIN(), procedure.CodeNotNow)
			h.must("EnterPINOnPad", h.e.EnterPINOnPad(ctx))
			if v := h.view().PIN; v.Open {
				t.Errorf("the citizen's page is still open: %+v", v)
			}
			h.close()
		})
	}
}

// TestE13PadEnds: what may come of the reader's pad; each login has its result.
func TestE13PadEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		typed []string
		want  []procedure.Code
		tries int
		open  bool // the page stays open
	}{
		{"wrong, then right", []string{"0000", proctest.PIN}, []procedure.Code{procedure.CodeWrongPIN, ""}, 3, false},
		{"wrong", []string{"0000"}, []procedure.Code{procedure.CodeWrongPIN}, 2, true},
		{"wrong to the end", []string{"0000", "0000", "0000"}, []procedure.Code{procedure.CodeWrongPIN, procedure.CodeWrongPIN, procedure.CodePINBlocked}, 0, false},
		{"cancel", []string{proctest.PadCancel}, []procedure.Code{procedure.CodePadCancelled}, 3, false},
		{"time-out", []string{proctest.PadSleep}, []procedure.Code{procedure.CodePadTimeout}, 3, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			h.Reader.SetPad(procedure.PadLogin)
			h.toPIN()
			h.Reader.Type(tt.typed...)
			for _, want := range tt.want {
				h.wants("EnterPINOnPad", h.e.EnterPINOnPad(ctx), want)
			}
			v := h.view()
			if v.PIN.Open != tt.open || v.PIN.Tries != tt.tries {
				t.Errorf("page open %v with %d tries, want %v with %d", v.PIN.Open, v.PIN.Tries, tt.open, tt.tries)
			}
			logins, results := 0, 0
			for _, k := range h.kinds() {
				switch k {
				case procedure.KindLogin:
					logins++
				case procedure.KindLoginFailed, procedure.KindPINVerified:
					results++
				}
			}
			if logins != len(tt.want) || results != logins {
				t.Errorf("%d logins with %d results, want %d", logins, results, len(tt.want))
			}
			h.finish() // on the screen or on the reader, the case goes on
			h.issuedOnce()
		})
	}
}
