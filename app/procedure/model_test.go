package procedure_test

import (
	"slices"
	"strings"
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
		m.visit()
		if m.focused = rapid.Bool().Draw(rt, "focused"); m.focused {
			m.must("OpenCase", m.e.OpenCase(ctx))
			m.must("ConfirmPerson", m.e.ConfirmPerson(ctx, m.answers(m.view())))
			m.toPINPage()
		}
		m.budget = rapid.IntRange(0, 12).Draw(rt, "budget")
		m.calm = rapid.IntRange(0, 60).Draw(rt, "calm")
		m.Faults.Hook = m.hook
		for range rapid.IntRange(5, 40).Draw(rt, "actions") {
			m.guarded(m.act)
			m.oneActive()
			m.pinKnown()
		}
		m.budget = 0
		m.see() // the watcher has caught up
		m.finish()
		m.ended()
		seen.runs++
		seen.certificates += len(m.Authority.Certificates())
	})
	t.Logf("%+v", seen)
}

// visit draws what the citizen comes for: a first certificate or a renewal,
// with a PIN that he knows, forgot, or has blocked.
func (m *model) visit() {
	if rapid.Bool().Draw(m.rt, "renewal") {
		m.renewable()
		m.seen.renewals++
	}
	m.wish.unblock = rapid.SampledFrom([]procedure.Unblock{
		procedure.UnblockNone, procedure.UnblockKeep, procedure.UnblockChange,
	}).Draw(m.rt, "unblock")
	if m.wish.unblock != procedure.UnblockNone && rapid.Bool().Draw(m.rt, "blocked") {
		m.Card.SetTries(0)
		m.insert(m.Card)
	}
}

// pinKnown holds at every moment: no PIN was set of which the journal does not
// know.
func (m *model) pinKnown() {
	m.rt.Helper()
	intents := 0
	for _, e := range m.events() {
		if b, ok := e.Body.(*procedure.UnblockBody); ok && e.Kind == procedure.KindUnblock && b.Mode == procedure.UnblockChange {
			intents++
		}
	}
	if set := m.Card.PINsSet() + m.other.PINsSet(); set > intents {
		m.rt.Fatalf("%d PINs were set, the journal knows of %d tries", set, intents)
	}
}

// tally says how much went wrong.
type tally struct {
	runs, crashes, errors, pulls, swaps, torn, keys, revoked, certificates int
	renewals, resets, retired, skipped                                     int
}

