package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/task"
	"xietiao/index/doc"
	"xietiao/index/plan"
)

// file is what is known of one unit.
type file struct {
	unit     string
	duties   []Duty
	tasks    []task.Task // the most pressing first
	requests []request
	count    map[standing]int
	leads    int
}

// Duty is what a document gives a unit to do.
type Duty struct {
	Role, Text, Cite string
}

// DutiesOf lists what the documents give a unit to do, in their order. The unit is named as
// Names has it.
func DutiesOf(docs Documents, unit string) (list []Duty) {
	eachDuty(docs, func(of string, d Duty) {
		if of == unit {
			list = append(list, d)
		}
	})
	return list
}

func eachDuty(docs Documents, do func(unit string, d Duty)) {
	for _, d := range docs.Plans() {
		for _, u := range d.Units {
			for _, du := range u.Duties {
				do(unitOf(docs, u.Name), Duty{du.Role, du.Text, citeOf(docs, planName(d), plan.DutyAddress(u.Name, du.No))})
			}
		}
		for i, it := range d.Items {
			for j, name := range slices.Concat(it.Lead, it.Support) {
				role := textSupport
				if j < len(it.Lead) {
					role = textLead
				}
				do(unitOf(docs, name), Duty{role, it.Text, citeOf(docs, planName(d), it.Address(i))})
			}
		}
	}
}

// request is what a unit asks of the office or the group.
type request struct {
	kind string
	task task.Task
	text string
}

// standing is how a unit's part in a task stands.
type standing int

// The standings, the most pressing first.
const (
	late standing = iota
	open
	undated
	returned
	reported
	done
)

// meeting has a page for each unit, behind one for all.
func (p *paper) meeting() error {
	since := p.q.Since
	if since.IsZero() {
		since = calendar.Date{Y: p.q.Year, M: time.January, D: 1}
	}
	only := ""
	if p.q.Unit != "" {
		var ok bool
		if only, ok = p.docs.Resolve(p.q.Unit); !ok {
			return fmt.Errorf("%w: %q", ErrUnit, p.q.Unit)
		}
	}
	tasks, err := p.tasksSince(since)
	if err != nil {
		return err
	}
	appeals, err := p.Tasks.Undecided(p.r)
	if err != nil {
		return err
	}
	files, err := p.files(tasks, appeals)
	if err != nil {
		return err
	}
	if only != "" {
		files = slices.DeleteFunc(files, func(f *file) bool { return f.unit != only })
	}
	p.begin(Meeting.Word(), textSince(p.out.Day, since))
	if names := planNames(p.docs.Plans()); len(names) == 1 {
		p.note(textOnePlan(names[0]))
	}
	if only == "" {
		p.overview(files)
	}
	for _, f := range files {
		p.page(f, only == "")
	}
	p.end()
	return nil
}

// tasksSince are those that are handed out, and those that were done since the day. An
// end more than two years past its deadline is not looked for.
func (p *paper) tasksSince(since calendar.Date) ([]task.Task, error) {
	all, err := p.Tasks.List(p.r, task.Query{})
	if err != nil {
		return nil, err
	}
	ended, err := p.Tasks.List(p.r, task.Query{States: []task.State{task.StateClosed, task.StateStruck}, From: calendar.Date{Y: since.Y - 2, M: time.January, D: 1}})
	for _, t := range ended {
		if !p.day(t.Ended).Before(since) {
			all = append(all, t)
		}
	}
	return slices.DeleteFunc(all, func(t task.Task) bool { return t.Recurs() || t.Handed.IsZero() }), err
}

// files are the units', in the documents' order; others that have tasks follow.
func (p *paper) files(tasks []task.Task, appeals []task.Objection) (list []*file, err error) {
	of := map[string]*file{}
	get := func(unit string) *file {
		if of[unit] == nil {
			of[unit] = &file{unit: unit, count: map[standing]int{}}
			list = append(list, of[unit])
		}
		return of[unit]
	}
	for _, unit := range p.docs.Names() {
		get(unit)
	}
	eachDuty(p.docs, func(unit string, d Duty) { get(unit).duties = append(get(unit).duties, d) })
	for _, t := range tasks {
		for _, s := range t.Shares {
			f := get(s.Unit)
			f.tasks = append(f.tasks, t)
			f.count[p.standing(t, s)]++
			if s.Lead {
				f.leads++
			}
			if !s.Returned.IsZero() && s.Done.IsZero() && !t.State.Ended() {
				f.requests = append(f.requests, request{textReturned, t, s.Note})
			}
		}
		for _, i := range t.Issues {
			if i.Open() && !t.State.Ended() {
				get(i.Unit).requests = append(get(i.Unit).requests, request{textIssue, t, i.Text})
			}
		}
		if d, ok := t.Pending(); ok && !t.State.Ended() {
			get(d.Unit).requests = append(get(d.Unit).requests, request{textDelay(d.To), t, d.Reason})
		}
	}
	for _, o := range appeals {
		t, err := p.Tasks.Get(p.r, o.Number)
		if err != nil {
			return nil, err
		}
		get(o.Unit).requests = append(get(o.Unit).requests, request{textAppeal(o), t, o.Text})
	}
	for _, f := range list {
		slices.SortStableFunc(f.tasks, func(x, y task.Task) int {
			a, _ := x.Share(f.unit)
			b, _ := y.Share(f.unit)
			return cmp.Or(cmp.Compare(p.standing(x, a), p.standing(y, b)), cmp.Compare(x.Deadline.String(), y.Deadline.String()), cmp.Compare(x.Number, y.Number))
		})
	}
	return list, nil
}

