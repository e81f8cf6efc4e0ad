package ca

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"sync"
	"time"

	"salter/ca/est"
)

// RotationConfig is what a Rotation is made of.
type RotationConfig struct {
	// Keys and Enrolled, EnrolmentResponse.Chain, are those of the enrolment:
	// that certificate counts until the first renewal, and again if an
	// administrator signed anew.
	Keys     *WorkstationKeys
	Enrolled [][]byte
	Trust    *Trust
	// Load reads what Save wrote last; fs.ErrNotExist: nothing yet. Save
	// replaces it as a whole, on stable storage when it returns. It holds
	// private keys: only the owner may be able to read it.
	Load func() ([]byte, error)
	Save func([]byte) error
	// Now is this machine's clock; nil: time.Now.
	Now func() time.Time
}

// Rotation keeps the workstation's TLS certificate young without a restart:
// from two thirds of its life on it has another one made for a new key, tries
// it, and only then lets go of the old one. After a crash at any moment it
// goes on where it was: the new key is stored before it is sent, and the same
// request gets the same certificate. Certificate may be called from any
// goroutine, Due and Renew from one at a time.
type Rotation struct {
	cfg RotationConfig

	mu      sync.Mutex
	present *tls.Certificate // mu
	renewed *pair            // present, as it is stored; nil: that of the enrolment; touched by Renew only
	next    *pair            // nil: nothing is asked for; touched by Renew only
}

// pair is a key that a certificate was asked for, and the certificate if it
// came.
type pair struct {
	Key   []byte   `json:"key"` // PKCS#8 DER
	CSR   []byte   `json:"csr"` // PKCS#10 DER, the same bytes at every try
	Chain [][]byte `json:"chain,omitempty"`
}

// rotationFile is what Save gets.
type rotationFile struct {
	Version     int    `json:"version"`
	Workstation string `json:"workstation"`
	Present     *pair  `json:"present,omitempty"`
	Next        *pair  `json:"next,omitempty"`
}

// NewRotation loads the state. Of the certificate of the enrolment and the one
// renewed last, the younger is the present one; an error if neither is valid,
// which only the administrator of the authority can cure.
func NewRotation(cfg RotationConfig) (*Rotation, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Rotation{cfg: cfg}
	f, err := r.load()
	if err != nil {
		return nil, fmt.Errorf("load rotation: %w", err)
	}
	r.next = f.Next
	enrolled, err := cfg.Keys.CertificateOf(cfg.Enrolled, cfg.Trust, cfg.Now())
	if err == nil {
		r.present = enrolled
	}
	if f.Present != nil {
		renewed, errRenewed := r.open(f.Present)
		if errRenewed == nil && (err != nil || renewed.Leaf.NotBefore.After(enrolled.Leaf.NotBefore)) {
			r.present, r.renewed = renewed, f.Present
		}
		err = errors.Join(err, errRenewed)
	}
	if r.present == nil {
		return nil, fmt.Errorf("load rotation: %w", err)
	}
	return r, nil
}

// load reads the file; a zero one if nothing was stored yet.
func (r *Rotation) load() (f rotationFile, err error) {
	text, err := r.cfg.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if err := DecodeJSON(text, &f); err != nil || f.Version != 1 || f.Workstation != r.cfg.Trust.Workstation {
		return f, errors.New("not a file of version 1 for this workstation") // the cause could quote keys
	}
	return f, nil
}

// Certificate is the present certificate, for Config.Certificate.
func (r *Rotation) Certificate() (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.present, nil
}

// Due reports whether there is something to do.
func (r *Rotation) Due() bool {
	cert, _ := r.Certificate() // never fails
	life := cert.Leaf.NotAfter.Sub(cert.Leaf.NotBefore)
	return r.next != nil || !r.cfg.Now().Before(cert.Leaf.NotBefore.Add(life*2/3))
}

