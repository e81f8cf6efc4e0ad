package profile

import "strings"

// Refusal is a request or certificate that the profile refuses.
type Refusal struct {
	Findings []Finding // of severity Error
}

// Error names the findings.
func (r *Refusal) Error() string {
	return "refused by the profile: " + strings.Join(IDs(r.Findings), " ")
}
