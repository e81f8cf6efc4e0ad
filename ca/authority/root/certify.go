package root

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// oidOrgID is organizationIdentifier, demanded of issuers by EN 319 412-2
// GEN-4.2.3.1.
var oidOrgID = asn1.ObjectIdentifier{2, 5, 4, 97}

// anyPolicy is RFC 5280 4.2.1.4.
func anyPolicy() x509.OID {
	oid, err := x509.OIDFromInts([]uint64{2, 5, 29, 32, 0})
	if err != nil {
		panic(err) // it is a constant
	}
	return oid
}

// Name is the name of a CA of the organization.
func Name(organization, organizationID, commonName string) pkix.Name {
	return pkix.Name{Country: []string{"RS"}, Organization: []string{organization}, CommonName: commonName,
		ExtraNames: []pkix.AttributeTypeAndValue{{Type: oidOrgID, Value: organizationID}}}
}

// CA describes the certificate of a CA that is to be made.
type CA struct {
	Subject pkix.Name
	Serial  *big.Int
	From    time.Time
	Years   int
	List    string // address of its issuer's list of revoked certificates; empty: none
}

// Certify makes the certificate of a CA with a public key, by parent and its
// key; parent nil: by itself. A CA below another one certifies no further CAs.
func Certify(c CA, public crypto.PublicKey, parent *x509.Certificate, key crypto.Signer) (*x509.Certificate, error) {
	t := &x509.Certificate{
		SerialNumber:          c.Serial,
		Subject:               c.Subject,
		NotBefore:             c.From.Truncate(time.Second),
		NotAfter:              c.From.AddDate(c.Years, 0, 0).Truncate(time.Second),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        parent != nil,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if c.List != "" {
		t.CRLDistributionPoints = []string{c.List}
	}
	if parent == nil {
		parent = t
	} else {
		// Policies are valid along a path only if each CA below the anchor
		// allows them (RFC 5280 6.1).
		t.Policies = []x509.OID{anyPolicy()}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("certify %s: %w", c.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

// NewSerial draws a serial number of 16 octets, the first in 0x40–0x7F:
// positive without padding, 126 random bits (RFC 5280 4.1.2.2).
func NewSerial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b) // never fails (crypto/rand)
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b)
}
