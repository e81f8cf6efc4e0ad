// Package crl makes certificate revocation lists (RFC 5280 section 5) and
// checks them before they are published.
//
// A list is full, and never forgets: certificates stay on it after they have
// expired, which the extension expiredCertsOnCRL says (X.509 9.5.2.8).
//
// Both ends go through the entries one by one: a list of the whole population
// has nearly a million, of which crypto/x509 would make as many small objects.
// The tests compare with it, byte for byte.
package crl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes below
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
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
	Entries    []Entry   // in the order of the list, each serial once
}

// version2 is the only version of lists with extensions (RFC 5280 5.1.2.1).
const version2 = 1

// Identifiers of extensions: id-ce-cRLNumber, id-ce-cRLReasons and
// id-ce-authorityKeyIdentifier (RFC 5280), id-ce-expiredCertsOnCRL (X.509
// 9.5.2.8).
var (
	oidNumber   = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidReason   = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidIssuerID = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidKept     = asn1.ObjectIdentifier{2, 5, 29, 60}
)

// tagExtensions is that of crlExtensions (RFC 5280 5.1).
var tagExtensions = der.Tag(0).Constructed().ContextSpecific()

// algorithm is what an issuer's key signs with.
type algorithm struct {
	id   x509.SignatureAlgorithm
	hash crypto.Hash
	der  []byte // AlgorithmIdentifier
}

// algorithmOf is the algorithm for a key: SHA-256 with RSA, and for a curve the
// hash of its size (RFC 4055 5, RFC 5758 3.2).
func algorithmOf(key crypto.PublicKey) (a algorithm, err error) {
	var id pkix.AlgorithmIdentifier
	switch k := key.(type) {
	case *rsa.PublicKey:
		a.id, a.hash = x509.SHA256WithRSA, crypto.SHA256
		id.Algorithm, id.Parameters = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.NullRawValue
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			a.id, a.hash, id.Algorithm = x509.ECDSAWithSHA256, crypto.SHA256, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
		case elliptic.P384():
			a.id, a.hash, id.Algorithm = x509.ECDSAWithSHA384, crypto.SHA384, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
		}
	}
	if a.hash == 0 {
		return a, fmt.Errorf("a key of type %T signs no lists", key)
	}
	a.der, err = asn1.Marshal(id)
	return a, err
}

// Sign makes the list, DER, by the issuer and its key.
func Sign(l List, issuer *x509.Certificate, key crypto.Signer) ([]byte, error) {
	a, err := algorithmOf(key.Public())
	if err == nil && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		err = errors.New("the issuer may not sign lists")
	}
	if err != nil {
		return nil, fmt.Errorf("sign CRL: %w", err)
	}
	tbs, err := l.encode(issuer, a)
	if err != nil {
		return nil, fmt.Errorf("sign CRL: %w", err)
	}
	h := a.hash.New()
	h.Write(tbs)
	signature, err := key.Sign(rand.Reader, h.Sum(nil), a.hash)
	if err != nil {
		return nil, fmt.Errorf("sign CRL: %w", err)
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(tbs)+len(a.der)+len(signature)+32))
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(a.der)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}

// encode makes the TBSCertList (RFC 5280 5.1.2).
func (l List) encode(issuer *x509.Certificate, a algorithm) ([]byte, error) {
	extensions, err := l.extensions(issuer)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, 1024+64*len(l.Entries)))
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(version2)
		b.AddBytes(a.der)
		b.AddBytes(issuer.RawSubject)
		addTime(b, l.ThisUpdate)
		addTime(b, l.NextUpdate)
		if len(l.Entries) > 0 { // an empty one must be absent
			b.AddASN1(der.SEQUENCE, l.addEntries)
		}
		b.AddASN1(tagExtensions, func(b *cryptobyte.Builder) { b.AddBytes(extensions) })
	})
	return b.Bytes()
}

func (l List) addEntries(b *cryptobyte.Builder) {
	reasons := make(reasonExtensions)
	for _, e := range l.Entries {
		extensions, err := reasons.encode(e.Reason)
		if err == nil && (e.Serial == nil || e.At.IsZero()) {
			err = errors.New("an entry has no serial or no date")
		}
		if err != nil {
			b.SetError(err)
			return
		}
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(e.Serial)
			addTime(b, e.At)
			b.AddBytes(extensions)
		})
	}
}

// reasonExtensions are the crlEntryExtensions of each reason, once it was needed.
type reasonExtensions map[int][]byte

func (r reasonExtensions) encode(reason int) ([]byte, error) {
	if text, ok := r[reason]; ok || reason == 0 {
		return text, nil
	}
	value, err := asn1.Marshal(asn1.Enumerated(reason))
	if err != nil {
		return nil, err
	}
	r[reason], err = asn1.Marshal([]pkix.Extension{{Id: oidReason, Value: value}})
	return r[reason], err
}

// extensions encodes those of the list: the key identifier of the issuer, CRL
// number and expiredCertsOnCRL, none of them critical.
func (l List) extensions(issuer *x509.Certificate) ([]byte, error) {
	if len(issuer.SubjectKeyId) == 0 {
		return nil, errors.New("the issuer has no key identifier")
	}
	id, err := asn1.Marshal(struct {
		KeyID []byte `asn1:"tag:0"`
	}{issuer.SubjectKeyId})
	if err != nil {
		return nil, err
	}
	number, err := asn1.Marshal(l.Number)
	if err != nil {
		return nil, err
	}
	kept, err := asn1.MarshalWithParams(l.KeptSince.UTC().Truncate(time.Second), "generalized")
	if err != nil {
		return nil, err
	}
	return asn1.Marshal([]pkix.Extension{{Id: oidIssuerID, Value: id}, {Id: oidNumber, Value: number}, {Id: oidKept, Value: kept}})
}

// addTime writes a time to the second, in the form for its year (RFC 5280
// 5.1.2.4).
func addTime(b *cryptobyte.Builder, t time.Time) {
	if t = t.UTC(); t.Year() >= 2050 {
		b.AddASN1GeneralizedTime(t)
		return
	}
	b.AddASN1UTCTime(t)
}
