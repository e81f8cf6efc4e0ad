package card

import (
	"encoding/binary"
	"errors"
	"fmt"

	"salter/card/apdu"
	"salter/card/sod"
)

const (
	// maxRead is the most that one READ BINARY of the identity applet is asked
	// for; real cards are known to answer it.
	maxRead = 255
	// maxOffset is the largest offset of READ BINARY: bit 8 of P1 means
	// something else (ISO/IEC 7816-4 11.3.3).
	maxOffset = 0x7FFF
	// fileHeader is the size of the header of a file, with the length of the
	// body LE16 at its end; apolloHeader that on cards before 18.08.2014.
	fileHeader   = 4
	apolloHeader = 6
)

// errNoFile: the card has no such file.
var errNoFile = errors.New("no such file")

// identityApplets lists the AIDs in the order in which they are tried: ID card,
// ID card for foreigners, residence permit.
func identityApplets() [][]byte {
	return [][]byte{
		[]byte("\xF3\x81\x00\x00\x02SERID\x01"),
		[]byte("\xF3\x81\x00\x00\x02SERIF\x01"),
		[]byte("\xF3\x81\x00\x00\x02SERRP\x01"),
	}
}

// identityApplet reads the files of the identity applet.
type identityApplet struct {
	c      *channel
	aid    []byte // nil: a card before 18.08.2014, which has no applets
	header int    // size of the header of a file
}

// selectIdentity selects the first identity applet that answers.
func selectIdentity(c *channel, gen generation) (*identityApplet, error) {
	if gen == generationApollo {
		return &identityApplet{c: c, header: apolloHeader}, nil
	}
	for _, aid := range identityApplets() {
		ok, err := selectApplet(c, aid)
		if err != nil {
			return nil, err
		}
		if ok {
			return &identityApplet{c: c, aid: aid, header: fileHeader}, nil
		}
	}
	return nil, ErrUnknownCard
}

// selectApplet selects an applet and reports whether the card has it.
func selectApplet(c *channel, aid []byte) (bool, error) {
	res, err := c.send(apdu.Command{INS: apdu.InsSelect, P1: 0x04, Data: aid})
	if err != nil {
		return false, err
	}
	switch res.SW {
	case apdu.SWOK:
		return true, nil
	case apdu.SWFileNotFound, apdu.SWFuncUnsupported, apdu.SWWrongP1P2, apdu.SWUnknownINS, apdu.SWUnknownCLA:
		return false, nil
	}
	return false, &StatusError{Op: "select applet", SW: res.SW}
}

// read returns a whole file with its header (always that of four bytes), or
// errNoFile.
//
// The first READ BINARY asks for as much as the answer can hold instead of for
// the header alone: that saves a command per file.
func (a *identityApplet) read(f sod.FID) ([]byte, error) {
	if err := a.selectFile(f); err != nil {
		return nil, err
	}
	op := "read file " + f.String()
	data, err := a.first(op)
	if err != nil {
		return nil, err
	}
	body := int(binary.LittleEndian.Uint16(data[a.header-2:]))
	if a.aid == nil && data[apolloHeader-2] == 0xFF {
		body = 0 // written so for an empty file
	}
	total := a.header + body
	if total > maxOffset+maxRead {
		return nil, fmt.Errorf("%s: length %d: %w", op, body, ErrUnreadable)
	}
	for len(data) < total {
		part, err := a.part(op, len(data), min(maxRead, total-len(data)))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			return nil, fmt.Errorf("%s: ends at %d of %d bytes: %w", op, len(data), total, ErrUnreadable)
		}
		data = append(data, part...)
	}
	return withHeader(f, data[a.header:total]), nil
}

// withHeader puts the header of four bytes before a body, as SOD and parsers
// expect it.
func withHeader(f sod.FID, body []byte) []byte {
	file := make([]byte, 0, fileHeader+len(body))
	file = binary.LittleEndian.AppendUint16(file, uint16(f))
	file = binary.LittleEndian.AppendUint16(file, uint16(len(body)))
	return append(file, body...)
}

// selectFile selects a file of the applet.
func (a *identityApplet) selectFile(f sod.FID) error {
	_, err := selectFile(a.c, a.aid, a.selectCommand(f), "select file "+f.String())
	return err
}

// selectFile sends cmd, a SELECT of a file in the applet aid, and returns the
// answer, or errNoFile. A file that is not found is looked for once more in the
// applet selected anew: a reset by another program or by the card itself looks
// the same.
func selectFile(c *channel, aid []byte, cmd apdu.Command, op string) ([]byte, error) {
	for again := false; ; again = true {
		res, err := c.send(cmd)
		switch {
		case err != nil:
			return nil, err
		case res.SW.OK():
			return res.Data, nil
		case res.SW != apdu.SWFileNotFound:
			return nil, &StatusError{Op: op, SW: res.SW}
		case again || aid == nil:
			return nil, fmt.Errorf("%s: %w", op, errNoFile)
		}
		ok, err := selectApplet(c, aid)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%s: applet left: %w", op, ErrReset)
		}
	}
}

// selectCommand is SELECT by path from the master file with the Le that real
// cards want, or the older form.
func (a *identityApplet) selectCommand(f sod.FID) apdu.Command {
	cmd := apdu.Command{INS: apdu.InsSelect, P1: 0x08, Data: []byte{byte(f >> 8), byte(f)}, Ne: 4}
	if a.aid == nil {
		cmd.P1, cmd.Ne = 0, 0
	}
	return cmd
}

// first reads the start of the selected file, at least its header.
func (a *identityApplet) first(op string) ([]byte, error) {
	data, err := a.part(op, 0, maxRead)
	var status *StatusError
	if errors.As(err, &status) && status.SW == apdu.SWWrongLength { // no card is known to; the header alone always works
		data, err = a.part(op, 0, a.header)
	}
	if err != nil {
		return nil, err
	}
	if len(data) < a.header {
		return nil, fmt.Errorf("%s: header of %d bytes: %w", op, len(data), ErrUnreadable)
	}
	return data, nil
}

// part reads up to n bytes at offset. An offset behind the end gives none.
func (a *identityApplet) part(op string, offset, n int) ([]byte, error) {
	if offset > maxOffset {
		return nil, fmt.Errorf("%s: offset %d: %w", op, offset, ErrUnreadable)
	}
	return readBinary(a.c, op, offset, n)
}

// readBinary sends one READ BINARY (ISO/IEC 7816-4 11.3.3). A warning comes
// with what there is; an offset behind the end gives no bytes.
func readBinary(c *channel, op string, offset, n int) ([]byte, error) {
	res, err := c.send(apdu.Command{INS: apdu.InsReadBinary, P1: byte(offset >> 8), P2: byte(offset), Ne: n})
	switch {
	case err != nil:
		return nil, err
	case res.SW.OK(), res.SW.Warning():
		return res.Data, nil
	case res.SW == apdu.SWOffset && offset > 0:
		return nil, nil
	}
	return nil, &StatusError{Op: op, SW: res.SW}
}
