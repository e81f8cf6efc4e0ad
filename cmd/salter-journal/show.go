package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"strconv"
	"unicode"
	"unicode/utf8"

	"salter/store"
	"salter/store/evidence"
)

const showHelp = `Shows one event: its header, its bytes as they were hashed, the hash of its leaf,
and the parts it commits to. Parts hold personal data. They stay closed unless
-parts asks for them and -key names the counter's data key; a part that was
erased here can be had from the authority alone.
`

func setupShow(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	p.jsonFlag(f)
	p.keyFlag(f)
	parts := f.Bool("parts", false, "open the sealed parts: this prints personal data")
	return func(ctx context.Context, args []string) error {
		seq, err := journalAndNumber(args)
		if err != nil {
			return err
		}
		if *parts && p.key == "" {
			return wrongUsage("-parts needs -key")
		}
		return p.show(ctx, args[0], seq, *parts)
	}
}

// journalAndNumber checks the arguments JOURNAL SEQ.
func journalAndNumber(args []string) (int64, error) {
	if len(args) != 2 {
		return 0, wrongUsage("want a journal and the number of an event")
	}
	seq, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil || seq < 1 {
		return 0, wrongUsage("%q is not the number of an event", args[1])
	}
	return seq, nil
}

// shown is the output of show as JSON.
type shown struct {
	listed
	Leaf  string          `json:"leaf"`
	Event json.RawMessage `json:"event,omitempty"`
	Bytes string          `json:"bytes"` // base64 of the event as hashed
	Parts []shownPart     `json:"parts"`
}

// newShown describes an event without its parts.
func newShown(seq int64, event []byte) shown {
	s := shown{listed: describe(seq, event), Leaf: evidence.Leaf(event).String(), Bytes: base64.StdEncoding.EncodeToString(event), Parts: []shownPart{}}
	if json.Valid(event) {
		s.Event = event
	}
	return s
}

type shownPart struct {
	Name       string `json:"name"`
	Commitment string `json:"commitment"`
	Here       bool   `json:"here"`
	Text       string `json:"text,omitempty"`   // only if asked for
	Base64     string `json:"base64,omitempty"` // the same, if it is no text
}

func (p *program) show(ctx context.Context, path string, seq int64, open bool) (err error) {
	c, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	event, err := c.Event(ctx, seq)
	if err != nil {
		return err
	}
	s := newShown(seq, event)
	if s.Error == "" {
		if s.Parts, err = showParts(ctx, c, event, open); err != nil {
			return err
		}
	}
	if p.json {
		return p.writeJSON(s)
	}
	return p.writeShown(s, event)
}

// showParts lists the parts that an event commits to, with their content if
// open.
func showParts(ctx context.Context, c *store.Copy, event []byte, open bool) ([]shownPart, error) {
	states, err := c.Parts(ctx, event)
	if err != nil {
		return nil, err
	}
	parts := make([]shownPart, len(states))
	for i, s := range states {
		parts[i] = shownPart{Name: s.Name, Commitment: hex.EncodeToString(s.Commitment[:]), Here: s.Here}
		if !open || !s.Here {
			continue
		}
		opening, err := c.Opening(ctx, s.Commitment)
		if err != nil {
			return nil, err
		}
		if content := opening[evidence.SaltSize:]; isText(content) {
			parts[i].Text = string(content)
		} else {
			parts[i].Base64 = base64.StdEncoding.EncodeToString(content)
		}
	}
	return parts, nil
}

// isText says whether content can be shown on a terminal as it is.
func isText(content []byte) bool {
	return utf8.Valid(content) && bytes.IndexFunc(content, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t'
	}) < 0
}

func (p *program) writeShown(s shown, event []byte) error {
	w := &lines{w: p.out}
	w.print("event   %d", s.Seq)
	if s.Error != "" {
		w.print("error   %s", s.Error)
	} else {
		w.print("kind    %s", s.Kind)
		w.print("at      %s, run %d, %d ms after its start", s.At, s.Run, s.Mono)
		w.print("case    %s", orDash(s.Case))
		w.print("clerk   %s", orDash(s.Clerk))
	}
	w.print("leaf    %s", s.Leaf)
	if isText(event) {
		w.print("bytes   %s", event)
	} else {
		w.print("bytes   %q", event)
	}
	for _, part := range s.Parts {
		state := "erased, or never here"
		if part.Here {
			state = "sealed"
		}
		w.print("part    %s  %s  %s", part.Name, part.Commitment, state)
		if part.Text != "" {
			w.print("%s", part.Text)
		} else if part.Base64 != "" {
			w.print("base64 %s", part.Base64)
		}
	}
	return w.err
}
