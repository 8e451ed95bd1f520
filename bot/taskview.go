package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

const (
	shownTasks    = 20 // tasks of a list
	shownBulletin = 40 // lines of a bulletin
	shownHistory  = 5  // entries of a task's history
	shownDates    = 5  // next dates of a series
)

// How people ask for lists. The group is the unit that the office names.
const (
	listHead = `^(?:请|帮我|给我|我要|我想|查一下|查询|查看?|看一下|看看?|列出|有哪些|哪些|有什么|现在|\s)*`
	listTail = `(?:的)?(?:任务)?(?:有哪些|有什么|有多少|清单|列表|情况)?(?:[\s:：,，]+([^?？。]+?))?[?？。!！\s]*$`
)

var (
	minePattern     = regexp.MustCompile(listHead + `(?:我们?|我们?单位|本单位|我局|本局)(?:有哪些|有什么|还有哪些|还有什么)?(?:的)?(?:没办完|没完成|未完成|未办结|待办|在办)?(?:的)?任务` + listTail + `|` + listHead + `(?:未完成|没完成|没办完|待办|在办|待签收|未签收|没签收)的?任务` + listTail)
	overduePattern  = regexp.MustCompile(listHead + `(?:任务)?(?:已经?)?(?:逾期|超期|过期)(?:未完成|未办结|了)?` + listTail)
	dueDayPattern   = regexp.MustCompile(listHead + `(今天|今日|明天|本周|这周|这个星期|下周|本月|这个月|下月|下个月)(?:内)?(?:要)?(?:到期|截止|到期限)` + listTail)
	bulletinPattern = regexp.MustCompile(listHead + `(?:本周|这周|今天|最新)?的?(?:督办)?通报[?？。!！\s]*$`)
	formPattern     = regexp.MustCompile(listHead + `(?:出|开|生成)?(?:一[份张])?督办(?:单|函)[\s:]*(` + taskNumber + `)[。!\s]*$`)
	formBehind      = regexp.MustCompile(listHead + `(?:出|开|生成)?(?:一[份张])?(` + taskNumber + `)\s*的?督办(?:单|函)[。!\s]*$`)
	undatedPattern  = regexp.MustCompile(listHead + `(?:待定期限|没有期限|期限待定|没定期限|未定期限)` + listTail)
)

func (t taskCommands) listCommands() []Command {
	return []Command{
		{Name: "my tasks", Match: t.list(minePattern), Run: t.mine},
		{Name: "overdue", Match: t.list(overduePattern), Run: t.overdue},
		{Name: "due", Match: t.list(dueDayPattern), Run: t.dueIn},
		{Name: "undated", Match: t.list(undatedPattern), Run: t.undated},
		{Name: "bulletin", Roles: office, Sure: never, Match: folded(bulletinPattern), Run: t.bulletin},
		{Name: "form", Roles: office, Match: folded(formPattern, formBehind), Run: t.form},
	}
}

// list makes Match of a pattern that ends with a unit: that must be one.
func (t taskCommands) list(p *regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		args, ok := whole(p)(text)
		if !ok {
			return nil, false
		}
		for i, a := range args {
			if i == 0 && p == dueDayPattern || a == "" {
				continue
			}
			u, ok := t.resolve(a)
			if !ok {
				return nil, false
			}
			args[i] = u
		}
		return args, true
	}
}

// scopeOf is whose tasks a list shows: the person's unit, and to the office all or
// those of the unit that it names. fault is what to say where there are none.
func (t taskCommands) scopeOf(c *Call) (unit, fault string) {
	named := ""
	for _, a := range c.Args {
		if _, ok := t.resolve(a); ok && a != "" {
			named = a
		}
	}
	switch {
	case !c.Known:
		return "", textUnknownPerson(t.example())
	case isOffice(c):
		return named, ""
	case c.Person.Unit == "" || c.Person.Role == org.RoleVolunteer:
		return "", textNoUnit
	case named != "" && named != c.Person.Unit:
		return "", textOtherUnit(c.Person.Unit)
	}
	return c.Person.Unit, ""
}

