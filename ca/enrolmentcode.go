package ca

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// PathEnrolment is the one route of the bootstrap port: POST, an
// EnrolmentRequest in, an EnrolmentResponse out, the code as the password of
// HTTP Basic and the workstation as its user.
const PathEnrolment = "/ra/v1/enrolment"

// EnrolmentCode admits a new workstation once, instead of files that an
// administrator carries. It also says whom the code may be told to: with it
// the workstation recognises the authority before it has a trust bundle.
type EnrolmentCode struct {
	Secret [16]byte // random
	Pin    [16]byte // first half of the SHA-256 of the infrastructure CA's SubjectPublicKeyInfo
}

// codeEncoding has no 0, 1, 8 and 9, which look like letters (RFC 4648 6).
var codeEncoding = base32.StdEncoding

// Length of a code's bytes with their check sum, and of a group of its text.
const (
	codeSize  = 35
	codeCheck = codeSize - 32
	codeGroup = 8
)

// NewEnrolmentCode draws a code for an authority by its infrastructure CA.
func NewEnrolmentCode(infrastructure *x509.Certificate) EnrolmentCode {
	c := EnrolmentCode{Pin: codePin(infrastructure)}
	rand.Read(c.Secret[:]) // never fails (crypto/rand)
	return c
}

func codePin(cert *x509.Certificate) [16]byte {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return [16]byte(sum[:16])
}

// String hides the code from logs; Text shows it.
func (c EnrolmentCode) String() string { return "[code]" }

// GoString hides the code in %#v.
func (c EnrolmentCode) GoString() string { return c.String() }

// Text is the code as people copy it: seven groups of eight letters and
// digits, the last of which hold a check sum.
func (c EnrolmentCode) Text() string {
	text := codeEncoding.EncodeToString(c.bytes())
	return strings.Join(slices.Collect(func(yield func(string) bool) {
		for ; text != "" && yield(text[:codeGroup]); text = text[codeGroup:] {
		}
	}), "-")
}

func (c EnrolmentCode) bytes() []byte {
	b := append(c.Secret[:], c.Pin[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:codeCheck]...)
}

// Sum is what the authority keeps of the code: the SHA-256 of its secret. The
// secret has 128 random bits, so nothing slower is needed.
func (c EnrolmentCode) Sum() [32]byte { return sha256.Sum256(c.Secret[:]) }

// ParseEnrolmentCode reads Text, in either case and however it is spaced.
func ParseEnrolmentCode(text string) (c EnrolmentCode, err error) {
	text = strings.ToUpper(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\t\r\n", r) {
			return -1
		}
		return r
	}, text))
	b, err := codeEncoding.DecodeString(text)
	if err != nil || len(b) != codeSize {
		return c, errors.New("parse enrolment code: it is not seven groups of eight letters and digits")
	}
	copy(c.Secret[:], b)
	copy(c.Pin[:], b[len(c.Secret):])
	if !bytes.Equal(c.bytes(), b) {
		return EnrolmentCode{}, errors.New("parse enrolment code: a letter is wrong, the check sum differs")
	}
	return c, nil
}

// EnrolByCode enrols a workstation at the bootstrap port of an authority,
// https://host:port. The code is told to nobody but a server whose certificate
// is by the infrastructure CA that the code names. After a lost answer call it
// again with a request of the same keys. Accept opens what comes back.
func EnrolByCode(ctx context.Context, server string, code EnrolmentCode, request EnrolmentRequest) (response EnrolmentResponse, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return response, fmt.Errorf("enrol by code: %.100q is no address such as https://host:8444", server)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return response, fmt.Errorf("enrol by code: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.JoinPath(PathEnrolment).String(), bytes.NewReader(body))
	if err != nil {
		return response, fmt.Errorf("enrol by code: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(request.Workstation, code.Text())
	transport := &http.Transport{TLSClientConfig: codeTLS(u.Hostname(), code), Proxy: http.ProxyFromEnvironment}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: DefaultTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return response, fmt.Errorf("enrol by code: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2*MaxBundle))
	if err != nil {
		return response, fmt.Errorf("enrol by code: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		var p Problem
		_ = json.Unmarshal(text, &p) // whoever answers without a problem has a status
		return response, fmt.Errorf("enrol by code: authority answered %d %s", answer.StatusCode, p.Detail)
	}
	if err := DecodeJSON(text, &response); err != nil {
		return response, fmt.Errorf("enrol by code: %w", err)
	}
	return response, nil
}

// codeTLS wants a certificate of the infrastructure CA that the code names.
// The usual verification has no root to begin with; VerifyConnection is in its
// place.
func codeTLS(host string, code EnrolmentCode) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		ServerName:         host,
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			for _, cert := range s.PeerCertificates[1:] {
				if codePin(cert) != code.Pin {
					continue
				}
				roots := x509.NewCertPool()
				roots.AddCert(cert)
				_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: time.Now(),
					KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
				return err
			}
			return ErrPin
		},
	}
}
