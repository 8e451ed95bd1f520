package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	p := read(t, "a.txt", lines(`
		某市工作方案
		为做好工作，制定本方案。
		一、总体要求
		加强领导。
		（一）基本原则。坚持分工。
		1.分工合作；
		（1）统筹；
		①协调。
		二、保障措施
		第一章 总则
		第八条 本办法自印发之日起施行。
		附件1
		任务清单
		二、清单
		（三）内容`))
	var got []string
	for _, s := range p.Sections {
		got = append(got, s.Path+"="+s.Title)
	}
	want := []string{"=", "一=总体要求", "一（一）=基本原则", "一（一）1=分工合作", "一（一）1（1）=统筹", "一（一）1（1）①=协调", "二=保障措施",
		"第一章=总则", "第八条=本办法自印发之日起施行", "附件1=任务清单", "附件1·二=清单", "附件1·二（三）=内容"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("(-want +got):", d)
	}
	if text := p.Sections[1].Text; text != "加强领导。\n（一）基本原则。坚持分工。\n1.分工合作；\n（1）统筹；\n①协调。" {
		t.Error("a parent's text holds its children:", text)
	}
	if own := p.Sections[1].Own; own != "总体要求\n加强领导。" {
		t.Error("own text:", own)
	}
}

func TestPageBreaks(t *testing.T) {
	p := read(t, "a.txt", `一、主要任务

深入推进文化与科技融合，研究设计面向农村未成年人、留守老人、残疾人等特殊群体的民生项目，培

— 3 —

育文化非营利组织。在 29 个部门推广 LED TV 设备。

- 4 -
`)
	want := "深入推进文化与科技融合，研究设计面向农村未成年人、留守老人、残疾人等特殊群体的民生项目，培育文化非营利组织。在29个部门推广LED TV设备。"
	if got := p.Sections[0].Text; got != want {
		t.Errorf("text = %s", got)
	}
	if d := cmp.Diff([]string{"— 3 —", "- 4 -"}, p.Unread); d != "" {
		t.Error("unread (-want +got):", d)
	}
}

func TestPlacesPointBack(t *testing.T) {
	source := "市教育局：\n1. 负责学校，\n2. 负责教师。\n市财政局：\n保障 经费。"
	p := Parse(textDoc(source))
	runes := []rune(source)
	for _, u := range p.Units {
		for _, d := range u.Duties {
			var b strings.Builder
			for _, s := range d.at {
				b.WriteString(string(runes[s.Start:s.End]))
			}
			if b.String() != d.Text {
				t.Errorf("places of %s·%d hold %q, want %q", u.Name, d.No, b.String(), d.Text)
			}
		}
	}
}

// wrapLines breaks a text into lines of width runes with page numbers between,
// as text copied from a pdf has them.
func wrapLines(text string, width, page int) string {
	var b strings.Builder
	n := 0
	for _, l := range strings.Split(text, "\n") {
		r := []rune(strings.TrimSpace(l))
		for len(r) > 0 {
			k := min(width, len(r))
			for k < len(r) && strings.ContainsRune("，。；、：）”》", r[k]) {
				k++ // closing marks never begin a line
			}
			b.WriteString(string(r[:k]) + "\n")
			if r, n = r[k:], n+1; n%page == 0 {
				fmt.Fprintf(&b, "\n— %d —\n\n", n/page)
			}
		}
	}
	return b.String()
}

func TestWrappedTextReadsTheSame(t *testing.T) {
	whole := Sample()
	for _, width := range []int{28, 34, 40} {
		p := read(t, "a.txt", wrapLines(string(SampleText), width, 22))
		if d := cmp.Diff(dutyLines(whole), dutyLines(p)); d != "" {
			t.Errorf("width %d: duties (-want +got): %s", width, d)
		}
		if d := cmp.Diff(whole.Members, p.Members); d != "" {
			t.Errorf("width %d: members (-want +got): %s", width, d)
		}
		flat := func(s Section) string { return s.Path + strings.ReplaceAll(s.Text, "\n", "") } // a wrapped line may end with a sentence
		for i, s := range p.Sections {
			if i < len(whole.Sections) && flat(s) != flat(whole.Sections[i]) {
				t.Errorf("width %d: section %s differs", width, s.Path)
			}
		}
		if d := cmp.Diff(warningLines(whole), warningLines(p)); d != "" {
			t.Errorf("width %d: warnings (-want +got): %s", width, d)
		}
	}
}
