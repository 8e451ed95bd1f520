package task

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/plan"
	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Sheet is what a file, or a plan, says of tasks: a row each.
type Sheet struct {
	File  string
	Rows  []Row
	Notes []org.Problem // what was passed over
}

// Row is one task as a sheet has it.
type Row struct {
	Sheet, Cell string // where its words stand
	No          string // as it is printed
	Draft       Draft
	Unclear     []org.Problem // why it cannot be taken
	Notes       []org.Problem // what was assumed, and left out
}

// Limits on sheets, against files that are no lists of tasks.
const (
	headRows  = 20   // rows among which the header must be
	maxRows   = 2000 // tasks of one file
	shownCell = 30   // characters of a cell in a message
	longCell  = 800  // characters of a cell of units
	wholeLine = 80   // characters of a task that is its own title
)

// ReadSheet reads a task sheet as offices make them, a workbook or csv file: below a
// header near the top with the tasks, their units, and deadlines if there is a column
// for them, under any usual titles. Titles, headings, sums and notes are no tasks, a
// cell merged over several rows counts in each. 同上 is what stands above. Deadlines
// count from today.
//
// A row of which anything is unclear says what and where, and stops no other. The
// problems concern the file as a whole: no row of it can be taken. The error says
// that it cannot be read; it is a *sheet.Error.
func (b *Board) ReadSheet(name string, data []byte, units org.Units, today calendar.Date) (Sheet, []org.Problem, error) {
	tables, err := sheet.Read(name, data, sheet.Limits{})
	if err != nil {
		return Sheet{}, nil, fmt.Errorf("task sheet: %w", err)
	}
	sr := sheetReader{parties: parties{units}, cal: b.Calendar(), today: today, out: Sheet{File: name}}
	var without []org.Problem
	for _, t := range tables {
		if !sr.table(t) {
			without = append(without, org.Problem{Sheet: t.Name, Text: textNoHeader})
		}
	}
	switch {
	case len(units.Names()) == 0:
		return Sheet{}, []org.Problem{{Text: textNoUnits}}, nil
	case len(without) == len(tables):
		return Sheet{}, without, nil
	case len(sr.out.Rows) == 0:
		return Sheet{}, []org.Problem{{Text: textNoTask}}, nil
	case len(sr.out.Rows) > maxRows:
		return Sheet{}, []org.Problem{{Text: textTooMany(len(sr.out.Rows))}}, nil
	}
	sr.out.Notes = append(sr.out.Notes, without...)
	markTwins(sr.out.Rows)
	return sr.out, nil, nil
}

// IsSheet reports whether the file has a table whose header is a task sheet's: tasks,
// their units, and until when.
func IsSheet(name string, data []byte) bool {
	tables, err := sheet.Read(name, data, sheet.Limits{})
	return err == nil && slices.ContainsFunc(tables, func(t sheet.Table) bool {
		var sr sheetReader
		_, ok := sr.header(t)
		return ok && sr.when >= 0
	})
}

// Today is the day of the store's clock.
func (b *Board) Today(r store.Reader) calendar.Date { return calendar.Of(b.now(r)) }

// sheetReader reads the tables of one file.
type sheetReader struct {
	parties
	cal   *calendar.Calendar
	today calendar.Date
	out   Sheet

	name   string // of the sheet at hand
	titles []string
	kinds  []plan.Column
	text   int // column of the task's words
	when   int // column of the deadline, -1: none
	rows   [][]sheet.Cell
	at     int          // the row at hand
	group  string       // heading above the row
	above  []sheet.Cell // the row before, for 同上
}

// table reads one sheet; false: it has no header.
func (sr *sheetReader) table(t sheet.Table) bool {
	below, ok := sr.header(t)
	if !ok {
		return false
	}
	sr.name, sr.group, sr.above, sr.rows = t.Name, "", nil, t.Rows
	for i, cells := range t.Rows[below:] {
		sr.at = below + i
		cells = sr.ditto(cells)
		switch heading, is := sr.lone(cells); {
		case is:
			if headingMark.MatchString(heading.Text) {
				sr.group = flow(heading.Text)
			} else if heading.Text != "" {
				sr.note(heading, textNoted(heading.Text))
			}
		case sr.again(cells) || totals.MatchString(flow(cells[0].Text)):
		default:
			sr.row(cells)
		}
	}
	return true
}

