package api

import (
	"net/http"

	"salter/ca"
	"salter/ca/authority"
)

func (s *server) pending(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	answer, err := s.authority.Pending(r.Context(), c)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("state") != ca.ChangePending {
		return authority.Refuse(ca.ProblemBadRequest, "only state=pending can be listed")
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *server) decide(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.Approval
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	entry, created, err := s.authority.Decide(r.Context(), c, r.PathValue("uuid"), body)
	if err != nil {
		return err
	}
	return writeJSON(w, putStatus(created), entry)
}
