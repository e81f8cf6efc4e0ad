package profile_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"salter/ca/profile"
)

func TestEmbedded(t *testing.T) {
	for _, preset := range []string{profile.PresetDefault, profile.PresetMUPLive} {
		for _, label := range []string{"citizen-sign", "foreigner-sign"} {
			t.Run(preset+" "+label, func(t *testing.T) {
				file, err := profile.Embedded(preset, label)
				if err != nil {
					t.Fatal(err)
				}
				p, err := profile.Parse(file)
				if err != nil {
					t.Fatal(err)
				}
				if p.Name != label {
					t.Errorf("name is %q, want %q", p.Name, label)
				}
				sum := sha256.Sum256(file)
				if p.SHA256() != hex.EncodeToString(sum[:]) {
					t.Error("hash is not that of the file")
				}
			})
		}
	}
	if _, err := profile.Embedded("none", "citizen-sign"); err == nil {
		t.Error("an unknown preset was found")
	}
}

func TestPlaceholders(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	want := []string{"qc.pds", "policies", "crl", "ocsp", "caIssuers"}
	if got := p.Placeholders(); !slices.Equal(got, want) {
		t.Errorf("default: got %v, want %v", got, want)
	}
	if got := load(t, profile.PresetMUPLive, "citizen-sign").Placeholders(); len(got) > 0 {
		t.Errorf("live: got %v, want none", got)
	}
	p = load(t, profile.PresetMUPLive, "citizen-sign")
	p.OCSP = []string{"http://127.0.0.1:8080/ocsp"}
	p.CRL = []string{"http://LOCALHOST/crl"}
	if got := p.Placeholders(); !slices.Equal(got, []string{"crl", "ocsp"}) {
		t.Errorf("loopback: got %v, want crl and ocsp", got)
	}
	p = load(t, profile.PresetMUPLive, "citizen-sign")
	p.Validity.DemoSeconds = 60
	if got := p.Placeholders(); !slices.Equal(got, []string{"validity.demoSeconds"}) {
		t.Errorf("demonstration: got %v, want its validity", got)
	}
}

