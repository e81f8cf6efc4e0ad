package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// maxPage bounds how many cases one call returns.
const maxPage = 500

// Case is one row of the list of cases.
type Case struct {
	ID               string
	Opened, Last     int64 // numbers of its first and last event
	Events           int64
	OpenedAt, LastAt int64  // Unix milliseconds, by the counter's clock
	Kind             string // of the last event
	Clerk            string // service number in the first event
}

// CaseQuery chooses cases; what is zero chooses nothing. All that is given must
// hold.
type CaseQuery struct {
	Before   int64    // opened before the case with this Opened: for the next page
	Limit    int      // cases on the page, at most 500; 0: 50
	From, To int64    // opened in [From, To), Unix milliseconds; 0: no bound
	Clerk    string   // who opened it
	Kinds    []string // one of these is the kind of the last event
	Term     Term     // a value it is found by, exactly
	Name     string   // the beginning of a name, in the form that Terms.Names has
	IDs      []string // one of these; nil: any
	After    int64    // its last event is a later one
}

// Cases returns a page of cases, the one opened last first. The next page
// begins before the last one's Opened. A search by name reads the names of all
// sealed parts once, at the first call: see LoadNames. The list is brought up to
// date first: see List.
func (j *Journal) Cases(ctx context.Context, q CaseQuery) ([]Case, error) {
	var page []Case
	err := j.choose(ctx, q, func(ctx context.Context, conn *sql.Conn, only []string) (err error) {
		page, err = readCases(ctx, conn, q, only)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return page, nil
}

// Places returns the Opened of every case that the query chooses, the one opened
// last first, whatever its Limit: for a list that reads rows only where it is
// looked at (At). 100,000 of them take some 30 ms.
func (j *Journal) Places(ctx context.Context, q CaseQuery) ([]int64, error) {
	var places []int64
	err := j.choose(ctx, q, func(ctx context.Context, conn *sql.Conn, only []string) (err error) {
		places, err = readPlaces(ctx, conn, q, only)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list places of cases: %w", err)
	}
	return places, nil
}

// At returns the cases with these Opened, at most 500, the one opened last
// first; what opens no case is left out.
func (j *Journal) At(ctx context.Context, places ...int64) ([]Case, error) {
	if len(places) > maxPage {
		return nil, fmt.Errorf("list cases at places: %d at once are more than %d", len(places), maxPage)
	}
	list, err := json.Marshal(places)
	if err != nil {
		return nil, fmt.Errorf("list cases at places: %w", err)
	}
	var page []Case
	err = j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, selectCases+" WHERE opened IN (SELECT value FROM json_each(?)) ORDER BY opened DESC", string(list))
		if err != nil {
			return err
		}
		page, err = scanCases(rows, maxPage, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases at places: %w", err)
	}
	return page, nil
}

// choose finds out which cases the words of a query name (nil: any), after the
// list was brought up to date, and calls read unless it is known that there are
// none.
func (j *Journal) choose(ctx context.Context, q CaseQuery, read func(ctx context.Context, conn *sql.Conn, only []string) error) error {
	if q.Name != "" {
		if err := j.LoadNames(ctx); err != nil {
			return err
		}
	}
	if err := j.List(ctx); err != nil {
		return err
	}
	return j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		only := q.IDs
		if q.Name != "" {
			only = intersect(only, j.names.find(q.Name))
		}
		if q.Term != (Term{}) {
			found, err := j.findTerm(ctx, conn, q.Term)
			if err != nil {
				return err
			}
			only = intersect(only, found)
		}
		if only != nil && len(only) == 0 {
			return nil
		}
		return read(ctx, conn, only)
	})
}

// intersect returns what is in both lists; a nil one holds everything.
func intersect(a, b []string) []string {
	if a == nil {
		return b
	}
	in := make(map[string]bool, len(a))
	for _, id := range a {
		in[id] = true
	}
	out := []string{}
	for _, id := range b {
		if in[id] {
			out = append(out, id)
		}
	}
	return out
}

