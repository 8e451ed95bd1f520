package plan

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Column is what a column of a table holds.
type Column int

// The columns.
const (
	ColExtra   Column = iota // anything else, kept by its header
	ColNo                    // 序号
	ColTitle                 // 任务名称, 类别: what groups or names the row
	ColText                  // 工作任务, 主要内容
	ColLead                  // 牵头单位
	ColDuty                  // 责任单位, 指导部门
	ColSupport               // 配合单位
	ColWhen                  // 完成时限
	ColUnit                  // 单位, 成员单位: whose duties the row gives
	ColDuties                // 职责
)

// headers say what a header's words mean. The first match counts.
var headers = []struct {
	words *regexp.Regexp
	is    Column
}{
	{regexp.MustCompile(`^(?:序号|编号|项次|序|项目编号|任务序号|No\.?|NO\.?|号)$`), ColNo},
	{regexp.MustCompile(`^(?:牵头|主办|主管|责任)领导(?:单位|部门)$`), ColLead},
	{regexp.MustCompile(`领导|责任人|负责人|联系人|联络员|电话|姓名|职务|情况|备注|说明|依据|来源|范围|对象|资金|投资|金额`), ColExtra},
	{regexp.MustCompile(`时限|时间|期限|节点|进度|(?:完成|截止|截至|办结|到期|计划)日期?$|^日期$`), ColWhen},
	{regexp.MustCompile(`配合|协办|协助|协同|协作|参与|参加|支持单位|支持部门`), ColSupport},
	{regexp.MustCompile(`牵头|主办|主责|主要责任|第一责任`), ColLead},
	{regexp.MustCompile(`(?:责任|负责|承办|落实|实施|主管|指导|承担|执行|推进|完成|监管|分工)(?:的)?(?:单位|部门|主体|处室|科室|股室|机构|地区|县区|市县)|责任分工|任务分工|^责任(?:（.*）)?$|分工$`), ColDuty},
	{regexp.MustCompile(`^(?:主要|工作|部门|单位|成员单位|具体)?(?:的)?(?:职责|职能|工作职责|主要职责)(?:任务|分工|内容)?$`), ColDuties},
	{regexp.MustCompile(`^(?:成员|有关|相关|各)?(?:单位|部门)(?:名称)?$|^(?:单位|部门)[/／、（(和]`), ColUnit},
	{regexp.MustCompile(`类别|类型|分类|领域|板块|方面|名称|标题|一级|专项|大项|总体任务|任务类`), ColTitle},
	{regexp.MustCompile(`任务|内容|举措|措施|事项|要点|工作|项目|做法|条款|清单|问题|要求|目标`), ColText},
}

// maxHeader bounds the runes of a column's header.
const maxHeader = 24

// ReadHeader says what a column holds by its header; false: the words are not known.
func ReadHeader(text string) (Column, bool) {
	if n := len([]rune(text)); n == 0 || n > maxHeader {
		return ColExtra, false
	}
	if plain := dropBrackets(text); plain != "" {
		text = plain // 责任单位（首位为牵头单位）
	}
	for _, h := range headers {
		if h.words.MatchString(text) {
			return h.is, true
		}
	}
	return ColExtra, false
}

// ReadHeaders says what the columns of a table of tasks hold, by their headers, and
// which of them has the words of the task. False: it is no header of such a table,
// which names tasks and units.
func ReadHeaders(names []string) (kinds []Column, text int, ok bool) {
	l := layout{names: names}
	for _, n := range names {
		k, _ := ReadHeader(n)
		l.kinds = append(l.kinds, k)
	}
	if !l.hasUnits() || !l.hasText() {
		return nil, -1, false
	}
	l.choose()
	return l.kinds, l.text, l.useful()
}

// layout is what the columns of a table hold.
type layout struct {
	names []string
	kinds []Column
	text  int // the column with the item's text; -1 when there is none
	units bool
}

