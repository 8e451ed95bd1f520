package task

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// Holidays are those by which days are worked.
func (b *Board) Holidays() *holidays.Book { return b.book }

// Calendar is the one that was in force when a task was last read; Item, DueWords,
// Preview and Upcoming are by it.
func (b *Board) Calendar() *calendar.Calendar { return b.book.Last().Calendar }

func (b *Board) lately() *Board { return b.by(b.book.Last()) }

// Opens is the first moment from the given one on when messages may go out.
func (b *Board) Opens(r store.Reader, at time.Time) (time.Time, error) {
	b, err := b.on(r)
	if err != nil {
		return time.Time{}, err
	}
	return b.open(at), nil
}

// Item is the task as a message to the unit would show it at the moment.
func (b *Board) Item(t Task, unit string, at time.Time) Item {
	return b.lately().item(t, unit, nil, at)
}

// DueWords words the deadline and what is left of it at the moment.
func (b *Board) DueWords(t Task, at time.Time) string {
	b = b.lately()
	return b.dueWords(t, b.cal.Day(at))
}

// LeftWord words how many working days of the deadline are left at the moment, or over.
func (b *Board) LeftWord(t Task, at time.Time) string {
	b = b.lately()
	return t.leftWord(b.cal, b.cal.Day(at))
}

// ByUrgency orders items as messages do: red before yellow before blue before
// none, then what is due earlier, then the lower number.
func ByUrgency(x, y Item) int { return compareItems(x, y) }

// StatesOf lists the states from which a step may be taken.
func StatesOf(do Do) []State {
	a, _ := arrowOf(do)
	return slices.Clone(a.from)
}

// steps are all steps in the order in which they are offered.
var steps = []Do{DoHand, DoSign, DoReport, DoProgress, DoAsk, DoRaise, DoDecline, DoGrant, DoDeny, DoSettle, DoReview, DoReturn, DoClose, DoStrike, DoUrge, DoAmend, DoCancel}

// Steps lists the steps that May allows, in the order in which they are offered.
func Steps(t Task, unit string, at time.Time, by Actor) (list []Do) {
	for _, do := range steps {
		if May(t, do, unit, at, by) {
			list = append(list, do)
		}
	}
	return list
}

// May reports whether a step can be taken at the moment, with whatever words and dates
// it needs: a unit's step for the unit, of no unit the actor's own. Whether a task has
// open parts it does not know.
func May(t Task, do Do, unit string, at time.Time, by Actor) bool {
	draft := t.Edit()
	a := Action{Do: do, At: at, Text: "x", To: calendar.Of(at).AddDays(1), Draft: &draft}
	if do.who() != byOffice {
		a.Unit = unit
	}
	if !a.To.After(t.Deadline) {
		a.To = t.Deadline.AddDays(1)
	}
	_, err := Step(t, a, by)
	return err == nil
}

// OfUnit reports whether the step is one of a unit's, and not of the office's.
func (d Do) OfUnit() bool { return d.who() != byOffice }

// Reason reports whether the step needs words.
func (d Do) Reason() bool {
	a, _ := arrowOf(d)
	return a.reason
}

// Unreachable lists those of the units of which nobody can be reached by a message.
func (b *Board) Unreachable(r store.Reader, units []string) (far []string, err error) {
	for _, u := range units {
		to, err := org.Targets(r, u, b.routes)
		if err != nil {
			return nil, err
		}
		if len(to) == 0 {
			far = append(far, u)
		}
	}
	return far, nil
}

// Changes says in words what of a draft is otherwise in another.
func Changes(before, after Draft) (list []string) {
	for _, f := range []struct {
		name string
		word func(Draft) string
	}{
		{textFieldTitle, func(d Draft) string { return d.Title }},
		{textFieldText, func(d Draft) string { return d.Text }},
		{textFieldLeads, func(d Draft) string { return unitsWord(d.Leads) }},
		{textFieldSupports, func(d Draft) string { return unitsWord(d.Supports) }},
		{textFieldDeadline, Draft.when},
		{textFieldOffsets, func(d Draft) string { return cmp.Or(d.OffsetsWord(), textUsual) }},
		{textFieldSource, func(d Draft) string { return d.Source.words() }},
		{textFieldRemark, func(d Draft) string { return d.Remark }},
	} {
		if x, y := f.word(before), f.word(after); x != y {
			list = append(list, fmt.Sprintf("%s %s → %s", f.name, clip(cmp.Or(x, textNone), shownCell), clip(cmp.Or(y, textNone), shownCell)))
		}
	}
	return list
}
