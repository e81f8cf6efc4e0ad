// Package db keeps the state of the reference authority: registers of
// workstations and clerks, issuances, certificate status, the journals of the
// counters with their Merkle trees, and blobs.
//
// Start with OpenSQLite, for an authority on one machine, or OpenPostgres, for
// several. Everything is read and written inside DB.Do, one serialisable
// transaction; what Do has returned nil for is on stable storage. Any other
// return means "perhaps": the caller asks again before it acts.
//
// Both engines run the same statements (tx.go) and pass conformance_test.go; a
// change of the schema is a file of the same number for each (migrations,
// migrations/postgres), and a new table stands in copy.go.
package db

import (
	"context"
	"time"
)

// DB is one authority's database.
type DB interface {
	// Do runs fn in one serialisable transaction and commits it when fn
	// returns nil. An error of fn rolls back and is returned unchanged. fn
	// must not keep its Tx, and is called again, from its beginning, when
	// another transaction was in its way: what it left outside has to be the
	// same then. ctx bounds the waiting for other transactions; one that has
	// begun is brought to its end. InTurn says more about some.
	Do(ctx context.Context, fn func(Tx) error) error
	// Snapshot writes the database as it is at one moment to path, which must
	// not exist, for OpenSQLite; others wait meanwhile.
	Snapshot(ctx context.Context, path string) error
	// Check reads the whole database and says whether it is whole; ErrDamaged.
	Check(ctx context.Context) error
	// Close checkpoints and releases the database.
	Close() error
}

type turnKey struct{}

// InTurn marks the transactions that Do runs under the context as long ones that
// would break each other off: they read a lot and insert beside what the others
// read. They wait for each other before they begin, and other transactions go on
// beside them. It changes nothing of what Do promises.
func InTurn(ctx context.Context) context.Context { return context.WithValue(ctx, turnKey{}, true) }

func inTurn(ctx context.Context) bool { return ctx.Value(turnKey{}) != nil }

// Tx is what can be done inside one transaction. Look-ups return ErrNotFound
// where nothing is held.
type Tx interface {
	Registers
	Issuances
	Contracts
	Approvals
	CRLs
	Journals
	Blobs
	Alarms
	Cases
	Operations

	// Meta reads a setting that the authority keeps for itself.
	Meta(key string) (string, error)
	// SetMeta writes one.
	SetMeta(key, value string) error
}

// States of workstations and clerks.
const (
	Active  = "active"
	Revoked = "revoked"
)

// Workstation is one counter. A counter that lost its journal gets a new number.
type Workstation struct {
	Name     string // office-no, for instance BG-017-03
	URI      string // urn:mup:ws:<office>:<no>
	Verifier string // note verifier of the journal's checkpoints, the first one: see KeyChanges
	State    string // Active, Revoked
	At       time.Time
	// RevokedAt is since when it is refused; zero while it is active, and of
	// one that was revoked before this was kept.
	RevokedAt time.Time
}

// WorkstationKey is a TLS key of a workstation; at rotation there are two.
type WorkstationKey struct {
	SPKI        [32]byte // SHA-256 of the SubjectPublicKeyInfo
	Workstation string
	Certificate []byte // DER
	NotAfter    time.Time
	At          time.Time
}

// Clerk is one certificate of a registration officer.
type Clerk struct {
	Fingerprint [32]byte // SHA-256 of the certificate
	Number      string   // service number
	Name        string
	Office      string // first part of the workstation names he may work at; empty: any
	Roles       string // comma separated
	Certificate []byte // DER
	State       string // Active, Revoked
	Demo        bool   // the key was made by the authority for a demonstration
	At          time.Time
}

// Anchor is a CA certificate of the ministry's card-data hierarchy.
type Anchor struct {
	Fingerprint [32]byte
	Certificate []byte // DER
	At          time.Time
}

// Registers holds who may do what.
type Registers interface {
	// PutWorkstation inserts, or replaces the state of the same name.
	PutWorkstation(w Workstation) error
	// Workstation finds one by name.
	Workstation(name string) (Workstation, error)
	// Workstations lists all by name.
	Workstations() ([]Workstation, error)
	// PutWorkstationKey inserts, or replaces the certificate of the same key
	// of the same workstation; a key of another workstation stays as it is.
	PutWorkstationKey(k WorkstationKey) error
	// WorkstationKey finds one by the hash of its SubjectPublicKeyInfo.
	WorkstationKey(spki [32]byte) (WorkstationKey, error)
	// RevokedKeys lists the keys of the workstations that are revoked; At is
	// since when.
	RevokedKeys() ([]WorkstationKey, error)

	// PutClerk inserts, or replaces the state of the same certificate.
	PutClerk(c Clerk) error
	// Clerk finds one by the hash of his certificate.
	Clerk(fingerprint [32]byte) (Clerk, error)
	// Clerks lists all by service number.
	Clerks() ([]Clerk, error)

	// PutAnchor inserts; repeating it is no error.
	PutAnchor(a Anchor) error
	// Anchors lists all, oldest first.
	Anchors() ([]Anchor, error)
}

