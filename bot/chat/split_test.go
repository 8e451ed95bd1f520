package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
)

const longChinese = "1. 市委宣传部（统筹指导）\n“统筹指导全市文化礼堂、农家书屋的建设、管理和使用；参与市公共文化服务体系建设协调组的日常工作，做好督查。”\n——乐公共协〔2020〕1号 附件·市委宣传部·第3项\n\n2. 市文化和广电旅游体育局（牵头）\n“负责公共文化服务体系建设的规划、实施与考核！”\n——乐公共协〔2020〕1号 附件·市文化和广电旅游体育局·第1项\n还有 3 条，回复“更多”查看 👨‍👩‍👧 https://bot.example.org/p/乐公共协/四（三）?a=1,2"

// squeeze removes white space, which is all that a cut may lose.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// checkSplit holds what is true of every split.
func checkSplit(t *testing.T, text string, limit int) []string {
	t.Helper()
	parts := chat.Split(text, limit)
	for i, p := range parts {
		if len(p) > limit || !utf8.ValidString(p) || strings.TrimSpace(p) != p || p == "" {
			t.Errorf("limit %d: part %d is %q", limit, i, p)
		}
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if limit < chat.MinSplit {
		if parts != nil {
			t.Errorf("limit %d: %q", limit, parts)
		}
		return parts
	}
	if got, want := squeeze(strings.Join(parts, "")), squeeze(text); got != want {
		t.Errorf("limit %d: lost or added:\n%s", limit, cmp.Diff(want, got))
	}
	return parts
}

func TestEveryLimitFromZeroHoldsChineseWhole(t *testing.T) {
	t.Parallel()
	for limit := -1; limit <= 64; limit++ {
		checkSplit(t, longChinese, limit)
		checkSplit(t, strings.Repeat("汉", 38), limit)
		checkSplit(t, strings.Repeat("a汉𠀀é", 20), limit)
	}
	for limit := 65; limit <= len(longChinese)+1; limit++ {
		checkSplit(t, longChinese, limit)
	}
}

func TestSplitCutsAtTheBestBorder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  string
		limit int
		want  []string
	}{
		"text that fits is one part":     {" 甲乙丙\n", 9, []string{"甲乙丙"}},
		"nothing gives nothing":          {" \n ", 9, nil},
		"paragraph before line":          {"甲乙丙丁子丑\n\n戊\n庚辛壬癸", 32, []string{"甲乙丙丁子丑", "戊\n庚辛壬癸"}},
		"sentence before clause":         {"甲乙丙丁。戊，己庚辛壬癸", 24, []string{"甲乙丙丁。", "戊，己庚辛壬癸"}},
		"clause before character":        {"甲乙丙丁，戊己庚辛壬癸", 24, []string{"甲乙丙丁，", "戊己庚辛壬癸"}},
		"closing marks stay":             {"（甲乙丙。）丁戊己庚辛壬", 24, []string{"（甲乙丙。）", "丁戊己庚辛壬"}},
		"a quotation is not cut":         {"他说的话是这样的“甲。乙。丙。”", 30, []string{"他说的话是这样的", "“甲。乙。丙。”"}},
		"a quotation in another":         {"甲乙丙“丁「戊。己」庚”", 27, []string{"甲乙丙", "“丁「戊。己」庚”"}},
		"quotations that cross":          {"“甲「乙”丙」。丁戊己", 30, []string{"“甲「乙”丙」。", "丁戊己"}},
		"a quotation too long is cut":    {"“甲乙丙丁。戊己庚辛”", 24, []string{"“甲乙丙丁。", "戊己庚辛”"}},
		"a mark nobody closes is a sign": {"“甲乙丙丁。戊己庚辛", 24, []string{"“甲乙丙丁。", "戊己庚辛"}},
		"a citation is not cut":          {"甲乙丙丁\n——号，附件。第3项", 32, []string{"甲乙丙丁", "——号，附件。第3项"}},
		"a citation stays with its text": {"一二三。\n“甲乙丙”\n——号", 30, []string{"一二三。", "“甲乙丙”\n——号"}},
		"even glued to other words":      {"甲乙“丙丁”\n——号", 25, []string{"甲乙", "“丙丁”\n——号"}},
		"also below an empty line":       {"一二三。\n“甲乙丙”  \n\n——号", 33, []string{"一二三。", "“甲乙丙”  \n\n——号"}},
		"bold and links are not cut":     {"甲乙丙**丁，戊**己[庚，辛](x)", 20, []string{"甲乙丙", "**丁，戊**己", "[庚，辛](x)"}},
		"an address is not cut":          {"见 https://a.example/b?c=1,d:e 处", 31, []string{"见", "https://a.example/b?c=1,d:e 处"}},
		"joined signs are not cut":       {"一二👨‍👩‍👧三", 20, []string{"一二", "👨‍👩‍👧", "三"}},
		"bytes that are no text":         {"甲\xff乙", 64, []string{"甲\uFFFD乙"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, checkSplit(t, tc.text, tc.limit)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQuotationsThatFitAreNeverCut(t *testing.T) {
	t.Parallel()
	for limit := chat.MinSplit; limit < len(longChinese); limit++ {
		parts := chat.Split(longChinese, limit)
		for line := range strings.SplitSeq(longChinese, "\n") {
			open, shut := strings.Index(line, "“"), strings.LastIndex(line, "”")
			quote := line
			if open >= 0 {
				quote = line[open : shut+len("”")]
			} else if !strings.HasPrefix(line, "——") {
				continue
			}
			if len(quote) <= limit && !strings.Contains(strings.Join(parts, "\x00"), quote) {
				t.Fatalf("limit %d cuts %s", limit, quote)
			}
		}
	}
}

func TestCutIsTheFirstPart(t *testing.T) {
	t.Parallel()
	if got := chat.Cut("甲。乙丙", 9); got != "甲。" {
		t.Errorf("got %q", got)
	}
	if got := chat.Cut("甲", 3); got != "" {
		t.Errorf("got %q", got)
	}
}

func FuzzSplit(f *testing.F) {
	for _, n := range []int{0, 3, 4, 17, 64, 2048} {
		f.Add(longChinese, n)
	}
	f.Add("“‘「甲」’\n——", 5)
	f.Add("[[[](((**", 6)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit %= 20481
		parts := checkSplit(t, text, limit)
		again := chat.Split(text, limit)
		if diff := cmp.Diff(parts, again); diff != "" {
			t.Errorf("not the same twice: %s", diff)
		}
		// A quotation put below the text stays whole wherever it fits.
		const quote = "“甲，乙。丙”\n——号·第1项"
		if limit >= len(quote) && !strings.ContainsAny(text, "“”「」『』《》[*") {
			if joined := strings.Join(chat.Split(text+"。\n"+quote, limit), "\x00"); !strings.Contains(joined, quote) {
				t.Errorf("limit %d cuts the quotation: %q", limit, joined)
			}
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat(longChinese+"\n", 40)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if len(chat.Split(text, 2048)) < 2 {
			b.Fatal("not split")
		}
	}
}

func ExampleSplit() {
	for _, part := range chat.Split("归市委宣传部管。\n“统筹指导全市文化礼堂。”\n——附件·市委宣传部·第3项", 80) {
		fmt.Println(len(part), part)
	}
	// Output:
	// 24 归市委宣传部管。
	// 78 “统筹指导全市文化礼堂。”
	// ——附件·市委宣传部·第3项
}
