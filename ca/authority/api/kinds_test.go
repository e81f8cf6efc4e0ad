package api_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/catest"
)

// TestOpenSSLJudges: each kind of certificate is judged by a program that is
// not ours, with its policy, which must be valid along the whole path, and with
// the list of revoked certificates, before and after it is revoked.
func TestOpenSSLJudges(t *testing.T) {
	s := &stranger{office: newOffice(t, catest.Config{}), t: t, dir: t.TempDir()}
	ec := func(c elliptic.Curve) func() (crypto.Signer, error) {
		return func() (crypto.Signer, error) { return ecdsa.GenerateKey(c, rand.Reader) }
	}
	p256, p384 := ec(elliptic.P256()), ec(elliptic.P384())
	rsa2048 := func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	citizen := catest.Holder{DocType: "ID", Surname: "ПЕТРОВИЋ", GivenName: "МАРИЈА", PersonalNumber: "0101900710004"}
	old := citizen
	old.DocType = ""
	longest := citizen // 64 letters with the space between them, 128 bytes
	longest.Surname, longest.GivenName = strings.Repeat("Ж", 40), strings.Repeat("Љ", 23)
	foreigner := catest.Holder{DocType: "IF", Surname: "MÜLLER-ŁÓDŹ", GivenName: "ZOË", PersonalNumber: "1234567890123"}
	for i, tt := range []struct {
		name, label string
		holder      catest.Holder
		email       string
		key         func() (crypto.Signer, error)
	}{
		{"citizen", ca.LabelCitizen, citizen, "", p256},
		{"citizen with e-mail", ca.LabelCitizen, citizen, "marija@primer.rs", p384},
		{"citizen, key of today's cards", ca.LabelCitizen, citizen, "", rsa2048},
		{"citizen, card of before 2014", ca.LabelCitizen, old, "", p256},
		{"citizen, longest names and e-mail", ca.LabelCitizen, longest, strings.Repeat("a", 64) + "@" + strings.Repeat("b", 60) + ".example.rs", rsa2048},
		{"foreigner", ca.LabelForeigner, foreigner, "", p256},
		{"foreigner with e-mail", ca.LabelForeigner, foreigner, "zoe@example.com", rsa2048},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stranger{office: s.office, t: t, dir: s.dir}
			h := tt.holder
			h.CardNumber, h.ValidUntil = "00000000"+string('1'+rune(i)), time.Now().AddDate(8, 0, 0)
			c := s.ws.Open(s.clerk, s.cards, h)
			var err error
			if c.Key, err = tt.key(); err != nil {
				t.Fatal(err)
			}
			c.Label = tt.label
			c.CSR = c.Request(h, tt.email)
			chain := issue(t, c)
			if p := s.put(c, ca.OpActivate, chain[0], 0, nil); p != nil {
				t.Fatalf("activate: %+v", p)
			}
			s.writePEM("leaf.pem", chain[0])
			s.writePEM("issuer.pem", chain[1])
			anchors, err := s.Authority.Chain(tt.label)
			if err != nil {
				t.Fatal(err)
			}
			s.writePEM("root.pem", anchors[1])
			if out, err := s.verify(tt.label); err != nil {
				t.Fatalf("openssl verify: %v\n%s", err, out)
			}
			s.looks(tt.email)
			if p := s.put(c, ca.OpRevoke, chain[0], 1, nil); p != nil {
				t.Fatalf("revoke: %+v", p)
			}
			if out, err := s.verify(tt.label); err == nil || !strings.Contains(out, "certificate revoked") {
				t.Errorf("openssl verify of the revoked one: %v\n%s", err, out)
			}
			t.Logf("%d bytes", len(chain[0].Raw))
		})
	}
}

func (s *stranger) writePEM(name string, cert *x509.Certificate) {
	s.t.Helper()
	s.write(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

// verify publishes the lists and has openssl judge leaf.pem.
func (s *stranger) verify(label string) (string, error) {
	s.t.Helper()
	if err := s.Authority.PublishCRLs(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.Get(s.Public + "/crl/" + label + ".crl")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	list, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("list.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
	return s.try("openssl", "verify", "-x509_strict", "-policy_check", "-explicit_policy", "-policy", "0.4.0.194112.1.2",
		"-crl_check", "-CRLfile", "list.pem", "-CAfile", "root.pem", "-untrusted", "issuer.pem", "leaf.pem")
}

// looks at leaf.pem as openssl prints it.
func (s *stranger) looks(email string) {
	s.t.Helper()
	text := s.run("openssl", "x509", "-in", "leaf.pem", "-noout", "-text")
	for _, must := range []string{"X509v3 Key Usage: critical\n                Non Repudiation\n", "0.4.0.194112.1.2", "qcStatements", "email:" + email} {
		if must != "email:" && !strings.Contains(text, must) {
			s.t.Errorf("the certificate has no %q:\n%s", must, text)
		}
	}
	if email == "" && strings.Contains(text, "Subject Alternative Name") {
		s.t.Error("an alternative name that nobody asked for")
	}
}
