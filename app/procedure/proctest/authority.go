package proctest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"sync"
	"time"

	"salter/app/procedure"
)

// Status is the status of an issued certificate.
type Status string

// The statuses, as at the real authority.
const (
	Hold      Status = "hold"
	Active    Status = "active"
	Suspended Status = "suspended"
	Revoked   Status = "revoked"
)

// Certificate is one certificate that the authority issued.
type Certificate struct {
	Serial  string // hex
	DER     []byte
	Status  Status
	Case    procedure.CaseID
	Attempt int

	Person    procedure.PersonalNumber
	Card      procedure.CardNumber
	Contract  string
	NotBefore time.Time
	NotAfter  time.Time
	Reason    int  // of the revocation, CRL reason code
	Elsewhere bool // issued years ago, by another counter
}

// reasonSuperseded is that of what another certificate takes the place of (RFC
// 5280 5.3.1).
const reasonSuperseded = 4

// Authority issues real certificates under a throw-away root, on hold until
// they are activated, one for each request however often it is sent. It
// implements procedure.Authority.
type Authority struct {
	faults  *Faults
	journal *Journal // asked whether everything is anchored
	now     func() time.Time

	key  *ecdsa.PrivateKey
	root *x509.Certificate

	mu        sync.Mutex
	policy    procedure.Policy
	issued    map[[32]byte]*Certificate // by the hash of the request
	order     []*Certificate
	used      map[string][32]byte    // case/attempt → hash of the request
	submitted map[[32]byte]time.Time // when a request was first meant to be sent
	done      map[string]bool        // ids of status changes that took place
	inquiries []string               // searches for cases
	// refuse, if set, refuses requests with this problem before they are
	// looked at.
	refuse *procedure.Error
	// pending, if set, leaves new requests undecided.
	pending  bool
	wrongKey bool
	// silent, if set, answers no question about the register.
	silent bool
	// approval, if set, leaves changes of status to a second clerk.
	approval bool
	// plain, if set, makes it an authority that speaks EST alone.
	plain *Plain
	// supervisor checks overrides; nil: none are accepted.
	supervisor *ecdsa.PublicKey
	contracts  map[string]*Contract
}

// NewAuthority makes an authority with a root of its own.
func NewAuthority(f *Faults, j *Journal, now func() time.Time) *Authority {
	a := &Authority{
		faults: f, journal: j, now: now, key: newKey(), policy: procedure.Policy{Version: 1},
		issued: map[[32]byte]*Certificate{}, used: map[string][32]byte{}, done: map[string]bool{},
		submitted: map[[32]byte]time.Time{}, contracts: map[string]*Contract{},
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "MUP Gradjani CA 4", Country: []string{"RS"}},
		NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err == nil {
		a.root, err = x509.ParseCertificate(der)
	}
	if err != nil {
		panic(fmt.Sprintf("proctest: make root: %v", err))
	}
	return a
}

// SetPolicy changes what the authority demands.
func (a *Authority) SetPolicy(p procedure.Policy) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.policy = p
}

// SetRefusal refuses all requests with the problem; nil ends that.
func (a *Authority) SetRefusal(p *procedure.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuse = p
}

// SetPending leaves requests undecided until it is called with false.
func (a *Authority) SetPending(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = on
}

// SetWrongKey makes certificates for a key of nobody, as a broken authority
// would.
func (a *Authority) SetWrongKey(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrongKey = on
}

// Plain says how an authority behaves that speaks EST (RFC 7030) and nothing
// else: it cannot be asked, changes no status, and its certificates are in
// force from issuance on. The zero value makes a new certificate for every
// request.
type Plain struct {
	Recalls  bool // the same request gets the same certificate
	OnceOnly bool // a key that has a certificate is refused
}

// SetPlain makes it such an authority; nil ends that.
func (a *Authority) SetPlain(p *Plain) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.plain = p
}

// Certificates lists everything that was issued, in order.
func (a *Authority) Certificates() []Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Certificate
	for _, c := range a.order {
		all = append(all, *c)
	}
	return all
}

