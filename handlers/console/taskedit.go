package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/audit"
	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
)

// taskEditRoutes are the form of a task, new or not.
func (c *Console) taskEditRoutes() []route {
	return []route{
		get("/tasks/new", office, c.shows("taskedit.html", c.newTask)),
		post("/tasks/new", office, c.makeTask),
		get("/tasks/:task/edit", office, c.shows("taskedit.html", c.editTask)),
		post("/tasks/:task/edit", office, c.changeTask),
	}
}

// taskFields are a task as its form has it.
type taskFields struct {
	Title, Text, Leads, Supports, Deadline, Offsets, Remark, Plan, Address string
}

// fieldsOf shows a draft in the form.
func fieldsOf(d task.Draft) taskFields {
	f := taskFields{
		Title: d.Title, Text: d.Text, Leads: strings.Join(d.Leads, "、"), Supports: strings.Join(d.Supports, "、"),
		Deadline: d.DeadlineText, Offsets: d.OffsetsWord(), Remark: d.Remark, Plan: d.Source.Plan, Address: d.Source.Address,
	}
	switch {
	case !d.Rule.IsZero():
		f.Deadline = d.Rule.String()
	case !d.Deadline.IsZero():
		f.Deadline = task.When{Date: d.Deadline}.String()
	}
	return f
}

// deadlineWord is a draft's deadline as the form has it.
func deadlineWord(d *task.Draft) string { return cmp.Or(fieldsOf(*d).Deadline, textUndated) }

// typedFields are what was typed.
func typedFields(q *request) taskFields {
	at := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(q.PostForm(name), "\r\n", "\n"))
	}
	return taskFields{at("title"), at("text"), at("leads"), at("supports"), at("deadline"), at("offsets"), at("remark"), at("plan"), at("address")}
}

// each calls fn for every field of the same name in the three.
func (f *taskFields) each(base, now taskFields, fn func(name string, mine *string, base, now string)) {
	fn("title", &f.Title, base.Title, now.Title)
	fn("text", &f.Text, base.Text, now.Text)
	fn("leads", &f.Leads, base.Leads, now.Leads)
	fn("supports", &f.Supports, base.Supports, now.Supports)
	fn("deadline", &f.Deadline, base.Deadline, now.Deadline)
	fn("offsets", &f.Offsets, base.Offsets, now.Offsets)
	fn("remark", &f.Remark, base.Remark, now.Remark)
	fn("plan", &f.Plan, base.Plan, now.Plan)
	fn("address", &f.Address, base.Address, now.Address)
}

// readDraft is what the fields say. What they say as before's do stays as it is there.
// The faults are for the user, and notes of what was understood.
func (c *Console) readDraft(r store.Reader, f taskFields, before task.Draft) (d task.Draft, faults, notes []string, err error) {
	d = before
	was := fieldsOf(before)
	d.Title, d.Text, d.Remark = f.Title, f.Text, f.Remark
	if d.Title == "" {
		faults = append(faults, textNoTitle)
	}
	known := c.opt.Units()
	if known == nil {
		return d, []string{textNoUnits}, nil, nil
	}
	for _, side := range []struct {
		typed, was string
		to         *[]string
	}{{f.Leads, was.Leads, &d.Leads}, {f.Supports, was.Supports, &d.Supports}} {
		if side.typed == side.was {
			continue
		}
		names, problems := task.ReadUnits(known, side.typed)
		*side.to = names
		for _, p := range problems {
			faults = append(faults, p.String())
		}
	}
	for _, u := range d.Supports {
		if slices.Contains(d.Leads, u) {
			faults = append(faults, textBothSides(u))
		}
	}
	if f.Deadline != was.Deadline {
		when, ok := task.ParseDeadline(c.opt.Tasks.Calendar(), c.opt.Tasks.Today(r), f.Deadline)
		if !ok {
			faults = append(faults, textBadDeadline(f.Deadline))
		}
		d.Deadline, d.DeadlineText, d.Rule = when.Date, when.Text, when.Rule
		if when.Assumed {
			notes = append(notes, textAssumedDay(when))
		}
	}
	if !d.Deadline.IsZero() && d.Deadline.Before(c.opt.Tasks.Today(r)) {
		notes = append(notes, textPastDay(d.Deadline))
	}
	if f.Offsets != was.Offsets {
		var ok bool
		if d.Offsets, ok = task.ParseOffsets(f.Offsets); !ok && f.Offsets != "" {
			faults = append(faults, textBadOffsets)
		}
	}
	if f.Plan != was.Plan || f.Address != was.Address {
		var fault string
		if f.Plan == "" && f.Address == "" {
			return d, append(faults, textKeepSource), notes, nil
		}
		if d.Source, fault, err = c.sourceOf(r, f.Plan, f.Address); fault != "" {
			faults = append(faults, fault)
		}
	}
	return d, faults, notes, err
}

