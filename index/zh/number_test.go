package zh

import (
	"testing"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"三": 3, "十": 10, "十一": 11, "二十": 20, "二十三": 23, "一百零五": 105, "一百五": 150, "一百一十": 110, "一百十五": 115,
		"两": 2, "两百": 200, "廿": 20, "廿三": 23, "卅一": 31, "一百廿三": 123, "〇": 0, "○": 0, "零": 0, "29": 29, "２９": 29, "03": 3,
		"①": 1, "⑳": 20, "⑴": 1, "⒇": 20, "⒈": 1, "㈠": 1, "㈩": 10, "㊀": 1, "Ⅳ": 4, "㉑": 21, "㊿": 50,
		"二〇二〇": 2020, "二○二一": 2021, "一千零一": 1001, "一千五": 1500, "三万二": 32000, "一万零二": 10002, "一万零一十": 10010,
		"十二万": 120000, "一亿": 1_0000_0000, "一万亿": 1_0000_0000_0000, "一亿零三万": 1_0003_0000,
		"壹拾": 10, "貳佰": 200, "兩千": 2000, "三萬": 30000, "九千九百九十九": 9999, "999999999999999999": 999999999999999999,
	} {
		t.Run(in+" is a number", func(t *testing.T) {
			t.Parallel()
			if n, ok := Number(in); !ok || n != want {
				t.Errorf("%d, %v; want %d", n, ok, want)
			}
		})
	}
	for _, in := range []string{
		"", " ", "三 ", "第三", "-3", "1.5", "3万", "二3", "百", "百五", "十百", "二十十", "廿十", "万", "一万万", "零万", "一百零",
		"十○", "一二十", "三项", "①②", "1000000000000000000", "一万百", "一万十", "负三", "\xff",
	} {
		t.Run(in+" is no number", func(t *testing.T) {
			t.Parallel()
			if n, ok := Number(in); ok || n != 0 {
				t.Errorf("%d, %v", n, ok)
			}
		})
	}
}

func TestFormatNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "零", 1: "一", 10: "十", 11: "十一", 20: "二十", 40: "四十", 99: "九十九", 100: "一百", 101: "一百零一", 110: "一百一十",
		1010: "一千零一十", 1001: "一千零一", 10010: "一万零一十", 100000: "十万", 110000: "十一万", 1_0000_0000: "一亿",
		1_0000_0000_0000: "一万亿", 10_0001_0000: "十亿零一万", -3: "-3", yi * yi: "10000000000000000",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if got := FormatNumber(n); got != want {
				t.Errorf("%d is written %s", n, got)
			}
		})
	}
}

func TestEverySmallNumberReadsBack(t *testing.T) {
	t.Parallel()
	for n := range 120_000 {
		if got, ok := Number(FormatNumber(n)); !ok || got != n {
			t.Fatalf("%d is written %s and read %d, %v", n, FormatNumber(n), got, ok)
		}
	}
}

func TestFindOrdinal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in      string
		n, start, end int
		ok            bool
	}{
		{"a Chinese ordinal", "教育局第三项职责", 3, 3, 5, true},
		{"an Arabic ordinal", "第3项", 3, 0, 2, true},
		{"two characters", "第十二条", 12, 0, 3, true},
		{"the longest numeral counts", "第三十项", 30, 0, 3, true},
		{"full width", "第１２项", 12, 0, 3, true},
		{"spaces between", "第 30 项", 30, 0, 4, true},
		{"a list gives its first", "第一、二项", 1, 0, 2, true},
		{"a 第 without a number is passed over", "第几项，第五项", 5, 4, 6, true},
		{"what is no numeral ends it", "第二十十", 20, 0, 3, true},
		{"none", "第几项", 0, 0, 0, false},
		{"第 at the end", "等第", 0, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, start, end, ok := FindOrdinal(c.in)
			if n != c.n || start != c.start || end != c.end || ok != c.ok {
				t.Errorf("%d at %d-%d, %v", n, start, end, ok)
			}
		})
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"一百零五", "廿三", "②", "三万二", "２９", "一万零", "亿"} {
		f.Add(s, 105)
	}
	f.Fuzz(func(t *testing.T, s string, m int) {
		n, ok := Number(s)
		if n < 0 || !ok && n != 0 {
			t.Errorf("%q is %d, %v", s, n, ok)
		}
		if ok && n < yi*yi {
			if back, ok := Number(FormatNumber(n)); !ok || back != n {
				t.Errorf("%d is written %s and read %d", n, FormatNumber(n), back)
			}
		}
		if m >= 0 {
			if back, ok := Number(FormatNumber(m)); m < yi*yi && (!ok || back != m) {
				t.Errorf("%d is written %s and read %d", m, FormatNumber(m), back)
			}
		}
		if _, start, end, ok := FindOrdinal(s); ok && (start < 0 || end <= start+1 || end > len([]rune(s))) {
			t.Errorf("%q: %d-%d", s, start, end)
		}
	})
}
