package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// What a recorded child does.
const (
	recordedRuns   = 4
	recordedEvents = 40 // in each run
	patience       = 50 // attempts against a failing disk
)

// workRecorded works on a journal through several runs of the program, and says on
// standard output when an event is known to be stored. It does what the
// contract of Append asks of everybody: after an error it looks.
func workRecorded(path string, config Config) error {
	// strace counts the calls it is to fail by thread.
	runtime.LockOSThread()
	var size int64
	for range recordedRuns {
		j, err := openPatiently(path, config)
		if err != nil {
			return err
		}
		for range recordedEvents {
			e, parts := randomEvent()
			size++
			if err := appendPatiently(j, size, e, parts); err != nil {
				return err
			}
			fmt.Printf("ACK %d %x\n", size, e)
			if rand.IntN(15) == 0 {
				// Its failure is for the calls that follow to find.
				_ = j.do(context.Background(), flush)
			}
		}
		_ = j.Close() // whatever failed, the next run finds everything
	}
	return nil
}

// openPatiently opens a journal on a disk that fails now and then.
func openPatiently(path string, config Config) (j *Journal, err error) {
	for range patience {
		if j, err = Open(context.Background(), path, config); err == nil {
			break
		}
	}
	return j, err
}

// appendPatiently makes e the event number seq.
func appendPatiently(j *Journal, seq int64, e []byte, parts []Part) error {
	ctx := context.Background()
	var errs []error
	for range patience {
		head, err := j.Head(ctx)
		if err == nil && head.Size == seq {
			return nil
		}
		if err == nil {
			err = j.Append(ctx, [][]byte{e}, parts)
		}
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// diskCall is one recorded call that changes what is on the disk, or one
// acknowledgement.
type diskCall struct {
	kind   callKind
	name   string // of the file, without its directory; "" for the directory
	offset int64  // of a write; length of a truncation
	data   []byte // of a write; event of an acknowledgement
	failed bool   // of a sync
}

type callKind int

const (
	callCreate callKind = iota
	callWrite
	callTruncate
	callSync
	callUnlink
	callAck
)

// tracedCalls are the system calls by which a program can change a file.
const tracedCalls = "trace=open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate," +
	"truncate,fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat"

// needStrace looks for strace and tries it. Without it the long tests fail: they
// are run to be sure.
func needStrace(t *testing.T) {
	t.Helper()
	err := exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace=none", os.Args[0], "-test.run=^$").Run()
	switch {
	case err == nil:
	case torture() > 1:
		t.Fatalf("strace cannot be used, and SALTER_TORTURE is set: %v", err)
	default:
		t.Skipf("strace cannot be used: %v", err)
	}
}

// recordTrace runs a child under strace and returns what it did to the disk,
// beginning with an empty journal. inject makes calls fail, in the words of
// strace; empty: none.
func recordTrace(t *testing.T, b *bench, inject string) []diskCall {
	t.Helper()
	signer, authority := childKeys(t)
	trace := filepath.Join(t.TempDir(), "trace")
	args := []string{"-f", "-y", "-xx", "-s", "100000000", "-e", "signal=none", "-e", tracedCalls, "-o", trace}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	cmd := exec.Command("strace", append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), childVariable+"=record", "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	cmd.Stdin = strings.NewReader(fmt.Sprintf("%s\n%s\n%s\n%s\n", b.path, b.config.KeyFile, signer, authority))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("record: %v\n%s", err, stderr.String())
	}
	text, err := os.ReadFile(trace)
	fatal(t, err)
	calls, err := parseTrace(string(text), b.path)
	if err != nil {
		t.Fatalf("read trace: %v", err)
	}
	return calls
}

// parseTrace reads the output of strace. A call during which another thread
// called something comes in two lines; it is put together, unless the other
// call was on the journal as well: then their order is not known.
func parseTrace(text, journal string) (calls []diskCall, err error) {
	begun := make(map[string]string) // unfinished calls on the journal, by thread
	for line := range strings.Lines(text) {
		thread, line, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		line = strings.TrimLeft(line, " ")
		if start, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
			begun[thread] = start
			continue
		}
		if _, end, ok := strings.Cut(line, " resumed>"); ok && strings.HasPrefix(line, "<... ") {
			if begun[thread] == "" {
				return nil, fmt.Errorf("call ends that did not begin: %.300s", line)
			}
			line = begun[thread] + end
			delete(begun, thread)
		}
		call, ok, err := parseCall(line, journal)
		if err != nil {
			return nil, fmt.Errorf("%w: %.300s", err, line)
		}
		if !ok {
			continue
		}
		for _, other := range begun {
			if strings.Contains(other, hexPath(journal)) {
				return nil, fmt.Errorf("calls on the journal are interleaved: %.300s", line)
			}
		}
		calls = append(calls, call)
	}
	return calls, nil
}

