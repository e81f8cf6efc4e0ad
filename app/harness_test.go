package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"salter/app/forms"
	"salter/app/procedure"
)

// scriptedDesk answers every call from the fields that a test sets, and notes
// the calls. next, if set for a method, changes the snapshot after a call
// that went well.
type scriptedDesk struct {
	snapshot procedure.Snapshot
	listener func(procedure.Snapshot)
	calls    []string
	fail     map[string]error
	next     map[string]func(*procedure.Snapshot)
	pin      []byte // a copy of the digits of the last EnterPIN
	lent     []byte // the very buffer of the last EnterPIN
	email    procedure.EmailAnswer
	person   procedure.PersonAnswers
	papers   procedure.PaperTicks
	ending   procedure.HandOverTicks
	refusal  procedure.Code
	left     []procedure.PINEnd
	again    []byte // a copy of the second digits of the last EnterNewPIN
	weak     bool
	query    procedure.StatusSearch
	override procedure.OverrideRequest
	password string // of the last Override
	brought  []procedure.BroughtForm
	sheet    procedure.DaySheet // the answer of DaySheet
	archive  archived
}

// archived are the answers of the pages beside the procedure.
type archived struct {
	places   []int64
	search   procedure.CaseSearch
	row      func(place int64) procedure.CaseRow
	history  procedure.CaseHistory
	remote   procedure.RemoteCases
	unsent   procedure.UnsentList
	file     procedure.HandedOverFile
	copied   procedure.JournalCopy
	findings []procedure.Finding
}

func (d *scriptedDesk) call(name string) error {
	d.calls = append(d.calls, name)
	if err := d.fail[name]; err != nil {
		return err
	}
	if f := d.next[name]; f != nil {
		f(&d.snapshot)
		d.publish()
	}
	return nil
}

func (d *scriptedDesk) publish() {
	if d.listener != nil {
		s := d.snapshot
		if s.Case != nil {
			c := *s.Case
			s.Case = &c
		}
		d.listener(s)
	}
}

func (d *scriptedDesk) Subscribe(_ context.Context, f func(procedure.Snapshot)) {
	d.listener = f
	d.publish()
}
func (d *scriptedDesk) SignIn(_ context.Context, password []byte) error {
	return d.call("SignIn " + string(password))
}
func (d *scriptedDesk) Unlock(_ context.Context, password []byte) error {
	return d.call("Unlock " + string(password))
}
func (d *scriptedDesk) SignOut(context.Context) error  { return d.call("SignOut") }
func (d *scriptedDesk) OpenCase(context.Context) error { return d.call("OpenCase") }
func (d *scriptedDesk) ResumeCase(_ context.Context, id procedure.CaseID) error {
	return d.call("ResumeCase " + string(id))
}
func (d *scriptedDesk) ParkCase(context.Context) error { return d.call("ParkCase") }
func (d *scriptedDesk) RefuseCase(_ context.Context, c procedure.Code) error {
	d.refusal = c
	return d.call("RefuseCase")
}
func (d *scriptedDesk) ConfirmPerson(_ context.Context, a procedure.PersonAnswers) error {
	d.person = a
	return d.call("ConfirmPerson")
}
func (d *scriptedDesk) PaperData(context.Context) (procedure.PaperData, error) {
	return procedure.PaperData{CaseNumber: "BG-017-03-2026-000123"}, d.call("PaperData")
}
func (d *scriptedDesk) RecordPapers(context.Context, []procedure.PaperRecord) error {
	return d.call("RecordPapers")
}
func (d *scriptedDesk) RecordPrinted(_ context.Context, job string, err error) error {
	if err != nil {
		job += " failed"
	}
	return d.call("RecordPrinted " + job)
}
func (d *scriptedDesk) ReprintData(_ context.Context, id procedure.CaseID, job int) (procedure.PaperData, error) {
	return procedure.PaperData{CaseNumber: string(id)}, d.call(fmt.Sprintf("ReprintData %s %d", id, job))
}
func (d *scriptedDesk) RecordReprint(_ context.Context, id procedure.CaseID, job int, _ []procedure.PaperRecord) error {
	return d.call(fmt.Sprintf("RecordReprint %s %d", id, job))
}
func (d *scriptedDesk) RecordReprinted(_ context.Context, id procedure.CaseID, job int, err error) error {
	if err != nil {
		return d.call(fmt.Sprintf("RecordReprinted %s %d failed", id, job))
	}
	return d.call(fmt.Sprintf("RecordReprinted %s %d", id, job))
}
func (d *scriptedDesk) ConfirmPapers(_ context.Context, t procedure.PaperTicks) error {
	d.papers = t
	return d.call("ConfirmPapers")
}
func (d *scriptedDesk) SetEmail(_ context.Context, a procedure.EmailAnswer) error {
	d.email = a
	return d.call("SetEmail")
}
func (d *scriptedDesk) ConfirmContent(context.Context) error { return d.call("ConfirmContent") }
func (d *scriptedDesk) GoBack(_ context.Context, to procedure.Phase) error {
	return d.call("GoBack " + string(to))
}
func (d *scriptedDesk) BeginPIN(context.Context) error { return d.call("BeginPIN") }
func (d *scriptedDesk) EnterPIN(_ context.Context, pin []byte) error {
	d.pin, d.lent = slices.Clone(pin), pin
	return d.call("EnterPIN")
}
func (d *scriptedDesk) OpenWithoutCard(_ context.Context, q procedure.StatusSearch) error {
	d.query = q
	return d.call("OpenWithoutCard")
}

