//go:build linux

package virtual_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"salter/card/apdu"
	"salter/card/cardtest"
	"salter/card/virtual"
)

func TestMain(m *testing.M) { cardtest.Main(m) }

// modulePath is Debian's PKCS#11 module.
const modulePath = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"

// models keeps what takes long to make: an issuer of card data, and the state
// of one card of each preset.
var models struct {
	sync.Mutex
	issuer *virtual.Issuer
	states map[virtual.Preset][]byte
}

// testIssuer returns the issuer of all cards here.
func testIssuer(t testing.TB) *virtual.Issuer {
	t.Helper()
	models.Lock()
	defer models.Unlock()
	if models.issuer == nil {
		issuer, err := virtual.OpenIssuer(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		models.issuer = issuer
	}
	return models.issuer
}

// newCard returns a card of a preset with its folder. All of one preset have
// the same numbers and keys.
func newCard(t testing.TB, preset virtual.Preset) (*virtual.Card, string) {
	t.Helper()
	issuer := testIssuer(t)
	models.Lock()
	defer models.Unlock()
	dir := t.TempDir()
	name := filepath.Join(dir, "card.json")
	if state, ok := models.states[preset]; ok {
		if err := os.WriteFile(name, state, 0o600); err != nil {
			t.Fatal(err)
		}
		return reopen(t, dir), dir
	}
	card, err := virtual.New(dir, preset, issuer, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if models.states == nil {
		models.states = make(map[virtual.Preset][]byte)
	}
	models.states[preset] = state
	return card, dir
}

// openSC runs programs of the opensc package on the card in one reader.
type openSC struct {
	t      *testing.T
	reader *cardtest.Reader
	dir    string // folder of the card
	slot   string // index of the reader's slot in the module
}

// newOpenSC takes a free reader for the card in dir.
func newOpenSC(t *testing.T, dir string) openSC {
	t.Helper()
	o := openSC{t: t, reader: cardtest.NewReader(t), dir: dir}
	out := o.run(true, "pkcs11-tool", "--module", modulePath, "--list-slots") // lists empty readers too
	for line := range strings.Lines(out) {
		if n, rest, ok := strings.Cut(strings.TrimSpace(line), " ("); ok && strings.HasSuffix(rest, o.reader.Name()) {
			o.slot = strings.TrimPrefix(n, "Slot ")
			return o
		}
	}
	t.Fatalf("no slot for reader %q in\n%s", o.reader.Name(), out)
	return o
}

// run executes a program and returns what it prints; want is its success.
func (o openSC) run(want bool, name string, args ...string) string {
	o.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "OPENSC_DRIVER=isoApplet")
	out, err := cmd.CombinedOutput()
	if (err == nil) != want {
		o.t.Fatalf("%s %s: error %v, want success %v\n%s", name, strings.Join(args, " "), err, want, out)
	}
	return string(out)
}

// pkcs11 runs pkcs11-tool on the token in the reader.
func (o openSC) pkcs11(want bool, args ...string) string {
	o.t.Helper()
	return o.run(want, "pkcs11-tool", append([]string{"--module", modulePath, "--slot-index", o.slot}, args...)...)
}

// generate makes a key pair under id and returns its public key.
func (o openSC) generate(id string) *rsa.PublicKey {
	o.t.Helper()
	o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--keypairgen", "--key-type", "rsa:2048", "--id", id, "--label", "Salter "+id)
	file := filepath.Join(o.t.TempDir(), "pub.der")
	o.pkcs11(true, "--read-object", "--type", "pubkey", "--id", id, "--output-file", file)
	der, err := os.ReadFile(file)
	if err != nil {
		o.t.Fatal(err)
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		o.t.Fatalf("public key: %v", err)
	}
	return pub.(*rsa.PublicKey)
}

// write puts a certificate beside the key pair id and reads it back.
func (o openSC) write(id string, der []byte) {
	o.t.Helper()
	o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--write-object", o.file(der), "--type", "cert", "--id", id, "--label", "Salter "+id)
	if got := o.read(id); !bytes.Equal(got, der) {
		o.t.Fatalf("certificate %s read back: got %d bytes, want the %d written", id, len(got), len(der))
	}
}

// file puts content into a file for another program.
func (o openSC) file(content []byte) string {
	o.t.Helper()
	name := filepath.Join(o.t.TempDir(), "content")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name
}

// read reads the certificate under id.
func (o openSC) read(id string) []byte {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), "read.der")
	o.pkcs11(true, "--read-object", "--type", "cert", "--id", id, "--output-file", file)
	der, err := os.ReadFile(file)
	if err != nil {
		o.t.Fatal(err)
	}
	return der
}

// remove destroys certificate and key pair.
func (o openSC) remove(id string) {
	o.t.Helper()
	for _, kind := range []string{"cert", "pubkey", "privkey"} {
		o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--delete-object", "--type", kind, "--id", id)
	}
}