// unitOf is a name as units go by.
func unitOf(docs Documents, name string) string {
	if unit, ok := docs.Resolve(name); ok {
		return unit
	}
	return name
}

// standing is how the unit's part stands today.
func (p *paper) standing(t task.Task, s task.Share) standing {
	switch {
	case t.State.Ended():
		return done
	case !s.Done.IsZero():
		return reported
	case !s.Returned.IsZero():
		return returned
	case t.Deadline.IsZero():
		return undated
	case p.out.Day.After(t.Deadline):
		return late
	}
	return open
}

// overview is the first page.
func (p *paper) overview(files []*file) {
	var rows, asked [][]string
	sum := &file{count: map[standing]int{}}
	for _, f := range files {
		rows = append(rows, append([]string{f.unit}, f.figures()...))
		for _, q := range f.requests {
			asked = append(asked, append([]string{f.unit}, p.requestRow(q)...))
		}
		sum.duties, sum.requests, sum.leads = append(sum.duties, f.duties...), append(sum.requests, f.requests...), sum.leads+f.leads
		for s, n := range f.count {
			sum.count[s] += n
		}
	}
	p.out.Summary = textMeeting(len(files), sum)
	p.heading(textOverall)
	p.say(p.out.Summary)
	p.table(textUnitsSheet, append([]string{textUnit}, textFigures...), rows, textNoUnits)
	p.heading(textAsked)
	p.table(textAsked, append([]string{textUnit}, textRequestHead...), asked, textNothingAsked)
}

// figures are the unit's: textFigures.
func (f *file) figures() []string {
	var out []string
	for _, n := range []int{len(f.duties), f.leads, len(f.tasks) - f.leads, f.count[done], f.count[late], f.count[open] + f.count[undated] + f.count[reported] + f.count[returned], len(f.requests)} {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

// page is a unit's.
func (p *paper) page(f *file, fresh bool) {
	p.add(doc.Out{Style: "heading1", Text: f.unit, Break: fresh})
	p.say(textPage(f))
	if p.out.Summary == "" {
		p.out.Summary = f.unit + "：" + textPage(f)
	}
	var rows [][]string
	for _, d := range f.duties {
		rows = append(rows, []string{d.Cite, cmp.Or(d.Role, textNone), d.Text})
	}
	p.section(textDuties, textDutyHead, rows)
	rows = nil
	for _, t := range f.tasks {
		rows = append(rows, p.taskRow(t, f.unit))
	}
	p.section(textTasks, textTaskHead, rows)
	rows = nil
	for _, q := range f.requests {
		rows = append(rows, p.requestRow(q))
	}
	if len(rows) > 0 {
		p.add(doc.Out{Style: "heading2", Text: textRequests})
		p.table("", textRequestHead, rows, "") // the workbook has it from the first page
	}
}

// section is a part of a page; textPage says what is not there.
func (p *paper) section(name string, head []string, rows [][]string) {
	if len(rows) > 0 {
		p.add(doc.Out{Style: "heading2", Text: name})
		p.table(name, head, rows, "")
	}
}

func (p *paper) taskRow(t task.Task, unit string) []string {
	s, _ := t.Share(unit)
	role := textSupport
	if s.Lead {
		role = textLead
	}
	return []string{t.Number.String(), t.Title, role, p.source(t), dateOr(t.Deadline), p.situation(t, s)}
}

// situation says how the unit's part stands.
func (p *paper) situation(t task.Task, s task.Share) string {
	words := textStandings[p.standing(t, s)]
	switch p.standing(t, s) {
	case done:
		words = p.day(t.Ended).String() + " " + words
	case late, open, undated:
		if p.standing(t, s) != undated {
			words += "，" + p.Tasks.LeftWord(t, p.now)
		}
		words += fmt.Sprintf("，%d%%", s.Percent)
	}
	if s.Note != "" {
		words += "。" + quote(s.Note)
	}
	return words
}

func (p *paper) requestRow(q request) []string {
	return []string{q.task.Number.String(), q.kind, q.task.Title, oneLine(q.text), p.source(q.task)}
}

// source is the clause of a task.
func (p *paper) source(t task.Task) string {
	return cmp.Or(p.cite(t.Source.Plan, t.Source.Address), textNoSource)
}

func (p *paper) cite(plan, address string) string { return citeOf(p.docs, plan, address) }

// citeOf leaves out the document's name where there is but one.
func citeOf(docs Documents, plan, address string) string {
	if names := planNames(docs.Plans()); address != "" && len(names) == 1 && names[0] == plan {
		return address
	}
	return strings.TrimSpace(plan + " " + address)
}

func planName(p *plan.Plan) string { return cmp.Or(p.DocNo, p.Title) }

func planNames(plans []*plan.Plan) (names []string) {
	for _, p := range plans {
		names = append(names, planName(p))
	}
	return names
}

// parts are how many parts in tasks the unit has.
func (f *file) parts() (n int) {
	for _, c := range f.count {
		n += c
	}
	return n
}