// grid is a table with its place in the source.
type grid struct {
	p        *parser
	para     para
	cols     layout
	group    string
	captions []string // what stands above the header: title, number, date
	rule     rule
	last     *Item
	unit     []string
	no       int // of the unit's last duty
}

// readTables reads every table that names units.
func (p *parser) readTables() {
	var known layout
	for i := range p.paras {
		pa := p.paras[i]
		if pa.table == nil {
			continue
		}
		g := &grid{p: p, para: pa, rule: p.rule}
		from, ok := g.findHeader()
		if !ok {
			if from = 0; len(known.kinds) == 0 || len(pa.cells) == 0 || len(known.kinds) != len(pa.cells[0]) {
				p.webTable(pa)
				continue
			}
			g.cols = known
		}
		known = g.cols
		p.readCaptions(g.captions)
		for r := from; r < len(pa.cells); r++ {
			g.row(r)
		}
		p.src.own(pa.span)
		p.role[i] = roleTable
	}
}

func (g *grid) cell(r, c int) string         { return g.p.src.str(g.para.cells[r][c]) }
func (g *grid) raw(r, c int) sheet.Cell      { return g.para.table.Rows[r][c] }
func (g *grid) same(r, a, b int) bool        { return g.para.cells[r][a] == g.para.cells[r][b] }
func (g *grid) width(r int) int              { return len(g.para.cells[r]) }
func (g *grid) held(r, c int) (string, bool) { t := g.cell(r, c); return t, t != "" }

// headerRows bounds the rows in which a table's header is looked for.
const headerRows = 8

// findHeader finds the header, one row or two, and returns the row after it.
func (g *grid) findHeader() (int, bool) {
	for r := 0; r < min(headerRows, len(g.para.cells)); r++ {
		top, ok := g.header(r)
		if !ok {
			if t, one := g.spanning(r); one {
				g.captions = append(g.captions, t)
			}
			continue
		}
		next := r + 1
		if next < len(g.para.cells) {
			if low, more := g.secondHeader(top, next); more {
				top, next = low, next+1
			}
		}
		top.choose()
		g.cols = top
		return next, top.useful()
	}
	return 0, false
}

func (g *grid) header(r int) (layout, bool) {
	var l layout
	known, seen := 0, map[span]bool{}
	for c := 0; c < g.width(r); c++ {
		t := g.cell(r, c)
		k, ok := ReadHeader(t)
		if !ok && len([]rune(t)) > maxHeader {
			return l, false
		}
		if ok && !seen[g.para.cells[r][c]] {
			known++
		}
		seen[g.para.cells[r][c]] = true
		l.names, l.kinds = append(l.names, t), append(l.kinds, k)
	}
	return l, known >= 2 && l.hasUnits() && l.hasText()
}

// secondHeader reads a lower header row: cells merged from above, or finer
// headers below a spanning one.
func (g *grid) secondHeader(top layout, r int) (layout, bool) {
	low := layout{names: append([]string(nil), top.names...), kinds: append([]Column(nil), top.kinds...)}
	finer := false
	if _, one := g.spanning(r); one {
		return low, false
	}
	for c := 0; c < g.width(r); c++ {
		t, ok := g.held(r, c)
		if !ok || t == top.names[c] {
			continue
		}
		k, known := ReadHeader(t)
		if !known {
			return low, false
		}
		low.names[c], low.kinds[c], finer = t, k, true
	}
	return low, finer || g.sameRow(r, r-1)
}

func (g *grid) sameRow(a, b int) bool {
	for c := range g.para.cells[a] {
		if g.cell(a, c) != g.cell(b, c) {
			return false
		}
	}
	return true
}

func (l layout) has(ks ...Column) bool {
	for _, k := range l.kinds {
		for _, w := range ks {
			if k == w {
				return true
			}
		}
	}
	return false
}

func (l layout) hasUnits() bool { return l.has(ColLead, ColDuty, ColSupport, ColUnit) }
func (l layout) hasText() bool  { return l.has(ColText, ColTitle, ColDuties) }
func (l layout) useful() bool   { return l.text >= 0 && l.hasUnits() }

