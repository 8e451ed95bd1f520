package console

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index/sheet"
)

// taskRoutes are the tasks: lists, what is done with several at once, files.
func (c *Console) taskRoutes() []route {
	list := c.shows("tasks.html", c.taskList)
	return []route{
		get("/tasks", taskers, list),
		post("/tasks/many", units, c.does(c.takeMany, c.backToList, list)),
		get("/tasks/hand", office, c.shows("taskhand.html", c.handout)),
		post("/tasks/hand", office, c.does(c.handAll, at("/tasks"), c.shows("taskhand.html", c.handout))),
		get("/tasks/ledger.xlsx", taskers, c.ledger),
	}
}

// taskers are who works with tasks, and who looks on.
var taskers = access{roles: []org.Role{org.RoleOffice, org.RoleReader, org.RoleLiaison, org.RoleHead}}

// mostPages is how far a list by its words goes on.
const (
	mostPages = 20
	mostHand  = 1000 // tasks of one transaction
)

// taskListView is a page of the list of tasks.
type taskListView struct {
	Filter   taskFilter
	States   []choice
	Whens    []choice
	Units    []string
	Rows     []taskRow
	Total    int // -1: not counted
	Do       []choice
	Pages    pages
	Standing *task.Standing // nil: not shown
	Empty    bool           // there is no task at all
}

// taskRow is a task in a list.
type taskRow struct {
	Number   task.Number
	Title    string
	Leads    string
	Supports string
	Due      string
	Colour   task.Colour
	State    string
	Progress string
	Ticked   bool
}

// Path is the task's page.
func (r taskRow) Path() string { return taskPath(r.Number) }

func taskPath(n task.Number) string { return Path + "/tasks/" + n.String() }

// taskFilter is what a list is asked for.
type taskFilter struct {
	State, Unit, When, Text string
}

// The values of State and When beside a task.State.
const (
	stateOpen   = "" // not over
	stateAll    = "all"
	whenOverdue = "overdue"
	whenSoon    = "soon"
	whenUndated = "undated"
	whenSeries  = "series"
)

const soonDays = 7

// filterOf reads the filter of an address; a unit's people do not choose the unit.
func filterOf(q *request) taskFilter {
	f := taskFilter{State: q.Query("state"), When: q.Query("when"), Text: strings.TrimSpace(q.Query("text"))}
	if q.office() {
		f.Unit = q.Query("unit")
	}
	return f
}

// working are the states in which units have work to do.
var working = []task.State{task.StateAssigned, task.StateSigned}

// waits are what of tasks waits for the office beside a state; values of State too.
var waits = []task.Cause{task.CauseAsked, task.CauseRaised, task.CauseDeclined}

// query is what the list is read by; of the unit alone, if it is not "".
func (f taskFilter) query(unit string, today calendar.Date) task.Query {
	q := task.Query{Unit: cmp.Or(unit, f.Unit), Text: f.Text, Limit: onPage}
	switch {
	case f.State == stateAll:
		q.States = task.States
	case slices.Contains(waits, task.Cause(f.State)):
		q.Waits = task.Cause(f.State)
	case slices.Contains(task.States, task.State(f.State)):
		q.States = []task.State{task.State(f.State)}
	case f.When == whenOverdue || f.When == whenSoon:
		q.States = working
	}
	switch f.When {
	case whenOverdue:
		q.To, q.Undone = today.AddDays(-1), q.Unit != ""
	case whenSoon:
		q.From, q.To, q.Undone = today, today.AddDays(soonDays), q.Unit != ""
	case whenUndated:
		q.Undated = true
	case whenSeries:
		q.Series = true
	}
	return q
}

// address is the list's with the filter.
func (f taskFilter) address(path string) string {
	v := url.Values{}
	for name, value := range map[string]string{"state": f.State, "unit": f.Unit, "when": f.When, "text": f.Text} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return Path + path
	}
	return Path + path + "?" + v.Encode()
}

// Ledger is where the list is had as a file.
func (f taskFilter) Ledger() string { return f.address("/tasks/ledger.xlsx") }

// OfUnit is the list of the unit.
func (taskFilter) OfUnit(unit string) string { return taskFilter{Unit: unit}.address("/tasks") }

// Any reports whether anything is asked for.
func (f taskFilter) Any() bool { return f != taskFilter{} }

