package forms

import (
	"fmt"
	"slices"

	"salter/app/procedure"
)

// facts are what a template can make a block depend on.
type facts map[string]bool

// factNames are all of them; a template that names another is refused.
var factNames = []string{
	// The service, under the name of its words.
	"issue", "renew", "unblock", "unblock-issue", "unblock-renew", "revoke", "suspend", "reactivate",
	"card", "no-card", // the citizen's card was read, or it is lost
	"ends-contract",  // together with the certificate
	"retired",        // an older certificate was removed from the chip
	"retire-skipped", // it was left there, in some case of the day
	"citizen-signs",  // the receipt (setting receipt.citizen_signs)
}

// newFacts draws the facts from the data of the case.
func newFacts(d procedure.PaperData, o Options) facts {
	f := facts{
		actionName(d):   true,
		"ends-contract": d.Action.ChangesStatus() && d.Status.EndContract,
		"retired":       d.Result != nil && d.Result.Retired > 0,
		"citizen-signs": o.ReceiptSigned,
	}
	f["card"] = !d.Identity.ValidUntil.IsZero()
	f["no-card"] = !f["card"]
	return f
}

// only is a block that is set if one of the facts is true.
type only struct {
	facts []string
	block block
}

// only reads the names after @only and the block that follows.
func (p *parser) only(names []string) (block, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("@only without a fact: %w", ErrTemplate)
	}
	for _, name := range names {
		if !slices.Contains(factNames, name) {
			return nil, fmt.Errorf("@only: %q is no fact: %w", name, ErrTemplate)
		}
	}
	b, err := p.block()
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("@only without a block: %w", ErrTemplate)
	}
	return only{names, b}, nil
}

func (b only) set(s *setter) error {
	if !slices.ContainsFunc(b.facts, func(name string) bool { return s.facts[name] }) {
		return nil
	}
	return b.block.set(s)
}
