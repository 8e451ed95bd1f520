package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/index/zh"
)

// What organisers do.

// organiser is whom the sender may act as; fault is what to say where that is nobody's
// organiser.
func (a activityCommands) organiser(c *Call) (by activity.Actor, fault string) {
	by = activity.ActorOf(c.Person)
	if !by.Office && by.Unit == "" {
		return by, activity.Tell(activity.ErrForbidden)
	}
	return by, ""
}

// scope is whose activities the organiser sees: the unit's, or all.
func scope(by activity.Actor) string {
	if by.Office {
		return ""
	}
	return by.Unit
}

// organised lists what is being organised, drafts and series too.
func (a activityCommands) organised(c *Call, _ errand) (chat.Reply, error) {
	by, fault := a.organiser(c)
	if fault != "" {
		return text(fault)
	}
	states := []activity.State{activity.StateDraft, activity.StatePublished, activity.StateOver}
	now := a.Board.Now(c.Tx)
	var lines []string
	for _, series := range []bool{true, false} {
		all, err := a.Board.List(c.Tx, activity.Query{Unit: scope(by), Series: series, States: states, From: dateOf(now).AddDays(-recentDays)})
		if err != nil {
			return chat.Reply{}, err
		}
		for _, l := range all {
			lines = append(lines, a.line(c, l)+column(l.StateAt(now).Word()))
		}
	}
	if len(lines) == 0 {
		return text(textNoneOrganised)
	}
	return paged(c, textOrganised(len(lines)), lines, shownActivities)
}

// recentDays is for how long what is over is listed.
const recentDays = 30

func (a activityCommands) publish(c *Call, n activity.Number) (string, error) {
	l, err := a.Board.Publish(c.Tx, n, activity.ActorOf(c.Person))
	if err != nil {
		return "", err
	}
	return a.textPublished(c, l), nil
}

func (a activityCommands) archive(c *Call, n activity.Number) (string, error) {
	l, err := a.Board.Archive(c.Tx, n, activity.ActorOf(c.Person))
	if err != nil {
		return "", err
	}
	return textArchived(l), nil
}

// cancel says that an activity does not happen.
func (a activityCommands) cancel(c *Call, e errand) (chat.Reply, error) {
	n, why := e.numbers[0], reasonOf(e.words)
	l, err := a.Board.Cancel(c.Tx, n, why, activity.ActorOf(c.Person))
	var r *activity.Refusal
	if errors.As(err, &r) && r.Why == activity.WhyReason {
		return text(textWhyCancel(n))
	}
	if err != nil {
		return a.refused(n, err)
	}
	sum, err := a.Board.Summary(c.Tx, n)
	return chat.Reply{Text: textCancelled(l, sum)}, err
}

// either takes 取消 A7: of an organiser it may be the activity or the own sign-up.
func (a activityCommands) either(c *Call, e errand) (chat.Reply, error) {
	l, err := a.Board.Get(c.Tx, e.numbers[0])
	if err != nil {
		return a.refused(e.numbers[0], err)
	}
	if activity.ActorOf(c.Person).Runs(l.Unit) {
		return text(textWhichCancel(l.Number))
	}
	e.do, e.words = deedLeave, ""
	c.Args = e.args()
	return a.run(c)
}

// shownPeople is how many people of a list one reply shows.
const shownPeople = 30

// listedVolunteers is how many volunteers of a standing are listed.
const listedVolunteers = 100

// roll lists who is on an activity's list.
func (a activityCommands) roll(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	list, err := a.Board.Roll(c.Tx, n, false, activity.ActorOf(c.Person))
	if err != nil {
		return a.refused(n, err)
	}
	sum, err := a.Board.Summary(c.Tx, n)
	if err != nil {
		return chat.Reply{}, err
	}
	over := sum.StateAt(a.Board.Now(c.Tx)) == activity.StateOver
	var lines []string
	for i, en := range list {
		lines = append(lines, fmt.Sprintf("%d. ", i+1)+textEntryOf(sum.Activity, en, over))
	}
	head := sum.Heading() + "\n" + textSummary(sum)
	if a.Invite != nil {
		link, err := a.Invite(c.Tx, account(c.Message), RollPath(n), sum.Heading())
		if err != nil {
			return chat.Reply{}, err
		}
		head += "\n" + textRollLink + link
	}
	return paged(c, head, lines, shownPeople)
}

