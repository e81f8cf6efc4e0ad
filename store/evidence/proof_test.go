package evidence

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proofs makes a journal of n events and a countersigned checkpoint of it, and
// returns a proof of each event and the keys to check it with.
func proofs(t testing.TB, n int64) ([]Proof, []note.Verifier) {
	t.Helper()
	counter, cv := counterKey(t, Origin("BG-017-03"))
	authority, av := authorityKey(t, "ca.example/journal", time.Unix(1_790_000_000, 0))
	tree := new(Tree)
	var stored nodes
	events := make([][]byte, n)
	for i := range events {
		events[i] = fmt.Appendf(nil, "event %d", i+1)
		stored = append(stored, tree.Append(Leaf(events[i]))...)
	}
	signed, err := Checkpoint{Origin: Origin("BG-017-03"), Size: n, Root: tree.Root()}.Sign(counter)
	if err != nil {
		t.Fatal(err)
	}
	if signed, err = Cosign(signed, authority); err != nil {
		t.Fatal(err)
	}
	list := make([]Proof, n)
	for i := range list {
		path, err := tlog.ProveRecord(n, int64(i), stored)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = Proof{Seq: int64(i) + 1, Event: events[i], Path: path, Checkpoint: signed}
	}
	return list, []note.Verifier{cv, av}
}

func TestProof(t *testing.T) {
	for _, n := range []int64{1, 2, 7, 20} {
		list, keys := proofs(t, n)
		for _, p := range list {
			got, err := ParseProof(p.Encode())
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Path) == 0 {
				got.Path = p.Path // nil and empty are the same
			}
			if !reflect.DeepEqual(got, p) {
				t.Errorf("event %d of %d: read %+v, want %+v", p.Seq, n, got, p)
			}
			c, err := got.Check(keys...)
			if err != nil || c.Size != n {
				t.Errorf("event %d of %d: checkpoint of %d, %v", p.Seq, n, c.Size, err)
			}
		}
	}
}

func TestProofFails(t *testing.T) {
	list, keys := proofs(t, 9)
	other, otherKeys := proofs(t, 9)
	tests := []struct {
		name   string
		change func(*Proof)
		keys   []note.Verifier
		want   error
	}{
		{"other event", func(p *Proof) { p.Event = []byte("event 99") }, keys, ErrProof},
		{"other number", func(p *Proof) { p.Seq++ }, keys, ErrProof},
		{"number 0", func(p *Proof) { p.Seq = 0 }, keys, ErrProof},
		{"number behind the checkpoint", func(p *Proof) { p.Seq = 10 }, keys, ErrProof},
		{"path cut", func(p *Proof) { p.Path = p.Path[1:] }, keys, ErrProof},
		{"path changed", func(p *Proof) { p.Path = append(tlog.RecordProof{{1}}, p.Path[1:]...) }, keys, ErrProof},
		{"checkpoint of another key", func(p *Proof) { p.Checkpoint = other[0].Checkpoint }, keys, ErrCheckpoint},
		{"no checkpoint", func(p *Proof) { p.Checkpoint = nil }, keys, ErrCheckpoint},
		{"other authority", func(*Proof) {}, otherKeys[1:], ErrCheckpoint},
		{"no key", func(*Proof) {}, nil, ErrCheckpoint},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := list[4]
			tt.change(&p)
			if _, err := p.Check(tt.keys...); !errors.Is(err, tt.want) {
				t.Errorf("Check = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestParseProofRefuses(t *testing.T) {
	list, _ := proofs(t, 3)
	text := string(list[1].Encode())
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"other title", strings.Replace(text, "@v1", "@v2", 1)},
		{"no event", strings.Replace(text, "extra ", "more ", 1)},
		{"event damaged", strings.Replace(text, "extra ", "extra =", 1)},
		{"index with zero", strings.Replace(text, "index 1", "index 01", 1)},
		{"index negative", strings.Replace(text, "index 1", "index -1", 1)},
		{"index too large", strings.Replace(text, "index 1", "index 9223372036854775807", 1)},
		{"path damaged", strings.Replace(text, "index 1\n", "index 1\nabc\n", 1)},
		{"no checkpoint", strings.Split(text, "\n\n")[0]},
		{"too long", text + strings.Repeat("x", maxProof)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseProof([]byte(tt.text)); !errors.Is(err, ErrProof) {
				t.Errorf("error %v, want ErrProof", err)
			}
		})
	}
}

// FuzzProof reads foreign bytes; what is accepted is written as it was read, or
// more plainly, and reads the same.
func FuzzProof(f *testing.F) {
	list, keys := proofs(f, 3)
	f.Add(list[1].Encode())
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseProof(text)
		if err != nil {
			return
		}
		if again, err := ParseProof(p.Encode()); err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("read %+v, written and read again %+v, %v", p, again, err)
		}
		_, _ = p.Check(keys...)
	})
}
