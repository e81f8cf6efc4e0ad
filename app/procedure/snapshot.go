package procedure

import (
	"context"
	"time"
)

// Desk is the whole of what the screens may ask for. Every method may be
// called from any goroutine, may wait for card, authority or disk, and returns
// an *Error that the screens can explain. The engine publishes a new Snapshot
// after every change; the screens keep no truth of their own.
//
// Engine implements it.
type Desk interface {
	// Subscribe returns at once. It calls f with the present snapshot and
	// with every later one, in order, from one goroutine, until ctx ends.
	Subscribe(ctx context.Context, f func(Snapshot))

	// SignIn opens the clerk's key. The caller wipes password.
	SignIn(ctx context.Context, password []byte) error
	// Unlock checks that password opens the key of the clerk who is signed in,
	// for a screen that has locked itself. It may be called in the middle of
	// the work. The caller wipes password.
	Unlock(ctx context.Context, password []byte) error
	SignOut(ctx context.Context) error

	// OpenCase begins a case with the card now in the reader.
	OpenCase(ctx context.Context) error
	// OpenWithoutCard begins a case about a lost card, or resumes the
	// unfinished one about it: a change of status
	// only. CodeNotFound: the register has nothing under these numbers.
	OpenWithoutCard(ctx context.Context, q StatusSearch) error
	// RefuseCard opens a case with a card that cannot be served, or cannot
	// even be read, and refuses it at once, for the slip.
	RefuseCard(ctx context.Context, reason Code) error
	// ResumeCase makes an unfinished case the current one.
	ResumeCase(ctx context.Context, id CaseID) error
	// ParkCase leaves the current case unfinished and returns to the home
	// page. A closed or refused case simply leaves the screen.
	ParkCase(ctx context.Context) error
	// OperatorConfirms records that the authority's operator has said that no
	// certificate of the attempt is in force: he revoked it, or there is none.
	// It is asked for when the authority takes this over no network (MoveWaitOperator).
	// reference is the number or name under which he did.
	OperatorConfirms(ctx context.Context, reference string) error
	// RefuseCase ends the current case with a reason code.
	RefuseCase(ctx context.Context, reason Code) error

	// AskAgain learns the facts of the case once more.
	AskAgain(ctx context.Context) error
	// Override has a supervisor sign what the case needs him for, or another
	// choice than the proposal. The caller wipes password.
	Override(ctx context.Context, password []byte, o OverrideRequest) error
	// ConfirmPerson records the clerk's answers of screen A and with them the
	// action of the case.
	ConfirmPerson(ctx context.Context, a PersonAnswers) error
	// RecordBrought records forms that the citizen brought filled in, instead
	// of printing them. CodeWrongCircle: print a new form.
	RecordBrought(ctx context.Context, forms []BroughtForm) error
	// PaperData is what the papers of the case are filled with.
	PaperData(ctx context.Context) (PaperData, error)
	// RecordPapers journals the rendered papers, before they are printed.
	RecordPapers(ctx context.Context, docs []PaperRecord) error
	// RecordPrinted journals what became of the print job; err nil = printed.
	RecordPrinted(ctx context.Context, job string, err error) error
	// ReprintData is what the papers of an earlier print job of any case are
	// filled with, to be made again as they were: the same data, templates and
	// day. CodeErased: the personal data are not here any more; CodePaperLost:
	// an earlier version of the program made them and kept too little.
	ReprintData(ctx context.Context, id CaseID, job int) (PaperData, error)
	// RecordReprint journals that they are printed once more, before they are.
	// CodePaperLost: docs are other papers than those of the job.
	RecordReprint(ctx context.Context, id CaseID, job int, docs []PaperRecord) error
	// RecordReprinted journals what became of that; err nil = printed.
	RecordReprinted(ctx context.Context, id CaseID, job int, err error) error
	// ConfirmPapers records the ticks of screen B.
	ConfirmPapers(ctx context.Context, t PaperTicks) error
	// SetEmail records whether the signed form asks for an e-mail in the
	// certificate, and the address typed twice.
	SetEmail(ctx context.Context, a EmailAnswer) error
	// ConfirmContent records that the clerk has checked screen C.
	ConfirmContent(ctx context.Context) error
	// GoBack reopens an earlier screen of the case before the hand-over.
	GoBack(ctx context.Context, to Phase) error

	// BeginPIN records that the screen goes to the citizen.
	BeginPIN(ctx context.Context) error
	// EnterPIN makes one attempt with the citizen's PIN and, when it is
	// right, starts the card work in the background and returns. The caller
	// owns and wipes pin.
	EnterPIN(ctx context.Context, pin []byte) error
	// EnterPINOnPad is EnterPIN for a citizen who types on the reader
	// (PINView.Way). It returns when he has.
	EnterPINOnPad(ctx context.Context) error
	// EnterNewPIN sets the PIN that the citizen chose and typed twice, and
	// goes on with the card work as EnterPIN does. CodePINDiffers: typed
	// differently; CodePINWeak: weak, with Fields naming why, unless the
	// citizen insists (weak) and pin.weak_action lets him. The caller owns
	// and wipes both.
	EnterNewPIN(ctx context.Context, pin, again []byte, weak bool) error
	// LeavePIN records why the citizen's page was left without a PIN.
	LeavePIN(ctx context.Context, why PINEnd) error
	// SkipRetire lets the case end with the old certificate left on the chip,
	// when it could not be removed (CaseView.CanSkipRetire).
	SkipRetire(ctx context.Context) error
	// Continue tries the pending step of the case again.
	Continue(ctx context.Context) error

	// ConfirmHandOver records the hand-over and archive checklist, closes
	// the case with the clerk's signature over its summary, and syncs.
	ConfirmHandOver(ctx context.Context, t HandOverTicks) error

	// DaySheet counts what this counter did on one day (E30).
	DaySheet(ctx context.Context, day Date) (DaySheet, error)

	// SyncNow starts a sync at once.
	SyncNow(ctx context.Context) error

	// FindCases lists the cases of this counter, the one opened last first.
	FindCases(ctx context.Context, q CaseQuery) (CaseList, error)
	// CaseRows gives the rows of the list for some of its places.
	CaseRows(ctx context.Context, places []int64) ([]CaseRow, error)
	// CaseHistory gives all that happened in one case. CodeNoCase: there is
	// none.
	CaseHistory(ctx context.Context, id CaseID) (CaseHistory, error)
	// SearchAuthority looks for cases at all counters; the authority records
	// who asked.
	SearchAuthority(ctx context.Context, typed string) (RemoteCases, error)
	// Unsent lists what the authority does not hold yet, by case, the oldest
	// first.
	Unsent(ctx context.Context) (UnsentList, error)
	// HandOverJournal writes what the authority does not hold into a sealed
	// file for it.
	HandOverJournal(ctx context.Context) (HandedOverFile, error)
	// CopyJournal makes a verified copy of the journal.
	CopyJournal(ctx context.Context) (JournalCopy, error)
	// SelfTest looks at every part of the counter and tells what it finds,
	// one finding after the other, from the caller's goroutine.
	SelfTest(ctx context.Context, tell func(Finding)) error
}

