package task

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/index/zh"
)

// Every is how often a task comes again.
type Every string

// The periods.
const (
	EveryWeek    Every = "week"
	EveryMonth   Every = "month"
	EveryQuarter Every = "quarter"
	EveryHalf    Every = "half"
	EveryYear    Every = "year"
)

// monthsOf is the length of a period; a week has none.
var monthsOf = map[Every]int{EveryMonth: 1, EveryQuarter: 3, EveryHalf: 6, EveryYear: 12}

// On is which day of the period is meant.
type On string

// The days. Of a week it is always OnDay: N is 1 for Monday to 7.
const (
	OnEnd     On = ""        // the period's last day
	OnDay     On = "day"     // the Nth day of the month; its last, if it has not so many
	OnWorkday On = "workday" // the Nth working day of the month, from the end if N is negative
)

// Rule is how a task comes again. The zero Rule: it does not.
type Rule struct {
	Every Every `json:"every,omitempty"`
	On    On    `json:"on,omitempty"`
	N     int   `json:"n,omitempty"`
	// Month is which month of the period, from 1; 0: its last.
	Month int `json:"month,omitempty"`
}

// IsZero reports that nothing comes again.
func (r Rule) IsZero() bool { return r == Rule{} }

const (
	weekDays    = 7
	monthDays   = 31
	mostWorking = 23 // working days of a month
)

func (r Rule) check() error {
	months := monthsOf[r.Every]
	ok := r.IsZero()
	switch {
	case r.Every == EveryWeek:
		ok = r.On == OnDay && r.N >= 1 && r.N <= weekDays && r.Month == 0
	case months == 0 || r.Month < 0 || r.Month > months:
	case r.On == OnEnd:
		ok = r.N == 0
	case r.On == OnDay:
		ok = r.N >= 1 && r.N <= monthDays
	case r.On == OnWorkday:
		ok = r.N != 0 && r.N >= -mostWorking && r.N <= mostWorking
	}
	if !ok {
		return fmt.Errorf("%w: its rule", ErrInvalid)
	}
	return nil
}

// Next is the rule's first date after the day. The zero Date: the rule is zero
// or has no such date.
func (r Rule) Next(cal *calendar.Calendar, after calendar.Date) calendar.Date {
	if r.Every == EveryWeek {
		n := (r.N - isoWeekday(after) + weekDays) % weekDays
		if n == 0 {
			n = weekDays
		}
		return after.AddDays(n)
	}
	months := monthsOf[r.Every]
	if months == 0 || r.check() != nil {
		return calendar.Date{}
	}
	begin := r.start(after)
	const tries = 15 // a 23rd working day is rare, but no year and a quarter lacks one
	for range tries {
		if d, ok := r.in(cal, begin); ok && d.After(after) {
			return d
		}
		begin = addMonths(begin, months)
	}
	return calendar.Date{}
}

// start is the first day of the period that the day lies in; of a week the day itself.
func (r Rule) start(d calendar.Date) calendar.Date {
	months := time.Month(monthsOf[r.Every])
	if months == 0 {
		return d
	}
	return calendar.Date{Y: d.Y, M: (d.M-1)/months*months + 1, D: 1}
}

// in is the rule's date within the period that begins on the day.
func (r Rule) in(cal *calendar.Calendar, begin calendar.Date) (calendar.Date, bool) {
	month := r.Month
	if month == 0 {
		month = monthsOf[r.Every]
	}
	first := addMonths(begin, month-1)
	last := addMonths(first, 1).AddDays(-1)
	switch r.On {
	case OnDay:
		return calendar.Date{Y: first.Y, M: first.M, D: min(r.N, last.D)}, true
	case OnWorkday:
		return cal.NthWorkday(first.Y, first.M, r.N)
	}
	return last, true
}

// Preview lists the rule's next n dates after the day.
func (r Rule) Preview(cal *calendar.Calendar, after calendar.Date, n int) (days []calendar.Date) {
	for range n {
		if after = r.Next(cal, after); after.IsZero() {
			break
		}
		days = append(days, after)
	}
	return days
}

// begins is the day on which the occurrence of the date is made: the day after
// the date before it, but at most aheadDays before its own.
func (r Rule) begins(cal *calendar.Calendar, date calendar.Date) calendar.Date {
	from := date.AddDays(-aheadDays)
	for d := r.Next(cal, from.AddDays(-1)); d.Before(date); d = r.Next(cal, d) {
		from = d.AddDays(1)
	}
	return from
}

// aheadDays is how long before its date the occurrence of a rare duty is handed out.
const aheadDays = 30

func addMonths(first calendar.Date, n int) calendar.Date {
	return calendar.Of(time.Date(first.Y, first.M+time.Month(n), 1, 0, 0, 0, 0, time.UTC))
}

// isoWeekday is 1 for Monday to 7 for Sunday.
func isoWeekday(d calendar.Date) int { return (int(d.Weekday())+weekDays-1)%weekDays + 1 }

