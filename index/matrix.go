package index

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// Matrix sets what the body of a plan wants done against what its units are given:
// who answers for each task, what nobody answers for (责任空白) and what several units
// do (职责交叉). It says of a matter what an answer to a question would.
type Matrix struct {
	Plan     string   // what citations begin with
	Units    []string // who has duties or items, in the plan's order
	Tasks    []MainTask
	Loose    []Ref     // duties that belong to no main task by their words
	Overlaps []Overlap // by how many units they have, the most first
}

// MainTask is a row: a section of the body, or what stands under one heading of a
// table.
type MainTask struct {
	Address string // of the section; of a table's heading, or an item by itself, its words
	Title   string
	Main    bool    // false: a section beside the main tasks; it has gaps only
	Cells   []Ref   // the clauses that answer for it, in the order of Matrix.Units
	Topics  []Topic // what it wants done, in its order
}

// Topic is one thing that a main task wants done.
type Topic struct {
	Text    string // the source's words
	Clauses []Ref  // that answer for it; none: it is a gap
	Near    []Ref  // of a gap: clauses near the matter that do not name it
}

// Gap reports that no unit answers for the topic.
func (t Topic) Gap() bool { return len(t.Clauses) == 0 }

// Ref points at a unit's part in a clause. Refs of an item share its address.
type Ref struct {
	Unit    string
	Address string // as citations write it, without the plan
	Role    string // the verb, or 牵头 or 配合 of an item's unit; may be empty
	Text    string
}

// Overlap is a matter that clauses of several units have.
type Overlap struct {
	Topic    string    // the word that they share, or one that means it
	Units    []string  // in the order of Clauses
	Clauses  []Ref     // by role, who leads first
	Narrower []Overlap // matters within it that again several units have
}

// Matrix is the matrix of the plan with that 文号 or title. Callers share it and must
// not change it. ErrNoPlan.
func (ix *Index) Matrix(name string) (Matrix, error) {
	plans, err := ix.meant(Query{Plan: name})
	if err != nil {
		return Matrix{}, err
	}
	if name == "" || len(plans) != 1 {
		return Matrix{}, ErrNoPlan
	}
	return ix.views.get(plans[0]).matrix(), nil
}

// NewMatrix is the matrix of a plan that is in no index.
func NewMatrix(p *plan.Plan, t *Thesaurus) Matrix { return newView(p, t).matrix() }

func (v *view) newMatrix() Matrix {
	m := Matrix{Plan: v.name}
	b := matrixBuilder{v: v, order: map[string]int{}, at: map[string]int{}, taken: map[int]bool{}, item: map[string]bool{}}
	for _, it := range v.plan.Items {
		b.item[it.Title] = true
	}
	all := b.parts()
	for i, r := range all {
		if _, ok := b.at[r.Address]; !ok {
			b.at[r.Address] = i
		}
		if _, ok := b.order[r.Unit]; !ok {
			b.order[r.Unit] = len(m.Units)
			m.Units = append(m.Units, r.Unit)
		}
	}
	m.Tasks = b.sections()
	v.belong(m.Tasks)
	m.Tasks = append(m.Tasks, b.tables()...)
	placed := map[string]bool{}
	for i := range m.Tasks {
		b.fill(&m.Tasks[i])
		for _, r := range m.Tasks[i].Cells {
			placed[r.Address] = true
		}
	}
	for _, r := range all {
		if !placed[r.Address] {
			m.Loose = append(m.Loose, r)
		}
	}
	m.Tasks = slices.DeleteFunc(m.Tasks, func(t MainTask) bool { return !t.Main && len(t.Topics) == 0 })
	m.Overlaps = v.overlaps()
	return m
}

type matrixBuilder struct {
	v     *view
	order map[string]int  // of the units
	at    map[string]int  // the order of addresses
	taken map[int]bool    // clauses of items that stand in a row
	item  map[string]bool // titles of items
}

