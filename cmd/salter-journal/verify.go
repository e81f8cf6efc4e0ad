package main

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"salter/store"
)

const verifyHelp = `Checks the whole journal: every event against the Merkle tree, every checkpoint
that the authority countersigned against the tree, every change of the counter's
checkpoint key against the key before it, every commitment against the
sealed parts, the schema, and the file itself. It goes on where one thing is
wrong, names the first bad event and says how many before it are good.

The authority's key is taken from -authority, else from the enrolment.json
beside the journal; the output says which. Without a key the signatures are not
verified, and the output says so. Events behind the last countersigned
checkpoint are covered by nobody's signature but the counter's.

-receipt takes what is printed on a citizen's receipt, for instance
"10427:AMFBXJBL": the number of events, and eight characters of the root, of
the moment when it was printed.
`

func setupVerify(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	p.jsonFlag(f)
	p.authorityFlag(f)
	p.keyFlag(f)
	var receipt receiptFlag
	f.Var(&receipt, "receipt", "`SIZE:CODE` of a receipt to be compared")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return wrongUsage("want one journal")
		}
		return p.verify(ctx, args[0], receipt)
	}
}

// receiptFlag is what a receipt says of the journal.
type receiptFlag struct {
	size int64
	code string
}

func (r *receiptFlag) String() string { return "" }

func (r *receiptFlag) Set(value string) error {
	size, code, ok := strings.Cut(value, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || err != nil || n < 1 || len(code) != 8 {
		return errors.New("want SIZE:CODE with a code of 8 characters")
	}
	r.size, r.code = n, strings.ToUpper(code)
	return nil
}

// codeOf is the code of a root on paper: 40 bits of it in base32
// (RFC 4648 section 6).
func codeOf(root [32]byte) string { return base32.StdEncoding.EncodeToString(root[:5]) }

// verdict is the output of verify as JSON.
type verdict struct {
	Origin      string    `json:"origin"`
	Verifies    bool      `json:"verifies"`
	Events      int64     `json:"events"`         // number of the last one
	Good        int64     `json:"good"`           // up to the first that is bad
	Root        string    `json:"root,omitempty"` // if all are good
	Checkpoints int       `json:"checkpoints"`
	Keys        []keyFrom `json:"keys"`
	Covered     int64     `json:"covered"`
	Authority   []string  `json:"authority"` // keys the signatures were verified with
	Parts       int64     `json:"parts"`
	Opened      int64     `json:"opened"`
	FirstBad    int64     `json:"first_bad,omitempty"`
	Findings    []finding `json:"findings"`
}

// keyFrom is a key that signs the checkpoints from an event on.
type keyFrom struct {
	Seq      int64  `json:"seq"`
	Verifier string `json:"verifier"`
}

type finding struct {
	Seq    int64  `json:"seq,omitempty"`
	Reason string `json:"reason"`
}

func (p *program) verify(ctx context.Context, path string, receipt receiptFlag) (err error) {
	c, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	r, err := c.Verify(ctx)
	if err != nil {
		return err
	}
	v := p.verdictOf(r, path)
	if receipt.size > 0 {
		f, err := compareReceipt(ctx, c, receipt)
		if err != nil {
			return err
		}
		v.Findings = append(v.Findings, f...)
	}
	v.Verifies = len(v.Findings) == 0
	if p.json {
		err = p.writeJSON(v)
	} else {
		err = p.writeVerdict(v)
	}
	if err == nil && !v.Verifies {
		return errFalse
	}
	return err
}

func (p *program) verdictOf(r store.Report, path string) verdict {
	v := verdict{
		Origin: r.Origin, Events: r.Last, Good: r.Good,
		Checkpoints: r.Checkpoints, Covered: r.Covered, Parts: r.Parts, Opened: r.Opened,
		Findings: []finding{}, Authority: []string{}, Keys: []keyFrom{},
	}
	if r.Good == r.Last {
		v.Root = base64.StdEncoding.EncodeToString(r.Head.Root[:])
	}
	for _, k := range r.Keys {
		v.Keys = append(v.Keys, keyFrom{k.Seq, k.New})
	}
	for _, f := range r.Findings {
		v.Findings = append(v.Findings, finding(f))
		if v.FirstBad == 0 {
			v.FirstBad = f.Seq
		}
	}
	if r.SignaturesChecked {
		keys, _ := p.authority.keys(filepath.Dir(path)) // it was read before
		for _, k := range keys {
			v.Authority = append(v.Authority, fmt.Sprintf("%s+%08x, from %s", k.Name(), k.KeyHash(), k.from))
		}
	}
	return v
}

// compareReceipt finds out whether the journal is the one that a receipt was
// printed from.
func compareReceipt(ctx context.Context, c *store.Copy, r receiptFlag) ([]finding, error) {
	root, err := c.RootAt(ctx, r.size)
	switch {
	case errors.Is(err, store.ErrNoEvent):
		return []finding{{r.size, "the receipt was printed when there were more events"}}, nil
	case err != nil:
		return nil, err
	case codeOf(root) != r.code:
		return []finding{{r.size, fmt.Sprintf("the receipt says %s, the journal %s", r.code, codeOf(root))}}, nil
	}
	return nil, nil
}

func (p *program) writeVerdict(v verdict) error {
	w := &lines{w: p.out}
	w.print("journal      %s", v.Origin)
	if v.Root == "" {
		w.print("events       %d of %d verified, up to the first that is bad", v.Good, v.Events)
	} else {
		w.print("events       %d, root %s", v.Events, v.Root)
	}
	w.print("checkpoints  %d, covering the first %d events", v.Checkpoints, v.Covered)
	for _, k := range v.Keys {
		w.print("counter key  from event %d on %s", k.Seq, k.Verifier)
	}
	for _, k := range v.Authority {
		w.print("signatures   verified with %s", k)
	}
	if len(v.Authority) == 0 {
		w.print("signatures   NOT VERIFIED: no key of the authority is known, give -authority")
	}
	w.print("parts        %d, of which %d were opened and compared", v.Parts, v.Opened)
	for _, f := range v.Findings {
		if f.Seq == 0 {
			w.print("BAD          %s", f.Reason)
		} else {
			w.print("BAD          event %d: %s", f.Seq, f.Reason)
		}
	}
	switch {
	case v.Verifies:
		w.print("The journal verifies.")
	case v.FirstBad > 0:
		w.print("The journal does not verify. The first bad record is event %d.", v.FirstBad)
	default:
		w.print("The journal does not verify.")
	}
	return w.err
}
