package activity

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Sheet is a file of activities, a row each.
type Sheet struct {
	File string
	Rows []Row
}

// Row is one activity as a sheet has it.
type Row struct {
	Sheet, Cell string // where its title stands
	Number      Number // of the activity that it is to change; 0: it is a new one
	Draft       Draft
	Unclear     []org.Problem // why it cannot be taken
	Notes       []org.Problem // what was assumed
	columns     []org.Column  // that the table has, of sheetColumns
}

// maxRows is how many rows a file may have.
const maxRows = 1000

// ReadSheet reads activities from a workbook or csv file, under any usual titles: 活动名称,
// 主办单位, 时间 (or 日期, 开始 and 结束), 地点, 名额, 报名截止, 分队, 特长, 签退, 公开, 内容. One with a
// number in 编号 changes that activity, in what the table has a column for. A row of which anything is unclear says what and where, and stops no other. The problems concern
// the file as a whole: no row of it can be taken. The error says that it cannot be read; it
// is a *sheet.Error.
func (b *Board) ReadSheet(name string, data []byte, units org.Units, today calendar.Date) (Sheet, []org.Problem, error) {
	tables, problems, err := org.ReadTables(name, data, sheetTitles, colTitle)
	if err != nil || len(problems) > 0 {
		return Sheet{}, problems, err
	}
	out := Sheet{File: name}
	for _, t := range tables {
		for _, l := range t.Rows {
			if l.Remark(colTitle, sheetTitles) {
				continue
			}
			if r := b.row(l, units, today); !r.footer(l) {
				out.Rows = append(out.Rows, r)
			}
		}
	}
	switch {
	case len(out.Rows) == 0:
		return Sheet{}, []org.Problem{{Text: textNoRow}}, nil
	case len(out.Rows) > maxRows:
		return Sheet{}, []org.Problem{{Text: textTooMany(len(out.Rows))}}, nil
	}
	return out, nil, nil
}

// IsSheet reports whether the file has a table whose header is that of activities, and says so.
func IsSheet(name string, data []byte) bool {
	for _, when := range []org.Column{colWhen, colDay, colStart} {
		if tables, _, err := org.ReadTables(name, data, surelyTitles, colTitle, when); err == nil && len(tables) > 0 {
			return true
		}
	}
	return false
}

// row reads one activity.
func (b *Board) row(l org.Line, units org.Units, today calendar.Date) Row {
	at := l.Bad(colTitle, "")
	r := Row{Sheet: at.Sheet, Cell: at.Cell, Draft: Draft{
		Title: l.Text(colTitle), Text: l.Text(colText), Brigade: l.Text(colBrigade), Place: Place{Name: l.Text(colPlace)},
		Skills: splitWords(l.Text(colSkills)), CheckOut: yes(l.Text(colOut)), Public: yes(l.Text(colPublic)),
	}}
	for _, c := range sheetColumns {
		if c != colWhen && l.Has(c) {
			r.columns = append(r.columns, c)
		}
	}
	bad := func(c org.Column, text string) { r.Unclear = append(r.Unclear, l.Bad(c, text)) }
	text := l.Text(colNumber)
	named := text != ""
	if named {
		var ok bool
		if r.Number, ok = ParseNumber(text); !ok {
			bad(colNumber, textBadActivity(text))
		}
	}
	unit := strings.Join(strings.Fields(l.Text(colUnit)), "")
	if got, ok := units.Resolve(unit); ok {
		r.Draft.Unit = got
	} else if !named || l.Has(colUnit) {
		p := l.Bad(colUnit, textNoUnit(unit))
		if several := strings.FieldsFunc(unit, func(r rune) bool { return strings.ContainsRune("、,，;；/", r) }); len(several) > 1 {
			p.Text = textOneUnit(unit)
		} else {
			p.Near = org.Near(units, unit)
		}
		r.Unclear = append(r.Unclear, p)
	}
	if l.Has(colWhen) || l.Has(colDay) || l.Has(colStart) {
		r.columns = append(r.columns, colWhen)
	}
	if !named || slices.Contains(r.columns, colWhen) {
		b.rowTime(&r, l, today)
	}
	for _, c := range []org.Column{colOut, colPublic} {
		if text := zh.Fold(strings.TrimSpace(l.Text(c))); text != "" && !yes(text) && !noWord.MatchString(text) {
			bad(c, textYesOrNo(text))
		}
	}
	if text := zh.Fold(strings.TrimSpace(l.Text(colCapacity))); text != "" && text != "不限" {
		n, ok := zh.Number(strings.TrimRight(text, "人名个"))
		if !ok || n < 1 || n > maxCapacity {
			bad(colCapacity, textBadNumber(text))
		}
		r.Draft.Capacity = n
	}
	if text := l.Text(colSignTo); text != "" {
		w, ok := ParseWhen(today, b.cal.Location(), text)
		if day, isDay := b.dayOnly(today, text); !ok && isDay {
			w.Start, ok = day.At(23, 59, b.cal.Location()), true
		}
		if !ok || !w.End.IsZero() {
			bad(colSignTo, textBadWhen(text))
		}
		r.Draft.SignTo = w.Start
	}
	r.Draft = r.Draft.in(b.cal.Location())
	if len(r.Unclear) == 0 && r.Number == 0 {
		switch d := r.Draft; {
		case d.Title == "":
			bad(colTitle, textNoTitle)
		case d.SignTo.After(d.End):
			bad(colSignTo, textLateSign(l.Text(colSignTo)))
		case d.check() != nil:
			bad(colTitle, Tell(d.check()))
		}
	}
	return r
}

