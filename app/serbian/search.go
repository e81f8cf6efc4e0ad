package serbian

import (
	"strings"
	"unicode"
)

// plain is how letters with a mark are found by one who types them without:
// those of the abeceda, and those of the minorities' alphabets beside it.
var plain = map[rune]string{
	'č': "c", 'ć': "c", 'š': "s", 'ž': "z", 'đ': "dj", 'ǆ': "dz", 'ǉ': "lj", 'ǌ': "nj",
	'á': "a", 'â': "a", 'ä': "a", 'ă': "a", 'ď': "d", 'é': "e", 'ě': "e", 'ë': "e", 'í': "i", 'î': "i",
	'ĺ': "l", 'ľ': "l", 'ň': "n", 'ó': "o", 'ô': "o", 'ö': "o", 'ő': "o", 'ŕ': "r", 'ř': "r",
	'ș': "s", 'ş': "s", 'ť': "t", 'ț': "t", 'ţ': "t", 'ú': "u", 'ů': "u", 'ü': "u", 'ű': "u", 'ý': "y", 'ç': "c",
}

// SearchKey is the form in which names and numbers are compared in a search:
// in Latin, small, without marks, đ as dj, the digraphs as two letters, runs
// of spaces as one. A record matches if one of its keys begins with the key of
// what was typed: Đorđe, ЂОРЂЕ and djordje all have the key djordje.
func SearchKey(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for _, r := range Latin(s) {
		r = unicode.ToLower(r)
		switch letters, ok := plain[r]; {
		case ok:
			out.WriteString(letters)
		case !unicode.Is(unicode.Mn, r):
			out.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}
