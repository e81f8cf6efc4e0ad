// Package estserver is a minimal certification authority that speaks EST (RFC
// 7030) and nothing else: the stranger against whom the client for any such
// authority is tested. It shares no code with the client or with the reference
// authority, asks for no assertion, remembers nothing it is not told to, and
// its switches make it misbehave as products do.
//
// Tests only.
package estserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// Config is what a server needs to know of its world.
type Config struct {
	// Label is the only path it serves, for instance demo/ca/citizen.
	Label string
	// Root and Issuer are the hierarchy; Key is the issuer's.
	Root, Issuer *x509.Certificate
	Key          crypto.Signer
	// Clients are the anchors of the registration authorities' certificates.
	Clients *x509.CertPool
	// Template says what a certificate for a request is made of.
	Template func(*x509.CertificateRequest) (*x509.Certificate, error)
	// MaxTLS is the newest version of TLS; 0: the newest there is.
	MaxTLS uint16
}

// Faults are the switches. The zero value behaves.
type Faults struct {
	OffProfile bool // 90 days, digitalSignature and serverAuth, whatever was asked for
	Recalls    bool // the same request gets the same certificate; else a new one each time
	CRLF       bool // bodies in lines of 64 characters with CRLF
	Pending    int  // so many requests are answered with 202 first
	Cut        int  // so many connections break after the certificate was made
	OnceOnly   bool // a request seen before is refused with 400
	Refuse     int  // status to refuse with; 0: none
	Garbled    bool // the answer is 200 and no certs-only message
	OtherRoot  bool // cacerts shows another authority's certificate
}

// Server is a running authority.
type Server struct {
	URL string
	// TLSRoot is the anchor of its own certificate.
	TLSRoot *x509.Certificate

	t    testing.TB
	cfg  Config
	mu   sync.Mutex
	f    Faults                                    // mu
	made map[[sha256.Size]byte][]*x509.Certificate // mu; by the request
	log  []string                                  // mu; method, path and headers of every request
}

// Start serves on loopback until the test ends.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s := &Server{t: t, cfg: cfg, made: map[[sha256.Size]byte][]*x509.Certificate{}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "EST server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err == nil {
		s.TLSRoot, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.TLS = &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: cfg.Clients, MaxVersion: cfg.MaxTLS,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
	h.StartTLS()
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Set changes the switches.
func (s *Server) Set(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.f = f
}

// Made lists every certificate that was made, by the hash of its request.
func (s *Server) Made() map[[sha256.Size]byte][]*x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[[sha256.Size]byte][]*x509.Certificate)
	for sum, list := range s.made {
		all[sum] = append([]*x509.Certificate(nil), list...)
	}
	return all
}

// Requests lists method and path of everything that arrived.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, r.Method+" "+r.URL.Path)
	operation, ok := strings.CutPrefix(r.URL.Path, "/.well-known/est/"+s.cfg.Label+"/")
	switch {
	case ok && r.Method == http.MethodGet && operation == "cacerts":
		if s.f.OtherRoot {
			s.answer(w, s.TLSRoot)
			return
		}
		s.answer(w, s.cfg.Root, s.cfg.Issuer)
	case ok && r.Method == http.MethodPost && operation == "simpleenroll":
		s.enrol(w, r)
	default:
		http.NotFound(w, r)
	}
}

// enrol makes a certificate, unless a switch says otherwise.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/pkcs10" {
		http.Error(w, "content type", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return
	}
	der, err := base64.StdEncoding.DecodeString(string(body))
	if err != nil {
		http.Error(w, "base64", http.StatusBadRequest)
		return
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || csr.CheckSignature() != nil {
		http.Error(w, "request", http.StatusBadRequest)
		return
	}
	sum := sha256.Sum256(der)
	switch before := s.made[sum]; {
	case s.f.Refuse != 0:
		http.Error(w, "no", s.f.Refuse)
	case s.f.Pending > 0:
		s.f.Pending--
		w.Header().Set("Retry-After", strconv.Itoa(7))
		w.WriteHeader(http.StatusAccepted)
	case len(before) > 0 && s.f.OnceOnly:
		http.Error(w, "this key has a certificate", http.StatusBadRequest)
	case len(before) > 0 && s.f.Recalls:
		s.deliver(w, before[0])
	default:
		cert, err := s.make(csr)
		if err != nil {
			http.Error(w, "template", http.StatusInternalServerError)
			s.t.Errorf("EST server: %v", err)
			return
		}
		s.made[sum] = append(before, cert)
		s.deliver(w, cert)
	}
}

func (s *Server) make(csr *x509.CertificateRequest) (*x509.Certificate, error) {
	template, err := s.cfg.Template(csr)
	if err != nil {
		return nil, err
	}
	if s.f.OffProfile {
		template = &x509.Certificate{
			SerialNumber: template.SerialNumber, Subject: pkix.Name{CommonName: csr.Subject.CommonName},
			NotBefore: time.Now(), NotAfter: time.Now().AddDate(0, 0, 90),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, s.cfg.Issuer, csr.PublicKey, s.cfg.Key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// deliver answers with a certificate that was made, if it gets that far.
func (s *Server) deliver(w http.ResponseWriter, cert *x509.Certificate) {
	switch {
	case s.f.Cut > 0:
		s.f.Cut--
		panic(http.ErrAbortHandler)
	case s.f.Garbled:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>Your certificate is ready.</p>")
	default:
		s.answer(w, cert)
	}
}

// answer writes a degenerate PKCS#7 (RFC 7030 4.1.3).
func (s *Server) answer(w http.ResponseWriter, certs ...*x509.Certificate) {
	var raw []byte
	for _, c := range certs {
		raw = append(raw, c.Raw...)
	}
	der, err := pkcs7.DegenerateCertificate(raw)
	if err != nil {
		s.t.Errorf("EST server: %v", err)
		return
	}
	text := base64.StdEncoding.EncodeToString(der)
	if s.f.CRLF {
		var lines []string
		for len(text) > 64 {
			lines, text = append(lines, text[:64]), text[64:]
		}
		text = strings.Join(append(lines, text), "\r\n") + "\r\n"
	}
	w.Header().Set("Content-Type", "application/pkcs7-mime")
	w.Header().Set("Content-Transfer-Encoding", "base64")
	_, _ = io.WriteString(w, text)
}
