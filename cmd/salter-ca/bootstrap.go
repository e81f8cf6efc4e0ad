package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"salter/ca/authority/admin"
)

// codeLife is how long a code admits a workstation unless the administrator
// says otherwise.
const codeLife = 24 * time.Hour

func setupWorkstationCode(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	life := f.Duration("life", codeLife, "how long the code admits the workstation")
	return func(ctx context.Context, args []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			code, err := a.EnrolmentCode(ctx, args[0], *life)
			if err == nil {
				fmt.Fprintln(p.out, code.Code)
				fmt.Fprintf(p.err, "for workstation %s, once, until %s; it is not shown again\n", args[0], moment(code.Expires))
			}
			return err
		})
	}
}
