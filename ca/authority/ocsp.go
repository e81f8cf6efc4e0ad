package authority

import (
	"bytes"
	"context"
	"crypto"
	_ "crypto/sha1" // names the issuer in most requests (RFC 5019 2.1.1)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"salter/ca/authority/db"
)

const (
	// responderLifetime is the validity of a responder's certificate, which
	// nobody can revoke (id-pkix-ocsp-nocheck); it is renewed at two thirds.
	responderLifetime = 7 * 24 * time.Hour
	// answerLife is the time to nextUpdate of an answer.
	answerLife = time.Hour
	// answerKept is how long an answer is repeated as it was signed, unless
	// the status changes.
	answerKept = 5 * time.Minute
	// maxAnswers is how many answers are kept, of each label.
	maxAnswers = 10_000
)

// oidNoCheck is id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1).
var oidNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// responder answers OCSP for one issuer with a delegated key (RFC 6960 2.6).
type responder struct {
	issuer *issuer
	label  string

	mu      sync.Mutex
	cert    *x509.Certificate   // mu
	renew   time.Time           // mu
	changes uint64              // mu; counts changes of status
	answers map[question]answer // mu
}

// question is what an answer is kept for.
type question struct {
	serial string
	hash   crypto.Hash // of the issuer's name and key
}

// answer is one signed answer.
type answer struct {
	der   []byte
	until time.Time
}

func (a *Authority) makeResponders() {
	a.responder = make(map[string]*responder)
	for _, label := range a.listed() {
		i, _ := a.issuer(label)
		a.responder[label] = &responder{issuer: i, label: label, answers: make(map[question]answer)}
	}
}

// OCSP answers one request (RFC 6960), DER in and out. A request that cannot
// be read, or that asks about another issuer, is answered as the RFC says. An
// error is a failure of the authority, or a label that does not exist. The
// answer counts, and may be kept by others, until then; zero: not at all.
func (a *Authority) OCSP(ctx context.Context, label string, request []byte) (der []byte, until time.Time, err error) {
	if _, err := a.issuer(label); err != nil {
		return nil, time.Time{}, err
	}
	r := a.responder[label]
	req, err := ocsp.ParseRequest(request)
	if err != nil {
		return ocsp.MalformedRequestErrorResponse, time.Time{}, nil
	}
	asked, err := r.asks(req)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !asked || req.SerialNumber.Sign() <= 0 {
		return ocsp.UnauthorizedErrorResponse, time.Time{}, nil
	}
	if err := a.lookForChanges(ctx); err != nil {
		return nil, time.Time{}, err
	}
	q := question{serial: req.SerialNumber.Text(16), hash: req.HashAlgorithm}
	kept, changes := r.kept(q, a.now())
	if kept.der != nil {
		return kept.der, kept.until, nil
	}
	template, known, err := a.publicStatus(ctx, label, q.serial)
	if err != nil {
		return nil, time.Time{}, err
	}
	template.SerialNumber, template.IssuerHash = req.SerialNumber, req.HashAlgorithm
	if der, err = a.signAnswer(r, template); err != nil {
		return nil, time.Time{}, err
	}
	until = a.now().Add(answerKept)
	if !known {
		return der, time.Time{}, nil
	}
	r.keep(q, answer{der, until}, changes)
	return der, until, nil
}

// changesPause is how often the database is asked whether another process has
// changed a status; answers are that late at most.
const changesPause = time.Second

// changes is how far the present answers know of changes of status.
type changes struct {
	mu     sync.Mutex
	last   int64     // mu; number of the last
	looked time.Time // mu
}

// lookForChanges drops all answers after a change that this process may not
// have made.
func (a *Authority) lookForChanges(ctx context.Context) error {
	a.changes.mu.Lock()
	defer a.changes.mu.Unlock()
	if a.now().Sub(a.changes.looked).Abs() < changesPause {
		return nil
	}
	var last int64
	if err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		last, err = tx.LastChange()
		return err
	}); err != nil {
		return err
	}
	if last != a.changes.last {
		for _, r := range a.responder {
			r.forgetAll()
		}
	}
	a.changes.last, a.changes.looked = last, a.now()
	return nil
}

