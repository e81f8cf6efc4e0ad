package procedure

import "encoding/json"

// Words are the words by which a case is found: the exact numbers, and the
// names as the chip has them.
type Words struct {
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Contract       string // number; empty: the person was found by his card
	Surname        string
	GivenName      string
}

// RecordWords gives the words of a PartRecord, salt not included; none if it
// cannot be read.
func RecordWords(content []byte) Words {
	var r record
	if json.Unmarshal(content, &r) != nil {
		return Words{}
	}
	return Words{
		PersonalNumber: PersonalNumber(r.Identity.PersonalNumber), CardNumber: r.Identity.CardNumber,
		Contract: r.Contract, Surname: r.Identity.Surname, GivenName: r.Identity.GivenName,
	}
}
