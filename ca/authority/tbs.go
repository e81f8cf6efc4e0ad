package authority

import (
	"crypto"
	"crypto/rand"
	_ "crypto/sha256" // the hashes below
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// certificate is the outer SEQUENCE of RFC 5280 4.1.
type certificate struct {
	TBS       asn1.RawValue
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

// tbsHead is the beginning of TBSCertificate, up to the algorithm that the
// certificate will be signed with (RFC 5280 4.1.1.2: the same as outside).
type tbsHead struct {
	Version   int `asn1:"optional,explicit,default:0,tag:0"`
	Serial    *big.Int
	Algorithm asn1.RawValue
}

// signatureHashes gives the hash of each algorithm that a profile can name
// (RFC 4055 5, RFC 5758 3.2).
func signatureHashes() map[string]crypto.Hash {
	return map[string]crypto.Hash{
		"1.2.840.113549.1.1.11": crypto.SHA256, // sha256WithRSAEncryption
		"1.2.840.113549.1.1.12": crypto.SHA384,
		"1.2.840.113549.1.1.13": crypto.SHA512,
		"1.2.840.10045.4.3.2":   crypto.SHA256, // ecdsa-with-SHA256
		"1.2.840.10045.4.3.3":   crypto.SHA384,
		"1.2.840.10045.4.3.4":   crypto.SHA512,
	}
}

// signTBS signs to-be-signed bytes as they are and assembles the certificate.
func signTBS(tbs []byte, key crypto.Signer) ([]byte, error) {
	var head tbsHead
	if _, err := asn1.Unmarshal(tbs, &head); err != nil {
		return nil, fmt.Errorf("read prepared certificate: %w", err)
	}
	var algorithm struct{ OID asn1.ObjectIdentifier }
	if _, err := asn1.Unmarshal(head.Algorithm.FullBytes, &algorithm); err != nil {
		return nil, fmt.Errorf("read prepared certificate: %w", err)
	}
	hash, ok := signatureHashes()[algorithm.OID.String()]
	if !ok {
		return nil, fmt.Errorf("sign certificate: algorithm %v is not supported", algorithm.OID)
	}
	h := hash.New()
	h.Write(tbs)
	signature, err := key.Sign(rand.Reader, h.Sum(nil), hash)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	der, err := asn1.Marshal(certificate{
		TBS:       asn1.RawValue{FullBytes: tbs},
		Algorithm: head.Algorithm,
		Signature: asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	})
	if err != nil {
		return nil, fmt.Errorf("assemble certificate: %w", err)
	}
	return der, nil
}
