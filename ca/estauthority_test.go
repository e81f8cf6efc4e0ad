package ca_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"

	"salter/ca"
	"salter/ca/catest/estserver"
	"salter/ca/profile"
)

// label is how the stranger calls its profile.
const strangeLabel = "mup/gradjani 4/sign"

// stranger is an authority that speaks EST alone, beside the record server.
type stranger struct {
	*estserver.Server
	records *server
	client  *ca.Client
	root    *authorityKey
	issuer  *authorityKey
}

func newStranger(t *testing.T, maxTLS uint16) *stranger {
	t.Helper()
	s := &stranger{records: newServer(t)}
	s.client = s.records.client(nil)
	s.root = newAuthority(t, "Страни Root", ecKey(t), nil)
	s.issuer = newAuthority(t, "Страни Грађани", rsaIssuer(), s.root)
	clients := x509.NewCertPool()
	clients.AddCert(s.records.infra.cert)
	s.Server = estserver.Start(t, estserver.Config{
		Label: strangeLabel, Root: s.root.cert, Issuer: s.issuer.cert, Key: s.issuer.key, Clients: clients, MaxTLS: maxTLS,
		Template: func(csr *x509.CertificateRequest) (*x509.Certificate, error) {
			subject, err := profile.RequestSubject(csr)
			if err != nil {
				return nil, err
			}
			return s.records.profile.Template(profile.Issuance{Subject: subject, CardValidUntil: holder().CardValidUntil,
				Key: csr.PublicKey, Serial: s.records.profile.NewSerial(), Issuer: s.issuer.cert, Now: s.records.clock()})
		},
	})
	return s
}

// authority makes the client after change.
func (s *stranger) authority(t *testing.T, change func(*ca.ESTConfig)) *ca.ESTAuthority {
	t.Helper()
	cert := s.records.workstationCertificate(s.records.infra, nil)
	cfg := ca.ESTConfig{
		Records: s.client, URL: s.URL, ServerRoots: []*x509.Certificate{s.TLSRoot},
		Roots: []*x509.Certificate{s.root.cert}, Issuers: []*x509.Certificate{s.issuer.cert},
		Labels:      map[string]ca.ESTLabel{ca.LabelCitizen: {Path: strangeLabel, Issuer: "Страни Грађани"}},
		Certificate: func() (*tls.Certificate, error) { return cert, nil },
	}
	if change != nil {
		change(&cfg)
	}
	a, err := ca.NewESTAuthority(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// count is how many certificates were made for a request.
func (s *stranger) count(r ca.EnrolRequest) int { return len(s.Made()[sha256.Sum256(r.CSR)]) }

func TestESTAuthorityIssues(t *testing.T) {
	for _, tt := range []struct {
		name   string
		maxTLS uint16
		faults estserver.Faults
	}{
		{"plain", 0, estserver.Faults{}},
		{"TLS 1.2 alone", tls.VersionTLS12, estserver.Faults{}},
		{"base64 with CRLF", 0, estserver.Faults{CRLF: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStranger(t, tt.maxTLS)
			s.Set(tt.faults)
			a := s.authority(t, nil)
			r := s.records.request(s.client)
			out := a.Enrol(context.Background(), r)
			if out.Verdict != ca.Issued || out.Err != nil {
				t.Fatalf("got %v, %v; want issued", out.Verdict, out.Err)
			}
			if made := s.Made()[sha256.Sum256(r.CSR)]; len(made) != 1 || !made[0].Equal(out.Chain[0]) {
				t.Errorf("%d certificates were made, want the one that came", len(made))
			}
			if len(out.Chain) != 3 || !out.Chain[2].Equal(s.root.cert) {
				t.Errorf("got a chain of %d, want leaf, issuer, root", len(out.Chain))
			}
			want := []string{"GET /.well-known/est/" + strangeLabel + "/cacerts", "POST /.well-known/est/" + strangeLabel + "/simpleenroll"}
			if got := s.Requests(); !slices.Equal(got, want) {
				t.Errorf("got requests %q, want %q", got, want)
			}
			for _, r := range s.records.requests {
				if strings.HasPrefix(r, "POST /.well-known/") {
					t.Errorf("the record server got %s", r)
				}
			}
		})
	}
}

// TestESTAuthorityMisbehaves: what the stranger does, what is made of it, and
// what comes of the same bytes sent once more as a repetition.
func TestESTAuthorityMisbehaves(t *testing.T) {
	type answer struct {
		verdict ca.Verdict
		kind    ca.Kind
	}
	issued := answer{ca.Issued, ""}
	for _, tt := range []struct {
		name   string
		faults estserver.Faults
		first  answer
		again  answer
		made   int // after both
	}{
		{"off-profile", estserver.Faults{OffProfile: true}, answer{ca.Unusable, ca.BadAnswer}, answer{ca.Unusable, ca.BadAnswer}, 2},
		{"second certificate on resend", estserver.Faults{Cut: 1}, answer{ca.Unknown, ca.NoAnswer}, issued, 2},
		{"the same on resend", estserver.Faults{Cut: 1, Recalls: true}, answer{ca.Unknown, ca.NoAnswer}, issued, 1},
		{"202, then the answer", estserver.Faults{Pending: 1, CRLF: true}, answer{ca.Unknown, ca.Pending}, issued, 1},
		{"a resend is refused", estserver.Faults{Cut: 1, OnceOnly: true}, answer{ca.Unknown, ca.NoAnswer}, answer{ca.Unknown, ca.Unsupported}, 1},
		{"refused", estserver.Faults{Refuse: 400}, answer{ca.Refused, ca.Refuses}, answer{ca.Unknown, ca.Unsupported}, 0},
		{"the counter is refused", estserver.Faults{Refuse: 403}, answer{ca.Refused, ca.Counter}, answer{ca.Refused, ca.Counter}, 0},
		{"busy", estserver.Faults{Refuse: 503}, answer{ca.Unknown, ca.Busy}, answer{ca.Unknown, ca.Busy}, 0},
		{"no certs-only message", estserver.Faults{Garbled: true}, answer{ca.Unknown, ca.Unsupported}, answer{ca.Unknown, ca.Unsupported}, 2},
		{"another authority's label", estserver.Faults{OtherRoot: true}, answer{ca.Unsent, ca.BadAnswer}, answer{ca.Unsent, ca.BadAnswer}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStranger(t, 0)
			s.Set(tt.faults)
			a := s.authority(t, nil)
			r := s.records.request(s.client)
			for i, want := range []answer{tt.first, tt.again} {
				r.Resent = i > 0
				out := a.Enrol(context.Background(), r)
				if got := (answer{out.Verdict, ca.KindOf(out.Err)}); got != want {
					t.Errorf("request %d: got %v, %v (%v), want %v, %v", i+1, got.verdict, got.kind, out.Err, want.verdict, want.kind)
				}
				if want.kind == ca.Pending && out.RetryAfter.Seconds() != 7 {
					t.Errorf("request %d: wait of %v, want 7s", i+1, out.RetryAfter)
				}
			}
			if got := s.count(r); got != tt.made {
				t.Errorf("%d certificates were made, want %d", got, tt.made)
			}
		})
	}
}

func TestESTAuthorityUnsupported(t *testing.T) {
	s := newStranger(t, 0)
	a := s.authority(t, nil)
	if _, err := a.Lookup(context.Background(), ca.EnrolRequest{}); !errors.Is(err, ca.ErrUnsupported) {
		t.Errorf("look-up: got %v, want %v", err, ca.ErrUnsupported)
	}
	if err := a.ChangeStatus(context.Background(), ca.StatusRequest{}); !errors.Is(err, ca.ErrUnsupported) {
		t.Errorf("change of status: got %v, want %v", err, ca.ErrUnsupported)
	}
	if got := s.Requests(); len(got) != 0 {
		t.Errorf("sent %q, want nothing", got)
	}
}

// TestESTAuthorityIdentity: what is wrong with one of the two shows before the
// request is sent.
func TestESTAuthorityIdentity(t *testing.T) {
	s := newStranger(t, 0)
	foreign := s.records.workstationCertificate(s.records.otherRoot, nil)
	for _, tt := range []struct {
		name   string
		change func(*ca.ESTConfig)
		kind   ca.Kind
	}{
		{"server of another anchor", func(c *ca.ESTConfig) { c.ServerRoots = c.Roots }, ca.Untrusted},
		{"our certificate is not accepted", func(c *ca.ESTConfig) {
			c.Certificate = func() (*tls.Certificate, error) { return foreign, nil }
		}, ca.Counter},
		{"unknown label there", func(c *ca.ESTConfig) {
			c.Labels = map[string]ca.ESTLabel{ca.LabelCitizen: {Path: "elsewhere", Issuer: "Страни Грађани"}}
		}, ca.Refuses},
		{"label not served", func(c *ca.ESTConfig) { c.Labels = nil }, ca.Untrusted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := s.records.request(s.client)
			out := s.authority(t, tt.change).Enrol(context.Background(), r)
			if out.Verdict != ca.Unsent || ca.KindOf(out.Err) != tt.kind {
				t.Errorf("got %v, %v (%v); want unsent, %v", out.Verdict, ca.KindOf(out.Err), out.Err, tt.kind)
			}
			if s.count(r) != 0 {
				t.Error("a certificate was made")
			}
		})
	}
}

