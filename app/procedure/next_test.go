package procedure_test

import (
	"fmt"
	"testing"
	"time"

	"salter/app/procedure"
)

// stage is a case as it stands after one of the events that matter to Next.
type stage struct {
	name string
	c    procedure.Case
}

// stages are all of them, in the order of a case.
func stages() []stage {
	ready := procedure.Case{
		Learned: 1, Action: procedure.ActionIssue, PersonDone: true, PapersDone: true, EmailDone: true, ContentDone: true,
	}
	early := func(person, papers, email bool) procedure.Case {
		c := ready
		c.PersonDone, c.PapersDone, c.EmailDone, c.ContentDone = person, papers, email, false
		return c
	}
	with := func(change func(*procedure.Case)) procedure.Case {
		c := ready
		c.Attempt.Number = 1
		change(&c)
		return c
	}
	attempt := func(a procedure.Attempt) procedure.Case {
		return with(func(c *procedure.Case) { c.Attempt = a })
	}
	withdrawn := func(a procedure.Attempt) procedure.Case {
		return with(func(c *procedure.Case) { c.Attempt, c.Withdrawn = a, procedure.CodeFace })
	}
	key := procedure.Attempt{Number: 1, KeyID: "01", PublicKey: "aa"}
	sent := key
	sent.CSR = "bb"
	issued := sent
	issued.Certificate, issued.Serial = "cc", "0d"
	change := func(a procedure.Attempt, f func(*procedure.Attempt)) procedure.Attempt {
		f(&a)
		return a
	}
	writing := change(issued, func(a *procedure.Attempt) { a.WriteBegun = true })
	readBack := change(issued, func(a *procedure.Attempt) { a.ReadBack = "cc" })
	active := change(readBack, func(a *procedure.Attempt) { a.Active = true })
	refused := change(sent, func(a *procedure.Attempt) { a.Refused = procedure.CodeRefused })
	unusable := change(issued, func(a *procedure.Attempt) { a.Unusable = true })
	revoking := change(issued, func(a *procedure.Attempt) { a.RevokeID, a.Why = "id", procedure.CodeKeyMissing })
	lost := change(revoking, func(a *procedure.Attempt) { a.Revoked = true })
	foreign := change(readBack, func(a *procedure.Attempt) { a.Revoked = true })
	written := change(writing, func(a *procedure.Attempt) { a.Written = true })
	old := func(state procedure.CertState, a procedure.Attempt) procedure.Case {
		a.Old = 1
		return with(func(c *procedure.Case) { c.Attempt, c.Facts = a, &procedure.Facts{Certificate: state} })
	}
	alone := func(action procedure.Action, f func(*procedure.Case)) procedure.Case {
		c := early(true, true, false)
		c.Action = action
		f(&c)
		return c
	}
	return []stage{
		{"opened", procedure.Case{}},
		{"opened without card", procedure.Case{NoCard: true}},
		{"learned", procedure.Case{Learned: 1}},
		{"opened by the first version", procedure.Case{Action: procedure.ActionIssue}},
		{"person", early(true, false, false)},
		{"papers", early(true, true, false)},
		{"email", early(true, true, true)},
		{"content", ready},
		{"generating", attempt(procedure.Attempt{Number: 1, KeyID: "01"})},
		{"key", attempt(key)},
		{"submitted", attempt(sent)},
		{"refused", attempt(refused)},
		{"issued", attempt(issued)},
		{"unusable", attempt(unusable)},
		{"writing", attempt(writing)},
		{"read-back", attempt(readBack)},
		{"active", attempt(active)},
		{"revoking", attempt(revoking)},
		{"revoked, key lost", attempt(lost)},
		{"revoked by others", attempt(foreign)},
		{"withdrawn early", withdrawn(procedure.Attempt{Number: 1})},
		{"withdrawn submitted", withdrawn(sent)},
		{"withdrawn refused", withdrawn(refused)},
		{"withdrawn issued", withdrawn(issued)},
		{"withdrawn writing", withdrawn(writing)},
		{"withdrawn revoked", withdrawn(lost)},
		// The unblock, alone and before an issuing.
		{"unblock due", with(func(c *procedure.Case) { c.Unblock = procedure.UnblockChange })},
		{"unblocked, not shown yet", with(func(c *procedure.Case) { c.Unblock, c.Reset = procedure.UnblockKeep, procedure.UnblockKeep })},
		{"unblocked", with(func(c *procedure.Case) {
			c.Unblock, c.Reset, c.UnblockDone = procedure.UnblockKeep, procedure.UnblockKeep, true
		})},
		{"unblock alone, due", alone(procedure.ActionUnblock, func(c *procedure.Case) { c.Unblock = procedure.UnblockChange })},
		{"unblock alone, done", alone(procedure.ActionUnblock, func(c *procedure.Case) {
			c.Unblock, c.Reset, c.UnblockDone = procedure.UnblockChange, procedure.UnblockChange, true
		})},
		// The contract before the request.
		{"contract due", with(func(c *procedure.Case) { c.Attempt, c.ContractID = sent, "id" })},
		{"contract registered", with(func(c *procedure.Case) { c.Attempt, c.ContractID, c.ContractDone = sent, "id", true })},
		{"withdrawn, contract never sent", with(func(c *procedure.Case) { c.Withdrawn, c.ContractID = procedure.CodeFace, "id" })},
		{"withdrawn, contract perhaps sent", with(func(c *procedure.Case) {
			c.Withdrawn, c.Attempt, c.ContractID = procedure.CodeFace, refused, "id"
		})},
		{"withdrawn, contract ended", with(func(c *procedure.Case) {
			c.Withdrawn, c.Attempt, c.ContractID, c.ContractDone, c.ContractEnded = procedure.CodeFace, refused, "id", true, true
		})},
		// The old certificate.
		{"written beside an expired one", old(procedure.CertExpired, written)},
		{"written beside one that stands", old(procedure.CertValid, written)},
		{"removal failed", old(procedure.CertExpired, change(written, func(a *procedure.Attempt) { a.RetireTried = true }))},
		{"active, an old one left", old(procedure.CertValid, active)},
		{"active, the old one skipped", with(func(c *procedure.Case) {
			c.Attempt, c.RetireSkipped = change(active, func(a *procedure.Attempt) { a.Old = 1 }), true
		})},
		// The change of status.
		{"status, papers done", alone(procedure.ActionRevoke, func(*procedure.Case) {})},
		{"status refused", alone(procedure.ActionRevoke, func(c *procedure.Case) { c.StatusID, c.StatusRefused = "id", procedure.CodeRefused })},
		{"status changed", alone(procedure.ActionSuspend, func(c *procedure.Case) { c.StatusID, c.StatusAt = "id", time.Unix(1, 0) })},
		{"status changed, contract to end", alone(procedure.ActionRevoke, func(c *procedure.Case) {
			c.StatusID, c.StatusAt, c.Status.EndContract = "id", time.Unix(1, 0), true
		})},
		{"closed", with(func(c *procedure.Case) { c.Closed = true; c.Attempt = active })},
		{"over", with(func(c *procedure.Case) { c.Refused = procedure.CodeFace })},
	}
}

