package procedure

import (
	"context"
	"crypto"
	"time"
)

// ReaderState says what the card readers of the counter show at one moment.
type ReaderState int

// The states of the reader. The four troubles are told apart because each has
// another cure.
const (
	ReaderUnknown   ReaderState = iota // nothing reported yet
	ReaderNoService                    // the PC/SC service does not answer
	ReaderNone                         // the service runs, no reader is attached
	ReaderEmpty                        // a reader without a card
	ReaderMute                         // a card that does not answer: upside down or dirty
	ReaderCard                         // a card that answered with an ATR
)

// CardEvent is one change of the readers. Insertion counts the insertions seen
// since the program started, so that one card taken out and another put in is
// never mistaken for the first; it is 0 unless State is ReaderCard.
type CardEvent struct {
	State     ReaderState
	Reader    string
	ATR       []byte
	Insertion uint64
}

// Cards is the reader with the citizen's card in it. All methods may be called
// from any goroutine. Errors are *Error with one of the card codes; every
// other error is an unexpected failure of the reader.
type Cards interface {
	// Events reports every change until ctx ends. A new caller first gets the
	// present state.
	Events(ctx context.Context) <-chan CardEvent
	// ReadIdentity reads what proves who the card belongs to and verifies it
	// against the card-data anchors; the portrait is not part of it.
	ReadIdentity(ctx context.Context, reader string) (Identity, error)
	// ReadPortrait returns the JPEG of the holder, already checked against
	// the hash that the signed card data give for it. It refuses if the card
	// was taken out since its identity was read: so identity, chip and
	// portrait, read in this order, are of one card.
	ReadPortrait(ctx context.Context, reader string) ([]byte, error)
	// ReadChip reads the state of the PKI part of the chip over a fresh
	// connection, without a PIN and without spending a try.
	ReadChip(ctx context.Context, reader string) (Chip, error)
	// CanUnblock says whether the driver of the card in the reader can reset
	// the PIN, without touching it: nil, or an *Error with CodeCannotUnblock.
	// It is asked before any paper is printed.
	CanUnblock(ctx context.Context, reader string) error
	// PadUse says what the reader's own PIN pad, if it has one, is good for
	// with the card in it. Nothing is asked of the citizen.
	PadUse(ctx context.Context, reader string) (PadUse, error)
	// CheckOnPad has the citizen type his PIN on the reader, and makes exactly
	// one attempt with it; no login is left. Errors are those of LoginOnPad.
	CheckOnPad(ctx context.Context, reader string, serial TokenSerial) error
	// Open prepares the token in the reader for writing. It refuses with
	// CodeOtherCard a token whose serial is not the one asked for.
	Open(ctx context.Context, reader string, serial TokenSerial) (Session, error)
}

// Session is one citizen's token opened for writing. It belongs to one
// goroutine. It keeps no copy of the PIN.
type Session interface {
	// Login makes exactly one attempt. A wrong PIN is an *Error with
	// CodeWrongPIN and the tries left as read from the card afterwards.
	// The caller owns and wipes pin.
	Login(ctx context.Context, pin []byte) error
	// LoginOnPad is Login with the PIN typed on the reader (PadLogin). It
	// returns when the citizen has typed or given up: CodePadCancelled,
	// CodePadTimeout, which cost no try.
	LoginOnPad(ctx context.Context) error
	// Unblock resets the counter of PIN tries with the card's PUK, which the
	// driver gets by itself for each card. A newPIN that is not nil is set as
	// well; nil leaves the PIN as it is. It needs no login and leaves none
	// behind, and it may be repeated. CodePUK: the driver has no PUK for this
	// card, or the card refused it. The caller owns and wipes newPIN.
	Unblock(ctx context.Context, newPIN []byte) error
	// Retire removes every signature certificate with its key pair except
	// those under the key id keep, and says how many certificates went; what
	// belongs to authentication is left alone. It needs a login and may be
	// repeated.
	Retire(ctx context.Context, keep []byte) (removed int, err error)
	// Generate makes a new key pair on the card under id, which must never
	// have been used on this card.
	Generate(ctx context.Context, id []byte) (crypto.Signer, error)
	// Key finds the key pair made under id; CodeKeyMissing if it is not there.
	Key(ctx context.Context, id []byte) (crypto.Signer, error)
	// PutCertificate writes der beside the key pair id. It may be repeated:
	// a damaged or other certificate under id is replaced.
	PutCertificate(ctx context.Context, id, der []byte) error
	// Delete removes certificate and key pair under id; what is not there is
	// no error.
	Delete(ctx context.Context, id []byte) error
	// Close logs out and closes; it may be repeated.
	Close() error
}

