package app

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"salter/app/procedure"
	"salter/app/serbian"
)

var update = flag.Bool("update", false, "rewrite the Latin catalogue, and the golden files of the pages")

// TestLatinCatalogue: the Latin catalogue is the Cyrillic one letter for
// letter. It is written by
//
//	go test ./app -run TestLatinCatalogue -update
func TestLatinCatalogue(t *testing.T) {
	want := latinCatalogue(catalogueFile(t, SerbianCyrillic))
	if *update {
		if err := os.WriteFile("../assets/messages/"+string(SerbianLatin)+".json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return // the program under test still holds the old one
	}
	got := strings.Split(string(catalogueFile(t, SerbianLatin)), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d is not %q: run this test with -update", i+1, line)
		}
	}
	if !bytes.Equal(catalogueFile(t, SerbianLatin), want) {
		t.Errorf("the Latin catalogue is longer than the Cyrillic one: run this test with -update")
	}
}

// sameInEveryScript are the beginnings of the ids of messages that are not
// transliterated.
var sameInEveryScript = []string{"language."}

// latinCatalogue transliterates the file of the Cyrillic catalogue; ids and
// placeholders are in Latin letters already.
func latinCatalogue(cyrillic []byte) []byte {
	lines := strings.Split(string(cyrillic), "\n")
	for i, line := range lines {
		same := func(prefix string) bool { return strings.HasPrefix(strings.TrimSpace(line), `"`+prefix) }
		if !slices.ContainsFunc(sameInEveryScript, same) {
			lines[i] = serbian.Latin(line)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// TestNoMessageIsMissing: every language has every message, with the plural
// forms of that language (CLDR) and the same placeholders.
func TestNoMessageIsMissing(t *testing.T) {
	plurals := map[Language][]string{SerbianCyrillic: {"few", "one", "other"}, SerbianLatin: {"few", "one", "other"}, English: {"one", "other"}}
	placeholder := regexp.MustCompile(`{{[^}]*}}`)
	holes := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(text, -1))))
	}
	_, model := catalogue(t, SerbianCyrillic)
	for _, l := range Languages() {
		_, all := catalogue(t, l)
		for id := range all {
			if _, ok := model[id]; !ok {
				t.Errorf("%s has %q, which the Cyrillic catalogue has not", l, id)
			}
		}
		for id, raw := range model {
			if _, ok := all[id]; !ok {
				t.Errorf("%s has no %q", l, id)
				continue
			}
			want, got := pluralForms(t, raw), pluralForms(t, all[id])
			names := slices.Sorted(maps.Keys(got))
			if _, plain := want[""]; !plain && !slices.Equal(names, plurals[l]) || plain && len(got) != len(want) {
				t.Errorf("%s: %q has the forms %q", l, id, names)
			}
			like := want["other"] + want[""]
			for form, text := range got {
				if text == "" || !slices.Equal(holes(text), holes(like)) {
					t.Errorf("%s: %q %s is %q, not with the placeholders of %q", l, id, form, text, like)
				}
			}
		}
	}
}

// TestEnglishIsEnglish finds what was left in Serbian.
func TestEnglishIsEnglish(t *testing.T) {
	_, all := catalogue(t, English)
	for id, raw := range all {
		for _, text := range pluralForms(t, raw) {
			if !strings.HasPrefix(id, "language.") && strings.ContainsFunc(text, func(r rune) bool { return r >= 'Ѐ' && r <= 'ӿ' }) {
				t.Errorf("%s: %q has Cyrillic letters", id, text)
			}
		}
	}
}

// TestSwitchLosesNothing: whatever is up, a change of the language keeps the
// page, the draft, the focus and what stands in the fields, and comes back to
// the very same picture of the page.
func TestSwitchLosesNothing(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			c := open(t, s.start, usual)
			if s.do != nil {
				s.do(c)
			}
			before, draft, focus, calls := c.words(), c.app.draft, c.app.page.focused(), len(c.desk.calls)
			for _, l := range []Language{SerbianLatin, English, SerbianCyrillic} {
				c.app.SetLook(Look{Language: l})
				c.wantScreen(s.want)
				c.wantFocus(focus)
				c.wantWhole(usual)
			}
			if c.app.page.keys[fyne.KeyF10] == nil {
				return // the citizen's, where the look is not chosen, or that page itself
			}
			c.press(fyne.KeyF10)
			c.wantScreen(screenLook)
			c.press(fyne.KeyEscape)
			c.wantScreen(s.want)
			c.wantFocus(focus)
			if got := c.words(); !slices.Equal(got, before) {
				t.Errorf("the page says %q after the switch, %q before", got, before)
			}
			if !reflect.DeepEqual(c.app.draft, draft) || len(c.desk.calls) != calls {
				t.Errorf("the switch changed the draft, or asked the desk %q", c.desk.calls[calls:])
			}
		})
	}
}

// words are all texts of the page that is up, in the order of the tree.
func (c *counter) words() []string {
	var all []string
	walk(c.window.Canvas().Content(), fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		switch o := o.(type) {
		case *canvas.Text:
			all = append(all, o.Text)
		case *input:
			all = append(all, o.AccessibilityLabel(), o.Text)
		}
	})
	return all
}

// TestCitizenChoosesHisLanguage: for his pages alone, until the end of the
// case, with what was said to him on the way.
func TestCitizenChoosesHisLanguage(t *testing.T) {
	c := open(t, inCase(procedure.PhasePIN), usual)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	c.app.page.focus(controlLanguage + "." + string(English))
	c.press(fyne.KeySpace)
	english, clerk := c.app.catalogues[English], c.app.catalogues[SerbianCyrillic]
	wantWords(t, c, english.say("turn.text.certificate"))
	c.app.page.focus(controlPrimary)
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	wantWords(t, c, english.say("pad.text"))
	if got := c.app.pad.texts.confirm; got != english.say("pad.confirm") {
		t.Errorf("the pad says %q", got)
	}

	c.desk.fail["EnterPIN"] = &procedure.Error{Code: procedure.CodeWrongPIN, Tries: 2}
	c.typed("1111")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenPad)
	wantWords(t, c, english.say("pad.note.wrong-pin"))
	delete(c.desk.fail, "EnterPIN")
	c.typed("1234")
	c.press(fyne.KeyReturn)
	c.wantScreen(screenThanks)
	wantWords(t, c, english.say("thanks.text"))
	if got := c.app.page.primary.label; got != clerk.say("thanks.go") {
		t.Errorf("the clerk's button says %q", got)
	}
	c.press(fyne.KeyReturn)
	wantWords(t, c, clerk.say("back"))

	c.set(func(s *procedure.Snapshot) { other := *s.Case; other.ID += "x"; s.Case = &other })
	c.press(fyne.KeyReturn)
	c.wantScreen(screenTurn)
	wantWords(t, c, clerk.say("turn.text.certificate"))
}

func wantWords(t *testing.T, c *counter, words string) {
	t.Helper()
	if !slices.Contains(wordsOn(c), words) {
		t.Errorf("page %s does not say %q", c.app.page.screen, words)
	}
}
