// Package card talks to the citizen's card: it watches the readers, reads who
// the card belongs to, reads the PKI part of the chip without a PIN, and
// writes key pair and certificate through the vendor's PKCS#11 module.
//
// Start with [New]. One Readers serves the whole process: it holds the one
// watcher and the one instance of the PKCS#11 module. [Readers.Events] tells
// what happens at the readers, [Readers.ReadIdentity], [Readers.ReadPortrait]
// and [Readers.ReadChip] read, [Readers.Open] opens a [Session] for writing.
//
// What it guarantees:
//
//   - Nothing is held while people think: a native read is one short
//     transaction on a connection of its own, and no transaction is open
//     during a call of the module, which would wait for it for ever.
//   - All traffic with one reader, native and through the module, passes one
//     lane, one call after the other. A call that another program holds up
//     comes back with [ErrBusy] after a bounded time.
//   - The chip is written through the module alone. The commands that write to
//     a real card are not published; a guessed one can destroy the card.
//   - What was read belongs to the insertion it is labelled with: if the card
//     was changed meanwhile, the answer is [ErrRemoved].
//   - A PIN is tried exactly once per call, never empty, never by the program
//     itself. It reaches the module in a buffer that is wiped after the call.
//     The same holds for a PUK.
//   - A PIN is unblocked ([Session.Unblock]) only on a make of chip whose
//     command for it is known ([Driver]); any other is sent nothing.
//   - Old certificates go ([Session.Retire]) only while the new one and its key
//     are there, and each before its key.
//
// After a crash nothing is lost that was on the chip: a key pair is found
// again by its identifier ([Session.Key]), a certificate that was written
// halfway is replaced ([Session.PutCertificate]), and what was left of an old
// key pair is removed ([Session.Retire]). What cannot be undone is a
// key pair whose generation was cut off before the module could note its
// identifier: it takes up room until the card is cleaned.
//
// Known limits: a signature over the card data proves that the ministry signed
// them, not that they lie on the chip they were made for. What the module does
// with its own copy of the PIN is the module's business: OpenSC keeps one until
// the logout, and refuses to write when its configuration forbids that.
package card
