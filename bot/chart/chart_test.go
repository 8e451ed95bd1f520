package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	green = color.RGBA{0x2e, 0x8b, 0x57, 0xff}
	red   = color.RGBA{0xd9, 0x3a, 0x2b, 0xff}
	keys  = []Key{{green, "办结"}, {red, "逾期"}}
)

// systemFont is a font of the machine, or the test is not for it.
func systemFont(t testing.TB) *Font {
	t.Helper()
	f, err := FindFont(FontFolders())
	if errors.Is(err, ErrNoFont) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func drawn(t *testing.T, f *Font, b Bars) image.Image {
	t.Helper()
	data, err := b.PNG(f)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// pixels counts those of a colour in a part of the picture.
func pixels(img image.Image, part image.Rectangle, c color.RGBA) (n int) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				n++
			}
		}
	}
	return n
}

func TestBarsAreAsLongAsTheirFigures(t *testing.T) {
	t.Parallel()
	f := systemFont(t)
	b := Bars{Title: "进度", Keys: keys, Rows: []Bar{{"市教育局", []int{3, 1}, "3/4"}, {"市科协", []int{1, 0}, "1/4"}, {"市文化馆", []int{0, -5, 9}, "0"}}}
	img := drawn(t, f, b)
	const head = margin + titleSize + rowHeight + margin
	const room = width - 2*margin - labelPart - valuePart
	for i, want := range [][2]int{{3, 1}, {1, 0}, {0, 0}} {
		row := image.Rect(0, head+i*rowHeight, width, head+(i+1)*rowHeight)
		for k, c := range []color.RGBA{green, red} {
			if got := pixels(img, row, c); got != want[k]*room/4*barHeight {
				t.Errorf("row %d: %d pixels of colour %d, want %d quarters", i, got, k, want[k])
			}
		}
		if pixels(img, image.Rect(margin, row.Min.Y, margin+labelPart, row.Max.Y), ink) == 0 {
			t.Errorf("row %d has no label", i)
		}
	}
	more := drawn(t, f, Bars{Rows: make([]Bar, 10)})
	if got := more.Bounds().Dy() - drawn(t, f, Bars{}).Bounds().Dy(); got != 10*rowHeight {
		t.Errorf("ten rows are %d high", got)
	}
	if _, err := (Bars{Rows: make([]Bar, maxBars+1)}).PNG(f); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
}

func TestTextsStayInTheirPlaces(t *testing.T) {
	t.Parallel()
	f := systemFont(t)
	p, err := newPen(f, textSize)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ text, want string }{{"市教育局", "市教育局"}, {"", ""}, {strings.Repeat("督", 30), "督督督督督督督督督…"}} {
		if got := p.cut(tc.text, 290); got != tc.want {
			t.Errorf("%q is cut to %q", tc.text, got)
		}
	}
	long := strings.Repeat("很长的单位名称", 20)
	img := drawn(t, f, Bars{Title: long, Keys: []Key{{green, long}}, Rows: []Bar{{long, []int{0}, long}}, Foot: long})
	for _, part := range []image.Rectangle{image.Rect(0, 0, margin-2, img.Bounds().Dy()), image.Rect(width-margin+2, 0, width, img.Bounds().Dy())} {
		if n := pixels(img, part, ink); n > 0 {
			t.Errorf("%d pixels of text in the margin %v", n, part)
		}
	}
}

func TestAFontThatWritesChineseIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range map[string]string{"NotoSansCJK.ttc": "no font", "b.otf": "", "readme.txt": "督"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := FindFont([]string{dir, filepath.Join(dir, "none")}); !errors.Is(err, ErrNoFont) {
		t.Errorf("%v", err)
	}
	order := []string{"NotoSansCJK-Regular.ttc", "msyh.ttc", "NotoSerifCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}
	for i := 1; i < len(order); i++ {
		if rank(order[i-1]) >= rank(order[i]) {
			t.Errorf("%s does not go before %s", order[i-1], order[i])
		}
	}
	if name := systemFont(t).file.Name(); !isFont(name) {
		t.Error(fmt.Sprint("the font is in ", name))
	}
}
