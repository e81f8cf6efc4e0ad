package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"salter/store/evidence"
)

// TestTriggers: mistakes in Salter itself cannot change the journal.
func TestTriggers(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	p := part(t, caseA, "record", "content")
	fatal(t, j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	fill(t, j, 2)
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	columns := "x'00', '', 'a', 0"
	tests := []string{
		"UPDATE event SET kind = 'other' WHERE seq = 2",
		"UPDATE event SET seq = 9 WHERE seq = 3",
		"DELETE FROM event WHERE seq = 3",
		"INSERT INTO event VALUES (3, " + columns + ")",
		"INSERT OR REPLACE INTO event VALUES (3, " + columns + ")",
		"INSERT OR REPLACE INTO event VALUES (1, " + columns + ")",
		"INSERT INTO event VALUES (5, " + columns + ")",
		"INSERT INTO event VALUES (0, " + columns + ")",
		"INSERT INTO event VALUES (NULL, " + columns + ")",
		"UPDATE node SET hash = zeroblob(32) WHERE idx = 0",
		"DELETE FROM node",
		"INSERT OR REPLACE INTO node VALUES (1, zeroblob(32))",
		"INSERT INTO node VALUES (99, zeroblob(32))",
		"UPDATE checkpoint SET note = x'00'",
		"DELETE FROM checkpoint",
		"INSERT OR REPLACE INTO checkpoint VALUES (3, x'00', 0)",
		"UPDATE journal SET origin = 'x'",
		"DELETE FROM journal",
		"INSERT OR REPLACE INTO journal VALUES (1, 'x')",
		"DELETE FROM sync",
		"UPDATE sync SET acked = -1",
		"DELETE FROM person",
		"UPDATE person SET sealed = x'00'",
		"UPDATE person SET commitment = zeroblob(32)",
		"UPDATE person SET case_id = 'x'",
		"INSERT OR REPLACE INTO person SELECT * FROM person",
		"INSERT INTO person SELECT 7, case_id, part, 2, 99, zeroblob(32), key_id, sealed, 0 FROM person",
	}
	for _, statement := range tests {
		t.Run(statement, func(t *testing.T) {
			err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
				_, err := conn.ExecContext(ctx, statement)
				return err
			})
			if err == nil {
				t.Error("statement succeeded")
			}
		})
	}
	fatal(t, j.Verify(ctx))
	fatal(t, j.Close())
	fatal(t, b.open().Verify(ctx))
}

// rebuild returns statements that change the body of event 2 and recompute the
// whole tree, as somebody would who knows the format.
func rebuild(t *testing.T, events [][]byte) []string {
	t.Helper()
	events[1] = []byte(strings.Replace(string(events[1]), `"text":"1"`, `"text":"9"`, 1))
	statements := []string{fmt.Sprintf("UPDATE event SET body = x'%x' WHERE seq = 2", events[1]), "DELETE FROM node"}
	tree := new(evidence.Tree)
	for _, e := range events {
		idx := tree.NextNode()
		for i, hash := range tree.Append(evidence.Leaf(e)) {
			statements = append(statements, fmt.Sprintf("INSERT INTO node VALUES (%d, x'%x')", idx+int64(i), hash[:]))
		}
	}
	return statements
}

