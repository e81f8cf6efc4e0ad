package profile

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Profile is the content of one profile file. Parse is the only way to get a
// valid one: every switch is written out in the file, nothing is implied.
type Profile struct {
	Version  int           `json:"version"` // of the file, > 0
	Name     string        `json:"name"`    // for instance citizen-sign
	Subject  SubjectRules  `json:"subject"`
	KeyUsage KeyUsage      `json:"keyUsage"`
	EKU      []string      `json:"extKeyUsage"` // OIDs; empty: no extension
	QC       QCRules       `json:"qc"`
	Policies []Policy      `json:"policies"`
	Validity ValidityRules `json:"validity"`
	// SubjectKeys lists what may be certified: rsaN, rsaN..M (bits), p256, p384.
	SubjectKeys  []string     `json:"subjectKeys"`
	RSA2048      RSA2048Rules `json:"rsa2048"`
	IssuerKey    string       `json:"issuerKey"`    // rsa2048, rsa3072, rsa4096, p256, p384
	Signature    string       `json:"signature"`    // sha256-rsa, sha384-rsa, sha512-rsa, sha256-ecdsa, sha384-ecdsa
	SAN          SANRules     `json:"san"`          // subject alternative name
	SerialOctets int          `json:"serialOctets"` // of the serial number, 9 to 20
	CRL          []string     `json:"crl"`          // CRL distribution point, http
	OCSP         []string     `json:"ocsp"`         // authority information access, http
	CAIssuers    []string     `json:"caIssuers"`    // authority information access, http
	Activation   Activation   `json:"activation"`

	digest [sha256.Size]byte
}

// SubjectRules are the switches of the subject DN.
type SubjectRules struct {
	Serial SerialRule `json:"serial"`
	// PersonalNumber says what the personal number is: a JMBG, whose check
	// digit must be right, or the EBS of a foreigner, which has no such rule.
	PersonalNumber NumberKind `json:"personalNumber"`
	// CN is the common name with {given}, {surname} as on the chip, {GIVEN},
	// {SURNAME} in capitals and {number} for the number that the authority
	// fills in. A common name is never parsed for a name.
	CN string `json:"cn"`
	// OneName admits holders whose document has only one of the two names.
	OneName bool `json:"oneName"`
}

// SerialRule says what the attribute serialNumber of the subject holds.
type SerialRule string

// The rules for serialNumber (EN 319 412-1 NAT-5.1.3).
const (
	SerialPNO   SerialRule = "PNORS"       // PNORS-<personal number>
	SerialIDC   SerialRule = "IDCRS"       // IDCRS-<card number>
	SerialMixed SerialRule = "PNORS+CA:RS" // one RDN with PNORS-<personal number> and CA:RS-<number>
)

// NumberKind is the kind of personal number under a label.
type NumberKind string

// The kinds of personal number.
const (
	JMBG NumberKind = "jmbg"
	EBS  NumberKind = "ebs"
)

// KeyUsage is the purpose of the key (EN 319 412-2 NAT-4.3.2).
type KeyUsage string

// The key usages: type A and type B of EN 319 412-2 table 1.
const (
	KeyUsageNR   KeyUsage = "nr"
	KeyUsageDSNR KeyUsage = "ds+nr"
)

// QCRules are the switches of the qualified certificate statements (EN 319
// 412-5). QcCompliance, QcSSCD, QcType esign and the semantics identifier for
// natural persons are always there.
type QCRules struct {
	Legislation    []string `json:"legislation"`    // country codes; empty: no statement
	PDS            []PDS    `json:"pds"`            // empty: no statement
	RetentionYears int      `json:"retentionYears"` // 0: no statement
}

// PDS is the address of one PKI disclosure statement.
type PDS struct {
	Language string `json:"language"` // two lower-case letters
	URL      string `json:"url"`      // https
}

// Policy is one certificate policy with the address of its practice
// statement, if it has one.
type Policy struct {
	OID string `json:"oid"`
	CPS string `json:"cps,omitempty"`
}

// ValidityRules are the switches of the validity period.
type ValidityRules struct {
	MaxYears         int  `json:"maxYears"`
	CapAtCard        bool `json:"capAtCard"`        // end with the card's last day
	MinRemainingDays int  `json:"minRemainingDays"` // a shorter period is a warning
	// DemoSeconds, if set, takes the place of MaxYears in a demonstration that
	// waits for a certificate to expire. Placeholders reports it.
	DemoSeconds int `json:"demoSeconds,omitempty"`
}

// RSA2048Rules limit RSA keys under 3000 bits (legacy in ETSI TS 119 312).
type RSA2048Rules struct {
	Until    string `json:"until"`    // YYYY-MM-DD, last day of issuance; empty: no end
	MaxYears int    `json:"maxYears"` // 0: as for other keys
	Warn     bool   `json:"warn"`
}

// SANRules are the switches of the subject alternative name.
type SANRules struct {
	Email EmailRule `json:"email"`
}

// EmailRule says whether a certificate may hold an e-mail address.
type EmailRule string

// The rules for the e-mail address.
const (
	EmailIfAsked EmailRule = "if-asked"
	EmailNever   EmailRule = "never"
)

// Activation says when a certificate begins to be valid in public.
type Activation string

// The ways of activation.
const (
	ActivationHold    Activation = "hold"     // issued on hold, active after read-back from the chip
	ActivationAtIssue Activation = "at-issue" // active from issuance
)

// MaxFile is the largest profile file that Parse accepts, in bytes.
const MaxFile = 64 << 10

// Presets of Embedded.
const (
	PresetDefault = "default"
	PresetMUPLive = "mup-live" // as measured on the Ministry's certificates of generation 4
)

//go:embed files
var files embed.FS

// Embedded returns the profile file of a preset for an EST label
// (citizen-sign or foreigner-sign) as it comes with the program. The
// addresses and the policy OID of PresetDefault are placeholders, which
// Placeholders reports.
func Embedded(preset, label string) ([]byte, error) {
	b, err := files.ReadFile("files/" + preset + "/" + label + ".json")
	if err != nil {
		return nil, fmt.Errorf("find embedded profile %q for label %q: %w", preset, label, err)
	}
	return b, nil
}

// Parse reads a profile file. It refuses unknown, missing, doubled and
// impossible switches.
func Parse(file []byte) (*Profile, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("parse profile: %d bytes, at most %d allowed", len(file), MaxFile)
	}
	if err := checkMembers(file, Profile{}); err != nil {
		return nil, fmt.Errorf("parse profile: %w", err)
	}
	p := &Profile{digest: sha256.Sum256(file)}
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("parse profile: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse profile: data after the end")
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("parse profile: %w", err)
	}
	return p, nil
}

// SHA256 is the hash of the file that p was parsed from, in hex, as published
// in the authority's policy.
func (p *Profile) SHA256() string { return hex.EncodeToString(p.digest[:]) }