// phones lists the whole telephone numbers of those on an activity's list, for the
// organiser's own eyes: some have no account to be written to.
func (a activityCommands) phones(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	list, err := a.Board.Roll(c.Tx, n, false, activity.ActorOf(c.Person))
	switch {
	case err != nil:
		return a.refused(n, err)
	case c.Message.Kind != chat.Direct:
		return text(textAskAlonePlease)
	}
	l, err := a.Board.Get(c.Tx, n)
	if err != nil {
		return chat.Reply{}, err
	}
	var lines []string
	for _, en := range list {
		if phone := en.Volunteer.Phone.Reveal(); phone != "" {
			lines = append(lines, fmt.Sprintf("%s（%s）%s %s", chat.Plain(en.Volunteer.Name), en.Volunteer.ID, column(en.Signup.State.Word()), phone))
		}
	}
	if len(lines) == 0 {
		return text(l.Heading() + textNoPhones)
	}
	return paged(c, textPhones(l, len(lines)), lines, shownPeople)
}

var (
	everybody  = regexp.MustCompile(`^(?:全部|全体|所有人?|所有的人|大家)(?:人员|志愿者)?[。!！]*$`)
	nameMarks  = regexp.MustCompile(`[\s、,，;；]+`) // 和 may be in a name
	clockTail  = regexp.MustCompile(`(?:^|[\s,，])(` + clockWord + `)\s*$`)
	lengthSaid = regexp.MustCompile(`^(.*?)[\s,，:]*(?:时长|为|成|记|改为|改成|算|核定为)*\s*` + lengthWord + `\s*(.*)$`)
)

// named finds whom an organiser means by a number, or by the name of one on the list.
func (a activityCommands) named(c *Call, n activity.Number, said string) (same []activity.Volunteer, err error) {
	if id, ok := activity.ParseVolunteer(said); ok {
		v, err := a.Board.Volunteer(c.Tx, id)
		return []activity.Volunteer{v}, err
	}
	list, err := a.Board.Roll(c.Tx, n, true, activity.ActorOf(c.Person))
	for _, en := range list {
		if zh.Fold(en.Volunteer.Name) == zh.Fold(said) {
			same = append(same, en.Volunteer)
		}
	}
	return same, err
}

// someone is the one who is named; fault is what to say where it is nobody, or several.
func (a activityCommands) someone(c *Call, n activity.Number, said string) (v activity.Volunteer, fault string, err error) {
	same, err := a.named(c, n, said)
	if err != nil {
		return v, "", err
	}
	v, fault = only(same, said, textNotOnList(n, echo(said)))
	return v, fault, nil
}

// anyone is someone among all volunteers.
func (a activityCommands) anyone(c *Call, n activity.Number, said string) (v activity.Volunteer, fault string, err error) {
	if id, ok := activity.ParseVolunteer(said); ok {
		v, err = a.Board.Volunteer(c.Tx, id)
		return v, "", err
	}
	all, err := a.Board.Volunteers(c.Tx, "")
	if err != nil {
		return v, "", err
	}
	all = slices.DeleteFunc(all, func(v activity.Volunteer) bool { return zh.Fold(v.Name) != zh.Fold(said) })
	v, fault = only(all, said, textNoVolunteer(n, echo(said)))
	return v, fault, nil
}

// only is the one of those of a name, or what to say.
func only(same []activity.Volunteer, said, none string) (v activity.Volunteer, fault string) {
	switch len(same) {
	case 0:
		return v, none
	case 1:
		return same[0], ""
	}
	return v, textSeveralOf(echo(said), same)
}

// add puts people on the list, each with the reason that stands behind 因为.
func (a activityCommands) add(c *Call, e errand) (chat.Reply, error) {
	n, by := e.numbers[0], activity.ActorOf(c.Person)
	names, why := e.words, textAddedByChat
	if at := reasonWord.FindStringIndex(e.words); at != nil {
		names, why = e.words[:at[0]], trimWords(e.words[at[1]:])
	}
	return a.people(names, textHowToAdd(n), func(name string) (string, error) {
		v, fault, err := a.anyone(c, n, name)
		if fault != "" || err != nil {
			return fault, err
		}
		done, err := a.Board.Add(c.Tx, n, v.ID, why, by)
		return textAdded(v, done), err
	})
}

