package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"salter/ca"
	"salter/ca/authority"
)

// maxMessage bounds a request and an answer.
const maxMessage = 16 << 20

// callTime is how long a command waits for its answer: lists and snapshots of a
// large register take minutes.
const callTime = 15 * time.Minute

// none is the argument or the result of an operation that has none.
type none struct{}

// operation makes a handler of one method of Admin: JSON in, JSON out, an
// error as 400 with its text.
func operation[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(io.LimitReader(r.Body, maxMessage)).Decode(&in); err != nil {
			http.Error(w, "argument cannot be read", http.StatusBadRequest)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the command is gone if this fails
	}
}

// list and act fit methods without argument or without result to operation.
func list[Out any](do func(context.Context) (Out, error)) http.HandlerFunc {
	return operation(func(ctx context.Context, _ none) (Out, error) { return do(ctx) })
}

func act[In any](do func(context.Context, In) error) http.HandlerFunc {
	return operation(func(ctx context.Context, in In) (none, error) { return none{}, do(ctx, in) })
}

func handler(a Admin) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /workstation/sign", operation(a.SignWorkstation))
	mux.Handle("POST /workstation/list", list(a.Workstations))
	mux.Handle("POST /workstation/revoke", act(a.RevokeWorkstation))
	mux.Handle("POST /clerk/add", operation(a.AddClerk))
	mux.Handle("POST /clerk/list", list(a.Clerks))
	mux.Handle("POST /clerk/revoke", act(a.RevokeClerk))
	mux.Handle("POST /anchor/add", act(a.AddAnchor))
	mux.Handle("POST /anchor/list", list(a.Anchors))
	mux.Handle("POST /certificate/list", operation(a.Certificates))
	mux.Handle("POST /certificate/get", operation(a.Certificate))
	mux.Handle("POST /journal/export", exportJournal(a))
	mux.Handle("POST /journal/import", importJournal(a))
	mux.Handle("POST /journal/accept", act(a.AcceptJournal))
	mux.Handle("POST /status", list(a.Overview))
	mux.Handle("POST /journal/recipient", list(a.HandOverRecipient))
	mux.Handle("POST /snapshot", list(a.Snapshot))
	mux.Handle("POST /crl/publish", act(func(ctx context.Context, _ none) error { return a.PublishCRLs(ctx) }))
	return mux
}

// Listen opens the socket; from then on commands reach it, and wait for Serve.
// A socket left by a process that is gone is replaced: the database's lock has
// shown that there is no other.
func Listen(ctx context.Context, socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("serve administration: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("serve administration: %w", err)
	}
	// The folder is 0700 already; this is for one that was made by hand.
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("serve administration: %w", err), l.Close())
	}
	return l, nil
}

// Serve serves a on the socket that Listen opened until ctx ends.
func Serve(ctx context.Context, l net.Listener, a Admin) error {
	server := &http.Server{Handler: handler(a), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve administration: %w", err)
	}
	return nil
}

// Client is the other end of the socket.
type Client struct{ http *http.Client }

// Dial connects to a socket that is served.
func Dial(ctx context.Context, socket string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, fmt.Errorf("connect to authority: %w", err)
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("connect to authority: %w", err)
	}
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: callTime}}, nil
}

// call posts in and decodes the answer into out.
func (c *Client) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("call authority: %w", err)
	}
	return c.send(ctx, path, bytes.NewReader(body), out)
}

// post sends a body; what comes back is an answer, which the caller closes, or
// the error that the authority answered with.
func (c *Client) post(ctx context.Context, path string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://authority"+path, body)
	if err != nil {
		return nil, fmt.Errorf("call authority: %w", err)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("call authority: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxMessage))
	if err != nil {
		return nil, fmt.Errorf("call authority: %w", err)
	}
	return nil, errors.New(string(bytes.TrimSpace(text)))
}

// send posts a body and decodes the answer into out.
func (c *Client) send(ctx context.Context, path string, body io.Reader, out any) error {
	answer, err := c.post(ctx, path, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxMessage))
	if err != nil {
		return fmt.Errorf("call authority: %w", err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("call authority: %w", err)
	}
	return nil
}

// SignWorkstation implements Admin.
func (c *Client) SignWorkstation(ctx context.Context, r ca.EnrolmentRequest) (out ca.EnrolmentResponse, err error) {
	err = c.call(ctx, "/workstation/sign", r, &out)
	return out, err
}

// Workstations implements Admin.
func (c *Client) Workstations(ctx context.Context) (out []authority.WorkstationEntry, err error) {
	err = c.call(ctx, "/workstation/list", none{}, &out)
	return out, err
}

// RevokeWorkstation implements Admin.
func (c *Client) RevokeWorkstation(ctx context.Context, name string) error {
	return c.call(ctx, "/workstation/revoke", name, new(none))
}

// AddClerk implements Admin.
func (c *Client) AddClerk(ctx context.Context, r authority.ClerkRequest) (out [][]byte, err error) {
	err = c.call(ctx, "/clerk/add", r, &out)
	return out, err
}

// Clerks implements Admin.
func (c *Client) Clerks(ctx context.Context) (out []authority.ClerkEntry, err error) {
	err = c.call(ctx, "/clerk/list", none{}, &out)
	return out, err
}

// RevokeClerk implements Admin.
func (c *Client) RevokeClerk(ctx context.Context, number string) error {
	return c.call(ctx, "/clerk/revoke", number, new(none))
}

// AddAnchor implements Admin.
func (c *Client) AddAnchor(ctx context.Context, der []byte) error {
	return c.call(ctx, "/anchor/add", der, new(none))
}

// Anchors implements Admin.
func (c *Client) Anchors(ctx context.Context) (out [][]byte, err error) {
	err = c.call(ctx, "/anchor/list", none{}, &out)
	return out, err
}

// Certificates implements Admin.
func (c *Client) Certificates(ctx context.Context, after int64) (out []authority.CertificateEntry, err error) {
	err = c.call(ctx, "/certificate/list", after, &out)
	return out, err
}

// Certificate implements Admin.
func (c *Client) Certificate(ctx context.Context, serial string) (out []byte, err error) {
	err = c.call(ctx, "/certificate/get", serial, &out)
	return out, err
}

// PublishCRLs implements Admin.
func (c *Client) PublishCRLs(ctx context.Context) error {
	return c.call(ctx, "/crl/publish", none{}, new(none))
}

// Snapshot implements Admin.
func (c *Client) Snapshot(ctx context.Context) (folder string, err error) {
	err = c.call(ctx, "/snapshot", none{}, &folder)
	return folder, err
}

// Close implements Admin.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
