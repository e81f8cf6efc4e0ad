package db_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
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
		if n, err := tx.LastChange(); err != nil || n != 1 {
			t.Errorf("last change: got %d, %v, want 1", n, err)
		}
		rows, err := tx.Nameless(10)
		if err != nil || len(rows) != 1 || rows[0].Serial != "40" {
			t.Errorf("without holder: got %+v, %v, want the one certificate", rows, err)
		}
		return nil
	})
}

// TestHolderWithoutContract opens a database of the fourth schema: its holders
// get their contract once, and then never change.
func TestHolderWithoutContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.db")
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range []string{"0001", "0002", "0003", "0004"} {
		schema, err := os.ReadFile("migrations/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(schema))
	}
	texts = append(texts, "PRAGMA user_version = 4",
		`INSERT INTO issuance(csr_sha256, case_id, attempt, label, state, serial, spki_sha256, csr, tbs, certificate,
		 workstation, clerk, chip_files, seq, at)
		 VALUES(zeroblob(32), 'case', 1, 'l', 'issued', '40', zeroblob(32), x'01', x'02', x'03', 'BG-1-1', '17', zeroblob(32), 1, 1)`,
		"INSERT INTO holder(csr_sha256, personal_number, card_number) VALUES(zeroblob(32), 'P', 'C')",
		"INSERT INTO contract_search(case_id, terms, found, clerk, clerk_jws, workstation, at) VALUES('case', 't', '1', '17', 'j', 'BG-1-1', 1)")
	for _, text := range texts {
		if _, err := old.Exec(text); err != nil {
			t.Fatalf("%.40s: %v", text, err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenSQLite(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	do(t, d, func(tx db.Tx) error {
		if rows, err := tx.Nameless(10); err != nil || len(rows) != 1 {
			t.Errorf("without contract: got %+v, %v, want the one certificate", rows, err)
		}
		if records, err := tx.Searches(0, 10); err != nil || len(records) != 1 || records[0].Terms != "t" {
			t.Errorf("searches: got %+v, %v, want the one recorded", records, err)
		}
		return tx.PutHolder(db.Holder{PersonalNumber: "P", CardNumber: "C", Contract: "K"})
	})
	do(t, d, func(tx db.Tx) error {
		if h, err := tx.Holder([32]byte{}); err != nil || h.Contract != "K" {
			t.Errorf("holder: got %+v, %v, want contract K", h, err)
		}
		rows, err := tx.Nameless(10)
		if err != nil || len(rows) != 0 {
			t.Errorf("without contract: got %+v, %v, want none", rows, err)
		}
		return nil
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, text := range []string{"UPDATE holder SET contract = 'other'", "DELETE FROM search", "UPDATE search SET found = ''"} {
		if _, err := raw.Exec(text); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

// TestCheckDamaged: a page that something else wrote into is found.
func TestCheckDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.db")
	whole := open(t, path, true)
	do(t, whole, func(tx db.Tx) error {
		for _, key := range []string{"a", "b", "c"} {
			if err := tx.SetMeta(key, strings.Repeat(key, 100)); err != nil {
				return err
			}
		}
		return nil
	})
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := whole.Snapshot(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(strings.Repeat("b", 100)))
	page := at / 4096 * 4096
	copy(text[page:], bytes.Repeat([]byte{0x0d, 0xff, 0xff}, 20))
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenSQLite(t.Context(), copied, false)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Check(t.Context()); err == nil {
		t.Error("a damaged page was not found")
	}
}

// TestNumbersOfBefore opens a database of the seventh schema: the numbers of
// its cases are read from the events, whatever else stands among them.
func TestNumbersOfBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.db")
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, name := range []string{"0001", "0002", "0003", "0004", "0005", "0006", "0007"} {
		text, err := os.ReadFile("migrations/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	texts = append(texts, "PRAGMA user_version = 7", "INSERT INTO workstation VALUES('BG-1-1', 'u', 'v', 'active', 1)")
	for _, text := range texts {
		if _, err := old.Exec(text); err != nil {
			t.Fatalf("%.40s: %v", text, err)
		}
	}
	const id = "0193a5f0-0000-7000-8000-000000000001"
	for i, body := range []string{
		`{"v":1,"kind":"case-opened","case":"` + id + `","at":7,"body":{"number":"N-1"}}`,
		`{"v":1,"kind":"case-closed","case":"` + id + `","at":7,"body":{"number":"N-2"}}`,
		`{"v":1,"kind":"case-opened","case":"` + id + `","at":7,"body":{"number":3}}`,
		`{"v":1,"kind":"case-opened","case":null,"at":7,"body":{"number":"N-4"}}`,
		`{"v":1,"kind":"case-opened","case":"` + id + `","at":7}`,
		"{\"kind\":\"case-opened", "\x00\xff\xfe", "5",
	} {
		if _, err := old.Exec("INSERT INTO journal_event(workstation, seq, body) VALUES('BG-1-1', ?, ?)", i+1, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	do(t, open(t, path, false), func(tx db.Tx) error {
		for number, want := range map[string]int{"N-1": 1, "N-2": 0, "3": 0, "N-4": 0} {
			if rows, err := tx.CasesByNumber(number, 10); err != nil || len(rows) != want || want == 1 && (rows[0].Case != id || rows[0].At.UnixMilli() != 7) {
				t.Errorf("%s: %+v, %v, want %d cases", number, rows, err, want)
			}
		}
		return nil
	})
}
