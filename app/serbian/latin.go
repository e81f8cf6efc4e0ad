package serbian

import (
	"strings"
	"unicode"
)

// latinLetters is the Latin letter for each small letter of the azbuka.
var latinLetters = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'ђ': "đ", 'е': "e", 'ж': "ž", 'з': "z", 'и': "i",
	'ј': "j", 'к': "k", 'л': "l", 'љ': "lj", 'м': "m", 'н': "n", 'њ': "nj", 'о': "o", 'п': "p", 'р': "r",
	'с': "s", 'т': "t", 'ћ': "ć", 'у': "u", 'ф': "f", 'х': "h", 'ц': "c", 'ч': "č", 'џ': "dž", 'ш': "š",
}

// Latin writes Serbian Cyrillic in Latin letters, for display. Everything that
// is no letter of the azbuka stays as it is, so that Latin text comes back
// unchanged.
//
// The second letter of Lj, Nj and Dž is a capital if the letter after it is
// one, or if none follows in the word and the letter before it is one:
// ВИШЉАСТА, КОЊ and Љуба are VIŠLJASTA, KONJ and Ljuba, the initial Њ. is Nj.
// Whatever is no letter separates words: hyphens and apostrophes too.
func Latin(s string) string {
	runes := []rune(s)
	var out strings.Builder
	out.Grow(len(s))
	for i, r := range runes {
		small := unicode.ToLower(r)
		latin, ok := latinLetters[small]
		switch {
		case !ok:
			out.WriteRune(r)
		case r == small:
			out.WriteString(latin)
		case capitals(runes, i):
			out.WriteString(strings.ToUpper(latin))
		default:
			first := []rune(latin)
			out.WriteRune(unicode.ToUpper(first[0]))
			out.WriteString(string(first[1:]))
		}
	}
	return out.String()
}

// capitals reports whether the capital at i stands in a word of capitals, as
// far as its neighbours show.
func capitals(word []rune, i int) bool {
	if after, ok := neighbour(word, i, 1); ok {
		return unicode.IsUpper(after)
	}
	before, ok := neighbour(word, i, -1)
	return ok && unicode.IsUpper(before)
}

// neighbour returns the letter beside i in the same word; accents written as
// combining marks are passed over.
func neighbour(word []rune, i, step int) (rune, bool) {
	for i += step; i >= 0 && i < len(word); i += step {
		if !unicode.Is(unicode.Mn, word[i]) {
			return word[i], unicode.IsLetter(word[i])
		}
	}
	return 0, false
}
