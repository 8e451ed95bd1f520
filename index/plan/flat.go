package plan

import (
	"strings"
	"unicode/utf8"
)

// A flat table is a table that copying turned into plain lines: one cell a
// line, or one row a line with white space between the cells. Cells that were
// merged stand once, and empty ones are lost, so rows differ in length and a
// cell's column has to be told by what it holds.
type flat struct {
	p        *parser
	cols     layout
	lines    bool // one cell a line
	numbered bool // the first column is 序号
	group    string
	lead     share // of the row before, for rows whose cell was merged with it
}

// maxFlatHeader bounds the runes of a header's cell on a line of its own.
const maxFlatHeader = 14

// readFlatTables finds flat tables and makes items of their rows. It runs
// before units are looked for: cells that only name units head nothing.
func (p *parser) readFlatTables() {
	for i := 0; i < len(p.paras); i++ {
		if p.role[i] != roleBody || p.paras[i].table != nil {
			continue
		}
		f := &flat{p: p}
		if n := f.header(i); n > 0 {
			for k := i; k < i+n; k++ {
				p.role[k] = roleTable
				p.src.own(p.paras[k].span)
			}
			i = f.rows(i+n) - 1
		}
	}
}

// header reads a header that begins at paragraph i and returns how many
// paragraphs it takes; 0 when there is none.
func (f *flat) header(i int) int {
	cells := f.p.spacedCells(f.p.paras[i].span)
	if len(cells) < 3 {
		k, ok := ReadHeader(f.p.text(i))
		if !ok {
			return 0
		}
		f.lines, f.numbered = true, k == ColNo
		return f.lineHeader(i)
	}
	for _, c := range cells {
		f.addColumn(f.p.src.str(c))
	}
	if f.numbered = f.cols.kinds[0] == ColNo; !f.numbered || !f.usable() {
		return 0
	}
	return 1
}

func (f *flat) lineHeader(i int) int {
	n := 0
	for k := i; k < len(f.p.paras) && k < i+maxColumns; k++ {
		pa := f.p.paras[k]
		t := f.p.text(k)
		if pa.table != nil || pa.mark.kind == markHan || pa.len() > maxFlatHeader || k > i && isNumberLine(t) {
			break
		}
		if _, ok := ReadHeader(t); !ok && !f.numbered {
			break // without numbers only sure headers count
		}
		if len(f.cols.names) > 1 && (strings.HasPrefix(t, "(") || strings.HasPrefix(t, "（")) {
			f.cols.names[len(f.cols.names)-1] += t
		} else {
			f.addColumn(t)
		}
		n++
	}
	if !f.usable() || i+n >= len(f.p.paras) {
		return 0
	}
	return n
}

// maxColumns bounds the columns of a flat table.
const maxColumns = 12

func (f *flat) addColumn(name string) {
	k, _ := ReadHeader(name)
	f.cols.names, f.cols.kinds = append(f.cols.names, name), append(f.cols.kinds, k)
}

func (f *flat) usable() bool {
	if len(f.cols.kinds) < 2+b2i(f.numbered) || !f.cols.hasUnits() || !f.cols.hasText() {
		return false
	}
	f.cols.choose()
	return f.cols.useful()
}

// isNumberLine reports a line that is only a row's number.
func isNumberLine(t string) bool {
	return len(t) <= 6 && rowNumber(t) > 0 && !strings.HasSuffix(t, "、")
}

// rows reads rows from paragraph i on and returns the paragraph after the last.
func (f *flat) rows(i int) int {
	for i < len(f.p.paras) {
		pa := f.p.paras[i]
		if f.p.role[i] != roleBody || pa.table != nil || pa.mark.kind == markAnnex {
			return i
		}
		next := i
		switch {
		case f.lines && f.numbered && isNumberLine(f.p.text(i)):
			next = f.lineRow(i)
		case f.lines && !f.numbered && pa.mark.kind != markHan:
			next = f.plainRow(i)
		case !f.lines:
			next = f.spacedRow(i)
		}
		if next == i {
			if pa.mark.kind != markHan && pa.mark.kind != markHanParen || pa.len() > 2*maxTitle {
				return i
			}
			f.group = f.p.text(i)
			next = i + 1
		}
		for k := i; k < next; k++ {
			f.p.role[k] = roleTable
			f.p.src.own(f.p.paras[k].span)
		}
		i = next
	}
	return i
}

// lineRow reads a row of one cell a line; it ends at the next number, at a
// group's heading behind its units, and where every column has its cell.
func (f *flat) lineRow(i int) int {
	no := rowNumber(f.p.text(i))
	var cells []span
	named := false
	k := i + 1
	for ; k < len(f.p.paras); k++ {
		pa := f.p.paras[k]
		t := f.p.text(k)
		if pa.table != nil || f.p.role[k] != roleBody || pa.mark.kind == markAnnex || isNumberLine(t) && rowNumber(t) > no {
			break
		}
		units := isUnits(t)
		if named && !units && (pa.mark.kind == markHan || len(cells) >= len(f.cols.kinds)-1) {
			break
		}
		named = named || units
		cells = append(cells, pa.span)
	}
	if len(cells) == 0 {
		return i
	}
	f.row(no, cells)
	return k
}

