package task

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/index/plan"
	"xietiao/index/zh"
)

// When is what a text says of a deadline.
type When struct {
	Text    string        // as it was written
	Date    calendar.Date // the last day; zero: none is said
	Assumed bool          // the text names no year: it is the next such day
	Rule    Rule          // it comes again; Date is then zero
	Open    bool          // it says that there is no end: 长期坚持
}

// ParseDeadline reads a deadline in words: 2026年12月底, 12月10日前, 第四季度, 年底前, 本月底,
// 下周五, 3个工作日内, 每季度末, 长期坚持, a date in any usual form, the serial number that a
// spreadsheet has for one. today is from what 本月 and 下周 count, and what a day
// without a year comes after. False: the text cannot be read, or readers differ on
// it (6月前); there is then no date, for none is invented. No text and 待定 are no
// deadline, and true.
func ParseDeadline(cal *calendar.Calendar, today calendar.Date, text string) (When, bool) {
	w := When{Text: strings.TrimSpace(text)}
	if len(text) > maxDeadline {
		return w, false
	}
	s := strings.Trim(weekdayNote.ReplaceAllString(plainDate(text), ""), "。，,；;.、()")
	switch {
	case noDeadline.MatchString(s):
		return w, true
	case openEnded.MatchString(s):
		w.Open = true
		return w, true
	}
	if r, ok := parseRule(s); ok {
		w.Rule = r
		return w, true
	}
	if again.MatchString(s) {
		return w, false
	}
	for _, read := range []func(*calendar.Calendar, calendar.Date, string) (calendar.Date, bool){fullDate, nearDay, relative} {
		if d, ok := read(cal, today, s); ok {
			w.Date = d
			return w, true
		}
	}
	w.Date, w.Assumed = phraseDay(today, s)
	return w, !w.Date.IsZero()
}

const maxDeadline = 400 // bytes; a cell that says more is no deadline

// These read a plainDate.
var (
	weekdayNote = regexp.MustCompile(`\((?:星期|周|礼拜)[\d日天]\)`)
	noDeadline  = regexp.MustCompile(`^(?:待定(?:期限)?|未定|另行通知|另定|暂无|无|[-—/\\]+|)$`)
	openEnded   = regexp.MustCompile(`^(?:长期|常态|持续|日常|经常|长效|贯穿全年|全年(?:持续|常态|推进|开展|坚持|$)|常年)\p{Han}{0,10}$`)
	again       = regexp.MustCompile(`每|逐[年月季]|按[年月季周]|各年|之日起`)
)

// fullDate reads a whole date, and a spreadsheet's number of one.
func fullDate(_ *calendar.Calendar, _ calendar.Date, s string) (calendar.Date, bool) {
	s = edges.ReplaceAllString(s, "")
	if y, m, d, from, to, ok := zh.ParseDate(s); ok && from == 0 && to == len([]rune(s)) {
		return calendar.Date{Y: y, M: time.Month(m), D: d}, true
	}
	if m := eightDigits.FindStringSubmatch(s); m != nil {
		d, err := calendar.ParseDate(m[1] + "-" + m[2] + "-" + m[3])
		return d, err == nil
	}
	if serial.MatchString(s) {
		n, _ := strconv.Atoi(s[:5])
		return serialZero.AddDays(n), n >= serialFirst && n <= serialLast
	}
	return calendar.Date{}, false
}

var (
	edges       = regexp.MustCompile(`^(?:截止到?|截至|最迟|不迟于|于|在|到|至)?日?期?[:]?|(?:之前|以前|前|内|止|截止|截至)?(?:完成|办结|上报|报送)?$`)
	eightDigits = regexp.MustCompile(`^(20\d\d)(\d\d)(\d\d)$`)
	serial      = regexp.MustCompile(`^\d{5}(?:\.\d+)?$`)
	serialZero  = calendar.Date{Y: 1899, M: time.December, D: 30}
)

// The numbers that spreadsheets have for 2000-01-01 and 2099-12-31.
const serialFirst, serialLast = 36526, 73050

// nearDay reads days that are counted from today.
func nearDay(cal *calendar.Calendar, today calendar.Date, s string) (calendar.Date, bool) {
	if m := within.FindStringSubmatch(s); m != nil {
		return daysOn(cal, today, m[1], m[2])
	}
	s = edges.ReplaceAllString(s, "")
	if n, ok := map[string]int{"今天": 0, "今日": 0, "当天": 0, "当日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}[s]; ok {
		return today.AddDays(n), true
	}
	if m := weekDay.FindStringSubmatch(s); m != nil {
		monday := today.AddDays(1 - isoWeekday(today))
		week := strings.Count(m[1], "下")
		d := monday.AddDays(week*weekDays + weekdayOf(m[2], weekDays) - 1)
		if m[1] == "" && d.Before(today) {
			d = d.AddDays(weekDays)
		}
		return d, m[1] != "" || m[2] != ""
	}
	return calendar.Date{}, false
}