// choose picks the column of the item's text: the last task-like one; those
// before it name the row. A table of 单位 and 职责 gives units.
func (l *layout) choose() {
	l.text = -1
	l.units = l.has(ColDuties) && l.has(ColUnit, ColDuty) && !l.has(ColLead)
	for c, k := range l.kinds {
		switch {
		case k == ColDuties && l.units:
			l.text = c
		case k == ColDuties, k == ColText && !l.units:
			if weakText.MatchString(l.names[c]) && l.text >= 0 {
				l.kinds[c] = ColExtra
				continue
			}
			if l.text >= 0 && l.names[l.text] != l.names[c] {
				l.kinds[l.text] = ColTitle
			}
			l.kinds[c] = ColText
			l.text = c
		case k == ColUnit && !l.units:
			l.kinds[c] = ColDuty
		}
	}
	for c := len(l.kinds) - 1; c >= 0 && l.text < 0; c-- {
		if l.kinds[c] == ColTitle {
			l.kinds[c], l.text = ColText, c
		}
	}
}

// weakText matches headers that only qualify a task: 目标, 要求, 成果形式.
var weakText = regexp.MustCompile(`目标(?:要求|值)?$|要求$|成果|标准|指标|问题|清单|进展`)

// spanning reports a row that holds one text across its columns, or one text
// and nothing else.
func (g *grid) spanning(r int) (string, bool) {
	text, n := "", 0
	for c := 0; c < g.width(r); c++ {
		if t := g.cell(r, c); t != "" {
			if c > 0 && g.same(r, c, c-1) {
				continue
			}
			text += t
			n++
		}
	}
	return text, n == 1
}

func (g *grid) row(r int) {
	if t, one := g.spanning(r); one && (g.width(r) > 2 || g.wholeRow(r)) && (g.wholeRow(r) || !g.onlyUnits(r)) {
		if g.continuesText(r) {
			g.last.Text += t
			return
		}
		g.group, g.last, g.unit = t, nil, nil
		return
	}
	if g.isHeaderAgain(r) || g.isTotal(r) {
		return
	}
	if g.cols.units {
		g.dutyRow(r)
		return
	}
	g.taskRow(r)
}

// onlyUnits reports a row that only carries on a list of units or a date.
func (g *grid) onlyUnits(r int) bool {
	for c, k := range g.cols.kinds {
		if g.cell(r, c) != "" && k != ColLead && k != ColDuty && k != ColSupport && k != ColWhen {
			return false
		}
	}
	return g.last != nil
}

// wholeRow reports a row whose every column shows the same merged cell.
func (g *grid) wholeRow(r int) bool {
	for c := 1; c < g.width(r); c++ {
		if !g.same(r, c, 0) {
			return false
		}
	}
	return g.width(r) > 1 && g.cell(r, 0) != ""
}

// continuesText reports a row that only carries on the text cut by a page end.
func (g *grid) continuesText(r int) bool {
	if g.last == nil || g.cell(r, g.cols.text) == "" || g.wholeRow(r) || g.raw(r, g.cols.text).Copied {
		return false
	}
	end := []rune(g.last.Text)
	return len(end) > 0 && !strings.ContainsRune("。；;！？", end[len(end)-1])
}

func (g *grid) isHeaderAgain(r int) bool {
	same := 0
	for c := 0; c < g.width(r); c++ {
		if t := g.cell(r, c); t != "" && t == g.cols.names[c] {
			same++
		} else if t != "" {
			return false
		}
	}
	return same >= 2
}

// totalCell matches the cell that begins a row of sums: 合计.
var totalCell = regexp.MustCompile(`^(?:合计|总计|小计|共计|总数|汇总)[：:]?$`)

func (g *grid) isTotal(r int) bool {
	for c := 0; c < g.width(r); c++ {
		if t := g.cell(r, c); t != "" {
			return totalCell.MatchString(t)
		}
	}
	return false
}

