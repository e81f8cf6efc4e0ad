package card

import (
	"bytes"
	"slices"
)

// generation is what an ATR tells about the chip. It is a hint only: cards that
// are no ID cards share ATRs with ID cards, and new ones appear about yearly.
type generation int

// The generations that are read differently.
const (
	generationUnknown generation = iota // try the applets
	generationApollo                    // before 18.08.2014: no applets at all
	generationApplets                   // identity applet and PKI applet
)

// generationOf looks an ATR up among the known ones.
func generationOf(atr []byte) generation {
	switch {
	case bytes.Equal(atr, apolloATR()):
		return generationApollo
	case slices.ContainsFunc(appletATRs(), func(known []byte) bool { return bytes.Equal(atr, known) }):
		return generationApplets
	}
	return generationUnknown
}

// apolloATR is the ATR of cards made before 18.08.2014.
func apolloATR() []byte {
	return []byte("\x3B\xB9\x18\x00\x81\x31\xFE\x9E\x80\x73\xFF\x61\x40\x83\x00\x00\x00\xDF")
}

// appletATRs lists the ATRs that Serbian ID cards have been seen with, and
// those of the same family of chips.
func appletATRs() [][]byte {
	return [][]byte{
		[]byte("\x3B\xFF\x94\x00\x00\x81\x31\x80\x43\x80\x31\x80\x65\xB0\x85\x02\x01\xF3\x12\x0F\xFF\x82\x90\x00\x79"), // Gemalto MultiApp 80K, 2014
		[]byte("\x3B\xF9\x96\x00\x00\x80\x31\xFE\x45SCE7 GCN3^"),                                                       // SmartCafe 7, 01.2023
		[]byte("\x3B\x9E\x96\x80\x31\xFE\x45SCE 8.0-C1V0\r\n\x6F"),                                                     // 07.2023
		[]byte("\x3B\x9E\x96\x80\x31\xFE\x45SCE 8.0-C2V0\r\n\x6C"),                                                     // 06.2024
		[]byte("\x3B\xF8\x13\x00\x00\x81\x31\xFE\x45JCOPv241\xB7"),
		[]byte("\x3B\xFA\x13\x00\x00\x81\x31\xFE\x45JCOP21V231\x91"),
		[]byte("\x3B\x7A\x96\x00\x00\x80\x65\xA2\x01\x01\x02\x3D\x72\xD6\x43"),
		[]byte("\x3B\xFD\x94\x00\x00\x81\x31\x80\x43\x80\x31\x80\x65\xB1\xF3\x01\x07\x0F\x83\x01\x90\x00\x17"),
		[]byte("\x3B\x89\x80\x01SCE.7    \x44"),
		[]byte("\x3B\xF9\x96\x00\x00\x80\x31\xFE\x45SCE7  \x00  \x07"),
		[]byte("\x3B\xD5\x18\xFF\x81\x91\xFE\x1F\xC3\x80\x73\xC8\x21\x10\x0A"), // NXP JCOP4 P71
	}
}
