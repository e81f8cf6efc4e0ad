package ca_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/profile"
)

func TestPolicy(t *testing.T) {
	s := newServer(t)
	s.clock = func() time.Time { return time.Now().Add(-90 * time.Second) }
	got, err := s.client(nil).Policy(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 3 || got.Labels[ca.LabelCitizen].Issuer != "Проба Грађани" {
		t.Errorf("got policy %+v", got.Policy)
	}
	if off := got.ClockOffset - 90*time.Second; off.Abs() > 2*time.Second {
		t.Errorf("clock offset is %v, want 90 s", got.ClockOffset)
	}
	if off := time.Since(got.ServerTime) - 90*time.Second; off.Abs() > 2*time.Second {
		t.Errorf("server time is off by %v", off)
	}
}

func TestPolicyRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*server, *ca.Config)
		want   error
	}{
		{"signed by another key", func(s *server, _ *ca.Config) { s.signer = ecKey(t) }, ca.ErrPolicy},
		{"older than in an earlier run", func(_ *server, c *ca.Config) { c.PolicyVersion = 4 }, ca.ErrPolicy},
		{"of another authority", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.Authority = "other" } }, ca.ErrPolicy},
		{"demo though the bundle is not", func(s *server, c *ca.Config) {
			c.Trust = open(t, s.bundle(func(b *ca.Bundle) { b.Demo = false }))
		}, ca.ErrPolicy},
		{"no pins", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.ServerPins = nil } }, ca.ErrPolicy},
		{"pin is no hash", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.ServerPins = []string{"x"} } }, ca.ErrPolicy},
		{"no version", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.Version = 0 } }, ca.ErrPolicy},
		{"no label", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.Labels = nil } }, ca.ErrPolicy},
		{"profile missing", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.Profiles = nil } }, ca.ErrPolicy},
		{"profile changed", func(s *server, _ *ca.Config) {
			s.policy = func(p *ca.Policy) { p.Profiles["p"] = append(p.Profiles["p"], ' ') }
		}, ca.ErrPolicy},
		{"newer program wanted", func(s *server, _ *ca.Config) { s.policy = func(p *ca.Policy) { p.MinClient = "1.2.4" } }, ca.ErrUpgrade},
		{"no JWS", func(s *server, _ *ca.Config) {
			s.before = func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("{}")); return true }
		}, ca.ErrPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			c := s.client(func(cfg *ca.Config) { tt.change(s, cfg) })
			if _, err := c.Policy(context.Background()); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.want == ca.ErrUpgrade {
				return
			}
			if _, err := c.Preview(context.Background(), ca.LabelCitizen, holder(), nil); err == nil {
				t.Error("a refused policy is in force")
			}
		})
	}
}

// TestPolicyNeverGoesBack within one run.
func TestPolicyNeverGoesBack(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	version := 5
	s.policy = func(p *ca.Policy) { p.Version = version }
	if _, err := c.Policy(context.Background()); err != nil {
		t.Fatal(err)
	}
	version = 4
	if _, err := c.Policy(context.Background()); !errors.Is(err, ca.ErrPolicy) {
		t.Errorf("version 4 after 5: got %v, want ErrPolicy", err)
	}
}

// TestPolicyPins: after a policy names other pins the old ones count no more.
func TestPolicyPins(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	s.policy = func(p *ca.Policy) { p.ServerPins = []string{pin(s.otherRoot.cert)} }
	if _, err := c.Policy(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.Close() // the next request dials anew
	if _, err := c.Policy(context.Background()); !errors.Is(err, ca.ErrPin) {
		t.Errorf("got %v, want ErrPin", err)
	}
}

func TestMinClient(t *testing.T) {
	for _, tt := range []struct {
		version, least string
		upgrade        bool
	}{
		{"1.2.3", "1.2.3", false}, {"1.2.3", "1.3", true}, {"1.10.0", "1.9.9", false}, {"1.2", "1.2.0", false},
		{"1.2", "1.2.1", true}, {"v2.0.0-rc1", "1.9", false}, {"", "9.9", false}, {"1.2.3", "", false}, {"1.2.3", "soon", false},
	} {
		t.Run(tt.version+" for "+tt.least, func(t *testing.T) {
			s := newServer(t)
			s.policy = func(p *ca.Policy) { p.MinClient = tt.least }
			c := s.client(func(cfg *ca.Config) { cfg.Version = tt.version })
			report, err := c.Policy(context.Background())
			if got := errors.Is(err, ca.ErrUpgrade); got != tt.upgrade || got != (ca.KindOf(err) == ca.Upgrade) {
				t.Errorf("got %v, want upgrade %v", err, tt.upgrade)
			}
			if report.Version != 3 {
				t.Error("the report is empty")
			}
		})
	}
}

// TestTLS12Refused: the client speaks TLS 1.3 or nothing.
func TestTLS12Refused(t *testing.T) {
	s := newServer(t)
	s.http.TLS.MinVersion, s.http.TLS.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, err := s.client(nil).Policy(context.Background()); err == nil {
		t.Error("a policy came over TLS 1.2")
	}
}

func TestPreviewAndRequest(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	ctx := context.Background()
	got, err := c.Preview(ctx, ca.LabelCitizen, holder(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "Проба Грађани" || got.CommonName != "ЈОВАНА ПРОБНИ" || !got.CardCapped || len(profile.Errors(got.Findings)) > 0 {
		t.Errorf("got preview with issuer %q, capped %v, findings %v", got.Issuer, got.CardCapped, got.Findings)
	}
	wrong := holder()
	wrong.Subject.PersonalNumber = "0101900715007"
	_, err = c.Request(ctx, ca.LabelCitizen, wrong, ecKey(t))
	var refusal *profile.Refusal
	if !errors.As(err, &refusal) || refusal.Findings[0].ID != "P09" {
		t.Errorf("wrong JMBG: got %v, want a refusal with P09", err)
	}
	if _, err := c.Preview(ctx, "other", holder(), nil); ca.KindOf(err) != ca.Untrusted {
		t.Errorf("unknown label: got %v", err)
	}
	s.policy = func(p *ca.Policy) {
		p.Labels[ca.LabelCitizen] = ca.LabelPolicy{Issuer: "Неко други", Profile: "p", SHA256: s.profile.SHA256()}
	}
	if _, err := c.Policy(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Preview(ctx, ca.LabelCitizen, holder(), nil); ca.KindOf(err) != ca.Untrusted {
		t.Errorf("issuer not in the bundle: got %v", err)
	}
}
