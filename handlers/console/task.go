package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/audit"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index/doc"
)

// oneTaskRoutes are a task's page and what is done on it.
func (c *Console) oneTaskRoutes() []route {
	show := c.shows("task.html", c.taskPage)
	return []route{
		get("/tasks/:task", taskers, show),
		post("/tasks/:task/step", units, c.does(c.takeStep, here(1), show)),
		post("/tasks/:task/undo", units, c.does(c.undoStep, here(1), show)),
		post("/tasks/:task/withdraw", office, c.does(c.withdraw, here(1), show)),
		get("/tasks/:task/form.docx", watchers, c.taskForm),
	}
}

// What a task's page shows at most.
const (
	shownParts    = 50
	shownHistory  = 100
	shownUpcoming = 20
	aheadDays     = 60 // of reminders to come
	nextDates     = 5  // of a series
)

// taskView is a task's page.
type taskView struct {
	Task     task.Task
	Row      taskRow
	Offsets  string
	Source   string // the clause's cite
	Clause   string // its page; "": it is not in force
	Altered  string // what became of the clause since
	Shares   []shareView
	Steps    []stepForm
	ForUnits []stepForm // for units without an account
	Delays   []task.Delay
	Issues   []task.Issue
	Parts    []taskRow
	MoreOf   int // parts that are not shown
	Next     []string
	Upcoming []string
	Told     []toldView
	History  []deedView
	Earlier  int // entries of the history that are not shown
	Amend    bool
	Form     bool // there is a 督办单 of it
	Undo     task.Do
	Part     bool // it may get parts
}

// shareView is a unit's part in the task.
type shareView struct {
	task.Share
	Stand string
	Far   bool // nobody can be reached by a message
}

// toldView is a message about the task.
type toldView struct {
	At          time.Time
	Unit, Place string
	State       string // of its withdrawal
	Path        string // of the notice's page
}

// deedView is an entry of the history.
type deedView struct {
	At      time.Time
	Who     string
	Do      string
	Details []string
}

// stepForm is the form of a step.
type stepForm struct {
	Do      task.Do
	Name    string
	Units   []string // to choose one of
	All     string   // the choice of all of them; "": one must be chosen
	Text    string   // the label of its words; "": it has none
	Need    bool     // they must not be empty
	Percent bool
	To      bool
	Issues  []choice
	Confirm string
	Version int // the task's, if the step is of what is shown; 0: of whatever it is
}

// Plain reports whether it is a button alone.
func (s stepForm) Plain() bool {
	return len(s.Units) == 0 && s.Text == "" && !s.Percent && !s.To && len(s.Issues) == 0
}

// shownStep is a step's form on its page.
type shownStep struct {
	Page frame
	Of   stepForm
	ID   string // what its fields' ids begin with
}

// Again reports whether it is the form that is shown once more.
func (s shownStep) Again() bool { return s.Page.Old("do") == string(s.Of.Do) }

// Old is what was typed into its field, if it is that form.
func (s shownStep) Old(field string) string {
	if !s.Again() {
		return ""
	}
	return s.Page.Old(field)
}

func stepOf(p frame, f stepForm, kind string) shownStep {
	return shownStep{p, f, kind + "-" + string(f.Do)}
}

// numberOf is the task of the address. handlers.ErrNotFound.
func numberOf(q *request) (task.Number, error) {
	n, ok := task.ParseNumber(q.Param("task"))
	if !ok {
		return 0, handlers.ErrNotFound
	}
	return n, nil
}

// taskOf is that of the address, if the person may see it. handlers.ErrNotFound.
func (c *Console) taskOf(q *request, r store.Reader) (task.Task, error) {
	n, err := numberOf(q)
	if err != nil {
		return task.Task{}, err
	}
	return c.seen(q, r, n)
}

