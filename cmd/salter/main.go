package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// version of the program; the authority may demand a newer one.
const version = "0.1.0"

// Exit statuses.
const (
	exitOK       = 0
	exitError    = 1
	exitUsage    = 2
	exitNoWindow = 3
)

// flagCrashed is the flag with which the program starts itself after a defect.
const flagCrashed = "crashed"

const usage = `usage:
  salter [-config FILE]                        open the counter
  salter [-config FILE] enrol request -out F   make keys and journal, write the request
  salter [-config FILE] enrol accept -in F     keep certificate and trust bundle
  salter [-config FILE] enrol code -server URL enrol over the network with a one-time code (standard input)
  salter [-config FILE] card [-certificate F]  what reader and chip show, without a PIN
  salter [-config FILE] export -out DIR        the last issued certificate and its chain
  salter [-config FILE] handover -out F        what the authority does not hold, sealed for it
  salter [-config FILE] handover -answer F     take in the checkpoint that it gave for that
  salter [-config FILE] journal rekey          give the journal's checkpoints another key
  salter [-config FILE] doctor [-language L]   check every part, say what is wrong (sr-Cyrl, sr-Latn, en)
  salter version
`

var errUsage = errors.New("wrong command line")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("salter", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	config := flags.String("config", "salter.toml", "")
	crashed := flags.String(flagCrashed, "", "") // from the program itself: says in a window that it crashed
	if asksHelp(args) {
		fmt.Fprint(out, usage)
		return exitOK
	}
	err := flags.Parse(args)
	if err != nil {
		err = fmt.Errorf("%w: %w", errUsage, err)
	} else {
		err = command(ctx, *config, *crashed, flags.Args(), out)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		fmt.Fprintf(errOut, "salter: %v\n%s", err, usage)
		return exitUsage
	case errors.Is(err, errNoWindow):
		fmt.Fprintf(errOut, "salter: %v\n", err)
		return exitNoWindow
	default:
		fmt.Fprintf(errOut, "salter: %v\n", err)
		return exitError
	}
}

// asksHelp says whether somebody wants to know how the program is used, before
// there are settings.
func asksHelp(args []string) bool {
	return len(args) == 1 && args[0] == "help" || slices.ContainsFunc(args, func(a string) bool {
		return a == "-h" || a == "-help" || a == "--help"
	})
}

func command(ctx context.Context, config, crashed string, args []string, out io.Writer) error {
	if len(args) == 1 && args[0] == "version" {
		fmt.Fprintln(out, version)
		return nil
	}
	if len(args) == 0 && crashed != "" {
		return sayCrashed(ctx, config, crashed)
	}
	if len(args) == 0 {
		return openWindow(ctx, config)
	}
	s, err := readSettings(config)
	if err != nil {
		return err
	}
	name, rest := args[0], args[1:]
	if (name == "enrol" || name == "journal") && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	path := func(flagName string) (string, error) {
		p := flags.String(flagName, "", "")
		if err := flags.Parse(rest); err != nil {
			return "", fmt.Errorf("%w: %w", errUsage, err)
		}
		if flags.NArg() > 0 {
			return "", fmt.Errorf("%w: %q is too much", errUsage, flags.Arg(0))
		}
		return *p, nil
	}
	switch name {
	case "doctor":
		return doctor(ctx, s, rest, out)
	case "enrol request":
		return withPath(path, "out", func(p string) error { return enrolRequest(ctx, s, p) })
	case "enrol accept":
		return withPath(path, "in", func(p string) error { return enrolAccept(s, p, out) })
	case "enrol code":
		return withPath(path, "server", func(url string) error { return enrolCode(ctx, s, url, os.Stdin, out) })
	case "export":
		return withPath(path, "out", func(p string) error { return exportLast(ctx, s, p, out) })
	case "handover":
		if len(rest) > 0 && strings.HasPrefix(strings.TrimLeft(rest[0], "-"), "answer") {
			return withPath(path, "answer", func(p string) error { return takeAnswer(ctx, s, p, out) })
		}
		return withPath(path, "out", func(p string) error { return handOver(ctx, s, p, out) })
	case "journal rekey":
		if len(rest) > 0 {
			return fmt.Errorf("%w: %q is too much", errUsage, rest[0])
		}
		return rekey(ctx, s, out)
	case "card":
		p, err := path("certificate")
		if err != nil {
			return err
		}
		return showCard(ctx, s, p, out)
	}
	return fmt.Errorf("%w: no command %q", errUsage, name)
}

// withPath calls f with the file that the flag names; the flag is needed.
func withPath(path func(string) (string, error), flagName string, f func(string) error) error {
	p, err := path(flagName)
	if err != nil {
		return err
	}
	if p == "" {
		return fmt.Errorf("%w: -%s is missing", errUsage, flagName)
	}
	return f(p)
}
