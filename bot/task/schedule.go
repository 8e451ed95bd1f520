package task

import (
	"cmp"
	"slices"
	"time"

	"xietiao/bot/calendar"
)

// Office stands for the office where units are named.
const Office = ""

// Cause is why somebody is to be told of a task.
type Cause string

// The causes that the schedule brings about.
const (
	CauseSign     Cause = "sign"     // the unit has not signed yet
	CauseDeadline Cause = "deadline" // it draws near, or is today
	CauseOverdue  Cause = "overdue"  // it is past
	CauseHead     Cause = "head"     // past for so long that the unit's heads are told
	CauseEscalate Cause = "escalate" // for longer: the office
)

// The causes that steps bring about: to units, and then to the office.
const (
	CauseHand   Cause = "hand"
	CauseUrge   Cause = "urge"
	CauseReturn Cause = "return" // the office gave a report back
	CauseChange Cause = "change" // by DoAmend
	CauseGrant  Cause = "grant"
	CauseDeny   Cause = "deny"
	CauseSettle Cause = "settle"
	CauseDrop   Cause = "drop"   // the unit has no share any more
	CauseCancel Cause = "cancel" // the one thing that is said of a task that is over

	CauseReported Cause = "reported" // all leads have: to review
	CauseDeclined Cause = "declined" // a unit gave it back
	CauseAsked    Cause = "asked"    // for a delay
	CauseRaised   Cause = "raised"   // an issue
)

// officeWaits are the causes of steps for the office.
var officeWaits = []Cause{CauseReported, CauseDeclined, CauseAsked, CauseRaised}

// scheduled lists the causes of the schedule, those for the office apart.
var (
	scheduled       = []Cause{CauseSign, CauseDeadline, CauseOverdue, CauseHead}
	officeScheduled = []Cause{CauseEscalate}
)

// Rules say when units are reminded. All days are working days.
type Rules struct {
	Offsets      []int // days before the deadline; on a deadline that is no working day, before the last one up to it
	OverdueEvery int   // days from one reminder to the next once it is past; at least 1
	Digest       calendar.Minute
	Hours        calendar.Hours
	DailyCap     int // messages to one unit in a day; what its heads are told at one time is one more

	Sign    []int // days after handing out on which to ask for 签收
	Support []int // Offsets of supporters, who are told of nothing past it
	Head    int   // days past the deadline from which the unit's heads are told, once a week
	Office  int   // and the office

	Bulletin bool // the office gets the bulletin each week; not as in DefaultRules where it is false
}

// DefaultRules are those of a fresh installation.
func DefaultRules() Rules {
	return Rules{
		Offsets: []int{7, 3, 1, 0}, OverdueEvery: 1, Digest: 9 * 60,
		Hours: calendar.Hours{From: 8*60 + 30, To: 17*60 + 30}, DailyCap: 3,
		Sign: []int{1, 3, 5}, Support: []int{3}, Head: 3, Office: 5,
		Bulletin: true,
	}
}

// orDefault fills in what is not set, but for Bulletin.
func (r Rules) orDefault() Rules {
	d := DefaultRules()
	r.OverdueEvery, r.DailyCap = cmp.Or(r.OverdueEvery, d.OverdueEvery), cmp.Or(r.DailyCap, d.DailyCap)
	r.Digest, r.Hours = cmp.Or(r.Digest, d.Digest), cmp.Or(r.Hours, d.Hours)
	r.Head, r.Office = cmp.Or(r.Head, d.Head), cmp.Or(r.Office, d.Office)
	for _, days := range []struct{ have, otherwise *[]int }{{&r.Offsets, &d.Offsets}, {&r.Sign, &d.Sign}, {&r.Support, &d.Support}} {
		if *days.have == nil {
			*days.have = *days.otherwise
		}
	}
	return r
}

// window is when messages may go out: the hours from the digest on, so that what
// came up overnight is one message with it.
func (r Rules) window() calendar.Hours {
	return calendar.Hours{From: max(r.Hours.From, min(r.Digest, r.Hours.To-1)), To: r.Hours.To}
}

const week = 5 // working days

// Planned is one thing that the schedule will say.
type Planned struct {
	Number Number
	Unit   string // Office for the office
	Cause  Cause
	At     time.Time
}

// Next is the first thing that is to be said to the unit of the task after the
// moment, if nothing happens to the task. False: nothing ever.
//
// Nothing is said of the 签收 step once the unit has signed, nor of the deadline
// once it has reported; nothing of a task that is not with the units, or has no
// deadline, or is a series; nothing at or before the handing out.
func (r Rules) Next(cal *calendar.Calendar, t Task, unit string, after time.Time) (Planned, bool) {
	causes := scheduled
	if unit == Office {
		causes = officeScheduled
	}
	var first Planned
	found := false
	for _, c := range causes {
		if at, ok := r.next(cal, t, unit, c, after); ok && (!found || at.Before(first.At)) {
			first, found = Planned{t.Number, unit, c, at}, true
		}
	}
	return first, found
}

