package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/task"
	"xietiao/index/zh"
)

// TaskOptions are what the commands about tasks need. Without a Board there are
// none.
type TaskOptions struct {
	Board   *task.Board
	Weights func(year int) task.Weights // of a year's assessment; nil: the usual ones
}

// taskCommands carries them out. What a step makes others hear of is the board's to
// put into the outbox, in the same transaction.
type taskCommands struct {
	orgCommands
	TaskOptions
}

// workers are those whom the help tells of tasks.
var workers = []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead, org.RoleStaff}

func (t taskCommands) commands() []Command {
	return append(append([]Command{
		{Name: "task help", Help: textHelpTasks, Roles: workers, Match: folded(taskHelpPattern), Run: t.help},
	}, t.draftCommands()...), append(append(t.listCommands(), t.assessCommands()...),
		Command{Name: "task", Match: t.match, Run: t.run})...)
}

// unclear is the command that asks back what is wanted of a task. Every other is
// tried before it, and a clause that has the number wins.
func (t taskCommands) unclear() Command {
	return Command{
		Name: "task unclear", Sure: never, Words: []string{"T", "t", "任务"}, Run: t.run,
		Match: func(text string) ([]string, bool) { w, ok := readTask(text); return w.args(), ok },
	}
}

// match takes what is clear.
func (t taskCommands) match(text string) ([]string, bool) {
	w, ok := readTask(text)
	return w.args(), ok && w.do != doUnclear && (w.do != doView || strings.ContainsAny(zh.Fold(text), "t"))
}

var taskHelpPattern = regexp.MustCompile(`^任务(?:的)?(?:帮助|命令|说明|怎么用|怎么办)[?。]*$`)

func (t taskCommands) help(c *Call) (chat.Reply, error) {
	return text(textTaskHelp(c.Person.Role == org.RoleOffice))
}

// now is the transaction's time where the calendar is.
func (t taskCommands) now(c *Call) time.Time       { return c.Tx.Now().In(t.Board.Calendar().Location()) }
func (t taskCommands) today(c *Call) calendar.Date { return t.Board.Calendar().Day(c.Tx.Now()) }

// isOffice reports whether the person is of the office.
func isOffice(c *Call) bool { return c.Person.Role == org.RoleOffice }

// run does what is wanted of each task.
func (t taskCommands) run(c *Call) (chat.Reply, error) {
	w := wantedOf(c.Args)
	if c.Message.Outside {
		return text(textOutside)
	}
	if !c.Known {
		if len(w.numbers) == 0 && w.do == task.DoSign { // 收到 is a nod as well
			return text(textChat(hintThanks))
		}
		return text(textUnknownPerson(t.example()))
	}
	if w.do == task.DoDecline && isOffice(c) {
		w.do = task.DoReturn
	}
	if w.do == task.DoHand && w.all && len(w.numbers) == 0 && isOffice(c) {
		return t.proposeAll(c)
	}
	list, fault, err := t.meant(c, w)
	if err != nil || fault != "" {
		return chat.Reply{Text: fault}, err
	}
	switch {
	case len(list) > maxNumbers:
		return text(textTooMany)
	case w.do == doView && len(list) > shownSteps:
		return t.overview(c, list)
	case (w.do == doUndo || w.do == doUnclear) && len(list) > shownSteps:
		return text(textFewer)
	}
	var all []outcome
	for _, n := range list {
		o, err := t.one(c, n, w)
		if err != nil {
			return chat.Reply{}, err
		}
		all = append(all, o)
	}
	if len(all) > shownSteps {
		return t.summary(c, w.do, all)
	}
	said, err := t.words(c, all)
	if err != nil {
		return chat.Reply{}, err
	}
	mark := "\n"
	if w.do == doView {
		mark = "\n\n"
	}
	return t.shown(c, w, list, strings.Join(said, mark))
}

// shownSteps is how many tasks have a line of their own in a reply; of more it is
// summed up what came of them.
const shownSteps = 5

// shown is the reply; where a button was pressed, it takes the card's place.
func (t taskCommands) shown(c *Call, w wanted, list []task.Number, said string) (chat.Reply, error) {
	r := chat.Reply{Text: said}
	e := c.Message.Event
	if e == nil || e.Kind != chat.EventCard || w.do == doView || len(list) != 1 {
		return r, nil
	}
	got, err := t.Board.Get(c.Tx, list[0])
	if errors.Is(err, task.ErrNotFound) {
		return r, nil
	}
	r.Card, r.Update = &chat.Card{
		ID: e.Task, Title: got.Heading(), Text: said,
		Buttons: []chat.Button{{Text: textButtonView, Key: got.Number.String()}},
	}, true
	return r, err
}

