package api_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"salter/ca"
	"salter/ca/catest"
	"salter/ca/est"
)

// TestWorkstationLabel: what any EST client asks for before it renews its own
// certificate, and that nothing is issued there anew.
func TestWorkstationLabel(t *testing.T) {
	o := newOffice(t, catest.Config{})
	get := func(base, op string) []byte {
		t.Helper()
		answer, err := o.ws.HTTP.Get(base + est.Path(ca.LabelWorkstation, op))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", op, answer.StatusCode, err)
		}
		der, err := est.DecodeBase64(bytes.NewReader(body), est.MaxCertsOnly)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, base := range []string{o.API, o.Public} {
		chain, err := est.ParseCertsOnly(get(base, est.OpCACerts))
		if err != nil || len(chain) != 1 || !bytes.Equal(chain[0].Raw, o.ws.Response.Chain[1]) {
			t.Errorf("cacerts: got %d, %v, want the infrastructure CA", len(chain), err)
		}
	}
	attrs, err := est.ParseCSRAttrs(get(o.API, est.OpCSRAttrs))
	if err != nil || !attrs.Key.Curve.Equal(est.CurveP256) {
		t.Errorf("csrattrs: got %+v, %v, want a P-256 key", attrs, err)
	}
	c := o.open()
	c.Label = ca.LabelWorkstation
	c.EditClaims = func(claims *ca.AssertionClaims) { claims.Label = ca.LabelWorkstation }
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemNotFound)
	if o.Issued() != 0 {
		t.Error("a certificate was issued")
	}
}
