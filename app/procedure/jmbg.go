package procedure

import "time"

// NumberFinding is what CheckJMBG says about a number.
type NumberFinding string

// The findings. All but NumberGood and NumberControlTen deserve a warning;
// none ever blocks, because historic errors exist (procedure, section 5.1).
const (
	NumberGood       NumberFinding = "good"
	NumberControlTen NumberFinding = "control-ten" // remainder 1: should not have been assigned, but occurs
	NumberForm       NumberFinding = "form"        // not 13 digits
	NumberChecksum   NumberFinding = "checksum"
	NumberDate       NumberFinding = "date" // no such day, or a day to come
)

// JMBG is what the 13 digits DDMMGGGRRBBBK of a citizen's number say. Born and
// Male are meaningful unless the finding is NumberForm.
type JMBG struct {
	Finding NumberFinding
	Born    Date
	Male    bool
}

// CheckJMBG reads the number of a citizen. It must not be applied to an EBS,
// which follows other rules.
func CheckJMBG(n PersonalNumber, today Date) JMBG {
	if !digits13(n) {
		return JMBG{Finding: NumberForm}
	}
	digit := func(i int) int { return int(n[i] - '0') }
	three := func(i int) int { return 100*digit(i) + 10*digit(i+1) + digit(i+2) }
	year := 2000 + three(4)
	if three(4) >= 900 {
		year = 1000 + three(4)
	}
	born := Date{year, time.Month(10*digit(2) + digit(3)), 10*digit(0) + digit(1)}
	j := JMBG{Finding: NumberGood, Born: born, Male: three(9) < 500}

	sum := 0
	for i, weight := range [12]int{7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += weight * digit(i)
	}
	control := 11 - sum%11
	if control >= 10 {
		control = 0
	}
	switch {
	case control != digit(12):
		j.Finding = NumberChecksum
	case !born.Exists() || today.Before(born):
		j.Finding = NumberDate
	case sum%11 == 1:
		j.Finding = NumberControlTen
	}
	return j
}

// EBSFormed reports whether the number of a foreigner has its form; nothing
// more is known about it (procedure, section 5.2).
func EBSFormed(n PersonalNumber) bool { return digits13(n) }

func digits13(n PersonalNumber) bool {
	return len(n) == 13 && allDigits(string(n))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
