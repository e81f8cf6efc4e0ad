package forms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"salter/app/procedure"
	"salter/app/serbian"
	"salter/assets"
)

// templateDir is where the templates lie in the source.
const templateDir = "../../assets/templates"

// TestTemplatesAreListed: SHA256SUMS names every template, and every template
// is what it names. With -update new files are added to the list; a line that
// is there is never changed, because a journal may refer to it.
func TestTemplatesAreListed(t *testing.T) {
	lib, err := openLibrary(assets.Templates())
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(assets.Templates(), "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var added []string
	for _, name := range names {
		data, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			t.Fatal(err)
		}
		switch sum, ok := lib.sums[name]; {
		case !ok && *update:
			added = append(added, hexSum(data)+"  "+name+"\n")
		case !ok:
			t.Errorf("%s is not listed", name)
		case sum != hexSum(data):
			t.Errorf("%s has changed: make a new version of it", name)
		}
		if tmpl, err := parseTemplate(data); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if tmpl.file() != name {
			t.Errorf("%s: its head says %s", name, tmpl.file())
		}
	}
	for name := range lib.sums {
		if !slices.Contains(names, name) {
			t.Errorf("%s is listed, but it is not there", name)
		}
	}
	if added == nil {
		return
	}
	file, err := os.OpenFile(filepath.Join(templateDir, sumsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(strings.Join(added, "")); err != nil {
		t.Fatal(err)
	}
}

// TestE28LatinTemplates: the newest Cyrillic template of every paper has a
// Latin one, and every Latin one is the Cyrillic one letter for letter. With
// -update the missing ones are written.
func TestE28LatinTemplates(t *testing.T) {
	lib, err := openLibrary(assets.Templates())
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(assets.Templates(), "*."+ScriptCyrillic+".txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			t.Fatal(err)
		}
		tmpl, err := parseTemplate(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := strings.Replace(serbian.Latin(string(data)), "script: "+ScriptCyrillic, "script: "+ScriptLatin, 1)
		latin := strings.TrimSuffix(name, ScriptCyrillic+".txt") + ScriptLatin + ".txt"
		got, err := fs.ReadFile(assets.Templates(), latin)
		newest := lib.newest(tmpl.kind, ScriptCyrillic) == name
		switch {
		case err == nil && string(got) != want:
			t.Errorf("%s is not %s in Latin letters", latin, name)
		case err != nil && newest && *update:
			if err := os.WriteFile(filepath.Join(templateDir, latin), []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		case err != nil && newest:
			t.Errorf("%s: %v", latin, err)
		}
	}
}

// TestLibrary: a template that is missing, changed or not listed is an error
// that names it; an older version never takes its place.
func TestLibrary(t *testing.T) {
	const name = "nalepnica-1.1.sr-Cyrl.txt"
	tests := []struct {
		name   string
		change func(set fstest.MapFS)
		is     error
		says   string
	}{
		{"as published", func(fstest.MapFS) {}, nil, ""},
		{"edited after the case began", func(set fstest.MapFS) {
			set[name] = edited(set[name], "Полица", "Кутија")
		}, ErrChanged, name},
		{"file is gone", func(set fstest.MapFS) { delete(set, name) }, ErrTemplate, name},
		{"no list", func(set fstest.MapFS) { delete(set, sumsFile) }, ErrTemplate, sumsFile},
		{"bad list", func(set fstest.MapFS) { set[sumsFile] = &fstest.MapFile{Data: []byte("abc\n")} }, ErrTemplate, sumsFile},
		{"no version listed", func(set fstest.MapFS) {
			for file := range set {
				if strings.HasPrefix(file, "nalepnica-") {
					delete(set, file)
				}
			}
			listed(set)
		}, ErrTemplate, "nalepnica"},
		{"another paper is broken", func(set fstest.MapFS) {
			set["potvrda-9.0.sr-Cyrl.txt"] = &fstest.MapFile{Data: []byte("nonsense")}
			listed(set)
		}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := templateFiles(t)
			tt.change(set)
			_, err := Render(testData(procedure.PaperLabel), Options{Fonts: testFonts(), Templates: set})
			if !errors.Is(err, tt.is) {
				t.Fatalf("Render: %v, want %v", err, tt.is)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error %q does not say %q", err, tt.says)
			}
		})
	}
}

// TestMadeAgain: a paper that is made again has the template that it was made
// with, and is the same byte for byte; a version that is not there is refused,
// never replaced by another.
func TestMadeAgain(t *testing.T) {
	d := testData()
	d.Kinds = []procedure.PaperKind{procedure.PaperLabel}
	version := func(v string) (procedure.PaperRecord, error) {
		d.Again = nil
		if v != "" {
			d.Again = []procedure.PaperRecord{{Kind: procedure.PaperLabel, Script: ScriptCyrillic, Version: v}}
		}
		job, err := Render(d, Options{Fonts: testFonts()})
		if err != nil {
			return procedure.PaperRecord{}, err
		}
		return job.Papers[0].Record, nil
	}
	newest, err := version("")
	if err != nil || newest.Version != "1.1" {
		t.Fatalf("made with %q, %v, want the newest", newest.Version, err)
	}
	if again, err := version("1.1"); err != nil || again != newest {
		t.Errorf("again %+v, %v, want %+v", again, err, newest)
	}
	if older, err := version("1.0"); err != nil || older.Version != "1.0" || older.Template == newest.Template {
		t.Errorf("with the older one %+v, %v", older, err)
	}
	if _, err := version("0.9"); !errors.Is(err, ErrTemplate) {
		t.Errorf("with one that is not there: %v, want ErrTemplate", err)
	}
}
