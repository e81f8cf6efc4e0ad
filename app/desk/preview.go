package desk

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"sync"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// Preview draws the pages of a PDF as they will be printed. The library that
// does it (PDFium, the one of Chromium) runs as WebAssembly: it sees no file,
// no network and no memory but its own, which goes back to the system when a
// page is drawn.
//
// Its methods may be called from any goroutine; pages are drawn one after the
// other.
type Preview struct {
	mu   sync.Mutex
	pool pdfium.Pool // guarded by mu; nil: not made yet
}

// Warm makes the library ready, which takes seconds the first time. Draw does
// it by itself; it may be called earlier, so that nobody waits then.
func (p *Preview) Warm() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.warm()
}

func (p *Preview) warm() error {
	if p.pool != nil {
		return nil
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxTotal: 1, FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return fmt.Errorf("prepare preview: %w", err)
	}
	p.pool = pool
	return nil
}

// Close gives back what the library holds; it may be repeated.
func (p *Preview) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool == nil {
		return nil
	}
	err := p.pool.Close()
	p.pool = nil
	if err != nil {
		return fmt.Errorf("close preview: %w", err)
	}
	return nil
}

// errNoPage says that the PDF has no such page.
var errNoPage = errors.New("no such page")

// Draw draws one page, counted from 0, width pixels wide, and says how many
// pages there are.
func (p *Preview) Draw(ctx context.Context, pdf []byte, page, width int) (drawn image.Image, pages int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.warm(); err != nil {
		return nil, 0, err
	}
	instance, err := p.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("draw page: %w", err)
	}
	defer func() { err = errors.Join(err, instance.Close()) }()
	doc, err := instance.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		return nil, 0, fmt.Errorf("open papers: %w", err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return nil, 0, fmt.Errorf("count pages: %w", err)
	}
	if page < 0 || page >= count.PageCount {
		return nil, count.PageCount, errNoPage
	}
	r, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{
		Page:  requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: page}},
		Width: width,
	})
	if err != nil {
		return nil, count.PageCount, fmt.Errorf("draw page: %w", err)
	}
	defer r.Cleanup()
	copied := image.NewRGBA(r.Result.RenderedImage.Bounds()) // the library's own memory goes
	draw.Draw(copied, copied.Rect, r.Result.RenderedImage, copied.Rect.Min, draw.Src)
	return copied, count.PageCount, nil
}