// headingMark begins a heading within a table; totals is the first cell of sums.
var (
	headingMark = regexp.MustCompile(`^(?:第?[一二三四五六七八九十]+[、.．章节部]|[（(][一二三四五六七八九十]+[)）])`)
	totals      = regexp.MustCompile(`^(?:合|总|小|共)计[:：]?$`)
)

// header finds the header, one row or two, and the row below it.
func (sr *sheetReader) header(t sheet.Table) (below int, ok bool) {
	for i := range min(headRows, len(t.Rows)) {
		names := cellTexts(t.Rows[i])
		if distinct(t.Rows[i]) < 2 || slices.ContainsFunc(names, func(s string) bool { return long(s, shownCell) }) {
			continue // a title
		}
		next := i + 1
		if next < len(t.Rows) && lowerHeader(t.Rows[next]) {
			for c, cell := range t.Rows[next] {
				if cell.Text != "" && !cell.Copied {
					names[c] = flow(cell.Text)
				}
			}
			next++
		}
		if sr.kinds, sr.text, ok = plan.ReadHeaders(names); ok {
			sr.titles, sr.when = names, whenColumn(names, sr.kinds)
			return next, true
		}
	}
	return 0, false
}

// lowerHeader reports whether a row carries on the header above it: with finer
// columns, or as a header of its own below one of groups.
func lowerHeader(cells []sheet.Cell) bool {
	finer, tasks := false, false
	for _, c := range cells {
		if c.Text == "" || c.Copied {
			continue
		}
		kind, known := plan.ReadHeader(flow(c.Text))
		if !known {
			return false
		}
		finer, tasks = true, tasks || kind == plan.ColText
	}
	if tasks {
		_, _, finer = plan.ReadHeaders(cellTexts(cells))
		return finer
	}
	return finer || slices.ContainsFunc(cells, func(c sheet.Cell) bool { return c.Copied }) && distinct(cells) == 0
}

// whenColumn picks the column that says until when, of several about time.
func whenColumn(names []string, kinds []plan.Column) int {
	first := slices.Index(kinds, plan.ColWhen)
	for c, k := range kinds {
		if k == plan.ColWhen && untilWhen.MatchString(names[c]) {
			return c
		}
	}
	return first
}

var untilWhen = regexp.MustCompile(`时限|期限|完成|截[止至]|办结`)

// distinct counts the cells that have a text of their own.
func distinct(cells []sheet.Cell) (n int) {
	for _, c := range cells {
		n += count(c.Text != "" && !c.Copied)
	}
	return n
}

func cellTexts(cells []sheet.Cell) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = flow(c.Text)
	}
	return texts
}

// ditto writes out what only refers to the row above.
func (sr *sheetReader) ditto(cells []sheet.Cell) []sheet.Cell {
	cells = slices.Clone(cells)
	for i := range cells {
		if sr.above != nil && asAbove.MatchString(flow(cells[i].Text)) {
			cells[i].Text = sr.above[i].Text
		}
	}
	if distinct(cells) > 1 {
		sr.above = cells
	}
	return cells
}

var asAbove = regexp.MustCompile(`^(?:同上|同前|〃|″|”|")$`)

// lone reports a row that is no task: empty, numbered in advance, or with one text
// alone, merged or not, which is a heading or a note. A text alone in a column that
// says something of a task is one, of which the rest is missing.
func (sr *sheetReader) lone(cells []sheet.Cell) (only sheet.Cell, ok bool) {
	at, texts := -1, 0
	for i, c := range cells {
		if c.Text == "" || c.Copied {
			continue
		}
		if sr.kinds[i] == plan.ColNo && (at >= 0 || rowNumber.MatchString(flow(c.Text))) {
			continue
		}
		at, texts = i, texts+1
	}
	switch {
	case texts == 0:
		return sheet.Cell{}, true
	case texts > 1:
		return sheet.Cell{}, false
	}
	only = cells[at]
	spread := slices.ContainsFunc(cells, func(c sheet.Cell) bool { return c.Copied && c.Origin == only.Addr })
	numbered := slices.ContainsFunc(cells, func(c sheet.Cell) bool { return c.Text != "" && c.Addr != only.Addr && c.Origin != only.Addr })
	kind := sr.kinds[at]
	saysMore := kind != plan.ColNo && kind != plan.ColExtra && (at != sr.text && kind != plan.ColTitle || !headingMark.MatchString(only.Text))
	return only, spread && !numbered || !numbered && !saysMore || numbered && kind == plan.ColExtra
}

