// Package virtual is a virtual Serbian ID card for demonstrations and tests.
// It speaks the vpcd protocol to a real pcscd, so that everything above it,
// PC/SC, PKCS#11 modules and programs of others, works as with plastic.
//
// Create personalises a card in a folder, Open loads it again, Card.Connect
// inserts it into a reader. Card.Transmit runs one command without a reader.
//
// Three applets share one chip, one PIN, one PUK and their counters:
//
//   - identity: the files of the holder with the ministry's signature (SOD);
//   - CardEdge: the PKI applet as real cards have it: directories, container
//     map, certificates, PIN, signatures. This is the real protocol;
//   - the write view: the public IsoApplet protocol, which a stock OpenSC can
//     write to. It is a stand-in, because the vendor's commands for key
//     generation and for writing are not published.
//
// What is written through the write view appears in the CardEdge view: a
// certificate for non-repudiation as ksc01 in file 7103 with key 6019, any
// other as kxc00 in file 7102 with key 6005.
//
// Every change is on disk before the status word that reports it leaves: a
// killed process looks like a card pulled out, never like one that forgot. Only
// the change of an object directory, which takes several commands, is kept back
// until it is complete, as a chip with transactions does.
//
// The PIN of the virtual card is test data. The package must not be part of
// what a counter gets; vpcd lets whoever reaches its port be the card.
package virtual
