package card

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/ebfe/scard"

	"salter/card/apdu"
)

// direct returns a channel to a card without a reader between.
func direct(c transmitter) *channel { return &channel{ctx: context.Background(), card: c} }

// scripted is a card that gives these answers in turn and keeps what it got.
type scripted struct {
	answers [][]byte
	got     [][]byte
}

// Transmit gives the next answer.
func (s *scripted) Transmit(b []byte) ([]byte, error) {
	s.got = append(s.got, bytes.Clone(b))
	if len(s.answers) == 0 {
		return nil, scard.ErrRemovedCard
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func TestSend(t *testing.T) {
	selectFile := apdu.Command{INS: apdu.InsSelect, P1: 8, Data: []byte{0x0F, 0x02}, Ne: 4}
	read := apdu.Command{INS: apdu.InsReadBinary, Ne: 255}
	for _, tt := range []struct {
		name    string
		cmd     apdu.Command
		t0      bool
		answers []string
		sent    []string
		want    string
		wantSW  apdu.SW
	}{
		{"T=1 with data and Le", selectFile, false, []string{"\x01\x02\x90\x00"},
			[]string{"\x00\xA4\x08\x00\x02\x0F\x02\x04"}, "\x01\x02", apdu.SWOK},
		{"T=0 fetches the answer", selectFile, true, []string{"\x61\x02", "\x01\x02\x90\x00"},
			[]string{"\x00\xA4\x08\x00\x02\x0F\x02", "\x00\xC0\x00\x00\x02"}, "\x01\x02", apdu.SWOK},
		{"answer in three parts", read, false, []string{"a\x61\x01", "b\x61\x01", "c\x90\x00"},
			[]string{"\x00\xB0\x00\x00\xFF", "\x00\xC0\x00\x00\x01", "\x00\xC0\x00\x00\x01"}, "abc", apdu.SWOK},
		{"exact length", read, false, []string{"\x6C\x03", "abc\x90\x00"},
			[]string{"\x00\xB0\x00\x00\xFF", "\x00\xB0\x00\x00\x03"}, "abc", apdu.SWOK},
		{"warning keeps the data", read, false, []string{"abc\x62\x82"},
			[]string{"\x00\xB0\x00\x00\xFF"}, "abc", apdu.SWEndOfFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card := &scripted{}
			for _, a := range tt.answers {
				card.answers = append(card.answers, []byte(a))
			}
			c := &channel{ctx: context.Background(), card: card, t0: tt.t0}
			res, err := c.send(tt.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if string(res.Data) != tt.want || res.SW != tt.wantSW {
				t.Errorf("got %q %v, want %q %v", res.Data, res.SW, tt.want, tt.wantSW)
			}
			if len(card.got) != len(tt.sent) {
				t.Fatalf("sent %d commands, want %d", len(card.got), len(tt.sent))
			}
			for i := range card.got {
				if string(card.got[i]) != tt.sent[i] {
					t.Errorf("command %d: % X, want % X", i, card.got[i], tt.sent[i])
				}
			}
		})
	}
}

// A card that announces more for ever must not hold the reader for ever.
func TestSendEndless(t *testing.T) {
	card := &scripted{}
	for range 1000 {
		card.answers = append(card.answers, []byte{0x61, 0x10})
	}
	_, err := direct(card).send(apdu.Command{INS: apdu.InsReadBinary, Ne: 255})
	var status *StatusError
	if !errors.As(err, &status) {
		t.Errorf("got %v, want a status error", err)
	}
}

func TestSendGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(ErrBusy)
	card := &scripted{}
	_, err := (&channel{ctx: ctx, card: card}).send(apdu.Command{INS: apdu.InsReadBinary, Ne: 1})
	if !errors.Is(err, ErrBusy) || len(card.got) > 0 {
		t.Errorf("got %v after %d commands, want ErrBusy after none", err, len(card.got))
	}
}

func TestPCSCError(t *testing.T) {
	for _, tt := range []struct {
		code    scard.Error
		want    error
		removal bool
	}{
		{scard.ErrNoService, ErrNoService, true},
		{scard.ErrServiceStopped, ErrNoService, true},
		{scard.ErrUnknownReader, ErrNoReader, true},
		{scard.ErrReaderUnavailable, ErrNoReader, true},
		{scard.ErrNoSmartcard, ErrNoCard, true},
		{scard.ErrUnresponsiveCard, ErrMute, true},
		{scard.ErrRemovedCard, ErrRemoved, true},
		{scard.ErrResetCard, ErrReset, true},
		{scard.ErrSharingViolation, ErrBusy, true},
		{scard.ErrNotTransacted, nil, true},
	} {
		err := pcscError("connect", tt.code)
		if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("0x%X: got %v, want %v", uint32(tt.code), err, tt.want)
		}
		if perhapsRemoved(err) != tt.removal {
			t.Errorf("0x%X: perhaps removed %v, want %v", uint32(tt.code), !tt.removal, tt.removal)
		}
	}
}

func TestProtocol(t *testing.T) {
	for _, tt := range []struct {
		protocol scard.Protocol
		t0, bad  bool
	}{
		{scard.ProtocolT0, true, false},
		{scard.ProtocolT1, false, false},
		{scard.ProtocolUndefined, false, true},
		{scard.ProtocolAny, false, true},
	} {
		if t0, err := isT0(tt.protocol); t0 != tt.t0 || errors.Is(err, ErrMute) != tt.bad {
			t.Errorf("protocol %d: got %v, %v", tt.protocol, t0, err)
		}
	}
}
