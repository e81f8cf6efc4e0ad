package card_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"time"

	"salter/card"
)

// Issuing a certificate, as far as the card is concerned. The certificate comes
// from elsewhere, while the session is open and nothing is held.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	readers := card.New(card.Config{Module: "/usr/lib/libnstpkcs11.so"})
	defer readers.Close()

	for event := range readers.Events(ctx) {
		if event.State != card.StateCard {
			continue
		}
		if err := issue(ctx, readers, event.Reader, []byte("1234")); err != nil {
			fmt.Println(err)
		}
	}
}

func issue(ctx context.Context, readers *card.Readers, reader string, pin []byte) error {
	defer clear(pin)
	chip, err := readers.ReadChip(ctx, reader)
	if err != nil {
		return err
	}
	session, err := readers.Open(ctx, reader, chip.Serial)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := session.Login(ctx, pin); err != nil {
		return err
	}
	id := make([]byte, 20)
	rand.Read(id)
	key, err := session.Generate(ctx, id)
	if err != nil {
		return err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return err
	}
	return session.PutCertificate(ctx, id, certify(request))
}

// certify stands for the authority.
func certify(request []byte) []byte { return request }
