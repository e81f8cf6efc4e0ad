package authority

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"salter/ca/authority/db"
)

// clerkLifetime is the validity of a clerk's certificate.
const clerkLifetime = 2 * 365 * 24 * time.Hour

// Roles in the register. Who may revoke is the owner's decision (policy.json).
const (
	RoleClerk      = "clerk"      // runs cases: requests certificates and activates them
	RoleSupervisor = "supervisor" // overrides; never issues
	RoleAuditor    = "auditor"    // reads the evidence, changes nothing
	RoleAdmin      = "admin"      // readers, settings, updates; sees no case
)

// roles lists the known ones.
func roles() []string { return []string{RoleClerk, RoleSupervisor, RoleAuditor, RoleAdmin} }

// ClerkRequest asks for a clerk's certificate. The private key stays with
// whoever asks.
type ClerkRequest struct {
	Number    string   `json:"number"` // service number
	Name      string   `json:"name"`
	Office    string   `json:"office"`     // first part of workstation names, for instance BG-017; empty: any
	Roles     []string `json:"roles"`      // of the constants above
	PublicKey []byte   `json:"public_key"` // PKIX DER, P-256 or RSA
}

// AddClerk certifies a clerk's key and enters it in the register. It returns
// the chain, DER, the clerk's certificate first.
func (a *Authority) AddClerk(ctx context.Context, r ClerkRequest) ([][]byte, error) {
	key, err := checkClerk(r)
	if err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	t := a.machineTemplate(r.Name, a.now(), clerkLifetime)
	t.Subject = pkix.Name{Country: []string{"RS"}, CommonName: r.Name, SerialNumber: r.Number}
	t.KeyUsage |= x509.KeyUsageContentCommitment
	cert, err := certify(t, a.pki.clerks, key)
	if err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	clerk := db.Clerk{Fingerprint: sha256.Sum256(cert.Raw), Number: r.Number, Name: r.Name, Office: r.Office,
		Roles: strings.Join(r.Roles, ","), Certificate: cert.Raw, State: db.Active, Demo: a.pki.Demo, At: a.now()}
	if err := a.db.Do(ctx, func(tx db.Tx) error {
		return errors.Join(tx.PutClerk(clerk), a.record(ctx, tx, actionClerk, r.Number))
	}); err != nil {
		return nil, fmt.Errorf("add clerk: %w", err)
	}
	a.log.Info("clerk added", "clerk", r.Number, "fingerprint", hex.EncodeToString(clerk.Fingerprint[:]))
	return [][]byte{cert.Raw, a.pki.clerks.cert.Raw}, nil
}

func checkClerk(r ClerkRequest) (crypto.PublicKey, error) {
	key, err := x509.ParsePKIXPublicKey(r.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: key: %w", ErrRegister, err)
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%w: key is not on P-256", ErrRegister)
		}
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return nil, fmt.Errorf("%w: RSA key of %d bits", ErrRegister, k.N.BitLen())
		}
	default:
		return nil, fmt.Errorf("%w: key is neither P-256 nor RSA", ErrRegister)
	}
	number := strings.Trim(r.Number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
	if r.Number == "" || number != "" || len(r.Number) > 32 {
		return nil, fmt.Errorf("%w: service number has other characters than A to Z, 0 to 9, hyphen", ErrRegister)
	}
	if strings.TrimSpace(r.Name) == "" || len(r.Name) > 200 {
		return nil, fmt.Errorf("%w: clerk has no name", ErrRegister)
	}
	if err := checkRoles(r.Roles); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRegister, err)
	}
	return key, nil
}

// checkRoles refuses unknown roles, and duties in one hand that must be
// separate: who checks or administers does not work on cases.
func checkRoles(given []string) error {
	if len(given) == 0 {
		return errors.New("no role is given")
	}
	seen := make(map[string]bool)
	for _, role := range given {
		if !slices.Contains(roles(), role) {
			return fmt.Errorf("role %.32q is not known; use %s", role, strings.Join(roles(), ", "))
		}
		if seen[role] {
			return fmt.Errorf("role %s is given twice", role)
		}
		seen[role] = true
	}
	if len(given) > 1 && (seen[RoleAuditor] || seen[RoleAdmin]) {
		return fmt.Errorf("roles %s and %s stand alone; give the other role to another person", RoleAuditor, RoleAdmin)
	}
	return nil
}

// ClerkEntry is one row of the register of clerks.
type ClerkEntry struct {
	Number      string    `json:"number"`
	Name        string    `json:"name"`
	Office      string    `json:"office"`
	Roles       string    `json:"roles"`
	State       string    `json:"state"`
	Fingerprint string    `json:"fingerprint"` // hex SHA-256 of the certificate
	Since       time.Time `json:"since"`
}

// Clerks lists the register.
func (a *Authority) Clerks(ctx context.Context) ([]ClerkEntry, error) {
	var list []ClerkEntry
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Clerks()
		list = nil // of a try before
		for _, c := range all {
			list = append(list, ClerkEntry{Number: c.Number, Name: c.Name, Office: c.Office, Roles: c.Roles,
				State: c.State, Fingerprint: hex.EncodeToString(c.Fingerprint[:]), Since: c.At})
		}
		return err
	})
	return list, err
}

// RevokeClerk refuses every certificate of a service number from the next
// request on.
func (a *Authority) RevokeClerk(ctx context.Context, number string) error {
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Clerks()
		if err != nil {
			return err
		}
		found := false
		for _, c := range all {
			if c.Number != number {
				continue
			}
			found = true
			c.State = db.Revoked
			if err := tx.PutClerk(c); err != nil {
				return err
			}
		}
		if !found {
			return fmt.Errorf("%w: no clerk %q", ErrRegister, number)
		}
		return a.record(ctx, tx, actionNoClerk, number)
	})
	if err != nil {
		return fmt.Errorf("revoke clerk: %w", err)
	}
	a.log.Info("clerk revoked", "clerk", number)
	return nil
}
