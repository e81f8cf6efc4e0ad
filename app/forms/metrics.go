package forms

import (
	"encoding/binary"
	"fmt"
)

// metrics are the widths of the characters of a TrueType font.
type metrics struct {
	unitsPerEm int
	advances   []int32 // by code point up to U+FFFF; noGlyph: not in the font
}

const noGlyph = -1

// advance is the width of r in units; false if the font has no picture of it.
func (m metrics) advance(r rune) (int, bool) {
	if r < 0 || int(r) >= len(m.advances) || m.advances[r] == noGlyph {
		return 0, false
	}
	return int(m.advances[r]), true
}

// fontFile reads big-endian numbers of a TrueType file (OpenType specification
// 1.9, "The OpenType font file").
type fontFile []byte

func (f fontFile) u16(at int) int { return int(binary.BigEndian.Uint16(f[at:])) }
func (f fontFile) u32(at int) int { return int(binary.BigEndian.Uint32(f[at:])) }

// tables returns the offset of every table, all of which lie within the file.
func (f fontFile) tables() (map[string]int, error) {
	at := map[string]int{}
	for i := range f.u16(4) {
		entry := 12 + 16*i
		from, size := f.u32(entry+8), f.u32(entry+12)
		if from+size > len(f) {
			return nil, fmt.Errorf("cut off: %w", ErrFont)
		}
		at[string(f[entry:entry+4])] = from
	}
	for _, tag := range []string{"head", "hhea", "hmtx", "cmap", "glyf", "loca"} {
		if at[tag] == 0 {
			return nil, fmt.Errorf("no table %s: %w", tag, ErrFont)
		}
	}
	return at, nil
}

// readMetrics reads the tables head, hhea, hmtx and cmap.
func readMetrics(font []byte) (m metrics, err error) {
	defer func() {
		// A file that was cut off shows as an index out of range; nothing but
		// reads of the file happens below.
		if recover() != nil {
			m, err = metrics{}, fmt.Errorf("cut off: %w", ErrFont)
		}
	}()
	f := fontFile(font)
	at, err := f.tables()
	if err != nil {
		return metrics{}, err
	}
	glyphs, err := f.glyphs(at["cmap"])
	if err != nil {
		return metrics{}, err
	}
	m = metrics{unitsPerEm: f.u16(at["head"] + 18), advances: glyphs}
	own := f.u16(at["hhea"] + 34) // glyphs with a width of their own; the rest share the last
	if m.unitsPerEm == 0 || own == 0 {
		return metrics{}, fmt.Errorf("no widths: %w", ErrFont)
	}
	for r, g := range glyphs {
		if g != noGlyph {
			m.advances[r] = int32(f.u16(at["hmtx"] + 4*min(int(g), own-1)))
		}
	}
	return m, nil
}

// glyphs reads the character map's subtable of format 4 into glyph numbers by
// code point.
func (f fontFile) glyphs(cmap int) ([]int32, error) {
	for i := range f.u16(cmap + 2) {
		if sub := cmap + f.u32(cmap+4+8*i+4); f.u16(sub) == 4 {
			return f.segments(sub), nil
		}
	}
	return nil, fmt.Errorf("no character map of format 4: %w", ErrFont)
}

func (f fontFile) segments(sub int) []int32 {
	glyphs := make([]int32, 0x10000)
	for r := range glyphs {
		glyphs[r] = noGlyph
	}
	size := f.u16(sub + 6) // twice the number of segments
	for s := 0; s < size; s += 2 {
		last, first := f.u16(sub+14+s), f.u16(sub+16+size+s)
		delta, at := f.u16(sub+16+2*size+s), sub+16+3*size+s
		offset := f.u16(at)
		for r := first; r <= last && r != 0xffff; r++ {
			g := r
			if offset != 0 {
				if g = f.u16(at + offset + 2*(r-first)); g == 0 {
					continue
				}
			}
			if g = (g + delta) & 0xffff; g != 0 {
				glyphs[r] = int32(g)
			}
		}
	}
	return glyphs
}