// meant lists the tasks that are wanted: those that are named, else those that are
// quoted, else the only one that it can be, or all where all are wanted.
func (t taskCommands) meant(c *Call, w wanted) (list []task.Number, fault string, err error) {
	if len(w.numbers) > 0 {
		return w.numbers, "", nil
	}
	if w.do == doView || w.do == doUnclear {
		return nil, task.Tell(task.ErrNotFound), nil
	}
	open, err := t.candidates(c, w.do)
	if err != nil {
		return nil, "", err
	}
	if quoted := numbersIn(zh.Fold(c.Message.Quoted)); len(quoted) > 0 {
		if len(quoted) == 1 {
			return quoted, "", nil
		}
		open = slices.DeleteFunc(open, func(k task.Task) bool { return !slices.Contains(quoted, k.Number) })
		w.all = w.all || w.do == task.DoSign // of a digest
	}
	for _, k := range open {
		list = append(list, k.Number)
	}
	switch {
	case len(list) == 0 && w.do == task.DoSign && !isOffice(c) && len(c.Person.Unit) > 0:
		return nil, textNothingToSign, nil
	case len(list) == 0 && w.do == task.DoSign:
		return nil, textChat(hintThanks), nil
	case len(list) == 0:
		return nil, textNoneFor(w.do), nil
	case len(list) > 1 && (!w.all || w.do != task.DoSign):
		return nil, t.whichOne(c, w.do, open), nil
	}
	return list, "", nil
}

// candidates lists the open tasks that the person could take the step of now.
func (t taskCommands) candidates(c *Call, do task.Do) ([]task.Task, error) {
	q := task.Query{Unit: c.Person.Unit}
	if isOffice(c) {
		q = task.Query{States: task.StatesOf(do)}
	} else if c.Person.Unit == "" {
		return nil, nil
	}
	all, err := t.Board.List(c.Tx, q)
	return slices.DeleteFunc(all, func(k task.Task) bool { return !t.can(c, k, do) }), err
}

// can reports whether the person may take the step now.
func (t taskCommands) can(c *Call, k task.Task, do task.Do) bool {
	return task.May(k, do, "", t.now(c), task.ActorOf(c.Person))
}

// outcome is what came of what was wanted of one task.
type outcome struct {
	number task.Number
	said   string      // the whole reply, or why the step was not taken
	action task.Action // that was taken,
	next   task.Task   // and what it led to
	done   bool
}

// one does what is wanted of one task. What is refused is an outcome as well.
func (t taskCommands) one(c *Call, n task.Number, w wanted) (outcome, error) {
	say := func(said string, err error) (outcome, error) { return outcome{number: n, said: said}, err }
	switch w.do {
	case doView:
		return say(t.view(c, n))
	case doUnclear:
		return say(t.askBack(c, n))
	case doUndo:
		return say(t.undo(c, n))
	}
	a, fault, err := t.action(c, n, w)
	if err != nil || fault != "" {
		return say(fault, err)
	}
	return t.take(c, n, a)
}

// take takes a step.
func (t taskCommands) take(c *Call, n task.Number, a task.Action) (outcome, error) {
	next, err := t.Board.Apply(c.Tx, n, a, task.ActorOf(c.Person))
	if err != nil {
		said, err := t.refused(c, n, err)
		return outcome{number: n, said: said}, err
	}
	return outcome{number: n, action: a, next: next, done: true}, nil
}

// words says what came of each.
func (t taskCommands) words(c *Call, all []outcome) (lines []string, err error) {
	for _, o := range all {
		if o.done {
			if o.said, err = t.done(c, o.next, o.action); err != nil {
				return nil, err
			}
		}
		lines = append(lines, o.said)
	}
	return lines, nil
}

// apply takes a step and says what came of it.
func (t taskCommands) apply(c *Call, n task.Number, a task.Action) (string, error) {
	o, err := t.take(c, n, a)
	if err != nil {
		return "", err
	}
	said, err := t.words(c, []outcome{o})
	return strings.Join(said, ""), err
}

// refused words a refusal; other errors are ours.
func (t taskCommands) refused(c *Call, n task.Number, err error) (string, error) {
	said := task.Tell(err)
	if said == "" {
		return "", err
	}
	if errors.Is(err, task.ErrNotFound) {
		return n.String() + colon + said, nil
	}
	var r *task.Refusal
	if !errors.As(err, &r) {
		return said, nil
	}
	switch {
	case r.Why == task.WhyUnit && slices.Contains(r.Who, c.Person.Unit) && !c.Person.ActsFor(c.Person.Unit) && !isOffice(c):
		return said + textOwnLiaison(c.Person.Unit), nil
	case r.Why == task.WhyUnit && isOffice(c) && len(r.Who) > 0:
		return said + textForUnit(n, r.Do, r.Who[0]), nil
	case r.Why == task.WhyReason && r.Do == task.DoAsk:
		return textWhyDelay(n), nil
	case r.Why == task.WhyOffice && r.Do == task.DoClose:
		return said + textReportInstead(n), nil
	}
	return said, nil
}

