package holidays

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/index/doc"
	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Reading is what a text or a table says of a year's days.
type Reading struct {
	Year   int                   `json:"year"`
	Days   []calendar.Correction `json:"days"`             // by date, from the December before
	Unread []string              `json:"unread,omitempty"` // what speaks of days and was not understood, as it was written
}

// whole reports whether the reading is of the year's holidays, and not of a few days.
func (rd Reading) whole() bool {
	for _, m := range []time.Month{time.January, time.May, time.October} { // as calendar.Known
		if !slices.ContainsFunc(rd.Days, func(k calendar.Correction) bool {
			return k.Off && k.Date == calendar.Date{Y: rd.Year, M: m, D: 1}
		}) {
			return false
		}
	}
	return true
}

// And joins two readings of a year, as of a text that was sent in parts. What was not
// understood of a holiday, and is in the second, is mended.
func (rd Reading) And(more Reading) Reading {
	rd.Days = laidOver(rd.Days, more.Days)
	mended := func(s string) bool {
		return slices.Contains(more.Unread, s) || slices.ContainsFunc(more.Days, func(k calendar.Correction) bool {
			return k.Name != "" && strings.Contains(s, k.Name)
		})
	}
	rd.Unread = append(slices.DeleteFunc(slices.Clone(rd.Unread), mended), more.Unread...)
	return rd
}

// yearly are the holidays that every year has.
var yearly = []string{"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}

// missing lists those that are not among the days off; none of days without names.
func missing(days []calendar.Correction) (names []string) {
	all := ""
	for _, k := range days {
		if k.Off {
			all += k.Name
		}
	}
	for _, name := range yearly {
		if all != "" && !strings.Contains(all, name) {
			names = append(names, name)
		}
	}
	return names
}

// Read reads a notice as calendar.ParseNotice does. With year 0 it is that of the
// title, else the one of which the most is understood, as weekdays tell: the next
// year before this one in its second half. Errors are ParseNotice's; the reading
// then has what was not understood.
func Read(text string, year int, today calendar.Date) (Reading, error) {
	years := []int{year}
	if y, ok := calendar.NoticeYear(text); ok && year == 0 {
		years = []int{y}
	} else if year == 0 {
		years = []int{today.Y, today.Y + 1}
		if today.M > time.June {
			slices.Reverse(years)
		}
	}
	var best Reading
	var fault error
	for i, y := range years {
		days, unread, err := calendar.ParseNotice(y, text)
		if i == 0 || len(unread) < len(best.Unread) || len(unread) == len(best.Unread) && len(days) > len(best.Days) {
			best, fault = Reading{y, days, unread}, err
		}
	}
	return best, fault
}

// ReadFile reads a notice from a document, and days from a table: a workbook or csv
// file with the columns 日期 and 安排, and 名称 if there are names. problems are the
// rows that cannot be read, for users. The error says that the file cannot be read
// (a *sheet.Error), or is Read's.
func ReadFile(name string, data []byte, today calendar.Date) (rd Reading, problems []string, err error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm", ".et", ".xls", ".csv", ".tsv":
		tables, err := sheet.Read(name, data, sheet.Limits{})
		if err != nil {
			return rd, nil, err
		}
		return readTables(tables)
	}
	d, err := doc.Read(name, data, doc.Limits{})
	if err != nil {
		return rd, nil, err
	}
	rd, err = Read(d.Text, 0, today)
	return rd, nil, err
}

// The columns of a table, as people name them.
var (
	dateTitle = regexp.MustCompile(`^(?:日期|放假日期|假日日期|date)$`)
	kindTitle = regexp.MustCompile(`^(?:安排|类型|性质|状态|放假|是否放假|放假/?上班|放假或上班|off)$`)
	nameTitle = regexp.MustCompile(`^(?:名称|节日|节假日|假日|假日名称|节日名称|name)$`)
	dayOff    = regexp.MustCompile(`^(?:放假|休假|休息|休|假|是|节假日|法定节假日|off|true|1)$`)
	dayWorked = regexp.MustCompile(`^(?:上班|调休上班|补班|调休补班|班|否|工作日|work|false|0)$`)
	brackets  = regexp.MustCompile(`\([^()]*\)`)
)

const headRows = 20 // among which the titles are

func readTables(tables []sheet.Table) (rd Reading, problems []string, err error) {
	days := map[calendar.Date]calendar.Correction{}
	years := map[int]int{}
	found := false
	for _, t := range tables {
		head, at, ok := header(t)
		if !ok {
			continue
		}
		found = true
		for _, row := range t.Rows[head+1:] {
			k, fault := readRow(row, at)
			if old, twice := days[k.Date]; fault == "" && twice && old.Off != k.Off {
				fault = textTwice(k.Date)
			}
			switch {
			case fault != "":
				problems = append(problems, textPlace(t.Name, row[at.date].Addr)+fault)
			case !k.Date.IsZero():
				days[k.Date] = k
				years[k.Date.Y]++
			}
		}
	}
	if !found {
		return rd, []string{textNoTable}, nil
	}
	for y, n := range years {
		if n > years[rd.Year] || n == years[rd.Year] && y > rd.Year {
			rd.Year = y
		}
	}
	rd.Days = laidOver(nil, slices.Collect(maps.Values(days)))
	from, to := span(rd.Year)
	for _, k := range rd.Days {
		if len(problems) == 0 && (k.Date.Before(from) || k.Date.After(to)) {
			return Reading{}, []string{textOtherYear(k.Date, rd.Year)}, nil
		}
	}
	if len(rd.Days)+len(problems) == 0 {
		return Reading{}, nil, calendar.ErrNoHolidays
	}
	return rd, problems, nil
}

// columns are where a table has what.
type columns struct{ date, kind, name int }

// header finds the row of the titles.
func header(t sheet.Table) (row int, at columns, ok bool) {
	for i, cells := range t.Rows[:min(len(t.Rows), headRows)] {
		find := func(p *regexp.Regexp) int {
			return slices.IndexFunc(cells, func(c sheet.Cell) bool { return p.MatchString(squeezed(c.Text)) })
		}
		at = columns{find(dateTitle), find(kindTitle), find(nameTitle)}
		if at.date >= 0 && at.kind >= 0 {
			return i, at, true
		}
	}
	return 0, at, false
}

func squeezed(s string) string { return strings.Join(strings.Fields(zh.Fold(s)), "") }

// readRow reads a row; fault is what is wrong with it. An empty row has neither.
func readRow(row []sheet.Cell, at columns) (k calendar.Correction, fault string) {
	date, kind := brackets.ReplaceAllString(squeezed(row[at.date].Text), ""), squeezed(row[at.kind].Text)
	if date == "" && kind == "" {
		return k, ""
	}
	y, m, d, from, to, ok := zh.ParseDate(date)
	if !ok || from != 0 || to != len([]rune(date)) {
		return k, textNoDate(row[at.date].Text)
	}
	k = calendar.Correction{Date: calendar.Date{Y: y, M: time.Month(m), D: d}, Off: dayOff.MatchString(kind)}
	if !k.Off && !dayWorked.MatchString(kind) {
		return k, textNoKind(row[at.kind].Text)
	}
	if at.name >= 0 {
		k.Name = strings.TrimSpace(row[at.name].Text)
	}
	return k, ""
}
