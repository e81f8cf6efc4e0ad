package procedure

import "strings"

// Code names one way in which something can go wrong. The screens hold one
// row for each: what happened and what to do now.
type Code string

// The codes. A test walks over Codes and asks for the texts of each.
const (
	// Reader and card.
	CodeNoService     Code = "no-service"     // PC/SC service does not run
	CodeNoReader      Code = "no-reader"      // no reader attached
	CodeNoCard        Code = "no-card"        // reader is empty
	CodeMute          Code = "mute"           // card does not answer
	CodeUnknownCard   Code = "unknown-card"   // no identity applet answered
	CodeUnreadable    Code = "unreadable"     // identity files damaged
	CodeRemoved       Code = "removed"        // card pulled during the work
	CodeOtherCard     Code = "other-card"     // not the card of this case
	CodeCardReset     Code = "card-reset"     // another program reset the card
	CodeBusy          Code = "busy"           // another program holds the card
	CodeWrongPIN      Code = "wrong-pin"      // Tries says how many are left
	CodePINBlocked    Code = "pin-blocked"    // no try left
	CodePINFormat     Code = "pin-format"     // not 4 to 8 digits; no try spent
	CodeCardFull      Code = "card-full"      // no room on the chip
	CodeNoWrite       Code = "no-write"       // the module cannot write to this card
	CodeKeyMissing    Code = "key-missing"    // the key pair is not on the card
	CodeReadBack      Code = "read-back"      // the chip shows another certificate than issued
	CodeCardFailure   Code = "card-failure"   // the card refused a command
	CodeModule        Code = "module"         // the PKCS#11 module is missing or fails
	CodePadCancelled  Code = "pad-cancelled"  // the citizen pressed cancel on the reader; no try spent
	CodePadTimeout    Code = "pad-timeout"    // nothing was typed on the reader in time; no try spent
	CodeCannotUnblock Code = "cannot-unblock" // the driver cannot reset the PIN of this card
	CodePUK           Code = "puk"            // the driver has no PUK for this card, or the card refused it
	// Eligibility.
	CodeNoPKI            Code = "no-pki"            // card without PKI part (before 18.08.2014)
	CodeDocType          Code = "doc-type"          // this kind of document carries no certificate
	CodeCardExpired      Code = "card-expired"      // valid-until day is past
	CodeIssuedEarly      Code = "issued-early"      // issued on or before eligibility.card_issued_after
	CodeSODMissing       Code = "sod-missing"       // no signature over the card data
	CodeSODMismatch      Code = "sod-mismatch"      // card data do not match their signature
	CodeSODAnchor        Code = "sod-anchor"        // signature ends at no configured anchor
	CodeCertificateValid Code = "certificate-valid" // a valid signing certificate is on the chip
	CodeUnderAge         Code = "under-age"         // below eligibility.supervisor_below_age
	CodeNeedsUnblock     Code = "needs-unblock"     // the citizen does not know the PIN
	CodeFace             Code = "face"              // the person is not the one on the portrait
	// Input of the clerk.
	CodeEmailSyntax  Code = "email-syntax"
	CodeEmailDomain  Code = "email-domain"   // no dot after @
	CodeEmailDiffers Code = "email-differs"  // typed differently the second time
	CodePapersOpen   Code = "papers-open"    // Fields names what is not ticked
	CodeHandOverOpen Code = "hand-over-open" // Fields names what is not ticked
	CodeAnswerOpen   Code = "answer-open"    // Fields names the unanswered question
	CodeNotNow       Code = "not-now"        // the case does not allow this step now
	CodeNoCase       Code = "no-case"
	CodePINWeak      Code = "pin-weak"     // Fields names why; accepted if the citizen insists
	CodePINDiffers   Code = "pin-differs"  // typed differently the second time
	CodeWrongCircle  Code = "wrong-circle" // another number is circled than the action's: a new form
	// Supervisor.
	CodeNeedsSupervisor Code = "needs-supervisor" // CaseView.Needs is not signed yet
	CodeSameClerk       Code = "same-clerk"       // the supervisor is the clerk of the case
	CodeNotSupervisor   Code = "not-supervisor"   // the key belongs to no supervisor
	CodeSecondToday     Code = "second-today"     // the card got a certificate today already
	// Contract and certificate at the authority.
	CodeNoContract           Code = "no-contract"    // the number does not exist
	CodeContractOther        Code = "contract-other" // the contract belongs to another person
	CodeContractEnded        Code = "contract-ended"
	CodeNotFound             Code = "not-found"             // the register has nothing under these numbers
	CodeSuspended            Code = "suspended"             // the certificate is suspended
	CodeCertificateElsewhere Code = "certificate-elsewhere" // valid at the register, gone from the chip
	// Authority.
	CodeNoLink         Code = "no-link"         // no connection to the authority
	CodeNoAnswer       Code = "no-answer"       // sent, but the answer did not arrive
	CodeBusyCA         Code = "ca-busy"         // the authority asks to come back later
	CodePending        Code = "ca-pending"      // waits for a decision at the authority
	CodeRefused        Code = "ca-refused"      // refused; Detail names the problem type
	CodeCounter        Code = "counter-refused" // this counter's certificate is not accepted
	CodeClerkRefused   Code = "clerk-refused"   // the clerk is not accepted
	CodeNotAnchored    Code = "not-anchored"    // journal at the authority is behind
	CodeFork           Code = "fork"            // the authority holds another history
	CodeUpgrade        Code = "upgrade"         // this version is too old
	CodeBadAnswer      Code = "bad-answer"      // certificate or message is not what was asked for
	CodeClock          Code = "clock"           // local clock is off
	CodeOperator       Code = "ca-operator"     // only the authority's operator can do or tell this
	CodeStatusOperator Code = "status-operator" // a change of status that only the authority's operator can make
	CodeRevoked        Code = "revoked"         // the certificate of the attempt was revoked
	// Journal.
	CodeJournal  Code = "journal"  // could not be written
	CodeErased   Code = "erased"   // personal data were erased after acknowledgement
	CodeInUse    Code = "in-use"   // Salter is already open
	CodeTampered Code = "tampered" // the journal does not verify
	CodeDiskFull Code = "disk-full"
	// Clerk, papers, the rest.
	CodeSignIn    Code = "sign-in"    // wrong password or unreadable key file
	CodeSignedOut Code = "signed-out" // nobody is signed in
	CodePrint     Code = "print"      // printing failed
	CodeNoPrinter Code = "no-printer"
	// The printing system of this computer does not answer.
	CodePrintService Code = "print-service"
	// The printer's queue is stopped or takes no jobs, or the printer does not
	// take them from it. The job is not left there.
	CodePrinterStopped Code = "printer-stopped"
	CodeTemplate       Code = "template"   // a template is missing or changed
	CodePaperLost      Code = "paper-lost" // an earlier paper cannot be made again as it was
	CodeSetup          Code = "setup"      // the counter is not set up to work; Detail names what
	CodeInternal       Code = "internal"   // a defect of ours; Detail for support
)

// Error is a failure that a person has to act on. It holds no personal data.
type Error struct {
	Code   Code
	Tries  int      // CodeWrongPIN: tries left, −1 unknown
	Fields []string // names of inputs or papers concerned
	Fork   *Fork    // CodeFork: what the two sides hold; may be nil
	Detail string   // English, for logs and support
	Err    error    // cause, may be nil
}

// Fork is what the counter and the authority hold where they do not agree.
type Fork struct {
	Ours   Head
	Theirs Head // zero: not known
}

// Error gives the text for logs.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if len(e.Fields) > 0 {
		s += " [" + strings.Join(e.Fields, " ") + "]"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is(err, &Error{Code: c}) match by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
