package app

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"salter/app/procedure"
	"salter/assets"
)

// with are the values that a message of the catalogue is filled with.
type with map[string]any

// messages is the catalogue of one language: every word that a person reads.
type messages struct {
	localizer *i18n.Localizer
	toolkit   []byte // what Fyne itself may say, as it reads it
}

// catalogues are those of all languages, read once: they never change.
var catalogues = sync.OnceValues(loadCatalogues)

func loadCatalogues() (map[Language]*messages, error) {
	all := map[Language]*messages{}
	for _, l := range Languages() {
		m, err := loadMessages(l)
		if err != nil {
			return nil, err
		}
		all[l] = m
	}
	return all, nil
}

// loadMessages reads the catalogue of one language. Each has a bundle of its
// own: within one, the scripts of a language stand in for each other.
func loadMessages(l Language) (*messages, error) {
	bundle := i18n.NewBundle(language.MustParse(string(l)))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	name := string(l) + ".json"
	b, err := fs.ReadFile(assets.Messages(), name)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	if _, err := bundle.ParseMessageFileBytes(b, name); err != nil {
		return nil, fmt.Errorf("parse catalogue %s: %w", name, err)
	}
	toolkit, err := toolkitMessages(b)
	if err != nil {
		return nil, fmt.Errorf("parse catalogue %s: %w", name, err)
	}
	return &messages{localizer: i18n.NewLocalizer(bundle, string(l)), toolkit: toolkit}, nil
}

// toolkitMessages are the messages "fyne.*", under the names that Fyne has for
// its own texts.
func toolkitMessages(catalogue []byte) ([]byte, error) {
	all, own := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(catalogue, &all); err != nil {
		return nil, err
	}
	for id, text := range all {
		if name, is := strings.CutPrefix(id, "fyne."); is {
			own[name] = text
		}
	}
	return json.Marshal(own)
}

// say returns the message id.
func (m *messages) say(id string) string { return m.fill(id, nil) }

// fill returns the message id with its values.
func (m *messages) fill(id string, values with) string {
	s, _ := m.find(&i18n.LocalizeConfig{MessageID: id, TemplateData: values})
	return s
}

// count returns the message id in the plural form for n, which stands in it
// as .PluralCount.
func (m *messages) count(id string, n int) string {
	s, _ := m.find(&i18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: with{"PluralCount": n}})
	return s
}

// has reports whether there is a message id without plural forms.
func (m *messages) has(id string) bool {
	_, ok := m.find(&i18n.LocalizeConfig{MessageID: id})
	return ok
}

// either returns the first id if there is such a message, else the second.
func (m *messages) either(id, general string) string {
	if m.has(id) {
		return id
	}
	return general
}

// find shows the id itself where the catalogue has a hole: a page with a
// strange word is better than none, and the tests find every hole.
func (m *messages) find(c *i18n.LocalizeConfig) (string, bool) {
	s, err := m.localizer.Localize(c)
	if err != nil {
		return "[" + c.MessageID + "]", false
	}
	return s, true
}

// trouble is a failure in words: what happened, what to do now.
type trouble struct {
	what, do string
	code     string // for support
}

// place is where a failure is said: what to do depends on what is at hand. It
// is the end of the id of the words that hold there alone.
type place string

const (
	placeCase    place = ""         // on the pages of a case, and wherever there is nothing else to say
	placeHome    place = ".home"    // on the clerk's pages while no case is open
	placeConsole place = ".console" // on the command line, to an administrator
)

// explain is the one place where a failure becomes words. values fill the
// texts that name something of the case.
func (m *messages) explain(e *procedure.Error, at place, values with) trouble {
	id := "error." + string(e.Code)
	if !m.has(id + ".what") {
		id = "error." + string(procedure.CodeInternal)
	}
	do := m.either(id+".do"+string(at), id+".do")
	t := trouble{what: m.fill(id+".what", values), do: m.fill(do, values), code: string(e.Code)}
	if e.Code == procedure.CodeWrongPIN && e.Tries >= 0 {
		t.what += " " + m.tries("pin.tries", e.Tries)
	}
	return t
}

// tries says how many attempts are left, in the words of the messages id.
func (m *messages) tries(id string, n int) string {
	switch {
	case n < 0:
		return m.say(id + ".unknown")
	case n == 0:
		return m.say(id + ".none")
	default:
		return m.count(id, n)
	}
}