// dutyRow reads a row of 单位 and 职责.
func (g *grid) dutyRow(r int) {
	s := g.para.cells[r][g.cols.text]
	for c, k := range g.cols.kinds {
		if k != ColUnit && k != ColDuty {
			continue
		}
		if names := g.cellNames(r, c); len(names) > 0 {
			g.unit = names
		}
	}
	if s.len() == 0 {
		return
	}
	var ds []Duty
	for _, d := range g.p.listFrom(0, s, g.nextNo(r)) {
		if t := g.p.src.str(d.text); t != "" {
			ds = append(ds, Duty{No: d.no, Text: t, Role: RoleOf(t), at: g.p.src.spans(d.text)})
		}
	}
	for _, n := range g.unit {
		g.p.addUnit(n, ds, nil)
	}
	if len(ds) > 0 {
		g.no = ds[len(ds)-1].No
	}
}

// nextNo is the number with which a row's duties may begin: those of a unit
// whose cell is merged over several rows count on.
func (g *grid) nextNo(r int) int {
	for c, k := range g.cols.kinds {
		if (k == ColUnit || k == ColDuty) && g.cell(r, c) != "" && !g.raw(r, c).Copied {
			return 1
		}
	}
	return g.no + 1
}

// taskRow reads a row of a task table.
func (g *grid) taskRow(r int) {
	var s share
	it := Item{Section: g.group, Extra: map[string]string{}}
	text := span{}
	for c, k := range g.cols.kinds {
		t := g.cell(r, c)
		if t == "" || c > 0 && g.same(r, c, c-1) && g.cols.kinds[c] == g.cols.kinds[c-1] {
			continue
		}
		switch k {
		case ColNo:
			it.No = rowNumber(t)
		case ColText:
			text, it.Text = g.para.cells[r][c], t
		case ColLead, ColDuty, ColSupport:
			s.merge(g.cellShare(r, c, k))
		case ColWhen:
			s.when = joinOnce(s.when, t)
		case ColTitle:
			g.title(&it, r, c, t)
		default:
			it.Extra[g.cols.names[c]] = t
		}
	}
	g.keep(it, s, text)
}

// title puts a naming cell where it belongs: a cell merged over several rows
// groups them, another names its row.
func (g *grid) title(it *Item, r, c int, t string) {
	merged := g.raw(r, c).Copied || r+1 < len(g.para.cells) && g.para.cells[r+1][c] == g.para.cells[r][c]
	if merged && it.Section == "" {
		it.Section = t
	} else if it.Title == "" {
		it.Title = t
	}
	it.Extra[g.cols.names[c]] = t
}

// keep adds the row as an item, or to the item before it when it only carries
// that one on.
func (g *grid) keep(it Item, s share, text span) {
	if it.Text == "" {
		it.Text = it.Title
	}
	if it.Text == "" && len(s.names) == 0 {
		return
	}
	lead, support := s.sides(g.rule)
	if g.carriesOn(it, s) {
		if s.when != "" {
			g.last.Deadline = joinOnce(g.last.Deadline, s.when)
			g.last.Due = DueDay(g.last.Deadline, g.p.ownYear())
		}
		g.last.Lead = appendNew(g.last.Lead, lead)
		g.last.Support = appendNew(g.last.Support, support)
		return
	}
	if m := readMarker([]rune(it.Text)); m.kind >= markHan && m.end < len([]rune(it.Text)) {
		it.Text = string([]rune(it.Text)[m.end:])
		if it.No == 0 {
			it.No = m.no
		}
	}
	it.Lead, it.Support = lead, support
	it.Deadline = s.deadline(it.Text)
	it.Due = DueDay(it.Deadline, g.p.ownYear())
	it.at = g.p.src.spans(text)
	g.p.plan.Items = append(g.p.plan.Items, it)
	g.last = &g.p.plan.Items[len(g.p.plan.Items)-1]
}

