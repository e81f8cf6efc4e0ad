package procedure

// CaseID is a UUIDv7 in text form.
type CaseID string

// TokenSerial is the serial of the chip's PKI part (token info, file 70F3).
type TokenSerial string

// CardNumber is the number of the ID card: 9 digits.
type CardNumber string

// PersonalNumber is the JMBG of a citizen or the EBS of a foreigner: 13 digits.
// It prints masked.
type PersonalNumber string

// String hides the number; Last4 and the explicit conversion show it.
func (PersonalNumber) String() string { return "[JMBG]" }

// GoString hides the number in %#v.
func (PersonalNumber) GoString() string { return "[JMBG]" }

// Last4 returns the last four digits, or nothing for a shorter value.
func (n PersonalNumber) Last4() string {
	if len(n) < 4 {
		return ""
	}
	return string(n[len(n)-4:])
}

// DocType is the kind of document as the chip states it (tag 1547).
type DocType string

// The kinds of document.
const (
	DocTypeID     DocType = "ID" // ID card of a citizen
	DocTypeIF     DocType = "IF" // ID card of a foreigner
	DocTypeRP     DocType = "RP" // residence permit: no ID card
	DocTypeApollo DocType = ""   // card issued before 18.08.2014
)

// Authenticity is the verdict on the signature over the card data.
type Authenticity int

// The verdicts. Anything but Genuine blocks (E2).
const (
	NotChecked  Authenticity = iota
	Genuine                  // signed by the ministry, hashes match
	SODMissing               // no signature file on the card
	SODMismatch              // hash or signature wrong
	SODNoAnchor              // right, but ends at no configured anchor
)

// Identity is what the identity files of the chip say, byte for byte.
type Identity struct {
	Reader         string
	Insertion      uint64
	DocType        DocType
	CardNumber     CardNumber
	DocSerial      string
	ChipSerial     string
	IssuedBy       string
	IssuedOn       Date
	ValidUntil     Date
	PersonalNumber PersonalNumber
	Surname        string
	GivenName      string
	ParentName     string
	Sex            string
	BirthDate      Date // zero if the chip gives no full date
	BirthPlace     string
	Nationality    string
	Authenticity   Authenticity
	UnknownATR     bool
	// Files holds the raw card files with their signature in the encoding
	// that the authority understands; opaque here.
	Files []byte
}

// Role is the purpose of a certificate on the chip.
type Role int

// The two containers of the chip.
const (
	RoleAuthentication Role = iota // container 0
	RoleSignature                  // container 1
)

// ChipCertificate is one certificate found on the chip.
type ChipCertificate struct {
	Role Role
	DER  []byte
}

// Chip is the state of the PKI part of the chip, read without a PIN.
type Chip struct {
	Present      bool // false: the card has no PKI part
	Serial       TokenSerial
	Tries        int // left; −1 unknown, 0 blocked
	Certificates []ChipCertificate
}
