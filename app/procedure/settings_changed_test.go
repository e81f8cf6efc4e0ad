package procedure_test

import (
	"slices"
	"testing"

	"salter/app/procedure"
)

// TestSettingsChanged starts the program again and again with other settings:
// each difference is in the journal once, with old and new value.
func TestSettingsChanged(t *testing.T) {
	h := testHarness(t)
	changed := func() []procedure.SettingChange {
		var all []procedure.SettingChange
		for _, e := range h.events() {
			if c, ok := e.Body.(*procedure.SettingsChanged); ok {
				all = append(all, c.Changes...)
			}
		}
		return all
	}
	var want []procedure.SettingChange
	for _, tt := range []struct {
		name string
		file []procedure.Setting
		more []procedure.SettingChange
	}{
		{"no file", nil, nil},
		{"the first file", []procedure.Setting{{"pin.ordered", "false"}, {"contract.term_years", "0"}, {"printer", ""}},
			[]procedure.SettingChange{{"contract.term_years", "", "0"}, {"pin.ordered", "", "false"}}},
		{"the same", []procedure.Setting{{"pin.ordered", "false"}, {"contract.term_years", "0"}, {"printer", ""}}, nil},
		{"one changed, one added", []procedure.Setting{{"pin.ordered", "true"}, {"contract.term_years", "0"}, {"printer", "tray2"}},
			[]procedure.SettingChange{{"pin.ordered", "false", "true"}, {"printer", "", "tray2"}}},
		{"one gone", []procedure.Setting{{"pin.ordered", "true"}, {"printer", "tray2"}},
			[]procedure.SettingChange{{"contract.term_years", "0", ""}}},
		{"the same again", []procedure.Setting{{"pin.ordered", "true"}, {"printer", "tray2"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.File = tt.file
			h.restart()
			want = append(want, tt.more...)
			if got := changed(); !slices.Equal(got, want) {
				t.Errorf("changes\n got %v\nwant %v", got, want)
			}
		})
	}
}