// taskPage shows a task.
func (c *Console) taskPage(q *request, r store.Reader) (page, error) {
	t, err := c.taskOf(q, r)
	if err != nil {
		return page{}, err
	}
	now := r.Now().In(c.opt.Tasks.Holidays().Location())
	v := taskView{
		Task: t, Row: c.taskRow(t, q.unit(), now), Offsets: t.OffsetsWord(), Delays: t.Delays, Issues: t.Issues,
		Amend: task.May(t, task.DoAmend, "", now, q.tasker()), Steps: c.stepForms(q, t, now),
		Part: q.person.Role == org.RoleOffice && !t.State.Ended() && t.Parent == 0 && !t.Recurs(),
	}
	if q.office() {
		_, err := c.opt.Tasks.Form(t, now)
		v.Form = err == nil
	}
	if q.person.Role == org.RoleOffice {
		v.ForUnits = c.unitForms(q, t, now)
	}
	c.clauseOf(&v)
	for _, fill := range []func(*request, store.Reader, *taskView) error{c.fillShares, c.fillParts, c.fillTold, c.fillHistory} {
		if err := fill(q, r, &v); err != nil {
			return page{}, err
		}
	}
	for _, p := range c.opt.Tasks.Upcoming(t, now, aheadDays) {
		if q.office() || p.Unit == q.unit() {
			v.Upcoming = append(v.Upcoming, textUpcoming(c.moment(p.At), cmp.Or(p.Unit, org.OfficeUnit), p.Cause))
		}
	}
	v.Upcoming = v.Upcoming[:min(len(v.Upcoming), shownUpcoming)]
	return page{Title: t.Number.String() + " " + titleOf(t), Data: v}, nil
}

// clauseOf says where the task's clause is, and whether it still is as it was.
func (c *Console) clauseOf(v *taskView) {
	s := v.Task.Source
	if v.Source = strings.TrimSpace(s.Plan + " " + s.Address); v.Source == "" {
		return
	}
	list := c.opt.Clauses(s.Plan, s.Address)
	switch {
	case len(list) > 0:
		v.Clause = bot.ClausePath(s.Plan, s.Address)
		if s.Clause != "" && !slices.ContainsFunc(list, func(k bot.Clause) bool { return k.Text == s.Clause }) {
			v.Altered = textClauseChanged
		}
	case s.Clause != "":
		v.Altered = textClauseGone
	}
}

func (c *Console) fillShares(q *request, r store.Reader, v *taskView) error {
	var names []string
	for _, s := range v.Task.Shares {
		names = append(names, s.Unit)
	}
	var far []string
	var err error
	if q.office() {
		if far, err = c.opt.Tasks.Unreachable(r, names); err != nil {
			return err
		}
	}
	for _, s := range v.Task.Shares {
		row := shareView{Share: s, Far: slices.Contains(far, s.Unit)}
		if !v.Task.Recurs() && !s.Handed.IsZero() {
			row.Stand = v.Task.Stand(s)
		}
		v.Shares = append(v.Shares, row)
	}
	return nil
}

// fillParts lists the task's parts that the person may see, of a series the last
// occurrences and the next dates.
func (c *Console) fillParts(q *request, r store.Reader, v *taskView) error {
	parts, err := c.opt.Tasks.Parts(r, v.Task.Number)
	if err != nil {
		return err
	}
	parts = slices.DeleteFunc(parts, func(t task.Task) bool { return !q.sees(t) })
	v.MoreOf = max(0, len(parts)-shownParts)
	for _, t := range parts[v.MoreOf:] {
		v.Parts = append(v.Parts, c.taskRow(t, q.unit(), r.Now()))
	}
	if v.Task.Recurs() && !v.Task.State.Ended() {
		v.Next = c.nextDates(r, v.Task.Draft)
	}
	return nil
}

// nextDates are the next dates of a series, in words.
func (c *Console) nextDates(r store.Reader, d task.Draft) (days []string) {
	b := c.opt.Tasks
	today := b.Today(r)
	for _, day := range b.Preview(task.Task{Draft: d}, today, nextDates) {
		days = append(days, task.DateWord(b.Calendar(), day, today))
	}
	return days
}

// fillTold lists for the office what was said of the task lately.
func (c *Console) fillTold(q *request, r store.Reader, v *taskView) error {
	if !q.office() {
		return nil
	}
	all, err := c.opt.Tasks.Told(r, v.Task.Number)
	if err != nil {
		return err
	}
	for _, w := range all {
		place, err := bot.PlaceWords(r, w.To)
		if err != nil {
			return err
		}
		v.Told = append(v.Told, toldView{At: w.At, Unit: w.Unit, Place: place, State: bot.WithdrawWord(w.State), Path: noticePath(w.Key)})
	}
	return nil
}