// some says a list of the tasks of the scope that the query finds and keep keeps.
func (t taskCommands) some(c *Call, what string, q task.Query, keep func(task.Task, string) bool) (chat.Reply, error) {
	unit, fault := t.scopeOf(c)
	if fault != "" {
		return text(fault)
	}
	q.Unit = unit
	all, err := t.Board.List(c.Tx, q)
	if err != nil {
		return chat.Reply{}, err
	}
	all = slices.DeleteFunc(all, func(k task.Task) bool { return !keep(k, unit) })
	if len(all) == 0 {
		return text(textNoTasks(what, unit))
	}
	return paged(c, textTaskList(what, unit, len(all)), t.items(c, unit, all), shownTasks)
}

// items are tasks in a list, the most urgent first.
func (t taskCommands) items(c *Call, unit string, all []task.Task) (lines []string) {
	var items []task.Item
	for _, k := range all {
		items = append(items, t.Board.Item(k, unit, t.now(c)))
	}
	slices.SortStableFunc(items, task.ByUrgency)
	for _, it := range items {
		lines = append(lines, t.line(c, it))
	}
	return lines
}

// first are the most urgent of them.
func (t taskCommands) first(c *Call, unit string, all []task.Task) string {
	lines := t.items(c, unit, all)
	if n := len(lines) - shownTasks; n > 0 {
		lines = append(lines[:shownTasks], textMoreTasks(n, isOffice(c)))
	}
	return strings.Join(lines, "\n")
}

// line is a task in a list: colour, number, title, deadline, state.
func (t taskCommands) line(c *Call, it task.Item) string {
	state := it.Task.State.Word()
	if s, ok := it.Task.Share(it.Unit); ok && it.Task.State != task.StateDraft {
		state = it.Task.Stand(s)
	} else if it.Unit == "" {
		state = textUnits(it.Task) + state
	}
	return coloured(it) + column(t.due(c, it.Task)) + column(state)
}

func column(s string) string { return "｜" + s }

func (t taskCommands) due(c *Call, k task.Task) string {
	switch {
	case k.Recurs():
		return k.Rule.String()
	case k.State.Ended() && !k.Deadline.IsZero():
		return textDeadlineWas + task.DateWord(t.Board.Calendar(), k.Deadline, t.today(c))
	}
	return t.Board.DueWords(k, t.now(c))
}

// coloured is the task's heading with its colour.
func coloured(it task.Item) string {
	if it.Colour == task.None || it.Task.State.Ended() {
		return it.Task.Heading()
	}
	return "［" + it.Colour.Word() + "］" + it.Task.Heading()
}

// mine shows a unit what it has to do, and the office what waits for it.
func (t taskCommands) mine(c *Call) (chat.Reply, error) {
	unit, fault := t.scopeOf(c)
	if fault == "" && isOffice(c) && unit == "" {
		return t.desk(c)
	}
	return t.some(c, textOpen, task.Query{}, func(k task.Task, unit string) bool {
		s, _ := k.Share(unit)
		return s.Done.IsZero() && s.Returned.IsZero() && !s.Handed.IsZero()
	})
}

// desk shows the office what waits for it, by what is to be done.
func (t taskCommands) desk(c *Call) (chat.Reply, error) {
	var parts []string
	for _, w := range officeWork {
		some, err := w.list(t.Board, c.Tx)
		if err != nil {
			return chat.Reply{}, err
		}
		if len(some) > 0 {
			parts = append(parts, textTaskList(w.what, "", len(some))+"\n"+t.first(c, "", some))
		}
	}
	if len(parts) == 0 {
		parts = []string{textNothingForOffice}
	}
	return text(strings.Join(append(parts, textListsHint), "\n\n"))
}

// officeWork is what the office has to do with tasks.
var officeWork = []struct {
	what string
	list func(b *task.Board, r store.Reader) ([]task.Task, error)
}{
	{textWaitsDelay, waitingFor(task.CauseAsked)},
	{textWaitsIssue, waitingFor(task.CauseRaised)},
	{textWaitsReturned, waitingFor(task.CauseDeclined)},
	{textWaitsReview, waitingFor(task.CauseReported)},
	{textWaitsClose, func(b *task.Board, r store.Reader) ([]task.Task, error) {
		return b.List(r, task.Query{States: []task.State{task.StateReviewed}})
	}},
	{textWaitsHand, func(b *task.Board, r store.Reader) ([]task.Task, error) {
		all, err := b.List(r, task.Query{States: []task.State{task.StateDraft}})
		return slices.DeleteFunc(all, func(k task.Task) bool { return slices.ContainsFunc(k.Shares, returned) }), err
	}},
}