// parts lists what every unit is given.
func (b *matrixBuilder) parts() (list []Ref) {
	for i := range b.v.clauses {
		if c := &b.v.clauses[i]; isAssigned(c) {
			list = append(list, b.v.refs(c)...)
		}
	}
	return list
}

// refs are the units' parts in a clause.
func (v *view) refs(c *clause) (list []Ref) {
	address := strings.TrimPrefix(v.cite(c), v.name+" ")
	switch c.kind {
	case KindDuty:
		u := v.plan.Units[v.dir.units[c.unit].duty]
		d := u.Duties[c.pos]
		list = append(list, Ref{u.Name, address, d.Role, d.Text})
	case KindTask:
		it := v.plan.Items[c.pos]
		for _, u := range it.Lead {
			list = append(list, Ref{u, address, roleLead, it.Text})
		}
		for _, u := range it.Support {
			list = append(list, Ref{u, address, roleSupport, it.Text})
		}
	}
	return list
}

// The roles of an item's units.
const (
	roleLead    = "牵头"
	roleSupport = "配合"
)

var (
	// mainTitle heads the part of a plan that says what is to be done.
	mainTitle = regexp.MustCompile(`任务|措施|举措|重点工作|工作重点|工作内容|主要工作|建设内容|实施内容|工作安排`)
	// asideTitle heads parts that want nothing done, or say who is there to do it.
	asideTitle = regexp.MustCompile(`组成|机构|名单|成员|附则|背景|意义|适用范围|职责分工|责任分工|分工|组织领导|组织实施|组织保障|保障措施|附件`)
	// goalTitle heads parts that say what is to be reached.
	goalTitle = regexp.MustCompile(`目标|指导思想|总体要求|总体思路|现状`)
)

// sections makes a row of each section that is a main task, and of the others that
// want something done.
func (b *matrixBuilder) sections() (tasks []MainTask) {
	for _, h := range b.heads() {
		t := MainTask{Address: h.path, Title: h.title, Main: h.main, Topics: b.items(h)}
		named := len(t.Topics) > 0 // its units are
		for i := range b.v.clauses {
			if c := &b.v.clauses[i]; c.kind == KindSection && h.holds(b.v.plan.Sections[c.pos].Path) {
				t.Topics = append(t.Topics, b.topics(c, h)...)
			}
		}
		if sum, ok := b.topic(h.title); ok && h.main && !named && !catchAll.MatchString(h.title) {
			t.Cells = sum.Clauses
			if len(t.Topics) == 0 {
				t.Topics = []Topic{sum}
			}
		}
		tasks = append(tasks, t)
	}
	return tasks
}

// head is a section that makes a row.
type head struct {
	path, title string
	main        bool
	inner       bool // its parts belong to it
}

// holds tells whether the section at path is the head's or a part of it.
func (h head) holds(path string) bool {
	return path == h.path || h.inner && below(path, h.path)
}

// below tells whether path lies below parent: 四（一）2 below 四（一）, but 一（十一） not
// below 一（十.
func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	if !ok || rest == "" {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(parent)
	after, _ := utf8.DecodeRuneInString(rest)
	return after == '（' || after == '(' || strings.ContainsRune("）)条章节", before) || !sameKind(before, after)
}

