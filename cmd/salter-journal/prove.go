package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"salter/store"
	"salter/store/evidence"
)

const proveHelp = `Writes a proof that an event stands in the journal, for somebody who has nothing
else of it: the event, the path from it to the root of the tree, and the first
countersigned checkpoint that covers it (the format is C2SP tlog-proof). It says
nothing of other events. An event that no countersigned checkpoint covers yet
cannot be proven.
`

const checkProofHelp = `Checks a proof without the journal: the authority's signature on the checkpoint,
and that the event leads to its root. It prints the event, the journal's name
and the time by which the authority had seen it. The authority's key must be
given: without it a proof proves nothing.
`

const exportHelp = `Writes all events and all countersigned checkpoints as lines of text, which every
command of salter-journal reads like the journal itself. Sealed parts are left
out. The file is described in store/JOURNAL.md.
`

func setupProve(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	p.authorityFlag(f)
	out := f.String("out", "", "`file` to write, else standard output; it must not exist")
	return func(ctx context.Context, args []string) error {
		seq, err := journalAndNumber(args)
		if err != nil {
			return err
		}
		return p.withCopy(ctx, args[0], func(c *store.Copy) error {
			proof, err := c.Prove(ctx, seq)
			if errors.Is(err, store.ErrTampered) {
				fmt.Fprintf(p.err, "salter-journal prove: %v\n", err)
				return errFalse
			}
			if err != nil {
				return err
			}
			return p.writeFile(*out, func(w io.Writer) error {
				_, err := w.Write(proof.Encode())
				return err
			})
		})
	}
}

func setupExport(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	out := f.String("out", "", "`file` to write, else standard output; it must not exist")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return wrongUsage("want one journal")
		}
		return p.withCopy(ctx, args[0], func(c *store.Copy) error {
			return p.writeFile(*out, func(w io.Writer) error { return c.Export(ctx, w) })
		})
	}
}

// withCopy opens a journal for the time of fn.
func (p *program) withCopy(ctx context.Context, path string, fn func(*store.Copy) error) error {
	c, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close())
}

// writeFile lets fn write a new file that appears complete or not at all, or
// standard output if the path is empty.
func (p *program) writeFile(path string, fn func(io.Writer) error) error {
	if path == "" {
		return fn(p.out)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("write %s: %w", path, os.ErrExist)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".salter-journal-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	err = fn(f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func setupCheckProof(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	p.jsonFlag(f)
	p.authorityFlag(f)
	return func(_ context.Context, args []string) error {
		if len(args) != 1 {
			return wrongUsage("want one file")
		}
		if len(p.authority) == 0 {
			return wrongUsage("-authority is missing")
		}
		return p.checkProof(args[0])
	}
}

// checked is the output of check-proof as JSON.
type checked struct {
	Holds      bool      `json:"holds"`
	Reason     string    `json:"reason,omitempty"`
	Origin     string    `json:"origin,omitempty"`
	Size       int64     `json:"size,omitempty"`
	Root       string    `json:"root,omitempty"`
	Authority  string    `json:"authority,omitempty"`
	SeenBefore time.Time `json:"seen_before,omitzero"`
	Event      *shown    `json:"event,omitempty"`
}

func (p *program) checkProof(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c := checked{}
	proof, err := evidence.ParseProof(text)
	if err == nil {
		c, err = p.checkedProof(proof)
	}
	if err != nil {
		c.Reason = err.Error()
	}
	c.Holds = err == nil
	if p.json {
		err = p.writeJSON(c)
	} else {
		err = p.writeChecked(c, proof.Event)
	}
	if err == nil && !c.Holds {
		return errFalse
	}
	return err
}

// checkedProof checks a proof with the first of the keys that signed it.
func (p *program) checkedProof(proof evidence.Proof) (c checked, err error) {
	var head evidence.Checkpoint
	var by authorityKey
	for _, by = range p.authority {
		if head, err = proof.Check(by.Verifier); !errors.Is(err, evidence.ErrCheckpoint) {
			break
		}
	}
	if err != nil {
		return c, err
	}
	c = checked{
		Origin: head.Origin, Size: head.Size, Root: base64.StdEncoding.EncodeToString(head.Root[:]),
		Authority: fmt.Sprintf("%s+%08x", by.Name(), by.KeyHash()),
	}
	if c.SeenBefore, err = evidence.CosignedAt(proof.Checkpoint, by.Verifier); err != nil {
		return c, err
	}
	s := newShown(proof.Seq, proof.Event)
	c.Event = &s
	return c, nil
}

func (p *program) writeChecked(c checked, event []byte) error {
	w := &lines{w: p.out}
	if !c.Holds {
		w.print("The proof does not hold: %s", c.Reason)
		return w.err
	}
	w.print("journal      %s, at %d events, root %s", c.Origin, c.Size, c.Root)
	w.print("signature    of the authority, %s", c.Authority)
	if !c.SeenBefore.IsZero() {
		w.print("time         %s: the authority had the event by then", c.SeenBefore.Format(time.RFC3339))
	}
	if w.err == nil {
		w.err = p.writeShown(*c.Event, event)
	}
	w.print("The proof holds.")
	return w.err
}
