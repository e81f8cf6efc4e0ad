package api

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority"
)

// crlAge is how long others may keep a list without asking again.
const crlAge = 10 * time.Minute

// maxOCSP bounds a request about a status: one certificate needs 120 bytes,
// and no client sends more than a few.
const maxOCSP = 4 << 10

// list serves {label}.crl (RFC 5280 4.2.1.13: one DER list).
func (p *public) list(w http.ResponseWriter, r *http.Request) error {
	label, ok := strings.CutSuffix(r.PathValue("file"), ".crl")
	if !ok {
		return authority.Refuse(ca.ProblemNotFound, "no such list")
	}
	held, err := p.authority.CRL(r.Context(), label)
	if err != nil {
		return err
	}
	age := max(0, min(crlAge, time.Until(held.NextUpdate)))
	w.Header().Set("Content-Type", "application/pkix-crl")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", age/time.Second))
	w.Header().Set("ETag", fmt.Sprintf(`"%d"`, held.Number))
	http.ServeContent(w, r, "", held.ThisUpdate, bytes.NewReader(held.DER))
	return nil
}

// ocsp answers RFC 6960 A.1 by POST.
func (p *public) ocsp(w http.ResponseWriter, r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/ocsp-request" {
		return authority.Refuse(ca.ProblemBadRequest, "body is not application/ocsp-request")
	}
	request, err := readBody(w, r, maxOCSP)
	if err != nil {
		return err
	}
	return p.answerOCSP(w, r, request)
}

// ocspInPath answers RFC 6960 A.1 by GET: the request in base64 in the path.
func (p *public) ocspInPath(w http.ResponseWriter, r *http.Request) error {
	text := r.PathValue("request")
	if len(text) > maxOCSP {
		return authority.Refuse(ca.ProblemTooLarge, "request of more than %d bytes", maxOCSP)
	}
	request, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		request, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil {
		return authority.Refuse(ca.ProblemBadRequest, "request is no base64")
	}
	return p.answerOCSP(w, r, request)
}

func (p *public) answerOCSP(w http.ResponseWriter, r *http.Request, request []byte) error {
	der, until, err := p.authority.OCSP(r.Context(), r.PathValue("label"), request)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	if age := time.Until(until); age >= time.Second && r.Method == http.MethodGet { // RFC 5019 6.2
		w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d, no-transform, must-revalidate", age/time.Second))
	} else {
		w.Header().Set("Cache-Control", "no-store")
	}
	_, err = w.Write(der)
	return err
}

// ocspInPath is the route of OCSP by GET.
const ocspInPath = "GET /ocsp/{label}/{request}"

// ocspPaths hands paths of OCSP to a handler before the mux sees them: base64
// may hold two slashes in a row, which the mux takes for a path to be cleaned
// and answers with a redirect to another request.
func ocspPaths(mux, inPath http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ours := strings.CutPrefix(r.URL.EscapedPath(), "/ocsp/")
		label, encoded, found := strings.Cut(rest, "/")
		request, err := url.PathUnescape(encoded)
		if r.Method != http.MethodGet || !ours || !found || err != nil {
			mux.ServeHTTP(w, r)
			return
		}
		r.Pattern = ocspInPath // as the mux would, for those who count routes
		r.SetPathValue("label", label)
		r.SetPathValue("request", request)
		inPath.ServeHTTP(w, r)
	})
}
