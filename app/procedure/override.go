package procedure

// OverrideRequest is what a supervisor signs: another choice than the
// proposal, or the proposal where a rule asks for him (section 5.8).
type OverrideRequest struct {
	Choice Action // empty: the proposal
	Reason string // in his own words
	// PaperContract is the contract that the citizen shows on paper while the
	// authority does not know it or does not answer.
	PaperContract ContractRef
	// Status is what a change of status asks for, complete: he signs that and
	// no other. Once the action is chosen it is that of the case.
	Status StatusAnswers
}

// Overridden is a supervisor's signature. Its commitment: the compact JWS,
// which may hold personal words in its reason.
type Overridden struct {
	Supervisor    string `json:"supervisor"`  // number
	Fingerprint   string `json:"fingerprint"` // SHA-256 of his certificate, hex
	Choice        Action `json:"choice"`
	Needs         []Code `json:"needs"`
	Part          string `json:"part"`
	PaperContract string `json:"paper_contract,omitempty"` // number
	PaperDay      Date   `json:"paper_day,omitzero"`
}
