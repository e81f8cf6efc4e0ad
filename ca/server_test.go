package ca_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"

	"salter/ca"
	"salter/ca/est"
	"salter/ca/profile"
)

// server is a small working authority over real TLS: it issues, remembers,
// looks up, keeps a journal. Its switches make it misbehave.
type server struct {
	t    testing.TB
	http *httptest.Server

	infra, root, issuer *authorityKey
	otherRoot           *authorityKey // of a hierarchy that nobody pins
	policyKey           *ecdsa.PrivateKey
	workstation         *ca.WorkstationKeys
	clerk               ca.ClerkKey
	profile             *profile.Profile
	profileFile         []byte

	mu       sync.Mutex
	issued   map[[32]byte][][]byte // chain by SHA-256 of the CSR
	posts    int
	requests []string // method and path of every request
	lastPost *http.Request
	claims   ca.AssertionClaims
	journal  [][]byte
	note     string
	statuses []ca.StatusChange
	blobs    map[string][]byte

	// Switches.
	policy  func(*ca.Policy)                                               // changes the policy before it is signed
	signer  *ecdsa.PrivateKey                                              // signs it in place of policyKey
	before  func(w http.ResponseWriter, r *http.Request) bool              // answers in place of the server
	after   func(w http.ResponseWriter, r *http.Request) bool              // answers a simpleenroll after it was processed
	forge   func(csr *x509.CertificateRequest) [][]byte                    // other certificates for simpleenroll
	lookup  func(w http.ResponseWriter, known bool) bool                   // answers a look-up
	replies func(w http.ResponseWriter, r *http.Request, v any) (any, int) // changes JSON answers
	clock   func() time.Time
}

// authorityKey is a CA certificate with its key.
type authorityKey struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// rsaIssuer and rsaCard take long to make; all tests share them.
var (
	rsaIssuer = sync.OnceValue(makeRSA)
	rsaCard   = sync.OnceValue(makeRSA)
)

func makeRSA() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

func newAuthority(t testing.TB, name string, key crypto.Signer, parent *authorityKey) *authorityKey {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: serial(),
		Subject: pkix.Name{Country: []string{"RS"}, Organization: []string{"Проба"}, CommonName: name,
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATRS-100000001"}}},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(15, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a := &authorityKey{key: key}
	if parent == nil {
		parent = &authorityKey{tmpl, key}
	}
	a.cert = sign(t, tmpl, parent, key.Public())
	return a
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	return n.SetBit(n, 121, 1)
}

func sign(t testing.TB, tmpl *x509.Certificate, by *authorityKey, pub crypto.PublicKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, by.cert, pub, by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// newServer starts a server on loopback.
func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, issued: map[[32]byte][][]byte{}, blobs: map[string][]byte{}, clock: time.Now, policyKey: ecKey(t)}
	s.infra = newAuthority(t, "Инфраструктура", ecKey(t), nil)
	s.root = newAuthority(t, "Проба Root", ecKey(t), nil)
	s.otherRoot = newAuthority(t, "Проба Root", ecKey(t), nil)
	s.issuer = newAuthority(t, "Проба Грађани", rsaIssuer(), s.root)
	var err error
	if s.profileFile, err = profile.Embedded(profile.PresetDefault, ca.LabelCitizen); err != nil {
		t.Fatal(err)
	}
	if s.profile, err = profile.Parse(s.profileFile); err != nil {
		t.Fatal(err)
	}
	if s.workstation, err = ca.NewWorkstationKeys("BG-017-03"); err != nil {
		t.Fatal(err)
	}
	clerk := ecKey(t)
	s.clerk = ca.ClerkKey{Key: clerk, Certificate: sign(t, &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Службеник"},
		NotBefore: time.Now(), NotAfter: time.Now().AddDate(1, 0, 0),
	}, s.infra, clerk.Public())}
	s.start(s.infra)
	return s
}

// start serves with a certificate of by.
func (s *server) start(by *authorityKey) {
	s.t.Helper()
	key := ecKey(s.t)
	cert := sign(s.t, &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, by, key.Public())
	clients := x509.NewCertPool()
	clients.AddCert(s.infra.cert)
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.EnableHTTP2 = true
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.http.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw, s.infra.cert.Raw}, PrivateKey: key}},
	}
	s.http.StartTLS()
	s.t.Cleanup(s.http.Close)
}

// workstationCertificate certifies the workstation's key.
func (s *server) workstationCertificate(by *authorityKey, change func(*x509.Certificate)) *tls.Certificate {
	s.t.Helper()
	uri, err := url.Parse("urn:mup:ws:BG-017:03")
	if err != nil {
		s.t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "workstation"}, URIs: []*url.URL{uri},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage:        []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 28}},
	}
	if change != nil {
		change(tmpl)
	}
	cert := sign(s.t, tmpl, by, s.workstation.TLS.Public())
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, by.cert.Raw}, PrivateKey: s.workstation.TLS}
}

