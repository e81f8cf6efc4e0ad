package procedure

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// SearchField is what a case is looked for by.
type SearchField string

// The fields.
const (
	SearchName     SearchField = "name" // its beginning, either name first, in either script
	SearchPersonal SearchField = "personal-number"
	SearchCard     SearchField = "card"
	SearchContract SearchField = "contract"
	SearchNumber   SearchField = "case-number"
)

// CaseSearch is a question for cases. The zero value asks for all.
type CaseSearch struct {
	By   SearchField
	Text string // as the field is written; a name as typed
}

// minName is how many letters of a name are needed.
const minName = 2

// ReadSearch finds out what a clerk has typed into the one search field: 13
// digits are a personal number, 9 a card number, fewer the end of a case number
// of this counter and year; what begins with U- is the number of a contract,
// other digits with hyphens that of a case; the rest is a name. Spaces between
// digits do not count. Nothing typed asks for all cases. Of a name two letters
// are needed: else CodeAnswerOpen.
func ReadSearch(typed, counter string, now time.Time) (CaseSearch, error) {
	text := strings.Join(strings.Fields(typed), " ")
	plain := strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	letters := 0
	for _, r := range plain {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	switch digits := strings.Trim(plain, "0123456789") == ""; {
	case plain == "":
		return CaseSearch{}, nil
	case digits && len(plain) == 13:
		return CaseSearch{SearchPersonal, plain}, nil
	case digits && len(plain) == 9:
		return CaseSearch{SearchCard, plain}, nil
	case digits && len(plain) <= 6:
		return CaseSearch{SearchNumber, fmt.Sprintf("%s-%d-%s", counter, Today(now).Year, strings.Repeat("0", 6-len(plain))+plain)}, nil
	case strings.HasPrefix(plain, "U-"):
		return CaseSearch{SearchContract, plain}, nil
	case strings.Contains(plain, "-") && strings.ContainsAny(plain, "0123456789"):
		return CaseSearch{SearchNumber, plain}, nil
	case letters < minName || strings.ContainsAny(plain, "0123456789"):
		return CaseSearch{}, &Error{Code: CodeAnswerOpen, Fields: []string{FieldSearch}}
	}
	return CaseSearch{SearchName, text}, nil
}
