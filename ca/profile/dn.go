package profile

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// dn is a distinguished name decoded for comparison: string types are gone,
// values are NFC. Cards' tools order attributes and choose string types
// differently, so raw bytes are never compared.
type dn [][]attribute

type attribute struct {
	oid   asn1.ObjectIdentifier
	value string
}

// parseDN decodes the DER of a Name.
func parseDN(raw []byte) (dn, error) {
	var seq pkix.RDNSequence
	rest, err := asn1.Unmarshal(raw, &seq)
	if err != nil {
		return nil, fmt.Errorf("parse distinguished name: %w", err)
	}
	if len(rest) > 0 {
		return nil, errors.New("parse distinguished name: data after the end")
	}
	return decodeDN(seq)
}

// decodeDN takes the string values out of seq.
func decodeDN(seq pkix.RDNSequence) (dn, error) {
	var d dn
	for _, set := range seq {
		var rdn []attribute
		for _, a := range set {
			v, ok := a.Value.(string)
			if !ok {
				return nil, errors.New("parse distinguished name: a value is no string")
			}
			rdn = append(rdn, attribute{a.Type, norm.NFC.String(fromT61(v))})
		}
		d = append(d, rdn)
	}
	return d, nil
}

// fromT61 reads bytes that are no UTF-8 as ISO 8859-1, which is what tools
// that still write T61String put into it.
func fromT61(v string) string {
	if utf8.ValidString(v) {
		return v
	}
	var b strings.Builder
	for i := range len(v) {
		b.WriteRune(rune(v[i]))
	}
	return b.String()
}

// attributes returns all attributes in order.
func (d dn) attributes() []attribute {
	return slices.Concat(d...)
}

// values returns the values of one type in order.
func (d dn) values(oid asn1.ObjectIdentifier) []string {
	var out []string
	for _, a := range d.attributes() {
		if a.oid.Equal(oid) {
			out = append(out, a.value)
		}
	}
	return out
}

// key is equal for two names with the same set of RDNs, each with the same set
// of attributes.
func (d dn) key() string {
	var rdns []string
	for _, rdn := range d {
		var set []string
		for _, a := range rdn {
			set = append(set, fmt.Sprintf("%v=%q", a.oid, a.value))
		}
		slices.Sort(set)
		rdns = append(rdns, strings.Join(set, "+"))
	}
	slices.Sort(rdns)
	return strings.Join(rdns, ",")
}

// EqualDN reports whether two names (DER) hold the same set of RDNs. Order and
// string type do not count (RFC 5280 7.1); letter case does.
func EqualDN(a, b []byte) bool {
	x, errX := parseDN(a)
	y, errY := parseDN(b)
	return errX == nil && errY == nil && x.key() == y.key()
}
