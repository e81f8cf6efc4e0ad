package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// sealedBytes returns what the parts of a case look like in the file.
func sealedBytes(t testing.TB, j *Journal, caseID string) [][]byte {
	t.Helper()
	var list [][]byte
	fatal(t, j.do(context.Background(), func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, "SELECT sealed FROM person WHERE case_id = ? AND sealed IS NOT NULL", caseID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return err
			}
			list = append(list, b)
		}
		return rows.Err()
	}))
	return list
}

// TestPurge: what was erased is in no file any more, byte by byte; the rest is.
func TestPurge(t *testing.T) {
	ctx := context.Background()
	b := searchable(t)
	j := b.open()
	l := newLedger(b.authority)
	large := part(t, caseNumber(1), "chip-files", strings.Repeat("chip", 10_000)) // on pages of its own
	openCase(t, j, 1, person{"number-1", "card-1", "Petrović Ana"})
	fatal(t, j.Append(ctx, [][]byte{event("read", caseNumber(1), "", large)}, []Part{large}))
	openCase(t, j, 2, person{"number-2", "card-2", "Perić Jovan"})
	fatal(t, j.Sync(ctx, l))
	gone, stays := sealedBytes(t, j, caseNumber(1)), sealedBytes(t, j, caseNumber(2))
	if len(gone) != 2 || len(stays) != 1 {
		t.Fatalf("%d and %d sealed parts", len(gone), len(stays))
	}
	pieces := func(sealed []byte) [][]byte { // a part is spread over pages
		return [][]byte{sealed[:16], sealed[len(sealed)/2 : len(sealed)/2+16], sealed[len(sealed)-16:]}
	}
	for _, s := range gone {
		if !findInFiles(t, b, s[:16]) {
			t.Fatal("a sealed part is not where the test looks for it")
		}
	}
	for range 2 { // the second time there is nothing left
		_, err := j.Purge(ctx, caseNumber(1), caseNumber(7))
		fatal(t, err)
	}
	for _, s := range gone {
		for i, piece := range pieces(s) {
			if findInFiles(t, b, piece) {
				t.Errorf("piece %d of an erased part of %d bytes is still in a file", i, len(s))
			}
		}
	}
	if !findInFiles(t, b, stays[0][:16]) {
		t.Error("the part of another case is gone")
	}
	if info, err := os.Stat(b.path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("log has %d bytes after the purge", info.Size())
	}
	if _, err := j.Part(ctx, caseNumber(1), "record"); !errors.Is(err, ErrErased) {
		t.Errorf("erased part: %v, want ErrErased", err)
	}
	for _, q := range []CaseQuery{{Name: "ana"}, {Term: Term{"person", "number-1"}}, {Term: Term{"card", "card-1"}}} {
		if got := list(t, j, q); len(got) > 0 {
			t.Errorf("%+v found %v after the purge", q, got)
		}
	}
	if got := list(t, j, CaseQuery{Term: Term{"number", "BG-1"}}); !slices.Equal(got, []int{1}) {
		t.Errorf("the case's number found %v, want 1", got)
	}
	if got := list(t, j, CaseQuery{Name: "jovan"}); !slices.Equal(got, []int{2}) {
		t.Errorf("another name found %v, want 2", got)
	}
	if ids, err := j.Sealed(ctx); err != nil || !slices.Equal(ids, []string{caseNumber(2)}) {
		t.Errorf("sealed parts of %v, %v", ids, err)
	}
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	j = b.open()
	fatal(t, j.Verify(ctx))
	if got := list(t, j, CaseQuery{Name: "ana"}); len(got) > 0 {
		t.Errorf("found %v by name in the next run", got)
	}
}

// TestPurgeWaits: what the authority does not hold is kept.
func TestPurgeWaits(t *testing.T) {
	ctx := context.Background()
	lost := errors.New("network is gone")
	tests := []struct {
		name  string
		fault func(call string, done bool) error
		sync  bool
	}{
		{"never synced", nil, false},
		{"events were taken, openings not", func(call string, _ bool) error {
			if call == "blob" {
				return lost
			}
			return nil
		}, true},
		{"nothing was answered", func(_ string, done bool) error {
			if done {
				return lost
			}
			return nil
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := searchable(t)
			j := b.open()
			l := newLedger(b.authority)
			l.fault = tt.fault
			openCase(t, j, 1, person{"number-1", "card-1", "Petrović Ana"})
			if tt.sync && j.Sync(ctx, l) == nil {
				t.Fatal("sync did not fail")
			}
			p, err := j.Purge(ctx, caseNumber(1))
			if err != nil || p != (Purged{Kept: 1}) {
				t.Errorf("Purge = %+v, %v, want one kept", p, err)
			}
			if got := list(t, j, CaseQuery{Name: "ana"}); !slices.Equal(got, []int{1}) {
				t.Errorf("found %v, want 1", got)
			}
			l.fault = nil
			fatal(t, j.Sync(ctx, l))
			p, err = j.Purge(ctx, caseNumber(1))
			if err != nil || p != (Purged{Erased: 1}) {
				t.Errorf("Purge after Sync = %+v, %v, want one erased", p, err)
			}
		})
	}
}

// TestPurgeOldVersions: the copy that a migration left holds what is erased, so
// it goes too; other files stay.
func TestPurgeOldVersions(t *testing.T) {
	ctx := context.Background()
	b := searchable(t)
	j := b.open()
	openCase(t, j, 1, person{"number-1", "card-1", "Petrović Ana"})
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	for _, suffix := range []string{".v1", ".v12", ".vx", ".note"} {
		fatal(t, os.WriteFile(b.path+suffix, []byte("x"), 0o600))
	}
	_, err := j.Purge(ctx, caseNumber(1))
	fatal(t, err)
	for suffix, want := range map[string]bool{".v1": false, ".v12": false, ".vx": true, ".note": true} {
		if _, err := os.Stat(b.path + suffix); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", suffix, err == nil, want)
		}
	}
}
