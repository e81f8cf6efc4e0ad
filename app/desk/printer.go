package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Printer takes a finished PDF. Print returns once the printing system has
// taken the job over; nil does not mean that paper came out. Title names the
// job and holds no personal data. Errors that are known wrap those of errors.go.
type Printer interface {
	Print(ctx context.Context, title string, pdf []byte) error
}

// Open returns the printer that name stands for: "" is the system's default
// printer, "folder:DIR" files each job under DIR instead of printing, anything
// else is a printer of that name.
func Open(name string, spool *Spool) (Printer, error) {
	dir, ok := strings.CutPrefix(name, "folder:")
	if !ok {
		return &system{name: name, spool: spool}, nil
	}
	if dir == "" {
		return nil, errors.New("open printer: folder: names no folder")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open printer: %w", err)
	}
	return &folder{dir: dir}, nil
}

// folder files jobs as NN-title.pdf: for demonstrations and for counters whose
// printing is done by another program.
type folder struct {
	dir string

	mu sync.Mutex // guards the choice of a number
}

func (p *folder) Print(_ context.Context, title string, pdf []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 1; n < 1000; n++ {
		path := filepath.Join(p.dir, fmt.Sprintf("%02d-%s.pdf", n, fileName(title)))
		if taken, _ := filepath.Glob(filepath.Join(p.dir, fmt.Sprintf("%02d-*.pdf", n))); len(taken) > 0 {
			continue
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("file paper: %w", err)
		}
		_, err = f.Write(pdf)
		return errors.Join(err, f.Close())
	}
	return errors.New("file paper: the folder is full")
}

// fileName keeps of title what every file system accepts.
func fileName(title string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) || r < ' ' {
			return '-'
		}
		return r
	}, title)
}

// printTimeout bounds the hand-over of one job to the printing system.
const printTimeout = 60 * time.Second

// system prints through the operating system.
type system struct {
	name  string
	spool *Spool
}

func (p *system) Print(ctx context.Context, title string, pdf []byte) error {
	ctx, cancel := context.WithTimeout(ctx, printTimeout)
	defer cancel()
	return p.spool.with(pdf, func(path string) error {
		return submit(ctx, p.name, title, path)
	})
}
