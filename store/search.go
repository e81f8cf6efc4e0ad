package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"salter/store/evidence"
)

// Term is a value by which a case is found exactly, for instance {"card",
// "012345678"}. Both sides of a search must write it alike.
type Term struct{ Field, Value string }

// Terms are the words by which a sealed part is found.
type Terms struct {
	// Exact values. The journal keeps of each only a token, which tells nothing
	// without the data key, and erases it with the part.
	Exact []Term
	// Names, in a form in which a search by their beginning makes sense:
	// without case, in one script. They are kept in memory alone.
	Names []string
}

// tokenSize is the length of a token: 128 bits of an HMAC.
const tokenSize = 16

// tokens returns the token of a term under each data key, the newest first:
// HMAC-SHA-256(index key, field ‖ 0x00 ‖ value).
func (k *dataKeys) tokens(t Term) [][]byte {
	var list [][]byte
	for _, id := range k.ids() {
		key := k.index[id]
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte(t.Field + "\x00" + t.Value))
		list = append(list, mac.Sum(nil)[:tokenSize])
	}
	return list
}

// indexKeyOf derives the key of the tokens from a data key.
func indexKeyOf(key []byte) (index [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("salter blind index 1"))
	return [sha256.Size]byte(mac.Sum(nil))
}

// jsonList writes strings as a JSON array, for json_each.
func jsonList(list []string) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings can always be written
	}
	return string(text)
}

