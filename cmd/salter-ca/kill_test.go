package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/ca/catest"
	"salter/store/evidence"
)

// TestKill kills the serving process at random moments while counters have
// certificates issued, and starts it again. Whatever was answered must be
// answered the same way for ever: one certificate per request, no serial
// number twice, no journal shorter than before.
func TestKill(t *testing.T) {
	duration := 6 * time.Second
	if os.Getenv("SALTER_TORTURE") != "" {
		duration *= 20
	}
	v := newVictim(t)
	v.start()
	v.waitServing()
	server, cards := catest.Attach(t, v.dir), catest.NewCardCA(t)
	server.AddAnchor(cards.Anchor)
	clerk := server.AddClerk("1001")
	count := new(counts)
	var counters []*killedCounter
	for i := range 4 {
		counters = append(counters, newKilledCounter(t, server, fmt.Sprintf("BG-017-%02d", i+1), clerk, cards, count, direct))
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working sync.WaitGroup
	for _, c := range counters {
		working.Go(func() {
			for ctx.Err() == nil && c.serve() {
			}
		})
	}
	// On a machine that has little time for us, it takes longer.
	for start := time.Now(); !t.Failed(); {
		spent := time.Since(start)
		if spent > duration && (enough(v, count) || spent > duration+time.Minute) {
			break
		}
		if rand.N(4) == 0 {
			v.killWithin(v.startTime) // while it starts, or just after
		} else {
			v.waitServing()
			v.killWithin(150*time.Millisecond + 2*v.startTime)
		}
		v.start()
	}
	stop()
	working.Wait()
	for _, c := range counters {
		for _, done := range c.done {
			c.check(done)
		}
		c.checkHead()
	}
	checkRegister(t, server, counters, v.kills)
	v.end()
	t.Logf("%d kills (%d before it served), %d certificates answered; of %d sent requests %d were not answered; "+
		"%d certificates were found by the look-up alone", v.kills, v.early, count.issued.Load(), count.sent.Load(), count.lost.Load(),
		count.found.Load())
	if !enough(v, count) {
		t.Error("too little happened for a result")
	}
}

func enough(v *victim, count *counts) bool {
	return v.kills >= 5 && count.issued.Load() >= 10 && count.lost.Load() > 0
}

// checkRegister compares what the authority lists with what was answered after
// so many kills, and writes a row of the table that make torture prints
// (cmd/demo/torture.awk).
func checkRegister(t *testing.T, server *catest.Server, counters []*killedCounter, kills int) {
	t.Helper()
	duplicated := 0
	want := make(map[string]bool)
	for _, c := range counters {
		for _, done := range c.done {
			serial := done.answer.Serial
			if want[serial] {
				t.Errorf("serial number %s was given twice", serial)
				duplicated++
			}
			want[serial] = true
		}
	}
	for _, entry := range server.Certificates() {
		if !want[entry.Serial] {
			t.Errorf("certificate %s of attempt %s/%d was issued beside the ones answered", entry.Serial, entry.Case, entry.Attempt)
			duplicated++
		}
		if entry.Status != db.StatusActive {
			t.Errorf("certificate %s is %s, its activation was confirmed", entry.Serial, entry.Status)
		}
		delete(want, entry.Serial)
	}
	if len(want) > 0 {
		t.Errorf("%d answered certificates are not in the register", len(want))
	}
	t.Logf("torture: kills %d, lost %d, duplicated %d", kills, len(want), duplicated)
}

// counts is what happened.
type counts struct {
	sent, lost, found, issued atomic.Int64
}

// killedCounter is a workstation that works while the authority is killed.
// It belongs to one goroutine.
type killedCounter struct {
	*catest.Workstation
	t     *testing.T
	open  func() *catest.Case
	once  *http.Client // sends a request once
	done  []finished
	count *counts
}

// finished is a case with its certificate activated.
type finished struct {
	*catest.Case
	answer ca.Issuance
}

func newKilledCounter(t *testing.T, server *catest.Server, name string, clerk *catest.Clerk, cards *catest.CardCA, count *counts,
	over func(http.RoundTripper) http.RoundTripper) *killedCounter {
	t.Helper()
	w := server.Enrol(name)
	transport := w.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	network := over(transport)
	w.HTTP = &http.Client{Transport: patient{network}}
	return &killedCounter{Workstation: w, t: t, once: &http.Client{Transport: network}, count: count,
		open: func() *catest.Case {
			h := catest.Citizen() // each time with a card of its own: what stands on one needs a supervisor
			h.CardNumber = fmt.Sprintf("%09d", rand.N(1_000_000_000))
			return w.Open(clerk, cards, h)
		}}
}

// direct is the network as it is.
func direct(network http.RoundTripper) http.RoundTripper { return network }

// serve runs one case to its end, and reports whether all was as it should be.
// Every third request is sent twice at the same moment.
func (k *killedCounter) serve() bool {
	c := k.open()
	var sending sync.WaitGroup
	answers := make([][]byte, 1+max(0, rand.N(3)-1))
	for i := range answers {
		sending.Go(func() { answers[i] = k.send(c, k.once) })
	}
	sending.Wait()
	look := c.Lookup()
	processed := look.State != ca.IssuanceUnknown
	for look.State == ca.IssuanceUnknown && !k.t.Failed() {
		k.send(c, k.once)
		look = c.Lookup()
	}
	if look.State != ca.IssuanceIssued {
		k.t.Errorf("look-up after the request: %s", look.State)
		return false
	}
	for _, der := range answers {
		if der != nil && !bytes.Equal(der, look.Chain[0]) {
			k.t.Error("the answer and the look-up hold two certificates")
		}
	}
	if processed && !slices.ContainsFunc(answers, func(der []byte) bool { return der != nil }) {
		k.count.found.Add(1)
	}
	k.count.issued.Add(1)
	k.activate(c, look)
	k.done = append(k.done, finished{c, look})
	k.check(k.done[rand.N(len(k.done))])
	k.checkHead()
	return !k.t.Failed()
}

// send sends the request; nil is no answer.
func (k *killedCounter) send(c *catest.Case, by *http.Client) []byte {
	k.count.sent.Add(1)
	chain, problem, err := c.Enrol(by)
	if problem != nil {
		k.t.Errorf("enrol: %+v", problem)
		return nil
	}
	if err != nil {
		k.count.lost.Add(1)
		return nil
	}
	return chain[0].Raw
}

func (k *killedCounter) activate(c *catest.Case, issued ca.Issuance) {
	id := catest.NewUUID()
	cert, err := x509.ParseCertificate(issued.Chain[0])
	if err != nil {
		k.t.Errorf("parse certificate: %v", err)
		return
	}
	if p := k.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, ca.OpActivate, cert, 0), nil); p != nil {
		k.t.Errorf("activate: %+v", p)
	}
}

