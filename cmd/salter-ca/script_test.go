package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	"software.sslmate.com/src/go-pkcs12"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db/pgtest"
	"salter/ca/authority/token/softtoken"
	"salter/ca/catest"
	"salter/store/evidence"
)

func TestMain(m *testing.M) {
	testscript.Main(pgtest.M{M: m}, map[string]func(){"salter-ca": main})
}

// TestScripts reads like the manual of the command.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"waitfile": waitFile,
			"request":  makeRequest,
			"enrol":    enrolByCode,
			"anchor":   makeAnchor,
			"policy":   fetchPolicy,
			"openp12":  openP12,
			"serial":   sameSerial,
			"public":   fetchPublic,
			"replace":  replace,
			"softplan": func(ts *testscript.TestScript, _ bool, args []string) { softPlan(t, ts, args) },
			"handover": func(ts *testscript.TestScript, _ bool, args []string) { handOver(t, ts, args) },
			"postgres": func(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], pgtest.Database(t)) },
			"issue":    func(ts *testscript.TestScript, _ bool, args []string) { issue(t, ts, args) },
		},
	})
}

// waitFile waits until a file exists: waitfile FILE.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(time.Minute)
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not appear", args[0])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// makeRequest makes a workstation's keys and its request: request NAME KEYS REQUEST.
func makeRequest(ts *testscript.TestScript, _ bool, args []string) {
	keys, err := ca.NewWorkstationKeys(args[0])
	ts.Check(err)
	file, err := keys.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), file, 0o600))
	request, err := keys.Request()
	ts.Check(err)
	text, err := json.Marshal(request)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), text, 0o600))
}

// enrolByCode is a new workstation with a code: enrol NAME CODE KEYS RESPONSE.
func enrolByCode(ts *testscript.TestScript, neg bool, args []string) {
	keys, err := ca.NewWorkstationKeys(args[0])
	ts.Check(err)
	request, err := keys.Request()
	ts.Check(err)
	code, err := ca.ParseEnrolmentCode(ts.ReadFile(args[1]))
	ts.Check(err)
	var at struct{ Bootstrap string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("ca/serve.json")), &at))
	response, err := ca.EnrolByCode(context.Background(), at.Bootstrap, code, request)
	if neg {
		if err == nil || !strings.Contains(err.Error(), "401") {
			ts.Fatalf("wrong code: got %v, want 401", err)
		}
		return
	}
	ts.Check(err)
	file, err := keys.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), file, 0o600))
	text, err := json.Marshal(response)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), text, 0o600))
}

// makeAnchor makes a card-data CA's certificate: anchor FILE.
func makeAnchor(ts *testscript.TestScript, _ bool, args []string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Card data"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// fetchPolicy is a workstation's first request: policy KEYS RESPONSE.
func fetchPolicy(ts *testscript.TestScript, neg bool, args []string) {
	file, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	keys, err := ca.ParseWorkstationKeys(file)
	ts.Check(err)
	text, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	var response ca.EnrolmentResponse
	ts.Check(json.Unmarshal(text, &response))
	cert, trust, err := keys.Accept(response, time.Now())
	ts.Check(err)
	client, err := ca.NewClient(ca.Config{Trust: trust, Certificate: func() (*tls.Certificate, error) { return cert, nil }})
	ts.Check(err)
	defer client.Close()
	report, err := client.Policy(context.Background())
	switch {
	case neg && err == nil:
		ts.Fatalf("the policy was answered")
	case neg:
		ts.Logf("refused: %v", err)
	default:
		ts.Check(err)
		ts.Logf("policy %d of %s, %d clerks made by the demo", report.Version, report.Authority, len(trust.DemoClerks))
	}
}

// issue has one certificate issued by the authority that serves DIR, and puts
// its serial number into the environment: issue DIR WORKSTATION VARIABLE.
func issue(t *testing.T, ts *testscript.TestScript, args []string) {
	server, cards := catest.Attach(t, ts.MkAbs(args[0])), catest.NewCardCA(t)
	server.AddAnchor(cards.Anchor)
	c := server.Enrol(args[1]).Open(server.AddClerk("2001"), cards, catest.Citizen())
	chain, problem, err := c.Enrol(nil)
	ts.Check(err)
	if problem != nil {
		ts.Fatalf("refused: %+v", problem)
	}
	ts.Setenv(args[2], chain[0].SerialNumber.Text(16))
}

// handOver enrols a workstation at the authority that serves DIR and writes the
// file with which it hands over three events, and one of another history:
// handover DIR WORKSTATION FILE FORK.
func handOver(t *testing.T, ts *testscript.TestScript, args []string) {
	w := catest.Attach(t, ts.MkAbs(args[0])).Enrol(args[1])
	other := *w // as empty as the first
	for n := range 3 {
		w.Append(fmt.Appendf(nil, `{"v":1,"kind":"app-started","case":"","at":1790000000123,"run":%d,"mono":0}`, n+1))
	}
	other.Append([]byte(`{"event":"another"}`))
	seal(ts, w, args[2])
	seal(ts, &other, args[3])
}

// seal writes the whole journal of a workstation for the authority.
func seal(ts *testscript.TestScript, w *catest.Workstation, path string) {
	recipient, err := age.ParseX25519Recipient(w.Trust.HandOver)
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(path))
	ts.Check(err)
	sealed, err := age.Encrypt(file, recipient)
	ts.Check(err)
	out := evidence.NewExportWriter(sealed, evidence.Origin(w.Name), 1)
	for _, event := range w.Journal {
		ts.Check(out.Event(event))
	}
	ts.Check(errors.Join(out.Checkpoint(w.Checkpoint()), out.Close(), sealed.Close(), file.Close()))
}

