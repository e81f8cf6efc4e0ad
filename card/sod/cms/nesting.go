package cms

// maxDepth bounds the nesting of a message; one with certificates needs about
// a dozen levels, because of the names in them.
const maxDepth = 32

// checkNesting walks over one BER element (X.690 8.1) and makes sure that every
// element ends inside the one around it. The decoder behind it trusts that:
// overlapping elements, which it reads again at every level, cost it
// exponential time.
func checkNesting(b []byte) error {
	rest, err := skipElement(b, 0)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return ErrNesting
	}
	return nil
}

// skipElement returns what follows the first element of b.
func skipElement(b []byte, depth int) (rest []byte, err error) {
	if depth > maxDepth || len(b) < 2 {
		return nil, ErrNesting
	}
	constructed := b[0]&0x20 != 0
	if b[0]&0x1F == 0x1F { // tags above 30 have no place in PKCS#7 and X.509
		return nil, ErrNesting
	}
	if b[1] == 0x80 { // indefinite: ends with two zero octets
		if !constructed {
			return nil, ErrNesting
		}
		return skipIndefinite(b[2:], depth)
	}
	length, content, err := readLength(b[1:])
	if err != nil || length > len(content) {
		return nil, ErrNesting
	}
	if constructed {
		for inner := content[:length]; len(inner) > 0; {
			if inner, err = skipElement(inner, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return content[length:], nil
}

func skipIndefinite(b []byte, depth int) (rest []byte, err error) {
	for {
		if len(b) >= 2 && b[0] == 0 && b[1] == 0 {
			return b[2:], nil
		}
		if b, err = skipElement(b, depth+1); err != nil {
			return nil, err
		}
	}
}

// readLength reads a definite length of at most three octets.
func readLength(b []byte) (length int, rest []byte, err error) {
	if b[0] < 0x80 {
		return int(b[0]), b[1:], nil
	}
	n := int(b[0] & 0x7F)
	if n > 3 || len(b) < 1+n {
		return 0, nil, ErrNesting
	}
	for _, octet := range b[1 : 1+n] {
		length = length<<8 | int(octet)
	}
	return length, b[1+n:], nil
}