// Policy implements procedure.Authority.
func (a *Authority) Policy(context.Context) (p procedure.Policy, err error) {
	err = a.faults.around(OpPolicy, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		p = a.policy
		p.ServerTime = a.now().Add(-p.ClockOffset)
		return nil
	})
	return p, err
}

// validity is that of the demanded five years, capped at the card's end.
func (a *Authority) validity(s procedure.Subject) (from, to time.Time, capped bool) {
	from, to = a.now(), a.now().AddDate(5, 0, 0)
	d := s.CardValidUntil
	if end := time.Date(d.Year, d.Month, d.Day, 23, 59, 59, 0, procedure.Belgrade()); end.Before(to) {
		return from, end, true
	}
	return from, to, false
}

// Preview implements procedure.Authority.
func (a *Authority) Preview(_ context.Context, s procedure.Subject) (p procedure.Preview, err error) {
	err = a.faults.around(OpPreview, func() error {
		from, to, capped := a.validity(s)
		p = procedure.Preview{
			Issuer: a.root.Subject.CommonName, CommonName: commonName(s), GivenName: s.GivenName, Surname: s.Surname,
			SerialNumber: "PNORS-" + string(s.PersonalNumber), Country: "RS", Email: s.Email,
			NotBefore: from, NotAfter: to, CardCapped: capped,
		}
		return nil
	})
	return p, err
}

func commonName(s procedure.Subject) string {
	return s.GivenName + " " + s.Surname + " " + string(s.CardNumber) + " Sign"
}

// Request implements procedure.Authority.
func (a *Authority) Request(_ context.Context, s procedure.Subject, key crypto.Signer) (csr []byte, err error) {
	err = a.faults.around(OpRequest, func() error {
		template := &x509.CertificateRequest{Subject: pkix.Name{
			CommonName: commonName(s), SerialNumber: "PNORS-" + string(s.PersonalNumber), Country: []string{"RS"},
		}}
		if s.Email != "" {
			template.EmailAddresses = []string{s.Email}
		}
		csr, err = x509.CreateCertificateRequest(rand.Reader, template, key)
		return err
	})
	return csr, err
}

// Enrol implements procedure.Authority. A fault before it means that nothing
// left the counter or nothing arrived: the caller cannot tell.
func (a *Authority) Enrol(_ context.Context, r procedure.EnrolRequest) procedure.Outcome {
	var out procedure.Outcome
	err := a.faults.around(OpEnrol, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		out = a.enrol(r)
		return nil
	})
	if err != nil {
		problem, ok := err.(*procedure.Error)
		if !ok {
			problem = &procedure.Error{Code: procedure.CodeNoAnswer, Err: err}
		}
		return procedure.Outcome{Problem: problem}
	}
	return out
}

func (a *Authority) enrol(r procedure.EnrolRequest) procedure.Outcome {
	refused := func(c procedure.Code, why string) procedure.Outcome {
		return procedure.Outcome{Verdict: procedure.Refused, Problem: &procedure.Error{Code: c, Detail: why}}
	}
	if a.refuse != nil {
		return procedure.Outcome{Verdict: procedure.Refused, Problem: a.refuse}
	}
	sum := sha256.Sum256(r.CSR)
	if !a.sameIntent(r, sum) {
		return refused(procedure.CodeInternal, "request without the time of its intent, or with another one than before")
	}
	switch c := a.issued[sum]; {
	case c == nil:
	case a.plain == nil || a.plain.Recalls:
		return a.outcome(c)
	case a.plain.OnceOnly && r.Resent:
		return procedure.Outcome{Problem: &procedure.Error{Code: procedure.CodeOperator}}
	}
	if problem := a.anchored(r, sum); problem != "" {
		return refused(procedure.CodeNotAnchored, problem)
	}
	if known := a.contracts[r.Contract]; known == nil || known.State != procedure.ContractValid || known.Person != r.Subject.PersonalNumber {
		return refused(procedure.CodeRefused, "contract-invalid")
	}
	if problem := a.override(r); problem != "" {
		return refused(procedure.CodeClerkRefused, problem)
	}
	key := fmt.Sprintf("%s/%d", r.Case, r.Attempt)
	if before, ok := a.used[key]; ok && before != sum {
		return refused(procedure.CodeRefused, "attempt-reused")
	}
	a.used[key] = sum
	if a.pending {
		return procedure.Outcome{Problem: &procedure.Error{Code: procedure.CodePending}}
	}
	return a.issue(r, sum)
}

