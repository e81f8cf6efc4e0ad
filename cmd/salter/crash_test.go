package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/card/virtual"
)

// fall panics as a defect would, with something in it that nobody may read.
//
//go:noinline
func fall(value string) func() { return func() { panic(value) } }

func quietCrashes(t *testing.T, dir string, now func() time.Time) *crashLog {
	c := newCrashes(dir, now)
	c.log = t.Output()
	return c
}

func TestCrashLogCatches(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "crashes")
	c := quietCrashes(t, dir, func() time.Time { return time.Date(2026, 10, 12, 10, 0, 0, 0, time.UTC) })
	ended := make(chan struct{}, 2)
	c.arm(func() { ended <- struct{}{} })
	c.start(fall("ПЕТРОВИЋ АНА 0101900715006"))
	<-ended
	code := c.crashed()
	if len(code) != 8 {
		t.Fatalf("code %q, want eight letters", code)
	}
	if got, want := c.last(), "20261012T100000Z-"+code; got != want {
		t.Errorf("last record %q, want %q", got, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, c.last()+crashSuffix))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Salter " + version, "panic with a string", "crash_test.go:"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the record does not say %q:\n%s", want, text)
		}
	}
	for _, never := range []string{"ПЕТРОВИЋ", "0101900715006"} {
		if bytes.Contains(text, []byte(never)) {
			t.Errorf("the record holds %q:\n%s", never, text)
		}
	}

	c.start(func() { var none []int; _ = none[len(text)] })
	<-ended
	if got := c.crashed(); got != code {
		t.Errorf("a second panic changed the code to %q, want %q: it follows from the first", got, code)
	}
}

// TestSameDefectSameCode: support tells defects by their codes.
func TestSameDefectSameCode(t *testing.T) {
	codeOf := func(f func()) string {
		c := quietCrashes(t, "", time.Now)
		c.arm(func() {})
		c.guard(f)
		return c.crashed()
	}
	other := func() { panic(errors.New("another")) }
	var codes []string
	for _, f := range []func(){fall("one"), fall("two"), other} {
		codes = append(codes, codeOf(f))
	}
	if codes[0] != codes[1] || codes[0] == codes[2] {
		t.Errorf("codes %q, want the first two equal and the third another", codes)
	}
}

func TestCrashRecordsAreBounded(t *testing.T) {
	at := time.Date(2026, 10, 12, 10, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	for range maxCrashes + 5 {
		c := quietCrashes(t, dir, func() time.Time { return at })
		c.arm(func() {})
		c.guard(fall(""))
		at = at.Add(time.Minute)
	}
	names := newCrashes(dir, time.Now).names()
	if len(names) != maxCrashes || !strings.HasPrefix(names[len(names)-1], at.Add(-time.Minute).Format("20060102T150405Z")) {
		t.Errorf("%d records, the last %q, want the newest %d", len(names), names[len(names)-1], maxCrashes)
	}
}

// TestDefectInTheWork: a goroutine of the engine panics after the authority has
// issued the certificate and before the journal has it. The next run finds the
// case, and ends it with exactly one certificate.
func TestDefectInTheWork(t *testing.T) {
	defect := true
	v := newVisit(t, seams{wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			answer, err := next.RoundTrip(r)
			if defect && filepath.Base(r.URL.Path) == "simpleenroll" {
				defect = false
				panic("a defect")
			}
			return answer, err
		})
	}})
	ended := make(chan struct{}, 1)
	v.c.crashes.arm(func() { ended <- struct{}{} })
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		t.Fatal("the defect was not caught")
	}
	name := v.c.crashes.last()
	v.stop()

	v.open()
	s := v.await("the unfinished case", func(s procedure.Snapshot) bool { return len(s.Waiting) == 1 && s.Reader.Chip != nil })
	v.do("resume", v.c.engine.ResumeCase(v.ctx, s.Waiting[0].ID))
	v.await("the citizen's page", inPhase(procedure.PhasePIN))
	v.do("begin PIN", v.c.engine.BeginPIN(v.ctx))
	v.do("enter PIN again", v.enterPIN(virtual.PresetPIN))
	v.checkOne(v.finish())
	if n := v.startsAfter(name); n != 1 {
		t.Errorf("%d starts in the journal name the defect, want 1", n)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// startsAfter counts the starts in the journal that name the crash.
func (v *visit) startsAfter(crash string) (n int) {
	v.t.Helper()
	v.do("read journal", v.c.journal.Replay(v.ctx, func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		if b, ok := e.Body.(*procedure.AppStarted); err == nil && ok && b.Crash == crash {
			n++
		}
		return err
	}))
	return n
}

// plainGoroutines are the functions that may start a goroutine without the
// guard.
var plainGoroutines = map[string]string{
	"cmd/salter/crash.go start":        "the guard itself",
	"card/lane.go plainly":             "for programs without a guard",
	"card/watch.go interrupt":          "one call of the PC/SC library",
	"app/forms/render.go withDefaults": "for programs without a guard",
	"app/procedure/engine.go New":      "for programs without a guard",
}

// TestEveryGoroutineIsGuarded: a panic that nobody catches ends the program
// without a word to the clerk.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	used := map[string]bool{}
	for _, dir := range []string{"app", "card", "store", "ca/est", "ca/profile", "cmd/salter"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "virtual" || d.Name() == "cardtest" || d.Name() == "proctest"):
				return filepath.SkipDir // not part of the counter's program
			case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			name, _ := filepath.Rel("../..", path)
			for _, f := range goroutines(t, path) {
				at := filepath.ToSlash(name) + " " + f
				used[at] = true
				if plainGoroutines[at] == "" {
					t.Errorf("%s starts a goroutine without the guard", at)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for at := range plainGoroutines {
		if !used[at] {
			t.Errorf("%s starts no goroutine any more", at)
		}
	}
}

// goroutines names the functions of a file that start goroutines by themselves:
// with go, or with Go of a WaitGroup.
func goroutines(t *testing.T, path string) (functions []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				functions = append(functions, f.Name.Name)
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" && !guarded(s.X) {
					functions = append(functions, f.Name.Name)
				}
			}
			return true
		})
	}
	return functions
}

// guarded tells the Go of our configurations from that of a WaitGroup.
func guarded(of ast.Expr) bool {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name == "o" || of.Name == "c" || of.Name == "cfg"
	case *ast.SelectorExpr:
		return of.Sel.Name == "cfg"
	}
	return false
}
