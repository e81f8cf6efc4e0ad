package procedure

import (
	"context"
	"encoding/hex"
)

// oldOn counts the signing certificates of the chip that are not the case's.
func (c Case) oldOn(chip Chip) int {
	n := 0
	for _, s := range chip.Certificates {
		if s.Role == RoleSignature && (c.Attempt.Certificate == "" || hexSum(s.DER) != c.Attempt.Certificate) {
			n++
		}
	}
	return n
}

// retire is the bracket retire → retired: the old signing certificate and its
// key go from the chip, once the new one lies there and its key has answered.
// A certificate that is in force no more goes within the session in which the
// new one was written, so that the citizen types his PIN once; one that still
// stands only after the new one is in force. A removal that was torn is seen
// at the next look at the chip.
func (w *work) retire(ctx context.Context, c Case) error {
	keep, err := hex.DecodeString(c.Attempt.KeyID)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "key id", Err: err}
	}
	if err := w.e.commit(ctx, draft{kind: KindRetire, of: c.ID, body: OfAttempt{c.Attempt.Number}}); err != nil {
		return err
	}
	removed, err := w.session.Retire(context.WithoutCancel(ctx), keep)
	if err != nil {
		return asError(CodeCardFailure, "remove old certificate", err)
	}
	return w.e.commit(ctx, draft{kind: KindRetired, of: c.ID, body: Retired{Attempt: c.Attempt.Number, Removed: removed}})
}

// tornRetire reports whether a removal that was begun, and whose outcome was not
// told, shows on the chip.
func (c Case) tornRetire(chip Chip) bool {
	return c.Attempt.RetireTried && c.oldOn(chip) < c.Attempt.Old
}

// foundRetired records what a torn removal took from the chip.
func (c Case) foundRetired(chip Chip) []draft {
	if !c.tornRetire(chip) {
		return nil
	}
	return []draft{{kind: KindRetired, of: c.ID, body: Retired{
		Attempt: c.Attempt.Number, Removed: c.Attempt.Old - c.oldOn(chip),
	}}}
}

// retired ends a removal that turned out to be done.
func (e *Engine) retired(ctx context.Context, c Case, cur *current, chip Chip) error {
	if err := e.commit(ctx, c.foundRetired(chip)...); err != nil {
		return err
	}
	e.update(func() { cur.pin, cur.problem = PINView{}, nil })
	return nil
}

// SkipRetire lets the case end with the old certificate left on the chip: its
// removal never holds up the hand-over for ever. The record and the day sheet
// say so.
func (e *Engine) SkipRetire(ctx context.Context) error {
	c, cur, leave, err := e.enterCase(ctx, "SkipRetire", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if !c.Active() || !c.retireDue() || c.Over() {
		return &Error{Code: CodeNotNow, Detail: "nothing is left to remove"}
	}
	drafts := leavePIN(c, cur)
	drafts = append(drafts, draft{kind: KindRetireSkipped, of: c.ID, body: OfAttempt{c.Attempt.Number}})
	if err := e.commit(ctx, drafts...); err != nil {
		return err
	}
	e.update(func() { cur.pin, cur.problem = PINView{}, nil })
	return nil
}

// leavePIN ends the citizen's page, if it is open.
func leavePIN(c Case, cur *current) []draft {
	if !cur.pin.Open {
		return nil
	}
	return []draft{{kind: KindPINLeft, of: c.ID, body: PINLeft{PINCancelled}}}
}