// conditions writes the query as SQL; only, unless nil, names the cases to look
// at.
func (q CaseQuery) conditions(only []string) (where string, args []any) {
	var list []string
	and := func(condition string, value any) {
		list, args = append(list, condition), append(args, value)
	}
	if q.Before > 0 {
		and("opened < ?", q.Before)
	}
	if q.From > 0 {
		and("opened_at >= ?", q.From)
	}
	if q.To > 0 {
		and("opened_at < ?", q.To)
	}
	if q.Clerk != "" {
		and("clerk = ?", q.Clerk)
	}
	if len(q.Kinds) > 0 {
		and("kind IN (SELECT value FROM json_each(?))", jsonList(q.Kinds))
	}
	if q.After > 0 {
		and("last > ?", q.After)
	}
	if only != nil {
		and("case_id IN (SELECT value FROM json_each(?))", jsonList(only))
	}
	if len(list) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(list, " AND "), args
}

const selectCases = "SELECT case_id, opened, last, events, opened_at, last_at, kind, clerk FROM cases"

// readCases runs the query over the list of cases; only, unless nil, names those
// to look at.
func readCases(ctx context.Context, conn *sql.Conn, q CaseQuery, only []string) ([]Case, error) {
	limit := min(q.Limit, maxPage)
	if limit <= 0 {
		limit = 50
	}
	only, wanted := sieve(only)
	where, args := q.conditions(only)
	rows, err := conn.QueryContext(ctx, selectCases+where+" ORDER BY opened DESC", args...)
	if err != nil {
		return nil, err
	}
	return scanCases(rows, limit, wanted)
}

// sieve says how the cases to look at are picked out: by the database, or, if
// there are so many that walking down the list is faster, by the map.
func sieve(only []string) (few []string, wanted map[string]bool) {
	if len(only) <= maxPage {
		return only, nil
	}
	wanted = make(map[string]bool, len(only))
	for _, id := range only {
		wanted[id] = true
	}
	return nil, wanted
}

// readPlaces runs the query for the places alone.
func readPlaces(ctx context.Context, conn *sql.Conn, q CaseQuery, only []string) ([]int64, error) {
	only, wanted := sieve(only)
	where, args := q.conditions(only)
	columns := "opened, ''" // the identifiers are read only where they are compared
	if wanted != nil {
		columns = "opened, case_id"
	}
	rows, err := conn.QueryContext(ctx, "SELECT "+columns+" FROM cases"+where+" ORDER BY opened DESC", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var places []int64
	for rows.Next() {
		var place int64
		var id string
		if err := rows.Scan(&place, &id); err != nil {
			return nil, err
		}
		if wanted == nil || wanted[id] {
			places = append(places, place)
		}
	}
	return places, rows.Err()
}

// scanCases reads up to limit rows of cases, of those wanted if it is not nil,
// and closes them.
func scanCases(rows *sql.Rows, limit int, wanted map[string]bool) ([]Case, error) {
	defer rows.Close()
	var list []Case
	for len(list) < limit && rows.Next() {
		var c Case
		if err := rows.Scan(&c.ID, &c.Opened, &c.Last, &c.Events, &c.OpenedAt, &c.LastAt, &c.Kind, &c.Clerk); err != nil {
			return nil, err
		}
		if wanted == nil || wanted[c.ID] {
			list = append(list, c)
		}
	}
	return list, rows.Err()
}

// listStep is how many events are listed in one turn.
const listStep = 5000

// List brings the list of cases up to the last event. Cases and CaseEvents do it
// by themselves; after a long time without them, or a migration, it is better
// done while nobody waits. It gives others their turn on the way.
func (j *Journal) List(ctx context.Context) error {
	for done := false; !done; {
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			done, err = listNext(ctx, conn)
			return err
		})
		if err != nil {
			return fmt.Errorf("bring list of cases up to date: %w", err)
		}
	}
	return nil
}

// listNext lists the next events; done if that were all.
func listNext(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	var listed, size int64
	err = conn.QueryRowContext(ctx, "SELECT listed, (SELECT coalesce(max(seq), 0) FROM event) FROM search").Scan(&listed, &size)
	if err != nil || listed >= size {
		return true, err
	}
	to := min(size, listed+listStep)
	err = inTransaction(ctx, conn, func() error {
		for _, statement := range [...]string{
			"INSERT INTO case_event SELECT case_id, seq FROM event WHERE seq > ?1 AND seq <= ?2 AND case_id <> ''",
			"INSERT INTO cases (opened, case_id, last, events, opened_at, last_at, kind, clerk)" +
				" SELECT f.seq, f.case_id, l.seq, g.n, f.at, l.at, l.kind, coalesce(CAST(f.body AS TEXT) ->> '$.clerk', '')" +
				" FROM (SELECT min(seq) AS first, max(seq) AS last, count(*) AS n FROM event" +
				"   WHERE seq > ?1 AND seq <= ?2 AND case_id <> '' GROUP BY case_id) g" +
				" JOIN event f ON f.seq = g.first JOIN event l ON l.seq = g.last WHERE true" +
				" ON CONFLICT (case_id) DO UPDATE SET last = excluded.last, events = events + excluded.events," +
				"   last_at = excluded.last_at, kind = excluded.kind",
			"UPDATE search SET listed = ?2 WHERE listed = ?1",
		} {
			if _, err := conn.ExecContext(ctx, statement, listed, to); err != nil {
				return err
			}
		}
		return nil
	})
	return to == size, err
}

