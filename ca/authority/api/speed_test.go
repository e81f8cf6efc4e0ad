package api_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	_ "crypto/sha512" // of P-384 signatures
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/keys"
	"salter/ca/authority/lint"
	"salter/ca/catest"
	"salter/ca/est"
)

// BenchmarkIssuance is what one authority can do: certificates a second over
// mTLS, each linted and durable, next to bare signatures of the same key on
// all cores in the same run; then how long one takes when half of that comes
// in, and what a certificate costs beside its signature, on one core. Client
// and server share the machine. One round is rounds × batch certificates.
func BenchmarkIssuance(b *testing.B) {
	for _, kind := range []string{"rsa4096", "p384"} {
		b.Run(kind, func(b *testing.B) {
			l := newLoad(b, kind)
			var signed, issued, paced pace
			for b.Loop() {
				for range rounds {
					b.StopTimer()
					l.prepare(b, batch)
					b.StartTimer()
					signed.add(l.sign(batch))
					issued.add(l.enrol(b, 0))
				}
				b.StopTimer()
				l.prepare(b, batch)
				b.StartTimer()
				paced.add(l.enrol(b, issued.each()*2))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(1/issued.each().Seconds(), "issued/s")
			b.ReportMetric(1/signed.each().Seconds(), "signed/s")
			b.ReportMetric(float64(signed.each())/float64(issued.each()), "×signed")
			b.ReportMetric(paced.quantile(0.50), "ms-p50-half")
			b.ReportMetric(paced.quantile(0.99), "ms-p99-half")
			l.rest(b)
		})
	}
}

// rounds and batch keep what is compared close together in time: other work on
// the machine falls on both.
const rounds, batch = 4, 64

// pace is how long how many took, and each of them.
type pace struct {
	n      int
	took   time.Duration
	single []time.Duration
}

func (p *pace) add(q pace) {
	p.n, p.took, p.single = p.n+q.n, p.took+q.took, append(p.single, q.single...)
}

// each is the time between two.
func (p pace) each() time.Duration { return p.took / time.Duration(p.n) }

// quantile in milliseconds.
func (p pace) quantile(q float64) float64 {
	slices.Sort(p.single)
	return p.single[min(len(p.single)-1, int(q*float64(len(p.single))))].Seconds() * 1e3
}

// load is an authority and counters with requests that are ready to be sent.
type load struct {
	*office
	key     crypto.Signer // the issuer's
	hash    crypto.Hash
	ws      []*catest.Workstation
	waiting []prepared
	last    []byte // DER
	cards   int
}

// prepared is a request as it goes over the wire.
type prepared struct {
	from            *catest.Workstation
	body, assertion string
}

func newLoad(b *testing.B, kind string) *load {
	b.Helper()
	o := &office{Server: start(b, catest.Config{IssuerKey: kind}), cards: catest.NewCardCA(b)}
	o.AddAnchor(o.cards.Anchor)
	o.clerk = o.AddClerk("1001")
	l := &load{office: o, hash: crypto.SHA256}
	if kind == "p384" {
		l.hash = crypto.SHA384
	}
	store, err := keys.Open(filepath.Join(o.Dir, "pki"))
	if err != nil {
		b.Fatal(err)
	}
	if l.key, err = store.Load("issuer-" + ca.LabelCitizen); err != nil {
		b.Fatal(err)
	}
	for i := range 8 {
		l.ws = append(l.ws, o.Enrol(fmt.Sprintf("BG-%03d-01", i+1)))
	}
	return l
}

// prepare makes n requests: what the counters and the cards have to do.
func (l *load) prepare(b *testing.B, n int) {
	b.Helper()
	var cases []*catest.Case
	for i := range n {
		l.cards++
		h := catest.Citizen()
		h.CardNumber = fmt.Sprintf("%09d", l.cards)
		cases = append(cases, l.ws[i%len(l.ws)].Open(l.clerk, l.office.cards, h))
	}
	for i, c := range cases { // now that the journals stand still
		l.waiting = append(l.waiting, prepared{l.ws[i%len(l.ws)], string(est.EncodeBase64(c.CSR)), c.Assertion()})
	}
}

// sign makes n bare signatures on all cores.
func (l *load) sign(n int) pace {
	digest := make([]byte, l.hash.Size())
	start := time.Now()
	var next atomic.Int64
	var signing sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		signing.Go(func() {
			for next.Add(1) <= int64(n) {
				_, _ = l.key.Sign(rand.Reader, digest, l.hash) // measured, not used
			}
		})
	}
	signing.Wait()
	return pace{n: n, took: time.Since(start)}
}

