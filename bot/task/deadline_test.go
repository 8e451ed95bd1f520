package task

import (
	"strings"
	"testing"

	"xietiao/bot/calendar"
)

// monday is a Monday in the last quarter of a year whose holidays are known.
var monday = date("2026-11-23")

func TestDeadlinesInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// A day that the text fixes.
		"2026年12月底": "2026-12-31", "2026年12月31日": "2026-12-31", "2026年12月31日前": "2026-12-31", "2026-12-31": "2026-12-31",
		"2026/12/31": "2026-12-31", "2026.12.31前": "2026-12-31", "２０２６年１２月３１日": "2026-12-31", "二〇二六年十二月三十一日": "2026-12-31",
		"2026 年 12 月 10 日 前": "2026-12-10", "2026年12月10日（星期四）前": "2026-12-10", "20261231": "2026-12-31", "46387": "2026-12-31", "46387.5": "2026-12-31",
		"2026年底前": "2026-12-31", "2027年第一季度": "2027-03-31", "2027年上半年": "2027-06-30", "2028年2月": "2028-02-29", "2027年2月底": "2027-02-28",
		"2026年12月上旬": "2026-12-10", "2026年12月中旬": "2026-12-20", "2026年12月下旬": "2026-12-31", "今年年底前": "2026-12-31", "明年3月底": "2027-03-31",
		"今年12月10日": "2026-12-10", "26年12月底": "2026-12-31", "截止2026年12月31日": "2026-12-31", "2026年12月31日前完成": "2026-12-31",
		"2025年底前": "2025-12-31", "2026年1月-12月": "2026-12-31", "本年底前": "2026-12-31", "2026年12月31日17:00前": "2026-12-31",
		"2026年11月底前完成初稿，12月底前完成": "2026-12-31",
		// The next such day.
		"12月10日前": "2026-12-10?", "12月底前": "2026-12-31?", "12月": "2026-12-31?", "年底前": "2026-12-31?", "第四季度": "2026-12-31?", "四季度末": "2026-12-31?",
		"10月底前": "2027-10-31?", "3月1日": "2027-03-01?", "11月23日": "2026-11-23?", "11月22日": "2027-11-22?", "12.10": "2026-12-10?", "12-10": "2026-12-10?",
		"第一季度": "2027-03-31?", "上半年": "2027-06-30?", "下半年": "2026-12-31?", "十二月十日前": "2026-12-10?", "15日前": "2026-12-15?", "25号": "2026-11-25?",
		"31日": "2026-12-31?", "1-12月": "2026-12-31?", "即日起至12月31日": "2026-12-31?",
		// Counted from today.
		"本月底": "2026-11-30", "月底前": "2026-11-30", "本月底前完成": "2026-11-30", "下月底": "2026-12-31", "下个月10日": "2026-12-10", "本季度末": "2026-12-31", "下季度末": "2027-03-31",
		"下周五": "2026-12-04", "下周五前": "2026-12-04", "本周五": "2026-11-27", "周五": "2026-11-27", "周一": "2026-11-23", "下下周一": "2026-12-07", "星期日": "2026-11-29", "本周内": "2026-11-29",
		"下周": "2026-12-06", "下星期三": "2026-12-02", "今天": "2026-11-23", "明天": "2026-11-24", "后天前": "2026-11-25", "3个工作日内": "2026-11-26", "5天内": "2026-11-28", "两周内": "2026-12-07", "1个月内": "2026-12-23",
		// It comes again.
		"每年": "每年最后一天", "年度报告": "每年最后一天", "每年年底前": "每年最后一天", "每年12月底前": "每年12月最后一天", "每年3月10日前": "每年3月10日", "每季度末": "每季度最后一天", "每季度": "每季度最后一天",
		"每季": "每季度最后一天", "各季度末": "每季度最后一天", "逐月": "每月最后一天", "每季度首月10日前": "每季度第1个月10日", "每半年": "每半年最后一天", "每半年一次": "每半年最后一天",
		"每月": "每月最后一天", "每月底": "每月最后一天", "每月5日前": "每月5日", "每月十五日前报送": "每月15日", "每月第3个工作日": "每月第3个工作日", "每月最后一个工作日": "每月最后一个工作日",
		"每月倒数第二个工作日": "每月倒数第2个工作日", "每周": "每周五", "每周五": "每周五", "每周日": "每周日", "每星期三前": "每周三", "每季度最后一个工作日": "每季度最后一个月最后一个工作日",
		"按季度": "每季度最后一天", "季报": "每季度最后一天", "月报": "每月最后一天",
		// None.
		"": "none", " ": "none", "待定": "none", "—": "none", "无": "none", "长期坚持": "open", "长期": "open", "常态化推进": "open", "持续推进": "open", "全年": "open", "贯穿全年": "open",
		// Not to be read: nothing is invented.
		"尽快": "?", "6月前": "?", "2026年": "?", "印发之日起30日内": "?", "每月5日、20日": "?", "每年6月、12月底前": "?", "按照12月会议要求推进": "?", "春节前": "?", "2025-2027年": "?",
		"2026年2月30日": "?", "13月底": "?", "12345": "?", "99999": "?", "根据3月工作总结开展": "?", "每": "?", "下下下周五": "?", "0个工作日内": "?", "2月30日": "?",
	} {
		w, ok := ParseDeadline(cal, monday, text)
		got := "?"
		switch {
		case !ok:
			if !w.Date.IsZero() || !w.Rule.IsZero() || w.Open {
				t.Errorf("%q is not read, but gives %+v", text, w)
			}
		case w.Open:
			got = "open"
		case !w.Rule.IsZero():
			got = w.Rule.String()
		case w.Date.IsZero():
			got = "none"
		default:
			got = w.Date.String()
			if w.Assumed {
				got += "?"
			}
		}
		if got != want || w.Text != strings.TrimSpace(text) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestADayWithoutAYearIsTheNextOne(t *testing.T) {
	t.Parallel()
	for today, want := range map[string]string{
		"2026-12-10": "2026-12-10", "2026-12-11": "2027-12-10", "2026-01-01": "2026-12-10", "2026-12-31": "2027-12-10",
	} {
		if w, ok := ParseDeadline(cal, date(today), "12月10日前"); !ok || w.Date.String() != want || !w.Assumed || !strings.Contains(w.String(), "请核对") {
			t.Errorf("on %s: %s", today, w)
		}
	}
	if w, ok := ParseDeadline(cal, date("2027-03-01"), "2月29日"); !ok || w.Date.String() != "2028-02-29" {
		t.Errorf("a leap day before a leap year: %s", w)
	}
}

func TestRulesGiveTheirDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"每周五":         "2026-11-27 2026-12-04 2026-12-11",
		"每周一":         "2026-11-30 2026-12-07 2026-12-14",
		"每月底":         "2026-11-30 2026-12-31 2027-01-31",
		"每月31日":       "2026-11-30 2026-12-31 2027-01-31",
		"每月第3个工作日":    "2026-12-03 2027-01-05 2027-02-03",
		"每月最后一个工作日":   "2026-11-30 2026-12-31 2027-01-29",
		"每季度末":        "2026-12-31 2027-03-31 2027-06-30",
		"每季度首月10日":    "2027-01-10 2027-04-10 2027-07-10",
		"每半年":         "2026-12-31 2027-06-30 2027-12-31",
		"年度报告":        "2026-12-31 2027-12-31 2028-12-31",
		"每年2月29日前":    "2027-02-28 2028-02-29 2029-02-28",
		"每月第23个工作日":   "2026-12-31 2027-03-31 2027-12-31",
		"每年10月第1个工作日": "2027-10-01 2028-10-02 2029-10-01", // the holidays of those years are not known
	} {
		r, ok := ParseRule(text)
		if !ok {
			t.Errorf("%s is not read", text)
			continue
		}
		var got []string
		for _, d := range r.Preview(cal, monday, 3) {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	if r, _ := ParseRule("每年10月第一个工作日"); r.Next(cal, date("2025-12-31")) != date("2026-10-08") {
		t.Error("the first working day of October 2026 is after the holidays")
	}
}

// Every rule there is: its dates rise, each is the next after any day from the one
// before on, and its words are read as the same dates.
func TestLawsOfRules(t *testing.T) {
	t.Parallel()
	var rules []Rule
	for n := 1; n <= 7; n++ {
		rules = append(rules, Rule{Every: EveryWeek, On: OnDay, N: n})
	}
	for every, months := range monthsOf {
		for month := 0; month <= months; month++ {
			rules = append(rules, Rule{Every: every, Month: month})
			for _, n := range []int{1, 15, 28, 30, 31} {
				rules = append(rules, Rule{Every: every, On: OnDay, N: n, Month: month})
			}
			for _, n := range []int{1, 5, 20, -1, -3} {
				rules = append(rules, Rule{Every: every, On: OnWorkday, N: n, Month: month})
			}
		}
	}
	for _, r := range rules {
		if r.check() != nil {
			t.Fatalf("%+v is refused", r)
		}
		again, ok := ParseRule(r.String())
		if !ok {
			t.Errorf("%s is not read", r)
		}
		days := r.Preview(cal, monday, 6)
		for i, d := range days {
			before := monday
			if i > 0 {
				before = days[i-1]
			}
			if !d.After(before) {
				t.Fatalf("%s: %s after %s", r, d, before)
			}
			if got := again.Next(cal, before); got != d {
				t.Errorf("%s is read as %s: %s instead of %s", r, again, got, d)
			}
			for probe := before; probe.Before(d) && i == 1; probe = probe.AddDays(1) {
				if got := r.Next(cal, probe); got != d {
					t.Fatalf("%s after %s: %s, want %s", r, probe, got, d)
				}
			}
			if b := r.begins(cal, d); b.After(d) || b.AddDays(aheadDays).Before(d) || i > 0 && !b.After(days[i-1]) {
				t.Errorf("%s: the occurrence of %s begins on %s", r, d, b)
			}
		}
		if len(days) < 6 {
			t.Errorf("%s has only %v", r, days)
		}
	}
}

func FuzzParseDeadline(f *testing.F) {
	for _, s := range []string{"2026年12月底", "12月10日前", "每季度末", "下周五", "长期坚持", "3个工作日内", "46387", "每月第三个工作日", "6月底前完成初稿，12月底前完成", "二〇二六年十二月三十一日", "15日前", "本月31日"} {
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, text string, days int) {
		today := monday.AddDays(days % 4000)
		w, ok := ParseDeadline(cal, today, text)
		if !ok && (!w.Date.IsZero() || !w.Rule.IsZero() || w.Open) {
			t.Fatalf("%q is not read, but gives %+v", text, w)
		}
		if w.Assumed && w.Date.Before(today) {
			t.Errorf("%q: %s is assumed on %s", text, w.Date, today)
		}
		if err := (Draft{Title: "x", Rule: w.Rule}).check(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if !w.Date.IsZero() {
			if again, ok := ParseDeadline(cal, today, w.Date.String()); !ok || again.Date != w.Date || again.Assumed {
				t.Errorf("%q gives %s, which is read as %+v", text, w.Date, again)
			}
			if _, err := calendar.ParseDate(w.Date.String()); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if !w.Rule.IsZero() && w.Rule.Next(cal, today).IsZero() {
			t.Errorf("%q: %s has no date", text, w.Rule)
		}
	})
}