// PadUse is what the PIN pad of a reader is good for.
type PadUse int

// The uses.
const (
	PadNone  PadUse = iota // no pad: the PIN is typed on the screen
	PadCheck               // for a check of the PIN, which opens nothing
	PadLogin               // for the login too
)

// Authority is the certification authority as the counter sees it.
type Authority interface {
	// Policy fetches what the authority demands now. It is the cheap
	// authenticated request that goes before every irreversible one.
	Policy(ctx context.Context) (Policy, error)
	// Preview says what the certificate for this subject would contain.
	Preview(ctx context.Context, s Subject) (Preview, error)
	// Request builds the PKCS#10 request (DER) for s signed with key.
	Request(ctx context.Context, s Subject, key crypto.Signer) ([]byte, error)
	// Enrol sends a request. Any failure that does not prove a refusal is
	// Unknown; with CodeOperator, sending again would prove nothing either.
	// An issued certificate has been verified against the request,
	// the profile and the pinned chain.
	Enrol(ctx context.Context, r EnrolRequest) Outcome
	// Lookup asks what became of the request, without sending it again.
	// Without an error, Unknown with a nil Problem (or Unsent) means: the
	// authority answered that it has no such request; Unknown with
	// CodePending: it has not decided yet. An Unknown of Enrol that waits for
	// a decision carries CodePending too.
	// CodeOperator: this authority cannot be asked.
	Lookup(ctx context.Context, r EnrolRequest) (Outcome, error)
	// ChangeStatus asks for a change of the status of a certificate; the
	// same ID may be sent any number of times. A certificate that is revoked
	// already is an *Error with CodeRevoked. CodeOperator: this authority does
	// not take it; its certificates are in force from issuance on. CodePending: a second clerk has
	// to approve it; the same change is sent again later.
	ChangeStatus(ctx context.Context, c StatusChange) error
	// Register tells what the authority knows of contracts and certificates.
	// Any error means that it did not answer, which is never "nothing".
	Register(ctx context.Context, q RegisterQuery) (Register, error)
	// PutContract registers a contract; the same ID may be sent any number of
	// times. CodeContractOther: the number belongs to somebody else.
	PutContract(ctx context.Context, c ContractEntry) error
	// EndContract ends a contract; the same ID may be sent any number of
	// times. One that has ended already is no error.
	EndContract(ctx context.Context, c ContractEnd) error
}

// Journal is the local record of everything. No event in it is ever changed;
// sealed parts are erased by Purge alone.
type Journal interface {
	// Append stores events, and the openings of the commitments they hold, in
	// one transaction. nil means: on stable storage. Any error means
	// "perhaps": the caller replays before it goes on.
	Append(ctx context.Context, events [][]byte, parts []Part) error
	// Replay calls fn with every event in order.
	Replay(ctx context.Context, fn func(seq int64, event []byte) error) error
	// Part returns the opening (salt, then content) of a sealed part of a
	// case; CodeErased if it was erased after the authority took it over.
	Part(ctx context.Context, c CaseID, name string) ([]byte, error)
	// Sync ships everything not yet acknowledged. nil means that a
	// countersigned checkpoint covers every event appended before the call.
	Sync(ctx context.Context) error
	// SyncState is what the status line shows.
	SyncState() SyncState
	// Head is the present size and root of the journal's tree.
	Head(ctx context.Context) (Head, error)
	// Sealed lists the cases of which sealed parts are still here.
	Sealed(ctx context.Context) ([]CaseID, error)
	// Purge erases the sealed parts of these cases, which have ended, as far as
	// the authority holds them. It may be repeated.
	Purge(ctx context.Context, ended ...CaseID) error
	// Room says whether a new case may begin: a case that has begun must never
	// find the disk full.
	Room(ctx context.Context) (bool, error)
}

// Keyring opens the clerk's key; its password is wiped by the caller.
type Keyring interface {
	SignIn(ctx context.Context, password []byte) (Clerk, error)
	// Supervisor opens the supervisor's own key for one signature. It signs
	// nobody in and out. CodeNotSupervisor: the key is of another role.
	Supervisor(ctx context.Context, password []byte) (Clerk, error)
	// Unlock opens the key of the clerk who is signed in once more and changes
	// nothing. CodeSignIn: the password is wrong, or the key is another one's.
	Unlock(ctx context.Context, password []byte) error
	// SignOut forgets the key; it may be repeated.
	SignOut()
}

