package card

import (
	"fmt"
	"testing"
)

// atrLength walks over an ATR (ISO/IEC 7816-3 8.2) and returns the length that
// it says of itself, and whether it ends with a check byte.
func atrLength(atr []byte) (length int, checked bool) {
	history := int(atr[1] & 0x0F)
	length = 2
	for present := atr[1] >> 4; ; {
		for bit := byte(1); bit <= 4; bit <<= 1 {
			if present&bit != 0 {
				length++
			}
		}
		if present&8 == 0 {
			break
		}
		td := atr[length]
		length++
		checked = checked || td&0x0F != 0
		present = td >> 4
	}
	length += history
	if checked {
		length++
	}
	return length, checked
}

// An ATR written down wrongly makes a known card an unknown one, which no other
// test would notice: each has the length and the check byte it needs.
func TestKnownATRs(t *testing.T) {
	for _, atr := range append(appletATRs(), apolloATR()) {
		t.Run(fmt.Sprintf("%X", atr), func(t *testing.T) {
			want, checked := atrLength(atr)
			if len(atr) != want {
				t.Fatalf("%d bytes, says %d of itself", len(atr), want)
			}
			var sum byte
			for _, b := range atr[1:] {
				sum ^= b
			}
			if checked && sum != 0 {
				t.Errorf("check byte is off by %02X", sum)
			}
		})
	}
}

func TestGenerationOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		atr  []byte
		want generation
	}{
		{"before 2014", apolloATR(), generationApollo},
		{"newest", []byte("\x3B\x9E\x96\x80\x31\xFE\x45SCE 8.0-C2V0\r\n\x6C"), generationApplets},
		{"health card", []byte("\x3B\x9E\x97\x80\x31\xFE\x45SCE 8.0-C1V0\r\n\x6E"), generationUnknown},
		{"none", nil, generationUnknown},
	} {
		if got := generationOf(tt.atr); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