// people does something with each of the names that stand in the words, and says what came
// of each; what is refused stops no other.
func (a activityCommands) people(words, how string, one func(name string) (string, error)) (chat.Reply, error) {
	names := slices.DeleteFunc(nameMarks.Split(words, -1), func(s string) bool { return s == "" })
	if len(names) == 0 {
		return text(how)
	}
	var lines []string
	for _, name := range names {
		line, err := one(name)
		if s := activity.Tell(err); s != "" {
			line, err = echo(name)+colon+s, nil
		}
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, line)
	}
	return text(strings.Join(lines, "\n"))
}

// nameAndRest parts 张三 原因.
func nameAndRest(words string) (name, rest string) {
	if at := nameMarks.FindStringIndex(words); at != nil {
		return words[:at[0]], trimWords(words[at[1]:])
	}
	return words, ""
}

// remove takes one off the list, with a reason.
func (a activityCommands) remove(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	name, why := nameAndRest(e.words)
	if name == "" || reasonOf(why) == "" {
		return text(textHowTo("移出 %s 张三 原因", n))
	}
	v, fault, err := a.someone(c, n, name)
	if fault != "" || err != nil {
		return a.fault(n, fault, err)
	}
	if _, err := a.Board.Remove(c.Tx, n, v.ID, reasonOf(why), activity.ActorOf(c.Person)); err != nil {
		return a.refused(n, err)
	}
	return text(textRemoved(v, n))
}

// fault is a reply to what could not be understood, or was refused.
func (a activityCommands) fault(n activity.Number, fault string, err error) (chat.Reply, error) {
	if err != nil {
		return a.refused(n, err)
	}
	return text(fault)
}

// tick checks people in or out for whom the organiser vouches: at the time that stands at
// the end, or now.
func (a activityCommands) tick(c *Call, e errand) (chat.Reply, error) {
	n, by, out := e.numbers[0], activity.ActorOf(c.Person), e.do == deedTickOut
	l, err := a.Board.Get(c.Tx, n)
	if err != nil {
		return a.refused(n, err)
	}
	if !by.Runs(l.Unit) {
		return text(textTickForbidden(n))
	}
	now := a.Board.Now(c.Tx)
	at, words := now, e.words
	folded := zh.Fold(words)
	if m := clockTail.FindStringSubmatchIndex(folded); m != nil {
		if said, ok := around(l, folded[m[2]:m[3]], out); ok {
			at, words = said, original(words, folded, 0, m[0])
		}
	}
	how := "替签 %s 张三、李四"
	if out {
		how = "替签退 %s 张三、李四"
	}
	nth := 0
	return a.people(words, textHowTo(how, n), func(name string) (string, error) {
		nth++
		t := activity.Tick{Out: out, At: at, Nonce: "chat/" + digest(c.Message.Key()) + "/" + strconv.Itoa(nth)}
		same, err := a.named(c, n, name)
		switch {
		case err != nil:
			return "", err
		case len(same) > 1:
			return textSeveralOf(echo(name), same), nil
		case len(same) == 1:
			t.Volunteer = same[0].ID
		case out || !nameLike.MatchString(name):
			return textNotOnList(n, echo(name)), nil
		default:
			t.Name = name // a walk-in
		}
		done, err := a.Board.Ticks(c.Tx, n, []activity.Tick{t}, by)
		if err != nil {
			return "", err
		}
		if r := done[0].Refused; r != nil {
			return echo(name) + colon + activity.Tell(r), nil
		}
		return textTicked(echo(name), done[0], out), nil
	})
}

// around is a time of day at an activity: 2点 of an afternoon is 14:00.
func around(l activity.Activity, clock string, out bool) (time.Time, bool) {
	day := l.Start
	if out {
		day = l.End
	}
	w, ok := timing{Day: day.Format(time.DateOnly), Clocks: clock}.when(day)
	from, _ := l.CheckWindow()
	if later := w.Start.Add(12 * time.Hour); w.Start.Before(from) && later.Before(l.Shut()) {
		return later, ok
	}
	return w.Start, ok
}

