// Salter-journal is the auditor's tool: it verifies the journal of a counter,
// shows what is in it, and proves a single event to somebody who has nothing
// else of it.
//
//	salter-journal verify      [-authority KEY] [-key FILE] [-receipt SIZE:CODE] JOURNAL
//	salter-journal list        [-case ID] [-kind KIND] [-after SEQ] [-limit N] JOURNAL
//	salter-journal show        [-parts -key FILE] JOURNAL SEQ
//	salter-journal prove       [-authority KEY] [-out FILE] JOURNAL SEQ
//	salter-journal check-proof [-authority KEY] FILE
//	salter-journal export      [-out FILE] JOURNAL
//
// JOURNAL is the journal.db of a counter where Salter is closed, a copy of it,
// or an export; it is never changed. Commands that print take -json, and each
// explains itself with -h. Personal data stand in no event; the sealed parts
// beside them are shown by "show -parts" alone, to whoever has the key file.
//
// Exit status: 0 done, and what was checked holds; 1 it could not be done;
// 2 wrong usage; 3 journal, receipt or proof does not hold; 4 Salter has the
// journal open.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/mod/sumdb/note"

	"salter/store"
)

// The exit statuses.
const (
	exitOK     = 0
	exitError  = 1
	exitUsage  = 2
	exitFalse  = 3
	exitIsOpen = 4
)

var (
	// errUsage is wrong usage; the command's help is printed with it.
	errUsage = errors.New("usage")
	// errFalse: what was to be checked does not hold; already explained.
	errFalse = errors.New("does not hold")
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{out: os.Stdout, err: os.Stderr}
	err := p.dispatch(ctx, os.Args[1:])
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errFalse):
		return exitFalse
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintf(os.Stderr, "salter-journal: Salter has this journal open; close it there, or read a copy\n%s", p.latestCopy())
		return exitIsOpen
	}
	fmt.Fprintf(os.Stderr, "salter-journal: %v\n", err)
	return exitError
}

// program is one run of the command.
type program struct {
	out, err  io.Writer
	json      bool
	authority authorityFlag
	key       string // file with the data key; empty: not given
	journal   string // as given on the command line
}

// latestCopy tells where the latest copy of the journal is.
func (p *program) latestCopy() string {
	dir := filepath.Dir(p.journal)
	latest := store.LatestCopy(dir, filepath.Join(dir, store.CopiesDir))
	if latest == "" {
		return fmt.Sprintf("There is no copy in %s.\n", filepath.Join(dir, store.CopiesDir))
	}
	return fmt.Sprintf("The latest copy is %s\n", latest)
}

// command is one subcommand: it defines its flags, and returns what to do once
// they are parsed.
type command struct {
	name, args, short string
	long              string
	setup             func(p *program, f *flag.FlagSet) func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"verify", "JOURNAL", "check all of a journal and name the first bad event", verifyHelp, setupVerify},
		{"list", "JOURNAL", "list events", listHelp, setupList},
		{"show", "JOURNAL SEQ", "show one event", showHelp, setupShow},
		{"prove", "JOURNAL SEQ", "write a proof of one event", proveHelp, setupProve},
		{"check-proof", "FILE", "check a proof", checkProofHelp, setupCheckProof},
		{"export", "JOURNAL", "write events and checkpoints as text", exportHelp, setupExport},
	}
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		p.usage(p.err)
		return errUsage
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		p.usage(p.out)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return p.runCommand(ctx, c, args[1:])
		}
	}
	fmt.Fprintf(p.err, "salter-journal: no command %q\n", args[0])
	p.usage(p.err)
	return errUsage
}

func (p *program) usage(w io.Writer) {
	fmt.Fprint(w, "Salter-journal reads the journal of a counter.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  salter-journal %-12s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, usageEnd)
}

const usageEnd = `
JOURNAL is the journal.db of a counter where Salter is closed, a copy that
Salter made, or an export of the counter or of the authority. It is never
changed. "salter-journal COMMAND -h" says more.

Exit status: 0 done, and what was checked holds; 1 it could not be done;
2 wrong usage; 3 journal, receipt or proof does not hold; 4 Salter has the
journal open.
`

func (p *program) runCommand(ctx context.Context, c command, args []string) error {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	do := c.setup(p, f)
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		p.commandHelp(p.out, c, f)
		return nil
	}
	if err == nil {
		err = do(ctx, f.Args())
		if !errors.Is(err, errUsage) {
			return err
		}
	}
	fmt.Fprintf(p.err, "salter-journal %s: %v\n", c.name, err)
	p.commandHelp(p.err, c, f)
	return errUsage
}

func (p *program) commandHelp(w io.Writer, c command, f *flag.FlagSet) {
	fmt.Fprintf(w, "usage: salter-journal %s [flags] %s\n\n%s\nflags:\n", c.name, c.args, c.long)
	f.SetOutput(w)
	f.PrintDefaults()
	f.SetOutput(io.Discard)
}

// wrongUsage explains what is wrong on the command line.
func wrongUsage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, args...))
}

// open opens the journal of the command line for reading.
func (p *program) open(ctx context.Context, path string) (*store.Copy, error) {
	p.journal = path
	keys, err := p.authority.keys(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var verifiers []note.Verifier
	for _, k := range keys {
		verifiers = append(verifiers, k.Verifier)
	}
	return store.OpenCopy(ctx, path, store.CopyConfig{Authority: verifiers, KeyFile: p.key})
}

// writeJSON writes one value on one line.
func (p *program) writeJSON(v any) error {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// jsonFlag defines the flag for JSON instead of text.
func (p *program) jsonFlag(f *flag.FlagSet) { f.BoolVar(&p.json, "json", false, "write JSON") }

// keyFlag defines the flag for the data key.
func (p *program) keyFlag(f *flag.FlagSet) {
	f.StringVar(&p.key, "key", "", "`file` with the counter's data key, to open sealed parts")
}

// authorityFlag defines the flag for the authority's key.
func (p *program) authorityFlag(f *flag.FlagSet) {
	f.Var(&p.authority, "authority", "verifier `key` of the authority, or a file that holds one in a line, or a counter's enrolment.json; may be repeated for former keys")
}
