package desk

import (
	"context"
	"slices"
	"sync"
)

// Choice is a Printer that can be exchanged for another one while the program
// runs. Its methods may be called from any goroutine.
type Choice struct {
	usual string // as the settings name it
	spool *Spool

	mu      sync.Mutex
	name    string  // guarded by mu
	printer Printer // guarded by mu
}

// OpenChoice returns the choice with the printer that the settings name (see
// Open) in use.
func OpenChoice(usual string, spool *Spool) (*Choice, error) {
	p, err := Open(usual, spool)
	if err != nil {
		return nil, err
	}
	return &Choice{usual: usual, spool: spool, name: usual, printer: p}, nil
}

// Name is the printer in use, as in Open.
func (c *Choice) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}

// List names the printers there are: that of the settings, and those of the
// system.
func (c *Choice) List(ctx context.Context) []string {
	list := []string{c.usual}
	for _, name := range printers(ctx) {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if now := c.Name(); !slices.Contains(list, now) {
		list = append(list, now) // switched off, but in use
	}
	return list
}

// Use prints on another printer from now on. It need not be there: the next
// job says so.
func (c *Choice) Use(name string) error {
	p, err := Open(name, c.spool)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name, c.printer = name, p
	return nil
}

// Print implements Printer.
func (c *Choice) Print(ctx context.Context, title string, pdf []byte) error {
	c.mu.Lock()
	p := c.printer
	c.mu.Unlock()
	return p.Print(ctx, title, pdf)
}