var rowNumber = regexp.MustCompile(`^[(（]?[\d０-９]{1,5}[)）.．、]?$`)

// again reports the header once more, as printed on each page.
func (sr *sheetReader) again(cells []sheet.Cell) bool {
	for i, c := range cells {
		if c.Text != "" && flow(c.Text) != sr.titles[i] {
			return false
		}
	}
	return true
}

func (sr *sheetReader) problem(c sheet.Cell, text string) org.Problem {
	return org.Problem{Sheet: sr.name, Cell: c.Addr, Text: text}
}

func (sr *sheetReader) note(c sheet.Cell, text string) {
	sr.out.Notes = append(sr.out.Notes, sr.problem(c, text))
}

// row reads one task.
func (sr *sheetReader) row(cells []sheet.Cell) {
	words := cells[sr.text]
	r := Row{Sheet: sr.name, Cell: words.Addr}
	sr.words(&r, cells)
	var when string
	r.Draft.Leads, r.Draft.Supports, when = sr.hands(&r, cells)
	at := words
	if sr.when >= 0 {
		at = cells[sr.when]
		when = cmp.Or(at.Text, when)
	}
	sr.deadline(&r, at, when)
	for i, kind := range sr.kinds {
		switch text := flow(cells[i].Text); {
		case kind == plan.ColNo && text != "":
			r.No = zh.Fold(text)
		case kind == plan.ColExtra && remarkTitle.MatchString(sr.titles[i]):
			r.Draft.Remark = text
		case kind == plan.ColExtra && sourceTitle.MatchString(sr.titles[i]):
			r.Draft.Source = parseSource(strings.TrimSpace(cells[i].Text))
		}
	}
	sr.out.Rows = append(sr.out.Rows, r.checked(sr.problem(words, "")))
}

var (
	remarkTitle = regexp.MustCompile(`^(?:备注|说明)`)
	sourceTitle = regexp.MustCompile(`^(?:任务|文件|条款)?(?:来源|依据|出处)`)
)

// words sets what is to be done: a name of its own stands before the words, a
// heading and a name that several rows share above them.
func (sr *sheetReader) words(r *Row, cells []sheet.Cell) {
	text, title := flow(cells[sr.text].Text), ""
	heads := []string{sr.group}
	for i, kind := range sr.kinds {
		if kind != plan.ColTitle || cells[i].Text == "" {
			continue
		}
		if sharedTitle.MatchString(sr.titles[i]) || sr.shared(i) {
			heads = append(heads, flow(cells[i].Text))
		} else {
			title = flow(cells[i].Text)
		}
	}
	text = leadingNumber.ReplaceAllString(text, "$1")
	if text == "" {
		text, title = title, ""
	}
	r.Draft.Title, r.Draft.Text = titled(title, text)
	heads = slices.DeleteFunc(append(heads, r.Draft.Text), func(s string) bool { return s == "" })
	r.Draft.Text = strings.Join(heads, "\n")
	if r.Draft.Title == "" {
		r.Unclear = append(r.Unclear, sr.problem(cells[sr.text], textNoTitle))
	}
}

// shared reports whether the row's neighbours have the same words in the column,
// merged or repeated.
func (sr *sheetReader) shared(col int) bool {
	text := func(row int) string {
		if row < 0 || row >= len(sr.rows) {
			return ""
		}
		return sr.rows[row][col].Text
	}
	return text(sr.at) == text(sr.at-1) || text(sr.at) == text(sr.at+1)
}

var (
	sharedTitle   = regexp.MustCompile(`类|领域|板块|方面|一级|专项|大项|总体`)
	leadingNumber = regexp.MustCompile(`^(?:[(（]\d{1,3}[)）]|\d{1,3}[.．、])([^\d]|$)`)
)

