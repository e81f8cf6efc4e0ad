package ca

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Paths of the API port. Words in braces are path parameters.
const (
	PathEST          = "/.well-known/est/" // + label + "/" + operation
	PathPolicy       = "/ra/v1/policy"
	PathIssuances    = "/ra/v1/issuances/"      // + hex SHA-256 of the CSR
	PathJournal      = "/ra/v1/journal/"        // + workstation
	PathBlobs        = "/ra/v1/blobs/"          // + hex SHA-256
	PathStatusChange = "/ra/v1/status-changes/" // + UUID
	PathCertificates = "/ra/v1/certificates/"   // + serial, lower-case hex
	PathContracts    = "/ra/v1/contracts/"      // + UUID to register one, + number to ask for one

	PathContractSearch = "/ra/v1/contracts/search"
	PathRegisterSearch = "/ra/v1/register/search"
	PathCaseSearch     = "/ra/v1/cases/search"
	PathContractEnds   = "/ra/v1/contract-terminations/" // + UUID
	PathApprovals      = "/ra/v1/approvals"              // the queue; + "/" + UUID to decide
)

// HeaderAssertion carries the RA-Assertion of an enrolment.
const HeaderAssertion = "RA-Assertion"

// Limits of the wire, in bytes.
const (
	MaxCSR       = 16 << 10
	MaxAssertion = 16 << 10
	MaxOverride  = 8 << 10   // of the compact JWS
	MaxBatch     = 256 << 10 // sum of the event bodies of one push
	MaxBlob      = 8 << 20
)

// Labels of the reference authority.
const (
	LabelCitizen   = "citizen-sign"
	LabelForeigner = "foreigner-sign"
	// LabelWorkstation is for the workstations' own TLS certificates, and only
	// to renew them.
	LabelWorkstation = "workstation"
	// LabelInterop is for test certificates, which are not qualified, from an
	// issuer of their own, without an assertion: any EST client with a
	// workstation's certificate may try itself there. Demonstrations only.
	LabelInterop = "interop"
)

// AssertionClaims is the payload of the RA-Assertion: a compact JWS (ES256) by
// the workstation's TLS key.
type AssertionClaims struct {
	Issuer     string `json:"iss"` // workstation URI, urn:mup:ws:<office>:<no>
	Audience   string `json:"aud"` // id of the authority, from the bundle
	ID         string `json:"jti"`
	IssuedAt   int64  `json:"iat"` // Unix seconds
	Expires    int64  `json:"exp"` // at most 5 minutes later
	Case       string `json:"case"`
	Attempt    int    `json:"att"`
	CSR        string `json:"csr_sha256"` // hex
	Label      string `json:"label"`
	Contract   string `json:"contract"`
	Card       string `json:"card"`       // SHA-256 of the token serial, hex
	ChipFiles  string `json:"chip_files"` // hex name of the blob with the raw card files
	Checkpoint string `json:"chk"`        // base64 of the signed checkpoint note
	Clerk      string `json:"clerk"`      // compact JWS over ClerkClaims
	// Action is what is asked for, ActionIssue or ActionRenew; empty is
	// ActionIssue.
	Action string `json:"action,omitempty"`
	// Override is a supervisor's compact JWS over OverrideClaims, as it was
	// signed; empty: none.
	Override string `json:"override,omitempty"`
}

// Actions of a request for a certificate.
const (
	ActionIssue = "issue"
	ActionRenew = "renew"
)

// OverrideClaims is what a supervisor signs when a case goes another way than
// the facts propose, or needs him whatever the way: compact JWS, RS256 or
// ES256, with the certificate's thumbprint in the header x5t#S256. It counts
// for its case only, for MaxOverrideAge.
type OverrideClaims struct {
	Version       int             `json:"v"` // 1
	Case          string          `json:"case"`
	Facts         json.RawMessage `json:"facts"`    // what the counter knew; kept as signed, not judged
	Proposal      string          `json:"proposal"` // the action proposed
	Choice        string          `json:"choice"`   // ActionIssue, ActionRenew, or the operation of a status change
	Needs         []string        `json:"needs"`    // what needed him, for instance NeedUnderAge
	Reason        string          `json:"reason"`
	PaperContract string          `json:"paper_contract"`   // number on the citizen's copy; empty: none shown
	Status        json.RawMessage `json:"status,omitempty"` // the change of status asked for; kept as signed, not judged
	IssuedAt      int64           `json:"iat"`              // Unix seconds
}

