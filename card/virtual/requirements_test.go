//go:build linux

package virtual_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"image/color"
	"image/jpeg"
	"math/big"
	"strings"
	"testing"
	"time"

	"salter/card/apdu"
	"salter/card/sod"
	"salter/card/virtual"
)

const (
	selectSERID = "00A40400 0B F381000002534552494401"
	verifyPIN   = "00200080 08 3438323931350000"
)

// TestRequirements checks what programs of others need of a card, byte for
// byte as they ask for it: on a card with an authentication certificate, and
// again after a signing certificate was written by the PKCS#11 module.
func TestRequirements(t *testing.T) {
	card, dir := newCard(t, virtual.Auth)
	q := requirements{terminal: terminal{t, card}, issuer: testIssuer(t)}
	t.Run("before", func(t *testing.T) { q.at(t).all(false) })

	o := newOpenSC(t, dir)
	o.reader.Insert(card)
	q.signing = certify(t, o.generate("5a17e4"), nonRepudiation)
	o.write("5a17e4", q.signing)
	listed := o.pkcs11(true, "--list-objects", "--login", "--pin", virtual.PresetPIN)
	if n := strings.Count(listed, "Certificate Object"); n != 2 {
		t.Errorf("certificates listed by the module: got %d, want 2\n%s", n, listed)
	}
	o.reader.Eject()
	t.Run("after", func(t *testing.T) { q.at(t).all(true) })

	q.card = reopen(t, dir)
	t.Run("after restart", func(t *testing.T) { q.at(t).all(true) })
}

// requirements is the list; its numbers are those of the reference.
type requirements struct {
	terminal
	issuer  *virtual.Issuer
	signing []byte // certificate written by the module
}

func (q requirements) at(t *testing.T) requirements { q.t = t; return q }

// all checks every row; enrolled says whether a signing certificate is there.
func (q requirements) all(enrolled bool) {
	q.card.Reset()
	q.answerToReset()
	q.identity()
	q.cardEdgeSelection()
	q.directories(enrolled)
	q.certificates(enrolled)
	q.pin()
	q.signatures(containerOf{q: q, fid: 0x7102, key: "6005"})
	if enrolled {
		q.signatures(containerOf{q: q, fid: 0x7103, key: "6019"})
	}
	q.randomness()
}

// answerToReset is row 1.
func (q requirements) answerToReset() {
	q.t.Helper()
	const want = "3b9e968031fe4553434520382e302d433256300d0a6c"
	if got := hex.EncodeToString(q.card.ATR()); got != want {
		q.t.Errorf("ATR: got %s, want %s", got, want)
	}
}

// identity is rows 2 to 4 and the signature over them.
func (q requirements) identity() {
	q.t.Helper()
	q.want("00A40400 0B F381000002534552494601", apdu.SWFileNotFound) // not a foreigner
	q.want(selectSERID, apdu.SWOK)
	q.want("00A40800 02 0FFF 04", apdu.SWFileNotFound)
	files := sod.Files{}
	for _, fid := range []sod.FID{sod.FileDocument, sod.FilePersonal, sod.FileResidence, sod.FilePortrait, sod.FileSODFixed, sod.FileSODVariable} {
		files[fid] = q.identityFile(fid)
	}
	doc, err := sod.ParseDocument(files[sod.FileDocument])
	if err != nil || doc.Type != "ID" || len(doc.RegNo) != 9 {
		q.t.Errorf("document file: got %+v, error %v, want type ID and nine digits", doc, err)
	}
	for _, fid := range []sod.FID{sod.FileDocument, sod.FilePersonal, sod.FileResidence} {
		q.strictRecords(fid, files[fid])
	}
	q.grayscale(files[sod.FilePortrait])
	anchors := []*x509.Certificate{q.issuer.Anchor()}
	fixed := sod.Files{sod.FileDocument: files[sod.FileDocument], sod.FilePersonal: files[sod.FilePersonal], sod.FilePortrait: files[sod.FilePortrait]}
	if err := sod.Verify(fixed, files[sod.FileSODFixed], anchors, time.Now()); err != nil {
		q.t.Error(err)
	}
	variable := sod.Files{sod.FileResidence: files[sod.FileResidence]}
	if err := sod.Verify(variable, files[sod.FileSODVariable], anchors, time.Now()); err != nil {
		q.t.Error(err)
	}
}

