package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"salter/ca/authority"
)

// databaseFlag defines the flag of the commands that may make an authority. A
// password belongs into a file that PGPASSFILE names: a command line can be read
// by every account of the machine.
func databaseFlag(f *flag.FlagSet) *string {
	return f.String("db", "", "URL of PostgreSQL for a new folder (postgres://…; passwords from PGPASSFILE; default: as the folder says, a new one SQLite)")
}

func setupMigrate(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	url := f.String("db", "", "URL of an empty PostgreSQL database (postgres://…; passwords from PGPASSFILE)")
	return func(ctx context.Context, _ []string) error {
		if *url == "" {
			return errors.New("migrate: -db must be the URL of a database")
		}
		i, err := authority.Migrate(ctx, *dir, *url)
		if err != nil {
			return err
		}
		events := int64(0)
		for _, j := range i.Journals {
			events += j.Size
		}
		fmt.Fprintf(p.out, "migrated and verified: %d certificates, %d status changes, %d journals with %d events\n", i.Certificates, i.Changes,
			len(i.Journals), events)
		return nil
	}
}
