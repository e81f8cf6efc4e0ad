package authority

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/profile"
)

// finishTime bounds signing and storing once a certificate is prepared; then
// the client's patience no longer counts.
const finishTime = 30 * time.Second

// maxRSA is the longest RSA key, in bits, whose signature is worth verifying:
// no profile admits more, and the work grows with the cube.
const maxRSA = 8192

// Enrolment is a request as it arrived.
type Enrolment struct {
	Label     string
	CSR       []byte // PKCS#10, DER
	Assertion string // compact JWS
	Client    string // version of Salter; empty: not said
}

// Enrol issues one certificate, on hold. The same CSR bytes get the same
// answer for ever; a request that was refused for what it says itself stays
// refused. Any error that is not a *Refusal says nothing about what happened:
// Lookup does.
func (a *Authority) Enrol(ctx context.Context, c Caller, e Enrolment) (ca.Issuance, error) {
	sum, err := a.accept(ctx, c, e)
	if err != nil {
		return ca.Issuance{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	return a.complete(ctx, sum)
}

// accept is the first half of Enrol, up to the durable record of the request,
// and returns the hash of the CSR.
func (a *Authority) accept(ctx context.Context, c Caller, e Enrolment) (sum [32]byte, err error) {
	if e.Label == ca.LabelInterop {
		return a.acceptInterop(ctx, c, e)
	}
	i, csr, err := a.openRequest(e)
	if err != nil {
		return sum, err
	}
	sum = sha256.Sum256(e.CSR)
	cl, err := a.openAssertion(c, e.Assertion, e.Label, sum)
	if err != nil {
		return sum, err
	}
	r := request{Enrolment: e, issuer: i, csr: csr, sum: sum, claims: cl}
	return sum, a.db.Do(db.InTurn(ctx), func(tx db.Tx) error { return a.prepare(tx, c, r) })
}

// request is one Enrolment taken apart.
type request struct {
	Enrolment
	issuer *issuer
	csr    *x509.CertificateRequest
	sum    [32]byte // of the CSR
	claims claims
}

// openRequest reads the CSR and checks proof of possession.
func (a *Authority) openRequest(e Enrolment) (*issuer, *x509.CertificateRequest, error) {
	i, err := a.issuer(e.Label)
	if err != nil {
		return nil, nil, err
	}
	if len(e.CSR) > ca.MaxCSR {
		return nil, nil, Refuse(ca.ProblemTooLarge, "request of %d bytes, at most %d allowed", len(e.CSR), ca.MaxCSR)
	}
	csr, err := x509.ParseCertificateRequest(e.CSR)
	if err != nil {
		// The parser's own text may quote the request: it is not passed on.
		return nil, nil, Refuse(ca.ProblemCSRInvalid, "request cannot be read")
	}
	if k, ok := csr.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() > maxRSA {
		return nil, nil, Refuse(ca.ProblemKeyRejected, "RSA key of %d bits", k.N.BitLen())
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, nil, Refuse(ca.ProblemCSRInvalid, "proof of possession fails")
	}
	return i, csr, nil
}

// prepare does everything up to the durable serial and to-be-signed bytes, in
// one transaction. nil means that the request is in the database, as Prepared,
// Issued or Refused; a *Refusal that is not caused by the request alone leaves
// nothing there.
func (a *Authority) prepare(tx db.Tx, c Caller, r request) error {
	w, err := a.admitWorkstation(tx, c)
	if err != nil {
		return err
	}
	if known, err := a.known(tx, r, w); known || err != nil {
		return err
	}
	if err := a.checkIssuer(tx, r.Label); err != nil {
		return err
	}
	clerk, err := a.admit(tx, r, w)
	if err != nil {
		return err
	}
	if err := checkUnused(tx, r); err != nil {
		return err
	}
	holder, err := a.holder(tx, r, w)
	if err != nil {
		return err
	}
	if err := a.checkContract(tx, r.claims.Contract, holder); err != nil {
		return err
	}
	if err := a.checkSupervisor(tx, r, w, clerk, holder); err != nil {
		return err
	}
	row := db.Issuance{CSRSHA256: r.sum, Case: r.claims.Case, Attempt: r.claims.Attempt, Label: r.Label,
		SPKI: spki(r.csr), CSR: r.CSR, Workstation: w.Name, Clerk: clerk.Number, ChipFiles: r.claims.chipFiles, At: a.now()}
	err = a.build(r, holder, &row)
	var refused *Refusal
	switch {
	case errors.As(err, &refused) && refused.final:
		row.State = db.Refused
		if row.Problem, err = json.Marshal(refused.Problem); err != nil {
			return fmt.Errorf("store refusal: %w", err)
		}
	case err != nil:
		return err
	default:
		row.State = db.Prepared
	}
	if err := tx.InsertIssuance(row); err != nil {
		return err
	}
	if err := tx.PutHolder(db.Holder{CSRSHA256: r.sum, PersonalNumber: holder.subject.PersonalNumber,
		CardNumber: holder.subject.CardNumber, Contract: r.claims.Contract}); err != nil {
		return err
	}
	if err := fileCase(tx, db.CaseFile{Case: r.claims.Case, Workstation: w.Name, Surname: holder.subject.Surname,
		GivenName: holder.subject.GivenName, PersonalNumber: holder.subject.PersonalNumber, CardNumber: holder.subject.CardNumber,
		Contract: r.claims.Contract, At: row.At}); err != nil {
		return err
	}
	return a.keepAssertion(tx, r.claims, r.sum, w.Name)
}

func spki(csr *x509.CertificateRequest) [32]byte { return sha256.Sum256(csr.RawSubjectPublicKeyInfo) }

// known reports whether the request is in the database already; a resend
// carries a fresh assertion, which is kept.
func (a *Authority) known(tx db.Tx, r request, w db.Workstation) (bool, error) {
	row, err := tx.IssuanceByCSR(r.sum)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := checkOffice(row, w); err != nil {
		return true, err
	}
	if row.Case != r.claims.Case || row.Attempt != r.claims.Attempt || row.Label != r.Label {
		return true, Refuse(ca.ProblemConflict, "request is known under another case, attempt or label")
	}
	if err := checkReplay(tx, r.claims); err != nil {
		return true, err
	}
	return true, a.keepAssertion(tx, r.claims, r.sum, w.Name)
}

// checkOffice keeps requests from other offices than the one that made them.
func checkOffice(row db.Issuance, w db.Workstation) error {
	if officeOf(row.Workstation) != officeOf(w.Name) {
		return Refuse(ca.ProblemAssertion, "request belongs to another office")
	}
	return nil
}

// admit checks everything that says whether this request may be made now.
func (a *Authority) admit(tx db.Tx, r request, w db.Workstation) (db.Clerk, error) {
	if err := checkVersion(r.Client, a.cfg.MinClient); err != nil {
		return db.Clerk{}, err
	}
	if err := a.checkTime(tx, r.claims); err != nil {
		return db.Clerk{}, err
	}
	if err := checkReplay(tx, r.claims); err != nil {
		return db.Clerk{}, err
	}
	clerk, err := a.checkClerk(tx, r.claims, w.Name)
	if err != nil {
		return clerk, err
	}
	return clerk, a.checkAnchored(tx, r.claims, w)
}

// checkUnused refuses an attempt or a key that was used before, and a second
// certificate for a case whose first one still stands.
func checkUnused(tx db.Tx, r request) error {
	_, err := tx.IssuanceByAttempt(r.claims.Case, r.claims.Attempt)
	if err == nil {
		return Refuse(ca.ProblemAttempt, "attempt %d of the case was made with another request", r.claims.Attempt)
	}
	if !errors.Is(err, db.ErrNotFound) {
		return err
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
	standing, err := tx.StandingIssuance(r.claims.Case)
	if err == nil {
		refusal := Refuse(ca.ProblemConflict, "attempt %d of the case has a certificate that is not revoked", standing.Attempt)
		refusal.Problem.Serial = standing.Serial
		return refusal
	}
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return nil
}

// build makes the certificate with a throw-away key, checks it as it would be
// issued, and puts serial and to-be-signed bytes into row.
func (a *Authority) build(r request, h holder, row *db.Issuance) error {
	i, now := r.issuer, a.now()
	expect := profile.Expect{PublicKey: r.csr.PublicKey, Subject: h.subject, CardValidUntil: h.validUntil, NotBefore: now, Now: now}
	if err := refuseFindings(r.csr, h, i.profile.CheckRequest(r.csr, expect)); err != nil {
		return err
	}
	t, err := i.profile.Template(profile.Issuance{Subject: h.subject, CardValidUntil: h.validUntil,
		Key: r.csr.PublicKey, Serial: i.profile.NewSerial(), Issuer: i.cert, Now: now})
	if err != nil {
		return fmt.Errorf("build certificate: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, i.lintCert, r.csr.PublicKey, i.lintKey)
	if err != nil {
		return fmt.Errorf("build certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("build certificate: %w", err)
	}
	expect.Issuer = i.lintCert
	findings := i.profile.Check(cert, expect)
	linted, err := a.linter.Lint(cert.Raw, i.profile)
	if err != nil {
		return fmt.Errorf("lint certificate: %w", err)
	}
	if bad := profile.Errors(append(findings, linted...)); len(bad) > 0 {
		// The request was found good above: what is wrong is of our making,
		// and set right, the same request may be issued.
		return withFields(ca.ProblemProfile, bad)
	}
	row.Serial, row.TBS = cert.SerialNumber.Text(16), cert.RawTBSCertificate
	return nil
}

// complete brings a request in the database to its end and answers it.
func (a *Authority) complete(ctx context.Context, sum [32]byte) (ca.Issuance, error) {
	lock := &a.signing[int(sum[0])%len(a.signing)]
	lock.Lock()
	defer lock.Unlock()
	var row db.Issuance
	var answer ca.Issuance
	err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		if row, err = tx.IssuanceByCSR(sum); err == nil {
			answer, err = a.answer(tx, row)
		}
		if err == nil && row.State == db.Prepared {
			err = a.checkIssuer(tx, row.Label)
		}
		return err
	})
	if err != nil || row.State != db.Prepared {
		return answer, err
	}
	prepared := row // the transaction may be run again, and row is read in it
	cert, err := a.sign(prepared)
	if err != nil {
		return ca.Issuance{}, err
	}
	var fresh bool
	err = a.db.Do(ctx, func(tx db.Tx) (err error) {
		_, err = tx.CompleteIssuance(sum, cert, a.now())
		// Another process was faster: its signature is the one that counts.
		if fresh = err == nil; !fresh && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if fresh && prepared.Label == ca.LabelInterop {
			if err := a.activateInterop(tx, prepared); err != nil {
				return err
			}
		}
		if row, err = tx.IssuanceByCSR(sum); err == nil {
			answer, err = a.answer(tx, row)
		}
		return err
	})
	if err != nil {
		return ca.Issuance{}, err
	}
	if !fresh {
		return answer, nil
	}
	a.log.Info("certificate issued", "case", row.Case, "attempt", row.Attempt, "serial", row.Serial,
		"label", row.Label, "workstation", row.Workstation, "clerk", row.Clerk)
	return answer, nil
}

// sign signs the stored to-be-signed bytes and makes sure that they are what
// came out.
func (a *Authority) sign(row db.Issuance) ([]byte, error) {
	i, err := a.issuer(row.Label)
	if err != nil {
		return nil, err
	}
	der, err := signTBS(row.TBS, i.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back certificate: %w", err)
	}
	if string(cert.RawTBSCertificate) != string(row.TBS) {
		return nil, errors.New("signed certificate differs from the prepared one")
	}
	if err := cert.CheckSignatureFrom(i.cert); err != nil {
		return nil, fmt.Errorf("verify own signature: %w", err)
	}
	return der, nil
}

// Sweep completes every certificate that was prepared and not issued: the
// same bytes are signed, under the same serial. What waits for an operator goes
// on waiting.
func (a *Authority) Sweep(ctx context.Context) error {
	var open [][32]byte
	if err := a.db.Do(ctx, func(tx db.Tx) (err error) {
		open, err = tx.PreparedIssuances()
		return err
	}); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, sum := range open {
		_, err := a.complete(ctx, sum)
		var withheld *Refusal
		if errors.As(err, &withheld) {
			a.log.Warn("certificate not signed", "error", withheld)
			continue
		}
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}
