package est

import (
	"errors"
	"net/url"
	"strings"
)

// Prefix is the well-known path of EST (RFC 7030 3.2.2).
const Prefix = "/.well-known/est/"

// Operations, the last segment of a path.
const (
	OpCACerts        = "cacerts"
	OpCSRAttrs       = "csrattrs"
	OpSimpleEnroll   = "simpleenroll"
	OpSimpleReenroll = "simplereenroll"
)

// Path returns the escaped URL path of an operation under a label. A label is
// a free string that may hold slashes (some servers use
// tenant/authority/profile); it may be empty.
func Path(label, op string) string {
	if label == "" {
		return Prefix + op
	}
	segments := strings.Split(label, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return Prefix + strings.Join(segments, "/") + "/" + op
}

// SplitPath takes an escaped URL path apart (http.Request.URL.EscapedPath).
// Unknown operations, empty and dot segments are errors.
func SplitPath(escaped string) (label, op string, err error) {
	rest, ok := strings.CutPrefix(escaped, Prefix)
	if !ok {
		return "", "", errors.New("split path: not under " + Prefix)
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.Contains(plain, "/") {
			return "", "", errors.New("split path: segment is not valid")
		}
		segments[i] = plain
	}
	op = segments[len(segments)-1]
	switch op {
	case OpCACerts, OpCSRAttrs, OpSimpleEnroll, OpSimpleReenroll:
		return strings.Join(segments[:len(segments)-1], "/"), op, nil
	}
	return "", "", errors.New("split path: unknown operation")
}
