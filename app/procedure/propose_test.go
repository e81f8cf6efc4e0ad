package procedure_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"salter/app/procedure"
)

// TestPropose is section 3.4 as a table: one row for each state of the
// certificate, one column for each state of the contract. A cell is "action
// reason"; an empty column falls back to the first one.
func TestPropose(t *testing.T) {
	const (
		contractRows = "none valid ended superseded other unknown"
		silent       = "none authority-silent"
	)
	byContract := []string{
		"issue no-contract", "renew contract-valid", "issue contract-ended", "issue contract-superseded",
		"issue contract-other", silent,
	}
	same := func(cell string) []string { return []string{cell, cell, cell, cell, cell, cell} }
	tests := []struct {
		certificate procedure.CertState
		onChip      bool
		answered    []string // by contract, in the order of ContractStates
		silent      string
	}{
		{procedure.CertNone, false, same("issue no-certificate"), "issue no-certificate"},
		{procedure.CertNone, true, same("issue no-certificate"), "issue no-certificate"},
		{procedure.CertValid, true, same("none certificate-valid"), "none certificate-valid"},
		{procedure.CertValid, false, same("none certificate-elsewhere"), "none certificate-elsewhere"},
		{procedure.CertExpired, true, byContract, silent},
		{procedure.CertExpired, false, byContract, silent},
		{procedure.CertSuspended, true, same("reactivate suspended"), "reactivate suspended"},
		{procedure.CertSuspended, false, same("none certificate-elsewhere"), "none certificate-elsewhere"},
		{procedure.CertRevoked, true, same("issue revoked"), "issue revoked"},
		{procedure.CertRevoked, false, same("issue revoked"), "issue revoked"},
		{procedure.CertHold, true, same("issue never-active"), "issue never-active"},
		{procedure.CertHold, false, same("issue never-active"), "issue never-active"},
		{procedure.CertUnknown, true, same("none unclear"), "none state-silent"},
		{procedure.CertUnknown, false, same("none unclear"), "none state-silent"},
	}
	if len(tests) != 2*len(procedure.CertStates) || len(byContract) != len(procedure.ContractStates) {
		t.Fatalf("%d rows for %d states, %d columns (%s)", len(tests), len(procedure.CertStates), len(byContract), contractRows)
	}
	s := procedure.DefaultSettings()
	for _, row := range tests {
		for i, contract := range procedure.ContractStates {
			for _, authority := range []bool{true, false} {
				for _, blocked := range []bool{true, false} {
					f := procedure.Facts{
						Certificate: row.certificate, OnChip: row.onChip, Contract: contract, Authority: authority, Blocked: blocked,
					}
					want := row.silent
					if authority {
						want = row.answered[i]
					}
					if got := cell(procedure.Propose(f, s)); got != want {
						t.Errorf("%+v: got %q, want %q", f, got, want)
					}
					f.Card = procedure.CodeCardExpired
					if got := cell(procedure.Propose(f, s)); got != "none not-eligible" {
						t.Errorf("%+v: got %q, want not-eligible", f, got)
					}
				}
			}
		}
	}
}

func cell(p procedure.Proposal) string { return fmt.Sprintf("%s %s", p.Action, p.Reason) }

// TestProposeUnknownStates: a state that this version does not know is nothing
// that it would issue upon.
func TestProposeUnknownStates(t *testing.T) {
	s := procedure.DefaultSettings()
	for _, f := range []procedure.Facts{
		{Certificate: "of the future", Authority: true},
		{Certificate: procedure.CertExpired, Contract: "of the future", Authority: true},
		{},
	} {
		if p := procedure.Propose(f, s); p.Action != procedure.ActionNone {
			t.Errorf("%+v: %s", f, cell(p))
		}
	}
}

// TestProposeSilent: without an answer nothing is said of a certificate that the
// chip does not show.
func TestProposeSilent(t *testing.T) {
	tests := []struct {
		name string
		days int // until the end of the certificate on the chip; 0: none there
		want string
	}{
		{"running", 5 * 365, "none state-silent"},
		{"expired", -1, "none authority-silent"},
		{"none", 0, "issue no-certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			end := h.Clock.Now().AddDate(0, 0, tt.days)
			if tt.days != 0 {
				h.Authority.IssueOld(h.Card, "U-1", end.AddDate(-5, 0, 0), end, statusNamed("suspended"))
			}
			h.Authority.SetSilent(true)
			h.restart()
			h.insert(h.Card)
			h.must("OpenCase", h.e.OpenCase(ctx))
			v := h.view()
			if got := cell(v.Proposal); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.days != 0 && v.Facts.NotAfter.Sub(end).Abs() > time.Second {
				t.Errorf("the certificate ends %s, want %s", v.Facts.NotAfter, end)
			}
			first := v.Facts.Asked
			h.Clock.Advance(time.Minute)
			h.must("AskAgain", h.e.AskAgain(ctx))
			if again := h.view().Facts.Asked; !again.After(first) {
				t.Errorf("asked at %s, and again at %s", first, again)
			}
			if v.Proposal.Action == procedure.ActionNone {
				h.wants("ConfirmPerson", h.e.ConfirmPerson(ctx, knowsPIN), procedure.CodeNoLink)
			}
		})
	}
}

