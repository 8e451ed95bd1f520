package task

import (
	"time"

	"xietiao/bot/calendar"
)

// Form is a 督办单: what a task is, how it stands on a day, and what its units are to do
// by when.
type Form struct {
	Task Task
	Day  calendar.Date
	By   calendar.Date // the day by which they are to
	cal  *calendar.Calendar
}

// formDays is how many working days the units have for what cannot wait for the
// deadline: where it is past, or there is none.
const formDays = 3

// Form makes one as of the moment. A *Refusal, as of DoUrge: no unit has work to do.
func (b *Board) Form(t Task, at time.Time) (Form, error) {
	b = b.lately()
	at = at.In(b.cal.Location())
	if _, err := Step(t, Action{Do: DoUrge, At: at}, Operator); err != nil {
		return Form{}, err
	}
	f := Form{Task: t, Day: b.cal.Day(at), By: t.Deadline, cal: b.cal}
	if t.Deadline.Before(f.Day) { // a zero one as well
		f.By = b.cal.AddWorkdays(f.Day, formDays)
	}
	return f, nil
}

// working lists the leads, or the supporters, that have work to do.
func (f Form) working(lead bool) (units []string) {
	for _, s := range f.Task.Shares {
		if s.Done.IsZero() && s.Returned.IsZero() && s.Lead == lead {
			units = append(units, s.Unit)
		}
	}
	return units
}
