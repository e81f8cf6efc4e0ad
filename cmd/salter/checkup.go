package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"salter/app/desk"
	"salter/app/forms"
	"salter/app/procedure"
	"salter/ca"
	"salter/card"
	"salter/store"
)

// checkup looks whether every part of the counter works. What could not be
// opened is nil, and why stands beside it.
type checkup struct {
	settings Settings
	readers  *card.Readers
	printer  func() string // as in the settings
	papers   papers

	client   *ca.Client
	rotation *ca.Rotation
	identity error // why there is no client

	journal *store.Journal
	closed  error // why there is no journal

	now func() time.Time
}

// checkPatience bounds the check of one part.
const checkPatience = 10 * time.Second

// When a check warns.
const (
	warnOffset      = 10 * time.Second    // of the clock
	warnCertificate = 14 * 24 * time.Hour // before its end
	warnCopy        = 2 * copyEvery       // age of the newest copy
)

// Check implements procedure.Checkup.
func (c *checkup) Check(ctx context.Context, tell func(procedure.Finding)) {
	var policy *policySeen // the authority is asked once
	for _, part := range procedure.CheckedParts {
		if ctx.Err() != nil {
			return
		}
		at, cancel := context.WithTimeout(ctx, checkPatience)
		if part == procedure.PartAuthority {
			policy = c.ask(at)
		}
		f := c.look(at, part, policy)
		cancel()
		f.Part = part
		if f.Grade == "" {
			f.Grade = procedure.GradeGood
		}
		tell(f)
	}
}

// look checks one part.
func (c *checkup) look(ctx context.Context, part procedure.CheckedPart, policy *policySeen) procedure.Finding {
	switch part {
	case procedure.PartReader:
		return c.reader(ctx)
	case procedure.PartModule:
		return c.module(ctx)
	case procedure.PartAuthority:
		return c.authority(policy)
	case procedure.PartClock:
		return c.clock(policy)
	case procedure.PartJournal:
		return c.journalRoom(ctx)
	case procedure.PartSync:
		return c.sync()
	case procedure.PartKey:
		return c.key()
	case procedure.PartCopies:
		return c.copies()
	case procedure.PartPrinter:
		return c.printing(ctx)
	case procedure.PartTexts:
		return c.texts()
	}
	return c.clerk()
}

// values are what the words of a finding name.
type values = map[string]string

func bad(problem *procedure.Error) procedure.Finding {
	return procedure.Finding{Grade: procedure.GradeBad, Problem: problem}
}

func warning(note string, v values) procedure.Finding {
	return procedure.Finding{Grade: procedure.GradeWarning, Note: note, Values: v}
}

func good(note string, v values) procedure.Finding { return procedure.Finding{Note: note, Values: v} }

// reader asks the card service what it sees.
func (c *checkup) reader(ctx context.Context) procedure.Finding {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for e := range c.readers.Events(ctx) {
		switch e.State {
		case card.StateNoService:
			return bad(&procedure.Error{Code: procedure.CodeNoService})
		case card.StateNoReader:
			return bad(&procedure.Error{Code: procedure.CodeNoReader})
		case card.StateMute:
			return bad(&procedure.Error{Code: procedure.CodeMute})
		case card.StateEmpty:
			return good("empty", values{"Reader": e.Reader})
		case card.StateCard:
			return good("card", values{"Reader": e.Reader})
		}
	}
	return bad(&procedure.Error{Code: procedure.CodeNoService, Detail: "no answer"})
}

func (c *checkup) module(ctx context.Context) procedure.Finding {
	version, err := c.readers.CheckModule(ctx)
	if err != nil {
		return bad(asProblem(cardError(err)))
	}
	if version == "" {
		version = "?"
	}
	return good("loaded", values{"Module": filepath.Base(c.settings.Token.Module), "Version": version})
}

// policySeen is the authority's answer to the cheapest authenticated request.
type policySeen struct {
	report ca.PolicyReport
	err    error
}

func (c *checkup) ask(ctx context.Context) *policySeen {
	if c.client == nil {
		return &policySeen{err: startProblem(c.identity)}
	}
	report, err := c.client.Policy(ctx)
	return &policySeen{report, err}
}

// authority judges the answer, and how long this counter will be let in.
func (c *checkup) authority(p *policySeen) procedure.Finding {
	if errors.Is(c.identity, errNotEnrolled) {
		return procedure.Finding{Grade: procedure.GradeBad, Note: "not-enrolled"}
	}
	if p.err != nil {
		return bad(asProblem(authorityError(p.err)))
	}
	cert, err := c.rotation.Certificate()
	if err != nil || cert.Leaf == nil {
		return bad(&procedure.Error{Code: procedure.CodeCounter, Detail: "no certificate", Err: err})
	}
	until := values{"Policy": strconv.Itoa(p.report.Version), "Until": procedure.DateOf(cert.Leaf.NotAfter, procedure.Belgrade()).String()}
	switch {
	case p.report.Compromise != "":
		return procedure.Finding{Grade: procedure.GradeBad, Note: "compromise"}
	case cert.Leaf.NotAfter.Sub(c.now()) < warnCertificate:
		return warning("ends", until)
	}
	return good("answers", until)
}