// carriesOn reports a row that adds to the item before it. One that gives the
// same text to other units by another day is an item of its own.
func (g *grid) carriesOn(it Item, s share) bool {
	if g.last == nil || it.Text == "" {
		return g.last != nil
	}
	if g.text(it) != g.last.Text || it.No != g.last.No {
		return false
	}
	return s.when == "" || s.when == g.last.Deadline || len(s.names) == 0
}

// text is a row's text as it becomes an item's: without its printed number.
func (g *grid) text(it Item) string {
	r := []rune(it.Text)
	if m := readMarker(r); m.kind >= markHan && m.end < len(r) {
		return string(r[m.end:])
	}
	return it.Text
}

func appendNew(list, more []string) []string {
	for _, m := range more {
		if !contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// rowNumber reads 1, 1., （1） and 一、.
func rowNumber(t string) int {
	if n, ok := zh.Number(strings.Trim(t, "（）().、． ")); ok {
		return n
	}
	return readMarker([]rune(t + "、")).no
}

// cellShare reads the units of a cell: a bare list, or 牵头：A 配合：B.
func (g *grid) cellShare(r, c int, k Column) share {
	def := map[Column]part{ColLead: partLead, ColDuty: partDuty, ColSupport: partSupport}[k]
	text := cellList(g.raw(r, c).Text)
	if label.MatchString(text) {
		if s, ok := readShare(text); ok {
			return s
		}
	}
	if firstLeads.MatchString(g.cols.names[c]) {
		g.rule.first = true
	}
	s, _ := readVerbs(text, def)
	return s
}

func (g *grid) cellNames(r, c int) []string {
	s, _ := readVerbs(cellList(g.raw(r, c).Text), partDuty)
	return s.names
}

// cellList joins the lines of a cell: a line end or a space between two whole
// names parts them, any other only broke a name.
func cellList(text string) string {
	var b strings.Builder
	prev := ""
	for _, w := range strings.Fields(text) {
		if prev != "" && !strings.HasSuffix(prev, "、") && (isBody(lastName(prev)) && isBody(firstName(w)) || strings.HasSuffix(prev, "：")) && !strings.HasSuffix(prev, "：") {
			b.WriteString("、")
		}
		b.WriteString(w)
		prev = w
	}
	return b.String()
}

// lastName is the last name of a list, a label before it aside.
func lastName(s string) string {
	if k := strings.LastIndexFunc(s, func(r rune) bool { return r == '：' || r == ':' }); k >= 0 {
		_, n := utf8.DecodeRuneInString(s[k:])
		s = s[k+n:]
	}
	all := splitNames(s)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func firstName(s string) string {
	all := splitNames(s)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// readCaptions takes title, number and date from the rows above a header where
// no paragraph gave them.
func (p *parser) readCaptions(rows []string) {
	if p.plan.Title != "" {
		return
	}
	for _, t := range rows {
		m := yearNo.FindStringIndex(t)
		switch {
		case m != nil && m[1] == len(t) && p.plan.DocNo == "":
			p.plan.DocNo = t
		case p.plan.DateText == "" && dateLine.MatchString(t):
			p.setDate(t)
		case p.plan.Title == "" && (isNotice(t) || isPlainTitle(t)):
			p.plan.Title = t
			p.nameIssuer(t, "")
		}
	}
	if p.plan.Title == "" && len(rows) > 0 && len([]rune(rows[0])) >= 6 && !strings.ContainsAny(rows[0], "。；") && yearNo.FindStringIndex(rows[0]) == nil {
		p.plan.Title = rows[0]
		p.nameIssuer(rows[0], "")
	}
}

// webTable takes a government site's facts from the table above the text.
func (p *parser) webTable(pa para) {
	for _, row := range pa.cells {
		for c := 0; c+1 < len(row); c++ {
			if m := webField.FindStringSubmatch(strings.TrimRight(p.src.str(row[c]), "：:") + "：" + p.src.str(row[c+1])); m != nil {
				p.webField(m[1], m[2])
			}
		}
	}
}
