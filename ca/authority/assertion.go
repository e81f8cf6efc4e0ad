package authority

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// assertionSeconds is the longest life of an RA-Assertion.
const assertionSeconds = 5 * 60

// uuid is a UUID in lower case (RFC 9562 section 4).
var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// parseSum reads a SHA-256 in lower-case hex.
func parseSum(s string) (sum [32]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(sum) || s != strings.ToLower(s) {
		return sum, errors.New("not a SHA-256 in lower-case hex")
	}
	return [32]byte(b), nil
}

// claims is an RA-Assertion whose signature by the caller has been verified
// and whose form and binding to the request are right. What depends on time
// and on the registers is checked later, in the transaction.
type claims struct {
	ca.AssertionClaims
	token      string
	chipFiles  [32]byte
	checkpoint []byte
}

// action is what is asked for.
func (c claims) action() string {
	if c.Action == "" {
		return ca.ActionIssue
	}
	return c.Action
}

// openAssertion checks what needs no database.
func (a *Authority) openAssertion(c Caller, token, label string, csr [32]byte) (claims, error) {
	cl := claims{token: token}
	if len(token) > ca.MaxAssertion {
		return cl, Refuse(ca.ProblemTooLarge, "assertion of %d bytes, at most %d allowed", len(token), ca.MaxAssertion)
	}
	if err := verifyJSON(token, c.Key, []jose.SignatureAlgorithm{jose.ES256}, &cl.AssertionClaims); err != nil {
		return cl, Refuse(ca.ProblemAssertion, "%w", err)
	}
	var errFiles, errCard, errNote error
	cl.chipFiles, errFiles = parseSum(cl.ChipFiles)
	_, errCard = parseSum(cl.Card)
	cl.checkpoint, errNote = base64.StdEncoding.DecodeString(cl.Checkpoint)
	wrong := map[string]bool{
		"iss":        cl.Issuer != c.URI,
		"aud":        cl.Audience != a.pki.ID,
		"jti":        cl.ID == "" || len(cl.ID) > 64,
		"exp":        cl.Expires <= cl.IssuedAt || cl.IssuedAt < 0 || cl.Expires-cl.IssuedAt > assertionSeconds,
		"case":       !uuid.MatchString(cl.Case),
		"att":        cl.Attempt < 1,
		"csr_sha256": cl.CSR != hex.EncodeToString(csr[:]),
		"label":      cl.Label != label,
		"card":       errCard != nil,
		"chip_files": errFiles != nil,
		"chk":        errNote != nil,
		"action":     cl.action() != ca.ActionIssue && cl.action() != ca.ActionRenew,
	}
	var fields []string
	for name, bad := range wrong {
		if bad {
			fields = append(fields, name)
		}
	}
	if len(fields) > 0 {
		slices.Sort(fields)
		r := Refuse(ca.ProblemAssertion, "claims are not those of this request: %s", strings.Join(fields, ", "))
		r.Problem.Fields = fields
		return cl, r
	}
	if cl.Contract == "" || len(cl.Contract) > 64 {
		return cl, Refuse(ca.ProblemContract, "request names no contract")
	}
	return cl, nil
}

// checkTime refuses an assertion made by a clock that is off, or kept too
// long.
func (a *Authority) checkTime(tx db.Tx, cl claims) error {
	now := a.now()
	if off := now.Sub(time.Unix(cl.IssuedAt, 0)); off > clockSlack || off < -clockSlack {
		return a.blameClock(tx, Refuse(ca.ProblemClock, "assertion is off by %v", off.Truncate(time.Second)))
	}
	if !now.Before(time.Unix(cl.Expires, 0)) {
		return Refuse(ca.ProblemAssertion, "assertion has expired")
	}
	return nil
}

// checkReplay refuses a jti seen with other content.
func checkReplay(tx db.Tx, cl claims) error {
	seen, err := tx.Assertion(cl.ID)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if seen.JWS != cl.token {
		return Refuse(ca.ProblemAssertion, "jti was used by another assertion")
	}
	return nil
}

// keepAssertion stores an accepted assertion beside the others of its request.
func (a *Authority) keepAssertion(tx db.Tx, cl claims, csr [32]byte, workstation string) error {
	_, err := tx.Assertion(cl.ID)
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return tx.PutAssertion(db.Assertion{ID: cl.ID, CSRSHA256: csr, JWS: cl.token, Workstation: workstation, At: a.now()})
}

