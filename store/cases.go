package store

import (
	"context"
	"database/sql"
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
}

// Cases returns a page of cases, the one opened last first. The next page
// begins before the last one's Opened. A search by name reads the names of all
// sealed parts once, at the first call: see LoadNames.
func (j *Journal) Cases(ctx context.Context, q CaseQuery) ([]Case, error) {
	var only []string // case IDs; nil: any
	if q.Name != "" {
		if err := j.LoadNames(ctx); err != nil {
			return nil, fmt.Errorf("list cases: %w", err)
		}
	}
	var page []Case
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		if q.Name != "" {
			only = j.names.find(q.Name)
		}
		if q.Term != (Term{}) {
			found, err := j.findTerm(ctx, conn, q.Term)
			if err != nil {
				return err
			}
			only = intersect(only, found, q.Name != "")
		}
		if only != nil && len(only) == 0 {
			return nil
		}
		page, err = readCases(ctx, conn, q, only)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return page, nil
}

// intersect returns what is in both lists, or the second alone.
func intersect(a, b []string, both bool) []string {
	if !both {
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

// readCases runs the query over the list of cases; only, unless nil, names
// those to look at.
func readCases(ctx context.Context, conn *sql.Conn, q CaseQuery, only []string) ([]Case, error) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
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
	few := only != nil && len(only) <= maxPage
	if few {
		and("case_id IN (SELECT value FROM json_each(?))", jsonList(only))
	}
	query := "SELECT case_id, opened, last, events, opened_at, last_at, kind, clerk FROM cases"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	limit := min(q.Limit, maxPage)
	if limit <= 0 {
		limit = 50
	}
	rows, err := conn.QueryContext(ctx, query+" ORDER BY opened DESC", args...)
	if err != nil {
		return nil, err
	}
	if only == nil || few {
		return scanCases(rows, limit, nil)
	}
	// There are so many that the next page of them is found soonest by walking
	// down the list.
	wanted := make(map[string]bool, len(only))
	for _, id := range only {
		wanted[id] = true
	}
	return scanCases(rows, limit, wanted)
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

// CaseEvents returns the events of a case, in order; none if there is no such
// case.
func (j *Journal) CaseEvents(ctx context.Context, caseID string) ([]Event, error) {
	var events []Event
	if caseID == "" {
		return nil, nil
	}
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx,
			"SELECT seq, case_id, kind, at, body FROM event WHERE case_id = ? AND case_id <> '' ORDER BY seq", caseID)
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
	want map[string]Case // from the events up to size
	size int64
	last int64 // Opened of the row checked last
}

// count takes an event into account.
func (a *audit) count(e Event, clerk string) {
	if e.Case == "" || a.cases == nil {
		return
	}
	c, known := a.cases[e.Case]
	if !known {
		c = Case{ID: e.Case, Opened: e.Seq, OpenedAt: e.At, Clerk: clerk}
	}
	c.Last, c.LastAt, c.Kind = e.Seq, e.At, e.Kind
	c.Events++
	a.cases[e.Case] = c
}

// nextPage checks the next cases; done after the last one.
func (a *caseAudit) nextPage(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	rows, err := conn.QueryContext(ctx, "SELECT case_id, opened, last, events, opened_at, last_at, kind, clerk FROM cases"+
		" WHERE opened > ? ORDER BY opened", a.last)
	if err != nil {
		return false, fmt.Errorf("read cases: %w", err)
	}
	page, err := scanCases(rows, maxPage, nil)
	if err != nil {
		return false, fmt.Errorf("read cases: %w", err)
	}
	for _, c := range page {
		// A case that went on meanwhile is not compared.
		if want, ok := a.want[c.ID]; c.Last <= a.size && (!ok || want != c) {
			return false, tampered(c.Opened, "its case is listed otherwise")
		}
		delete(a.want, c.ID)
		a.last = c.Opened
	}
	return len(page) == 0, nil
}

// finish reports a case that is not listed.
func (a *caseAudit) finish() error {
	for _, c := range a.want {
		return tampered(c.Opened, "its case is not listed")
	}
	return nil
}
