package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/admin"
)

// waitTime is how long a command waits for an authority that is just starting:
// large keys take their time.
const waitTime = time.Minute

// with runs do on the authority in dir.
func (p *program) with(ctx context.Context, dir string, do func(admin.Admin) error) error {
	waiting, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	a, err := admin.Open(waiting, authority.Config{Dir: dir, Log: p.logger()})
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

func setupWorkstationSign(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	in := f.String("in", "", "request of the workstation (JSON)")
	out := f.String("out", "", "where its certificate and trust bundle go (JSON)")
	return func(ctx context.Context, _ []string) error {
		if *in == "" || *out == "" {
			return errors.New("sign workstation: -in and -out must name files")
		}
		var request ca.EnrolmentRequest
		if err := readJSON(*in, &request); err != nil {
			return fmt.Errorf("sign workstation: %w", err)
		}
		return p.with(ctx, *dir, func(a admin.Admin) error {
			response, err := a.SignWorkstation(ctx, request)
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(response, "", "  ")
			if err != nil {
				return fmt.Errorf("sign workstation: %w", err)
			}
			if err := os.WriteFile(*out, append(text, '\n'), 0o644); err != nil {
				return fmt.Errorf("sign workstation: %w", err)
			}
			sum := sha256.Sum256([]byte(response.Bundle))
			fmt.Fprintf(p.out, "workstation %s signed, trust bundle %s\n", request.Workstation, hex.EncodeToString(sum[:]))
			return nil
		})
	}
}

// readJSON reads a small file that holds one value and nothing unknown.
func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := ca.DecodeFile(text, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func setupWorkstationList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			list, err := a.Workstations(ctx)
			for _, w := range list {
				fmt.Fprintf(p.out, "%s\t%s\t%s\t%d events\n", w.Name, w.State, w.Since.UTC().Format(time.RFC3339), w.Journal)
			}
			return err
		})
	}
}

func setupWorkstationRevoke(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error { return a.RevokeWorkstation(ctx, args[0]) })
	}
}

// newClerk is what clerk add needs to know.
type newClerk struct {
	p                                               *program
	dir, number, name, office, roles, p12, password *string
}

func setupClerkAdd(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	c := &newClerk{p: p, dir: dirFlag(f),
		number:   f.String("number", "", "service number"),
		name:     f.String("name", "", "name as it stands on papers"),
		office:   f.String("office", "", "office he works at, such as BG-017 (default: any)"),
		roles:    f.String("roles", authority.RoleClerk, "what he may do: clerk, supervisor (or both: clerk,supervisor), auditor, admin"),
		p12:      f.String("p12", "", "where his key goes (PKCS#12)"),
		password: f.String("password-file", "", "file whose first line is the password of the PKCS#12 file"),
	}
	return func(ctx context.Context, _ []string) error { return c.add(ctx) }
}

// add makes the key here: the authority sees its public half only.
func (c *newClerk) add(ctx context.Context) error {
	password, err := firstLine(*c.password)
	if err != nil {
		return fmt.Errorf("add clerk: %w", err)
	}
	if _, err := os.Stat(*c.p12); *c.p12 == "" || !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("add clerk: -p12 must name a file that does not exist yet")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("add clerk: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("add clerk: %w", err)
	}
	return c.p.with(ctx, *c.dir, func(a admin.Admin) error {
		chain, err := a.AddClerk(ctx, authority.ClerkRequest{Number: *c.number, Name: *c.name, Office: *c.office,
			Roles: strings.Split(*c.roles, ","), PublicKey: public})
		if err != nil {
			return err
		}
		if err := writeP12(*c.p12, key, chain, password); err != nil {
			return fmt.Errorf("add clerk: registered, but without a key file: %w", err)
		}
		sum := sha256.Sum256(chain[0])
		fmt.Fprintf(c.p.out, "clerk %s added, certificate %s\n", *c.number, hex.EncodeToString(sum[:]))
		return nil
	})
}

func firstLine(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", errors.New("the password is empty")
	}
	return line, nil
}

func writeP12(path string, key *ecdsa.PrivateKey, chain [][]byte, password string) error {
	cert, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	issuer, err := x509.ParseCertificate(chain[1])
	if err != nil {
		return err
	}
	p12, err := pkcs12.Modern.Encode(key, cert, []*x509.Certificate{issuer}, password)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(p12)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path)) // half a file would be in the way of the next try
	}
	return err
}

func setupClerkList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			list, err := a.Clerks(ctx)
			for _, c := range list {
				fmt.Fprintf(p.out, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Number, c.Name, c.State, c.Roles, c.Office, c.Fingerprint)
			}
			return err
		})
	}
}

func setupClerkRevoke(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error { return a.RevokeClerk(ctx, args[0]) })
	}
}

func setupAnchorAdd(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		der, err := os.ReadFile(args[0])
		if err != nil {
			return fmt.Errorf("add anchor: %w", err)
		}
		if block, rest := pem.Decode(der); block != nil {
			if next, _ := pem.Decode(rest); next != nil {
				return fmt.Errorf("add anchor: %s holds more than one certificate; add them one by one", args[0])
			}
			der = block.Bytes
		}
		return p.with(ctx, *dir, func(a admin.Admin) error { return a.AddAnchor(ctx, der) })
	}
}

func setupAnchorList(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			list, err := a.Anchors(ctx)
			if err != nil {
				return err
			}
			for _, der := range list {
				cert, err := x509.ParseCertificate(der)
				if err != nil {
					return fmt.Errorf("list anchors: %w", err)
				}
				sum := sha256.Sum256(der)
				fmt.Fprintf(p.out, "%s\t%s\n", hex.EncodeToString(sum[:]), cert.Subject)
			}
			return nil
		})
	}
}
