//go:build linux

package card

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"salter/card/virtual"
)

// cardLog is what a card logs while a test reads it.
type cardLog struct {
	mu   sync.Mutex
	text []byte
}

// logOf makes a card log from now on.
func logOf(card *virtual.Card) *cardLog {
	l := &cardLog{}
	card.SetLogger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return l
}

// Write appends p.
func (l *cardLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns everything so far.
func (l *cardLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// Neither PIN nor PUK stands in an error, in whatever form it is printed, nor
// in the log of the card, whichever way unblocking ends; and to keep the PIN is
// one command, which no module has a part in.
func TestNoSecretIsTold(t *testing.T) {
	const wrongPUK, newPIN = "9070503010246813", "864209"
	ctx := context.Background()
	s, card, chip := citizen(t, virtual.Blocked)
	log := logOf(card)
	var told []error
	try := func(puk string, pin []byte) {
		s.unblocking(chip.Serial, puk)
		session := s.open(chip.Serial)
		err := session.Unblock(ctx, pin)
		told = append(told, err, session.Login(ctx, []byte("0000")), s.CanUnblock(ctx, s.name), session.Close())
	}
	try(wrongPUK, nil)
	try(wrongPUK, []byte(newPIN))
	try(virtual.PresetPUK[:15], nil)
	try(virtual.PresetPUK, []byte(newPIN+"123"))
	card.SetFault(fault(t, "sw@2C.1=6F00"))
	try(virtual.PresetPUK, nil)
	card.SetFault(fault(t, "sw@2C.1=6F00"))
	try(virtual.PresetPUK, []byte(newPIN))
	try(virtual.PresetPUK, []byte(newPIN))

	before := len(log.String())
	try(virtual.PresetPUK, nil)
	keep := log.String()[before:]
	if n := strings.Count(keep, `"00 2C `); n != 1 || !strings.Contains(keep, `"00 2C 01 01" sw=9000`) || strings.Contains(keep, `"00 24`) {
		t.Errorf("keeping the PIN sent %d commands to unblock, want the one for the counter:\n%s", n, keep)
	}
	card.SetFault(fault(t, "remove-before@2C.1"))
	try(virtual.PresetPUK, nil)

	var all strings.Builder
	for _, err := range told {
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&all, "%v %+v %#v\n", e, e, e)
		}
	}
	all.WriteString(log.String())
	for _, secret := range []string{wrongPUK, newPIN, virtual.PresetPUK, virtual.PresetPUK[:15], virtual.PresetPIN} {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% X", secret), fmt.Sprint([]byte(secret))} {
			if strings.Contains(all.String(), form) {
				t.Errorf("told a secret of %d characters", len(secret))
			}
		}
	}
	if !strings.Contains(all.String(), "wrong PUK") || !strings.Contains(all.String(), "unblock PIN") {
		t.Errorf("nothing was told at all:\n%s", all.String())
	}
}