// undo takes a record back, with a reason.
func (a activityCommands) undo(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	act := map[deed]activity.Act{deedUndoIn: activity.ActIn, deedUndoOut: activity.ActOut, deedUndoHours: activity.ActCorrect}[e.do]
	name, why := nameAndRest(e.words)
	if name == "" || reasonOf(why) == "" {
		return text(textHowTo("撤销"+map[activity.Act]string{activity.ActIn: "签到", activity.ActOut: "签退", activity.ActCorrect: "核定"}[act]+" %s 张三 原因", n))
	}
	v, fault, err := a.someone(c, n, name)
	if fault != "" || err != nil {
		return a.fault(n, fault, err)
	}
	s, _, err := a.Board.Signup(c.Tx, n, v.ID)
	if err != nil {
		return chat.Reply{}, err
	}
	rec, ok := s.Standing(act)
	if !ok {
		return text(textNothingToUndo(v, act))
	}
	if s, err = a.Board.Undo(c.Tx, n, v.ID, rec.No, reasonOf(why), activity.ActorOf(c.Person)); err != nil {
		return a.refused(n, err)
	}
	l, err := a.Board.Get(c.Tx, n)
	return chat.Reply{Text: textUndoneRecord(l, v, rec, s)}, err
}

// code shows the organiser how people check in: a page for the venue's screen, or the
// digits of the moment.
func (a activityCommands) code(c *Call, e errand) (chat.Reply, error) {
	by, fault := a.organiser(c)
	if fault != "" {
		return text(fault)
	}
	if len(e.numbers) == 0 {
		now := a.Board.Now(c.Tx)
		all, err := a.Board.List(c.Tx, activity.Query{Unit: scope(by)})
		if err != nil {
			return chat.Reply{}, err
		}
		var open []activity.Mine
		for _, l := range all {
			if from, _ := l.CheckWindow(); !now.Before(from) {
				open = append(open, activity.Mine{Activity: l.Activity})
			}
		}
		if len(open) != 1 {
			return a.which(c, open, "签到码 %s", textNoCodeNow, nil)
		}
		e.numbers = []activity.Number{open[0].Activity.Number}
	}
	n := e.numbers[0]
	code, err := a.Board.Code(c.Tx, n, by)
	if err != nil {
		return a.refused(n, err)
	}
	l, err := a.Board.Get(c.Tx, n)
	if err != nil {
		return chat.Reply{}, err
	}
	if a.Invite != nil {
		link, err := a.Invite(c.Tx, account(c.Message), ScreenPath(n), l.Heading())
		return chat.Reply{Text: textScreen(l, link)}, err
	}
	return text(textDigits(l, code, a.Board.Now(c.Tx)))
}

// doubts lists whose hours wait for the organiser.
func (a activityCommands) doubts(c *Call, e errand) (chat.Reply, error) {
	by, fault := a.organiser(c)
	if fault != "" {
		return text(fault)
	}
	if len(e.numbers) == 0 {
		since := dateOf(a.Board.Now(c.Tx)).AddDays(-doubtDays)
		all, err := a.Board.List(c.Tx, activity.Query{Unit: scope(by), States: []activity.State{activity.StateOver}, From: since})
		if err != nil {
			return chat.Reply{}, err
		}
		for _, l := range slices.Backward(all) {
			e.numbers = append(e.numbers, l.Number)
		}
	}
	var lines []string
	for _, n := range e.numbers {
		list, err := a.Board.Roll(c.Tx, n, false, by)
		if err != nil {
			return a.refused(n, err)
		}
		l, err := a.Board.Get(c.Tx, n)
		if err != nil {
			return chat.Reply{}, err
		}
		for _, en := range list {
			if en.Service.Doubt != activity.DoubtNone {
				lines = append(lines, textDoubt(l, en))
			}
		}
	}
	if len(lines) == 0 {
		return text(textNoDoubts)
	}
	return paged(c, textDoubts(len(lines)), lines, shownPeople)
}

// doubtDays is how far back doubts are looked for where no activity is named.
const doubtDays = 92

// accept takes hours in doubt as they stand.
func (a activityCommands) accept(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	if everybody.MatchString(e.words) {
		list, err := a.Board.Roll(c.Tx, n, false, activity.ActorOf(c.Person))
		if err != nil {
			return a.refused(n, err)
		}
		var ids []string
		for _, en := range list {
			if en.Service.Doubt == activity.DoubtNoOut { // a place that was made up is looked at by itself
				ids = append(ids, string(en.Volunteer.ID))
			}
		}
		if len(ids) == 0 {
			return text(textNothingToAccept(n))
		}
		e.words = strings.Join(ids, listMark)
	}
	return a.people(e.words, textHowTo("核实 %s 张三", n), func(name string) (string, error) {
		v, fault, err := a.someone(c, n, name)
		if fault != "" || err != nil {
			return fault, err
		}
		s, err := a.Board.Accept(c.Tx, n, v.ID, activity.ActorOf(c.Person))
		return textAccepted(v, s), err
	})
}

