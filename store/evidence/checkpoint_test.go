package evidence

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// counterKey makes the checkpoint key of a workstation.
func counterKey(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// authorityKey makes the cosigning key of an authority whose clock stands.
func authorityKey(t testing.TB, name string, at time.Time) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := GenerateCosigner(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewCosigner(skey, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

const testWorkstation = "BG-017-03"

func testCheckpoint() Checkpoint {
	return Checkpoint{Origin: Origin(testWorkstation), Size: 42, Root: tlog.RecordHash([]byte("x"))}
}

func TestCheckpointText(t *testing.T) {
	want := "mup.gov.rs/counter/BG-017-03\n42\n" + testCheckpoint().Root.String() + "\n"
	if got := testCheckpoint().Text(); got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
	got, err := ParseCheckpoint(want)
	if err != nil || got != testCheckpoint() {
		t.Errorf("ParseCheckpoint = %v, %v", got, err)
	}
}

func TestParseCheckpointRefuses(t *testing.T) {
	good := testCheckpoint().Text()
	root := testCheckpoint().Root.String()
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"no origin", strings.TrimPrefix(good, Origin(testWorkstation))},
		{"no final newline", strings.TrimSuffix(good, "\n")},
		{"extension line", good + "more\n"},
		{"size with zero", strings.Replace(good, "\n42", "\n042", 1)},
		{"size with sign", strings.Replace(good, "\n42", "\n+42", 1)},
		{"size negative", strings.Replace(good, "\n42", "\n-42", 1)},
		{"size too large", strings.Replace(good, "\n42", "\n9223372036854775808", 1)},
		{"root short", strings.Replace(good, root, "AAAA", 1)},
		{"root not base64", strings.Replace(good, root, strings.Repeat("*", 44), 1)},
		{"root with stray bits", strings.Replace(good, root, strings.Repeat("/", 43)+"=", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c, err := ParseCheckpoint(tt.text); !errors.Is(err, ErrCheckpoint) {
				t.Errorf("ParseCheckpoint = %v, %v, want ErrCheckpoint", c, err)
			}
		})
	}
}

func TestCountersigned(t *testing.T) {
	at := time.Unix(1790000000, 0)
	cs, cv := counterKey(t, Origin(testWorkstation))
	as, av := authorityKey(t, "ca.example/journal", at)
	signed, err := testCheckpoint().Sign(cs)
	if err != nil {
		t.Fatal(err)
	}
	both, err := Cosign(signed, as)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenCheckpoint(both, Origin(testWorkstation), cv, av)
	if err != nil || got != testCheckpoint() {
		t.Errorf("OpenCheckpoint = %v, %v", got, err)
	}
	if !Extends(both, signed) || Extends(signed, signed) || Extends(signed, both) {
		t.Error("Extends does not tell the cosigned note from the signed one")
	}
	when, err := CosignedAt(both, av)
	if err != nil || !when.Equal(at) {
		t.Errorf("CosignedAt = %v, %v, want %v", when, err, at)
	}
	if when, err := CosignedAt(both, cv); err != nil || !when.IsZero() {
		t.Errorf("CosignedAt by a key without time = %v, %v", when, err)
	}
	if _, err := CosignedAt(signed, av); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("CosignedAt without cosignature = %v, want ErrCheckpoint", err)
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	at := time.Unix(1790000000, 0)
	cs, cv := counterKey(t, Origin(testWorkstation))
	as, av := authorityKey(t, "ca.example/journal", at)
	otherAuthority, _ := authorityKey(t, "ca.example/journal", at)
	sign := func(c Checkpoint, keys ...note.Signer) []byte {
		out, err := note.Sign(&note.Note{Text: c.Text()}, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	both := sign(testCheckpoint(), cs, as)
	otherCounter := testCheckpoint()
	otherCounter.Origin = Origin("BG-017-04")
	tests := []struct {
		name   string
		signed []byte
		keys   []note.Verifier
	}{
		{"empty", nil, []note.Verifier{cv}},
		{"no key asked for", both, nil},
		{"authority's line missing", sign(testCheckpoint(), cs), []note.Verifier{cv, av}},
		{"counter's line missing", sign(testCheckpoint(), as), []note.Verifier{cv, av}},
		{"same name, other key", sign(testCheckpoint(), cs, otherAuthority), []note.Verifier{av}},
		{"size changed", bytes.Replace(both, []byte("\n42\n"), []byte("\n43\n"), 1), []note.Verifier{av}},
		{"other counter", sign(otherCounter, cs, as), []note.Verifier{cv, av}},
		{"time changed", bumpTime(t, both), []note.Verifier{av}},
		{"too large", append(both, bytes.Repeat([]byte("x"), MaxCheckpoint)...), []note.Verifier{av}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := OpenCheckpoint(tt.signed, Origin(testWorkstation), tt.keys...)
			if !errors.Is(err, ErrCheckpoint) {
				t.Errorf("OpenCheckpoint = %v, %v, want ErrCheckpoint", c, err)
			}
		})
	}
}

// bumpTime moves the time of the last signature line.
func bumpTime(t *testing.T, signed []byte) []byte {
	t.Helper()
	i := bytes.LastIndexByte(signed, ' ') + 1
	// Ten characters of base64 hold the key hash and the first zero bytes of
	// the time: the eleventh is inside the time.
	out := bytes.Clone(signed)
	if out[i+10] != 'A' {
		out[i+10] = 'A'
	} else {
		out[i+10] = 'B'
	}
	return out
}

func FuzzOpenCheckpoint(f *testing.F) {
	cs, cv := counterKey(f, Origin(testWorkstation))
	signed, err := testCheckpoint().Sign(cs)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(testCheckpoint().Text()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := OpenCheckpoint(data, Origin(testWorkstation), cv); err == nil && c != testCheckpoint() {
			t.Errorf("a checkpoint that was never signed opens: %q", data)
		}
		if c, err := ParseCheckpoint(string(data)); err == nil && c.Text() != string(data) {
			t.Errorf("text %q read as %+v", data, c)
		}
		if both, err := Cosign(data, cs); err == nil {
			if _, err := note.Open(both, note.VerifierList(cv)); err != nil {
				t.Errorf("cosigned note does not open: %v", err)
			}
		}
	})
}
