package procedure

// StatusReason is why the status of a certificate is to change, in the words
// of Obrazac 3.
type StatusReason string

// The reasons; status.reason_map gives each its CRL reason code.
const (
	StatusLost           StatusReason = "lost"
	StatusStolen         StatusReason = "stolen"
	StatusMisuse         StatusReason = "misuse"
	StatusNameChanged    StatusReason = "name-changed"
	StatusCardReplaced   StatusReason = "card-replaced"
	StatusNotWanted      StatusReason = "not-wanted"
	StatusDeath          StatusReason = "death"
	StatusSuspendWish    StatusReason = "suspend-wish"
	StatusReactivateWish StatusReason = "reactivate-wish"
)

// StatusReasons lists the reasons for each operation, in the order in which
// the screens offer them.
var StatusReasons = map[Action][]StatusReason{
	ActionRevoke: {
		StatusLost, StatusStolen, StatusMisuse, StatusNameChanged, StatusCardReplaced, StatusNotWanted, StatusDeath,
	},
	ActionSuspend:    {StatusSuspendWish, StatusLost, StatusStolen, StatusMisuse},
	ActionReactivate: {StatusReactivateWish},
}

// StatusAnswers say which change of status the citizen asks for.
type StatusAnswers struct {
	Op          Action // ActionRevoke, ActionSuspend, ActionReactivate
	Serial      string // hex, of the certificate
	Reason      StatusReason
	EndContract bool   // the contract ends with it
	Document    string // the other identity document, when the card is not there
}

// StatusSearch finds the certificates of somebody whose card is not there: by
// personal number and card number, or by the number of the contract.
type StatusSearch struct {
	PersonalNumber PersonalNumber
	CardNumber     CardNumber
	Contract       string
}
