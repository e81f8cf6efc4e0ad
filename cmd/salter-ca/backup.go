package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"filippo.io/age"

	"salter/ca/authority/admin"
	"salter/ca/authority/backup"
)

func setupBackup(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	out := f.String("out", "", "where the backup goes; an existing file is left alone")
	recipients := f.String("recipients", "", "file with the age recipients who may read it, one a line (backup key makes one)")
	return func(ctx context.Context, _ []string) error {
		if *out == "" || *recipients == "" {
			return errors.New("backup: -out and -recipients must name files")
		}
		list, err := os.Open(*recipients)
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		defer list.Close()
		readers, err := age.ParseRecipients(list)
		if err != nil {
			return fmt.Errorf("backup: read %s: it is no list of age recipients", *recipients) // the cause could quote an identity
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			m, err := backup.Write(ctx, a, readers, *out, time.Now())
			if err == nil {
				p.report("backed up", m)
			}
			return err
		})
	}
}

// report says in one line what a backup holds.
func (p *program) report(done string, m backup.Manifest) {
	events := int64(0)
	for _, j := range m.Inventory.Journals {
		events += j.Size
	}
	fmt.Fprintf(p.out, "%s: authority %s of %s, %d certificates, %d status changes, %d journals with %d events\n", done,
		m.Inventory.Authority, m.At.Format(time.RFC3339), m.Inventory.Certificates, m.Inventory.Changes, len(m.Inventory.Journals), events)
}

func setupRestore(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := f.String("dir", "ca", "folder of the authority; it must not exist")
	in := f.String("in", "", "the backup")
	identity := f.String("identity", "", "file with the age identity of one of its readers")
	return func(ctx context.Context, _ []string) error {
		if *in == "" || *identity == "" {
			return errors.New("restore: -in and -identity must name files")
		}
		file, err := os.Open(*identity)
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		defer file.Close()
		identities, err := age.ParseIdentities(file)
		if err != nil {
			return fmt.Errorf("restore: read %s: it is no age identity", *identity) // the cause could quote it
		}
		m, err := backup.Restore(ctx, *in, identities, *dir)
		if err == nil {
			p.report("restored", m)
		}
		return err
	}
}

func setupBackupKey(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	out := f.String("out", "", "where the identity goes, which reads the backups; keep it on another machine")
	return func(context.Context, []string) error {
		if *out == "" {
			return errors.New("backup key: -out must name a file")
		}
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			return fmt.Errorf("backup key: %w", err)
		}
		file, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("backup key: %w", err)
		}
		_, err = fmt.Fprintln(file, identity)
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return fmt.Errorf("backup key: %w", err)
		}
		fmt.Fprintln(p.out, identity.Recipient())
		return nil
	}
}
