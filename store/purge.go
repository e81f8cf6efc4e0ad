package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Purged is what a call of Purge came to, in sealed parts.
type Purged struct {
	Erased int64 // the authority holds them; here they are gone
	Kept   int64 // of the same cases: the authority is not known to hold them yet
}

// Purge erases the sealed parts of cases that have ended, as far as the
// authority holds them: its countersigned checkpoint covers the event that
// commits to a part, and it took the opening. What it does not hold yet is kept
// and counted; call Purge again after the next Sync. The caller knows which
// cases have ended; calling it again is harmless.
//
// After an erasure the file and its log hold no byte of what was erased: SQLite
// overwrites what it frees, the log is written back and cut to nothing, and the
// copies that migrations left are removed. The copies of Backup are replaced by
// those to come.
func (j *Journal) Purge(ctx context.Context, caseIDs ...string) (Purged, error) {
	var p Purged
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var gone map[int64]bool
		err := inTransaction(ctx, conn, func() (err error) {
			p = Purged{}
			gone, err = erase(ctx, conn, caseIDs, &p)
			return err
		})
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			return nil
		}
		j.names.remove(gone)
		if err := flush(ctx, conn); err != nil {
			return fmt.Errorf("empty log: %w", err)
		}
		return j.removeOldVersions()
	})
	if err != nil {
		return Purged{}, fmt.Errorf("purge journal: %w", err)
	}
	return p, nil
}

// erase empties the parts that may go and removes their terms; it returns their
// ids.
func erase(ctx context.Context, conn *sql.Conn, caseIDs []string, p *Purged) (map[int64]bool, error) {
	list := jsonList(caseIDs)
	rows, err := conn.QueryContext(ctx, "SELECT id, held = 1 AND seq <= (SELECT acked FROM sync) FROM person"+
		" WHERE sealed IS NOT NULL AND case_id IN (SELECT value FROM json_each(?))", list)
	if err != nil {
		return nil, fmt.Errorf("look for parts: %w", err)
	}
	defer rows.Close()
	gone := make(map[int64]bool)
	for rows.Next() {
		var id int64
		var held bool
		if err := rows.Scan(&id, &held); err != nil {
			return nil, fmt.Errorf("look for parts: %w", err)
		}
		if !held {
			p.Kept++
			continue
		}
		p.Erased++
		gone[id] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for parts: %w", err)
	}
	for id := range gone {
		for _, statement := range [...]string{
			"UPDATE person SET sealed = NULL WHERE id = ?",
			"DELETE FROM term WHERE part = ?",
		} {
			if _, err := conn.ExecContext(ctx, statement, id); err != nil {
				return nil, fmt.Errorf("erase part: %w", err)
			}
		}
	}
	return gone, nil
}

// removeOldVersions removes the copies that migrations made beside the journal:
// they hold what was erased since.
func (j *Journal) removeOldVersions() error {
	entries, err := os.ReadDir(filepath.Dir(j.path))
	if err != nil {
		return fmt.Errorf("look for old versions: %w", err)
	}
	for _, entry := range entries {
		version, ok := strings.CutPrefix(entry.Name(), filepath.Base(j.path)+".v")
		if _, err := strconv.Atoi(version); !ok || err != nil {
			continue
		}
		if err := os.Remove(filepath.Join(filepath.Dir(j.path), entry.Name())); err != nil {
			return fmt.Errorf("remove old version: %w", err)
		}
	}
	return nil
}

// Sealed returns the cases of which sealed parts are still here, by ID.
func (j *Journal) Sealed(ctx context.Context) ([]string, error) {
	var ids []string
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, "SELECT DISTINCT case_id FROM person WHERE sealed IS NOT NULL ORDER BY case_id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for sealed parts: %w", err)
	}
	return ids, nil
}