func TestParseRefuses(t *testing.T) {
	file, err := profile.Embedded(profile.PresetDefault, "citizen-sign")
	if err != nil {
		t.Fatal(err)
	}
	good := string(file)
	for _, tt := range []struct{ name, from, to string }{
		{"unknown switch", `"version": 1,`, `"version": 1, "color": 3,`},
		{"other letter case", `"keyUsage"`, `"KeyUsage"`},
		{"doubled switch", `"version": 1,`, `"version": 1, "version": 2,`},
		{"missing switch", `"serialOctets": 16,`, ``},
		{"missing inner switch", `"maxYears": 5, `, ``},
		{"null", `"extKeyUsage": []`, `"extKeyUsage": null`},
		{"list for an object", `"san": {"email": "if-asked"}`, `"san": []`},
		{"object for a list", `"extKeyUsage": []`, `"extKeyUsage": {}`},
		{"text for a number", `"version": 1`, `"version": "1"`},
		{"data after the end", "\n}\n", "\n}\n{}"},
		{"version 0", `"version": 1`, `"version": 0`},
		{"no name", `"name": "citizen-sign"`, `"name": ""`},
		{"serial rule", `"PNORS"`, `"PASRS"`},
		{"number kind", `"jmbg"`, `"oib"`},
		{"CN placeholder", `{given} {surname}`, `{given} {name}`},
		{"CN without a name", `{given} {surname}`, `Citizen`},
		{"CN with much fixed text", `{given} {surname}`, `{given} {surname} ` + strings.Repeat("x", 40)},
		{"CN number without rule", `{given} {surname}`, `{given} {number}`},
		{"key usage", `"nr"`, `"all"`},
		{"EKU", `"extKeyUsage": []`, `"extKeyUsage": ["email"]`},
		{"legislation", `["RS"]`, `["rs"]`},
		{"PDS language", `"language": "sr"`, `"language": "SR"`},
		{"PDS without English", `"language": "en"`, `"language": "sr"`},
		{"PDS over http", `https://pki.salter.example/pds/en.pdf`, `http://pki.salter.example/pds/en.pdf`},
		{"retention", `"retentionYears": 10`, `"retentionYears": -1`},
		{"policy", `"1.3.6.1.4.1.32473.1.1"`, `"1.3.6.01"`},
		{"doubled policy", `"1.3.6.1.4.1.32473.1.1"`, `"0.4.0.194112.1.2"`},
		{"no qscd policy", `"0.4.0.194112.1.2"`, `"0.4.0.194112.1.0"`},
		{"CPS", `http://pki.salter.example/cps.pdf`, `ldap://pki.salter.example`},
		{"years", `"maxYears": 5`, `"maxYears": 50`},
		{"no time at all", `"minRemainingDays": 30`, `"minRemainingDays": 30, "demoSeconds": -1`},
		{"demonstration of two days", `"minRemainingDays": 30`, `"minRemainingDays": 30, "demoSeconds": 172800`},
		{"remaining", `"minRemainingDays": 30`, `"minRemainingDays": -1`},
		{"short keys", `rsa2048..4096`, `rsa1024..4096`},
		{"unknown keys", `"p256"`, `"ed25519"`},
		{"no keys", `["rsa2048..4096", "p256", "p384"]`, `[]`},
		{"end of RSA-2048", `"until": ""`, `"until": "31.12.2030"`},
		{"RSA-2048 years", `"maxYears": 0`, `"maxYears": 9`},
		{"issuer key range", `"rsa4096"`, `"rsa2048..4096"`},
		{"signature", `"sha256-rsa"`, `"sha1-rsa"`},
		{"signature of another key", `"sha256-rsa"`, `"sha384-ecdsa"`},
		{"e-mail rule", `"if-asked"`, `"always"`},
		{"short serial", `"serialOctets": 16`, `"serialOctets": 8`},
		{"long serial", `"serialOctets": 16`, `"serialOctets": 21`},
		{"CRL over https", `http://pki.salter.example/crl`, `https://pki.salter.example/crl`},
		{"no caIssuers", `["http://pki.salter.example/ca/citizen-sign.cer"]`, `[]`},
		{"address with a space", `/ocsp/citizen-sign`, `/ocsp/citizen sign`},
		{"activation", `"hold"`, `"later"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.from) {
				t.Fatalf("the file has no %q", tt.from)
			}
			if _, err := profile.Parse([]byte(strings.Replace(good, tt.from, tt.to, 1))); err == nil {
				t.Error("got no error")
			}
		})
	}
	neither := strings.Replace(strings.Replace(good, `["http://pki.salter.example/crl/citizen-sign.crl"]`, `[]`, 1),
		`["http://pki.salter.example/ocsp/citizen-sign"]`, `[]`, 1)
	for name, file := range map[string]string{
		"neither CRL nor OCSP": neither, "empty": "", "truncated": good[:200], "too large": good + strings.Repeat(" ", profile.MaxFile),
	} {
		if _, err := profile.Parse([]byte(file)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestCheckIssuer(t *testing.T) {
	p := load(t, profile.PresetDefault, "citizen-sign")
	p.IssuerKey = "rsa2048" // an RSA-4096 key would take seconds to make
	for _, tt := range []struct {
		name   string
		change func(*x509.Certificate)
		want   int
	}{
		{"good", nil, 0},
		{"no organizationIdentifier", func(c *x509.Certificate) { c.Subject.ExtraNames = nil }, 1},
		{"identifier is the name", func(c *x509.Certificate) { c.Subject.Organization = []string{"VATRS-100000001"} }, 1},
		{"identifier without scheme", func(c *x509.Certificate) { c.Subject.ExtraNames[0].Value = "100000001" }, 1},
		{"two countries", func(c *x509.Certificate) { c.Subject.Country = []string{"RS", "DE"} }, 1},
		{"no CA", func(c *x509.Certificate) { c.IsCA, c.SubjectKeyId = false, []byte{1} }, 1},
		{"may not sign certificates", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := p.CheckIssuer(newIssuer(t, issuerKey(), tt.change))
			if len(got) != tt.want {
				t.Errorf("got %v, want %d findings", got, tt.want)
			}
		})
	}
	p.IssuerKey = "rsa4096"
	if got := profile.IDs(p.CheckIssuer(newIssuer(t, issuerKey(), nil))); !slices.Equal(got, []string{"P19"}) {
		t.Errorf("RSA-2048 under rsa4096: got %v, want P19", got)
	}
}
