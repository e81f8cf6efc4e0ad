package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"salter/app/procedure"
	"salter/card"
)

// cardPatience is how long the card command waits for a card.
const cardPatience = 15 * time.Second

// showCard says what reader and chip show, without a PIN and without naming
// the holder; certificate, if not empty, is where the signing certificate goes
// as PEM. It is for support, and needs no enrolment.
func showCard(ctx context.Context, s Settings, certificate string, out io.Writer) error {
	readers := card.New(card.Config{Ignore: ignoredReaders(s.Mode)})
	defer readers.Close()
	ctx, cancel := context.WithTimeout(ctx, cardPatience)
	defer cancel()
	reader, err := waitForCard(ctx, readers, out)
	if err != nil {
		return err
	}
	chip, err := readers.ReadChip(ctx, reader)
	if err != nil {
		return fmt.Errorf("read chip: %w", err)
	}
	fmt.Fprintf(out, "PKI part: %v, PIN tries left: %d, certificates: %d\n", chip.Present, chip.Tries, len(chip.Certificates))
	for _, c := range chip.Certificates {
		role := "authentication"
		if c.Role == card.RoleSignature {
			role = "signature"
		}
		fmt.Fprintf(out, "container %d: %s, %d bits, certificate of %d bytes\n", c.Container, role, c.KeyBits, len(c.DER))
		if certificate != "" && c.Role == card.RoleSignature {
			if err := writeFile(certificate, pemOf(c.DER), 0o600); err != nil {
				return err
			}
			certificate = ""
		}
	}
	if certificate != "" {
		return errors.New("there is no signing certificate on the chip")
	}
	return nil
}

// waitForCard returns the reader of the first card that answers.
func waitForCard(ctx context.Context, readers *card.Readers, out io.Writer) (string, error) {
	words := map[card.State]string{
		card.StateNoService: "the card service does not run",
		card.StateNoReader:  "no reader is attached",
		card.StateEmpty:     "the reader is empty",
		card.StateMute:      "the card does not answer: is it upside down?",
	}
	last := errors.New("the card service does not answer")
	for e := range readers.Events(ctx) {
		if e.State == card.StateCard {
			fmt.Fprintf(out, "reader: %s\nATR: %X\n", e.Reader, e.ATR)
			return e.Reader, nil
		}
		if w := words[e.State]; w != "" {
			last = errors.New(w)
		}
	}
	return "", last
}

// exportLast writes certificate.pem and chain.pem of the case closed last, as
// the journal holds them. What was erased once the authority held it is told by
// number and hash alone.
func exportLast(ctx context.Context, s Settings, dir string, out io.Writer) error {
	j, _, err := openClosed(ctx, s)
	if err != nil {
		return err
	}
	defer j.Close()
	found, err := procedure.LastIssued(ctx, journal{j: j})
	if err != nil {
		return fmt.Errorf("find certificate: %w", err)
	}
	if found.Chain == nil {
		fmt.Fprintf(out, "case %s: certificate %s, SHA-256 %s; erased here since the authority holds it\n", found.Number, found.Serial, found.SHA256)
		return nil
	}
	var chain bytes.Buffer
	for _, der := range found.Chain {
		chain.Write(pemOf(der))
	}
	if err := writeFile(filepath.Join(dir, "certificate.pem"), pemOf(found.Chain[0]), 0o600); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "chain.pem"), chain.Bytes(), 0o600); err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(found.Chain[0])
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	fmt.Fprintf(out, "case %s: certificate %s, SHA-256 %s, issued to %s by %s, valid until %s\n", found.Number, found.Serial, found.SHA256,
		certificate.Subject.CommonName, certificate.Issuer.CommonName, procedure.DateOf(certificate.NotAfter, procedure.Belgrade()))
	return nil
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
