package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"salter/ca/authority"
	"salter/ca/authority/admin"
)

func setupProfileSign(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		switch found, err := admin.Exists(*dir); {
		case err != nil:
			return fmt.Errorf("sign profiles: %w", err)
		case !found:
			return fmt.Errorf("sign profiles: %w in %s", admin.ErrNone, *dir)
		}
		if c, err := admin.Dial(ctx, admin.Socket(*dir)); err == nil {
			return errors.Join(errors.New("sign profiles: the authority serves; stop it first"), c.Close())
		}
		a, err := authority.Open(ctx, authority.Config{Dir: *dir, SignProfiles: true, Log: p.logger()})
		if err != nil {
			return err
		}
		fmt.Fprintln(p.out, "profiles and policy signed")
		return a.Close()
	}
}
