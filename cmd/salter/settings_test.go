package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodSettings = `mode = "demo"
data = "."
counter = "BG-017-03"
office = "Полицијска станица Врачар"
[token]
module = "module.so"
[clerk]
p12 = "clerk.p12"
`

func writeSettings(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salter.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsDefaults(t *testing.T) {
	path := writeSettings(t, strings.Replace(goodSettings, "mode = \"demo\"\n", "", 1))
	s, err := readSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Mode != Production {
		t.Errorf("mode %q, want production unless the file says otherwise", s.Mode)
	}
	if !s.Contract.SealRequired || s.Retention.YearsAfterEnd != 10 || s.Eligibility.CardIssuedAfter != "2014-08-18" || s.Clerk.Login != "p12" {
		t.Errorf("defaults are %+v", s)
	}
	if want := filepath.Join(filepath.Dir(path), "module.so"); s.Token.Module != want {
		t.Errorf("module %q, want %q: relative to the file", s.Token.Module, want)
	}
}

func TestSettingsRefused(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"mode", `"demo"`, `"test"`, "mode is"},
		{"no folder", `data = "."`, ``, "data is missing"},
		{"counter", `"BG-017-03"`, `"Belgrade 3"`, "counter is"},
		{"office", `"Полицијска станица Врачар"`, `"  "`, "office is missing"},
		{"module", `module = "module.so"`, ``, "token.module is missing"},
		{"log-in by card", `[clerk]`, "[clerk]\nlogin = \"card\"", "clerk.login is"},
		{"key file", `p12 = "clerk.p12"`, ``, "clerk.p12 is missing"},
		{"unknown key", `[clerk]`, "[clerk]\nname = \"x\"", "unknown key clerk.name"},
		{"wrong type", `[clerk]`, "[pin]\nordered = 3\n[clerk]", "line 8"},
		{"broken form", `counter = `, `counter `, "line 3"},
		{"document type", `[clerk]`, "[eligibility]\ndoc_types = [\"RP\"]\n[clerk]", "doc_types"},
		{"no document type", `[clerk]`, "[eligibility]\ndoc_types = []\n[clerk]", "doc_types"},
		{"date", `[clerk]`, "[eligibility]\ncard_issued_after = \"18.08.2014\"\n[clerk]", "card_issued_after"},
		{"age", `[clerk]`, "[eligibility]\nsupervisor_below_age = -1\n[clerk]", "supervisor_below_age"},
		{"retention", `[clerk]`, "[retention]\nyears_after_end = 0\n[clerk]", "years_after_end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(goodSettings, tt.old, tt.new, 1)
			if text == goodSettings {
				t.Fatal("nothing was changed")
			}
			_, err := readSettings(writeSettings(t, text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error naming %q", err, tt.want)
			}
		})
	}
}
