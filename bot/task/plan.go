package task

import (
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// replan keeps the task after a step, with what is to be said of it from now on.
func (b *Board) replan(tx *store.Tx, old *record, next Task, a Action) error {
	rec := old.copy()
	rec.Task = next
	for _, n := range news(old.Task, next, a) {
		rec.owe(n.Unit, n.Cause)
	}
	for _, unit := range concerned(old.Task, next) {
		b.schedule(rec, unit, old.Due[unit], a.At)
	}
	if next.Recurs() && (a.Do == DoHand || a.Do == DoAmend) {
		b.scheduleSeries(rec, a.At)
	}
	if next.State.Ended() {
		rec.Make = time.Time{}
	}
	if err := rec.save(tx, old); err != nil {
		return err
	}
	for _, unit := range concerned(old.Task, next) {
		if err := b.recallIf(tx, unit, next.Number); err != nil {
			return err
		}
	}
	return nil
}

// concerned lists everybody who has or had to do with the task.
func concerned(old, next Task) []string {
	units := []string{Office}
	for _, s := range append(slices.Clone(old.Shares), next.Shares...) {
		if !slices.Contains(units, s.Unit) {
			units = append(units, s.Unit)
		}
	}
	return units
}

func (rec *record) owe(unit string, c Cause) {
	if !slices.Contains(rec.Owed[unit], c) {
		rec.Owed[unit] = append(slices.Clone(rec.Owed[unit]), c)
	}
}

// schedule sets when the unit is to hear of the task next. was is when it was due
// before: what came up since, and was not said yet, is not passed over.
func (b *Board) schedule(rec *record, unit string, was, now time.Time) {
	delete(rec.Due, unit)
	rec.Owed[unit] = slices.DeleteFunc(slices.Clone(rec.Owed[unit]), func(c Cause) bool { return !rec.concerns(unit, c) })
	if len(rec.Owed[unit]) > 0 {
		rec.Due[unit] = b.open(now)
		return
	}
	delete(rec.Owed, unit)
	after := now
	if !was.IsZero() && was.Before(now) {
		after = was.Add(-1)
	}
	if p, ok := b.rules.Next(b.cal, rec.Task, unit, after); ok {
		rec.Due[unit] = p.At
	}
}

// open is the first moment from now on when messages may go out, as the index has it.
func (b *Board) open(now time.Time) time.Time {
	return b.cal.NextOpen(now, b.rules.window()).Truncate(time.Millisecond)
}

// news lists who must be told of a step, and why.
func news(old, next Task, a Action) (list []Planned) {
	tell := func(unit string, c Cause) { list = append(list, Planned{next.Number, unit, c, a.At}) }
	each := func(c Cause, of func(before, now Share) bool) {
		for _, s := range next.Shares {
			before, _ := old.Share(s.Unit)
			if of(before, s) {
				tell(s.Unit, c)
			}
		}
	}
	given := func(before, s Share) bool {
		return s.Returned.IsZero() && !s.Handed.IsZero() && (!before.Handed.Equal(s.Handed) || !before.Returned.IsZero())
	}
	switch a.Do {
	case DoHand:
		each(CauseHand, given)
	case DoUrge:
		each(CauseUrge, func(_, s Share) bool { return a.Unit == "" || s.Unit == a.Unit })
	case DoReturn:
		each(CauseReturn, func(before, s Share) bool { return !before.Done.IsZero() && s.Done.IsZero() })
	case DoGrant:
		each(CauseGrant, func(Share, Share) bool { return true })
	case DoDeny:
		d, _ := old.Pending()
		tell(d.Unit, CauseDeny)
	case DoSettle:
		for i, issue := range next.Issues {
			if old.Issues[i].Open() && !issue.Open() {
				tell(issue.Unit, CauseSettle)
			}
		}
	case DoAmend:
		each(CauseHand, given)
		if old.State.handed() && (old.Deadline != next.Deadline || old.Title != next.Title || old.Text != next.Text) {
			each(CauseChange, func(before, s Share) bool { return !given(before, s) })
		}
		for _, s := range old.Shares {
			if next.find(s.Unit) < 0 && !s.Handed.IsZero() {
				tell(s.Unit, CauseDrop)
			}
		}
	case DoCancel:
		each(CauseCancel, func(_, s Share) bool { return !s.Handed.IsZero() })
	case DoDecline:
		tell(Office, CauseDeclined)
	case DoAsk:
		tell(Office, CauseAsked)
	case DoRaise:
		tell(Office, CauseRaised)
	case DoReport:
		if next.State == StateReported {
			tell(Office, CauseReported)
		}
	}
	return list
}

// scheduleSeries sets when the next occurrence of a series is made.
func (b *Board) scheduleSeries(rec *record, now time.Time) {
	rec.Next, rec.Make = calendar.Date{}, time.Time{}
	if rec.State.handed() {
		b.occurrence(rec, rec.Rule.Next(b.cal, b.cal.Day(now).AddDays(-1)))
	}
}

func (b *Board) occurrence(rec *record, date calendar.Date) {
	rec.Next, rec.Make = date, time.Time{}
	if !date.IsZero() {
		rec.Make = b.rules.window().From.On(rec.Rule.begins(b.cal, date), b.cal.Location())
	}
}

// Preview lists the next n dates of a series after the day.
func (b *Board) Preview(t Task, after calendar.Date, n int) []calendar.Date {
	return t.Rule.Preview(b.Calendar(), after, n)
}

// Upcoming lists what will be said of the task within so many days if nothing
// happens to it, escalation included.
func (b *Board) Upcoming(t Task, from time.Time, days int) []Planned {
	return b.rules.Between(b.Calendar(), t, from, from.AddDate(0, 0, days))
}

// makeNext makes the occurrences of a series that are due, each a task of its own,
// handed out to the series' units. Their import keys name the series and the date,
// so that none is ever made twice.
func (b *Board) makeNext(tx *store.Tx, n Number) error {
	b, err := b.on(tx)
	if err != nil {
		return err
	}
	old, err := b.take(tx, n)
	if err != nil {
		return err
	}
	now := b.now(tx)
	rec := old.copy()
	for !rec.Make.IsZero() && !rec.Make.After(now) {
		if err := b.makeOne(tx, rec, now); err != nil {
			return err
		}
		b.occurrence(rec, rec.Rule.Next(b.cal, rec.Next))
	}
	return rec.save(tx, old)
}

func (b *Board) makeOne(tx *store.Tx, series *record, now time.Time) error {
	key := Key("series", series.Number.String(), series.Next.String())
	if _, made, err := tx.Get(bucketKey, keyOf(key)); err != nil || made {
		return err
	}
	d := series.Edit()
	d.Deadline, d.DeadlineText, d.Rule = series.Next, series.Rule.String(), Rule{}
	one := &record{Key: key, Due: map[string]time.Time{}, Owed: map[string][]Cause{}}
	one.State, one.Handed, one.Series, one.Period = StateAssigned, now, series.Number, series.Rule.period(series.Next)
	one.set(d, now)
	for _, s := range one.Shares {
		one.owe(s.Unit, CauseHand)
		b.schedule(one, s.Unit, time.Time{}, now)
	}
	b.schedule(one, Office, time.Time{}, now)
	return b.add(tx, one, series.Created.By)
}
