package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"salter/card/virtual"
)

func TestCommandLine(t *testing.T) {
	good := writeSettings(t, goodSettings)
	tests := []struct {
		name    string
		args    []string
		status  int
		out, in string // parts of what is printed, of what is said to be wrong
	}{
		{"version", []string{"version"}, exitOK, version, ""},
		{"help", []string{"-h"}, exitOK, "usage:", ""},
		{"help of a command, without settings", []string{"-config", "none.toml", "enrol", "request", "-h"}, exitOK, "enrol request -out F", ""},
		{"unknown flag", []string{"-x"}, exitUsage, "", "usage:"},
		{"unknown command", []string{"-config", good, "issue"}, exitUsage, "", `no command "issue"`},
		{"enrol what", []string{"-config", good, "enrol"}, exitUsage, "", "usage:"},
		{"request without a file", []string{"-config", good, "enrol", "request"}, exitUsage, "", "-out is missing"},
		{"accept without a file", []string{"-config", good, "enrol", "accept"}, exitUsage, "", "-in is missing"},
		{"hand over without a file", []string{"-config", good, "handover"}, exitUsage, "", "-out is missing"},
		{"hand over before enrolment", []string{"-config", good, "handover", "-out", filepath.Join(t.TempDir(), "out")}, exitError, "", "not enrolled"},
		{"new key before enrolment", []string{"-config", good, "journal", "rekey"}, exitError, "", "not enrolled"},
		{"journal what", []string{"-config", good, "journal"}, exitUsage, "", "usage:"},
		{"answer that is none", []string{"-config", good, "handover", "-answer", good}, exitError, "", "no checkpoint"},
		{"too much", []string{"-config", good, "export", "-out", "x", "y"}, exitUsage, "", `"y" is too much`},
		{"no settings", []string{"-config", filepath.Join(t.TempDir(), "none.toml"), "card"}, exitError, "", "none.toml"},
		{"export before enrolment", []string{"-config", good, "export", "-out", t.TempDir()}, exitError, "", "not enrolled"},
		{"accept without keys", []string{"-config", good, "enrol", "accept", "-in", good}, exitError, "", "enrol accept"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if got := run(t.Context(), tt.args, &out, &errOut); got != tt.status {
				t.Errorf("status %d, want %d; said %s", got, tt.status, errOut.String())
			}
			if !strings.Contains(out.String(), tt.out) || !strings.Contains(errOut.String(), tt.in) {
				t.Errorf("printed %q, said %q; want %q, %q", out.String(), errOut.String(), tt.out, tt.in)
			}
		})
	}
}

func TestEnrolmentIsCarefulWithFiles(t *testing.T) {
	v := newVisit(t, seams{})
	again := filepath.Join(t.TempDir(), "again.json")
	if err := enrolRequest(t.Context(), v.set, again); err == nil || !strings.Contains(err.Error(), "enrolled already") {
		t.Errorf("second request: got %v, want a refusal", err)
	}
	for _, name := range []string{fileKeys, fileDataKey} {
		info, err := os.Stat(v.set.file(name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", name, info.Mode().Perm())
		}
	}
	production := v.set
	production.Mode = Production
	if err := enrolAccept(production, v.set.file(fileEnrolment), io.Discard); err == nil || !strings.Contains(err.Error(), "demonstration") {
		t.Errorf("demonstration's bundle in production: got %v, want a refusal", err)
	}
	other := v.set
	other.Counter.Name = "BG-017-04"
	if err := enrolAccept(other, v.set.file(fileEnrolment), io.Discard); err == nil {
		t.Error("enrolment of another counter: got nil, want a refusal")
	}
}

// TestShowAndExport issues a certificate and finds it again by the two support
// commands.
func TestShowAndExport(t *testing.T) {
	v := newVisit(t, seams{})
	v.toPIN()
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.finish()
	v.stop()

	dir := t.TempDir()
	var out bytes.Buffer
	v.do("export", exportLast(t.Context(), v.set, dir, &out))
	if !strings.Contains(out.String(), c.Number) || !strings.Contains(out.String(), c.Result.Serial) {
		t.Errorf("export says %q, want case %s and serial %s", out.String(), c.Number, c.Result.Serial)
	}
	chip := filepath.Join(dir, "chip.pem")
	out.Reset()
	v.do("show card", showCard(t.Context(), v.set, chip, &out))
	for _, name := range []string{chip, filepath.Join(dir, "certificate.pem")} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		if block == nil || !bytes.Equal(block.Bytes, c.Result.DER) {
			t.Errorf("%s does not hold the certificate of the case", filepath.Base(name))
		}
	}
	for _, secret := range []string{string(c.Identity.PersonalNumber), c.Identity.Surname, string(c.Identity.CardNumber)} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("card command names the holder: %q", out.String())
		}
	}
}

// TestEnrolCode: a counter enrols itself with a code; after a slip or a lost
// answer it tries again with the same keys.
func TestEnrolCode(t *testing.T) {
	v := newVisit(t, seams{})
	set := v.set
	set.Data, set.Counter.Name = filepath.Join(t.TempDir(), "data"), "BG-017-05"
	if err := os.Mkdir(set.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	url, code := v.server.Bootstrap(set.Counter.Name)
	enrol := func(url, typed string) error {
		return enrolCode(t.Context(), set, url, strings.NewReader(typed), io.Discard)
	}
	for _, tt := range []struct{ name, url, typed, word string }{
		{"nothing typed", url, "", "seven groups"},
		{"a wrong letter", url, "A" + code[1:] + "\n", "code"},
		{"nobody there", "https://127.0.0.1:1", code, "connect"},
		{"no TLS", strings.Replace(url, "https", "http", 1), code, "no address"},
	} {
		if code[0] == 'A' {
			tt.typed = strings.Replace(tt.typed, "A"+code[1:], "B"+code[1:], 1)
		}
		if err := enrol(tt.url, tt.typed); err == nil || !strings.Contains(err.Error(), tt.word) || strings.Contains(err.Error(), code) {
			t.Errorf("%s: got %v, want an error with %q and without the code", tt.name, err, tt.word)
		}
	}
	keys, err := readKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	if err := enrol(url, strings.ToLower(code)); err != nil { // no line break: the end is enough
		t.Fatal(err)
	}
	if kept, err := readKeys(set); err != nil || !kept.TLS.Equal(keys.TLS) {
		t.Errorf("keys after another try: %v, want those of the first", err)
	}
	if err := enrol(url, code); err == nil || !strings.Contains(err.Error(), "enrolled already") {
		t.Errorf("enrolled a second time: got %v", err)
	}
	if err := os.Remove(set.file(fileEnrolment)); err != nil { // as if the answer had been lost
		t.Fatal(err)
	}
	if err := enrol(url, code); err != nil {
		t.Errorf("the same keys again: %v", err)
	}
}
