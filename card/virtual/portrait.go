package virtual

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"sync"
)

// The portrait: its size in pixels, and the size of file that the ministry's
// own reading library has room for.
const (
	portraitWidth  = 300
	portraitHeight = 375
	portraitBytes  = 7700
)

// portrait shows the holder, nobody in particular.
func portrait(h Holder) ([]byte, error) {
	if h.Personal.Sex == "Ž" {
		return womanJPEG()
	}
	return manJPEG()
}

// Drawing takes a third of a second, and there are but two pictures: each is
// drawn once in a process. Nobody writes into the bytes.
var (
	manJPEG   = sync.OnceValues(func() ([]byte, error) { return drawPortrait(portraitOfMan()) })
	womanJPEG = sync.OnceValues(func() ([]byte, error) { return drawPortrait(portraitOfWoman()) })
)

// drawPortrait draws in the manner of a passport photograph: a grayscale JPEG,
// because readers that print it expect one channel.
func drawPortrait(scene scene) ([]byte, error) {
	img := image.NewGray(image.Rect(0, 0, portraitWidth, portraitHeight))
	for y := range portraitHeight {
		for x := range portraitWidth {
			img.SetGray(x, y, color.Gray{Y: scene.tone(float64(x)+0.5, float64(y)+0.5)})
		}
	}
	for quality := 92; quality >= 40; quality -= 4 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("draw portrait: %w", err)
		}
		if b.Len() <= portraitBytes {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("draw portrait: larger than %d bytes", portraitBytes)
}

// scene is a stack of layers, the last one in front. Coordinates are those of
// a picture 100 wide and 125 high, its middle at x = 0.
type scene []layer

// layer is one shape with its tone, 0 black to 1 white.
type layer struct {
	shape shape
	tone  func(x, y float64) float64
	soft  float64 // width of the edge; 0: just smooth
	blend float64 // opacity; 0 means 1
}

// shape gives the distance of a point to the edge, negative inside.
type shape func(x, y float64) float64

// tone returns the gray of a pixel.
func (s scene) tone(px, py float64) uint8 {
	const scale = 100.0 / portraitWidth
	x, y := px*scale-50, py*scale
	v := 1.0
	for _, l := range s {
		edge := max(l.soft, scale)
		cover := math.Min(1, math.Max(0, 0.5-l.shape(x, y)/edge))
		if l.blend > 0 {
			cover *= l.blend
		}
		if cover > 0 {
			v += (l.tone(x, y) - v) * cover
		}
	}
	return uint8(math.Round(255 * math.Min(1, math.Max(0, v))))
}

// ellipse is centred at cx, cy with half axes rx, ry.
func ellipse(cx, cy, rx, ry float64) shape {
	return func(x, y float64) float64 {
		dx, dy := (x-cx)/rx, (y-cy)/ry
		return (math.Hypot(dx, dy) - 1) * math.Min(rx, ry)
	}
}

// capsule is a thick line from a to b.
func capsule(ax, ay, bx, by, r float64) shape {
	return func(x, y float64) float64 {
		vx, vy := bx-ax, by-ay
		t := ((x-ax)*vx + (y-ay)*vy) / (vx*vx + vy*vy)
		t = math.Min(1, math.Max(0, t))
		return math.Hypot(x-ax-t*vx, y-ay-t*vy) - r
	}
}

// polygon is filled by the sign of the crossing number.
func polygon(points ...[2]float64) shape {
	return func(x, y float64) float64 {
		d, inside := math.Inf(1), false
		for i, p := range points {
			q := points[(i+1)%len(points)]
			d = math.Min(d, capsule(p[0], p[1], q[0], q[1], 0)(x, y))
			if (p[1] > y) != (q[1] > y) && x < (q[0]-p[0])*(y-p[1])/(q[1]-p[1])+p[0] {
				inside = !inside
			}
		}
		if inside {
			return -d
		}
		return d
	}
}

// both mirrors a shape on the middle line.
func both(s shape) shape {
	return func(x, y float64) float64 { return s(math.Abs(x), y) }
}

// within is the part of a inside b; without the part outside.
func within(a, b shape) shape {
	return func(x, y float64) float64 { return math.Max(a(x, y), b(x, y)) }
}

func without(a, b shape) shape {
	return func(x, y float64) float64 { return math.Max(a(x, y), -b(x, y)) }
}

// flat is one tone; lit falls off from light at the left to shade at the right.
func flat(v float64) func(x, y float64) float64 {
	return func(float64, float64) float64 { return v }
}

func lit(v, fall float64) func(x, y float64) float64 {
	return func(x, y float64) float64 { return v - fall*(x+8)/30 - fall*(y-50)/160 }
}

// backdrop is the studio wall.
func backdrop() layer {
	wall := func(x, y float64) float64 { return 0.93 - 0.10*math.Hypot(x/60, (y-45)/80) }
	return layer{shape: func(float64, float64) float64 { return -1e3 }, tone: wall}
}

// body is neck and clothes.
func body(cloth float64) []layer {
	return []layer{
		{shape: both(ellipse(0, 132, 46, 36)), tone: lit(cloth, 0.10)},
		{shape: polygon([2]float64{-11, 100}, [2]float64{11, 100}, [2]float64{0, 126}), tone: flat(0.90)},
		{shape: both(capsule(0, 78, 0, 98, 9.5)), tone: lit(0.66, 0.10)},
		{shape: ellipse(0, 85, 10, 7), tone: flat(0.40), soft: 7, blend: 0.5},
		{shape: both(polygon([2]float64{8, 95}, [2]float64{13, 98}, [2]float64{2.5, 113}, [2]float64{0.5, 106})), tone: lit(0.97, 0.04)},
		{shape: both(polygon([2]float64{13.5, 97}, [2]float64{20, 101}, [2]float64{9, 126}, [2]float64{0, 126}, [2]float64{1, 117})), tone: lit(cloth-0.06, 0.08)},
	}
}