// sameKind tells whether two runes may be of one printed number.
func sameKind(a, b rune) bool {
	return zh.IsHan(a) && zh.IsHan(b) || isDigit(a) && isDigit(b)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// heads finds the rows: the parts right below the sections that are named 主要任务 or
// the like; where a plan names none so, those below all that are no goals. The sections
// beside them follow, each by itself.
func (b *matrixBuilder) heads() (heads []head) {
	var secs []plan.Section
	for _, s := range b.v.plan.Sections {
		if s.Path != "" && !strings.HasPrefix(s.Path, "附件") && !asideTitle.MatchString(s.Title) {
			secs = append(secs, s)
		}
	}
	top := slices.DeleteFunc(slices.Clone(secs), func(s plan.Section) bool {
		return slices.ContainsFunc(secs, func(o plan.Section) bool { return below(s.Path, o.Path) })
	})
	named := slices.ContainsFunc(top, func(s plan.Section) bool { return mainTitle.MatchString(s.Title) })
	for _, s := range top {
		main := mainTitle.MatchString(s.Title) || !named && !goalTitle.MatchString(s.Title)
		var parts []plan.Section
		for _, o := range secs {
			if below(o.Path, s.Path) && !slices.ContainsFunc(parts, func(u plan.Section) bool { return below(o.Path, u.Path) }) {
				parts = append(parts, o)
			}
		}
		if len(parts) == 0 {
			parts = []plan.Section{s}
		}
		for _, o := range parts {
			if main || !goalTitle.MatchString(s.Title+o.Title) {
				heads = append(heads, head{o.Path, o.Title, main, true})
			}
		}
	}
	return heads
}

// items are the topics of a section that name their own units.
func (b *matrixBuilder) items(h head) (topics []Topic) {
	for i := range b.v.clauses {
		c := &b.v.clauses[i]
		if c.kind != KindTask || b.taken[i] {
			continue
		}
		it := b.v.plan.Items[c.pos]
		if !h.holds(it.Section) && (it.Title == "" || it.Title != h.title || !below(h.path, it.Section)) {
			continue
		}
		b.taken[i] = true
		topics = append(topics, Topic{Text: cmp.Or(it.Title, it.Text), Clauses: b.v.refs(c)})
	}
	return topics
}

// tables makes a row of each heading over items that stand in no section of the body.
func (b *matrixBuilder) tables() (tasks []MainTask) {
	for i := range b.v.clauses {
		c := &b.v.clauses[i]
		if c.kind != KindTask || b.taken[i] {
			continue
		}
		it := b.v.plan.Items[c.pos]
		topic := Topic{Text: cmp.Or(it.Title, it.Text), Clauses: b.v.refs(c)}
		address := cmp.Or(it.Section, plan.ItemAddress(it.No))
		if n := len(tasks); n > 0 && tasks[n-1].Address == address {
			tasks[n-1].Topics = append(tasks[n-1].Topics, topic)
			continue
		}
		title := cmp.Or(it.Section, topic.Text)
		for _, s := range b.v.plan.Sections {
			if s.Path == it.Section && s.Path != "" && s.Title != "" {
				title = s.Title
			}
		}
		tasks = append(tasks, MainTask{Address: address, Title: title, Main: true, Topics: []Topic{topic}})
	}
	return tasks
}

// fill puts the clauses of a row's topics among its cells, each once, in the order of
// the units.
func (b *matrixBuilder) fill(t *MainTask) {
	if !t.Main {
		t.Topics = slices.DeleteFunc(t.Topics, func(p Topic) bool { return !p.Gap() })
		t.Cells = nil
		return
	}
	for _, topic := range t.Topics {
		t.Cells = append(t.Cells, topic.Clauses...)
	}
	slices.SortStableFunc(t.Cells, func(x, y Ref) int {
		return cmp.Or(cmp.Compare(b.order[x.Unit], b.order[y.Unit]), cmp.Compare(b.at[x.Address], b.at[y.Address]))
	})
	t.Cells = slices.CompactFunc(t.Cells, func(x, y Ref) bool { return x.Unit == y.Unit && x.Address == y.Address })
}

// What a phrase must have to want something done.
const (
	minTopic = 6 // characters
	maxTopic = 120
)

var (
	// manner stands before what is to be done and says how.
	manner = regexp.MustCompile(`^(?:[并再还要应须且]|同时|此外|另外|进一步|逐步|深入|积极|广泛|大力|继续|切实|全面|不断|着力|努力|认真|有效|按规定|加快|率先|稳步|统一)+`)
	// noWork begins phrases that give a reason, a condition or a hope.
	noWork = regexp.MustCompile(`^(?:根据|按照?|依据|依托|围绕|在|以|从|到|通过|针对|立足|着眼|结合|为|使|任何|不得|确保|实现|形成|提高|提升|发挥|明确|坚持|强调|加大|增强|促进|达到|力争|争取|带动|营造|解决|注重|主要|强化对|由|本|各级|其中|包括)`)
	// makes begins phrases that want something that can be pointed at: beside the main
	// tasks nothing else counts.
	makes = regexp.MustCompile(`^(?:制定|制订|编制|研究|出台|印发|建立|成立|组建|设立|建设|搭建|开展|实施|推行|配备|发布|培育|落实)`)
	// basis ends phrases that say what counts for others.
	basis = regexp.MustCompile(`作为.*(?:依据|内容|指标|基础)$|的(?:基础上|同时|前提下|过程中)$`)
)

// topics cuts a section into the things that it wants done, and asks of each who
// answers for it. What the index takes for no matter is left out.
func (b *matrixBuilder) topics(c *clause, h head) (topics []Topic) {
	s := b.v.plan.Sections[c.pos]
	said := map[string]bool{h.title: true}
	for _, phrase := range phrases(strings.TrimPrefix(s.Own, s.Title)) {
		if said[phrase] || b.item[strings.Trim(phrase, "“”、")] || !h.main && !makes.MatchString(manner.ReplaceAllString(phrase, "")) {
			continue
		}
		said[phrase] = true
		if t, ok := b.topic(phrase); ok {
			topics = append(topics, t)
		}
	}
	return topics
}

// phrases cuts a text at its marks and keeps what wants something done.
func phrases(text string) (list []string) {
	for _, p := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，。；：,;:！？\n", r) }) {
		p = strings.TrimSpace(p)
		work := manner.ReplaceAllString(p, "")
		n := utf8.RuneCountInString(work)
		if n >= minTopic && n <= maxTopic && !noWork.MatchString(work) && !basis.MatchString(work) {
			list = append(list, p)
		}
	}
	return list
}

