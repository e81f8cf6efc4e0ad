package sod

import (
	"fmt"
	"unicode/utf8"
)

// Document is file 0F02. A field that the chip does not have is empty.
type Document struct {
	RegNo      string // number of the ID card, 9 digits
	Type       string // ID, IF, RP; empty on a card made before 18.08.2014
	Serial     string
	IssuedOn   Date
	ValidUntil Date // this day included
	Authority  string
	ChipSerial string
	Name       string // of the document
}

// Personal is file 0F03. A field that the chip does not have is empty.
type Personal struct {
	PersonalNumber    string // JMBG of a citizen, EBS of a foreigner, 13 digits
	Surname           string // in the script printed on the card
	GivenName         string
	ParentName        string
	Sex               string
	BirthPlace        string
	BirthCommunity    string
	BirthState        string
	BirthStateCode    string
	BirthDate         Date // zero if the chip gives no full date
	Nationality       string
	StatusOfForeigner string
	PurposeOfStay     string
	ENote             string
}

// Residence is file 0F04. A field that the chip does not have is empty.
type Residence struct {
	State, Community, Place, Street string
	Number, Letter, Entrance        string
	Floor, Apartment                string
	Label                           string
	ChangedOn                       Date // zero if the chip gives no full date
}

// ParseDocument reads a whole file 0F02. On an error that is an ErrMalformed
// the fields that could be read are filled in, for display only.
func ParseDocument(file []byte) (Document, error) {
	f, err := readFields(file)
	d := Document{
		RegNo:      f.text(TagDocRegNo, 9),
		Type:       f.text(TagDocType, 2),
		Serial:     f.text(TagDocSerial, 10),
		IssuedOn:   f.date(TagIssuedOn),
		ValidUntil: f.date(TagValidUntil),
		Authority:  f.text(TagAuthority, maxText),
		ChipSerial: f.text(TagChipSerial, 14),
		Name:       f.text(TagDocumentName, maxText),
	}
	if d.ChipSerial == "" {
		d.ChipSerial = f.text(TagChipSerial2, 14)
	}
	return d, f.failure("parse document file", err)
}

// ParsePersonal reads a whole file 0F03. On an error that is an ErrMalformed
// the fields that could be read are filled in, for display only.
func ParsePersonal(file []byte) (Personal, error) {
	f, err := readFields(file)
	p := Personal{
		PersonalNumber:    f.text(TagPersonalNumber, 13),
		Surname:           f.text(TagSurname, maxName),
		GivenName:         f.text(TagGivenName, maxName),
		ParentName:        f.text(TagParentName, maxName),
		Sex:               f.text(TagSex, maxText),
		BirthPlace:        f.text(TagBirthPlace, maxText),
		BirthCommunity:    f.text(TagBirthCommunity, maxText),
		BirthState:        f.text(TagBirthState, maxText),
		BirthStateCode:    f.text(TagBirthStateCode, maxText),
		BirthDate:         f.partialDate(TagBirthDate),
		Nationality:       f.text(TagNationality, maxText),
		StatusOfForeigner: f.text(TagStatusOfForeigner, maxText),
		PurposeOfStay:     f.text(TagPurposeOfStay, maxText),
		ENote:             f.text(TagENote, maxText),
	}
	return p, f.failure("parse personal file", err)
}

// ParseResidence reads a whole file 0F04. On an error that is an ErrMalformed
// the fields that could be read are filled in, for display only.
func ParseResidence(file []byte) (Residence, error) {
	f, err := readFields(file)
	r := Residence{
		State:     f.text(TagState, maxText),
		Community: f.text(TagCommunity, maxText),
		Place:     f.text(TagPlace, maxText),
		Street:    f.text(TagStreet, maxText),
		Number:    f.text(TagHouseNumber, maxText),
		Letter:    f.text(TagHouseLetter, maxText),
		Entrance:  f.text(TagEntrance, maxText),
		Floor:     f.text(TagFloor, maxText),
		Apartment: f.text(TagApartment, maxText),
		Label:     f.text(TagAddressLabel, maxText),
		ChangedOn: f.partialDate(TagAddressDate),
	}
	return r, f.failure("parse residence file", err)
}

// Limits of values in bytes: the number fields as the ministry's own reading
// library declares them, and a bound for free text. They guard the readers
// behind us; a longer value is an error and never cut.
const (
	maxName = 200
	maxText = 400
)

// fields are the records of one file with the first complaint about a value.
type fields struct {
	values map[Tag][]byte
	err    error
}

// readFields reads the records of a whole file; the first record of a tag
// counts.
func readFields(file []byte) (*fields, error) {
	f := &fields{values: make(map[Tag][]byte)}
	body, err := Body(file)
	if err != nil {
		return f, err
	}
	records, err := ParseRecords(body)
	for _, r := range records {
		if _, have := f.values[r.Tag]; !have {
			f.values[r.Tag] = r.Value
		}
	}
	return f, err
}

// failure joins what was wrong with the file and with a value in it.
func (f *fields) failure(op string, err error) error {
	if err == nil {
		err = f.err
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

// complain notes the first bad value.
func (f *fields) complain(tag Tag, reason string) {
	if f.err == nil {
		f.err = &FieldError{Tag: tag, Reason: reason}
	}
}

// text returns the value of tag, UTF-8, at most limit bytes.
func (f *fields) text(tag Tag, limit int) string {
	v := f.values[tag]
	switch {
	case len(v) > limit:
		f.complain(tag, fmt.Sprintf("%d bytes, at most %d allowed", len(v), limit))
		return ""
	case !utf8.Valid(v):
		f.complain(tag, "not UTF-8")
		return ""
	}
	return string(v)
}

// date returns the value of tag as a day of the calendar.
func (f *fields) date(tag Tag) Date {
	s := f.text(tag, maxText)
	d, ok := ParseDate(s)
	if !ok && s != "" {
		f.complain(tag, "not a date")
	}
	return d
}

// partialDate is date for fields in which day or month may be unknown.
func (f *fields) partialDate(tag Tag) Date {
	d, _ := ParseDate(f.text(tag, maxText))
	return d
}
