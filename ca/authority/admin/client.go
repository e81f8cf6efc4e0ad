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
	"time"

	"salter/ca"
	"salter/ca/authority"
)

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

// EnrolmentCode implements Admin.
func (c *Client) EnrolmentCode(ctx context.Context, workstation string, life time.Duration) (out authority.NewCode, err error) {
	err = c.call(ctx, "/workstation/code", codeRequest{workstation, life}, &out)
	return out, err
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

// RevokeCertificate implements Admin.
func (c *Client) RevokeCertificate(ctx context.Context, r authority.Revocation) error {
	return c.call(ctx, "/certificate/revoke", r, new(none))
}

// Operations implements Admin.
func (c *Client) Operations(ctx context.Context, after int64) (out []authority.OperationEntry, err error) {
	err = c.call(ctx, "/operation/list", after, &out)
	return out, err
}

// PublishCRLs implements Admin.
func (c *Client) PublishCRLs(ctx context.Context) error {
	return c.call(ctx, "/crl/publish", none{}, new(none))
}

// PutRootCRL implements Admin.
func (c *Client) PutRootCRL(ctx context.Context, der []byte) error {
	return c.call(ctx, "/crl/root", der, new(none))
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
