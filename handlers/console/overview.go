package console

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// overviewRoutes are the page that a day begins with.
func (c *Console) overviewRoutes() []route {
	return []route{get("", everybody, c.showOverview)}
}

// overviewView is what needs a hand today, how the units are doing, and whether the
// program is well.
type overviewView struct {
	Work   []work
	Guide  []guideStep // of the first hour; none: it is over
	Totals string      // how matters stand, in a sentence; "": not shown
	Units  []task.Progress
	Mine   []mineView // a unit's: what it has to do
	More   int        // of it that is not shown
	Health []string   // what is wrong, in words
	Tasks  bool       // the person works with tasks
	Watch  bool       // the person sees what the office sees
}

// work is something that waits for somebody.
type work struct {
	Name string
	N    int // 0: there is no number to it
	Path string
}

// guideStep is a step of the first hour.
type guideStep struct {
	Name, What string
	Path       string // "": there is no page for it
	Done       bool
}

// mineView is a task that a unit has to do something about.
type mineView struct {
	taskRow
	What string
}

// What the overview shows at most.
const (
	shownMine   = 20
	shownAsked  = 99               // questions that are counted
	slowNotices = 10 * time.Minute // for which a notice may be due before that is a fault
)

func (c *Console) showOverview(q *request) error {
	faults := c.opt.Health(context.WithoutCancel(q.ctx())) // it asks the store: not within a view
	return c.shows("overview.html", func(q *request, r store.Reader) (page, error) {
		v := overviewView{Tasks: taskers.lets(q.person), Watch: q.office()}
		var err error
		switch {
		case q.office():
			err = c.officeOverview(q, r, &v, faults)
		case v.Tasks:
			err = c.unitOverview(q, r, &v)
		}
		return page{Title: textOverview, Data: v}, err
	})(q)
}

// officeOverview fills in what the office sees.
func (c *Console) officeOverview(q *request, r store.Reader, v *overviewView, faults map[string]string) error {
	b := c.opt.Tasks
	st, err := b.Standing(r)
	if err != nil {
		return err
	}
	if v.Units = st.Units; len(st.Units) > 0 {
		v.Totals = st.Totals()
	}
	far, err := b.Unreachable(r, c.unitNames())
	if err != nil {
		return err
	}
	waiting, err := b.WaitingCount(r)
	if err != nil {
		return err
	}
	add := v.adder(c)
	add(textLate, len(st.Overdue), "/tasks", "when=overdue")
	for _, w := range append([]task.Cause{task.CauseReported}, waits...) {
		add(textWaits[w], waiting[w], "/tasks", "state="+string(w))
	}
	add(textWaitsClose, st.Open[task.StateReviewed], "/tasks", "state="+string(task.StateReviewed))
	add(textWaitsHand, st.Open[task.StateDraft]-waiting[task.CauseDeclined], "/tasks", "state="+string(task.StateDraft))
	add(textUndated, len(st.Undated), "/tasks/undated", "")
	for _, fill := range []func(*request, store.Reader, func(string, int, string, string)) error{c.waitingPeople, c.waitingNotices, c.waitingQuestions, c.waitingCalendar} {
		if err := fill(q, r, add); err != nil {
			return err
		}
	}
	if reached := len(c.unitNames()) - len(far); reached > 0 {
		add(textFarUnits, len(far), "/people/groups", "")
	}
	if v.Health, err = c.health(r, faults); err != nil {
		return err
	}
	return c.guide(r, v, len(c.unitNames())-len(far))
}

// adder adds work to the page, where there is some and the site has its page.
func (v *overviewView) adder(c *Console) func(name string, n int, path, query string) {
	return func(name string, n int, path, query string) {
		if n <= 0 || !c.has(path) {
			return
		}
		if query != "" {
			query = "?" + query
		}
		v.Work = append(v.Work, work{name, n, Path + path + query})
	}
}

// waitingPeople adds objections, requests to be bound, and whom to call.
func (c *Console) waitingPeople(q *request, r store.Reader, add func(string, int, string, string)) error {
	objections, err := c.opt.Tasks.Undecided(r)
	if err != nil {
		return err
	}
	if len(objections) > 0 {
		add(textObjections, len(objections), "/assessment", "year="+strconv.Itoa(objections[0].Year))
	}
	asked, err := org.Pending(r)
	if err != nil {
		return err
	}
	add(textBindings, len(asked), "/people", "")
	calls, err := c.opt.Tasks.Calls(r, c.opt.Tasks.Today(r))
	if q.person.Role == org.RoleOffice {
		add(textToCall, len(calls), "/tasks/calls", "")
	}
	return err
}

