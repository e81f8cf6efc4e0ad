package main

import (
	"image"
	"testing"
)

// TestSecondMonitor: which monitor is the citizen's.
func TestSecondMonitor(t *testing.T) {
	at := image.Rect
	left, right := at(0, 0, 1366, 768), at(1366, 0, 1366+1920, 1080)
	window := at(3, 24, 1363, 744)
	tests := []struct {
		name  string
		all   []image.Rectangle
		clerk image.Rectangle
		want  image.Rectangle // empty: the clerk's own
	}{
		{"one", []image.Rectangle{left}, window, image.Rectangle{}},
		{"none, as in the moment of a change", nil, window, image.Rectangle{}},
		{"two", []image.Rectangle{left, right}, window, right},
		{"two, the clerk at the second", []image.Rectangle{left, right}, window.Add(image.Pt(1400, 0)), left},
		{"two of a kind", []image.Rectangle{left, left.Add(image.Pt(1366, 0))}, window, left.Add(image.Pt(1366, 0))},
		{"mirrored", []image.Rectangle{left, left}, window, image.Rectangle{}},
		{"mirrored, of another size", []image.Rectangle{left, at(0, 0, 1920, 1080)}, window, image.Rectangle{}},
		{"mirrored, and a third", []image.Rectangle{left, left, right}, window, right},
		{"to the left", []image.Rectangle{left, at(-1920, 0, 0, 1080)}, window, at(-1920, 0, 0, 1080)},
		{"above", []image.Rectangle{left, at(0, -1080, 1920, 0)}, window, at(0, -1080, 1920, 0)},
		{"the window a little over the edge", []image.Rectangle{left, right}, window.Add(image.Pt(300, 0)), right},
		{"the window mostly on the other", []image.Rectangle{left, right}, window.Add(image.Pt(900, 0)), left},
		{"the window out of sight", []image.Rectangle{left, right}, window.Add(image.Pt(-32000, -32000)), image.Rectangle{}},
		{"too small", []image.Rectangle{left, at(1366, 0, 1366+800, 480)}, window, image.Rectangle{}},
		{"upright", []image.Rectangle{left, at(1366, 0, 1366+1080, 1920)}, window, at(1366, 0, 1366+1080, 1920)},
		{"of twice the density", []image.Rectangle{left, at(1366, 0, 1366+3840, 2160)}, window, at(1366, 0, 1366+3840, 2160)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := secondMonitor(tt.all, tt.clerk)
			if ok != !tt.want.Empty() || got != tt.want {
				t.Errorf("got %v, %t, want %v", got, ok, tt.want)
			}
		})
	}
}

// TestStands: the citizen's window counts as there only over one whole monitor
// that shows nothing else.
func TestStands(t *testing.T) {
	left, right := image.Rect(0, 0, 1366, 768), image.Rect(1366, 0, 1366+1920, 1080)
	tests := []struct {
		name string
		all  []image.Rectangle
		at   image.Rectangle
		want bool
	}{
		{"there", []image.Rectangle{left, right}, right, true},
		{"not yet over all of it", []image.Rectangle{left, right}, image.Rect(1370, 24, 2400, 724), false},
		{"over both", []image.Rectangle{left, right}, left.Union(right), false},
		{"pulled out", []image.Rectangle{left}, right, false},
		{"moved to the clerk's when it was pulled out", []image.Rectangle{left}, image.Rect(0, 0, 1920, 1080), false},
		{"mirrored meanwhile", []image.Rectangle{left, image.Rect(0, 0, 1920, 1080)}, image.Rect(0, 0, 1920, 1080), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := stands(tt.all, tt.at); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
	for scale, want := range map[float32]bool{1: true, 1.5: true, 2: false} {
		if got := hasRoom(right, scale); got != want {
			t.Errorf("room on %v at %v: got %t, want %t", right, scale, got, want)
		}
	}
}
