package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/ca/catest/estserver"
	"salter/ca/profile"
	"salter/card/virtual"
)

// TestAnotherAuthorityIssues has a stranger issue that speaks EST alone, loses
// the answer and makes a second certificate on the resend. The records go where
// they always go.
func TestAnotherAuthorityIssues(t *testing.T) {
	v := newVisit(t, seams{})
	stranger := v.moveTo("Страни грађани")
	stranger.Set(estserver.Faults{Cut: 1, CRLF: true})
	v.toPIN()
	if issuer := v.last.Case.Preview.Issuer; issuer != "Страни грађани" {
		t.Errorf("the clerk was shown the issuer %q", issuer)
	}
	v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
	c := v.finish()

	leaf, err := x509.ParseCertificate(c.Result.DER)
	if err != nil || leaf.Issuer.CommonName != "Страни грађани" {
		t.Fatalf("issued by %v, %v; want the stranger", leaf.Issuer, err)
	}
	for _, made := range stranger.Made() {
		if len(made) != 2 || !made[1].Equal(leaf) {
			t.Errorf("%d certificates were made, want two, the second on the chip", len(made))
		}
	}
	if n := v.server.Issued(); n != 0 {
		t.Errorf("the record server issued %d certificates", n)
	}
	var resent, atIssue bool
	v.do("read journal", v.c.journal.Replay(v.ctx, func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		switch b := e.Body.(type) {
		case *procedure.CertificateReceived:
			resent = b.Resent
		case *procedure.Activated:
			atIssue = b.AtIssue
		}
		return err
	}))
	if !resent || !atIssue {
		t.Errorf("journal says: perhaps a second one %v, in force from issuance %v; want both", resent, atIssue)
	}
	chip, err := v.c.readers.ReadChip(v.ctx, v.reader.Name())
	if err != nil || len(chip.Certificates) != 1 || string(chip.Certificates[0].DER) != string(c.Result.DER) {
		t.Errorf("chip holds %d certificates (%v), want the one of the case", len(chip.Certificates), err)
	}
}

// moveTo starts the counter again with another authority that issues.
func (v *visit) moveTo(name string) *estserver.Server {
	v.t.Helper()
	v.stop()
	root, rootKey := v.authorityOf("Страни Root", nil, nil)
	issuer, key := v.authorityOf(name, root, rootKey)
	file, err := os.ReadFile(filepath.Join(v.server.Dir, "profiles", "citizen-sign.json"))
	v.do("read profile", err)
	p, err := profile.Parse(file)
	v.do("read profile", err)
	id, err := virtual.Citizen.Personalisation(v.clock.now())
	v.do("read preset", err)
	clients := x509.NewCertPool()
	for _, c := range v.c.trust.Infrastructure {
		clients.AddCert(c)
	}
	s := estserver.Start(v.t, estserver.Config{
		Label: "mup/sign", Root: root, Issuer: issuer, Key: key, Clients: clients,
		Template: func(csr *x509.CertificateRequest) (*x509.Certificate, error) {
			subject, err := profile.RequestSubject(csr)
			if err != nil {
				return nil, err
			}
			return p.Template(profile.Issuance{Subject: subject, Key: csr.PublicKey, Serial: p.NewSerial(), Issuer: issuer, Now: v.clock.now(),
				CardValidUntil: profile.Date(id.Holder.Document.ValidUntil)})
		},
	})
	dir := v.t.TempDir()
	a := &v.set.Authority
	a.EST, a.Anchors, a.ServerAnchors = s.URL, filepath.Join(dir, "ca.pem"), filepath.Join(dir, "tls.pem")
	a.CitizenLabel, a.CitizenIssuer, a.ForeignerIssuer = "mup/sign", name, name
	v.write(a.Anchors, append(inPEM(root), inPEM(issuer)...))
	v.write(a.ServerAnchors, inPEM(s.TLSRoot))
	v.open()
	return s
}

// authorityOf makes a CA; without a parent it is a root.
func (v *visit) authorityOf(name string, parent *x509.Certificate, by crypto.Signer) (*x509.Certificate, crypto.Signer) {
	v.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	v.do("make key", err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: v.clock.now().Add(-time.Hour), NotAfter: v.clock.now().AddDate(15, 0, 0),
		Subject: pkix.Name{Country: []string{"RS"}, Organization: []string{"Проба"}, CommonName: name,
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATRS-100000001"}}},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	v.do("make CA", err)
	c, err := x509.ParseCertificate(der)
	v.do("make CA", err)
	return c, key
}

func inPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
