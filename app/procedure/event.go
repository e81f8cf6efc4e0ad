package procedure

import "time"

// AppStarted is the body of the first event of every run of the program.
type AppStarted struct {
	Version string `json:"version"`
	Trust   string `json:"trust,omitempty"` // SHA-256 of the trust bundle, hex
	Crash   string `json:"crash,omitempty"` // name of the record of a run that ended by a defect; in the first start after it
}

// ClockJumped is committed before the event at which the wall clock was found
// to have moved against the monotonic clock, or back behind the last event.
// Times are Unix milliseconds.
type ClockJumped struct {
	LastAt   int64 `json:"last_at"`
	LastMono int64 `json:"last_mono"`
	At       int64 `json:"at"`
	Mono     int64 `json:"mono"`
}

// ClerkSigned is the body of sign-in and sign-out.
type ClerkSigned struct {
	Fingerprint string `json:"fingerprint"` // SHA-256 of the clerk's certificate, hex
}

// CardTurnedAway says why a card could not be served.
type CardTurnedAway struct {
	DocType DocType `json:"doc_type"`
	Blocks  []Code  `json:"blocks"`
}

// AuthoritySearched is committed before a clerk's question for cases goes to
// the authority. What was asked for stands in neither journal in clear.
type AuthoritySearched struct {
	Inquiry string      `json:"inquiry"` // UUID under which the authority records it
	By      SearchField `json:"by"`
}

// CaseOpened begins a case. Its commitments: PartRecord and PartChipFiles.
type CaseOpened struct {
	Number   string    `json:"number"`
	Action   Action    `json:"action"`
	DocType  DocType   `json:"doc_type"`
	Checked  string    `json:"checked"` // how the document was checked: "sod", "none", "other-document"
	Warnings []Warning `json:"warnings,omitempty"`
	Tries    int       `json:"tries"`
	NoCard   bool      `json:"no_card,omitempty"`
}

// PersonConfirmed holds the answers of screen A; the number of the contract is
// given out with the first complete ones.
type PersonConfirmed struct {
	Face     Answer `json:"face"`
	KnowsPIN Answer `json:"knows_pin"`
	LastTry  Answer `json:"last_try,omitempty"`
	Contract string `json:"contract,omitempty"`
}

// PapersRendered lists the papers before they are printed. Their SHA-256
// stands in the sealed part of the same event: the papers hold personal data,
// and an unsalted hash of such content can be guessed.
type PapersRendered struct {
	Papers []PaperRendered `json:"papers"`
}

// PaperRendered is one paper: which text, in how many copies.
type PaperRendered struct {
	Kind     PaperKind `json:"kind"`
	Copies   int       `json:"copies"`
	Version  string    `json:"version"`
	Template string    `json:"template"` // SHA-256 of the template, hex
	Script   string    `json:"script"`
}

// records are the papers as the case has them: without their hashes.
func (b *PapersRendered) records() []PaperRecord {
	records := make([]PaperRecord, len(b.Papers))
	for i, p := range b.Papers {
		records[i] = PaperRecord{Kind: p.Kind, Copies: p.Copies, Version: p.Version, Template: p.Template, Script: p.Script}
	}
	return records
}

func (b *PapersRendered) copies() int {
	n := 0
	for _, p := range b.Papers {
		n += p.Copies
	}
	return n
}

// PapersPrinted is what became of a print job; Copies is how many papers it
// held, 0 in journals of the first versions. Job is which rendering of the case
// was printed once more, 1 being the first; 0: the last one, for the first time.
type PapersPrinted struct {
	Failed bool `json:"failed,omitempty"`
	Copies int  `json:"copies,omitempty"`
	Job    int  `json:"job,omitempty"`
}

// PapersReprint is the intent to print the papers of a rendering once more, as
// they were; also after the end of the case.
type PapersReprint struct {
	Job    int `json:"job"`
	Copies int `json:"copies"`
}

// PapersConfirmed holds the ticks of screen B. ReceivedAt is in Unix
// milliseconds; 0: no form whose receipt starts a clock.
type PapersConfirmed struct {
	RequestSigned   bool  `json:"request_signed,omitempty"`
	TermsSigned     bool  `json:"terms_signed,omitempty"`
	ContractSigned  bool  `json:"contract_signed,omitempty"`
	ContractSealed  bool  `json:"contract_sealed,omitempty"`
	UnblockSigned   bool  `json:"unblock_signed,omitempty"`
	UnblockReceived bool  `json:"unblock_received,omitempty"`
	StatusSigned    bool  `json:"status_signed,omitempty"`
	StatusReceived  bool  `json:"status_received,omitempty"`
	ReceivedAt      int64 `json:"received_at,omitempty"`
}

func papersConfirmed(t PaperTicks) PapersConfirmed {
	b := PapersConfirmed{
		RequestSigned: t.RequestSigned, TermsSigned: t.TermsSigned,
		ContractSigned: t.ContractSigned, ContractSealed: t.ContractSealed,
		UnblockSigned: t.UnblockSigned, UnblockReceived: t.UnblockReceived,
		StatusSigned: t.StatusSigned, StatusReceived: t.StatusReceived,
	}
	if !t.ReceivedAt.IsZero() {
		b.ReceivedAt = t.ReceivedAt.UnixMilli()
	}
	return b
}

func (b PapersConfirmed) ticks() PaperTicks {
	t := PaperTicks{
		RequestSigned: b.RequestSigned, TermsSigned: b.TermsSigned,
		ContractSigned: b.ContractSigned, ContractSealed: b.ContractSealed,
		UnblockSigned: b.UnblockSigned, UnblockReceived: b.UnblockReceived,
		StatusSigned: b.StatusSigned, StatusReceived: b.StatusReceived,
	}
	if b.ReceivedAt != 0 {
		t.ReceivedAt = time.UnixMilli(b.ReceivedAt)
	}
	return t
}

