package catest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"salter/ca"
	"salter/ca/est"
	"salter/ca/profile"
)

// Case is one issuing case of a workstation, ready to be enrolled with: the
// card's files are committed and uploaded, the journal is pushed, the request
// is made. Tests change what they want to be refused.
type Case struct {
	ID        string
	Attempt   int
	Label     string
	Clerk     *Clerk
	Holder    Holder
	Key       crypto.Signer // the citizen's
	CSR       []byte
	ChipFiles [32]byte
	Now       func() time.Time // of the assertion
	Override  string           // a supervisor's signature to go with it; see SignOverride

	// EditClaims and EditClerk, if not nil, change what is signed next.
	EditClaims func(*ca.AssertionClaims)
	EditClerk  func(*ca.ClerkClaims)

	w *Workstation
}

// Open makes a case for h's card, which issuer signed.
func (w *Workstation) Open(clerk *Clerk, issuer *CardCA, h Holder) *Case {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &Case{ID: NewUUID(), Attempt: 1, Label: ca.LabelCitizen, Clerk: clerk, Holder: h, Key: key, Now: time.Now, w: w}
	c.Upload(issuer.Files(h).Encode())
	c.CSR = c.Request(h, "")
	return c
}

// Upload commits to content as the case's card files, sends it, and pushes
// the journal.
func (c *Case) Upload(content []byte) {
	c.w.t.Helper()
	opening, sum := c.w.Commit(c.ID, "chip-files", content)
	c.ChipFiles = sum
	if p := c.w.PutBlob(sum, opening); p != nil {
		c.w.t.Fatalf("put card files: %+v", p)
	}
	if _, p := c.w.Push(int64(len(c.w.Journal))); p != nil {
		c.w.t.Fatalf("push journal: %+v", p)
	}
}

// Request makes a PKCS#10 request for h under the case's label.
func (c *Case) Request(h Holder, email string) []byte {
	c.w.t.Helper()
	file, err := os.ReadFile(filepath.Join(c.w.server.Dir, "profiles", c.Label+".json"))
	if err != nil {
		c.w.t.Fatal(err)
	}
	p, err := profile.Parse(file)
	if err != nil {
		c.w.t.Fatal(err)
	}
	csr, err := p.Request(profile.Subject{GivenName: h.GivenName, Surname: h.Surname, PersonalNumber: h.PersonalNumber,
		CardNumber: h.CardNumber, Email: email}, c.Key)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return csr
}

// SumCSR is the SHA-256 of the request in hex.
func (c *Case) SumCSR() string {
	sum := sha256.Sum256(c.CSR)
	return hex.EncodeToString(sum[:])
}

// Assertion makes a fresh RA-Assertion for the request as it is now. It may be
// called inside a fuzz target.
func (c *Case) Assertion() string {
	at := c.Now().Unix()
	signed := ca.ClerkClaims{Case: c.ID, Attempt: c.Attempt, CSR: c.SumCSR(), Label: c.Label, IssuedAt: at}
	if c.EditClerk != nil {
		c.EditClerk(&signed)
	}
	card := sha256.Sum256([]byte("token " + c.Holder.CardNumber))
	claims := ca.AssertionClaims{Issuer: c.w.Caller().URI, Audience: c.w.Trust.Authority, ID: NewUUID(), IssuedAt: at,
		Expires: at + 300, Case: c.ID, Attempt: c.Attempt, CSR: c.SumCSR(), Label: c.Label, Contract: "1/2026",
		Card: hex.EncodeToString(card[:]), ChipFiles: hex.EncodeToString(c.ChipFiles[:]),
		Checkpoint: base64.StdEncoding.EncodeToString(c.w.Checkpoint()), Clerk: c.Clerk.Sign(signed),
		Override: c.Override}
	if c.EditClaims != nil {
		c.EditClaims(&claims)
	}
	return c.w.Sign(claims)
}

// SignOverride makes a supervisor's override of the case for a choice, signed
// after edit, which may be nil.
func (c *Case) SignOverride(supervisor *Clerk, choice string, edit func(*ca.OverrideClaims)) string {
	c.w.t.Helper()
	claims := ca.OverrideClaims{Version: 1, Case: c.ID, Facts: json.RawMessage(`{"certificate":"valid"}`), Proposal: "none",
		Choice: choice, Needs: []string{ca.NeedCertificateValid}, Reason: "стара картица је код грађанина", IssuedAt: c.Now().Unix()}
	if edit != nil {
		edit(&claims)
	}
	return supervisor.Sign(claims)
}

// Enrol sends the request with a fresh assertion over client, the
// workstation's own if nil. err is a failure of the transport, after which
// nothing is known.
func (c *Case) Enrol(client *http.Client) (chain []*x509.Certificate, problem *ca.Problem, err error) {
	c.w.t.Helper()
	if client == nil {
		client = c.w.HTTP
	}
	request, err := http.NewRequest(http.MethodPost, c.w.server.API+est.Path(c.Label, est.OpSimpleEnroll),
		bytes.NewReader(est.EncodeBase64(c.CSR)))
	if err != nil {
		c.w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", est.TypePKCS10)
	request.Header.Set(ca.HeaderAssertion, c.Assertion())
	answer, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case answer.StatusCode == http.StatusOK:
	case answer.Header.Get("Content-Type") == "application/problem+json":
		return nil, c.w.read(answer, nil), nil
	default:
		return nil, nil, errors.Join(fmt.Errorf("status %d without a problem", answer.StatusCode), answer.Body.Close())
	}
	defer answer.Body.Close()
	der, err := est.DecodeBase64(answer.Body, est.MaxCertsOnly)
	if err != nil {
		return nil, nil, err
	}
	if chain, err = est.ParseCertsOnly(der); err != nil {
		return nil, nil, err
	}
	chain, err = est.LeafFirst(chain)
	return chain, nil, err
}

// Lookup asks what became of the request.
func (c *Case) Lookup() ca.Issuance {
	c.w.t.Helper()
	var answer ca.Issuance
	if p := c.w.JSON(http.MethodGet, ca.PathIssuances+c.SumCSR(), nil, &answer); p != nil {
		c.w.t.Fatalf("look up: %+v", p)
	}
	return answer
}

// Change makes a status change for a certificate of the case, signed by its
// clerk.
func (c *Case) Change(id, op string, cert *x509.Certificate, reason int) ca.StatusChange {
	c.w.t.Helper()
	change := ca.StatusChange{Op: op, Serial: cert.SerialNumber.Text(16), Case: c.ID, Reason: reason}
	if op == ca.OpActivate {
		sum := sha256.Sum256(cert.Raw)
		change.ReadBack = hex.EncodeToString(sum[:])
	}
	if op == ca.OpSuspend || op == ca.OpReactivate {
		change.ReceivedAt = c.Now().Unix()
	}
	c.Resign(id, &change)
	return change
}

// Resign has the clerk sign the change as it is now.
func (c *Case) Resign(id string, change *ca.StatusChange) {
	c.w.t.Helper()
	change.Clerk = c.Clerk.Sign(ca.StatusClaims{ID: id, Op: change.Op, Serial: change.Serial, Reason: change.Reason,
		ReceivedAt: change.ReceivedAt, IssuedAt: c.Now().Unix()})
}

// NewUUID draws a UUIDv4: tests need no order in their ids.
func NewUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
