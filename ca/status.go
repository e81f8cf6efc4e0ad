package ca

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// StatusRequest asks for a change of a certificate's status. ID is a UUID
// journalled with the intent: the same request may be sent any number of
// times.
type StatusRequest struct {
	ID       string
	Op       string // OpActivate, OpSuspend, OpReactivate, OpRevoke
	Serial   string // hex
	Case     string
	Reason   int      // CRL reason code (RFC 5280 5.3.1); ReasonHold for OpSuspend, 0 for OpActivate and OpReactivate
	ReadBack [32]byte // OpActivate: SHA-256 of the certificate as read from the chip
	// Received is when the citizen's signed form reached the counter; demanded
	// by OpSuspend and OpReactivate, zero for a change that no form asks for.
	Received time.Time
	Clerk    ClerkSigner
	Override []byte // a supervisor's compact JWS over OverrideClaims; nil: none
}

const opChangeStatus = "change status"

// received is Received on the wire.
func (r StatusRequest) received() int64 {
	if r.Received.IsZero() {
		return 0
	}
	return r.Received.Unix()
}

// ChangeStatus sends the change once. nil means that the certificate has the
// status asked for, and that no other one of the same person, card and label is
// in force if it was activated. After any other error than a refusal (KindOf: Refuses,
// Counter, ClerkRight) the change may have happened; send it again.
func (c *Client) ChangeStatus(ctx context.Context, r StatusRequest) error {
	const op = opChangeStatus
	if err := checkOverride(r.Override); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	clerk, err := signClaims(ctx, r.Clerk, StatusClaims{ID: r.ID, Op: r.Op, Serial: r.Serial, Reason: r.Reason,
		ReceivedAt: r.received(), IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	change := StatusChange{Op: r.Op, Serial: r.Serial, Case: r.Case, Reason: r.Reason, ReceivedAt: r.received(), Clerk: clerk,
		Override: string(r.Override)}
	if r.Op == OpActivate {
		change.ReadBack = hex.EncodeToString(r.ReadBack[:])
	}
	body, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	a, err := c.do(ctx, request{
		op: op, method: http.MethodPut, path: PathStatusChange + url.PathEscape(r.ID),
		contentType: "application/json", body: body, limit: maxJSON,
	})
	switch {
	case err != nil:
		return unsupported(err)
	case a.status == http.StatusAccepted:
		return &Error{Op: op, Status: a.status, Err: ErrPending}
	}
	var reply StatusReply
	if err := a.decode(op, &reply); err != nil {
		return err
	}
	want := map[string]string{OpActivate: StatusActive, OpSuspend: StatusSuspended, OpReactivate: StatusActive,
		OpRevoke: StatusRevoked}[r.Op]
	if reply.Serial != r.Serial || reply.Status != want || slices.Contains(reply.Superseded, r.Serial) {
		return &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: another certificate or status", ErrAnswer)}
	}
	return nil
}

// Certificate asks for the status and the dates of a certificate, by its
// serial in lower-case hex. ErrUnsupported: this authority does not tell.
func (c *Client) Certificate(ctx context.Context, serial string) (Certificate, error) {
	const op = "find certificate"
	var found Certificate
	if err := c.getJSON(ctx, op, PathCertificates+url.PathEscape(serial), &found); err != nil {
		return Certificate{}, unsupported(err)
	}
	if found.Serial != serial || !knownStatus(found.Status) {
		return Certificate{}, &Error{Op: op, Err: fmt.Errorf("%w: another certificate or an unknown status", ErrAnswer)}
	}
	return found, nil
}

// unsupported marks the answer of a server that has no such route: a 404 or
// 501 that is not one of our problems.
func unsupported(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Problem == nil && (e.Status == http.StatusNotFound || e.Status == http.StatusNotImplemented) {
		e.Err = ErrUnsupported
	}
	return err
}
