package app

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// TestLines: where a text breaks.
func TestLines(t *testing.T) {
	ten := fyne.MeasureText("nnnnnnnnnn", theme.TextSize(), fyne.TextStyle{}).Width + 0.5
	for _, tt := range []struct {
		name, content string
		measure       float32
		want          []string
	}{
		{"short", "nnn nnn", ten, []string{"nnn nnn"}},
		{"no measure", "nnnnnnnnnn nnnnnnnnnn", 0, []string{"nnnnnnnnnn nnnnnnnnnn"}},
		{"two lines", "nnnn nnnn nnnn", ten, []string{"nnnn nnnn", "nnnn"}},
		{"no word is left alone", "nnn nn nn nn", ten, []string{"nnn nn", "nn nn"}},
		{"alone all the same", "nnnnnnnn nn", ten, []string{"nnnnnnnn", "nn"}},
		{"own breaks", "nn\nnn", ten, []string{"nn", "nn"}},
		{"kept together", "nnnn nnn\u00a0nnn", ten, []string{"nnnn", "nnn\u00a0nnn"}},
		{"a long word", "nnnnnnnnnnnnn", ten, []string{"nnnnnnnnnn", "nnn"}},
		{"a long name", "nnnnnn-nnnnnnn", ten, []string{"nnnnnn-", "nnnnnnn"}},
		{"narrower than a letter", "ђн", 1, []string{"ђ", "н"}},
		{"nothing", "", ten, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := para(styleBody, tt.content, tt.measure).lines(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
