package procedure

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Config joins the engine to the world. Every field without a default is
// needed.
type Config struct {
	Cards     Cards
	Authority Authority
	Journal   Journal
	Keyring   Keyring

	// Archive, Search and Checkup are for the pages beside the procedure; what
	// is nil is refused there with CodeSetup.
	Archive Archive
	Search  CaseSearcher
	Checkup Checkup

	Counter  string // office and number, for instance BG-017-03
	Office   string // as printed
	Version  string // of the program, for the journal
	Trust    string // SHA-256 of the trust bundle, hex, for the journal
	Demo     bool
	Settings Settings
	File     []Setting // every entry of the settings file; changes are recorded

	// Now is the wall clock; nil means time.Now.
	Now func() time.Time
	// Mono is a clock that is never set, from any start; nil means the
	// monotonic clock of the process.
	Mono func() time.Duration
	// Crash names the last record of a run that ended by a defect, however long
	// ago; the first start after it says it. Empty: there is none.
	Crash string
	// Go runs f on a goroutine of its own, and is told when f panics; nil
	// means a plain one.
	Go func(f func())
	// Pause waits between two tries within one run of the work; nil means a
	// timer. It returns early when ctx ends.
	Pause func(ctx context.Context, d time.Duration)
}

// Engine carries the procedure out. It implements Desk.
//
// Locks, in the order in which they are taken: op, then jmu, then mu. Effects
// on card and authority run under op alone, so that the screens stay alive.
type Engine struct {
	cfg Config

	// op is held by the one method or background run that moves the current
	// case. A run in the background holds it to its end.
	op chan struct{}
	// jmu is held over every append and replay, so that events are stamped
	// and folded in the order in which they are stored.
	jmu sync.Mutex
	// smu is held over a sync.
	smu sync.Mutex

	nudge   chan struct{}  // wakes Run: timers or duties changed
	running sync.WaitGroup // holders of op and background work; Run waits for them
	spawn   func(func())   // starts background work; tests run it inline

	mu      sync.Mutex // guards what follows
	life    context.Context
	ended   bool  // Run is over: nothing begins any more
	book    *book // nil: the journal has not been read yet
	stale   bool  // an append failed and the journal could not be read since
	run     int64
	records map[CaseID]record // of cases that have not ended
	unread  *Error            // why the record of one of them could not be opened
	clerk   Clerk
	reader  readerState
	cur     *current      // nil: home page
	working bool          // a background run is at work
	told    time.Duration // when the authority last told its time, on the monotonic clock
	missed  bool          // goOn was called while somebody had op
	busy    string
	stop    *Error
	backoff backoff // of the background sync
	subs    map[*subscriber]bool
}

// current is what the engine remembers of the case on the screen beyond what
// the journal holds. Losing it costs a question, never a truth.
type current struct {
	id       CaseID
	record   record
	email    string
	preview  *Preview
	pin      PINView
	problem  *Error
	request  AuthorityFacts
	answered int // the attempt of which every sending so far was answered; 0: perhaps none
	result   *ResultView
	papers   []PaperRecord // with their hashes, as far as they can be opened
	stamp    *paperStamp   // of the papers that were made last and are not recorded yet
	document string        // the other identity document of somebody without his card
	signed   StatusAnswers // the change of status that a supervisor signed last
	// register is the authority's list of the person's certificates.
	register []CertificateFact
	retry    backoff // of the authority
}

// New checks the configuration. The journal is first read by Run, or by the
// first method that needs it.
func New(c Config) (*Engine, error) {
	if c.Cards == nil || c.Authority == nil || c.Journal == nil || c.Keyring == nil {
		return nil, errors.New("new engine: cards, authority, journal and keyring are needed")
	}
	if c.Counter == "" || c.Office == "" {
		return nil, errors.New("new engine: counter and office are needed")
	}
	if len(c.Settings.DocTypes) == 0 || c.Settings.MaxCertificate == 0 {
		return nil, errors.New("new engine: settings are needed; begin with DefaultSettings")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Mono == nil {
		start := time.Now()
		c.Mono = func() time.Duration { return time.Since(start) }
	}
	if c.Pause == nil {
		c.Pause = pause
	}
	if c.Go == nil {
		c.Go = func(f func()) { go f() }
	}
	e := &Engine{
		cfg: c, op: make(chan struct{}, 1), nudge: make(chan struct{}, 1),
		records: map[CaseID]record{}, subs: map[*subscriber]bool{},
	}
	e.spawn = func(f func()) {
		e.running.Add(1)
		c.Go(func() { defer e.running.Done(); f() })
	}
	return e, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Run replays the journal, watches the readers, repeats what the authority
// could not answer, and syncs, until ctx ends; then it waits for the work in
// progress, which stops at the next border between two steps. It returns an
// error only if the journal cannot be used at all.
func (e *Engine) Run(ctx context.Context) error {
	defer e.end()
	if err := e.load(ctx); err != nil {
		e.update(func() { e.stop = journalError("replay", err) }) // nobody watches the readers
		return err
	}
	e.mu.Lock()
	e.life = ctx
	e.mu.Unlock()
	cards := e.cfg.Cards.Events(ctx)
	e.wakeSync(0)
	for {
		timer := time.NewTimer(e.untilDuty())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case ev, ok := <-cards:
			if !ok {
				cards = nil // the watcher ended; ctx follows
				continue
			}
			e.onCard(ctx, ev)
		case <-e.nudge:
		case <-timer.C:
			e.duties(ctx)
		}
		timer.Stop()
	}
}

// end lets nothing begin any more and waits for what has begun.
func (e *Engine) end() {
	e.mu.Lock()
	e.ended = true
	e.mu.Unlock()
	e.running.Wait()
}

// begin counts something among what Run waits for; false after its end.
func (e *Engine) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ended {
		e.running.Add(1)
	}
	return !e.ended
}

