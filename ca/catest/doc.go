// Package catest starts the reference authority inside a test, over real mTLS
// on loopback, and makes what surrounds it: enrolled workstations, clerks, a
// card-data CA with the signed files of cards, a journal in memory, and a
// RoundTripper with faults. Only test files import it.
//
// Start gives a Server, Server.Enrol a Workstation, Workstation.Open a Case
// that can be enrolled with; all of it speaks the protocol by hand, so that a
// client can be tested against it and not against itself.
package catest