func pin(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// bundle returns the trust bundle, signed, after change.
func (s *server) bundle(change func(*ca.Bundle)) string {
	s.t.Helper()
	key, err := x509.MarshalPKIXPublicKey(s.policyKey.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	b := ca.Bundle{
		Version: 1, Demo: true, Authority: "demo", Workstation: "BG-017-03", URI: "urn:mup:ws:BG-017:03", API: s.http.URL,
		Roots: [][]byte{s.root.cert.Raw}, Issuers: [][]byte{s.issuer.cert.Raw}, Infrastructure: [][]byte{s.infra.cert.Raw},
		ServerPins: []string{pin(s.infra.cert)}, PolicyKey: key, CheckpointKey: "demo+00000000+AAAA",
	}
	if change != nil {
		change(&b)
	}
	return jws(s.t, s.policyKey, b)
}

// jws is a compact JWS made without the code under test.
func jws(t testing.TB, key *ecdsa.PrivateKey, v any) string {
	t.Helper()
	payload, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: cryptosigner.Opaque(key)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// client makes a client of the server's workstation after change.
func (s *server) client(change func(*ca.Config)) *ca.Client {
	s.t.Helper()
	trust, err := ca.OpenBundle(s.bundle(nil))
	if err != nil {
		s.t.Fatal(err)
	}
	cert := s.workstationCertificate(s.infra, nil)
	cfg := ca.Config{
		Trust: trust, Version: "1.2.3", Timeout: 5 * time.Second,
		Certificate: func() (*tls.Certificate, error) { return cert, nil },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := ca.NewClient(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

func holder() ca.Holder {
	return ca.Holder{
		Subject: profile.Subject{GivenName: "ЈОВАНА", Surname: "ПРОБНИ", PersonalNumber: "0101900715006",
			CardNumber: "012345678", Email: "jovana@primer.rs"},
		CardValidUntil: profile.Date{Year: time.Now().Year() + 3, Month: time.May, Day: 4},
	}
}

// request makes a complete enrolment request of a card.
func (s *server) request(c *ca.Client) ca.EnrolRequest {
	s.t.Helper()
	h := holder()
	csr, err := c.Request(context.Background(), ca.LabelCitizen, h, rsaCard())
	if err != nil {
		s.t.Fatal(err)
	}
	return ca.EnrolRequest{
		Label: ca.LabelCitizen, CSR: csr, Holder: h, Case: "0193a5f0-0000-7000-8000-000000000001", Attempt: 1,
		Contract: "2026/1", Token: "0123456789ABCDEF", ChipFiles: sha256.Sum256([]byte("files")),
		Checkpoint: []byte("a signed note\n"), Clerk: s.clerk, NotBefore: time.Now(),
	}
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
	if s.before != nil && s.before(w, r) {
		return
	}
	switch path := r.URL.Path; {
	case path == ca.PathPolicy:
		s.servePolicy(w)
	case strings.HasPrefix(path, est.Prefix):
		s.serveEST(w, r)
	case strings.HasPrefix(path, ca.PathIssuances):
		s.serveLookup(w, strings.TrimPrefix(path, ca.PathIssuances))
	case strings.HasPrefix(path, ca.PathJournal):
		s.serveJournal(w, r)
	case strings.HasPrefix(path, ca.PathBlobs):
		body, _ := io.ReadAll(r.Body)
		s.blobs[strings.TrimPrefix(path, ca.PathBlobs)] = body
		w.WriteHeader(http.StatusCreated)
	case strings.HasPrefix(path, ca.PathStatusChange):
		var change ca.StatusChange
		_ = json.NewDecoder(r.Body).Decode(&change)
		s.statuses = append(s.statuses, change)
		status := map[string]string{ca.OpActivate: ca.StatusActive, ca.OpRevoke: ca.StatusRevoked}[change.Op]
		s.json(w, r, ca.StatusReply{Serial: change.Serial, Status: status})
	default:
		http.NotFound(w, r)
	}
}

func (s *server) json(w http.ResponseWriter, r *http.Request, v any) {
	status := http.StatusOK
	if s.replies != nil {
		v, status = s.replies(w, r, v)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *server) servePolicy(w http.ResponseWriter) {
	p := ca.Policy{
		Version: 3, Authority: "demo", Issued: s.clock().Unix(), ServerPins: []string{pin(s.infra.cert)}, Demo: true,
		Labels:   map[string]ca.LabelPolicy{ca.LabelCitizen: {Issuer: "Проба Грађани", Profile: "p", SHA256: s.profile.SHA256()}},
		Profiles: map[string][]byte{"p": s.profileFile},
	}
	if s.policy != nil {
		s.policy(&p)
	}
	key := s.policyKey
	if s.signer != nil {
		key = s.signer
	}
	_, _ = io.WriteString(w, jws(s.t, key, p))
}

func (s *server) serveEST(w http.ResponseWriter, r *http.Request) {
	_, op, err := est.SplitPath(r.URL.EscapedPath())
	if err != nil {
		http.NotFound(w, r)
		return
	}
	switch op {
	case est.OpCACerts:
		_ = est.WriteCerts(w, []*x509.Certificate{s.issuer.cert, s.root.cert})
	case est.OpCSRAttrs:
		der, _ := est.CSRAttrs{Key: est.KeyTemplate{RSABits: 2048}}.Encode()
		_ = est.WriteCSRAttrs(w, der)
	case est.OpSimpleEnroll:
		s.serveEnrol(w, r)
	}
}

func (s *server) serveEnrol(w http.ResponseWriter, r *http.Request) {
	s.posts++
	s.lastPost = r
	der, err := est.ReadRequest(r, ca.MaxCSR)
	if err != nil {
		problem(w, http.StatusBadRequest, ca.ProblemBadRequest)
		return
	}
	s.readAssertion(r.Header.Get(ca.HeaderAssertion))
	sum := sha256.Sum256(der)
	if s.issued[sum] == nil {
		csr, err := x509.ParseCertificateRequest(der)
		if err != nil {
			problem(w, http.StatusBadRequest, ca.ProblemCSRInvalid)
			return
		}
		if s.forge != nil {
			s.issued[sum] = s.forge(csr)
		} else {
			s.issued[sum] = [][]byte{s.issue(csr, nil).Raw, s.issuer.cert.Raw, s.root.cert.Raw}
		}
	}
	if s.after != nil && s.after(w, r) {
		return
	}
	writeChain(w, s.issued[sum])
}

func writeChain(w http.ResponseWriter, ders [][]byte) {
	chain, err := x509.ParseCertificates(bytes.Join(ders, nil))
	if err == nil {
		err = est.WriteCerts(w, chain)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// issue certifies what csr says, after change.
func (s *server) issue(csr *x509.CertificateRequest, change func(*profile.Issuance, *x509.Certificate)) *x509.Certificate {
	subject, err := profile.RequestSubject(csr)
	if err != nil {
		s.t.Error(err)
	}
	i := profile.Issuance{Subject: subject, CardValidUntil: holder().CardValidUntil, Key: csr.PublicKey,
		Serial: s.profile.NewSerial(), Issuer: s.issuer.cert, Now: s.clock()}
	if change != nil {
		change(&i, nil)
	}
	tmpl, err := s.profile.Template(i)
	if err != nil {
		s.t.Error(err)
	}
	if change != nil {
		change(nil, tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, s.issuer.cert, i.Key, s.issuer.key)
	if err != nil {
		s.t.Error(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Error(err)
	}
	return cert
}

func (s *server) readAssertion(token string) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		s.t.Errorf("assertion: %v", err)
		return
	}
	payload, err := signed.Verify(s.workstation.TLS.Public())
	if err != nil {
		s.t.Errorf("assertion: %v", err)
		return
	}
	if err := json.Unmarshal(payload, &s.claims); err != nil {
		s.t.Errorf("assertion: %v", err)
	}
}

func (s *server) serveLookup(w http.ResponseWriter, name string) {
	sum, err := hex.DecodeString(name)
	if err != nil || len(sum) != 32 {
		problem(w, http.StatusNotFound, ca.ProblemNotFound)
		return
	}
	chain := s.issued[[32]byte(sum)]
	if s.lookup != nil && s.lookup(w, chain != nil) {
		return
	}
	answer := ca.Issuance{State: ca.IssuanceUnknown}
	if chain != nil {
		answer = ca.Issuance{State: ca.IssuanceIssued, Chain: chain, Status: ca.StatusHold}
	}
	s.json(w, nil, answer)
}

func (s *server) serveJournal(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.json(w, r, ca.JournalHead{Size: int64(len(s.journal)), Checkpoint: s.note})
		return
	}
	var push ca.JournalPush
	if err := json.NewDecoder(r.Body).Decode(&push); err != nil {
		problem(w, http.StatusBadRequest, ca.ProblemBadRequest)
		return
	}
	s.journal = append(s.journal[:push.From-1], push.Events...)
	s.note = push.Checkpoint + "— countersigned\n"
	missing := sha256.Sum256([]byte("opening"))
	s.json(w, r, ca.JournalReply{Checkpoint: s.note, Missing: []string{hex.EncodeToString(missing[:])}})
}

func problem(w http.ResponseWriter, status int, name string) {
	p := ca.Problem{Type: ca.ProblemPrefix + name, Status: status, Detail: "because\nof the test"}
	if name == ca.ProblemGap {
		head := int64(41)
		p.Head = &head
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p)
}