// MaxOverrideAge is how old a supervisor's signature may be when it arrives.
const MaxOverrideAge = 24 * time.Hour

// What the authority demands an override for (fields of ProblemOverride).
const (
	NeedUnderAge         = "under-age"         // the holder is younger than Policy.SupervisorBelowAge
	NeedCertificateValid = "certificate-valid" // another certificate for this person, label and card stands
)

// ClerkClaims is what the clerk signs for one request (compact JWS, RS256 or
// ES256, with the certificate's thumbprint in the header x5t#S256).
type ClerkClaims struct {
	Case     string `json:"case"`
	Attempt  int    `json:"att"`
	CSR      string `json:"csr_sha256"`
	Label    string `json:"label"`
	IssuedAt int64  `json:"iat"`
}

// JournalPush is the body of POST /ra/v1/journal/{workstation}: the events
// From, From+1, … as stored, and a checkpoint signed by the workstation whose
// size ends at the last of them.
type JournalPush struct {
	From       int64    `json:"from"`
	Events     [][]byte `json:"events"`
	Checkpoint string   `json:"checkpoint"`
}

// JournalReply carries the same checkpoint with the authority's signature
// added, and the commitments whose openings the authority does not hold yet.
type JournalReply struct {
	Checkpoint string   `json:"checkpoint"`
	Missing    []string `json:"missing"` // hex SHA-256
}

// JournalHead answers GET /ra/v1/journal/{workstation}; empty checkpoint:
// nothing held yet.
type JournalHead struct {
	Size       int64  `json:"size"`
	Checkpoint string `json:"checkpoint"`
}

// Statuses of a certificate.
const (
	StatusHold      = "hold"
	StatusActive    = "active"
	StatusSuspended = "suspended"
	StatusRevoked   = "revoked"
)

// IssuanceState is what the authority knows of a request.
type IssuanceState string

// The states of a request.
const (
	IssuanceUnknown IssuanceState = "unknown"
	IssuancePending IssuanceState = "pending"
	IssuanceIssued  IssuanceState = "issued"
	IssuanceRefused IssuanceState = "refused"
)

// Issuance answers GET /ra/v1/issuances/{csr_sha256}.
type Issuance struct {
	State   IssuanceState `json:"state"`
	Chain   [][]byte      `json:"chain,omitempty"` // DER, leaf first
	Serial  string        `json:"serial,omitempty"`
	Status  string        `json:"status,omitempty"` // hold, active, suspended, revoked
	Problem *Problem      `json:"problem,omitempty"`
}

// Operations of a status change. Only a suspended certificate can be
// reactivated; nothing comes back from revoked.
const (
	OpActivate   = "activate"
	OpSuspend    = "suspend"
	OpReactivate = "reactivate"
	OpRevoke     = "revoke"
)

// ReasonHold is the reason of every suspension, certificateHold (RFC 5280
// 5.3.1).
const ReasonHold = 6

// ReasonSuperseded is the reason of what another certificate takes the place
// of (RFC 5280 5.3.1).
const ReasonSuperseded = 4

// StatusChange is the body of PUT /ra/v1/status-changes/{uuid}.
type StatusChange struct {
	Op       string `json:"op"`
	Serial   string `json:"serial"` // hex
	Case     string `json:"case"`
	Reason   int    `json:"reason,omitempty"`    // CRL reason code
	ReadBack string `json:"read_back,omitempty"` // hex SHA-256 of the certificate read from the chip
	// ReceivedAt is when the signed form reached the counter, in Unix seconds;
	// 0 for a change that no form asks for. A change by a form may be made at
	// any office, other changes only where the certificate was issued.
	ReceivedAt int64  `json:"received_at,omitempty"`
	Clerk      string `json:"clerk"` // compact JWS over StatusClaims
	// Override is a supervisor's compact JWS over OverrideClaims whose choice
	// is Op; empty: none. It stands in for the role where only supervisors may
	// change a status.
	Override string `json:"override,omitempty"`
}

