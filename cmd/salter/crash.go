package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// errCrashed says that the program ended by a defect of its own.
var errCrashed = errors.New("the program ended by a defect of its own")

// crashLog catches a panic at the top of every goroutine of ours. What the
// goroutine held is not known to be whole any more, so the program goes no
// further: it keeps a record, ends as soon as the work on the chip has come to
// a border between two steps, and a new process says what happened. The case
// goes on from the journal, as after a power cut.
type crashLog struct {
	dir string // of the records; empty: none are kept
	now func() time.Time
	log io.Writer // for support

	mu   sync.Mutex
	end  func() // ends the program; nil: nobody is there to end it, and panics are not caught
	code string // of the first crash; empty: none
}

func newCrashes(dir string, now func() time.Time) *crashLog {
	return &crashLog{dir: dir, now: now, log: os.Stderr}
}

// arm begins to catch panics; end is called after the first one, from the
// goroutine that panicked, and must not wait.
func (c *crashLog) arm(end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = end
}

// start runs f on a goroutine of its own, guarded.
func (c *crashLog) start(f func()) { go c.guard(f) }

// guard runs f and catches its panic.
func (c *crashLog) guard(f func()) {
	defer c.catch()
	f()
}

// catch is to be deferred at the top of a goroutine.
func (c *crashLog) catch() {
	c.mu.Lock()
	end := c.end
	c.mu.Unlock()
	if end == nil {
		return
	}
	if v := recover(); v != nil {
		c.caught(v, frames())
		end()
	}
}

// caught keeps the record of the first panic; the later ones follow from it.
func (c *crashLog) caught(v any, frames []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.code != "" {
		return
	}
	what := kindOf(v)
	sum := sha256.Sum256([]byte(strings.Join(frames, "\n")))
	c.code = hex.EncodeToString(sum[:4])
	if err := c.write(what, frames); err != nil {
		fmt.Fprintf(c.log, "salter: keep record of the defect: %v\n", err)
	}
	fmt.Fprintf(c.log, "salter: ended by a defect, %s: %s\n", c.code, what)
}

// crashed is the code of the defect that ended the program, empty if none did.
// The same defect has the same code.
func (c *crashLog) crashed() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

// kindOf says what the panic was about without its value, which may hold
// anything: only what the runtime itself says, of an index or a nil pointer, is
// known to hold nothing of a person.
func kindOf(v any) string {
	if e, ok := v.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("panic with a %T", v)
}

// frames are the functions that led to the panic, with their lines and without
// their arguments.
func frames() []string {
	pcs := make([]uintptr, 64)
	all := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var out []string
	for {
		f, more := all.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, filepath.Base(f.File), f.Line))
		}
		if !more {
			return out
		}
	}
}

// maxCrashes is how many records are kept.
const maxCrashes = 20

// write files the record under its time and code, for support.
func (c *crashLog) write(what string, frames []string) error {
	if c.dir == "" {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	names := c.names()
	for len(names) >= maxCrashes {
		_ = os.Remove(filepath.Join(c.dir, names[0]+crashSuffix)) // too many are better than none
		names = names[1:]
	}
	at := c.now().UTC()
	name := at.Format("20060102T150405Z") + "-" + c.code
	text := fmt.Sprintf("Salter %s, %s/%s, %s\n%s\n\n%s\n", version, runtime.GOOS, runtime.GOARCH, at.Format(time.RFC3339), what, strings.Join(frames, "\n"))
	return writeFile(filepath.Join(c.dir, name+crashSuffix), []byte(text), 0o600)
}

const crashSuffix = ".txt"

// names are those of the records, the oldest first.
func (c *crashLog) names() []string {
	found, _ := filepath.Glob(filepath.Join(c.dir, "*"+crashSuffix))
	for i, path := range found {
		found[i] = strings.TrimSuffix(filepath.Base(path), crashSuffix)
	}
	slices.Sort(found)
	return found
}

// last names the newest record, empty if there is none.
func (c *crashLog) last() string {
	if names := c.names(); len(names) > 0 {
		return names[len(names)-1]
	}
	return ""
}
