// Package root is the root CA of an authority on a machine without a network:
// a folder with its certificate, its key or where that is, and all that it ever
// signed.
//
// Create makes one; Open opens it for SignIssuer, Revoke and SignList. What is
// to be signed is in the folder's record before the key signs it, so that no
// serial number and no number of a list is used twice, after a crash at any
// moment.
package root

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"time"

	"salter/ca/authority/crl"
	"salter/ca/authority/keys"
	"salter/ca/authority/token"
)

// ErrRefused is wrapped when the root does not sign what it was asked to.
var ErrRefused = errors.New("root does not sign this")

// lifetime is that of a root's certificate in years.
const lifetime = 25

// slack is how far the clocks of other machines may be behind.
const slack = 5 * time.Minute

// Config says how a root is made.
type Config struct {
	Name           string // common name
	Organization   string
	OrganizationID string // VATRS- and the tax number
	Key            string // pkcs11: URI; empty: an encrypted file, for demonstrations
	Kind           string // of the key, such as rsa4096
	Now            func() time.Time
}

// record is the folder's root.json.
type record struct {
	Key    string   `json:"key,omitempty"` // pkcs11: URI; empty: a file
	List   int64    `json:"list"`          // number of the last list
	Issued []issued `json:"issued"`
}

// issued is one certificate that the root signed, or was about to.
type issued struct {
	Serial  string    `json:"serial"` // hex
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Revoked time.Time `json:"revoked,omitzero"`
	Reason  int       `json:"reason,omitempty"` // RFC 5280 5.3.1
}

// Root is an opened root.
type Root struct {
	Certificate *x509.Certificate

	dir    string
	record record
	key    crypto.Signer
	tokens *token.Tokens
	now    func() time.Time
}

// purpose is that of the key in its file.
const purpose = "root"

// Create makes a root in dir, which must not exist.
func Create(dir string, cfg Config) (err error) {
	if cfg.Name == "" || cfg.Organization == "" || cfg.OrganizationID == "" {
		return errors.New("make root: name, organization and its identifier are needed")
	}
	tmp := dir + ".new" // after a crash there is all of it or nothing
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("make root: %w", err)
	}
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("make root: %s exists", dir)
	}
	tokens := token.New()
	defer func() { err = errors.Join(err, tokens.Close()) }()
	key, err := makeKey(tmp, cfg, tokens)
	if err != nil {
		return fmt.Errorf("make root: %w", err)
	}
	cert, err := Certify(CA{Subject: Name(cfg.Organization, cfg.OrganizationID, cfg.Name), Serial: NewSerial(),
		From: cfg.Now().Add(-slack), Years: lifetime}, key.Public(), nil, key)
	if err != nil {
		return fmt.Errorf("make root: %w", err)
	}
	r := &Root{dir: tmp, record: record{Key: cfg.Key, Issued: []issued{}}}
	err = errors.Join(replace(filepath.Join(tmp, "root.pem"), encode(cert)), r.save())
	if err == nil {
		err = os.Rename(tmp, dir)
	}
	if err != nil {
		return fmt.Errorf("make root: %w", err)
	}
	return syncDir(filepath.Dir(dir))
}

func makeKey(dir string, cfg Config, tokens *token.Tokens) (crypto.Signer, error) {
	if cfg.Key != "" {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		return tokens.Make(cfg.Key, cfg.Kind)
	}
	store, err := keys.Create(dir)
	if err != nil {
		return nil, err
	}
	return store.LoadOrMake(purpose, cfg.Kind)
}

// Open opens the root in dir and its key; Close it afterwards.
func Open(dir string, now func() time.Time) (*Root, error) {
	r := &Root{dir: dir, tokens: token.New(), now: now}
	if err := r.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open root: %w", err), r.tokens.Close())
	}
	return r, nil
}

func (r *Root) open() error {
	text, err := os.ReadFile(r.file("root.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.record); err != nil {
		return err
	}
	text, err = os.ReadFile(r.file("root.pem"))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return errors.New("root.pem is no PEM")
	}
	if r.Certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
		return err
	}
	if r.record.Key != "" {
		r.key, err = r.tokens.Key(r.record.Key)
	} else {
		var store *keys.Store
		if store, err = keys.Open(r.dir); err == nil {
			r.key, err = store.Load(purpose)
		}
	}
	if err != nil {
		return err
	}
	if !equal(r.key.Public(), r.Certificate.PublicKey) {
		return errors.New("key and certificate do not belong together")
	}
	if now := r.now(); now.Before(r.Certificate.NotBefore) || now.After(r.Certificate.NotAfter) {
		return fmt.Errorf("its certificate is not valid at %s: is the clock right?", now.UTC().Format(time.RFC3339))
	}
	return nil
}

// Close logs out of the token.
func (r *Root) Close() error { return r.tokens.Close() }

// Demo reports whether the key lies in a file.
func (r *Root) Demo() bool { return r.record.Key == "" }

