package app

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/assets"
)

// stringConstants are the values of the constants of the given type in a file
// of the core, so that a new code without words is found the day it is made.
func stringConstants(t *testing.T, file, typeName string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typeName {
			return true
		}
		for _, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok {
				s, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, s)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", typeName, file)
	}
	return values
}

func catalogue(t *testing.T, l Language) (*messages, map[string]json.RawMessage) {
	t.Helper()
	m, err := loadMessages(l)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(catalogueFile(t, l), &all); err != nil {
		t.Fatal(err)
	}
	return m, all
}

func catalogueFile(t *testing.T, l Language) []byte {
	t.Helper()
	b, err := fs.ReadFile(assets.Messages(), string(l)+".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pluralForms are the plural forms of a message; one that has none has the form "".
func pluralForms(t *testing.T, raw json.RawMessage) map[string]string {
	t.Helper()
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return map[string]string{"": one}
	}
	all := map[string]string{}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEveryCodeIsExplained: what happened, and what to do now.
func TestEveryCodeIsExplained(t *testing.T) {
	m, _ := catalogue(t, SerbianCyrillic)
	codes := stringConstants(t, "procedure/errors.go", "Code")
	for _, code := range codes {
		for _, id := range []string{"error." + code + ".what", "error." + code + ".do"} {
			if !m.has(id) {
				t.Errorf("the catalogue has no %q", id)
			}
		}
		got := m.explain(&procedure.Error{Code: procedure.Code(code), Tries: 2}, placeCase, with{"Card": "004217633", "Step": "упис", "Case": "1"})
		if strings.ContainsAny(got.what+got.do, "[]<>{}") {
			t.Errorf("%s is explained as %q, %q: a hole", code, got.what, got.do)
		}
		if got.code != code {
			t.Errorf("code for support is %q, want %q", got.code, code)
		}
	}
	if got := m.explain(&procedure.Error{Code: "never-heard-of"}, placeCase, nil); got.what != m.say("error.internal.what") {
		t.Errorf("an unknown code is explained as %q", got.what)
	}
}

// TestEveryValueHasItsWord covers the ids that the code puts together.
func TestEveryValueHasItsWord(t *testing.T) {
	m, _ := catalogue(t, SerbianCyrillic)
	for _, s := range screens {
		if id := "title." + string(s); !m.has(id) {
			t.Errorf("the catalogue has no %q", id)
		}
	}
	for prefix, values := range map[string][]string{
		"phase.":           stringConstants(t, "procedure/snapshot.go", "Phase"),
		"proposal.":        stringConstants(t, "procedure/propose.go", "Reason"),
		"proposed.":        stringConstants(t, "procedure/action.go", "Action"),
		"action.":          stringConstants(t, "procedure/action.go", "Action"),
		"rail.heading.":    {"issue", "renew", "unblock", "revoke", "suspend", "reactivate"},
		"papers.go.":       {"issue", "renew", "unblock", "revoke", "suspend", "reactivate"},
		"service.":         stringConstants(t, "procedure/action.go", "Service"),
		"certificate.":     stringConstants(t, "procedure/facts.go", "CertState"),
		"contract.":        stringConstants(t, "procedure/facts.go", "ContractState"),
		"status.reason.":   stringConstants(t, "procedure/status.go", "StatusReason"),
		"weak.":            {procedure.WeakRepeat, procedure.WeakSequence, procedure.WeakBirth, procedure.WeakPersonal, procedure.WeakCard},
		"step.":            stringConstants(t, "procedure/snapshot.go", "Step"),
		"paper.":           slices.DeleteFunc(stringConstants(t, "procedure/snapshot.go", "PaperKind"), func(k string) bool { return k == "obrazac-1" }),
		"paper.obrazac-1.": {"issue", "renew"},
		"warning.":         stringConstants(t, "procedure/snapshot.go", "Warning"),
		"waits.":           stringConstants(t, "procedure/snapshot.go", "WaitsFor"),
		"check.":           stringConstants(t, "procedure/checkup.go", "CheckedPart"),
		"search.by.":       stringConstants(t, "procedure/search.go", "SearchField"),
		"journal.done.":    {"issue", "renew", "unblock", "revoke", "suspend", "reactivate"},
		"history.kind.":    caseKinds(),
		"trouble.heading.": stringConstants(t, "procedure/snapshot.go", "WaitsFor"),
	} {
		for _, v := range values {
			if prefix == "warning." && v == string(procedure.WarnLastTry) || v == "" {
				continue // asked as a question; nobody is waited for
			}
			if !m.has(prefix + v) {
				t.Errorf("the catalogue has no %q", prefix+v)
			}
		}
	}
	for _, f := range fieldNames(t) {
		if f != procedure.FieldPapers && !m.has("field."+f) {
			t.Errorf("the catalogue has no %q", "field."+f)
		}
	}
}

// caseKinds are the kinds of events that a case can have.
func caseKinds() []string {
	var kinds []string
	for _, k := range procedure.Kinds[slices.Index(procedure.Kinds, procedure.KindCaseOpened):] {
		kinds = append(kinds, string(k))
	}
	return kinds
}

// fieldNames are the names that the core gives to inputs.
func fieldNames(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "procedure/fields.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Field") {
			return true
		}
		for _, v := range spec.Values {
			s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, s)
		}
		return true
	})
	if len(names) == 0 {
		t.Fatal("the core names no fields")
	}
	return names
}

