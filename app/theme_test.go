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
	const text, enhanced, border = 4.5, 7.0, 3.0 // WCAG 2.2: 1.4.3, 1.4.6, 1.4.11
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
		pair{colourDrawing, colourSurface, border}, pair{theme.ColorNameWarning, colourSurface, border},
		pair{colourOnBand, colourBandHover, text}, pair{colourOnBandSoft, colourBandHover, text}, pair{colourOnBandSoft, colourBand, text},
		pair{colourOnBand, colourBand, text}, pair{colourOnDemo, colourDemo, text},
		pair{theme.ColorNameFocus, colourPrimarySoft, border}, pair{theme.ColorNameInputBorder, colourPrimarySoft, border},
	)
	for _, palette := range Palettes() {
		th := NewTheme(Look{Colours: palette})
		for _, p := range pairs {
			t.Run(string(palette)+" "+string(p.ink)+" on "+string(p.ground), func(t *testing.T) {
				want := p.want
				if palette == Contrast && want == text {
					want = enhanced
				}
				got := contrast(th.Color(p.ink, theme.VariantLight), th.Color(p.ground, theme.VariantLight))
				if got < want {
					t.Errorf("contrast is %.2f, want at least %.1f", got, want)
				}
			})
		}
	}
}

// TestThemeIsWhole: every palette has every colour, whatever the desktop
// prefers, and whatever size a widget asks for, it gets one.
func TestThemeIsWhole(t *testing.T) {
	for _, palette := range Palettes() {
		th := NewTheme(Look{Colours: palette})
		for name := range palettes[Light] {
			if _, ok := palettes[palette][name]; !ok {
				t.Errorf("the palette %s has no %s", palette, name)
			}
			if th.Color(name, theme.VariantDark) != th.Color(name, theme.VariantLight) {
				t.Errorf("%s: colour %s depends on the variant of the desktop", palette, name)
			}
		}
	}
	th := NewTheme(Look{})
	for _, name := range []fyne.ThemeSizeName{theme.SizeNameModalBlurRadius, theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameMenuRadius, theme.SizeNameWindowButtonHeight} {
		if th.Size(name) < 0 {
			t.Errorf("size %s is %v", name, th.Size(name))
		}
	}
}

// TestTextSize: text grows as asked, up to twice the usual (WCAG 2.2, 1.4.4).
func TestTextSize(t *testing.T) {
	usual, twice := NewTheme(Look{}), NewTheme(Look{TextSize: 200})
	for name := range lettering {
		if got, want := twice.Size(name), 2*usual.Size(name); got != want {
			t.Errorf("%s is %v at 200 %%, want %v", name, got, want)
		}
	}
	if got, want := NewTheme(Look{TextSize: 1000}).Size(theme.SizeNameText), usual.Size(theme.SizeNameText); got != want {
		t.Errorf("a size that nobody offers gives %v, want the usual %v", got, want)
	}
}

// TestRoom: a large screen shows everything larger, and the usual ones as it
// is drawn; full screen, which a page of the citizen asks for, changes nothing.
func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		size fyne.Size
		want float32
	}{
		{fyne.Size{}, 1}, {fyne.NewSize(1024, 700), 1}, {fyne.NewSize(1360, 720), 1}, {fyne.NewSize(1366, 768), 1}, {fyne.NewSize(1440, 900), 1},
		{fyne.NewSize(1680, 1050), 1.125}, {fyne.NewSize(1920, 1040), 1.25}, {fyne.NewSize(1920, 1080), 1.25}, {fyne.NewSize(2560, 1440), 1.5},
		{fyne.NewSize(1920, 700), 1},
	} {
		if got := roomFor(tt.size); got != tt.want {
			t.Errorf("in a window of %v everything is %v as large, want %v", tt.size, got, tt.want)
		}
	}
	c := open(t, atHome(), fyne.NewSize(1920, 1040))
	if got, want := theme.TextSize(), float32(20); got != want {
		t.Errorf("in a window of 1920 × 1040 text is %v high, want %v", got, want)
	}
	c.window.Resize(usual)
	if got, want := theme.TextSize(), float32(16); got != want {
		t.Errorf("in a smaller window again text is %v high, want %v", got, want)
	}
}
