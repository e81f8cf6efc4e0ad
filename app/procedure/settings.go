package procedure

import "time"

// Settings are the answers to the questions that the Ministry's text leaves
// open; the names in the comments are those of the settings file.
type Settings struct {
	DocTypes           []DocType     // eligibility.doc_types
	CardIssuedAfter    Date          // eligibility.card_issued_after, strictly later
	SupervisorBelowAge int           // eligibility.supervisor_below_age
	SealRequired       bool          // contract.seal_required
	RetentionYears     int           // retention.years_after_end
	CertificateYears   int           // longest validity; only for the warning that the card ends first
	MaxCertificate     int           // bytes that fit on the chip
	MaxClockOffset     time.Duration // more than this from the authority's time: no issuing
	SyncDelay          time.Duration // from the last event to the sync, so that a few go together
}

// DefaultSettings are the defaults of procedure, section 11.
func DefaultSettings() Settings {
	return Settings{
		DocTypes:           []DocType{DocTypeID, DocTypeIF},
		CardIssuedAfter:    Date{2014, time.August, 18},
		SupervisorBelowAge: 18,
		SealRequired:       true,
		RetentionYears:     10,
		CertificateYears:   5,
		MaxCertificate:     2048,
		MaxClockOffset:     5 * time.Minute,
		SyncDelay:          2 * time.Second,
	}
}