// sameIntent reports whether the request names the time at which it was first
// meant to be sent, at every resend.
func (a *Authority) sameIntent(r procedure.EnrolRequest, sum [32]byte) bool {
	first, again := a.submitted[sum]
	a.submitted[sum] = r.Submitted
	return !r.Submitted.IsZero() && (!again || first.Equal(r.Submitted))
}

// anchored checks that the journal at the authority holds the intent: this
// request, of this attempt of this case, and the card files that it names.
func (a *Authority) anchored(r procedure.EnrolRequest, sum [32]byte) string {
	files := false
	for _, raw := range a.journal.Events()[:a.journal.Acked()] {
		e, err := procedure.DecodeEvent(raw)
		if err != nil || e.Case != r.Case {
			continue
		}
		files = files || e.Commits[procedure.PartChipFiles] == hex.EncodeToString(r.ChipFiles[:])
		b, ok := e.Body.(*procedure.Submit)
		if ok && files && b.Attempt == r.Attempt && b.CSR == hex.EncodeToString(sum[:]) {
			return ""
		}
	}
	return "the intent is not in the journal"
}

func (a *Authority) issue(r procedure.EnrolRequest, sum [32]byte) procedure.Outcome {
	csr, err := x509.ParseCertificateRequest(r.CSR)
	if err == nil {
		err = csr.CheckSignature()
	}
	if err != nil {
		return procedure.Outcome{Verdict: procedure.Refused, Problem: &procedure.Error{Code: procedure.CodeRefused, Detail: "csr-invalid"}}
	}
	public := csr.PublicKey
	if a.wrongKey {
		public = newKey().Public()
	}
	from, to, _ := a.validity(r.Subject)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(fmt.Sprintf("proctest: draw serial: %v", err))
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: csr.Subject, EmailAddresses: csr.EmailAddresses, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, public, a.key)
	if err != nil {
		panic(fmt.Sprintf("proctest: issue: %v", err))
	}
	c := &Certificate{
		Serial: serial.Text(16), DER: der, Status: Hold, Case: r.Case, Attempt: r.Attempt,
		Person: r.Subject.PersonalNumber, Card: r.Subject.CardNumber, Contract: r.Contract,
		NotBefore: from, NotAfter: to,
	}
	if a.plain != nil {
		c.Status = Active
	}
	a.issued[sum] = c
	a.order = append(a.order, c)
	return a.outcome(c)
}

func (a *Authority) outcome(c *Certificate) procedure.Outcome {
	return procedure.Outcome{Verdict: procedure.Issued, Chain: [][]byte{c.DER, a.root.Raw}, Serial: c.Serial}
}

// Lookup implements procedure.Authority.
func (a *Authority) Lookup(_ context.Context, r procedure.EnrolRequest) (out procedure.Outcome, err error) {
	err = a.faults.around(OpLookup, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.plain != nil {
			return &procedure.Error{Code: procedure.CodeOperator}
		}
		sum := sha256.Sum256(r.CSR)
		c, issued := a.issued[sum]
		before, sent := a.used[fmt.Sprintf("%s/%d", r.Case, r.Attempt)]
		switch {
		case issued:
			out = a.outcome(c)
		case sent && before == sum && a.pending:
			out = procedure.Outcome{Problem: &procedure.Error{Code: procedure.CodePending}}
		}
		return nil
	})
	return out, err
}

// supersede revokes what is in force beside a certificate that was activated:
// the others of its person and card. Those that have expired stay as they are.
func (a *Authority) supersede(by *Certificate) {
	for _, c := range a.order {
		inForce := c.Status == Active || c.Status == Suspended
		if c != by && inForce && c.Person == by.Person && c.Card == by.Card && a.now().Before(c.NotAfter) {
			c.Status, c.Reason = Revoked, reasonSuperseded
		}
	}
}

// Revoke revokes a certificate from another desk.
func (a *Authority) Revoke(serial string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.order {
		if c.Serial == serial {
			c.Status = Revoked
		}
	}
}