// action makes the step of what was said; fault is what to ask back.
func (t taskCommands) action(c *Call, n task.Number, w wanted) (a task.Action, fault string, err error) {
	a = task.Action{Do: w.do, Text: w.words}
	if isOffice(c) {
		if a.Unit, a.Text, err = t.forUnit(c, n, a.Text); err != nil {
			return a, "", err
		}
	} else if a.Do != task.DoUrge && a.Do != task.DoReturn {
		a.Unit = c.Person.Unit
	}
	if w.do != task.DoAsk {
		a.Text = reasonOf(a.Text)
	}
	switch w.do {
	case task.DoProgress:
		percent, rest, ok := percentOf(a.Text)
		if !ok { // words alone: the share stays
			k, err := t.Board.Get(c.Tx, n)
			if err != nil && !errors.Is(err, task.ErrNotFound) {
				return a, "", err
			}
			s, _ := k.Share(a.Unit)
			percent, rest = s.Percent, a.Text
		}
		a.Percent, a.Text = percent, rest
	case task.DoAsk:
		when, reason, ok := t.dateAndReason(c, a.Text)
		if !ok {
			return a, textWhichDay(n), nil
		}
		a.To, a.Text = when.Date, reason
	}
	return a, "", nil
}

// forUnit takes off the unit that the office names before its words: one that has a
// share in the task.
func (t taskCommands) forUnit(c *Call, n task.Number, words string) (unit, rest string, err error) {
	first, rest := words, ""
	if i := strings.IndexAny(words, " ,，:：。;；"); i >= 0 {
		first, rest = words[:i], trimWords(words[i:])
	}
	u, ok := t.resolve(first)
	if !ok {
		return "", words, nil
	}
	k, err := t.Board.Get(c.Tx, n)
	if errors.Is(err, task.ErrNotFound) {
		return "", words, nil
	}
	if _, has := k.Share(u); !has || err != nil {
		return "", words, err
	}
	return u, rest, nil
}

var (
	reasonWord = regexp.MustCompile(`[\s,，。;；、]*(?:因为|由于|原因(?:是|为)?|理由(?:是|为)?)[:：]?\s*`)
	dateHead   = regexp.MustCompile(`^(?:申请|想|请)?(?:再)?(?:延期|延长|延|推迟)?(?:到|至)?\s*`)
	dateEnd    = regexp.MustCompile(`[\s,，。;；]+`)
)

// dateAndReason parts what is said behind 延期: 到12月10日 因为…, 因为…，到12月10日,
// 12月10日，…. Without 因为 the date ends at a mark.
func (t taskCommands) dateAndReason(c *Call, words string) (when task.When, reason string, ok bool) {
	read := func(s string) bool {
		s = dateHead.ReplaceAllString(strings.TrimSpace(s), "")
		when, ok = task.ParseDeadline(t.Board.Calendar(), t.today(c), s)
		return ok && !when.Date.IsZero()
	}
	if at := reasonWord.FindStringIndex(words); at != nil {
		front, back := words[:at[0]], words[at[1]:]
		if strings.TrimSpace(front) != "" {
			return when, trimWords(back), read(front)
		}
		ends := dateEnd.FindAllStringIndex(back, -1) // the date stands last
		for _, end := range ends {
			if read(back[end[1]:]) {
				return when, trimWords(back[:end[0]]), true
			}
		}
		return when, "", false
	}
	if read(words) {
		return when, "", true
	}
	ends := dateEnd.FindAllStringIndex(words, -1)
	for _, end := range slices.Backward(ends) {
		if read(words[:end[0]]) {
			return when, trimWords(words[end[1]:]), true
		}
	}
	return when, "", false
}

// waiting implements decider: the delays that units ask for.
func (t taskCommands) waiting(c *Call) (list []matter, err error) {
	if !isOffice(c) {
		return nil, nil
	}
	all, err := t.Board.Waiting(c.Tx, task.CauseAsked)
	for _, k := range all {
		d, _ := k.Pending()
		list = append(list, matter{k.Number.String(), textDelayWaits(k.Number, d)})
	}
	return list, err
}

// decide implements decider.
func (t taskCommands) decide(c *Call, number string, yes bool, why string) (string, error) {
	n, ok := task.ParseNumber("t" + number)
	if !ok {
		return task.Tell(task.ErrNotFound), nil
	}
	a := task.Action{Do: task.DoDeny, Text: reasonOf(why)}
	if yes {
		a.Do = task.DoGrant
	}
	return t.apply(c, n, a)
}
