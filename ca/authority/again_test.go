package authority_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/http"
	"testing"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db"
	"salter/ca/catest"
)

// errAgain is what breaks a transaction off.
var errAgain = errors.New("another transaction was in the way")

// disturbedDB breaks every transaction off once, as PostgreSQL may, and runs it
// again.
type disturbedDB struct {
	db.DB
	midway bool // at the reading of a request; else when it has done all
}

// Do implements db.DB.
func (d disturbedDB) Do(ctx context.Context, fn func(db.Tx) error) error {
	err := d.DB.Do(ctx, func(tx db.Tx) error {
		if d.midway {
			tx = blindTx{tx}
		}
		_ = fn(tx) // whatever it makes of it
		return errAgain
	})
	if !errors.Is(err, errAgain) {
		return err
	}
	return d.DB.Do(ctx, fn)
}

// blindTx finds no request.
type blindTx struct{ db.Tx }

// IssuanceByCSR implements db.Tx.
func (blindTx) IssuanceByCSR([32]byte) (db.Issuance, error) { return db.Issuance{}, errAgain }

// TestTransactionsRunAgain: what a transaction that was broken off has left
// behind changes nothing.
func TestTransactionsRunAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		midway bool
	}{{"at the end", false}, {"midway", true}} {
		t.Run(tt.name, func(t *testing.T) {
			o := newCounter(t)
			c := o.open()
			version := o.Authority.PolicyTag()
			o.Authority.WrapDB(func(d db.DB) db.DB { return disturbedDB{d, tt.midway} })
			if err := o.Authority.Claim(t.Context()); err != nil || o.Authority.PolicyTag() != version {
				t.Errorf("the same policy is version %s, %v, want %s", o.Authority.PolicyTag(), err, version)
			}
			if _, problem, err := c.Enrol(nil); problem != nil || err != nil {
				t.Fatalf("enrol: %+v, %v", problem, err)
			}
			h := catest.Citizen()
			var found ca.RegisterFound
			search := c.SearchRegister(ca.RegisterSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber})
			if p := o.ws.JSON(http.MethodPost, ca.PathRegisterSearch, search, &found); p != nil || len(found.Certificates) != 1 {
				t.Errorf("register: %+v, %+v, want one certificate", found, p)
			}
			if _, err := o.Authority.Enrol(t.Context(), o.ws.Caller(), authority.Enrolment{Label: ca.LabelInterop, CSR: strangersRequest(t)}); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, e := range o.Certificates() {
				got[e.Label] += e.Status
			}
			if len(got) != 2 || got[ca.LabelCitizen] != db.StatusHold || got[ca.LabelInterop] != db.StatusActive {
				t.Errorf("certificates: %v, want a citizen's on hold and a test certificate that is active", got)
			}
		})
	}
}

func strangersRequest(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "stranger"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}
