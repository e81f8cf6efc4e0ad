package apdu

import "fmt"

// TLV is a BER-TLV data object (ISO/IEC 7816-4 5.2.2). Tag holds the tag
// bytes as a number: 0x6F, 0x7F49.
type TLV struct {
	Tag   uint32
	Value []byte
}

// ParseTLV decodes the data object at the start of b and returns what follows
// it. Value and rest are parts of b. Only definite lengths exist on a chip;
// tags of up to three and length fields of up to four bytes are read.
func ParseTLV(b []byte) (t TLV, rest []byte, err error) {
	tag, n, err := parseTag(b)
	if err != nil {
		return TLV{}, nil, err
	}
	length, m, err := parseLength(b[n:])
	if err != nil {
		return TLV{}, nil, fmt.Errorf("parse tlv %X: %w", tag, err)
	}
	body := b[n+m:]
	if length > len(body) {
		return TLV{}, nil, fmt.Errorf("parse tlv %X: length %d, %d bytes left: %w", tag, length, len(body), ErrTLV)
	}
	return TLV{Tag: tag, Value: body[:length:length]}, body[length:], nil
}

// ParseTLVs decodes a sequence of data objects that fills b. On an error the
// objects before it are returned with it.
func ParseTLVs(b []byte) ([]TLV, error) {
	var list []TLV
	for len(b) > 0 {
		t, rest, err := ParseTLV(b)
		if err != nil {
			return list, err
		}
		list, b = append(list, t), rest
	}
	return list, nil
}

// FindTLV returns the value of the first object with that tag; ok is false if
// there is none.
func FindTLV(list []TLV, tag uint32) (value []byte, ok bool) {
	for _, t := range list {
		if t.Tag == tag {
			return t.Value, true
		}
	}
	return nil, false
}

// AppendTLV appends a data object with the shortest length field. A value of
// 16 MiB or more does not exist on a chip and panics.
func AppendTLV(b []byte, tag uint32, value []byte) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		if tag>>shift != 0 {
			b = append(b, byte(tag>>shift))
		}
	}
	b = append(b, byte(tag))
	switch n := len(value); {
	case n < 0x80:
		b = append(b, byte(n))
	case n <= 0xFF:
		b = append(b, 0x81, byte(n))
	case n <= 0xFFFF:
		b = append(b, 0x82, byte(n>>8), byte(n))
	case n <= 0xFFFFFF:
		b = append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		panic("apdu: data object too large")
	}
	return append(b, value...)
}

// parseTag reads a tag and the number of its bytes.
func parseTag(b []byte) (tag uint32, n int, err error) {
	if len(b) == 0 {
		return 0, 0, fmt.Errorf("parse tag: %w", ErrTLV)
	}
	tag = uint32(b[0])
	if b[0]&0x1F != 0x1F {
		return tag, 1, nil
	}
	for n = 1; n < len(b) && n < 3; n++ {
		tag = tag<<8 | uint32(b[n])
		if b[n]&0x80 == 0 {
			return tag, n + 1, nil
		}
	}
	return 0, 0, fmt.Errorf("parse tag %X: %w", tag, ErrTLV)
}

// parseLength reads a definite length and the number of its bytes.
func parseLength(b []byte) (length, n int, err error) {
	if len(b) == 0 {
		return 0, 0, ErrTLV
	}
	if b[0] < 0x80 {
		return int(b[0]), 1, nil
	}
	n = int(b[0] & 0x7F)
	if n == 0 || n > 3 || len(b) < 1+n {
		return 0, 0, ErrTLV
	}
	for _, x := range b[1 : 1+n] {
		length = length<<8 | int(x)
	}
	return length, 1 + n, nil
}