// StatusClaims is what the clerk signs for a status change.
type StatusClaims struct {
	ID     string `json:"id"` // the UUID of the change
	Op     string `json:"op"`
	Serial string `json:"serial"`
	Reason int    `json:"reason,omitempty"`
	// ReceivedAt is that of the change.
	ReceivedAt int64 `json:"received_at,omitempty"`
	IssuedAt   int64 `json:"iat"`
}

// StatusReply answers a status change.
type StatusReply struct {
	Serial string `json:"serial"`
	Status string `json:"status"`
	// Request is set while the change waits for a second clerk: the hex
	// SHA-256 of the first clerk's signature as it was sent, which the second
	// one signs.
	Request string `json:"request,omitempty"`
	// Superseded holds the serials of the certificates that an activation
	// revoked with ReasonSuperseded: those that were in force before it for the
	// same person, card and label. Repeats name them again.
	Superseded []string `json:"superseded,omitempty"`
}

// Decisions about a waiting change. It is claimed before it is decided, so
// that two clerks do not work on the same one.
const (
	DecisionClaim   = "claim"
	DecisionApprove = "approve"
	DecisionReject  = "reject" // with a comment
)

// Approval is the body of PUT /ra/v1/approvals/{uuid}.
type Approval struct {
	Request  string `json:"request"` // PendingChange.Request
	Decision string `json:"decision"`
	Comment  string `json:"comment,omitempty"` // at most MaxComment bytes
	Clerk    string `json:"clerk"`             // compact JWS over ApprovalClaims
}

// MaxComment is the length of the longest comment in bytes.
const MaxComment = 1000

// ApprovalClaims is what the second clerk signs.
type ApprovalClaims struct {
	ID       string `json:"id"` // the UUID of the approval
	Request  string `json:"request"`
	Decision string `json:"decision"`
	Comment  string `json:"comment,omitempty"`
	IssuedAt int64  `json:"iat"`
}

// States of a change that needs a second clerk.
const (
	ChangePending  = "pending"
	ChangeApproved = "approved"
	ChangeRejected = "rejected"
)

// PendingChange is a status change that waits for a second clerk, or waited.
// Times are Unix seconds.
type PendingChange struct {
	ID          string `json:"id"` // of the status change
	Request     string `json:"request"`
	State       string `json:"state"`
	Op          string `json:"op"`
	Serial      string `json:"serial"`
	Reason      int    `json:"reason,omitempty"`
	Case        string `json:"case"`
	ReceivedAt  int64  `json:"received_at,omitempty"`
	Clerk       string `json:"clerk"` // service number of the first
	Workstation string `json:"workstation"`
	At          int64  `json:"at"`
	Expires     int64  `json:"expires"`
	ClaimedBy   string `json:"claimed_by,omitempty"` // service number
	ClaimEnds   int64  `json:"claim_ends,omitempty"`
}

// PendingChanges answers GET /ra/v1/approvals?state=pending: what waits at the
// caller's office, oldest first, at most MaxPending.
type PendingChanges struct {
	Pending []PendingChange `json:"pending"`
}

// MaxPending is how many waiting changes one answer lists.
const MaxPending = 200

// Certificate answers GET /ra/v1/certificates/{serial}. It holds no personal
// data, and any office may ask. Times are Unix seconds.
type Certificate struct {
	Serial     string `json:"serial"`
	Label      string `json:"label"`
	Status     string `json:"status"` // hold, active, suspended, revoked
	Reason     int    `json:"reason,omitempty"`
	Since      int64  `json:"since"`                 // of the status
	ReceivedAt int64  `json:"received_at,omitempty"` // of the form that brought the status about
	NotBefore  int64  `json:"not_before"`
	NotAfter   int64  `json:"not_after"`
	// Supersedes and SupersededBy are the serials of the holder's certificates
	// under the same label before and after this one that reached a chip:
	// those that were active once. Empty: none.
	Supersedes   string `json:"supersedes,omitempty"`
	SupersededBy string `json:"superseded_by,omitempty"`
}