// titled makes a title of the words if there is none; the text is what it leaves out.
func titled(title, words string) (string, string) {
	switch {
	case title != "" && title != words:
		if !long(title, maxTitle) {
			return title, words
		}
		words = title + "\n" + words
	case !long(words, wholeLine):
		return words, ""
	}
	r := []rune(words)
	const least = 6
	for i := wholeLine; i > least; i-- {
		if strings.ContainsRune("。；;\n", r[i]) {
			return string(r[:i]), words
		}
	}
	for i := wholeLine; i > least; i-- {
		if strings.ContainsRune("，,：:", r[i]) {
			return string(r[:i]), words
		}
	}
	return string(r[:wholeLine]) + "…", words
}

// hands reads who does it, from all columns that say so.
func (sr *sheetReader) hands(r *Row, cells []sheet.Cell) (leads, supports []string, when string) {
	var all []hand
	last := cells[sr.text]
	for i, kind := range sr.kinds {
		if !unitColumn(kind) {
			continue
		}
		last = cells[i]
		if i > 0 && unitColumn(sr.kinds[i-1]) && cells[i].Copied && cmp.Or(cells[i-1].Origin, cells[i-1].Addr) == cells[i].Origin {
			continue // merged over both columns
		}
		got, t, unclear, notes := sr.find(kind, sr.titles[i], cells[i].Text)
		all, when = append(all, got...), cmp.Or(when, t)
		for _, p := range unclear {
			p.Sheet, p.Cell = sr.name, cells[i].Addr
			r.Unclear = append(r.Unclear, p)
		}
		for _, p := range notes {
			p.Sheet, p.Cell = sr.name, cells[i].Addr
			r.Notes = append(r.Notes, p)
		}
	}
	leads, supports = sides(all)
	if len(leads) == 0 && len(r.Unclear) == 0 {
		r.Unclear = append(r.Unclear, sr.problem(last, textNoLead))
	}
	return leads, supports, when
}

func unitColumn(k plan.Column) bool {
	return k == plan.ColLead || k == plan.ColDuty || k == plan.ColSupport || k == plan.ColUnit
}

// deadline reads until when.
func (sr *sheetReader) deadline(r *Row, at sheet.Cell, text string) {
	w, ok := ParseDeadline(sr.cal, sr.today, text)
	switch {
	case !ok:
		r.Unclear = append(r.Unclear, sr.problem(at, textBadDeadline(text)))
	case w.Assumed:
		r.Notes = append(r.Notes, sr.problem(at, textAssumed(text, w)))
	case !w.Date.IsZero() && w.Date.Before(sr.today):
		r.Notes = append(r.Notes, sr.problem(at, textPast(w)))
	}
	r.Draft.setDeadline(w)
}

func (d *Draft) setDeadline(w When) {
	d.Deadline, d.DeadlineText, d.Rule = w.Date, w.Text, w.Rule
}

// checked adds what else of the draft cannot be kept.
func (r Row) checked(at org.Problem) Row {
	if len(r.Unclear) > 0 {
		return r
	}
	switch units := len(r.Draft.Leads) + len(r.Draft.Supports); {
	case units > maxUnits:
		at.Text = textManyUnits(units)
	case r.Draft.check() != nil:
		at.Text = textLongRow
	default:
		return r
	}
	r.Unclear = append(r.Unclear, at)
	return r
}

// markTwins makes a row unclear that says the same as one before it.
func markTwins(rows []Row) {
	first := map[string]Row{}
	for i, r := range rows {
		key := Key(append([]string{r.Draft.Title, r.Draft.Text, r.Draft.DeadlineText}, r.Draft.Leads...)...)
		if before, twice := first[key]; twice && len(r.Unclear) == 0 {
			rows[i].Unclear = []org.Problem{{Sheet: r.Sheet, Cell: r.Cell, Text: textTwin(before)}}
		} else if !twice {
			first[key] = r
		}
	}
}

