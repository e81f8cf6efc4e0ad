// Package evidence holds the parts of the journal that somebody else must be
// able to check years later without Salter: the header of an event, the Merkle
// tree over the events, the signed checkpoint of the tree, and the salted
// commitment that stands in an event for personal data. The workstation's
// journal, the authority's ledger and an auditor's tool use the same code; it
// knows no database and no network.
//
// An event is one line of JSON. Its bytes are made once, stored, hashed and
// shipped as they are, and never encoded again: ParseHeader reads them, nothing
// here writes them.
//
// The tree is the one of RFC 6962 section 2.1 in the storage order of
// golang.org/x/mod/sumdb/tlog: record number n is the event with sequence
// number n+1, and a tree of size n covers the events 1 to n.
//
// A checkpoint is the text of C2SP tlog-checkpoint
// (https://c2sp.org/tlog-checkpoint) in a signed note
// (https://c2sp.org/signed-note): the workstation signs with Ed25519, the
// authority adds a cosignature/v1 line that carries its time
// (https://c2sp.org/tlog-cosignature).
//
// The format is described byte by byte in JOURNAL.md beside package store.
package evidence