// footer reports a row that is no activity: a sum, who filled the table in.
func (r Row) footer(l org.Line) bool {
	return r.Draft.Start.IsZero() && l.Text(colNumber) == "" && l.Text(colUnit) == "" &&
		(r.Draft.Title == "" || footWord.MatchString(zh.Fold(r.Draft.Title)))
}

var footWord = regexp.MustCompile(`^(?:(?:合|总|小|共)\s*计|填表|制表|审核|联系|注:|备注)`)

// rowTime reads when it is: from one cell, or from a day and times.
func (b *Board) rowTime(r *Row, l org.Line, today calendar.Date) {
	col, text := colWhen, l.Text(colWhen)
	if text == "" && !(l.Has(colWhen) && l.Text(colDay)+l.Text(colStart) == "") {
		col = colStart
		if l.Text(colStart) == "" {
			col = colDay
		}
		text = strings.Join([]string{l.Text(colDay), l.Text(colStart)}, " ")
		if end := l.Text(colEnd); end != "" {
			text += " - " + end
		}
	}
	w, ok := ParseWhen(today, b.cal.Location(), text)
	switch {
	case strings.TrimSpace(text) == "":
		r.Unclear = append(r.Unclear, l.Bad(col, textNoTime))
	case !ok && !w.End.IsZero():
		r.Unclear = append(r.Unclear, l.Bad(col, textBackwards(text)))
	case !ok:
		r.Unclear = append(r.Unclear, l.Bad(col, textBadWhen(text)))
	case w.Every != "" && r.Number != 0:
		r.Unclear = append(r.Unclear, l.Bad(col, textSeriesRow(r.Number)))
	case w.End.IsZero():
		r.Unclear = append(r.Unclear, l.Bad(col, textNoEnd(text)))
	case w.Assumed:
		r.Notes = append(r.Notes, l.Bad(col, textAssumed(text, w)))
	}
	r.Draft.Start, r.Draft.End, r.Draft.Series.Every = w.Start, w.End, w.Every
	if ok && w.Every == "" && r.Draft.End.Before(today.At(0, 0, b.cal.Location())) {
		r.Notes = append(r.Notes, l.Bad(col, textPast(text)))
	}
}

// dayOnly reads a day without a time.
func (b *Board) dayOnly(today calendar.Date, text string) (calendar.Date, bool) {
	w, ok := ParseWhen(today, b.cal.Location(), text+" 0:00")
	return b.cal.Day(w.Start), ok
}

