package activity

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/index/zh"
)

// When is what a text says of an activity's time.
type When struct {
	Start   time.Time
	End     time.Time // zero: not said
	Every   Every     // it comes again; Start is then the first
	Assumed bool      // the day was said without its year: it is the next such day
}

// ParseWhen reads a time as organisers write it: 2026年5月1日上午9点至11点, 5月1日 9:00-11:00,
// 2026/5/1 14:00 至 2026/5/2 17:00, 明天下午2点到4点, 下周六 9:30-11:30, 每周六 9:00-11:00,
// 每月15日 19:00-21:00. today is from what 明天 counts. False: it cannot be read; nothing is
// made up for a time of day that is missing, or is said half.
func ParseWhen(today calendar.Date, loc *time.Location, text string) (When, bool) {
	s := whenSigns.Replace(zh.Fold(text))
	if len(text) > maxWhen {
		return When{}, false
	}
	w := whenReader{today: today, rest: s}
	from, ok := w.day()
	if !ok {
		return When{}, false
	}
	to, again := w.nextDay()
	times := w.times()
	if left := strings.Trim(w.rest, "-,，、。;() "); left != "" || len(times) == 0 || len(times) > 2 || again && (len(times) < 2 || w.every != "") {
		return When{}, false
	}
	if !again {
		to = from
	}
	out := When{Start: times[0].On(from, loc), Every: w.every, Assumed: w.assumed}
	if len(times) == 2 {
		out.End = times[1].On(to, loc)
	}
	return out, out.End.IsZero() || out.End.After(out.Start)
}

const maxWhen = 200 // bytes

// longest is how long something takes that is said to end before it begins: 11点-1点.
const longest calendar.Minute = 6 * 60

// whenSigns writes what joins and what is written in several ways in one.
var whenSigns = strings.NewReplacer("—", "-", "–", "-", "~", "-", "～", "-", "至", "-", "到", "-", "：", ":", "时", "点", "星期", "周", "礼拜", "周", "號", "日", "号", "日")

var (
	dayWord   = regexp.MustCompile(`今天|今日|明天|明日|大后天|后天|今晚|明晚`)
	dayOfWeek = regexp.MustCompile(`(每|下下|下|本|这)?周([一二三四五六日天])`)
	dayOfAny  = regexp.MustCompile(`每月(\d{1,2})日`)
	monthDay  = regexp.MustCompile(`(\d{1,2})月(\d{1,2})日?`)
	dayNote   = regexp.MustCompile(`[(（]?周[一二三四五六日天][)）]?`)
	clock     = regexp.MustCompile(`(凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚)?\s*(\d{1,2})(?::(\d{2})(?::00)?|点(?:(\d{1,2})分?|(半))?)?`)
)

// whenReader takes a text apart: what it has read is out of rest.
type whenReader struct {
	today   calendar.Date
	rest    string
	every   Every
	evening bool // 今晚: the times are of the evening
	assumed bool
}

// cut takes the first match of the pattern out of the rest.
func (w *whenReader) cut(p *regexp.Regexp) []string {
	m := p.FindStringSubmatchIndex(w.rest)
	if m == nil {
		return nil
	}
	parts := make([]string, len(m)/2)
	for i := range parts {
		if m[2*i] >= 0 {
			parts[i] = w.rest[m[2*i]:m[2*i+1]]
		}
	}
	w.rest = w.rest[:m[0]] + " " + w.rest[m[1]:]
	return parts
}

// day reads the first day.
func (w *whenReader) day() (calendar.Date, bool) {
	if d, ok := w.fullDay(); ok {
		return d, true
	}
	if m := w.cut(dayOfAny); m != nil {
		n, _ := strconv.Atoi(m[1])
		d := w.today
		for range 62 {
			if d.D == n {
				w.every = EveryMonth
				return d, true
			}
			d = d.AddDays(1)
		}
		return calendar.Date{}, false
	}
	if m := w.cut(monthDay); m != nil {
		w.cut(dayNote)
		w.assumed = true
		return w.coming(m[1], m[2])
	}
	if m := w.cut(dayWord); m != nil {
		w.evening = strings.HasSuffix(m[0], "晚")
		n := map[string]int{"明": 1, "后": 2, "大": 3}[string([]rune(m[0])[0])]
		return w.today.AddDays(n), true
	}
	if m := w.cut(dayOfWeek); m != nil {
		return w.weekday(m[1], m[2]), true
	}
	return calendar.Date{}, false
}

