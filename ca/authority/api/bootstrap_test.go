package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/api"
	"salter/ca/catest"
)

// TestBootstrap: one route, nothing without a code, and no more than a few
// wrong codes from one address.
func TestBootstrap(t *testing.T) {
	s := start(t, catest.Config{})
	h := api.Bootstrap(s.Authority, slog.New(slog.DiscardHandler))
	made, err := s.Authority.EnrolmentCode(t.Context(), "BG-017-03", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	request, err := keys.Request()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	wrong := ca.EnrolmentCode{}.Text()
	ask := func(method, path, from, user, code string, body []byte) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		r.RemoteAddr = from + ":1"
		if code != "" {
			r.SetBasicAuth(user, code)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	const post, path, name = http.MethodPost, ca.PathEnrolment, "BG-017-03"
	for _, tt := range []struct {
		name               string
		method, path, user string
		code               string
		body               []byte
		want               int
	}{
		{"no code", post, path, name, "", body, 401},
		{"half a code", post, path, name, made.Code[:20], body, 401},
		{"a wrong code", post, path, name, wrong, body, 401},
		{"another name", post, path, "BG-017-04", made.Code, body, 400},
		{"no request", post, path, name, made.Code, nil, 400},
		{"no proof", post, path, name, made.Code, []byte(`{"workstation":"BG-017-03"}`), 400},
		{"too large", post, path, name, made.Code, []byte(`{"proof":"` + strings.Repeat("x", 1<<20) + `"}`), 413},
		{"another method", http.MethodGet, path, name, made.Code, nil, 405},
		{"a route of the API port", http.MethodGet, ca.PathPolicy, name, made.Code, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(tt.method, tt.path, "192.0.2.1", tt.user, tt.code, tt.body)
			if w.Code != tt.want {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.want)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (tt.want == 401) {
				t.Errorf("challenge %q with status %d", challenge, w.Code)
			}
		})
	}
	if list, err := s.Authority.Workstations(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("register after refusals: got %v, %v, want nothing", list, err)
	}

	for range 5 {
		ask(post, path, "192.0.2.1", name, wrong, body)
	}
	w := ask(post, path, "192.0.2.1", name, made.Code, body)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("after wrong codes: got %d, Retry-After %q, want 503 with one", w.Code, w.Header().Get("Retry-After"))
	}
	w = ask(post, path, "192.0.2.2", name, made.Code, body)
	var response ca.EnrolmentResponse
	if err := json.Unmarshal(w.Body.Bytes(), &response); w.Code != http.StatusOK || err != nil {
		t.Fatalf("right code: got %d %s", w.Code, w.Body)
	}
	if _, _, err := keys.Accept(response, time.Now()); err != nil {
		t.Error(err)
	}
}

// TestTries: many addresses are counted together, and time heals.
func TestTries(t *testing.T) {
	clock := time.Now()
	tries := api.NewTries(func() time.Time { return clock })
	blocked := func(from string) bool { return tries.Admit(from) != nil }
	for i := range 2000 {
		tries.Failed(fmt.Sprint(i))
	}
	if blocked("3") {
		t.Error("an address with one wrong code is blocked")
	}
	if !blocked("1999") || !blocked("new") {
		t.Error("addresses beyond the many that are remembered go on trying")
	}
	clock = clock.Add(time.Minute)
	if blocked("new") {
		t.Error("blocked for ever")
	}
	tries.Failed("new")
	if n := tries.Len(); n != 1 {
		t.Errorf("%d addresses are remembered, want those of the last minute", n)
	}
}
