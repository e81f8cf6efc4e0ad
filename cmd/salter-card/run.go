package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"salter/card/virtual"
)

// runCard inserts a card and serves it until the end of ctx or a quit.
func runCard(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("salter-card run", flag.ContinueOnError)
	dir := stateFlag(flags)
	addr := flags.String("vpcd", "127.0.0.1:35963", "address of the virtual reader")
	timing := flags.String("timing", "fast", "speed of the card: fast or real")
	logFile := flags.String("log", "", "file for the log of commands, - for standard error")
	var faults []virtual.Fault
	flags.Func("fault", "set a fault; may be repeated", func(s string) error {
		f, err := virtual.ParseFault(s)
		faults = append(faults, f)
		return err
	})
	if err := parse(flags, args, 0, stderr); err != nil {
		return err
	}
	speed, err := parseTiming(*timing)
	if err != nil {
		return err
	}
	card, err := openOrMake(*dir, stdout)
	if err != nil {
		return err
	}
	logger, closeLog, err := openLog(*logFile, stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	card.SetLogger(logger)
	card.SetTiming(speed)
	for _, f := range faults {
		card.SetFault(f)
	}
	listener, err := listenControl(*dir)
	if err != nil {
		return err
	}
	defer listener.Close()

	ctx, quit := context.WithCancel(ctx)
	defer quit()
	s := newSlot(card, *addr, stdout, quit)
	go s.serveControl(listener)
	go s.readCommands(stdin)
	s.run(ctx)
	fmt.Fprintln(stdout, s.status())
	return nil
}

// parseTiming reads the value of -timing.
func parseTiming(name string) (virtual.Timing, error) {
	switch name {
	case "fast":
		return virtual.Timing{}, nil
	case "real":
		return virtual.RealTiming(), nil
	}
	return virtual.Timing{}, usageError(fmt.Sprintf("timing is fast or real, not %q", name))
}

// openOrMake opens the card in dir; where there is none it makes one.
func openOrMake(dir string, stdout io.Writer) (*virtual.Card, error) {
	card, err := virtual.Open(dir)
	if !errors.Is(err, virtual.ErrNoState) {
		return card, err
	}
	if err := makeCard(dir, virtual.Citizen, "", ""); err != nil {
		return nil, err
	}
	fmt.Fprintf(stdout, "card of preset %s made in %s\n", virtual.Citizen, dir)
	return virtual.Open(dir)
}

// openLog opens the log of commands.
func openLog(name string, stderr io.Writer) (*slog.Logger, func(), error) {
	switch name {
	case "":
		return slog.New(slog.DiscardHandler), func() {}, nil
	case "-":
		return slog.New(slog.NewTextHandler(stderr, nil)), func() {}, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewTextHandler(f, nil)), func() { f.Close() }, nil
}

// readCommands takes commands from standard input, one a line. Its end means
// nothing: the card is often run in the background.
func (s *slot) readCommands(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if answer := s.do(lines.Text()); answer != "" {
			fmt.Fprintln(s.out, answer)
		}
	}
}
