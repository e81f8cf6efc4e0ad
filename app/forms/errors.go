package forms

import "errors"

// What can be wrong with the input of Render. The errors that wrap these name
// the template, placeholder or character, never a person.
var (
	// ErrTemplate: a template that is missing or does not follow the markup.
	ErrTemplate = errors.New("bad template")
	// ErrChanged: a template is not the one that SHA256SUMS names, so somebody
	// has edited a file that a journal may refer to.
	ErrChanged = errors.New("template was changed")
	// ErrUnknownPlaceholder: a template asks for something no case has.
	ErrUnknownPlaceholder = errors.New("unknown placeholder")
	// ErrMissingValue: a placeholder that must have a value has none.
	ErrMissingValue = errors.New("missing value")
	// ErrGlyph: the font has no picture for a character; a paper with an
	// invisible letter in a name would be worse than none.
	ErrGlyph = errors.New("character not in the font")
	// errUnfinished: writing a paper ended by a defect.
	errUnfinished = errors.New("paper not written to its end")
	// ErrFont: the font is not a TrueType file that can be used.
	ErrFont = errors.New("unusable font")
)
