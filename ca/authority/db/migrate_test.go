package db_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"salter/ca/authority/db"
)

// TestFirstSchema opens a database of the first schema with a certificate in
// it: it keeps its status and gets what later schemas add.
func TestFirstSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.db")
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := os.ReadFile("migrations/0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(schema), "PRAGMA user_version = 1",
		`INSERT INTO issuance(csr_sha256, case_id, attempt, label, state, serial, spki_sha256, csr, tbs, certificate,
		 workstation, clerk, chip_files, seq, at)
		 VALUES(zeroblob(32), 'case', 1, 'l', 'issued', '40', zeroblob(32), x'01', x'02', x'03', 'BG-1-1', '17', zeroblob(32), 1, 1)`,
		"INSERT INTO status(serial, state, reason, at) VALUES('40', 'active', 0, 1)",
		`INSERT INTO status_change(id, serial, op, reason, case_id, read_back, result, clerk, clerk_jws, workstation, at)
		 VALUES('1', '40', 'activate', 0, 'case', '', 'active', '17', 'j', 'BG-1-1', 1)`} {
		if _, err := old.Exec(text); err != nil {
			t.Fatalf("%.40s: %v", text, err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t, path, false)
	do(t, d, func(tx db.Tx) error {
		if s, err := tx.Status("40"); err != nil || s.State != db.StatusActive || s.ReceivedAt != 0 {
			t.Errorf("status: got %+v, %v, want active", s, err)
		}
		if c, err := tx.StatusChange("1"); err != nil || c.Result != db.StatusActive || c.ReceivedAt != 0 {
			t.Errorf("status change: got %+v, %v", c, err)
		}
		rows, err := tx.Nameless(10)
		if err != nil || len(rows) != 1 || rows[0].Serial != "40" {
			t.Errorf("without holder: got %+v, %v, want the one certificate", rows, err)
		}
		return nil
	})
}