func (d *scriptedDesk) RefuseCard(_ context.Context, reason procedure.Code) error {
	d.refusal = reason
	return d.call("RefuseCard")
}

func (d *scriptedDesk) AskAgain(context.Context) error { return d.call("AskAgain") }

func (d *scriptedDesk) Override(_ context.Context, password []byte, o procedure.OverrideRequest) error {
	d.override, d.password = o, string(password)
	return d.call("Override")
}

func (d *scriptedDesk) RecordBrought(_ context.Context, forms []procedure.BroughtForm) error {
	d.brought = forms
	return d.call("RecordBrought")
}

func (d *scriptedDesk) EnterNewPIN(_ context.Context, pin, again []byte, weak bool) error {
	d.pin, d.again, d.weak = slices.Clone(pin), slices.Clone(again), weak
	return d.call("EnterNewPIN")
}

func (d *scriptedDesk) SkipRetire(context.Context) error { return d.call("SkipRetire") }

func (d *scriptedDesk) DaySheet(_ context.Context, day procedure.Date) (procedure.DaySheet, error) {
	return d.sheet, d.call("DaySheet " + day.String())
}

func (d *scriptedDesk) LeavePIN(_ context.Context, why procedure.PINEnd) error {
	d.left = append(d.left, why)
	return d.call("LeavePIN")
}
func (d *scriptedDesk) Continue(context.Context) error { return d.call("Continue") }
func (d *scriptedDesk) ConfirmHandOver(_ context.Context, t procedure.HandOverTicks) error {
	d.ending = t
	return d.call("ConfirmHandOver")
}
func (d *scriptedDesk) EnterPINOnPad(context.Context) error { return d.call("EnterPINOnPad") }
func (d *scriptedDesk) OperatorConfirms(_ context.Context, reference string) error {
	return d.call("OperatorConfirms " + reference)
}
func (d *scriptedDesk) SyncNow(context.Context) error { return d.call("SyncNow") }

func (d *scriptedDesk) FindCases(_ context.Context, q procedure.CaseQuery) (procedure.CaseList, error) {
	err := d.call("FindCases " + q.Typed + "/" + string(q.Filter))
	return procedure.CaseList{Places: d.archive.places, Search: d.archive.search}, err
}

