package bot

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/task"
	"xietiao/index/zh"
)

// How people ask for an assessment, 考评 2026, and object to a result of one, 申诉 T12 ….
var (
	assessPattern = regexp.MustCompile(listHead + `(?:(20\d\d)\s*年?(?:度)?的?)?\s*(?:我们?单位的?|本单位的?|我们的?|我局的?)?(?:年度)?考评(?:结果|得分|成绩|分数|情况|明细|表)?(?:[\s:]*(20\d\d)\s*年?度?)?(?:[\s:，,]+([^?？。]+?))?[?？。!！\s]*$`)
	objectPattern = regexp.MustCompile(wishHead + `(?:对|就)?\s*(?:` +
		`(?:考评)?申诉[\s:]*(?:(?P<year1>20\d\d)\s*年[度的]*\s*)?(?P<number1>` + taskNumber + `)` + `|` +
		`(?:(?P<year2>20\d\d)\s*年[度的]*\s*)?(?P<number2>` + taskNumber + `)\s*(?:的?考评(?:结果)?)?(?:提出)?申诉)` +
		`(?P<words>(?:[\s,，。.:;；、(]|因为|由于|理由|原因).*)?$`)
)

func (t taskCommands) assessCommands() []Command {
	return []Command{
		{Name: "assessment", Help: textHelpAssess, Roles: workers, Sure: never, Match: t.assessWords, Run: t.assessment},
		{Name: "object", Match: objectWords, Run: t.object},
	}
}

// assessWords reads the year and the unit, either may be empty.
func (t taskCommands) assessWords(text string) ([]string, bool) {
	m := assessPattern.FindStringSubmatch(zh.Fold(text))
	if m == nil {
		return nil, false
	}
	unit := m[3]
	if unit != "" {
		var ok bool
		if unit, ok = t.resolve(unit); !ok {
			return nil, false
		}
	}
	return []string{cmp.Or(m[1], m[2]), unit}, true
}

// objectWords reads the year, the number and the words.
func objectWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	m := objectPattern.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	part := func(name string) string {
		i := 2 * objectPattern.SubexpIndex(name)
		return original(text, folded, m[i], m[i+1])
	}
	return []string{part("year1") + part("year2"), part("number1") + part("number2"), part("words")}, true
}

// assessment shows a unit its own results and score, and the office those of all.
func (t taskCommands) assessment(c *Call) (chat.Reply, error) {
	unit, fault := t.scopeOf(c)
	if fault != "" {
		return text(fault)
	}
	year, _ := strconv.Atoi(c.Args[0])
	a, ok, err := t.assessed(c, year)
	switch {
	case err != nil:
		return chat.Reply{}, err
	case !ok && isOffice(c):
		if a, err = t.Board.Assess(c.Tx, cmp.Or(year, t.today(c).Y), t.weights(cmp.Or(year, t.today(c).Y)), task.ActorOf(c.Person)); err != nil {
			return chat.Reply{}, err
		}
	case !ok:
		return text(textNoAssessment(cmp.Or(year, t.today(c).Y)))
	}
	if unit == "" {
		return paged(c, textScores(a, ok), textScoreLines(a), shownTasks)
	}
	return t.unitAssessment(c, a, ok, unit)
}

// assessed is the last version of the year's assessment; of no year, of this or else
// the last one. False: there is none.
func (t taskCommands) assessed(c *Call, year int) (task.Assessment, bool, error) {
	years := []int{year}
	if year == 0 {
		years = []int{t.today(c).Y, t.today(c).Y - 1}
	}
	for _, y := range years {
		all, err := t.Board.Assessments(c.Tx, y)
		if err != nil {
			return task.Assessment{}, false, err
		}
		if len(all) > 0 {
			return all[len(all)-1], true, nil
		}
	}
	return task.Assessment{}, false, nil
}

// weights are the year's.
func (t taskCommands) weights(year int) task.Weights {
	if t.Weights == nil {
		return task.DefaultWeights()
	}
	return t.Weights(year)
}

// unitAssessment shows the inputs and the formula of a unit's score.
func (t taskCommands) unitAssessment(c *Call, a task.Assessment, published bool, unit string) (chat.Reply, error) {
	all, err := t.Board.Objections(c.Tx, a.Year)
	if err != nil {
		return chat.Reply{}, err
	}
	all = slices.DeleteFunc(all, func(o task.Objection) bool { return o.Unit != unit })
	var lines []string
	for _, r := range a.Results {
		if r.Unit == unit {
			lines = append(lines, textResult(a.Weights, r))
		}
	}
	return paged(c, textUnitScore(a, published, unit, all), lines, shownTasks)
}

