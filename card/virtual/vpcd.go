package virtual

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"salter/card/apdu"
)

// The messages of the vpcd protocol: one byte is a control, four or more are
// a command APDU. Each message is length BE16 and payload.
const (
	controlOff   = 0x00
	controlOn    = 0x01
	controlReset = 0x02
	controlATR   = 0x04
)

// dialTimeout bounds the connection to a reader on the same machine.
const dialTimeout = 5 * time.Second

// Connect inserts the card into the virtual reader that listens on addr
// (127.0.0.1:port) and serves it until ctx ends, which takes the card out
// (nil), a fault removes it (ErrRemoved), or the reader goes away (any other
// error). A card is in one reader at a time; inserting it again keeps its
// state.
func (c *Card) Connect(ctx context.Context, addr string) error {
	conn, err := Dial(ctx, addr)
	if err != nil {
		return err
	}
	return c.Serve(ctx, conn)
}

// Dial reaches a reader: the first half of Connect.
func Dial(ctx context.Context, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("insert card: %w", err)
	}
	return conn, nil
}

// Serve is the second half of Connect. It closes conn.
func (c *Card) Serve(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c.insert()
	err := c.serve(ctx, conn)
	c.Reset()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// insert starts the counts that run from insertion.
func (c *Card) insert() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.removed, c.counts.APDUs = session{}, false, 0
	for _, f := range c.faults {
		f.seen = 0
	}
}

// serve answers messages until the connection ends.
func (c *Card) serve(ctx context.Context, conn net.Conn) error {
	var pace pacer
	for {
		message, err := readMessage(conn)
		if errors.Is(err, io.EOF) {
			return errors.New("serve card: reader closed the connection")
		}
		if err != nil {
			return fmt.Errorf("serve card: %w", err)
		}
		answer, err := c.answer(ctx, message, &pace)
		if err != nil {
			return err
		}
		if answer == nil {
			continue
		}
		if err := writeMessage(conn, answer); err != nil {
			return fmt.Errorf("serve card: %w", err)
		}
	}
}

// answer handles one message; nil means that it has no answer.
func (c *Card) answer(ctx context.Context, message []byte, pace *pacer) ([]byte, error) {
	if len(message) != 1 {
		start := time.Now()
		answer, took, err := c.transmit(message)
		if err != nil {
			return nil, err
		}
		// What our own work took is part of the modelled time.
		return answer, pace.wait(ctx, took-time.Since(start))
	}
	switch message[0] {
	case controlATR:
		return c.answerToReset(), nil
	case controlOff, controlOn, controlReset:
		c.Reset()
		return nil, nil
	}
	return apdu.Response{SW: apdu.SWUnknownINS}.Bytes(), nil
}

// readMessage reads one message.
func readMessage(conn net.Conn) ([]byte, error) {
	var head [2]byte
	quickAck(conn)
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(head[:]))
	quickAck(conn)
	if _, err := io.ReadFull(conn, message); err != nil {
		return nil, err
	}
	return message, nil
}

// writeMessage sends one message in one segment.
func writeMessage(conn net.Conn, payload []byte) error {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(payload)), uint16(len(payload)))
	_, err := conn.Write(append(b, payload...))
	return err
}
