package plan

import (
	"strings"
	"testing"

	"xietiao/index/doc"
)

func BenchmarkParseSample(b *testing.B) {
	d, err := doc.Read(SampleName, SampleText, doc.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(SampleText)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(d)
	}
}

var bigSize = 256 << 10

// big repeats a piece until it fills bigSize bytes.
func big(piece string) string { return strings.Repeat(piece, 1+bigSize/len(piece)) }

// bigTexts are texts of that size of what could make a reader slow.
func bigTexts() map[string]string {
	return map[string]string{
		"sample again and again": big(string(SampleText)),
		"one line":               big("加强公共文化服务体系建设，推进文化与科技融合。"),
		"one line of units":      big("市教育局：负责学校。"),
		"one line of numbers":    big("一、甲。（一）乙。1.丙。"),
		"articles in a line":     big("第八条县教育行政部门负责学校。"),
		"brackets":               big("推进甲。（市教育局牵头，市财政局配合）"),
		"open brackets":          big("（"),
		"bracketed lines":        big("（市教育局\n"),
		"short lines":            big("市教育局\n"),
		"headings":               big("市教育局\n1.负责甲；\n2.负责乙。\n"),
		"names without end":      big("市教育局、"),
		"by whom":                big("由市教育局"),
		"lists without end":      big("市教育局和市财政局及"),
		"numbers":                big("1.1.1.1"),
		"annexes":                big("附件1\n职责分工\n"),
		"damage":                 big("文化建设体系建纳"),
	}
}

// BenchmarkParse2MB reads a long document of real sentences.
func BenchmarkParse2MB(b *testing.B) {
	d := textDoc(strings.Repeat(string(SampleText), (2<<20)/len(SampleText)))
	b.SetBytes(2 << 20)
	for b.Loop() {
		Parse(d)
	}
}

// BenchmarkParseHostile shows that time grows with the length, not with its
// square: compare ns/op with BenchmarkParse per rune.
func BenchmarkParseHostile(b *testing.B) {
	for name, text := range bigTexts() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Parse(textDoc(text))
			}
		})
	}
}
