package api_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
)

const day = "2026-01-15"

// conclude registers a contract of a new case and returns the case.
func (o *office) conclude(t *testing.T, h catest.Holder, number, concluded string) *catest.Case {
	t.Helper()
	c := o.ws.Open(o.clerk, o.cards, h)
	id := catest.NewUUID()
	if p := o.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, number, concluded, nil), nil); p != nil {
		t.Fatalf("conclude %s: %+v", number, p)
	}
	return c
}

func (o *office) contract(t *testing.T, number string) ca.ContractEntry {
	t.Helper()
	var got ca.ContractEntry
	if p := o.ws.JSON(http.MethodGet, ca.PathContracts+url.PathEscape(number), nil, &got); p != nil {
		t.Fatalf("contract %s: %+v", number, p)
	}
	return got
}

func newCard(number string) catest.Holder {
	h := catest.Citizen()
	h.CardNumber = number
	return h
}

func TestContractRegister(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.open()
	id := catest.NewUUID()
	put := func(id string, body ca.Contract) *ca.Problem {
		return o.ws.JSON(http.MethodPut, ca.PathContracts+id, body, nil)
	}
	tomorrow := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for _, tt := range []struct {
		name string
		edit func(*ca.Contract)
		want string
	}{
		{"no number", func(b *ca.Contract) { b.Number = "" }, ca.ProblemBadRequest},
		{"number that climbs", func(b *ca.Contract) { b.Number = "../policy" }, ca.ProblemBadRequest},
		{"date that does not exist", func(b *ca.Contract) { b.Concluded = "2026-02-30" }, ca.ProblemBadRequest},
		{"date to come", func(b *ca.Contract) { b.Concluded = tomorrow }, ca.ProblemClock},
		{"no text", func(b *ca.Contract) { b.Text = "" }, ca.ProblemBadRequest},
		{"card files that did not arrive", func(b *ca.Contract) { b.ChipFiles = strings.Repeat("ab", 32) }, ca.ProblemCardFiles},
		{"case whose events did not arrive", func(b *ca.Contract) { b.Case = catest.NewUUID() }, ca.ProblemCardFiles},
	} {
		t.Run(tt.name, func(t *testing.T) { wantProblem(t, put(id, c.Contract(id, "U-1", day, tt.edit)), tt.want) })
	}
	wantProblem(t, put("1", c.Contract("1", "U-1", day, nil)), ca.ProblemBadRequest)
	wantProblem(t, put(id, c.Contract(catest.NewUUID(), "U-1", day, nil)), ca.ProblemAssertion)
	changed := c.Contract(id, "U-1", day, nil)
	changed.Number = "U-2"
	wantProblem(t, put(id, changed), ca.ProblemAssertion)
	wantProblem(t, o.ws.JSON(http.MethodGet, ca.PathContracts+"U-1", nil, nil), ca.ProblemNotFound)

	var first, again ca.ContractEntry
	if p := o.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, "U/1", day, nil), &first); p != nil {
		t.Fatal(p)
	}
	if first.State != ca.ContractValid || first.Number != "U/1" || first.Concluded != day || first.Case != c.ID || first.ID != id {
		t.Errorf("registered: got %+v", first)
	}
	if p := o.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, "U/1", day, nil), &again); p != nil || again != first {
		t.Errorf("repeat with a fresh signature: got %+v, %+v, want the same entry", again, p)
	}
	if got := o.contract(t, "U/1"); got != first {
		t.Errorf("by number: got %+v, want %+v", got, first)
	}
	p := put(id, c.Contract(id, "U/1", "2026-01-14", nil))
	if wantProblem(t, p, ca.ProblemConflict); p.Contract != "U/1" || strings.Count(p.Detail, "held ")+strings.Count(p.Detail, "sent ") != 2 {
		t.Errorf("other bytes: got %+v, want the contract and both hashes", p)
	}
	other := catest.NewUUID()
	wantProblem(t, put(other, c.Contract(other, "U/1", day, nil)), ca.ProblemConflict)
	elsewhere := o.Enrol("NS-001-01")
	if p := elsewhere.JSON(http.MethodGet, ca.PathContracts+"U%2F1", nil, nil); p != nil {
		t.Errorf("asked at another office: %+v", p)
	}
}

