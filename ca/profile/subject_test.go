package profile_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"salter/ca/profile"
)

// describe writes a DN as text: RDNs divided by commas, values of one RDN by +.
func describe(seq pkix.RDNSequence) string {
	names := map[string]string{"2.5.4.6": "C", "2.5.4.4": "SN", "2.5.4.42": "GN", "2.5.4.5": "serial", "2.5.4.3": "CN"}
	var rdns []string
	for _, rdn := range seq {
		var set []string
		for _, a := range rdn {
			set = append(set, fmt.Sprintf("%s=%v", names[a.Type.String()], a.Value))
		}
		rdns = append(rdns, strings.Join(set, "+"))
	}
	return strings.Join(rdns, ",")
}

func TestRDNSequence(t *testing.T) {
	long := strings.Repeat("Ж", 40)
	for _, tt := range []struct {
		name          string
		preset, label string
		subject       profile.Subject
		want          string
	}{
		{"citizen", profile.PresetDefault, "citizen-sign", citizen(),
			"C=RS,SN=ЏОРЏЕВИЋ-ЉУБИЧИЋ,GN=ЈОВАНА,serial=PNORS-0101900715006,CN=ЈОВАНА ЏОРЏЕВИЋ-ЉУБИЧИЋ"},
		{"foreigner", profile.PresetDefault, "foreigner-sign",
			profile.Subject{GivenName: "Zoë Anne", Surname: "van der Berg", PersonalNumber: "1234567890123"},
			"C=RS,SN=van der Berg,GN=Zoë Anne,serial=PNORS-1234567890123,CN=Zoë Anne van der Berg"},
		{"foreigner with one name", profile.PresetDefault, "foreigner-sign",
			profile.Subject{GivenName: "Suharto", PersonalNumber: "1234567890123"},
			"C=RS,GN=Suharto,serial=PNORS-1234567890123,CN=Suharto"},
		{"live, request", profile.PresetMUPLive, "citizen-sign",
			profile.Subject{GivenName: "Јована", Surname: "Џон", PersonalNumber: "0101900715006"},
			"C=RS,SN=Џон,GN=Јована,serial=PNORS-0101900715006,CN=ЈОВАНА ЏОН Sign"},
		{"live, certificate", profile.PresetMUPLive, "citizen-sign",
			profile.Subject{GivenName: "Јована", Surname: "Џон", PersonalNumber: "0101900715006", Number: "123456789"},
			"C=RS,SN=Џон,GN=Јована,serial=CA:RS-123456789+serial=PNORS-0101900715006,CN=ЈОВАНА ЏОН 123456789 Sign"},
		{"long given names", profile.PresetDefault, "citizen-sign",
			profile.Subject{GivenName: "АНА " + long, Surname: "ПРОБНИ " + long, PersonalNumber: "0101900715006"},
			"C=RS,SN=ПРОБНИ " + long + ",GN=АНА " + long + ",serial=PNORS-0101900715006,CN=АНА ПРОБНИ " + long},
		{"one long word", profile.PresetDefault, "citizen-sign",
			profile.Subject{GivenName: "АНА", Surname: long + long, PersonalNumber: "0101900715006"},
			"C=RS,SN=" + long + long + ",GN=АНА,serial=PNORS-0101900715006,CN=АНА " + long + strings.Repeat("Ж", 20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seq, err := load(t, tt.preset, tt.label).RDNSequence(tt.subject)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(seq); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRDNSequenceRefuses(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	for _, tt := range []struct {
		name   string
		change func(*profile.Subject)
	}{
		{"no given name", func(s *profile.Subject) { s.GivenName = "" }},
		{"no name", func(s *profile.Subject) { s.GivenName, s.Surname = "", "" }},
		{"line break", func(s *profile.Subject) { s.Surname = "А\nБ" }},
		{"space at the end", func(s *profile.Subject) { s.Surname = "А " }},
		{"not UTF-8", func(s *profile.Subject) { s.Surname = "\xff" }},
		{"longer than the chip's field", func(s *profile.Subject) { s.Surname = strings.Repeat("Ж", 101) }},
		{"short personal number", func(s *profile.Subject) { s.PersonalNumber = "010190071500" }},
		{"letter in the personal number", func(s *profile.Subject) { s.PersonalNumber = "01019007100O4" }},
		{"number of the authority", func(s *profile.Subject) { s.Number = "123456789" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := citizen()
			tt.change(&s)
			if _, err := p.RDNSequence(s); err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestReadSubjectBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		preset  string
		serial  profile.SerialRule
		subject profile.Subject
	}{
		{"personal number", profile.PresetDefault, profile.SerialPNO,
			profile.Subject{GivenName: "Ана", Surname: "Проба", PersonalNumber: "0101900715006", Email: "a@primer.rs"}},
		{"card number", profile.PresetDefault, profile.SerialIDC,
			profile.Subject{GivenName: "Ана", Surname: "Проба", CardNumber: "012345678"}},
		{"two values", profile.PresetMUPLive, profile.SerialMixed,
			profile.Subject{GivenName: "Ана", Surname: "Проба", PersonalNumber: "0101900715006", Number: "987654321"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSample(t)
			s.profile = load(t, tt.preset, "citizen-sign")
			s.profile.Subject.Serial = tt.serial
			s.issuance.Subject = tt.subject
			got, err := profile.CertificateSubject(s.certificate(t))
			if err != nil || got != tt.subject {
				t.Errorf("got %#v, %v; want the subject of the certificate", got, err)
			}
		})
	}
}

func TestReadSubjectRefusesDoubles(t *testing.T) {
	s := newSample(t)
	addAttr(serial, "PNORS-0101900710004")(s)
	if _, err := profile.CertificateSubject(s.certificate(t)); err == nil {
		t.Error("two personal numbers were read as one")
	}
}

func TestSubjectPrintsNothing(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, citizen()); got != "[subject]" {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

// TestMUPLive issues and checks under the preset of the live certificates:
// one RDN with two values, the number in the common name, both key usages.
func TestMUPLive(t *testing.T) {
	p := load(t, profile.PresetMUPLive, "citizen-sign")
	holder := profile.Subject{GivenName: "ЈОВАНА", Surname: "ПРОБНИ", PersonalNumber: "0101900715006", CardNumber: "012345678"}
	der, err := p.Request(holder, cardKey())
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	issuer := newIssuer(t, issuerKey(), nil)
	expect := profile.Expect{PublicKey: csr.PublicKey, Subject: holder, CardValidUntil: cardEnds, Issuer: issuer, NotBefore: now, Now: now}
	if errs := profile.Errors(p.CheckRequest(csr, expect)); len(errs) > 0 {
		t.Fatalf("request: got %v", errs)
	}
	unnumbered := profile.Issuance{Subject: holder, CardValidUntil: cardEnds, Key: csr.PublicKey, Serial: p.NewSerial(), Issuer: issuer, Now: now}
	if _, err := p.Template(unnumbered); err == nil {
		t.Error("a certificate without the authority's number was built")
	}
	numbered := holder
	numbered.Number = "555666777"
	tmpl, err := p.Template(profile.Issuance{Subject: numbered, CardValidUntil: cardEnds, Key: csr.PublicKey, Serial: p.NewSerial(), Issuer: issuer, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	cert := sign(t, tmpl, issuer, csr.PublicKey, issuerKey())
	if errs := profile.Errors(p.Check(cert, expect)); len(errs) > 0 {
		t.Errorf("certificate: got %v", errs)
	}
	if want := "ЈОВАНА ПРОБНИ 555666777 Sign"; cert.Subject.CommonName != want {
		t.Errorf("got common name %q, want %q", cert.Subject.CommonName, want)
	}
	var seq pkix.RDNSequence
	if _, err := asn1.Unmarshal(cert.RawSubject, &seq); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(seq, func(r pkix.RelativeDistinguishedNameSET) bool { return len(r) == 2 }) {
		t.Error("the two serial numbers are not one RDN")
	}
	// Another number in the common name than in serialNumber is no match.
	numbered.Number = "555666778"
	other, err := p.RDNSequence(numbered)
	if err != nil {
		t.Fatal(err)
	}
	seq[len(seq)-1] = other[len(other)-1]
	if tmpl.RawSubject, err = asn1.Marshal(seq); err != nil {
		t.Fatal(err)
	}
	cert = sign(t, tmpl, issuer, csr.PublicKey, issuerKey())
	if got := profile.IDs(profile.Errors(p.Check(cert, expect))); !slices.Equal(got, []string{"P16"}) {
		t.Errorf("two numbers: got findings %v, want P16", got)
	}
}

func TestEqualDN(t *testing.T) {
	marshal := func(seq pkix.RDNSequence) []byte {
		der, err := asn1.Marshal(seq)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	value := func(v any) pkix.RDNSequence {
		return pkix.RDNSequence{{{Type: countryID, Value: "RS"}}, {{Type: sn, Value: v}}}
	}
	base := marshal(value("Ana"))
	turned := value("Ana")
	slices.Reverse(turned)
	grouped := pkix.RDNSequence{{{Type: countryID, Value: "RS"}, {Type: sn, Value: "Ana"}}}
	for _, tt := range []struct {
		name string
		der  []byte
		want bool
	}{
		{"same", base, true},
		{"other order", marshal(turned), true},
		{"UTF8String", marshal(value(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("Ana")})), true},
		{"T61String", marshal(value(asn1.RawValue{Tag: asn1.TagT61String, Bytes: []byte("Ana")})), true},
		{"other letter case", marshal(value("ANA")), false},
		{"other grouping", marshal(grouped), false},
		{"doubled attribute", marshal(append(value("Ana"), value("Ana")[1])), false},
		{"not a string", marshal(value(7)), false},
		{"garbage", []byte{0x30, 0x05}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := profile.EqualDN(base, tt.der); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzRDNSequence(f *testing.F) {
	file, err := profile.Embedded(profile.PresetDefault, "foreigner-sign")
	if err != nil {
		f.Fatal(err)
	}
	p, err := profile.Parse(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ЈОВАНА", "ЏОРЏЕВИЋ", "0101900715006")
	f.Add("", strings.Repeat("e\u0301 ", 40), "1234567890123")
	f.Add("A", strings.Repeat("\u0301", 90), "1234567890123")
	f.Fuzz(func(t *testing.T, given, surname, number string) {
		s := profile.Subject{GivenName: given, Surname: surname, PersonalNumber: number}
		seq, err := p.RDNSequence(s)
		if err != nil {
			return
		}
		raw, err := asn1.Marshal(seq)
		if err != nil {
			t.Fatalf("built DN does not encode: %v", err)
		}
		if !profile.EqualDN(raw, raw) {
			t.Fatal("built DN cannot be read")
		}
		cn := seq[len(seq)-1][0].Value.(string)
		if n := utf8.RuneCountInString(cn); n == 0 || n > 64 {
			t.Errorf("common name of %d characters", n)
		}
		if !norm.NFC.IsNormalString(cn) {
			t.Error("common name is not NFC")
		}
	})
}