// Renew does what is due: asks for another certificate, tries it and makes it
// the present one. Call it every hour or so. After an error the present one
// stays, and the next call goes on.
func (r *Rotation) Renew(ctx context.Context, c *Client) error {
	if !r.Due() {
		return nil
	}
	if r.next == nil {
		if err := r.begin(); err != nil {
			return fmt.Errorf("renew workstation certificate: %w", err)
		}
	}
	if r.next.Chain == nil {
		if err := r.ask(ctx, c); err != nil {
			return fmt.Errorf("renew workstation certificate: %w", err)
		}
	}
	if err := r.change(ctx, c); err != nil {
		return fmt.Errorf("renew workstation certificate: %w", err)
	}
	return nil
}

// begin makes a key and a request under the name of the present certificate,
// and stores them.
func (r *Rotation) begin() error {
	present, _ := r.Certificate() // never fails
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	uri, err := url.Parse(r.cfg.Trust.URI)
	if err != nil {
		return err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader,
		&x509.CertificateRequest{RawSubject: present.Leaf.RawSubject, URIs: []*url.URL{uri}}, key)
	if err != nil {
		return err
	}
	next := &pair{Key: der, CSR: csr}
	return r.await(next)
}

// ask sends the request and stores the certificate. A request that is refused
// for what it says is given up, so that the next call makes another.
func (r *Rotation) ask(ctx context.Context, c *Client) error {
	chain, err := c.reenrol(ctx, r.next.CSR)
	if KindOf(err) == Refuses {
		return errors.Join(err, r.await(nil))
	}
	if err != nil {
		return err
	}
	asked := &pair{Key: r.next.Key, CSR: r.next.CSR, Chain: chain}
	if _, err := r.open(asked); err != nil {
		return err
	}
	return r.await(asked)
}

// change makes the next certificate the present one, after a harmless request
// has succeeded with it.
func (r *Rotation) change(ctx context.Context, c *Client) error {
	cert, err := r.open(r.next)
	if err != nil { // it has ended before it could be used
		return errors.Join(err, r.await(nil))
	}
	cfg := c.cfg
	cfg.Certificate = func() (*tls.Certificate, error) { return cert, nil }
	try, err := NewClient(cfg)
	if err != nil {
		return err
	}
	defer try.Close()
	if _, err := try.Policy(ctx); err != nil {
		return err
	}
	if err := r.store(r.next, nil); err != nil {
		return err
	}
	r.mu.Lock()
	r.present = cert
	r.mu.Unlock()
	r.renewed, r.next = r.next, nil
	return nil
}

// open checks a pair like the certificate of an enrolment.
func (r *Rotation) open(p *pair) (*tls.Certificate, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(p.Key)
	if err != nil {
		return nil, errors.New("stored key cannot be read")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("stored key is not P-256")
	}
	keys := *r.cfg.Keys
	keys.TLS = key
	return keys.CertificateOf(p.Chain, r.cfg.Trust, r.cfg.Now())
}

// await stores next beside what is present.
func (r *Rotation) await(next *pair) error {
	if err := r.store(r.renewed, next); err != nil {
		return err
	}
	r.next = next
	return nil
}

func (r *Rotation) store(present, next *pair) error {
	text, err := json.Marshal(rotationFile{1, r.cfg.Trust.Workstation, present, next})
	if err != nil {
		return err
	}
	return r.cfg.Save(text)
}

// reenrol asks for another certificate of the workstation (EST
// simplereenroll) and returns its chain, DER, leaf first.
func (c *Client) reenrol(ctx context.Context, csr []byte) ([][]byte, error) {
	const op = "renew workstation certificate"
	a, err := c.do(ctx, request{op: op, method: http.MethodPost, path: est.Path(LabelWorkstation, est.OpSimpleReenroll),
		contentType: est.TypePKCS10, accept: "application/pkcs7-mime", body: est.EncodeBase64(csr), limit: maxJSON})
	if err != nil {
		return nil, unsupported(err)
	}
	certs, err := readCerts(a)
	if err != nil {
		return nil, &Error{Op: op, Status: a.status, Err: err}
	}
	var chain [][]byte
	for _, cert := range certs {
		chain = append(chain, cert.Raw)
	}
	return chain, nil
}
