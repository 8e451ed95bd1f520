package zh

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     string // 2006-01-02, "" for none
		at       string // the text of the date
	}{
		{"Arabic with 年月日", "于2020年9月25日印发", "2020-09-25", "2020年9月25日"},
		{"spaces between", "2020 年 9 月 25 日", "2020-09-25", "2020 年 9 月 25 日"},
		{"号 for 日", "2020年9月25号", "2020-09-25", "2020年9月25号"},
		{"without 日", "2020年9月25至30日", "2020-09-25", "2020年9月25"},
		{"Chinese with 〇", "二〇二〇年九月二十五日", "2020-09-25", "二〇二〇年九月二十五日"},
		{"Chinese with ○", "二○二一年四月十六日", "2021-04-16", "二○二一年四月十六日"},
		{"Chinese with 零", "二零二一年十二月三十一日", "2021-12-31", "二零二一年十二月三十一日"},
		{"Chinese with the letter O", "二O二一年四月十六日", "2021-04-16", "二O二一年四月十六日"},
		{"Chinese with the digit 0", "二0二0年十月廿五日", "2020-10-25", "二0二0年十月廿五日"},
		{"hyphens", "日期:2020-09-25。", "2020-09-25", "2020-09-25"},
		{"points", "2020.9.25", "2020-09-25", "2020.9.25"},
		{"slashes", "2020/9/25", "2020-09-25", "2020/9/25"},
		{"full width", "２０２０年９月２５日", "2020-09-25", "２０２０年９月２５日"},
		{"a leap day", "2020年2月29日", "2020-02-29", "2020年2月29日"},
		{"what the calendar lacks is passed over", "2021年2月29日、2021年3月1日", "2021-03-01", "2021年3月1日"},
		{"month 13", "2020-13-01", "", ""},
		{"day 0", "2020-1-0", "", ""},
		{"a year alone", "2021年年底前", "", ""},
		{"year and month", "2021年3月", "", ""},
		{"a document number", "乐公共协〔2020〕1号", "", ""},
		{"mixed separators", "2020-9/25", "", ""},
		{"inside a longer number", "12020-09-25", "", ""},
		{"before more digits", "2020-09-255", "", ""},
		{"a year outside the range", "0999-01-01", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			y, m, d, start, end, ok := ParseDate(c.in)
			if !ok {
				if c.want != "" {
					t.Error("not found")
				}
				return
			}
			if got := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly); got != c.want {
				t.Errorf("got %s", got)
			}
			if at := string([]rune(c.in)[start:end]); at != c.at {
				t.Errorf("at %s", at)
			}
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"于2020年9月25日", "二○二一年四月十六日", "2020.9.25/1", "2020 - 9 - 25", "二o二0年廿月"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		y, m, d, start, end, ok := ParseDate(s)
		if !ok {
			return
		}
		if day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); day.Day() != d || int(day.Month()) != m {
			t.Errorf("%q: %d-%d-%d", s, y, m, d)
		}
		y2, m2, d2, start2, end2, ok := ParseDate(string([]rune(s)[start:end]))
		if !ok || y2 != y || m2 != m || d2 != d || start2 != 0 || end2 != end-start {
			t.Errorf("%q: the date alone reads %d-%d-%d at %d-%d", s, y2, m2, d2, start2, end2)
		}
	})
}
