package profile_test

import (
	"crypto"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"salter/ca/profile"
)

// TestPreviewIsKept issues for what was previewed and compares.
func TestPreviewIsKept(t *testing.T) {
	belgrade, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*sample)
		end    time.Time
		capped bool
		ids    []string
	}{
		{"capped at the card, winter time", func(*sample) {}, time.Date(2030, 3, 14, 23, 59, 59, 0, belgrade), true, nil},
		{"capped at the card, summer time", func(s *sample) {
			s.issuance.CardValidUntil = profile.Date{Year: 2028, Month: time.July, Day: 1}
		}, time.Date(2028, 7, 1, 23, 59, 59, 0, belgrade), true, nil},
		{"five years", func(s *sample) { s.issuance.CardValidUntil = profile.Date{Year: 2035, Month: 1, Day: 1} },
			now.AddDate(5, 0, 0).Add(-time.Second), false, nil},
		{"no cap", func(s *sample) { s.profile.Validity.CapAtCard = false }, now.AddDate(5, 0, 0).Add(-time.Second), false, nil},
		{"issuer ends", func(s *sample) {
			s.issuance.Issuer = newIssuer(t, issuerKey(), func(c *x509.Certificate) { c.NotAfter = now.AddDate(1, 0, 0) })
		}, now.AddDate(1, 0, -1), false, nil},
		{"short RSA", func(s *sample) { s.profile.RSA2048.MaxYears = 1 }, now.AddDate(1, 0, 0).Add(-time.Second), false, nil},
		{"a demonstration's", func(s *sample) { s.profile.Validity.DemoSeconds = 90 }, now.Add(90 * time.Second), false, []string{"P14"}},
		{"leap day", func(s *sample) {
			s.issuance.Now = time.Date(2028, 2, 29, 8, 0, 0, 0, time.UTC)
			s.issuance.CardValidUntil = profile.Date{Year: 2037, Month: 1, Day: 1}
		}, time.Date(2033, 3, 1, 7, 59, 59, 0, time.UTC), false, nil},
		{"last month of the card", func(s *sample) {
			s.issuance.CardValidUntil = profile.Date{Year: 2026, Month: 12, Day: 1}
		}, time.Date(2026, 12, 1, 23, 59, 59, 0, belgrade), true, []string{"P14"}},
		{"last second of the card's last day", func(s *sample) {
			s.issuance.CardValidUntil = profile.Date{Year: 2026, Month: 11, Day: 22}
			s.issuance.Now = time.Date(2026, 11, 22, 23, 59, 58, 0, belgrade)
		}, time.Date(2026, 11, 22, 23, 59, 59, 0, belgrade), true, []string{"P14"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			tt.change(s)
			i := s.issuance
			got, err := s.profile.Preview(i.Subject, i.CardValidUntil, nil, i.Issuer, i.Now)
			if err != nil {
				t.Fatal(err)
			}
			cert := s.certificate(t)
			if !got.NotAfter.Equal(tt.end) || !cert.NotAfter.Equal(tt.end) {
				t.Errorf("preview ends %v, certificate %v, want %v", got.NotAfter, cert.NotAfter, tt.end)
			}
			if got.CardCapped != tt.capped {
				t.Errorf("CardCapped is %v, want %v", got.CardCapped, tt.capped)
			}
			if got.CommonName != cert.Subject.CommonName || got.SerialNumber != cert.Subject.SerialNumber ||
				got.Email != cert.EmailAddresses[0] || got.Issuer != cert.Issuer.CommonName || !got.NotBefore.Equal(cert.NotBefore) {
				t.Error("the certificate is not what the preview said")
			}
			if ids := profile.IDs(got.Findings); !slices.Equal(ids, tt.ids) {
				t.Errorf("got findings %v, want %v", ids, tt.ids)
			}
		})
	}
}

