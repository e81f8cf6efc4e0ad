package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/store/evidence"
)

// BenchmarkAppend is one durable append of one event of 300 bytes. What it costs
// beyond the disk is told by the rate it reaches, 1 being that of a bare commit:
// the same settings, the same bytes, one row in one table, nothing else. The two
// take turns, so that both see the same disk.
func BenchmarkAppend(b *testing.B) {
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "bare.db")
	fatal(b, os.WriteFile(path, nil, 0o600))
	db, conn, err := connect(ctx, path)
	fatal(b, err)
	defer db.Close()
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
	fatal(b, err)
	insert, err := conn.PrepareContext(ctx, "INSERT INTO row (body) VALUES (?)")
	fatal(b, err)
	defer insert.Close()
	j := newBench(b).open()
	e := event("step", caseA, fmt.Sprintf("%0120d", 0))
	var bare, append time.Duration
	for b.Loop() {
		started := time.Now()
		_, err := insert.ExecContext(ctx, e)
		fatal(b, err)
		between := time.Now()
		fatal(b, j.Append(ctx, [][]byte{e}, nil))
		bare += between.Sub(started)
		append += time.Since(between)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(append.Microseconds())/float64(b.N), "µs/append")
	b.ReportMetric(float64(bare)/float64(append), "of-the-bare-rate")
}

// BenchmarkAppendPart is an append with a sealed part of 20 KB: the event of a
// card that was read.
func BenchmarkAppendPart(b *testing.B) {
	j := newBench(b).open()
	content := fmt.Sprintf("%020000d", 0)
	for b.Loop() {
		p := part(b, caseA, "chip-files", content)
		fatal(b, j.Append(context.Background(), [][]byte{event("card-read", caseA, "", p)}, []Part{p}))
	}
}

// large makes a journal of n events, all of them countersigned.
func large(b *testing.B, n int) (*bench, *Journal) {
	b.Helper()
	w := newBench(b)
	j := w.open()
	for done := 0; done < n; {
		var batch [][]byte
		for ; len(batch) < 1000 && done < n; done++ {
			batch = append(batch, event("step", caseA, fmt.Sprintf("%0120d", done)))
		}
		fatal(b, j.Append(context.Background(), batch, nil))
	}
	ctx := context.Background()
	head, err := j.Head(ctx)
	fatal(b, err)
	signed, err := j.sign(head)
	fatal(b, err)
	signed, err = evidence.Cosign(signed, w.authority)
	fatal(b, err)
	fatal(b, j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return inTransaction(ctx, conn, func() error { return j.storeCheckpoint(ctx, conn, head.Size, signed) })
	}))
	return w, j
}

// largeSize is the number of events of eight years at one counter.
const largeSize = 1_000_000

// BenchmarkLarge measures reading and verifying a journal of eight years.
func BenchmarkLarge(b *testing.B) {
	w, j := large(b, largeSize)
	ctx := context.Background()
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			page, err := j.Page(ctx, largeSize/2, 50)
			fatal(b, err)
			if len(page) != 50 {
				b.Fatalf("page of %d", len(page))
			}
		}
	})
	b.Run("append", func(b *testing.B) {
		e := [][]byte{event("step", caseA, fmt.Sprintf("%0120d", 0))}
		for b.Loop() {
			fatal(b, j.Append(ctx, e, nil))
		}
	})
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			fatal(b, j.Replay(ctx, func(int64, []byte) error { return nil }))
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			fatal(b, j.Verify(ctx))
		}
	})
	fatal(b, j.Close())
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			j, err := Open(ctx, w.path, w.config)
			fatal(b, err)
			fatal(b, j.Close())
		}
	})
}
