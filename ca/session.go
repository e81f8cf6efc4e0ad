package ca

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// session is the connections made with one certificate of the workstation. An
// RA-Assertion counts only on a connection of the key that signed it, so that
// a renewed certificate begins a new session.
type session struct {
	cert      *tls.Certificate
	transport *http.Transport
}

// present returns the session of the workstation's present certificate. What
// is under way in the one before comes to its end there.
func (l *link) present() (*session, error) {
	cert, err := l.certificate()
	if err != nil {
		return nil, fmt.Errorf("load workstation certificate: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		if slices.EqualFunc(l.session.cert.Certificate, cert.Certificate, bytes.Equal) {
			return l.session, nil
		}
		l.session.transport.CloseIdleConnections()
	}
	l.session = &session{cert: cert, transport: &http.Transport{
		// No proxy: the authority is on the ministry's network, and a proxy
		// could not carry the client certificate through.
		Proxy:                 nil,
		ForceAttemptHTTP2:     true,
		TLSClientConfig:       l.tls(cert),
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: l.timeout,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConns:          4,
	}}
	return l.session, nil
}

// sessionKey finds the session of a request in its context.
type sessionKey struct{}

// withSession binds the requests of a context to a session.
func withSession(ctx context.Context, s *session) context.Context {
	return context.WithValue(ctx, sessionKey{}, s)
}

// sessions is the transport of a client: each request goes out in its session.
type sessions struct{}

// RoundTrip implements http.RoundTripper.
func (sessions) RoundTrip(r *http.Request) (*http.Response, error) {
	s, ok := r.Context().Value(sessionKey{}).(*session)
	if !ok {
		return nil, errors.New("request belongs to no session")
	}
	return s.transport.RoundTrip(r)
}
