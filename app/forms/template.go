package forms

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"salter/app/procedure"
)

// template is one parsed template file.
type template struct {
	kind    procedure.PaperKind
	version string
	script  string
	sum     [sha256.Size]byte // of the file
	copies  int
	height  float64           // of the part of the A4 page that is used, mm
	size    float64           // of running text, points
	section string            // word before the number of a section, may be empty
	words   map[string]string // value of the data → word, for instance personal.ID → ЈМБГ
	frame   frame
	blocks  []block
	source  string // the file
}

// frame is the text around the body of every page.
type frame struct {
	form, title, caseLabel   text
	head                     []text
	foot, footCopy, footPage text
	privacy                  text
	demo, demoNote, sample   text
}

// text is template text: fixed words, bold words and placeholders.
type text []span

// span is a part of a text. A span with a name is a placeholder.
type span struct {
	words    string
	name     string
	optional bool // the placeholder may be empty
	bold     bool
}

func (t *template) hash() string { return hex.EncodeToString(t.sum[:]) }

// parseTemplate reads the markup of assets/templates/README.md.
func parseTemplate(data []byte) (*template, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8: %w", ErrTemplate)
	}
	t := &template{sum: sha256.Sum256(data), copies: 1, height: pageHeight, size: sizeBody, words: map[string]string{}, source: string(data)}
	p := &parser{lines: strings.Split(string(bytes.TrimRight(data, "\n")), "\n")}
	if err := p.head(t); err != nil {
		return nil, fmt.Errorf("line %d: %w", p.at, err)
	}
	if err := t.complete(); err != nil {
		return nil, err
	}
	for {
		b, err := p.block()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.at, err)
		}
		if b == nil {
			return t, nil
		}
		t.blocks = append(t.blocks, b)
	}
}

// complete reports what the head of the template does not say.
func (t *template) complete() error {
	f := t.frame
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"kind", t.kind == ""}, {"version", t.version == ""}, {"script", t.script == ""},
		{"title", f.title == nil}, {"head", f.head == nil},
		{"foot", f.foot == nil}, {"foot_copy", f.footCopy == nil}, {"foot_page", f.footPage == nil},
		{"privacy", f.privacy == nil}, {"demo", f.demo == nil}, {"demo_note", f.demoNote == nil},
	} {
		if need.missing {
			return fmt.Errorf("its head lacks %s: %w", need.name, ErrTemplate)
		}
	}
	return nil
}