// flow joins the lines of a cell: what only breaks a Chinese text goes, between words
// of other scripts a space stays.
func flow(s string) string {
	var b strings.Builder
	gap := false
	prev := ' '
	for _, r := range s {
		if unicode.IsSpace(r) || r == utf8.RuneError {
			gap = true
			continue
		}
		if gap && prev < utf8.RuneSelf && prev != ' ' && r < utf8.RuneSelf {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		gap, prev = false, r
	}
	return b.String()
}

// parties resolves the units that texts name.
type parties struct{ units org.Units }

// hand is a unit with the part it takes.
type hand struct {
	unit string
	part plan.Column
}

// find reads a cell's units. What names none is unclear, save groups that support:
// they are noted and left out.
func (p parties) find(kind plan.Column, title, cell string) (found []hand, when string, unclear, notes []org.Problem) {
	if long(cell, longCell) {
		return nil, "", []org.Problem{{Text: textNoUnitIn(cell)}}, nil
	}
	named, when := plan.ReadParties(kind, title, cell)
	if len(named) == 0 && when == "" && !nobody.MatchString(flow(cell)) {
		return nil, "", []org.Problem{{Text: textNoUnitIn(cell)}}, nil
	}
	for _, n := range named {
		for _, name := range p.pieces(n.Name) {
			switch unit, ok := p.resolve(name); {
			case ok:
				found = append(found, hand{unit, n.Part})
			case allMembers.MatchString(flow(name)):
				for _, unit := range p.units.Names() {
					found = append(found, hand{unit, n.Part})
				}
			case n.Part == plan.ColSupport && someGroup.MatchString(name):
				notes = append(notes, org.Problem{Text: textGroup(name)})
			default:
				unclear = append(unclear, org.Problem{Text: textUnknownUnit(name), Near: org.Near(p.units, name)})
			}
		}
	}
	if len(notes) == 0 && etc.MatchString(flow(cell)) {
		notes = append(notes, org.Problem{Text: textEtc(cell)})
	}
	return found, when, unclear, notes
}

// ReadUnits reads units as people write them into a field, 市教育局、市文化馆, by any of
// their names and each once; 各成员单位 is all. The problems are names that are none.
func ReadUnits(units org.Units, text string) (names []string, problems []org.Problem) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	found, _, problems, _ := parties{units}.find(plan.ColLead, "", strings.NewReplacer("，", "、", ",", "、", "；", "、", ";", "、", "\n", "、").Replace(text))
	for _, h := range found {
		if !slices.Contains(names, h.unit) {
			names = append(names, h.unit)
		}
	}
	return names, problems
}

// pieces is a name, or the names that were taken for one: 各镇街、市科协.
func (p parties) pieces(name string) []string {
	if _, ok := p.resolve(name); ok {
		return []string{name}
	}
	return strings.FieldsFunc(name, func(r rune) bool { return r == '、' })
}

// resolve finds the unit of a name, also of one with an office of its own behind it:
// 市教育局（办公室）.
func (p parties) resolve(name string) (string, bool) {
	name = flow(name)
	if unit, ok := p.units.Resolve(name); ok {
		return unit, true
	}
	if bare := closing.ReplaceAllString(name, ""); bare != "" && bare != name {
		return p.units.Resolve(bare)
	}
	return "", false
}

var (
	nobody     = regexp.MustCompile(`^[-—/\\无]*$`)
	allMembers = regexp.MustCompile(`^(?:协调组)?(?:各|全体|所有)(?:协调组)?成员(?:单位|部门)?$`)
	someGroup  = regexp.MustCompile(`^(?:其他|其它|各|有关|相关|全[市县区])`)
	etc        = regexp.MustCompile(`等(?:有关|相关)?(?:\p{Han}{0,4})?(?:部门|单位)`)
	closing    = regexp.MustCompile(`[(（][^()（）]*[)）]$`)
)

// sides parts leads and supporters, each unit once. Units that are only called
// responsible lead where no other does.
func sides(hands []hand) (leads, supports []string) {
	strong := slices.ContainsFunc(hands, func(h hand) bool { return h.part == plan.ColLead })
	lead := func(h hand) bool { return h.part == plan.ColLead || h.part == plan.ColDuty && !strong }
	for _, h := range hands {
		if lead(h) && !slices.Contains(leads, h.unit) {
			leads = append(leads, h.unit)
		}
	}
	for _, h := range hands {
		if !slices.Contains(leads, h.unit) && !slices.Contains(supports, h.unit) {
			supports = append(supports, h.unit)
		}
	}
	return leads, supports
}

