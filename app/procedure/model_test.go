package procedure_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// TestModel plays cases through a world in which everything goes wrong at
// every border of every effect: crashes, errors before and after the effect,
// cards pulled, swapped and torn, keys lost, a journal in doubt. When the
// world is whole again the case must come to its end, with at most one
// certificate in force per case, the one on the card, and none left over.
func TestModel(t *testing.T) {
	var seen tally
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{rt: rt, harness: newHarness(rt), seen: &seen}
		if rapid.Bool().Draw(rt, "at the PIN") {
			m.toPIN()
		}
		m.budget = rapid.IntRange(0, 12).Draw(rt, "budget")
		m.Faults.Hook = m.hook
		for range rapid.IntRange(5, 40).Draw(rt, "actions") {
			m.guarded(m.act)
			m.oneActive()
		}
		m.budget = 0
		m.unblock()
		m.see() // the watcher has caught up
		m.finish()
		m.ended()
		seen.runs++
		seen.certificates += len(m.Authority.Certificates())
	})
	t.Logf("%+v", seen)
}

// tally says how much went wrong.
type tally struct {
	runs, crashes, errors, pulls, swaps, torn, keys, revoked, certificates int
}

// model is a harness with a run of bad luck.
type model struct {
	*harness
	rt     *rapid.T
	budget int  // how many things may still go wrong
	dead   bool // the program has crashed: nothing of it may happen any more
	inHook bool
	seen   *tally
}

// crash is what the hook throws to drop the engine in the middle.
type crash struct{}

// guarded runs f; after a crash another engine begins where the journal ends.
func (m *model) guarded(f func()) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(crash); !ok {
			panic(r)
		}
		m.dead = false
		budget := m.budget
		m.budget = 0 // one crash at a time
		m.restart()
		m.budget = budget
	}()
	f()
}

// hook strikes at the borders of the effects.
func (m *model) hook(op proctest.Op, when proctest.When) error {
	if m.dead {
		panic(crash{})
	}
	if when == proctest.Before {
		m.intended(op)
	}
	if m.budget == 0 || m.inHook || rapid.IntRange(0, 5).Draw(m.rt, "luck") != 0 {
		return nil
	}
	m.budget--
	m.inHook = true
	defer func() { m.inHook = false }()
	switch rapid.SampledFrom([]string{"crash", "error", "pull", "swap", "torn", "keys", "revoke"}).Draw(m.rt, "misfortune") {
	case "crash":
		m.seen.crashes++
		m.dead = true
		panic(crash{})
	case "error":
		m.seen.errors++
		return failureOf(op)
	case "pull":
		m.seen.pulls++
		m.Reader.Remove()
		m.notice(op)
	case "swap":
		m.seen.swaps++
		m.Reader.Insert(m.other)
		m.notice(op)
	case "torn":
		if op == proctest.OpWrite {
			m.Card.TearCertificates()
			m.other.TearCertificates()
			m.seen.torn++
			return failureOf(op)
		}
	case "keys":
		// Somebody else's work on the card, before a certificate lies there:
		// after it was seen, nobody at this counter can know.
		if len(m.Card.Written()) == 0 {
			m.Card.LoseKeys()
			m.seen.keys++
		}
	case "revoke":
		for _, c := range m.Authority.Certificates() {
			if c.Status == proctest.Hold {
				m.Authority.Revoke(c.Serial)
				m.seen.revoked++
			}
		}
	}
	return nil
}

// notice lets the watcher report at once, as far as the engine is not inside
// of its journal, where the real watcher would have to wait.
func (m *model) notice(op proctest.Op) {
	switch op {
	case proctest.OpAppend, proctest.OpReplay, proctest.OpPart:
		return
	}
	if rapid.Bool().Draw(m.rt, "noticed") {
		m.see()
	}
}

// failureOf is an error of the kind that the effect can have.
func failureOf(op proctest.Op) error {
	switch op {
	case proctest.OpAppend, proctest.OpReplay, proctest.OpPart:
		return &procedure.Error{Code: procedure.CodeJournal}
	case proctest.OpPolicy, proctest.OpPreview, proctest.OpEnrol, proctest.OpLookup, proctest.OpActivate, proctest.OpRevoke, proctest.OpSync:
		return &procedure.Error{Code: procedure.CodeNoAnswer}
	case proctest.OpSignIn, proctest.OpSummary:
		return &procedure.Error{Code: procedure.CodeSignIn}
	}
	return &procedure.Error{Code: procedure.CodeCardFailure}
}