// TestTampered walks over what somebody with write access to the file can do.
func TestTampered(t *testing.T) {
	other := event("step", caseA, "other")
	tests := []struct {
		name string
		sync bool // the journal was countersigned before
		edit func(*testing.T, [][]byte) []string
		seq  int64
		open bool // found by Open already, else by Verify
	}{
		{"row edited", false, sqlText(fmt.Sprintf("UPDATE event SET body = x'%x' WHERE seq = 2", other)), 2, true},
		{"body of garbage", false, sqlText("UPDATE event SET body = x'00' WHERE seq = 2"), 2, true},
		{"kind edited", false, sqlText("UPDATE event SET kind = 'other' WHERE seq = 2"), 2, true},
		{"case edited", false, sqlText("UPDATE event SET case_id = '" + caseB + "' WHERE seq = 2"), 2, true},
		{"time edited", false, sqlText("UPDATE event SET at = 0 WHERE seq = 2"), 2, true},
		{"row removed", false, sqlText("DELETE FROM event WHERE seq = 2"), 2, true},
		{"first row removed", false, sqlText("DELETE FROM event WHERE seq = 1"), 1, true},
		{"node edited", false, sqlText("UPDATE node SET hash = zeroblob(32) WHERE idx = 3"), 3, true},
		{"node removed", false, sqlText("DELETE FROM node WHERE idx = 3"), 3, true},
		{"row added without nodes", false, sqlText(fmt.Sprintf("INSERT INTO event VALUES (6, x'%x', '%s', 'step', %d)", other, caseA, testTime.UnixMilli())), 6, true},
		{"row added before the first", false, sqlText(fmt.Sprintf("INSERT INTO event VALUES (0, x'%x', '', 'step', 0)", other)), 0, true},
		{"node added before the first", false, sqlText("INSERT INTO node VALUES (-1, zeroblob(32))"), 0, true},
		{"node added", false, sqlText("INSERT INTO node VALUES (99, zeroblob(32))"), 0, true},
		{"row and tree recomputed", true, rebuild, 5, true},
		{"tail cut", true, sqlText("DELETE FROM event WHERE seq > 3", "DELETE FROM node WHERE idx >= "+fmt.Sprint(tlog.StoredHashCount(3))), 4, true},
		{"all cut", true, sqlText("DELETE FROM person", "DELETE FROM event", "DELETE FROM node"), 1, true},
		{"checkpoint edited", true, sqlText("UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), '5', '6') AS BLOB)"), 5, true},
		{"checkpoint moved up", true, sqlText("UPDATE checkpoint SET size = 6"), 6, true},
		{"checkpoint moved down", true, sqlText("UPDATE checkpoint SET size = 4"), 0, true},
		{"checkpoint removed", true, sqlText("DELETE FROM checkpoint"), 0, true},
		{"part edited", false, sqlText("UPDATE person SET sealed = zeroblob(80) WHERE id = 1"), 1, false},
		{"part removed", false, sqlText("DELETE FROM person WHERE id = 1"), 1, false},
		{"parts swapped", false, sqlText("UPDATE person SET sealed = (SELECT sealed FROM person p WHERE p.id = 2) WHERE id = 1"), 1, false},
		{"part moved to another case", false, sqlText("UPDATE person SET case_id = '" + caseB + "' WHERE id = 1"), 1, false},
		{"commitment edited", false, sqlText("UPDATE person SET commitment = zeroblob(32) WHERE id = 1"), 1, false},
		{"part of another event", false, sqlText("UPDATE person SET seq = 2 WHERE id = 1"), 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			j := b.open()
			ctx := context.Background()
			first, last := part(t, caseA, "record", "content"), part(t, caseA, "email", "content")
			fatal(t, j.Append(ctx, [][]byte{event("step", caseA, "0", first)}, []Part{first}))
			for i := range 3 {
				fatal(t, j.Append(ctx, [][]byte{event("step", caseA, fmt.Sprint(i+1))}, nil))
			}
			fatal(t, j.Append(ctx, [][]byte{event("step", caseA, "4", last)}, []Part{last}))
			if tt.sync {
				fatal(t, j.Sync(ctx, newLedger(b.authority)))
			}
			events := replay(t, j)
			fatal(t, j.Close())
			b.edit(append([]string{"PRAGMA foreign_keys = 0"}, tt.edit(t, events)...)...)

			j, err := Open(ctx, b.path, b.config)
			if (err != nil) != tt.open {
				t.Fatalf("Open = %v, want an error: %v", err, tt.open)
			}
			if err == nil {
				defer j.Close()
				err = j.Verify(ctx)
			}
			var where *TamperedError
			if !errors.Is(err, ErrTampered) || !errors.As(err, &where) {
				t.Fatalf("got %v, want ErrTampered", err)
			}
			if where.Seq != tt.seq {
				t.Errorf("found at event %d, want %d: %v", where.Seq, tt.seq, err)
			}
		})
	}
}

// sqlText is an edit that does not depend on the events.
func sqlText(statements ...string) func(*testing.T, [][]byte) []string {
	return func(*testing.T, [][]byte) []string { return statements }
}

// TestUnsyncedRebuild: what no checkpoint covers yet can be rewritten by whoever
// knows the format. The window closes at the next push, which precedes every
// certificate; this test keeps the limit honest.
func TestUnsyncedRebuild(t *testing.T) {
	b := newBench(t)
	j := b.open()
	fill(t, j, 5)
	events := replay(t, j)
	fatal(t, j.Close())
	b.edit(rebuild(t, events)...)
	j = b.open()
	fatal(t, j.Verify(context.Background()))
}

// TestBitFlips damages closed files at random. Each must either be found or
// leave every event and part as it was.
func TestBitFlips(t *testing.T) {
	b := newBench(t)
	j := b.open()
	ctx := context.Background()
	for i := range 30 {
		p := part(t, caseA, fmt.Sprint("part-", i), strings.Repeat("content ", 40))
		fatal(t, j.Append(ctx, [][]byte{event("step", caseA, fmt.Sprint(i), p)}, []Part{p}))
	}
	fatal(t, j.Sync(ctx, newLedger(b.authority)))
	want := replay(t, j)
	fatal(t, j.Close())
	sound, err := os.ReadFile(b.path)
	fatal(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	found, done := 0, harm{}
	flips := 150 * torture()
	for range flips {
		bit := r.IntN(len(sound) * 8)
		sound[bit/8] ^= 1 << (bit % 8)
		fatal(t, os.WriteFile(b.path, sound, 0o600))
		sound[bit/8] ^= 1 << (bit % 8)
		j, err := Open(ctx, b.path, b.config)
		if err == nil {
			if err = j.Verify(ctx); err == nil {
				if got := replay(t, j); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("bit %d changed the events unseen", bit)
					done.undetected++
				}
			}
			j.Close()
		}
		if err != nil {
			found++
		}
		fatal(t, removeDatabase(b.path))
	}
	done.tell(t, "bit flips", flips)
	t.Logf("%d of %d flips found, the others changed nothing", found, flips)
}
