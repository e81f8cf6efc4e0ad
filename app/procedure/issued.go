package procedure

import (
	"context"
	"encoding/json"
	"errors"
)

// Certified is a certificate of a closed case.
type Certified struct {
	Number string   // of the case, as printed
	Serial string   // of the certificate, hex
	SHA256 string   // of the certificate, hex
	Chain  [][]byte // DER, leaf first; nil: erased after the authority had taken it over
}

// LastIssued finds the certificate of the case that was closed last.
// CodeNoCase: none was issued yet.
func LastIssued(ctx context.Context, j Journal) (Certified, error) {
	var last Case
	b := newBook()
	err := j.Replay(ctx, func(_ int64, event []byte) error {
		err := b.add(event)
		if b.ended.Closed && b.ended.Attempt.Active {
			last = b.ended
		}
		return err
	})
	if err != nil {
		return Certified{}, err
	}
	if !last.Closed {
		return Certified{}, &Error{Code: CodeNoCase, Detail: "no case was closed yet"}
	}
	found := Certified{Number: last.Number, Serial: last.Attempt.Serial, SHA256: last.Attempt.Certificate}
	opening, err := j.Part(ctx, last.ID, last.Attempt.CertPart)
	if errors.Is(err, &Error{Code: CodeErased}) {
		return found, nil
	}
	if err != nil {
		return Certified{}, err
	}
	if len(opening) < saltSize || json.Unmarshal(opening[saltSize:], &found.Chain) != nil || len(found.Chain) == 0 {
		return Certified{}, &Error{Code: CodeTampered, Detail: "part " + last.Attempt.CertPart}
	}
	return found, nil
}