// taskList shows a page of the list.
func (c *Console) taskList(q *request, r store.Reader) (page, error) {
	f, b := filterOf(q), c.opt.Tasks
	query, n := f.query(q.unit(), b.Today(r)), pageOf(q)
	if f.Text != "" {
		n = min(n, mostPages)
	}
	got, err := b.Listing(r, query, (n-1)*onPage)
	if err != nil {
		return page{}, err
	}
	if f.Text != "" && n == mostPages {
		got.More = false
	}
	v := taskListView{
		Filter: f, Total: got.Total, Pages: pagesOf(q, "/tasks", got.More), Units: c.unitNames(),
		States: choices(f.State, append([]choice{{stateOpen, textOpenTasks, false}, {stateAll, textAllTasks, false}}, stateChoices(q)...)),
		Whens: choices(f.When, []choice{
			{"", textAnyDeadline, false}, {whenOverdue, textOverdue, false}, {whenSoon, textSoon, false}, {whenUndated, textUndated, false}, {whenSeries, textSeries, false},
		}),
	}
	now := r.Now()
	for _, t := range got.Tasks {
		row := c.taskRow(t, q.unit(), now)
		row.Ticked = slices.Contains(q.PostFormArray("n"), t.Number.String())
		v.Rows = append(v.Rows, row)
	}
	for _, do := range manyDos(q) {
		v.Do = append(v.Do, choice{string(do), do.Word(), false})
	}
	if len(v.Rows) == 0 && !f.Any() {
		all, err := b.List(r, task.Query{States: task.States, Limit: 1})
		if err != nil {
			return page{}, err
		}
		v.Empty = len(all) == 0
	}
	if q.office() && !f.Any() && n == 1 && !v.Empty {
		st, err := b.Standing(r)
		if err != nil {
			return page{}, err
		}
		v.Standing = &st
	}
	return page{Title: textTasks, Data: v}, nil
}

func stateChoices(q *request) (list []choice) {
	for _, s := range task.States {
		list = append(list, choice{string(s), s.Word(), false})
	}
	if q.office() {
		for _, w := range waits {
			list = append(list, choice{string(w), textWaits[w], false})
		}
	}
	return list
}

// taskRow is the task as a list shows it to the unit; "": to the office.
func (c *Console) taskRow(t task.Task, unit string, now time.Time) taskRow {
	row := taskRow{
		Number: t.Number, Title: titleOf(t), Leads: strings.Join(t.LeadUnits(), "、"), Supports: strings.Join(t.SupportUnits(), "、"),
		Due: c.due(t, now), State: t.State.Word(),
	}
	if it := c.opt.Tasks.Item(t, unit, now); !t.State.Ended() && !t.Recurs() {
		row.Colour = it.Colour
	}
	if s, ok := t.Share(unit); ok && unit != "" && t.State != task.StateDraft && !t.Recurs() {
		row.Progress = s.Role() + "，" + t.Stand(s)
	} else if !t.Recurs() && t.State != task.StateDraft && !t.State.Ended() {
		row.Progress = progressOf(t)
	}
	return row
}

// titleOf is the task's title, of an occurrence with its period.
func titleOf(t task.Task) string {
	if t.Period == "" {
		return t.Title
	}
	return t.Title + "（" + t.Period + "）"
}

// due words the task's deadline.
func (c *Console) due(t task.Task, now time.Time) string {
	b := c.opt.Tasks
	switch {
	case t.Recurs():
		return t.Rule.String()
	case t.State.Ended() || t.Deadline.IsZero():
		return task.DateWord(b.Calendar(), t.Deadline, b.Calendar().Day(now))
	}
	return strings.TrimPrefix(b.DueWords(t, now), "期限 ")
}

