package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours is one of the palettes of the screens.
type Colours string

// The palettes. Contrast is for those who see little: black, white and few
// strong colours, text at 7:1 or more.
const (
	Light    Colours = "light"
	Dark     Colours = "dark"
	Contrast Colours = "contrast"
)

// Palettes returns all palettes, the usual one first.
func Palettes() []Colours { return []Colours{Light, Dark, Contrast} }

// The colours of Salter beside the names that Fyne has. "Soft" is the
// background on which text of the same family stands.
const (
	colourSurface     fyne.ThemeColorName = "salter.surface"
	colourSecondary   fyne.ThemeColorName = "salter.secondary"
	colourLine        fyne.ThemeColorName = "salter.line"
	colourDrawing     fyne.ThemeColorName = "salter.drawing"
	colourPrimaryDark fyne.ThemeColorName = "salter.primaryDark"
	colourPrimarySoft fyne.ThemeColorName = "salter.primarySoft"
	colourErrorSoft   fyne.ThemeColorName = "salter.errorSoft"
	colourWarningSoft fyne.ThemeColorName = "salter.warningSoft"
	colourSuccessSoft fyne.ThemeColorName = "salter.successSoft"
	colourBand        fyne.ThemeColorName = "salter.band"
	colourBandHover   fyne.ThemeColorName = "salter.bandHover"
	colourOnBand      fyne.ThemeColorName = "salter.onBand"
	colourOnBandSoft  fyne.ThemeColorName = "salter.onBandSoft"
	colourDemo        fyne.ThemeColorName = "salter.demo"
	colourOnDemo      fyne.ThemeColorName = "salter.onDemo"
)