// TestContractParty: who gets a contract is what the card says.
func TestContractParty(t *testing.T) {
	o := newOffice(t, catest.Config{})
	permit, expired := catest.Citizen(), catest.Citizen()
	permit.DocType = "RP"
	expired.ValidUntil = time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		holder catest.Holder
		cards  *catest.CardCA
		want   string
	}{
		{"residence permit", permit, o.cards, ca.ProblemSubject},
		{"expired card", expired, o.cards, ca.ProblemCardData},
		{"card made at home", catest.Citizen(), catest.NewCardCA(t), ca.ProblemCardData},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, id := o.ws.Open(o.clerk, tt.cards, tt.holder), catest.NewUUID()
			wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, "U-1", day, nil), nil), tt.want)
		})
	}
	c, id := o.open(), catest.NewUUID()
	c.Clerk = o.AddClerk("1002", authority.RoleSupervisor)
	wantProblem(t, o.ws.JSON(http.MethodPut, ca.PathContracts+id, c.Contract(id, "U-1", day, nil), nil), ca.ProblemClerk)
}

// TestContractSuperseded: a contract for a new card takes the place of the
// older one, in whatever order the two arrive, unless contracts outlive cards.
func TestContractSuperseded(t *testing.T) {
	for _, tt := range []struct {
		name, policy string
		late         bool // the older one arrives later
		want         string
	}{
		{"as it comes", "", false, ca.ContractSuperseded},
		{"older one arrives later", "", true, ca.ContractSuperseded},
		{"survives", `{"roles.revocation":["clerk"],"contract.survives_new_card":true}`, false, ca.ContractValid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, catest.Config{})
			if tt.policy != "" {
				o.withPolicy(t, tt.policy)
			}
			steps := []func(){
				func() { o.conclude(t, newCard("111111111"), "OLD", "2026-01-01") },
				func() { o.conclude(t, newCard("222222222"), "NEW", "2026-01-02") },
			}
			if tt.late {
				steps[0], steps[1] = steps[1], steps[0]
			}
			steps[0]()
			steps[1]()
			c := o.conclude(t, newCard("222222222"), "SAME", "2026-01-02")
			old := o.contract(t, "OLD")
			if superseded := tt.want == ca.ContractSuperseded; old.State != tt.want || superseded != (old.SupersededBy == "NEW") || superseded != (old.Ended > 0) {
				t.Errorf("old contract: got %+v, want %s", old, tt.want)
			}
			for _, number := range []string{"NEW", "SAME"} {
				if got := o.contract(t, number); got.State != ca.ContractValid {
					t.Errorf("%s: got %+v, want valid: it is for the present card", number, got)
				}
			}
			var found ca.ContractsFound
			search := c.Search(ca.ContractSearch{PersonalNumber: catest.Citizen().PersonalNumber, CardNumber: "222222222"})
			if p := o.ws.JSON(http.MethodPost, ca.PathContractSearch, search, &found); p != nil || len(found.Contracts) != 3 {
				t.Fatalf("search: got %+v, %+v, want three", found, p)
			}
			for _, e := range found.Contracts {
				if want := e.Number != "OLD" || tt.want == ca.ContractValid; e.Covers != want {
					t.Errorf("%s covers the card: %v, want %v", e.Number, e.Covers, want)
				}
			}
			if found.Contracts[2].Number != "OLD" {
				t.Errorf("the oldest is %s, want OLD last", found.Contracts[2].Number)
			}
		})
	}
}

func TestContractEnd(t *testing.T) {
	o := newOffice(t, catest.Config{})
	c := o.conclude(t, catest.Citizen(), "U-1", day)
	o.conclude(t, newCard("222222222"), "U-2", "2026-01-16") // supersedes U-1
	end := func(id string, body ca.ContractEnd) (ca.ContractEntry, *ca.Problem) {
		var got ca.ContractEntry
		p := o.ws.JSON(http.MethodPut, ca.PathContractEnds+id, body, &got)
		return got, p
	}
	refused := func(what, id string, body ca.ContractEnd, want string) *ca.Problem {
		t.Helper()
		_, p := end(id, body)
		if p.Name() != want {
			t.Errorf("%s: got %+v, want %s", what, p, want)
		}
		return p
	}
	id := catest.NewUUID()
	if p := refused("what is superseded", id, c.End(id, "U-1"), ca.ProblemContract); p.Contract != "U-1" {
		t.Errorf("the problem does not name the contract: %+v", p)
	}
	refused("unknown", id, c.End(id, "U-3"), ca.ProblemNotFound)
	refused("signed for another id", id, c.End(catest.NewUUID(), "U-2"), ca.ProblemAssertion)
	refused("id that is no UUID", "1", c.End("1", "U-2"), ca.ProblemBadRequest)
	body := c.End(id, "U-2")
	for range 2 {
		if got, p := end(id, body); p != nil || got.State != ca.ContractTerminated || got.Ended == 0 {
			t.Fatalf("end: got %+v, %+v, want terminated", got, p)
		}
	}
	body.ReceivedAt--
	refused("another termination under the id", id, body, ca.ProblemConflict)
	second := catest.NewUUID()
	refused("what is terminated", second, c.End(second, "U-2"), ca.ProblemContract)
	c.Clerk = o.AddClerk("1003", authority.RoleAuditor)
	refused("an auditor", second, c.End(second, "U-2"), ca.ProblemClerk)
}

