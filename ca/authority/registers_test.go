package authority_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"testing"

	"salter/ca"
	"salter/ca/authority"
)

func TestSignWorkstation(t *testing.T) {
	o := newCounter(t)
	other := o.Enrol("BG-017-04")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCSR, err := x509.CreateCertificateRequest(rand.Reader, new(x509.CertificateRequest), rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(r *ca.EnrolmentRequest)
	}{
		{"name of no workstation", func(r *ca.EnrolmentRequest) { r.Workstation = "../../x" }},
		{"name of another", func(r *ca.EnrolmentRequest) { r.Workstation = "BG-017-09" }},
		{"garbage for a request", func(r *ca.EnrolmentRequest) { r.CSR = []byte("garbage") }},
		{"RSA key", func(r *ca.EnrolmentRequest) { r.CSR = rsaCSR }},
		{"proof for another request", func(r *ca.EnrolmentRequest) { r.CSR = other.Request.CSR }},
		{"no proof", func(r *ca.EnrolmentRequest) { r.Proof = "" }},
		{"checkpoint key of another", func(r *ca.EnrolmentRequest) { r.CheckpointKey = other.Request.CheckpointKey }},
		{"garbage for a checkpoint key", func(r *ca.EnrolmentRequest) { r.CheckpointKey = "x" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := o.ws.Request
			tt.change(&r)
			if _, err := o.Authority.SignWorkstation(context.Background(), r); !errors.Is(err, authority.ErrRegister) {
				t.Errorf("got %v, want ErrRegister", err)
			}
		})
	}
	t.Run("the same again", func(t *testing.T) {
		if _, err := o.Authority.SignWorkstation(context.Background(), o.ws.Request); err != nil {
			t.Errorf("renewal with the same keys: %v", err)
		}
	})
	list, err := o.Authority.Workstations(context.Background())
	if err != nil || len(list) != 2 || list[0].Name != "BG-017-03" {
		t.Errorf("register: got %+v, %v, want two", list, err)
	}
	if err := o.Authority.RevokeWorkstation(context.Background(), "BG-999-01"); !errors.Is(err, authority.ErrRegister) {
		t.Errorf("revoke unknown: got %v, want ErrRegister", err)
	}
}

// TestLostJournal: a counter with a new journal key is not the old counter.
func TestLostJournal(t *testing.T) {
	o := newCounter(t)
	fresh := o.Enrol("BG-017-05").Request
	fresh.Workstation = "BG-017-03"
	if _, err := o.Authority.SignWorkstation(context.Background(), fresh); !errors.Is(err, authority.ErrRegister) {
		t.Errorf("got %v, want ErrRegister", err)
	}
}

func TestAddClerk(t *testing.T) {
	o := newCounter(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := authority.ClerkRequest{Number: "7", Name: "Име", Roles: []string{authority.RoleClerk}, PublicKey: public(t, key)}
	for _, tt := range []struct {
		name   string
		change func(r *authority.ClerkRequest)
	}{
		{"no number", func(r *authority.ClerkRequest) { r.Number = "" }},
		{"number with a line break", func(r *authority.ClerkRequest) { r.Number = "7\n8" }},
		{"no name", func(r *authority.ClerkRequest) { r.Name = " " }},
		{"no role", func(r *authority.ClerkRequest) { r.Roles = nil }},
		{"unknown role", func(r *authority.ClerkRequest) { r.Roles = []string{"issue"} }},
		{"role given twice", func(r *authority.ClerkRequest) { r.Roles = []string{"clerk", "clerk"} }},
		{"role with a comma", func(r *authority.ClerkRequest) { r.Roles = []string{"clerk,supervisor"} }},
		{"auditor who is clerk", func(r *authority.ClerkRequest) { r.Roles = []string{"clerk", "auditor"} }},
		{"admin who is supervisor", func(r *authority.ClerkRequest) { r.Roles = []string{"admin", "supervisor"} }},
		{"garbage for a key", func(r *authority.ClerkRequest) { r.PublicKey = []byte("x") }},
		{"key on P-384", func(r *authority.ClerkRequest) { r.PublicKey = public(t, p384) }},
	} {
		r := good
		tt.change(&r)
		if _, err := o.Authority.AddClerk(context.Background(), r); !errors.Is(err, authority.ErrRegister) {
			t.Errorf("%s: got %v, want ErrRegister", tt.name, err)
		}
	}
	if _, err := o.Authority.AddClerk(context.Background(), good); err != nil {
		t.Errorf("good one: %v", err)
	}
	if err := o.Authority.RevokeClerk(context.Background(), "999"); !errors.Is(err, authority.ErrRegister) {
		t.Errorf("revoke unknown: got %v, want ErrRegister", err)
	}
	list, err := o.Authority.Clerks(context.Background())
	if err != nil || len(list) != 2 || list[1].Number != "7" {
		t.Errorf("register: got %+v, %v", list, err)
	}
}

func public(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAddAnchor(t *testing.T) {
	o := newCounter(t)
	for _, tt := range []struct {
		name string
		der  []byte
	}{{"garbage", []byte("x")}, {"certificate of no CA", o.ws.Response.Chain[0]}} {
		if err := o.Authority.AddAnchor(context.Background(), tt.der); !errors.Is(err, authority.ErrRegister) {
			t.Errorf("%s: got %v, want ErrRegister", tt.name, err)
		}
	}
	if list, err := o.Authority.Anchors(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("got %d anchors, %v, want 1", len(list), err)
	}
}