func waitingFor(c task.Cause) func(*task.Board, store.Reader) ([]task.Task, error) {
	return func(b *task.Board, r store.Reader) ([]task.Task, error) { return b.Waiting(r, c) }
}

// returned reports whether a unit gave its part back.
func returned(s task.Share) bool { return !s.Returned.IsZero() }

// working are the states in which units have work to do.
var working = []task.State{task.StateAssigned, task.StateSigned}

// undone reports whether the unit has work to do; of no unit: any lead.
func undone(k task.Task, unit string) bool {
	if unit == "" {
		return true
	}
	s, _ := k.Share(unit)
	return s.Done.IsZero() && s.Returned.IsZero()
}

func (t taskCommands) overdue(c *Call) (chat.Reply, error) {
	return t.some(c, textOverdue, task.Query{States: working, To: t.today(c).AddDays(-1)}, undone)
}

func (t taskCommands) dueIn(c *Call) (chat.Reply, error) {
	from, to := period(c.Args[0], t.today(c))
	return t.some(c, c.Args[0]+textDueIn, task.Query{States: working, From: from, To: to}, undone)
}

// period is the first and the last day of 本周, 下月 and the like. Weeks begin with
// Monday.
func period(word string, today calendar.Date) (from, to calendar.Date) {
	monday := today.AddDays(-(int(today.Weekday()) + 6) % 7)
	first := today.AddDays(1 - today.D)
	next := first.AddDays(31)
	next = next.AddDays(1 - next.D)
	switch word {
	case "今天", "今日":
		return today, today
	case "明天":
		return today.AddDays(1), today.AddDays(1)
	case "下周":
		return monday.AddDays(7), monday.AddDays(13)
	case "本月", "这个月":
		return first, next.AddDays(-1)
	case "下月", "下个月":
		after := next.AddDays(31)
		return next, after.AddDays(-after.D)
	}
	return monday, monday.AddDays(6)
}

func (t taskCommands) undated(c *Call) (chat.Reply, error) {
	return t.some(c, textUndated, task.Query{States: append([]task.State{task.StateDraft}, working...), Undated: true}, func(k task.Task, unit string) bool {
		return !k.Recurs() && undone(k, unit)
	})
}

