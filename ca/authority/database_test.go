package authority_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"salter/ca/authority"
	"salter/ca/authority/db/pgtest"
)

// TestMigrateAgain: a migration that was broken off is brought to its end, and
// one whose copy is not what was there is refused, the folder left as it was.
func TestMigrateAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil string // SQL, of the copy
		want  error
	}{
		{"broken off before the folder was turned", "SELECT 1", nil},
		{"an event is another", "ALTER TABLE journal_event DISABLE TRIGGER USER; UPDATE journal_event SET body = 'x' WHERE seq = 2", authority.ErrInventory},
		{"a certificate is missing", `ALTER TABLE issuance DISABLE TRIGGER USER; DELETE FROM status; DELETE FROM holder; DELETE FROM issuance`,
			authority.ErrInventory},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, url := newCounter(t), pgtest.Database(t)
			if _, problem, err := o.open().Enrol(nil); problem != nil || err != nil {
				t.Fatal(problem, err)
			}
			fillJournal(o.ws, 3)
			if _, p := o.ws.Push(1); p != nil {
				t.Fatal(p)
			}
			o.Stop()
			first, err := authority.Migrate(t.Context(), o.Dir, url)
			if err != nil || first.Certificates != 1 || len(first.Journals) != 1 || first.Journals[0].Size != 4 {
				t.Fatalf("got %+v, %v", first, err)
			}
			path := filepath.Join(o.Dir, "ca.db")
			if err := errors.Join(os.Remove(filepath.Join(o.Dir, "database")), os.Rename(path+".migrated", path)); err != nil {
				t.Fatal(err)
			}
			c, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(t.Context())
			if _, err := c.Exec(t.Context(), tt.spoil); err != nil {
				t.Fatal(err)
			}
			if _, err := authority.Migrate(t.Context(), o.Dir, url); !errors.Is(err, tt.want) {
				t.Errorf("again: got %v, want %v", err, tt.want)
			}
			_, err = os.Stat(path)
			if turned := errors.Is(err, os.ErrNotExist); turned != (tt.want == nil) {
				t.Errorf("the folder was turned: %v", turned)
			}
			o.Start()
			if n := o.Issued(); n != 1 {
				t.Errorf("%d certificates afterwards, want 1", n)
			}
		})
	}
}
