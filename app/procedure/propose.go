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
	ReasonUnclear              Reason = "unclear"               // a certificate on the chip of which the authority's answer says nothing
	ReasonStateSilent          Reason = "state-silent"          // it still runs, and nobody knows whether it is in force
)

// Proposal is what the app would do, and why.
type Proposal struct {
	Action Action
	Reason Reason
}

// Propose decides from the facts alone (procedure, section 3.4). It answers
// every combination of them. Another choice than its own is a supervisor's.
//
// No answer of the authority is never "no contract" (E7), nor "in force": with
// a certificate on the chip, expired or not, the counter waits. With an empty
// chip it proposes to issue, since the papers can be done meanwhile and nothing
// is issued without the authority.
func Propose(f Facts, s Settings) Proposal {
	if f.Card != "" {
		return Proposal{ActionNone, ReasonNotEligible}
	}
	switch f.Certificate {
	case CertNone:
		return Proposal{ActionIssue, ReasonNoCertificate}
	case CertHold:
		return Proposal{ActionIssue, ReasonNeverActive}
	case CertRevoked:
		return Proposal{ActionIssue, ReasonRevoked}
	case CertExpired:
		return proposeExpired(f)
	case CertSuspended, CertValid:
		return proposeStanding(f, s)
	}
	if !f.Authority {
		return Proposal{ActionNone, ReasonStateSilent}
	}
	return Proposal{ActionNone, ReasonUnclear}
}

// proposeExpired: renewal goes by the contract (R20, R21).
func proposeExpired(f Facts) Proposal {
	if !f.Authority {
		return Proposal{ActionNone, ReasonAuthoritySilent}
	}
	switch f.Contract {
	case ContractValid:
		return Proposal{ActionRenew, ReasonContractValid}
	case ContractNone:
		return Proposal{ActionIssue, ReasonNoContract}
	case ContractEnded:
		return Proposal{ActionIssue, ReasonContractEnded}
	case ContractSuperseded:
		return Proposal{ActionIssue, ReasonContractSuperseded}
	case ContractOther:
		return Proposal{ActionIssue, ReasonContractOther}
	}
	return Proposal{ActionNone, ReasonAuthoritySilent}
}

// proposeStanding: a certificate that stands is not replaced. One that stands
// at the register and is gone from the chip has to be revoked first.
func proposeStanding(f Facts, s Settings) Proposal {
	switch {
	case !f.OnChip:
		return Proposal{ActionNone, ReasonCertificateElsewhere}
	case f.Certificate == CertSuspended:
		return Proposal{ActionReactivate, ReasonSuspended}
	case s.RenewBeforeDays > 0 && !f.NotAfter.IsZero() && f.NotAfter.Before(f.Asked.AddDate(0, 0, s.RenewBeforeDays)):
		return proposeExpired(f)
	}
	return Proposal{ActionNone, ReasonCertificateValid}
}
