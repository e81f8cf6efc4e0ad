package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// controlTimeout bounds one exchange over the control socket.
const controlTimeout = 10 * time.Second

// controlPath is the socket of the card in dir.
func controlPath(dir string) string { return filepath.Join(dir, "control") }

// listenControl opens the control socket. It doubles as a lock: a second
// process on the same card is refused, what a killed one left is removed.
func listenControl(dir string) (net.Listener, error) {
	name := controlPath(dir)
	if conn, err := net.Dial("unix", name); err == nil {
		conn.Close()
		return nil, fmt.Errorf("the card in %s is already in use by another salter-card", dir)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", name)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// serveControl answers one line for each connection until the listener closes.
func (s *slot) serveControl(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(controlTimeout))
			line, err := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString('\n')
			if err != nil {
				return
			}
			// The client is told before quit ends this process.
			if strings.TrimSpace(line) == "quit" {
				fmt.Fprintln(conn, "ok")
				conn.Close()
			}
			fmt.Fprintln(conn, s.do(line))
		}()
	}
}

// sendCommand gives one command to a running card and prints its answer.
func sendCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("salter-card send", flag.ContinueOnError)
	dir := stateFlag(flags)
	if err := parse(flags, args, -1, stderr); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return usageError("send needs a command")
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", controlPath(*dir))
	if err != nil {
		return fmt.Errorf("no salter-card runs on %s: %w", *dir, err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(controlTimeout))
	if _, err := fmt.Fprintln(conn, strings.Join(flags.Args(), " ")); err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	text := strings.TrimSpace(string(answer))
	if complaint, failed := strings.CutPrefix(text, "error: "); failed {
		return errors.New(complaint)
	}
	fmt.Fprintln(stdout, text)
	return nil
}
