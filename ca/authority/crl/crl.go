// Package crl makes certificate revocation lists (RFC 5280 section 5) and
// checks them as a stranger would, before they are published.
//
// A list is full, and never forgets: certificates stay on it after they have
// expired, which the extension expiredCertsOnCRL says (X.509 9.5.2.8).
package crl

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// ErrCheck is wrapped when a list is not what it was to be. It must not be
// published.
var ErrCheck = errors.New("list is not what it was to be")

// Entry is one certificate that must not be relied upon.
type Entry struct {
	Serial *big.Int
	At     time.Time // since when
	Reason int       // RFC 5280 5.3.1; 0 is written by leaving it out
}

// List is what a CRL says.
type List struct {
	Number     int64
	ThisUpdate time.Time
	NextUpdate time.Time
	KeptSince  time.Time // expired certificates are on the list if they expired after it
	Entries    []Entry   // in any order, each serial once
}

// oidKept is id-ce-expiredCertsOnCRL (X.509 9.5.2.8).
var oidKept = asn1.ObjectIdentifier{2, 5, 29, 60}

// kept encodes the extension.
func (l List) kept() (pkix.Extension, error) {
	value, err := asn1.MarshalWithParams(l.KeptSince.UTC().Truncate(time.Second), "generalized")
	return pkix.Extension{Id: oidKept, Value: value}, err
}

// Sign makes the list, DER, by the issuer and its key.
func Sign(l List, issuer *x509.Certificate, key crypto.Signer) ([]byte, error) {
	extension, err := l.kept()
	if err != nil {
		return nil, fmt.Errorf("sign CRL: %w", err)
	}
	t := &x509.RevocationList{Number: big.NewInt(l.Number), ThisUpdate: l.ThisUpdate.UTC(), NextUpdate: l.NextUpdate.UTC(),
		ExtraExtensions: []pkix.Extension{extension}}
	for _, e := range l.Entries {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: e.Serial, RevocationTime: e.At.UTC(), ReasonCode: e.Reason})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, issuer, key)
	if err != nil {
		return nil, fmt.Errorf("sign CRL: %w", err)
	}
	return der, nil
}

// Check reads a signed list and compares it with what it was to say: issuer,
// signature, number, dates, extensions, and every entry, no more and no fewer.
func Check(der []byte, want List, issuer *x509.Certificate) error {
	got, err := x509.ParseRevocationList(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCheck, err)
	}
	if err := got.CheckSignatureFrom(issuer); err != nil {
		return fmt.Errorf("%w: %w", ErrCheck, err)
	}
	second := func(t time.Time) int64 { return t.Unix() }
	switch {
	case !bytes.Equal(got.RawIssuer, issuer.RawSubject):
		return fmt.Errorf("%w: another issuer", ErrCheck)
	case got.Number == nil || got.Number.Cmp(big.NewInt(want.Number)) != 0:
		return fmt.Errorf("%w: number %v, want %d", ErrCheck, got.Number, want.Number)
	case second(got.ThisUpdate) != second(want.ThisUpdate) || second(got.NextUpdate) != second(want.NextUpdate):
		return fmt.Errorf("%w: from %v to %v, want from %v to %v", ErrCheck, got.ThisUpdate, got.NextUpdate, want.ThisUpdate, want.NextUpdate)
	}
	if err := checkExtensions(got, want, issuer); err != nil {
		return err
	}
	return checkEntries(got.RevokedCertificateEntries, want.Entries)
}

// checkExtensions wants CRL number, key identifier of the issuer and
// expiredCertsOnCRL, none of them critical, and nothing else.
func checkExtensions(got *x509.RevocationList, want List, issuer *x509.Certificate) error {
	extension, err := want.kept()
	if err != nil {
		return fmt.Errorf("check CRL: %w", err)
	}
	known := map[string]bool{"2.5.29.20": true, "2.5.29.35": true, oidKept.String(): true}
	for _, e := range got.Extensions {
		if !known[e.Id.String()] || e.Critical {
			return fmt.Errorf("%w: extension %v", ErrCheck, e.Id)
		}
		if e.Id.Equal(oidKept) && !bytes.Equal(e.Value, extension.Value) {
			return fmt.Errorf("%w: expired certificates are kept since another day", ErrCheck)
		}
	}
	if len(got.Extensions) != len(known) || !bytes.Equal(got.AuthorityKeyId, issuer.SubjectKeyId) {
		return fmt.Errorf("%w: %d extensions, or the key identifier of another issuer", ErrCheck, len(got.Extensions))
	}
	return nil
}

func checkEntries(got []x509.RevocationListEntry, want []Entry) error {
	if len(got) != len(want) {
		return fmt.Errorf("%w: %d entries, want %d", ErrCheck, len(got), len(want))
	}
	open := make(map[string]Entry, len(want))
	for _, e := range want {
		open[string(e.Serial.Bytes())] = e
	}
	for _, g := range got {
		serial := string(g.SerialNumber.Bytes())
		w, ok := open[serial]
		switch {
		case !ok:
			return fmt.Errorf("%w: serial %x stands twice or was not to be there", ErrCheck, g.SerialNumber)
		case g.ReasonCode != w.Reason || g.RevocationTime.Unix() != w.At.Unix():
			return fmt.Errorf("%w: serial %x has another reason or date", ErrCheck, g.SerialNumber)
		}
		delete(open, serial)
	}
	return nil
}