// Snapshot is an immutable picture of everything the screens show.
type Snapshot struct {
	Demo    bool
	Counter string // for instance BG-017-03
	Office  string
	Clerk   *ClerkPerson // nil: nobody signed in
	Reader  ReaderView
	Case    *CaseView // the current case; nil: home page
	Waiting []CaseSummary
	Today   DayCounts
	Sync    SyncState
	Busy    string // name of the Desk method in progress, empty if none
	// Stop is set when nothing may go on (fork, tampered journal).
	Stop *Error
}

// ReaderView is the card in the reader as far as it has been read.
type ReaderView struct {
	State    ReaderState
	Reading  bool
	Identity *Identity // nil until read
	Portrait []byte    // JPEG; nil until read
	Chip     *Chip
	Verdict  *Eligibility // nil until identity and chip were judged
	Problem  *Error       // why reading failed
	Waits    bool         // an unfinished case of this card waits: OpenCase goes on with it
	Finished bool         // the case left last was this card's and is over; the card has not been out since
}

// Eligibility is the judgement of section 3.1 and 5.8 on one card.
type Eligibility struct {
	Eligible   bool
	Blocks     []Code    // why not; each has a text and a next step
	Supervisor []Code    // what a supervisor has to decide
	Warnings   []Warning // to be seen, never blocking
}

