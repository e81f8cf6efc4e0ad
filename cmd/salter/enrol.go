package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"salter/ca"
	"salter/store"
)

// maxEnrolment bounds the files of an enrolment, in bytes.
const maxEnrolment = 2 << 20

// enrolRequest makes the counter's keys and its journal, and writes the file
// for the authority's administrator. Keys that are there already are kept, so
// that the file can be written again; an enrolled counter is left alone.
func enrolRequest(ctx context.Context, s Settings, out string) error {
	keys, err := newCounter(ctx, s)
	if err != nil {
		return fmt.Errorf("enrol request: %w", err)
	}
	request, err := keys.Request()
	if err != nil {
		return fmt.Errorf("enrol request: %w", err)
	}
	text, err := json.MarshalIndent(request, "", "\t")
	if err != nil {
		return fmt.Errorf("enrol request: %w", err)
	}
	return writeFile(out, text, 0o644)
}

// newCounter makes keys and journal of a counter that is not enrolled.
func newCounter(ctx context.Context, s Settings) (*ca.WorkstationKeys, error) {
	if _, err := os.Stat(s.file(fileEnrolment)); err == nil {
		return nil, errors.New("this counter is enrolled already; move its folder away to begin anew")
	}
	if err := os.MkdirAll(s.file("keys"), 0o700); err != nil {
		return nil, err
	}
	keys, err := workstationKeys(s)
	if err != nil {
		return nil, err
	}
	config, err := journalConfig(s)
	if err != nil {
		return nil, err
	}
	err = store.Create(ctx, s.file(fileJournal), config)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return keys, useKeyInForce(ctx, s, keys)
}

// enrolCode enrols the counter over the network with a one-time code, which is
// read from in: a command line could be seen by others. After a lost answer it
// may be repeated: keys that are there are kept, and the code admits them.
func enrolCode(ctx context.Context, s Settings, server string, in io.Reader, out io.Writer) error {
	fmt.Fprint(out, "code: ")
	text, err := bufio.NewReader(io.LimitReader(in, maxCode)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("enrol code: %w", err)
	}
	code, err := ca.ParseEnrolmentCode(text)
	if err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	keys, err := newCounter(ctx, s)
	if err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	request, err := keys.Request()
	if err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	response, err := ca.EnrolByCode(ctx, server, code, request)
	if err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	kept, err := json.MarshalIndent(response, "", "\t")
	if err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	if err := keepEnrolment(s, keys, kept, response, out); err != nil {
		return fmt.Errorf("enrol code: %w", err)
	}
	return nil
}

// maxCode bounds the line with the code, in bytes.
const maxCode = 200

// workstationKeys reads the counter's keys, or makes them.
func workstationKeys(s Settings) (*ca.WorkstationKeys, error) {
	keys, err := readKeys(s)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if keys, err = ca.NewWorkstationKeys(s.Counter.Name); err != nil {
		return nil, err
	}
	text, err := keys.Encode()
	if err != nil {
		return nil, err
	}
	return keys, writeFile(s.file(fileKeys), text, 0o600)
}

func readKeys(s Settings) (*ca.WorkstationKeys, error) {
	text, err := os.ReadFile(s.file(fileKeys))
	if err != nil {
		return nil, err
	}
	keys, err := ca.ParseWorkstationKeys(text)
	if err != nil {
		return nil, err
	}
	if keys.Workstation != s.Counter.Name {
		return nil, fmt.Errorf("keys are those of %s, the settings say %s", keys.Workstation, s.Counter.Name)
	}
	return keys, nil
}

// enrolAccept checks the file that came back and keeps it.
func enrolAccept(s Settings, in string, out io.Writer) error {
	keys, err := readKeys(s)
	if err != nil {
		return fmt.Errorf("enrol accept: %w", err)
	}
	text, response, err := readEnrolment(in)
	if err != nil {
		return fmt.Errorf("enrol accept: %w", err)
	}
	if err := keepEnrolment(s, keys, text, response, out); err != nil {
		return fmt.Errorf("enrol accept: %w", err)
	}
	return nil
}

// keepEnrolment checks what the authority gave, and keeps text, which is that.
func keepEnrolment(s Settings, keys *ca.WorkstationKeys, text []byte, response ca.EnrolmentResponse, out io.Writer) error {
	_, trust, err := keys.Accept(response, time.Now())
	if err != nil {
		return err
	}
	if trust.Demo != (s.Mode == Demo) {
		return fmt.Errorf("the bundle's demonstration mark is %v, but the mode is %s", trust.Demo, s.Mode)
	}
	if err := writeFile(s.file(fileEnrolment), text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "enrolled as %s; trust bundle SHA-256 %s: compare it with what the administrator reads\n", trust.URI, trust.SHA256)
	return nil
}

func readEnrolment(path string) (text []byte, r ca.EnrolmentResponse, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, r, err
	}
	if info.Size() > maxEnrolment {
		return nil, r, fmt.Errorf("%s is too large to be an enrolment", path)
	}
	if text, err = os.ReadFile(path); err != nil {
		return nil, r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, r, fmt.Errorf("%s is no enrolment: %w", path, err)
	}
	return text, r, nil
}

// writeFile replaces path as a whole, so that a crash leaves the old file or
// the new one.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// syncDir puts a new name in a folder on the disk. Windows cannot, and does by
// itself.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
