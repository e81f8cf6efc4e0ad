package sod

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestBundle encodes, decodes and verifies a bundle.
func TestBundle(t *testing.T) {
	now := time.Now()
	m := newMinistry(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	files := testFiles()
	b := Bundle{Document: files[FileDocument], Personal: files[FilePersonal], SOD: sign(t, files, m.signer, m.key)}
	data := b.Encode()
	got, err := ParseBundle(data)
	if err != nil {
		t.Fatal(err)
	}
	d, p, err := got.Verify([]*x509.Certificate{m.anchor}, now)
	if err != nil || d.RegNo != "012345678" || d.ChipSerial != "00112233445566" || p.Surname != "СТОЈАНОВИЋ" || p.BirthDate.String() != "06051904" {
		t.Errorf("verify: got %+v, surname of %d bytes, error %v", d, len(p.Surname), err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "version": flip(data, 0), "order": flip(data, 2), "cut": data[:len(data)-1], "more": append(bytes.Clone(data), 0),
		"length": flip(data, 4), "huge": {1, 0x0F, 0x02, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		if _, err := ParseBundle(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
	b.Personal = flip(b.Personal, 12)
	if _, _, err := b.Verify([]*x509.Certificate{m.anchor}, now); !errors.Is(err, ErrMismatch) {
		t.Errorf("changed file: got %v, want ErrMismatch", err)
	}
}

// TestParse reads files with what can be wrong in them.
func TestParse(t *testing.T) {
	value := func(tag Tag, v string) []byte { return EncodeFile(FileDocument, []Record{{tag, []byte(v)}}) }
	for _, tc := range []struct {
		name string
		file []byte
		want error
		tag  Tag // of the FieldError, 0: none
	}{
		{"good", value(TagDocRegNo, "012345678"), nil, 0},
		{"unknown tag", value(999, "x"), nil, 0},
		{"empty date", value(TagIssuedOn, ""), nil, 0},
		{"number too long", value(TagDocRegNo, "0123456789"), ErrMalformed, TagDocRegNo},
		{"type too long", value(TagDocType, "IDX"), ErrMalformed, TagDocType},
		{"not a date", value(TagValidUntil, "31022030"), ErrMalformed, TagValidUntil},
		{"two-digit year", value(TagValidUntil, "010230"), ErrMalformed, TagValidUntil},
		{"not UTF-8", value(TagAuthority, "\xFF\xFE"), ErrMalformed, TagAuthority},
		{"no header", []byte{2, 0x0F, 1}, ErrMalformed, 0},
		{"empty body", []byte{2, 0x0F, 0, 0}, ErrMalformed, 0},
		{"header too long", []byte{2, 0x0F, 9, 0, 1}, ErrMalformed, 0},
		{"stray byte", withHeader(0x0F02, append(value(TagDocRegNo, "012345678")[4:], 0)), ErrMalformed, 0},
		{"length past the end", withHeader(0x0F02, append(value(TagDocRegNo, "012345678")[4:], 0x0B, 0x06, 9, 0, 'I')), ErrMalformed, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := ParseDocument(tc.file)
			var field *FieldError
			if !errors.Is(err, tc.want) || errors.As(err, &field) != (tc.tag != 0) || field != nil && field.Tag != tc.tag {
				t.Errorf("got %v, want %v and tag %d", err, tc.want, tc.tag)
			}
			if tc.want == nil && tc.name == "good" && d.RegNo != "012345678" {
				t.Errorf("number: got %q", d.RegNo)
			}
		})
	}
}

// TestTruncated wants what stood before the damage, and where it is.
func TestTruncated(t *testing.T) {
	file := testFiles()[FilePersonal]
	cut := bytes.Clone(file[:len(file)-3])
	binary.LittleEndian.PutUint16(cut[2:], uint16(len(cut)-4))
	p, err := ParsePersonal(cut)
	var where *TruncatedError
	if !errors.As(err, &where) || where.Tag != TagBirthDate || where.Length != 8 || where.Left != 5 {
		t.Fatalf("got %v, want a TruncatedError in the birth date", err)
	}
	if p.GivenName != "МИХАИЛО" || !p.BirthDate.IsZero() {
		t.Errorf("given name %q, birth date %v", p.GivenName, p.BirthDate)
	}
	if strings.Contains(err.Error(), "МИХАИЛО") || strings.Contains(err.Error(), "0605904710015") {
		t.Errorf("the error names the person: %v", err)
	}
}

// TestPartialBirthDate wants no error where only the year of birth is known.
func TestPartialBirthDate(t *testing.T) {
	p, err := ParsePersonal(EncodeFile(FilePersonal, []Record{{TagBirthDate, []byte("00001904")}}))
	if err != nil || !p.BirthDate.IsZero() {
		t.Errorf("got %v, error %v", p.BirthDate, err)
	}
}

// TestResidence reads file 0F04.
func TestResidence(t *testing.T) {
	r, err := ParseResidence(EncodeFile(FileResidence, []Record{
		{TagPlace, []byte("BEOGRAD")}, {TagStreet, []byte("KNEZ MIHAILOVA")}, {TagHouseNumber, []byte("35")}, {TagAddressDate, []byte("01022020")},
	}))
	if err != nil || r.Place != "BEOGRAD" || r.Number != "35" || r.ChangedOn != (Date{2020, time.February, 1}) {
		t.Errorf("got %+v, error %v", r, err)
	}
}

// TestPortrait reads file 0F06.
func TestPortrait(t *testing.T) {
	jpeg, err := Portrait(testFiles()[FilePortrait])
	if err != nil || !bytes.Equal(jpeg, []byte{0xFF, 0xD8, 0xFF, 0xD9}) {
		t.Errorf("got %X, error %v", jpeg, err)
	}
	for _, bad := range [][]byte{nil, {6, 0x0F, 2, 0, 1, 2}, {6, 0x0F, 5, 0, 0, 0, 9, 0, 1}, {6, 0x0F, 4, 0, 0, 0, 0, 0}} {
		if _, err := Portrait(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%X: got %v, want ErrMalformed", bad, err)
		}
	}
}
