package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// Report is what Verify finds in a journal.
type Report struct {
	Origin string
	// Head is recomputed from the events, if all of them are good. Good is how
	// many there are up to the first bad one, Last the number of the last.
	Head       Head
	Good, Last int64
	// Checkpoints is the number of checkpoints that the authority
	// countersigned; the last one covers the events up to Covered.
	// SignaturesChecked says whether there was a key to verify them with.
	Checkpoints       int
	Covered           int64
	SignaturesChecked bool
	// Parts is the number of parts that events commit to, Opened how many
	// were opened and compared; the others are erased, or the key was not
	// given. An export holds none.
	Parts, Opened int64
	// Keys are the changes of the key that signs the checkpoints, in order.
	Keys []evidence.KeyChange
	// Findings are the contradictions, the first bad event first; none: the
	// journal verifies.
	Findings []TamperedError
}

// Verify checks everything that can be checked in a copy and goes on where one
// thing is wrong, so that a finding names the first bad event whatever else was
// done to the file. An error means that it could not be checked to the end.
func (c *Copy) Verify(ctx context.Context) (Report, error) {
	r := Report{Origin: c.origin, SignaturesChecked: c.j.config.Authority != nil}
	audit, err := c.auditEvents(ctx, &r)
	if err := r.note(err); err != nil {
		return r, err
	}
	if err == nil && !c.export {
		parts := &partAudit{keys: c.j.keys, commits: audit.commits, size: audit.tree.Size()}
		err = c.j.pages(ctx, parts.nextPage)
		if err == nil {
			err = parts.finish()
		}
		r.Parts, r.Opened = parts.parts, parts.opened
		if err := r.note(err); err != nil {
			return r, err
		}
	}
	if audit != nil && audit.cases != nil && len(r.Findings) == 0 {
		err := c.j.pages(ctx, audit.cases.nextPage)
		if err := r.note(err); err != nil {
			return r, err
		}
	}
	for _, check := range [...]func(context.Context, *sql.Conn) error{c.checkSchema, checkIntegrity} {
		if err := r.note(c.j.do(ctx, check)); err != nil {
			return r, err
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b TamperedError) int { return cmp.Compare(order(a.Seq), order(b.Seq)) })
	return r, nil
}

// order puts what is not about one event behind what is.
func order(seq int64) int64 {
	if seq == 0 {
		return math.MaxInt64
	}
	return seq
}

// note takes an error that says something about the journal as a finding, and
// returns any other.
func (r *Report) note(err error) error {
	var t *TamperedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &t):
		r.Findings = append(r.Findings, *t)
	case errors.Is(err, ErrCorrupt):
		r.Findings = append(r.Findings, TamperedError{Reason: err.Error()})
	default:
		return err
	}
	return nil
}

// auditEvents rebuilds the tree.
func (c *Copy) auditEvents(ctx context.Context, r *Report) (*audit, error) {
	var epochs evidence.Epochs
	err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		epochs, err = loadEpochs(ctx, conn, c.origin, "")
		return err
	})
	if err := r.note(err); err != nil {
		return nil, err
	}
	c.j.setEpochs(epochs, nil)
	r.Keys = epochs.Changes()
	var list []countersigned
	err = c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		list, err = readCheckpoints(ctx, conn, allCheckpoints)
		return err
	})
	if err := r.note(err); err != nil {
		return nil, err
	}
	r.Checkpoints = len(list)
	if len(list) > 0 {
		r.Covered = list[len(list)-1].size
	}
	a, err := c.j.newAudit(list)
	if err != nil {
		if err := r.note(err); err != nil {
			return nil, err
		}
		a, _ = c.j.newAudit(nil) // the events still have their tree
	}
	a.commits = make(map[commitment]int64)
	if c.version > 1 { // there was no list before
		err := c.j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			a.cases, err = newCaseAudit(ctx, conn)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err = c.j.pages(ctx, a.nextPage)
	if r.Good, r.Last = a.good, a.last; r.Good == r.Last {
		r.Head = Head{a.tree.Size(), a.tree.Root()}
	}
	return a, err
}

// checkSchema compares the schema with that of the file's version.
func (c *Copy) checkSchema(ctx context.Context, conn *sql.Conn) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	return checkSchema(ctx, conn, scripts[:c.version])
}

// Verifiers returns the keys that countersignatures are verified with.
func (c *Copy) Verifiers() []note.Verifier {
	if c.j.config.Authority == nil {
		return nil
	}
	return append([]note.Verifier{c.j.config.Authority}, c.j.config.Former...)
}
