// Package authority is the reference certification authority of Salter: it
// keeps the counters' journals, issues one certificate per request, and
// changes certificate status. It has no HTTP; package api below it puts it on
// the network, package db keeps its state, package keys its keys.
//
// Start with Open, which makes a demonstration hierarchy at the first start.
// Methods that serve a counter take a Caller (CallerOf reads it from the TLS
// certificate) and answer refusals as *Refusal; the administrator's methods
// (SignWorkstation, AddClerk, AddAnchor, …) take none.
//
// Who is calling and which clerk signed is checked in the transaction of what
// they want, so that a revocation counts from the next request. A serial
// number and the bytes to be signed are durable before the CA's key touches
// them, so that no crash makes two certificates of one request; ISSUANCE.md
// tells the nine steps and why. Logs and refusals hold no name, personal
// number or subject.
package authority