func splitWords(s string) []string {
	return tidy(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;； \n", r) }))
}

func yes(s string) bool { return yesWord.MatchString(zh.Fold(strings.TrimSpace(s))) }

var noWord = regexp.MustCompile(`^(?:否|不|无|没有|n|no|×|✗|x|0|-|—|内部|本单位)`)

var yesWord = regexp.MustCompile(`^(?:是|有|要|需要?|公开|面向社会|对外|y|yes|√|✓|1)`)

// SignSheet is the list to print for the venue, with lines for walk-ins. An organiser may.
func (b *Board) SignSheet(r store.Reader, n Number, by Actor) (sheet.Out, error) {
	list, err := b.Roll(r, n, false, by)
	if err != nil {
		return sheet.Out{}, err
	}
	a, err := b.Get(r, n)
	out := sheet.Out{Name: a.Heading(), Head: []string{textNo, string(colID), string(colName), string(colBrigade), textPhone, string(colIn), string(colOutAt), textSignature, textNote}}
	const walkIns = 10
	for i := range len(list) + walkIns {
		line := make([]string, len(out.Head))
		line[0] = strconv.Itoa(i + 1)
		if i < len(list) {
			e := list[i]
			note := ""
			if e.Signup.State != SignJoined {
				note = e.Signup.State.Word()
			}
			copy(line[1:], []string{string(e.Signup.Volunteer), e.Volunteer.Name, e.Volunteer.Brigade, e.Volunteer.Phone.String(), clockOf(e.In), clockOf(e.Out), "", note})
		}
		out.Rows = append(out.Rows, line)
	}
	return out, err
}

func clockOf(r *Record) string {
	if r == nil {
		return ""
	}
	return r.At.Format("15:04")
}

// ReadPaper reads a sign-in sheet that was filled in by hand and typed in, as ticks for Ticks:
// 编号 or 姓名, 签到时间, 签退时间. A mark instead of a time (√, 到) is the start, or the end, of
// the activity. Read again it gives the same nonces, so nothing is recorded twice. The
// problems are lines that say nothing sure; the error says that the file cannot be read.
func (b *Board) ReadPaper(a Activity, name string, data []byte) ([]Tick, []org.Problem, error) {
	tables, problems, err := org.ReadTables(name, data, paperTitles, colName)
	if err != nil {
		return nil, nil, err
	}
	var ticks []Tick
	for _, t := range tables {
		for _, l := range t.Rows {
			if l.Remark(colName, paperTitles) {
				continue
			}
			who := Tick{Name: l.Text(colName), Paper: true}
			if id := l.Text(colID); id != "" {
				v, ok := ParseVolunteer(id)
				if !ok {
					problems = append(problems, l.Bad(colID, textBadID(id)))
					continue
				}
				who.Volunteer = v
			}
			for _, c := range []org.Column{colIn, colOutAt} {
				text := zh.Fold(strings.TrimSpace(l.Text(c)))
				if text == "" {
					continue
				}
				tick := who
				tick.Out = c == colOutAt
				var ok bool
				if tick.At, ok = b.paperTime(a, text, tick.Out); !ok {
					problems = append(problems, l.Bad(c, textBadClock(text)))
					continue
				}
				sum := sha256.Sum256([]byte(strings.Join([]string{string(who.Volunteer), nameKey(who.Name), strconv.FormatBool(tick.Out), tick.At.String()}, sep)))
				tick.Nonce = "paper/" + hex.EncodeToString(sum[:12])
				ticks = append(ticks, tick)
			}
		}
	}
	return ticks, problems, nil
}

// paperTime reads a time of the activity's day, or a mark.
func (b *Board) paperTime(a Activity, text string, out bool) (time.Time, bool) {
	if markWord.MatchString(text) {
		if out {
			return a.End, true
		}
		return a.Start, true
	}
	if w, ok := ParseWhen(b.cal.Day(a.Start), b.cal.Location(), text); ok && w.End.IsZero() {
		return w.Start, true
	}
	w, ok := ParseWhen(b.cal.Day(a.Start), b.cal.Location(), b.cal.Day(a.Start).String()+" "+text)
	return w.Start, ok && w.End.IsZero()
}

var markWord = regexp.MustCompile(`^(?:√|✓|v|是|到|已到|签到|已签到?|已签退|离开|1)$`)

// Field is something that a register wants to know of a stint.
type Field string

// Layout says which columns a register wants: its own title, and what stands below it.
type Layout []LayoutColumn

// LayoutColumn is one of them: a field, or the same words in each row.
type LayoutColumn struct {
	Title string
	Field Field // empty: Words
	Words string
}

// DefaultLayout has every field under its own name.
var DefaultLayout = func() (l Layout) {
	for _, f := range Fields {
		l = append(l, LayoutColumn{Title: string(f), Field: f})
	}
	return l
}()

// ParseLayout reads a layout, a column on each line: 志愿者姓名 = 姓名, 服务类型 = "公共文化". Lines
// that begin with # are notes. The problems say which lines cannot be read.
func ParseLayout(text string) (l Layout, problems []org.Problem) {
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		title, value, ok := strings.Cut(strings.ReplaceAll(line, "＝", "="), "=")
		c := LayoutColumn{Title: strings.TrimSpace(title), Field: Field(strings.TrimSpace(value))}
		words, quoted := strings.CutPrefix(strings.TrimSpace(value), `"`)
		if quoted {
			c.Field, c.Words = "", strings.TrimSuffix(words, `"`)
		}
		if !ok || c.Title == "" || !quoted && !slices.Contains(Fields, c.Field) {
			problems = append(problems, org.Problem{Cell: fmt.Sprintf("第 %d 行", i+1), Text: textBadLayout(line)})
			continue
		}
		l = append(l, c)
	}
	if len(l) == 0 && len(problems) == 0 {
		problems = []org.Problem{{Text: textNoLayout}}
	}
	return l, problems
}

// HoursSheet is the service that began on the days, the last one included, as a register wants
// it, a row for each volunteer and activity, of the unit's activities, of all if it is empty.
// The office may, and who acts for the unit. Telephone numbers are in the open for the office
// alone.
func (b *Board) HoursSheet(r store.Reader, unit string, from, to calendar.Date, l Layout, by Actor) (sheet.Out, error) {
	if !by.Office && !by.Runs(unit) {
		return sheet.Out{}, ErrForbidden
	}
	out := sheet.Out{Name: fmt.Sprintf("服务时长 %s－%s", from, to)}
	for _, c := range l {
		out.Head = append(out.Head, c.Title)
	}
	err := b.eachService(r, from, to, func(a Activity, p *person, s Service) error {
		if unit != "" && a.Unit != unit {
			return nil
		}
		v, err := b.show(p)
		if err != nil {
			return err
		}
		values := fieldsOf(a, v, s)
		if by.Office {
			values[fieldPhone] = v.Phone.Reveal()
		}
		var row []string
		for _, c := range l {
			row = append(row, cmp.Or(values[c.Field], c.Words))
		}
		out.Rows = append(out.Rows, row)
		return nil
	})
	return out, err
}