// sourceOf is the clause of a document in force, or the document alone; fault is why it
// is not.
func (c *Console) sourceOf(r store.Reader, plan, address string) (s task.Source, fault string, err error) {
	s = task.Source{Plan: plan, Address: address}
	if address == "" {
		return s, "", nil
	}
	list := c.opt.Clauses(plan, address)
	if len(list) == 0 {
		return s, textNoSuchClause, nil
	}
	s.Clause = list[0].Text
	s.Version, err = library.Sum(r, plan)
	return s, "", err
}

// taskFormView is the form of a task.
type taskFormView struct {
	Fields  taskFields
	Task    task.Task // 0: a new one
	Parent  task.Number
	Version int
	Units   []string
	Plans   []string
	Dates   []choice
	Read    *task.Draft       // what was understood, where that was asked for
	Next    []string          // of a series
	Notes   []string          // about it
	Stale   []deedView        // what others have changed meanwhile
	Now     map[string]string // what fields are by now that both have changed
}

// suggestedDates are deadlines that people often mean.
var suggestedDates = []string{"本月底", "下月底", "本季度末", "年底前", "每月底", "每季度末", "每年年底", "待定"}

func (c *Console) taskFormView(r store.Reader) (v taskFormView, err error) {
	sums, err := library.Sums(r)
	for name := range sums {
		v.Plans = append(v.Plans, name)
	}
	slices.Sort(v.Plans)
	v.Units = c.unitNames()
	for _, text := range suggestedDates {
		if when, ok := task.ParseDeadline(c.opt.Tasks.Calendar(), c.opt.Tasks.Today(r), text); ok {
			v.Dates = append(v.Dates, choice{Value: text, Word: when.String()})
		}
	}
	return v, err
}

// newTask is the form of a new task, filled in from a clause or its whole.
func (c *Console) newTask(q *request, r store.Reader) (page, error) {
	v, err := c.taskFormView(r)
	if err != nil {
		return page{}, err
	}
	if q.Request.Method == http.MethodPost {
		v.Fields, v.Parent = typedFields(q), parentOf(q.PostForm("parent"))
		if q.PostForm("do") == doCheck {
			err = c.understood(q, r, &v, task.Draft{})
		}
		return page{Title: textNewTask, Data: v}, err
	}
	if v.Parent = parentOf(q.Query("parent")); v.Parent != 0 {
		up, err := c.seen(q, r, v.Parent)
		if err != nil {
			return page{}, err
		}
		v.Fields = fieldsOf(task.Draft{Leads: up.LeadUnits(), Deadline: up.Deadline, Source: up.Source})
	}
	if plan := q.Query("plan"); plan != "" {
		list := c.opt.Clauses(plan, q.Query("address"))
		if len(list) == 0 {
			return page{}, handlers.ErrNotFound
		}
		v.Fields = fieldsOf(list[0].Task())
		if len(list) > 1 {
			v.Notes = append(v.Notes, textSeveralClauses(len(list)))
		}
	}
	return page{Title: textNewTask, Data: v}, nil
}

func parentOf(text string) task.Number {
	n, _ := task.ParseNumber(text)
	return n
}

// doCheck is the button that only asks what would be understood.
const doCheck = "check"

// understood reads the fields back.
func (c *Console) understood(q *request, r store.Reader, v *taskFormView, before task.Draft) error {
	d, faults, notes, err := c.readDraft(r, v.Fields, before)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		q.fault = strings.Join(faults, "\n")
		return nil
	}
	v.Read, v.Notes = &d, notes
	if !d.Rule.IsZero() {
		v.Next = c.nextDates(r, d)
	}
	return nil
}

