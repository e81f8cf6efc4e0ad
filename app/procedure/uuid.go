package procedure

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// newUUID makes a UUIDv7 (RFC 9562 5.7).
func newUUID(now time.Time) string {
	var b [16]byte
	rand.Read(b[:])
	ms := now.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
