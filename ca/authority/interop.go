package authority

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/authority/keys"
	"salter/ca/authority/root"
	"salter/ca/profile"
)

// interopLifetime is the validity of a test certificate.
const interopLifetime = 90 * 24 * time.Hour

// loadInterop reads the issuer of the label interop, which only a
// demonstration has; a missing one is made first. It stands alone: nobody who
// trusts the citizens' root or the infrastructure CA trusts it.
func (p *pki) loadInterop(dir string, now time.Time) error {
	i := new(issuer)
	key, err := p.keys.loadOrMake(issuerPurpose(ca.LabelInterop), "p256")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, issuerPurpose(ca.LabelInterop)+".pem")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		plan := demoPlan()
		plan.Names[issuerPurpose(ca.LabelInterop)] = "Salter Demo Interoperability CA"
		if err := certifyAside(path, plan, signer{key: key}, now); err != nil {
			return err
		}
	}
	if i.signer, err = loadSigner(dir, p.keys, issuerPurpose(ca.LabelInterop)); err != nil {
		return err
	}
	if i.ocspKey, err = p.keys.loadOrMake(responderPurpose(ca.LabelInterop), "p256"); err != nil {
		return err
	}
	if i.lintKey, err = keys.Like(i.cert.PublicKey); err != nil {
		return err
	}
	copied := *i.cert
	copied.PublicKey = i.lintKey.Public()
	i.lintCert, p.interop = &copied, i
	return nil
}

