// Package est holds the bodies and paths of EST (RFC 7030, with the
// corrections of RFC 8951 and RFC 9908) for both ends: tolerant base64,
// certs-only messages, CSR attributes with a template, labels, Retry-After.
//
// A server reads requests with ReadRequest and answers with WriteCerts,
// WriteCSRAttrs and WritePending; a client posts EncodeBase64 and reads with
// DecodeBase64 and ParseCertsOnly. Paths are made by Path and taken apart by
// SplitPath. The package keeps no state, knows no database and no
// certification authority, and every decoder is bounded in size.
package est
