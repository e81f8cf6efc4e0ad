package authority

import (
	"context"
	"fmt"
	"os"
	"time"

	"salter/ca/authority/db"
)

// Actions in the record of operations.
const (
	actionSign     = "workstation-signed"
	actionCode     = "enrolment-code"
	actionEnrol    = "workstation-enrolled"
	actionRevokeWS = "workstation-revoked"
	actionClerk    = "clerk-added"
	actionNoClerk  = "clerk-revoked"
	actionAnchor   = "anchor-added"
	actionAccept   = "journal-accepted"
	actionRevoke   = "certificate-revoked"
	actionSweep    = "hold-swept"
	actionRootCRL  = "root-crl"
	actionProfiles = "profiles-signed"
	actionClock    = "clock-accepted"
)

// operatorCode acts where a code was given instead of an administrator,
// operatorPolicy where the policy says what happens.
const (
	operatorCode   = "code"
	operatorPolicy = "policy"
)

type operatorKey struct{}

// WithOperator says who does what is done under the context, for the record.
func WithOperator(ctx context.Context, operator string) context.Context {
	return context.WithValue(ctx, operatorKey{}, operator)
}

// operator is who does it: without another word the account of this process.
func operator(ctx context.Context) string {
	if o, ok := ctx.Value(operatorKey{}).(string); ok {
		return o
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// record notes an operation in the transaction that executes it.
func (a *Authority) record(ctx context.Context, tx db.Tx, action, subject string) error {
	return tx.PutOperation(db.Operation{Operator: operator(ctx), Action: action, Subject: subject, At: a.now()})
}

// OperationEntry is one row of the record of operations: what was done without
// a workstation or a clerk.
type OperationEntry struct {
	Seq      int64     `json:"seq"`
	Operator string    `json:"operator"` // an account (uid N), code or policy
	Action   string    `json:"action"`
	Subject  string    `json:"subject"`
	At       time.Time `json:"at"`
}

// operationsPage is how many rows Operations returns at a time.
const operationsPage = 1000

// Operations lists the record after a sequence number, a page at a time; an
// empty page is the end.
func (a *Authority) Operations(ctx context.Context, after int64) ([]OperationEntry, error) {
	var list []OperationEntry
	err := a.db.Do(ctx, func(tx db.Tx) error {
		all, err := tx.Operations(after, operationsPage)
		list = make([]OperationEntry, 0, len(all))
		for _, o := range all {
			list = append(list, OperationEntry{Seq: o.Seq, Operator: o.Operator, Action: o.Action, Subject: o.Subject, At: o.At})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list operations: %w", err)
	}
	return list, nil
}
