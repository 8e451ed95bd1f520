package report

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/activity"
	"xietiao/bot/task"
	"xietiao/index"
)

// indicator is something that the annual report on standards and equality of basic
// cultural services tells of, and that nobody counts in this program. Who has the figures
// the documents say: it is asked as people ask.
type indicator struct {
	name  string
	need  string   // the figures
	ask   string   // the question
	words []string // of tasks that are about it
}

// material is what a unit reported of a task that is about an indicator.
type material struct {
	task  task.Task
	share task.Share
}

// annual is what is known for the year's report, and what is not, with whom to ask.
func (p *paper) annual() error {
	tasks, err := p.tasksSince(dayOf(p.q.Year))
	if err != nil {
		return err
	}
	tasks = slices.DeleteFunc(tasks, func(t task.Task) bool { return !p.ofYear(t) })
	y, err := p.held()
	if err != nil {
		return err
	}
	p.begin(Annual.Word(), textYear(p.q.Year, p.out.Day))
	if names := planNames(p.docs.Plans()); len(names) == 1 {
		p.note(textOnePlan(names[0]))
	}
	p.note(textAnnual)
	p.heading(textOverall)
	p.table(textOverall, textFigureHead, p.known(tasks, y), "")
	p.heading(textByUnits)
	p.table(textByUnits, textUnitFigureHead, p.byUnit(tasks, y), textNothingKnown)
	p.heading(textByTownship)
	rows, named := p.byTownship(y)
	p.table(textByTownship, textTownshipHead, rows, textNothingHeld)
	p.note(textTownshipNote(named))
	return p.gaps(tasks)
}

// ofYear reports whether a task belongs to the year: by its deadline, or by its end.
func (p *paper) ofYear(t task.Task) bool {
	return t.Deadline.Y == p.q.Year || t.State.Ended() && p.day(t.Ended).Y == p.q.Year ||
		t.Deadline.IsZero() && p.day(t.Handed).Y <= p.q.Year
}

// known are the figures of the whole.
func (p *paper) known(tasks []task.Task, y activity.Year) [][]string {
	var ended, overdue, held []int
	for _, t := range tasks {
		switch {
		case t.State.Ended():
			ended = append(ended, int(t.Number))
		case !t.Deadline.IsZero() && p.out.Day.After(t.Deadline) && !reportedBy(t):
			overdue = append(overdue, int(t.Number))
		}
	}
	came := 0
	for _, h := range y.Held {
		held, came = append(held, int(h.Number)), came+h.Came
	}
	tasksFrom, heldIn := ranges("T", numbers(tasks)), ranges("A", held)
	var rows [][]string
	for i, f := range []struct{ value, source string }{
		{fmt.Sprint(len(tasks)), tasksFrom}, {fmt.Sprint(len(ended)), ranges("T", ended)}, {fmt.Sprint(len(overdue)), ranges("T", overdue)},
		{fmt.Sprint(len(y.Held)), heldIn}, {fmt.Sprint(came), heldIn}, {fmt.Sprint(y.All.Volunteers), heldIn}, {activity.Duration(y.All.Minutes), heldIn},
	} {
		rows = append(rows, []string{textFiguresOfYear[i], f.value, cmp.Or(f.source, textNone)})
	}
	return rows
}

// reportedBy reports whether no lead has work left.
func reportedBy(t task.Task) bool {
	return !slices.ContainsFunc(t.Shares, func(s task.Share) bool { return s.Lead && s.Done.IsZero() && s.Returned.IsZero() })
}

func numbers(tasks []task.Task) (list []int) {
	for _, t := range tasks {
		list = append(list, int(t.Number))
	}
	return list
}

// part is what is known of a unit or a township.
type part struct {
	tasks, done, held []int
	came, minutes     int
}

// byUnit are the figures of those that led tasks or held activities.
func (p *paper) byUnit(tasks []task.Task, y activity.Year) (rows [][]string) {
	parts := map[string]*part{}
	for _, t := range tasks {
		for _, unit := range t.LeadUnits() {
			u := partOf(parts, unit)
			if u.tasks = append(u.tasks, int(t.Number)); t.State.Ended() {
				u.done = append(u.done, int(t.Number))
			}
		}
	}
	for _, h := range y.Held {
		partOf(parts, h.Unit).hold(h)
	}
	names := slices.Concat(p.docs.Names(), slices.Sorted(maps.Keys(parts)))
	for i, name := range names {
		if u := parts[name]; u != nil && !slices.Contains(names[:i], name) {
			rows = append(rows, append([]string{name, fmt.Sprint(len(u.tasks)), fmt.Sprint(len(u.done))}, u.figures()...))
		}
	}
	return rows
}

// byTownship are the activities' figures by the townships that their places name; those
// that name none come last. named is how many do.
func (p *paper) byTownship(y activity.Year) (rows [][]string, named int) {
	parts := map[string]*part{}
	for _, h := range y.Held {
		name := township(h.Place.Name)
		partOf(parts, name).hold(h)
		if name != "" {
			named++
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(count(a == ""), count(b == "")), strings.Compare(a, b))
	}) {
		rows = append(rows, append([]string{cmp.Or(name, textNoTownship)}, parts[name].figures()...))
	}
	return rows, named
}

