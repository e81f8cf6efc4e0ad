package crl

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Check reads a signed list and compares it with what it was to say: issuer,
// signature, number, dates, extensions, and every entry in its place.
func Check(list []byte, want List, issuer *x509.Certificate) error {
	a, err := algorithmOf(issuer.PublicKey)
	if err != nil {
		return fmt.Errorf("check CRL: %w", err)
	}
	extensions, err := want.extensions(issuer)
	if err != nil {
		return fmt.Errorf("check CRL: %w", err)
	}
	tbs, err := open(list, issuer, a)
	if err != nil {
		return err
	}
	var version int
	var from, to time.Time
	var entries, found cryptobyte.String
	var some bool
	if !tbs.ReadASN1(&tbs, der.SEQUENCE) || !tbs.ReadASN1Integer(&version) || version != version2 ||
		!skip(&tbs, a.der) || !skip(&tbs, issuer.RawSubject) {
		return fmt.Errorf("%w: another version, algorithm or issuer", ErrCheck)
	}
	if !readTime(&tbs, &from) || !readTime(&tbs, &to) || from.Unix() != want.ThisUpdate.Unix() || to.Unix() != want.NextUpdate.Unix() {
		return fmt.Errorf("%w: from %v to %v, want from %v to %v", ErrCheck, from, to, want.ThisUpdate, want.NextUpdate)
	}
	if !tbs.ReadOptionalASN1(&entries, &some, der.SEQUENCE) || some != (len(want.Entries) > 0) {
		return fmt.Errorf("%w: it has entries: %t", ErrCheck, some)
	}
	if !tbs.ReadASN1(&found, tagExtensions) || !tbs.Empty() || !bytes.Equal(found, extensions) {
		return fmt.Errorf("%w: another number, key identifier or day since which it is kept, or another extension", ErrCheck)
	}
	return checkEntries(entries, want.Entries)
}

// open takes a list apart, verifies the signature and returns the TBSCertList.
func open(list []byte, issuer *x509.Certificate, a algorithm) (tbs cryptobyte.String, err error) {
	outer := cryptobyte.String(list)
	var body cryptobyte.String
	var signature []byte
	if !outer.ReadASN1(&body, der.SEQUENCE) || !outer.Empty() || !body.ReadASN1Element(&tbs, der.SEQUENCE) ||
		!skip(&body, a.der) || !body.ReadASN1BitStringAsBytes(&signature) || !body.Empty() {
		return nil, fmt.Errorf("%w: it cannot be read", ErrCheck)
	}
	if issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return nil, fmt.Errorf("%w: the issuer may not sign lists", ErrCheck)
	}
	if err := issuer.CheckSignature(a.id, tbs, signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheck, err)
	}
	return tbs, nil
}

func checkEntries(got cryptobyte.String, want []Entry) error {
	reasons, serial := make(reasonExtensions), new(big.Int)
	for i, w := range want {
		extensions, err := reasons.encode(w.Reason)
		if err != nil {
			return fmt.Errorf("check CRL: %w", err)
		}
		var entry cryptobyte.String
		var at time.Time
		if !got.ReadASN1(&entry, der.SEQUENCE) || !entry.ReadASN1Integer(serial) || serial.Cmp(w.Serial) != 0 {
			return fmt.Errorf("%w: entry %d is not serial %x", ErrCheck, i, w.Serial)
		}
		if !readTime(&entry, &at) || at.Unix() != w.At.Unix() || !bytes.Equal(entry, extensions) {
			return fmt.Errorf("%w: serial %x has another reason or date", ErrCheck, w.Serial)
		}
	}
	if !got.Empty() {
		return fmt.Errorf("%w: more than %d entries", ErrCheck, len(want))
	}
	return nil
}

// skip reads what must stand there.
func skip(s *cryptobyte.String, want []byte) bool {
	var got []byte
	return s.ReadBytes(&got, len(want)) && bytes.Equal(got, want)
}

// readTime reads a time in the form for its year.
func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(der.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t) && t.Year() >= 2050
}
