package calendar

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// What ParseNotice can refuse.
var (
	// ErrNoHolidays: nothing in the text says which days are off.
	ErrNoHolidays = errors.New("calendar: no holidays in the text")
	// ErrOtherYear: the text is another year's notice.
	ErrOtherYear = errors.New("calendar: notice of another year")
)

// ParseNotice reads the State Council's yearly notice as it is pasted in:
//
//	一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
//
// and the like, from the December before to the year's end, ordered by date. A
// sentence counts wholly or not at all. It is not understood if it has other words
// than such a list of days, days that the calendar does not have, or not on the
// weekday it says, another number of days than it says, or if it contradicts one
// before. If it then speaks of being off or at work, and is numbered or names days,
// it comes back in unread, as it was written, for a person to look at.
func ParseNotice(year int, text string) (found []Correction, unread []string, err error) {
	if y, ok := NoticeYear(text); ok && y != year {
		return nil, nil, fmt.Errorf("%w: %d, not %d", ErrOtherYear, y, year)
	}
	n := notice{year: year, days: map[Date]Correction{}}
	for _, s := range sentences(text) {
		if c := compact(s); !n.read(c) && ofWork.MatchString(c) && ofDays.MatchString(c) {
			unread = append(unread, strings.TrimSpace(s))
		}
	}
	for _, d := range slices.SortedFunc(maps.Keys(n.days), Date.Compare) {
		found = append(found, n.days[d])
	}
	if len(found) == 0 {
		return nil, unread, ErrNoHolidays
	}
	return found, unread, nil
}

// NoticeYear is the year that the title of a notice names: 2026年部分节假日.
func NoticeYear(text string) (year int, ok bool) {
	m := noticeYear.FindStringSubmatch(compact(text))
	if m == nil {
		return 0, false
	}
	year, err := strconv.Atoi(m[1])
	return year, err == nil
}

const oneDay = `(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\(([^()]*)\))?`

var (
	noticeYear = regexp.MustCompile(`(\d{4})年部分节假日`)
	ofWork     = regexp.MustCompile(`放假|休|上班`)
	ofDays     = regexp.MustCompile(`^[一二三四五六七八九十]{1,3}、|\d[日天]`)
	// heading is 一、元旦: or the half of it.
	heading = regexp.MustCompile(`^(?:[一二三四五六七八九十]{1,3}、|\d{1,2}[.、])?(?:([\p{Han}、]{2,20}):)?`)
	days    = regexp.MustCompile(`^[、,和]?` + oneDay + `(?:[至到~—-]+` + oneDay + `)?`)
	verb    = regexp.MustCompile(`^(放假调休|放假|补休|上班)`)
	remark  = regexp.MustCompile(`^,?(?:共?(\d{1,2})天|与周末连休|不调休)`)
	weekday = regexp.MustCompile(`(?:周|星期)([一二三四五六日天])`)
)

// sentences splits a text. A line goes on in the next one unless that has a heading
// or is empty.
func sentences(text string) []string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || heading.FindString(compact(line)) != "" {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune("。；;！!\n", r) })
}

// compact is the text in half width and without white space.
func compact(s string) string { return strings.Join(strings.Fields(width.Fold.String(s)), "") }

// notice is what was read so far.
type notice struct {
	year int
	name string // of the last heading
	days map[Date]Correction
}

// read reads one compact sentence, wholly or not at all.
func (n *notice) read(s string) bool {
	if m := heading.FindStringSubmatch(s); m[0] != "" {
		s = s[len(m[0]):]
		n.name = m[1]
	}
	found := map[Date]Correction{}
	for s != "" {
		var list []Date
		var ok bool
		if list, s, ok = n.list(s); !ok {
			return false
		}
		m := verb.FindString(s)
		if m == "" {
			return false
		}
		s = s[len(m):]
		if s, ok = remarks(s, len(list)); !ok {
			return false
		}
		for _, d := range list {
			found[d] = Correction{Date: d, Off: m != "上班", Name: n.name}
		}
	}
	for d, k := range found {
		if old, ok := n.days[d]; ok && old.Off != k.Off {
			return false
		}
	}
	maps.Copy(n.days, found)
	return true
}

// list reads the days at the beginning of s, and gives the rest.
func (n *notice) list(s string) (list []Date, rest string, ok bool) {
	at := Date{Y: n.year}
	for {
		m := days.FindStringSubmatch(s)
		if m == nil {
			return list, s, len(list) > 0
		}
		s = s[len(m[0]):]
		from, ok := n.day(m[1:5], Date{Y: n.year, M: at.M})
		if !ok {
			return nil, "", false
		}
		at = from
		if m[7] != "" {
			if at, ok = n.day(m[5:9], from); !ok {
				return nil, "", false
			}
		}
		const longest = 31
		if length := at.number() - from.number(); length < 0 || length > longest {
			return nil, "", false
		}
		for d := from; !d.After(at); d = d.AddDays(1) {
			list = append(list, d)
		}
	}
}

// day reads year, month, day and what is in brackets; what is left out is as in the
// day before it.
func (n *notice) day(m []string, before Date) (Date, bool) {
	d := before
	if m[0] != "" {
		d.Y, _ = strconv.Atoi(m[0])
	}
	if m[1] != "" {
		month, _ := strconv.Atoi(m[1])
		d.M = time.Month(month)
	}
	d.D, _ = strconv.Atoi(m[2])
	inYear := d.Y == n.year || d.Y == n.year-1 && d.M == time.December
	if !inYear || !d.valid() {
		return Date{}, false
	}
	w := weekday.FindStringSubmatch(m[3])
	return d, w == nil || weekdays[w[1]] == d.Weekday()
}

var weekdays = map[string]time.Weekday{
	"一": time.Monday, "二": time.Tuesday, "三": time.Wednesday, "四": time.Thursday,
	"五": time.Friday, "六": time.Saturday, "日": time.Sunday, "天": time.Sunday,
}

// remarks steps over 共3天 and the like; it is not ok if that is another number.
func remarks(s string, count int) (rest string, ok bool) {
	for {
		m := remark.FindStringSubmatch(s)
		if m == nil {
			return s, true
		}
		if m[1] != "" && m[1] != strconv.Itoa(count) {
			return "", false
		}
		s = s[len(m[0]):]
	}
}
