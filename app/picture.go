package app

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// drawing is a picture of our own as SVG: its view box and its shapes, in
// which %[1]s stands for the main and %[2]s for the second colour.
type drawing struct {
	name         string
	width        int
	height       int
	shapes       string
	main, second fyne.ThemeColorName
}

const stroke = `fill="none" stroke="%[1]s" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"`

// The small signs. Each stands beside a word: none carries meaning by itself.
var (
	pictureTick    = drawing{"tick", 24, 24, `<path d="M4 13 L10 19 L20 6" fill="none" stroke="%[1]s" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"/>`, theme.ColorNameForegroundOnPrimary, ""}
	pictureDone    = drawing{"done", 24, 24, `<circle cx="12" cy="12" r="11" fill="%[1]s"/><path d="M7 12.5 L10.6 16 L17 8.6" fill="none" stroke="%[2]s" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`, theme.ColorNameSuccess, theme.ColorNameForegroundOnSuccess}
	pictureNow     = drawing{"now", 24, 24, `<circle cx="12" cy="12" r="10" fill="%[2]s" stroke="%[1]s" stroke-width="2.4"/><circle cx="12" cy="12" r="5" fill="%[1]s"/>`, theme.ColorNamePrimary, colourSurface}
	pictureTodo    = drawing{"todo", 24, 24, `<circle cx="12" cy="12" r="10" fill="none" stroke="%[1]s" stroke-width="2"/>`, theme.ColorNameInputBorder, ""}
	pictureError   = drawing{"error", 24, 24, `<circle cx="12" cy="12" r="11" fill="%[1]s"/><path d="M12 6.4 L12 13.2" stroke="%[2]s" stroke-width="2.6" stroke-linecap="round"/><circle cx="12" cy="17.2" r="1.6" fill="%[2]s"/>`, theme.ColorNameError, theme.ColorNameForegroundOnError}
	pictureWarning = drawing{"warning", 24, 24, `<path d="M12 1.8 L23 21.6 L1 21.6 Z" fill="%[1]s" stroke="%[1]s" stroke-width="1.6" stroke-linejoin="round"/><path d="M12 8.6 L12 14.4" stroke="%[2]s" stroke-width="2.4" stroke-linecap="round"/><circle cx="12" cy="18.2" r="1.5" fill="%[2]s"/>`, theme.ColorNameWarning, theme.ColorNameForegroundOnWarning}
	pictureInfo    = drawing{"info", 24, 24, `<circle cx="12" cy="12" r="11" fill="%[1]s"/><path d="M12 11 L12 17.4" stroke="%[2]s" stroke-width="2.6" stroke-linecap="round"/><circle cx="12" cy="7" r="1.6" fill="%[2]s"/>`, theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary}
	pictureLock    = drawing{"lock", 24, 24, `<rect x="4" y="11" width="16" height="11" rx="2.5" fill="%[1]s"/><path d="M7.5 11 L7.5 7.5 C7.5 1.6 16.5 1.6 16.5 7.5 L16.5 11" fill="none" stroke="%[1]s" stroke-width="2.4"/><circle cx="12" cy="16.5" r="1.8" fill="%[2]s"/>`, colourBand, colourSurface}
	pictureWait    = drawing{"wait", 24, 24, `<circle cx="12" cy="12" r="10" ` + stroke + `/><path d="M12 6.6 L12 12 L16 14.4" ` + stroke + `/>`, colourSecondary, ""}
)

// cardShape is the ID card with its chip, to be placed by a transform.
const cardShape = `<rect x="0" y="0" width="104" height="66" rx="7" fill="%[2]s" stroke="%[1]s" stroke-width="3"/>` +
	`<rect x="12" y="20" width="22" height="18" rx="3" fill="none" stroke="%[1]s" stroke-width="2.4"/>` +
	`<path d="M12 29 L34 29 M23 20 L23 38" stroke="%[1]s" stroke-width="1.8"/>` +
	`<path d="M48 22 L90 22 M48 32 L82 32 M12 52 L60 52" stroke="%[1]s" stroke-width="2.6" stroke-linecap="round"/>`

