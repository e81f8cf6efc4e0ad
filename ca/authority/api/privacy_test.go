package api_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/ca/catest"
)

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestLogsHoldNoPersonalData runs the whole flow with a holder that can be
// recognised, and with refusals that compare his data, and reads the log.
func TestLogsHoldNoPersonalData(t *testing.T) {
	log := new(lockedBuffer)
	o := newOffice(t, catest.Config{Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h := catest.Citizen()
	c := o.ws.Open(o.clerk, o.cards, h)
	other := h
	other.GivenName, other.PersonalNumber = "КАНАРИНКА", "0101904715005"
	good := c.CSR
	c.CSR = c.Request(other, "kanarinka@example.com")
	if _, p, err := c.Enrol(nil); err != nil || p == nil {
		t.Fatalf("got %+v, %v, want a refusal", p, err)
	}
	h.ValidUntil = time.Now().AddDate(0, 0, -1)
	expired := o.ws.Open(o.clerk, o.cards, h)
	if _, p, err := expired.Enrol(nil); err != nil || p == nil {
		t.Fatalf("got %+v, %v, want a refusal", p, err)
	}
	fresh := o.open()
	fresh.Key, fresh.CSR = c.Key, good
	issue(t, fresh)
	o.Stop()
	text := log.String()
	if !strings.Contains(text, `"certificate issued"`) || !strings.Contains(text, `"refused"`) {
		t.Fatalf("the log does not tell what happened:\n%s", text)
	}
	for _, secret := range []string{h.Surname, h.GivenName, h.PersonalNumber, h.CardNumber, other.GivenName, other.PersonalNumber, "kanarinka", "Службеник"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
