package api

import (
	"net/http"

	"salter/ca"
	"salter/ca/authority"
)

func (s *server) contract(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	entry, err := s.authority.Contract(r.Context(), c, r.PathValue("contract"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, entry)
}

func (s *server) putContract(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.Contract
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	entry, created, err := s.authority.PutContract(r.Context(), c, r.PathValue("contract"), body)
	if err != nil {
		return err
	}
	return writeJSON(w, putStatus(created), entry)
}

func (s *server) searchContracts(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.ContractSearch
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	found, err := s.authority.SearchContracts(r.Context(), c, body)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, found)
}

func (s *server) endContract(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.ContractEnd
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	entry, created, err := s.authority.EndContract(r.Context(), c, r.PathValue("uuid"), body)
	if err != nil {
		return err
	}
	return writeJSON(w, putStatus(created), entry)
}

func (s *server) searchRegister(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.RegisterSearch
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	found, err := s.authority.SearchRegister(r.Context(), c, body)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, found)
}

func (s *server) searchCases(w http.ResponseWriter, r *http.Request, c authority.Caller) error {
	var body ca.CaseSearch
	if err := readJSON(w, r, maxStatusBody, &body); err != nil {
		return err
	}
	found, err := s.authority.SearchCases(r.Context(), c, body)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, found)
}
