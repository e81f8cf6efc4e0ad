package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"salter/app/procedure"
	"salter/ca"
	"salter/ca/catest"
	"salter/card"
	"salter/card/cardtest"
	"salter/card/virtual"
)

// opensc is where Debian has the stand-in for the vendor's module.
func opensc(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if err != nil || len(found) == 0 {
		t.Fatal("opensc-pkcs11.so is missing: install opensc-pkcs11")
	}
	return found[0]
}

// visit is one counter with one card in its reader.
type visit struct {
	t      testing.TB
	ctx    context.Context
	server *catest.Server
	reader *cardtest.Reader
	issuer *virtual.Issuer
	card   *virtual.Card
	set    Settings
	seams  seams
	clock  *clock
	wish   wish

	c    *counter
	stop func()

	cardDir  string // of card
	citizens int    // that there were
	checked  string // number of the last certificate's case that checkEnd has seen
	seen     int    // cases that were closed by then
	harm     *harm  // that checkEnd finds

	mu   sync.Mutex
	last procedure.Snapshot
	more chan struct{} // closed and replaced at each snapshot
}

// newVisit enrols a counter and opens it with a citizen's card inserted.
func newVisit(t testing.TB, s seams) *visit {
	t.Helper()
	dir := t.TempDir()
	v := &visit{t: t, ctx: t.Context(), clock: new(clock), reader: cardtest.NewReader(t), seams: s, wish: wantsCertificate, harm: new(harm)}
	v.seams.now = v.clock.now
	v.server = catest.Start(t, catest.Config{Now: v.clock.now, Wrap: v.clock.dates})
	var err error
	if v.issuer, err = virtual.OpenIssuer(filepath.Join(dir, "issuer")); err != nil {
		t.Fatal(err)
	}
	v.set = defaults()
	v.set.Token.PUKFile = filepath.Join(dir, "puks.txt")
	v.card = v.newCard(v.issuer, virtual.Citizen)
	v.server.AddAnchor(v.issuer.Anchor().Raw)
	p12, supervisor := filepath.Join(dir, "clerk.p12"), filepath.Join(dir, "supervisor.p12")
	v.write(p12, v.server.AddClerk("1001").P12("demo"))
	v.write(supervisor, v.server.AddClerk("2001", "supervisor").P12("demo"))

	v.set.Mode, v.set.Data, v.set.Counter.Name, v.set.Counter.Office = Demo, filepath.Join(dir, "counter"), "BG-017-03", "Врачар"
	v.set.Token.Module, v.set.Clerk.P12, v.set.Printer = opensc(t), p12, "folder:"+filepath.Join(dir, "papers")
	v.set.Supervisor.P12, v.set.Token.Driver = supervisor, string(card.DriverTestCard)
	v.set.Journal.PurgeAfterAck = false // what a case left is looked at afterwards
	v.enrol(dir)
	v.reader.Insert(v.card)
	v.open()
	t.Cleanup(v.close)
	return v
}

// newCard makes a card of another citizen, and tells the driver its PUK.
func (v *visit) newCard(issuer *virtual.Issuer, preset virtual.Preset) *virtual.Card {
	v.t.Helper()
	p, err := preset.Personalisation(v.clock.now())
	v.do("make card", err)
	if p.Holder.Document.Type == "ID" {
		v.citizens++
		p.Holder.Personal.PersonalNumber = personalNumber(v.citizens)
	}
	v.cardDir = filepath.Join(v.t.TempDir(), "card")
	c, err := virtual.Create(v.cardDir, p, issuer, v.clock.now())
	v.do("make card", err)
	v.write(v.set.Token.PUKFile, fmt.Appendf(nil, "ID%s %s\n", p.Holder.Document.RegNo, p.PUK))
	return c
}

// personalNumber is the nth good JMBG of men born on 06.05.1904 in Belgrade.
func personalNumber(n int) string {
	digits := fmt.Sprintf("060590471%03d", n)
	sum := 0
	for i, weight := range []int{7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += weight * int(digits[i]-'0')
	}
	return digits + strconv.Itoa((11-sum%11)%11%10)
}

func (v *visit) write(path string, data []byte) {
	v.t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// enrol goes the way of the administrator: files out, files in.
func (v *visit) enrol(dir string) {
	v.t.Helper()
	request, response := filepath.Join(dir, "request.json"), filepath.Join(dir, "response.json")
	if err := enrolRequest(v.ctx, v.set, request); err != nil {
		v.t.Fatal(err)
	}
	text, err := os.ReadFile(request)
	if err != nil {
		v.t.Fatal(err)
	}
	var r ca.EnrolmentRequest
	if err := json.Unmarshal(text, &r); err != nil {
		v.t.Fatal(err)
	}
	answer, err := v.server.Authority.SignWorkstation(v.ctx, r)
	if err != nil {
		v.t.Fatal(err)
	}
	if text, err = json.Marshal(answer); err != nil {
		v.t.Fatal(err)
	}
	v.write(response, text)
	if err := enrolAccept(v.set, response, io.Discard); err != nil {
		v.t.Fatal(err)
	}
}

// open starts the counter, as the program does, and signs the clerk in.
func (v *visit) open() {
	v.t.Helper()
	v.start()
	v.do("sign in", v.signIn())
}

func (v *visit) signIn() error { return v.c.engine.SignIn(v.ctx, []byte("demo")) }

func (v *visit) start() {
	v.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c, err := joinCounter(ctx, v.set, v.seams)
	if err != nil {
		cancel()
		v.t.Fatal(err)
	}
	v.c, v.more = c, make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.engine.Run(ctx); err != nil && !errors.Is(err, errCrash) {
			v.t.Errorf("run: %v", err)
		}
	})
	running.Go(func() { c.engine.Subscribe(ctx, v.follow) })
	v.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := c.Close(); err != nil {
			v.t.Errorf("close: %v", err)
		}
	})
}