// resultOf finds the result of a call. In a short line, as the second half of a
// call that was interrupted is, blanks put it into column 40.
var resultOf = regexp.MustCompile(`\) += `)

// parseCall reads one line of strace. A call on the journal's files that it does
// not understand is an error: then the recording would not be complete.
func parseCall(line, journal string) (call diskCall, ok bool, err error) {
	function, rest, _ := strings.Cut(line, "(")
	cut := resultOf.FindStringIndex(rest)
	if cut == nil {
		if strings.Contains(line, hexPath(journal)) {
			return call, false, errors.New("call on the journal has no result")
		}
		return call, false, nil // the end of a thread
	}
	args := strings.Split(rest[:cut[0]], ", ") // strings are in hex: no comma is inside one
	result := rest[cut[1]:]
	failed := strings.HasPrefix(result, "-1")
	path := args[0]
	if (function == "openat" || function == "unlinkat") && len(args) > 1 {
		path = args[1]
	}
	path = decodePath(path)
	if function == "write" && strings.HasPrefix(args[0], "1<") {
		return parseAck(args[1])
	}
	switch {
	case path == filepath.Dir(journal):
	case strings.HasPrefix(path, journal):
		call.name = strings.TrimPrefix(path, filepath.Dir(journal)+"/")
	default:
		return call, false, nil
	}
	return call.fill(function, args, result, failed)
}

// fill completes a call on a file of the journal or its directory.
func (c diskCall) fill(function string, args []string, result string, failed bool) (_ diskCall, ok bool, err error) {
	switch function {
	case "fsync", "fdatasync":
		c.kind, c.failed = callSync, failed
		return c, true, nil
	case "openat", "open":
		c.kind = callCreate
		if flags := args[len(args)-1] + args[len(args)-2]; !failed && strings.Contains(flags, "O_TRUNC") {
			return c, false, errors.New("file is opened and truncated")
		}
		return c, !failed && strings.Contains(strings.Join(args, " "), "O_CREAT"), nil
	}
	if failed {
		return c, false, nil // nothing happened
	}
	switch function {
	case "pwrite64":
		c.kind = callWrite
		if c.data, err = decodeHex(args[1]); err != nil {
			return c, false, err
		}
		if result != strconv.Itoa(len(c.data)) {
			return c, false, errors.New("write is short")
		}
		c.offset, err = strconv.ParseInt(args[3], 10, 64)
		return c, true, err
	case "ftruncate":
		c.kind = callTruncate
		c.offset, err = strconv.ParseInt(args[1], 10, 64)
		return c, true, err
	case "unlink", "unlinkat":
		c.kind = callUnlink
		return c, true, nil
	}
	return c, false, fmt.Errorf("%s changes the journal in a way that is not recorded", function)
}

// parseAck reads a line of the child's standard output.
func parseAck(quoted string) (call diskCall, ok bool, err error) {
	line, err := decodeHex(quoted)
	if err != nil {
		return call, false, err
	}
	call.kind = callAck
	_, err = fmt.Sscanf(string(line), "ACK %d %x\n", &call.offset, &call.data)
	return call, err == nil, err
}

// hexPath is a path as strace prints it.
func hexPath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		fmt.Fprintf(&b, `\x%02x`, path[i])
	}
	return b.String()
}

// decodePath returns the path of an argument: "\x2f…" or 5<\x2f…>.
func decodePath(arg string) string {
	_, inside, ok := strings.Cut(arg, "<")
	if !ok {
		inside = strings.Trim(arg, `"`)
	}
	inside, _, _ = strings.Cut(inside, ">")
	path, err := hex.DecodeString(strings.ReplaceAll(inside, `\x`, ""))
	if err != nil {
		return ""
	}
	return string(path)
}

// decodeHex reads a string of strace -xx.
func decodeHex(quoted string) ([]byte, error) {
	if len(quoted) < 2 || !strings.HasPrefix(quoted, `"`) || !strings.HasSuffix(quoted, `"`) {
		return nil, errors.New("string is cut")
	}
	return hex.DecodeString(strings.ReplaceAll(quoted[1:len(quoted)-1], `\x`, ""))
}