// Warning is something the clerk should notice.
type Warning string

// The warnings of section 5.8.
const (
	WarnJMBG       Warning = "jmbg"          // checksum, date or sex do not agree
	WarnUnknownATR Warning = "unknown-atr"   // new kind of chip, applets answer
	WarnCardEnds   Warning = "card-ends"     // card expires before a full certificate would
	WarnLastTry    Warning = "last-try"      // one PIN try left
	WarnScripts    Warning = "mixed-scripts" // look-alike letters of two scripts in one name
)

// Phase is where a case stands; it chooses the screen.
type Phase string

// The phases of a case, in order; which of them a case has follows from its
// action.
const (
	PhasePerson   Phase = "person"    // screen A
	PhasePapers   Phase = "papers"    // screen B: print, tick
	PhaseEmail    Phase = "email"     // screen B, second part
	PhaseContent  Phase = "content"   // screen C
	PhasePIN      Phase = "pin"       // the citizen's screen
	PhaseWork     Phase = "work"      // card and authority at work
	PhaseHandOver Phase = "hand-over" // result, checklist
	PhaseClosed   Phase = "closed"
	PhaseRefused  Phase = "refused"
)

// CaseView is the current case.
type CaseView struct {
	ID       CaseID
	Number   string // printed case number
	Action   Action
	Phase    Phase
	Opened   time.Time
	Identity Identity
	Portrait []byte
	Chip     Chip
	Verdict  Eligibility
	SameCard bool // the card of this case is in the reader now

	Person  PersonAnswers
	Papers  []PaperRecord
	Printed bool
	Copies  int // of papers printed in this case so far, reprints as well
	Ticks   PaperTicks
	Email   EmailAnswer
	Preview *Preview // from PhaseContent on

	PIN      PINView
	Steps    []StepView // PhaseWork and later
	Problem  *Error     // why the case waits; nil while it runs
	WaitsFor WaitsFor
	Result   *ResultView
	HandOver HandOverTicks
	Refusal  Code
	Contract ContractRef

	Service    Service
	Unblock    Unblock
	Facts      *Facts // nil: not learned yet
	Proposal   Proposal
	Needs      []Code        // what a supervisor has to sign before the case goes on
	Overridden *ClerkPerson  // the supervisor who signed; only Number and Fingerprint; nil: nobody
	Signed     StatusAnswers // the change of status that he signed; zero: he signed none
	Status     StatusAnswers
	NoCard     bool      // opened without the card
	Holder     string    // name in the certificates of somebody without his card
	Received   time.Time // of Obrazac 3; zero: not received yet
	Deadline   time.Time // until when the change of status has to be made; zero once it was
	Brought    []BroughtForm
	// HandOverAsks are the ticks asked for at the end, by Field name.
	HandOverAsks []string
	// SignBeforeClerk: not the contract alone is signed before the clerk
	// (forms.sign_all_before_clerk).
	SignBeforeClerk bool
	// CanSkipRetire: the old certificate could not be removed, and the case
	// may go on without.
	CanSkipRetire bool
	// Operator is what the authority's operator has to be asked; nil: nothing.
	Operator *OperatorQuestion
}

// OperatorQuestion asks the authority's operator to see to it that no
// certificate of an attempt is in force. One of the two is set.
type OperatorQuestion struct {
	Serial  string // of the certificate that must be revoked, hex
	Request string // SHA-256 of the request of which nobody knows what came, hex
}

// WaitsFor says who has to act before the case can go on.
type WaitsFor string

// What a case can wait for.
const (
	WaitsForNothing   WaitsFor = ""
	WaitsForClerk     WaitsFor = "clerk"
	WaitsForCitizen   WaitsFor = "citizen"
	WaitsForCard      WaitsFor = "card"
	WaitsForAuthority WaitsFor = "authority"
)