// SignIssuer certifies the issuer of a PKCS#10 request (DER) for some years,
// with the address of the root's list. The request must be of the root's own
// organization; whether it is the right one is for people to compare, by its
// hash.
func (r *Root) SignIssuer(csr []byte, years int, list string) (*x509.Certificate, error) {
	request, err := r.check(csr)
	if err != nil {
		return nil, fmt.Errorf("sign issuer: %w", err)
	}
	if now := r.now(); years < 1 || now.AddDate(years, 0, 0).After(r.Certificate.NotAfter) {
		return nil, fmt.Errorf("sign issuer: %w: the issuer would outlive the root", ErrRefused)
	}
	c := CA{Subject: Name(request.Subject.Organization[0], organizationID(request.Subject), request.Subject.CommonName),
		Serial: NewSerial(), From: r.now().Add(-slack), Years: years, List: list}
	r.record.Issued = append(r.record.Issued, issued{Serial: c.Serial.Text(16), Name: c.Subject.CommonName, At: r.now().UTC().Truncate(time.Second)})
	if err := r.save(); err != nil {
		return nil, fmt.Errorf("sign issuer: %w", err)
	}
	cert, err := Certify(c, request.PublicKey, r.Certificate, r.key)
	if err == nil {
		err = cert.CheckSignatureFrom(r.Certificate)
	}
	if err == nil {
		err = replace(r.file(c.Serial.Text(16)+".pem"), encode(cert))
	}
	if err != nil {
		return nil, fmt.Errorf("sign issuer: %w", err)
	}
	return cert, nil
}

// check reads a request and says why the root does not sign it.
func (r *Root) check(csr []byte) (*x509.CertificateRequest, error) {
	request, err := x509.ParseCertificateRequest(csr)
	if err == nil {
		err = request.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: request: %w", ErrRefused, err)
	}
	own := r.Certificate.Subject
	switch s := request.Subject; {
	case len(s.Organization) != 1 || s.Organization[0] != own.Organization[0] || organizationID(s) != organizationID(own):
		return nil, fmt.Errorf("%w: another organization", ErrRefused)
	case s.CommonName == "" || s.CommonName == own.CommonName:
		return nil, fmt.Errorf("%w: no name, or that of the root", ErrRefused)
	case equal(request.PublicKey, r.Certificate.PublicKey):
		return nil, fmt.Errorf("%w: the key is the root's own", ErrRefused)
	}
	switch k := request.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 || k.E < 65537 {
			return nil, fmt.Errorf("%w: RSA key of %d bits, exponent %d", ErrRefused, k.N.BitLen(), k.E)
		}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() {
			return nil, fmt.Errorf("%w: curve %s", ErrRefused, k.Curve.Params().Name)
		}
	default:
		return nil, fmt.Errorf("%w: a %T", ErrRefused, k)
	}
	return request, nil
}

func organizationID(n pkix.Name) string {
	for _, a := range n.Names {
		if text, ok := a.Value.(string); ok && a.Type.Equal(oidOrgID) {
			return text
		}
	}
	return ""
}

// Revoke puts a certificate that the root signed on its lists from now on, for
// a reason of RFC 5280 5.3.1.
func (r *Root) Revoke(serial *big.Int, reason int) error {
	if !slices.Contains([]int{0, 1, 4, 5}, reason) {
		return fmt.Errorf("revoke issuer: %w: reason %d is none of 0, 1, 4, 5", ErrRefused, reason)
	}
	for i, c := range r.record.Issued {
		if c.Serial != serial.Text(16) {
			continue
		}
		if !c.Revoked.IsZero() {
			return fmt.Errorf("revoke issuer: %w: it is revoked already, since %s", ErrRefused, c.Revoked.Format(time.RFC3339))
		}
		r.record.Issued[i].Revoked, r.record.Issued[i].Reason = r.now().UTC().Truncate(time.Second), reason
		if err := r.save(); err != nil {
			return fmt.Errorf("revoke issuer: %w", err)
		}
		return nil
	}
	return fmt.Errorf("revoke issuer: %w: it did not sign a certificate with this serial", ErrRefused)
}

// SignList makes the next list of revoked certificates, DER, good for life,
// and checks it as a stranger would.
func (r *Root) SignList(life time.Duration) ([]byte, error) {
	if life < 24*time.Hour || life > 400*24*time.Hour {
		return nil, fmt.Errorf("sign list: %w: a list lives a day to 400 days", ErrRefused)
	}
	r.record.List++
	if err := r.save(); err != nil {
		return nil, fmt.Errorf("sign list: %w", err)
	}
	list := crl.List{Number: r.record.List, ThisUpdate: r.now(), NextUpdate: r.now().Add(life), KeptSince: r.Certificate.NotBefore}
	for _, c := range r.record.Issued {
		serial, ok := new(big.Int).SetString(c.Serial, 16)
		if !ok {
			return nil, fmt.Errorf("sign list: serial %q is no number", c.Serial)
		}
		if !c.Revoked.IsZero() {
			list.Entries = append(list.Entries, crl.Entry{Serial: serial, At: c.Revoked, Reason: c.Reason})
		}
	}
	der, err := crl.Sign(list, r.Certificate, r.key)
	if err == nil {
		err = crl.Check(der, list, r.Certificate)
	}
	if err != nil {
		return nil, fmt.Errorf("sign list: %w", err)
	}
	return der, nil
}

func (r *Root) file(name string) string { return filepath.Join(r.dir, name) }

// save replaces the record.
func (r *Root) save() error {
	text, err := json.MarshalIndent(r.record, "", "  ")
	if err != nil {
		return err
	}
	return replace(r.file("root.json"), append(text, '\n'))
}

func encode(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// replace writes a file as a whole and puts it on stable storage.
func replace(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func equal(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}
