package authority

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"salter/ca"
	"salter/ca/authority/db"
)

// offlineHours is how old a clerk's signature may be when it arrives.
const offlineHours = 24

const (
	metaPolicyVersion = "policy-version"
	metaPolicyDigest  = "policy-digest"
)

// rules is DIR/policy.json: decisions of the owner that the authority enforces.
// The names are those of the procedure's settings.
type rules struct {
	// Revocation says who may revoke a certificate, on hold or active.
	Revocation []string `json:"roles.revocation"`
	// FourEyes lists the status changes that a second clerk must approve; a
	// file that does not speak of it has the default, an empty list is none.
	FourEyes *[]string `json:"approval.status_changes,omitempty"`
	// ContractRequired demands a registered contract for every certificate.
	ContractRequired bool `json:"contract.required,omitempty"`
	// SurvivesNewCard lets a contract cover the later cards of its person.
	SurvivesNewCard bool `json:"contract.survives_new_card,omitempty"`
	// OverrideRequired demands a supervisor's signature for a certificate for
	// a holder below the age, or beside another that stands; unset: yes.
	OverrideRequired *bool `json:"override.required,omitempty"`
	// SupervisorBelowAge is that age in years; unset: 18.
	SupervisorBelowAge *int `json:"eligibility.supervisor_below_age,omitempty"`
	// HoldAlarmHours is after how long on hold a certificate is shown to the
	// operator; unset: 24.
	HoldAlarmHours *int `json:"hold.alarm_hours,omitempty"`
	// HoldRevokeDays is after how long on hold a certificate is revoked by
	// itself; unset: 30, 0: never.
	HoldRevokeDays *int `json:"hold.revoke_after_days,omitempty"`
}

// holdAlarm and holdLife are those two as durations.
func (r rules) holdAlarm() time.Duration {
	return time.Duration(valueOr(r.HoldAlarmHours, 24)) * time.Hour
}

func (r rules) holdLife() time.Duration {
	return time.Duration(valueOr(r.HoldRevokeDays, 30)) * 24 * time.Hour
}

// valueOr is what the file says, or the default.
func valueOr(set *int, otherwise int) int {
	if set == nil {
		return otherwise
	}
	return *set
}

// overrideRequired reports whether the authority demands overrides.
func (r rules) overrideRequired() bool { return r.OverrideRequired == nil || *r.OverrideRequired }

// adultAge is the age of Serbian law, in years.
const adultAge = 18

// supervisorBelowAge is the age below which a supervisor must sign.
func (r rules) supervisorBelowAge() int { return valueOr(r.SupervisorBelowAge, adultAge) }

// fourEyes lists the status changes that a second clerk must approve.
func (r rules) fourEyes() []string {
	if r.FourEyes == nil {
		return []string{ca.OpReactivate}
	}
	return *r.FourEyes
}

// loadRules reads the file; a missing one is written first with the defaults.
func loadRules(path string) (rules, error) {
	file, err := defaultFile(path, func() ([]byte, error) {
		return json.MarshalIndent(rules{Revocation: []string{RoleClerk, RoleSupervisor}}, "", "  ")
	})
	var r rules
	if err == nil {
		err = ca.DecodeFile(file, &r)
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return rules{}, fmt.Errorf("load policy %s: %w", path, err)
	}
	return r, nil
}

func (r rules) check() error {
	for _, role := range r.Revocation {
		if role != RoleClerk && role != RoleSupervisor {
			return fmt.Errorf("roles.revocation: %.32q is neither %s nor %s", role, RoleClerk, RoleSupervisor)
		}
	}
	if len(r.Revocation) == 0 {
		return errors.New("roles.revocation: nobody could revoke a certificate")
	}
	if age := r.supervisorBelowAge(); age < 0 || age > 100 {
		return fmt.Errorf("eligibility.supervisor_below_age: %d is no age between 0 and 100", age)
	}
	if r.holdAlarm() <= 0 || r.holdLife() < 0 || r.holdLife() > 0 && r.holdLife() < r.holdAlarm() {
		return errors.New("hold: alarm_hours must be positive, and revoke_after_days 0 or not shorter")
	}
	for _, op := range r.fourEyes() {
		if op != ca.OpSuspend && op != ca.OpReactivate && op != ca.OpRevoke {
			return fmt.Errorf("approval.status_changes: %.32q is none of %s, %s, %s", op, ca.OpSuspend, ca.OpReactivate, ca.OpRevoke)
		}
	}
	return nil
}

// content is the policy without what changes from request to request.
func (a *Authority) content() ca.Policy {
	p := ca.Policy{
		Version:      a.version,
		Authority:    a.pki.ID,
		MinClient:    a.cfg.MinClient,
		ServerPins:   a.pki.serverPins,
		Labels:       make(map[string]ca.LabelPolicy),
		OfflineHours: offlineHours,
		Revocation:   a.rules.Revocation,
		Profiles:     make(map[string][]byte),
		Demo:         a.pki.Demo,

		FourEyes:         a.rules.fourEyes(),
		ContractRequired: a.rules.ContractRequired,
		SurvivesNewCard:  a.rules.SurvivesNewCard,

		OverrideRequired:   a.rules.overrideRequired(),
		SupervisorBelowAge: a.rules.supervisorBelowAge(),
	}
	for label, i := range a.pki.issuers {
		p.Labels[label] = ca.LabelPolicy{Issuer: i.cert.Subject.CommonName, Profile: label, SHA256: i.profile.SHA256()}
		p.Profiles[label] = i.file
	}
	return p
}

// numberPolicy raises the version when the content has changed since the last
// start; a version never names two contents.
func (a *Authority) numberPolicy(tx db.Tx) error {
	unnumbered := a.content()
	unnumbered.Version = 0
	text, err := json.Marshal(unnumbered)
	if err != nil {
		return fmt.Errorf("number policy: %w", err)
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	last, err := tx.Meta(metaPolicyDigest)
	if errors.Is(err, db.ErrNotFound) {
		a.version = 1
		return errors.Join(tx.SetMeta(metaPolicyVersion, "1"), tx.SetMeta(metaPolicyDigest, digest))
	}
	if err != nil {
		return err
	}
	number, err := tx.Meta(metaPolicyVersion)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("read policy version: %w", err)
	}
	if last != digest {
		version++
		err = errors.Join(tx.SetMeta(metaPolicyVersion, strconv.Itoa(version)), tx.SetMeta(metaPolicyDigest, digest))
	}
	a.version = version
	return err
}

// PolicyTag identifies the policy's content, for HTTP's ETag.
func (a *Authority) PolicyTag() string { return strconv.Itoa(a.version) }

// Policy returns the policy as a compact JWS by the policy key, with the
// server's time in it.
func (a *Authority) Policy(ctx context.Context, c Caller) (string, error) {
	if err := a.Admit(ctx, c); err != nil {
		return "", err
	}
	p := a.content()
	p.Issued = a.now().Unix()
	return signJSON(a.pki.policy, p)
}
