package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/index/zh"
)

// How people write when an activity is. The patterns read folded text; activity.ParseWhen
// reads what they find.
const (
	numeralSign = `[\d零〇一二两三四五六七八九十]`
	weekdaySign = `(?:周|星期|礼拜)`
	dayWord     = `(?:\d{4}\s*(?:年|[-/.])\s*\d{1,2}\s*(?:月|[-/.])\s*\d{1,2}[日号]?|` + numeralSign + `{1,3}\s*月\s*` + numeralSign + `{1,3}[日号]?|\d{1,2}[/.]\d{1,2}|` +
		`(?:本|这个?|下个?)?` + weekdaySign + `[一二三四五六日天末]|今天|今日|今晚|明天|明日|明晚|大后天|后天|` + numeralSign + `{1,3}[日号])`
	againWord  = `每(?:个|一)?(?:` + weekdaySign + `[一二三四五六日天]|月(?:的)?\d{1,2}[日号])`
	dayNote    = `(?:\s*\(?` + weekdaySign + `([一二三四五六日天])\)?)?`
	periodWord = `(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚)?`
	clockWord  = periodWord + `\s*` + numeralSign + `{1,3}\s*(?::\s*\d{2}|[点时]\s*(?:半|整|一刻|三刻|` + numeralSign + `{1,3}分?)?)`
	rangeWord  = `\s*(?:开始)?\s*(?:[-~—–]+|到|至)\s*`
	clockPair  = `(?:` + clockWord + `(?:` + rangeWord + `(?:` + dayWord + dayAside + `[\s,，的]*)?` + clockWord + `)?|` + periodWord + `\s*\d{1,2}` + rangeWord + clockWord + `)`
	dayAside   = `(?:\s*\(?` + weekdaySign + `[一二三四五六日天]\)?)?`
	lengthWord = `(\d+(?:\.\d+)?|` + numeralSign + `{1,3}|半)\s*(?:个)?(半)?\s*(小时|钟头|分钟|分)(?:(半|` + numeralSign + `{1,3})分?钟?)?`
)

var (
	timePattern = regexp.MustCompile(`(?:(` + dayWord + `|` + againWord + `)` + dayNote + `(?:[\s,，的]*(` + clockPair + `))?|(` + clockPair + `))` +
		`(?:[\s,，]*(?:共|约|大约|时长|持续|为时)?\s*` + lengthWord + `)?`)
	lastPattern  = regexp.MustCompile(`(?:[,，\s]|一?直)*(?:到|至|[,，\s])\s*(` + dayWord + `)\s*(?:为止|止|结束)`)
	timeLabel    = regexp.MustCompile(`(?:活动|开始|举办)?(?:时间|日期)\s*(?:改为|改成|改到|改|定在|是|为|在|:)*\s*$|(?:定)?[于在]\s*$`)
	timeEnd      = regexp.MustCompile(`^\s*(?:开始|举行|举办|进行|结束)`)
	freely       = regexp.MustCompile(`^(?:$|[^\p{Han}]|[在去于到至举开结前截为]|进行)`) // may stand behind a time: 周末读书会 is none
	numberBefore = regexp.MustCompile(`\d[.:/-]?$`)                         // what follows is the rest of it
	hanNumber    = regexp.MustCompile(`([零〇一二两三四五六七八九十]{1,3})\s*([点时分月日号])`)
	againSigns   = strings.NewReplacer("星期", "周", "礼拜", "周", "个", "", "一周", "周", "号", "日", "的", "", " ", "")
	clockSigns   = strings.NewReplacer("清晨", "早上", "一刻", "15分", "三刻", "45分", "整", "", "开始", "")
)

// timing is what was said of when something is; what was left out is empty.
type timing struct {
	Day    string        `json:"day,omitempty"`    // 2026-12-06, or how often: 每周六
	Clocks string        `json:"clocks,omitempty"` // 上午9点到11点半
	Length int           `json:"length,omitempty"` // minutes, where they are said instead of the end
	Until  calendar.Date `json:"until,omitzero"`   // of what comes again
	Odd    string        `json:"odd,omitempty"`    // a weekday that the day does not have
}

// or is t with what it leaves out as in u.
func (t timing) or(u timing) timing {
	if t.Day == "" {
		t.Day, t.Odd = u.Day, u.Odd
	}
	if t.Clocks == "" {
		t.Clocks, t.Length = u.Clocks, u.Length
	}
	if t.Until.IsZero() {
		t.Until = u.Until
	}
	return t
}

