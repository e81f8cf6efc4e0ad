package db_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"salter/ca/authority/db"
)

func cases(t *testing.T, d db.DB) {
	at := time.UnixMilli(1_790_000_000_000)
	file := db.CaseFile{Case: "c1", Workstation: "BG-1-1", Surname: "S", GivenName: "G", PersonalNumber: "P", CardNumber: "C", At: at}
	do(t, d, func(tx db.Tx) error {
		for i := range 3 { // the second names a contract, the third another
			file.Contract = []string{"", "K", "L"}[i]
			if err := tx.PutCaseFile(file, "s g", "s g", "g s"); err != nil {
				return err
			}
		}
		file.Case, file.Contract = "c2", ""
		if err := tx.PutCaseFile(file, "s g", "g s"); err != nil {
			return err
		}
		n := db.CaseNumber{Number: "N", Workstation: "BG-1-1", Case: "c1", At: at}
		lone := db.CaseNumber{Number: "M", Workstation: "BG-1-2", Case: "c9", At: at}
		for _, n := range []db.CaseNumber{n, n, lone} {
			if err := tx.PutCaseNumber(n); err != nil {
				return err
			}
		}
		return nil
	})
	do(t, d, func(tx db.Tx) error {
		for _, tt := range []struct {
			name string
			find func() ([]db.CaseFile, error)
			want string
		}{
			{"name", func() ([]db.CaseFile, error) { return tx.CasesByName("s", 10) }, "c2 c1"},
			{"both ways round, each case once", func() ([]db.CaseFile, error) { return tx.CasesByName("", 10) }, "c2 c1"},
			{"at most", func() ([]db.CaseFile, error) { return tx.CasesByName("s", 1) }, "c2"},
			{"another name", func() ([]db.CaseFile, error) { return tx.CasesByName("t", 10) }, ""},
			{"contract", func() ([]db.CaseFile, error) { return tx.CasesByContract("K", 10) }, "c1"},
			{"a contract is fixed", func() ([]db.CaseFile, error) { return tx.CasesByContract("L", 10) }, ""},
			{"no contract", func() ([]db.CaseFile, error) { return tx.CasesByContract("", 10) }, ""},
			{"number", func() ([]db.CaseFile, error) { return tx.CasesByNumber("N", 10) }, "c1"},
			{"number alone", func() ([]db.CaseFile, error) { return tx.CasesByNumber("M", 10) }, "c9"},
		} {
			rows, err := tt.find()
			got := ""
			for _, row := range rows {
				got += " " + row.Case
			}
			if err != nil || got != map[bool]string{true: "", false: " " + tt.want}[tt.want == ""] {
				t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
		return nil
	})
}

// BenchmarkSearch looks among 100,000 cases: each search has to end within
// 50 ms.
func BenchmarkSearch(b *testing.B) {
	ctx := context.Background()
	d, err := db.OpenSQLite(ctx, filepath.Join(b.TempDir(), "ca.db"), true)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const n, surnames = 100_000, 3_000
	if err := d.Do(ctx, func(tx db.Tx) error {
		for i := range n {
			id := fmt.Sprintf("0193a5f0-0000-7000-8000-%012d", i)
			last, first := fmt.Sprintf("petrov%04dic", i%surnames), fmt.Sprintf("marko%02d", i%40)
			f := db.CaseFile{Case: id, Workstation: "BG-017-03", Surname: last, GivenName: first, PersonalNumber: fmt.Sprintf("%013d", i/2),
				CardNumber: fmt.Sprintf("%09d", i), Contract: fmt.Sprint(i), At: time.UnixMilli(int64(i))}
			number := db.CaseNumber{Number: fmt.Sprintf("BG-017-03-2026-%06d", i), Workstation: "BG-017-03", Case: id, At: f.At}
			if err := tx.PutCaseFile(f, last+" "+first, first+" "+last); err != nil {
				return err
			}
			if err := tx.PutCaseNumber(number); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	const limit = 51
	for _, bb := range []struct {
		name string
		find func(tx db.Tx, i int) ([]db.CaseFile, error)
	}{
		{"every name begins so", func(tx db.Tx, _ int) ([]db.CaseFile, error) { return tx.CasesByName("pe", limit) }},
		{"surname", func(tx db.Tx, i int) ([]db.CaseFile, error) {
			return tx.CasesByName(fmt.Sprintf("petrov%04dic", i%surnames), limit)
		}},
		{"personal number", func(tx db.Tx, i int) ([]db.CaseFile, error) {
			return tx.CasesByPerson(fmt.Sprintf("%013d", i%(n/2)), limit)
		}},
		{"card number", func(tx db.Tx, i int) ([]db.CaseFile, error) {
			return tx.CasesByCard(fmt.Sprintf("%09d", i%n), limit)
		}},
		{"case number", func(tx db.Tx, i int) ([]db.CaseFile, error) {
			return tx.CasesByNumber(fmt.Sprintf("BG-017-03-2026-%06d", i%n), limit)
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var worst time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if err := d.Do(ctx, func(tx db.Tx) error {
					rows, err := bb.find(tx, i)
					if err == nil && len(rows) == 0 {
						b.Fatal("nothing found")
					}
					for _, row := range rows {
						if _, err := tx.CertificatesOfCase(row.Case); err != nil {
							return err
						}
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
				worst = max(worst, time.Since(start))
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
			b.ReportMetric(float64(b.Elapsed()/time.Duration(b.N))/float64(50*time.Millisecond), "of-50ms")
		})
	}
}