// brackets are the intents without which an effect must not begin, and the
// results that end them.
var brackets = map[proctest.Op]struct {
	intent  procedure.Kind
	results []procedure.Kind
}{
	proctest.OpLogin:    {procedure.KindLogin, []procedure.Kind{procedure.KindPINVerified, procedure.KindLoginFailed}},
	proctest.OpGenerate: {procedure.KindGenerate, []procedure.Kind{procedure.KindKey}},
	proctest.OpEnrol:    {procedure.KindSubmit, []procedure.Kind{procedure.KindCertificate, procedure.KindRefusal, procedure.KindUnusable}},
	proctest.OpWrite:    {procedure.KindWrite, []procedure.Kind{procedure.KindReadBack}},
	proctest.OpActivate: {procedure.KindActivate, []procedure.Kind{procedure.KindActive, procedure.KindRevoked}},
	proctest.OpRevoke:   {procedure.KindRevoke, []procedure.Kind{procedure.KindRevoked}},
}

// intended checks that an effect begins inside of its bracket.
func (m *model) intended(op proctest.Op) {
	b, ok := brackets[op]
	if !ok {
		return
	}
	events := m.events()
	for _, e := range slices.Backward(events) {
		if e.Kind == b.intent {
			return
		}
		if slices.Contains(b.results, e.Kind) {
			break
		}
	}
	m.rt.Fatalf("%s begins without the intent %s", op, b.intent)
}

// act is one thing that clerk, citizen or chance does.
func (m *model) act() {
	m.inHook = false
	m.unblock()
	switch rapid.IntRange(0, 19).Draw(m.rt, "action") {
	case 0:
		m.restart()
	case 1:
		m.remove()
	case 2:
		m.insert(m.other)
	case 3:
		m.insert(m.Card)
	case 4:
		_ = m.e.ParkCase(ctx)
	case 5:
		_ = m.e.GoBack(ctx, rapid.SampledFrom([]procedure.Phase{
			procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent,
		}).Draw(m.rt, "to"))
	case 6:
		_ = m.e.EnterPIN(ctx, []byte("0000"))
	case 7:
		_ = m.e.LeavePIN(ctx, procedure.PINTimeout)
	case 8:
		_ = m.e.SyncNow(ctx)
	case 9:
		_ = m.e.SignOut(ctx)
	case 10:
		if rapid.IntRange(0, 3).Draw(m.rt, "refuse") == 0 {
			_ = m.e.RefuseCase(ctx, procedure.CodeFace)
		}
	case 11:
		m.see() // the watcher at last
	default:
		m.step()
	}
}

func (m *model) active() int {
	n := 0
	for _, c := range m.Authority.Certificates() {
		if c.Status == proctest.Active {
			n++
		}
	}
	return n
}

// unblock is done at another desk.
func (m *model) unblock() {
	for _, c := range []*proctest.Card{m.Card, m.other} {
		if c.Tries() == 0 {
			c.SetTries(3)
			m.see()
		}
	}
}

// oneActive holds at every moment.
func (m *model) oneActive() {
	m.rt.Helper()
	for _, c := range m.Authority.Certificates() {
		for _, d := range m.Authority.Certificates() {
			if c.Case == d.Case && c.Serial != d.Serial && c.Status == proctest.Active && d.Status == proctest.Active {
				m.rt.Fatalf("case %s has two certificates in force", c.Case)
			}
		}
	}
}

// ended checks the end: the journal, the authority and the card agree.
func (m *model) ended() {
	m.rt.Helper()
	m.settled()
	s := m.e.Snapshot()
	if s.Today.Open != 0 || s.Today.Issued != m.active() {
		m.rt.Fatalf("today %+v with %d certificates in force", s.Today, m.active())
	}
	attempts := map[string]int{}
	for _, e := range m.events() {
		if b, ok := e.Body.(*procedure.Submit); ok {
			attempts[b.CSR]++
		}
	}
	for csr, n := range attempts {
		if n != 1 {
			m.rt.Fatalf("request %s was submitted as %d attempts", csr, n)
		}
	}
	for _, c := range m.Authority.Certificates() {
		same := 0
		for _, d := range m.Authority.Certificates() {
			if c.Case == d.Case && c.Attempt == d.Attempt {
				same++
			}
		}
		if same != 1 {
			m.rt.Fatalf("attempt %d of %s has %d certificates", c.Attempt, c.Case, same)
		}
	}
}