// TestProposeEarly: renewal.before_expiry_days opens the renewal before the
// end; its default is never (Q4).
func TestProposeEarly(t *testing.T) {
	f := procedure.Facts{
		Certificate: procedure.CertValid, OnChip: true, Contract: procedure.ContractValid, Authority: true,
		Asked: noon, NotAfter: noon.AddDate(0, 0, 20),
	}
	tests := []struct {
		days int
		want string
	}{
		{0, "none certificate-valid"}, {20, "none certificate-valid"}, {21, "renew contract-valid"}, {30, "renew contract-valid"},
	}
	for _, tt := range tests {
		s := procedure.DefaultSettings()
		s.RenewBeforeDays = tt.days
		if got := cell(procedure.Propose(f, s)); got != tt.want {
			t.Errorf("%d days: got %q, want %q", tt.days, got, tt.want)
		}
	}
}

// TestLearn merges what chip and register say.
func TestLearn(t *testing.T) {
	now := testHarness(t).Clock.Now()
	day := 24 * time.Hour
	type in struct {
		name   string
		change func(*harness)
		want   string // certificate contract on-chip proposal
	}
	old := func(h *harness, contract string, to time.Duration, status string) {
		h.Authority.IssueOld(h.Card, contract, now.Add(to).AddDate(-5, 0, 0), now.Add(to), statusNamed(status))
	}
	tests := []in{
		{"empty chip", func(*harness) {}, "none none false issue"},
		{"empty chip, silent", func(h *harness) { h.Authority.SetSilent(true) }, "none unknown false issue"},
		{"expired", func(h *harness) { old(h, "U-1", -day, "active") }, "expired valid true renew"},
		{"expired, silent", func(h *harness) { old(h, "U-1", -day, "active"); h.Authority.SetSilent(true) }, "expired unknown true none"},
		{"expired, gone from the chip", func(h *harness) { old(h, "U-1", -day, "active"); h.Card.DropKeys() }, "expired valid false renew"},
		{"expired, contract ended", func(h *harness) {
			old(h, "U-1", -day, "active")
			h.endOld("U-1", procedure.ContractEnded)
		}, "expired ended true issue"},
		{"expired, no contract", func(h *harness) { old(h, "", -day, "active") }, "expired none true issue"},
		{"valid", func(h *harness) { old(h, "U-1", day, "active") }, "valid valid true none"},
		{"valid, gone from the chip", func(h *harness) { old(h, "U-1", day, "active"); h.Card.DropKeys() }, "valid valid false none"},
		{"valid on the chip, silent", func(h *harness) { old(h, "U-1", day, "active"); h.Authority.SetSilent(true) }, "unknown unknown true none"},
		{"suspended", func(h *harness) { old(h, "U-1", day, "suspended") }, "suspended valid true reactivate"},
		{"revoked", func(h *harness) { old(h, "U-1", day, "revoked") }, "revoked valid true issue"},
		{"never active", func(h *harness) { old(h, "U-1", day, "hold") }, "hold valid true issue"},
		{"expired and revoked", func(h *harness) { old(h, "U-1", -2*day, "revoked"); old(h, "U-2", -day, "active") }, "expired valid true renew"},
		{"the latest revoked, an older one expired", func(h *harness) { old(h, "U-1", -day, "active"); old(h, "U-2", day, "revoked") }, "revoked valid true issue"},
		{"the latest expired, an older one revoked that would have ended later", func(h *harness) {
			h.Authority.IssueOld(h.Card, "U-1", now.AddDate(-6, 0, 0), now.Add(day), statusNamed("revoked"))
			old(h, "U-2", -day, "active")
		}, "expired valid true renew"},
		{"expired and valid", func(h *harness) { old(h, "U-1", -day, "active"); old(h, "U-2", day, "active") }, "valid valid true none"},
		{"two contracts, one ended", func(h *harness) {
			old(h, "U-1", -2*day, "active")
			old(h, "U-2", -day, "active")
			h.endOld("U-1", procedure.ContractEnded)
		}, "expired valid true renew"},
		{"contract of an earlier card", func(h *harness) {
			twin := earlierCard(h)
			h.Authority.IssueOld(twin, "U-1", now.AddDate(-5, 0, -1), now.Add(-day), statusNamed("active"))
		}, "expired superseded false issue"},
		{"contract of an earlier card that survives", func(h *harness) {
			h.Settings.SurvivesNewCard = true
			twin := earlierCard(h)
			h.Authority.IssueOld(twin, "U-1", now.AddDate(-5, 0, -1), now.Add(-day), statusNamed("active"))
		}, "expired valid false renew"},
		{"contract with a term", func(h *harness) { h.Settings.ContractTerm = 4; old(h, "U-1", -day, "active") }, "expired ended true issue"},
		{"second certificate, no chain", func(h *harness) {
			h.Settings.RenewalChain = false
			old(h, "U-1", -day, "active")
			h.Authority.AddContract(contractFrom(h, "U-1", now.AddDate(-10, 0, 0)))
		}, "expired ended true issue"},
		{"first certificate, no chain", func(h *harness) { h.Settings.RenewalChain = false; old(h, "U-1", -day, "active") }, "expired valid true renew"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHarness(t)
			tt.change(h)
			h.restart()
			h.insert(h.Card)
			h.must("OpenCase", h.e.OpenCase(ctx))
			v := h.view()
			got := fmt.Sprintf("%s %s %t %s", v.Facts.Certificate, v.Facts.Contract, v.Facts.OnChip, v.Proposal.Action)
			if got != tt.want {
				t.Errorf("got %q, want %q (facts %+v)", got, tt.want, v.Facts)
			}
			if !slices.Contains(h.kinds(), procedure.KindFactsLearned) {
				t.Error("the facts are not in the journal")
			}
		})
	}
}