// States of an issuance.
const (
	Prepared    = "prepared" // serial and TBS are durable, the signature may not exist yet
	IssuedState = "issued"   // final
	Refused     = "refused"  // final, caused by the request itself
)

// States of a certificate.
const (
	StatusHold      = "hold"
	StatusActive    = "active"
	StatusSuspended = "suspended"
	StatusRevoked   = "revoked"
)

// Issuance is everything about one request; its key is the hash of the CSR.
type Issuance struct {
	CSRSHA256   [32]byte
	Case        string
	Attempt     int
	Label       string
	State       string
	Serial      string // lower-case hex; empty when refused
	SPKI        [32]byte
	CSR         []byte
	TBS         []byte
	Certificate []byte
	Problem     []byte // Refused: problem+json
	Workstation string
	Clerk       string // service number
	ChipFiles   [32]byte
	Seq         int64 // order of issue; 0 before
	At          time.Time
}

// Assertion is one accepted RA-Assertion of a request.
type Assertion struct {
	ID          string // jti
	CSRSHA256   [32]byte
	JWS         string
	Workstation string
	At          time.Time
}

// Status is the present status of a certificate.
type Status struct {
	Serial string
	State  string
	Reason int // CRL reason code
	// ReceivedAt is that of the change which brought the status about.
	ReceivedAt int64
	At         time.Time
}

// StatusChange is one executed change; its key is the client's UUID.
type StatusChange struct {
	ID          string
	Serial      string
	Op          string
	Reason      int
	Case        string
	ReadBack    string
	ReceivedAt  int64  // of the form, Unix seconds; 0: no form
	Result      string // state after the change
	Clerk       string
	ClerkJWS    string
	Override    string // a supervisor's compact JWS; empty: none
	Workstation string
	At          time.Time
}

// Holder says whom a request names, and the contract it rests on by its own
// word. It is what certificates of one person are found by.
type Holder struct {
	CSRSHA256      [32]byte
	PersonalNumber string
	CardNumber     string
	Contract       string // number
}

// Issuances holds requests, certificates and their status.
type Issuances interface {
	// InsertIssuance stores a Prepared or Refused request; serial, CSR, and
	// (case, attempt) are unique, and so is the key unless refused.
	InsertIssuance(i Issuance) error
	// CompleteIssuance turns Prepared into IssuedState with status hold and
	// returns the sequence number given.
	CompleteIssuance(csr [32]byte, certificate []byte, at time.Time) (int64, error)
	// IssuanceByCSR finds a request by the hash of its bytes.
	IssuanceByCSR(csr [32]byte) (Issuance, error)
	// IssuanceByAttempt finds the request of one attempt of a case.
	IssuanceByAttempt(caseID string, attempt int) (Issuance, error)
	// IssuanceByKey finds the request, not refused, for a public key.
	IssuanceByKey(spki [32]byte) (Issuance, error)
	// IssuanceBySerial finds the request that got a serial number.
	IssuanceBySerial(serial string) (Issuance, error)
	// StandingIssuance finds a request of the case that is Prepared, or has a
	// certificate that is not revoked.
	StandingIssuance(caseID string) (Issuance, error)
	// IssuedAfter lists issued certificates by sequence number, at most limit.
	IssuedAfter(seq int64, limit int) ([]Issuance, error)
	// PreparedIssuances lists the hashes left between prepare and sign.
	PreparedIssuances() ([][32]byte, error)

	// PutHolder stores whom a request names; repeating it is no error.
	PutHolder(h Holder) error
	// Holder finds whom a request names.
	Holder(csr [32]byte) (Holder, error)
	// Nameless lists issued certificates without a complete Holder, oldest
	// first, at most limit: those of before holders or their contracts were
	// kept.
	Nameless(limit int) ([]Issuance, error)
	// CertificatesOf lists the issued certificates of a person, those of one
	// contract or, if it is empty, all; newest first, at most limit.
	CertificatesOf(personalNumber, contract string, limit int) ([]Issuance, error)
	// LiveCertificates lists the certificates of a person for a card under a
	// label that are active or suspended; some of them may have expired.
	LiveCertificates(personalNumber, cardNumber, label string) ([]Issuance, error)
	// Neighbours finds the serials of the certificates that the holder of
	// serial got under the same label before and after it, and that were
	// active once; empty: none.
	Neighbours(serial string) (before, after string, err error)

	// PutAssertion stores an accepted assertion; its id is unique.
	PutAssertion(a Assertion) error
	// Assertion finds one by its id (jti).
	Assertion(id string) (Assertion, error)
	// FirstAssertion finds the one with which a request was accepted.
	FirstAssertion(csr [32]byte) (Assertion, error)

	// Status is the present status of an issued certificate.
	Status(serial string) (Status, error)
	// Holds lists the certificates that are on hold since until or longer,
	// those held longest first, at most limit.
	Holds(until time.Time, limit int) ([]Status, error)
	// StatusChange finds an executed change by its id.
	StatusChange(id string) (StatusChange, error)
	// PutStatusChange stores the change and sets the certificate's status.
	PutStatusChange(c StatusChange) error
	// SupersededBy lists the serials of the certificates that were revoked by
	// the activation with an id, in the order of the changes: those of the
	// changes whose ids are that id, a slash and the serial.
	SupersededBy(id string) ([]string, error)
}

