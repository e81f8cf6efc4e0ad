package app

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// Language is a language of the screens in one script, as its catalogue is
// named.
type Language string

// The languages of the screens.
const (
	SerbianCyrillic Language = "sr-Cyrl"
	SerbianLatin    Language = "sr-Latn"
	English         Language = "en"
)

// Languages returns all languages, the usual one first.
func Languages() []Language { return []Language{SerbianCyrillic, SerbianLatin, English} }

// TextSizes returns the sizes of text that can be chosen, in per cent, the
// usual one first.
func TextSizes() []int { return []int{100, 125, 150, 175, 200} }

// Look is how the screens speak and look. It belongs to the counter and not to
// a case; its zero value is the usual look.
type Look struct {
	Language Language
	Colours  Colours
	TextSize int // in per cent of the usual
}

// normal replaces what is missing or unknown by the usual.
func (l Look) normal() Look {
	return Look{Language: known(l.Language, Languages()), Colours: known(l.Colours, Palettes()), TextSize: known(l.TextSize, TextSizes())}
}

// known is v, or the first of all if v is not among them.
func known[T comparable](v T, all []T) T {
	if slices.Contains(all, v) {
		return v
	}
	return all[0]
}

// Look returns the present look.
func (a *App) Look() Look { return a.look }

// SetLook changes the look of the page that is up and of all that follow.
// Nothing is lost by it: what was typed, ticked and chosen stays, and so does
// the focus.
func (a *App) SetLook(l Look) {
	a.look = l.normal()
	a.dress()
	a.render()
}

// dress gives the program the theme of its look in a window of the size that
// the clerk's has.
func (a *App) dress() {
	if t := newTheme(a.look, roomFor(a.main.size)); t != a.dressed { // else Fyne would read its typefaces again
		a.dressed = t
		a.cfg.SetTheme(t)
	}
}

// speak takes the words of the language that the page is for: the clerk's, or
// that which the citizen chose.
func (a *App) speak() {
	l := a.look.Language
	if a.citizenWorks() {
		l = a.citizenLanguage()
	}
	if a.words == a.catalogues[l] {
		return
	}
	a.words = a.catalogues[l]
	// Fyne has no Serbian, and speaks the language of the desktop: ours is put
	// in its place.
	if err := lang.AddTranslationsForLocale(a.words.toolkit, lang.SystemLocale()); err != nil {
		fyne.LogError("give the toolkit its words", err) // it says nothing on our pages
	}
	a.pad.texts = a.padTexts()
	a.pad.Refresh()
}