// makeTask makes a task of the form, and hands it out if that is wanted.
func (c *Console) makeTask(q *request) error {
	show := c.shows("taskedit.html", c.newTask)
	do := q.PostForm("do")
	if do == doCheck {
		return show(q)
	}
	var made task.Task
	var said string
	err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		d, faults, notes, err := c.readDraft(tx, typedFields(q), task.Draft{})
		switch {
		case err != nil:
			return err
		case len(faults) > 0:
			return words(strings.Join(faults, "\n"))
		}
		d.Parent = parentOf(q.PostForm("parent"))
		var key string
		if once := q.PostForm("once"); once != "" {
			key = task.Key("console", once)
		}
		var fresh bool
		if made, fresh, err = c.opt.Tasks.Create(tx, key, d, q.tasker()); err != nil {
			return err
		}
		said = textMade(made) + strings.Join(notes, "")
		if do != string(task.DoHand) || !fresh {
			return nil
		}
		if made, err = c.opt.Tasks.Apply(tx, made.Number, task.Action{Do: task.DoHand}, q.tasker()); err != nil {
			return err
		}
		far, err := c.unreachable(tx, append(made.LeadUnits(), made.SupportUnits()...))
		said = textDoneMany(task.DoHand, []task.Number{made.Number}) + strings.Join(notes, "") + far
		return err
	})
	return c.answer(q, said, err, func(*request) string { return taskPath(made.Number) }, show)
}

// editTask is the form of a task as it is; of one that was sent back, as it was typed,
// with what others have changed meanwhile.
func (c *Console) editTask(q *request, r store.Reader) (page, error) {
	t, err := c.taskOf(q, r)
	if err != nil {
		return page{}, err
	}
	v, err := c.taskFormView(r)
	if err != nil {
		return page{}, err
	}
	v.Task, v.Version, v.Parent, v.Fields = t, t.Version, t.Parent, fieldsOf(t.Edit())
	if q.Request.Method == http.MethodPost {
		if err := c.retyped(q, r, &v); err != nil {
			return page{}, err
		}
	}
	return page{Title: textEditTask(t.Number), Data: v}, nil
}

// retyped fills in what was typed. What the person left as it was follows what others
// have made of it; where both have changed something, the page says so.
func (c *Console) retyped(q *request, r store.Reader, v *taskFormView) error {
	now := v.Fields
	v.Fields = typedFields(q)
	history, version, changed, err := c.since(q, r, v.Task.Number)
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		if q.PostForm("do") == doCheck {
			return c.understood(q, r, v, v.Task.Edit())
		}
		return nil
	}
	then, err := task.Replay(c.opt.Tasks.Calendar(), v.Task.Number, history[:version])
	if err != nil {
		return err
	}
	deeds, err := deedsOf(r, history)
	if err != nil {
		return err
	}
	for _, i := range changed {
		v.Stale = append(v.Stale, deeds[i])
	}
	v.Now = map[string]string{}
	v.Fields.each(fieldsOf(then.Edit()), now, func(name string, mine *string, base, now string) {
		switch {
		case *mine == base:
			*mine = now
		case now != base && now != *mine:
			v.Now[name] = now
		}
	})
	return nil
}

// since is the task's history, up to which entry the form knows it, and which of those
// behind have changed what the form holds.
func (c *Console) since(q *request, r store.Reader, n task.Number) (history []audit.Entry, version int, changed []int, err error) {
	if history, err = c.opt.Tasks.History(r, n); err != nil {
		return nil, 0, nil, err
	}
	if version, _ = strconv.Atoi(q.PostForm("version")); version < 1 || version > len(history) {
		return nil, 0, nil, handlers.ErrMalformed
	}
	for i, e := range history[version:] {
		if do := task.Do(e.What); do == task.DoAmend || do == task.DoGrant {
			changed = append(changed, version+i)
		}
	}
	return history, version, changed, nil
}

// changeTask changes a task by the form.
func (c *Console) changeTask(q *request) error {
	show := c.shows("taskedit.html", c.editTask)
	if q.PostForm("do") == doCheck {
		return show(q)
	}
	return c.does(func(q *request, tx *store.Tx) (string, error) {
		t, err := c.taskOf(q, tx)
		if err != nil {
			return "", err
		}
		_, _, changed, err := c.since(q, tx, t.Number)
		switch {
		case err != nil:
			return "", err
		case len(changed) > 0:
			return "", words(textTaskStale)
		}
		before := t.Edit()
		d, faults, notes, err := c.readDraft(tx, typedFields(q), before)
		switch {
		case err != nil:
			return "", err
		case len(faults) > 0:
			return "", words(strings.Join(faults, "\n"))
		}
		changes := task.Changes(before, d)
		if len(changes) == 0 {
			return textNothingChanged, nil
		}
		_, err = c.opt.Tasks.Apply(tx, t.Number, task.Action{Do: task.DoAmend, Draft: &d, Version: t.Version}, q.tasker())
		return textTaskChanged(t.Number, changes) + strings.Join(notes, ""), err
	}, here(1), show)(q)
}
