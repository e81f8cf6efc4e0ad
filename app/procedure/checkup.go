package procedure

import "context"

// Checkup looks whether every part of the counter works.
type Checkup interface {
	// Check looks at one part after the other, in the order of CheckedParts,
	// and tells what it found of each. It changes nothing and spends no PIN
	// try.
	Check(ctx context.Context, tell func(Finding))
}

// CheckedPart names a part of the counter.
type CheckedPart string

// The parts.
const (
	PartReader    CheckedPart = "reader"    // card service, readers, card
	PartModule    CheckedPart = "module"    // the PKCS#11 module of the card
	PartAuthority CheckedPart = "authority" // link, policy, certificate of the workstation
	PartClock     CheckedPart = "clock"     // against the authority's
	PartJournal   CheckedPart = "journal"   // readable, room on the disk
	PartSync      CheckedPart = "sync"      // what the authority does not hold yet
	PartKey       CheckedPart = "key"       // how the data key is kept
	PartCopies    CheckedPart = "copies"    // of the journal
	PartPrinter   CheckedPart = "printer"   // the printing system takes jobs
	PartTexts     CheckedPart = "texts"     // templates of the papers
	PartClerk     CheckedPart = "clerk"     // key files of clerk and supervisor
)

// CheckedParts lists them all, in the order in which they are checked.
var CheckedParts = []CheckedPart{
	PartReader, PartModule, PartAuthority, PartClock, PartJournal, PartSync, PartKey, PartCopies, PartPrinter, PartTexts, PartClerk,
}

// Grade says how serious a finding is.
type Grade string

// The grades.
const (
	GradeGood    Grade = "good"
	GradeWarning Grade = "warning" // works, but somebody should look after it
	GradeBad     Grade = "bad"     // does not work
)

// Finding is what a check found of one part. It holds no personal data.
type Finding struct {
	Part  CheckedPart
	Grade Grade
	// Note names the words for it, together with Part; empty: those of Problem.
	Note string
	// Values fill the words: names of devices and files, numbers, days.
	Values  map[string]string
	Problem *Error // what is wrong, if one of the core's codes says it
}