// Between lists what is to be said of the task, to all its units and the office,
// from a moment on and up to another, if nothing happens to it.
func (r Rules) Between(cal *calendar.Calendar, t Task, from, to time.Time) (list []Planned) {
	for _, unit := range append(t.LeadUnits(), append(t.SupportUnits(), Office)...) {
		for _, c := range append(officeScheduled, scheduled...) {
			at, ok := r.next(cal, t, unit, c, from.Add(-1))
			for ; ok && !at.After(to); at, ok = r.next(cal, t, unit, c, at) {
				list = append(list, Planned{t.Number, unit, c, at})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Planned) int { return a.At.Compare(b.At) })
	return list
}

// next is when the cause comes up for the unit after the moment.
func (r Rules) next(cal *calendar.Calendar, t Task, unit string, c Cause, after time.Time) (time.Time, bool) {
	if !t.concerns(unit, c) {
		return time.Time{}, false
	}
	s, _ := t.Share(unit)
	if unit == Office {
		s.Handed = t.Handed
	}
	if after.Before(s.Handed) {
		after = s.Handed
	}
	last := workdayUpTo(cal, t.Deadline)
	switch c {
	case CauseSign:
		return r.first(cal, after, r.Sign, func(n int) calendar.Date { return cal.AddWorkdays(cal.Day(s.Handed), n) })
	case CauseDeadline:
		return r.first(cal, after, r.offsets(t, s), func(n int) calendar.Date {
			if n == 0 {
				return last
			}
			return cal.AddWorkdays(last, -n)
		})
	case CauseOverdue:
		return r.later(cal, after, last, 1, r.OverdueEvery), true
	case CauseHead:
		return r.later(cal, after, last, r.Head, week), true
	case CauseEscalate:
		return r.later(cal, after, last, r.Office, week), true
	}
	return time.Time{}, false
}

func (r Rules) offsets(t Task, s Share) []int {
	switch {
	case t.Offsets != nil:
		return t.Offsets
	case s.Lead:
		return r.Offsets
	}
	return r.Support
}

// first is the first digest after the moment on one of the days.
func (r Rules) first(cal *calendar.Calendar, after time.Time, offsets []int, day func(n int) calendar.Date) (at time.Time, ok bool) {
	for _, n := range offsets {
		if d := r.window().From.On(day(n), cal.Location()); d.After(after) && (!ok || d.Before(at)) {
			at, ok = d, true
		}
	}
	return at, ok
}

// later is the first digest after the moment on the nth working day after last,
// where n is from, from+every, from+2·every, …
func (r Rules) later(cal *calendar.Calendar, after time.Time, last calendar.Date, from, every int) time.Time {
	every = max(every, 1)
	n := from
	if day := cal.Day(after); day.After(last) {
		// The working days after last up to the day: so many digests are over, or the
		// last of them is still to come.
		if past := cal.WorkdaysBetween(last.AddDays(1), day.AddDays(1)); past > from {
			n += (past - from) / every * every
		}
	}
	for {
		if at := r.window().From.On(cal.AddWorkdays(last, n), cal.Location()); at.After(after) {
			return at
		}
		n += every
	}
}

// workdayUpTo is the day, or the last working day before it.
func workdayUpTo(cal *calendar.Calendar, d calendar.Date) calendar.Date {
	if d.IsZero() || cal.Workday(d) {
		return d
	}
	return cal.AddWorkdays(d, -1)
}

// concerns reports whether there still is a reason to tell the unit of the task
// for the cause. It is asked when something is planned, and once more when it is
// said.
func (t Task) concerns(unit string, c Cause) bool {
	if t.Recurs() {
		return false
	}
	if unit == Office {
		return t.concernsOffice(c)
	}
	s, has := t.Share(unit)
	has = has && s.Returned.IsZero()
	working := has && t.State.handed() && s.Done.IsZero()
	dated := !t.Deadline.IsZero()
	switch c {
	case CauseSign:
		return working && dated && s.Signed.IsZero()
	case CauseDeadline:
		return working && dated
	case CauseOverdue, CauseHead:
		return working && dated && s.Lead
	case CauseHand:
		return working && s.Signed.IsZero()
	case CauseUrge, CauseReturn:
		return working
	case CauseChange, CauseGrant, CauseDeny:
		return has && t.State.handed()
	case CauseSettle:
		return has && !t.State.Ended()
	case CauseDrop:
		return !has && !t.State.Ended()
	case CauseCancel:
		return t.State == StateCancelled
	}
	return false
}

func (t Task) concernsOffice(c Cause) bool {
	switch c {
	case CauseEscalate:
		return t.State.handed() && !t.Deadline.IsZero()
	case CauseReported:
		return t.State == StateReported
	case CauseDeclined:
		return !t.State.Ended() && slices.ContainsFunc(t.Shares, func(s Share) bool { return !s.Returned.IsZero() })
	case CauseAsked:
		return t.State.handed() && t.pending() >= 0
	case CauseRaised:
		return !t.State.Ended() && slices.ContainsFunc(t.Issues, Issue.Open)
	}
	return false
}

// Colour says how urgent a task is.
type Colour string

// The colours of 督办.
const (
	Red    Colour = "red"    // the deadline is past
	Yellow Colour = "yellow" // yellowDays working days are left, or fewer
	Blue   Colour = "blue"   // more
	None   Colour = ""       // 待定期限
)

const yellowDays = 3

// Left counts the working days from the day, which is not counted, to the
// deadline; what is past it is negative. So on the deadline, and on the last
// working day before one that is none, it is 0. ColourOn follows from it.
func (t Task) Left(cal *calendar.Calendar, day calendar.Date) int {
	if day.After(t.Deadline) {
		return -cal.WorkdaysBetween(workdayUpTo(cal, t.Deadline).AddDays(1), day.AddDays(1))
	}
	return cal.WorkdaysBetween(day.AddDays(1), t.Deadline.AddDays(1))
}

// ColourOn is the task's colour on a day.
func (t Task) ColourOn(cal *calendar.Calendar, day calendar.Date) Colour {
	switch {
	case t.Deadline.IsZero():
		return None
	case day.After(t.Deadline):
		return Red
	case t.Left(cal, day) <= yellowDays:
		return Yellow
	}
	return Blue
}
