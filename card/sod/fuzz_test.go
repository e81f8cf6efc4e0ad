package sod

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

// FuzzFiles: any bytes parse or are malformed, and good records survive
// encoding.
func FuzzFiles(f *testing.F) {
	for _, file := range testFiles() {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, parse := range []func([]byte) error{
			func(b []byte) error { _, err := ParseDocument(b); return err },
			func(b []byte) error { _, err := ParsePersonal(b); return err },
			func(b []byte) error { _, err := ParseResidence(b); return err },
			func(b []byte) error { _, err := Portrait(b); return err },
		} {
			if err := parse(file); err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		}
		body, err := Body(file)
		if err != nil {
			return
		}
		records, err := ParseRecords(body)
		if err == nil && !bytes.Equal(EncodeFile(FID(binary.LittleEndian.Uint16(file)), records), file) {
			t.Error("encoding the records gives another file")
		}
	})
}

// FuzzVerify: a SOD of any bytes is refused with one of the four reasons.
func FuzzVerify(f *testing.F) {
	now := time.Now()
	m := newMinistry(f, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	files := testFiles()
	good := sign(f, files, m.signer, m.key)
	f.Add(good)
	f.Add(withHeader(1, []byte{0x30, 0x80, 0, 0}))
	f.Fuzz(func(t *testing.T, sod []byte) {
		err := Verify(files, sod, []*x509.Certificate{m.anchor}, now)
		for _, want := range []error{ErrMissing, ErrMismatch, ErrAnchor, ErrMalformed} {
			if errors.Is(err, want) {
				return
			}
		}
		der, derr := signedData(sod)
		if err != nil || derr != nil || !bytes.Contains(good, der[len(der)-20:]) {
			t.Errorf("got %v for a SOD that was not signed", err)
		}
	})
}

// FuzzBundle: what parses encodes to the same bytes.
func FuzzBundle(f *testing.F) {
	files := testFiles()
	f.Add(Bundle{Document: files[FileDocument], Personal: files[FilePersonal], SOD: []byte{1}}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBundle(data)
		if err == nil && !bytes.Equal(b.Encode(), data) {
			t.Error("encoding the bundle gives other bytes")
		}
	})
}
