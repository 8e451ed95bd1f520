package doc

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// pdfLine is one shown line of a made-up pdf.
type pdfLine struct {
	x, y, size float64
	text       string
}

// pdfPerPage is how many lines pdfLines puts on a page.
const pdfPerPage = 40

// pdfLines breaks a text into pages of lines that fit.
func pdfLines(s string) [][]pdfLine {
	var pages [][]pdfLine
	var page []pdfLine
	for line := range strings.SplitSeq(s, "\n") {
		for rs := []rune(line); len(rs) > 0; {
			n := min(len(rs), 40)
			page = append(page, pdfLine{72, 770 - float64(len(page))*16, 10, string(rs[:n])})
			rs = rs[n:]
			if len(page) == pdfPerPage {
				pages, page = append(pages, page), nil
			}
		}
	}
	return append(pages, page)
}

func hex16(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

func deflate(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// pdfFile joins objects, numbered from 1, the first being the catalog.
func pdfFile(objs ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, o := range objs {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
	return []byte(b.String())
}

// ucs2 is a font whose codes are UTF-16; no embedded program.
const ucs2 = `<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>]>>`

// pdfOf makes a file of pages of lines.
func pdfOf(t testing.TB, pages [][]pdfLine) []byte {
	t.Helper()
	objs := []string{"<</Type/Catalog/Pages 2 0 R>>", "", ucs2}
	var kids []string
	for _, p := range pages {
		var c strings.Builder
		for _, l := range p {
			fmt.Fprintf(&c, "BT /F1 %g Tf 1 0 0 1 %g %g Tm <%s> Tj ET\n", l.size, l.x, l.y, hex16(l.text))
		}
		objs = append(objs, stream("/Filter/FlateDecode", deflate(c.String())))
		objs = append(objs, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", len(objs)))
		kids = append(kids, fmt.Sprintf("%d 0 R", len(objs)))
	}
	objs[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), strings.Join(kids, " "))
	return pdfFile(objs...)
}

// onePage makes a page of raw content with one font.
func onePage(font, content string, more ...string) []byte {
	objs := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[5 0 R]>>", font, stream("", content),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>/XObject<</X 6 0 R>>>>/Contents[4 0 R]>>"}
	return pdfFile(append(objs, more...)...)
}

func toUnicode(enc, cmap string) (font string, more string) {
	return `<</Type/Font/Subtype/Type0/Encoding/` + enc + `/ToUnicode 6 0 R/DescendantFonts[<</Subtype/CIDFontType2/DW 1000/W[1[500 500] 10 20 1000]>>]>>`,
		stream("", "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000><FFFF> endcodespacerange "+cmap+" endcmap")
}

func TestReadPDF(t *testing.T) {
	t.Parallel()
	identity, chars := toUnicode("Identity-H", "3 beginbfchar <0001><5E02> <0002><59D4> <0003><2F2F> endbfchar 2 beginbfrange <0010><0012><5B57> <00FF><0101>[<4E00><4E01><4E02>] endbfrange")
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"ToUnicode characters and ranges":   {onePage(identity, "BT /F1 10 Tf 100 700 Td <00010002001000110100> Tj ET", chars), []string{"市委字存丁"}},
		"a radical form is the character":   {onePage(identity, "BT /F1 10 Tf 100 700 Td <0003> Tj ET", chars), []string{"工"}},
		"GBK codes":                         {onePage(strings.Replace(ucs2, "UniGB-UCS2-H", "GBK-EUC-H", 1), "BT /F1 10 Tf 100 700 Td ("+string(gb(t, "市委宣传部 3 项"))+") Tj ET"), []string{"市委宣传部 3 项"}},
		"WinAnsi letters":                   {onePage("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>", `BT /F1 10 Tf 100 700 Td (A \(b\) \101\223) Tj ET`), []string{"A (b) A“"}},
		"glyph names":                       {onePage("<</Type/Font/Subtype/Type1/Encoding<</Differences[65/uni5E02/one/quotedblleft]>>>>", `BT /F1 10 Tf 100 700 Td (ABC) Tj ET`), []string{"市1“"}},
		"lines go by height, not by order":  {pdfOf(t, [][]pdfLine{{{110, 600.5, 10, "丙丙"}, {72, 700, 10, "甲"}, {72, 600, 10, "乙乙"}}}), []string{"甲", "乙乙 丙丙"}},
		"shown twice for bold, read once":   {pdfOf(t, [][]pdfLine{{{72, 600, 10, "甲乙"}, {72.3, 600, 10, "甲乙"}}}), []string{"甲乙"}},
		"letter-spaced words close up":      {pdfOf(t, [][]pdfLine{{{72, 600, 10, "附"}, {102, 600, 10, "件"}}}), []string{"附件"}},
		"moves, leading and arrays":         {onePage(ucs2, "BT /F1 10 Tf 14 TL 100 700 Td [<7532> -50 <4E59>] TJ T* <4E19> Tj 0 -14 TD <4E01> ' ET"), []string{"甲乙", "丙", "丁"}},
		"a scaled and shifted page":         {onePage(ucs2, "q 0.5 0 0 0.5 10 20 cm BT /F1 20 Tf 100 700 Td <75327532> Tj ET BT /F1 20 Tf 160 700 Td <4E59> Tj ET Q BT /F1 10 Tf 60 300 Td <4E19> Tj ET"), []string{"甲甲 乙", "丙"}},
		"a form is drawn with its matrix":   {onePage(ucs2, "/X Do BT /F1 10 Tf 100 500 Td <4E59> Tj ET", stream("/Type/XObject/Subtype/Form/Matrix[1 0 0 1 0 300]", "BT /F1 10 Tf 100 400 Td <7532> Tj ET")), []string{"甲", "乙"}},
		"a form that draws itself ends":     {onePage(ucs2, "/X Do", stream("/Subtype/Form", "BT /F1 10 Tf 100 400 Td <7532> Tj ET /X Do")), []string{"甲"}},
		"an inline picture is stepped over": {onePage(ucs2, "BI /W 1 ID \x00(<EIx\xff EI BT /F1 10 Tf 100 400 Td <7532> Tj ET"), []string{"甲"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "x.pdf", c.data)
			if diff := cmp.Diff(c.want, textsOf(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPageNumbersAreDropped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number func(int) string
		lost   bool
	}{
		"dashes":            {func(n int) string { return fmt.Sprintf("— %d —", n) }, true},
		"half-width dashes": {func(n int) string { return fmt.Sprintf("- %d -", n) }, true},
		"page of pages":     {func(n int) string { return fmt.Sprintf("第 %d 页 共 4 页", n) }, true},
		"a bare number":     {func(n int) string { return fmt.Sprint(n) }, true},
		"the last sentence": {func(n int) string { return fmt.Sprintf("第%d项由市教育局负责。", n*n) }, false},
	} {
		var pages [][]pdfLine
		for n := 1; n <= 4; n++ {
			body := []pdfLine{{72, 700, 10, fmt.Sprintf("正文%d", n)}, {72, 680, 10, "3"}, {72, 660, 10, "再一行"}}
			y := 60.0
			if !c.lost {
				y = 90
			}
			pages = append(pages, append(body, pdfLine{290, y, 10, c.number(n)}))
		}
		d := read(t, "x.pdf", pdfOf(t, pages))
		want := 12
		if !c.lost {
			want = 16
		}
		if len(d.Blocks) != want || len(d.Dropped) != 16-want {
			t.Errorf("%s: %d blocks, dropped %q", name, len(d.Blocks), d.Dropped)
		}
		if p := d.Blocks[len(d.Blocks)-1].Page; p != 4 {
			t.Errorf("%s: last block on page %d", name, p)
		}
	}
}

func TestScannedPages(t *testing.T) {
	t.Parallel()
	picture := stream("/Type/XObject/Subtype/Image/Filter/DCTDecode", "\xff\xd8\xff")
	if _, err := Read("x.pdf", onePage(ucs2, "/X Do", picture), Limits{}); !errors.Is(err, ErrScanned) {
		t.Errorf("a page of one picture: %v", err)
	}
	if _, err := Read("x.pdf", onePage(`<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<<>>]>>`, "BT /F1 10 Tf 9 9 Td <00010002> Tj ET"), Limits{}); !errors.Is(err, ErrScanned) {
		t.Errorf("glyphs without meaning: %v", err)
	}
	mixed := pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[5 0 R 7 0 R]/Resources<</Font<</F1 3 0 R>>/XObject<</X 8 0 R>>>>>>", ucs2,
		stream("", "BT /F1 10 Tf 100 700 Td <7532> Tj ET"), "<</Type/Page/Contents 4 0 R>>", stream("", "/X Do"), "<</Type/Page/Contents 6 0 R>>", picture)
	d := read(t, "x.pdf", mixed)
	if diff := cmp.Diff([]int{2}, d.Textless); diff != "" {
		t.Error(diff)
	}
}

func TestHostilePDFs(t *testing.T) {
	t.Parallel()
	bomb := deflate(strings.Repeat("\x00", 8<<20))
	for name, c := range map[string]struct {
		data []byte
		lim  Limits
		want error
	}{
		"no pages":                  {[]byte("%PDF-1.4\n"), Limits{}, ErrDamaged},
		"a circle of pages":         {pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]>>"), Limits{}, ErrDamaged},
		"fewer pages than promised": {pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>", "<</Type/Page>>"), Limits{}, ErrDamaged},
		"content cut off":           {pdfFile("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Contents 9 0 R>>"), Limits{}, ErrDamaged},
		"an expanding stream": {onePage(ucs2, "", stream("/Type/ObjStm/N 1/First 5/Filter/FlateDecode", bomb)),
			Limits{MaxUnzipped: 1 << 20}, ErrTooLarge},
		"a password":  {[]byte(strings.Replace(string(onePage(ucs2, "")), "/Root 1 0 R", "/Root 1 0 R/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O(x)/U(y)>>", 1)), Limits{}, ErrEncrypted},
		"deep arrays": {onePage(ucs2, strings.Repeat("[", 100_000)), Limits{}, ErrScanned},
	} {
		if _, err := Read("x.pdf", c.data, c.lim); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