// fillHistory lists what was done to the task, the newest first.
func (c *Console) fillHistory(q *request, r store.Reader, v *taskView) error {
	history, err := c.opt.Tasks.History(r, v.Task.Number)
	if err != nil {
		return err
	}
	deeds, err := deedsOf(r, history)
	if err != nil {
		return err
	}
	v.Earlier = max(0, len(deeds)-shownHistory)
	v.History = deeds[v.Earlier:]
	slices.Reverse(v.History)
	a, err := c.opt.Tasks.Undoing(r, v.Task.Number, q.by())
	if err == nil && units.lets(q.person) {
		v.Undo = a.Do
	} else if err != nil && task.Tell(err) == "" {
		return err
	}
	return nil
}

// deedsOf words a history, the oldest first.
func deedsOf(r store.Reader, history []audit.Entry) (list []deedView, err error) {
	names := map[string]string{}
	var draft task.Draft
	for _, e := range history {
		var what task.Entry
		if err := json.Unmarshal(e.Data, &what); err != nil {
			return nil, fmt.Errorf("%w: history: %w", store.ErrDamaged, err)
		}
		if _, known := names[e.By]; !known {
			if names[e.By], err = nameOf(r, org.PersonID(e.By)); err != nil {
				return nil, err
			}
		}
		d := deedView{At: e.At, Who: names[e.By], Do: what.Do.Word()}
		if what.Draft != nil {
			draft = *what.Draft
		}
		if a := what.Action; a != nil {
			d.Details = details(*a)
			if a.Draft != nil {
				d.Details = append(d.Details, task.Changes(draft, *a.Draft)...)
				draft = *a.Draft
			}
			if what.Deadline != draft.Deadline { // a delay was granted
				draft.Deadline, draft.DeadlineText = what.Deadline, ""
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// details are what was said with a step.
func details(a task.Action) (list []string) {
	if a.Unit != "" {
		list = append(list, a.Unit)
	}
	if a.Do == task.DoProgress {
		list = append(list, strconv.Itoa(a.Percent)+"%")
	}
	if !a.To.IsZero() {
		list = append(list, textUntil(a.To))
	}
	if a.Text != "" {
		list = append(list, "“"+a.Text+"”")
	}
	return list
}

// stepForms are the steps that the person may take now.
func (c *Console) stepForms(q *request, t task.Task, now time.Time) (list []stepForm) {
	if !units.lets(q.person) {
		return nil
	}
	for _, do := range task.Steps(t, "", now, q.tasker()) {
		if do != task.DoAmend {
			list = append(list, formOf(t, do))
		}
	}
	return list
}

// unitForms are the steps of units that the office may take for them.
func (c *Console) unitForms(q *request, t task.Task, now time.Time) (list []stepForm) {
	at := map[task.Do]int{}
	for _, s := range t.Shares {
		for _, do := range task.Steps(t, s.Unit, now, q.tasker()) {
			if !do.OfUnit() {
				continue
			}
			if _, there := at[do]; !there {
				at[do], list = len(list), append(list, formOf(t, do))
			}
			list[at[do]].Units = append(list[at[do]].Units, s.Unit)
		}
	}
	return list
}

// formOf is what the form of a step asks for.
func formOf(t task.Task, do task.Do) stepForm {
	f := stepForm{Do: do, Name: do.Word(), Need: do.Reason()}
	switch do {
	case task.DoProgress:
		f.Percent, f.Text = true, textSaid
	case task.DoReport:
		f.Text = textResult
	case task.DoAsk:
		f.To, f.Text = true, textReason
	case task.DoRaise:
		f.Text = textMatter
	case task.DoDecline, task.DoDeny, task.DoCancel:
		f.Text = textReason
	case task.DoSettle:
		f.Text = textOutcome
		for i, issue := range t.Issues {
			if issue.Open() {
				f.Issues = append(f.Issues, choice{strconv.Itoa(i + 1), issue.Unit + "：" + issue.Text, false})
			}
		}
	case task.DoReturn:
		f.Units, f.All, f.Text = reported(t), textAllLeads, textReason
	case task.DoUrge:
		f.Units, f.All = undone(t), textAllUndone
	case task.DoHand, task.DoReview, task.DoClose:
		f.Version = t.Version
	}
	if do == task.DoCancel || do == task.DoStrike || do == task.DoClose {
		f.Confirm = textSure(do, t)
	}
	return f
}

// reported lists the leads that say they are done, undone those who have work to do.
func reported(t task.Task) (list []string) {
	for _, s := range t.Shares {
		if s.Lead && !s.Done.IsZero() {
			list = append(list, s.Unit)
		}
	}
	return list
}

func undone(t task.Task) (list []string) {
	for _, s := range t.Shares {
		if s.Done.IsZero() && s.Returned.IsZero() {
			list = append(list, s.Unit)
		}
	}
	return list
}

// takeStep takes the step of a form.
func (c *Console) takeStep(q *request, tx *store.Tx) (string, error) {
	t, err := c.taskOf(q, tx)
	if err != nil {
		return "", err
	}
	a := task.Action{Do: task.Do(q.PostForm("do")), Unit: q.PostForm("unit"), Text: strings.TrimSpace(q.PostForm("text"))}
	a.Issue, _ = strconv.Atoi(q.PostForm("issue"))
	a.Version, _ = strconv.Atoi(q.PostForm("version"))
	switch a.Do {
	case task.DoAmend: // it has a page of its own
		return "", words(textWhichStep)
	case task.DoProgress:
		if a.Percent, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(q.PostForm("percent")), "%")); err != nil {
			a.Percent = -1
		}
	case task.DoAsk:
		when, ok := task.ParseDeadline(c.opt.Tasks.Calendar(), c.opt.Tasks.Today(tx), q.PostForm("to"))
		if !ok || when.Date.IsZero() {
			return "", words(textWhichDay)
		}
		a.To = when.Date
	}
	next, err := c.opt.Tasks.Apply(tx, t.Number, a, q.tasker())
	if err != nil {
		return "", err
	}
	said := textStepped(next, a)
	if a.Do == task.DoHand {
		far, err := c.unreachable(tx, append(next.LeadUnits(), next.SupportUnits()...))
		return said + far, err
	}
	return said, nil
}

// undoStep takes the person's own last step back.
func (c *Console) undoStep(q *request, tx *store.Tx) (string, error) {
	t, err := c.taskOf(q, tx)
	if err != nil {
		return "", err
	}
	a, err := c.opt.Tasks.Undoing(tx, t.Number, q.by())
	if err != nil {
		return "", err
	}
	if _, err := c.opt.Tasks.Apply(tx, t.Number, a, q.tasker()); err != nil {
		return "", err
	}
	return textUndone(t.Number, a), nil
}

// withdraw takes back what units were last told of the task.
func (c *Console) withdraw(q *request, tx *store.Tx) (string, error) {
	t, err := c.taskOf(q, tx)
	if err != nil {
		return "", err
	}
	list, err := c.opt.Tasks.Withdraw(tx, t.Number, "", q.tasker())
	if err != nil {
		return "", err
	}
	var said []string
	for _, w := range list {
		said = append(said, w.Unit+"："+bot.WithdrawWord(w.State))
	}
	return textWithdrawing + strings.Join(said, "；") + "。", nil
}

// taskForm is the task's 督办单 as a document.
func (c *Console) taskForm(q *request) error {
	var f task.Form
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		t, err := c.taskOf(q, r)
		if err == nil {
			f, err = c.opt.Tasks.Form(t, r.Now())
		}
		return err
	})
	switch {
	case task.Tell(err) != "":
		return handlers.Fault{Code: http.StatusConflict, Text: task.Tell(err)}
	case err != nil:
		return err
	}
	return sendDOCX(q, textFormFile(f.Task.Number), f.Document(org.OfficeUnit))
}

// sendDOCX answers with a document.
func sendDOCX(q *request, name string, parts []doc.Out) error {
	var file bytes.Buffer
	if err := doc.WriteDOCX(&file, parts); err != nil {
		return err
	}
	sendFile(q, name+".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", file.Bytes())
	return nil
}