// face is head, ears and features; brow and lip set the two tones that differ
// most between people.
func face(brow, lip float64) []layer {
	skin := lit(0.80, 0.12)
	return []layer{
		{shape: both(ellipse(24.3, 57, 3.6, 7)), tone: lit(0.70, 0.10)},
		{shape: both(ellipse(24.3, 57, 1.8, 4.5)), tone: flat(0.52), soft: 3, blend: 0.5},
		{shape: head(), tone: skin},
		{shape: within(ellipse(26, 62, 13, 34), head()), tone: flat(0.50), soft: 14, blend: 0.35},
		{shape: both(ellipse(12.5, 66, 6, 5)), tone: flat(0.86), soft: 7, blend: 0.4},
		{shape: both(ellipse(9.5, 54.2, 6, 3.6)), tone: flat(0.55), soft: 4, blend: 0.45},
		{shape: both(eye()), tone: flat(0.95)},
		{shape: both(within(ellipse(9.5, 54.4, 2.35, 2.35), eye())), tone: flat(0.25)},
		{shape: both(within(ellipse(9.5, 54.4, 1.1, 1.1), eye())), tone: flat(0.06)},
		{shape: ellipse(-10.2, 53.6, 0.6, 0.6), tone: flat(1)},
		{shape: ellipse(8.8, 53.6, 0.6, 0.6), tone: flat(1)},
		{shape: both(without(ellipse(9.5, 54.4, 5.3, 3.1), ellipse(9.5, 55.3, 5.6, 3.2))), tone: flat(0.22)},
		{shape: both(without(ellipse(10, 50.3, 7.4, 4), ellipse(10, 52.6, 8.4, 4.9))), tone: flat(brow), soft: 0.9},
		{shape: capsule(2.6, 56, 3.4, 66, 0.8), tone: flat(0.50), soft: 3, blend: 0.5},
		{shape: ellipse(0, 67.2, 4.3, 2.6), tone: lit(0.76, 0.10), soft: 1.5, blend: 0.7},
		{shape: both(ellipse(2.3, 68.9, 1.3, 0.75)), tone: flat(0.32), soft: 0.9, blend: 0.8},
		{shape: without(ellipse(0, 75.4, 7.6, 2.6), ellipse(0, 72.4, 2.2, 1.5)), tone: flat(lip), soft: 0.9},
		{shape: without(ellipse(0, 75.2, 7.9, 1.7), ellipse(0, 74.1, 8.6, 1.6)), tone: flat(0.28), soft: 0.5},
		{shape: ellipse(0, 80.6, 5, 1.4), tone: flat(0.52), soft: 3, blend: 0.5},
	}
}

// head is the outline of the face.
func head() shape {
	return func(x, y float64) float64 {
		ry := 30.0
		if y < 55 {
			ry = 27
		}
		dx, dy := math.Abs(x)/23.5, math.Abs(y-55)/ry
		return (math.Pow(math.Pow(dx, 2.2)+math.Pow(dy, 2.2), 1/2.2) - 1) * 23.5
	}
}

// eye is the opening between the lids.
func eye() shape {
	return within(ellipse(9.5, 56.6, 6.2, 4.6), ellipse(9.5, 52.4, 6.2, 4.4))
}

// portraitOfMan is a man with short hair and a suit.
func portraitOfMan() scene {
	s := append(scene{backdrop()}, body(0.26)...)
	s = append(s,
		layer{shape: polygon([2]float64{-2.6, 103}, [2]float64{2.6, 103}, [2]float64{1.8, 107}, [2]float64{3.4, 127}, [2]float64{-3.4, 127}, [2]float64{-1.8, 107}), tone: flat(0.36)},
		layer{shape: ellipse(0, 42, 26.5, 24), tone: flat(0.24)},
	)
	s = append(s, face(0.24, 0.58)...)
	hairline := without(within(ellipse(0, 43, 26.3, 25), func(_, y float64) float64 { return y - 56 }), ellipse(2, 61, 22.3, 28.5))
	return append(s,
		layer{shape: hairline, tone: lit(0.27, 0.08), soft: 1.4},
		layer{shape: capsule(-14, 29, 7, 25, 1.8), tone: flat(0.46), soft: 6, blend: 0.4},
	)
}

// portraitOfWoman is a woman with hair to the shoulders.
func portraitOfWoman() scene {
	s := scene{backdrop(), layer{shape: both(ellipse(9, 66, 22, 40)), tone: lit(0.34, 0.08), soft: 1.4}}
	s = append(s, body(0.42)...)
	s = append(s, face(0.34, 0.46)...)
	fringe := without(within(ellipse(0, 46, 26.5, 28), func(_, y float64) float64 { return y - 70 }), ellipse(5, 63, 21.5, 29))
	return append(s,
		layer{shape: fringe, tone: lit(0.36, 0.08), soft: 1.4},
		layer{shape: capsule(-14, 30, 5, 25, 1.8), tone: flat(0.56), soft: 6, blend: 0.4},
	)
}
