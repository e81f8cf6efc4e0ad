package catest

import (
	"net"
	"time"

	"salter/ca/authority/api"
)

// Bootstrap opens the authority's bootstrap port until the test ends, and makes
// a code for a workstation.
func (s *Server) Bootstrap(workstation string) (url, code string) {
	s.t.Helper()
	made, err := s.Authority.EnrolmentCode(s.t.Context(), workstation, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	server := api.Server(api.Bootstrap(s.Authority, s.cfg.Log), s.Authority.BootstrapTLS(), s.cfg.Log)
	s.served.Go(func() { _ = server.ServeTLS(l, "", "") })
	s.t.Cleanup(func() { _ = server.Close() })
	return "https://" + l.Addr().String(), made.Code
}