// PendingChange is a status change that needs a second clerk; its key is that
// of the change.
type PendingChange struct {
	StatusChange          // Result is empty
	Request      [32]byte // SHA-256 of ClerkJWS, unique
	State        string   // pending, approved, rejected
	Office       string
	Expires      time.Time
	ClaimedBy    string    // service number; empty: never claimed
	ClaimEnds    time.Time // zero: never claimed
}

// Approval is one executed decision of a second clerk; its key is the client's
// UUID.
type Approval struct {
	ID          string
	Request     [32]byte
	Decision    string
	Comment     string
	Clerk       string
	ClerkJWS    string
	Workstation string
	At          time.Time
}

// Approvals holds what needs a second clerk.
type Approvals interface {
	// PutPending stores a change in state pending, unclaimed.
	PutPending(p PendingChange) error
	// Pending finds a change by its id, in whatever state.
	Pending(id string) (PendingChange, error)
	// PendingByRequest finds it by the hash of its request.
	PendingByRequest(request [32]byte) (PendingChange, error)
	// PendingOf lists what is pending at an office and has not expired, oldest
	// first, at most limit.
	PendingOf(office string, now time.Time, limit int) ([]PendingChange, error)
	// ClaimPending gives a pending change to a clerk until ends.
	ClaimPending(id, clerk string, ends time.Time) error
	// SettlePending turns pending into approved or rejected, which is final.
	SettlePending(id, state string) error
	// PutApproval stores an executed decision.
	PutApproval(a Approval) error
	// Approval finds one by its id.
	Approval(id string) (Approval, error)
}

// States of a contract.
const (
	ContractValid      = "valid"
	ContractTerminated = "terminated"
	ContractSuperseded = "superseded"
)

// Contract is one contract with a citizen; its key is the client's UUID, and
// its number is unique.
type Contract struct {
	ID             string
	Number         string
	Concluded      string // YYYY-MM-DD
	Text           [32]byte
	Case           string
	ChipFiles      [32]byte
	PersonalNumber string
	CardNumber     string
	Clerk          string // service number
	ClerkJWS       string
	Workstation    string
	At             time.Time
	State          string
	SupersededBy   string    // id; ContractSuperseded only
	EndedAt        time.Time // zero while valid
}

// ContractEnd is one executed termination; its key is the client's UUID.
type ContractEnd struct {
	ID          string
	Contract    string // id
	Case        string
	ReceivedAt  int64 // Unix seconds
	Clerk       string
	ClerkJWS    string
	Workstation string
	At          time.Time
}

// Search records that somebody looked for contracts or certificates.
type Search struct {
	Seq         int64
	Case        string
	Terms       string // commitment to what was looked for
	Found       string // ids of contracts and cases, serials of certificates, comma separated
	Clerk       string
	ClerkJWS    string
	Workstation string
	At          time.Time
}

