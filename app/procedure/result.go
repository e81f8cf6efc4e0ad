package procedure

// result adds to the certificate read back what else came of the case; nil
// before there is anything to show.
func (c Case) result(certificate *ResultView) *ResultView {
	if certificate == nil && !c.Unblocked && c.StatusAt.IsZero() {
		return nil
	}
	var r ResultView
	if certificate != nil {
		r = *certificate
	}
	r.Unblocked, r.PINChanged, r.Retired = c.Unblocked, c.PINChanged, c.Retired
	if !c.StatusAt.IsZero() {
		r.StatusOp, r.StatusAt = c.Action, c.StatusAt
		r.Serial = c.Status.Serial
	}
	return &r
}

// handOverAsks are the ticks asked for at the end (R17, R18, R28): what goes
// to the citizen and what to the archive follows from the action.
func (c Case) handOverAsks() []string {
	var asks []string
	if !c.NoCard {
		asks = append(asks, FieldCardReturned)
	}
	if c.Action == ActionIssue {
		asks = append(asks, FieldCitizenPapers)
	}
	return append(asks, FieldArchived)
}

// handOverOpen names the ticks that are missing.
func (c Case) handOverOpen(t HandOverTicks) []string {
	done := map[string]bool{
		FieldCardReturned: t.CardReturned, FieldCitizenPapers: t.CitizenPapers, FieldArchived: t.Archived,
	}
	var open []string
	for _, field := range c.handOverAsks() {
		if !done[field] {
			open = append(open, field)
		}
	}
	return open
}