// clerkOf finds the clerk who signed token, checks that he stands and has one
// of the roles, verifies the signature and decodes what he signed into v. All
// in the transaction of what he wants.
func (a *Authority) clerkOf(tx db.Tx, token, workstation string, roles []string, v any) (db.Clerk, error) {
	fingerprint, err := thumbprint(token)
	if err != nil {
		return db.Clerk{}, Refuse(ca.ProblemAssertion, "clerk: %w", err)
	}
	clerk, err := tx.Clerk(fingerprint)
	if errors.Is(err, db.ErrNotFound) {
		return db.Clerk{}, Refuse(ca.ProblemClerk, "clerk's certificate is not registered")
	}
	if err != nil {
		return db.Clerk{}, err
	}
	cert, err := x509.ParseCertificate(clerk.Certificate)
	if err != nil {
		return db.Clerk{}, fmt.Errorf("read certificate of clerk %s: %w", clerk.Number, err)
	}
	if err := verifyJSON(token, cert.PublicKey, clerkAlgorithms(cert.PublicKey), v); err != nil {
		return db.Clerk{}, Refuse(ca.ProblemAssertion, "clerk: %w", err)
	}
	switch {
	case !a.now().Before(cert.NotAfter):
		return db.Clerk{}, Refuse(ca.ProblemClerk, "certificate of clerk %s has expired", clerk.Number)
	case clerk.State != db.Active:
		return db.Clerk{}, Refuse(ca.ProblemClerk, "clerk %s is revoked", clerk.Number)
	case clerk.Office != "" && clerk.Office != officeOf(workstation):
		return db.Clerk{}, Refuse(ca.ProblemClerk, "clerk %s does not work in this office", clerk.Number)
	case !slices.ContainsFunc(strings.Split(clerk.Roles, ","), func(r string) bool { return slices.Contains(roles, r) }):
		return db.Clerk{}, Refuse(ca.ProblemClerk, "clerk %s is no %s", clerk.Number, strings.Join(roles, " or "))
	}
	return clerk, nil
}

// checkClerkTime refuses a clerk's signature outside the offline window.
func (a *Authority) checkClerkTime(tx db.Tx, issuedAt int64) error {
	age := a.now().Sub(time.Unix(issuedAt, 0))
	if age > offlineHours*time.Hour || age < -clockSlack {
		return a.blameClock(tx, Refuse(ca.ProblemAssertion, "clerk's signature is %v old", age.Truncate(time.Second)))
	}
	return nil
}

// checkClerk verifies the clerk's statement for this request.
func (a *Authority) checkClerk(tx db.Tx, cl claims, workstation string) (db.Clerk, error) {
	var signed ca.ClerkClaims
	clerk, err := a.clerkOf(tx, cl.Clerk, workstation, []string{RoleClerk}, &signed)
	if err != nil {
		return clerk, err
	}
	want := ca.ClerkClaims{Case: cl.Case, Attempt: cl.Attempt, CSR: cl.CSR, Label: cl.Label, IssuedAt: signed.IssuedAt}
	if signed != want {
		return clerk, Refuse(ca.ProblemAssertion, "clerk signed another request")
	}
	return clerk, a.checkClerkTime(tx, signed.IssuedAt)
}

// checkAnchored refuses a request whose journal is not held up to the head
// that the workstation had when it asked: no certificate without anchoring.
func (a *Authority) checkAnchored(tx db.Tx, cl claims, w db.Workstation) error {
	if err := a.checkHeads(w.Name); err != nil {
		return err
	}
	head, err := tx.JournalSize(w.Name)
	if err != nil {
		return err
	}
	notAnchored := func(size int64) error {
		r := Refuse(ca.ProblemNotAnchored, "checkpoint of size %d, head is %d", size, head)
		r.Problem.Head = &head
		return r
	}
	keys, err := checkpointKeys(tx, w)
	if err != nil {
		return err
	}
	checkpoint, err := openCheckpoint(keys, w.Name, cl.checkpoint)
	if claimed, form := evidence.ReadCheckpoint(cl.checkpoint); err != nil && form == nil && claimed.Size > head {
		return notAnchored(claimed.Size) // its key may have changed since
	}
	if err != nil {
		return Refuse(ca.ProblemAssertion, "checkpoint: %w", err)
	}
	if checkpoint.Size != head || head == 0 {
		return notAnchored(checkpoint.Size)
	}
	root, err := headRoot(tx, w.Name, head)
	if err != nil {
		return err
	}
	if root != checkpoint.Root {
		return Refuse(ca.ProblemFork, "checkpoint at %d differs from the tree held", head)
	}
	return nil
}
