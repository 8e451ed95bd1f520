package plan

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"xietiao/index/doc"
)

// squeeze drops white space, what converters leave and the # of headings, as
// the parser does.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if isLayout(r) || r == '#' {
			return -1
		}
		return r
	}, s)
}

// checkConserved fails where a character of the document is lost, or where a
// text of the plan is not the document's own.
func checkConserved(t *testing.T, d *doc.Document, p *Plan) {
	t.Helper()
	source := []rune(d.Text)
	held := make([]bool, len(source))
	mark := func(at []Span) {
		for _, s := range at {
			for i := s.Start; i < s.End; i++ {
				held[i] = true
			}
		}
	}
	for i := range p.ownedAt {
		held[i] = held[i] || p.ownedAt[i]
	}
	mark(p.unreadAt)
	for i, r := range source {
		if !held[i] && !isLayout(r) {
			t.Fatalf("%q at %d is lost: …%s…", r, i, string(source[max(0, i-10):min(len(source), i+10)]))
		}
	}
	kept := append([]rune(nil), source...)
	for _, s := range p.unreadAt {
		for i := s.Start; i < s.End; i++ {
			kept[i] = ' ' // page numbers may stand inside a sentence
		}
	}
	flat := squeeze(string(kept))
	bare := squeeze(regexp.MustCompile(`(?m)^[ \t]*[-*+•●·][ \t]+`).ReplaceAllString(string(kept), "")) // marks of lists are layout
	verbatim := func(what, text string) {
		if !strings.Contains(flat, squeeze(text)) && !strings.Contains(bare, squeeze(text)) && !strings.Contains(squeeze(d.Text), squeeze(text)) {
			t.Fatalf("%s is not in the source: %q", what, text)
		}
	}
	for _, u := range p.Units {
		for _, duty := range u.Duties {
			verbatim("duty of "+u.Name, duty.Text)
			if duty.Text == "" {
				t.Fatalf("empty duty of %s", u.Name)
			}
		}
	}
	for _, it := range p.Items {
		verbatim("item", it.Text)
	}
	for _, s := range p.Sections {
		verbatim("section "+s.Path, s.Text)
	}
}

func TestConservedOnSamples(t *testing.T) {
	docs := map[string][]byte{SampleName: SampleText}
	files, _ := filepath.Glob(filepath.Join(shared, "plans", "*"))
	more, _ := filepath.Glob("testdata/*")
	for _, f := range append(files, more...) {
		if b, err := os.ReadFile(f); err == nil {
			docs[filepath.Base(f)] = b
		}
	}
	for name, b := range docs {
		t.Run(name, func(t *testing.T) {
			d, err := doc.Read(name, b, doc.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			checkConserved(t, d, Parse(d))
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(SampleText))
	for _, s := range []string{
		"", "。", "（", "附件", "第", "一、", "市教育局：负责。\n市财政局：拨款。", "一、甲\n（一）乙。（市教育局牵头，市财政局、市人社局配合）",
		"1.增长。\n牵头单位:区发改局\n责任单位:各街道，区市场局", "第八条 县教育行政部门负责学校。第九条 公安机关负责治安。",
		"一、市教育局职责\n1.一；\n2.二。\n二、市财政局职责\n1.三。", "\u200b\x00\xff市委办（考绩）\n①②③", "2.1.3成员单位\n2.1.4 办公室\n2.1.5 会",
		"国办发〔2020〕1号\n关于印发《甲方案》的通知\n各市：\n二〇二〇年一月一日\n甲方案\n由甲局、乙局等9个部门组成",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "�")
		}
		d := textDoc(text)
		checkConserved(t, d, Parse(d))
	})
}