func TestPreviewFindings(t *testing.T) {
	for _, tt := range []struct {
		name   string
		label  string
		change func(*sample)
		key    crypto.PublicKey
		errs   []string
		all    []string
	}{
		{"check digit", "citizen-sign", func(s *sample) { s.issuance.Subject.PersonalNumber = "0101900710005" }, nil, []string{"P09"}, []string{"P09"}},
		{"EBS", "foreigner-sign", func(s *sample) { s.issuance.Subject.PersonalNumber = "0101900710005" }, nil, nil, []string{"P09"}},
		{"accepted zero", "citizen-sign", func(s *sample) { s.issuance.Subject.PersonalNumber = "0101900809990" }, nil, nil, nil},
		{"e-mail", "citizen-sign", func(s *sample) { s.issuance.Subject.Email = "x" }, nil, []string{"P16"}, []string{"P16"}},
		{"card ended", "citizen-sign", func(s *sample) { s.issuance.CardValidUntil = profile.Date{Year: 2026, Month: 11, Day: 21} }, nil, []string{"P14"}, []string{"P14"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			s.profile = load(t, profile.PresetDefault, tt.label)
			tt.change(s)
			i := s.issuance
			got, err := s.profile.Preview(i.Subject, i.CardValidUntil, tt.key, i.Issuer, i.Now)
			if err != nil {
				t.Fatal(err)
			}
			if ids := profile.IDs(profile.Errors(got.Findings)); !slices.Equal(ids, tt.errs) {
				t.Errorf("got errors %v, want %v", ids, tt.errs)
			}
			if ids := profile.IDs(got.Findings); !slices.Equal(ids, tt.all) {
				t.Errorf("got findings %v, want %v", ids, tt.all)
			}
		})
	}
	s := newSample(t)
	if _, err := s.profile.Preview(profile.Subject{}, cardEnds, nil, s.issuance.Issuer, now); err == nil {
		t.Error("an empty subject was previewed")
	}
	if _, err := s.profile.Preview(citizen(), profile.Date{}, nil, s.issuance.Issuer, now); err == nil {
		t.Error("a card without date was previewed")
	}
}

func TestTemplateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*profile.Issuance)
	}{
		{"no serial", func(i *profile.Issuance) { i.Serial = nil }},
		{"no key", func(i *profile.Issuance) { i.Key = nil }},
		{"no key of the issuer's kind", func(i *profile.Issuance) { i.Key = "key" }},
		{"no issuer", func(i *profile.Issuance) { i.Issuer = nil }},
		{"no subject", func(i *profile.Issuance) { i.Subject = profile.Subject{} }},
		{"31 February", func(i *profile.Issuance) { i.CardValidUntil = profile.Date{Year: 2030, Month: 2, Day: 31} }},
		{"card ended", func(i *profile.Issuance) { i.CardValidUntil = profile.Date{Year: 2026, Month: 11, Day: 21} }},
		{"e-mail", func(i *profile.Issuance) { i.Subject.Email = "a\n@b.rs" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			tt.change(&s.issuance)
			if _, err := s.profile.Template(s.issuance); err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestNewSerial(t *testing.T) {
	for _, preset := range []string{profile.PresetDefault, profile.PresetMUPLive} {
		p := load(t, preset, "citizen-sign")
		seen := map[string]bool{}
		for range 200 {
			b := p.NewSerial().Bytes()
			if len(b) != p.SerialOctets || b[0]&0xC0 != 0x40 {
				t.Fatalf("%s: serial %x, want %d octets beginning 01", preset, b, p.SerialOctets)
			}
			seen[string(b)] = true
		}
		if len(seen) != 200 {
			t.Errorf("%s: %d different serials of 200", preset, len(seen))
		}
	}
}

// A certificate with long names is larger than 1,536 bytes, at which some
// cards' software cuts.
func TestLargeCertificate(t *testing.T) {
	s := newSample(t)
	s.issuance.Subject.GivenName = "АЛЕКСАНДРА " + string([]rune("ЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂЂ"))
	s.expect.Subject.GivenName = s.issuance.Subject.GivenName
	cert := s.certificate(t)
	if len(cert.Raw) <= 1536 {
		t.Errorf("got %d bytes, want more than 1536", len(cert.Raw))
	}
	if errs := profile.Errors(s.profile.Check(cert, s.expect)); len(errs) > 0 {
		t.Errorf("got %v, want no error", errs)
	}
}
