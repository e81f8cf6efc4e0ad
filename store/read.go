package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// pageBytes bounds what is read while others wait for their turn.
const pageBytes = 1 << 20

// Event is one event as stored.
type Event struct {
	Seq  int64 // 1, 2, 3, …
	Case string
	Kind string
	At   int64 // Unix milliseconds
	Body []byte
}

// Replay calls fn with every event in order, up to the last one at the time of
// the call. It ends with the first error of fn. fn may use the journal.
func (j *Journal) Replay(ctx context.Context, fn func(seq int64, event []byte) error) error {
	head, err := j.Head(ctx)
	if err != nil {
		return fmt.Errorf("replay journal: %w", err)
	}
	for next := int64(1); next <= head.Size; {
		var page []Event
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			page, err = readEvents(ctx, conn, next, head.Size, pageBytes)
			return err
		})
		if err != nil {
			return fmt.Errorf("replay journal: %w", err)
		}
		for _, e := range page {
			if err := fn(e.Seq, e.Body); err != nil {
				return err
			}
		}
		next += int64(len(page))
	}
	return nil
}

// Page returns up to limit events before the event numbered before, newest
// first; before 0 means from the end. It is for lists: the number of the last
// event on a page asks for the next one.
func (j *Journal) Page(ctx context.Context, before int64, limit int) ([]Event, error) {
	const query = "SELECT seq, case_id, kind, at, body FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?"
	if before == 0 {
		before = math.MaxInt64
	}
	var page []Event
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, query, before, limit)
		if err != nil {
			return err
		}
		page, err = scanEvents(rows, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return page, nil
}

// Unsent returns the first events that the authority is not known to hold, in
// order, at most limit.
func (j *Journal) Unsent(ctx context.Context, limit int) ([]Event, error) {
	acked := j.SyncState().Acked
	var events []Event
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, "SELECT seq, case_id, kind, at, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?", acked, limit)
		if err != nil {
			return err
		}
		events, err = scanEvents(rows, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list unsent events: %w", err)
	}
	return events, nil
}

// readEvents reads the events from first to last, in order, until their bodies
// exceed maxBytes; but at least one. A gap is a TamperedError. With an error come
// the events before it.
func readEvents(ctx context.Context, conn *sql.Conn, first, last int64, maxBytes int) ([]Event, error) {
	rows, err := conn.QueryContext(ctx,
		"SELECT seq, case_id, kind, at, body FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq", first, last)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	events, err := scanEvents(rows, maxBytes)
	for i, e := range events {
		if e.Seq != first+int64(i) {
			return events[:i], tampered(first+int64(i), "missing")
		}
	}
	switch {
	case err != nil:
		return events, fmt.Errorf("read events: %w", err)
	case len(events) == 0 && first <= last:
		return nil, tampered(first, "missing")
	}
	return events, nil
}

// scanEvents reads rows of events until their bodies exceed maxBytes, if it is
// not 0, and closes them: open rows keep everybody else waiting.
func scanEvents(rows *sql.Rows, maxBytes int) ([]Event, error) {
	defer rows.Close()
	var events []Event
	for size := 0; rows.Next(); {
		var e Event
		if err := rows.Scan(&e.Seq, &e.Case, &e.Kind, &e.At, &e.Body); err != nil {
			return events, err
		}
		size += len(e.Body)
		if maxBytes > 0 && size > maxBytes && len(events) > 0 {
			break
		}
		events = append(events, e)
	}
	return events, rows.Err()
}