func (c *checkup) clock(p *policySeen) procedure.Finding {
	if p.err != nil {
		return warning("unknown", nil)
	}
	offset := p.report.ClockOffset
	seconds := values{"Seconds": strconv.Itoa(int(offset.Abs().Round(time.Second) / time.Second))}
	switch {
	case offset.Abs() > c.settings.procedure().MaxClockOffset:
		return bad(&procedure.Error{Code: procedure.CodeClock})
	case offset.Abs() > warnOffset:
		return warning("off", seconds)
	}
	return good("right", seconds)
}

func (c *checkup) journalRoom(ctx context.Context) procedure.Finding {
	switch {
	case errors.Is(c.closed, store.ErrInUse):
		return warning("in-use", nil)
	case errors.Is(c.closed, errNotEnrolled):
		return procedure.Finding{Grade: procedure.GradeBad, Note: "not-enrolled"}
	case c.closed != nil:
		return bad(startProblem(c.closed))
	}
	space, err := c.journal.Space(ctx)
	if err != nil {
		return bad(asProblem(storeError(err)))
	}
	if !space.Enough() {
		return bad(&procedure.Error{Code: procedure.CodeDiskFull})
	}
	return good("room", values{"Events": strconv.FormatInt(c.journal.SyncState().Total, 10), "Free": strconv.FormatInt(space.Free>>30, 10)})
}

func (c *checkup) sync() procedure.Finding {
	if c.journal == nil {
		return warning("unknown", nil)
	}
	s := c.journal.SyncState()
	waiting := values{"N": strconv.FormatInt(s.Total-s.Acked, 10)}
	switch {
	case s.Acked == s.Total:
		return good("sent", nil)
	case s.Err != nil:
		f := bad(asProblem(storeError(s.Err)))
		f.Values = waiting
		return f
	}
	return good("waits", waiting)
}

// key says how the data key is kept: losing it loses what is sealed and not
// sent, and whoever can read it can read that.
func (c *checkup) key() procedure.Finding {
	if c.journal == nil {
		return warning("unknown", nil)
	}
	k := c.journal.KeyState()
	v := values{"File": c.settings.file(fileDataKey), "Recovery": k.RecoveryFile}
	switch {
	case errors.Is(k.Err, store.ErrKey):
		return warning("older", v)
	case k.Err != nil:
		return warning("not-kept", v)
	case k.RecoveryFile == "":
		return warning("no-recovery", v)
	case !k.Protected:
		return warning("file", v)
	}
	return good("sealed", v)
}

func (c *checkup) copies() procedure.Finding {
	path := store.LatestCopy(c.settings.file(dirCopies))
	info, err := os.Stat(path)
	if path == "" || err != nil {
		return warning("none", nil)
	}
	v := values{"Day": procedure.DateOf(info.ModTime(), procedure.Belgrade()).String(), "File": path}
	if c.now().Sub(info.ModTime()) > warnCopy {
		return warning("old", v)
	}
	return good("made", v)
}

func (c *checkup) printing(ctx context.Context) procedure.Finding {
	name := c.printer()
	where, err := desk.Check(ctx, name)
	switch {
	case err != nil:
		return bad(printProblem(err))
	case where == "":
		return good("viewer", nil)
	case strings.HasPrefix(name, "folder:"):
		return good("folder", values{"Folder": where})
	}
	return good("ready", values{"Printer": where})
}

func (c *checkup) texts() procedure.Finding {
	list, err := forms.Versions(c.papers.options)
	if err != nil {
		return bad(&procedure.Error{Code: procedure.CodeTemplate, Err: err})
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = fmt.Sprintf("%s %s", t.Kind, t.Version)
	}
	return good("read", values{"Versions": strings.Join(names, ", "), "Script": c.papers.options.Script})
}

// clerk looks whether the key files can be read; what is in them shows only
// with a password.
func (c *checkup) clerk() procedure.Finding {
	for _, path := range []string{c.settings.Clerk.P12, c.settings.Supervisor.P12} {
		if path == "" {
			continue
		}
		file, err := os.Open(path)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return procedure.Finding{Grade: procedure.GradeBad, Note: "unreadable", Values: values{"File": path}}
		}
	}
	if c.settings.Supervisor.P12 == "" {
		return warning("no-supervisor", nil)
	}
	return good("readable", nil)
}
