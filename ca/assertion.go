package ca

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// assertionLife is how long an RA-Assertion counts: long enough for a slow
// link, short enough to be of no use to a thief.
const assertionLife = 5 * time.Minute

// assertion makes the RA-Assertion of a request: the clerk signs what he
// decided, the workstation signs that, with the key of the session, and where
// its journal stands.
func (c *Client) assertion(ctx context.Context, s *session, r EnrolRequest) (string, error) {
	key, ok := s.cert.PrivateKey.(crypto.Signer)
	if !ok {
		return "", errors.New("load workstation certificate: key cannot sign")
	}
	if err := checkOverride(r.Override); err != nil {
		return "", err
	}
	now := c.cfg.Now().Unix()
	sum := sha256.Sum256(r.CSR)
	csr := hex.EncodeToString(sum[:])
	clerk, err := signClaims(ctx, r.Clerk, ClerkClaims{Case: r.Case, Attempt: r.Attempt, CSR: csr, Label: r.Label, IssuedAt: now})
	if err != nil {
		return "", err
	}
	token := sha256.Sum256([]byte(r.Token))
	payload, err := json.Marshal(AssertionClaims{
		Issuer:     c.cfg.Trust.URI,
		Audience:   c.cfg.Trust.Authority,
		ID:         randomID(),
		IssuedAt:   now,
		Expires:    now + int64(assertionLife/time.Second),
		Case:       r.Case,
		Attempt:    r.Attempt,
		CSR:        csr,
		Label:      r.Label,
		Contract:   r.Contract,
		Card:       hex.EncodeToString(token[:]),
		ChipFiles:  hex.EncodeToString(r.ChipFiles[:]),
		Checkpoint: base64.StdEncoding.EncodeToString(r.Checkpoint),
		Clerk:      clerk,
		Action:     r.Action,
		Override:   string(r.Override),
	})
	if err != nil {
		return "", fmt.Errorf("encode assertion: %w", err)
	}
	jws, err := signJWS(key, payload, nil)
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	if len(jws) > MaxAssertion {
		return "", fmt.Errorf("sign assertion: %d bytes, at most %d allowed", len(jws), MaxAssertion)
	}
	return jws, nil
}

// checkOverride refuses what no supervisor's signature can be.
func checkOverride(override []byte) error {
	if len(override) > MaxOverride {
		return fmt.Errorf("send override: %d bytes, at most %d allowed", len(override), MaxOverride)
	}
	return nil
}

// signClaims has the clerk sign claims.
func signClaims(ctx context.Context, clerk ClerkSigner, claims any) (string, error) {
	if clerk == nil {
		return "", errors.New("sign as clerk: nobody is signed in")
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode clerk's claims: %w", err)
	}
	jws, err := clerk.Sign(ctx, payload)
	if err != nil {
		return "", fmt.Errorf("sign as clerk: %w", err)
	}
	return string(jws), nil
}

func randomID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