// TestNext names the move for every stage and every combination of facts. A
// move that depends on nothing but the stage stands alone; the others are
// functions of card and authority.
func TestNext(t *testing.T) {
	always := func(m procedure.Move) func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move {
		return func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move { return m }
	}
	// onCard is what needs the card; inSession is for the three key facts.
	onCard := func(inSession [3]procedure.Move) func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move {
		return func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move {
			switch {
			case c.Presence == procedure.CardAbsent:
				return procedure.MoveWaitCard
			case c.Presence == procedure.CardOther:
				return procedure.MoveWaitOtherCard
			case c.Session:
				return inSession[c.Key]
			case c.Tries == 0:
				return procedure.MoveWaitUnblock
			}
			return procedure.MoveAskPIN
		}
	}
	generate := onCard([3]procedure.Move{procedure.MoveGenerate, procedure.MoveGenerate, procedure.MoveGenerate})
	request := func(isNew procedure.Move) func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move {
		return func(_ procedure.CardFacts, a procedure.AuthorityFacts) procedure.Move {
			blind := isNew
			if isNew != procedure.MoveSend {
				blind = procedure.MoveWaitOperator // it would make what nobody wants
			}
			return [5]procedure.Move{procedure.MoveLookup, isNew, procedure.MoveWaitAuthority, blind, procedure.MoveWaitOperator}[a]
		}
	}
	// revoke leaves to the operator what the authority does not take.
	revoke := func(_ procedure.CardFacts, a procedure.AuthorityFacts) procedure.Move {
		if a == procedure.RequestOperator {
			return procedure.MoveWaitOperator
		}
		return procedure.MoveRevoke
	}
	look := func(c procedure.CardFacts) procedure.Move {
		return [3]procedure.Move{procedure.MoveWaitCard, procedure.MoveReadBack, procedure.MoveWaitOtherCard}[c.Presence]
	}
	// pin is the citizen's page; only where the counter is not reset yet can a
	// card without tries be served.
	pin := func(needsTry bool) func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move {
		return func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move {
			switch {
			case c.Presence == procedure.CardAbsent:
				return procedure.MoveWaitCard
			case c.Presence == procedure.CardOther:
				return procedure.MoveWaitOtherCard
			case c.Tries == 0 && needsTry:
				return procedure.MoveWaitUnblock
			}
			return procedure.MoveAskPIN
		}
	}
	want := map[string]func(procedure.CardFacts, procedure.AuthorityFacts) procedure.Move{
		"opened": func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move {
			return [3]procedure.Move{procedure.MoveWaitCard, procedure.MoveLearn, procedure.MoveWaitOtherCard}[c.Presence]
		},
		"opened without card":         always(procedure.MoveLearn),
		"learned":                     always(procedure.MoveAskPerson),
		"opened by the first version": always(procedure.MoveAskPerson),
		"person":                      always(procedure.MoveAskPapers),
		"papers":                      always(procedure.MoveAskEmail),
		"email":                       always(procedure.MoveAskContent),
		"content":                     generate,
		"generating":                  generate,
		"key":                         onCard([3]procedure.Move{procedure.MoveFindKey, procedure.MoveSubmit, procedure.MoveGenerate}),
		"submitted":                   request(procedure.MoveSend),
		"refused":                     always(procedure.MoveAskRetry),
		"issued":                      onCard([3]procedure.Move{procedure.MoveFindKey, procedure.MoveWrite, procedure.MoveRevoke}),
		"unusable":                    revoke,
		"writing": func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move {
			return [3]procedure.Move{procedure.MoveWaitCard, procedure.MoveReadBack, procedure.MoveWaitOtherCard}[c.Presence]
		},
		"unblock due":                      pin(false),
		"unblocked, not shown yet":         pin(true),
		"unblocked":                        generate,
		"unblock alone, due":               pin(false),
		"unblock alone, done":              always(procedure.MoveAskHandOver),
		"contract due":                     always(procedure.MoveContract),
		"contract registered":              request(procedure.MoveSend),
		"withdrawn, contract never sent":   always(procedure.MoveRefuse),
		"withdrawn, contract perhaps sent": always(procedure.MoveEndContract),
		"withdrawn, contract ended":        always(procedure.MoveRefuse),
		"written beside an expired one": func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move {
			if c.Presence == procedure.CardSame && c.Session {
				return procedure.MoveRetire
			}
			return look(c)
		},
		"written beside one that stands": func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move { return look(c) },
		"removal failed":                 func(c procedure.CardFacts, _ procedure.AuthorityFacts) procedure.Move { return look(c) },
		"active, an old one left": func(c procedure.CardFacts, a procedure.AuthorityFacts) procedure.Move {
			if c.Presence == procedure.CardSame && c.Session {
				return procedure.MoveRetire
			}
			return pin(true)(c, a)
		},
		"active, the old one skipped": always(procedure.MoveAskHandOver),
		"status, papers done": func(_ procedure.CardFacts, a procedure.AuthorityFacts) procedure.Move {
			if a == procedure.RequestPending {
				return procedure.MoveWaitAuthority
			}
			return procedure.MoveChangeStatus
		},
		"status refused":                  always(procedure.MoveAskRetry),
		"status changed":                  always(procedure.MoveAskHandOver),
		"status changed, contract to end": always(procedure.MoveEndContract),
		"read-back":                       always(procedure.MoveActivate),
		"active":                          always(procedure.MoveAskHandOver),
		"revoking":                        revoke,
		"revoked, key lost":               always(procedure.MoveNewAttempt),
		"revoked by others":               always(procedure.MoveAskRetry),
		"withdrawn early":                 always(procedure.MoveRefuse),
		"withdrawn submitted":             request(procedure.MoveRefuse),
		"withdrawn refused":               always(procedure.MoveRefuse),
		"withdrawn issued":                revoke,
		"withdrawn writing":               revoke,
		"withdrawn revoked":               always(procedure.MoveRefuse),
		"closed":                          always(procedure.MoveNone),
		"over":                            always(procedure.MoveNone),
	}
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) {
			if want[s.name] == nil {
				t.Fatal("no expectation")
			}
			everyFact(func(card procedure.CardFacts, ca procedure.AuthorityFacts) {
				if got, want := procedure.Next(s.c, card, ca), want[s.name](card, ca); got != want {
					t.Errorf("card %+v, authority %d: got %s, want %s", card, ca, got, want)
				}
			})
		})
	}
}

