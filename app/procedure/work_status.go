package procedure

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
)

// registerContract sends the contract that was signed; with it comes what
// tells the authority whose it is. The intent was committed with the papers.
func (w *work) registerContract(ctx context.Context, c Case) error {
	entry := ContractEntry{ID: c.ContractID, Case: c.ID, Number: c.Own.Number, Day: c.Own.Date}
	if err := unhex(c.ContractText, &entry.Text); err != nil {
		return &Error{Code: CodeTampered, Detail: "text of the contract", Err: err}
	}
	if err := unhex(c.Commits[PartChipFiles], &entry.ChipFiles); err != nil {
		return &Error{Code: CodeTampered, Detail: "commitment of the chip files", Err: err}
	}
	err := w.anchored(ctx, func() error { return w.e.cfg.Authority.PutContract(ctx, entry) })
	if err != nil {
		return asError(CodeNoAnswer, "register contract", err)
	}
	return w.e.commit(ctx, draft{kind: KindContractRegistered, of: c.ID, body: struct{}{}})
}

// endContract is the bracket contract-end → contract-ended: at the citizen's
// wish, or because the case is refused and must leave nothing behind. A refused
// case ends the contract that was concluded in it and no other.
func (w *work) endContract(ctx context.Context, c Case) error {
	intent := ContractEndIntent{ID: c.ContractEndID, Number: c.Contract.Number, Why: c.Withdrawn}
	if c.Withdrawn != "" {
		intent.Number = c.Own.Number
	}
	received := c.Received
	if c.ContractEndID == "" {
		intent.ID = newUUID(w.e.cfg.Now())
		if received.IsZero() {
			received = w.e.cfg.Now()
		}
		intent.Received = received.UnixMilli()
		if err := w.e.commit(ctx, draft{kind: KindContractEnd, of: c.ID, body: intent}); err != nil {
			return err
		}
	} else {
		received = c.ContractEndAt
	}
	end := ContractEnd{ID: intent.ID, Case: c.ID, Number: intent.Number, Received: received}
	err := w.anchored(ctx, func() error { return w.e.cfg.Authority.EndContract(ctx, end) })
	var known *Error
	switch {
	case err == nil:
	case errors.As(err, &known) && slices.Contains([]Code{CodeNoContract, CodeContractEnded, CodeNotFound}, known.Code):
		// It never arrived, or somebody ended it before: it stands no more.
	default:
		return asError(CodeNoAnswer, "end contract", err)
	}
	return w.e.commit(ctx, draft{kind: KindContractEnded, of: c.ID, body: struct{}{}})
}

// statusOps are the operations at the authority.
var statusOps = map[Action]StatusOp{
	ActionRevoke: StatusRevoke, ActionSuspend: StatusSuspend, ActionReactivate: StatusReactivate,
}

func (e *Engine) changeIntent(c Case) ChangeIntent {
	return ChangeIntent{
		ID: newUUID(e.cfg.Now()), Op: c.Action, Serial: c.Status.Serial, Reason: e.crlReason(c.Status),
		Why: c.Status.Reason, Received: c.Received.UnixMilli(),
	}
}

// crlReason is the CRL reason code of the change. The map speaks of revocations
// alone: every suspension is a hold, and a reactivation has no reason.
func (e *Engine) crlReason(s StatusAnswers) int {
	switch s.Op {
	case ActionSuspend:
		return reasonHold
	case ActionRevoke:
		return e.cfg.Settings.ReasonMap[s.Reason]
	}
	return 0
}

// requestChange is the bracket status-intent → status-changed. The change
// keeps its id over all repetitions.
func (w *work) requestChange(ctx context.Context, c Case) error {
	if c.StatusID == "" {
		if err := w.e.commit(ctx, draft{kind: KindChangeIntent, of: c.ID, body: w.e.changeIntent(c)}); err != nil {
			return err
		}
		c, _ = w.next()
	}
	override, err := w.e.overrideOf(ctx, c)
	if err != nil {
		return err
	}
	err = w.changeStatus(ctx, StatusChange{
		ID: c.StatusID, Case: c.ID, Serial: c.Status.Serial, Op: statusOps[c.Action], Reason: c.StatusReason,
		Received: c.Received, Override: override,
	})
	if err == nil {
		return w.changed(ctx, c)
	}
	problem := asError(CodeNoAnswer, "change status", err)
	switch problem.Code {
	case CodeRevoked:
		if c.Action == ActionRevoke {
			return w.changed(ctx, c) // by somebody else: it is what was asked for
		}
	case CodePending:
		w.e.update(func() { w.cur.request = RequestPending })
		return nil
	case CodeOperator:
		problem = &Error{Code: CodeStatusOperator, Err: err}
	case CodeRefused, CodeNotFound, CodeSuspended:
	case CodeClerkRefused, CodeNeedsSupervisor, CodeNotSupervisor:
		// A decision too: the clerk may have it signed and ask anew, or refuse.
	default:
		return problem // of this moment: the same change is sent again
	}
	return w.e.commit(ctx, draft{kind: KindStatusRefused, of: c.ID, body: StatusRefused{Code: problem.Code, Detail: problem.Detail}})
}

func (w *work) changed(ctx context.Context, c Case) error {
	return w.e.commit(ctx, draft{kind: KindStatusChanged, of: c.ID, body: struct{}{}})
}

// overrideOf opens the supervisor's signature for what the case does; nil
// without one. What he signed for another choice is of no use to anybody.
func (e *Engine) overrideOf(ctx context.Context, c Case) ([]byte, error) {
	if c.Override.Part == "" || c.Override.Choice != c.Action {
		return nil, nil
	}
	return e.part(ctx, c.ID, c.Override.Part)
}

// anchored sends something to the authority; if the journal there is behind,
// it ships it and sends the same once more.
func (w *work) anchored(ctx context.Context, send func() error) error {
	err := send()
	if err == nil || asError("", "", err).Code != CodeNotAnchored {
		return err
	}
	if err := w.e.syncOnce(ctx); err != nil {
		return err
	}
	return send()
}

func unhex(text string, sum *[32]byte) error {
	b, err := hex.DecodeString(text)
	if err == nil && copy(sum[:], b) != len(sum) {
		err = errors.New("no SHA-256")
	}
	return err
}