// What follows reads a folded text without white space, its Chinese numerals
// written in Arabic digits.
var (
	weekRule = regexp.MustCompile(`^(?:每|逐|按)(?:个)?(?:周|星期|礼拜)(?:报|的)?([1-7日天末])?(?:之?前|内)?(?:完成|报送|上报|报)?(?:1次)?$`)
	periods  = `(?:(?:每|逐|按)(?:个)?(月|季度?|半年|年度?))`
	dayRule  = regexp.MustCompile(`^` + periods + `(?:度)?(?:的)?(.*)$`)
	annual   = regexp.MustCompile(`^(?:年度(?:报告|总结|工作报告|工作总结)?|年报|1年1次)$`)
	quarters = regexp.MustCompile(`^(?:各|4个)季度(.*)$|^(?:季报|季度(?:报告|总结|报送))$`)
	months   = regexp.MustCompile(`^(?:月报|月度(?:报告|总结|报送))$`)

	inMonth    = regexp.MustCompile(`^(1?\d)月(?:份)?`)
	inPeriod   = regexp.MustCompile(`^(?:第([1-6])个月|首月|末月|最后1个月)`)
	dayPart    = regexp.MustCompile(`^(?:的)?(\d{1,2})[日号]$`)
	workWord   = regexp.MustCompile(`^(?:的)?第(\d{1,2})个工作日$|^(?:的)?前(\d{1,2})个工作日$`)
	lastWork   = regexp.MustCompile(`^(?:的)?(?:最后|末)(?:1|的)?个?工作日$|^(?:的)?倒数第(\d{1,2})个工作日$`)
	endWord    = regexp.MustCompile(`^(?:的)?(?:底|末|年底|月底|月末|季末|季度末|最后1[天日]|末日)?$`)
	tailOfRule = regexp.MustCompile(`(?:(?:之|以)?前|内)?(?:(?:定期)?(?:完成|报送|上报|开展|进行|组织|提交|报告|总结|汇报))?(?:[1一]次)?$`)
)

var everyWord = map[string]Every{"月": EveryMonth, "季": EveryQuarter, "季度": EveryQuarter, "半年": EveryHalf, "年": EveryYear, "年度": EveryYear}

// ParseRule reads how a text says that something comes again: 每年, 年度报告, 每年3月底前,
// 每季度末, 每半年, 每月5日前, 每月第3个工作日, 每月最后一个工作日, 每周五. Where it names no day
// it is the period's last, of a week the Friday. False: it says no such thing, or
// more than one Rule can hold (每月5日、20日).
func ParseRule(text string) (Rule, bool) { return parseRule(plainDate(text)) }

func parseRule(s string) (Rule, bool) {
	if m := weekRule.FindStringSubmatch(s); m != nil {
		return Rule{Every: EveryWeek, On: OnDay, N: weekdayOf(m[1], 5)}, true
	}
	every, rest := Every(""), ""
	if m := dayRule.FindStringSubmatch(s); m != nil {
		every, rest = everyWord[m[1]], m[2]
	} else if m := quarters.FindStringSubmatch(s); m != nil {
		every, rest = EveryQuarter, m[1]
	} else if annual.MatchString(s) {
		every = EveryYear
	} else if months.MatchString(s) {
		every = EveryMonth
	} else {
		return Rule{}, false
	}
	r := Rule{Every: every}
	rest = tailOfRule.ReplaceAllString(rest, "")
	if m := inMonth.FindStringSubmatch(rest); m != nil && every == EveryYear {
		r.Month, _ = strconv.Atoi(m[1])
		rest = rest[len(m[0]):]
	} else if m := inPeriod.FindStringSubmatch(rest); m != nil && every != EveryMonth {
		r.Month, _ = strconv.Atoi(m[1])
		if strings.HasPrefix(m[0], "首") {
			r.Month = 1
		}
		rest = rest[len(m[0]):]
	}
	if !r.day(rest) {
		return Rule{}, false
	}
	return r, r.check() == nil
}

// day reads which day of the month is meant.
func (r *Rule) day(s string) bool {
	number := func(m []string) int {
		n, _ := strconv.Atoi(strings.Join(m[1:], ""))
		return n
	}
	if m := dayPart.FindStringSubmatch(s); m != nil {
		r.On, r.N = OnDay, number(m)
	} else if m := workWord.FindStringSubmatch(s); m != nil {
		r.On, r.N = OnWorkday, number(m)
	} else if m := lastWork.FindStringSubmatch(s); m != nil {
		r.On, r.N = OnWorkday, -max(1, number(m))
	} else {
		return endWord.MatchString(s)
	}
	return true
}

// weekdayOf reads 1 to 7, 日, 天 or 末 for the Friday; otherwise if it is empty.
func weekdayOf(s string, otherwise int) int {
	switch s {
	case "":
		return otherwise
	case "日", "天":
		return weekDays
	case "末":
		return otherwise
	}
	return int(s[0] - '0')
}

var numeral = regexp.MustCompile(`[零〇○一二两三四五六七八九十廿卅]+`)

// plainDate is the text folded, without white space, with Arabic digits for Chinese
// numerals: 二〇二六年十二月底 is 2026年12月底.
func plainDate(s string) string {
	s = strings.Join(strings.Fields(zh.Fold(s)), "")
	return numeral.ReplaceAllStringFunc(s, func(n string) string {
		if v, ok := zh.Number(n); ok {
			return strconv.Itoa(v)
		}
		return n
	})
}
