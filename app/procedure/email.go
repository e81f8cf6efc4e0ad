package procedure

import "strings"

// MaxEmail is the longest address, in bytes (RFC 5321 4.5.3.1.3 less the
// angle brackets).
const MaxEmail = 254

// CheckEmail checks the syntax of an address for the rfc822Name of a
// certificate: a dot-atom of ASCII, an @, and a domain of at least two labels
// (RFC 5321 4.1.2, without quoted strings and address literals). Its error has
// CodeEmailSyntax, or CodeEmailDomain if that is all that is wrong, and does not
// repeat the address.
func CheckEmail(address string) error {
	bad := func(why string) error { return &Error{Code: CodeEmailSyntax, Detail: why} }
	if len(address) > MaxEmail {
		return bad("too long")
	}
	local, domain, found := strings.Cut(address, "@")
	if !found {
		return bad("no @")
	}
	if len(local) > 64 || !dotAtom(local, "!#$%&'*+-/=?^_`{|}~") {
		return bad("part before @")
	}
	if !dotAtom(domain, "-") {
		return bad("domain")
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return bad("domain")
		}
	}
	if !strings.Contains(domain, ".") {
		return &Error{Code: CodeEmailDomain, Detail: "domain of one label"}
	}
	return nil
}

// dotAtom reports whether s is one or more words of ASCII letters, digits and
// the extra characters, joined by single dots.
func dotAtom(s, extra string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			return false
		}
		for i := range len(word) {
			c := word[i]
			alphanumeric := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
			if !alphanumeric && strings.IndexByte(extra, c) < 0 {
				return false
			}
		}
	}
	return true
}