// identityFile reads a whole file as the known readers do.
func (q requirements) identityFile(fid sod.FID) []byte {
	q.t.Helper()
	q.want("00A40800 02"+fid.String()+"04", apdu.SWOK)
	file := bytes.Clone(q.want("00B00000 04", apdu.SWOK))
	if binary.LittleEndian.Uint16(file) != uint16(fid) {
		q.t.Errorf("file %v: header %X", fid, file)
	}
	for size := 4 + int(binary.LittleEndian.Uint16(file[2:])); len(file) < size; {
		n := min(0xFF, size-len(file))
		file = append(file, q.want("00B0"+hex.EncodeToString([]byte{byte(len(file) >> 8), byte(len(file)), byte(n)}), apdu.SWOK)...)
	}
	if tail := q.send("00B0" + hex.EncodeToString([]byte{byte(len(file) >> 8), byte(len(file) - 1), 0x10})); len(file)%256 != 0 && (tail.SW != apdu.SWEndOfFile || len(tail.Data) != 1) {
		q.t.Errorf("file %v: read over its end: got %d bytes, %v, want 1 byte, 6282", fid, len(tail.Data), tail.SW)
	}
	return file
}

// strictRecords wants records that fill the body, and both chip serials.
func (q requirements) strictRecords(fid sod.FID, file []byte) {
	q.t.Helper()
	body, err := sod.Body(file)
	if err != nil {
		q.t.Fatal(err)
	}
	records, err := sod.ParseRecords(body)
	if err != nil {
		q.t.Errorf("file %v: %v", fid, err)
	}
	values := map[sod.Tag]string{}
	for _, r := range records {
		values[r.Tag] = string(r.Value)
	}
	if a, b := values[sod.TagChipSerial], values[sod.TagChipSerial2]; fid == sod.FileDocument && (a == "" || a != b) {
		q.t.Errorf("chip serials: got %q and %q, want the same value twice", a, b)
	}
}

// grayscale wants a portrait that one-channel printing can take, of a size
// that every generation of readers has room for.
func (q requirements) grayscale(file []byte) {
	q.t.Helper()
	data, err := sod.Portrait(file)
	if err != nil {
		q.t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		q.t.Fatalf("portrait: %v", err)
	}
	if img.ColorModel() != color.GrayModel || img.Bounds().Dx() < 240 || len(data) > 7700 {
		q.t.Errorf("portrait: got %v pixels, gray %v, %d bytes", img.Bounds().Size(), img.ColorModel() == color.GrayModel, len(data))
	}
}

// cardEdgeSelection is row 5.
func (q requirements) cardEdgeSelection() {
	q.t.Helper()
	q.want("00A40400 05 A000000064", apdu.SWFileNotFound)
	q.want("00A4040C 0C A000000063504B43532D3135", apdu.SWOK)
	q.want(selectCardEdge, apdu.SWOK)
	q.want(verifyPIN, apdu.SWOK)
	q.want(selectCardEdge, apdu.SWOK)
	q.want("00200080", apdu.SWOK) // still verified
	q.want(selectSERID, apdu.SWOK)
	q.want(selectCardEdge, apdu.SWOK)
	q.want("00200080", apdu.SWTries(3)) // another applet ends it
}

