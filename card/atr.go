package card

import "encoding/hex"

// generation is what an ATR tells about the chip. It is a hint only: cards that
// are no ID cards share ATRs with ID cards, and new ones appear about yearly.
type generation int

// The generations that are read differently.
const (
	generationUnknown generation = iota // try the applets
	generationApollo                    // before 18.08.2014: no applets at all
	generationApplets                   // identity applet and PKI applet
)

// generationOf looks an ATR up among those that Serbian ID cards have been
// seen with and those of the same family of chips.
func generationOf(atr []byte) generation {
	switch hex.EncodeToString(atr) {
	case "3bb918008131fe9e8073ff614083000000df":
		return generationApollo
	case "3bff9400008131804380318065b0850201f3120fff82900079", // Gemalto MultiApp 80K, 2014
		"3bf99600008031fe4553434537204743" + "4e335e",       // SmartCafe 7, 01.2023
		"3b9e968031fe45534345" + "20382e302d433156300d0a6f", // SCE 8.0-C1V0, 07.2023
		"3b9e968031fe45534345" + "20382e302d433256300d0a6c", // SCE 8.0-C2V0, 06.2024
		"3bf81300008131fe454a434f5076323431b7",
		"3bfa1300008131fe454a434f503231563233" + "3191",
		"3b7a9600008065a20101023d72d643",
		"3bfd94000081318043818065b1f301070f8301900017",
		"3b8980015343452e372020202044",
		"3bf99600008031fe45534345372020202020" + "07",
		"3bd518ff8191fe1fc38073c821100a": // NXP JCOP4 P71
		return generationApplets
	}
	return generationUnknown
}
