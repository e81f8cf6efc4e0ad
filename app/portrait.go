package app

import (
	"bytes"
	"image"
	_ "image/jpeg" // the portrait on the chip (file 0F06)
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"salter/app/procedure"
)

// maxPortrait bounds the picture that is unpacked for the screen, in pixels;
// portraits on cards have fewer than 240 × 320.
const maxPortrait = 2_000_000

// decodePortrait returns nil for what is no picture or far too large.
func decodePortrait(b []byte) image.Image {
	if len(b) == 0 {
		return nil
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width*c.Height > maxPortrait {
		return nil
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return img
}

// likeness is the picture of the holder, with a name for who cannot see it.
type likeness struct {
	widget.BaseWidget
	image *canvas.Image
	says  string
}

// CreateRenderer is called by Fyne.
func (l *likeness) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.image) }

// AccessibilityLabel says what the picture is.
func (l *likeness) AccessibilityLabel() string { return l.says }

// AccessibilityRole says that there is nothing to press.
func (l *likeness) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// portrait shows the holder; the file has been checked against the signed
// hash before it comes here.
func (a *App) portrait(jpeg []byte, height float32) fyne.CanvasObject {
	img := decodePortrait(jpeg)
	if img == nil {
		return picture(picturePerson, height)
	}
	c := canvas.NewImageFromImage(img)
	c.FillMode, c.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	b := img.Bounds()
	c.SetMinSize(fyne.NewSize(height*float32(b.Dx())/float32(b.Dy()), height))
	l := &likeness{image: c, says: a.words.say("portrait")}
	l.ExtendBaseWidget(l)
	return l
}

// The measures of the sheet with the portrait, in a wide window and in a
// narrow one. The clerk compares it with a face: as large as there is room.
const (
	wideFacts, widePortrait     = 84, 288 // in steps of the grid, and in Fyne's units
	narrowFacts, narrowPortrait = 56, 200
)

// personFacts is the portrait with what the chip says.
func (a *App) personFacts(c *procedure.CaseView) fyne.CanvasObject {
	id := c.Identity
	wide := a.pageWidth() >= unit(250)
	width, height := unit(narrowFacts), float32(narrowPortrait)
	if wide {
		width, height = unit(wideFacts), widePortrait
	}
	height *= roomFor(a.main.size) // and not with the text
	var image fyne.CanvasObject = picture(picturePerson, height)
	if len(c.Portrait) > 0 {
		image = a.portrait(c.Portrait, height)
	}
	number := "person.jmbg"
	if id.DocType == procedure.DocTypeIF {
		number = "person.ebs"
	}
	if a.narrow() { // beside the portrait
		inner := a.pageWidth() - 2*unit(6) - image.MinSize().Width - unit(6)
		half := (inner - unit(2)) / 2
		return panel(topRow(unit(6), image, column(unit(2), para(styleSub, fullName(id), inner),
			a.pair(half, number, string(id.PersonalNumber), "person.card", string(id.CardNumber)),
			a.pair(half, "person.issuer", id.IssuedBy, "person.until", a.date(id.ValidUntil)))))
	}
	inner := width - 2*unit(6)
	half := (inner - unit(2)) / 2
	facts := []fyne.CanvasObject{centred(image), para(styleSub, fullName(id), inner)}
	if wide {
		facts = append(facts,
			a.pair(half, number, string(id.PersonalNumber), "person.card", string(id.CardNumber)),
			a.pair(half, "person.issuer", id.IssuedBy, "person.until", a.date(id.ValidUntil)))
	} else {
		facts = append(facts,
			fact(a.words.say(number), string(id.PersonalNumber), inner),
			fact(a.words.say("person.card"), string(id.CardNumber), inner),
			fact(a.words.say("person.until"), a.date(id.ValidUntil), inner),
			fact(a.words.say("person.issuer"), id.IssuedBy, inner))
	}
	return fixed(width, panel(column(unit(1.5), facts...)))
}

// pair is two facts beside each other, or below each other where a number
// would break.
func (a *App) pair(half float32, id, value, otherID, other string) fyne.CanvasObject {
	for word := range strings.FieldsSeq(value + " " + other) {
		if line(styleStrong, word).MinSize().Width > half {
			width := 2*half + unit(2)
			return column(unit(1.5), fact(a.words.say(id), value, width), fact(a.words.say(otherID), other, width))
		}
	}
	return topRow(unit(2),
		fixed(half, fact(a.words.say(id), value, half)),
		fixed(half, fact(a.words.say(otherID), other, half)))
}
