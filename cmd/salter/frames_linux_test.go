package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.4/glfw"

	"salter/app/procedure"
)

// framesVariable makes the test program one that opens the real window, scrolls
// the list of all cases in it, changes pages, and says what the frames took: the
// rest of make bench draws on a canvas in memory. On a virtual display the
// processor draws, which is nearly all of it.
const framesVariable = "SALTER_TEST_FRAMES"

const (
	crowdedCases = 100_000
	framesDrawn  = 150
	scrolledBy   = 3 // lines for each frame, as by a wheel
)

// crowded is a desk with very many cases. It says when the window follows it.
type crowded struct {
	procedure.Desk
	followed chan<- struct{}
}

func (c crowded) Subscribe(ctx context.Context, f func(procedure.Snapshot)) {
	f(procedure.Snapshot{
		Counter: "BG-017-03", Office: "ПС Звездара, Београд", Clerk: &procedure.ClerkPerson{Number: "4711", Name: "Марковић Јелена"},
		Reader: procedure.ReaderView{State: procedure.ReaderEmpty},
	})
	close(c.followed)
	<-ctx.Done()
}

func (crowded) FindCases(context.Context, procedure.CaseQuery) (procedure.CaseList, error) {
	places := make([]int64, crowdedCases)
	for i := range places {
		places[i] = int64(crowdedCases - i)
	}
	return procedure.CaseList{Places: places}, nil
}

func (crowded) CaseRows(_ context.Context, places []int64) ([]procedure.CaseRow, error) {
	var rows []procedure.CaseRow
	for _, place := range places {
		opened := time.Date(2024, 1, 8, 8, 0, 0, 0, time.UTC).Add(time.Duration(place) * 7 * time.Minute)
		rows = append(rows, procedure.CaseRow{
			ID: procedure.CaseID(fmt.Sprint(place)), Place: place, Number: fmt.Sprintf("BG-017-03-2026-%06d", place),
			Name:   fmt.Sprintf("%s %s", []string{"ЈОВАНОВИЋ", "ЂОРЂЕВИЋ", "СТОЈАНОВИЋ-ПЕТРОВИЋ"}[place%3], []string{"ПЕТРА", "ЉУБИЦА", "НЕМАЊА", "ЏОРЏ", "АЛЕКСАНДРА"}[place%5]),
			Action: procedure.ActionIssue, Phase: procedure.PhaseClosed, Opened: opened, Ended: opened.Add(6 * time.Minute), Clerk: "4711", Sent: place%9 > 0,
		})
	}
	return rows, nil
}

// playFrames is the process with the window.
func playFrames() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	followed, played := make(chan struct{}), make(chan error, 1)
	go func() {
		defer cancel() // closes the window
		select {
		case <-followed:
			played <- measureFrames(ctx)
		case <-ctx.Done():
			played <- ctx.Err()
		}
	}()
	err := show(ctx, screens{desk: crowded{followed: followed}, crashes: newCrashes("", time.Now)})
	cancel()
	return errors.Join(err, <-played)
}

// measureFrames plays in the window that show has opened.
func measureFrames(ctx context.Context) error {
	p := painting{fyne.CurrentApp().Driver().AllWindows()[0]}
	const home, journal = "Почетна", "Дневник шалтера"
	p.turns(ctx, func() bool { return !p.titled(home) })
	p.swap(ctx, fyne.KeyF4, journal)
	var list interface{ ScrollTo(int) }
	p.turns(ctx, func() bool { list = longList(p.window.Content()); return list == nil })
	if ctx.Err() != nil {
		return fmt.Errorf("open the journal: %w", ctx.Err())
	}
	line := 0
	scroll := func() { line += scrolledBy; list.ScrollTo(line) }
	p.times(ctx, framesDrawn, scroll) // the first ones draw each letter
	fmt.Printf("frame of the whole window, list of %d cases scrolled by %d lines: %s (target 16)\n", crowdedCases, scrolledBy, p.times(ctx, framesDrawn, scroll))
	fmt.Printf("frame of the whole window, nothing moved: %s\n", p.times(ctx, framesDrawn, func() { p.window.Canvas().Refresh(&canvas.Rectangle{}) }))
	p.swap(ctx, fyne.KeyEscape, home)
	fmt.Printf("page switch, from the key to the page drawn, home and journal by turns: %s (target 50)\n", p.measure(framesDrawn/5, func() (took []time.Duration) {
		for range framesDrawn / 10 {
			took = append(took, p.swap(ctx, fyne.KeyF4, journal), p.swap(ctx, fyne.KeyEscape, home))
		}
		return took
	}))
	return ctx.Err()
}

