package api

import (
	"encoding/asn1"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/est"
	"salter/ca/profile"
)

// pendingAfter is the Retry-After of a request that is not completed yet.
const pendingAfter = 5 * time.Second

func (s *server) cacerts(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	if err := s.authority.Admit(r.Context(), c); err != nil {
		return err
	}
	return writeChain(s.authority, w, r)
}

// writeChain answers cacerts on either port.
func writeChain(a *authority.Authority, w http.ResponseWriter, r *http.Request) error {
	chain, err := a.Chain(r.PathValue("label"))
	if err != nil {
		return err
	}
	return est.WriteCerts(w, chain)
}

func (s *server) csrattrs(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	if err := s.authority.Admit(r.Context(), c); err != nil {
		return err
	}
	if r.PathValue("label") == ca.LabelWorkstation {
		der, err := est.CSRAttrs{Key: est.KeyTemplate{Curve: est.CurveP256}, Extensions: []asn1.ObjectIdentifier{{2, 5, 29, 17}}}.Encode()
		if err != nil {
			return err
		}
		return est.WriteCSRAttrs(w, der)
	}
	p, err := s.authority.Profile(r.PathValue("label"))
	if err != nil {
		return err
	}
	if p == nil { // any name, any key that is good
		return est.WriteCSRAttrs(w, nil)
	}
	der, err := attributes(p).Encode()
	if err != nil {
		return err
	}
	return est.WriteCSRAttrs(w, der)
}

// attributes says what a request under the profile should look like. The key
// is left open where the profile admits more than one kind.
func attributes(p *profile.Profile) est.CSRAttrs {
	a := est.CSRAttrs{Subject: []asn1.ObjectIdentifier{
		{2, 5, 4, 6}, {2, 5, 4, 4}, {2, 5, 4, 42}, {2, 5, 4, 5}, {2, 5, 4, 3}, // C, SN, GN, serialNumber, CN
	}}
	if p.SAN.Email == profile.EmailIfAsked {
		a.Extensions = []asn1.ObjectIdentifier{{2, 5, 29, 17}} // subjectAltName
	}
	if len(p.SubjectKeys) != 1 {
		return a
	}
	switch kind := p.SubjectKeys[0]; kind {
	case "p256":
		a.Key.Curve = est.CurveP256
	case "p384":
		a.Key.Curve = est.CurveP384
	default:
		// A range such as rsa2048..4096 is no number and leaves the key open.
		a.Key.RSABits, _ = strconv.Atoi(strings.TrimPrefix(kind, "rsa"))
	}
	return a
}

// readCSR reads the request, DER.
func readCSR(r *http.Request) ([]byte, error) {
	csr, err := est.ReadRequest(r, ca.MaxCSR)
	switch {
	case errors.Is(err, est.ErrContentType):
		return nil, authority.Refuse(ca.ProblemBadRequest, "%w", err)
	case errors.Is(err, est.ErrTooLarge):
		return nil, authority.Refuse(ca.ProblemTooLarge, "request of more than %d bytes", ca.MaxCSR)
	case err != nil:
		return nil, authority.Refuse(ca.ProblemCSRInvalid, "body is no base64")
	}
	return csr, nil
}

// reenrol renews the caller's own TLS certificate and no other: a citizen's
// key can never be the one of the connection.
func (s *server) reenrol(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	if err := s.authority.Admit(r.Context(), c); err != nil {
		return err
	}
	csr, err := readCSR(r)
	if err != nil {
		return err
	}
	if r.PathValue("label") != ca.LabelWorkstation {
		return authority.Refuse(ca.ProblemNotFound, "only the label %s is renewed here", ca.LabelWorkstation)
	}
	chain, err := s.authority.Reenrol(r.Context(), c, csr)
	if err != nil {
		return err
	}
	return est.WriteCerts(w, chain)
}

func (s *server) enrol(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	csr, err := readCSR(r)
	if err != nil {
		return err
	}
	answer, err := s.authority.Enrol(r.Context(), c, authority.Enrolment{Label: r.PathValue("label"), CSR: csr,
		Assertion: r.Header.Get(ca.HeaderAssertion), Client: clientVersion(r)})
	if err != nil {
		return err
	}
	switch answer.State {
	case ca.IssuanceIssued:
		chain, err := parseChain(answer.Chain)
		if err != nil {
			return err
		}
		return est.WriteCerts(w, chain)
	case ca.IssuanceRefused:
		writeProblem(w, *answer.Problem)
	default:
		est.WritePending(w, pendingAfter)
	}
	return nil
}