// enter takes the right to move the current case. It refuses while a run in
// the background has it, because that may take long, and waits for others.
func (e *Engine) enter(ctx context.Context, method string) (leave func(), err error) {
	if err := e.load(ctx); err != nil {
		return nil, err
	}
	e.mu.Lock()
	stop, working := e.stop, e.working
	e.mu.Unlock()
	if stop != nil {
		return nil, stop
	}
	if working {
		return nil, &Error{Code: CodeNotNow, Detail: "work in progress"}
	}
	select {
	case e.op <- struct{}{}:
	case <-ctx.Done():
		return nil, &Error{Code: CodeNotNow, Detail: method, Err: ctx.Err()}
	}
	if !e.begin() {
		<-e.op
		return nil, &Error{Code: CodeNotNow, Detail: "the program ends"}
	}
	e.update(func() { e.busy = method })
	return func() {
		e.update(func() { e.busy = "" })
		e.release()
	}, nil
}

// background runs the work with the right to move the current case, which the
// caller holds and gives away; session may be nil. It ends with the program.
func (e *Engine) background(session Session) {
	ctx := context.Background() // without Run there is nothing to end with
	e.update(func() {
		if e.life != nil {
			ctx = e.life
		}
		e.working, e.busy = true, ""
		if session != nil {
			e.cur.pin, e.cur.problem = PINView{}, nil
		}
	})
	e.spawn(func() {
		defer func() {
			e.update(func() { e.working = false })
			e.release()
			e.wake()
		}()
		e.work(ctx, session)
	})
}

// release gives op back, and makes up for a goOn that came in the meantime.
func (e *Engine) release() {
	e.mu.Lock()
	missed := e.missed
	e.missed = false
	e.mu.Unlock()
	<-e.op
	e.running.Done()
	if missed {
		e.goOn()
	}
}

// wake makes Run look at its duties again.
func (e *Engine) wake() {
	select {
	case e.nudge <- struct{}{}:
	default:
	}
}

// SignIn opens the clerk's key.
func (e *Engine) SignIn(ctx context.Context, password []byte) error {
	leave, err := e.enter(ctx, "SignIn")
	if err != nil {
		return err
	}
	defer leave()
	clerk, err := e.cfg.Keyring.SignIn(ctx, password)
	if err != nil {
		return asError(CodeSignIn, "sign in", err)
	}
	e.update(func() { e.clerk = clerk })
	if err := e.commit(ctx, draft{kind: KindClerkSignedIn, body: ClerkSigned{clerk.Person().Fingerprint}}); err != nil {
		e.forgetClerk()
		return err
	}
	return nil
}

// Unlock checks the clerk's password. It needs no right to move the case, so
// that a locked screen can be opened while the chip is at work.
func (e *Engine) Unlock(ctx context.Context, password []byte) error {
	if e.signedIn() == nil {
		return &Error{Code: CodeSignedOut}
	}
	if err := e.cfg.Keyring.Unlock(ctx, password); err != nil {
		return asError(CodeSignIn, "unlock", err)
	}
	return nil
}

// SignOut forgets the clerk's key. The current case is parked first.
func (e *Engine) SignOut(ctx context.Context) error {
	leave, err := e.enter(ctx, "SignOut")
	if err != nil {
		return err
	}
	defer leave()
	clerk := e.signedIn()
	if clerk == nil {
		return nil
	}
	if err := e.park(ctx); err != nil {
		return err
	}
	if err := e.commit(ctx, draft{kind: KindClerkSignedOut, body: ClerkSigned{clerk.Person().Fingerprint}}); err != nil {
		return err
	}
	e.forgetClerk()
	return nil
}

func (e *Engine) forgetClerk() {
	e.cfg.Keyring.SignOut()
	e.update(func() { e.clerk = nil })
}

func (e *Engine) signedIn() Clerk {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.clerk
}

// asError gives err as an *Error: its own if it is one, else under code.
func asError(code Code, doing string, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Code: code, Detail: doing, Err: err}
}

func journalError(doing string, err error) *Error { return asError(CodeJournal, doing, err) }
