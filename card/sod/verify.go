package sod

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"

	"salter/card/sod/cms"
)

// Verify checks that the whole SOD file sod signs every one of files, and that
// its signer was issued by one of anchors. files may be any part of what the
// SOD covers, but not empty: document and personal data can be judged before
// the portrait has been fetched.
//
// at is the present time. The chain is checked for the time of signing that
// the SOD states if that lies before at; without one, for at or for the last
// day of the signer's certificate, whichever is earlier.
//
// The error matches ErrMissing (no sod), ErrMalformed, ErrMismatch or
// ErrAnchor; whichever is found first, in this order.
func Verify(files Files, sod []byte, anchors []*x509.Certificate, at time.Time) error {
	if len(sod) == 0 {
		return fmt.Errorf("verify card data: %w", ErrMissing)
	}
	if len(files) == 0 {
		return fmt.Errorf("verify card data: no files: %w", ErrMalformed)
	}
	der, err := signedData(sod)
	if err != nil {
		return fmt.Errorf("verify card data: %w", err)
	}
	p7, err := cms.Parse(der)
	if err != nil {
		return fmt.Errorf("verify card data: parse signed data: %w: %w", ErrMalformed, err)
	}
	signer, err := checkSignature(p7)
	if err != nil {
		return fmt.Errorf("verify card data: %w", err)
	}
	if err := checkHashes(files, p7.Content); err != nil {
		return fmt.Errorf("verify card data: %w", err)
	}
	if err := checkChain(signer, anchors, chainTime(p7, signer, at)); err != nil {
		return fmt.Errorf("verify card data: %w", err)
	}
	return nil
}

// signedData returns the DER inside a SOD file. A SOD without the inner header
// has been seen by other readers and is accepted.
func signedData(file []byte) ([]byte, error) {
	body, err := Body(file)
	if err != nil {
		return nil, err
	}
	if body[0] == 0x30 { // SEQUENCE; an inner header begins with its tag
		return body, nil
	}
	return inner(file)
}

// maxRSA bounds the signer's key in bits. It is the card that brings it, before
// anybody has vouched for it, and one as large as a file can hold takes seconds.
const maxRSA = 8192

// checkSignature verifies the one signature of p7 and returns its signer.
func checkSignature(p7 *pkcs7.PKCS7) (*x509.Certificate, error) {
	signer := p7.GetOnlySigner()
	if signer == nil {
		return nil, fmt.Errorf("%d signers with certificate, want one: %w", len(p7.Signers), ErrMalformed)
	}
	digest := p7.Signers[0].DigestAlgorithm.Algorithm
	if !slices.ContainsFunc(strongDigests(), digest.Equal) {
		return nil, fmt.Errorf("digest %v not accepted: %w", digest, ErrMalformed)
	}
	if key, ok := signer.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSA {
		return nil, fmt.Errorf("signer's key of %d bits: %w", key.N.BitLen(), ErrMalformed)
	}
	err := p7.Verify()
	var expired *pkcs7.SigningTimeNotValidError
	switch {
	case errors.As(err, &expired):
		return nil, fmt.Errorf("%w: %w", ErrAnchor, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMismatch, err)
	}
	return signer, nil
}

// strongDigests lists the digests a SOD may be signed with.
func strongDigests() []asn1.ObjectIdentifier {
	return []asn1.ObjectIdentifier{
		pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512,
	}
}

// checkHashes looks for the hash of each file among the signed ones.
func checkHashes(files Files, content []byte) error {
	if len(content) == 0 || len(content)%sha256.Size != 0 {
		return fmt.Errorf("signed content of %d bytes is no list of hashes: %w", len(content), ErrMalformed)
	}
	signed := make(map[[sha256.Size]byte]bool)
	for h := range slices.Chunk(content, sha256.Size) {
		signed[[sha256.Size]byte(h)] = true
	}
	for fid, file := range files {
		if !signed[sha256.Sum256(file)] {
			return fmt.Errorf("file %v: %w", fid, ErrMismatch)
		}
	}
	return nil
}

// chainTime chooses the moment for which the chain must hold; see Verify.
func chainTime(p7 *pkcs7.PKCS7, signer *x509.Certificate, at time.Time) time.Time {
	var signed time.Time
	err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &signed)
	switch {
	case err == nil && signed.Before(at):
		return signed
	case err != nil && signer.NotAfter.Before(at):
		return signer.NotAfter
	}
	return at
}

// checkChain verifies that signer is an anchor or issued directly by one.
func checkChain(signer *x509.Certificate, anchors []*x509.Certificate, at time.Time) error {
	roots := x509.NewCertPool()
	for _, a := range anchors {
		roots.AddCert(a)
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots:       roots,
		CurrentTime: at,
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAnchor, err)
	}
	return nil
}
