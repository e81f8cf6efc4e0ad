package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"salter/ca/authority/db"
)

// operations: a code admits one key, and what operators did stays.
func operations(t *testing.T, d db.DB) {
	code := db.EnrolmentCode{SHA256: sum("code"), Workstation: "BG-1-1", Expires: at.Add(time.Hour), At: at}
	do(t, d, func(tx db.Tx) error { return tx.PutEnrolmentCode(code) })
	if err := d.Do(context.Background(), func(tx db.Tx) error { return tx.PutEnrolmentCode(code) }); err == nil {
		t.Error("one code was stored twice")
	}
	do(t, d, func(tx db.Tx) error {
		if got, err := tx.EnrolmentCode(code.SHA256); err != nil || got != code {
			t.Errorf("code: got %+v, %v, want %+v", got, err, code)
		}
		return tx.UseEnrolmentCode(code.SHA256, sum("key"))
	})
	later := db.EnrolmentCode{SHA256: sum("later"), Workstation: "BG-1-1", Expires: at.Add(time.Hour), At: at.Add(time.Millisecond)}
	other := db.EnrolmentCode{SHA256: sum("other"), Workstation: "BG-1-2", Expires: at.Add(time.Hour), At: at.Add(time.Minute)}
	do(t, d, func(tx db.Tx) error {
		if err := errors.Join(tx.PutEnrolmentCode(later), tx.PutEnrolmentCode(other)); err != nil {
			return err
		}
		if got, err := tx.LastEnrolmentCode("BG-1-1"); err != nil || got != later {
			t.Errorf("last code: got %+v, %v, want %+v", got, err, later)
		}
		if _, err := tx.LastEnrolmentCode("BG-1-3"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("last code of a workstation without one: got %v, want %v", err, db.ErrNotFound)
		}
		return nil
	})
	if err := d.Do(context.Background(), func(tx db.Tx) error { return tx.UseEnrolmentCode(code.SHA256, sum("other")) }); err == nil {
		t.Error("a code was used twice")
	}
	for _, action := range []string{"first", "second", "third"} {
		do(t, d, func(tx db.Tx) error {
			return tx.PutOperation(db.Operation{Operator: "uid 0", Action: action, Subject: "BG-1-1", At: at})
		})
	}
	do(t, d, func(tx db.Tx) error {
		if got, err := tx.EnrolmentCode(code.SHA256); err != nil || got.UsedBy != sum("key") {
			t.Errorf("used code: got %+v, %v", got, err)
		}
		list, err := tx.Operations(1, 1)
		want := db.Operation{Seq: 2, Operator: "uid 0", Action: "second", Subject: "BG-1-1", At: at}
		if err != nil || len(list) != 1 || list[0] != want {
			t.Errorf("operations after the first: got %+v, %v, want %+v", list, err, want)
		}
		return nil
	})
}

// revokedWorkstation: the keys of a refused workstation, and since when.
func revokedWorkstation(t *testing.T, d db.DB) {
	workstation(t, d, "BG-1-1")
	workstation(t, d, "BG-1-2")
	do(t, d, func(tx db.Tx) error {
		for key, name := range map[string]string{"1": "BG-1-1", "2": "BG-1-2"} {
			if err := tx.PutWorkstationKey(db.WorkstationKey{SPKI: sum(key), Workstation: name, Certificate: []byte(key), NotAfter: at, At: at}); err != nil {
				return err
			}
		}
		w, err := tx.Workstation("BG-1-2")
		if err != nil || !w.RevokedAt.IsZero() {
			t.Errorf("active workstation: got %+v, %v", w, err)
		}
		w.State, w.RevokedAt = db.Revoked, at.Add(time.Hour)
		return tx.PutWorkstation(w)
	})
	do(t, d, func(tx db.Tx) error {
		list, err := tx.RevokedKeys()
		if err != nil || len(list) != 1 || list[0].Workstation != "BG-1-2" || !list[0].At.Equal(at.Add(time.Hour)) {
			t.Errorf("revoked keys: got %+v, %v", list, err)
		}
		return nil
	})
}