// fetchPublic fetches from the public port of the authority that serves DIR,
// as soon as it is there: public DIR PATH FILE; with a fourth word from the
// port for Prometheus.
func fetchPublic(ts *testscript.TestScript, _ bool, args []string) {
	var at addresses
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0]+"/serve.json")), &at))
	port := at.Public
	if len(args) > 3 {
		port = at.Metrics
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(port + args[1])
		ts.Check(err)
		body, err := io.ReadAll(answer.Body)
		ts.Check(errors.Join(err, answer.Body.Close()))
		if answer.StatusCode == http.StatusOK {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), body, 0o600))
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: status %d", args[1], answer.StatusCode)
		}
	}
}

// replace replaces a word in files: replace OLD NEW FILE...
func replace(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args[2:] {
		text := strings.ReplaceAll(ts.ReadFile(file), args[0], args[1])
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// softPlan makes a token in software and the plan of an authority with its keys
// on it: softplan FILE. With a second word the root's key is not in the plan,
// but in $ROOTKEY.
func softPlan(t *testing.T, ts *testscript.TestScript, args []string) {
	soft := softtoken.New(t)
	ts.Setenv("SOFTHSM2_CONF", soft.Conf)
	p := authority.Plan{ID: "mup.gov.rs/ca", Organization: "Ministarstvo", OrganizationID: "VATRS-100000001",
		Names: make(map[string]string), Keys: make(map[string]string)}
	for _, purpose := range []string{"root", "issuer-citizen-sign", "issuer-foreigner-sign", "infrastructure", "infrastructure-backup", "clerks"} {
		p.Names[purpose], p.Keys[purpose] = "CA "+purpose, soft.URI(purpose)
	}
	for _, purpose := range []string{"policy", "checkpoint", "ocsp-citizen-sign", "ocsp-foreigner-sign"} {
		p.Keys[purpose] = soft.URI(purpose)
	}
	if len(args) > 1 { // the root is on another machine, and has a token of its own
		ts.Setenv("ROOTKEY", p.Keys["root"])
		delete(p.Keys, "root")
	}
	text, err := json.Marshal(p)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// sameSerial checks the serial number of a certificate file: serial FILE SERIAL.
func sameSerial(ts *testscript.TestScript, _ bool, args []string) {
	block, rest := pem.Decode([]byte(ts.ReadFile(args[0])))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		ts.Fatalf("%s is not one certificate in PEM", args[0])
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	ts.Check(err)
	if got := cert.SerialNumber.Text(16); got != args[1] {
		ts.Fatalf("serial %s, want %s", got, args[1])
	}
}

// openP12 opens a clerk's key file: openp12 FILE PASSWORD COMMONNAME.
func openP12(ts *testscript.TestScript, neg bool, args []string) {
	file, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	_, cert, _, err := pkcs12.DecodeChain(file, args[1])
	if neg {
		if err == nil {
			ts.Fatalf("the file opens with %q", args[1])
		}
		return
	}
	ts.Check(err)
	if !strings.Contains(cert.Subject.CommonName, args[2]) {
		ts.Fatalf("certificate is for another clerk")
	}
}
