package forms_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"salter/app/forms"
	"salter/app/procedure"
	"salter/assets"
)

// TestVersions reads what the papers would be made of, and finds the one that
// somebody changed.
func TestVersions(t *testing.T) {
	for _, script := range []string{forms.ScriptCyrillic, forms.ScriptLatin} {
		list, err := forms.Versions(forms.Options{Script: script})
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		for _, kind := range []procedure.PaperKind{procedure.PaperContract, procedure.PaperRequest, procedure.PaperReceipt} {
			if !slices.ContainsFunc(list, func(v forms.Version) bool { return v.Kind == kind && v.Version != "" }) {
				t.Errorf("%s: no %s among %v", script, kind, list)
			}
		}
	}
	changed := fstest.MapFS{}
	names, err := fs.Glob(assets.Templates(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "ugovor-1.0.sr-Cyrl.txt" {
			text = append(text, ' ')
		}
		changed[name] = &fstest.MapFile{Data: text}
	}
	if _, err := forms.Versions(forms.Options{Templates: changed}); !errors.Is(err, forms.ErrChanged) {
		t.Errorf("a changed template: %v, want ErrChanged", err)
	}
}
