package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// oidCMCRA is id-kp-cmcRA, which marks a registration authority (RFC 6402
// 2.10).
var oidCMCRA = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 28}

// WorkstationKeys are the two secret keys of a workstation: one for TLS and
// assertions, one for the checkpoints of its journal. They prove the counter's
// identity and never leave the machine.
type WorkstationKeys struct {
	Workstation string            // for instance BG-017-03
	TLS         *ecdsa.PrivateKey // P-256
	Checkpoint  string            // Ed25519 signer in the encoding of sumdb/note
	Verifier    string            // its public half
}

// String hides the keys.
func (k *WorkstationKeys) String() string { return "[keys of " + k.Workstation + "]" }

// GoString hides the keys in %#v.
func (k *WorkstationKeys) GoString() string { return k.String() }

// NewWorkstationKeys makes the keys of a new workstation.
func NewWorkstationKeys(workstation string) (*WorkstationKeys, error) {
	if _, err := WorkstationURI(workstation); err != nil {
		return nil, fmt.Errorf("make workstation keys: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make workstation keys: %w", err)
	}
	signer, verifier, err := note.GenerateKey(rand.Reader, CheckpointOrigin(workstation))
	if err != nil {
		return nil, fmt.Errorf("make workstation keys: %w", err)
	}
	return &WorkstationKeys{workstation, key, signer, verifier}, nil
}

// keyFile is the file form of WorkstationKeys.
type keyFile struct {
	Version     int    `json:"version"`
	Workstation string `json:"workstation"`
	TLS         []byte `json:"tls"` // PKCS#8 DER
	Checkpoint  string `json:"checkpoint"`
	Verifier    string `json:"verifier"`
}

// Encode returns the content of the workstation's key file, which only its
// owner may be able to read.
func (k *WorkstationKeys) Encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.TLS)
	if err != nil {
		return nil, fmt.Errorf("encode workstation keys: %w", err)
	}
	out, err := json.MarshalIndent(keyFile{1, k.Workstation, der, k.Checkpoint, k.Verifier}, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("encode workstation keys: %w", err)
	}
	return append(out, '\n'), nil
}

// ParseWorkstationKeys reads what Encode wrote.
func ParseWorkstationKeys(file []byte) (*WorkstationKeys, error) {
	var f keyFile
	if err := DecodeJSON(file, &f); err != nil || f.Version != 1 {
		return nil, errors.New("parse workstation keys: not a key file of version 1")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(f.TLS)
	if err != nil {
		return nil, errors.New("parse workstation keys: TLS key cannot be read")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("parse workstation keys: TLS key is not P-256")
	}
	k := &WorkstationKeys{f.Workstation, key, f.Checkpoint, f.Verifier}
	if _, err := WorkstationURI(f.Workstation); err != nil {
		return nil, fmt.Errorf("parse workstation keys: %w", err)
	}
	if err := k.checkNoteKey(); err != nil {
		return nil, fmt.Errorf("parse workstation keys: %w", err)
	}
	return k, nil
}

// checkNoteKey makes sure that the two halves of the checkpoint key belong
// together and to this workstation.
func (k *WorkstationKeys) checkNoteKey() error {
	signer, errSigner := note.NewSigner(k.Checkpoint)
	verifier, errVerifier := note.NewVerifier(k.Verifier)
	if errSigner != nil || errVerifier != nil {
		return errors.New("checkpoint key cannot be read")
	}
	if signer.Name() != CheckpointOrigin(k.Workstation) || signer.Name() != verifier.Name() || signer.KeyHash() != verifier.KeyHash() {
		return errors.New("checkpoint key is not this workstation's")
	}
	return nil
}

// Request makes the file for the administrator of the authority: a PKCS#10
// request with the workstation's URI, and a proof that the checkpoint key is
// ours.
func (k *WorkstationKeys) Request() (EnrolmentRequest, error) {
	text, err := WorkstationURI(k.Workstation)
	if err != nil {
		return EnrolmentRequest{}, fmt.Errorf("make enrolment request: %w", err)
	}
	uri, err := url.Parse(text)
	if err != nil {
		return EnrolmentRequest{}, fmt.Errorf("make enrolment request: %w", err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{uri}}, k.TLS)
	if err != nil {
		return EnrolmentRequest{}, fmt.Errorf("make enrolment request: %w", err)
	}
	signer, err := note.NewSigner(k.Checkpoint)
	if err != nil {
		return EnrolmentRequest{}, errors.New("make enrolment request: checkpoint key cannot be read")
	}
	sum := sha256.Sum256(csr)
	proof, err := note.Sign(&note.Note{Text: hex.EncodeToString(sum[:]) + "\n"}, signer)
	if err != nil {
		return EnrolmentRequest{}, fmt.Errorf("make enrolment request: %w", err)
	}
	return EnrolmentRequest{Workstation: k.Workstation, CSR: csr, CheckpointKey: k.Verifier, Proof: string(proof)}, nil
}

// Accept opens the file that came back: the workstation's TLS certificate for
// our key, and the trust bundle. Show the administrator Trust.SHA256 and
// journal it: nothing else vouches for the first bundle.
func (k *WorkstationKeys) Accept(r EnrolmentResponse, now time.Time) (*tls.Certificate, *Trust, error) {
	trust, err := OpenBundle(r.Bundle)
	if err != nil {
		return nil, nil, err
	}
	if trust.Workstation != k.Workstation {
		return nil, nil, fmt.Errorf("accept enrolment: %w: for workstation %s", ErrBundle, trust.Workstation)
	}
	cert, err := k.CertificateOf(r.Chain, trust, now)
	if err != nil {
		return nil, nil, fmt.Errorf("accept enrolment: %w", err)
	}
	return cert, trust, nil
}

// CertificateOf joins the workstation's certificate chain (DER, leaf first)
// with its key, after checking that the certificate is ours: key, URI, purpose
// and issuer.
func (k *WorkstationKeys) CertificateOf(chain [][]byte, trust *Trust, now time.Time) (*tls.Certificate, error) {
	certs, err := parseCertificates(chain)
	if err != nil || len(certs) == 0 {
		return nil, fmt.Errorf("%w: workstation certificate cannot be read", ErrBundle)
	}
	leaf := certs[0]
	switch {
	case !k.TLS.PublicKey.Equal(leaf.PublicKey):
		return nil, fmt.Errorf("%w: workstation certificate is for another key", ErrBundle)
	case len(leaf.URIs) != 1 || leaf.URIs[0].String() != trust.URI:
		return nil, fmt.Errorf("%w: workstation certificate is for another workstation", ErrBundle)
	case !marksRA(leaf):
		return nil, fmt.Errorf("%w: workstation certificate does not mark a registration authority", ErrBundle)
	}
	pool := x509.NewCertPool()
	for _, ca := range trust.Infrastructure {
		pool.AddCert(ca)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return nil, fmt.Errorf("%w: workstation certificate: %w", ErrBundle, errChain(err))
	}
	return &tls.Certificate{Certificate: chain, PrivateKey: crypto.Signer(k.TLS), Leaf: leaf}, nil
}

func marksRA(cert *x509.Certificate) bool {
	for _, oid := range cert.UnknownExtKeyUsage {
		if oid.Equal(oidCMCRA) {
			return true
		}
	}
	return false
}
