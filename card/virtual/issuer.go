package virtual

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"salter/card/sod"
)

// DemoOrganization stands in the subject of everything that a test issuer of
// card data makes, so that production can refuse it as an anchor.
const DemoOrganization = "Salter DEMO"

// Issuer plays the part of the ministry that signs card data: a CA of its own,
// made at first use, and a signer below it. Two issuers in two folders do not
// know each other: a card of the one is home-made for the other.
type Issuer struct {
	anchor *x509.Certificate
	signer *x509.Certificate
	key    crypto.Signer
}

// The files of an issuer. The CA's own key is not kept: it signs once.
const (
	anchorFile    = "anchor.pem"
	signerFile    = "signer.pem"
	signerKeyFile = "signer.key"
)

// OpenIssuer loads the issuer in dir, or makes one there.
func OpenIssuer(dir string) (*Issuer, error) {
	i, err := loadIssuer(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return makeIssuer(dir, time.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("open card data issuer: %w", err)
	}
	return i, nil
}

// Anchor returns the CA certificate that a counter has to trust.
func (i *Issuer) Anchor() *x509.Certificate { return i.anchor }

// AnchorPEM returns Anchor in PEM.
func (i *Issuer) AnchorPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.anchor.Raw})
}

// Sign makes the SOD file f over files.
func (i *Issuer) Sign(f sod.FID, files sod.Files) ([]byte, error) {
	return sod.Sign(f, files, i.signer, i.key)
}

// loadIssuer reads the three files.
func loadIssuer(dir string) (*Issuer, error) {
	anchor, err := readCertificate(filepath.Join(dir, anchorFile))
	if err != nil {
		return nil, err
	}
	signer, err := readCertificate(filepath.Join(dir, signerFile))
	if err != nil {
		return nil, err
	}
	block, err := readPEM(filepath.Join(dir, signerKeyFile))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, fmt.Errorf("read signer key: %w", err)
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok || !rsaKey.PublicKey.Equal(signer.PublicKey) {
		return nil, errors.New("read signer key: not the key of the signer")
	}
	return &Issuer{anchor: anchor, signer: signer, key: rsaKey}, nil
}

// makeIssuer makes CA and signer and writes them, the anchor last: an issuer
// interrupted while it was made is made again.
func makeIssuer(dir string, now time.Time) (*Issuer, error) {
	caKey, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, fmt.Errorf("make card data issuer: %w", err)
	}
	ca := issuerTemplate("Salter DEMO Resursi CA", now)
	ca.IsCA, ca.BasicConstraintsValid, ca.MaxPathLenZero = true, true, true
	ca.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	anchor, err := certify(ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("make card data issuer: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, fmt.Errorf("make card data issuer: %w", err)
	}
	leaf := issuerTemplate("Salter DEMO document signer", now)
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	signer, err := certify(leaf, anchor, key.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("make card data issuer: %w", err)
	}
	i := &Issuer{anchor: anchor, signer: signer, key: key}
	if err := i.write(dir, key); err != nil {
		return nil, fmt.Errorf("make card data issuer: %w", err)
	}
	return i, nil
}

// write stores the issuer.
func (i *Issuer) write(dir string, key *rsa.PrivateKey) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	signer := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.signer.Raw})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return errors.Join(
		replaceFile(filepath.Join(dir, signerKeyFile), private),
		replaceFile(filepath.Join(dir, signerFile), signer),
		replaceFile(filepath.Join(dir, anchorFile), i.AnchorPEM()),
	)
}

// issuerTemplate is what CA and signer have in common. They were there before
// the oldest card they sign for and outlive the newest.
func issuerTemplate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{Country: []string{"RS"}, Organization: []string{DemoOrganization}, CommonName: name},
		NotBefore: now.AddDate(-15, 0, 0),
		NotAfter:  now.AddDate(20, 0, 0),
	}
}

// certify issues template for pub with a random serial number.
func certify(template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// readPEM returns the content of the first block of a PEM file.
func readPEM(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("read %s: no PEM block", filepath.Base(name))
	}
	return block.Bytes, nil
}

// readCertificate reads one certificate from a PEM file.
func readCertificate(name string) (*x509.Certificate, error) {
	der, err := readPEM(name)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return cert, nil
}
