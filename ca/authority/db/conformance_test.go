package db_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca/authority/db"
	"salter/ca/authority/db/pgtest"
)

// The suite runs against every engine there is.
func TestConformance(t *testing.T) {
	engines := []struct {
		name string
		open func(t *testing.T) db.DB
	}{
		{"sqlite", func(t *testing.T) db.DB { return open(t, filepath.Join(t.TempDir(), "ca.db"), true) }},
		{"postgres", func(t *testing.T) db.DB { return openPostgres(t, pgtest.Database(t)) }},
	}
	cases := []struct {
		name string
		run  func(t *testing.T, d db.DB)
	}{
		{"a failed transaction leaves nothing", rollback},
		{"a transaction that has begun is brought to its end", impatient},
		{"transactions beside each other are as one after the other", besideEachOther},
		{"of two that overlook each other one is run again", writeSkew},
		{"text is text", texts},
		{"keys are in the order of bytes", byteOrder},
		{"registers", registers},
		{"issuance from prepared to active", issuanceLife},
		{"uniqueness of an issuance", issuanceUnique},
		{"the certificates of one person", neighbours},
		{"a contract only ends, once", contracts},
		{"searches are recorded", searches},
		{"a change waits, is claimed and decided once", approvals},
		{"a list follows the changes", lists},
		{"a snapshot is the database of one moment", snapshot},
		{"a journal is gapless and fixed", journal},
		{"commitments and blobs in either order", commitments},
		{"an alarm is open until it is cleared", alarms},
		{"a case is found by its person and its number", cases},
		{"a code is used once, an operation stays", operations},
		{"the keys of a revoked workstation", revokedWorkstation},
	}
	for _, e := range engines {
		for _, c := range cases {
			t.Run(e.name+"/"+c.name, func(t *testing.T) { c.run(t, e.open(t)) })
		}
	}
}

func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }

func openPostgres(t *testing.T, url string) db.DB {
	t.Helper()
	d, err := db.OpenPostgres(t.Context(), url, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func open(t *testing.T, path string, create bool) db.DB {
	t.Helper()
	d, err := db.OpenSQLite(context.Background(), path, create)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// impatient: a client that goes away interrupts nothing.
func impatient(t *testing.T, d db.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Do(ctx, func(tx db.Tx) error {
		cancel()
		return tx.SetMeta("a", "1")
	})
	if err != nil {
		t.Fatalf("begun before the client went away: %v", err)
	}
	do(t, d, func(tx db.Tx) error {
		_, err := tx.Meta("a")
		return err
	})
	if err := d.Do(ctx, func(db.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("begun afterwards: got %v, want Canceled", err)
	}
}

var at = time.UnixMilli(1_700_000_000_000)

func do(t *testing.T, d db.DB, fn func(tx db.Tx) error) {
	t.Helper()
	if err := d.Do(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func sum(s string) [32]byte { return sha256.Sum256([]byte(s)) }

func workstation(t *testing.T, d db.DB, name string) {
	t.Helper()
	do(t, d, func(tx db.Tx) error {
		return tx.PutWorkstation(db.Workstation{Name: name, URI: "urn:" + name, Verifier: "v", State: db.Active, At: at})
	})
}

func rollback(t *testing.T, d db.DB) {
	stop := errors.New("stop")
	err := d.Do(context.Background(), func(tx db.Tx) error {
		if err := tx.SetMeta("a", "1"); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v, want the callback's error", err)
	}
	do(t, d, func(tx db.Tx) error {
		if v, err := tx.Meta("a"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("got %q, %v, want ErrNotFound", v, err)
		}
		return nil
	})
}

func registers(t *testing.T, d db.DB) {
	workstation(t, d, "BG-1-1")
	do(t, d, func(tx db.Tx) error {
		k := db.WorkstationKey{SPKI: sum("key"), Workstation: "BG-1-1", Certificate: []byte{1}, NotAfter: at, At: at}
		c := db.Clerk{Fingerprint: sum("clerk"), Number: "17", Name: "N", Roles: "issue", Certificate: []byte{2}, State: db.Active, Demo: true, At: at}
		a := db.Anchor{Fingerprint: sum("anchor"), Certificate: []byte{3}, At: at}
		if err := errors.Join(tx.PutWorkstationKey(k), tx.PutClerk(c), tx.PutAnchor(a), tx.PutAnchor(a)); err != nil {
			return err
		}
		c.State = db.Revoked
		return tx.PutClerk(c)
	})
	do(t, d, func(tx db.Tx) error {
		k, err := tx.WorkstationKey(sum("key"))
		if err != nil || k.Workstation != "BG-1-1" || !k.NotAfter.Equal(at) {
			t.Errorf("workstation key: got %+v, %v", k, err)
		}
		c, err := tx.Clerk(sum("clerk"))
		if err != nil || c.State != db.Revoked || c.Number != "17" || !c.Demo {
			t.Errorf("clerk: got %+v, %v", c, err)
		}
		if as, err := tx.Anchors(); err != nil || len(as) != 1 {
			t.Errorf("anchors: got %d, %v, want 1", len(as), err)
		}
		if _, err := tx.Workstation("other"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("unknown workstation: got %v, want ErrNotFound", err)
		}
		return nil
	})
}

func issuance(name string, attempt int) db.Issuance {
	return db.Issuance{CSRSHA256: sum(name), Case: "case", Attempt: attempt, Label: "l", State: db.Prepared,
		Serial: "40" + name, SPKI: sum("key" + name), CSR: []byte(name), TBS: []byte("tbs" + name), Workstation: "BG-1-1", Clerk: "17", At: at}
}

func issuanceLife(t *testing.T, d db.DB) {
	i := issuance("a", 1)
	do(t, d, func(tx db.Tx) error { return tx.InsertIssuance(i) })
	do(t, d, func(tx db.Tx) error {
		open, err := tx.PreparedIssuances()
		if err != nil || len(open) != 1 || open[0] != i.CSRSHA256 {
			t.Errorf("prepared: got %x, %v", open, err)
		}
		seq, err := tx.CompleteIssuance(i.CSRSHA256, []byte("cert"), at)
		if err != nil || seq != 1 {
			t.Errorf("complete: got %d, %v, want 1", seq, err)
		}
		return nil
	})
	for _, change := range []struct{ id, result string }{{"1", db.StatusActive}, {"2", db.StatusActive}, {"3", db.StatusRevoked}} {
		do(t, d, func(tx db.Tx) error {
			return tx.PutStatusChange(db.StatusChange{ID: change.id, Serial: i.Serial, Result: change.result, At: at})
		})
		do(t, d, func(tx db.Tx) error {
			if s, err := tx.Status(i.Serial); err != nil || s.State != change.result {
				t.Errorf("status after change %s: got %q, %v, want %q", change.id, s.State, err, change.result)
			}
			return nil
		})
	}
	do(t, d, func(tx db.Tx) error {
		for _, id := range []string{"2/40b", "2/40a", "20", "2-/40c"} {
			if err := tx.PutStatusChange(db.StatusChange{ID: id, Serial: i.Serial, Result: db.StatusRevoked, At: at}); err != nil {
				return err
			}
		}
		for id, want := range map[string]int{"2": 2, "20": 0, "1": 0} {
			if got, err := tx.SupersededBy(id); err != nil || len(got) != want {
				t.Errorf("superseded by %s: got %v, %v, want %d", id, got, err, want)
			}
		}
		return nil
	})
	fail(t, d, "revoked is final", func(tx db.Tx) error {
		return tx.PutStatusChange(db.StatusChange{ID: "4", Serial: i.Serial, Result: db.StatusActive, At: at})
	})
	fail(t, d, "completed twice", func(tx db.Tx) error {
		_, err := tx.CompleteIssuance(i.CSRSHA256, []byte("other"), at)
		return err
	})
	do(t, d, func(tx db.Tx) error {
		got, err := tx.IssuanceBySerial(i.Serial)
		if err != nil || !bytes.Equal(got.Certificate, []byte("cert")) || got.State != db.IssuedState {
			t.Errorf("issuance: got %+v, %v", got, err)
		}
		return nil
	})
}

// neighbours: three certificates of one person, one of them never active, and
// one of another person between them.
func neighbours(t *testing.T, d db.DB) {
	names := []string{"a", "b", "c", "d"}
	do(t, d, func(tx db.Tx) error {
		for n, name := range names {
			i := issuance(name, n+1)
			if err := tx.InsertIssuance(i); err != nil {
				return err
			}
			if _, err := tx.CompleteIssuance(i.CSRSHA256, []byte("cert"), at); err != nil {
				return err
			}
			if name != "b" {
				change := db.StatusChange{ID: name, Serial: i.Serial, Result: db.StatusActive, ReceivedAt: 5, At: at}
				if err := tx.PutStatusChange(change); err != nil {
					return err
				}
			}
		}
		rows, err := tx.Nameless(3)
		if err != nil || len(rows) != 3 || rows[0].Serial != "40a" {
			t.Errorf("without holder: got %d, %v, want the first three", len(rows), err)
		}
		for _, name := range names {
			h := db.Holder{CSRSHA256: sum(name), PersonalNumber: "P", CardNumber: "C", Contract: "K" + name}
			if name == "c" {
				h.PersonalNumber = "Q"
			}
			if err := errors.Join(tx.PutHolder(h), tx.PutHolder(h)); err != nil {
				return err
			}
		}
		return nil
	})
	do(t, d, func(tx db.Tx) error {
		for _, tt := range []struct{ serial, before, after string }{
			{"40a", "", "40d"}, {"40b", "40a", "40d"}, {"40c", "", ""}, {"40d", "40a", ""},
		} {
			if before, after, err := tx.Neighbours(tt.serial); err != nil || before != tt.before || after != tt.after {
				t.Errorf("%s: got %q, %q, %v, want %q, %q", tt.serial, before, after, err, tt.before, tt.after)
			}
		}
		if s, err := tx.Status("40a"); err != nil || s.ReceivedAt != 5 {
			t.Errorf("status: got %+v, %v, want received at 5", s, err)
		}
		rows, err := tx.Nameless(3)
		if err != nil || len(rows) != 0 {
			t.Errorf("without holder: got %d, %v, want none", len(rows), err)
		}
		return nil
	})
	do(t, d, func(tx db.Tx) error { return ofPerson(t, tx) })
	fail(t, d, "holder under another contract", func(tx db.Tx) error {
		h, err := tx.Holder(sum("a"))
		if err != nil || h != (db.Holder{CSRSHA256: sum("a"), PersonalNumber: "P", CardNumber: "C", Contract: "Ka"}) {
			t.Errorf("holder: got %+v, %v", h, err)
		}
		h.Contract = "other"
		if err := tx.PutHolder(h); err != nil {
			return err
		}
		if got, err := tx.Holder(sum("a")); err != nil || got.Contract != "Ka" {
			t.Errorf("holder put again: got %+v, %v, want the first", got, err)
		}
		return errors.New("nothing to keep")
	})
}

// ofPerson reads what neighbours left: a, b and d are of P, b is on hold.
func ofPerson(t *testing.T, tx db.Tx) error {
	serials := func(rows []db.Issuance) (s string) {
		for _, row := range rows {
			s += row.Serial + " "
		}
		return s
	}
	for _, tt := range []struct {
		person, contract string
		limit            int
		want             string
	}{
		{"P", "", 9, "40d 40b 40a "}, {"P", "", 2, "40d 40b "}, {"P", "Kb", 9, "40b "}, {"P", "Kc", 9, ""}, {"Q", "", 9, "40c "}, {"R", "", 9, ""},
	} {
		if rows, err := tx.CertificatesOf(tt.person, tt.contract, tt.limit); err != nil || serials(rows) != tt.want {
			t.Errorf("certificates of %s under %q: got %s, %v, want %s", tt.person, tt.contract, serials(rows), err, tt.want)
		}
	}
	for _, tt := range []struct{ person, card, label, want string }{
		{"P", "C", "l", "40a 40d "}, {"P", "D", "l", ""}, {"P", "C", "m", ""}, {"Q", "C", "l", "40c "},
	} {
		if rows, err := tx.LiveCertificates(tt.person, tt.card, tt.label); err != nil || serials(rows) != tt.want {
			t.Errorf("live ones of %s, card %s, label %s: got %s, %v, want %s", tt.person, tt.card, tt.label, serials(rows), err, tt.want)
		}
	}
	return nil
}

func fail(t *testing.T, d db.DB, what string, fn func(tx db.Tx) error) {
	t.Helper()
	if err := d.Do(context.Background(), fn); err == nil {
		t.Errorf("%s: accepted", what)
	}
}

func issuanceUnique(t *testing.T, d db.DB) {
	do(t, d, func(tx db.Tx) error { return tx.InsertIssuance(issuance("a", 1)) })
	for _, tt := range []struct {
		name   string
		change func(i *db.Issuance)
	}{
		{"same CSR", func(i *db.Issuance) { i.CSRSHA256 = sum("a") }},
		{"same attempt", func(i *db.Issuance) { i.Attempt = 1 }},
		{"same serial", func(i *db.Issuance) { i.Serial = "40a" }},
		{"same key", func(i *db.Issuance) { i.SPKI = sum("keya") }},
		{"refused with a serial", func(i *db.Issuance) { i.State = db.Refused }},
	} {
		i := issuance("b", 2)
		tt.change(&i)
		fail(t, d, tt.name, func(tx db.Tx) error { return tx.InsertIssuance(i) })
	}
	refused := issuance("c", 3)
	refused.State, refused.Serial, refused.TBS, refused.SPKI = db.Refused, "", nil, sum("keya")
	do(t, d, func(tx db.Tx) error { return tx.InsertIssuance(refused) })
}

func contract(id string) db.Contract {
	return db.Contract{ID: id, Number: "N" + id, Concluded: "2026-01-0" + id, Text: sum("text"), Case: "case", ChipFiles: sum("files"),
		PersonalNumber: "P", CardNumber: "C", Clerk: "17", ClerkJWS: "jws", Workstation: "BG-1-1", At: at}
}

func contracts(t *testing.T, d db.DB) {
	do(t, d, func(tx db.Tx) error {
		return errors.Join(tx.InsertContract(contract("1")), tx.InsertContract(contract("2")), tx.InsertContract(contract("3")))
	})
	fail(t, d, "same id", func(tx db.Tx) error {
		c := contract("1")
		c.Number = "other"
		return tx.InsertContract(c)
	})
	fail(t, d, "same number", func(tx db.Tx) error {
		c := contract("4")
		c.Number = "N1"
		return tx.InsertContract(c)
	})
	fail(t, d, "superseded by nothing", func(tx db.Tx) error { return tx.EndContract("1", db.ContractSuperseded, "", at) })
	fail(t, d, "ended as valid", func(tx db.Tx) error { return tx.EndContract("1", db.ContractValid, "", at) })
	end := db.ContractEnd{ID: "e", Contract: "2", Case: "case", ReceivedAt: 5, Clerk: "17", ClerkJWS: "jws", Workstation: "BG-1-1", At: at}
	do(t, d, func(tx db.Tx) error {
		return errors.Join(tx.EndContract("1", db.ContractSuperseded, "3", at), tx.EndContract("2", db.ContractTerminated, "", at),
			tx.PutContractEnd(end))
	})
	for _, id := range []string{"1", "2", "5"} {
		fail(t, d, "ended twice or unknown", func(tx db.Tx) error { return tx.EndContract(id, db.ContractTerminated, "", at) })
	}
	do(t, d, func(tx db.Tx) error {
		one, err := tx.ContractByNumber("N1")
		if err != nil || one.State != db.ContractSuperseded || one.SupersededBy != "3" || !one.EndedAt.Equal(at) {
			t.Errorf("superseded: got %+v, %v", one, err)
		}
		want := contract("3")
		want.State = db.ContractValid
		if three, err := tx.Contract("3"); err != nil || three != want {
			t.Errorf("valid: got %+v, %v, want %+v", three, err, want)
		}
		if all, err := tx.ContractsOf("P", 2); err != nil || len(all) != 2 || all[0].ID != "3" || all[1].ID != "2" {
			t.Errorf("of the person: got %+v, %v, want the newest two", all, err)
		}
		if got, err := tx.ContractEndByID("e"); err != nil || got != end {
			t.Errorf("termination: got %+v, %v, want %+v", got, err, end)
		}
		for _, err := range []error{
			func() error { _, err := tx.Contract("x"); return err }(),
			func() error { _, err := tx.ContractByNumber("x"); return err }(),
			func() error { _, err := tx.ContractEndByID("x"); return err }(),
		} {
			if !errors.Is(err, db.ErrNotFound) {
				t.Errorf("unknown: got %v, want ErrNotFound", err)
			}
		}
		return nil
	})
}

func searches(t *testing.T, d db.DB) {
	s := db.Search{Case: "case", Terms: "t", Found: "1,2", Clerk: "17", ClerkJWS: "jws", Workstation: "BG-1-1", At: at}
	do(t, d, func(tx db.Tx) error { return errors.Join(tx.PutSearch(s), tx.PutSearch(s)) })
	do(t, d, func(tx db.Tx) error {
		got, err := tx.Searches(1, 10)
		want := s
		want.Seq = 2
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("after the first: got %+v, %v, want the second", got, err)
		}
		return nil
	})
}

func approvals(t *testing.T, d db.DB) {
	later := at.Add(time.Hour)
	pending := func(id, office string) db.PendingChange {
		return db.PendingChange{StatusChange: db.StatusChange{ID: id, Serial: "40a", Op: "reactivate", Case: "case", ReceivedAt: 5, Clerk: "17",
			ClerkJWS: "jws" + id, Workstation: office + "-1", At: at}, Request: sum(id), State: "pending", Office: office, Expires: later}
	}
	do(t, d, func(tx db.Tx) error {
		return errors.Join(tx.InsertIssuance(issuance("a", 1)), tx.PutPending(pending("1", "BG-1")), tx.PutPending(pending("2", "BG-2")),
			tx.PutPending(pending("3", "BG-1")))
	})
	fail(t, d, "same request", func(tx db.Tx) error {
		p := pending("4", "BG-1")
		p.Request = sum("1")
		return tx.PutPending(p)
	})
	do(t, d, func(tx db.Tx) error {
		if got, err := tx.Pending("1"); err != nil || got != pending("1", "BG-1") {
			t.Errorf("pending: got %+v, %v", got, err)
		}
		for _, tt := range []struct {
			office string
			now    time.Time
			limit  int
			want   int
		}{{"BG-1", at, 10, 2}, {"BG-1", at, 1, 1}, {"BG-2", at, 10, 1}, {"BG-1", later, 10, 0}, {"BG-3", at, 10, 0}} {
			if got, err := tx.PendingOf(tt.office, tt.now, tt.limit); err != nil || len(got) != tt.want {
				t.Errorf("queue of %s: got %d, %v, want %d", tt.office, len(got), err, tt.want)
			}
		}
		return errors.Join(tx.ClaimPending("1", "18", later), tx.SettlePending("3", "rejected"))
	})
	fail(t, d, "claimed after the decision", func(tx db.Tx) error { return tx.ClaimPending("3", "18", later) })
	fail(t, d, "decided twice", func(tx db.Tx) error { return tx.SettlePending("3", "approved") })
	fail(t, d, "decided as something else", func(tx db.Tx) error { return tx.SettlePending("1", "forgotten") })
	a := db.Approval{ID: "a", Request: sum("1"), Decision: "claim", Comment: "c", Clerk: "18", ClerkJWS: "jws", Workstation: "BG-1-1", At: at}
	do(t, d, func(tx db.Tx) error { return tx.PutApproval(a) })
	fail(t, d, "same approval", func(tx db.Tx) error { return tx.PutApproval(a) })
	do(t, d, func(tx db.Tx) error {
		if got, err := tx.PendingByRequest(sum("1")); err != nil || got.ClaimedBy != "18" || !got.ClaimEnds.Equal(later) {
			t.Errorf("claimed: got %+v, %v", got, err)
		}
		if got, err := tx.Approval("a"); err != nil || got != a {
			t.Errorf("approval: got %+v, %v, want %+v", got, err, a)
		}
		if _, err := tx.Approval("b"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("unknown approval: got %v, want ErrNotFound", err)
		}
		return nil
	})
}

// snapshot: a copy holds what was committed before, nothing that came after,
// and is a database of its own.
func snapshot(t *testing.T, d db.DB) {
	set := func(value string) { do(t, d, func(tx db.Tx) error { return tx.SetMeta("key", value) }) }
	set("before")
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	set("after")
	if err := d.Snapshot(t.Context(), path); err == nil {
		t.Error("a file was overwritten")
	}
	if err := d.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("copy: mode %v, %v, want 0600", info.Mode(), err)
	}
	do(t, open(t, path, false), func(tx db.Tx) error {
		value, err := tx.Meta("key")
		if value != "before" {
			t.Errorf("the copy holds %q, want what was before", value)
		}
		return err
	})
}

// lists: what belongs on a list, when it must be made anew, and its number.
func lists(t *testing.T, d db.DB) {
	old, young := at, at.Add(2*time.Hour)
	do(t, d, func(tx db.Tx) error {
		for n, one := range []struct {
			name string
			at   time.Time
		}{{"a", old}, {"b", old}, {"c", old}, {"d", young}, {"e", old}} {
			i := issuance(one.name, n+1)
			if one.name == "e" {
				i.Label = "other"
			}
			if err := tx.InsertIssuance(i); err != nil {
				return err
			}
			if _, err := tx.CompleteIssuance(i.CSRSHA256, []byte("cert"), one.at); err != nil {
				return err
			}
		}
		return nil
	})
	last := func(tx db.Tx) int64 {
		n, err := tx.LastChange()
		if err != nil {
			t.Error(err)
		}
		return n
	}
	listed := at.Add(time.Hour)
	for n, change := range []struct {
		id, name, op, result string
		alters               bool
		want                 string // the list afterwards
	}{
		{"1", "d", "activate", db.StatusActive, false, "40a hold, 40b hold, 40c hold"},
		{"2", "a", "activate", db.StatusActive, true, "40b hold, 40c hold"},
		{"3", "a", "suspend", db.StatusSuspended, true, "40a suspended, 40b hold, 40c hold"},
		{"4", "a", "reactivate", db.StatusActive, true, "40b hold, 40c hold"},
		{"5", "b", "revoke", db.StatusRevoked, true, "40b revoked, 40c hold"},
		{"6", "e", "revoke", db.StatusRevoked, false, "40b revoked, 40c hold"},
	} {
		var before int64
		do(t, d, func(tx db.Tx) error {
			before = last(tx)
			return tx.PutStatusChange(db.StatusChange{ID: change.id, Serial: "40" + change.name, Op: change.op, Result: change.result, At: at})
		})
		do(t, d, func(tx db.Tx) error {
			if got := last(tx); got != int64(n)+1 || before != int64(n) {
				t.Errorf("change %s has number %d after %d", change.id, got, before)
			}
			if got, err := tx.ChangedSince("l", before, listed); err != nil || got != change.alters {
				t.Errorf("%s %s: alters the list %v, %v, want %v", change.op, change.name, got, err, change.alters)
			}
			rows, err := tx.BadCertificates("l", listed)
			var got []string
			for _, s := range rows {
				got = append(got, s.Serial+" "+s.State)
			}
			if strings.Join(got, ", ") != change.want {
				t.Errorf("after %s %s: got %v, want %s", change.op, change.name, got, change.want)
			}
			return err
		})
	}
	list := db.CRL{Label: "l", Number: 1, Changes: 6, ThisUpdate: at, NextUpdate: listed, DER: []byte("one")}
	do(t, d, func(tx db.Tx) error {
		if _, err := tx.CRL("l"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("before the first: got %v, want ErrNotFound", err)
		}
		return tx.PutCRL(list)
	})
	for _, number := range []int64{0, 1, 3} {
		err := d.Do(t.Context(), func(tx db.Tx) error {
			next := list
			next.Number = number
			return tx.PutCRL(next)
		})
		if !errors.Is(err, db.ErrSuperseded) {
			t.Errorf("number %d after 1: got %v, want ErrSuperseded", number, err)
		}
	}
	do(t, d, func(tx db.Tx) error {
		list.Number, list.DER = 2, []byte("two")
		if err := tx.PutCRL(list); err != nil {
			return err
		}
		got, err := tx.CRL("l")
		if err != nil || got.Number != 2 || string(got.DER) != "two" || !got.NextUpdate.Equal(listed) || got.Changes != 6 {
			t.Errorf("got %+v, %v, want the second list", got, err)
		}
		head, err := tx.CRLHead("l")
		if head.Number != 2 || len(head.DER) != 0 {
			t.Errorf("head: got %+v, want number 2 without DER", head)
		}
		return err
	})
}

func journal(t *testing.T, d db.DB) {
	workstation(t, d, "BG-1-1")
	do(t, d, func(tx db.Tx) error { return tx.AppendEvent("BG-1-1", 1, []byte("one")) })
	for _, seq := range []int64{0, 1, 3} {
		fail(t, d, "out of order", func(tx db.Tx) error { return tx.AppendEvent("BG-1-1", seq, []byte("x")) })
	}
	do(t, d, func(tx db.Tx) error {
		return errors.Join(tx.AppendEvent("BG-1-1", 2, []byte("two")),
			tx.PutNodes("BG-1-1", 0, [][32]byte{sum("0"), sum("1"), sum("2")}),
			tx.PutCheckpoint(db.Checkpoint{Workstation: "BG-1-1", Size: 2, Note: []byte("first")}),
			tx.PutCheckpoint(db.Checkpoint{Workstation: "BG-1-1", Size: 2, Note: []byte("second")}))
	})
	do(t, d, func(tx db.Tx) error {
		if two, err := tx.Events("BG-1-1", 1, 5); err != nil || len(two) != 2 {
			t.Errorf("events: %q, %v, want two", two, err)
		}
		if n, err := tx.JournalSize("BG-1-1"); err != nil || n != 2 {
			t.Errorf("size: got %d, %v, want 2", n, err)
		}
		if err := errors.Join(tx.PutKeyChange("BG-1-1", 2), tx.PutKeyChange("BG-1-1", 1)); err != nil {
			t.Errorf("note changes of key: %v", err)
		}
		if seqs, err := tx.KeyChanges("BG-1-1"); err != nil || !slices.Equal(seqs, []int64{1, 2}) {
			t.Errorf("changes of key: got %v, %v, want 1 and 2", seqs, err)
		}
		if seqs, err := tx.KeyChanges("BG-1-2"); err != nil || len(seqs) != 0 {
			t.Errorf("changes of another's key: got %v, %v, want none", seqs, err)
		}
		if c, err := tx.LastCheckpoint("BG-1-1"); err != nil || string(c.Note) != "first" {
			t.Errorf("checkpoint: got %q, %v, want the first", c.Note, err)
		}
		if h, err := tx.Nodes("BG-1-1", []int64{2, 0}); err != nil || h[0] != sum("2") || h[1] != sum("0") {
			t.Errorf("nodes: got %x, %v", h, err)
		}
		if _, err := tx.Nodes("BG-1-1", []int64{3}); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("missing node: got %v, want ErrNotFound", err)
		}
		return nil
	})
}

func commitments(t *testing.T, d db.DB) {
	put := func(tx db.Tx, name string, want bool) {
		if created, err := tx.PutBlob(sum(name), []byte(name), "BG-1-1", at); err != nil || created != want {
			t.Errorf("blob %s: created %v, %v, want %v", name, created, err, want)
		}
	}
	do(t, d, func(tx db.Tx) error {
		put(tx, "early", true)
		for seq, name := range []string{"late", "early", "never"} {
			if err := tx.PutCommitment(db.Commitment{Workstation: "BG-1-1", Seq: int64(seq + 1), Case: "case", Name: "n", SHA256: sum(name)}); err != nil {
				return err
			}
		}
		put(tx, "late", true)
		put(tx, "late", false)
		missing, err := tx.MissingBlobs("BG-1-1", 10)
		if err != nil || len(missing) != 1 || missing[0] != sum("never") {
			t.Errorf("missing: got %x, %v", missing, err)
		}
		for _, c := range []struct {
			ws, caseID string
			want       bool
		}{{"BG-1-1", "case", true}, {"BG-1-1", "other", false}, {"BG-1-2", "case", false}} {
			if got, err := tx.Committed(c.ws, c.caseID, sum("late")); err != nil || got != c.want {
				t.Errorf("committed by %s in %s: got %v, %v, want %v", c.ws, c.caseID, got, err, c.want)
			}
		}
		return nil
	})
}

func TestSQLiteSurvivesReopenAndRefusesASecondOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b#c%20.db")
	d, err := db.OpenSQLite(context.Background(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	do(t, d, func(tx db.Tx) error { return tx.SetMeta("k", "v") })
	if _, err := db.OpenSQLite(context.Background(), path, false); !errors.Is(err, db.ErrInUse) {
		t.Errorf("second open: got %v, want ErrInUse", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path, false)
	do(t, again, func(tx db.Tx) error {
		if v, err := tx.Meta("k"); err != nil || v != "v" {
			t.Errorf("got %q, %v, want v", v, err)
		}
		return nil
	})
	if _, err := db.OpenSQLite(context.Background(), path+"x", false); err == nil {
		t.Error("a missing file was created")
	}
}

func alarms(t *testing.T, d db.DB) {
	at := time.UnixMilli(1_790_000_000_000)
	do(t, d, func(tx db.Tx) error {
		if last, err := tx.Contact("BG-1-1"); err != nil || !last.IsZero() {
			t.Errorf("contact before the first: %v, %v", last, err)
		}
		return errors.Join(tx.PutWorkstation(db.Workstation{Name: "BG-1-1", URI: "u1", Verifier: "v", State: db.Active, At: at}),
			tx.SetContact("BG-1-1", at), tx.SetContact("BG-1-1", at.Add(time.Minute)),
			tx.RaiseAlarm("BG-1-1", "gap", "one", at), tx.RaiseAlarm("BG-1-1", "fork", "f", at),
			tx.RaiseAlarm("BG-1-1", "gap", "two", at.Add(time.Minute)))
	})
	do(t, d, func(tx db.Tx) error {
		if last, err := tx.Contact("BG-1-1"); err != nil || !last.Equal(at.Add(time.Minute)) {
			t.Errorf("contact: %v, %v, want the last", last, err)
		}
		open, err := tx.OpenAlarms("BG-1-1")
		if err != nil || len(open) != 2 || open[0].Kind != "fork" || open[1].Detail != "two" || open[1].Times != 2 ||
			!open[1].First.Equal(at) || !open[1].Last.Equal(at.Add(time.Minute)) {
			t.Errorf("open alarms: %+v, %v", open, err)
		}
		return errors.Join(tx.ClearAlarm("BG-1-1", "gap", at), tx.ClearAlarm("BG-1-1", "silence", at), tx.RaiseAlarm("BG-1-1", "gap", "three", at),
			tx.ClearAlarm("BG-1-1", "fork", at))
	})
	do(t, d, func(tx db.Tx) error {
		open, err := tx.OpenAlarms("BG-1-1")
		if err != nil || len(open) != 1 || open[0].Detail != "three" || open[0].Times != 1 {
			t.Errorf("open after clearing: %+v, %v, want the new one alone", open, err)
		}
		return nil
	})
}
