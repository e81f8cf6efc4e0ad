package profile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
)

// Request builds the PKCS#10 request (DER) for s, signed with key: the
// complete subject DN and, if s has one, the e-mail address as subject
// alternative name in extensionRequest. The signature is verified, so that a
// card that computes wrongly is found before anything is sent.
func (p *Profile) Request(s Subject, key crypto.Signer) ([]byte, error) {
	s.Number = "" // filled in by the authority
	raw, err := p.marshalDN(s)
	if err != nil {
		return nil, err
	}
	alg, err := requestAlgorithm(key.Public())
	if err != nil {
		return nil, err
	}
	t := &x509.CertificateRequest{RawSubject: raw, SignatureAlgorithm: alg}
	if s.Email != "" {
		if err := p.checkEmail(s.Email); err != nil {
			return nil, fmt.Errorf("build request: %w", err)
		}
		t.EmailAddresses = []string{s.Email}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, t, key)
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("read back request: %w", err)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("verify request: %w", err)
	}
	return der, nil
}

func requestAlgorithm(key crypto.PublicKey) (x509.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return x509.SHA256WithRSA, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P384() {
			return x509.ECDSAWithSHA384, nil
		}
		return x509.ECDSAWithSHA256, nil
	}
	return 0, errors.New("build request: key is neither RSA nor ECDSA")
}

// marshalDN returns the DER of the DN of s.
func (p *Profile) marshalDN(s Subject) ([]byte, error) {
	seq, err := p.RDNSequence(s)
	if err != nil {
		return nil, err
	}
	raw, err := asn1.Marshal(seq)
	if err != nil {
		return nil, fmt.Errorf("encode subject: %w", err)
	}
	return raw, nil
}

// checkEmail admits addresses that need no quoting: printable ASCII, dot-atom
// local part, host name with at least one dot (RFC 5321 4.1.2).
func (p *Profile) checkEmail(v string) error {
	if p.SAN.Email == EmailNever {
		return errors.New("the profile has no e-mail address")
	}
	local, domain, ok := strings.Cut(v, "@")
	if !ok || len(v) > maxEmail || len(local) > 64 || !ascii(v) {
		return errors.New("e-mail address has no valid form")
	}
	if !dotAtom(local) || !hostName(domain) {
		return errors.New("e-mail address has no valid form")
	}
	return nil
}

func dotAtom(v string) bool {
	for part := range strings.SplitSeq(v, ".") {
		if part == "" || strings.ContainsAny(part, `()<>[]:;@\,"`) {
			return false
		}
	}
	return true
}

func hostName(v string) bool {
	labels := strings.Split(v, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.ContainsFunc(l, func(r rune) bool { return !letterDigitHyphen(r) }) {
			return false
		}
	}
	return len(labels) > 1
}

func letterDigitHyphen(r rune) bool {
	return r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