// Contract is the body of PUT /ra/v1/contracts/{uuid}: a contract that was
// concluded at the counter. Person and card are not said: the authority reads
// them from the card files of the case.
type Contract struct {
	Number    string `json:"number"`    // Latin letters, digits, full stop, hyphen, slash; at most 64
	Concluded string `json:"concluded"` // YYYY-MM-DD, the day in Serbia
	Text      string `json:"text"`      // hex SHA-256 of the text that was signed
	Case      string `json:"case"`
	ChipFiles string `json:"chip_files"` // hex name of the blob with the raw card files
	Clerk     string `json:"clerk"`      // compact JWS over ContractClaims
}

// ContractClaims is what the clerk signs for a contract.
type ContractClaims struct {
	ID        string `json:"id"` // the UUID it is registered under
	Number    string `json:"number"`
	Concluded string `json:"concluded"`
	Text      string `json:"text"`
	Case      string `json:"case"`
	ChipFiles string `json:"chip_files"`
	IssuedAt  int64  `json:"iat"`
}

// States of a contract.
const (
	ContractValid      = "valid"
	ContractTerminated = "terminated" // by a clerk's signed request
	ContractSuperseded = "superseded" // by a contract for a new card of the same person
)

// ContractEntry is one row of the register of contracts, without personal
// data.
type ContractEntry struct {
	ID           string `json:"id,omitempty"` // empty for ContractOther, as all but number and state
	Number       string `json:"number"`
	State        string `json:"state"`
	Concluded    string `json:"concluded,omitempty"` // YYYY-MM-DD
	Text         string `json:"text,omitempty"`      // hex SHA-256
	Case         string `json:"case,omitempty"`
	Ended        int64  `json:"ended,omitempty"`         // Unix seconds, when the authority learned of it
	SupersededBy string `json:"superseded_by,omitempty"` // number of the contract that took its place
	// Covers says, in the answer to a search by person and card, that a
	// certificate for this card may rest on the contract.
	Covers bool `json:"covers,omitempty"`
}

// ContractSearch is the body of POST /ra/v1/contracts/search: either a number,
// or a person and his card. Every search is recorded, with what it found and
// the clerk's signature; what was searched for is recorded only as a
// commitment whose opening stays with the counter.
type ContractSearch struct {
	Number         string `json:"number,omitempty"`
	PersonalNumber string `json:"personal_number,omitempty"`
	CardNumber     string `json:"card_number,omitempty"`
	Case           string `json:"case"`  // in which the answer is needed
	Salt           []byte `json:"salt"`  // 32 random bytes
	Clerk          string `json:"clerk"` // compact JWS over SearchClaims
}

// Terms is what the clerk signs in place of the terms: the hex SHA-256 over
// the salt and, after a zero byte each, number, personal number, card number.
func (s ContractSearch) Terms() string {
	return commitTerms("", s.Salt, s.Number, s.PersonalNumber, s.CardNumber)
}