func (d *scriptedDesk) CaseRows(_ context.Context, places []int64) ([]procedure.CaseRow, error) {
	var rows []procedure.CaseRow
	for _, p := range places {
		rows = append(rows, d.archive.row(p))
	}
	return rows, d.fail["CaseRows"]
}

func (d *scriptedDesk) CaseHistory(_ context.Context, id procedure.CaseID) (procedure.CaseHistory, error) {
	return d.archive.history, d.call("CaseHistory " + string(id))
}

func (d *scriptedDesk) SearchAuthority(_ context.Context, typed string) (procedure.RemoteCases, error) {
	return d.archive.remote, d.call("SearchAuthority " + typed)
}

func (d *scriptedDesk) Unsent(context.Context) (procedure.UnsentList, error) {
	return d.archive.unsent, d.call("Unsent")
}

func (d *scriptedDesk) HandOverJournal(context.Context) (procedure.HandedOverFile, error) {
	return d.archive.file, d.call("HandOverJournal")
}

func (d *scriptedDesk) CopyJournal(context.Context) (procedure.JournalCopy, error) {
	return d.archive.copied, d.call("CopyJournal")
}

func (d *scriptedDesk) SelfTest(_ context.Context, tell func(procedure.Finding)) error {
	for _, f := range d.archive.findings {
		tell(f)
	}
	return d.call("SelfTest")
}

// TestMain runs all tests in one windowless app: each new one would read the
// typefaces again.
func TestMain(m *testing.M) {
	test.NewApp().Settings().SetTheme(NewTheme(Look{}))
	os.Exit(m.Run())
}

// setTheme gives the app of the tests a theme, if it is another one: Fyne
// reads its typefaces again each time.
func setTheme(t fyne.Theme) {
	if s := fyne.CurrentApp().Settings(); s.Theme() != t {
		s.SetTheme(t)
	}
}

// counter is the App under test with everything around it.
type counter struct {
	t      testing.TB
	app    *App
	desk   *scriptedDesk
	window fyne.Window
	now    time.Time
	buf    []byte
	jobs   [][]byte
	broken error  // what the printer answers
	drawn  []int  // the pages that the preview drew
	ready  []bool // the preview was made ready, or released
	blind  error  // what the preview answers
	queue  []func()
	held   bool // background calls wait until release
}

// Print is the printer of the counter.
func (c *counter) Print(_ context.Context, _ string, pdf []byte) error {
	if c.broken == nil {
		c.jobs = append(c.jobs, pdf)
	}
	return c.broken
}

// somePrinters are the printers of a counter; the first is the settings'.
type somePrinters struct {
	list []string
	now  string
	kept error // what Choose answers
}

func (p *somePrinters) List(context.Context) []string { return p.list }

func (p *somePrinters) Name() string { return p.now }

func (p *somePrinters) Choose(name string) error { p.now = name; return p.kept }

// Warm, Close and Draw are the preview of the counter: grey lines on white.
func (c *counter) Warm() error { c.ready = append(c.ready, true); return nil }

func (c *counter) Close() error { c.ready = append(c.ready, false); return nil }

func (c *counter) Draw(_ context.Context, pdf []byte, page, width int) (image.Image, int, error) {
	if c.blind != nil {
		return nil, 0, c.blind
	}
	c.drawn = append(c.drawn, page)
	img := image.NewGray(image.Rect(0, 0, width, width*1414/1000))
	for i := range img.Pix {
		img.Pix[i] = 255
		if y := i / img.Stride; y > 60 && y%24 < 8 && i%img.Stride > 60 && i%img.Stride < width-60 {
			img.Pix[i] = 140
		}
	}
	return img, 3, nil
}

var (
	small = fyne.NewSize(1024, 700)
	usual = fyne.NewSize(1366, 768)
)

