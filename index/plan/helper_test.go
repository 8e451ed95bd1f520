package plan

import (
	"fmt"
	"strings"
	"testing"

	"xietiao/index/doc"
)

// textDoc makes the document of a txt file: one block a line.
func textDoc(text string) *doc.Document {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	d := &doc.Document{Format: "txt", Text: text}
	at := 0
	for _, l := range strings.Split(text, "\n") {
		if strings.TrimSpace(l) != "" {
			d.Blocks = append(d.Blocks, doc.Block{Text: l, Start: at})
		}
		at += len([]rune(l)) + 1
	}
	return d
}

// read parses a file and checks that nothing of it is lost.
func read(t *testing.T, name, text string) *Plan {
	t.Helper()
	d, err := doc.Read(name, []byte(text), doc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p := Parse(d)
	checkConserved(t, d, p)
	return p
}

// dutyLines writes duties one per line: 市教育局 1 负责学校。
func dutyLines(p *Plan) string {
	var b strings.Builder
	for _, u := range p.Units {
		for _, d := range u.Duties {
			fmt.Fprintln(&b, u.Name, d.No, d.Text)
		}
	}
	return b.String()
}

// itemLines writes items one per line: 1 建设图书馆。| 市文广旅局 | 市财政局 | 6月底前
func itemLines(p *Plan) string {
	var b strings.Builder
	for _, it := range p.Items {
		line := fmt.Sprintln(it.No, it.Text, "|", strings.Join(it.Lead, "、"), "|", strings.Join(it.Support, "、"), "|", it.Deadline)
		b.WriteString(strings.TrimRight(line, " |\n") + "\n")
	}
	return b.String()
}

// lines drops the margin of an indented text.
func lines(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimLeft(l, "\t"); l != "" {
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}
