// Package chart draws figures as pictures, with a Chinese font of the machine.
//
// It must not know what the figures are of, nor where pictures go.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Bars is a picture of horizontal bars below each other.
type Bars struct {
	Title string
	Rows  []Bar
	Keys  []Key  // what the colours mean
	Foot  string // how the figures come about
}

// Bar is one of them. Its parts fill the width of the widest.
type Bar struct {
	Label string
	Parts []int // one for each Key; negative ones are none
	Value string
}

// Key is a colour with its meaning.
type Key struct {
	Colour color.RGBA
	Label  string
}

// Sizes in pixels, for a telephone's screen.
const (
	width     = 1080
	margin    = 40
	titleSize = 40
	textSize  = 28
	rowHeight = 52
	barHeight = 30
	labelPart = 300 // width of labels
	valuePart = 200
	maxBars   = 200
)

// ErrTooMany: more bars than a picture can have.
var ErrTooMany = errors.New("chart: too many bars")

var (
	ink   = color.RGBA{0x22, 0x22, 0x22, 0xff}
	track = color.RGBA{0xee, 0xee, 0xee, 0xff}
)

// PNG draws the picture. Texts that are too wide end in an ellipsis.
func (b Bars) PNG(f *Font) ([]byte, error) {
	if len(b.Rows) > maxBars {
		return nil, fmt.Errorf("%w: %d", ErrTooMany, len(b.Rows))
	}
	title, err := newPen(f, titleSize)
	if err != nil {
		return nil, err
	}
	text, err := newPen(f, textSize)
	if err != nil {
		return nil, err
	}
	const head = margin + titleSize + rowHeight + margin // title and keys
	foot := 0
	if b.Foot != "" {
		foot = rowHeight
	}
	img := image.NewRGBA(image.Rect(0, 0, width, head+len(b.Rows)*rowHeight+foot+margin/2))
	fill(img, img.Bounds(), color.RGBA{0xff, 0xff, 0xff, 0xff})
	title.write(img, margin, margin+titleSize, width-2*margin, b.Title)
	b.keys(img, text, margin+titleSize+rowHeight)
	for i, row := range b.Rows {
		b.row(img, text, row, head+i*rowHeight)
	}
	text.write(img, margin, head+len(b.Rows)*rowHeight+textSize+4, width-2*margin, b.Foot)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return out.Bytes(), nil
}

// keys draws what the colours mean.
func (b Bars) keys(img draw.Image, p pen, base int) {
	x := margin
	for _, k := range b.Keys {
		fill(img, image.Rect(x, base-textSize+4, x+textSize, base+4), k.Colour)
		x += textSize + 8
		x += p.write(img, x, base, width-margin-x, k.Label) + textSize
	}
}

// row draws one bar with its label and value.
func (b Bars) row(img draw.Image, p pen, row Bar, top int) {
	base := top + textSize
	p.write(img, margin, base, labelPart-8, row.Label)
	left, room := margin+labelPart, width-2*margin-labelPart-valuePart
	y := top + (textSize+8-barHeight)/2
	fill(img, image.Rect(left, y, left+room, y+barHeight), track)
	sum := 0
	for i, n := range row.Parts {
		if i >= len(b.Keys) || n <= 0 {
			continue
		}
		from := left + room*sum/b.widest()
		sum += n
		fill(img, image.Rect(from, y, left+room*sum/b.widest(), y+barHeight), b.Keys[i].Colour)
	}
	p.write(img, left+room+16, base, valuePart-16, row.Value)
}

// widest is the sum of the widest bar's parts, at least 1.
func (b Bars) widest() int {
	most := 1
	for _, r := range b.Rows {
		sum := 0
		for i, n := range r.Parts {
			if i < len(b.Keys) {
				sum += max(0, n)
			}
		}
		most = max(most, sum)
	}
	return most
}

func fill(img draw.Image, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// pen writes in one size.
type pen struct{ face font.Face }

func newPen(f *Font, size float64) (pen, error) {
	const dpi = 72 // a point is a pixel
	face, err := opentype.NewFace(f.Font, &opentype.FaceOptions{Size: size, DPI: dpi, Hinting: font.HintingNone})
	if err != nil {
		return pen{}, fmt.Errorf("chart: %w", err)
	}
	return pen{face}, nil
}

// write draws a text on the base line and returns its width.
func (p pen) write(img draw.Image, x, base, most int, text string) int {
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: p.face, Dot: fixed.P(x, base)}
	d.DrawString(p.cut(text, most))
	return (d.Dot.X - fixed.I(x)).Ceil()
}

// cut is the text within the width.
func (p pen) cut(text string, most int) string {
	if font.MeasureString(p.face, text).Ceil() <= most {
		return text
	}
	r := []rune(text)
	for len(r) > 0 && font.MeasureString(p.face, string(r)+"…").Ceil() > most {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
