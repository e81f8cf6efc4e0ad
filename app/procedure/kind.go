package procedure

// Kind names what an event says. Kinds are never renamed: journals are read
// for ever.
type Kind string

// The kinds of the counter itself; their Case is empty.
const (
	KindAppStarted      Kind = "app-started"
	KindClockJumped     Kind = "clock-jumped"
	KindSettingsChanged Kind = "settings-changed"
	KindClerkSignedIn   Kind = "clerk-signed-in"
	KindClerkSignedOut  Kind = "clerk-signed-out"
	KindCardTurnedAway  Kind = "card-turned-away"
	// KindAuthoritySearched: a clerk looks for a case at the authority, which
	// records the question under the same inquiry.
	KindAuthoritySearched Kind = "authority-searched"
)

// The kinds of a case. An intent is committed before its effect begins, the
// result after it ended; an intent without result means "perhaps".
const (
	KindCaseOpened       Kind = "case-opened"
	KindCaseParked       Kind = "case-parked"
	KindCaseResumed      Kind = "case-resumed"
	KindCaseReopened     Kind = "case-reopened"
	KindFactsLearned     Kind = "facts-learned"
	KindPersonConfirmed  Kind = "person-confirmed"
	KindOverridden       Kind = "overridden"
	KindActionChosen     Kind = "action-chosen"
	KindFormsBrought     Kind = "forms-brought"
	KindPapersRendered   Kind = "papers-rendered"
	KindPapersPrinted    Kind = "papers-printed"
	KindPapersReprint    Kind = "papers-reprint" // intent: the same papers once more; its result is papers-printed
	KindPapersConfirmed  Kind = "papers-confirmed"
	KindEmailAnswered    Kind = "email-answered"
	KindContentConfirmed Kind = "content-confirmed"

	KindPINBegun Kind = "pin-begun"
	KindPINLeft  Kind = "pin-left"

	KindLogin       Kind = "login"        // intent
	KindPINVerified Kind = "pin-verified" // result
	KindLoginFailed Kind = "login-failed" // result

	KindUnblock   Kind = "unblock"   // intent
	KindUnblocked Kind = "unblocked" // result

	KindContract           Kind = "contract"            // intent; it is sent after the intent to submit
	KindContractRegistered Kind = "contract-registered" // result
	KindContractEnd        Kind = "contract-end"        // intent
	KindContractEnded      Kind = "contract-ended"      // result

	KindGenerate Kind = "generate" // intent
	KindKey      Kind = "key"      // result

	KindSubmit      Kind = "submit"               // intent: the request is sealed beside it
	KindCertificate Kind = "certificate"          // result
	KindRefusal     Kind = "enrol-refused"        // result
	KindUnusable    Kind = "certificate-unusable" // result

	KindWrite    Kind = "write"     // intent
	KindWritten  Kind = "written"   // result
	KindReadBack Kind = "read-back" // result of looking at the chip over a fresh connection

	KindRetire        Kind = "retire"         // intent
	KindRetired       Kind = "retired"        // result
	KindRetireSkipped Kind = "retire-skipped" // the clerk leaves the old certificate on the chip

	KindActivate Kind = "activate" // intent
	KindActive   Kind = "active"   // result

	KindRevoke  Kind = "revoke"  // intent
	KindRevoked Kind = "revoked" // result

	KindChangeIntent  Kind = "status-intent"  // intent
	KindStatusChanged Kind = "status-changed" // result
	KindStatusRefused Kind = "status-refused" // result

	KindOperatorConfirmed Kind = "operator-confirmed" // that no certificate of the attempt is in force

	KindAttemptBegun Kind = "attempt-begun"
	KindStepFailed   Kind = "step-failed" // what is known of a failure; ends no intent

	KindWithdrawn  Kind = "case-withdrawn" // the clerk ends the case; a certificate may have to be revoked first
	KindRefused    Kind = "case-refused"
	KindHandedOver Kind = "handed-over"
	KindCaseClosed Kind = "case-closed"
)

