//go:build linux

package cardtest

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"salter/card/virtual"
)

func TestMain(m *testing.M) { Main(m) }

// newCard makes a card of a test issuer.
func newCard(t *testing.T, preset virtual.Preset) *virtual.Card {
	t.Helper()
	issuer, err := virtual.OpenIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	card, err := virtual.New(t.TempDir(), preset, issuer, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// waitFor polls what another program says of a reader until it contains want.
func waitFor(t *testing.T, reader, want string) {
	t.Helper()
	var out []byte
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		out, _ = exec.Command("opensc-tool", "--reader", reader, "--atr").CombinedOutput()
		if strings.Contains(string(out), want) {
			return
		}
		time.Sleep(20 * time.Millisecond) // another process: nothing to wait on
	}
	t.Fatalf("reader %q: got %q, want %q in it", reader, out, want)
}

const (
	atrNew     = "3b:9e:96:80:31:fe:45"
	atrGemalto = "3b:ff:94:00:00:81:31"
)

// TestTwoCards has cards in two readers at once and swaps one.
func TestTwoCards(t *testing.T) {
	a, b := NewReader(t), NewReader(t)
	a.Insert(newCard(t, virtual.Citizen))
	b.Insert(newCard(t, virtual.Citizen2014))
	waitFor(t, a.Name(), atrNew)
	waitFor(t, b.Name(), atrGemalto)
	a.Eject()
	waitFor(t, a.Name(), "Card not present")
	a.Insert(newCard(t, virtual.Citizen2014))
	waitFor(t, a.Name(), atrGemalto)
}

// TestUnplug takes a device away and the service with it.
func TestUnplug(t *testing.T) {
	r := NewReader(t)
	card := newCard(t, virtual.Citizen)
	r.Insert(card)
	waitFor(t, r.Name(), atrNew)
	r.Unplug()
	<-r.Gone()
	waitFor(t, r.Name(), "not found")
	r.Plug()
	r.Eject()
	r.Insert(card)
	waitFor(t, r.Name(), atrNew)
	StopService(t)
	waitFor(t, r.Name(), "No smart card readers found")
	StartService(t)
}
