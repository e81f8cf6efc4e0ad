package app

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// contrast is the ratio of WCAG 2.2, 1.4.3.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	part := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n.R) + 0.7152*part(n.G) + 0.0722*part(n.B)
}

// TestContrast computes every pair in which colours meet on the pages.
func TestContrast(t *testing.T) {
	const text, border = 4.5, 3.0
	th := NewTheme()
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, colourSurface, colourPrimarySoft, theme.ColorNameHover, colourErrorSoft, colourWarningSoft, colourSuccessSoft, theme.ColorNameSelection}
	inks := []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNameDisabled, theme.ColorNamePlaceHolder, colourSecondary}
	type pair struct {
		ink, ground fyne.ThemeColorName
		want        float64
	}
	var pairs []pair
	for _, g := range grounds {
		for _, i := range inks {
			pairs = append(pairs, pair{i, g, text})
		}
	}
	for _, g := range []fyne.ThemeColorName{theme.ColorNameBackground, colourSurface} {
		for _, i := range []fyne.ThemeColorName{theme.ColorNameError, theme.ColorNameWarning, theme.ColorNameSuccess, theme.ColorNamePrimary, theme.ColorNameHyperlink} {
			pairs = append(pairs, pair{i, g, text})
		}
		for _, b := range []fyne.ThemeColorName{theme.ColorNameInputBorder, theme.ColorNameFocus, theme.ColorNameScrollBar} {
			pairs = append(pairs, pair{b, g, border})
		}
	}
	pairs = append(pairs,
		pair{theme.ColorNameError, colourErrorSoft, text}, pair{theme.ColorNameWarning, colourWarningSoft, text},
		pair{theme.ColorNameSuccess, colourSuccessSoft, text}, pair{theme.ColorNamePrimary, colourPrimarySoft, text},
		pair{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, text}, pair{theme.ColorNameForegroundOnPrimary, colourPrimaryDark, text},
		pair{theme.ColorNameForegroundOnError, theme.ColorNameError, text}, pair{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning, text},
		pair{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess, text},
		pair{colourOnBand, colourBand, text}, pair{colourOnBandSoft, colourBand, text}, pair{colourOnDemo, colourDemo, text},
		pair{theme.ColorNameFocus, colourPrimarySoft, border}, pair{theme.ColorNameInputBorder, colourPrimarySoft, border},
	)
	for _, p := range pairs {
		t.Run(string(p.ink)+" on "+string(p.ground), func(t *testing.T) {
			got := contrast(th.Color(p.ink, theme.VariantDark), th.Color(p.ground, theme.VariantDark))
			if got < p.want {
				t.Errorf("contrast is %.2f, want at least %.1f", got, p.want)
			}
		})
	}
}

// TestThemeIsWhole: whatever name a widget asks for, it gets an opaque colour
// of the light kind or a size.
func TestThemeIsWhole(t *testing.T) {
	th := NewTheme()
	for name := range palette {
		if th.Color(name, theme.VariantDark) != th.Color(name, theme.VariantLight) {
			t.Errorf("colour %s depends on the variant of the desktop", name)
		}
	}
	for _, name := range []fyne.ThemeSizeName{theme.SizeNameModalBlurRadius, theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameMenuRadius, theme.SizeNameWindowButtonHeight} {
		if th.Size(name) < 0 {
			t.Errorf("size %s is %v", name, th.Size(name))
		}
	}
}