// topic asks who answers for a phrase.
func (b *matrixBuilder) topic(phrase string) (Topic, bool) {
	r := b.v.read(b.v.t, phrase)
	r.units, r.without = nil, nil // a unit in it is a part of the matter
	if len(r.content) > 1 && r.content[0].start == 0 && (b.v.t.verbs[r.content[0].text] || makes.FindString(r.content[0].text) == r.content[0].text) {
		r.content = r.content[1:] // 开展排查 is 排查's matter
	}
	if !r.about() {
		return Topic{}, false
	}
	h := b.v.match(r.content, nil)
	a := r.decided(h)
	t := Topic{Text: phrase}
	switch a.Status {
	case Answered:
		rows := b.rows(a.Results, false)
		if !b.v.culture && highest(h.rank(isAssigned)) < maxGapCover {
			t.Near = rows // the words of other fields are not listed, and the bar is low
		} else {
			t.Clauses = rows
		}
	case Unassigned:
		t.Near = b.rows(a.Results, true)
	default:
		return Topic{}, false
	}
	return t, true
}

// rows are the units' parts in the rows of an answer.
func (b *matrixBuilder) rows(rows []Row, related bool) (list []Ref) {
	for _, row := range rows {
		address := strings.TrimPrefix(row.Cite, b.v.name+" ")
		switch {
		case row.Related != related:
		case row.Kind == KindDuty:
			list = append(list, Ref{row.Unit, address, row.Role, row.Text})
		case row.Kind == KindTask:
			for _, u := range row.Lead {
				list = append(list, Ref{u, address, roleLead, row.Text})
			}
			for _, u := range row.Support {
				list = append(list, Ref{u, address, roleSupport, row.Text})
			}
		}
	}
	return list
}

// catchAll heads the section that takes whatever is left.
var catchAll = regexp.MustCompile(`其他|其它`)