// open shows the snapshot in a window of the given size.
func open(t testing.TB, s procedure.Snapshot, size fyne.Size) *counter {
	t.Helper()
	return openAs(t, s, size, Look{})
}

// openAs shows it in a look.
func openAs(t testing.TB, s procedure.Snapshot, size fyne.Size, look Look) *counter {
	t.Helper()
	c := &counter{t: t, desk: &scriptedDesk{snapshot: s, fail: map[string]error{}, next: map[string]func(*procedure.Snapshot){}}, now: noon, buf: make([]byte, pinMax)}
	c.window = fyne.CurrentApp().NewWindow("")
	t.Cleanup(c.window.Close)
	var err error
	c.app, err = New(Config{
		Desk: c.desk, Window: c.window, Printer: c, Preview: c, Zone: time.UTC, PIN: c.buf, DigitsInOrder: true, Erases: true,
		Render: func(d procedure.PaperData) (forms.Job, error) {
			return forms.Job{PDF: []byte("%PDF " + d.CaseNumber)}, nil
		},
		Now:  func() time.Time { return c.now },
		Go:   c.run,
		Post: func(f func()) { f() },

		Version: "1.2", Look: look,
		SetTheme: func(t fyne.Theme) {
			if c.app != nil || roomFor(size) == 1 { // else it changes with the size, at once
				setTheme(t)
			}
		},
	})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	c.window.Resize(size)
	c.app.follow(t.Context())
	c.window.Resize(size)
	return c
}

func (c *counter) run(f func()) {
	if c.held {
		c.queue = append(c.queue, f)
		return
	}
	f()
}

// release runs what was held back.
func (c *counter) release() {
	for c.held = false; len(c.queue) > 0; {
		f := c.queue[0]
		c.queue = c.queue[1:]
		f()
	}
}

// set changes the snapshot as the core would.
func (c *counter) set(f func(*procedure.Snapshot)) {
	f(&c.desk.snapshot)
	c.desk.publish()
}

// press is one key pressed and let go; runes are typed with it as a real
// keyboard does.
func (c *counter) press(names ...fyne.KeyName) {
	for _, name := range names {
		if name == fyne.KeyTab {
			c.window.Canvas().FocusNext()
			continue
		}
		e := &fyne.KeyEvent{Name: name}
		f := c.window.Canvas().Focused()
		if f == nil {
			c.app.keys.down(name)
			c.window.Canvas().OnTypedKey()(e)
			continue
		}
		if k, ok := f.(desktop.Keyable); ok {
			k.KeyDown(e)
		}
		f.TypedKey(e)
		if name == fyne.KeySpace {
			if f := c.window.Canvas().Focused(); f != nil {
				f.TypedRune(' ')
			}
		}
		if k, ok := c.window.Canvas().Focused().(desktop.Keyable); ok {
			k.KeyUp(e)
		}
	}
}