// daysOn is the day that a number of days, weeks or months ends on.
func daysOn(cal *calendar.Calendar, today calendar.Date, number, unit string) (calendar.Date, bool) {
	n, _ := strconv.Atoi(number)
	switch unit {
	case "个工作日":
		return cal.AddWorkdays(today, n), n > 0
	case "个月":
		first := addMonths(today, n)
		last := addMonths(first, 1).AddDays(-1)
		return calendar.Date{Y: first.Y, M: first.M, D: min(today.D, last.D)}, true
	case "天", "日":
		return today.AddDays(n), true
	}
	return today.AddDays(n * weekDays), true
}

var (
	weekDay = regexp.MustCompile(`^(本|这个?|下下个?|下个?)?(?:周|星期|礼拜)([1-7日天]|末|底)?$`)
	within  = regexp.MustCompile(`^(\d{1,3})(天|日|个工作日|个月|周|个星期|个周)(?:之?内|以内)(?:完成|办结|上报|报送)?$`)
)

// relative reads days of this month or quarter and the next.
func relative(_ *calendar.Calendar, today calendar.Date, s string) (calendar.Date, bool) {
	m := relativeDay.FindStringSubmatch(edges.ReplaceAllString(s, ""))
	if m == nil {
		return calendar.Date{}, false
	}
	first := calendar.Date{Y: today.Y, M: today.M, D: 1}
	months := 1
	if strings.HasPrefix(m[2], "季") {
		months = 3
		first.M = (first.M-1)/3*3 + 1
	}
	first = addMonths(first, months*strings.Count(m[1], "下"))
	last := addMonths(first, months).AddDays(-1)
	if m[3] == "" {
		return last, true
	}
	n, _ := strconv.Atoi(m[3])
	return first.AddDays(n - 1), months == 1 && n >= 1 && n <= last.D
}

var relativeDay = regexp.MustCompile(`^(本|这个?|当|下下个?|下个?)?(月|季度?)(?:份)?(?:(\d{1,2})[日号]|底|末|内)$`)

// phraseDay reads what plans know of deadlines. Where no year is named it is the
// next such day from today on, and assumed.
func phraseDay(today calendar.Date, s string) (d calendar.Date, assumed bool) {
	s = shortYear.ReplaceAllString(s, "${1}20${2}年")
	s = strings.NewReplacer("今年", "@", "本年度", "@", "本年", "@", "当年", "@").Replace(s)
	s = strings.ReplaceAll(s, "@", fmt.Sprintf("%d年", today.Y))
	s = strings.ReplaceAll(s, "明年", fmt.Sprintf("%d年", today.Y+1))
	s = strings.ReplaceAll(s, "年年", "年")
	if m := monthDay.FindStringSubmatch(s); m != nil {
		s = m[1] + "月" + m[2] + "日"
	}
	if m := dayAlone.FindStringSubmatch(s); m != nil {
		return nextDay(today, m[1])
	}
	for clause := range strings.SplitSeq(strings.NewReplacer(";", "，", "；", "，", ",", "，", "。", "，").Replace(s), "，") {
		if clause != "" && !onlyDates.MatchString(clause) && !dateFirst.MatchString(clause) {
			return calendar.Date{}, false
		}
	}
	for year := today.Y; year <= today.Y+1; year++ {
		iso := plan.DueDay(s, year)
		if iso == "" {
			continue // 2月29日 may be of the next year
		}
		d, err := calendar.ParseDate(iso)
		if err != nil {
			return calendar.Date{}, false
		}
		if named := anyYear.MatchString(s); named || !d.Before(today) {
			return d, !named
		}
	}
	return calendar.Date{}, false
}

// nextDay is the next day of that number: of this month or the next.
func nextDay(today calendar.Date, number string) (calendar.Date, bool) {
	n, _ := strconv.Atoi(number)
	for i := range 3 { // two months in a row may be too short for no day
		first := addMonths(today, i)
		if d := first.AddDays(n - 1); n >= 1 && d.M == first.M && !d.Before(today) {
			return d, true
		}
	}
	return calendar.Date{}, false
}

var (
	shortYear = regexp.MustCompile(`(^|[^\d])([2-4]\d)年`)
	anyYear   = regexp.MustCompile(`20\d\d`)
	monthDay  = regexp.MustCompile(`^(1?\d)[-/.]([123]?\d)$`)
	dayAlone  = regexp.MustCompile(`^([123]?\d)[日号](?:之?前|以前|内)?$`)
	// onlyDates is a clause of dates and what may stand about them.
	onlyDates = regexp.MustCompile(`^[\d年月日号份第季度上中下半旬底末初之以前内完成办结上报送截止至到于在起即不迟最力争确保、:：./~()—-]+$`)
	// dateFirst is one that begins with a limit: 6月底前完成初稿.
	dateFirst = regexp.MustCompile(`^(?:在|于|到|至|力争|确保|不迟于|最迟)?[\d年月日号份第季度上中下半旬]+(?:底|末|内|之|以)*(?:前|底|末|内)\p{Han}{0,20}$`)
)