func TestESTAuthorityPreview(t *testing.T) {
	s := newStranger(t, 0)
	p, err := s.authority(t, nil).Preview(context.Background(), ca.LabelCitizen, holder(), nil)
	if err != nil || p.Issuer != "Страни Грађани" || len(profile.Errors(p.Findings)) > 0 {
		t.Errorf("got issuer %q, %v, %v; want the stranger's", p.Issuer, p.Findings, err)
	}
}

func TestNewESTAuthorityRefuses(t *testing.T) {
	s := newStranger(t, 0)
	cert := s.records.workstationCertificate(s.records.infra, nil)
	good := ca.ESTConfig{
		Records: s.client, URL: s.URL, ServerRoots: []*x509.Certificate{s.TLSRoot}, Roots: []*x509.Certificate{s.root.cert},
		Issuers: []*x509.Certificate{s.issuer.cert}, Certificate: func() (*tls.Certificate, error) { return cert, nil },
	}
	for _, tt := range []struct {
		name   string
		change func(*ca.ESTConfig)
	}{
		{"no record server", func(c *ca.ESTConfig) { c.Records = nil }},
		{"no certificate", func(c *ca.ESTConfig) { c.Certificate = nil }},
		{"plain HTTP", func(c *ca.ESTConfig) { c.URL = "http://ca.example" }},
		{"an address with a path", func(c *ca.ESTConfig) { c.URL = "https://ca.example/est" }},
		{"no anchor of the server", func(c *ca.ESTConfig) { c.ServerRoots = nil }},
		{"no root", func(c *ca.ESTConfig) { c.Roots = nil }},
		{"an issuer of another root", func(c *ca.ESTConfig) { c.Issuers = []*x509.Certificate{s.records.issuer.cert} }},
		{"a label with another issuer", func(c *ca.ESTConfig) { c.Labels = map[string]ca.ESTLabel{"x": {Issuer: "nobody"}} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			if _, err := ca.NewESTAuthority(cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
}
