// Package forms makes the papers of a case as PDF: Образац 1, 2 and 3, Општи
// услови, Уговор, receipts, the take-home sheet, the slip of a refusal and the
// cover label of the archive bundle; and the day sheet of a counter. Values go
// in, bytes come out; it reads no clock, no file and no printer.
//
// Call Render with the data of the case and the fonts, or RenderDaySheet with
// the numbers of a day. The same input gives the same bytes, so the SHA-256
// that the journal holds can be checked against a paper that is rendered again.
//
// Every word on a paper that is not data of the case stands in a template
// (assets/templates, markup in its README.md). A template has a version, and
// its SHA-256 is recorded with every paper and printed, shortened, in the foot
// of every page. A placeholder that the package does not know, or that has no
// value, is an error naming it: no paper leaves with a hole in it. A template
// that is not the one SHA256SUMS lists is an error too (ErrChanged).
//
// Every paper exists in Cyrillic and in Latin letters; the Latin templates are
// the Cyrillic ones letter for letter. Names and numbers from the chip stand
// as they are on the chip; names that we gave (office, clerk) follow the
// script of the paper.
//
// Never on paper: the PIN and its tries, the portrait, the certificate itself.
// Bar codes carry the case number only; receipts have a second code with the
// state of the journal, which holds no personal data either.
package forms
