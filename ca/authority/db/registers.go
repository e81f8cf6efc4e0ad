package db

import (
	"database/sql"
	"time"
)

// PutWorkstation implements Registers.
func (t tx) PutWorkstation(w Workstation) error {
	return t.exec("write workstation",
		`INSERT INTO workstation(name, uri, verifier, state, at, revoked_at) VALUES(?,?,?,?,?,?)
		 ON CONFLICT(name) DO UPDATE SET state = excluded.state, revoked_at = excluded.revoked_at`,
		w.Name, w.URI, w.Verifier, w.State, w.At.UnixMilli(), sql.NullInt64{Int64: w.RevokedAt.UnixMilli(), Valid: !w.RevokedAt.IsZero()})
}

const selectWorkstation = "SELECT name, uri, verifier, state, at, revoked_at FROM workstation "

func scanWorkstation(r scanner) (w Workstation, err error) {
	var at int64
	var revoked sql.NullInt64
	err = r.Scan(&w.Name, &w.URI, &w.Verifier, &w.State, &at, &revoked)
	w.At = time.UnixMilli(at)
	if revoked.Valid {
		w.RevokedAt = time.UnixMilli(revoked.Int64)
	}
	return w, err
}

// Workstation implements Registers.
func (t tx) Workstation(name string) (Workstation, error) {
	return one(t, "find workstation", selectWorkstation+"WHERE name = ?", []any{name}, scanWorkstation)
}

// Workstations implements Registers.
func (t tx) Workstations() ([]Workstation, error) {
	return collect(t, "list workstations", selectWorkstation+"ORDER BY name", nil, scanWorkstation)
}

// PutWorkstationKey implements Registers.
func (t tx) PutWorkstationKey(k WorkstationKey) error {
	return t.exec("write workstation key",
		`INSERT INTO workstation_key(spki_sha256, workstation, certificate, not_after, at) VALUES(?,?,?,?,?)
		 ON CONFLICT(spki_sha256) DO UPDATE SET certificate = excluded.certificate, not_after = excluded.not_after
		 WHERE workstation_key.workstation = excluded.workstation`,
		k.SPKI[:], k.Workstation, k.Certificate, k.NotAfter.UnixMilli(), k.At.UnixMilli())
}

// WorkstationKey implements Registers.
func (t tx) WorkstationKey(spki [32]byte) (WorkstationKey, error) {
	return one(t, "find workstation key",
		"SELECT spki_sha256, workstation, certificate, not_after, at FROM workstation_key WHERE spki_sha256 = ?",
		[]any{spki[:]}, scanWorkstationKey)
}

func scanWorkstationKey(r scanner) (k WorkstationKey, err error) {
	var notAfter, at int64
	err = r.Scan(sum32{&k.SPKI}, &k.Workstation, &k.Certificate, &notAfter, &at)
	k.NotAfter, k.At = time.UnixMilli(notAfter), time.UnixMilli(at)
	return k, err
}

// RevokedKeys implements Registers.
func (t tx) RevokedKeys() ([]WorkstationKey, error) {
	return collect(t, "list revoked keys",
		`SELECT k.spki_sha256, k.workstation, k.certificate, k.not_after, coalesce(w.revoked_at, k.at)
		 FROM workstation_key AS k JOIN workstation AS w ON w.name = k.workstation
		 WHERE w.state = 'revoked' ORDER BY k.workstation, k.at, k.spki_sha256`, nil, scanWorkstationKey)
}

// PutClerk implements Registers.
func (t tx) PutClerk(c Clerk) error {
	return t.exec("write clerk",
		`INSERT INTO clerk(cert_sha256, number, name, office, roles, certificate, state, demo, at) VALUES(?,?,?,?,?,?,?,?,?)
		 ON CONFLICT(cert_sha256) DO UPDATE SET state = excluded.state`,
		c.Fingerprint[:], c.Number, c.Name, c.Office, c.Roles, c.Certificate, c.State, bit(c.Demo), c.At.UnixMilli())
}

// bit is how both engines keep a yes or no.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

const selectClerk = "SELECT cert_sha256, number, name, office, roles, certificate, state, demo, at FROM clerk "

func scanClerk(r scanner) (c Clerk, err error) {
	var demo, at int64
	err = r.Scan(sum32{&c.Fingerprint}, &c.Number, &c.Name, &c.Office, &c.Roles, &c.Certificate, &c.State, &demo, &at)
	c.Demo, c.At = demo == 1, time.UnixMilli(at)
	return c, err
}

// Clerk implements Registers.
func (t tx) Clerk(fingerprint [32]byte) (Clerk, error) {
	return one(t, "find clerk", selectClerk+"WHERE cert_sha256 = ?", []any{fingerprint[:]}, scanClerk)
}

// Clerks implements Registers.
func (t tx) Clerks() ([]Clerk, error) {
	return collect(t, "list clerks", selectClerk+"ORDER BY number, at", nil, scanClerk)
}

// PutAnchor implements Registers.
func (t tx) PutAnchor(a Anchor) error {
	return t.exec("write anchor",
		"INSERT INTO anchor(sha256, certificate, at) VALUES(?,?,?) ON CONFLICT DO NOTHING",
		a.Fingerprint[:], a.Certificate, a.At.UnixMilli())
}

// Anchors implements Registers.
func (t tx) Anchors() ([]Anchor, error) {
	return collect(t, "list anchors", "SELECT sha256, certificate, at FROM anchor ORDER BY at, sha256", nil,
		func(r scanner) (a Anchor, err error) {
			var at int64
			err = r.Scan(sum32{&a.Fingerprint}, &a.Certificate, &at)
			a.At = time.UnixMilli(at)
			return a, err
		})
}