// certify issues a certificate as large as those of the ministry.
func certify(t *testing.T, pub *rsa.PublicKey, usage x509.KeyUsage) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		t.Fatal(err)
	}
	issuer := &x509.Certificate{Subject: pkix.Name{
		Country: []string{"RS"}, Organization: []string{"Ministarstvo unutrašnjih poslova Republike Srbije"},
		OrganizationalUnit: []string{"Sertifikaciono telo MUP RS"}, CommonName: "Test Gradjani CA",
	}}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			Country: []string{"RS"}, CommonName: "МИХАИЛО СТОЈАНОВИЋ 123456789 Sign",
			SerialNumber: "PNORS-0605904710015",
		},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
		KeyUsage:              usage,
		EmailAddresses:        []string{"mihailo.stojanovic@example.rs"},
		CRLDistributionPoints: []string{"http://crl.example.rs/TestGradjaniCA.crl"},
		OCSPServer:            []string{"http://ocsp.example.rs/"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// nonRepudiation is the key usage of a signing certificate.
const nonRepudiation = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment

// TestLifeCycle is the repeated life of a card in the real module: generate,
// write, read back; a second pair while the first is there; delete the first;
// restart; delete all; generate again.
func TestLifeCycle(t *testing.T) {
	card, dir := newCard(t, virtual.Citizen)
	o := newOpenSC(t, dir)
	o.reader.Insert(card)

	first := certify(t, o.generate("a1"), nonRepudiation)
	o.write("a1", first)
	o.assertShown(first)
	second := certify(t, o.generate("a2"), nonRepudiation)
	o.assertShown(first)
	o.write("a2", second)
	o.assertShown(second)

	o.reader.Eject()
	o.reader.Insert(reopen(t, dir))
	o.assertShown(second)
	o.remove("a2")
	o.assertShown(first) // the older one comes back
	o.remove("a1")
	o.assertShown(nil)
	third := certify(t, o.generate("a1"), nonRepudiation) // with the freed identifier
	o.write("a1", third)
	o.assertShown(third)
}

// assertShown checks what the CardEdge view shows as signing certificate, on a
// second card loaded from the same state.
func (o openSC) assertShown(want []byte) {
	o.t.Helper()
	got := readCertificate(o.t, reopen(o.t, o.dir), 0x7103)
	if !bytes.Equal(got, want) {
		o.t.Fatalf("certificate in 7103: got %s, want %s", fingerprint(got), fingerprint(want))
	}
}

// fingerprint names a certificate in a message.
func fingerprint(der []byte) string {
	if der == nil {
		return "none"
	}
	return hex.EncodeToString(der[len(der)-8:])
}

// TestInitialise lets pkcs15-init make the write view of a card as it leaves
// the factory, and compares its files with those of a personalised one.
func TestInitialise(t *testing.T) {
	p, err := virtual.Citizen.Personalisation(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.Blank = true
	dir := t.TempDir()
	card, err := virtual.Create(dir, p, testIssuer(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o := newOpenSC(t, dir)
	o.reader.Insert(card)
	o.run(true, "pkcs15-init", "--reader", o.reader.Name(), "--create-pkcs15",
		"--so-pin", virtual.PresetPIN, "--so-puk", virtual.PresetPUK)
	made, _ := newCard(t, virtual.Citizen)
	for _, path := range []string{"2F00", "50154401", "50155031", "50154946"} {
		got, want := writeFile(t, reopen(t, dir), path), writeFile(t, made, path)
		if !bytes.Equal(got, want) {
			t.Errorf("file %s:\ngot  %X\nwant %X", path, got, want)
		}
	}
	first := certify(t, o.generate("b1"), nonRepudiation)
	o.write("b1", first)
	o.assertShown(first)
}

// writeFile reads the first bytes of a file of the write view.
func writeFile(t *testing.T, card *virtual.Card, path string) []byte {
	t.Helper()
	m := terminal{t, card}
	m.want(selectWrite, apdu.SWOK)
	m.want("00A40800"+hexByte(len(path)/2)+path+"00", apdu.SWOK)
	return m.want("00B00000 00", apdu.SWOK)
}

// TestManyRenewals writes seven certificates without deleting any, which is
// what the object directories have room for, and then renews with deletion.
func TestManyRenewals(t *testing.T) {
	card, dir := newCard(t, virtual.Citizen)
	o := newOpenSC(t, dir)
	o.reader.Insert(card)
	id := func(i int) string { return "d" + strconv.Itoa(i) }
	for i := range 7 {
		der := certify(t, o.generate(id(i)), nonRepudiation)
		o.write(id(i), der)
		o.assertShown(der)
	}
	for i := range 7 {
		o.remove(id(i))
	}
	o.assertShown(nil)
	for i := range 3 {
		der := certify(t, o.generate(id(i)), nonRepudiation)
		o.write(id(i), der)
		if i > 0 {
			o.remove(id(i - 1))
		}
		o.assertShown(der)
	}
}

// TestFactoryCertificates lets the module destroy certificates that a card had
// from the start.
func TestFactoryCertificates(t *testing.T) {
	card, dir := newCard(t, virtual.Renewal)
	o := newOpenSC(t, dir)
	auth := readCertificate(t, card, 0x7102)
	old := readCertificate(t, card, 0x7103)
	if auth == nil || old == nil {
		t.Fatal("certificates of the preset are not shown")
	}
	cert, err := x509.ParseCertificate(old)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(cert.RawSubjectPublicKeyInfo)
	id := hex.EncodeToString(sum[:])
	o.reader.Insert(card)
	if got := o.read(id); !bytes.Equal(got, old) {
		t.Fatal("the module reads another certificate than the CardEdge view shows")
	}
	o.pkcs11(true, "--login", "--pin", virtual.PresetPIN, "--sign", "--mechanism", "RSA-PKCS",
		"--id", id, "--input-file", o.file([]byte("digest")), "--output-file", filepath.Join(t.TempDir(), "signature"))
	der := certify(t, o.generate("e1"), nonRepudiation)
	o.write("e1", der)
	o.assertShown(der)
	o.remove(id)
	o.assertShown(der)
	if got := readCertificate(t, reopen(t, dir), 0x7102); !bytes.Equal(got, auth) {
		t.Error("the authentication certificate has changed")
	}
}