// everyFact calls f with the product of all facts.
func everyFact(f func(procedure.CardFacts, procedure.AuthorityFacts)) {
	for _, presence := range []procedure.CardPresence{procedure.CardAbsent, procedure.CardSame, procedure.CardOther} {
		for _, tries := range []int{-1, 0, 1, 3} {
			for _, session := range []bool{false, true} {
				for _, key := range []procedure.KeyFact{procedure.KeyUnknown, procedure.KeyThere, procedure.KeyGone} {
					for _, ca := range []procedure.AuthorityFacts{procedure.RequestUnclear, procedure.RequestNew, procedure.RequestPending,
						procedure.RequestBlind, procedure.RequestOperator} {
						f(procedure.CardFacts{Presence: presence, Tries: tries, Session: session, Key: key}, ca)
					}
				}
			}
		}
	}
}

// TestNextKnowsEveryMove: whatever the fold can produce, even what no case
// should, gets a move that somebody carries out or waits for.
func TestNextKnowsEveryMove(t *testing.T) {
	known := map[procedure.Move]bool{
		procedure.MoveNone: true, procedure.MoveGenerate: true, procedure.MoveFindKey: true, procedure.MoveSubmit: true,
		procedure.MoveLookup: true, procedure.MoveSend: true, procedure.MoveWrite: true, procedure.MoveReadBack: true,
		procedure.MoveActivate: true, procedure.MoveRevoke: true, procedure.MoveNewAttempt: true, procedure.MoveRefuse: true,
		procedure.MoveRetire: true, procedure.MoveContract: true, procedure.MoveEndContract: true, procedure.MoveChangeStatus: true,
		procedure.MoveLearn: true,
	}
	bit := func(n, i int) bool { return n>>i&1 == 1 }
	text := func(b bool, s string) string {
		if b {
			return s
		}
		return ""
	}
	for n := range 1 << 13 {
		c := procedure.Case{
			Unblock:    procedure.Unblock(text(bit(n, 11), "keep")),
			ContractID: text(bit(n, 12), "id"),
			PersonDone: true, PapersDone: true, EmailDone: true, ContentDone: true,
			Facts:     &procedure.Facts{Certificate: procedure.CertExpired},
			Action:    []procedure.Action{procedure.ActionIssue, procedure.ActionRevoke}[n>>12&1],
			Withdrawn: procedure.Code(text(bit(n, 0), "face")),
			Attempt: procedure.Attempt{
				PublicKey: text(bit(n, 1), "aa"), CSR: text(bit(n, 2), "bb"), Certificate: text(bit(n, 3), "cc"),
				Unusable: bit(n, 4), Refused: procedure.Code(text(bit(n, 5), "ca-refused")), WriteBegun: bit(n, 6),
				Written: bit(n, 6), Old: n >> 11 & 1, ReadBack: text(bit(n, 7), "cc"), Active: bit(n, 8), RevokeID: text(bit(n, 9), "id"), Revoked: bit(n, 10),
			},
		}
		everyFact(func(card procedure.CardFacts, ca procedure.AuthorityFacts) {
			m := procedure.Next(c, card, ca)
			if m.Waits() == procedure.WaitsForNothing && !known[m] {
				t.Fatalf("nobody knows %q of %s", m, fmt.Sprintf("%+v %+v %d", c.Attempt, card, ca))
			}
		})
	}
}
