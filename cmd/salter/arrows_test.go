package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows is the truth about who may import whom: for each package of ours its
// allowed direct imports, the standard library excepted. "…/*" stands for the
// package and everything below it. A new arrow is a design decision, made here.
var arrows = map[string][]string{
	"salter/cmd/salter": {"salter/app", "salter/app/procedure", "salter/app/forms", "salter/app/desk", "salter/app/serbian", "salter/card", "salter/ca", "salter/ca/profile", "salter/store", "salter/store/evidence", "salter/assets",
		"fyne.io/fyne/v2/*", "github.com/go-gl/glfw/v3.4/glfw", "github.com/BurntSushi/toml", "software.sslmate.com/src/go-pkcs12", "golang.org/x/mod/sumdb/note", "golang.org/x/sys/*"},
	"salter/cmd/salter-ca":   {"salter/ca", "salter/ca/authority/*", "software.sslmate.com/src/go-pkcs12", "filippo.io/age"},
	"salter/cmd/salter-card": {"salter/card/virtual"},
	// The auditor's tool sees evidence and nothing else: no network, no card, no screen.
	"salter/cmd/salter-journal": {"salter/store", "salter/store/evidence", "golang.org/x/mod/sumdb/note"},

	"salter/app":                    {"salter/app/procedure", "salter/app/forms", "salter/app/serbian", "salter/assets", "fyne.io/fyne/v2/*", "github.com/nicksnyder/go-i18n/v2/i18n", "golang.org/x/text/language", "golang.org/x/sys/*"},
	"salter/app/desk":               {"golang.org/x/sys/*", "github.com/klippa-app/go-pdfium/*", "github.com/tetratelabs/wazero"},
	"salter/app/procedure":          {},
	"salter/app/procedure/proctest": {"salter/app/procedure"},
	"salter/app/serbian":            {},
	"salter/app/forms":              {"salter/app/procedure", "salter/app/serbian", "salter/assets", "github.com/go-pdf/fpdf", "github.com/boombuler/barcode/*"},
	"salter/assets":                 {},

	"salter/card":          {"salter/card/apdu", "salter/card/sod", "github.com/ebfe/scard", "github.com/miekg/pkcs11", "golang.org/x/sys/*"},
	"salter/card/apdu":     {},
	"salter/card/sod":      {"salter/card/sod/cms", "github.com/smallstep/pkcs7"},
	"salter/card/sod/cms":  {"github.com/smallstep/pkcs7"},
	"salter/card/virtual":  {"salter/card/apdu", "salter/card/sod", "github.com/smallstep/pkcs7", "golang.org/x/sys/*"},
	"salter/card/cardtest": {"salter/card/virtual", "github.com/ebfe/scard", "golang.org/x/sys/*"},

	"salter/ca":         {"salter/ca/est", "salter/ca/profile", "github.com/go-jose/go-jose/v4/*", "golang.org/x/mod/sumdb/note"},
	"salter/ca/est":     {"salter/card/sod/cms", "github.com/smallstep/pkcs7"}, // one guard for what cards and servers send
	"salter/ca/profile": {"golang.org/x/text/unicode/norm"},
	// The authority finds names by the rules by which the counter finds them: one pure package for both.
	"salter/ca/authority/*": {"salter/app/serbian", "salter/ca", "salter/ca/est", "salter/ca/profile", "salter/ca/authority/*", "salter/card/sod", "salter/store/evidence",
		"modernc.org/sqlite", "github.com/jackc/pgx/v5/*", "github.com/go-jose/go-jose/v4/*", "golang.org/x/mod/*", "github.com/zmap/*", "github.com/miekg/pkcs11", "filippo.io/age", "golang.org/x/crypto/*", "golang.org/x/sys/*", "github.com/prometheus/*"},
	"salter/ca/catest": {"salter/ca", "salter/ca/est", "salter/ca/profile", "salter/ca/authority/*", "salter/card/sod", "salter/store/evidence",
		"github.com/go-jose/go-jose/v4/*", "golang.org/x/mod/sumdb/*", "software.sslmate.com/src/go-pkcs12",
		"github.com/santhosh-tekuri/jsonschema/v6", "go.yaml.in/yaml/v3"}, // requests and answers against openapi.yaml
	// The stranger shares no code with those who are tested against it.
	"salter/ca/catest/estserver": {"github.com/smallstep/pkcs7"},

	"salter/store":          {"salter/store/evidence", "modernc.org/sqlite", "filippo.io/age", "golang.org/x/mod/sumdb/*", "golang.org/x/sys/*"},
	"salter/store/evidence": {"golang.org/x/mod/sumdb/*"},
}

// bans are packages that must not be reached at all, however far away.
var bans = []struct{ from, never string }{
	{"salter/app/procedure", "fyne.io/*"},
	{"salter/app/procedure", "net/http"},
	{"salter/app/procedure", "crypto/tls"},
	{"salter/app/procedure", "database/sql"},
	{"salter/app/procedure", "os/exec"},
	{"salter/app/forms", "fyne.io/*"},
	{"salter/app", "fyne.io/fyne/v2/app"},
	{"salter/app", "github.com/ebfe/scard"},
	{"salter/app", "net/http/httptest"},
	{"salter/card", "fyne.io/*"},
	{"salter/ca", "fyne.io/*"},
	{"salter/ca", "github.com/zmap/*"},
	{"salter/store", "fyne.io/*"},
	{"salter/store", "net/http"},
	{"salter/store/evidence", "database/sql"},
	{"salter/cmd/salter-journal", "net/http"},
	{"salter/cmd/salter-journal", "fyne.io/*"},
	{"salter/cmd/salter", "salter/card/virtual"},
	{"salter/cmd/salter", "salter/ca/authority/*"},
	{"salter/cmd/salter", "github.com/zmap/*"},
	{"salter/cmd/salter", "salter/app/procedure/proctest"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Standard"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func matches(pattern, path string) bool {
	tree, ok := strings.CutSuffix(pattern, "/*")
	return path == pattern || ok && (path == tree || strings.HasPrefix(path, tree+"/"))
}

func allowed(from string) ([]string, bool) {
	for pattern, to := range arrows {
		if pattern == from {
			return to, true
		}
	}
	for pattern, to := range arrows {
		if matches(pattern, from) {
			return to, true
		}
	}
	return nil, false
}

func TestArrows(t *testing.T) {
	standard := map[string]bool{"C": true}
	for _, p := range list(t, "-deps", "../../...") {
		standard[p.ImportPath] = p.Standard
	}
	ours := list(t, "../../...")
	if len(ours) < 10 {
		t.Fatalf("go list names %d packages of ours, want all of them", len(ours))
	}
	for _, p := range ours {
		to, ok := allowed(p.ImportPath)
		if !ok {
			t.Errorf("%s stands in no row: give it one", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if standard[imp] || slices.ContainsFunc(to, func(pattern string) bool { return matches(pattern, imp) }) {
				continue
			}
			t.Errorf("%s imports %s: not an allowed arrow", p.ImportPath, imp)
		}
	}
}

func TestBans(t *testing.T) {
	reached := map[string][]string{}
	for _, p := range list(t, "../../...") {
		reached[p.ImportPath] = p.Deps
	}
	for _, b := range bans {
		deps, ok := reached[b.from]
		if !ok {
			t.Errorf("%s is not there", b.from)
		}
		for _, d := range deps {
			if matches(b.never, d) {
				t.Errorf("%s reaches %s: banned", b.from, d)
			}
		}
	}
}
