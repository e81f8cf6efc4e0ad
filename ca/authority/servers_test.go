package authority_test

import (
	"crypto/x509"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/ocsp"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/db/pgtest"
	"salter/ca/catest"
)

// TestServersKnowTheSame: what one server did, the other says, though each has
// lists and answers in memory.
func TestServersKnowTheSame(t *testing.T) {
	o := &counter{Server: catest.Start(t, catest.Config{Database: pgtest.Database(t)}), cards: catest.NewCardCA(t)}
	o.AddAnchor(o.cards.Anchor)
	o.clerk, o.ws = o.AddClerk("1001"), o.Enrol("BG-017-03")
	other := o.Another()
	now := time.Now()
	other.Authority.SetClock(func() time.Time { return now })
	c := o.open()
	chain, problem, err := c.Enrol(nil)
	if problem != nil || err != nil {
		t.Fatal(problem, err)
	}
	issuer, err := other.Authority.Chain(c.Label)
	if err != nil {
		t.Fatal(err)
	}
	request, err := ocsp.CreateRequest(chain[0], issuer[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		op     string
		reason int
		want   int
	}{{ca.OpActivate, 0, ocsp.Good}, {ca.OpRevoke, ca.ReasonSuperseded, ocsp.Revoked}} {
		id := catest.NewUUID()
		if p := o.ws.JSON(http.MethodPut, ca.PathStatusChange+id, c.Change(id, tt.op, chain[0], tt.reason), nil); p != nil {
			t.Fatal(p)
		}
		now = now.Add(time.Second) // as late as an answer may be
		der, _, err := other.Authority.OCSP(t.Context(), c.Label, request)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ocsp.ParseResponse(der, issuer[0]); err != nil || got.Status != tt.want {
			t.Errorf("after %s the other server answers %+v, %v, want status %d", tt.op, got, err, tt.want)
		}
	}
	publishTogether(t, c.Label, o.Authority, other.Authority)
	list, err := other.Authority.CRL(t.Context(), c.Label)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseRevocationList(list.DER)
	if err != nil || len(parsed.RevokedCertificateEntries) != 1 || parsed.RevokedCertificateEntries[0].SerialNumber.Cmp(chain[0].SerialNumber) != 0 {
		t.Errorf("the other server's list: %+v, %v, want the revoked one", parsed, err)
	}
}

// publishTogether has both servers publish lists at the same moment: each list
// has a number of its own, one more than the one before.
func publishTogether(t *testing.T, label string, servers ...*authority.Authority) {
	t.Helper()
	const rounds = 3
	for round := range rounds {
		var publishing sync.WaitGroup
		for _, a := range servers {
			publishing.Go(func() {
				if err := a.PublishCRLs(t.Context()); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		publishing.Wait()
	}
	list, err := servers[0].CRL(t.Context(), label)
	if err != nil || list.Number < rounds || list.Number > rounds*int64(len(servers)) {
		t.Errorf("list has number %d, %v after %d rounds", list.Number, err, rounds)
	}
}

// TestDatabaseSetBackWhileServing: a server whose database is exchanged under
// it for an older one signs nothing that takes back what it has signed.
func TestDatabaseSetBackWhileServing(t *testing.T) {
	url := pgtest.Database(t)
	s := catest.Start(t, catest.Config{Database: url})
	w := s.Enrol("BG-017-03")
	fillJournal(w, 4)
	if _, p := w.Push(1); p != nil {
		t.Fatal(p)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), `ALTER TABLE journal_event DISABLE TRIGGER USER; DELETE FROM journal_event WHERE seq > 2;
		ALTER TABLE journal_event ENABLE TRIGGER USER; DELETE FROM journal_node WHERE idx > 2; DELETE FROM checkpoint`); err != nil {
		t.Fatal(err)
	}
	fillJournal(w, 1)
	if _, p := w.Push(3); p == nil || p.Type != ca.ProblemPrefix+ca.ProblemBusy {
		t.Errorf("push: got %+v, want to wait", p)
	}
	wantAlarms(t, s.Authority, w.Name, authority.AlarmOlder)
}