func partOf(parts map[string]*part, name string) *part {
	if parts[name] == nil {
		parts[name] = &part{}
	}
	return parts[name]
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (u *part) hold(h activity.Held) {
	u.held, u.came, u.minutes = append(u.held, int(h.Number)), u.came+h.Came, u.minutes+h.Minutes
}

// figures are the activities', and the sources.
func (u *part) figures() []string {
	sources := slices.DeleteFunc([]string{ranges("T", u.tasks), ranges("A", u.held)}, func(s string) bool { return s == "" })
	return []string{fmt.Sprint(len(u.held)), fmt.Sprint(u.came), activity.Duration(u.minutes), strings.Join(sources, "；")}
}

var (
	townshipPattern = regexp.MustCompile(`^(?:.*[市县区])?(\p{Han}{1,4}?(?:镇|街道|乡))`)
	noTownship      = regexp.MustCompile(`^(?:[乡城村集市]镇|[家故城水老]乡|江南水乡|[本各该].*)$|(?:[小古]镇|(?:文化|科技|卫生|送.|三|^)下乡)$`)
)

// township is the one that a place's name begins with, as far as that can be told.
func township(place string) string {
	m := townshipPattern.FindStringSubmatch(strings.Join(strings.Fields(place), ""))
	if m == nil || noTownship.MatchString(m[1]) {
		return ""
	}
	return m[1]
}

// gaps are what units reported of each indicator, and the indicators of which nothing is
// known, with whom the documents charge with them.
func (p *paper) gaps(tasks []task.Task) error {
	var have, lack [][]string
	missing := 0
	for _, in := range indicators {
		a, err := p.docs.Ask(p.ctx, index.Query{Q: in.ask})
		if err != nil {
			return err
		}
		about := p.about(tasks, in, a)
		reported := false
		for _, m := range about {
			if !m.share.Done.IsZero() && strings.TrimSpace(m.share.Note) != "" {
				reported = true
				have = append(have, []string{in.name, m.share.Unit, quote(m.share.Note), m.task.Number.String() + " " + p.source(m.task)})
			}
		}
		if !reported {
			missing++
			owner, cite := p.owner(a)
			lack = append(lack, []string{in.name, in.need, owner, cite, p.lead(about)})
		}
	}
	p.heading(textReported)
	p.table(textReported, textReportedHead, have, textNothingReported)
	p.note(textReportedNote)
	p.heading(textMissing)
	for _, q := range []struct{ word, ask string }{{textWriter, textAskWriter}, {textCounter, textAskCounter}} {
		a, err := p.docs.Ask(p.ctx, index.Query{Q: q.ask})
		if err != nil {
			return err
		}
		owner, cite := p.owner(a)
		p.say(q.word + "：" + owner + textCited(cite) + "。")
	}
	p.table(textMissing, textMissingHead, lack, textNothingMissing)
	p.out.Summary = textPack(p.q.Year, len(indicators)-missing, missing)
	p.end()
	return nil
}

// about are the units' parts in tasks that stem from the clauses of the answer, or whose
// words speak of the indicator.
func (p *paper) about(tasks []task.Task, in indicator, a index.Answer) (list []material) {
	cites := map[string]bool{}
	for _, row := range a.Results {
		if a.Status == index.Answered && !row.Related {
			cites[row.Cite] = true
		}
	}
	for _, t := range tasks {
		from := strings.TrimSpace(t.Source.Plan + " " + t.Source.Address)
		if !cites[from] && !slices.ContainsFunc(in.words, func(w string) bool { return strings.Contains(t.Title+t.Text, w) }) {
			continue
		}
		for _, s := range t.Shares {
			list = append(list, material{t, s})
		}
	}
	return list
}

// owner is whom the documents charge with a matter, and where; in words where nobody is.
func (p *paper) owner(a index.Answer) (owner, cite string) {
	var owners, cites []string
	add := func(list *[]string, s string) {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, row := range a.Results {
		if row.Related || row.Kind == index.KindFact {
			continue
		}
		add(&cites, p.rowCite(row))
		for _, unit := range slices.Concat(row.Lead, row.Support) {
			add(&owners, unitOf(p.docs, unit))
		}
		if row.Unit != "" {
			add(&owners, unitOf(p.docs, row.Unit)+textRole(row.Role))
		}
	}
	if a.Status == index.Answered && len(owners) > 0 {
		return strings.Join(owners, "、"), strings.Join(cites, "；")
	}
	return textUnassigned(a.Status == index.Unassigned), strings.Join(cites, "；")
}

func (p *paper) rowCite(row index.Row) string {
	return p.cite(row.Plan, strings.TrimSpace(strings.TrimPrefix(row.Cite, row.Plan)))
}

// lead is what tasks are under way about an indicator.
func (p *paper) lead(about []material) string {
	var list []int
	for _, m := range about {
		list = append(list, int(m.task.Number))
	}
	return cmp.Or(ranges("T", list), textNone)
}

// ranges writes numbers in their order, each once, as T1–T5、T8.
func ranges(letter string, list []int) string {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	var out []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		one := fmt.Sprint(letter, list[i])
		switch j - i {
		case 0:
		case 1:
			one += fmt.Sprint("、", letter, list[j])
		default:
			one += fmt.Sprint("–", letter, list[j])
		}
		out, i = append(out, one), j+1
	}
	return strings.Join(out, "、")
}
