// Package store keeps the journal of a workstation: the local record of
// everything that happens at the counter, in one SQLite file.
//
// Create makes the file once, when the workstation is enrolled; Open opens it
// at every start and verifies its recent part, Verify all of it; Append adds
// events; Sync ships them to the authority, HandOver writes them to a sealed
// file instead. Space tells whether a new case may begin, Backup makes a
// verified copy, Purge erases what the authority has taken over, Cases lists and
// finds cases. OpenCopy is for those who only read: auditors, and the command
// salter-journal.
//
// What the rest of Salter may rely on:
//
//   - Append returns nil only after its events are on stable storage. Any other
//     return means "perhaps": call Replay before going on.
//   - The events of one journal are totally ordered and gapless: 1, 2, 3, ….
//     None is ever updated or removed, and their bytes are never encoded again.
//   - Open fails with ErrInUse, ErrMissing, ErrNewer, ErrTampered (a
//     *TamperedError tells where), ErrCorrupt, ErrForeign or ErrKey; the program
//     has one sentence for each.
//   - No method waits for the network but Sync, and Sync holds nothing that
//     Append needs while it waits. No method blocks for long without a context.
//   - Nothing panics on the contents of a file. ErrTooLarge is decided in
//     Append, never later.
//   - A Journal is safe for concurrent use: one connection, one lock.
//
// Personal data stand in no event. An event holds the salted commitment of a
// part (package evidence); the part itself is sealed with AES-256-GCM in a side
// table and goes to the authority as a blob named by its commitment. Once the
// authority holds it and the case is closed it is erased, and the event still
// proves what it proved. While it is here its case is found by the words that
// Config.PartTerms reads in it: the package itself does not know what a part
// says.
//
// JOURNAL.md describes the file byte by byte and says why each setting is what
// it is.
package store
