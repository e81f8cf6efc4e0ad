package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/api"
	"salter/ca/authority/metrics"
	"salter/ca/catest"
)

// scrape is what Prometheus reads.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("metrics: status %d, %v", w.Code, err)
	}
	return string(body)
}

// want looks for whole lines.
func want(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no line begins with %q in\n%s", line, text)
		}
	}
}

// TestMetrics: a running authority is counted by its routes, and nothing that
// was asked for stands in the numbers.
func TestMetrics(t *testing.T) {
	s := catest.Start(t, catest.Config{})
	s.Enrol("BG-017-03")
	if err := s.Authority.PublishCRLs(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := metrics.New(s.Authority.Numbers, slog.New(slog.DiscardHandler))
	public := m.Observe("public", api.Public(s.Authority, slog.New(slog.DiscardHandler)))
	for _, path := range []string{"/healthz", "/healthz", "/crl/citizen-sign.crl", "/crl/4711", "/ocsp/citizen-sign/A//A", "/secret/0101990710006"} {
		public.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	text := scrape(t, m)
	want(t, text,
		`salter_requests_total{port="public",route="GET /healthz",status="200"} 2`,
		`salter_requests_total{port="public",route="GET /crl/{file}",status="200"} 1`,
		`salter_requests_total{port="public",route="GET /crl/{file}",status="404"} 1`,
		`salter_requests_total{port="public",route="GET /ocsp/{label}/{request}",status="200"} 1`,
		`salter_requests_total{port="public",route="none",status="404"} 1`,
		`salter_request_seconds_count{port="public",route="GET /healthz"} 2`,
		`salter_requests_in_work{port="public"} 0`,
		`salter_database_up 1`,
		`salter_workstations{state="active"} 1`,
		`salter_holds_old 0`,
		`salter_crl_next_update_timestamp_seconds{list="citizen-sign"} `,
		`salter_crl_next_update_timestamp_seconds{list="infrastructure"} `)
	for _, personal := range []string{"BG-017-03", "4711", "0101990710006"} {
		if strings.Contains(text, personal) {
			t.Errorf("the numbers name %s", personal)
		}
	}
}

// TestDatabaseDown: that it does not answer is a number, too, and is not asked
// again at once.
func TestDatabaseDown(t *testing.T) {
	asked := 0
	m := metrics.New(func(ctx context.Context) (authority.Numbers, error) {
		asked++
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("whoever asks waits for ever")
		}
		return authority.Numbers{}, errors.New("gone")
	}, slog.New(slog.DiscardHandler))
	for range 3 {
		want(t, scrape(t, m), "salter_database_up 0")
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

// TestBrokenOff: an answer that is broken off is counted and no longer in work.
func TestBrokenOff(t *testing.T) {
	m := metrics.New(func(context.Context) (authority.Numbers, error) { return authority.Numbers{}, nil }, slog.New(slog.DiscardHandler))
	h := m.Observe("api", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Now()); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("deadline through the counter: got %v, want what the recorder says", err)
		}
		panic(http.ErrAbortHandler)
	}))
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	want(t, scrape(t, m), `salter_requests_in_work{port="api"} 0`, `salter_requests_total{port="api",route="none",status="200"} 1`)
}