// enrol sends what is prepared: one every so often, or at 0 as fast as it goes
// with two under way at each counter.
func (l *load) enrol(b *testing.B, every time.Duration) pace {
	b.Helper()
	p := pace{n: len(l.waiting), single: make([]time.Duration, len(l.waiting))}
	under := make(chan struct{}, 2*len(l.ws))
	start := time.Now()
	var sending sync.WaitGroup
	for i, one := range l.waiting {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		under <- struct{}{}
		sending.Go(func() {
			defer func() { <-under }()
			begin := time.Now()
			der, err := l.send(one)
			if err != nil {
				b.Error(err)
				return
			}
			p.single[i] = time.Since(begin)
			if i == 0 {
				l.last = der
			}
		})
	}
	sending.Wait()
	p.took, l.waiting = time.Since(start), nil
	if b.Failed() {
		b.FailNow()
	}
	return p
}

// send enrols and returns the certificate.
func (l *load) send(one prepared) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, l.API+est.Path(ca.LabelCitizen, est.OpSimpleEnroll), bytes.NewReader([]byte(one.body)))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{"Content-Type": {est.TypePKCS10}, ca.HeaderAssertion: {one.assertion}}
	answer, err := one.from.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return nil, fmt.Errorf("status %d: %.300s", answer.StatusCode, text)
	}
	der, err := est.DecodeBase64(answer.Body, est.MaxCertsOnly)
	if err != nil {
		return nil, err
	}
	chain, err := est.ParseCertsOnly(der)
	if err != nil {
		return nil, err
	}
	return chain[0].Raw, nil
}

// rest tells what one certificate costs beside its signature, each part alone
// and on one core.
func (l *load) rest(b *testing.B) {
	b.Helper()
	throwAway, err := keys.Like(l.key.Public())
	if err != nil {
		b.Fatal(err)
	}
	linter, err := lint.New()
	if err != nil {
		b.Fatal(err)
	}
	p, err := l.Authority.Profile(ca.LabelCitizen)
	if err != nil {
		b.Fatal(err)
	}
	digest := make([]byte, l.hash.Size())
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"sign", func() error { _, err := l.key.Sign(rand.Reader, digest, l.hash); return err }},
		{"throw-away", func() error { _, err := throwAway.Sign(rand.Reader, digest, l.hash); return err }},
		{"lint", func() error { _, err := linter.Lint(l.last, p); return err }},
		{"mTLS-round-trip", func() error {
			answer, err := l.ws[0].HTTP.Get(l.API + ca.PathIssuances + fmt.Sprintf("%x", sha256.Sum256(nil)))
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			return err
		}},
	} {
		const n = 50
		start := time.Now()
		for range n {
			if err := part.run(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(time.Since(start).Seconds()*1e3/n, "ms-"+part.name)
	}
	b.ReportMetric(2e3/commitRate(b, b.TempDir()), "ms-two-commits")
}

// BenchmarkConnected is the memory of 480 workstations that are connected and
// say nothing, both ends of each connection in one process, of which the
// client's is about half.
func BenchmarkConnected(b *testing.B) {
	const workstations = 480
	s := start(b, catest.Config{})
	ws := s.Enrol("BG-001-01")
	connect := func() *http.Transport {
		transport := ws.Transport()
		answer, err := (&http.Client{Transport: transport}).Get(s.API + ca.PathPolicy)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusOK {
			b.Fatalf("policy: %d, %v", answer.StatusCode, err)
		}
		return transport
	}
	connect().CloseIdleConnections() // what is made once
	for b.Loop() {
		stop, start := peak(), time.Now()
		var open []*http.Transport
		for range workstations {
			open = append(open, connect())
		}
		b.ReportMetric(workstations/time.Since(start).Seconds(), "connections/s")
		runtime.GC()
		grown := stop()
		b.ReportMetric(float64(grown)/(1<<20), "MB-both-ends")
		b.ReportMetric(float64(grown)/workstations/1024, "KB-each")
		for _, transport := range open {
			transport.CloseIdleConnections()
		}
	}
}
