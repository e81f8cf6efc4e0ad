// Package serbian writes, finds and sorts Serbian names in both of the
// language's alphabets: Latin for the second script of screens and papers,
// SearchKey for what is typed into a search field, Compare for lists.
//
// All of it is for display and search. The name in a certificate and in a
// record is that of the chip, byte for byte, and never goes through here; nor
// is there a way from Latin to Cyrillic, which is ambiguous (konjunkcija,
// nadživeti).
package serbian