// CaseEvents returns the events of a case, in order; none if there is no such
// case.
func (j *Journal) CaseEvents(ctx context.Context, caseID string) ([]Event, error) {
	if err := j.List(ctx); err != nil {
		return nil, err
	}
	var events []Event
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, "SELECT e.seq, e.case_id, e.kind, e.at, e.body"+
			" FROM case_event c JOIN event e ON e.seq = c.seq WHERE c.case_id = ? ORDER BY c.seq", caseID)
		if err != nil {
			return err
		}
		events, err = scanEvents(rows, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read events of case: %w", err)
	}
	return events, nil
}

// caseAudit compares the list of cases with what the events say.
type caseAudit struct {
	listed int64 // the list covers the events up to here
	want   map[string]Case
	last   int64 // Opened of the row checked last
}

// count takes an event into account that the list covers.
func (a *caseAudit) count(e Event, clerk string) {
	if e.Case == "" || e.Seq > a.listed {
		return
	}
	c, known := a.want[e.Case]
	if !known {
		c = Case{ID: e.Case, Opened: e.Seq, OpenedAt: e.At, Clerk: clerk}
	}
	c.Last, c.LastAt, c.Kind = e.Seq, e.At, e.Kind
	c.Events++
	a.want[e.Case] = c
}

// newCaseAudit begins to audit the list as it is now.
func newCaseAudit(ctx context.Context, conn *sql.Conn) (*caseAudit, error) {
	a := &caseAudit{want: make(map[string]Case)}
	if err := conn.QueryRowContext(ctx, "SELECT listed FROM search").Scan(&a.listed); err != nil {
		return nil, fmt.Errorf("read list of cases: %w", err)
	}
	return a, nil
}

// nextPage checks the next cases; done after the last one.
func (a *caseAudit) nextPage(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	rows, err := conn.QueryContext(ctx, selectCases+" WHERE opened > ? ORDER BY opened", a.last)
	if err != nil {
		return false, fmt.Errorf("read cases: %w", err)
	}
	page, err := scanCases(rows, maxPage, nil)
	if err != nil {
		return false, fmt.Errorf("read cases: %w", err)
	}
	for _, c := range page {
		// A case that went on meanwhile is not compared.
		if want, ok := a.want[c.ID]; c.Last <= a.listed && (!ok || want != c) {
			return false, tampered(c.Opened, "its case is listed otherwise")
		}
		delete(a.want, c.ID)
		a.last = c.Opened
	}
	if len(page) > 0 {
		return false, nil
	}
	return true, a.finish(ctx, conn)
}

// finish reports a case that is not listed, and events that are listed
// elsewhere.
func (a *caseAudit) finish(ctx context.Context, conn *sql.Conn) error {
	for _, c := range a.want {
		return tampered(c.Opened, "its case is not listed")
	}
	var first sql.NullInt64
	err := conn.QueryRowContext(ctx, "SELECT min(seq) FROM (SELECT seq FROM case_event c WHERE seq <= ?1 AND NOT EXISTS"+
		" (SELECT 1 FROM event e WHERE e.seq = c.seq AND e.case_id = c.case_id) UNION ALL"+
		" SELECT seq FROM event e WHERE case_id <> '' AND seq <= ?1 AND NOT EXISTS"+
		" (SELECT 1 FROM case_event c WHERE c.case_id = e.case_id AND c.seq = e.seq))", a.listed).Scan(&first)
	if err != nil {
		return fmt.Errorf("read events of cases: %w", err)
	}
	if first.Valid {
		return tampered(first.Int64, "is listed with another case")
	}
	return nil
}