// correct sets somebody's hours, and so grants the dispute that is open.
func (a activityCommands) correct(c *Call, e errand) (chat.Reply, error) {
	n, by := e.numbers[0], activity.ActorOf(c.Person)
	folded := zh.Fold(e.words)
	m := lengthSaid.FindStringSubmatchIndex(folded)
	how := "核定 %s 张三 120分钟 原因"
	if e.do == deedGrant {
		how = "同意 %s 张三 120分钟 理由"
	}
	if m == nil {
		return text(textHowTo(how, n))
	}
	var parts []string
	for i := 4; i < 12; i += 2 {
		parts = append(parts, original(folded, folded, m[i], m[i+1]))
	}
	minutes, ok := minutesOf(parts)
	name := strings.Trim(original(e.words, folded, m[2], m[3]), " ,，、")
	why := reasonOf(trimWords(original(e.words, folded, m[12], m[13])))
	if !ok || name == "" || why == "" {
		return text(textHowTo(how, n))
	}
	v, fault, err := a.someone(c, n, name)
	if fault != "" || err != nil {
		return a.fault(n, fault, err)
	}
	s, _, err := a.Board.Signup(c.Tx, n, v.ID)
	if err != nil {
		return chat.Reply{}, err
	}
	disputed := s.Dispute != nil && s.Dispute.Decided.IsZero()
	if disputed || e.do == deedGrant {
		_, err = a.Board.Decide(c.Tx, n, v.ID, activity.Decision{Grant: true, Minutes: minutes, Why: why}, by)
	} else {
		_, err = a.Board.Correct(c.Tx, n, v.ID, minutes, why, by)
	}
	if err != nil {
		return a.refused(n, err)
	}
	return text(textCorrectedHours(v, n, minutes, disputed))
}

// deny leaves the hours as they are.
func (a activityCommands) deny(c *Call, e errand) (chat.Reply, error) {
	n := e.numbers[0]
	name, why := nameAndRest(e.words)
	if name == "" || reasonOf(why) == "" {
		return text(textHowTo("不同意 %s 张三 理由", n))
	}
	v, fault, err := a.someone(c, n, name)
	if fault != "" || err != nil {
		return a.fault(n, fault, err)
	}
	if _, err := a.Board.Decide(c.Tx, n, v.ID, activity.Decision{Why: reasonOf(why)}, activity.ActorOf(c.Person)); err != nil {
		return a.refused(n, err)
	}
	return text(textDeniedHours(v, n))
}

// totals shows a year's hours of brigades and units.
func (a activityCommands) totals(c *Call, e errand) (chat.Reply, error) {
	by, fault := a.organiser(c)
	if fault != "" {
		return text(fault)
	}
	year := a.year(c, e.words)
	if year == 0 {
		year = a.Board.Now(c.Tx).Year()
	}
	y, err := a.Board.Year(c.Tx, year)
	if err != nil {
		return chat.Reply{}, err
	}
	if !by.Office {
		y.Units = slices.DeleteFunc(y.Units, func(t activity.Total) bool { return t.Name != by.Unit })
		y.Brigades = nil
	}
	return text(textTotals(year, y.Brigades, y.Units))
}

// volunteers lists who is registered, those first who wait to be confirmed.
func (a activityCommands) volunteers(c *Call, _ errand) (chat.Reply, error) {
	if _, fault := a.organiser(c); fault != "" {
		return text(fault)
	}
	var lines []string
	more := false
	for _, s := range []activity.Standing{activity.StandingPending, activity.StandingConfirmed} {
		list, others, err := a.Board.FindVolunteers(c.Tx, activity.VolunteerQuery{Standing: s, Limit: listedVolunteers})
		if err != nil {
			return chat.Reply{}, err
		}
		for _, v := range list {
			lines = append(lines, textVolunteerLine(v))
		}
		more = more || others
	}
	if len(lines) == 0 {
		return text(textNoVolunteers)
	}
	return paged(c, textVolunteers(len(lines), more), lines, shownPeople)
}

// demands lists what lacks people.
func (a activityCommands) demands(c *Call, _ errand) (chat.Reply, error) {
	by, fault := a.organiser(c)
	if fault != "" {
		return text(fault)
	}
	list, err := a.Board.Demands(c.Tx, scope(by))
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoDemands)
	}
	var lines []string
	for _, d := range list {
		lines = append(lines, a.line(c, d.Listing)+textDemand(d))
	}
	return paged(c, textDemands(len(list)), lines, shownActivities)
}