// check looks a finished case up and sends its request again.
func (k *killedCounter) check(done finished) {
	look := done.Lookup()
	if look.State != ca.IssuanceIssued || look.Status != db.StatusActive || !bytes.Equal(look.Chain[0], done.answer.Chain[0]) {
		k.t.Errorf("look-up of an answered certificate: %s, %s, or another one", look.State, look.Status)
	}
	if der := k.send(done.Case, k.HTTP); !bytes.Equal(der, done.answer.Chain[0]) {
		k.t.Error("the same request got another certificate")
	}
}

// checkHead: the authority holds everything that it took over, and says so
// under its own signature.
func (k *killedCounter) checkHead() {
	var head ca.JournalHead
	if p := k.JSON(http.MethodGet, ca.PathJournal+k.Name, nil, &head); p != nil {
		k.t.Errorf("head: %+v", p)
		return
	}
	signed, err := openNote(head.Checkpoint, k.Name, k.Request.CheckpointKey, k.Trust.CheckpointKey)
	own, ownErr := openNote(string(k.Checkpoint()), k.Name, k.Request.CheckpointKey)
	if err := errors.Join(err, ownErr); err != nil {
		k.t.Errorf("head: %v", err)
	}
	if signed != own || head.Size != own.Size {
		k.t.Errorf("head is at %d, the journal at %d, or another tree", head.Size, own.Size)
	}
}

