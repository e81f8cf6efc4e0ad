package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"salter/ca/authority"
)

// began remembers that a byte of the answer went out: from then on no error
// can be told any more.
type began struct {
	http.ResponseWriter
	yes bool
}

// Write implements io.Writer.
func (b *began) Write(text []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(text)
}

// exportJournal streams a journal of any size. One that breaks off closes the
// connection, which the other end sees as an error.
func exportJournal(a Admin) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out := &began{ResponseWriter: w}
		err := a.ExportJournal(r.Context(), r.URL.Query().Get("workstation"), out)
		switch {
		case err == nil:
		case out.yes:
			panic(http.ErrAbortHandler)
		default:
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}

// importJournal reads a file of any size while it is taken in.
func importJournal(a Admin) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		in, err := a.ImportJournal(r.Context(), r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(in) // the command is gone if this fails
	}
}

// ExportJournal implements Admin.
func (c *Client) ExportJournal(ctx context.Context, workstation string, w io.Writer) (err error) {
	answer, err := c.post(ctx, "/journal/export?workstation="+url.QueryEscape(workstation), http.NoBody)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if _, err := io.Copy(w, answer.Body); err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	return nil
}

// ImportJournal implements Admin.
func (c *Client) ImportJournal(ctx context.Context, r io.Reader) (out authority.TakenIn, err error) {
	err = c.send(ctx, "/journal/import", r, &out)
	return out, err
}

// HandOverRecipient implements Admin.
func (c *Client) HandOverRecipient(ctx context.Context) (out string, err error) {
	err = c.call(ctx, "/journal/recipient", none{}, &out)
	return out, err
}

// AcceptJournal implements Admin.
func (c *Client) AcceptJournal(ctx context.Context, workstation string) error {
	return c.call(ctx, "/journal/accept", workstation, new(none))
}

// AcceptClock implements Admin.
func (c *Client) AcceptClock(ctx context.Context, today string) (swept int, err error) {
	err = c.call(ctx, "/clock/accept", today, &swept)
	return swept, err
}

// Overview implements Admin.
func (c *Client) Overview(ctx context.Context) (out authority.Overview, err error) {
	err = c.call(ctx, "/status", none{}, &out)
	return out, err
}
