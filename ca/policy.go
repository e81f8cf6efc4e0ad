package ca

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"salter/ca/profile"
)

// PolicyReport is a verified policy with what its answer told about time.
type PolicyReport struct {
	Policy
	ServerTime  time.Time
	ClockOffset time.Duration // local minus server time
}

// policyState is a verified policy taken apart. Immutable.
type policyState struct {
	policy   Policy
	pins     [][sha256.Size]byte
	profiles map[string]*profile.Profile // by label
}

// Policy fetches and verifies the policy. It is the cheap authenticated
// request that goes before every irreversible one: what is wrong with this
// workstation's identity, with the link or with the clock shows here, where
// nothing is lost. With ErrUpgrade the report is valid all the same.
func (c *Client) Policy(ctx context.Context) (PolicyReport, error) {
	const op = "fetch policy"
	a, err := c.do(ctx, request{op: op, method: http.MethodGet, path: PathPolicy, limit: maxJSON})
	if err != nil {
		return PolicyReport{}, c.explain(ctx, err)
	}
	state, err := c.openPolicy(strings.TrimSpace(string(a.body)))
	if err == nil {
		err = c.adopt(state)
	}
	if err != nil {
		return PolicyReport{}, &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: %w", ErrPolicy, err)}
	}
	report := PolicyReport{Policy: state.policy, ServerTime: c.serverNow(), ClockOffset: time.Duration(c.offset.Load())}
	if olderThan(c.cfg.Version, state.policy.MinClient) {
		return report, &Error{Op: op, Status: a.status, Err: ErrUpgrade}
	}
	return report, nil
}

// openPolicy verifies the policy with the pinned policy key and reads its
// profiles.
func (c *Client) openPolicy(token string) (*policyState, error) {
	s := &policyState{profiles: map[string]*profile.Profile{}}
	if err := openJWS(token, c.cfg.Trust.PolicyKey, &s.policy); err != nil {
		return nil, err
	}
	if s.policy.Version < 1 || s.policy.Authority != c.cfg.Trust.Authority {
		return nil, errors.New("version is missing or the policy is another authority's")
	}
	if s.policy.Demo != c.cfg.Trust.Demo {
		return nil, errors.New("policy and bundle differ about being a demonstration")
	}
	var err error
	if s.pins, err = parsePins(s.policy.ServerPins); err != nil {
		return nil, err
	}
	if len(s.policy.Labels) == 0 {
		return nil, errors.New("no label")
	}
	for label, l := range s.policy.Labels {
		p, err := profile.Parse(s.policy.Profiles[l.Profile])
		if err != nil {
			return nil, fmt.Errorf("label %q: %w", label, err)
		}
		if p.SHA256() != l.SHA256 {
			return nil, fmt.Errorf("label %q: profile does not have the hash in the policy", label)
		}
		s.profiles[label] = p
	}
	return s, nil
}

// adopt makes s the policy in force unless a newer one was seen.
func (c *Client) adopt(s *policyState) error {
	c.policyMu.Lock()
	defer c.policyMu.Unlock()
	seen := c.cfg.PolicyVersion
	if c.policy != nil {
		seen = max(seen, c.policy.policy.Version)
	}
	if s.policy.Version < seen {
		return fmt.Errorf("version %d is older than %d, which was seen before", s.policy.Version, seen)
	}
	c.policy = s
	return nil
}

// inForce returns the policy in force, fetching one if there is none yet.
func (c *Client) inForce(ctx context.Context) (*policyState, error) {
	c.policyMu.Lock()
	s := c.policy
	c.policyMu.Unlock()
	if s != nil {
		return s, nil
	}
	if _, err := c.Policy(ctx); err != nil {
		return nil, err
	}
	c.policyMu.Lock()
	defer c.policyMu.Unlock()
	return c.policy, nil
}

// profileFor returns the profile and the issuing CA of a label.
func (c *Client) profileFor(ctx context.Context, label string) (*profile.Profile, *x509.Certificate, error) {
	s, err := c.inForce(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, ok := s.profiles[label]
	if !ok {
		return nil, nil, &Error{Op: "find profile", Unsent: true, Err: fmt.Errorf("%w: no label %q", ErrPolicy, label)}
	}
	if issuer := c.hierarchy().named(s.policy.Labels[label].Issuer); issuer != nil {
		return p, issuer, nil
	}
	return nil, nil, &Error{Op: "find profile", Unsent: true, Err: fmt.Errorf("%w: issuer of label %q is not in the bundle", ErrPolicy, label)}
}

// Holder is who a certificate is for: the subject as on the chip, with the
// e-mail address of the signed form, and the card's last day.
type Holder struct {
	Subject        profile.Subject
	CardValidUntil profile.Date
}

// Preview says what the certificate for h under label would contain if it
// were issued now. Findings of severity Error in it mean that the authority
// would refuse. key may be nil.
func (c *Client) Preview(ctx context.Context, label string, h Holder, key crypto.PublicKey) (profile.Preview, error) {
	p, issuer, err := c.profileFor(ctx, label)
	if err != nil {
		return profile.Preview{}, err
	}
	return p.Preview(h.Subject, h.CardValidUntil, key, issuer, c.serverNow())
}

// Request builds the PKCS#10 request (DER) for h signed with key, and checks
// it against the profile before anything is journalled. A *profile.Refusal
// means that the authority would refuse it.
func (c *Client) Request(ctx context.Context, label string, h Holder, key crypto.Signer) ([]byte, error) {
	p, _, err := c.profileFor(ctx, label)
	if err != nil {
		return nil, err
	}
	der, err := p.Request(h.Subject, key)
	if err != nil {
		return nil, err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("check request: %w", err)
	}
	findings := p.CheckRequest(csr, profile.Expect{
		PublicKey: key.Public(), Subject: h.Subject, CardValidUntil: h.CardValidUntil, Now: c.serverNow(),
	})
	if bad := profile.Errors(findings); len(bad) > 0 {
		return nil, &profile.Refusal{Findings: bad}
	}
	return der, nil
}

// olderThan compares versions such as 1.4.0 number by number, missing ones
// being 0; an empty or unreadable version is never older.
func olderThan(version, least string) bool {
	v, okVersion := numbers(version)
	l, okLeast := numbers(least)
	if !okVersion || !okLeast {
		return false
	}
	for len(v) < len(l) {
		v = append(v, 0)
	}
	return slices.Compare(v[:len(l)], l) < 0
}

func numbers(version string) (out []int, ok bool) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}
