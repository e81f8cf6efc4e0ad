//go:build linux

package card

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"salter/card/cardtest"
	"salter/card/virtual"
)

// openscModule is the module that writes to the virtual card.
const openscModule = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"

// patience bounds the wait for another process.
const patience = 20 * time.Second

// newReaders starts Readers that see the readers given and no others.
func newReaders(t testing.TB, seen ...*cardtest.Reader) *Readers {
	t.Helper()
	conf, err := filepath.Abs("../cmd/demo/opensc.conf")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OPENSC_DRIVER", "isoApplet")
	t.Setenv("OPENSC_CONF", conf)
	r := New(Config{
		Module:      openscModule,
		Anchors:     trusting(t, issuer(t)).cfg.Anchors,
		Patience:    5 * time.Second,
		KeyPatience: patience,
		Ignore: func(name string) bool {
			for _, s := range seen {
				if s.Name() == name {
					return false
				}
			}
			return true
		},
	})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close readers: %v", err)
		}
	})
	return r
}

// station is one reader with what looks at it.
type station struct {
	*Readers
	t      testing.TB
	reader *cardtest.Reader
	name   string
	events <-chan Event
}

// newStation starts Readers on a reader of its own, empty.
func newStation(t testing.TB) *station {
	t.Helper()
	reader := cardtest.NewReader(t)
	r := newReaders(t, reader)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s := &station{Readers: r, t: t, reader: reader, name: reader.Name(), events: r.Events(ctx)}
	s.await(StateEmpty)
	return s
}

// await returns the next event with that state.
func (s *station) await(want State) Event {
	s.t.Helper()
	var last Event
	for deadline := time.After(patience); ; {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.t.Fatal("events ended")
			}
			if last = e; e.State == want {
				return e
			}
		case <-deadline:
			s.t.Fatalf("state %v did not come, last was %+v", want, last)
		}
	}
}

// insert puts a card in and waits until it is seen.
func (s *station) insert(c *virtual.Card) Event {
	s.t.Helper()
	s.reader.Insert(c)
	return s.await(StateCard)
}

// eject takes the card out and waits until that is seen.
func (s *station) eject() {
	s.t.Helper()
	s.reader.Eject()
	s.await(StateEmpty)
}

func TestEvents(t *testing.T) {
	s := newStation(t)
	card := makeCard(t, virtual.Citizen)
	var last uint64
	for range 2 {
		e := s.insert(card)
		if e.Reader != s.name || len(e.ATR) == 0 || e.Insertion <= last {
			t.Errorf("got %+v, want reader %q and an insertion after %d", e, s.name, last)
		}
		last = e.Insertion
		s.reader.Eject()
		if e := s.await(StateEmpty); e.Insertion != 0 || len(e.ATR) > 0 {
			t.Errorf("empty reader with %+v", e)
		}
	}
	late := s.Events(t.Context())
	select {
	case e := <-late:
		if e.State != StateEmpty || e.Reader != s.name {
			t.Errorf("new caller got %+v, want the present state", e)
		}
	case <-time.After(patience):
		t.Error("new caller got nothing")
	}
}

func TestEventsMute(t *testing.T) {
	s := newStation(t)
	card := makeCard(t, virtual.Citizen)
	card.SetFault(virtual.Fault{Kind: virtual.Mute})
	s.reader.Insert(card)
	s.await(StateMute)
	if _, err := s.ReadIdentity(t.Context(), s.name); !errors.Is(err, ErrMute) {
		t.Errorf("read a mute card: %v, want ErrMute", err)
	}
	s.eject()
	card.ClearFaults()
	s.insert(card)
}

func TestEventsService(t *testing.T) {
	s := newStation(t)
	card := makeCard(t, virtual.Citizen)
	before := s.insert(card).Insertion
	cardtest.StopService(t)
	s.await(StateNoService)
	if _, err := s.ReadIdentity(t.Context(), s.name); !errors.Is(err, ErrNoService) {
		t.Errorf("read without service: %v, want ErrNoService", err)
	}
	s.reader.Eject()
	cardtest.StartService(t)
	s.await(StateEmpty)
	if e := s.insert(card); e.Insertion <= before {
		t.Errorf("insertion %d after the service was away, before %d", e.Insertion, before)
	}
	if _, err := s.ReadIdentity(t.Context(), s.name); err != nil {
		t.Errorf("read after the service came back: %v", err)
	}
}

func TestEventsReaderGone(t *testing.T) {
	s := newStation(t)
	s.reader.Unplug()
	s.await(StateNoReader)
	if _, err := s.ReadChip(t.Context(), s.name); !errors.Is(err, ErrNoReader) {
		t.Errorf("read without reader: %v, want ErrNoReader", err)
	}
	s.reader.Plug()
	s.await(StateEmpty)
	s.insert(makeCard(t, virtual.Citizen))
}

func TestEventsClose(t *testing.T) {
	s := newStation(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case _, ok := <-s.events:
		if ok {
			t.Error("an event after Close")
		}
	case <-time.After(patience):
		t.Error("events go on after Close")
	}
	if _, err := s.ReadIdentity(t.Context(), s.name); !errors.Is(err, ErrNoReader) && !errors.Is(err, ErrNoCard) && !errors.Is(err, ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
}

func TestReadEmptyReader(t *testing.T) {
	s := newStation(t)
	if _, err := s.ReadIdentity(t.Context(), s.name); !errors.Is(err, ErrNoCard) {
		t.Errorf("identity: %v, want ErrNoCard", err)
	}
	if _, err := s.ReadChip(t.Context(), s.name); !errors.Is(err, ErrNoCard) {
		t.Errorf("chip: %v, want ErrNoCard", err)
	}
	if _, err := s.Open(t.Context(), s.name, "ID000000000"); !errors.Is(err, ErrNoCard) {
		t.Errorf("open: %v, want ErrNoCard", err)
	}
	if _, err := s.ReadIdentity(t.Context(), "no such reader"); !errors.Is(err, ErrNoReader) {
		t.Errorf("another reader: %v, want ErrNoReader", err)
	}
}

func TestReadUnknownATR(t *testing.T) {
	s := newStation(t)
	card := makeCard(t, virtual.Foreigner)
	card.SetFault(virtual.Fault{Kind: virtual.UnknownATR})
	s.insert(card)
	id, err := s.ReadIdentity(t.Context(), s.name)
	if err != nil {
		t.Fatal(err)
	}
	if !id.UnknownATR || id.Document.Type != "IF" || id.Authenticity != Genuine {
		t.Errorf("unknown ATR %v, type %q, authenticity %v", id.UnknownATR, id.Document.Type, id.Authenticity)
	}
}

func TestReadThroughReader(t *testing.T) {
	s := newStation(t)
	e := s.insert(makeCard(t, virtual.Citizen2014))
	id, err := s.ReadIdentity(t.Context(), s.name)
	if err != nil {
		t.Fatal(err)
	}
	if id.Insertion != e.Insertion || id.Authenticity != Genuine || id.UnknownATR {
		t.Errorf("insertion %d, authenticity %v, unknown ATR %v; want %d, genuine, false",
			id.Insertion, id.Authenticity, id.UnknownATR, e.Insertion)
	}
	if _, err := s.ReadPortrait(t.Context(), s.name); err != nil {
		t.Error(err)
	}
	chip, err := s.ReadChip(t.Context(), s.name)
	if err != nil {
		t.Fatal(err)
	}
	if !chip.Present || chip.Tries != 3 {
		t.Errorf("chip %+v", chip)
	}
}