// findTerm returns the cases with a term.
func (j *Journal) findTerm(ctx context.Context, conn *sql.Conn, t Term) ([]string, error) {
	found := []string{}
	for _, token := range j.keys.tokens(t) {
		rows, err := conn.QueryContext(ctx, "SELECT DISTINCT case_id FROM term WHERE token = ?", token)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			found = append(found, id)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// indexPart stores the tokens of a part and returns its names.
func (j *Journal) indexPart(ctx context.Context, conn *sql.Conn, id int64, c commitment, opening []byte) ([]string, error) {
	terms := j.config.PartTerms[c.name]
	if terms == nil {
		return nil, nil
	}
	words := terms(opening[evidence.SaltSize:])
	for _, t := range words.Exact {
		if err := j.storeTerm(ctx, conn, t, c.caseID, id); err != nil {
			return nil, err
		}
	}
	return words.Names, nil
}

// indexEvent stores the tokens of the words in an event.
func (j *Journal) indexEvent(ctx context.Context, conn *sql.Conn, caseID, kind string, body []byte) error {
	if j.config.EventTerms == nil || caseID == "" {
		return nil
	}
	for _, t := range j.config.EventTerms(kind, body) {
		if err := j.storeTerm(ctx, conn, t, caseID, 0); err != nil {
			return err
		}
	}
	return nil
}

// storeTerm stores one token under the newest key.
func (j *Journal) storeTerm(ctx context.Context, conn *sql.Conn, t Term, caseID string, part int64) error {
	_, err := conn.ExecContext(ctx, "INSERT INTO term VALUES (?, ?, ?) ON CONFLICT DO NOTHING", j.keys.tokens(t)[0], caseID, part)
	if err != nil {
		return fmt.Errorf("store term: %w", err)
	}
	return nil
}

// Index stores the terms of events and parts that an earlier version of the
// journal holds without them. It gives others their turn between pages and goes
// on where it was interrupted. Until it is done such cases are not found by
// terms. It does nothing if there is nothing to do.
func (j *Journal) Index(ctx context.Context) error {
	for done := false; !done; {
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			return inTransaction(ctx, conn, func() (err error) {
				done, err = j.indexPage(ctx, conn)
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("index journal: %w", err)
		}
	}
	return nil
}

// indexStep is how many events are indexed in one turn.
const indexStep = 200

// indexPage indexes the last of the events that are still to be indexed.
func (j *Journal) indexPage(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	var todo int64
	if err := conn.QueryRowContext(ctx, "SELECT todo FROM search").Scan(&todo); err != nil || todo == 0 {
		return true, err
	}
	from := max(0, todo-indexStep)
	events, err := readEvents(ctx, conn, from+1, todo, 1<<30)
	if err != nil {
		return false, err
	}
	for _, e := range events {
		if err := j.indexEvent(ctx, conn, e.Case, e.Kind, e.Body); err != nil {
			return false, err
		}
	}
	if err := j.indexParts(ctx, conn, from, todo); err != nil {
		return false, err
	}
	_, err = conn.ExecContext(ctx, "UPDATE search SET todo = ?", from)
	return from == 0, err
}

// indexParts stores the tokens of the parts that events in (from, to] brought.
func (j *Journal) indexParts(ctx context.Context, conn *sql.Conn, from, to int64) error {
	for last := int64(0); ; {
		p, err := scanPart(conn.QueryRowContext(ctx, selectPart+
			"WHERE id > ? AND seq > ? AND seq <= ? AND sealed IS NOT NULL AND part IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1",
			last, from, to, jsonList(j.searchable())))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		last = p.id
		opening, err := j.keys.open(p)
		if err != nil {
			return err
		}
		_, err = j.indexPart(ctx, conn, p.id, p.commitment, opening)
		clear(opening)
		if err != nil {
			return err
		}
	}
}

// searchable returns the names of the parts that can be found.
func (j *Journal) searchable() []string {
	names := []string{}
	for name := range j.config.PartTerms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// nameIndex finds cases by the beginning of a name, over the parts that are
// still here. It belongs to whoever has the journal's turn.
type nameIndex struct {
	loaded  bool
	purges  int         // in this run: what is being loaded meanwhile begins anew
	entries []nameEntry // sorted by name
}

// nameEntry is one name of one part.
type nameEntry struct {
	name, caseID string
	part         int64
}

func compareNames(a, b nameEntry) int { return strings.Compare(a.name, b.name) }

// add takes over the names of a part.
func (x *nameIndex) add(names []string, caseID string, part int64) {
	for _, name := range names {
		e := nameEntry{name, caseID, part}
		at, _ := slices.BinarySearchFunc(x.entries, e, compareNames)
		x.entries = slices.Insert(x.entries, at, e)
	}
}

// remove forgets the names of parts.
func (x *nameIndex) remove(parts map[int64]bool) {
	x.purges++
	x.entries = slices.DeleteFunc(x.entries, func(e nameEntry) bool { return parts[e.part] })
}

// find returns the cases with a name that begins so.
func (x *nameIndex) find(prefix string) []string {
	at, _ := slices.BinarySearchFunc(x.entries, nameEntry{name: prefix}, compareNames)
	found := []string{}
	for ; at < len(x.entries) && strings.HasPrefix(x.entries[at].name, prefix); at++ {
		found = append(found, x.entries[at].caseID)
	}
	return found
}

// LoadNames reads the names of all parts that are still here into memory,
// unless that was done. It gives others their turn between pages. Called when
// the program is idle it makes the first search by name as fast as the others.
func (j *Journal) LoadNames(ctx context.Context) error {
	var fresh nameIndex
	for last, done := int64(0), false; !done; {
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			if j.names.loaded {
				done = true
				return nil
			}
			if fresh.purges != j.names.purges {
				fresh, last = nameIndex{purges: j.names.purges}, 0
			}
			last, done, err = j.loadNames(ctx, conn, &fresh, last)
			if done && err == nil {
				slices.SortFunc(fresh.entries, compareNames)
				fresh.loaded = true
				j.names = fresh
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("load names: %w", err)
		}
	}
	return nil
}

// namesStep is how many parts are opened in one turn.
const namesStep = 500

// loadNames reads the names of the next parts behind the one with the id last.
func (j *Journal) loadNames(ctx context.Context, conn *sql.Conn, x *nameIndex, last int64) (_ int64, done bool, err error) {
	rows, err := conn.QueryContext(ctx, selectPart+
		"WHERE id > ? AND sealed IS NOT NULL AND part IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
		last, jsonList(j.searchable()), namesStep)
	if err != nil {
		return last, false, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		p, err := scanPart(rows)
		if err != nil {
			return last, false, err
		}
		opening, err := j.keys.open(p)
		if err != nil {
			return last, false, err
		}
		for _, name := range j.config.PartTerms[p.commitment.name](opening[evidence.SaltSize:]).Names {
			x.entries = append(x.entries, nameEntry{name, p.commitment.caseID, p.id})
		}
		clear(opening)
		last = p.id
	}
	return last, n < namesStep, rows.Err()
}
