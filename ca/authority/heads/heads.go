// Package heads keeps, outside the database, how far the journal of each
// workstation was countersigned. Whoever puts an older database in place of the
// present one would have to do the same here, which is why the folder may be
// another disk, or copied away by the minute.
//
// There is a file for each day, "2026-11-22.heads". It begins with all heads as
// they were, and grows by a line whenever a checkpoint was countersigned:
//
//	salter-heads/1
//	head BG-017-03 42 <root, base64> 2026-11-22T08:00:00Z
//	accepted BG-017-03 40 <root, base64> 2026-11-22T09:00:00Z
//
// The last line of a workstation is its head; accepted says that an operator
// took the database's word against a larger head. Nothing but the newest file
// is read, and no file is ever removed here.
package heads

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrDamaged is wrapped for a file that holds a line that nobody wrote.
var ErrDamaged = errors.New("file of heads is damaged")

const (
	title   = "salter-heads/1"
	suffix  = ".heads"
	dayForm = "2006-01-02"
	maxLine = 1 << 10
)

// Words that begin a line.
const (
	wordHead     = "head"
	wordAccepted = "accepted"
)

// Head is the last state of a journal that the authority signed for.
type Head struct {
	Size int64     // number of events
	Root tlog.Hash // of the tree over them
	At   time.Time // when it was written down, whole seconds
}

// Log is the open folder. All methods may be called from any goroutine.
type Log struct {
	dir string
	now func() time.Time

	mu   sync.Mutex
	held map[string]Head // mu; by workstation
	file *os.File        // mu; nil: to be opened
	day  string          // mu; of file
}

// Open reads the newest file in dir, which is made if it is missing; fresh
// means that there was no file at all.
func Open(dir string, now func() time.Time) (l *Log, fresh bool, err error) {
	l = &Log{dir: dir, now: now}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("open heads: %w", err)
	}
	newest, err := l.newest()
	if err == nil {
		l.held, _, err = read(newest)
	}
	if err != nil {
		return nil, false, fmt.Errorf("open heads: %w", err)
	}
	return l, newest == "", nil
}

// newest is the path of the newest file, empty if there is none.
func (l *Log) newest() (string, error) {
	names, err := filepath.Glob(filepath.Join(l.dir, "????-??-??"+suffix))
	if err != nil || len(names) == 0 {
		return "", err
	}
	return slices.Max(names), nil
}

// read reads a file; whole is the length of its complete lines. What a crash
// left of a line behind them counts for nothing: it was never answered for.
func read(path string) (held map[string]Head, whole int64, err error) {
	held = make(map[string]Head)
	if path == "" {
		return held, 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxLine)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && number > 1 {
			return held, whole, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
			return nil, 0, fmt.Errorf("%w: %s, line %d", ErrDamaged, path, number)
		}
		if err != nil {
			return nil, 0, err
		}
		whole += int64(len(line))
		text := string(line[:len(line)-1])
		if number == 1 && text == title {
			continue
		}
		name, head, err := parse(text)
		if number == 1 || err != nil {
			return nil, 0, fmt.Errorf("%w: %s, line %d", ErrDamaged, path, number)
		}
		held[name] = head
	}
}

// line is one head as it stands in a file.
func line(word, workstation string, h Head) string {
	return fmt.Sprintf("%s %s %d %s %s\n", word, workstation, h.Size, h.Root, h.At.UTC().Format(time.RFC3339))
}

// parse reads what line wrote, without the end of the line.
func parse(text string) (workstation string, h Head, err error) {
	words := strings.Split(text, " ")
	if len(words) != 5 || words[0] != wordHead && words[0] != wordAccepted || words[1] == "" {
		return "", Head{}, ErrDamaged
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil || size < 0 {
		return "", Head{}, ErrDamaged
	}
	root, err := base64.StdEncoding.Strict().DecodeString(words[3])
	if err != nil || len(root) != tlog.HashSize {
		return "", Head{}, ErrDamaged
	}
	at, err := time.Parse(time.RFC3339, words[4])
	if err != nil {
		return "", Head{}, ErrDamaged
	}
	return words[1], Head{Size: size, Root: tlog.Hash(root), At: at.UTC()}, nil
}

// All returns the heads by workstation.
func (l *Log) All() map[string]Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.held)
}

// Held returns the head of a workstation; zero: none.
func (l *Log) Held(workstation string) Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[workstation]
}

// Put writes a head down; it is on stable storage when Put returns nil. A head
// that is no larger than the one held says nothing new and is left out.
func (l *Log) Put(workstation string, size int64, root tlog.Hash) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held, ok := l.held[workstation]; ok && held.Size >= size {
		return nil
	}
	return l.write(wordHead, workstation, size, root)
}

// Accept writes down the head that an operator vouches for, whatever was held.
func (l *Log) Accept(workstation string, size int64, root tlog.Hash) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(wordAccepted, workstation, size, root)
}

// write appends one line. The caller holds mu.
func (l *Log) write(word, workstation string, size int64, root tlog.Hash) error {
	h := Head{Size: size, Root: root, At: l.now().UTC().Truncate(time.Second)}
	err := l.ready()
	if err == nil {
		_, err = l.file.WriteString(line(word, workstation, h))
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write head: %w", err), l.drop())
	}
	l.held[workstation] = h
	return nil
}

// drop closes the file; the next write opens it again and cuts off what a
// failure may have left of a line. The caller holds mu.
func (l *Log) drop() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// inPlace reports whether the open file is still the one that has its name:
// what is written to a file that somebody removed or replaced is lost. The
// caller holds mu.
func (l *Log) inPlace() bool {
	open, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(l.file.Name())
	return err == nil && os.SameFile(open, named)
}

// ready makes sure that today's file is open. A clock that was set back goes on
// with the newest file. The caller holds mu.
func (l *Log) ready() error {
	today := l.now().UTC().Format(dayForm)
	if l.file != nil && today <= l.day && l.inPlace() {
		return nil
	}
	if err := l.drop(); err != nil {
		return err
	}
	newest, err := l.newest()
	if err != nil {
		return err
	}
	l.day = strings.TrimSuffix(filepath.Base(newest), suffix)
	if newest == "" || today > l.day {
		if newest, err = l.begin(today); err != nil {
			return err
		}
		l.day = today
	}
	_, whole, err := read(newest)
	if err != nil {
		return err
	}
	if l.file, err = os.OpenFile(newest, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return err
	}
	if err := l.file.Truncate(whole); err != nil {
		return errors.Join(err, l.drop())
	}
	return nil
}

// begin makes the file of a day with all heads in it, or none.
func (l *Log) begin(day string) (string, error) {
	var text strings.Builder
	text.WriteString(title + "\n")
	for _, name := range slices.Sorted(maps.Keys(l.held)) {
		text.WriteString(line(wordHead, name, l.held[name]))
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(l.dir, day+suffix)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text.String())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", err
	}
	return path, l.syncDir()
}

// syncDir makes a new name in the folder durable.
func (l *Log) syncDir() error {
	d, err := os.Open(l.dir)
	if err != nil {
		return err
	}
	err = errors.Join(d.Sync(), d.Close())
	if errors.Is(err, fs.ErrInvalid) { // where a folder cannot be synced
		return nil
	}
	return err
}

// Close releases the file.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drop()
}