// PersonAnswers are the answers of screen A; an empty answer is not given yet.
type PersonAnswers struct {
	Face     Answer // the person is the one on the portrait
	KnowsPIN Answer
	LastTry  Answer // asked only with one try left: go on all the same

	Service Service       // empty: ServiceCertificate
	Unblock Unblock       // needed if he does not know the PIN or it is blocked
	Status  StatusAnswers // ServiceStatus
	Choice  Action        // empty: the proposal; another one needs an Override first
}

// Answer is yes, no, or not answered.
type Answer string

// The answers.
const (
	Yes        Answer = "yes"
	No         Answer = "no"
	Unanswered Answer = ""
)

// PaperKind is one of the documents of section 4.
type PaperKind string

// The papers.
const (
	PaperRequest    PaperKind = "obrazac-1"
	PaperUnblock    PaperKind = "obrazac-2"
	PaperStatus     PaperKind = "obrazac-3"
	PaperTerms      PaperKind = "opsti-uslovi"
	PaperContract   PaperKind = "ugovor"
	PaperReceipt    PaperKind = "potvrda"
	PaperStatusDone PaperKind = "potvrda-status"
	PaperTakeHome   PaperKind = "obavestenje"
	PaperRefusal    PaperKind = "odbijanje"
	PaperLabel      PaperKind = "nalepnica"
)

// PaperRecord is what the journal keeps of a rendered paper.
type PaperRecord struct {
	Kind     PaperKind
	Copies   int
	Version  string // of the template
	Template string // SHA-256 of the template, hex
	SHA256   string // of the PDF of all copies, hex
	Script   string // "sr-Cyrl", "sr-Latn"
}

// ContractRef names the contract of the case.
type ContractRef struct {
	Number string
	Date   Date
}

// PaperData fills the papers. Kinds is what has to be rendered now: the forms
// and the contract before the work, receipt, take-home sheet and label at the
// end, or the slip of a refusal.
type PaperData struct {
	Demo       bool
	Action     Action
	CaseNumber string
	Office     string
	Counter    string
	Clerk      ClerkPerson
	Now        time.Time
	Identity   Identity
	Contract   ContractRef
	Kinds      []PaperKind
	Email      EmailAnswer
	Result     *ResultView // for receipt and label
	Head       Head        // journal head for the receipt
	KeepUntil  Date

	Service    Service
	Unblock    Unblock
	FormOption int // number circled on Obrazac 1: 1 issuing, 2 renewal
	Status     StatusAnswers
	StatusForm int       // number circled on Obrazac 3 (status.form_numbers)
	Received   time.Time // of Obrazac 3
	Refusal    Code
	Facts      *Facts
	Script     string // "sr-Cyrl", "sr-Latn"
	// EarliestRenewal is the first day on which the certificate of the result
	// may be renewed.
	EarliestRenewal Date
	OldSerial       string // hex, of the certificate that is renewed
	OldNotAfter     time.Time
	Certificate     *CertificateFact // the one whose status changes
	// Again are the papers that are made once more, each with the template that
	// it was made with; nil: they are made for the first time, with the newest.
	Again []PaperRecord
}

// PaperTicks are the confirmations of screen B (E11).
type PaperTicks struct {
	RequestSigned  bool // R8: filled in, number 1 circled, signed
	TermsSigned    bool // R9: both copies
	ContractSigned bool // R11: both copies, before the clerk
	ContractSealed bool // R12: both copies

	UnblockSigned   bool // Obrazac 2, by the citizen
	UnblockReceived bool // Obrazac 2, by the clerk as proof of receipt
	StatusSigned    bool // Obrazac 3, by the citizen
	StatusReceived  bool // Obrazac 3, by the clerk as proof of receipt
	// ReceivedAt is when Obrazac 3 was received; zero: now.
	ReceivedAt time.Time
}

// EmailAnswer is what the signed form says about the e-mail (R14).
type EmailAnswer struct {
	Wanted  Answer
	Address string
	Again   string // typed a second time; not kept
}

// PINMode is what the citizen types.
type PINMode string

