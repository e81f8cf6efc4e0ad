package procedure

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The sealed parts of a case. Where there can be more than one of a kind, the
// name carries a number: a part is never replaced, because an event that
// cannot be changed commits to it.
const (
	PartRecord    = "record"     // who the citizen is and which card it was
	PartChipFiles = "chip-files" // raw card files, opaque here; the authority opens them
	PartArchive   = "archive"    // where the papers lie
)

func partFacts(n int) string       { return fmt.Sprintf("facts-%d", n) }
func partOverride(n int) string    { return fmt.Sprintf("override-%d", n) }
func partDocument(n int) string    { return fmt.Sprintf("document-%d", n) }
func partOperator(n int) string    { return fmt.Sprintf("operator-%d", n) }
func partEmail(n int) string       { return fmt.Sprintf("email-%d", n) }
func partPapers(n int) string      { return fmt.Sprintf("papers-%d", n) }
func partCSR(attempt int) string   { return fmt.Sprintf("csr-%d", attempt) }
func partChain(attempt int) string { return fmt.Sprintf("certificate-%d", attempt) }

// saltSize is the length of the random salt before the content of an opening.
// Without it a commitment to a JMBG, of which there are about 10⁹, could be
// guessed.
const saltSize = 32

// sealed is content on its way into the journal.
type sealed struct {
	name    string
	content []byte
}

// opening returns salt and content as one.
func (s sealed) opening() []byte {
	b := make([]byte, saltSize, saltSize+len(s.content))
	rand.Read(b)
	return append(b, s.content...)
}

// commitment is the hex name under which an opening is found.
func commitment(opening []byte) string { return hexSum(opening) }

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// record is the content of PartRecord.
type record struct {
	Token    TokenSerial    `json:"token"`
	Identity recordIdentity `json:"identity"`
	// Contract is the number by which the person was found without his card.
	Contract string `json:"contract,omitempty"`
	// Holder is the name in his certificates, as the register gave it then.
	Holder string `json:"holder,omitempty"`
}

// recordIdentity is Identity without the raw files, which are a part of their
// own, and without the place in the reader, which is not of the card.
type recordIdentity struct {
	DocType        DocType    `json:"doc_type"`
	CardNumber     CardNumber `json:"card_number"`
	DocSerial      string     `json:"doc_serial"`
	ChipSerial     string     `json:"chip_serial"`
	IssuedBy       string     `json:"issued_by"`
	IssuedOn       Date       `json:"issued_on"`
	ValidUntil     Date       `json:"valid_until"`
	PersonalNumber string     `json:"personal_number"`
	Surname        string     `json:"surname"`
	GivenName      string     `json:"given_name"`
	ParentName     string     `json:"parent_name"`
	Sex            string     `json:"sex"`
	BirthDate      Date       `json:"birth_date"`
	BirthPlace     string     `json:"birth_place"`
	Nationality    string     `json:"nationality"`
	// Verdict is the verdict on the signature over the card data; journals of
	// the first version hold genuine cards only.
	Verdict Authenticity `json:"authenticity,omitempty"`
}

func newRecord(id Identity, token TokenSerial) record {
	if id.Authenticity == NotChecked {
		id.Authenticity = SODMissing // it counts the same, and zero is kept for the first version
	}
	return record{Token: token, Identity: recordIdentity{
		DocType: id.DocType, CardNumber: id.CardNumber, DocSerial: id.DocSerial, ChipSerial: id.ChipSerial,
		IssuedBy: id.IssuedBy, IssuedOn: id.IssuedOn, ValidUntil: id.ValidUntil,
		PersonalNumber: string(id.PersonalNumber), Surname: id.Surname, GivenName: id.GivenName,
		ParentName: id.ParentName, Sex: id.Sex, BirthDate: id.BirthDate, BirthPlace: id.BirthPlace,
		Nationality: id.Nationality, Verdict: id.Authenticity,
	}}
}

// identity gives back what was recorded.
func (r record) identity() Identity {
	i := r.Identity
	if i.Verdict == NotChecked {
		i.Verdict = Genuine
	}
	return Identity{
		DocType: i.DocType, CardNumber: i.CardNumber, DocSerial: i.DocSerial, ChipSerial: i.ChipSerial,
		IssuedBy: i.IssuedBy, IssuedOn: i.IssuedOn, ValidUntil: i.ValidUntil,
		PersonalNumber: PersonalNumber(i.PersonalNumber), Surname: i.Surname, GivenName: i.GivenName,
		ParentName: i.ParentName, Sex: i.Sex, BirthDate: i.BirthDate, BirthPlace: i.BirthPlace,
		Nationality: i.Nationality, Authenticity: i.Verdict,
	}
}

// isCard reports whether the card read is the card of the record: the same
// document and the same chip.
func (r record) isCard(id Identity, chip Chip) bool {
	return r.Token == chip.Serial && r.Identity.CardNumber == id.CardNumber &&
		r.Identity.DocSerial == id.DocSerial && r.Identity.ChipSerial == id.ChipSerial
}

// part opens a sealed part of a case.
func (e *Engine) part(ctx context.Context, id CaseID, name string) ([]byte, error) {
	opening, err := e.cfg.Journal.Part(ctx, id, name)
	if err != nil {
		return nil, journalError("open part "+name, err)
	}
	if len(opening) < saltSize {
		return nil, &Error{Code: CodeTampered, Detail: "part " + name + " is too short"}
	}
	return opening[saltSize:], nil
}

// partJSON opens a sealed part that holds JSON.
func (e *Engine) partJSON(ctx context.Context, id CaseID, name string, v any) error {
	b, err := e.part(ctx, id, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &Error{Code: CodeTampered, Detail: "part " + name, Err: err}
	}
	return nil
}
