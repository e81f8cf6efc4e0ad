//go:build linux

package virtual_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"salter/card/virtual"
)

// TestRenewalPreset checks what a renewal needs: a valid card whose signing
// certificate has ended, and which was valid when its certificates were issued.
func TestRenewalPreset(t *testing.T) {
	p, err := virtual.Renewal.Personalisation(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	card, _ := newCard(t, virtual.Renewal)
	issued := p.Holder.Document.IssuedOn
	day := time.Date(issued.Year, issued.Month, issued.Day, 0, 0, 0, 0, time.UTC)
	for fid, ended := range map[uint16]bool{0x7102: false, 0x7103: true} {
		cert := parsed(t, readCertificate(t, card, fid))
		if got := cert.NotAfter.Before(time.Now()); got != ended {
			t.Errorf("%04X ends %v: ended %v, want %v", fid, cert.NotAfter, got, ended)
		}
		if cert.NotBefore.Before(day) {
			t.Errorf("%04X was issued %v, the card %v", fid, cert.NotBefore, day)
		}
	}
}

// parsed is a certificate that must be one.
func parsed(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestGivenCertificate puts the certificate of another CA on cards, as a
// request asks for it and with its own key, and has the module read, use and
// destroy it.
func TestGivenCertificate(t *testing.T) {
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		preset virtual.Preset
		key    *rsa.PrivateKey
		auth   bool // there is an authentication certificate
	}{
		{"for the card's key", virtual.Renewal, nil, true},
		{"with its key", virtual.Renewal, own, true},
		{"beside authentication", virtual.Auth, own, true},
		{"on an empty card", virtual.Citizen, own, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card, dir := newCard(t, tt.preset)
			auth := readCertificate(t, card, 0x7102)
			if (auth != nil) != tt.auth {
				t.Fatalf("authentication certificate: got %v, want %v", auth != nil, tt.auth)
			}
			public := &own.PublicKey
			if tt.key == nil {
				public = requested(t, card)
			}
			der := certify(t, public, nonRepudiation)
			for range 2 {
				if err := card.PutCertificate(parsed(t, der), tt.key); err != nil {
					t.Fatal(err)
				}
			}
			o := newOpenSC(t, dir)
			o.assertShown(der)
			o.reader.Insert(card)
			sum := sha1.Sum(parsed(t, der).RawSubjectPublicKeyInfo)
			id := hex.EncodeToString(sum[:])
			if got := o.read(id); !bytes.Equal(got, der) {
				t.Error("the module reads another certificate")
			}
			listed := o.pkcs11(true, "--list-objects", "--type", "cert")
			if got, want := strings.Count(listed, "Certificate Object"), map[bool]int{true: 2, false: 1}[tt.auth]; got != want {
				t.Errorf("certificates listed by the module: got %d, want %d\n%s", got, want, listed)
			}
			next := certify(t, o.generate("e1"), nonRepudiation)
			o.write("e1", next)
			o.remove(id)
			o.assertShown(next)
			if got := readCertificate(t, reopen(t, dir), 0x7102); !bytes.Equal(got, auth) {
				t.Error("the authentication certificate has changed")
			}
			o.reader.Eject()
			err := card.PutCertificate(parsed(t, der), tt.key)
			if err == nil || !strings.Contains(err.Error(), "written to since") {
				t.Errorf("put on a card in use: got %v, want a refusal", err)
			}
			o.assertShown(next)
		})
	}
}

// requested is the public key of the card's request.
func requested(t *testing.T, card *virtual.Card) *rsa.PublicKey {
	t.Helper()
	der, err := card.CertificateRequest()
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = request.CheckSignature()
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(request.RawSubject, parsed(t, readCertificate(t, card, 0x7103)).RawSubject) {
		t.Error("the request has another subject than the certificate on the card")
	}
	return request.PublicKey.(*rsa.PublicKey)
}

// TestGivenCertificateRefused checks what is not put on a card.
func TestGivenCertificateRefused(t *testing.T) {
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		preset virtual.Preset
		public *rsa.PublicKey
		usage  x509.KeyUsage
		key    *rsa.PrivateKey
		want   string
	}{
		{"for authentication", virtual.Renewal, &own.PublicKey, x509.KeyUsageDigitalSignature, own, "not a signing certificate"},
		{"without its key", virtual.Renewal, &own.PublicKey, nonRepudiation, nil, "not the certificate of the key"},
		{"with another key", virtual.Renewal, &own.PublicKey, nonRepudiation, small, "not the certificate of the key"},
		{"no key on the card", virtual.Citizen, &own.PublicKey, nonRepudiation, nil, "not the certificate of the key"},
		{"small key", virtual.Citizen, &small.PublicKey, nonRepudiation, small, "not a key of this chip"},
		{"no PKI part", virtual.Apollo, &own.PublicKey, nonRepudiation, own, "card has no PKI part"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card, _ := newCard(t, tt.preset)
			err := card.PutCertificate(parsed(t, certify(t, tt.public, tt.usage)), tt.key)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	card, _ := newCard(t, virtual.Auth)
	if _, err := card.CertificateRequest(); err == nil {
		t.Error("request of a card without a signing key: got one, want an error")
	}
}