// directories is rows 6 and 7 and token info of row 8.
func (q requirements) directories(enrolled bool) {
	q.t.Helper()
	q.want(selectCardEdge, apdu.SWOK)
	q.want("00A40000 02 7F00 0A", apdu.SWFileNotFound)
	for _, piece := range []int{0x80, 0xFF, 0x00} {
		root, _ := q.cardEdgeFile(0x7000, piece)
		if fid, dir := entryOf(root, "mscp"); fid != 0x7100 || !dir {
			q.t.Errorf("root read by %02X: mscp is %04X, directory %v", piece, fid, dir)
		}
	}
	mscp, _ := q.cardEdgeFile(0x7100, 0xFF)
	want := map[string]uint16{"cmapfile": 0x7101, "kxc00": 0x7102}
	if enrolled {
		want["ksc01"] = 0x7103
	}
	for name, fid := range want {
		if got, _ := entryOf(mscp, name); got != fid {
			q.t.Errorf("mscp: %s is %04X, want %04X", name, got, fid)
		}
	}
	if n := int(binary.LittleEndian.Uint16(mscp[6:])); n != len(want) || len(mscp) != 10+12*n {
		q.t.Errorf("mscp: %d entries in %d bytes, want %d", n, len(mscp), len(want))
	}
	q.containerMap(enrolled)
	info, _ := q.cardEdgeFile(0x70F3, 0xFF)
	if len(info) != 52 || !bytes.HasPrefix(info, []byte("NetSeT's CardEdge Token   ")) || !bytes.HasPrefix(info[32:], []byte("ID")) || info[43] != 0 {
		q.t.Errorf("token info: got %q", info)
	}
}

// entryOf finds a name in a directory file.
func entryOf(dir []byte, name string) (fid uint16, isDir bool) {
	for line := dir[10:]; len(line) >= 12; line = line[12:] {
		if strings.TrimRight(string(line[:8]), "\x00") == name {
			return binary.LittleEndian.Uint16(line[8:]), line[10] == 1
		}
	}
	return 0, false
}

// containerMap checks flags and key bits of both containers.
func (q requirements) containerMap(enrolled bool) {
	q.t.Helper()
	file, _ := q.cardEdgeFile(0x7101, 0x80)
	if (len(file)-2)%86 != 0 {
		q.t.Fatalf("cmapfile of %d bytes", len(file))
	}
	for i, want := range []struct {
		flags      byte
		sign, exch uint16
	}{{0x03, 0, 2048}, {0x01, 2048, 0}} {
		if i == 1 && !enrolled {
			want.flags, want.sign = 0, 0
		}
		r := file[2+86*i:]
		if r[80] != want.flags || binary.LittleEndian.Uint16(r[82:]) != want.sign || binary.LittleEndian.Uint16(r[84:]) != want.exch {
			q.t.Errorf("cmapfile record %d: flags and bits %X, want %+v", i, r[80:86], want)
		}
	}
}

// certificates is row 8.
func (q requirements) certificates(enrolled bool) {
	q.t.Helper()
	auth := readCertificate(q.t, q.card, 0x7102)
	cert, err := x509.ParseCertificate(auth)
	if err != nil {
		q.t.Fatalf("authentication certificate: %v", err)
	}
	if !strings.HasSuffix(cert.Subject.CommonName, " Auth") {
		q.t.Errorf("authentication certificate: common name does not end in Auth")
	}
	got := readCertificate(q.t, q.card, 0x7103)
	if enrolled != (got != nil) || enrolled && !bytes.Equal(got, q.signing) {
		q.t.Errorf("signing certificate: got %s, want %s", fingerprint(got), fingerprint(q.signing))
	}
}

// pin is row 9; at its end the counter is full again.
func (q requirements) pin() {
	q.t.Helper()
	q.card.Reset()
	q.want(selectCardEdge, apdu.SWOK)
	q.want("00200080", apdu.SWTries(3))
	q.want("00200080 00", apdu.SWTries(3))
	q.want("00200080 08 3030303000000000", apdu.SWTries(2))
	q.want("00200080", apdu.SWTries(2))
	q.want(verifyPIN, apdu.SWOK)
	q.want("00200080 00", apdu.SWOK)
	q.want("00240080 10 3438323931350000 3132333400000000", apdu.SWOK)
	q.want(verifyPIN, apdu.SWTries(2))
	q.want("00240080 10 3132333400000000 3132330000000000", apdu.SWWrongData) // three digits, no try spent
	q.want("00240080 10 3132333400000000 3438323931350000", apdu.SWOK)
	q.want(verifyPIN, apdu.SWOK)
}

