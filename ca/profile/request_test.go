package profile_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"salter/ca/profile"
)

func parseRequest(t testing.TB, der []byte) *x509.CertificateRequest {
	t.Helper()
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func TestRequest(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	for _, tt := range []struct {
		name string
		key  crypto.Signer
	}{
		{"RSA-2048", cardKey()}, {"P-256", ellipticP()}, {"P-384", ellipticP3()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			der, err := p.Request(citizen(), tt.key)
			if err != nil {
				t.Fatal(err)
			}
			csr := parseRequest(t, der)
			expect := profile.Expect{PublicKey: tt.key.Public(), Subject: citizen(), CardValidUntil: cardEnds, Now: now}
			if errs := profile.Errors(p.CheckRequest(csr, expect)); len(errs) > 0 {
				t.Errorf("got findings %v, want none", errs)
			}
			got, err := profile.RequestSubject(csr)
			want := citizen()
			want.CardNumber = "" // not in this profile's DN
			if err != nil || got != want {
				t.Errorf("read back %#v, %v; want the subject", got, err)
			}
		})
	}
}

// brokenCard is a card whose signatures are wrong or fail.
type brokenCard struct {
	crypto.Signer
	err error
}

func (c brokenCard) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	sig, err := c.Signer.Sign(r, digest, opts)
	return bytes.Clone(append(sig[1:], sig[0])), err
}

func TestRequestOfABrokenCard(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	if _, err := p.Request(citizen(), brokenCard{Signer: cardKey()}); err == nil {
		t.Error("a wrong signature was accepted")
	}
	removed := errors.New("card removed")
	if _, err := p.Request(citizen(), brokenCard{cardKey(), removed}); !errors.Is(err, removed) {
		t.Errorf("got %v, want the card's error", err)
	}
}

func TestRequestRefusesEmail(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	for _, v := range []string{
		"a@b", "a.b.rs", "@primer.rs", "a@", "a b@primer.rs", "a@primer.rs\r\nBcc: x@y.rs", "а@primer.rs",
		"a@при.срб", "a..b@primer.rs", ".a@primer.rs", "a@-primer.rs", "a@primer..rs", "a@b@primer.rs", "\"a\"@primer.rs",
		strings.Repeat("a", 65) + "@primer.rs", "a@" + strings.Repeat("a", 64) + ".rs",
		"a@" + strings.Repeat("abcdefgh.", 28) + "rs.rs",
	} {
		s := citizen()
		s.Email = v
		if _, err := p.Request(s, ellipticP()); err == nil {
			t.Errorf("address %q was accepted", v)
		}
	}
	p.SAN.Email = profile.EmailNever
	if _, err := p.Request(citizen(), ellipticP()); err == nil {
		t.Error("an address was accepted though the profile has none")
	}
}

func TestCheckRequestFindings(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	good, err := p.Request(citizen(), cardKey())
	if err != nil {
		t.Fatal(err)
	}
	make := func(change func(*x509.CertificateRequest)) []byte {
		csr := parseRequest(t, good)
		tmpl := &x509.CertificateRequest{RawSubject: csr.RawSubject, EmailAddresses: csr.EmailAddresses}
		change(tmpl)
		der, err := x509.CreateCertificateRequest(rand.Reader, tmpl, cardKey())
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	live := load(t, profile.PresetMUPLive, "citizen-sign")
	numbered := citizen()
	numbered.Number = "123456789"
	seq, err := live.RDNSequence(numbered)
	if err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name   string
		der    []byte
		expect func(*profile.Expect)
		want   []string
	}{
		{"signature wrong", forged, nil, []string{"R01"}},
		{"SHA-1", make(func(c *x509.CertificateRequest) { c.SignatureAlgorithm = x509.SHA1WithRSA }), nil, []string{"R01"}},
		{"extension asked for", make(func(c *x509.CertificateRequest) {
			c.ExtraExtensions = []pkix.Extension{extension(oidEKU, false, 1)}
		}), nil, []string{"R02"}},
		{"DNS name asked for", make(func(c *x509.CertificateRequest) { c.DNSNames = []string{"primer.rs"} }), nil, []string{"R02"}},
		{"number of the authority", make(func(c *x509.CertificateRequest) {
			c.RawSubject, c.Subject = nil, pkix.Name{}
			c.Subject.ExtraNames = flatten(seq)
		}), nil, []string{"R03", "P16"}},
		{"other holder", good, func(e *profile.Expect) { e.Subject.Surname = "ПРОБНИ" }, []string{"P16"}},
		{"other e-mail", good, func(e *profile.Expect) { e.Subject.Email = "" }, []string{"P16"}},
		{"other key", good, func(e *profile.Expect) { e.PublicKey = otherKey().Public() }, []string{"P16"}},
		{"card without date", good, func(e *profile.Expect) { e.CardValidUntil = profile.Date{} }, []string{"P14"}},
		{"card ended", good, func(e *profile.Expect) { e.CardValidUntil = profile.Date{Year: 2026, Month: 11, Day: 21} }, []string{"P14"}},
		{"card unreadable", good, func(e *profile.Expect) { e.Subject.PersonalNumber = "" }, []string{"P16"}},
		{"key used", good, func(e *profile.Expect) { e.KeyUsed = true }, []string{"P15"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := profile.Expect{PublicKey: cardKey().Public(), Subject: citizen(), CardValidUntil: cardEnds, Now: now}
			if tt.expect != nil {
				tt.expect(&e)
			}
			got := profile.IDs(profile.Errors(p.CheckRequest(parseRequest(t, tt.der), e)))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got findings %v, want %v", got, tt.want)
			}
		})
	}
}

func flatten(seq pkix.RDNSequence) []pkix.AttributeTypeAndValue {
	var out []pkix.AttributeTypeAndValue
	for _, rdn := range seq {
		out = append(out, rdn...)
	}
	return out
}