// timingOf is when an activity is.
func timingOf(d activity.Draft) timing {
	t := timing{Day: d.Start.Format(time.DateOnly), Clocks: d.Start.Format("15:04") + "-", Until: d.Series.Until}
	if last := d.End.Format(time.DateOnly); last != t.Day {
		t.Clocks += last + " "
	}
	t.Clocks += d.End.Format("15:04")
	switch d.Series.Every {
	case activity.EveryWeek:
		t.Day = "每周" + string([]rune(weekSigns)[d.Start.Weekday()])
	case activity.EveryMonth:
		t.Day = "每月" + strconv.Itoa(d.Start.Day()) + "日"
	}
	return t
}

// weekSigns are the weekdays in the order of time.Weekday.
const weekSigns = "日一二三四五六"

// when is what it comes to; false: it makes no sense, or lacks the day or the time of day.
func (t timing) when(now time.Time) (w activity.When, ok bool) {
	if t.Day == "" || t.Clocks == "" {
		return w, false
	}
	clocks := clockSigns.Replace(hanNumber.ReplaceAllStringFunc(t.Clocks, func(s string) string {
		m := hanNumber.FindStringSubmatch(s)
		return strconv.Itoa(numeral(m[1])) + m[2]
	}))
	if w, ok = activity.ParseWhen(dateOf(now), now.Location(), t.Day+" "+clocks); !ok {
		return activity.When{}, false
	}
	if w.End.IsZero() && t.Length > 0 {
		w.End = w.Start.Add(time.Duration(t.Length) * time.Minute)
	}
	return w, true
}

// readTiming finds when something is in a folded text: 12月6日（周日）上午9点到11点半, 下周六
// 14:00-16:00, 每周六上午9点，2小时. from and to are where it stands. What has a day goes
// before times of day alone.
func readTiming(s string, now time.Time) (t timing, from, to int, ok bool) {
	for _, m := range timePattern.FindAllStringSubmatchIndex(s, -1) {
		if numberBefore.MatchString(s[:m[0]]) {
			continue
		}
		got, sure := timingOfMatch(s, m, now)
		switch {
		case !sure && !freely.MatchString(s[m[1]:]), got == (timing{}):
		case got.Day != "":
			return got, m[0], m[1], true
		case !ok:
			t, from, to, ok = got, m[0], m[1], true
		}
	}
	return t, from, to, ok
}

// timingOfMatch reads a match; sure says that it is a time whatever stands behind it.
func timingOfMatch(s string, m []int, now time.Time) (t timing, sure bool) {
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return s[m[2*i]:m[2*i+1]]
	}
	day := strings.Join(strings.Fields(group(1)), "")
	t.Clocks = group(3) + group(4)
	switch {
	case strings.HasPrefix(day, "每"):
		t.Day = againSigns.Replace(day)
	case day != "":
		if rest, evening := strings.CutSuffix(day, "晚"); evening {
			day = rest + "天"
			t.Clocks = strings.TrimSpace("晚上" + t.Clocks)
		}
		at, ok := dayOf(day, now)
		if !ok {
			return timing{}, false
		}
		t.Day = at.Format(time.DateOnly)
		if said := strings.ReplaceAll(group(2), "天", "日"); said != "" && said != string([]rune(weekSigns)[at.Weekday()]) {
			t.Odd = said
		}
	}
	if m[10] >= 0 {
		t.Length, _ = minutesOf([]string{group(5), group(6), group(7), group(8)})
	}
	return t, strings.ContainsAny(day, "月每") || strings.ContainsAny(t.Clocks, "-~—–到至")
}

// moment is a day, and a time of it if there is one, at the beginning of a folded text, and
// how long it is there.
func moment(s string, now time.Time) (at time.Time, clock bool, size int, ok bool) {
	m := momentPattern.FindStringSubmatch(s)
	if m == nil {
		return at, false, 0, false
	}
	day, ok := dayOf(strings.Join(strings.Fields(m[1]), ""), now)
	if !ok {
		return at, false, 0, false
	}
	t := timing{Day: day.Format(time.DateOnly), Clocks: m[3]}
	if w, ok := t.when(now); ok {
		return w.Start, true, len(m[0]), true
	}
	return day, false, len(m[0]) - len(m[3]), true
}

var momentPattern = regexp.MustCompile(`^(` + dayWord + `)` + dayNote + `(?:[\s的]*(` + clockWord + `))?`)

// minutesOf is a length of time from the groups of lengthWord.
func minutesOf(m []string) (int, bool) {
	count := func(s string) float64 {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
		if s == "半" {
			return 0.5
		}
		n, _ := zh.Number(s)
		return float64(n)
	}
	n := count(m[0])
	if m[1] == "半" {
		n += 0.5
	}
	if strings.HasPrefix(m[2], "分") {
		return int(n), m[3] == ""
	}
	n *= 60
	if m[3] == "半" {
		n += 30
	} else if m[3] != "" {
		n += count(m[3])
	}
	return int(n + 0.5), true
}
