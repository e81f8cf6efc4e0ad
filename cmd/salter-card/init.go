package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"salter/card/virtual"
)

// stateFlag declares the flag that every command has.
func stateFlag(flags *flag.FlagSet) *string {
	return flags.String("state", "", "folder of the card")
}

// parse parses flags; rest is how many arguments may follow, −1 for any.
func parse(flags *flag.FlagSet, args []string, rest int, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		return usageError("")
	}
	if rest >= 0 && flags.NArg() > rest {
		return usageError(fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	}
	if flags.Lookup("state").Value.String() == "" {
		return usageError("-state is missing")
	}
	return nil
}

// initCard makes a card.
func initCard(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("salter-card init", flag.ContinueOnError)
	dir := stateFlag(flags)
	preset := flags.String("preset", string(virtual.Citizen), "kind of card: "+presetNames())
	holder := flags.String("holder", "", "JSON file with fields of the holder that differ from the preset")
	issuer := flags.String("issuer", "", "folder of the issuer of card data (default DIR/issuer)")
	if err := parse(flags, args, 0, stderr); err != nil {
		return err
	}
	if err := makeCard(*dir, virtual.Preset(*preset), *holder, *issuer); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "card of preset %s made in %s\n", *preset, *dir)
	return nil
}

// presetNames lists the presets for the manual.
func presetNames() string {
	var names []string
	for _, p := range virtual.Presets() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// makeCard personalises a card and writes what others need beside it. The card
// itself comes last: one interrupted while it was made is made again.
func makeCard(dir string, preset virtual.Preset, holderFile, issuerDir string) error {
	now := time.Now()
	p, err := preset.Personalisation(now)
	if err != nil {
		return usageError(fmt.Sprintf("%v; there are %s", err, presetNames()))
	}
	if holderFile != "" {
		data, err := os.ReadFile(holderFile)
		if err != nil {
			return err
		}
		if p.Holder, err = p.Holder.Override(data); err != nil {
			return err
		}
	}
	if issuerDir == "" {
		issuerDir = filepath.Join(dir, "issuer")
	}
	if _, err := virtual.Open(dir); !errors.Is(err, virtual.ErrNoState) {
		return fmt.Errorf("make card in %s: %w", dir, virtual.ErrExists)
	}
	issuer, err := virtual.OpenIssuer(issuerDir)
	if err != nil {
		return err
	}
	if err := errors.Join(
		os.MkdirAll(dir, 0o700),
		os.WriteFile(filepath.Join(dir, "anchor.pem"), issuer.AnchorPEM(), 0o644),
		os.WriteFile(filepath.Join(dir, "pin.txt"), []byte(p.PIN+"\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "puk.txt"), []byte("ID"+p.Holder.Document.RegNo+" "+p.PUK+"\n"), 0o600),
	); err != nil {
		return err
	}
	_, err = virtual.Create(dir, p, issuer, now)
	return err
}
