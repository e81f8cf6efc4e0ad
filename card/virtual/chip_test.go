//go:build linux

package virtual_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salter/card/apdu"
	"salter/card/sod"
	"salter/card/virtual"
)

const (
	selectWrite = "00A40400 0C F276A288BCFBA69D34F31001"
	pinWrite    = "34383239313500000000000000000000" // the preset's PIN in a block of 16
	wrongWrite  = "30303030000000000000000000000000"
	pukWrite    = "38303134363235373339313430323638"
)

// newTerminal makes a card of a preset and a program that talks to it.
func newTerminal(t testing.TB, preset virtual.Preset) (terminal, string) {
	t.Helper()
	card, dir := newCard(t, preset)
	return terminal{t, card}, dir
}

// TestPresets checks what is special about each.
func TestPresets(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		preset  virtual.Preset
		atr     string // beginning
		applet  string // last letters of the identity AID, empty: Apollo
		docType string
		tries   apdu.SW
		valid   bool
	}{
		{virtual.Citizen, "3b9e", "4944", "ID", apdu.SWTries(3), true},
		{virtual.Citizen2014, "3bff", "4944", "ID", apdu.SWTries(3), true},
		{virtual.Foreigner, "3b9e", "4946", "IF", apdu.SWTries(3), true},
		{virtual.Permit, "3b9e", "5250", "RP", apdu.SWTries(3), true},
		{virtual.Apollo, "3bb9", "", "", apdu.SWFileNotFound, true},
		{virtual.Expired, "3b9e", "4944", "ID", apdu.SWTries(3), false},
		{virtual.Blocked, "3b9e", "4944", "ID", apdu.SWBlocked, true},
		{virtual.LastTry, "3b9e", "4944", "ID", apdu.SWTries(1), true},
		{virtual.Auth, "3b9e", "4944", "ID", apdu.SWTries(3), true},
		{virtual.Renewal, "3bff", "4944", "ID", apdu.SWTries(3), true},
	} {
		t.Run(string(tc.preset), func(t *testing.T) {
			m, _ := newTerminal(t, tc.preset)
			if got := hex.EncodeToString(m.card.ATR()); !strings.HasPrefix(got, tc.atr) {
				t.Errorf("ATR: got %s, want %s...", got, tc.atr)
			}
			doc := m.document(tc.applet)
			if doc.Type != tc.docType {
				t.Errorf("document type: got %q, want %q", doc.Type, tc.docType)
			}
			until := time.Date(doc.ValidUntil.Year, doc.ValidUntil.Month, doc.ValidUntil.Day, 0, 0, 0, 0, now.Location())
			if got := until.After(now); got != tc.valid {
				t.Errorf("valid until %v: got valid %v, want %v", doc.ValidUntil, got, tc.valid)
			}
			r := m.send(selectCardEdge)
			if r.SW.OK() {
				r = m.send("00200080")
			}
			if r.SW != tc.tries {
				t.Errorf("PKI part: got %v, want %v", r.SW, tc.tries)
			}
		})
	}
	if n := len(virtual.Presets()); n != 10 {
		t.Errorf("presets: got %d, want the 10 of the table", n)
	}
}

// document reads file 0F02 by the rules of the generation.
func (m terminal) document(applet string) sod.Document {
	m.t.Helper()
	var file []byte
	if applet == "" {
		m.want(selectSERID, apdu.SWFileNotFound)
		m.want("00A40000 02 0F02", apdu.SWOK)
		head := m.want("00B00000 06", apdu.SWOK)
		body := m.want("00B00006"+hex.EncodeToString(head[4:5]), apdu.SWOK)
		file = append(append([]byte{0x02, 0x0F}, head[4:6]...), body...)
	} else {
		m.want("00A40400 0B F381000002 534552"+applet+"01", apdu.SWOK)
		m.want("00A40800 02 0F02 04", apdu.SWOK)
		head := m.want("00B00000 04", apdu.SWOK)
		file = append(bytes.Clone(head), m.want("00B00004"+hex.EncodeToString(head[2:3]), apdu.SWOK)...)
	}
	doc, err := sod.ParseDocument(file)
	if err != nil {
		m.t.Fatal(err)
	}
	return doc
}

