package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"salter/app/procedure"
	"salter/card/virtual"
)

// A whole case with a PIN and a person that must not be found afterwards
// where they do not belong: in files, in errors, in the memory of the program.

// mask hides the PIN from its own search.
const mask = 0x5A

// hidden is a PIN, masked.
type hidden []byte

// use calls f with the PIN in clear and wipes it.
func (h hidden) use(f func(pin []byte) error) error {
	pin := make([]byte, len(h))
	for i, c := range h {
		pin[i] = c ^ mask
	}
	defer clear(pin)
	return f(pin)
}

// in returns where b holds the PIN, its characters stride bytes apart with
// zeros between (2: UTF-16), or −1.
func (h hidden) in(b []byte, stride int) int {
	last := len(b) - stride*(len(h)-1) - 1
	for i := 0; i <= last; i++ {
		next := bytes.IndexByte(b[i:last+1], h[0]^mask)
		if next < 0 {
			return -1
		}
		i += next
		if h.at(b[i:], stride) {
			return i
		}
	}
	return -1
}

func (h hidden) at(b []byte, stride int) bool {
	for k, c := range h {
		if b[k*stride]^mask != c || stride == 2 && k > 0 && b[k*stride-1] != 0 {
			return false
		}
	}
	return true
}

// The card of this test is a process of its own, so that the PIN it knows is
// not in the memory that is searched.
const (
	cardStateVariable  = "SALTER_TEST_CARD"
	cardIssuerVariable = "SALTER_TEST_ISSUER"
	cardReaderVariable = "SALTER_TEST_READER"
)

// serveCard makes a card with a PIN of eight random digits, says the PIN
// masked, and keeps the card in the reader until its input ends.
func serveCard() error {
	issuer, err := virtual.OpenIssuer(os.Getenv(cardIssuerVariable))
	if err != nil {
		return err
	}
	p, err := virtual.Citizen.Personalisation(time.Now())
	if err != nil {
		return err
	}
	pin := make([]byte, 8)
	rand.Read(pin)
	for i := range pin {
		pin[i] = '0' + pin[i]%10
	}
	p.PIN = string(pin)
	c, err := virtual.Create(os.Getenv(cardStateVariable), p, issuer, time.Now())
	if err != nil {
		return err
	}
	for i := range pin {
		pin[i] ^= mask
	}
	fmt.Printf("%x\n", pin)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return c.Connect(ctx, os.Getenv(cardReaderVariable))
}

// cardProcess puts a card with an unknown PIN into the reader of the visit.
// take takes it out.
func (v *visit) cardProcess() (pin hidden, take func()) {
	v.t.Helper()
	v.reader.Eject()
	v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
	self, err := os.Executable()
	v.do("find this program", err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), cardStateVariable+"="+filepath.Join(v.t.TempDir(), "state"),
		cardIssuerVariable+"="+filepath.Join(filepath.Dir(v.set.Data), "issuer"), cardReaderVariable+"="+v.reader.Addr())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	v.do("start card", err)
	out, err := cmd.StdoutPipe()
	v.do("start card", err)
	v.do("start card", cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	v.do("start card", err)
	masked, err := hex.DecodeString(strings.TrimSpace(line))
	v.do("start card", err)
	v.await("the portrait", func(s procedure.Snapshot) bool { return s.Reader.Portrait != nil && !s.Reader.Reading })
	return masked, func() {
		v.t.Helper()
		_ = in.Close()
		v.do("end card", cmd.Wait())
		v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
	}
}

func TestNothingLeftBehind(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	v.set.Journal.PurgeAfterAck = true // as counters have it
	v.open()
	pin, takeCard := v.cardProcess()
	problems := v.listen()
	v.toPIN()
	s := v.c.engine.Snapshot()
	person := canaries(*s.Reader.Identity, s.Reader.Chip.Serial)

	wrong := slices.Clone(pin)
	wrong[len(wrong)-1] ^= 1 // another digit: 0 and 1, 2 and 3, … differ in the last bit
	enter := func(p []byte) error { return v.c.engine.EnterPIN(v.ctx, p) }
	err := wrong.use(enter)
	if err == nil || asProblem(err).Code != procedure.CodeWrongPIN {
		t.Fatalf("wrong PIN: got %v", err)
	}
	v.do("enter PIN", pin.use(enter))
	v.await("the hand-over", inPhase(procedure.PhaseHandOver))
	searchMemory(t, "the PIN", pin)
	searchMemory(t, "the wrong PIN", wrong)

	v.finish()
	v.searchFiles("while the counter is open", pin, wrong, person)
	takeCard()
	v.stop()
	v.searchFiles("after the counter was closed", pin, wrong, person)
	for _, text := range append(problems(), err.Error()) {
		for what, value := range person {
			if strings.Contains(text, value) {
				t.Errorf("an error shows %s", what)
			}
		}
	}
}

