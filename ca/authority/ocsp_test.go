package authority_test

import (
	"bytes"
	"crypto"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"salter/ca"
)

// FuzzOCSP: whatever strangers send gets an answer that can be read, or one of
// the two that say why not.
func FuzzOCSP(f *testing.F) {
	o := newCounter(f)
	chain, err := o.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		f.Fatal(err)
	}
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		request, err := ocsp.CreateRequest(chain[0], chain[0], &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(request)
	}
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, request []byte) {
		der, until, err := o.Authority.OCSP(t.Context(), ca.LabelCitizen, request)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(der, ocsp.MalformedRequestErrorResponse) || bytes.Equal(der, ocsp.UnauthorizedErrorResponse) {
			return
		}
		if got, err := ocsp.ParseResponse(der, chain[0]); err != nil || got.Status != ocsp.Unknown || !until.IsZero() {
			t.Errorf("got %+v, %v, want unknown: nothing was issued", got, err)
		}
	})
}

// TestResponderRenews: the responder's certificate is renewed at two thirds of
// its life, and says that nobody need ask about it.
func TestResponderRenews(t *testing.T) {
	o := newCounter(t)
	chain, err := o.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		t.Fatal(err)
	}
	request, err := ocsp.CreateRequest(chain[0], chain[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	o.Authority.SetClock(func() time.Time { return now })
	ask := func() *ocsp.Response {
		t.Helper()
		der, _, err := o.Authority.OCSP(t.Context(), ca.LabelCitizen, request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ocsp.ParseResponse(der, chain[0])
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := ask().Certificate
	noCheck := false
	for _, e := range first.Extensions {
		noCheck = noCheck || e.Id.String() == "1.3.6.1.5.5.7.48.1.5"
	}
	if !noCheck || first.NotAfter.Sub(now) > 8*24*time.Hour || first.IsCA {
		t.Errorf("responder: nocheck %v, until %v", noCheck, first.NotAfter)
	}
	now = now.Add(4 * 24 * time.Hour)
	if !ask().Certificate.Equal(first) {
		t.Error("renewed before two thirds of its life")
	}
	now = now.Add(24 * time.Hour)
	if got := ask(); got.Certificate.Equal(first) || now.After(got.Certificate.NotAfter) || !got.ThisUpdate.Equal(now.UTC().Truncate(time.Second)) {
		t.Errorf("not renewed: %v until %v", now, got.Certificate.NotAfter)
	}
}

// BenchmarkOCSP answers about certificates that nobody knows, which are never
// kept: each costs a look into the database and a signature.
func BenchmarkOCSP(b *testing.B) {
	o := newCounter(b)
	chain, err := o.Authority.Chain(ca.LabelCitizen)
	if err != nil {
		b.Fatal(err)
	}
	request, err := ocsp.CreateRequest(chain[0], chain[0], nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := o.Authority.OCSP(b.Context(), ca.LabelCitizen, request); err != nil {
			b.Fatal(err)
		}
	}
}
