package catest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestContractSees: what the contract does not say is found.
func TestContractSees(t *testing.T) {
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	const (
		json    = "application/json"
		problem = "application/problem+json"
		id      = "/ra/v1/contract-terminations/0b0e7b54-0000-4000-8000-000000000000"
		end     = `{"number":"U-1","case":"0b0e7b54-0000-4000-8000-000000000000","received_at":1,"clerk":"a.b.c"}`
		entry   = `{"id":"0b0e7b54-0000-4000-8000-000000000000","number":"U-1","state":"terminated","concluded":"2026-01-15",` +
			`"text":"%s","case":"0b0e7b54-0000-4000-8000-000000000000","ended":1}`
	)
	good := strings.Replace(entry, "%s", strings.Repeat("ab", 32), 1)
	for _, tt := range []struct {
		name, port         string
		method, path       string
		kind, sent         string
		status             int
		answerKind, answer string
		want               string // part of what is found; empty: nothing
	}{
		{name: "as documented", method: "PUT", path: id, kind: json, sent: end, status: 200, answerKind: json, answer: good},
		{name: "a client says more", method: "PUT", path: id, kind: json, sent: `{"new":1,` + end[1:], status: 200, answerKind: json, answer: good},
		{name: "refusal of whatever was sent", method: "PUT", path: id, sent: "garbage", status: 400, answerKind: problem, answer: `{"type":"x","status":400}`},
		{name: "accepted without a member", method: "PUT", path: id, kind: json, sent: `{"number":"U-1"}`, status: 200, answerKind: json, answer: good, want: "missing properties"},
		{name: "accepted under a wrong id", method: "PUT", path: "/ra/v1/contract-terminations/X", kind: json, sent: end, status: 200, answerKind: json, answer: good, want: "path uuid"},
		{name: "accepted as another type", method: "PUT", path: id, kind: "text/plain", sent: end, status: 200, answerKind: json, answer: good, want: "media type"},
		{name: "answer says more", method: "PUT", path: id, kind: json, sent: end, status: 200, answerKind: json, answer: `{"secret":1,` + good[1:], want: "additional properties"},
		{name: "answer says less", method: "PUT", path: id, kind: json, sent: end, status: 200, answerKind: json, answer: `{}`, want: "missing properties"},
		{name: "answer of another type", method: "PUT", path: id, kind: json, sent: end, status: 200, answerKind: "text/html", answer: good, want: "media type"},
		{name: "certificate of another type", method: "GET", path: "/ca/root.cer", port: "public", status: 200, answerKind: json, answer: "{}", want: "media type"},
		{name: "refusal without a problem", method: "PUT", path: id, kind: json, sent: end, status: 500, answerKind: "text/plain", answer: "panic", want: "media type"},
		{name: "undocumented route", method: "GET", path: "/ra/v1/secrets", status: 200, answerKind: json, answer: "{}", want: "not in the contract"},
		{name: "private route on the public port", port: "public", method: "GET", path: "/ra/v1/policy", status: 200, answerKind: "application/jose", answer: "a.b.c", want: "not in the contract"},
		{name: "queue of no state", method: "GET", path: "/ra/v1/approvals", status: 200, answerKind: json, answer: `{"pending":[]}`, want: "query state is missing"},
		{name: "longer than allowed", method: "POST", path: "/.well-known/est/citizen-sign/simpleenroll", kind: "application/pkcs10", sent: strings.Repeat("A", 32<<10), status: 202, want: "maxLength"},
		{name: "slashes in the last segment", port: "public", method: "GET", path: "/ocsp/citizen-sign/AA/B", status: 200, answerKind: "application/ocsp-response", answer: "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Content-Type", tt.kind)
			err := c.check(exchange{r, []byte(tt.sent), tt.status, http.Header{"Content-Type": {tt.answerKind}}, []byte(tt.answer)}, tt.port)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want nothing", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