// containerOf is one container with the reference of its key.
type containerOf struct {
	q   requirements
	fid uint16
	key string
}

// signatures is row 10: both ways of padding, both templates, deciphering with
// the first byte in P2.
func (q requirements) signatures(c containerOf) {
	q.t.Helper()
	cert, err := x509.ParseCertificate(readCertificate(q.t, q.card, c.fid))
	if err != nil {
		q.t.Fatal(err)
	}
	pub := cert.PublicKey.(*rsa.PublicKey)
	digest := sha256.Sum256([]byte("to be signed"))
	info := append(sha256Prefix(), digest[:]...)
	block := append(append(append([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, 256-3-len(info))...), 0), info...)
	q.card.Reset()
	q.want(selectCardEdge, apdu.SWOK)
	q.want("002A9E00 33"+hex.EncodeToString(info)+"00", apdu.SWConditions) // no MSE
	q.want("002241B6 07 800102 8402"+c.key, apdu.SWOK)
	q.want("002A9E00 33"+hex.EncodeToString(info)+"00", apdu.SWNotSatisfied) // no PIN
	q.want(verifyPIN, apdu.SWOK)
	q.want("002241B6 07 800102 84026FFD", apdu.SWOK)
	q.want("002A9E00 33"+hex.EncodeToString(info)+"00", apdu.SWNoReference)
	for _, template := range []string{"B6", "B8"} {
		q.want("002241"+template+"07 800102 8402"+c.key, apdu.SWOK)
		padded := q.want("002A9E00 33"+hex.EncodeToString(info)+"00", apdu.SWOK)
		if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], padded); err != nil {
			q.t.Errorf("signature padded by the card, key %s: %v", c.key, err)
		}
		q.want("002241"+template+"07 800100 8402"+c.key, apdu.SWOK)
		q.want(selectCardEdge, apdu.SWOK)
		for _, operation := range []string{"9E", "80"} {
			raw := q.want("002A"+operation+"00 FF"+hex.EncodeToString(block[1:])+"00", apdu.SWOK)
			if !bytes.Equal(raw, padded) {
				q.t.Errorf("raw operation %s, key %s: another signature than the padded one", operation, c.key)
			}
		}
	}
	q.decipher(pub)
}

// decipher sends blocks with two first bytes, the second one being what the
// card takes for a padding indicator. Moduli begin with C0 or more, so that
// both blocks are smaller.
func (q requirements) decipher(pub *rsa.PublicKey) {
	q.t.Helper()
	for _, tc := range []struct{ first, operation string }{{"12", "80"}, {"86", "9E"}} {
		block := append(bytesOf(q.t, tc.first), bytes.Repeat([]byte{0x5A}, 255)...)
		rest := hex.EncodeToString(block[1:]) + "00"
		if tc.first == "86" {
			q.want("002A8086 FF"+rest, apdu.SWWrongP1P2)
		}
		plain := q.want("002A"+tc.operation+tc.first+"FF"+rest, apdu.SWOK)
		again := new(big.Int).Exp(new(big.Int).SetBytes(plain), big.NewInt(int64(pub.E)), pub.N)
		if again.Cmp(new(big.Int).SetBytes(block)) != 0 {
			q.t.Errorf("decipher with first byte %s: wrong plain text", tc.first)
		}
	}
}

// randomness is row 11.
func (q requirements) randomness() {
	q.t.Helper()
	for _, command := range []string{"B0830000 20", "00840000 20"} {
		a, b := q.want(command, apdu.SWOK), q.want(command, apdu.SWOK)
		if len(a) != 32 || bytes.Equal(a, b) {
			q.t.Errorf("%s: got %X and %X, want 32 bytes that differ", command, a, b)
		}
	}
}

// sha256Prefix is the head of a DigestInfo for SHA-256 (RFC 8017 9.2).
func sha256Prefix() []byte {
	b, err := hex.DecodeString("3031300d060960864801650304020105000420")
	if err != nil {
		panic(err)
	}
	return b
}
