package ca

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"time"
)

// probeWait is how long a probe waits for the server's alert. It comes with
// the server's first flight; a server that is content says nothing.
const probeWait = 2 * time.Second

// explain looks for the reason of a failed harmless request. A server that
// does not accept our certificate says so by an alert after the handshake,
// which net/http often loses: it shows as a broken pipe or as a connection
// that "could not be established". A bare TLS connection hears it.
func (l *link) explain(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != 0 || kindOf(e) != NoLink && kindOf(e) != NoAnswer {
		return err
	}
	if alert := l.probe(ctx); refusedByAlert(alert) {
		e.Err = alert
	}
	return err
}

// probe connects, sends nothing and returns how the connection ended.
func (l *link) probe(ctx context.Context) error {
	api, err := url.Parse(l.base)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	session, err := l.present()
	if err != nil {
		return err
	}
	conn, err := (&tls.Dialer{Config: l.tls(session.cert)}).DialContext(ctx, "tcp", api.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(probeWait)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}
