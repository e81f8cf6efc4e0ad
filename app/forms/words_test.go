package forms

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"strconv"
	"testing"

	"salter/app/procedure"
	"salter/assets"
)

// codes are all constants of the type procedure.Code, read from its source.
func codes(t *testing.T) []procedure.Code {
	t.Helper()
	file, err := goparser.ParseFile(token.NewFileSet(), "../procedure/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []procedure.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, procedure.Code(value))
		}
		return true
	})
	if len(out) < 70 {
		t.Fatalf("only %d codes found", len(out))
	}
	return out
}

// TestEveryCodeHasItsSlip: whatever a case is refused for, the slip says why
// and what to do next, on half a page, in both scripts; the day sheet has a
// short name for it.
func TestEveryCodeHasItsSlip(t *testing.T) {
	lib, err := openLibrary(assets.Templates())
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{ScriptCyrillic, ScriptLatin} {
		day, err := lib.template(PaperDaySheet, script)
		if err != nil {
			t.Fatal(err)
		}
		slip, err := lib.template(procedure.PaperRefusal, script)
		if err != nil {
			t.Fatal(err)
		}
		face, err := newTypeface(testFonts(), slip.source)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes(t) {
			if day.word("refused", string(code)) == "" {
				t.Errorf("%s: the day sheet has no name for %s", script, code)
			}
			d := testData()
			d.Refusal, d.Result = code, nil
			s, err := newSheet(procedure.PaperRefusal, script, lib, d, Options{}.withDefaults(), symbol{wide: 1, high: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.set(face); err != nil {
				t.Errorf("%s: slip for %s: %v", script, code, err)
			} else if len(s.pages) != 1 {
				t.Errorf("%s: the slip for %s does not fit on half a page", script, code)
			}
		}
	}
}

// TestEveryStatusReasonHasItsWords on the request and on the confirmation.
func TestEveryStatusReasonHasItsWords(t *testing.T) {
	lib, err := openLibrary(assets.Templates())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []procedure.PaperKind{procedure.PaperStatus, procedure.PaperStatusDone} {
		tmpl, err := lib.template(kind, ScriptCyrillic)
		if err != nil {
			t.Fatal(err)
		}
		for op, reasons := range procedure.StatusReasons {
			for _, reason := range reasons {
				if tmpl.word("reason", string(reason)) == "" {
					t.Errorf("%s has no words for %s of %s", kind, reason, op)
				}
			}
		}
	}
}