func openNote(signed, workstation string, keys ...string) (evidence.Checkpoint, error) {
	var by []note.Verifier
	for _, key := range keys {
		verifier, err := evidence.NewVerifier(key)
		if err != nil {
			return evidence.Checkpoint{}, err
		}
		by = append(by, verifier)
	}
	return evidence.OpenCheckpoint([]byte(signed), evidence.Origin(workstation), by...)
}

// patient is a transport that sends until there is a whole answer.
type patient struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		answer, err := p.next.RoundTrip(again)
		if err == nil {
			var text []byte
			text, err = io.ReadAll(answer.Body)
			answer.Body.Close()
			answer.Body = io.NopCloser(bytes.NewReader(text))
		}
		if err == nil || time.Now().After(end) {
			return answer, err
		}
	}
}

// victim is the serving process, started again and again.
type victim struct {
	dir       string
	startTime time.Duration // from exec to serving
	kills     int
	early     int // of kills: before it served

	t           *testing.T
	api, public string // addresses, the same for all starts
	process     *exec.Cmd
	log         *bytes.Buffer
	gone        chan error
	started     time.Time
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{dir: filepath.Join(t.TempDir(), "ca"), t: t, api: freeAddress(t), public: freeAddress(t)}
	t.Cleanup(func() {
		if v.process != nil {
			_ = v.process.Process.Kill()
		}
	})
	return v
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts the process: this test binary under the command's name.
func (v *victim) start() {
	v.t.Helper()
	v.log, v.gone, v.started = new(bytes.Buffer), make(chan error, 1), time.Now()
	v.process = exec.Command("salter-ca", "serve", "-dir", v.dir, "-mode", "demo", "-issuer-key", "rsa2048",
		"-listen", v.api, "-public", v.public)
	v.process.Stderr = v.log
	if err := os.Remove(v.announcement()); err != nil && !errors.Is(err, os.ErrNotExist) {
		v.t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
	go func(process *exec.Cmd, gone chan<- error) { gone <- process.Wait() }(v.process, v.gone)
}

func (v *victim) announcement() string { return filepath.Join(v.dir, "serve.json") }

func (v *victim) serving() bool {
	_, err := os.Stat(v.announcement())
	return err == nil
}

func (v *victim) waitServing() {
	v.t.Helper()
	for end := time.Now().Add(time.Minute); !v.serving(); time.Sleep(2 * time.Millisecond) {
		select {
		case err := <-v.gone:
			v.t.Fatalf("the authority ended by itself: %v\n%s", err, v.log)
		default:
		}
		if time.Now().After(end) {
			v.t.Fatal("the authority does not serve")
		}
	}
	v.startTime = time.Since(v.started)
}

// killWithin kills the process after a random part of d.
func (v *victim) killWithin(d time.Duration) {
	v.t.Helper()
	select {
	case err := <-v.gone:
		v.t.Fatalf("the authority ended by itself: %v\n%s", err, v.log)
	case <-time.After(rand.N(d)):
	}
	if !v.serving() {
		v.early++
	}
	if err := v.process.Process.Kill(); err != nil {
		v.t.Fatal(err)
	}
	<-v.gone
	v.kills++
}

// end ends the process by an interrupt, which must succeed.
func (v *victim) end() {
	v.t.Helper()
	if err := v.process.Process.Signal(syscall.SIGINT); err != nil {
		v.t.Fatal(err)
	}
	if err := <-v.gone; err != nil {
		v.t.Errorf("interrupted authority: %v", err)
	}
	if strings.Contains(v.log.String(), `"level":"ERROR"`) {
		v.t.Errorf("errors in the log:\n%s", v.log)
	}
}