// fullDay reads a day with its year.
func (w *whenReader) fullDay() (calendar.Date, bool) {
	y, m, d, from, to, ok := zh.ParseDate(w.rest)
	if !ok {
		return calendar.Date{}, false
	}
	r := []rune(w.rest)
	w.rest = string(r[:from]) + " " + string(r[to:])
	w.cut(dayNote)
	return calendar.Date{Y: y, M: time.Month(m), D: d}, true
}

// nextDay reads a second day: 5月1日 9:00 至 5月2日 17:00.
func (w *whenReader) nextDay() (calendar.Date, bool) {
	if d, ok := w.fullDay(); ok {
		return d, true
	}
	if m := w.cut(monthDay); m != nil {
		w.cut(dayNote)
		return w.coming(m[1], m[2])
	}
	return calendar.Date{}, false
}

// coming is the next such day of a year.
func (w *whenReader) coming(month, day string) (calendar.Date, bool) {
	m, _ := strconv.Atoi(month)
	n, _ := strconv.Atoi(day)
	for y := w.today.Y; y < w.today.Y+9; y++ { // 29 February can be eight years away
		d := calendar.Date{Y: y, M: time.Month(m), D: n}
		if calendar.Of(d.At(0, 0, time.UTC)) == d && !d.Before(w.today) {
			return d, true
		}
	}
	return calendar.Date{}, false
}

// weekday is a day of this week or another; without a word the next such day, today
// included.
func (w *whenReader) weekday(which, day string) calendar.Date {
	n := (strings.Index("一二三四五六日", day)/len("一") + 7) % 7 // from Monday
	if day == "天" {
		n = 6
	}
	monday := w.today.AddDays(-(int(w.today.Weekday()) + 6) % 7)
	if which == "每" {
		w.every = EveryWeek
	}
	switch which {
	case "下":
		return monday.AddDays(7 + n)
	case "下下":
		return monday.AddDays(14 + n)
	case "本", "这":
		return monday.AddDays(n)
	}
	d := monday.AddDays(n)
	if d.Before(w.today) {
		d = d.AddDays(7)
	}
	return d
}

// times reads the times of day that are left, in their order. Of 9-11点 the first has no
// sign of its own; of 下午2点-4点 the second is of the afternoon too.
func (w *whenReader) times() (list []calendar.Minute) {
	part := ""
	if w.evening {
		part = "晚"
	}
	sign := false
	for range 3 {
		m := w.cut(clock)
		if m == nil {
			break
		}
		hour, _ := strconv.Atoi(m[2])
		minute, _ := strconv.Atoi(cmp.Or(m[3], m[4]))
		if m[5] != "" {
			minute = 30
		}
		sign = sign || strings.ReplaceAll(m[0], " ", "") != m[1]+m[2]
		part = cmp.Or(m[1], part)
		t := calendar.Minute(inPart(part, hour)*60 + minute)
		if len(list) > 0 && t <= list[0] && m[1] == "" && t+12*60 <= list[0]+longest {
			t += 12 * 60
		}
		if hour > 24 || minute > 59 || t > 24*60 {
			return nil
		}
		list = append(list, t)
	}
	if !sign && part == "" {
		return nil // nothing but numbers
	}
	return list
}

// inPart is the hour of the day that is said with a part of it.
func inPart(part string, hour int) int {
	switch part {
	case "下午", "傍晚", "晚上", "晚":
		if hour < 12 {
			return hour + 12
		}
	case "中午":
		if hour < 3 {
			return hour + 12
		}
	}
	return hour
}
