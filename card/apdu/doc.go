// Package apdu encodes and decodes what goes over the wire between a reader
// and a chip: command and response APDUs (ISO/IEC 7816-3 12.1, 7816-4 5.1),
// status words (7816-4 5.1.3) and BER-TLV data objects (7816-4 5.2.2).
//
// It is pure: bytes in, values out, no reader. Every decoder takes bytes from
// a stranger, returns an error for what it does not understand and never
// panics.
//
// The data field of some commands is a PIN. Command therefore prints its
// header and length only, and Wipe clears the data.
package apdu