// hold is the repetition of a key that is not let go.
func (c *counter) hold(name fyne.KeyName) {
	if f := c.window.Canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

func (c *counter) typed(s string) {
	for _, r := range s {
		if f := c.window.Canvas().Focused(); f != nil {
			f.TypedRune(r)
		} else {
			c.window.Canvas().OnTypedRune()(r)
		}
	}
}

func (c *counter) wantScreen(s screen) {
	c.t.Helper()
	if got := c.app.page.screen; got != s {
		c.t.Fatalf("page %q is up, want %q", got, s)
	}
	if got, want := c.window.Title(), c.app.title(s); got != want {
		c.t.Errorf("window title %q, want %q", got, want)
	}
}

func (c *counter) wantCalls(want ...string) {
	c.t.Helper()
	if !slices.Equal(c.desk.calls, want) {
		c.t.Errorf("desk was asked %q, want %q", c.desk.calls, want)
	}
}

func (c *counter) wantFocus(name string) {
	c.t.Helper()
	if got := c.app.page.focused(); got != name {
		c.t.Errorf("focus is on %q, want %q", got, name)
	}
}

func (c *counter) wantWiped() {
	c.t.Helper()
	if !bytes.Equal(c.buf, make([]byte, pinMax)) {
		c.t.Errorf("the PIN buffer holds %d digits, want it wiped", c.app.pad.n)
	}
}

// passport is a grey portrait as the chip holds it, drawn once.
var passport = sync.OnceValue(func() []byte {
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for y := range 320 {
		for x := range 240 {
			v := uint8(225 - y/10)
			dx, dy := float64(x-120), float64(y-130)
			switch {
			case dx*dx/(70*70)+dy*dy/(90*90) < 1:
				v = 178
			case dx*dx/(84*84)+(dy+14)*(dy+14)/(102*102) < 1:
				v = 70
			case y > 232 && dx*dx/(115*115)+float64(y-330)*float64(y-330)/(100*100) < 1:
				v = 96
			}
			img.SetGray(x, y, color.Gray{Y: v})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
})

// jobOf is a print job of some papers.
func jobOf(kinds ...procedure.PaperKind) procedure.PaperJob {
	j := procedure.PaperJob{Number: 1, At: noon.Add(-3 * time.Minute), Clerk: "4711"}
	for _, k := range kinds {
		copies := 1
		if k == procedure.PaperTerms || k == procedure.PaperContract {
			copies = 2
		}
		j.Papers = append(j.Papers, procedure.PaperRecord{Kind: k, Copies: copies, Version: "1.0", Script: "sr-Cyrl"})
		j.Printed += copies
	}
	return j
}

var noon = time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC)

func anIdentity() procedure.Identity {
	return procedure.Identity{
		Reader: "Reader 0", Insertion: 1, DocType: procedure.DocTypeID, CardNumber: "004217633", DocSerial: "1234567890",
		IssuedBy: "ПУ ЗА ГРАД БЕОГРАД", IssuedOn: procedure.Date{Year: 2021, Month: 3, Day: 4}, ValidUntil: procedure.Date{Year: 2031, Month: 3, Day: 4},
		PersonalNumber: "0101900715006", Surname: "ПЕТРОВИЋ", GivenName: "АНА", ParentName: "МИЛАН", Sex: "Ž",
		BirthDate: procedure.Date{Year: 1900, Month: 1, Day: 1}, Authenticity: procedure.Genuine,
	}
}

// atHome is the home page with a good card in the reader.
func atHome() procedure.Snapshot {
	id := anIdentity()
	return procedure.Snapshot{
		Demo: true, Counter: "BG-017-03", Office: "ПС Звездара, Београд",
		Clerk: &procedure.ClerkPerson{Number: "4711", Name: "Марковић Јелена"},
		Reader: procedure.ReaderView{
			State: procedure.ReaderCard, Identity: &id, Portrait: passport(),
			Chip: &procedure.Chip{Present: true, Serial: "A1", Tries: 3}, Verdict: &procedure.Eligibility{Eligible: true},
		},
		Today: procedure.DayCounts{Issued: 7, Refused: 1, Open: 2},
		Sync:  procedure.SyncState{Total: 214, Acked: 214, LastSuccess: noon.Add(-3 * time.Minute)},
	}
}

// inCase is a case in the given phase, as far as it would then be filled.
func inCase(p procedure.Phase) procedure.Snapshot {
	s := atHome()
	c := &procedure.CaseView{
		ID: "0199d3a0-0000-7000-8000-000000000001", Number: "BG-017-03-2026-000123", Action: procedure.ActionIssue, Phase: p,
		Opened: noon.Add(-4 * time.Minute), Identity: anIdentity(), Portrait: passport(),
		Chip: procedure.Chip{Present: true, Serial: "A1", Tries: 3}, Verdict: procedure.Eligibility{Eligible: true}, SameCard: true,
		Contract: procedure.ContractRef{Number: "U-BG-017-03-2026-000088", Date: procedure.Date{Year: 2026, Month: 10, Day: 12}},
		PIN:      procedure.PINView{Mode: procedure.PINEnter, Tries: 3}, WaitsFor: procedure.WaitsForClerk,
		Facts:        &procedure.Facts{Certificate: procedure.CertNone, Contract: procedure.ContractNone, Authority: true, Asked: noon},
		Proposal:     procedure.Proposal{Action: procedure.ActionIssue, Reason: procedure.ReasonNoCertificate},
		HandOverAsks: []string{procedure.FieldCardReturned, procedure.FieldCitizenPapers, procedure.FieldArchived},
	}
	if p == procedure.PhasePerson {
		c.Action = "" // not chosen yet
	}
	s.Case = c
	at := slices.Index([]procedure.Phase{procedure.PhasePerson, procedure.PhasePapers, procedure.PhaseEmail, procedure.PhaseContent, procedure.PhasePIN, procedure.PhaseWork, procedure.PhaseHandOver, procedure.PhaseClosed}, p)
	if at > 0 {
		c.Person = procedure.PersonAnswers{Face: procedure.Yes, KnowsPIN: procedure.Yes}
	}
	if at > 1 {
		c.Printed, c.Copies = true, 5
		c.Papers = jobOf(procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract).Papers
		c.Ticks = procedure.PaperTicks{RequestSigned: true, TermsSigned: true, ContractSigned: true, ContractSealed: true}
	}
	if at > 2 {
		c.Email = procedure.EmailAnswer{Wanted: procedure.Yes, Address: "ana.petrovic@primer.rs"}
		c.Preview = &procedure.Preview{
			Issuer: "MUP Gradjani CA 4", CommonName: "ПЕТРОВИЋ АНА 004217633 Sign", GivenName: "АНА", Surname: "ПЕТРОВИЋ",
			SerialNumber: "PNORS-0101900715006 CA:RS-004217633", Country: "RS", Email: "ana.petrovic@primer.rs",
			NotBefore: noon, NotAfter: time.Date(2031, 3, 4, 23, 0, 0, 0, time.UTC), CardCapped: true,
		}
	}
	if at == 5 {
		c.WaitsFor = procedure.WaitsForNothing
		c.Steps = steps(procedure.StepKey, procedure.StepNow)
	}
	if at > 6 {
		c.Papers, c.Copies = append(c.Papers, jobOf(procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel).Papers...), 8
	}
	if at > 5 {
		c.Steps = steps("", "")
		sum := sha256.Sum256([]byte("certificate"))
		c.Result = &procedure.ResultView{
			CommonName: "ПЕТРОВИЋ АНА 004217633 Sign", Issuer: "MUP Gradjani CA 4", Serial: "4A0011C2D97F30B6", NotBefore: noon,
			NotAfter: time.Date(2031, 3, 4, 23, 0, 0, 0, time.UTC), DER: sum[:], Active: true, Others: 1,
		}
	}
	return s
}

// renewing turns a case into a renewal on a card with an expired certificate.
func renewing(s procedure.Snapshot) procedure.Snapshot {
	c := s.Case
	c.Facts = &procedure.Facts{
		Certificate: procedure.CertExpired, OnChip: true, Contract: procedure.ContractValid, Authority: true, Asked: noon,
		Serial: oldSerial, NotAfter: noon.AddDate(0, 0, -9), Register: []procedure.CertificateFact{aCertificate(procedure.CertExpired)},
		ContractRef: procedure.ContractRef{Number: "U-BG-017-03-2021-000031", Date: procedure.Date{Year: 2021, Month: 10, Day: 1}},
	}
	c.Proposal = procedure.Proposal{Action: procedure.ActionRenew, Reason: procedure.ReasonContractValid}
	c.HandOverAsks = []string{procedure.FieldCardReturned, procedure.FieldArchived}
	if c.Phase != procedure.PhasePerson {
		c.Action, c.Contract = procedure.ActionRenew, c.Facts.ContractRef
	}
	return s
}

const oldSerial = "3f00b7c1d97f30a1"

func aCertificate(state procedure.CertState) procedure.CertificateFact {
	return procedure.CertificateFact{
		Serial: oldSerial, State: state, NotBefore: noon.AddDate(-5, 0, -9), NotAfter: noon.AddDate(0, 0, -9), CardNumber: "004217633",
		Contract: "U-BG-017-03-2021-000031", CommonName: "ПЕТРОВИЋ АНА 004217633 Sign",
	}
}

// changing turns a case into a change of status of a valid certificate.
func changing(s procedure.Snapshot, op procedure.Action) procedure.Snapshot {
	c := renewing(s).Case
	valid, suspended := aCertificate(procedure.CertValid), aCertificate(procedure.CertSuspended)
	valid.NotAfter = noon.AddDate(2, 0, 0)
	suspended.Serial, suspended.CardNumber = "2a11b7c1d97f30a1", "003999111"
	c.Facts.Certificate, c.Facts.Register = procedure.CertValid, []procedure.CertificateFact{valid, suspended}
	c.Proposal = procedure.Proposal{Action: procedure.ActionNone, Reason: procedure.ReasonCertificateValid}
	c.Service, c.Person.Service, c.Action = procedure.ServiceStatus, procedure.ServiceStatus, op
	c.Status = procedure.StatusAnswers{Op: op, Serial: oldSerial, Reason: procedure.StatusReasons[procedure.ActionRevoke][0]}
	if c.Phase == procedure.PhasePerson {
		c.Action, c.Status = "", procedure.StatusAnswers{}
		return s
	}
	c.Received = noon.Add(-2 * time.Minute)
	if c.Phase != procedure.PhaseHandOver && c.Phase != procedure.PhaseClosed {
		c.Deadline = c.Received.Add(24 * time.Hour)
	}
	c.Steps = []procedure.StepView{{Step: procedure.StepStatus, State: procedure.StepNow, Started: noon}, {Step: procedure.StepEndContract, State: procedure.StepTodo}}
	c.Result = &procedure.ResultView{StatusOp: op, StatusAt: noon}
	c.HandOverAsks = []string{procedure.FieldCitizenPapers, procedure.FieldArchived}
	return s
}

// unblocking turns a case into an unblock alone.
func unblocking(s procedure.Snapshot, how procedure.Unblock) procedure.Snapshot {
	c := s.Case
	c.Service, c.Person.Service, c.Unblock, c.Person.Unblock = procedure.ServiceUnblock, procedure.ServiceUnblock, how, how
	c.PIN.Mode, c.HandOverAsks = procedure.PINNew, []string{procedure.FieldCardReturned, procedure.FieldArchived}
	if how == procedure.UnblockKeep {
		c.PIN.Mode = procedure.PINKept
	}
	if c.Phase == procedure.PhasePerson {
		return s
	}
	c.Action = procedure.ActionUnblock
	c.Steps = []procedure.StepView{{Step: procedure.StepUnblock, State: procedure.StepNow, Started: noon}}
	c.Result = &procedure.ResultView{Unblocked: true, PINChanged: how == procedure.UnblockChange}
	return s
}

// steps are done up to the given one, which is in the given state.
func steps(at procedure.Step, state procedure.StepState) []procedure.StepView {
	var views []procedure.StepView
	reached := false
	for i, step := range procedure.Steps {
		v := procedure.StepView{Step: step, State: procedure.StepDone, Started: noon.Add(-10 * time.Second), Took: time.Duration(1300+i*700) * time.Millisecond}
		switch {
		case step == at:
			v.State, v.Took, reached = state, 0, true
		case reached:
			v = procedure.StepView{Step: step, State: procedure.StepTodo}
		}
		views = append(views, v)
	}
	return views
}
