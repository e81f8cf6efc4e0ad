package procedure

import (
	"slices"
	"time"
	"unicode"
)

// Judge decides whether the card may be served (procedure, sections 3.1, 5.1,
// 5.2 and 5.8). It is a pure function of what the chip says, the settings and
// the time.
func Judge(id Identity, chip Chip, s Settings, now time.Time) Eligibility {
	today := Today(now)
	e := Eligibility{
		Blocks: blocksOfIdentity(id, s, today), Supervisor: supervisorFor(id, s, today), Warnings: warnings(id, chip, s, today),
	}
	if !chip.Present || id.DocType == DocTypeApollo {
		// Such a card bears no signature of the ministry either; what helps
		// its holder is a new ID card, so this is said first.
		e.Blocks = slices.Insert(e.Blocks, 0, CodeNoPKI)
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
	return blocks
}

// supervisorFor names what a supervisor has to decide whatever is asked for. A
// birthday that nobody can tell is no child's.
func supervisorFor(id Identity, s Settings, today Date) []Code {
	if born := birth(id, today); !born.IsZero() && born.AgeOn(today) < s.SupervisorBelowAge {
		return []Code{CodeUnderAge}
	}
	return nil
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
