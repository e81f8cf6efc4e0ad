package procedure

// Reason says in one word why an action is proposed; the screens have one
// sentence for each.
type Reason string

// The reasons.
const (
	ReasonNotEligible          Reason = "not-eligible"          // the card cannot be served
	ReasonNoCertificate        Reason = "no-certificate"        // none yet: issuing
	ReasonAuthoritySilent      Reason = "authority-silent"      // an expired certificate, and nobody knows of the contract
	ReasonContractValid        Reason = "contract-valid"        // expired, the contract stands: renewal
	ReasonNoContract           Reason = "no-contract"           // expired, no contract: issuing
	ReasonContractEnded        Reason = "contract-ended"        // expired, the contract ended: issuing
	ReasonContractSuperseded   Reason = "contract-superseded"   // expired, the contract is of an earlier card: issuing
	ReasonContractOther        Reason = "contract-other"        // the contract belongs to another person: issuing
	ReasonCertificateValid     Reason = "certificate-valid"     // still valid: nothing to do
	ReasonCertificateElsewhere Reason = "certificate-elsewhere" // valid, but gone from the chip: revoke first
	ReasonSuspended            Reason = "suspended"             // reactivation, not a new certificate
	ReasonRevoked              Reason = "revoked"               // issuing with a new contract
	ReasonNeverActive          Reason = "never-active"          // issued once, never in force: issuing
	ReasonUnclear              Reason = "unclear"               // a certificate on the chip that the authority did not answer for
)

// Proposal is what the app would do, and why.
type Proposal struct {
	Action Action
	Reason Reason
}
