package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"salter/app"
	"salter/app/procedure"
	"salter/ca"
	"salter/card"
)

// errUnwell says that a part of the counter does not work.
var errUnwell = errors.New("not every part of the counter works")

// doctor checks every part of the counter and says in words what is wrong, as
// the status page does: one line for each part, below it what to do, and what
// the failure is called.
func doctor(ctx context.Context, s Settings, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	language := flags.String("language", string(app.English), "")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if !slices.Contains(app.Languages(), app.Language(*language)) || flags.NArg() > 0 {
		return fmt.Errorf("%w: -language is one of %v, and nothing follows it", errUsage, app.Languages())
	}
	words, err := app.FindingWords(app.Language(*language))
	if err != nil {
		return err
	}
	c, end, err := newCheckup(ctx, s)
	if err != nil {
		return err
	}
	well := true
	c.Check(ctx, func(f procedure.Finding) {
		well = well && f.Grade != procedure.GradeBad
		w := words(f)
		fmt.Fprintf(out, "%-8s %s: %s\n", grades[f.Grade], w.Part, w.What)
		if w.Do != "" {
			fmt.Fprintf(out, "%-8s %s\n", "", w.Do)
		}
		if f.Problem != nil { // for whoever is asked for help
			fmt.Fprintf(out, "%-8s (%v)\n", "", f.Problem)
		}
	})
	if err := errors.Join(end(), ctx.Err()); err != nil {
		return err
	}
	if !well {
		return errUnwell
	}
	return nil
}

// grades is how the doctor marks a line, for eyes and for scripts.
var grades = map[procedure.Grade]string{
	procedure.GradeGood: "ok", procedure.GradeWarning: "WARNING", procedure.GradeBad: "WRONG",
}

// newCheckup opens of the counter what can be opened: the rest is what the
// doctor is asked about.
func newCheckup(ctx context.Context, s Settings) (c *checkup, end func() error, err error) {
	c = &checkup{settings: s, printer: chosenPrinter(s).load, now: time.Now}
	if c.papers, err = openPapers(s); err != nil {
		return nil, nil, err
	}
	readers := card.Config{Module: s.Token.Module, Ignore: ignoredReaders(s.Mode), Driver: card.Driver(s.Token.Driver)}
	id, err := readIdentity(s)
	if err != nil {
		c.identity, c.closed = err, err
	} else {
		readers.Anchors = id.trust.CardAnchors
		if c.rotation, err = id.rotation(s, c.now); err != nil {
			return nil, nil, err
		}
		c.client, c.identity = ca.NewClient(ca.Config{Trust: id.trust, Certificate: c.rotation.Certificate, Version: version, Now: c.now})
		c.journal, c.closed = openJournal(ctx, s, id, 0)
	}
	c.readers = card.New(readers)
	return c, func() error {
		errs := []error{c.readers.Close()}
		if c.client != nil {
			c.client.Close()
		}
		if c.journal != nil {
			errs = append(errs, c.journal.Close())
		}
		return errors.Join(errs...)
	}, nil
}