// Contracts is the register of contracts.
type Contracts interface {
	// InsertContract stores a valid contract.
	InsertContract(c Contract) error
	// EndContract turns a valid contract into terminated or superseded, which
	// is final; superseding is the id of the contract in its place, or empty.
	EndContract(id, state, superseding string, at time.Time) error
	// Contract finds one by its id.
	Contract(id string) (Contract, error)
	// ContractByNumber finds one by its number.
	ContractByNumber(number string) (Contract, error)
	// ContractsOf lists those of a person, newest first, at most limit.
	ContractsOf(personalNumber string, limit int) ([]Contract, error)
	// PutContractEnd stores an executed termination.
	PutContractEnd(e ContractEnd) error
	// ContractEndByID finds one.
	ContractEndByID(id string) (ContractEnd, error)
	// PutSearch records a search; Seq is given by the database.
	PutSearch(s Search) error
	// Searches lists them after a sequence number, at most limit.
	Searches(after int64, limit int) ([]Search, error)
}

// CRL is the present list of the certificates of a label that must not be
// relied upon.
type CRL struct {
	Label      string
	Number     int64
	Changes    int64 // number of the last status change it takes in
	ThisUpdate time.Time
	NextUpdate time.Time
	DER        []byte
}

// CRLs holds what the public lists are made of, and the lists.
type CRLs interface {
	// LastChange is the number of the last executed status change, from 1.
	LastChange() (int64, error)
	// ChangedSince reports whether a change after number seq alters the list of
	// a label: any but the activation of a certificate issued after listed.
	ChangedSince(label string, seq int64, listed time.Time) (bool, error)
	// BadCertificates lists those of a label that are revoked, suspended, or
	// on hold since heldSince or longer, in the order of issue.
	BadCertificates(label string, heldSince time.Time) ([]Status, error)
	// CRLHead is the present list without its DER.
	CRLHead(label string) (CRL, error)
	// CRL is the present list.
	CRL(label string) (CRL, error)
	// PutCRL stores the next list; ErrSuperseded if the number is not the next.
	PutCRL(c CRL) error
}

// Commitment says that an event of a case commits to an opening.
type Commitment struct {
	Workstation string
	Seq         int64
	Case        string
	Name        string
	SHA256      [32]byte
}

// Checkpoint is a countersigned head of a journal.
type Checkpoint struct {
	Workstation string
	Size        int64
	Note        []byte
}

// Journals holds the counters' events, append-only.
type Journals interface {
	// JournalSize is the last sequence number held, 0 for none.
	JournalSize(workstation string) (int64, error)
	// AppendEvent stores the event seq = size + 1; any other seq is refused.
	AppendEvent(workstation string, seq int64, body []byte) error
	// Event returns the stored bytes.
	Event(workstation string, seq int64) ([]byte, error)

	// Events returns the stored bytes of the events from one number to another,
	// both included.
	Events(workstation string, from, to int64) ([][]byte, error)

	// PutNodes stores tree nodes under consecutive indexes, in the order of
	// tlog.StoredHashIndex.
	PutNodes(workstation string, first int64, hashes [][32]byte) error
	// Nodes reads tree nodes; a missing one is ErrNotFound.
	Nodes(workstation string, indexes []int64) ([][32]byte, error)

	// PutKeyChange notes that the event seq, which is held, changes the key of
	// the journal's checkpoints.
	PutKeyChange(workstation string, seq int64) error
	// KeyChanges lists the numbers of those events in order.
	KeyChanges(workstation string) ([]int64, error)

	// PutCheckpoint keeps the first checkpoint of a size; later ones of the
	// same size are dropped.
	PutCheckpoint(c Checkpoint) error
	// LastCheckpoint is the one with the largest size.
	LastCheckpoint(workstation string) (Checkpoint, error)
	// CheckpointAt is the one of a size.
	CheckpointAt(workstation string, size int64) (Checkpoint, error)

	// Checkpoints lists those of the sizes from one to another, both included,
	// the smallest first.
	Checkpoints(workstation string, from, to int64) ([]Checkpoint, error)

	// PutCommitment notes what an event commits to.
	PutCommitment(c Commitment) error
	// Committed reports whether an event of this case in this journal commits
	// to sum.
	Committed(workstation, caseID string, sum [32]byte) (bool, error)
	// MissingBlobs lists commitments of a journal without their blob, oldest
	// first, at most limit.
	MissingBlobs(workstation string, limit int) ([][32]byte, error)
}

// Blobs holds content under its SHA-256.
type Blobs interface {
	// PutBlob stores content; created is false if it was there.
	PutBlob(sum [32]byte, content []byte, workstation string, at time.Time) (created bool, err error)
	// Blob returns the content.
	Blob(sum [32]byte) ([]byte, error)
}
