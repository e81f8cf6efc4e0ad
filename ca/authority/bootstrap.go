package authority

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// MaxCodeLife is how long a code may admit a workstation.
const MaxCodeLife = 7 * 24 * time.Hour

// NewCode is a code for a workstation, as it is shown once.
type NewCode struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// EnrolmentCode makes a code with which the workstation of that name enrols
// itself at the bootstrap port, until life is over. Only its hash is kept: who
// loses the code has another one made, which ends those that nobody used.
func (a *Authority) EnrolmentCode(ctx context.Context, workstation string, life time.Duration) (NewCode, error) {
	if _, err := ca.WorkstationURI(workstation); err != nil {
		return NewCode{}, fmt.Errorf("make enrolment code: %w: %w", ErrRegister, err)
	}
	if life <= 0 || life > MaxCodeLife {
		return NewCode{}, fmt.Errorf("make enrolment code: %w: a code lives at most %v", ErrRegister, MaxCodeLife)
	}
	code := ca.NewEnrolmentCode(a.pki.infra.cert)
	expires := a.now().Add(life)
	err := a.db.Do(ctx, func(tx db.Tx) error {
		if err := notRevoked(tx, workstation); err != nil {
			return err
		}
		return errors.Join(
			tx.PutEnrolmentCode(db.EnrolmentCode{SHA256: code.Sum(), Workstation: workstation, Expires: expires, At: a.now()}),
			a.record(ctx, tx, actionCode, workstation))
	})
	if err != nil {
		return NewCode{}, fmt.Errorf("make enrolment code: %w", err)
	}
	a.log.Info("enrolment code made", "workstation", workstation, "expires", expires)
	return NewCode{Code: code.Text(), Expires: expires}, nil
}

// notRevoked refuses a name that has no way back.
func notRevoked(tx db.Tx, workstation string) error {
	w, err := tx.Workstation(workstation)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil
	case err == nil && w.State != db.Active:
		return fmt.Errorf("%w: workstation %s is revoked", ErrRegister, workstation)
	}
	return err
}

// errCode is the one answer to every wrong code, so that nothing can be
// learnt by trying.
var errCode = errors.New("no code admits this workstation now")

// EnrolByCode takes a workstation into the register with its code instead of an
// administrator. A code admits one key: until it expires the same key gets the
// same certificate again, after a lost answer. All that is wrong with the code
// is one Refusal.
func (a *Authority) EnrolByCode(ctx context.Context, code ca.EnrolmentCode, r ca.EnrolmentRequest) (ca.EnrolmentResponse, error) {
	csr, uri, err := checkEnrolment(r)
	if err != nil {
		return ca.EnrolmentResponse{}, Refuse(ca.ProblemCSRInvalid, "enrol by code: %w", err)
	}
	var cert *x509.Certificate
	var bundle string
	err = a.db.Do(ctx, func(tx db.Tx) error {
		fresh, err := a.admitCode(tx, code, r.Workstation, spki(csr))
		if err != nil {
			return err
		}
		if cert, err = a.enrolled(WithOperator(ctx, operatorCode), tx, fresh, r, uri, csr); err != nil {
			return err
		}
		bundle, err = a.bundle(tx, r.Workstation, uri.String())
		return err
	})
	switch {
	case errors.Is(err, errCode), errors.Is(err, ErrRegister):
		return ca.EnrolmentResponse{}, Refuse(ca.ProblemCode, "%w", err)
	case err != nil:
		return ca.EnrolmentResponse{}, fmt.Errorf("enrol by code: %w", err)
	}
	a.log.Info("workstation enrolled by code", "workstation", r.Workstation, "serial", cert.SerialNumber.Text(16))
	return ca.EnrolmentResponse{Chain: [][]byte{cert.Raw, a.pki.infra.cert.Raw}, Bundle: bundle}, nil
}

// admitCode uses the code for a key; fresh is false for the key that used it
// before.
func (a *Authority) admitCode(tx db.Tx, code ca.EnrolmentCode, workstation string, key [32]byte) (fresh bool, err error) {
	held, err := tx.EnrolmentCode(code.Sum())
	if errors.Is(err, db.ErrNotFound) {
		return false, errCode
	}
	if err != nil {
		return false, err
	}
	if held.Workstation != workstation || !a.now().Before(held.Expires) {
		return false, errCode
	}
	switch held.UsedBy {
	case key:
		return false, nil
	case [32]byte{}:
		last, err := tx.LastEnrolmentCode(workstation)
		if err != nil {
			return false, err
		}
		if last.SHA256 == held.SHA256 {
			return true, tx.UseEnrolmentCode(held.SHA256, key)
		}
	}
	return false, errCode
}

// enrolled makes the certificate of a key that a code admits, or finds it.
func (a *Authority) enrolled(ctx context.Context, tx db.Tx, fresh bool, r ca.EnrolmentRequest, uri *url.URL, csr *x509.CertificateRequest) (*x509.Certificate, error) {
	if !fresh {
		if err := notRevoked(tx, r.Workstation); err != nil {
			return nil, err
		}
		held, err := tx.WorkstationKey(spki(csr))
		if err != nil {
			return nil, err
		}
		return x509.ParseCertificate(held.Certificate)
	}
	cert, err := a.certifyWorkstation(r.Workstation, uri, csr.PublicKey)
	if err != nil {
		return nil, err
	}
	return cert, errors.Join(a.registerWorkstation(tx, r, uri.String(), cert), a.record(ctx, tx, actionEnrol, r.Workstation))
}

// BootstrapTLS returns the configuration of the bootstrap port: that of the
// API port without client certificates, which whoever comes here is to get.
func (a *Authority) BootstrapTLS() *tls.Config {
	c := a.TLS()
	c.ClientAuth, c.ClientCAs = tls.NoClientCert, nil
	return c
}
