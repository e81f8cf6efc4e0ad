// Package token uses private keys that lie in a hardware security module, or
// any other PKCS#11 token, and never leave it.
//
// A key is named by a pkcs11: URI (RFC 7512) of which this much is understood:
// module-path and pin-source in the query, token, object and id in the path. A
// PIN in the URI itself is refused: URIs stand in configuration. Start with
// New, then Key or Make; Close logs out.
package token

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

var (
	// ErrURI is wrapped when a URI is not one that this package understands.
	ErrURI = errors.New("not a usable pkcs11 URI")
	// ErrNoKey is wrapped when a token has no such key.
	ErrNoKey = errors.New("no such key on the token")
	// ErrKind is returned for a kind of key that cannot be made, or a key that
	// is of another kind.
	ErrKind = errors.New("wrong kind of key")
)

// URI names one key pair.
type URI struct {
	Module    string // path of the PKCS#11 module
	Token     string // label of the token
	Object    string // CKA_LABEL; may be empty if ID is not
	ID        string // CKA_ID, raw bytes
	PINSource string // path of a file whose first line is the PIN
}

// IsURI reports whether text is meant to be a pkcs11 URI.
func IsURI(text string) bool { return strings.HasPrefix(text, "pkcs11:") }

// ParseURI reads a pkcs11 URI. What it does not understand is an error: an
// attribute that is ignored could have told two keys apart.
func ParseURI(text string) (URI, error) {
	rest, ok := strings.CutPrefix(text, "pkcs11:")
	if !ok {
		return URI{}, fmt.Errorf("%w: no pkcs11 scheme", ErrURI)
	}
	var u URI
	path, query, _ := strings.Cut(rest, "?")
	for _, part := range []struct {
		text, separator string
		known           map[string]*string
	}{
		{path, ";", map[string]*string{"token": &u.Token, "object": &u.Object, "id": &u.ID}},
		{query, "&", map[string]*string{"module-path": &u.Module, "pin-source": &u.PINSource}},
	} {
		for attribute := range strings.SplitSeq(part.text, part.separator) {
			if err := readAttribute(attribute, part.known); err != nil {
				return URI{}, err
			}
		}
	}
	u.PINSource = strings.TrimPrefix(u.PINSource, "file:")
	switch {
	case u.Module == "" || u.Token == "" || u.PINSource == "":
		return URI{}, fmt.Errorf("%w: module-path, token or pin-source is missing", ErrURI)
	case u.Object == "" && u.ID == "":
		return URI{}, fmt.Errorf("%w: neither object nor id names a key", ErrURI)
	}
	return u, nil
}

// readAttribute reads name=value into the place known for it.
func readAttribute(text string, known map[string]*string) error {
	if text == "" {
		return nil
	}
	name, value, _ := strings.Cut(text, "=")
	to, ok := known[name]
	plain, err := url.PathUnescape(value)
	switch {
	case name == "pin-value":
		return fmt.Errorf("%w: pin-value is not accepted; name a file with pin-source", ErrURI)
	case !ok:
		return fmt.Errorf("%w: attribute %.32q is not understood", ErrURI, name)
	case err != nil || plain == "":
		return fmt.Errorf("%w: %s has no readable value", ErrURI, name)
	case *to != "":
		return fmt.Errorf("%w: %s stands twice", ErrURI, name)
	}
	*to = plain
	return nil
}