// object keeps a unit's objection.
func (t taskCommands) object(c *Call) (chat.Reply, error) {
	switch {
	case c.Message.Outside:
		return text(textOutside)
	case !c.Known:
		return text(textUnknownPerson(t.example()))
	}
	number, _ := task.ParseNumber("t" + anyNumber.FindString(c.Args[1]))
	k, err := t.Board.Get(c.Tx, number)
	if err != nil {
		said, err := t.refused(c, number, err)
		return chat.Reply{Text: said}, err
	}
	o := task.Objection{Number: number, Unit: c.Person.Unit, Text: trimWords(c.Args[2])}
	if isOffice(c) {
		if o.Unit, o.Text, err = t.forUnit(c, number, o.Text); err != nil {
			return chat.Reply{}, err
		}
	}
	o.Text = reasonOf(o.Text)
	year, _ := strconv.Atoi(c.Args[0])
	year = cmp.Or(year, k.Deadline.Y)
	_, has := k.Share(o.Unit)
	switch {
	case isOffice(c) && o.Unit == "":
		return text(textObjectFor(k))
	case !has:
		return text(textNotYours(k))
	case !isOffice(c) && !c.Person.ActsFor(o.Unit):
		return text(textOwnLiaison(o.Unit))
	case o.Text == "":
		return text(textWhyObject(number))
	}
	o, err = t.Board.Object(c.Tx, year, o, task.ActorOf(c.Person))
	switch {
	case errors.Is(err, task.ErrNoVersion):
		return text(textNoAssessment(year))
	case task.Tell(err) != "":
		return text(task.Tell(err))
	case err != nil:
		return chat.Reply{}, err
	}
	return text(textObjected(o))
}

// objections are decided by the office under their own numbers, 申诉3.
type objections struct{ taskCommands }

// waiting implements decider.
func (t objections) waiting(c *Call) (list []matter, err error) {
	if !isOffice(c) {
		return nil, nil
	}
	all, err := t.Board.Undecided(c.Tx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		a, _, err := t.assessed(c, o.Year)
		if err != nil {
			return nil, err
		}
		r, _ := a.Result(o.Number, o.Unit)
		list = append(list, matter{textObjectionID(o), textObjectionWaits(o, r)})
	}
	return list, nil
}

// decide implements decider. number may have the year before it, 2026-3.
func (t objections) decide(c *Call, number string, yes bool, why string) (string, error) {
	if !isOffice(c) {
		return task.Tell(task.ErrForbidden), nil
	}
	o, fault, err := t.find(c, number)
	if err != nil || fault != "" {
		return fault, err
	}
	r := task.Ruling{Objection: o.ID, Granted: yes, Why: reasonOf(why)}
	if m := doneOn.FindStringSubmatchIndex(why); yes && m != nil && dateWords.MatchString(why[m[2]:m[3]]) {
		day, ok, err := t.doneDay(c, o, why[m[2]:m[3]])
		if err != nil || !ok {
			return textWhichDone(o), err
		}
		r.Done, r.Why = day, reasonOf(strings.TrimSpace(why[:m[0]]+" "+why[m[1]:]))
	}
	if r.Why == "" {
		return textWhyRuling(o, yes), nil
	}
	a, err := t.Board.Decide(c.Tx, o.Year, r, task.ActorOf(c.Person))
	if said := task.Tell(err); said != "" {
		return textObjectionID(o) + colon + said, nil
	}
	if err != nil {
		return "", err
	}
	far, err := t.Board.Unreachable(c.Tx, []string{o.Unit})
	return textRuled(o, r, a, far), err
}

// doneOn reads the day on which a task counts as done: 按12月10日完成.
var doneOn = regexp.MustCompile(`[\s,，。;；]*按照?\s*([^\s,，。;；]+?)(?:那天|当天)?(?:就?已经?)?(?:办结|完成|办完)(?:来?计分?|算|认定)?[\s,，。;；]*`)

// doneDay reads that day. It is none to come, and without a year the last such day,
// if the unit had the task by then.
func (t objections) doneDay(c *Call, o task.Objection, said string) (day calendar.Date, ok bool, err error) {
	today := t.today(c)
	w, ok := task.ParseDeadline(t.Board.Calendar(), today.AddDays(-daysOfYear), said)
	if !ok || w.Date.IsZero() || w.Date.After(today) {
		return day, false, nil
	}
	k, err := t.Board.Get(c.Tx, o.Number)
	s, _ := k.Share(o.Unit)
	return w.Date, !w.Assumed || !w.Date.Before(t.Board.Calendar().Day(s.Handed)), err
}

const daysOfYear = 365

// find is the objection of that number: of the year that is said, else the one that
// waits, else of this year. fault is what to say where it is none, or may be several.
func (t objections) find(c *Call, number string) (o task.Objection, fault string, err error) {
	year, id, said := strings.Cut(number, "-")
	if !said {
		year, id = "", number
	}
	n, _ := strconv.Atoi(id)
	y, _ := strconv.Atoi(year)
	all, err := t.Board.Undecided(c.Tx)
	if err != nil {
		return o, "", err
	}
	all = slices.DeleteFunc(all, func(o task.Objection) bool { return o.ID != n || said && o.Year != y })
	switch {
	case len(all) > 1:
		return o, textWhichYear(all), nil
	case len(all) == 0:
		return task.Objection{Year: cmp.Or(y, t.today(c).Y), ID: n}, "", nil
	}
	return all[0], "", nil
}

// letterObjection is before the numbers of objections.
const letterObjection = "申诉"

// objectionID is how one is said, with its year or without.
const objectionID = letterObjection + `\s*(?:20\d\d\s*[-年]\s*(?:第|申诉)?\s*)?\d{1,6}号?`

// objectionPatterns are of a verb before the number and of one behind, and the reason.
func objectionPatterns(verbs string) []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(fmt.Sprintf(`^(?:我)?(?:%s)[\s:,]*(%s)(?:[\s,.。:;!]*(.+))?$`, verbs, objectionID)),
		regexp.MustCompile(fmt.Sprintf(`^(%s)[\s:,]*(?:%s)(?:[\s,.。:;!]*(.+))?$`, objectionID, verbs)),
	}
}
