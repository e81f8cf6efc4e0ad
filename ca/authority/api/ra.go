package api

import (
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/est"
)

func (s *server) policy(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	// The identity is checked before a cached copy is confirmed: this is the
	// request on which a revoked counter notices.
	jws, err := s.authority.Policy(r.Context(), c)
	if err != nil {
		return err
	}
	tag := `"` + s.authority.PolicyTag() + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/jose")
	_, err = w.Write([]byte(jws))
	return err
}

// pathSum reads a SHA-256 from the path.
func pathSum(r *http.Request, name string) (sum [32]byte, err error) {
	text := r.PathValue(name)
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(sum) || text != strings.ToLower(text) {
		return sum, authority.Refuse(ca.ProblemBadRequest, "name is no SHA-256 in lower-case hex")
	}
	return [32]byte(b), nil
}

func (s *server) lookup(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	sum, err := pathSum(r, "csr_sha256")
	if err != nil {
		return err
	}
	answer, err := s.authority.Lookup(r.Context(), c, sum)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *server) head(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	head, err := s.authority.Head(r.Context(), c, r.PathValue("workstation"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, head)
}

func (s *server) push(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var p ca.JournalPush
	if err := readJSON(w, r, maxJournalBody, &p); err != nil {
		return err
	}
	reply, err := s.authority.Push(r.Context(), c, r.PathValue("workstation"), p)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, reply)
}

func (s *server) blob(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	sum, err := pathSum(r, "sha256")
	if err != nil {
		return err
	}
	content, err := readBody(w, r, ca.MaxBlob)
	if err != nil {
		return err
	}
	created, err := s.authority.PutBlob(r.Context(), c, sum, content)
	if err != nil {
		return err
	}
	w.WriteHeader(putStatus(created))
	return nil
}

// approvalRetry is how soon to ask again for a change that waits for a person.
const approvalRetry = time.Minute

func (s *server) status(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var change ca.StatusChange
	if err := readJSON(w, r, maxStatusBody, &change); err != nil {
		return err
	}
	reply, created, err := s.authority.ChangeStatus(r.Context(), c, r.PathValue("uuid"), change)
	if err != nil {
		return err
	}
	if reply.Request != "" { // waits for a second clerk
		est.SetRetryAfter(w.Header(), approvalRetry)
		return writeJSON(w, http.StatusAccepted, reply)
	}
	return writeJSON(w, putStatus(created), reply)
}

func (s *server) certificate(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	answer, err := s.authority.Status(r.Context(), c, r.PathValue("serial"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

// putStatus is the answer to a PUT on a client-made id.
func putStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