// The modes of the citizen's page.
const (
	PINEnter PINMode = "enter" // his PIN
	PINNew   PINMode = "new"   // a new one, twice
	PINKept  PINMode = "kept"  // his PIN, after its counter was reset: he proves that he knows it
)

// PINWay is where the citizen types. It is decided before the screen is handed
// over, and journalled.
type PINWay string

// The ways.
const (
	PINOnScreen PINWay = ""
	PINOnPad    PINWay = "pad"       // on the reader, for the login
	PINCheckPad PINWay = "pad-check" // on the reader, to show that he knows it
)

// PINView is what the citizen's page shows: nothing of the case.
type PINView struct {
	Open  bool // the citizen's page is up
	Mode  PINMode
	Way   PINWay
	Tries int    // left, as read from the card; −1 unknown
	Last  *Error // what became of the last attempt
	Again bool   // asked a second time in this case, because the chip dropped the login
}

// PINEnd says why the citizen's page was left.
type PINEnd string

// The ends of the citizen's page.
const (
	PINCancelled PINEnd = "cancelled"
	PINTimeout   PINEnd = "timeout"
	PINFocusLost PINEnd = "focus-lost"
	PINCardGone  PINEnd = "card-gone"
)

// Step names one piece of work of the background run, in order of Steps.
type Step string

// The steps shown while card and authority work.
const (
	StepUnblock     Step = "unblock"  // reset the PIN with the PUK
	StepCard        Step = "card"     // check the card, log in
	StepKey         Step = "key"      // generate the key pair on the chip
	StepContract    Step = "contract" // register the contract
	StepRequest     Step = "request"  // request to the authority
	StepWrite       Step = "write"    // write to the chip
	StepReadBack    Step = "read-back"
	StepActivate    Step = "activate"
	StepRetire      Step = "retire" // remove the old signing certificate and its key
	StepStatus      Step = "status" // change the status at the authority
	StepEndContract Step = "end-contract"
)

// Steps is the order of the work of an issuing with nothing chained to it.
// CaseView.Steps lists the steps of the case at hand.
var Steps = []Step{StepCard, StepKey, StepRequest, StepWrite, StepReadBack, StepActivate}

// StepState says how far a step is.
type StepState string

// The states of a step.
const (
	StepTodo   StepState = "todo"
	StepNow    StepState = "now"
	StepDone   StepState = "done"
	StepFailed StepState = "failed"
)

// StepView is one line of the progress page.
type StepView struct {
	Step    Step
	State   StepState
	Started time.Time
	Took    time.Duration
}

// ResultView is the certificate as read back from the chip.
type ResultView struct {
	CommonName string
	Issuer     string // common name
	Root       string // common name of who signed the last of Chain: the root, which signs itself
	Serial     string // hex
	NotBefore  time.Time
	NotAfter   time.Time
	DER        []byte
	Chain      [][]byte // DER, leaf first
	Active     bool
	Others     int // other certificates found on the chip, left alone

	Unblocked  bool   // the counter of PIN tries was reset
	PINChanged bool   // a new PIN was set
	Retired    int    // old signing certificates removed from the chip
	StatusOp   Action // of a change of status
	StatusAt   time.Time
}

// HandOverTicks are the confirmations at the end (E20).
type HandOverTicks struct {
	CardReturned  bool   // R18
	CitizenPapers bool   // R18: one contract, one terms
	Archived      bool   // R17: request, contract, terms joined
	Place         string // shelf or folder; may be empty
}

// CaseSummary is one line of the list of unfinished cases.
type CaseSummary struct {
	ID     CaseID
	Number string
	Name   string // of whom; empty: not known here
	Erased bool   // personal data were erased
	NoCard bool   // opened without the card
	// CardNumber and Contract tell cases without a card apart: by which the
	// holder was found. One of them is empty.
	CardNumber CardNumber
	Contract   string
	Action     Action // empty: not chosen yet
	Phase      Phase
	Opened     time.Time
	WaitsFor   WaitsFor
	Problem    *Error
}

// DayCounts are today's numbers of this counter.
type DayCounts struct {
	Issued, Refused, Open      int
	Renewed, Unblocked, Status int
}