func TestContractSearch(t *testing.T) {
	log := new(lockedBuffer)
	o := newOffice(t, catest.Config{Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h := catest.Citizen()
	c := o.conclude(t, h, "U-1", day)
	person := ca.ContractSearch{PersonalNumber: h.PersonalNumber, CardNumber: h.CardNumber}
	for _, tt := range []struct {
		name   string
		terms  ca.ContractSearch
		found  int
		covers bool
	}{
		{"person and card", person, 1, true},
		{"person and another card", ca.ContractSearch{PersonalNumber: h.PersonalNumber, CardNumber: "999999999"}, 1, false},
		{"another person", ca.ContractSearch{PersonalNumber: "0101900715006", CardNumber: h.CardNumber}, 0, false},
		{"number", ca.ContractSearch{Number: "U-1"}, 1, false},
		{"unknown number", ca.ContractSearch{Number: "U-2"}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got ca.ContractsFound
			if p := o.ws.JSON(http.MethodPost, ca.PathContractSearch, c.Search(tt.terms), &got); p != nil || len(got.Contracts) != tt.found {
				t.Fatalf("got %+v, %+v, want %d", got, p, tt.found)
			}
			if tt.found > 0 && got.Contracts[0].Covers != tt.covers {
				t.Errorf("covers: %v, want %v", got.Contracts[0].Covers, tt.covers)
			}
		})
	}
	refused := func(what string, s ca.ContractSearch, want string) {
		t.Helper()
		if p := o.ws.JSON(http.MethodPost, ca.PathContractSearch, s, nil); p.Name() != want {
			t.Errorf("%s: got %+v, want %s", what, p, want)
		}
	}
	refused("no terms", c.Search(ca.ContractSearch{}), ca.ProblemBadRequest)
	refused("person without card", c.Search(ca.ContractSearch{PersonalNumber: h.PersonalNumber}), ca.ProblemBadRequest)
	refused("both", c.Search(ca.ContractSearch{Number: "U-1", PersonalNumber: "1", CardNumber: "2"}), ca.ProblemBadRequest)
	others := c.Search(person)
	others.CardNumber = "999999999"
	refused("terms that nobody signed", others, ca.ProblemAssertion)
	c.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	refused("search of an hour ago", c.Search(person), ca.ProblemClock)
	o.Stop()
	for _, secret := range []string{h.PersonalNumber, h.CardNumber, "999999999", h.Surname, "U-1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	o.Start()
	records, err := o.Authority.Searches(t.Context(), 0)
	if err != nil || len(records) != 5 || records[0].Found == "" || records[2].Found != "" || records[0].Clerk != o.clerk.Number {
		t.Errorf("recorded: got %+v, %v, want the five that were answered", records, err)
	}
}

// TestContractRequired: with the switch on, a certificate rests on a contract
// for this person and card.
func TestContractRequired(t *testing.T) {
	o := newOffice(t, catest.Config{})
	o.withPolicy(t, `{"roles.revocation":["clerk"],"contract.required":true}`)
	c := o.conclude(t, catest.Citizen(), "U-1", day)
	for _, tt := range []struct {
		name   string
		holder catest.Holder
		number string
		want   string
	}{
		{"not registered", catest.Citizen(), "U-2", ca.ProblemContract},
		{"another card", newCard("222222222"), "U-1", ca.ProblemContract},
		{"this card", catest.Citizen(), "U-1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := o.ws.Open(o.clerk, o.cards, tt.holder)
			n.EditClaims = func(claims *ca.AssertionClaims) { claims.Contract = tt.number }
			_, p, err := n.Enrol(nil)
			if err != nil || p.Name() != tt.want || p != nil && p.Contract != tt.number {
				t.Errorf("got %+v, %v, want %q naming the contract", p, err, tt.want)
			}
		})
	}
	id := catest.NewUUID()
	if p := o.ws.JSON(http.MethodPut, ca.PathContractEnds+id, c.End(id, "U-1"), nil); p != nil {
		t.Fatal(p)
	}
	n := o.open()
	n.EditClaims = func(claims *ca.AssertionClaims) { claims.Contract = "U-1" }
	_, p, err := n.Enrol(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, p, ca.ProblemContract)
}