// FromPlan makes a sheet of a plan's items, each with its clause; version is that of
// the plan. The rows stand at the items' addresses. A deadline that fixes no day
// leaves the task undated.
func (b *Board) FromPlan(p *plan.Plan, version string, units org.Units, today calendar.Date) Sheet {
	s := Sheet{File: cmp.Or(p.DocNo, p.Title)}
	for i, it := range p.Items {
		s.Rows = append(s.Rows, b.fromItem(it, Source{s.File, version, it.Address(i), it.Text}, parties{units}, today))
	}
	markTwins(s.Rows)
	return s
}

func (b *Board) fromItem(it plan.Item, src Source, p parties, today calendar.Date) Row {
	r := Row{Sheet: src.Plan, Cell: src.Address, No: fmt.Sprint(it.No), Draft: Draft{Source: src}}
	at := org.Problem{Sheet: src.Plan, Cell: src.Address}
	title := it.Title
	if title == it.Section {
		title = ""
	}
	r.Draft.Title, r.Draft.Text = titled(flow(title), flow(it.Text))
	var all []hand
	for _, side := range []struct {
		kind  plan.Column
		names []string
	}{{plan.ColLead, it.Lead}, {plan.ColSupport, it.Support}} {
		for _, name := range side.names {
			got, _, unclear, notes := p.find(side.kind, "", name)
			all, r.Unclear, r.Notes = append(all, got...), append(r.Unclear, unclear...), append(r.Notes, notes...)
		}
	}
	r.Draft.Leads, r.Draft.Supports = sides(all)
	if len(r.Draft.Leads) == 0 && len(r.Unclear) == 0 {
		r.Unclear = append(r.Unclear, org.Problem{Text: textNoLead})
	}
	w := When{Text: it.Deadline}
	if due, err := calendar.ParseDate(it.Due); err == nil {
		w.Date = due
	} else if read, ok := ParseDeadline(b.Calendar(), today, it.Deadline); ok && !read.Assumed {
		w = read
	} else {
		r.Notes = append(r.Notes, org.Problem{Text: textUndated(it.Deadline)})
	}
	r.Draft.setDeadline(w)
	for _, list := range [][]org.Problem{r.Unclear, r.Notes} {
		for i := range list {
			list[i].Sheet, list[i].Cell = at.Sheet, at.Cell
		}
	}
	return r.checked(at)
}

// BlankSheet is a task sheet of all that a plan gives its units to do, with the
// deadlines left to fill in: what ReadSheet reads.
func BlankSheet(p *plan.Plan) sheet.Out {
	out := sheet.Out{Name: textSheetName, Head: textSheetHead}
	src := cmp.Or(p.DocNo, p.Title)
	add := func(words string, leads, supports []string, deadline, address string) {
		out.Rows = append(out.Rows, []string{fmt.Sprint(len(out.Rows) + 1), flow(words), strings.Join(leads, "、"), strings.Join(supports, "、"), deadline, src + " " + address, ""})
	}
	for _, u := range p.Units {
		for _, d := range u.Duties {
			add(d.Text, []string{u.Name}, nil, "", plan.DutyAddress(u.Name, d.No))
		}
	}
	for i, it := range p.Items {
		add(it.Text, it.Lead, it.Support, it.Deadline, it.Address(i))
	}
	return out
}

// parseSource reads what BlankSheet writes of the source; anything else is its plan.
func parseSource(s string) Source {
	if i := strings.LastIndex(s, " "); i > 0 {
		return Source{Plan: s[:i], Address: s[i+1:]}
	}
	if m := cited.FindStringSubmatch(s); m != nil {
		return Source{Plan: m[1], Address: m[2]}
	}
	return Source{Plan: s}
}

// cited parts a 文号 from the address behind it.
var cited = regexp.MustCompile(`^(.+[〕\]]\d+号)(.+)$`)

// asProblem words an error of a step for a row; false: it is a failure of the store.
func asProblem(r Row, err error) (org.Problem, bool) {
	text := Tell(err)
	var refused *Refusal
	ok := text != "" && (errors.As(err, &refused) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrForbidden))
	return org.Problem{Sheet: r.Sheet, Cell: r.Cell, Text: text}, ok
}
