package console

import (
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// superviseRoutes are 督办: the bulletin, whom to call up, and tasks without a deadline.
func (c *Console) superviseRoutes() []route {
	board := c.shows("undated.html", c.undatedBoard)
	return []route{
		get("/tasks/bulletin", watchers, c.shows("bulletin.html", c.bulletin)),
		get("/tasks/bulletin.docx", watchers, c.bulletinFile),
		get("/tasks/calls", office, c.shows("calls.html", c.calls)),
		get("/tasks/calls.docx", office, c.callsFile),
		get("/tasks/calls.xlsx", office, c.callsFile),
		get("/tasks/undated", taskers, board),
		post("/tasks/undated", units, c.does(c.giveDate, c.backToBoard, board)),
	}
}

// bulletinView is how matters stand, with the first tasks of each list.
type bulletinView struct {
	task.Standing
	Lists   []bulletinList
	Formula string
}

// bulletinList is a part of it.
type bulletinList struct {
	Name string
	N    int
	Rows []taskRow
	Path string // of the whole list; "": all are shown
}

func (c *Console) bulletin(_ *request, r store.Reader) (page, error) {
	st, err := c.opt.Tasks.Standing(r)
	if err != nil {
		return page{}, err
	}
	v := bulletinView{Standing: st, Formula: task.ColourFormula()}
	for _, list := range []struct {
		name    string
		numbers []task.Number
		all     taskFilter
	}{
		{textLate, st.Overdue, taskFilter{When: whenOverdue}}, {textSoon, st.Soon, taskFilter{When: whenSoon}},
		{textDoneLately, st.Done, taskFilter{State: string(task.StateClosed)}}, {textUndated, st.Undated, taskFilter{When: whenUndated}},
	} {
		l := bulletinList{Name: list.name, N: len(list.numbers)}
		if l.N > onPage {
			l.Path = list.all.address("/tasks")
		}
		some, err := c.opt.Tasks.Some(r, list.numbers[:min(l.N, onPage)])
		if err != nil {
			return page{}, err
		}
		for _, t := range some {
			l.Rows = append(l.Rows, c.taskRow(t, "", r.Now()))
		}
		v.Lists = append(v.Lists, l)
	}
	return page{Title: textBulletin(st.Day), Data: v}, nil
}

// bulletinFile is the bulletin as a document, with all its tasks.
func (c *Console) bulletinFile(q *request) error {
	var b task.Bulletin
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		b, err = c.opt.Tasks.Bulletin(r)
		return err
	})
	if err != nil {
		return err
	}
	return sendDOCX(q, textBulletin(b.Day), b.Document(org.OfficeUnit))
}

// callsView is whom to call up on a day.
type callsView struct {
	Day   calendar.Date
	Today calendar.Date
	Calls []task.Call
}

// dayOf is the day of the address, or today.
func (c *Console) dayOf(q *request, r store.Reader) calendar.Date {
	if day, err := calendar.ParseDate(q.Query("day")); err == nil {
		return day
	}
	return c.opt.Tasks.Today(r)
}

func (c *Console) calls(q *request, r store.Reader) (page, error) {
	day := c.dayOf(q, r)
	list, err := c.opt.Tasks.CallList(r, day)
	return page{Title: textCalls, Data: callsView{day, c.opt.Tasks.Today(r), list}}, err
}

// callsFile is the list as a document or a workbook, to tick off.
func (c *Console) callsFile(q *request) error {
	var out sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		out, err = c.opt.Tasks.CallSheet(r, c.dayOf(q, r))
		return err
	})
	if err != nil {
		return err
	}
	if strings.HasSuffix(q.Request.URL.Path, ".xlsx") {
		return sendXLSX(q, out.Name, []sheet.Out{out})
	}
	return sendDOCX(q, out.Name, []doc.Out{
		{Style: "title", Text: out.Name}, {Table: &sheet.Out{Head: out.Head, Rows: out.Rows}}, {Style: "right", Text: org.OfficeUnit},
	})
}

// undatedView is the board of tasks without a deadline.
type undatedView struct {
	Rows  []undatedRow
	Total int
	Pages pages
}

// undatedRow is one of them, with what units propose.
type undatedRow struct {
	taskRow
	Said     string // the deadline's words, of which no day follows
	Version  int
	Proposal *task.Delay // that waits for the office
	Again    bool        // its form is shown once more
	Set, Ask bool        // the person may set a day, or ask for one
}

// undatedStates are those in which a deadline is still of use.
var undatedStates = append([]task.State{task.StateDraft}, working...)

func (c *Console) undatedBoard(q *request, r store.Reader) (page, error) {
	b := c.opt.Tasks
	got, err := b.Listing(r, task.Query{Unit: q.unit(), States: undatedStates, Undated: true, Limit: onPage}, (pageOf(q)-1)*onPage)
	if err != nil {
		return page{}, err
	}
	v := undatedView{Total: got.Total, Pages: pagesOf(q, "/tasks/undated", got.More)}
	now := r.Now().In(b.Holidays().Location())
	for _, t := range got.Tasks {
		row := undatedRow{
			taskRow: c.taskRow(t, q.unit(), now), Said: t.DeadlineText, Version: t.Version, Again: q.PostForm("n") == t.Number.String(),
			Set: may(q, t, task.DoAmend, now), Ask: may(q, t, task.DoAsk, now),
		}
		if d, ok := t.Pending(); ok {
			row.Proposal = &d
		}
		v.Rows = append(v.Rows, row)
	}
	return page{Title: textUndated, Data: v}, nil
}

// may reports whether the person may take the step of the task now.
func may(q *request, t task.Task, do task.Do, now time.Time) bool {
	return units.lets(q.person) && task.May(t, do, "", now, q.tasker())
}

// giveDate sets the deadline of a task on the board: the office's word, or what a unit
// proposes.
func (c *Console) giveDate(q *request, tx *store.Tx) (string, error) {
	n, _ := task.ParseNumber(q.PostForm("n"))
	t, err := c.seen(q, tx, n)
	if err != nil {
		return "", err
	}
	if do := task.Do(q.PostForm("do")); do == task.DoGrant {
		next, err := c.opt.Tasks.Apply(tx, n, task.Action{Do: do}, q.tasker())
		return textStepped(next, task.Action{Do: do}), err
	}
	f := fieldsOf(t.Edit())
	f.Deadline = strings.TrimSpace(q.PostForm("deadline"))
	d, faults, notes, err := c.readDraft(tx, f, t.Edit())
	switch {
	case err != nil:
		return "", err
	case len(faults) > 0:
		return "", words(strings.Join(faults, "\n"))
	case d.Deadline.IsZero() && d.Rule.IsZero():
		return "", words(textWhichDay)
	}
	if q.person.Role != org.RoleOffice {
		a := task.Action{Do: task.DoAsk, To: d.Deadline, Text: strings.TrimSpace(q.PostForm("text"))}
		next, err := c.opt.Tasks.Apply(tx, n, a, q.tasker())
		return textStepped(next, a), err
	}
	a := task.Action{Do: task.DoAmend, Draft: &d}
	a.Version, _ = strconv.Atoi(q.PostForm("version"))
	if _, err := c.opt.Tasks.Apply(tx, n, a, q.tasker()); err != nil {
		return "", err
	}
	return textTaskChanged(n, task.Changes(t.Edit(), d)) + strings.Join(notes, ""), nil
}

// backToBoard is the page of the board that the form stood on.
func (c *Console) backToBoard(q *request) string {
	return Path + "/tasks/undated?page=" + strconv.Itoa(pageOf(q))
}
