package app

import (
	"context"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"salter/app/procedure"
)

// Preview draws the pages of the papers as they will be printed. Its methods
// are called on worker goroutines.
type Preview interface {
	// Warm makes ready what Draw needs, so that nobody waits for it later.
	Warm() error
	// Draw draws one page, counted from 0, width pixels wide, and says how
	// many there are.
	Draw(ctx context.Context, pdf []byte, page, width int) (drawn image.Image, pages int, err error)
	// Close gives back what Warm made ready; Draw makes it ready anew.
	Close() error
}

// preview is what is looked at before it is printed; the papers hold personal
// data and go when the page is left.
type preview struct {
	pdf         []byte
	print       func() // prints them
	printed     bool   // they were, already
	page, pages int
	image       image.Image
}

// pageWide is how wide a page of the papers is shown, in units: so its smallest
// print can be read.
func (a *App) pageWide() float32 { return min(unit(190), a.pageWidth()) }

// warmPreview prepares the preview once in a case, when its papers are due.
func (a *App) warmPreview() {
	if a.cfg.Preview == nil || a.warmed == a.snapshot.Case.ID {
		return
	}
	a.warmed = a.snapshot.Case.ID
	a.cfg.Go(func() {
		_ = a.cfg.Preview.Warm() // Draw tries again, and says what is wrong
		a.cfg.FreeMemory()
	})
}

// releasePreview gives the memory of the preview back after its use: few look
// twice in one case, and it is a fifth of all that the program has.
func (a *App) releasePreview() {
	a.viewed = nil
	a.cfg.Go(func() {
		_ = a.cfg.Preview.Close() // it is made anew with the next use
		a.cfg.FreeMemory()
	})
}

// previewKey opens the preview of the papers that are due, to be printed as the
// job; printed: they were, already.
func (a *App) previewKey(p *page, job string, printed bool) {
	a.previewOf(p, a.cfg.Desk.PaperData, preview{print: func() { a.print(job) }, printed: printed})
}

// previewOf opens the preview of papers.
func (a *App) previewOf(p *page, from paperSource, v preview) {
	if a.cfg.Preview == nil {
		return
	}
	open := func() { a.openPreview(from, v) }
	a.addOther(p, controlPreview, rankSecondary, a.words.say("preview.open"), a.words.say("key.preview"), open)
	p.keys[fyne.KeyF11] = open
}

// openPreview makes the papers and shows their first page. Nothing is
// recorded: looking is not printing. Esc meanwhile lets nothing be shown: who
// pressed it has gone on to something else.
func (a *App) openPreview(from paperSource, next preview) {
	if a.working != "" {
		return
	}
	width := a.pixels(a.pageWide())
	back := a.asideUp()
	given, cancel := context.WithCancel(a.ctx)
	a.abandon = cancel
	a.do("preview", func(context.Context) error {
		defer a.cfg.FreeMemory()
		err := a.readPreview(given, from, &next, width)
		if given.Err() != nil {
			return nil
		}
		return err
	}, func() {
		if given.Err() != nil {
			a.releasePreview()
			return
		}
		a.viewed, a.draft.back, a.draft.aside = &next, back, screenPreview
	})
}

// readPreview runs on a worker goroutine.
func (a *App) readPreview(ctx context.Context, from paperSource, next *preview, width int) error {
	_, papers, err := a.papers(ctx, from)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next.pdf = papers.PDF
	return a.draw(ctx, next, width)
}

// turnPageTo shows another page of the papers.
func (a *App) turnPageTo(page int) {
	width := a.pixels(a.pageWide())
	next := *a.viewed
	next.page = page
	a.do("preview", func(ctx context.Context) error { return a.draw(ctx, &next, width) }, func() { a.viewed = &next })
}

// draw runs on a worker goroutine.
func (a *App) draw(ctx context.Context, p *preview, width int) (err error) {
	p.image, p.pages, err = a.cfg.Preview.Draw(ctx, p.pdf, p.page, width)
	if err != nil {
		return &procedure.Error{Code: procedure.CodeInternal, Detail: "preview", Err: err}
	}
	return nil
}

// pixels is how many there are in a length on this screen.
func (a *App) pixels(length float32) int {
	return int(length * max(a.cfg.Window.Canvas().Scale(), 1))
}

// closePreview goes back to the page that it was opened from.
func (a *App) closePreview() { a.openAside(a.draft.back) }

// previewPage shows one page of the papers.
func (a *App) previewPage(p *page) fyne.CanvasObject {
	a.setBack(p, a.words.say("back"), a.closePreview)
	v := a.viewed
	print := func() {
		a.closePreview()
		v.print()
	}
	a.turnKey(p, controlBefore, fyne.KeyPageUp, "preview.before", "key.page-up", v.page-1)
	a.turnKey(p, controlAfter, fyne.KeyPageDown, "preview.after", "key.page-down", v.page+1)
	if v.printed { // a hasty Enter prints nothing twice
		a.addOther(p, controlPrint, rankSecondary, a.words.say("papers.again"), a.words.say("key.print"), print)
		a.setPrimary(p, a.words.say("back"), a.closePreview)
	} else {
		a.setPrimary(p, a.words.say("preview.print"), print)
	}
	p.keys[fyne.KeyF9] = print
	heading := spread(line(styleHeading, a.words.say("preview.heading")),
		line(styleSub, a.words.fill("preview.page", with{"N": v.page + 1, "Of": v.pages})))
	sheet := canvas.NewImageFromImage(v.image)
	sheet.FillMode, sheet.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	size := v.image.Bounds().Size()
	sheet.SetMinSize(fyne.NewSize(a.pageWide(), a.pageWide()*float32(size.Y)/float32(size.X)))
	paper := container.NewVScroll(centred(sheet))
	step := func(by float32) func() {
		return func() { paper.ScrollToOffset(fyne.NewPos(0, max(paper.Offset.Y+by, 0))) }
	}
	p.keys[fyne.KeyDown], p.keys[fyne.KeyUp] = step(unit(30)), step(-unit(30))
	return around(column(0, heading, gap(unit(3))), nil, nil, nil, filled(colourLine, paper))
}

// turnKey is a button to another page, where there is one.
func (a *App) turnKey(p *page, name string, key fyne.KeyName, label, hint string, to int) {
	if to < 0 || to >= a.viewed.pages {
		return
	}
	act := func() { a.turnPageTo(to) }
	a.addOther(p, name, rankSecondary, a.words.say(label), a.words.say(hint), act)
	p.keys[key] = act
}