// model is a harness with a run of bad luck.
type model struct {
	*harness
	rt     *rapid.T
	budget int // how many things may still go wrong
	calm   int // borders until the next of them
	// focused: only effects that need an intent are struck, from the PIN on.
	focused bool
	dead    bool // the program has crashed: nothing of it may happen any more
	inHook  bool
	seen    *tally
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
	if m.budget == 0 || m.inHook {
		return nil
	}
	if !m.strikes(op) {
		return nil
	}
	m.budget--
	m.inHook = true
	defer func() { m.inHook = false }()
	switch rapid.SampledFrom(misfortunes(op)).Draw(m.rt, "misfortune") {
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
		m.Card.TearCertificates()
		m.other.TearCertificates()
		m.seen.torn++
		if rapid.Bool().Draw(m.rt, "told") {
			return failureOf(op)
		}
	case "keys":
		// Somebody else's work on the card, before a certificate lies there:
		// after it was seen, nobody at this counter can know.
		if len(m.Card.Written()) == 0 {
			m.Card.LoseKeys()
			m.seen.keys++
			if op == proctest.OpKey || op == proctest.OpWrite && when == proctest.Before {
				m.swapped++ // nobody could have noticed in time
			}
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

// strikes decides whether something goes wrong at this border.
func (m *model) strikes(op proctest.Op) bool {
	if m.focused {
		return brackets[op].intent != "" && rapid.IntRange(0, 3).Draw(m.rt, "strike") == 1
	}
	if m.calm > 0 {
		m.calm--
		return false
	}
	m.calm = rapid.IntRange(0, 40).Draw(m.rt, "calm")
	return true
}

// misfortunes are what can go wrong around an effect.
func misfortunes(op proctest.Op) []string {
	always := []string{"crash", "error", "pull", "swap"}
	switch op {
	case proctest.OpWrite:
		return append([]string{"torn", "torn", "keys"}, always...)
	case proctest.OpEnrol, proctest.OpLookup, proctest.OpSync, proctest.OpKey:
		return append([]string{"keys", "revoke"}, always...)
	case proctest.OpActivate:
		return append([]string{"revoke"}, always...)
	}
	return always
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
	case proctest.OpPolicy, proctest.OpPreview, proctest.OpEnrol, proctest.OpLookup, proctest.OpActivate, proctest.OpRevoke, proctest.OpSync,
		proctest.OpRegister, proctest.OpPutContract, proctest.OpEndContract:
		return &procedure.Error{Code: procedure.CodeNoAnswer}
	case proctest.OpSignIn, proctest.OpSummary, proctest.OpSupervisor, proctest.OpOverride:
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
	proctest.OpUnblock:  {procedure.KindUnblock, []procedure.Kind{procedure.KindUnblocked}},
	proctest.OpRetire:   {procedure.KindRetire, []procedure.Kind{procedure.KindRetired, procedure.KindReadBack}},
	// The contract is sent after the intent to submit the request.
	proctest.OpPutContract: {procedure.KindSubmit, []procedure.Kind{procedure.KindContractRegistered}},
	proctest.OpEndContract: {procedure.KindContractEnd, []procedure.Kind{procedure.KindContractEnded}},
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

// contractsEnded: a contract stands if its case was closed; a refused case
// leaves none behind.
func (m *model) contractsEnded() {
	m.rt.Helper()
	closed := map[procedure.CaseID]bool{}
	for _, e := range m.events() {
		if e.Kind == procedure.KindCaseClosed {
			closed[e.Case] = true
		}
		switch e.Kind {
		case procedure.KindUnblocked:
			m.seen.resets++
		case procedure.KindRetired:
			m.seen.retired++
		case procedure.KindRetireSkipped:
			m.seen.skipped++
		}
	}
	for number, c := range m.Authority.Contracts() {
		if c.Case == "" || c.State != procedure.ContractValid || strings.HasPrefix(string(c.Case), "elsewhere-") {
			continue
		}
		if !closed[c.Case] {
			m.rt.Fatalf("contract %s of case %s stands, and the case was refused", number, c.Case)
		}
	}
}

// chipInOrder: unless the clerk left it there, no old certificate lies beside
// one in force, and no certificate lies there without its key.
func (m *model) chipInOrder() {
	m.rt.Helper()
	skipped := slices.Contains(m.kinds(), procedure.KindRetireSkipped)
	for _, c := range []*proctest.Card{m.Card, m.other} {
		if n := len(c.Written()); n > 1 && m.e.Snapshot().Case != nil && m.e.Snapshot().Case.Phase == procedure.PhaseClosed && !skipped {
			m.rt.Fatalf("%d signing certificates on the card", n)
		}
	}
}

// act is one thing that clerk, citizen or chance does.
func (m *model) act() {
	m.inHook = false
	switch rapid.SampledFrom(actions).Draw(m.rt, "action") {
	case "step":
		m.step()
	case "restart":
		m.restart()
	case "remove":
		m.remove()
	case "insert other":
		m.insert(m.other)
	case "insert":
		m.insert(m.Card)
	case "park":
		_ = m.e.ParkCase(ctx)
	case "back":
		_ = m.e.GoBack(ctx, rapid.SampledFrom([]procedure.Phase{
			procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent,
		}).Draw(m.rt, "to"))
	case "wrong PIN":
		_ = m.e.EnterPIN(ctx, []byte("0000"))
	case "leave PIN":
		_ = m.e.LeavePIN(ctx, procedure.PINTimeout)
	case "sync":
		_ = m.e.SyncNow(ctx)
	case "sign out":
		_ = m.e.SignOut(ctx)
	case "refuse":
		_ = m.e.RefuseCase(ctx, procedure.CodeFace)
	case "override":
		o := procedure.OverrideRequest{Choice: procedure.ActionIssue, Reason: "на захтев"}
		_ = m.e.Override(ctx, []byte(proctest.SupervisorPassword), o)
	case "ask again":
		_ = m.e.AskAgain(ctx)
	case "skip":
		_ = m.e.SkipRetire(ctx)
	case "see":
		m.see() // the watcher at last
	}
}

// actions are drawn from; doing the right thing is the most frequent.
var actions = []string{
	"step", "step", "step", "step", "step", "step", "step", "step", "see", "insert", "restart", "step", "step",
	"remove", "insert other", "override", "ask again", "skip", "park", "back", "wrong PIN", "leave PIN", "sync", "sign out", "refuse", "step", "step",
}

func (m *model) active() int {
	n := 0
	for _, c := range m.Authority.Certificates() {
		if c.Status == proctest.Active && !c.Elsewhere {
			n++
		}
	}
	return n
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
	if s.Today.Open != 0 || s.Today.Issued+s.Today.Renewed != m.active() {
		m.rt.Fatalf("today %+v with %d certificates in force", s.Today, m.active())
	}
	m.contractsEnded()
	m.chipInOrder()
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