// EmailAnswered says whether the signed form asks for an e-mail. The address
// is the sealed part of the same event.
type EmailAnswered struct {
	Wanted Answer `json:"wanted"`
}

// ContentConfirmed records that the clerk checked the certificate-to-be.
type ContentConfirmed struct {
	Issuer     string `json:"issuer"`
	NotAfter   int64  `json:"not_after"` // Unix seconds
	CardCapped bool   `json:"card_capped"`
}

// CaseReopened goes back to an earlier screen: what was confirmed there and
// later is open again.
type CaseReopened struct {
	To Phase `json:"to"`
}

// PINBegun records that the screen went to the citizen.
type PINBegun struct {
	Tries  int     `json:"tries"`
	Policy int     `json:"policy"`          // version of the authority's policy
	Offset int64   `json:"clock_offset_ms"` // local minus authority's time
	Mode   PINMode `json:"mode,omitempty"`
	Way    PINWay  `json:"way,omitempty"`
	Old    int     `json:"old,omitempty"` // signing certificates on the chip that are not the case's
}

// PINLeft records why the citizen's page was left without a PIN.
type PINLeft struct {
	Why PINEnd `json:"why"`
}

// LoginFailed is the outcome of an attempt with a PIN.
type LoginFailed struct {
	Code  Code `json:"code"`
	Tries int  `json:"tries"` // −1 unknown
}

// OfAttempt is the body of events that say only which attempt they belong to.
type OfAttempt struct {
	Attempt int `json:"attempt"`
}

// Generate is the intent to make a key pair under a fresh key id. Key pairs
// that earlier intents may have left are deleted first.
type Generate struct {
	Attempt int    `json:"attempt"`
	KeyID   string `json:"key_id"` // CKA_ID, hex
}

// Key is a key pair made on the chip.
type Key struct {
	Attempt   int      `json:"attempt"`
	KeyID     string   `json:"key_id"`
	PublicKey string   `json:"public_key"`        // SHA-256 of the SubjectPublicKeyInfo, hex
	Deleted   []string `json:"deleted,omitempty"` // key ids of orphans that are gone
}

// Submit is the intent to ask for a certificate. Its commitment: the request,
// which is never made anew while the attempt is open.
type Submit struct {
	Attempt  int    `json:"attempt"`
	CSR      string `json:"csr_sha256"` // hex
	Part     string `json:"part"`       // name of the sealed request
	Contract string `json:"contract"`
}

// CertificateReceived is a certificate that came back. Its commitment: the chain.
// Kind certificate-unusable has the same body.
type CertificateReceived struct {
	Attempt  int    `json:"attempt"`
	Serial   string `json:"serial"` // hex
	SHA256   string `json:"sha256"` // of the leaf, hex
	Part     string `json:"part"`   // name of the sealed chain
	NotAfter int64  `json:"not_after"`
	Code     Code   `json:"code,omitempty"`   // unusable: why
	Detail   string `json:"detail,omitempty"` // unusable: for support
	// Resent: it came for a repetition, from an authority that cannot be asked
	// about the request before. That one may have been answered with another
	// certificate for the same key.
	Resent bool `json:"resent,omitempty"`
}

// Activated says that a certificate is in force. AtIssue: from its issuance on,
// because the authority knows no activation.
type Activated struct {
	Attempt int  `json:"attempt"`
	AtIssue bool `json:"at_issue,omitempty"`
}

// EnrolRefused is a refusal that ends the attempt.
type EnrolRefused struct {
	Attempt int    `json:"attempt"`
	Code    Code   `json:"code"`
	Detail  string `json:"detail,omitempty"`
}

// ReadBack is what the chip showed over a fresh connection. Found: exactly the
// certificate that was issued, in the signature container.
type ReadBack struct {
	Attempt int    `json:"attempt"`
	Found   bool   `json:"found"`
	SHA256  string `json:"sha256,omitempty"`
	Others  int    `json:"others"`        // other certificates on the chip, left alone
	Old     int    `json:"old,omitempty"` // those of them for signing
}

// StatusIntent is the intent to change the status of a certificate; ID is the
// idempotency key of the change at the authority.
type StatusIntent struct {
	Attempt int    `json:"attempt"`
	ID      string `json:"id"`
	Serial  string `json:"serial"`
	Reason  int    `json:"reason"` // CRL reason code (RFC 5280 5.3.1), 0 for activate
	Why     Code   `json:"why,omitempty"`
}

// StepFailure is what is known of a failure.
type StepFailure struct {
	Attempt int    `json:"attempt"`
	Step    Step   `json:"step"`
	Code    Code   `json:"code"`
	Detail  string `json:"detail,omitempty"`
}

// CaseEnded is the body of withdrawal and refusal.
type CaseEnded struct {
	Reason Code `json:"reason"`
}

// HandedOver holds the ticks of the end. The place of the papers is the sealed
// part of the same event: clerks write names on folders.
type HandedOver struct {
	CardReturned  bool `json:"card_returned"`
	CitizenPapers bool `json:"citizen_papers"`
	Archived      bool `json:"archived"`
}

// CaseClosed ends the case with the clerk's signature over its Summary.
type CaseClosed struct {
	Summary string `json:"summary"` // compact JWS
}

// UnblockBody is the body of intent and result of an unblock.
type UnblockBody struct {
	Mode Unblock `json:"mode"`
}

// Retired is what was removed from the chip beside the case's certificate.
type Retired struct {
	Attempt int `json:"attempt"`
	Removed int `json:"removed"`
}