// listen collects the texts of all problems that the screens were given.
func (v *visit) listen() (texts func() []string) {
	var mu sync.Mutex
	var all []string
	v.c.engine.Subscribe(v.t.Context(), func(s procedure.Snapshot) {
		mu.Lock()
		defer mu.Unlock()
		problems := []*procedure.Error{s.Reader.Problem, s.Sync.Problem, s.Stop}
		if s.Case != nil {
			problems = append(problems, s.Case.Problem, s.Case.PIN.Last)
		}
		for _, p := range problems {
			if p != nil {
				all = append(all, p.Error())
			}
		}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// canaries are the personal data of a case, each long enough not to be met by
// chance.
func canaries(id procedure.Identity, token procedure.TokenSerial) map[string]string {
	return map[string]string{
		"the personal number": string(id.PersonalNumber), "the surname": id.Surname, "the given name": id.GivenName,
		"the parent's name": id.ParentName, "the card number": string(id.CardNumber), "the document's serial": id.DocSerial,
		"the chip's serial": id.ChipSerial, "the token's serial": string(token), "the e-mail": wantsEmail.Address,
	}
}

// searchFiles looks through everything the counter has written but the printed
// papers, which are the citizen's.
func (v *visit) searchFiles(when string, pin, wrong hidden, person map[string]string) {
	v.t.Helper()
	root := filepath.Dir(v.set.Data)
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case name == "papers" || name == "issuer": // the citizen's; the test's own
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a temporary file of a moment ago
		}
		if err != nil {
			return err
		}
		files++
		for _, p := range []hidden{pin, wrong} {
			if p.in(b, 1) >= 0 || p.in(b, 2) >= 0 {
				v.t.Errorf("%s: %s holds a PIN", when, name)
			}
		}
		for what, value := range person {
			for _, form := range forms16(value) {
				if bytes.Contains(b, form) {
					v.t.Errorf("%s: %s holds %s", when, name, what)
				}
			}
		}
		return nil
	})
	v.do("search files", err)
	if files < 5 { // journal, its key, the counter's keys, enrolment, policy
		v.t.Errorf("%s: only %d files were searched", when, files)
	}
}

// forms16 gives a text in UTF-8 and in UTF-16 of both orders.
func forms16(s string) [][]byte {
	var little, big []byte
	for _, u := range utf16.Encode([]rune(s)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	return [][]byte{[]byte(s), little, big}
}

// searchMemory looks for the PIN in everything this process may write to: the
// heaps of Go and C, data, stacks. A copy made on purpose is found first, so
// that a search that sees nothing is known to see. One kind of copy is not
// ours and cannot be prevented: see rendered.
func searchMemory(t *testing.T, what string, pin hidden) {
	t.Helper()
	_ = pin.use(func(copied []byte) error {
		if found, _ := copies(t, pin); len(found) == 0 {
			t.Fatal("the search does not find a copy that is there")
		}
		runtime.KeepAlive(copied)
		return nil
	})
	found, inLog := copies(t, pin)
	for _, where := range found {
		t.Errorf("%s is left in memory: %s", what, where)
	}
	t.Logf("%s stands %d times in what OpenSC rendered for its log", what, inLog)
}

// rendered reports whether the PIN at b[i] stands in the text that OpenSC 0.23
// makes of every command for its log, and frees without wiping it, also when
// nothing is logged: the head of VERIFY (00 20 00 P2 08) as characters.
func rendered(b []byte, i int) bool { return bytes.HasSuffix(b[:i], []byte(". ...")) }

// copies lists the places of the PIN in the process's writable memory, and
// counts those that are rendered.
func copies(t *testing.T, pin hidden) (found []string, inLog int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	buffer := make([]byte, 1<<20)
	const before = 8 // what rendered looks at
	overlap := uint64(2*len(pin) + before)
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		for at := from; at < to; {
			n, err := memory.ReadAt(buffer[:min(uint64(len(buffer)), to-at)], int64(at))
			if n == 0 || err != nil && !errors.Is(err, io.EOF) {
				break // a region that has gone, or of a device
			}
			for _, stride := range []int{1, 2} {
				for i := 0; ; i++ {
					next := pin.in(buffer[i:n], stride)
					if next < 0 {
						break
					}
					i += next
					if i < before && at > from {
						continue // seen in the chunk before
					}
					if rendered(buffer[:n], i) {
						inLog++
						continue
					}
					found = append(found, fmt.Sprintf("at %x, stride %d, in %s", at+uint64(i), stride, strings.TrimSpace(line)))
				}
			}
			clear(buffer[:n]) // what was found must not be found again here
			if at += uint64(n); at < to {
				at -= overlap
			}
		}
	}
	return found, inLog
}

// TestFilesArePrivate: what the counter writes is for its own account alone,
// but for what is public anyway.
func TestFilesArePrivate(t *testing.T) {
	v := newVisit(t, seams{})
	v.play()
	public := []string{fileEnrolment, filePolicy}
	err := filepath.WalkDir(v.set.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(v.set.Data, path)
		if mode := info.Mode().Perm(); mode&0o077 != 0 && !slices.Contains(public, name) {
			t.Errorf("%s has mode %v, want nothing for others", name, mode)
		}
		return nil
	})
	v.do("look at files", err)
}
