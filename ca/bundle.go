package ca

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"github.com/go-jose/go-jose/v4"
)

// MaxBundle is the largest trust bundle that OpenBundle reads, in bytes.
const MaxBundle = 1 << 20

// Trust is an opened trust bundle: everything this counter believes, parsed
// and checked against itself.
type Trust struct {
	Bundle
	Roots          []*x509.Certificate // of the citizens' hierarchy
	Issuers        []*x509.Certificate // each signed by one of Roots
	Infrastructure []*x509.Certificate
	CardAnchors    []*x509.Certificate
	PolicyKey      crypto.PublicKey // P-256
	Token          string           // the compact JWS it was opened from
	SHA256         string           // of Token, in hex: what the journal records

	pins [][sha256.Size]byte
}

// OpenBundle opens the bundle that came with the enrolment response and is
// kept beside the workstation's keys. It is signed by the policy key that it
// names, so the signature protects against damage; that the bundle is the
// right one is vouched for by the administrator who carried it, and later by
// the hash in the journal. A bundle that replaces another is opened with
// Trust.Replace.
func OpenBundle(token string) (*Trust, error) {
	key, err := claimedPolicyKey(token)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w: %w", ErrBundle, err)
	}
	return openBundle(token, key)
}

// Replace opens a newer bundle for the same workstation and authority, which
// must be signed with the policy key of t.
func (t *Trust) Replace(token string) (*Trust, error) {
	next, err := openBundle(token, t.PolicyKey)
	if err != nil {
		return nil, err
	}
	switch {
	case next.Version < t.Version:
		return nil, fmt.Errorf("replace bundle: %w: version %d is older than %d", ErrBundle, next.Version, t.Version)
	case next.Workstation != t.Workstation || next.Authority != t.Authority:
		return nil, fmt.Errorf("replace bundle: %w: for another workstation or authority", ErrBundle)
	}
	return next, nil
}

func claimedPolicyKey(token string) (crypto.PublicKey, error) {
	if len(token) > MaxBundle {
		return nil, errors.New("too large")
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	var b Bundle
	if err := DecodeJSON(jws.UnsafePayloadWithoutVerification(), &b); err != nil {
		return nil, err
	}
	return x509.ParsePKIXPublicKey(b.PolicyKey)
}

func openBundle(token string, key crypto.PublicKey) (*Trust, error) {
	t := &Trust{PolicyKey: key, Token: token}
	if len(token) > MaxBundle {
		return nil, fmt.Errorf("open bundle: %w: too large", ErrBundle)
	}
	if err := openJWS(token, key, &t.Bundle); err != nil {
		return nil, fmt.Errorf("open bundle: %w: %w", ErrBundle, err)
	}
	sum := sha256.Sum256([]byte(token))
	t.SHA256 = hex.EncodeToString(sum[:])
	for _, step := range []func() error{t.readNames, t.readCertificates, t.readKeys} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("open bundle: %w: %w", ErrBundle, err)
		}
	}
	return t, nil
}

// workstationName is <office>-<no>, for instance BG-017-03.
var workstationName = regexp.MustCompile(`^([A-Z]{2,3}(?:-[0-9A-Z]{1,6})?)-([0-9]{1,3})$`)

// WorkstationURI returns the URI of a workstation, urn:mup:ws:<office>:<no>.
func WorkstationURI(workstation string) (string, error) {
	m := workstationName.FindStringSubmatch(workstation)
	if m == nil {
		return "", fmt.Errorf("%q is no workstation such as BG-017-03", workstation)
	}
	return "urn:mup:ws:" + m[1] + ":" + m[2], nil
}

// CheckpointOrigin returns the name of a workstation's checkpoint key and the
// first line of its checkpoints.
func CheckpointOrigin(workstation string) string { return "mup.gov.rs/counter/" + workstation }

func (t *Trust) readNames() error {
	uri, err := WorkstationURI(t.Workstation)
	if err != nil {
		return err
	}
	if t.URI != uri {
		return errors.New("URI is not that of the workstation")
	}
	if t.Version < 1 || t.Authority == "" {
		return errors.New("version or authority is missing")
	}
	if err := checkOrigin(t.API); err != nil {
		return fmt.Errorf("address of the API %w", err)
	}
	return nil
}

func (t *Trust) readCertificates() (err error) {
	for _, list := range []struct {
		name string
		ders [][]byte
		dst  *[]*x509.Certificate
		min  int
	}{
		{"roots", t.Bundle.Roots, &t.Roots, 1},
		{"issuers", t.Bundle.Issuers, &t.Issuers, 1},
		{"infrastructure", t.Bundle.Infrastructure, &t.Infrastructure, 1},
		{"card anchors", t.Bundle.CardAnchors, &t.CardAnchors, 0},
	} {
		if *list.dst, err = parseCertificates(list.ders); err != nil {
			return fmt.Errorf("%s: %w", list.name, err)
		}
		if len(*list.dst) < list.min {
			return fmt.Errorf("%s: none", list.name)
		}
	}
	return hierarchy{roots: t.Roots, issuers: t.Issuers}.check()
}

func parseCertificates(ders [][]byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("parse certificate: %w", err)
		}
		out = append(out, cert)
	}
	return out, nil
}

func (t *Trust) readKeys() (err error) {
	if t.pins, err = parsePins(t.ServerPins); err != nil {
		return err
	}
	// The key that verified the bundle is the one it must name for policies.
	key, err := x509.ParsePKIXPublicKey(t.Bundle.PolicyKey)
	if err != nil {
		return fmt.Errorf("policy key: %w", err)
	}
	if _, err := algorithmOf(key); err != nil {
		return fmt.Errorf("policy key: %w", err)
	}
	t.PolicyKey = key
	if t.CheckpointKey == "" { // its form is the business of who verifies with it
		return errors.New("checkpoint key is missing")
	}
	for _, clerk := range t.DemoClerks {
		if _, err := parseSum(clerk); err != nil {
			return fmt.Errorf("demo clerks: %w", err)
		}
	}
	return nil
}

// parsePins reads the SHA-256 of the keys one of which must be in the server's
// chain.
func parsePins(pins []string) ([][sha256.Size]byte, error) {
	if len(pins) == 0 {
		return nil, errors.New("server pins: none")
	}
	var out [][sha256.Size]byte
	for _, p := range pins {
		sum, err := parseSum(p)
		if err != nil {
			return nil, fmt.Errorf("server pins: %w", err)
		}
		out = append(out, sum)
	}
	return out, nil
}

func parseSum(s string) (sum [sha256.Size]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(sum) {
		return sum, errors.New("not a SHA-256 in hex")
	}
	return [sha256.Size]byte(b), nil
}
