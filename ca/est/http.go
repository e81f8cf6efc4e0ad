package est

import (
	"crypto/x509"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Media types of EST (RFC 7030 3.2.4). The messages travel as base64.
const (
	TypePKCS10    = "application/pkcs10"
	TypeCertsOnly = "application/pkcs7-mime; smime-type=certs-only"
	TypeCSRAttrs  = "application/csrattrs"
)

// ReadRequest returns the PKCS#10 request (DER) of a simpleenroll of at most
// max bytes: ErrContentType, ErrTooLarge, or an error of the encoding.
func ReadRequest(r *http.Request, max int) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != TypePKCS10 {
		return nil, ErrContentType
	}
	return DecodeBase64(r.Body, max)
}

// IsCertsOnly reports whether a Content-Type announces a certs-only message.
// The parameter smime-type may be missing: some servers leave it out.
func IsCertsOnly(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "application/pkcs7-mime" {
		return false
	}
	t, ok := params["smime-type"]
	return !ok || strings.EqualFold(t, "certs-only")
}

// WriteCerts answers with chain as certs-only.
func WriteCerts(w http.ResponseWriter, chain []*x509.Certificate) error {
	der, err := EncodeCertsOnly(chain)
	if err != nil {
		return err
	}
	return write(w, TypeCertsOnly, der)
}

// WriteCSRAttrs answers with the CSR attributes (DER from CSRAttrs.Encode);
// with none it is 204 (RFC 7030 4.5.2).
func WriteCSRAttrs(w http.ResponseWriter, der []byte) error {
	if len(der) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return write(w, TypeCSRAttrs, der)
}

func write(w http.ResponseWriter, contentType string, der []byte) error {
	body := EncodeBase64(der)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Content-Transfer-Encoding", "base64") // ignored since RFC 8951, wanted by older clients
	_, err := w.Write(body)
	return err
}

// WritePending answers 202: come back with the same bytes after the time given
// (RFC 7030 4.2.3), in whole seconds and at least one.
func WritePending(w http.ResponseWriter, after time.Duration) {
	SetRetryAfter(w.Header(), after)
	w.WriteHeader(http.StatusAccepted)
}

// SetRetryAfter sets Retry-After in whole seconds, at least one.
func SetRetryAfter(h http.Header, after time.Duration) {
	seconds := max(int64(1), int64((after+time.Second-1)/time.Second))
	h.Set("Retry-After", strconv.FormatInt(seconds, 10))
}

// MaxRetryAfter is the longest wait that RetryAfter returns: what a server
// asks beyond it is asked again then.
const MaxRetryAfter = 7 * 24 * time.Hour

// ErrNoRetryAfter is returned by RetryAfter when the header is missing or
// cannot be read.
var ErrNoRetryAfter = errors.New("no usable Retry-After")

// RetryAfter reads a Retry-After header, seconds or a date (RFC 9110
// 10.2.3), as a wait from now; 0 for a date in the past.
func RetryAfter(h http.Header, now time.Time) (time.Duration, error) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v != "" && strings.Trim(v, "0123456789") == "" {
		seconds, err := strconv.ParseInt(v, 10, 64)
		if err != nil || seconds > int64(MaxRetryAfter/time.Second) {
			return MaxRetryAfter, nil
		}
		return time.Duration(seconds) * time.Second, nil
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, ErrNoRetryAfter
	}
	return min(max(0, at.Sub(now)), MaxRetryAfter), nil
}
