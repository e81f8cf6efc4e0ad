package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"salter/ca/authority/admin"
)

// writeNew writes a file that must not exist yet; after an error there is none.
func writeNew(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func setupJournalExport(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	out := f.String("out", "", "where the journal goes; an existing file is left alone")
	return func(ctx context.Context, args []string) error {
		if *out == "" {
			return errors.New("export journal: -out must name a file")
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			return writeNew(*out, func(w io.Writer) error { return a.ExportJournal(ctx, args[0], w) })
		})
	}
}

func setupJournalImport(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	out := f.String("out", "", "where the countersigned checkpoint for the counter goes; an existing file is left alone")
	return func(ctx context.Context, args []string) error {
		if *out == "" {
			return errors.New("import journal: -out must name a file")
		}
		file, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("import journal: %w", err)
		}
		defer file.Close()
		return p.with(ctx, *dir, func(a admin.Admin) error {
			in, err := a.ImportJournal(ctx, file)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "workstation %s: events %d to %d, %d of them new, %d parts\n", in.Workstation, in.From, in.To, in.New, in.Parts)
			if in.Missing {
				fmt.Fprintln(p.out, "parts that its events commit to are still missing: the counter must keep them")
			}
			if len(in.Checkpoint) == 0 {
				return errors.New("import journal: nothing of this workstation is held, there is no checkpoint")
			}
			return writeNew(*out, func(w io.Writer) error {
				_, err := w.Write(in.Checkpoint)
				return err
			})
		})
	}
}

func setupJournalRecipient(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			recipient, err := a.HandOverRecipient(ctx)
			if err == nil {
				fmt.Fprintln(p.out, recipient)
			}
			return err
		})
	}
}

func setupJournalAccept(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error { return a.AcceptJournal(ctx, args[0]) })
	}
}
