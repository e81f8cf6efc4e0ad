package est

import "errors"

// ErrTooLarge is returned for a body over the limit of its reader.
var ErrTooLarge = errors.New("body is too large")

// ErrContentType is returned for a request whose Content-Type is not
// application/pkcs10.
var ErrContentType = errors.New("content type is not application/pkcs10")