// certifyAside writes the certificate so that after a crash there is all of it
// or nothing.
func certifyAside(path string, plan Plan, s signer, now time.Time) error {
	aside, err := os.MkdirTemp(filepath.Dir(path), "aside-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	if err := certifyCA(aside, issuerPurpose(ca.LabelInterop), plan, &s, nil, 15, now); err != nil {
		return err
	}
	made := filepath.Join(aside, filepath.Base(path))
	if err := syncPath(made); err != nil {
		return err
	}
	if err := os.Rename(made, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// acceptInterop is accept under the label interop: a test certificate, not
// qualified, for whatever name a registered workstation asks for. There is no
// card, no clerk and no journal behind it. Everything else is as with
// citizens: the same bytes get the same answer, a key is certified once, and
// serial and to-be-signed bytes are durable before the key touches them.
func (a *Authority) acceptInterop(ctx context.Context, c Caller, e Enrolment) (sum [32]byte, err error) {
	i, csr, err := a.openRequest(e)
	if err != nil {
		return sum, err
	}
	r := request{Enrolment: e, issuer: i, csr: csr, sum: sha256.Sum256(e.CSR)}
	return r.sum, a.db.Do(db.InTurn(ctx), func(tx db.Tx) error { return a.prepareInterop(tx, c, r) })
}

func (a *Authority) prepareInterop(tx db.Tx, c Caller, r request) error {
	w, err := a.admitWorkstation(tx, c)
	if err != nil {
		return err
	}
	known, err := tx.IssuanceByCSR(r.sum)
	if err == nil {
		if known.Label != r.Label {
			return Refuse(ca.ProblemConflict, "request is known under another label")
		}
		return checkOffice(known, w)
	}
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if err := a.checkIssuer(tx, r.Label); err != nil {
		return err
	}
	if err := a.checkInteropKey(tx, r); err != nil {
		return err
	}
	row := db.Issuance{CSRSHA256: r.sum, Case: interopCase(r.sum), Attempt: 1, Label: r.Label, State: db.Prepared,
		SPKI: spki(r.csr), CSR: r.CSR, Workstation: w.Name, At: a.now()}
	if err := a.buildInterop(r, &row); err != nil {
		return err
	}
	if err := tx.InsertIssuance(row); err != nil {
		return err
	}
	// Nobody holds it: a number of its own keeps it from being found beside
	// others, and an empty case file from being looked for on a card.
	if err := tx.PutHolder(db.Holder{CSRSHA256: r.sum, PersonalNumber: row.Case, Contract: r.Label}); err != nil {
		return err
	}
	return tx.PutCaseFile(db.CaseFile{Case: row.Case, Workstation: w.Name, At: row.At})
}

// interopCase names the request as cases are named, by its hash.
func interopCase(sum [32]byte) string {
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// checkInteropKey holds the key to what is asked of a citizen's.
func (a *Authority) checkInteropKey(tx db.Tx, r request) error {
	if bad := profile.Errors(a.pki.issuers[ca.LabelCitizen].profile.CheckKey(r.csr.PublicKey)); len(bad) > 0 {
		return Refuse(ca.ProblemKeyRejected, "%s", bad[0].Detail)
	}
	used, err := tx.IssuanceByKey(spki(r.csr))
	if err == nil {
		refusal := Refuse(ca.ProblemKeyReused, "key was certified before")
		refusal.Problem.Serial = used.Serial
		return refusal
	}
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if _, err := tx.WorkstationKey(spki(r.csr)); err == nil {
		return Refuse(ca.ProblemKeyReused, "key is one of a workstation")
	} else if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return nil
}

// buildInterop makes the certificate with the throw-away key, lints it, and
// puts serial and to-be-signed bytes into row.
func (a *Authority) buildInterop(r request, row *db.Issuance) error {
	t, err := a.interopTemplate(r.csr)
	if err != nil {
		return err
	}
	endWith(t, r.issuer.cert)
	// The names are the stranger's: what cannot be encoded, or read back, is his
	// mistake.
	var cert *x509.Certificate
	der, err := x509.CreateCertificate(rand.Reader, t, r.issuer.lintCert, r.csr.PublicKey, r.issuer.lintKey)
	if err == nil {
		cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return Refuse(ca.ProblemCSRInvalid, "names of the request cannot be certified")
	}
	linted, err := a.linter.Lint(cert.Raw, a.pki.issuers[ca.LabelCitizen].profile)
	if err != nil {
		return fmt.Errorf("lint certificate: %w", err)
	}
	if bad := profile.Errors(linted); len(bad) > 0 {
		return withFields(ca.ProblemProfile, bad)
	}
	row.Serial, row.TBS = cert.SerialNumber.Text(16), cert.RawTBSCertificate
	return nil
}

// interopTemplate takes names from the request, and nothing else.
func (a *Authority) interopTemplate(csr *x509.CertificateRequest) (*x509.Certificate, error) {
	if len(csr.Subject.Names) == 0 {
		return nil, Refuse(ca.ProblemSubject, "request has no subject")
	}
	for _, uri := range csr.URIs {
		if strings.HasPrefix(uri.String(), uriPrefix) {
			return nil, Refuse(ca.ProblemSubject, "workstations are certified under another label")
		}
	}
	now, keyID := a.now(), spki(csr) // RFC 7093 section 2, method 4, cut to 160 bits
	t := &x509.Certificate{
		SerialNumber:          root.NewSerial(),
		RawSubject:            csr.RawSubject,
		NotBefore:             now.Truncate(time.Second),
		NotAfter:              now.Add(interopLifetime - time.Second).Truncate(time.Second),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		SubjectKeyId:          keyID[:20],
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		DNSNames:              slices.Clone(csr.DNSNames),
		EmailAddresses:        slices.Clone(csr.EmailAddresses),
		IPAddresses:           slices.Clone(csr.IPAddresses),
		URIs:                  slices.Clone(csr.URIs),
	}
	if a.cfg.Public != "" {
		t.CRLDistributionPoints = []string{a.cfg.Public + "/crl/" + ca.LabelInterop + ".crl"}
		t.OCSPServer = []string{a.cfg.Public + "/ocsp/" + ca.LabelInterop}
		t.IssuingCertificateURL = []string{a.cfg.Public + "/ca/" + ca.LabelInterop + ".cer"}
	}
	return t, nil
}

// activateInterop makes a test certificate valid at issue: there is no chip to
// read it back from.
func (a *Authority) activateInterop(tx db.Tx, row db.Issuance) error {
	return tx.PutStatusChange(db.StatusChange{ID: row.Case, Serial: row.Serial, Op: ca.OpActivate, Case: row.Case,
		Result: db.StatusActive, Workstation: row.Workstation, At: a.now()})
}
