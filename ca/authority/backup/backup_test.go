package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/backup"
	"salter/ca/catest"
)

// town is an authority that has issued a certificate, and somebody who may read
// its backups.
type town struct {
	*catest.Server
	ws       *catest.Workstation
	cards    *catest.CardCA
	clerk    *catest.Clerk
	one      *catest.Case
	identity *age.X25519Identity
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{Server: catest.Start(t, catest.Config{}), cards: catest.NewCardCA(t)}
	w.AddAnchor(w.cards.Anchor)
	w.clerk, w.ws = w.AddClerk("1001"), w.Enrol("BG-017-03")
	w.one = w.ws.Open(w.clerk, w.cards, catest.Citizen())
	if _, p, err := w.one.Enrol(nil); err != nil || p != nil {
		t.Fatalf("enrol: %+v, %v", p, err)
	}
	var err error
	if w.identity, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) write(t *testing.T) (string, backup.Manifest) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "ca.backup")
	m, err := backup.Write(t.Context(), w.Authority, []age.Recipient{w.identity.Recipient()}, out, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return out, m
}

// TestRoundTrip: a backup is taken while the authority serves; another machine
// has the same authority of it, which goes on where this one was.
func TestRoundTrip(t *testing.T) {
	w := newTown(t)
	out, m := w.write(t)
	if m.Inventory.Certificates != 1 || len(m.Inventory.Journals) != 1 || m.Inventory.Journals[0].Size != 1 {
		t.Errorf("inventory: %+v, want one certificate and one event", m.Inventory)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("backup: mode %v, %v, want 0600", info.Mode(), err)
	}
	text, err := os.ReadFile(out)
	if err != nil || bytes.Contains(text, []byte(catest.Citizen().PersonalNumber)) || bytes.Contains(text, []byte("BG-017-03")) {
		t.Errorf("backup: %v, or it can be read by anybody", err)
	}
	if left, err := filepath.Glob(filepath.Join(w.Dir, "snapshot-*")); err != nil || len(left) > 0 {
		t.Errorf("left in clear: %v, %v", left, err)
	}
	if _, err := backup.Write(t.Context(), w.Authority, []age.Recipient{w.identity.Recipient()}, out, time.Now()); !errors.Is(err, backup.ErrExists) {
		t.Errorf("over another backup: got %v, want ErrExists", err)
	}
	w.Stop()
	dir := filepath.Join(t.TempDir(), "ca")
	got, err := backup.Restore(t.Context(), out, []age.Identity{w.identity}, dir)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Fatalf("restore: %+v, %v, want %+v", got, err, m)
	}
	if _, err := backup.Restore(t.Context(), out, []age.Identity{w.identity}, dir); !errors.Is(err, backup.ErrExists) {
		t.Errorf("over an authority: got %v, want ErrExists", err)
	}
	a, err := authority.Open(context.Background(), authority.Config{Dir: dir, API: w.API, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	list, err := a.Certificates(t.Context(), 0)
	if err != nil || len(list) != 1 {
		t.Errorf("certificates: %+v, %v, want the one", list, err)
	}
	answer, err := a.Enrol(t.Context(), w.ws.Caller(), authority.Enrolment{Label: w.one.Label, CSR: w.one.CSR, Assertion: w.one.Assertion()})
	if err != nil || answer.State != ca.IssuanceIssued || answer.Serial != list[0].Serial {
		t.Errorf("the same request: %+v, %v, want the same certificate", answer, err)
	}
}

// TestBadBackup: what was cut, changed or put together by somebody else is
// found out, and leaves nothing.
func TestBadBackup(t *testing.T) {
	w := newTown(t)
	out, m := w.write(t)
	good, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(good)
	changed[len(changed)/2] ^= 1
	pack := func(edit func(m *backup.Manifest, files map[string][]byte)) []byte { return w.repack(t, good, m, edit) }
	for _, tt := range []struct {
		name     string
		content  []byte
		identity age.Identity
	}{
		{"another reader", good, other},
		{"cut", good[:len(good)-100], w.identity},
		{"a byte changed", changed, w.identity},
		{"no backup at all", []byte("PK\x03\x04"), w.identity},
		{"empty", nil, w.identity},
		{"a file changed", pack(func(_ *backup.Manifest, f map[string][]byte) {
			f["policy.json"] = []byte(`{"roles.revocation":["clerk"]}`)
		}), w.identity},
		{"another version", pack(func(m *backup.Manifest, _ map[string][]byte) { m.Version = 2 }), w.identity},
		{"fewer files than it says", pack(func(_ *backup.Manifest, f map[string][]byte) { delete(f, "policy.json") }), w.identity},
		{"a file that climbs", pack(func(m *backup.Manifest, f map[string][]byte) {
			m.Files[0].Name, f["../evil"] = "../evil", f[m.Files[0].Name]
		}), w.identity},
		{"another inventory", pack(func(m *backup.Manifest, _ map[string][]byte) { m.Inventory.Certificates = 2 }), w.identity},
		{"another authority", pack(func(m *backup.Manifest, _ map[string][]byte) { m.Inventory.Authority = "other" }), w.identity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, dir := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "ca")
			if err := os.WriteFile(in, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := backup.Restore(t.Context(), in, []age.Identity{tt.identity}, dir); !errors.Is(err, backup.ErrBackup) {
				t.Errorf("got %v, want ErrBackup", err)
			}
			if left, err := filepath.Glob(dir + "*"); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// repack takes a backup apart and puts it together again after edit.
func (w *town) repack(t *testing.T, good []byte, m backup.Manifest, edit func(*backup.Manifest, map[string][]byte)) []byte {
	t.Helper()
	plain, err := age.Decrypt(bytes.NewReader(good), w.identity)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	r := tar.NewReader(plain)
	for h, err := r.Next(); err != io.EOF; h, err = r.Next() {
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	m.Files = append([]backup.File(nil), m.Files...)
	edit(&m, files)
	if files["manifest.json"], err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, w.identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	tw := tar.NewWriter(sealed)
	for _, name := range append([]string{"manifest.json"}, names(m)...) {
		content, ok := files[name]
		if !ok {
			continue
		}
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func names(m backup.Manifest) []string {
	var all []string
	for _, f := range m.Files {
		all = append(all, f.Name)
	}
	return all
}

// TestDamage: an authority whose database was changed by hand gets no backup;
// one row for each thing that is compared.
func TestDamage(t *testing.T) {
	w := newTown(t)
	w.Stop()
	pristine, err := os.ReadFile(filepath.Join(w.Dir, "ca.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, change, word string }{
		{"certificate", "UPDATE issuance SET certificate = x'3000'", "cannot be read"},
		{"signature", "UPDATE issuance SET certificate = CAST(substr(certificate, 1, length(certificate) - 1) || x'00' AS BLOB)", "not signed by the issuer"},
		{"prepared bytes", "UPDATE issuance SET tbs = CAST(tbs || x'00' AS BLOB)", "not what was prepared"},
		{"key", "UPDATE issuance SET spki_sha256 = zeroblob(32)", "not what was prepared"},
		{"order of issue", "UPDATE issuance SET seq = 2", "follows"},
		{"status", "DELETE FROM status", "not found"},
		{"event", "UPDATE journal_event SET body = CAST(body || x'20' AS BLOB)", "differs from its events"},
		{"node", "UPDATE journal_node SET hash = zeroblob(32)", "differs from its events"},
		{"event more", "INSERT INTO journal_event SELECT workstation, 2, body FROM journal_event", "node"},
		{"checkpoint", "DELETE FROM checkpoint", "not found"},
		{"checkpoint of somebody", "UPDATE checkpoint SET note = substr(note, 1, length(note) - 20)", "checkpoint"},
		{"name", "UPDATE meta SET value = 'other' WHERE key = 'authority'", "database of"},
		{"reference", "DELETE FROM workstation", "refers to one that is not there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ca")
			if err := os.CopyFS(dir, os.DirFS(w.Dir)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "ca.db")
			if err := os.WriteFile(path, pristine, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := authority.TakeInventory(t.Context(), dir); err != nil {
				t.Fatalf("before: %v", err)
			}
			damage(t, path, tt.change)
			if _, err := authority.TakeInventory(t.Context(), dir); err == nil || !strings.Contains(err.Error(), tt.word) {
				t.Errorf("got %v, want an error with %q", err, tt.word)
			}
		})
	}
}

// damage changes a database as nobody may: without its triggers.
func damage(t *testing.T, path, change string) {
	t.Helper()
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	rows, err := d.Query("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{"PRAGMA ignore_check_constraints = 1"}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, "DROP TRIGGER "+name)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range append(statements, change) {
		if _, err := d.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}
