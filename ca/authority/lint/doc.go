// Package lint runs zlint over a certificate: the rules of RFC 5280 and its
// family, of ETSI ESI and of the community, without those of browsers and
// TLS. It stands beside profile.Check, which knows what was asked for; zlint
// is an opinion that is not ours.
//
// Only the authority imports it, so that the desktop program carries no zlint.
package lint