// readerShape is the slot of the reader.
const readerShape = `<rect x="24" y="92" width="152" height="40" rx="9" fill="%[1]s"/><rect x="42" y="99" width="116" height="6" rx="3" fill="%[2]s"/>`

// The pictures of the reader on the home page.
var (
	pictureCardIn    = drawing{"card-in", 200, 140, `<g transform="translate(48 34)">` + cardShape + `</g>` + readerShape, colourDrawing, colourSurface}
	pictureCardOut   = drawing{"card-out", 200, 140, `<g transform="translate(48 6)">` + cardShape + `</g><path d="M100 76 L100 88 M94 82 L100 88.5 L106 82" fill="none" stroke="%[1]s" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>` + readerShape, colourDrawing, colourSurface}
	pictureNoReader  = drawing{"no-reader", 200, 140, `<rect x="24" y="72" width="152" height="44" rx="9" fill="none" stroke="%[1]s" stroke-width="3" stroke-dasharray="9 7"/><path d="M84 26 L116 58 M116 26 L84 58" stroke="%[1]s" stroke-width="5" stroke-linecap="round"/>`, theme.ColorNameWarning, ""}
	pictureCardWrong = drawing{"card-wrong", 200, 140, `<g transform="translate(48 34)">` + cardShape + `</g>` + readerShape, theme.ColorNameWarning, colourSurface}
	pictureTurn      = drawing{"turn", 200, 140, `<rect x="44" y="14" width="112" height="76" rx="8" fill="%[2]s" stroke="%[1]s" stroke-width="4"/><path d="M88 92 L84 108 M112 92 L116 108 M70 110 L130 110" stroke="%[1]s" stroke-width="4" stroke-linecap="round"/><path d="M30 116 C46 140 154 140 170 116" fill="none" stroke="%[1]s" stroke-width="4" stroke-linecap="round"/><path d="M172 130 L171 115 L157 119" fill="none" stroke="%[1]s" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>`, colourDrawing, colourSurface}
	pictureOwn       = drawing{"own", 200, 140, `<rect x="44" y="14" width="112" height="76" rx="8" fill="%[2]s" stroke="%[1]s" stroke-width="4"/><path d="M88 92 L84 108 M112 92 L116 108 M70 110 L130 110" stroke="%[1]s" stroke-width="4" stroke-linecap="round"/><path d="M72 46 L72 58 M92 46 L92 58 M112 46 L112 58 M132 46 L132 58" stroke="%[1]s" stroke-width="6" stroke-linecap="round"/>`, colourDrawing, colourSurface}
	picturePerson    = drawing{"person", 120, 150, `<circle cx="60" cy="54" r="26" fill="%[1]s"/><path d="M14 150 C14 106 36 92 60 92 C84 92 106 106 106 150 Z" fill="%[1]s"/>`, colourLine, ""}
)

// in draws with other colours.
func (d drawing) in(main, second fyne.ThemeColorName) drawing {
	d.main, d.second = main, second
	return d
}

func (d drawing) resource() fyne.Resource {
	colour := func(n fyne.ThemeColorName) string {
		if n == "" {
			return "none"
		}
		c := color.NRGBAModel.Convert(theme.Color(n)).(color.NRGBA)
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	main, second := colour(d.main), colour(d.second)
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">`, d.width, d.height, d.width, d.height) +
		fmt.Sprintf(d.shapes+"%.0[1]s%.0[2]s", main, second) + `</svg>`
	return fyne.NewStaticResource(d.name+main+second+".svg", []byte(svg)) // Fyne caches by name
}

// picture shows d at the given height.
func picture(d drawing, height float32) *canvas.Image {
	img := canvas.NewImageFromResource(d.resource())
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSize(height*float32(d.width)/float32(d.height), height))
	return img
}
