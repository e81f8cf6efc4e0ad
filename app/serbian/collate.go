package serbian

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The alphabets, each in its own order. The four letters that only foreign
// names have stand in the abeceda where lists in Serbian put them.
const (
	azbuka  = "а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш"
	abeceda = "a b c č ć d dž đ e f g h i j k l lj m n nj o p q r s š t u v w x y z ž"
)

// ranks numbers the letters of both alphabets, Cyrillic before Latin.
var ranks = func() map[string]rune {
	all := make(map[string]rune)
	for i, letter := range strings.Fields(azbuka + " " + abeceda) {
		all[letter] = rankLetter + rune(i)
	}
	all["ǆ"], all["ǉ"], all["ǌ"] = all["dž"], all["lj"], all["nj"]
	return all
}()

// Where ranks begin: what separates words, then digits, then the letters of
// the two alphabets, then all other letters by code point.
const (
	rankDigit  = 0x20
	rankLetter = 0x40
	rankOther  = 0x100
)

// Compare orders names for a list: Cyrillic by the azbuka, Latin by the
// abeceda, where dž, lj and nj are letters of their own, Cyrillic before
// Latin. It is negative, zero or positive like strings.Compare, and zero for
// equal strings only. Shorter words come first (Ана Вуковић before Анабела
// Антић); a difference in size or in a foreign accent counts only between
// names that are otherwise equal.
//
// One table for both alphabets: golang.org/x/text/collate sorts Latin right
// for Croatian, but not for Serbian, and no list of both. A d before a ž, or
// an l or n before a j, is always taken for the digraph, since only a
// dictionary knows that konjunkcija has none.
func Compare(a, b string) int {
	restA, restB := a, b
	for restA != "" && restB != "" {
		var x, y rune
		x, restA = rank(restA)
		y, restB = rank(restB)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	if c := cmp.Compare(len(restA), len(restB)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// rank returns the place of the letter that s begins with, and what follows.
// Combining marks that follow go with the letter.
func rank(s string) (place rune, rest string) {
	r, n := utf8.DecodeRuneInString(s)
	first, rest := unicode.ToLower(r), s[n:]
	second, n := utf8.DecodeRuneInString(rest)
	if place, ok := ranks[string([]rune{first, unicode.ToLower(second)})]; ok {
		return place, rest[n:]
	}
	for unicode.Is(unicode.Mn, second) {
		rest = rest[n:]
		second, n = utf8.DecodeRuneInString(rest)
	}
	place, ok := ranks[string(first)]
	switch base, folded := plain[first]; {
	case ok:
		return place, rest
	case folded:
		return ranks[base], rest
	case '0' <= first && first <= '9':
		return rankDigit + first - '0', rest
	case unicode.IsLetter(first):
		return rankOther + first, rest
	case first == ' ':
		return 0, rest
	}
	return 1, rest
}
