package store

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"

	"salter/store/evidence"
)

// Part returns the opening (32-byte salt, then content) of the latest version
// of a sealed part of a case. Errors: ErrNoPart, ErrErased, or ErrTampered if
// it is not what the event commits to.
func (j *Journal) Part(ctx context.Context, caseID, name string) ([]byte, error) {
	var opening []byte
	err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		row := conn.QueryRowContext(ctx,
			selectPart+"WHERE case_id = ? AND part = ? ORDER BY version DESC LIMIT 1", caseID, name)
		p, err := scanPart(row)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoPart
		}
		if err != nil {
			return err
		}
		opening, err = j.keys.open(p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read part %q: %w", name, err)
	}
	return opening, nil
}

// sealedPart is a row of the table person.
type sealedPart struct {
	id, version, seq, keyID int64
	commitment              commitment
	sealed                  []byte // nil: erased
}

const selectPart = "SELECT id, case_id, part, version, seq, commitment, key_id, sealed FROM person "

// scanPart reads one row of selectPart.
func scanPart(row interface{ Scan(...any) error }) (p sealedPart, err error) {
	var sum []byte
	err = row.Scan(&p.id, &p.commitment.caseID, &p.commitment.name, &p.version, &p.seq, &sum, &p.keyID, &p.sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	if err != nil {
		return p, fmt.Errorf("read part: %w", err)
	}
	if copy(p.commitment.sum[:], sum) != len(p.commitment.sum) {
		return p, tampered(p.seq, "commitment of part %q is cut", p.commitment.name)
	}
	return p, nil
}

// additionalData binds a sealed part to its place: table, case, part and
// version. None of them can hold a slash.
func additionalData(caseID, name string, version int64) []byte {
	return fmt.Appendf(nil, "person/%s/%s/%d", caseID, name, version)
}

// seal encrypts an opening with the newest key.
func (k *dataKeys) seal(opening, additional []byte) (keyID int64, sealed []byte) {
	return k.newest, k.aead[k.newest].Seal(nil, nil, opening, additional)
}

// open decrypts a part and compares it with its commitment.
func (k *dataKeys) open(p sealedPart) ([]byte, error) {
	if p.sealed == nil {
		return nil, ErrErased
	}
	if k == nil {
		return nil, fmt.Errorf("%w: none was given", ErrKey)
	}
	aead, ok := k.aead[p.keyID]
	if !ok {
		return nil, fmt.Errorf("%w: key %d is not in the key file", ErrKey, p.keyID)
	}
	return openSealed(aead, p)
}

// openSealed decrypts a part with the given key.
func openSealed(aead cipher.AEAD, p sealedPart) ([]byte, error) {
	opening, err := aead.Open(nil, nil, p.sealed, additionalData(p.commitment.caseID, p.commitment.name, p.version))
	if err != nil {
		return nil, tampered(p.seq, "sealed part %q does not open", p.commitment.name)
	}
	if evidence.Commitment(opening) != p.commitment.sum {
		return nil, tampered(p.seq, "part %q is not what was committed to", p.commitment.name)
	}
	return opening, nil
}

// tryKey opens the newest part, so that a wrong key file is found at the start
// and not in the middle of a case.
func (j *Journal) tryKey(ctx context.Context, conn *sql.Conn) error {
	p, err := scanPart(conn.QueryRowContext(ctx, selectPart+"INDEXED BY person_sealed WHERE sealed IS NOT NULL ORDER BY id DESC LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	opening, err := j.keys.open(p)
	clear(opening)
	if errors.Is(err, ErrTampered) {
		return fmt.Errorf("%w: the newest part does not open with key %d", ErrKey, p.keyID)
	}
	return err
}
