package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"salter/store/evidence"
)

const listHelp = `Lists events, the oldest first: number, time of the counter's clock, kind, case
and service number of the clerk. With -json, one object a line. The list itself
verifies nothing.
`

// errEnough ends a list that is long enough.
var errEnough = errors.New("enough")

// lines writes lines until one fails.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) print(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}

// listed is one event of a list as JSON.
type listed struct {
	Seq     int64    `json:"seq"`
	At      string   `json:"at"`
	Kind    string   `json:"kind"`
	Case    string   `json:"case,omitempty"`
	Clerk   string   `json:"clerk,omitempty"`
	Run     int64    `json:"run"`
	Mono    int64    `json:"mono"`
	Commits []string `json:"commits,omitempty"`
	Error   string   `json:"error,omitempty"` // the bytes are no event
}

// filter chooses events.
type filter struct {
	caseID, kind string
	after, limit int64
}

func setupList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	p.jsonFlag(f)
	var choose filter
	f.StringVar(&choose.caseID, "case", "", "only events of the case with this `ID`")
	f.StringVar(&choose.kind, "kind", "", "only events of this `kind`")
	f.Int64Var(&choose.after, "after", 0, "only events behind the one with this `number`")
	f.Int64Var(&choose.limit, "limit", 0, "at most so many `events`; 0: all")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return wrongUsage("want one journal")
		}
		return p.list(ctx, args[0], choose)
	}
}

func (p *program) list(ctx context.Context, path string, choose filter) (err error) {
	c, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	found := int64(0)
	err = c.Replay(ctx, func(seq int64, event []byte) error {
		e := describe(seq, event)
		if seq <= choose.after || choose.caseID != "" && e.Case != choose.caseID || choose.kind != "" && e.Kind != choose.kind {
			return ctx.Err()
		}
		if err := p.writeListed(e); err != nil {
			return err
		}
		if found++; found == choose.limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// describe reads what an event says of itself.
func describe(seq int64, event []byte) listed {
	h, err := evidence.ParseHeader(event)
	if err != nil {
		return listed{Seq: seq, Error: err.Error()}
	}
	return listed{
		Seq: seq, At: timeOf(h.At), Kind: h.Kind, Case: h.Case, Clerk: h.Clerk, Run: h.Run, Mono: h.Mono,
		Commits: slices.Sorted(maps.Keys(h.Commits)),
	}
}

// timeOf writes Unix milliseconds in local time.
func timeOf(ms int64) string { return time.UnixMilli(ms).Format("2006-01-02T15:04:05.000Z07:00") }

func (p *program) writeListed(e listed) error {
	if p.json {
		return p.writeJSON(e)
	}
	if e.Error != "" {
		_, err := fmt.Fprintf(p.out, "%8d  %s\n", e.Seq, e.Error)
		return err
	}
	_, err := fmt.Fprintf(p.out, "%8d  %s  %-22s %-36s %s\n", e.Seq, e.At, e.Kind, orDash(e.Case), orDash(e.Clerk))
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
