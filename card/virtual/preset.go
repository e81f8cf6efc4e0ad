package virtual

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"salter/card/sod"
)

// Preset names a ready-made card.
type Preset string

// The presets.
const (
	Citizen     Preset = "citizen"      // ID card issued a year ago, newest chip
	Citizen2014 Preset = "citizen-2014" // ID card on the Gemalto chip of 2014
	Foreigner   Preset = "foreigner"    // ID card for foreigners
	Permit      Preset = "residence"    // residence permit: no ID card
	Apollo      Preset = "apollo"       // ID card made before 18.08.2014, no PKI part
	Expired     Preset = "expired"      // ID card whose validity has ended
	Blocked     Preset = "blocked"      // PIN counter at zero
	LastTry     Preset = "last-try"     // PIN counter at one
	Auth        Preset = "auth"         // ID card with an authentication certificate from the start
	Renewal     Preset = "renewal"      // as Auth, older, and a signing certificate that has ended
)

// Presets lists the presets.
func Presets() []Preset {
	return []Preset{Citizen, Citizen2014, Foreigner, Permit, Apollo, Expired, Blocked, LastTry, Auth, Renewal}
}

// PresetPIN and PresetPUK open every card made from a preset. They are test
// data and stand in the manual.
const (
	PresetPIN = "482915"
	PresetPUK = "8014625739140268"
)

// Personalisation is what a card is made from.
type Personalisation struct {
	ATR    []byte
	AID    []byte // of the identity applet; empty: Apollo
	Holder Holder
	PKI    bool // the chip has a PKI part
	// Blank leaves the write view without files, PIN and PUK, as it comes
	// from the factory.
	Blank    bool
	PIN, PUK string
	Tries    int // left for the PIN; 0: blocked
	// Certificates are on the card from the start, at most one of a kind.
	Certificates []Certificate
}

// The AIDs of the identity applets end in the name of the document.
func identityAID(kind string) []byte {
	return append(append([]byte{0xF3, 0x81, 0x00, 0x00, 0x02}, kind...), 0x01)
}

// Personalisation returns what a card of this preset is made from. Numbers of
// card and chip are random, so that no two cards are the same; dates are
// counted from now, so that a valid card stays one.
func (p Preset) Personalisation(now time.Time) (Personalisation, error) {
	number := randomDigits(9)
	pe := Personalisation{
		ATR: atrSCE80C2(), AID: identityAID("SERID"), Holder: citizen(number, now),
		PKI: true, PIN: PresetPIN, PUK: PresetPUK, Tries: maxTries,
	}
	doc := &pe.Holder.Document
	switch p {
	case Citizen:
	case Citizen2014:
		pe.ATR = atrGemalto()
		issue(doc, now.AddDate(-5, 0, 0))
	case Foreigner:
		pe.AID = identityAID("SERIF")
		pe.Holder = foreigner(number, now)
	case Permit:
		pe.AID = identityAID("SERRP")
		pe.Holder = foreigner(number, now)
		pe.Holder.Document.Type, pe.Holder.Document.Name = "RP", "DOZVOLA ZA PRIVREMENI BORAVAK"
	case Apollo:
		pe.ATR, pe.AID, pe.PKI = atrApollo(), nil, false
		doc.Type, doc.Name, doc.ChipSerial = "", "", ""
		doc.IssuedOn = sod.Date{Year: 2014, Month: time.May, Day: 12}
		// Cards of the elderly were issued without a term of ten years.
		doc.ValidUntil = sod.DateOf(now.AddDate(3, 0, 0))
	case Expired:
		issue(doc, now.AddDate(-10, -1, 0))
	case Blocked:
		pe.Tries = 0
	case LastTry:
		pe.Tries = 1
	case Auth:
		pe.Certificates = []Certificate{{NotAfter: now.AddDate(4, 0, 0)}}
	case Renewal:
		// Chips of today were not made yet when its certificates were issued.
		pe.ATR = atrGemalto()
		issue(doc, now.AddDate(-5, -2, 0))
		pe.Certificates = []Certificate{{NotAfter: now.AddDate(0, 2, 0)}, {NonRepudiation: true, NotAfter: now.AddDate(0, 0, -9)}}
	default:
		return Personalisation{}, fmt.Errorf("unknown preset %q", p)
	}
	return pe, nil
}

// citizen is the person of most presets: an adult with a personal number from
// 1904, which meets nobody alive.
func citizen(number string, now time.Time) Holder {
	return Holder{
		Document: document("ID", "LIČNA KARTA", number, now),
		Personal: sod.Personal{
			PersonalNumber: "0605904710015",
			Surname:        "СТОЈАНОВИЋ",
			GivenName:      "МИХАИЛО",
			ParentName:     "ŽIVOJIN",
			Sex:            "M",
			BirthPlace:     "BEOGRAD",
			BirthCommunity: "SAVSKI VENAC",
			BirthState:     "REPUBLIKA SRBIJA",
			BirthStateCode: "SRB",
			BirthDate:      sod.Date{Year: 1904, Month: time.May, Day: 6},
			Nationality:    "SRB",
		},
		Residence: sod.Residence{
			State: "SRB", Community: "BEOGRAD-STARI GRAD", Place: "BEOGRAD", Street: "KNEZ MIHAILOVA",
			Number: "35", Floor: "2", Apartment: "7", ChangedOn: sod.DateOf(now.AddDate(-8, 0, 0)), Label: "0",
		},
	}
}

// foreigner is the person of the cards for foreigners. The number is an EBS,
// to which the rules of a JMBG do not apply.
func foreigner(number string, now time.Time) Holder {
	return Holder{
		Document: document("IF", "LIČNA KARTA ZA STRANCA", number, now),
		Personal: sod.Personal{
			PersonalNumber:    "1908000142753",
			Surname:           "NOVÁKOVÁ",
			GivenName:         "JANA",
			Sex:               "Ž",
			BirthPlace:        "BRNO",
			BirthState:        "ČEŠKA REPUBLIKA",
			BirthStateCode:    "CZE",
			BirthDate:         sod.Date{Year: 1904, Month: time.August, Day: 19},
			Nationality:       "ČEŠKA REPUBLIKA",
			StatusOfForeigner: "STALNO NASTANJENJE",
			PurposeOfStay:     "SPAJANJE PORODICE",
		},
		Residence: sod.Residence{
			State: "SRB", Community: "NOVI SAD", Place: "NOVI SAD", Street: "DUNAVSKA", Number: "11",
			ChangedOn: sod.DateOf(now.AddDate(-3, 0, 0)), Label: "0",
		},
	}
}

// document is a card issued a year before now.
func document(kind, name, number string, now time.Time) sod.Document {
	d := sod.Document{
		RegNo: number, Type: kind, Serial: randomDigits(10), Authority: "PU ZA GRAD BEOGRAD",
		ChipSerial: randomDigits(14), Name: name,
	}
	issue(&d, now.AddDate(-1, 0, 0))
	return d
}

// issue dates a document: valid for ten years.
func issue(d *sod.Document, on time.Time) {
	d.IssuedOn, d.ValidUntil = sod.DateOf(on), sod.DateOf(on.AddDate(10, 0, 0))
}

// randomDigits returns n random decimal digits, the first one not 0.
func randomDigits(n int64) string {
	low := new(big.Int).Exp(big.NewInt(10), big.NewInt(n-1), nil)
	span := new(big.Int).Mul(low, big.NewInt(9))
	v, err := rand.Int(rand.Reader, span)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return v.Add(v, low).String()
}