// progressOf is how far the leads are: of one its percentage, of several the mean.
func progressOf(t task.Task) string {
	sum, n := 0, 0
	for _, s := range t.Shares {
		if s.Lead && s.Returned.IsZero() {
			sum, n = sum+s.Percent, n+1
		}
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(sum/n) + "%"
}

// manyDos are the steps that are taken with several tasks at once.
func manyDos(q *request) []task.Do {
	switch {
	case q.person.Role == org.RoleOffice:
		return []task.Do{task.DoHand, task.DoUrge, task.DoReview, task.DoClose, task.DoStrike, task.DoCancel}
	case units.lets(q.person):
		return []task.Do{task.DoSign}
	}
	return nil
}

// sees reports whether the person may see the task.
func (q *request) sees(t task.Task) bool {
	_, has := t.Share(q.unit())
	return q.office() || has
}

// takeMany takes a step with the tasks that are ticked.
func (c *Console) takeMany(q *request, tx *store.Tx) (string, error) {
	do := task.Do(q.PostForm("do"))
	if !slices.Contains(manyDos(q), do) {
		return "", words(textWhichStep)
	}
	var list []task.Number
	for _, said := range q.PostFormArray("n") {
		if n, ok := task.ParseNumber(said); ok {
			list = append(list, n)
		}
	}
	switch {
	case len(list) == 0:
		return "", words(textNothingTicked)
	case len(list) > mostHand:
		return "", words(textTooManyTicked(mostHand))
	case do.Reason() && strings.TrimSpace(q.PostForm("text")) == "":
		return "", words(textReasonFor(do))
	}
	return c.stepAll(q, tx, list, task.Action{Do: do, Text: strings.TrimSpace(q.PostForm("text"))})
}

// stepAll takes a step with each of the tasks and says with which it could not, and why.
func (c *Console) stepAll(q *request, tx *store.Tx, list []task.Number, a task.Action) (string, error) {
	var done []task.Number
	var concerned []string
	var not []task.Said
	for _, n := range list {
		t, err := c.seen(q, tx, n)
		if err == nil {
			t, err = c.opt.Tasks.Apply(tx, n, a, q.tasker())
		}
		why := task.Tell(err)
		switch {
		case errors.Is(err, handlers.ErrNotFound):
			not = append(not, task.Said{Number: n, Words: n.String() + "：" + task.Tell(task.ErrNotFound)})
		case why != "":
			not = append(not, task.Said{Number: n, Words: why})
		case err != nil:
			return "", err
		default:
			done, concerned = append(done, n), append(append(concerned, t.LeadUnits()...), t.SupportUnits()...)
		}
	}
	said := textDoneMany(a.Do, done)
	if a.Do == task.DoHand && len(done) > 0 {
		far, err := c.unreachable(tx, concerned)
		if err != nil {
			return "", err
		}
		said += far
	}
	if len(not) > 0 {
		said += textNotDoneMany(a.Do, len(not)) + strings.Join(task.Reasons(not), " ")
	}
	return said, nil
}

// unreachable says which of the units must be called up; "": none.
func (c *Console) unreachable(r store.Reader, names []string) (string, error) {
	var once []string
	for _, n := range names {
		if !slices.Contains(once, n) {
			once = append(once, n)
		}
	}
	far, err := c.opt.Tasks.Unreachable(r, once)
	if err != nil || len(far) == 0 {
		return "", err
	}
	return textCallThem(far), nil
}

// seen is the task of the number, if the person may see it. handlers.ErrNotFound.
func (c *Console) seen(q *request, r store.Reader, n task.Number) (task.Task, error) {
	t, err := c.opt.Tasks.Get(r, n)
	if errors.Is(err, task.ErrNotFound) || err == nil && !q.sees(t) {
		return task.Task{}, handlers.ErrNotFound
	}
	return t, err
}

// backToList is the list that a form with several tasks stood on: it has its query.
func (c *Console) backToList(q *request) string {
	to := url.URL{Path: Path + "/tasks", RawQuery: q.Request.URL.Query().Encode()}
	return to.String()
}

// handoutView is what waits to be handed out.
type handoutView struct {
	task.Handout
	Rows []taskRow
	List string // the numbers, for the form
}

// handout shows all that waits to be handed out, before it is.
func (c *Console) handout(q *request, r store.Reader) (page, error) {
	h, err := c.opt.Tasks.Handout(r, mostHand)
	if err != nil {
		return page{}, err
	}
	v := handoutView{Handout: h}
	shown, err := c.opt.Tasks.Some(r, h.Tasks[:min(len(h.Tasks), onPage)])
	if err != nil {
		return page{}, err
	}
	for _, t := range shown {
		v.Rows = append(v.Rows, c.taskRow(t, "", r.Now()))
	}
	var all []string
	for _, n := range h.Tasks {
		all = append(all, n.String())
	}
	v.List = strings.Join(all, " ")
	return page{Title: textHandAll, Data: v}, nil
}

// handAll hands out what was shown.
func (c *Console) handAll(q *request, tx *store.Tx) (string, error) {
	var list []task.Number
	for said := range strings.FieldsSeq(q.PostForm("list")) {
		if n, ok := task.ParseNumber(said); ok && len(list) < mostHand {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return "", words(textNothingTicked)
	}
	return c.stepAll(q, tx, list, task.Action{Do: task.DoHand})
}

// ledger is the list as a workbook.
func (c *Console) ledger(q *request) error {
	var out sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		f := filterOf(q)
		query := f.query(q.unit(), c.opt.Tasks.Today(r))
		query.Limit = 0
		if !f.Any() {
			query.States = task.States // the ledger is of all that ever was
		}
		out, err = c.opt.Tasks.Ledger(r, query)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, textLedgerFile, []sheet.Out{out})
}

// share is a part of a whole in per cent, as widths of a bar.
func share(n, all int) string {
	if all <= 0 {
		return "0"
	}
	return strconv.FormatFloat(100*float64(max(n, 0))/float64(all), 'f', 2, 64)
}

func sub(n int, of ...int) int {
	for _, m := range of {
		n -= m
	}
	return n
}
