package catest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/authority"
	"salter/store/evidence"
)

// Workstation is an enrolled counter with a journal in memory. It belongs to
// one goroutine; HTTP may be used from any.
type Workstation struct {
	Name     string
	Request  ca.EnrolmentRequest
	Response ca.EnrolmentResponse
	TLSKey   *ecdsa.PrivateKey
	Signer   note.Signer // of its checkpoints
	Verifier string      // its public half
	Trust    *ca.Trust
	HTTP     *http.Client
	Journal  [][]byte // its events

	server *Server
	tree   evidence.Tree
	t      testing.TB
}

// Enrol makes the keys of a workstation, for instance BG-017-03, has it signed
// and gives it an HTTP client that proves who it is. Add anchors and clerks
// before: the bundle lists them.
func (s *Server) Enrol(name string) *Workstation {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	w := &Workstation{Name: name, TLSKey: key, server: s, t: s.t}
	w.Request = w.request()
	if w.Response, err = s.admin.SignWorkstation(context.Background(), w.Request); err != nil {
		s.t.Fatal(err)
	}
	if w.Trust, err = ca.OpenBundle(w.Response.Bundle); err != nil {
		s.t.Fatal(err)
	}
	w.HTTP = &http.Client{Transport: w.Transport()}
	s.t.Cleanup(w.HTTP.CloseIdleConnections)
	return w
}

func (w *Workstation) request() ca.EnrolmentRequest {
	w.t.Helper()
	csr, err := x509.CreateCertificateRequest(rand.Reader, new(x509.CertificateRequest), w.TLSKey)
	if err != nil {
		w.t.Fatal(err)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin(w.Name))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.Signer, err = note.NewSigner(skey); err != nil {
		w.t.Fatal(err)
	}
	w.Verifier = vkey
	sum := sha256.Sum256(csr)
	proof, err := note.Sign(&note.Note{Text: hex.EncodeToString(sum[:]) + "\n"}, w.Signer)
	if err != nil {
		w.t.Fatal(err)
	}
	return ca.EnrolmentRequest{Workstation: w.Name, CSR: csr, CheckpointKey: vkey, Proof: string(proof)}
}

// Certificate is the TLS certificate with its key.
func (w *Workstation) Certificate() tls.Certificate {
	return tls.Certificate{Certificate: w.Response.Chain, PrivateKey: w.TLSKey}
}

// Caller is the workstation as the authority sees it on a connection. Like
// Sign it may be called inside a fuzz target, where Helper may not.
func (w *Workstation) Caller() authority.Caller {
	cert, err := x509.ParseCertificate(w.Response.Chain[0])
	if err != nil {
		w.t.Fatal(err)
	}
	caller, err := authority.CallerOf(cert)
	if err != nil {
		w.t.Fatal(err)
	}
	return caller
}

// Sign returns the compact JWS over claims by the workstation's TLS key.
func (w *Workstation) Sign(claims any) string {
	return sign(w.t, w.TLSKey, "", claims)
}

// Transport returns a new transport that trusts the server's CA and presents
// the workstation's certificate.
func (w *Workstation) Transport() *http.Transport {
	w.t.Helper()
	infra, err := x509.ParseCertificate(w.Response.Chain[1])
	if err != nil {
		w.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(infra)
	return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots,
		Certificates: []tls.Certificate{w.Certificate()}}}
}

// Append adds an event to the journal.
func (w *Workstation) Append(event []byte) {
	w.Journal = append(w.Journal, event)
	w.tree.Append(evidence.Leaf(event))
}

// Commit appends an event of a case that commits to an opening of content and
// returns the opening and its name.
func (w *Workstation) Commit(caseID, part string, content []byte) (opening []byte, sum [32]byte) {
	w.t.Helper()
	opening, sum, err := evidence.Commit(rand.Reader, content)
	if err != nil {
		w.t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"v": 1, "kind": "card-read", "case": caseID, "at": 1, "run": 1,
		"mono": len(w.Journal), "commits": map[string]string{part: hex.EncodeToString(sum[:])}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Append(event)
	return opening, sum
}

// Rekey appends the event by which the key of the checkpoints changes, and goes
// on with the new key.
func (w *Workstation) Rekey() {
	w.t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, evidence.Origin(w.Name))
	if err != nil {
		w.t.Fatal(err)
	}
	next, err := note.NewSigner(skey)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Append(w.KeyChange(w.tree.Size()+1, vkey, w.Signer, next))
	w.Signer, w.Verifier = next, vkey
}

// KeyChange is the event that changes the key to the one of the verifier,
// wherever it is to stand and whoever signs.
func (w *Workstation) KeyChange(seq int64, verifier string, old, next note.Signer) []byte {
	w.t.Helper()
	change := evidence.KeyChange{Origin: evidence.Origin(w.Name), Seq: seq, Old: w.Verifier, New: verifier}
	body, err := change.Sign(old, next)
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"v":1,"kind":"checkpoint-key","case":"","at":1,"run":1,"mono":1,"body":%s}`, body)
}

// Checkpoint signs the present head. It may be called inside a fuzz target.
func (w *Workstation) Checkpoint() []byte {
	return w.CheckpointOf(w.tree.Size(), w.tree.Root())
}

// CheckpointOf signs any head, also one that is not true.
func (w *Workstation) CheckpointOf(size int64, root tlog.Hash) []byte {
	signed, err := evidence.Checkpoint{Origin: evidence.Origin(w.Name), Size: size, Root: root}.Sign(w.Signer)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

// Push sends the events from sequence number from on.
func (w *Workstation) Push(from int64) (ca.JournalReply, *ca.Problem) {
	w.t.Helper()
	var reply ca.JournalReply
	problem := w.JSON(http.MethodPost, ca.PathJournal+w.Name,
		ca.JournalPush{From: from, Events: w.Journal[from-1:], Checkpoint: string(w.Checkpoint())}, &reply)
	return reply, problem
}

// PutBlob uploads an opening.
func (w *Workstation) PutBlob(sum [32]byte, opening []byte) *ca.Problem {
	w.t.Helper()
	return w.JSON(http.MethodPut, ca.PathBlobs+hex.EncodeToString(sum[:]), opening, nil)
}

// JSON sends body (bytes as they are, anything else as JSON) and decodes the
// answer into reply if it is a success; else it returns the problem. A failure
// of the transport fails the test.
func (w *Workstation) JSON(method, path string, body, reply any) *ca.Problem {
	w.t.Helper()
	content, isBytes := body.([]byte)
	if body != nil && !isBytes {
		var err error
		if content, err = json.Marshal(body); err != nil {
			w.t.Fatal(err)
		}
	}
	request, err := http.NewRequest(method, w.server.API+path, bytes.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, ca.PathBlobs) {
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	answer, err := w.HTTP.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.read(answer, reply)
}

func (w *Workstation) read(answer *http.Response, reply any) *ca.Problem {
	w.t.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		p := new(ca.Problem)
		if err := json.Unmarshal(text, p); err != nil {
			w.t.Fatalf("status %d without a problem: %q", answer.StatusCode, text)
		}
		if p.Status != answer.StatusCode {
			w.t.Errorf("problem says status %d, answer has %d", p.Status, answer.StatusCode)
		}
		return p
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(text, reply); err != nil {
		w.t.Fatalf("decode answer: %v", err)
	}
	return nil
}
