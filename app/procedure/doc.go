// Package procedure is the core of Salter: what happens at a counter when a
// citizen asks for a qualified certificate, as events, rules and one pure
// function that says what to do next.
//
// It imports the standard library only. It declares the interfaces it needs
// (Cards, Authority, Journal, Keyring); adapters elsewhere join them to real
// readers, servers and files.
package procedure
