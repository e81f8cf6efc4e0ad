package authority_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"net/url"
	"testing"

	"salter/ca"
	"salter/ca/authority"
	"salter/store/evidence"
)

// FuzzRequest gives the intake foreign requests: as they are, whose signature
// will rarely be right, and their names and extensions signed by a true key, so
// that everything behind the proof of possession is reached.
func FuzzRequest(f *testing.F) {
	o := newCounter(f)
	caller := o.ws.Caller()
	c := o.open()
	f.Add(c.CSR)
	f.Add(c.Request(c.Holder, "a@example.com"))
	f.Add([]byte{0x30, 0x00})
	uri := &url.URL{Scheme: "urn", Opaque: "mup:ws:BG-017:03"}
	for _, t := range []x509.CertificateRequest{{URIs: []*url.URL{uri}}, {DNSNames: []string{"x"}, EmailAddresses: []string{"a", "b"}}} {
		der, err := x509.CreateCertificateRequest(rand.Reader, &t, c.Key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		for _, csr := range [][]byte{der, resigned(t, der)} {
			if csr == nil {
				continue
			}
			for _, label := range []string{ca.LabelCitizen, ca.LabelForeigner} {
				one := *c
				one.Label, one.CSR = label, csr
				_, err := o.Authority.Enrol(t.Context(), caller, enrolment(&one))
				var refused *authority.Refusal
				if err != nil && !errors.As(err, &refused) {
					t.Errorf("%s: got %v, want a certificate or a refusal", label, err)
				}
			}
			_, err := o.Authority.Enrol(t.Context(), caller, authority.Enrolment{Label: ca.LabelInterop, CSR: csr})
			var refused *authority.Refusal
			if err != nil && !errors.As(err, &refused) {
				t.Errorf("interop: got %v, want a certificate or a refusal", err)
			}
		}
	})
}

// resigned takes what a request says and signs it with a fresh key; nil if it
// says nothing that can be signed.
func resigned(t *testing.T, der []byte) []byte {
	read, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil
	}
	var name asn1.RawValue
	if _, err := asn1.Unmarshal(read.RawSubject, &name); err != nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: read.RawSubject,
		ExtraExtensions: read.Extensions}, key)
	if err != nil {
		return nil
	}
	return csr
}

// FuzzBatch gives the intake foreign events under a checkpoint that fits them:
// what an event says is nobody's business there, so every batch of a good size
// is taken over, and twice is once.
func FuzzBatch(f *testing.F) {
	o := newCounter(f)
	caller := o.ws.Caller()
	f.Add([]byte(`{"v":1,"kind":"case-opened","case":"0b0e7b54-0000-4000-8000-000000000000","body":{"number":"1"}}`), []byte(`{"commits":{"x":"00"}}`))
	f.Add([]byte(`{"v":1,"kind":"key-changed","body":{"verifier":"x","proof":"y"}}`), []byte{0xff, 0x00})
	f.Add([]byte(`[]`), []byte(`null`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if len(first) == 0 || len(second) == 0 || len(first) > evidence.MaxEvent || len(second) > evidence.MaxEvent {
			return
		}
		from := int64(len(o.ws.Journal)) + 1
		o.ws.Append(first)
		o.ws.Append(second)
		push := ca.JournalPush{From: from, Events: [][]byte{first, second}, Checkpoint: string(o.ws.Checkpoint())}
		for range 2 {
			if _, err := o.Authority.Push(t.Context(), caller, o.ws.Name, push); err != nil {
				t.Fatalf("push: %v", err)
			}
		}
	})
}
