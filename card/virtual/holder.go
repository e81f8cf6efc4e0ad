package virtual

import (
	"bytes"
	"encoding/json"
	"fmt"

	"salter/card/sod"
)

// Holder is the person and the document on a card: what files 0F02, 0F03 and
// 0F04 hold. Empty fields are left out of the files.
type Holder struct {
	Document  sod.Document
	Personal  sod.Personal
	Residence sod.Residence
}

// holderFile is the JSON form of a Holder; dates are DDMMYYYY as on the chip.
type holderFile struct {
	CardNumber     string `json:"card_number"`
	DocumentSerial string `json:"document_serial"`
	ChipSerial     string `json:"chip_serial"`
	IssuedOn       string `json:"issued_on"`
	ValidUntil     string `json:"valid_until"`
	IssuedBy       string `json:"issued_by"`

	PersonalNumber string `json:"personal_number"`
	Surname        string `json:"surname"`
	GivenName      string `json:"given_name"`
	ParentName     string `json:"parent_name"`
	Sex            string `json:"sex"`
	BirthDate      string `json:"birth_date"`
	BirthPlace     string `json:"birth_place"`
	BirthCommunity string `json:"birth_community"`
	BirthState     string `json:"birth_state"`
	Nationality    string `json:"nationality"`

	State     string `json:"state"`
	Community string `json:"community"`
	Place     string `json:"place"`
	Street    string `json:"street"`
	Number    string `json:"number"`
}

// Override returns h with the fields that a holder file gives. The file is
// JSON; a member that is not known is an error, one that is missing leaves the
// preset's value.
func (h Holder) Override(data []byte) (Holder, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f holderFile
	if err := dec.Decode(&f); err != nil {
		return Holder{}, fmt.Errorf("read holder file: %w", err)
	}
	for _, t := range []struct {
		from string
		to   *string
	}{
		{f.CardNumber, &h.Document.RegNo}, {f.DocumentSerial, &h.Document.Serial},
		{f.ChipSerial, &h.Document.ChipSerial}, {f.IssuedBy, &h.Document.Authority},
		{f.PersonalNumber, &h.Personal.PersonalNumber}, {f.Surname, &h.Personal.Surname},
		{f.GivenName, &h.Personal.GivenName}, {f.ParentName, &h.Personal.ParentName},
		{f.Sex, &h.Personal.Sex}, {f.BirthPlace, &h.Personal.BirthPlace},
		{f.BirthCommunity, &h.Personal.BirthCommunity}, {f.BirthState, &h.Personal.BirthState},
		{f.Nationality, &h.Personal.Nationality},
		{f.State, &h.Residence.State}, {f.Community, &h.Residence.Community},
		{f.Place, &h.Residence.Place}, {f.Street, &h.Residence.Street}, {f.Number, &h.Residence.Number},
	} {
		if t.from != "" {
			*t.to = t.from
		}
	}
	for _, t := range []struct {
		name, from string
		to         *sod.Date
	}{
		{"issued_on", f.IssuedOn, &h.Document.IssuedOn},
		{"valid_until", f.ValidUntil, &h.Document.ValidUntil},
		{"birth_date", f.BirthDate, &h.Personal.BirthDate},
	} {
		if t.from == "" {
			continue
		}
		d, ok := sod.ParseDate(t.from)
		if !ok {
			return Holder{}, fmt.Errorf("read holder file: %s is not a date DDMMYYYY", t.name)
		}
		*t.to = d
	}
	return h, nil
}

// documentRecords are the records of file 0F02.
func (h Holder) documentRecords() []sod.Record {
	d := h.Document
	return records([]field{
		{sod.TagDocRegNo, d.RegNo}, {sod.TagDocType, d.Type}, {sod.TagDocSerial, d.Serial},
		{sod.TagIssuedOn, d.IssuedOn.String()}, {sod.TagValidUntil, d.ValidUntil.String()},
		{sod.TagAuthority, d.Authority}, {sod.TagChipSerial, d.ChipSerial},
		{sod.TagDocumentName, d.Name}, {sod.TagChipSerial2, d.ChipSerial},
	})
}

// personalRecords are the records of file 0F03.
func (h Holder) personalRecords() []sod.Record {
	p := h.Personal
	return records([]field{
		{sod.TagPersonalNumber, p.PersonalNumber}, {sod.TagSurname, p.Surname}, {sod.TagGivenName, p.GivenName},
		{sod.TagParentName, p.ParentName}, {sod.TagSex, p.Sex}, {sod.TagBirthPlace, p.BirthPlace},
		{sod.TagBirthCommunity, p.BirthCommunity}, {sod.TagBirthState, p.BirthState},
		{sod.TagBirthDate, p.BirthDate.String()}, {sod.TagBirthStateCode, p.BirthStateCode},
		{sod.TagStatusOfForeigner, p.StatusOfForeigner}, {sod.TagNationality, p.Nationality},
		{sod.TagPurposeOfStay, p.PurposeOfStay}, {sod.TagENote, p.ENote},
	})
}

// residenceRecords are the records of file 0F04.
func (h Holder) residenceRecords() []sod.Record {
	r := h.Residence
	return records([]field{
		{sod.TagState, r.State}, {sod.TagCommunity, r.Community}, {sod.TagPlace, r.Place},
		{sod.TagStreet, r.Street}, {sod.TagHouseNumber, r.Number}, {sod.TagHouseLetter, r.Letter},
		{sod.TagEntrance, r.Entrance}, {sod.TagFloor, r.Floor}, {sod.TagApartment, r.Apartment},
		{sod.TagAddressDate, r.ChangedOn.String()}, {sod.TagAddressLabel, r.Label},
	})
}

// field is a record before its value is encoded.
type field struct {
	tag   sod.Tag
	value string
}

// records encodes the fields that are not empty.
func records(fields []field) []sod.Record {
	var list []sod.Record
	for _, f := range fields {
		if f.value != "" {
			list = append(list, sod.Record{Tag: f.tag, Value: []byte(f.value)})
		}
	}
	return list
}
