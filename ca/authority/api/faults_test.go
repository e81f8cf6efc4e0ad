package api_test

import (
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/api"
	"salter/ca/catest"
)

// TestLostAnswer is the row "failed and happened" of issuance, and its twins:
// whatever the network does to the request, one certificate exists at the end.
func TestLostAnswer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault catest.Fault
		after ca.IssuanceState // what the look-up says before anything is sent again
	}{
		{"request lost", catest.RequestLost, ca.IssuanceUnknown},
		{"answer lost", catest.ResponseLost, ca.IssuanceIssued},
		{"answer cut", catest.Truncated, ca.IssuanceIssued},
		{"503 on the way", catest.Unavailable, ca.IssuanceUnknown},
		{"request doubled", catest.Duplicated, ca.IssuanceIssued},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, catest.Config{})
			c := o.open()
			faults := catest.NewFaults(o.ws.Transport(), 1)
			faults.Script = []catest.Fault{tt.fault}
			client := &http.Client{Transport: faults}
			first, _, err := c.Enrol(client)
			if failed := err != nil || first == nil; failed == (tt.fault == catest.Duplicated) {
				t.Fatalf("first: chain %v, error %v", first != nil, err)
			}
			seen := c.Lookup()
			if seen.State != tt.after {
				t.Fatalf("look-up: state %s, want %s", seen.State, tt.after)
			}
			chain := issue(t, c)
			if seen.Serial != "" && seen.Serial != chain[0].SerialNumber.Text(16) {
				t.Error("the resent request got another certificate")
			}
			if n := o.Issued(); n != 1 {
				t.Errorf("%d certificates exist, want 1", n)
			}
		})
	}
}

// TestIssueUnderFaults: a client that only looks up and resends, a network
// that fails half of the time, an authority that restarts now and then. At the
// end each case has one certificate, the one it was told of.
func TestIssueUnderFaults(t *testing.T) {
	const cases = 8
	o := newOffice(t, catest.Config{})
	faults := catest.NewFaults(o.ws.Transport(), 7)
	faults.Rate = 0.5
	client := &http.Client{Transport: faults}
	serials := make(map[string]bool)
	for n := range cases {
		c := o.open()
		told := ""
		for told == "" {
			if seen := c.Lookup(); seen.State == ca.IssuanceIssued {
				told = seen.Serial
				break
			}
			chain, p, err := c.Enrol(client)
			switch {
			case p != nil:
				t.Fatalf("case %d: refused: %+v", n, p)
			case err == nil:
				told = chain[0].SerialNumber.Text(16)
			case n%4 == 0:
				o.Stop()
				o.Start()
			}
		}
		serials[told] = true
	}
	if len(serials) != cases || o.Issued() != cases {
		t.Errorf("%d cases were told of %d certificates, %d exist", cases, len(serials), o.Issued())
	}
	if faults.Seen() <= cases {
		t.Error("no fault happened")
	}
}

// TestRevokedWorkstation: the connection is alive, the handshake long past.
func TestRevokedWorkstation(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	if err := o.Authority.RevokeWorkstation(t.Context(), o.ws.Name); err != nil {
		t.Fatal(err)
	}
	_, p, err := c.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemWorkstationGone)
	for _, r := range [][2]string{{"GET", ca.PathPolicy}, {"GET", ca.PathJournal + o.ws.Name}, {"GET", ca.PathIssuances + c.SumCSR()}} {
		wantProblem(t, o.ws.JSON(r[0], r[1], nil, nil), ca.ProblemWorkstationGone)
	}
	_, p = o.ws.Push(1)
	wantProblem(t, p, ca.ProblemWorkstationGone)
	wantProblem(t, o.ws.PutBlob(sha256.Sum256([]byte("x")), []byte("x")), ca.ProblemWorkstationGone)
	if _, err := o.Authority.SignWorkstation(t.Context(), o.ws.Request); err == nil {
		t.Error("a revoked workstation was signed again")
	}
}

func TestRevokedClerkBetweenTwoRequests(t *testing.T) {
	o := newOffice(t, catest.Config{})
	issue(t, o.open())
	if err := o.Authority.RevokeClerk(t.Context(), o.clerk.Number); err != nil {
		t.Fatal(err)
	}
	_, p, err := o.open().Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemClerk)
}

func TestExpiredWorkstationOnALiveConnection(t *testing.T) {
	offset := make(chan time.Duration, 1)
	offset <- 0
	now := func() time.Time {
		d := <-offset
		offset <- d
		return time.Now().Add(d)
	}
	o := newOffice(t, catest.Config{Now: now})
	if p := o.ws.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, nil); p != nil {
		t.Fatal(p)
	}
	<-offset
	offset <- 91 * 24 * time.Hour
	wantProblem(t, o.ws.JSON(http.MethodGet, ca.PathJournal+o.ws.Name, nil, nil), ca.ProblemWorkstation)
}

func TestBusy(t *testing.T) {
	entered, release := make(chan bool), make(chan bool)
	o := newOffice(t, catest.Config{Limits: api.Limits{PerWorkstation: 1}})
	slow := &slowBody{entered: entered, release: release}
	done := make(chan error)
	go func() {
		r, err := http.NewRequest(http.MethodPut, o.API+ca.PathBlobs+strings.Repeat("0", 64), slow)
		if err == nil {
			var answer *http.Response
			if answer, err = o.ws.HTTP.Do(r); err == nil {
				err = answer.Body.Close()
			}
		}
		done <- err
	}()
	<-entered
	// The slow request may still be on its way to the handler, and later its
	// handler may return after the client has its answer.
	header := pollPolicy(t, o, http.StatusServiceUnavailable)
	if header.Get("Retry-After") == "" {
		t.Error("busy without Retry-After")
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	pollPolicy(t, o, http.StatusOK)
}

// pollPolicy fetches the policy until it is answered with status.
func pollPolicy(t *testing.T, o *office, status int) http.Header {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		answer, err := o.ws.HTTP.Get(o.API + ca.PathPolicy)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode == status {
			return answer.Header
		}
		if time.Now().After(deadline) {
			t.Fatalf("the policy is never answered with %d", status)
		}
	}
}

// slowBody is a request body that does not come.
type slowBody struct {
	entered, release chan bool
	once             bool
}

func (b *slowBody) Read(p []byte) (int, error) {
	if !b.once {
		b.once = true
		b.entered <- true
		<-b.release
		return copy(p, "x"), nil
	}
	return 0, io.EOF
}