// commitTerms hashes the terms of a search of one kind.
func commitTerms(kind string, salt []byte, terms ...string) string {
	h := sha256.New()
	h.Write([]byte(kind))
	h.Write(salt)
	for _, term := range terms {
		h.Write([]byte{0})
		h.Write([]byte(term))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SearchClaims is what the clerk signs for a search.
type SearchClaims struct {
	Case     string `json:"case"`
	Terms    string `json:"terms"` // ContractSearch.Terms, RegisterSearch.Terms, CaseSearch.Terms
	IssuedAt int64  `json:"iat"`
}

// ContractsFound answers a search: at most MaxContracts, newest first.
type ContractsFound struct {
	Contracts []ContractEntry `json:"contracts"`
}

// MaxContracts is how many contracts one search finds.
const MaxContracts = 50

// ContractOther is the state, in the answer to a RegisterSearch, of a contract
// that belongs to another person; nothing else but its number is told.
const ContractOther = "other"

// RegisterSearch is the body of POST /ra/v1/register/search: what the
// authority holds for a person and his card, for the number of a contract, or
// for both together, so that the number is compared with the person. Like
// every search it is recorded, with the terms as a commitment only.
type RegisterSearch struct {
	PersonalNumber string `json:"personal_number,omitempty"`
	CardNumber     string `json:"card_number,omitempty"`
	Contract       string `json:"contract,omitempty"` // number
	Case           string `json:"case"`               // in which the answer is needed
	Salt           []byte `json:"salt"`               // 32 random bytes
	Clerk          string `json:"clerk"`              // compact JWS over SearchClaims
}

// Terms is what the clerk signs in place of the terms: the hex SHA-256 over
// the word register, the salt and, after a zero byte each, contract, personal
// number, card number.
func (s RegisterSearch) Terms() string {
	return commitTerms("register", s.Salt, s.Contract, s.PersonalNumber, s.CardNumber)
}

// RegisterFound answers a RegisterSearch, newest first, at most MaxContracts
// and MaxCertificates. By person: his contracts and certificates, on whatever
// card; the contract whose number was given stands among them, as
// ContractOther if it is somebody else's, and not at all if there is none. By
// the number alone: that contract and the certificates that rest on it.
type RegisterFound struct {
	Contracts    []ContractEntry   `json:"contracts"`
	Certificates []HeldCertificate `json:"certificates"`
}

// CaseSearch is the body of POST /ra/v1/cases/search, by exactly one of its
// first five members: a counter whose journal was purged knows no names any
// more. Like every search it is recorded, with the terms as a commitment only.
type CaseSearch struct {
	Name           string `json:"name,omitempty"` // its beginning; compared without regard to alphabet, case and marks
	PersonalNumber string `json:"personal_number,omitempty"`
	CardNumber     string `json:"card_number,omitempty"`
	Contract       string `json:"contract,omitempty"` // number
	Number         string `json:"number,omitempty"`   // of the case, as printed
	Case           string `json:"case"`               // in which the answer is needed
	Salt           []byte `json:"salt"`               // 32 random bytes
	Clerk          string `json:"clerk"`              // compact JWS over SearchClaims
}

// Terms is what the clerk signs in place of the terms: the hex SHA-256 over
// the word cases, the salt and, after a zero byte each, name, personal number,
// card number, contract, number.
func (s CaseSearch) Terms() string {
	return commitTerms("cases", s.Salt, s.Name, s.PersonalNumber, s.CardNumber, s.Contract, s.Number)
}

// MaxCases is how many cases one search finds.
const MaxCases = 50

// CasesFound answers a CaseSearch: by name in the order of folded names, else
// newest first.
type CasesFound struct {
	Cases []CaseEntry `json:"cases"`
	More  bool        `json:"more,omitempty"` // there are more than MaxCases
}

// CaseEntry is one case. The members about the person are empty where a case
// never came to a contract or a request, and is only known by its number.
type CaseEntry struct {
	Case           string            `json:"case"`
	Number         string            `json:"number"` // empty: the journal did not tell
	Workstation    string            `json:"workstation"`
	At             int64             `json:"at"` // of contract or request, else of the opening; Unix seconds
	Surname        string            `json:"surname"`
	GivenName      string            `json:"given_name"`
	PersonalNumber string            `json:"personal_number"`
	CardNumber     string            `json:"card_number"`
	Contract       string            `json:"contract"`     // number
	Certificates   []CaseCertificate `json:"certificates"` // issued in the case, last attempt first
}

// CaseCertificate is one certificate issued in a case.
type CaseCertificate struct {
	Serial string `json:"serial"` // lower-case hex
	Status string `json:"status"` // hold, active, suspended, revoked
	Since  int64  `json:"since"`  // of the status; Unix seconds
}

// MaxCertificates is how many certificates one search finds.
const MaxCertificates = 50

// HeldCertificate is one certificate of the person asked for. Times are Unix
// seconds; whether it has expired follows from them.
type HeldCertificate struct {
	Serial     string `json:"serial"` // lower-case hex
	Label      string `json:"label"`
	Status     string `json:"status"` // hold, active, suspended, revoked
	Reason     int    `json:"reason,omitempty"`
	Since      int64  `json:"since"` // of the status
	NotBefore  int64  `json:"not_before"`
	NotAfter   int64  `json:"not_after"`
	CardNumber string `json:"card_number"`
	Contract   string `json:"contract"` // number that the request named
	CommonName string `json:"common_name"`
}

// ContractEnd is the body of PUT /ra/v1/contract-terminations/{uuid}.
type ContractEnd struct {
	Number     string `json:"number"`
	Case       string `json:"case"`
	ReceivedAt int64  `json:"received_at"` // Unix seconds; of the paper that ends the contract
	Clerk      string `json:"clerk"`       // compact JWS over ContractEndClaims
}

// ContractEndClaims is what the clerk signs to end a contract.
type ContractEndClaims struct {
	ID         string `json:"id"` // the UUID of the termination
	Number     string `json:"number"`
	Case       string `json:"case"`
	ReceivedAt int64  `json:"received_at"`
	IssuedAt   int64  `json:"iat"`
}

// Policy is the payload of GET /ra/v1/policy, a compact JWS by the authority's
// policy key. A client never accepts a lower version than it has seen.
type Policy struct {
	Version      int                    `json:"version"`
	Authority    string                 `json:"authority"`
	Issued       int64                  `json:"iat"` // Unix seconds, the server's clock
	MinClient    string                 `json:"min_client,omitempty"`
	ServerPins   []string               `json:"server_pins"` // hex SHA-256 of SPKI: current, backup
	Labels       map[string]LabelPolicy `json:"labels"`
	OfflineHours int                    `json:"offline_hours"` // age limit of a clerk's signature
	Revocation   []string               `json:"revocation"`    // roles of which one may revoke: clerk, supervisor
	// FourEyes lists the status changes that a second clerk must approve.
	FourEyes []string `json:"four_eyes,omitempty"`
	// ContractRequired: a certificate must rest on a registered contract.
	ContractRequired bool `json:"contract_required,omitempty"`
	// SurvivesNewCard: a contract covers every card of its person.
	SurvivesNewCard bool `json:"survives_new_card,omitempty"`
	// OverrideRequired: no certificate without a supervisor's signature for a
	// holder younger than SupervisorBelowAge (years), or where another
	// certificate for the same person, label and card stands.
	OverrideRequired   bool              `json:"override_required,omitempty"`
	SupervisorBelowAge int               `json:"supervisor_below_age,omitempty"`
	Profiles           map[string][]byte `json:"profiles"`             // exact bytes of the profile files, by LabelPolicy.Profile
	Compromise         string            `json:"compromise,omitempty"` // non-empty: no counter may issue, and why (English)
	Demo               bool              `json:"demo"`
}

// LabelPolicy says how requests under one EST label are treated.
type LabelPolicy struct {
	Issuer  string `json:"issuer"`  // common name of the issuing CA
	Profile string `json:"profile"` // key into Policy.Profiles
	SHA256  string `json:"sha256"`  // hex, of the exact bytes in Policy.Profiles
}

// ProblemPrefix precedes the name in Problem.Type.
const ProblemPrefix = "urn:mup:problem:"

// Problem is an application/problem+json body (RFC 9457).
type Problem struct {
	Type   string   `json:"type"`
	Title  string   `json:"title,omitempty"`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty"` // English, for logs; no personal data
	Fields []string `json:"fields,omitempty"` // subject-mismatch, profile: field or finding ids
	Head   *int64   `json:"head,omitempty"`   // gap: last sequence number held
	Serial string   `json:"serial,omitempty"` // the certificate in question
	// Contract is the number of the contract in question.
	Contract string `json:"contract,omitempty"`
}

// Names of problems, without the prefix.
const (
	ProblemBadRequest      = "bad-request"
	ProblemCSRInvalid      = "csr-invalid"
	ProblemNotFound        = "not-found"
	ProblemTooLarge        = "too-large"
	ProblemAssertion       = "assertion-invalid"
	ProblemWorkstation     = "workstation-unknown"
	ProblemWorkstationGone = "workstation-revoked"
	ProblemClerk           = "clerk-not-authorised"
	ProblemClock           = "clock-drift"
	ProblemConflict        = "conflict"
	ProblemFork            = "fork"
	ProblemTransition      = "status-transition"
	ProblemContract        = "contract-invalid"
	ProblemApproval        = "approval-refused" // a second clerk rejected, or nobody approved in time
	ProblemNotAnchored     = "not-anchored"
	ProblemSubject         = "subject-mismatch"
	ProblemKeyRejected     = "key-rejected"
	ProblemKeyReused       = "key-reused"
	ProblemProfile         = "profile"
	ProblemAttempt         = "attempt-reused"
	ProblemGap             = "gap"
	ProblemUpgrade         = "upgrade-required"
	ProblemBusy            = "busy"
	ProblemCode            = "code-invalid" // of the bootstrap port: no code, a wrong one, one used or expired
	ProblemCardData        = "card-data"    // the card files' signature fails or they are of another case
	// ProblemCardFiles: the card files, or the event that commits to them, have
	// not arrived yet; ship the journal and send the same again.
	ProblemCardFiles = "card-files-missing"
	// ProblemOverride: a supervisor must sign first; the fields say what for
	// (NeedUnderAge, NeedCertificateValid).
	ProblemOverride = "override-required"
	// ProblemOverrideInvalid: what the supervisor signed is not for this case
	// and choice, or no longer. Who he is, is ProblemClerk.
	ProblemOverrideInvalid = "override-invalid"
)

// Bundle is the trust bundle of one workstation, handed over at enrolment as a
// compact JWS signed by the policy key it names. Nothing of it is compiled in.
type Bundle struct {
	Version        int      `json:"version"`
	Demo           bool     `json:"demo"`
	Authority      string   `json:"authority"`             // id, the audience of assertions
	Workstation    string   `json:"workstation"`           // office-no, for instance BG-017-03
	URI            string   `json:"uri"`                   // urn:mup:ws:<office>:<no>
	API            string   `json:"api"`                   // https://host:port
	Public         string   `json:"public"`                // http://host:port
	Roots          [][]byte `json:"roots"`                 // DER, of the citizens' hierarchy
	Issuers        [][]byte `json:"issuers"`               // DER
	Infrastructure [][]byte `json:"infrastructure"`        // DER, issuer of server and workstation certificates
	ServerPins     []string `json:"server_pins"`           // hex SHA-256 of SPKI
	PolicyKey      []byte   `json:"policy_key"`            // PKIX DER
	CheckpointKey  string   `json:"checkpoint_key"`        // note verifier of the authority
	CardAnchors    [][]byte `json:"card_anchors"`          // DER, of the ministry's card-data CA
	HandOver       string   `json:"handover,omitempty"`    // age recipient of the file of a counter whose network stays down; bundles of before have none
	DemoClerks     []string `json:"demo_clerks,omitempty"` // hex SHA-256 of clerk certificates made by the demo
}

// EnrolmentRequest is the file a new workstation hands to the administrator of
// the authority.
type EnrolmentRequest struct {
	Workstation   string `json:"workstation"`    // office-no
	CSR           []byte `json:"csr"`            // PKCS#10 DER of the TLS key
	CheckpointKey string `json:"checkpoint_key"` // note verifier of the journal's key
	Proof         string `json:"proof"`          // note by that key over the hex SHA-256 of CSR
}

// EnrolmentResponse is the file that comes back.
type EnrolmentResponse struct {
	Chain  [][]byte `json:"chain"`  // workstation certificate first
	Bundle string   `json:"bundle"` // compact JWS over Bundle
}
