package lint_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca/authority/lint"
	"salter/ca/profile"
)

// maker issues certificates by the embedded profiles.
type maker struct {
	key    *rsa.PrivateKey
	issuer *x509.Certificate
}

func newMaker(t testing.TB) maker {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(77),
		Subject: pkix.Name{Country: []string{"RS"}, Organization: []string{"Проба"}, CommonName: "Проба Грађани",
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATRS-100000001"}}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return maker{key, issuer}
}

func load(t testing.TB, preset, label string) *profile.Profile {
	t.Helper()
	file, err := profile.Embedded(preset, label)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (m maker) make(t testing.TB, p *profile.Profile, s profile.Subject, change func(*x509.Certificate)) []byte {
	t.Helper()
	tmpl, err := p.Template(profile.Issuance{
		Subject: s, CardValidUntil: profile.Date{Year: time.Now().Year() + 3, Month: 5, Day: 4},
		Key: m.key.Public(), Serial: p.NewSerial(), Issuer: m.issuer, Now: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, m.issuer, m.key.Public(), m.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func holder() profile.Subject {
	return profile.Subject{GivenName: "ЈОВАНА", Surname: "ПРОБНИ", PersonalNumber: "0101900715006", Email: "jovana@primer.rs"}
}

func newLinter(t testing.TB) *lint.Linter {
	t.Helper()
	l, err := lint.New()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLintAccepts: no certificate made by a profile of ours is refused.
func TestLintAccepts(t *testing.T) {
	m, l := newMaker(t), newLinter(t)
	if l.Rules() < 150 {
		t.Fatalf("only %d rules are selected", l.Rules())
	}
	long := holder()
	long.GivenName, long.Surname = strings.Repeat("Ж", 70), strings.Repeat("Ђ", 80)
	numbered := holder()
	numbered.Number = "123456789"
	for _, tt := range []struct {
		name          string
		preset, label string
		subject       profile.Subject
		warnings      int
	}{
		{"citizen", profile.PresetDefault, "citizen-sign", holder(), 0},
		{"foreigner", profile.PresetDefault, "foreigner-sign", profile.Subject{GivenName: "Zoë", Surname: "van der Berg", PersonalNumber: "1234567890123"}, 0},
		{"long names", profile.PresetDefault, "citizen-sign", long, 2},
		{"live", profile.PresetMUPLive, "citizen-sign", numbered, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, tt.preset, tt.label)
			got, err := l.Lint(m.make(t, p, tt.subject, nil), p)
			if err != nil {
				t.Fatal(err)
			}
			if errs := profile.Errors(got); len(errs) > 0 {
				t.Errorf("got errors %v, want none", errs)
			}
			if len(got) != tt.warnings {
				t.Errorf("got %v, want %d warnings", got, tt.warnings)
			}
		})
	}
}

// TestLintPlantedErrors has the rows of the profile's planted errors that
// zlint sees too.
func TestLintPlantedErrors(t *testing.T) {
	m, l := newMaker(t), newLinter(t)
	statements := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	p := load(t, profile.PresetDefault, "citizen-sign")
	for _, tt := range []struct {
		name   string
		file   func(*profile.Profile)
		change func(*x509.Certificate)
	}{
		{"P01 PDS over http", func(p *profile.Profile) { p.QC.PDS[0].URL = "http://pki.salter.example/en.pdf" }, nil},
		{"P02 PDS language EN", func(p *profile.Profile) { p.QC.PDS[0].Language = "EN" }, nil},
		{"P04 DS+NR under profile nr", nil, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature }},
		{"P05 NR+keyEncipherment", nil, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment }},
		{"P05 no key usage", nil, func(c *x509.Certificate) { c.KeyUsage = 0 }},
		{"P06 qcStatements critical", nil, func(c *x509.Certificate) {
			for i := range c.ExtraExtensions {
				c.ExtraExtensions[i].Critical = c.ExtraExtensions[i].Id.Equal(statements)
			}
		}},
		{"P17 nameConstraints", nil, func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"primer.rs"} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := load(t, profile.PresetDefault, "citizen-sign")
			if tt.file != nil {
				tt.file(q)
			}
			got, err := l.Lint(m.make(t, q, holder(), tt.change), p)
			if err != nil {
				t.Fatal(err)
			}
			if len(profile.Errors(got)) == 0 {
				t.Error("got no error")
			}
			if !slices.IsSortedFunc(got, func(a, b profile.Finding) int { return strings.Compare(a.ID, b.ID) }) {
				t.Error("findings are not sorted")
			}
			for _, f := range got {
				if !strings.HasPrefix(f.ID, "lint:") || strings.Contains(f.Detail, "ЈОВАНА") {
					t.Errorf("finding %+v", f)
				}
			}
		})
	}
	if _, err := l.Lint([]byte{0x30, 0x00}, p); err == nil {
		t.Error("garbage was linted")
	}
}

func BenchmarkLint(b *testing.B) {
	m, l := newMaker(b), newLinter(b)
	p := load(b, profile.PresetDefault, "citizen-sign")
	der := m.make(b, p, holder(), nil)
	for b.Loop() {
		if _, err := l.Lint(der, p); err != nil {
			b.Fatal(err)
		}
	}
}