// TestJMBG checks the personal number of the preset: checksum, date and sex.
func TestJMBG(t *testing.T) {
	p, err := virtual.Citizen.Personalisation(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	number, sum := p.Holder.Personal.PersonalNumber, 0
	for i, weight := range []int{7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += weight * int(number[i]-'0')
	}
	check := 11 - sum%11
	if check > 9 {
		check = 0
	}
	if len(number) != 13 || int(number[12]-'0') != check {
		t.Errorf("personal number: control digit %c, want %d", number[12], check)
	}
	born := p.Holder.Personal.BirthDate.String()
	if number[:4] != born[:4] || number[4:7] != born[5:] || number[9] >= '5' {
		t.Errorf("personal number: date %s or sex do not agree with birth on %s", number[:7], born)
	}
}

// TestOnePIN checks that both views share PIN, PUK and counters.
func TestOnePIN(t *testing.T) {
	m, dir := newTerminal(t, virtual.Citizen)
	m.want(selectWrite, apdu.SWOK)
	m.want("00200001", apdu.SWTries(3))
	m.want("00200001 10"+wrongWrite, apdu.SWTries(2))
	m.want(selectCardEdge, apdu.SWOK)
	m.want("00200080 08 3030303000000000", apdu.SWTries(1))
	m.card = reopen(t, dir) // wrong tries stay
	m.want(selectCardEdge, apdu.SWOK)
	m.want("00200080", apdu.SWTries(1))
	m.want("00200080 08 3030303000000000", apdu.SWTries(0))
	m.want(verifyPIN, apdu.SWBlocked) // the right one comes too late
	m.want("002C0080 10"+pukWrite, apdu.SWUnknownINS)
	m.want(selectWrite, apdu.SWOK)
	m.want("00200001 10"+pinWrite, apdu.SWBlocked)
	m.want("002C0001 20"+wrongWrite+pinWrite, apdu.SWTries(2))
	m.want("002C0001 20"+pukWrite+"31320000000000000000000000000000", apdu.SWWrongData)
	m.want("002C0101 10"+pukWrite, apdu.SWOK) // counter only
	m.want("00200001", apdu.SWTries(3))       // nobody is logged in by it
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want("002C0001 20"+pukWrite+"31323334000000000000000000000000", apdu.SWOK)
	m.want(selectCardEdge, apdu.SWOK)
	m.want("00200080 08 3132333400000000", apdu.SWOK)
}

// TestBlockedPUK wears out the PUK.
func TestBlockedPUK(t *testing.T) {
	m, _ := newTerminal(t, virtual.Blocked)
	m.want(selectWrite, apdu.SWOK)
	for left := 2; left >= 0; left-- {
		m.want("002C0101 10"+wrongWrite, apdu.SWTries(left))
	}
	m.want("002C0101 10"+pukWrite, apdu.SWBlocked)
}

// TestWriteViewSelection checks the rules of discovery and of the PIN state.
func TestWriteViewSelection(t *testing.T) {
	m, _ := newTerminal(t, virtual.Citizen)
	for _, command := range []string{selectWrite, selectWrite + "00", "00A4040C 0C F276A288BCFBA69D34F31001"} {
		if got := m.want(command, apdu.SWOK); !bytes.Equal(got, []byte{0, 6, 3}) {
			t.Errorf("%s: got %X, want 000603", command, got)
		}
	}
	m.want("00CA0101 00", apdu.SWUnknownINS)
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want("00200001", apdu.SWOK)
	m.want(selectWrite, apdu.SWOK) // logs out
	m.want("00200001", apdu.SWTries(3))
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.card.Reset()
	m.want("00200001", apdu.SWUnknownINS) // nothing selected after a reset
}

// TestWriteViewFiles checks the file commands at their edges.
func TestWriteViewFiles(t *testing.T) {
	m, _ := newTerminal(t, virtual.Citizen)
	m.want(selectWrite, apdu.SWOK)
	if got := hex.EncodeToString(m.want("00A40000 02 3F00 00", apdu.SWOK)); got != "6f0b8102000082013883023f00" {
		t.Errorf("FCI of the root: got %s", got)
	}
	dir := m.want("00A40800 02 2F00 00", apdu.SWOK)
	if !bytes.HasPrefix(dir[2:], []byte{0x81, 2, 0, 128, 0x82, 1, 1, 0x83, 2, 0x2F, 0, 0x86, 8, 0xFF}) {
		t.Errorf("FCI of EF DIR: got %X", dir)
	}
	m.want("00A40800 04 50159999 00", apdu.SWFileNotFound)
	m.want("00A40800 03 501544 00", apdu.SWWrongLength)
	m.want("00A40800 02 5015 00", apdu.SWOK)
	m.want("00B00000 10", apdu.SWConditions) // a directory
	const create = "00E00000 17 6F15 81020010 820101 83024711 8608FF90909090909000"
	m.want(create, apdu.SWOK)
	m.want(create, apdu.SWFileExists)
	m.want("00D60000 01 AA", apdu.SWNotSatisfied)
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want("00A40800 04 50154711 00", apdu.SWOK)
	m.want("00D60000 04 01020304", apdu.SWOK)
	m.want("00D6000E 04 01020304", apdu.SWWrongLength)
	m.want("00D60011 01 01", apdu.SWOffset)
	if got := m.want("00B00002 00", apdu.SWOK); len(got) != 14 || got[0] != 3 {
		t.Errorf("read to the end: got %X", got)
	}
	m.want("00B00011 01", apdu.SWOffset)
	m.want("00E40000 02 4711", apdu.SWOK)
	m.want("00E40000 02 4711", apdu.SWFileNotFound)
}

// TestWriteViewKeys checks key generation and its limits, chaining and GET
// RESPONSE.
func TestWriteViewKeys(t *testing.T) {
	m, dir := newTerminal(t, virtual.Citizen)
	m.want(selectWrite, apdu.SWOK)
	m.want("00464200 00", apdu.SWConditions)
	m.want("00224100 06 8001F3 840100", apdu.SWOK)
	m.want("00464200 00", apdu.SWNotSatisfied)
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want("00224100 06 8001F4 840100", apdu.SWOK)
	m.want("00464200 00", apdu.SWFuncUnsupported)
	m.want("00224100 06 8001F3 840110", apdu.SWOK)
	m.want("00464200 00", apdu.SWNoReference)
	m.want("00224100 06 8001F3 84010F", apdu.SWOK)
	key := m.want("00464200 00", apdu.SW(0x610E))
	key = append(bytes.Clone(key), m.want("00C00000 0E", apdu.SWOK)...)
	if len(key) != 270 || !bytes.HasPrefix(key, []byte{0x7F, 0x49, 0x82, 0x01, 0x09, 0x81, 0x82, 0x01, 0x00}) {
		t.Errorf("public key: got %d bytes %X...", len(key), key[:10])
	}
	m.want("00C00000 01", apdu.SWConditions)
	if again := m.want("00464200 000000", apdu.SWOK); len(again) != 270 {
		t.Errorf("public key to an extended command: got %d bytes", len(again))
	}
	m.card = reopen(t, dir)
	m.want(selectWrite, apdu.SWOK)
	m.want("00200001 10"+pinWrite, apdu.SWOK)
	m.want("002241B6 0A 84010F 81025015 800111", apdu.SWOK) // tags in any order
	if got := m.want("002A9E9A 01 AA 00", apdu.SWOK); len(got) != 256 {
		t.Errorf("signature: got %d bytes", len(got))
	}
	first := m.want("102A9E9A 01 AA", apdu.SWOK) // chained
	if got := m.want("002A9E9A 01 BB 00", apdu.SWOK); len(first) != 0 || len(got) != 256 {
		t.Errorf("chained signature: got %d bytes", len(got))
	}
}

// reopen loads the card as after a restart.
func reopen(t testing.TB, dir string) *virtual.Card {
	t.Helper()
	card, err := virtual.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestState checks the state file: mode, refusal of what is damaged.
func TestState(t *testing.T) {
	_, dir := newCard(t, virtual.Renewal)
	name := filepath.Join(dir, "card.json")
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file: mode %v, error %v, want 0600", info.Mode(), err)
	}
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		old  string
		new  string
	}{
		{"cut", `"mf"`, "\x00"},
		{"version", `"version": 1`, `"version": 2`},
		{"unknown member", `"version": 1`, `"version": 1, "colour": "red"`},
		{"counter", `"tries": 3`, `"tries": 4`},
		{"no root", `"mf": {`, `"nf": {`},
		{"short ATR", `"atr": "`, `"atr": "", "x": "`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bad := bytes.Replace(good, []byte(tc.old), []byte(tc.new), 1)
			if bytes.Equal(bad, good) {
				t.Fatalf("%q is not in the state", tc.old)
			}
			other := t.TempDir()
			if err := os.WriteFile(filepath.Join(other, "card.json"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := virtual.Open(other); !errors.Is(err, virtual.ErrState) {
				t.Errorf("open: got %v, want ErrState", err)
			}
		})
	}
	if _, err := virtual.Open(t.TempDir()); !errors.Is(err, virtual.ErrNoState) {
		t.Errorf("open an empty folder: got %v, want ErrNoState", err)
	}
	if _, err := virtual.New(dir, virtual.Citizen, testIssuer(t), time.Now()); !errors.Is(err, virtual.ErrExists) {
		t.Errorf("create over a card: got %v, want ErrExists", err)
	}
}

// TestUnwritableState wants a memory failure, and the old state, from a card
// whose change cannot be saved.
func TestUnwritableState(t *testing.T) {
	m, dir := newTerminal(t, virtual.Citizen)
	kept := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(dir, kept); err != nil {
		t.Fatal(err)
	}
	m.want(selectCardEdge, apdu.SWOK)
	m.want("00200080 08 3030303000000000", apdu.SWMemory)
	if got := reopen(t, kept).TriesLeft(); got != 3 {
		t.Errorf("tries on disk: got %d, want 3", got)
	}
}
