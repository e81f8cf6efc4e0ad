package apdu

import "fmt"

// SW is a status word (ISO/IEC 7816-4 5.1.3).
type SW uint16

// The status words that are used.
const (
	SWOK              SW = 0x9000 // done
	SWEndOfFile       SW = 0x6282 // fewer bytes than asked for; data are valid
	SWNoTries         SW = 0x63C0 // wrong PIN, that was the last try
	SWMemory          SW = 0x6581 // memory failure
	SWWrongLength     SW = 0x6700
	SWNotSatisfied    SW = 0x6982 // security status: PIN not verified
	SWBlocked         SW = 0x6983 // authentication method blocked
	SWConditions      SW = 0x6985 // conditions of use: no MSE, PIN already set
	SWWrongData       SW = 0x6A80
	SWFuncUnsupported SW = 0x6A81
	SWFileNotFound    SW = 0x6A82
	SWNoRoom          SW = 0x6A84
	SWWrongP1P2       SW = 0x6A86
	SWNoReference     SW = 0x6A88 // referenced key or data not found
	SWFileExists      SW = 0x6A89
	SWOffset          SW = 0x6B00 // offset behind the end
	SWUnknownINS      SW = 0x6D00
	SWUnknownCLA      SW = 0x6E00
	SWFailure         SW = 0x6F00 // no precise diagnosis
)

// SWTries returns the status word for n tries left; n is 0..15.
func SWTries(n int) SW { return SWNoTries | SW(n&0xF) }

// SWMore returns 61xx for n more bytes to be fetched with GET RESPONSE; 256
// and more become 6100.
func SWMore(n int) SW {
	if n > 255 {
		n = 0
	}
	return 0x6100 | SW(n)
}

// OK reports whether the command was executed as asked.
func (s SW) OK() bool { return s == SWOK }

// Tries returns the tries left that 63Cx tells; ok is false for every other
// status word.
func (s SW) Tries() (n int, ok bool) {
	if s&0xFFF0 != SWNoTries {
		return 0, false
	}
	return int(s & 0xF), true
}

// More returns how many bytes 61xx announces for GET RESPONSE, 256 for 6100;
// ok is false for every other status word.
func (s SW) More() (n int, ok bool) {
	if s&0xFF00 != 0x6100 {
		return 0, false
	}
	return expected(int(s&0xFF), maxShortExpected), true
}

// Warning reports 62xx: executed, data valid, something to note.
func (s SW) Warning() bool { return s&0xFF00 == 0x6200 }

// String gives the four hex digits.
func (s SW) String() string { return fmt.Sprintf("%04X", uint16(s)) }
