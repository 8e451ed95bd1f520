package bot

import (
	"regexp"
	"strings"
	"time"

	"xietiao/index/zh"
)

var (
	monthDay  = regexp.MustCompile(`^(\d{1,2}|[一二三四五六七八九十]{1,2})(?:月|[-/.])(\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?$`)
	monthsDay = regexp.MustCompile(`^(\d{1,2}|[一二三四五六七八九十]{1,3})[日号]$`)
	weekday   = regexp.MustCompile(`^(本|这|这个|下|下个)?(?:周|星期|礼拜)([一二三四五六日天末])$`)
	someDays  = regexp.MustCompile(`^(\d{1,3}|[一二两三四五六七八九十]{1,3})(天|周|个?星期|个?礼拜)后?$`)
)

// nearDays are days by their distance from today.
var nearDays = map[string]int{"今天": 0, "今日": 0, "今晚": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}

// dayOf reads a day as people write it: 2026-12-10, 12月10日, 10号, 下周五, 明天,
// 月底, 三天. Without a year, or a month, it is the next such day, today included;
// with them it may be past. The time is its midnight.
func dayOf(s string, now time.Time) (time.Time, bool) {
	s = strings.ReplaceAll(zh.Fold(s), " ", "")
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	date := func(y, m, d int) (time.Time, bool) {
		t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, now.Location())
		return t, t.Day() == d && t.Month() == time.Month(m)
	}
	if n, ok := nearDays[s]; ok {
		return today.AddDate(0, 0, n), true
	}
	switch s {
	case "月底", "本月底", "这个月底":
		return date(now.Year(), int(now.Month()), lastDay(now))
	case "年底":
		return date(now.Year(), 12, 31)
	}
	if y, m, d, start, end, ok := zh.ParseDate(s); ok && start == 0 && end == len([]rune(s)) {
		return date(y, m, d)
	}
	if m := monthDay.FindStringSubmatch(s); m != nil {
		month, day := numeral(m[1]), numeral(m[2])
		for y := now.Year(); y <= now.Year()+leapYears; y++ {
			if t, ok := date(y, month, day); ok && !t.Before(today) {
				return t, true
			}
		}
		return time.Time{}, false
	}
	if m := monthsDay.FindStringSubmatch(s); m != nil {
		for i := range 3 { // one of three months has 31 days
			t := time.Date(now.Year(), now.Month()+time.Month(i), numeral(m[1]), 0, 0, 0, 0, now.Location())
			if t.Day() == numeral(m[1]) && !t.Before(today) {
				return t, true
			}
		}
		return time.Time{}, false
	}
	if m := weekday.FindStringSubmatch(s); m != nil {
		return weekdayOf(m[1], m[2], today), true
	}
	if m := someDays.FindStringSubmatch(s); m != nil {
		n := numeral(m[1])
		if m[2] != "天" {
			n *= 7
		}
		return today.AddDate(0, 0, n), n > 0
	}
	return time.Time{}, false
}

// leapYears is within how many years any day of the calendar comes again.
const leapYears = 8

func lastDay(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, t.Location()).Day()
}

// weekdayOf is a day of this week, of the next, or the next such day. Weeks
// begin with Monday.
func weekdayOf(which, name string, today time.Time) time.Time {
	n := 7
	if i := strings.Index("一二三四五六", name); i >= 0 {
		n = i/len("一") + 1
	}
	now := (int(today.Weekday())+6)%7 + 1
	switch days := n - now; {
	case strings.HasPrefix(which, "下"):
		return today.AddDate(0, 0, days+7)
	case which == "" && days < 0:
		return today.AddDate(0, 0, days+7)
	default:
		return today.AddDate(0, 0, days)
	}
}

// numeral reads a small number, 12 or 十二; 0 if it is none.
func numeral(s string) int {
	n, _ := zh.Number(s)
	return n
}
