package app

import "slices"

// Language is a language of the screens in one script, as its catalogue is
// named.
type Language string

// The languages of the screens.
const (
	SerbianCyrillic Language = "sr-Cyrl"
	SerbianLatin    Language = "sr-Latn"
	English         Language = "en"
)

// Languages returns all languages, the first one being that of a counter that
// chose none.
func Languages() []Language { return []Language{SerbianCyrillic, SerbianLatin, English} }

// Look is how the screens speak to the clerk. It belongs to the counter and
// not to a case; its zero value is the usual look.
type Look struct {
	Language Language
}

// normal replaces what is missing or unknown by the usual.
func (l Look) normal() Look {
	if !slices.Contains(Languages(), l.Language) {
		l.Language = Languages()[0]
	}
	return l
}

// Look returns the present look.
func (a *App) Look() Look { return a.look }

// SetLook changes the look of the page that is up and of all that follow.
// Nothing is lost by it: what was typed, ticked and chosen stays, and so does
// the focus.
func (a *App) SetLook(l Look) {
	a.look = l.normal()
	a.speak()
	a.render()
}

// speak takes the words of the present language.
func (a *App) speak() {
	a.words = a.catalogues[a.look.Language]
	a.pad.texts = a.padTexts()
	a.pad.Refresh()
}
