package virtual

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"salter/card/sod"
)

// apolloHeader is the size of a file header of the oldest generation; its
// last two bytes are the length LE16 of the body.
const apolloHeader = 6

// New makes a card of a preset in dir, which must not hold one yet.
func New(dir string, preset Preset, issuer *Issuer, now time.Time) (*Card, error) {
	p, err := preset.Personalisation(now)
	if err != nil {
		return nil, err
	}
	return Create(dir, p, issuer, now)
}

// Create makes a card in dir, which must not hold one yet (ErrExists). The
// issuer signs its data.
func Create(dir string, p Personalisation, issuer *Issuer, now time.Time) (*Card, error) {
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
		return nil, fmt.Errorf("create card in %s: %w", dir, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create card: %w", err)
	}
	s, err := p.state(issuer, now)
	if err != nil {
		return nil, fmt.Errorf("create card: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("create card: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create card: %w", err)
	}
	if err := s.save(dir); err != nil {
		return nil, fmt.Errorf("create card: %w", err)
	}
	return newCard(dir, s), nil
}

// state builds everything that the chip keeps.
func (p Personalisation) state(issuer *Issuer, now time.Time) (*state, error) {
	s := &state{Version: stateVersion, ATR: p.ATR, MF: blankTree()}
	files, err := p.identityFiles(issuer)
	if err != nil {
		return nil, err
	}
	s.Identity.AID, s.Identity.Files = p.AID, files
	if !p.PKI {
		return s, nil
	}
	s.TokenSerial = "ID" + p.Holder.Document.RegNo
	if p.Blank {
		return s, nil
	}
	if !goodPIN([]byte(p.PIN)) || len(p.PUK) != pukSize {
		return nil, errors.New("PIN has not 4 to 8 digits or PUK not 16 characters")
	}
	s.PIN, s.PUK = secret{p.PIN, p.Tries}, secret{p.PUK, maxTries}
	serial, err := tokenSerialBytes(s.TokenSerial)
	if err != nil {
		return nil, err
	}
	s.MF = initialTree(serial, now)
	return s, s.addCertificates(p)
}

// identityFiles encodes and signs the files of the identity applet.
func (p Personalisation) identityFiles(issuer *Issuer) (sod.Files, error) {
	picture, err := portrait(p.Holder)
	if err != nil {
		return nil, err
	}
	files := sod.Files{
		sod.FileDocument:  sod.EncodeFile(sod.FileDocument, p.Holder.documentRecords()),
		sod.FilePersonal:  sod.EncodeFile(sod.FilePersonal, p.Holder.personalRecords()),
		sod.FileResidence: sod.EncodeFile(sod.FileResidence, p.Holder.residenceRecords()),
		sod.FilePortrait:  sod.EncodePortrait(picture),
	}
	if len(p.AID) == 0 {
		return apolloFiles(files), nil
	}
	for fid, covers := range map[sod.FID][]sod.FID{
		sod.FileSODFixed:    {sod.FileDocument, sod.FilePersonal, sod.FilePortrait},
		sod.FileSODVariable: {sod.FileResidence},
	} {
		covered := sod.Files{}
		for _, c := range covers {
			covered[c] = files[c]
		}
		signed, err := issuer.Sign(fid, covered)
		if err != nil {
			return nil, err
		}
		files[fid] = signed
	}
	return files, nil
}

// apolloFiles gives files the header of the oldest generation. Its signature
// files have another form that nothing here reads; they are left out.
func apolloFiles(files sod.Files) sod.Files {
	old := sod.Files{}
	for fid, file := range files {
		body := file[4:]
		head := make([]byte, apolloHeader, apolloHeader+len(body))
		binary.LittleEndian.PutUint16(head, uint16(fid))
		binary.LittleEndian.PutUint16(head[4:], uint16(len(body)))
		old[fid] = append(head, body...)
	}
	return old
}