// palettes gives every colour of every palette; the pairs in which they meet
// as text and background are listed, and computed, in the test of the theme.
var palettes = map[Colours]map[fyne.ThemeColorName]color.NRGBA{
	Light: {
		theme.ColorNameBackground:          rgb(0xf3f5f8),
		theme.ColorNameButton:              rgb(0xffffff),
		theme.ColorNameDisabledButton:      rgb(0xe4e8ee),
		theme.ColorNameDisabled:            rgb(0x595f69),
		theme.ColorNameError:               rgb(0xb00020),
		theme.ColorNameFocus:               rgb(0x0b57d0),
		theme.ColorNameForeground:          rgb(0x1a1a1a),
		theme.ColorNameForegroundOnError:   rgb(0xffffff),
		theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
		theme.ColorNameForegroundOnSuccess: rgb(0xffffff),
		theme.ColorNameForegroundOnWarning: rgb(0xffffff),
		theme.ColorNameHeaderBackground:    rgb(0xffffff),
		theme.ColorNameHover:               rgb(0xe8f0fe),
		theme.ColorNameHyperlink:           rgb(0x0b57d0),
		theme.ColorNameInputBackground:     rgb(0xffffff),
		theme.ColorNameInputBorder:         rgb(0x767676),
		theme.ColorNameMenuBackground:      rgb(0xffffff),
		theme.ColorNameOverlayBackground:   rgb(0xffffff),
		theme.ColorNamePlaceHolder:         rgb(0x595f69),
		theme.ColorNamePressed:             rgb(0xd6e4fd),
		theme.ColorNamePrimary:             rgb(0x0b57d0),
		theme.ColorNameScrollBar:           rgb(0x767676),
		theme.ColorNameScrollBarBackground: rgb(0xe4e8ee),
		theme.ColorNameSelection:           rgb(0xc6dafc),
		theme.ColorNameSeparator:           rgb(0xd5dbe3),
		theme.ColorNameShadow:              {A: 0x30},
		theme.ColorNameSuccess:             rgb(0x1b5e20),
		theme.ColorNameWarning:             rgb(0x9a3412),

		colourSurface:     rgb(0xffffff),
		colourSecondary:   rgb(0x595f69),
		colourLine:        rgb(0xd5dbe3),
		colourDrawing:     rgb(0x14305c),
		colourPrimaryDark: rgb(0x0846a8),
		colourPrimarySoft: rgb(0xe8f0fe),
		colourErrorSoft:   rgb(0xfdecee),
		colourWarningSoft: rgb(0xfff4e5),
		colourSuccessSoft: rgb(0xe9f5ea),
		colourBand:        rgb(0x14305c),
		colourBandHover:   rgb(0x244a86),
		colourOnBand:      rgb(0xffffff),
		colourOnBandSoft:  rgb(0xc9d6ea),
		colourDemo:        rgb(0xffd54f),
		colourOnDemo:      rgb(0x1a1a1a),
	},
	Dark: {
		theme.ColorNameBackground:          rgb(0x14181e),
		theme.ColorNameButton:              rgb(0x1e242c),
		theme.ColorNameDisabledButton:      rgb(0x2a313b),
		theme.ColorNameDisabled:            rgb(0xb6bec9),
		theme.ColorNameError:               rgb(0xffb4ab),
		theme.ColorNameFocus:               rgb(0x8ab4f8),
		theme.ColorNameForeground:          rgb(0xf1f3f5),
		theme.ColorNameForegroundOnError:   rgb(0x3b0a0f),
		theme.ColorNameForegroundOnPrimary: rgb(0x0b1a33),
		theme.ColorNameForegroundOnSuccess: rgb(0x06210f),
		theme.ColorNameForegroundOnWarning: rgb(0x2e1700),
		theme.ColorNameHeaderBackground:    rgb(0x1e242c),
		theme.ColorNameHover:               rgb(0x2b3646),
		theme.ColorNameHyperlink:           rgb(0x8ab4f8),
		theme.ColorNameInputBackground:     rgb(0x14181e),
		theme.ColorNameInputBorder:         rgb(0x8f99a8),
		theme.ColorNameMenuBackground:      rgb(0x1e242c),
		theme.ColorNameOverlayBackground:   rgb(0x1e242c),
		theme.ColorNamePlaceHolder:         rgb(0xb6bec9),
		theme.ColorNamePressed:             rgb(0x34435a),
		theme.ColorNamePrimary:             rgb(0x8ab4f8),
		theme.ColorNameScrollBar:           rgb(0x8f99a8),
		theme.ColorNameScrollBarBackground: rgb(0x2a313b),
		theme.ColorNameSelection:           rgb(0x2c4468),
		theme.ColorNameSeparator:           rgb(0x3a434f),
		theme.ColorNameShadow:              {A: 0x80},
		theme.ColorNameSuccess:             rgb(0x81c995),
		theme.ColorNameWarning:             rgb(0xffb870),

		colourSurface:     rgb(0x1e242c),
		colourSecondary:   rgb(0xb6bec9),
		colourLine:        rgb(0x3a434f),
		colourDrawing:     rgb(0xa9c7f7),
		colourPrimaryDark: rgb(0xaecbfa),
		colourPrimarySoft: rgb(0x22344f),
		colourErrorSoft:   rgb(0x44232a),
		colourWarningSoft: rgb(0x3d2c16),
		colourSuccessSoft: rgb(0x1c3826),
		colourBand:        rgb(0x1a355f),
		colourBandHover:   rgb(0x264a80),
		colourOnBand:      rgb(0xffffff),
		colourOnBandSoft:  rgb(0xc9d6ea),
		colourDemo:        rgb(0xffd54f),
		colourOnDemo:      rgb(0x1a1a1a),
	},
	Contrast: {
		theme.ColorNameBackground:          rgb(0x000000),
		theme.ColorNameButton:              rgb(0x000000),
		theme.ColorNameDisabledButton:      rgb(0x000000),
		theme.ColorNameDisabled:            rgb(0xffffff),
		theme.ColorNameError:               rgb(0xffa39b),
		theme.ColorNameFocus:               rgb(0x00ffff),
		theme.ColorNameForeground:          rgb(0xffffff),
		theme.ColorNameForegroundOnError:   rgb(0x000000),
		theme.ColorNameForegroundOnPrimary: rgb(0x000000),
		theme.ColorNameForegroundOnSuccess: rgb(0x000000),
		theme.ColorNameForegroundOnWarning: rgb(0x000000),
		theme.ColorNameHeaderBackground:    rgb(0x000000),
		theme.ColorNameHover:               rgb(0x3a3a00),
		theme.ColorNameHyperlink:           rgb(0xffff00),
		theme.ColorNameInputBackground:     rgb(0x000000),
		theme.ColorNameInputBorder:         rgb(0xffffff),
		theme.ColorNameMenuBackground:      rgb(0x000000),
		theme.ColorNameOverlayBackground:   rgb(0x000000),
		theme.ColorNamePlaceHolder:         rgb(0xffffff),
		theme.ColorNamePressed:             rgb(0x3a3a00),
		theme.ColorNamePrimary:             rgb(0xffff00),
		theme.ColorNameScrollBar:           rgb(0xffffff),
		theme.ColorNameScrollBarBackground: rgb(0x000000),
		theme.ColorNameSelection:           rgb(0x004a7f),
		theme.ColorNameSeparator:           rgb(0xffffff),
		theme.ColorNameShadow:              {},
		theme.ColorNameSuccess:             rgb(0x7cf08a),
		theme.ColorNameWarning:             rgb(0xffc46b),

		colourSurface:     rgb(0x000000),
		colourSecondary:   rgb(0xffffff),
		colourLine:        rgb(0xffffff),
		colourDrawing:     rgb(0xffffff),
		colourPrimaryDark: rgb(0xffffff),
		colourPrimarySoft: rgb(0x2a2a00),
		colourErrorSoft:   rgb(0x000000),
		colourWarningSoft: rgb(0x000000),
		colourSuccessSoft: rgb(0x000000),
		colourBand:        rgb(0x262626),
		colourBandHover:   rgb(0x4d4d4d),
		colourOnBand:      rgb(0xffffff),
		colourOnBandSoft:  rgb(0xffffff),
		colourDemo:        rgb(0xffff00),
		colourOnDemo:      rgb(0x000000),
	},
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}
