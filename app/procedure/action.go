package procedure

// Action is what a case does in the end.
type Action string

// The actions. ActionNone is a proposal only: stop, or wait. A case whose
// action has not been chosen yet has the empty one.
const (
	ActionIssue      Action = "issue"
	ActionRenew      Action = "renew"
	ActionUnblock    Action = "unblock" // the unblock alone
	ActionRevoke     Action = "revoke"
	ActionSuspend    Action = "suspend"
	ActionReactivate Action = "reactivate"
	ActionNone       Action = "none"
)

// Certifies reports whether the action puts a certificate on the card.
func (a Action) Certifies() bool { return a == ActionIssue || a == ActionRenew }

// ChangesStatus reports whether the action changes the status of a
// certificate (Obrazac 3).
func (a Action) ChangesStatus() bool {
	return a == ActionRevoke || a == ActionSuspend || a == ActionReactivate
}

// Service is what the citizen asks for.
type Service string

// The services. An empty answer means ServiceCertificate.
const (
	ServiceCertificate Service = "certificate" // issuing or renewal, by the facts
	ServiceUnblock     Service = "unblock"
	ServiceStatus      Service = "status"
)

// Unblock is the choice of Obrazac 2: what becomes of the PIN.
type Unblock string

// The choices. With keep the counter of tries is reset and the citizen types
// his PIN; with change he types a new one twice (procedure, section 3.2).
const (
	UnblockNone   Unblock = ""
	UnblockKeep   Unblock = "keep"
	UnblockChange Unblock = "change"
)
