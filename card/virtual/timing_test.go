package virtual

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestTiming checks the modelled delays in a bubble of fake time.
func TestTiming(t *testing.T) {
	issuer, err := OpenIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	card, err := New(t.TempDir(), Citizen, issuer, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	real := RealTiming()
	synctest.Test(t, func(t *testing.T) {
		card.SetTiming(real)
		mine, readers := net.Pipe()
		go card.Serve(t.Context(), mine)
		defer readers.Close()
		for _, tc := range []struct {
			name, command string
			answer        int
			keyGen        bool
		}{
			{"select", "00A404000CF276A288BCFBA69D34F31001", 5, false},
			{"verify", "0020000110" + hex.EncodeToString(append([]byte(PresetPIN), make([]byte, 10)...)), 2, false},
			{"set environment", "00224100068001F3840100", 2, false},
			{"generate", "00464200000000", 272, true},
			{"random", "00840000FF", 257, false},
		} {
			command, err := hex.DecodeString(tc.command)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			answer := exchange(t, readers, command)
			took := time.Since(start)
			if len(answer) != tc.answer {
				t.Fatalf("%s: answer of %d bytes, want %d", tc.name, len(answer), tc.answer)
			}
			least := real.of(len(command) + len(answer))
			most := least
			if tc.keyGen {
				least, most = least+real.KeyGenMin, most+real.KeyGenMax
			}
			if took < least || took > most {
				t.Errorf("%s took %v, want %v to %v", tc.name, took, least, most)
			}
		}
	})
	counts := card.Stats()
	if counts.APDUs != 5 || counts.KeyGen < real.KeyGenMin || counts.Modeled < counts.KeyGen+5*real.PerAPDU {
		t.Errorf("counts: got %+v", counts)
	}
}

// exchange plays vpcd for one message.
func exchange(t *testing.T, conn net.Conn, payload []byte) []byte {
	t.Helper()
	if err := writeMessage(conn, payload); err != nil {
		t.Fatal(err)
	}
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint16(head[:]))
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// What a timer was late by shortens the waits that follow, and nothing else.
func TestPacer(t *testing.T) {
	p := pacer{late: 5 * time.Hour}
	for _, step := range []struct{ wait, late time.Duration }{
		{3 * time.Hour, 2 * time.Hour},
		{-time.Hour, 2 * time.Hour}, // our own work took longer than the card would have
		{0, 2 * time.Hour},
		{2 * time.Hour, 0},
	} {
		if err := p.wait(t.Context(), step.wait); err != nil || p.late != step.late {
			t.Fatalf("after a wait of %v: late by %v, %v; want %v", step.wait, p.late, err, step.late)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("card taken out: %v, want canceled", err)
	}
}
