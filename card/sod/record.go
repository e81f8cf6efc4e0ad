package sod

import "encoding/binary"

// Tag names a field of the identity files. The numbers are decimal by custom.
type Tag uint16

// The tags of 0F02, 0F03 and 0F04.
const (
	TagDocRegNo     Tag = 1546 // number of the ID card
	TagDocType      Tag = 1547 // ID, IF, RP or empty
	TagDocSerial    Tag = 1548
	TagIssuedOn     Tag = 1549
	TagValidUntil   Tag = 1550
	TagAuthority    Tag = 1551
	TagChipSerial   Tag = 1681
	TagChipSerial2  Tag = 1689 // the same value; readers differ
	TagDocumentName Tag = 1682

	TagPersonalNumber    Tag = 1558 // JMBG, or EBS of a foreigner
	TagSurname           Tag = 1559
	TagGivenName         Tag = 1560
	TagParentName        Tag = 1561
	TagSex               Tag = 1562
	TagBirthPlace        Tag = 1563
	TagBirthCommunity    Tag = 1564
	TagBirthState        Tag = 1565
	TagBirthDate         Tag = 1566
	TagBirthStateCode    Tag = 1567
	TagStatusOfForeigner Tag = 1582
	TagNationality       Tag = 1583
	TagPurposeOfStay     Tag = 1683
	TagENote             Tag = 1684

	TagState        Tag = 1568
	TagCommunity    Tag = 1569
	TagPlace        Tag = 1570
	TagStreet       Tag = 1571
	TagHouseNumber  Tag = 1572
	TagHouseLetter  Tag = 1573
	TagEntrance     Tag = 1574
	TagFloor        Tag = 1575
	TagApartment    Tag = 1578
	TagAddressDate  Tag = 1580
	TagAddressLabel Tag = 1581
)

// recordHead is tag LE16 and length LE16.
const recordHead = 4

// Record is one field of a data file, byte for byte as on the chip.
type Record struct {
	Tag   Tag
	Value []byte
}

// ParseRecords reads the records that fill a body. It is tolerant: at the
// first impossible length it stops and returns what it has read together with
// a *TruncatedError. Values are parts of body.
func ParseRecords(body []byte) ([]Record, error) {
	var list []Record
	for off := 0; off < len(body); {
		rest := body[off:]
		if len(rest) < recordHead {
			return list, &TruncatedError{Offset: off, Left: len(rest)}
		}
		tag := Tag(binary.LittleEndian.Uint16(rest))
		n := int(binary.LittleEndian.Uint16(rest[2:]))
		rest = rest[recordHead:]
		if n > len(rest) {
			return list, &TruncatedError{Offset: off, Tag: tag, Length: n, Left: len(rest)}
		}
		list = append(list, Record{Tag: tag, Value: rest[:n:n]})
		off += recordHead + n
	}
	return list, nil
}

// appendRecords is the inverse of ParseRecords.
func appendRecords(b []byte, records []Record) []byte {
	for _, r := range records {
		b = binary.LittleEndian.AppendUint16(b, uint16(r.Tag))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Value)))
		b = append(b, r.Value...)
	}
	return b
}
