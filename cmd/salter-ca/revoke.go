package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"salter/ca/authority"
	"salter/ca/authority/admin"
)

// reasons are the words for the CRL reasons that are used here (RFC 5280
// 5.3.1).
func reasons() map[string]int {
	return map[string]int{"unspecified": 0, "keyCompromise": 1, "affiliationChanged": 3, "superseded": 4, "cessationOfOperation": 5}
}

func setupRevoke(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	reason := f.String("reason", "", "one of "+strings.Join(reasonWords(), ", "))
	why := f.String("why", "", "reason in words for the record, such as the number of an order; no personal data")
	return func(ctx context.Context, args []string) error {
		code, ok := reasons()[*reason]
		if !ok {
			return fmt.Errorf("revoke certificate: -reason must be one of %s", strings.Join(reasonWords(), ", "))
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			if err := a.RevokeCertificate(ctx, authority.Revocation{Serial: args[0], Reason: code, Why: *why}); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "certificate %s revoked, list published\n", args[0])
			return nil
		})
	}
}

// reasonWords lists them by their number.
func reasonWords() []string {
	all := reasons()
	words := make([]string, 0, len(all))
	for word := range all {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int { return all[a] - all[b] })
	return words
}

func setupOperationList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			for after := int64(0); ; {
				list, err := a.Operations(ctx, after)
				if err != nil || len(list) == 0 {
					return err
				}
				for _, o := range list {
					fmt.Fprintf(p.out, "%d\t%s\t%s\t%s\t%s\n", o.Seq, moment(o.At), o.Operator, o.Action, o.Subject)
					after = o.Seq
				}
			}
		})
	}
}
