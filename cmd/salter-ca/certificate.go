package main

import (
	"context"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"time"

	"salter/ca/authority/admin"
)

func setupCertificateList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			after := int64(0)
			for {
				list, err := a.Certificates(ctx, after)
				if err != nil || len(list) == 0 {
					return err
				}
				for _, c := range list {
					fmt.Fprintf(p.out, "%d\t%s\t%s\t%s\t%s/%d\t%s\t%s\t%s\n", c.Seq, c.Serial, c.Status, c.Label, c.Case, c.Attempt,
						c.Workstation, c.Clerk, c.Issued.UTC().Format(time.RFC3339))
					after = c.Seq
				}
			}
		})
	}
}

func setupCertificateExport(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	out := f.String("out", "", "where the certificate goes (PEM)")
	return func(ctx context.Context, args []string) error {
		if *out == "" {
			return fmt.Errorf("export certificate: -out must name a file")
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			der, err := a.Certificate(ctx, args[0])
			if err != nil {
				return err
			}
			text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
			if err := os.WriteFile(*out, text, 0o644); err != nil {
				return fmt.Errorf("export certificate: %w", err)
			}
			return nil
		})
	}
}

func setupCRLPublish(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error { return a.PublishCRLs(ctx) })
	}
}
