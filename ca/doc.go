// Package ca is the counter's client of the certification authority: EST
// (RFC 7030) for issuance, JSON under /ra/v1 for everything EST lacks, all
// over mutually authenticated TLS 1.3.
//
// Start with a trust bundle (OpenBundle) and a workstation key, make a Client,
// and call Policy before each irreversible request. A request whose answer did
// not arrive is neither issued nor refused: Enrol says Unknown, and Lookup is
// asked before the same bytes are sent again.
//
// The types of the wire (wire.go) are shared with the reference authority.
package ca
