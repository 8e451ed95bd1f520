package doc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// line is what a test says of a block: its text with the automatic label in
// braces, and its style.
type line struct{ text, style string }

func linesOf(d *Document) []line {
	var out []line
	for _, b := range d.Blocks {
		if b.Table != nil {
			out = append(out, line{"TABLE", b.Table.Name})
			continue
		}
		text := b.Text
		if b.Auto > 0 {
			rs := []rune(text)
			text = "{" + string(rs[:b.Auto]) + "}" + string(rs[b.Auto:])
		}
		out = append(out, line{text, b.Style})
	}
	return out
}

func textsOf(d *Document) []string {
	var out []string
	for _, l := range linesOf(d) {
		out = append(out, l.text)
	}
	return out
}

// cellsOf gives the cell texts of the nth table, a copied one in brackets.
func cellsOf(t testing.TB, d *Document, n int) [][]string {
	t.Helper()
	for _, b := range d.Blocks {
		if b.Table == nil {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		var out [][]string
		for _, row := range b.Table.Rows {
			var r []string
			for _, c := range row {
				if c.Copied {
					r = append(r, "["+c.Text+"]")
				} else {
					r = append(r, c.Text)
				}
			}
			out = append(out, r)
		}
		return out
	}
	t.Fatal("no such table")
	return nil
}

// read reads and checks the offsets.
func read(t testing.TB, name string, data []byte) *Document {
	t.Helper()
	d, err := Read(name, data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if tt, ok := t.(*testing.T); ok {
		checkOffsets(tt, d)
	}
	return d
}

func gb(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadTxt(t *testing.T) {
	t.Parallel()
	const s = "\n标题\n\n　　一、目标。\n"
	for name, data := range map[string][]byte{
		"UTF-8":         []byte(s),
		"Windows lines": []byte("\xef\xbb\xbf\r\n标题\r\n\r\n　　一、目标。\r\n"),
		"GB18030":       gb(t, s),
	} {
		d := read(t, "x.txt", data)
		if d.Text != s || d.Format != "txt" {
			t.Errorf("%s: %q as %s", name, d.Text, d.Format)
		}
		if diff := cmp.Diff([]string{"", "标题", "", "　　一、目标。", ""}, textsOf(d)); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestFormatGoesByContentFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, want string }{
		{"a.txt", "<!DOCTYPE html><p>甲", "html"},
		{"a.doc", "<html><body>甲</body></html>", "html"},
		{"a", "<div class=x><p>甲</p></div>", "html"},
		{"a.html", "<tbody><tr><td>甲", "html"},
		{"a.txt", "一<二，三>四", "txt"},
		{"a.MD", "# 甲", "md"},
		{"a.txt", "# 甲", "txt"},
		{"a.csv", "甲,乙", "csv"},
		{"", "甲", "txt"},
	} {
		if got := read(t, c.name, []byte(c.data)).Format; got != c.want {
			t.Errorf("%s %q is %s, want %s", c.name, c.data, got, c.want)
		}
	}
}

func TestReadMD(t *testing.T) {
	t.Parallel()
	d := read(t, "x.md", []byte("# 方案 #\n\n## 一、**目标**\n1. 甲**牵头**，__乙__配合\n- 丙 \\* 丁\n\n---\n| 序号 | 任务 |\n|:--|--|\n| 1 | 建**礼堂**<br>二 |\n| 2 |\n后 | 文\n#号开头\n2 * 3 ** 4"))
	want := []line{
		{"方案", "heading1"}, {"", ""}, {"一、目标", "heading2"}, {"1. 甲牵头，乙配合", ""}, {"- 丙 * 丁", ""}, {"", ""},
		{"TABLE", ""}, {"#号开头", ""}, {"2 * 3 ** 4", ""},
	}
	if diff := cmp.Diff(want, linesOf(d), cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"序号", "任务"}, {"1", "建礼堂\n二"}, {"2", ""}, {"后", "文"}}, cellsOf(t, d, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"---"}, d.Dropped); diff != "" {
		t.Error(diff)
	}
}

func TestReadTables(t *testing.T) {
	t.Parallel()
	d := read(t, "x.csv", gb(t, "序号,任务\r\n1,\"甲\r\n乙\"\r\n"))
	if d.Text != "序号\t任务\n1\t甲\n乙" {
		t.Errorf("%q", d.Text)
	}
	if a := d.Blocks[0].Table.Rows[1][1]; a.Addr != "B2" || a.Start != 8 {
		t.Errorf("%+v", a)
	}
}

func TestNumeral(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind string
		n    int
		want string
	}{
		{"chineseCounting", 1, "一"}, {"chineseCounting", 10, "十"}, {"chineseCounting", 11, "十一"}, {"chineseCounting", 20, "二十"},
		{"chineseCounting", 99, "九十九"}, {"chineseCounting", 102, "一〇二"},
		{"chineseCountingThousand", 10, "十"}, {"chineseCountingThousand", 102, "一百零二"}, {"chineseCountingThousand", 110, "一百一十"},
		{"chineseCountingThousand", 1000, "一千"}, {"chineseCountingThousand", 1001, "一千零一"}, {"japaneseCounting", 21, "二十一"},
		{"ideographDigital", 10, "一〇"}, {"chineseLegalSimplified", 12, "壹拾贰"}, {"decimal", 7, "7"}, {"decimalZero", 7, "07"},
		{"decimalFullWidth", 12, "１２"}, {"decimalEnclosedCircle", 1, "①"}, {"decimalEnclosedCircle", 21, "㉑"}, {"decimalEnclosedCircleChinese", 51, "51"},
		{"decimalEnclosedParen", 2, "⑵"}, {"lowerLetter", 2, "b"}, {"upperLetter", 28, "BB"}, {"lowerRoman", 4, "iv"}, {"upperRoman", 1994, "MCMXCIV"},
		{"ideographTraditional", 2, "乙"}, {"bullet", 1, ""}, {"none", 1, ""}, {"somethingNew", 3, "3"}, {"lowerLetter", 0, "0"}, {"chineseCounting", -1, "-一"},
	} {
		if got := numeral(c.kind, c.n); got != c.want {
			t.Errorf("%s %d is %q, want %q", c.kind, c.n, got, c.want)
		}
	}
}