// bulletin shows how matters stand, as the 督办通报 says it.
func (t taskCommands) bulletin(c *Call) (chat.Reply, error) {
	b, err := t.Board.Bulletin(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	lines := strings.Split(b.Text(), "\n")
	return paged(c, lines[0], append(lines[1:], textBulletinFile), shownBulletin)
}

// form shows a task's 督办单.
func (t taskCommands) form(c *Call) (chat.Reply, error) {
	n, _ := task.ParseNumber("t" + anyNumber.FindString(c.Args[0]))
	k, err := t.Board.Get(c.Tx, n)
	if err == nil {
		var f task.Form
		if f, err = t.Board.Form(k, t.now(c)); err == nil {
			return text(f.Text() + "\n" + textFormFile(n))
		}
	}
	said, err := t.refused(c, n, err)
	return chat.Reply{Text: said}, err
}

// mayRead reports whether the person may see the task.
func mayRead(c *Call, k task.Task) bool {
	_, has := k.Share(c.Person.Unit)
	return isOffice(c) || has && c.Person.Role != org.RoleVolunteer
}

// view is the task in full, for the office and the people of its units.
func (t taskCommands) view(c *Call, n task.Number) (string, error) {
	k, err := t.Board.Get(c.Tx, n)
	if err != nil {
		return t.refused(c, n, err)
	}
	if !mayRead(c, k) {
		return textNotYours(k), nil
	}
	lines := []string{coloured(t.Board.Item(k, c.Person.Unit, t.now(c)))}
	if k.Text != "" {
		lines = append(lines, textContent+chat.Plain(k.Text))
	}
	lines = append(lines, sourceLines(c, k.Source)...)
	lines = append(lines, t.due(c, k)+"。", textStateOf(k))
	if rule := k.OffsetsWord(); rule != "" {
		lines = append(lines, rule+"。")
	}
	for _, s := range k.Shares {
		lines = append(lines, textShare(k, s))
	}
	for _, d := range k.Delays {
		lines = append(lines, textDelay(d))
	}
	for _, i := range k.Issues {
		lines = append(lines, textIssue(i))
	}
	if k.Remark != "" {
		lines = append(lines, textRemark+chat.Plain(k.Remark))
	}
	more, err := t.around(c, k)
	if err != nil {
		return "", err
	}
	lines = append(lines, more...)
	if can := t.sayable(c, k); can != "" {
		lines = append(lines, can)
	}
	return strings.Join(lines, "\n"), nil
}

// around are a task's parts, a series' next dates and the end of its history.
func (t taskCommands) around(c *Call, k task.Task) (lines []string, err error) {
	parts, err := t.Board.Parts(c.Tx, k.Number)
	if err != nil {
		return nil, err
	}
	for _, p := range parts[max(0, len(parts)-shownTasks):] {
		lines = append(lines, textPartOf(p))
	}
	if k.Recurs() {
		lines = append(lines, t.nextDates(c, k))
	}
	history, err := t.Board.History(c.Tx, k.Number)
	if err != nil {
		return nil, err
	}
	lines = append(lines, textHistory(min(len(history), shownHistory), len(history)))
	for _, e := range history[max(0, len(history)-shownHistory):] {
		line, err := t.entry(c.Tx, e)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// nextDates previews a series.
func (t taskCommands) nextDates(c *Call, k task.Task) string {
	var days []string
	today := t.today(c)
	for _, d := range t.Board.Preview(k, today, shownDates) {
		days = append(days, task.DateWord(t.Board.Calendar(), d, today))
	}
	return textNextDates(days)
}

// entry words a line of the history.
func (t taskCommands) entry(r store.Reader, e audit.Entry) (string, error) {
	var what task.Entry
	if err := json.Unmarshal(e.Data, &what); err != nil {
		return "", fmt.Errorf("%w: history: %w", store.ErrDamaged, err)
	}
	who := textOperator
	if e.By != string(org.Operator) {
		p, _, err := org.ByID(r, org.PersonID(e.By))
		if err != nil {
			return "", err
		}
		who = textPerson(p)
	}
	return textEntry(e.At.In(t.Board.Calendar().Location()), who, what), nil
}

// sayable tells what the person can say to the task now.
func (t taskCommands) sayable(c *Call, k task.Task) string {
	var can []string
	for _, s := range sayings {
		if t.can(c, k, s.do) {
			can = append(can, quoteOpen+fmt.Sprintf(s.words, k.Number)+quoteClose)
		}
	}
	if len(can) == 0 {
		return ""
	}
	return textCanSay + strings.Join(can, "") + "。"
}

// askBack answers what was not understood.
func (t taskCommands) askBack(c *Call, n task.Number) (string, error) {
	k, err := t.Board.Get(c.Tx, n)
	if err != nil {
		return t.refused(c, n, err)
	}
	return textUnclear(n) + t.sayable(c, k), nil
}

// whichOne asks which of several tasks is meant.
func (t taskCommands) whichOne(c *Call, do task.Do, open []task.Task) string {
	unit := c.Person.Unit
	if isOffice(c) {
		unit = ""
	}
	return textWhichTask(len(open)) + "\n" + t.first(c, unit, open) + "\n" + textNameThem(do, open[0].Number)
}

// undo takes the last step back where another undoes it without a trace: it is the
// person's own report of progress, or the office's change. Of others it says what
// helps.
func (t taskCommands) undo(c *Call, n task.Number) (string, error) {
	a, err := t.Board.Undoing(c.Tx, n, c.Person.ID)
	var kept *task.Kept
	switch {
	case errors.As(err, &kept) && !kept.Others:
		return textNoUndo(n, kept.Do), nil
	case err != nil:
		return t.refused(c, n, err)
	}
	next, err := t.Board.Apply(c.Tx, n, a, task.ActorOf(c.Person))
	if err != nil {
		return t.refused(c, n, err)
	}
	return textUndone(next, a) + t.due(c, next) + "。", nil
}
