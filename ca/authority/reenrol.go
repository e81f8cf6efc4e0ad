package authority

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// renewsAt is when a machine's certificate is due: at two thirds of its life.
func renewsAt(c *x509.Certificate) time.Time {
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3)
}

// Reenrol gives a workstation another TLS certificate for the same name (EST
// simplereenroll, RFC 7030 4.2.2), for the key of csr, PKCS#10 DER, and returns
// the chain. The certificate it comes with stays good until it ends, so that
// the workstation can try the new one first. A request that was answered
// before gets the same certificate, as long as that is valid and not due itself.
func (a *Authority) Reenrol(ctx context.Context, c Caller, csr []byte) ([]*x509.Certificate, error) {
	request, err := openReenrolment(csr)
	if err != nil {
		return nil, err
	}
	var cert *x509.Certificate
	var fresh bool
	err = a.db.Do(ctx, func(tx db.Tx) error {
		w, err := a.admitWorkstation(tx, c)
		if err != nil {
			return err
		}
		present, err := tx.WorkstationKey(c.SPKI)
		if err != nil {
			return err
		}
		if err := checkSameName(present, w, request); err != nil {
			return err
		}
		cert, fresh, err = a.reenrol(tx, w, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	if fresh {
		a.log.Info("workstation renewed", "caller", c.URI, "serial", cert.SerialNumber.Text(16))
	}
	return []*x509.Certificate{cert, a.pki.infra.cert}, nil
}

// openReenrolment reads the request and checks proof of possession.
func openReenrolment(csr []byte) (*x509.CertificateRequest, error) {
	if len(csr) > ca.MaxCSR {
		return nil, Refuse(ca.ProblemTooLarge, "request of %d bytes, at most %d allowed", len(csr), ca.MaxCSR)
	}
	request, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, Refuse(ca.ProblemCSRInvalid, "request cannot be read")
	}
	if k, ok := request.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return nil, Refuse(ca.ProblemKeyRejected, "key is not P-256, which signs the assertions")
	}
	if err := request.CheckSignature(); err != nil {
		return nil, Refuse(ca.ProblemCSRInvalid, "proof of possession fails")
	}
	return request, nil
}

// checkSameName wants the subject and the alternative names of the certificate
// that is renewed (RFC 7030 4.2.2). An empty subject asks for no other one.
func checkSameName(present db.WorkstationKey, w db.Workstation, r *x509.CertificateRequest) error {
	cert, err := x509.ParseCertificate(present.Certificate)
	if err != nil {
		return fmt.Errorf("read certificate of workstation %s: %w", w.Name, err)
	}
	var fields []string
	if len(r.Subject.Names) > 0 && !slices.Equal(attributes(r.Subject), attributes(cert.Subject)) {
		fields = append(fields, "subject")
	}
	if len(r.URIs) != 1 || r.URIs[0].String() != w.URI || len(r.DNSNames)+len(r.IPAddresses)+len(r.EmailAddresses) > 0 {
		fields = append(fields, "subjectAltName")
	}
	if len(fields) == 0 {
		return nil
	}
	refusal := Refuse(ca.ProblemSubject, "request is not for the name of the certificate that is renewed")
	refusal.Problem.Fields = fields
	return refusal
}

// attributes lists a name's types and values in an order of its own: tools
// differ in order and in the kind of string.
func attributes(n pkix.Name) []string {
	var all []string
	for _, a := range n.Names {
		all = append(all, fmt.Sprintf("%v=%v", a.Type, a.Value))
	}
	slices.Sort(all)
	return all
}

// reenrol finds or makes the certificate for the request's key.
func (a *Authority) reenrol(tx db.Tx, w db.Workstation, r *x509.CertificateRequest) (cert *x509.Certificate, fresh bool, err error) {
	sum := spki(r)
	held, err := tx.WorkstationKey(sum)
	switch {
	case err == nil && held.Workstation != w.Name:
		return nil, false, Refuse(ca.ProblemKeyReused, "key belongs to another workstation")
	case err == nil:
		if cert, err = x509.ParseCertificate(held.Certificate); err != nil {
			return nil, false, fmt.Errorf("read certificate of workstation %s: %w", w.Name, err)
		}
		// One that begins in the future was made by a clock that was ahead.
		if now := a.now(); now.Before(renewsAt(cert)) && !now.Before(cert.NotBefore) {
			return cert, false, nil
		}
	case !errors.Is(err, db.ErrNotFound):
		return nil, false, err
	}
	if _, err := tx.IssuanceByKey(sum); err == nil {
		return nil, false, Refuse(ca.ProblemKeyReused, "key was certified for a citizen")
	} else if !errors.Is(err, db.ErrNotFound) {
		return nil, false, err
	}
	uri, err := url.Parse(w.URI)
	if err != nil {
		return nil, false, fmt.Errorf("read URI of workstation %s: %w", w.Name, err)
	}
	if cert, err = a.certifyWorkstation(w.Name, uri, r.PublicKey); err != nil {
		return nil, false, err
	}
	return cert, true, tx.PutWorkstationKey(db.WorkstationKey{SPKI: sha256.Sum256(cert.RawSubjectPublicKeyInfo), Workstation: w.Name,
		Certificate: cert.Raw, NotAfter: cert.NotAfter, At: a.now()})
}
