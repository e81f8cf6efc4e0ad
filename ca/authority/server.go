package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"salter/ca/authority/root"
)

// serverLifetime is the validity of the API port's certificate; it is renewed
// at two thirds of it. Clients pin the infrastructure CA, not this key, so the
// key lives in memory only.
const serverLifetime = 90 * 24 * time.Hour

// serverCertificate is the API port's present certificate.
type serverCertificate struct {
	mu    sync.Mutex
	cert  *tls.Certificate // mu
	renew time.Time        // mu
}

// TLS returns the configuration of the API port: TLS 1.3, and no connection
// without a client certificate of the infrastructure CA. Sessions are not
// resumed: a handshake is affordable, and a resumed one proves less.
func (a *Authority) TLS() *tls.Config {
	clients := x509.NewCertPool()
	clients.AddCert(a.pki.infra.cert)
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		ClientAuth:             tls.RequireAndVerifyClientCert,
		ClientCAs:              clients,
		SessionTicketsDisabled: true,
		NextProtos:             []string{"h2", "http/1.1"},
		Time:                   a.now,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.renewServer() },
	}
}

// renewServer returns the server's certificate, a new one when it is due.
func (a *Authority) renewServer() (*tls.Certificate, error) {
	a.tls.mu.Lock()
	defer a.tls.mu.Unlock()
	now := a.now()
	// Made by a clock that was ahead, it would be valid to nobody until then.
	if a.tls.cert != nil && now.Before(a.tls.renew) && now.After(a.tls.cert.Leaf.NotBefore) {
		return a.tls.cert, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make server key: %w", err)
	}
	t := a.machineTemplate("Salter authority", now, serverLifetime)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	t.DNSNames, t.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if u, err := url.Parse(a.cfg.API); err == nil && u.Hostname() != "" && u.Hostname() != "localhost" {
		if ip := net.ParseIP(u.Hostname()); ip == nil {
			t.DNSNames = append(t.DNSNames, u.Hostname())
		} else if !ip.IsLoopback() {
			t.IPAddresses = append(t.IPAddresses, ip)
		}
	}
	leaf, err := certify(t, a.pki.infra, key.Public())
	if err != nil {
		return nil, err
	}
	a.tls.cert = &tls.Certificate{Certificate: [][]byte{leaf.Raw, a.pki.infra.cert.Raw}, PrivateKey: key, Leaf: leaf}
	a.tls.renew = now.Add(serverLifetime * 2 / 3)
	return a.tls.cert, nil
}

// machineTemplate is what the certificates of server and workstations have in
// common.
func (a *Authority) machineTemplate(name string, now time.Time, lifetime time.Duration) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: root.NewSerial(),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-clockSlack).Truncate(time.Second),
		NotAfter:     now.Add(lifetime).Truncate(time.Second),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}
