package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"time"

	"salter/ca/authority/admin"
	"salter/ca/authority/keys"
	"salter/ca/authority/root"
)

// rootFlag defines the flag that every command of the root has.
func rootFlag(f *flag.FlagSet) *string { return f.String("dir", "root", "folder of the root") }

func setupRootInit(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := f.String("dir", "root", "folder of the root; it must not exist")
	cfg := root.Config{Now: time.Now}
	f.StringVar(&cfg.Name, "name", "", "common name, as in the authority's plan")
	f.StringVar(&cfg.Organization, "organization", "", "organization, as in the authority's plan")
	f.StringVar(&cfg.OrganizationID, "organization-id", "", "VATRS- and the tax number, as in the authority's plan")
	f.StringVar(&cfg.Key, "key", "", "pkcs11: URI of the root's key (default: an encrypted file, for demonstrations)")
	f.StringVar(&cfg.Kind, "kind", "rsa4096", "kind of key: rsa4096, p384")
	return func(context.Context, []string) error {
		if err := root.Create(*dir, cfg); err != nil {
			return err
		}
		return p.withRoot(*dir, func(r *root.Root) error {
			sum := sha256.Sum256(r.Certificate.Raw)
			fmt.Fprintf(p.out, "root %s in %s, certificate %s\n", r.Certificate.Subject.CommonName, *dir, hex.EncodeToString(sum[:]))
			return nil
		})
	}
}

// withRoot runs do on the root in dir.
func (p *program) withRoot(dir string, do func(*root.Root) error) error {
	r, err := root.Open(dir, time.Now)
	if err != nil {
		return err
	}
	if r.Demo() {
		fmt.Fprint(p.err, keys.Banner)
	}
	return errors.Join(do(r), r.Close())
}

func setupRootSignIssuer(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := rootFlag(f)
	in := f.String("in", "", "request of the issuer (PEM), as init -requests wrote it")
	out := f.String("out", "", "where its certificate goes (PEM); an existing file is left alone")
	sum := f.String("sha256", "", "hash of the request, as init -requests told it, carried on another way than the file")
	years := f.Int("years", 15, "how long the certificate lasts")
	list := f.String("crl-url", "", "address of the root's list, such as http://HOST/crl/root.crl")
	return func(context.Context, []string) error {
		if *in == "" || *out == "" {
			return errors.New("sign issuer: -in and -out must name files")
		}
		csr, err := readPEM(*in, "CERTIFICATE REQUEST")
		if err != nil {
			return fmt.Errorf("sign issuer: %w", err)
		}
		if got := sha256.Sum256(csr); !strings.EqualFold(*sum, hex.EncodeToString(got[:])) {
			return fmt.Errorf("sign issuer: the hash of %s is %x, not that of -sha256", *in, got)
		}
		return p.withRoot(*dir, func(r *root.Root) error {
			return writeNew(*out, func(w io.Writer) error {
				cert, err := r.SignIssuer(csr, *years, *list)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%s signed until %s, serial %s\n", cert.Subject.CommonName, cert.NotAfter.Format(time.DateOnly), cert.SerialNumber.Text(16))
				return pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
			})
		})
	}
}

// readPEM reads a file of one block.
func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, fmt.Errorf("%s is not one %s in PEM", path, strings.ToLower(kind))
	}
	return block.Bytes, nil
}

func setupRootRevoke(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := rootFlag(f)
	reason := f.String("reason", "", "one of unspecified, keyCompromise, superseded, cessationOfOperation")
	return func(_ context.Context, args []string) error {
		code, ok := reasons()[*reason]
		serial, isNumber := new(big.Int).SetString(strings.ReplaceAll(args[0], ":", ""), 16)
		if !ok || !isNumber {
			return errors.New("revoke issuer: -reason must be one of its words, and the serial number in hex")
		}
		return p.withRoot(*dir, func(r *root.Root) error {
			if err := r.Revoke(serial, code); err != nil {
				return err
			}
			fmt.Fprintln(p.out, "revoked; make a list with root crl and publish it with crl import")
			return nil
		})
	}
}

func setupRootCRL(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := rootFlag(f)
	out := f.String("out", "", "where the list goes (DER); an existing file is left alone")
	days := f.Int("days", 190, "how long the list is good")
	return func(context.Context, []string) error {
		if *out == "" {
			return errors.New("sign list: -out must name a file")
		}
		return p.withRoot(*dir, func(r *root.Root) error {
			return writeNew(*out, func(w io.Writer) error {
				der, err := r.SignList(time.Duration(*days) * 24 * time.Hour)
				if err != nil {
					return err
				}
				_, err = w.Write(der)
				return err
			})
		})
	}
}

func setupCRLImport(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		der, err := os.ReadFile(args[0])
		if err != nil {
			return fmt.Errorf("import list: %w", err)
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return fmt.Errorf("import list: %s is no list in DER: %w", args[0], err)
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			if err := a.PutRootCRL(ctx, der); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "list of the root published, good until %s\n", moment(list.NextUpdate))
			return nil
		})
	}
}