// Kinds lists every kind that this version knows.
var Kinds = []Kind{
	KindAppStarted,
	KindClockJumped,
	KindSettingsChanged,
	KindClerkSignedIn,
	KindClerkSignedOut,
	KindCardTurnedAway,
	KindAuthoritySearched,
	KindCaseOpened,
	KindCaseParked,
	KindCaseResumed,
	KindCaseReopened,
	KindFactsLearned,
	KindPersonConfirmed,
	KindOverridden,
	KindActionChosen,
	KindFormsBrought,
	KindPapersRendered,
	KindPapersPrinted,
	KindPapersReprint,
	KindPapersConfirmed,
	KindEmailAnswered,
	KindContentConfirmed,
	KindPINBegun,
	KindPINLeft,
	KindLogin,
	KindPINVerified,
	KindLoginFailed,
	KindUnblock,
	KindUnblocked,
	KindContract,
	KindContractRegistered,
	KindContractEnd,
	KindContractEnded,
	KindGenerate,
	KindKey,
	KindSubmit,
	KindCertificate,
	KindRefusal,
	KindUnusable,
	KindWrite,
	KindWritten,
	KindReadBack,
	KindRetire,
	KindRetired,
	KindRetireSkipped,
	KindActivate,
	KindActive,
	KindRevoke,
	KindRevoked,
	KindChangeIntent,
	KindStatusChanged,
	KindStatusRefused,
	KindOperatorConfirmed,
	KindAttemptBegun,
	KindStepFailed,
	KindWithdrawn,
	KindRefused,
	KindHandedOver,
	KindCaseClosed,
}

// bodyOf returns a pointer to an empty body of the kind, or nil for a kind
// that this version does not know.
func bodyOf(k Kind) any {
	if b := bodyOfCounter(k); b != nil {
		return b
	}
	switch k {
	case KindCaseOpened:
		return new(CaseOpened)
	case KindCaseParked, KindCaseResumed, KindLogin, KindPINVerified,
		KindContractRegistered, KindContractEnded, KindStatusChanged:
		return new(struct{})
	case KindFactsLearned:
		return new(FactsLearned)
	case KindOverridden:
		return new(Overridden)
	case KindActionChosen:
		return new(ActionChosen)
	case KindFormsBrought:
		return new(FormsBrought)
	case KindUnblock, KindUnblocked:
		return new(UnblockBody)
	case KindContract:
		return new(ContractIntent)
	case KindContractEnd:
		return new(ContractEndIntent)
	case KindChangeIntent:
		return new(ChangeIntent)
	case KindStatusRefused:
		return new(StatusRefused)
	case KindCaseReopened:
		return new(CaseReopened)
	case KindPersonConfirmed:
		return new(PersonConfirmed)
	case KindPapersRendered:
		return new(PapersRendered)
	case KindPapersPrinted:
		return new(PapersPrinted)
	case KindPapersReprint:
		return new(PapersReprint)
	case KindPapersConfirmed:
		return new(PapersConfirmed)
	case KindEmailAnswered:
		return new(EmailAnswered)
	case KindContentConfirmed:
		return new(ContentConfirmed)
	case KindPINBegun:
		return new(PINBegun)
	case KindPINLeft:
		return new(PINLeft)
	case KindWithdrawn, KindRefused:
		return new(CaseEnded)
	case KindHandedOver:
		return new(HandedOver)
	case KindCaseClosed:
		return new(CaseClosed)
	}
	return bodyOfAttempt(k)
}

func bodyOfCounter(k Kind) any {
	switch k {
	case KindAppStarted:
		return new(AppStarted)
	case KindClockJumped:
		return new(ClockJumped)
	case KindSettingsChanged:
		return new(SettingsChanged)
	case KindClerkSignedIn, KindClerkSignedOut:
		return new(ClerkSigned)
	case KindCardTurnedAway:
		return new(CardTurnedAway)
	case KindAuthoritySearched:
		return new(AuthoritySearched)
	}
	return nil
}

func bodyOfAttempt(k Kind) any {
	switch k {
	case KindLoginFailed:
		return new(LoginFailed)
	case KindGenerate:
		return new(Generate)
	case KindKey:
		return new(Key)
	case KindSubmit:
		return new(Submit)
	case KindCertificate, KindUnusable:
		return new(CertificateReceived)
	case KindRefusal:
		return new(EnrolRefused)
	case KindWrite, KindWritten, KindRevoked, KindOperatorConfirmed, KindAttemptBegun, KindRetire, KindRetireSkipped:
		return new(OfAttempt)
	case KindActive:
		return new(Activated)
	case KindReadBack:
		return new(ReadBack)
	case KindRetired:
		return new(Retired)
	case KindActivate, KindRevoke:
		return new(StatusIntent)
	case KindStepFailed:
		return new(StepFailure)
	}
	return nil
}
