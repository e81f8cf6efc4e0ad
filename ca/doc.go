// Package ca is the counter's client of the certification authority: EST
// (RFC 7030) for issuance, JSON under /ra/v1 for everything EST lacks, all
// over mutually authenticated TLS 1.3.
//
// A new counter makes its keys (NewWorkstationKeys), hands a request to the
// administrator and accepts what comes back; from then on it opens its trust
// bundle (OpenBundle), makes a Client, and calls Policy before each
// irreversible request. A request whose answer did not arrive is neither
// issued nor refused: Enrol says Unknown, and Lookup is asked before the same
// bytes are sent again.
//
// A certificate counts as issued only after it was verified: our key, our
// subject, the profile of the signed policy, a chain to a pinned root. A
// failed request is Unsent only if provably nothing of it was written. The
// client never repeats a request; KindOf says in one word what to do about an
// error. Nothing is stored: what must survive a crash is in the journal.
//
// Where another product issues, ESTAuthority takes the Client's place in issuing
// alone: it speaks EST and no more, so that what it cannot be asked or told is
// ErrUnsupported.
//
// The types of the wire (wire.go) are shared with the reference authority.
package ca