// plainRow reads a row without a number: text, then units, then perhaps a date.
func (f *flat) plainRow(i int) int {
	var cells []span
	named := false
	k := i
	for ; k < len(f.p.paras) && len(cells) < maxColumns; k++ {
		pa := f.p.paras[k]
		t := f.p.text(k)
		units := isUnits(t)
		if pa.table != nil || f.p.role[k] != roleBody || named && !units && !isWhen(t) || !named && len(cells) > len(f.cols.kinds) {
			break
		}
		named = named || units
		cells = append(cells, pa.span)
	}
	if !named || len(cells) < 2 {
		return i
	}
	f.row(0, cells)
	return k
}

// spacedRow reads a row whose cells only white space parts.
func (f *flat) spacedRow(i int) int {
	cells := f.p.spacedCells(f.p.paras[i].span)
	if len(cells) < 2 || !isNumberLine(f.p.src.str(cells[0])) {
		return i
	}
	f.row(rowNumber(f.p.src.str(cells[0])), cells[1:])
	return i + 1
}

// spacedCells cuts a stretch at its white space.
func (p *parser) spacedCells(s span) []span {
	var out []span
	from := s.from
	for i := s.from + 1; i <= s.to; i++ {
		if i == s.to || p.src.spaced(i) && p.src.text[i-1] != '、' {
			out = append(out, span{from, i})
			from = i
		}
	}
	return out
}

// isUnits reports a cell that holds names of bodies and nothing else.
func isUnits(t string) bool {
	t = strings.TrimRight(t, "。；;")
	if t == "" || len(t) > maxShare || strings.ContainsAny(t, "。；") {
		return false
	}
	s, ok := readVerbs(t, partDuty)
	sure := 0
	for _, n := range s.names {
		if utf8.RuneCountInString(n) > maxName {
			return false
		}
		sure += b2i(isBody(n))
	}
	return ok && 2*sure > len(s.names) && (sure == len(s.names) || len(s.names) > 2)
}

// row gives the cells to columns by what they hold and adds the item.
func (f *flat) row(no int, cells []span) {
	var s share
	it := Item{No: no, Section: f.group, Extra: map[string]string{}}
	units := f.unitColumns()
	var rest []span
	for _, c := range cells {
		t := f.p.src.str(c)
		switch {
		case isUnits(t) && len(units) > 0 && (len(rest) > 0 || len(cells) == 1):
			v, _ := readVerbs(t, units[0])
			s.merge(v)
			if len(units) > 1 {
				units = units[1:]
			}
		case f.cols.has(ColWhen) && s.when == "" && isWhen(t):
			s.when = t
		default:
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return
	}
	if len(s.names) == 0 {
		s.names, s.parts = f.lead.names, f.lead.parts
	}
	f.lead = s
	text := f.textOf(&it, rest)
	it.Lead, it.Support = s.sides(f.p.rule)
	it.Deadline = s.deadline(it.Text)
	it.Due = DueDay(it.Deadline, f.p.ownYear())
	it.at = f.p.src.spans(text)
	f.p.plan.Items = append(f.p.plan.Items, it)
}

func (f *flat) unitColumns() (parts []part) {
	for _, k := range f.cols.kinds {
		switch k {
		case ColLead:
			parts = append(parts, partLead)
		case ColDuty:
			parts = append(parts, partDuty)
		case ColSupport:
			parts = append(parts, partSupport)
		}
	}
	return parts
}

// textOf takes the longest cell as the text; a shorter one before it is the
// title, those behind it go to the columns that are left.
func (f *flat) textOf(it *Item, rest []span) span {
	best := 0
	for k, c := range rest {
		if c.len() > rest[best].len() {
			best = k
		}
	}
	text := rest[best]
	if m := readMarker(f.p.src.text[text.from:min(text.to, text.from+maxMarker)]); m.kind >= markNum && text.from+m.end < text.to {
		text.from += m.end
	}
	it.Text = f.p.src.str(text)
	if best > 0 {
		it.Title = f.p.src.str(rest[best-1])
	}
	var extra []string
	for c, k := range f.cols.kinds {
		if k == ColExtra && c > f.cols.text {
			extra = append(extra, f.cols.names[c])
		}
	}
	for k, c := range rest[best+1:] {
		if k < len(extra) {
			it.Extra[extra[k]] = f.p.src.str(c)
		}
	}
	return text
}

// isWhen reports a cell that holds a date limit.
func isWhen(t string) bool {
	if utf8.RuneCountInString(t) > maxFlatHeader {
		return false
	}
	return len(limits(t)) > 0 || monthOf.MatchString(t) || yearOf.MatchString(t) || hasAny(t, []string{"全年", "长期", "持续", "季度", "年底", "常态", "每月", "每年", "即时", "立即"})
}