// TestEveryReasonHasItsCodeAndNextStep: what a clerk can give as a reason is a
// code of the core, and the citizen is told what to do next.
func TestEveryReasonHasItsCodeAndNextStep(t *testing.T) {
	m, all := catalogue(t, SerbianCyrillic)
	codes := stringConstants(t, "procedure/errors.go", "Code")
	for id := range all {
		for _, prefix := range []string{"reason.", "next.", "needs."} {
			code, is := strings.CutPrefix(id, prefix)
			words := slices.Contains([]string{"heading", "line", "signed", "changed", "no-card", "revocation"}, code) && prefix == "needs."
			if is && !words && !slices.Contains(codes, code) {
				t.Errorf("%q is of no code", id)
			}
			if is && prefix == "reason." && !m.has("next."+code) {
				t.Errorf("the catalogue has no %q", "next."+code)
			}
		}
	}
}

// usedIDs are the literals in the code that are ids, or the beginnings of ids,
// of messages.
func usedIDs(t *testing.T) (ids, prefixes []string) {
	t.Helper()
	names, err := fs.Glob(dirFS, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			s, _ := strconv.Unquote(lit.Value)
			if strings.HasSuffix(s, ".") {
				prefixes = append(prefixes, s)
			} else {
				ids = append(ids, s)
			}
			return true
		})
	}
	return ids, prefixes
}

// TestCatalogueIsWhole finds ids that the code says and the catalogue has
// not, and messages that nothing says.
func TestCatalogueIsWhole(t *testing.T) {
	_, all := catalogue(t, SerbianCyrillic)
	ids, prefixes := usedIDs(t)
	for id := range all {
		used := slices.Contains(ids, id) || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) })
		ends := []string{".short", ".heading", ".text", ".none", ".unknown", ".what", ".do"}
		for _, action := range stringConstants(t, "procedure/action.go", "Action") {
			ends = append(ends, "."+action)
		}
		for _, end := range ends {
			used = used || slices.Contains(ids, strings.TrimSuffix(id, end))
		}
		if !used {
			t.Errorf("nothing says %q", id)
		}
	}
	for _, id := range saidIDs(t) {
		if _, ok := all[id]; !ok {
			t.Errorf("the catalogue has no %q", id)
		}
	}
}

// saidIDs are the literals given to say, fill and count.
func saidIDs(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(dirFS, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"say", "fill", "count"}, sel.Sel.Name) {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				s, _ := strconv.Unquote(lit.Value)
				said = append(said, s)
			}
			return true
		})
	}
	return said
}

// TestPlurals: Serbian has three forms (CLDR: one, few, other).
func TestPlurals(t *testing.T) {
	m, _ := catalogue(t, SerbianCyrillic)
	for _, tt := range []struct {
		n    int
		want string
	}{
		{0, "Није преостао ниједан покушај."}, {1, "Преостао је 1 покушај."}, {2, "Преостала су 2 покушаја."}, {3, "Преостала су 3 покушаја."},
		{5, "Преостало је 5 покушаја."}, {11, "Преостало је 11 покушаја."}, {21, "Преостао је 21 покушај."}, {22, "Преостала су 22 покушаја."},
		{-1, "Број преосталих покушаја није познат."},
	} {
		t.Run(strconv.Itoa(tt.n), func(t *testing.T) {
			if got := m.tries("pin.tries", tt.n); got != tt.want {
				t.Errorf("tries(%d) = %q, want %q", tt.n, got, tt.want)
			}
		})
	}
	english, _ := catalogue(t, English)
	for n, want := range map[int]string{0: "No attempts left.", 1: "1 attempt left.", 2: "2 attempts left.", 21: "21 attempts left."} {
		if got := english.tries("pin.tries", n); got != want {
			t.Errorf("English tries(%d) = %q, want %q", n, got, want)
		}
	}
	latin, _ := catalogue(t, SerbianLatin)
	for n, want := range map[int]string{1: "Preostao je 1 pokušaj.", 2: "Preostala su 2 pokušaja.", 5: "Preostalo je 5 pokušaja."} {
		if got := latin.tries("pin.tries", n); got != want {
			t.Errorf("Latin tries(%d) = %q, want %q", n, got, want)
		}
	}
	if got, want := m.count("papers.print", 5), "Штампај све (5 примерака)"; got != want {
		t.Errorf("print button says %q, want %q", got, want)
	}
}

// TestCatalogueIsCyrillic finds a Latin letter that looks like a Cyrillic one
// inside a Cyrillic word.
func TestCatalogueIsCyrillic(t *testing.T) {
	_, all := catalogue(t, SerbianCyrillic)
	for id, raw := range all {
		for _, text := range pluralForms(t, raw) {
			for _, w := range strings.Fields(text) {
				if procedure.MixedScripts(w) && !strings.Contains(w, "{{") {
					t.Errorf("%s: %q mixes two scripts", id, w)
				}
			}
		}
	}
}