// Clerk is a signed-in registration officer.
type Clerk interface {
	Person() ClerkPerson
	// Sign returns a compact JWS over payload by the clerk's key.
	Sign(ctx context.Context, payload []byte) ([]byte, error)
}

// ClerkPerson names a clerk. Number is the service number printed on papers.
type ClerkPerson struct {
	Number      string
	Name        string
	Fingerprint string // SHA-256 of the clerk's certificate, hex
}

// Part is sealed content of a case: Opening is a 32-byte salt followed by the
// content, and an event holds SHA-256(Opening) under the same Name.
type Part struct {
	Case    CaseID
	Name    string
	Opening []byte
}

// Head names one state of the journal: the number of events and the root of
// the Merkle tree over them (RFC 6962).
type Head struct {
	Size int64
	Root [32]byte
}

// SyncState is how far the journal has reached the authority.
type SyncState struct {
	Total, Acked int64     // events
	LastSuccess  time.Time // zero: never
	NextTry      time.Time // zero: nothing waits
	Attempts     int
	Problem      *Error // why the last try failed; nil after success
}

// Policy is what the authority demands at this moment.
type Policy struct {
	Version     int
	Compromise  string // non-empty: the counter must not issue, and why
	ServerTime  time.Time
	ClockOffset time.Duration // local minus server time
}

// Subject is what goes into a request: names exactly as on the chip.
type Subject struct {
	DocType        DocType
	GivenName      string
	Surname        string
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Email          string // empty: none asked for
	CardValidUntil Date
}

// Preview is the certificate-to-be as far as it is known before the request.
type Preview struct {
	Issuer       string
	CommonName   string
	GivenName    string
	Surname      string
	SerialNumber string // the subject attribute, for instance PNORS-…
	Country      string
	Email        string
	NotBefore    time.Time
	NotAfter     time.Time
	CardCapped   bool // NotAfter is the card's last day
}

// EnrolRequest is one attempt of one case.
type EnrolRequest struct {
	Case      CaseID
	Attempt   int // 1, 2, …; a new attempt only after a recorded refusal or revocation
	DocType   DocType
	CSR       []byte // PKCS#10, DER
	Contract  string // number
	Token     TokenSerial
	ChipFiles [32]byte // SHA-256 of the opening that holds the raw card files
	Subject   Subject  // what the CSR must say and the certificate is checked against
	// Submitted is when the intent to send this request was journalled: a
	// certificate that begins earlier is not its answer.
	Submitted time.Time
	Action    Action
	Override  []byte // compact JWS of a supervisor; nil: none
	// Resent: the same bytes were sent before, or perhaps were, to an
	// authority that cannot be asked what came of them. A refusal then proves
	// nothing, and a certificate may be the second.
	Resent bool
}

// Verdict is what is known about a request. The zero value is Unknown, so
// forgetting to set it is safe.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota // no proof either way: look up, then resend the same bytes
	Issued
	Refused
	Unusable // a certificate came back that must not reach the chip; it has to be revoked
	Unsent   // proven: no byte of the request left this counter
)

// Outcome is the answer to an EnrolRequest.
type Outcome struct {
	Verdict    Verdict
	Chain      [][]byte // Issued, Unusable: DER, leaf first
	Serial     string   // hex
	Problem    *Error   // Refused, Unusable, Unknown, Unsent: why
	RetryAfter time.Duration
}

// StatusOp is a change of a certificate's status.
type StatusOp string

// The operations.
const (
	StatusActivate   StatusOp = "activate"
	StatusRevoke     StatusOp = "revoke"
	StatusSuspend    StatusOp = "suspend"
	StatusReactivate StatusOp = "reactivate"
)

// StatusChange asks the authority to change a certificate's status. ID is a
// UUIDv7 journalled with the intent.
type StatusChange struct {
	ID       string
	Case     CaseID
	Serial   string
	Op       StatusOp
	Reason   int       // CRL reason code (RFC 5280 5.3.1); 0 for activate
	ReadBack [32]byte  // activate: SHA-256 of the certificate as read from the chip
	Received time.Time // when the citizen's request was received; zero: there was none
	Override []byte    // compact JWS of a supervisor; nil: none
}