func (v *visit) close() {
	if v.stop != nil {
		v.stop()
	}
}

func (v *visit) follow(s procedure.Snapshot) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = s
	close(v.more)
	v.more = make(chan struct{})
}

// await returns the first snapshot that is as wanted.
func (v *visit) await(what string, is func(procedure.Snapshot) bool) procedure.Snapshot {
	v.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		v.mu.Lock()
		s, more := v.last, v.more
		v.mu.Unlock()
		if is(s) {
			return s
		}
		select {
		case <-more:
		case <-deadline:
			v.t.Fatalf("waiting for %s: %s", what, describe(s))
		}
	}
}

func describe(s procedure.Snapshot) string {
	out := fmt.Sprintf("reader %d problem %v sync %+v stop %v", s.Reader.State, s.Reader.Problem, s.Sync, s.Stop)
	if c := s.Case; c != nil {
		out += fmt.Sprintf("\ncase in %s waits for %q, problem %v, steps %+v", c.Phase, c.WaitsFor, c.Problem, c.Steps)
	}
	return out
}

func (v *visit) do(what string, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

func inPhase(p procedure.Phase) func(procedure.Snapshot) bool {
	return func(s procedure.Snapshot) bool { return s.Case != nil && s.Case.Phase == p }
}

// wish is what a citizen comes for, and the PINs that he types.
type wish struct {
	answers procedure.PersonAnswers
	pin     string // his PIN
	newPIN  string // the one that he chooses, if he is asked to
}

// The wishes of citizens.
var (
	knowsPIN         = procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes}
	wantsCertificate = wish{answers: knowsPIN, pin: virtual.PresetPIN}
)

// The answers of a clerk whose citizen came with everything in order.
var (
	allSigned = procedure.PaperTicks{
		RequestSigned: true, TermsSigned: true, ContractSigned: true, ContractSealed: true,
		UnblockSigned: true, UnblockReceived: true, StatusSigned: true, StatusReceived: true,
	}
	wantsEmail = procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ana@example.rs", Again: "ana@example.rs"}
	allGiven   = procedure.HandOverTicks{CardReturned: true, CitizenPapers: true, Archived: true}
)

// toPIN takes the case from the inserted card to the citizen's page.
func (v *visit) toPIN() {
	v.t.Helper()
	d := v.c.engine
	v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil && s.Reader.Verdict.Eligible })
	v.do("open case", d.OpenCase(v.ctx))
	v.do("confirm person", d.ConfirmPerson(v.ctx, knowsPIN))
	v.printPapers()
	v.do("confirm papers", d.ConfirmPapers(v.ctx, allSigned))
	v.do("set e-mail", d.SetEmail(v.ctx, wantsEmail))
	v.await("the preview", func(s procedure.Snapshot) bool { return inPhase(procedure.PhaseContent)(s) && s.Case.Preview != nil })
	v.do("confirm content", d.ConfirmContent(v.ctx))
	v.do("begin PIN", d.BeginPIN(v.ctx))
}

func (v *visit) printPapers() {
	v.t.Helper()
	v.do("print papers", v.tryPapers())
}

func (v *visit) tryPapers() error {
	d := v.c.engine
	data, err := d.PaperData(v.ctx)
	if err != nil {
		return err
	}
	job, err := v.c.papers.render(data)
	if err != nil {
		return err
	}
	if err := d.RecordPapers(v.ctx, job.Records()); err != nil {
		return err
	}
	return d.RecordPrinted(v.ctx, "papers", v.c.printer.Print(v.ctx, "papers", job.PDF))
}

func (v *visit) enterPIN(pin string) error { return v.c.engine.EnterPIN(v.ctx, []byte(pin)) }

func (v *visit) enterNewPIN(pin string) error {
	return v.c.engine.EnterNewPIN(v.ctx, []byte(pin), []byte(pin), false)
}

// finish takes the case from the finished card work to its end.
func (v *visit) finish() procedure.CaseView {
	v.t.Helper()
	s := v.await("the hand-over", inPhase(procedure.PhaseHandOver))
	v.printPapers()
	v.do("hand over", v.c.engine.ConfirmHandOver(v.ctx, allGiven))
	v.await("the sync", func(s procedure.Snapshot) bool { return s.Sync.Total > 0 && s.Sync.Acked == s.Sync.Total })
	return *s.Case
}

// checkOne makes sure that exactly one certificate exists: active at the
// authority, on the chip, the one of the case.
func (v *visit) checkOne(c procedure.CaseView) {
	v.t.Helper()
	list, err := v.server.Authority.Certificates(v.ctx, 0)
	v.do("list certificates", err)
	if len(list) != 1 || list[0].Status != "active" {
		v.t.Errorf("authority has %+v, want one active certificate", list)
	}
	chip, err := v.c.readers.ReadChip(v.ctx, v.reader.Name())
	v.do("read chip", err)
	n := 0
	for _, crt := range chip.Certificates {
		if string(crt.DER) == string(c.Result.DER) {
			n++
		}
	}
	if n != 1 {
		v.t.Errorf("certificate is on the chip %d times, want once", n)
	}
}
