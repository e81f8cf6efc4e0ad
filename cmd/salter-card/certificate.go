package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"salter/card/virtual"
)

// requestCertificate prints a certificate request for the card's signing key.
func requestCertificate(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("salter-card request", flag.ContinueOnError)
	dir := stateFlag(flags)
	if err := parse(flags, args, 0, stderr); err != nil {
		return err
	}
	card, err := virtual.Open(*dir)
	if err != nil {
		return err
	}
	der, err := card.CertificateRequest()
	if err != nil {
		return err
	}
	return pem.Encode(stdout, &pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

// putCertificate puts a given signing certificate on the card.
func putCertificate(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("salter-card put", flag.ContinueOnError)
	dir := stateFlag(flags)
	certFile := flags.String("cert", "", "PEM file of the certificate")
	keyFile := flags.String("key", "", "PEM file of its RSA key, PKCS #8 (default: the key on the card)")
	if err := parse(flags, args, 0, stderr); err != nil {
		return err
	}
	if *certFile == "" {
		return usageError("-cert is missing")
	}
	cert, err := readCertificate(*certFile)
	if err != nil {
		return err
	}
	var key *rsa.PrivateKey
	if *keyFile != "" {
		if key, err = readKey(*keyFile); err != nil {
			return err
		}
	}
	card, err := virtual.Open(*dir)
	if err != nil {
		return err
	}
	lock, err := listenControl(*dir) // nobody else has the card
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := card.PutCertificate(cert, key); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "certificate %x put on the card in %s\n", cert.SerialNumber, *dir)
	return nil
}

// readPEM returns the first block of a PEM file.
func readPEM(name string) (*pem.Block, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("read %s: no PEM block", name)
	}
	return block, nil
}

// readCertificate reads a certificate.
func readCertificate(name string) (*x509.Certificate, error) {
	block, err := readPEM(name)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return cert, nil
}

// readKey reads an RSA key.
func readKey(name string) (*rsa.PrivateKey, error) {
	block, err := readPEM(name)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, errors.New("not a PKCS #8 key"))
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s: not an RSA key", name)
	}
	return key, nil
}