// longList finds the list in what a window shows.
func longList(in fyne.CanvasObject) interface{ ScrollTo(int) } {
	switch o := in.(type) {
	case interface{ ScrollTo(int) }:
		return o
	case *fyne.Container:
		for _, child := range o.Objects {
			if found := longList(child); found != nil {
				return found
			}
		}
	}
	return nil
}

// painting watches the loop that draws a window.
type painting struct{ window fyne.Window }

// turns calls act in each turn of the loop, before it draws, as long as act
// returns true. It returns how long act and the drawing took together, of the
// turns of which that can be told.
func (p painting) turns(ctx context.Context, act func() bool) (took []time.Duration) {
	done := make(chan struct{})
	var posted, spoiled, over bool // of the goroutine of the user interface
	a := fyne.NewAnimation(time.Hour, nil)
	a.Tick = func(float32) {
		started := time.Now()
		spoiled = posted // the loop has turned again before it looked at what was posted
		if ctx.Err() != nil || !act() {
			over = true
			a.Stop()
			close(done)
		} else if !posted {
			posted = true
			fyne.Do(func() {
				posted = false
				if !spoiled && !over {
					took = append(took, time.Since(started))
				}
			})
		}
	}
	a.Start()
	hand := time.NewTicker(nap / 10) // at the mouse: else the loop sleeps
	defer hand.Stop()
	for {
		select {
		case <-done:
			return took
		case <-hand.C:
			glfw.PostEmptyEvent()
		}
	}
}

func (p painting) titled(part string) bool { return strings.Contains(p.window.Title(), part) }

// swap presses a key and returns when the loop turns again after it has drawn
// the page with that title: how long that took.
func (p painting) swap(ctx context.Context, key fyne.KeyName, title string) (took time.Duration) {
	var pressed time.Time
	drawn := false
	p.turns(ctx, func() bool {
		if pressed.IsZero() {
			pressed = time.Now()
			c, e := p.window.Canvas(), &fyne.KeyEvent{Name: key}
			c.(desktop.Canvas).OnKeyDown()(e)
			c.OnTypedKey()(e)
			c.(desktop.Canvas).OnKeyUp()(e)
		}
		took = time.Since(pressed)
		up := drawn
		drawn = p.titled(title)
		return !up
	})
	return took
}

// times measures n frames, before each of which act is done.
func (p painting) times(ctx context.Context, n int, act func()) measured {
	drawn := 0
	return p.measure(n, func() []time.Duration {
		return p.turns(ctx, func() bool {
			if drawn == n {
				return false
			}
			drawn++
			act()
			return true
		})
	})
}

// measured is what n frames took: those of which it is known, and the processors
// for all of them.
type measured struct {
	n    int
	took []time.Duration
	cpu  time.Duration
}

func (painting) measure(n int, play func() []time.Duration) measured {
	before := processorTime()
	took := play()
	return measured{n, took, processorTime() - before}
}

func (m measured) String() string {
	if len(m.took) == 0 {
		return "nothing was measured"
	}
	slices.Sort(m.took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f ms, median; %.1f ms of all processors", ms(m.took[len(m.took)/2]), ms(m.cpu)/float64(m.n))
}

// processorTime is what this process has used, in all its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
