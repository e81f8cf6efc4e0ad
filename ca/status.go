package ca

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// StatusRequest asks for a change of a certificate's status. ID is a UUID
// journalled with the intent: the same request may be sent any number of
// times.
type StatusRequest struct {
	ID       string
	Op       string // OpActivate, OpRevoke
	Serial   string // hex
	Case     string
	Reason   int      // CRL reason code (RFC 5280 5.3.1); 0 for OpActivate
	ReadBack [32]byte // OpActivate: SHA-256 of the certificate as read from the chip
	Clerk    ClerkSigner
}

// ChangeStatus sends the change once. nil means that the certificate has the
// status asked for. After any other error than a refusal (KindOf: Refuses,
// Counter, ClerkRight) the change may have happened; send it again.
func (c *Client) ChangeStatus(ctx context.Context, r StatusRequest) error {
	const op = "change status"
	clerk, err := signClaims(ctx, r.Clerk, StatusClaims{ID: r.ID, Op: r.Op, Serial: r.Serial, Reason: r.Reason, IssuedAt: c.cfg.Now().Unix()})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	change := StatusChange{Op: r.Op, Serial: r.Serial, Case: r.Case, Reason: r.Reason, Clerk: clerk}
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
	var e *Error
	switch {
	case errors.As(err, &e) && e.Problem == nil && (e.Status == http.StatusNotFound || e.Status == http.StatusNotImplemented):
		e.Err = ErrUnsupported
		return e
	case err != nil:
		return err
	case a.status == http.StatusAccepted:
		return &Error{Op: op, Status: a.status, Err: ErrPending}
	}
	var reply StatusReply
	if err := a.decode(op, &reply); err != nil {
		return err
	}
	want := map[string]string{OpActivate: StatusActive, OpRevoke: StatusRevoked}[r.Op]
	if reply.Serial != r.Serial || reply.Status != want {
		return &Error{Op: op, Status: a.status, Err: fmt.Errorf("%w: another certificate or status", ErrAnswer)}
	}
	return nil
}