func (c *Console) waitingNotices(_ *request, r store.Reader, add func(string, int, string, string)) error {
	failed, err := bot.Failures(r, c.opt.Outbox, c.opt.Tasks.Holidays().Location())
	add(textUnsent, len(failed), "/notices", "state=failed")
	return err
}

func (c *Console) waitingQuestions(_ *request, r store.Reader, add func(string, int, string, string)) error {
	list, _, err := bot.OpenQuestions(r, "", shownAsked)
	add(textUnanswered, len(list), "/questions/work", "")
	return err
}

func (c *Console) waitingCalendar(_ *request, r store.Reader, add func(string, int, string, string)) error {
	years, err := c.opt.Tasks.UnknownYears(r)
	for _, year := range years {
		add(textUnknownYear, year, "/settings/calendar", "")
	}
	return err
}

// health says in words what is wrong with the platforms, the store and the outbox.
func (c *Console) health(r store.Reader, faults map[string]string) (list []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		list = append(list, textFault(name, faults[name]))
	}
	st, err := c.opt.Outbox.Stats(r)
	if err != nil {
		return nil, err
	}
	if late := r.Now().Sub(st.Oldest); !st.Oldest.IsZero() && late > slowNotices {
		list = append(list, textSlow(st.Due, late))
	}
	pauses, err := org.Pauses(r)
	for _, p := range pauses {
		list = append(list, p.String())
	}
	return list, err
}

// guide lists the steps of the first hour until all are done.
func (c *Console) guide(r store.Reader, v *overviewView, reached int) error {
	sums, err := library.Sums(r)
	if err != nil {
		return err
	}
	liaison := false
	for _, unit := range c.unitNames() {
		people, err := org.ByUnit(r, unit, org.RoleLiaison)
		if err != nil {
			return err
		}
		if liaison = len(people) > 0; liaison {
			break
		}
	}
	tasks, err := c.opt.Tasks.List(r, task.Query{States: task.States, Limit: 1})
	if err != nil {
		return err
	}
	asked, err := bot.Questions(r, bot.LogQuery{Limit: 1})
	if err != nil {
		return err
	}
	steps := []guideStep{
		{textGuidePlan, textGuidePlanWhat, "/plans", len(sums) > 0}, {textGuidePeople, textGuidePeopleWhat, "/people", liaison},
		{textGuideGroups, textGuideGroupsWhat, "/people/groups", reached > 0}, {textGuideTask, textGuideTaskWhat, "/tasks/new", len(tasks) > 0},
		{textGuideAsk, textGuideAskWhat, "/questions/try", len(asked.Entries) > 0},
	}
	if !slices.ContainsFunc(steps, func(s guideStep) bool { return !s.Done }) {
		return nil
	}
	for i := range steps {
		if steps[i].Path = Path + steps[i].Path; !c.has(strings.TrimPrefix(steps[i].Path, Path)) {
			steps[i].Path = ""
		}
	}
	v.Guide = steps
	return nil
}

// unitOverview fills in what a unit has to do, the most urgent first.
func (c *Console) unitOverview(q *request, r store.Reader, v *overviewView) error {
	b := c.opt.Tasks
	open, err := b.List(r, task.Query{Unit: q.unit(), States: working, Undone: true})
	if err != nil {
		return err
	}
	now := r.Now().In(b.Holidays().Location())
	sign, late, soon := 0, 0, 0
	var items []task.Item
	for _, t := range open {
		if t.Recurs() {
			continue
		}
		s, _ := t.Share(q.unit())
		it := b.Item(t, q.unit(), now)
		sign += one(s.Signed.IsZero())
		late += one(it.Colour == task.Red)
		soon += one(it.Colour == task.Yellow)
		items = append(items, it)
	}
	slices.SortStableFunc(items, task.ByUrgency)
	add := v.adder(c)
	add(textToSign, sign, "/tasks", "state="+string(task.StateAssigned))
	add(textLate, late, "/tasks", "when=overdue")
	add(textDueSoon, soon, "/tasks", "when=soon")
	v.More = max(0, len(items)-shownMine)
	for _, it := range items[:len(items)-v.More] {
		row := mineView{taskRow: c.taskRow(it.Task, q.unit(), now), What: textToReport}
		if s, _ := it.Task.Share(q.unit()); s.Signed.IsZero() {
			row.What = textToSign
		}
		v.Mine = append(v.Mine, row)
	}
	return nil
}

// platformOf names the platform of a channel.
func platformOf(name string) string { return org.PlatformWord(chat.Via(name).Platform()) }