// forgetAll drops every answer, also those that are being signed.
func (r *responder) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	clear(r.answers)
}

// asks reports whether a request is about the responder's issuer.
func (r *responder) asks(req *ocsp.Request) (bool, error) {
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	if _, err := asn1.Unmarshal(r.issuer.cert.RawSubjectPublicKeyInfo, &key); err != nil {
		return false, fmt.Errorf("read issuer's key: %w", err)
	}
	sum := func(b []byte) []byte {
		h := req.HashAlgorithm.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return bytes.Equal(req.IssuerNameHash, sum(r.issuer.cert.RawSubject)) &&
		bytes.Equal(req.IssuerKeyHash, sum(key.Bits.RightAlign())), nil
}

// publicStatus is the status of a serial as strangers are told: what is on
// hold or suspended is revoked with the reason certificateHold, and what this
// issuer did not issue is unknown.
func (a *Authority) publicStatus(ctx context.Context, label, serial string) (t ocsp.Response, known bool, err error) {
	var status db.Status
	err = a.db.Do(ctx, func(tx db.Tx) error {
		row, err := tx.IssuanceBySerial(serial)
		if err == nil && (row.Label != label || row.State != db.IssuedState) {
			err = db.ErrNotFound
		}
		if err == nil {
			status, err = tx.Status(serial)
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return ocsp.Response{Status: ocsp.Unknown}, false, nil
	}
	if err != nil {
		return ocsp.Response{}, false, err
	}
	if status.State == db.StatusActive {
		return ocsp.Response{Status: ocsp.Good}, true, nil
	}
	return ocsp.Response{Status: ocsp.Revoked, RevokedAt: status.At.UTC(), RevocationReason: publicReason(status)}, true, nil
}

// signAnswer signs t as of now.
func (a *Authority) signAnswer(r *responder, t ocsp.Response) ([]byte, error) {
	cert, err := a.responderCertificate(r)
	if err != nil {
		return nil, err
	}
	t.Certificate = cert
	t.ThisUpdate = a.now().UTC().Truncate(time.Second)
	t.NextUpdate = t.ThisUpdate.Add(answerLife)
	der, err := ocsp.CreateResponse(r.issuer.cert, cert, t, r.issuer.ocspKey)
	if err != nil {
		return nil, fmt.Errorf("sign OCSP answer: %w", err)
	}
	return der, nil
}

// responderCertificate is the responder's certificate, a new one when it is
// due.
func (a *Authority) responderCertificate(r *responder) (_ *x509.Certificate, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := a.now()
	if r.cert != nil && now.Before(r.renew) && now.After(r.cert.NotBefore) {
		return r.cert, nil
	}
	t := a.machineTemplate("Salter OCSP "+r.label, now, responderLifetime)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	t.ExtraExtensions = []pkix.Extension{{Id: oidNoCheck, Value: asn1.NullBytes}}
	if r.cert, err = certify(t, r.issuer.signer, r.issuer.ocspKey.Public()); err != nil {
		return nil, err
	}
	r.renew = now.Add(responderLifetime * 2 / 3)
	return r.cert, nil
}

// kept finds an answer that may be repeated, and the number of changes seen.
func (r *responder) kept(q question, now time.Time) (answer, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, ok := r.answers[q]
	// An answer from far ahead was signed by a clock that has been set back.
	if !ok || !now.Before(kept.until) || kept.until.Sub(now) > answerKept {
		return answer{}, r.changes
	}
	return kept, r.changes
}

// keep keeps an answer, unless a status changed since it was begun.
func (r *responder) keep(q question, given answer, changes uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return
	}
	if len(r.answers) >= maxAnswers {
		clear(r.answers)
	}
	r.answers[q] = given
}

// forgetAnswers drops what was answered about a certificate; called after each
// change of its status, also one that only perhaps happened.
func (a *Authority) forgetAnswers(serial string) {
	for _, r := range a.responder {
		r.mu.Lock()
		r.changes++
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			delete(r.answers, question{serial, hash})
		}
		r.mu.Unlock()
	}
}
