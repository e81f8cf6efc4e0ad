package procedure

// OverrideRequest is what a supervisor signs: another choice than the
// proposal, or the proposal where a rule asks for him (section 5.8).
type OverrideRequest struct {
	Choice Action // empty: the proposal
	Reason string // in his own words
	// PaperContract is the contract that the citizen shows on paper while the
	// authority does not know it or does not answer.
	PaperContract ContractRef
}
