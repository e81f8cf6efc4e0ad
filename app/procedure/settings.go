package procedure

import "time"

// Settings are the answers to the questions that the Ministry's text leaves
// open; the names in the comments are those of the settings file.
type Settings struct {
	DocTypes           []DocType // eligibility.doc_types
	CardIssuedAfter    Date      // eligibility.card_issued_after, strictly later
	SupervisorBelowAge int       // eligibility.supervisor_below_age

	SealRequired     bool // contract.seal_required
	ContractTerm     int  // contract.term_years; 0: until ended
	SurvivesNewCard  bool // contract.survives_new_card
	AcceptBrought    bool // forms.accept_brought
	SignBeforeClerk  bool // forms.sign_all_before_clerk; said beside the ticks
	RenewBeforeDays  int  // renewal.before_expiry_days; 0: only after it
	RenewalChain     bool // renewal.chain: certificates after the first of a contract are renewed too
	RetentionYears   int  // retention.years_after_end
	CertificateYears int  // longest validity; only for the warning that the card ends first
	MaxCertificate   int  // bytes that fit on the chip

	WeakPIN WeakAction // pin.weak_action

	StatusForm     map[Action]int       // status.form_numbers
	StatusDeadline time.Duration        // status.deadline_hours
	ReasonMap      map[StatusReason]int // status.reason_map: CRL reason codes of revocations (RFC 5280 5.3.1)
	// WithoutCard is status.identity_without_card: whether the identity check
	// without a card needs a supervisor.
	WithoutCard WithoutCard
	// RevokeByClerk is roles.revocation: false means that a
	// supervisor has to sign each revocation.
	RevokeByClerk bool

	PurgeAfterAck bool // journal.purge_after_ack: sealed parts of ended cases go once the authority holds them

	MaxClockOffset time.Duration // more than this from the authority's time: no issuing
	MaxUnsynced    time.Duration // clock.max_unsynced_hours: since the authority last told its time
	SyncDelay      time.Duration // from the last event to the sync, so that a few go together

	// PadIfPresent has the PIN typed on a reader with a pad of its own where
	// that serves (pin.entry).
	PadIfPresent bool

	Script string // of the papers: "sr-Cyrl" or "sr-Latn"
}

// WeakAction is what becomes of a weak new PIN.
type WeakAction string

// The answers to a weak PIN (pin.weak_action).
const (
	WeakAllow  WeakAction = "allow"
	WeakWarn   WeakAction = "warn"
	WeakRefuse WeakAction = "refuse"
)

// WithoutCard is how somebody without his card is identified.
type WithoutCard string

// The answers of status.identity_without_card.
const (
	WithoutCardSupervisor WithoutCard = "supervisor"
	WithoutCardClerk      WithoutCard = "clerk"
	WithoutCardRefused    WithoutCard = "refused"
)

// CRL reason codes (RFC 5280 5.3.1).
const (
	reasonKeyCompromise      = 1
	reasonAffiliationChanged = 3
	reasonSuperseded         = 4
	reasonCessation          = 5
	reasonHold               = 6
)

// DefaultSettings are the defaults of procedure, section 11.
func DefaultSettings() Settings {
	return Settings{
		DocTypes:           []DocType{DocTypeID, DocTypeIF},
		CardIssuedAfter:    Date{2014, time.August, 18},
		SupervisorBelowAge: 18,
		SealRequired:       true,
		AcceptBrought:      true,
		RenewalChain:       true,
		RetentionYears:     10,
		CertificateYears:   5,
		MaxCertificate:     2048,
		WeakPIN:            WeakWarn,
		PadIfPresent:       true,
		StatusForm:         map[Action]int{ActionRevoke: 1, ActionSuspend: 2, ActionReactivate: 3},
		StatusDeadline:     24 * time.Hour,
		ReasonMap:          reasonMap(),
		WithoutCard:        WithoutCardSupervisor,
		RevokeByClerk:      true,
		PurgeAfterAck:      true,
		MaxClockOffset:     5 * time.Minute,
		MaxUnsynced:        24 * time.Hour,
		SyncDelay:          2 * time.Second,
		Script:             "sr-Cyrl",
	}
}

// reasonMap is the default of status.reason_map (procedure, section 3.3).
func reasonMap() map[StatusReason]int {
	return map[StatusReason]int{
		StatusLost: reasonKeyCompromise, StatusStolen: reasonKeyCompromise, StatusMisuse: reasonKeyCompromise,
		StatusNameChanged: reasonAffiliationChanged, StatusCardReplaced: reasonSuperseded,
		StatusNotWanted: reasonCessation, StatusDeath: reasonCessation,
	}
}
