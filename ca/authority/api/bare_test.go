package api_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"salter/ca"
	"salter/ca/catest"
)

// bareClient pushes the whole journal until an answer arrives.
type bareClient struct {
	o *office
	w *catest.Workstation
}

func (c bareClient) sync(t *testing.T) {
	t.Helper()
	body, err := json.Marshal(ca.JournalPush{From: 1, Events: c.w.Journal, Checkpoint: string(c.w.Checkpoint())})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if c.try(t, body) {
			return
		}
	}
	t.Fatal("100 pushes without an answer")
}

func (c bareClient) try(t *testing.T, body []byte) bool {
	t.Helper()
	answer, err := c.w.HTTP.Post(c.o.API+ca.PathJournal+c.w.Name, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var reply ca.JournalReply
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable:
		return false
	case answer.StatusCode != http.StatusOK:
		t.Fatalf("push: status %d", answer.StatusCode)
	}
	return json.NewDecoder(answer.Body).Decode(&reply) == nil
}

// bundle opens a trust bundle with the key that it names itself.
func bundle(t *testing.T, token string) ca.Bundle {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var b ca.Bundle
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &b); err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(b.PolicyKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify(key); err != nil {
		t.Fatalf("verify bundle: %v", err)
	}
	return b
}
