//go:build !windows

package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// How long a job is followed after CUPS has taken it, and how often it is
// looked at: long enough for its filters and the first call to the printer,
// which a clerk waits for anyway.
const (
	followFor   = 6 * time.Second
	followEvery = 200 * time.Millisecond
)

// cups runs a program of CUPS and returns what it says, as in English, since
// nothing but its words tells one refusal from another.
func cups(ctx context.Context, program string, args ...string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoService, err)
	}
	var said, wrong bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = &said, &wrong
	if err := cmd.Run(); err != nil {
		if words := strings.TrimSpace(wrong.String()); words != "" {
			err = errors.New(words)
		}
		return said.String(), refusal(err)
	}
	return said.String(), nil
}

// refusal tells the refusals of lp and lpstat apart.
func refusal(err error) error {
	for _, known := range []struct {
		kind  error
		words []string
	}{
		{ErrNoPrinter, []string{"o default destination", "does not exist", "nvalid destination", "non-existent destination", "No destinations added"}},
		{ErrStopped, []string{"not accepting"}},
		{ErrNoService, []string{"Bad file descriptor", "not responding", "onnection refused", "Unable to connect"}},
	} {
		for _, w := range known.words {
			if strings.Contains(err.Error(), w) {
				return fmt.Errorf("%w: %w", known.kind, err)
			}
		}
	}
	return err
}

// findPrinter asks CUPS for the printer of that name, or for the default one,
// and whether it takes jobs and passes them on.
func findPrinter(ctx context.Context, name string) (string, error) {
	said, err := cups(ctx, "lpstat", "-r")
	if err == nil && !strings.Contains(said, "is running") {
		err = fmt.Errorf("%w: %s", ErrNoService, strings.TrimSpace(said))
	}
	if err != nil {
		return "", fmt.Errorf("ask printing service: %w", err)
	}
	if name == "" {
		said, err := cups(ctx, "lpstat", "-d") // "system default destination: NAME"
		_, found, ok := strings.Cut(said, "destination: ")
		if err == nil && !ok {
			err = ErrNoPrinter
		}
		if err != nil {
			return "", fmt.Errorf("look for default printer: %w", err)
		}
		name = strings.TrimSpace(found)
	}
	queue, _, _ := strings.Cut(name, "/") // an instance is a set of options of a queue
	said, err = cups(ctx, "lpstat", "-p", queue, "-a", queue)
	if err == nil && stopped(said, queue) {
		err = ErrStopped
	}
	if err != nil {
		return "", fmt.Errorf("look at printer: %w", err)
	}
	return name, nil
}

// stopped reads the state of a queue, as "lpstat -p -a" tells it.
func stopped(said, queue string) bool {
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "printer "+queue+" disabled") || strings.HasPrefix(line, queue+" not accepting") {
			return true
		}
	}
	return false
}

// printers names the printers of CUPS; none if it does not run.
func printers(ctx context.Context) []string {
	said, err := cups(ctx, "lpstat", "-e") // all names, one a line
	if err != nil {
		return nil
	}
	return strings.Fields(said)
}

// jobName is in the answer of lp.
var jobName = regexp.MustCompile(`request id is (\S+-[0-9]+)`)

// submit hands the file to CUPS, which copies it before lp returns, and follows
// the job for a moment. Each copy of a paper is in the file and goes to another
// holder: two never share a sheet, and what the user has set up for his other
// papers does not count.
func submit(ctx context.Context, printer, title, path string) error {
	name, err := findPrinter(ctx, printer)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	said, err := cups(ctx, "lp", "-d", name, "-t", title, "-n", "1", "-o", "media=A4",
		"-o", "sides=one-sided", "-o", "number-up=1", "-o", "job-sheets=none", "--", path)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	job := jobName.FindStringSubmatch(said)
	if job == nil {
		return nil // it was taken
	}
	queue, _, _ := strings.Cut(name, "/")
	if err := follow(ctx, queue, job[1]); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// follow looks after a job until it has left its queue or a moment has passed.
// One that cannot reach the printer is taken back: it would come out at a time
// when nobody waits for it, besides the one that is printed instead.
func follow(ctx context.Context, queue, job string) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for end := time.Now().Add(followFor); time.Now().Before(end); {
		said, err := cups(ctx, "lpstat", "-l", "-p", queue, "-o", queue)
		if err != nil || !strings.Contains(said, "\n"+job+" ") && !strings.HasPrefix(said, job+" ") {
			return nil // it has left, or nobody knows
		}
		if stopped(said, queue) || unreachable(said) {
			if _, err := cups(ctx, "cancel", job); err != nil {
				return fmt.Errorf("take job back from a printer that stopped: %w", err) // it may come out
			}
			return ErrStopped
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// unreachable reads in the state of a queue that its printer does not answer,
// as the backends of CUPS say it: of a printer that is off, or without paper.
func unreachable(said string) bool {
	for _, words := range []string{
		"may not exist or is unavailable", "is not responding", "is unreachable", "offline-report", "media-empty-error",
		"media-needed-error", "media-jam-error", "cover-open-error", "door-open-error",
	} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}
