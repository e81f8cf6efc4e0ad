package sod

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"

	"github.com/smallstep/pkcs7"
)

// Sign makes the whole SOD file f over files: what the ministry does when a
// card is made, and a test CA for a virtual card. The hashes stand in the
// order of the file identifiers. The time of signing is now.
func Sign(f FID, files Files, signer *x509.Certificate, key crypto.Signer) ([]byte, error) {
	var content []byte
	for _, fid := range slices.Sorted(maps.Keys(files)) {
		h := sha256.Sum256(files[fid])
		content = append(content, h[:]...)
	}
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		return nil, fmt.Errorf("sign card data: %w", err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(signer, key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign card data: %w", err)
	}
	der, err := data.Finish()
	if err != nil {
		return nil, fmt.Errorf("sign card data: %w", err)
	}
	return withHeader(uint16(f), withHeader(uint16(f), der)), nil
}
