package procedure

import (
	"crypto/x509"
	"math/big"
	"slices"
	"time"
	"unicode"
)

// Judge decides whether the card may receive a certificate (procedure,
// sections 3.1, 5.1, 5.2 and 5.8). It is a pure function of what the chip
// says, the settings and the time. revoked are the serials (hex) of
// certificates that this counter has had revoked: what is left of them on a
// chip does not count as a valid certificate.
func Judge(id Identity, chip Chip, s Settings, now time.Time, revoked []string) Eligibility {
	today := Today(now)
	ofIdentity, ofChip := blocksOfIdentity(id, s, today), blocksOfChip(id, chip, now, revoked)
	e := Eligibility{Blocks: slices.Concat(ofIdentity, ofChip), Warnings: warnings(id, chip, s, today)}
	if slices.Contains(ofChip, CodeNoPKI) {
		// Such a card bears no signature of the ministry either; what helps
		// its holder is a new ID card, so this is said first.
		e.Blocks = slices.Concat(ofChip, ofIdentity)
	}
	e.Eligible = len(e.Blocks) == 0
	return e
}

func blocksOfIdentity(id Identity, s Settings, today Date) []Code {
	var blocks []Code
	switch id.Authenticity {
	case Genuine:
	case SODMismatch:
		blocks = append(blocks, CodeSODMismatch)
	case SODNoAnchor:
		blocks = append(blocks, CodeSODAnchor)
	case SODMissing, NotChecked:
		blocks = append(blocks, CodeSODMissing)
	default:
		blocks = append(blocks, CodeSODMissing)
	}
	// An old card has no document type; it is told apart below, by its chip.
	if id.DocType != DocTypeApollo && !slices.Contains(s.DocTypes, id.DocType) {
		blocks = append(blocks, CodeDocType)
	}
	// A signed card without its dates cannot be shown to be valid.
	if id.IssuedOn.IsZero() || id.ValidUntil.IsZero() {
		blocks = append(blocks, CodeUnreadable)
	}
	if !id.ValidUntil.IsZero() && id.ValidUntil.Before(today) {
		blocks = append(blocks, CodeCardExpired)
	}
	if !id.IssuedOn.IsZero() && !s.CardIssuedAfter.Before(id.IssuedOn) {
		blocks = append(blocks, CodeIssuedEarly)
	}
	if born := birth(id, today); !born.IsZero() && born.AgeOn(today) < s.SupervisorBelowAge {
		blocks = append(blocks, CodeUnderAge)
	}
	return blocks
}

func blocksOfChip(id Identity, chip Chip, now time.Time, revoked []string) []Code {
	if !chip.Present || id.DocType == DocTypeApollo {
		return []Code{CodeNoPKI}
	}
	var blocks []Code
	if chip.Tries == 0 {
		blocks = append(blocks, CodePINBlocked)
	}
	if slices.ContainsFunc(chip.Certificates, func(c ChipCertificate) bool {
		return c.Role == RoleSignature && stillValid(c.DER, now, revoked)
	}) {
		blocks = append(blocks, CodeCertificateValid)
	}
	return blocks
}

// stillValid reports whether der is a certificate within its validity. What
// does not parse is no certificate that anybody could use.
func stillValid(der []byte, now time.Time, revoked []string) bool {
	cert, err := x509.ParseCertificate(der)
	if err != nil || now.After(cert.NotAfter) {
		return false
	}
	return !slices.ContainsFunc(revoked, func(serial string) bool {
		n, ok := new(big.Int).SetString(serial, 16)
		return ok && n.Cmp(cert.SerialNumber) == 0
	})
}

// birth is the holder's birthday from the chip, or else from his JMBG.
func birth(id Identity, today Date) Date {
	if !id.BirthDate.IsZero() || id.DocType != DocTypeID {
		return id.BirthDate
	}
	if j := CheckJMBG(id.PersonalNumber, today); j.Finding == NumberGood || j.Finding == NumberControlTen {
		return j.Born
	}
	return Date{}
}

func warnings(id Identity, chip Chip, s Settings, today Date) []Warning {
	var w []Warning
	if !numberAgrees(id, today) {
		w = append(w, WarnJMBG)
	}
	if id.UnknownATR {
		w = append(w, WarnUnknownATR)
	}
	if !id.ValidUntil.IsZero() && id.ValidUntil.Before(today.AddYears(s.CertificateYears)) {
		w = append(w, WarnCardEnds)
	}
	if chip.Present && chip.Tries == 1 {
		w = append(w, WarnLastTry)
	}
	if MixedScripts(id.Surname) || MixedScripts(id.GivenName) {
		w = append(w, WarnScripts)
	}
	return w
}

// numberAgrees reports whether the personal number is well formed and, for a
// JMBG, agrees with the date of birth and the sex on the chip.
func numberAgrees(id Identity, today Date) bool {
	if id.DocType != DocTypeID {
		return EBSFormed(id.PersonalNumber)
	}
	j := CheckJMBG(id.PersonalNumber, today)
	if j.Finding != NumberGood && j.Finding != NumberControlTen {
		return false
	}
	if !id.BirthDate.IsZero() && id.BirthDate != j.Born {
		return false
	}
	switch id.Sex {
	case "M", "m", "М", "м":
		return j.Male
	case "Ž", "ž", "Ж", "ж", "F", "f", "Z", "z":
		return !j.Male
	}
	return true // not stated, or in a way we do not know
}

// MixedScripts reports whether one name holds letters of both the Cyrillic and
// the Latin script, which look alike and make two different names of one.
func MixedScripts(name string) bool {
	var cyrillic, latin bool
	for _, r := range name {
		cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return cyrillic && latin
}
