package task

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// sweep is how far the open tasks have come to the calendar in force.
type sweep struct {
	Calendar string `json:"calendar"`       // the edition's id
	From     string `json:"from,omitempty"` // the last key of task.state that was looked at; empty: all were
}

// adaptBatch bounds the keys of one transaction.
const adaptBatch = 100

// Adapt plans anew what was planned by another calendar than the one in force. It
// costs nothing where there is no such; Remind calls it first. Each of its
// transactions is of some tasks and notes how far it came, so that another instance,
// or the next life of this one, goes on from there.
//
// A reminder that by the new calendar should have been is said at once; one that was
// said and by the new calendar is still to come is said then, once more.
func (b *Board) Adapt(ctx context.Context, s *store.Store) error {
	var left bool
	err := s.View(ctx, func(r store.Reader) (err error) {
		_, left, err = b.sweep(r)
		return err
	})
	for err == nil && left {
		err = s.Update(ctx, func(tx *store.Tx) (err error) {
			left, err = b.adaptSome(tx)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("plan by the calendar: %w", err)
	}
	return nil
}

// sweep reads how far it is, and whether tasks are left.
func (b *Board) sweep(r store.Reader) (sw sweep, left bool, err error) {
	if b, err = b.on(r); err != nil {
		return sw, false, err
	}
	if sw, _, err = get[sweep](r, bucketSweep, "calendar"); err != nil {
		return sw, false, err
	}
	if sw.Calendar != b.edition {
		return sweep{Calendar: b.edition}, true, nil
	}
	return sw, sw.From != "", nil
}

func (b *Board) adaptSome(tx *store.Tx) (left bool, err error) {
	if b, err = b.on(tx); err != nil {
		return false, err
	}
	sw, left, err := b.sweep(tx)
	if err != nil || !left {
		return false, err
	}
	seen, last := 0, ""
	var numbers []Number
	err = tx.Scan(bucketState, store.Range{From: sw.From + "\x00", Limit: adaptBatch}, func(key string, _ []byte) error {
		seen, last = seen+1, key
		if state, _, _ := strings.Cut(key, sep); slices.Contains(live, State(state)) {
			numbers = append(numbers, numberIn(key))
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, n := range numbers {
		if _, err := b.take(tx, n); err != nil {
			return false, err
		}
	}
	if sw.From = last; seen < adaptBatch {
		sw.From = ""
	}
	return sw.From != "", put(tx, bucketSweep, "calendar", sw)
}

// take loads a record that is to be changed; what is planned is by the calendar in force.
func (b *Board) take(tx *store.Tx, n Number) (*record, error) {
	old, err := load(tx, n)
	if err != nil {
		return nil, err
	}
	rec, err := b.adapted(tx, old)
	if err != nil || rec == old {
		return old, err
	}
	return rec, rec.save(tx, old)
}

// adapted is the record planned by the calendar in force.
func (b *Board) adapted(r store.Reader, old *record) (*record, error) {
	if old.Calendar == b.edition {
		return old, nil
	}
	before, err := b.book.Edition(r, old.Calendar)
	if err != nil {
		return nil, err
	}
	now := b.now(r)
	rec := old.copy()
	rec.Calendar = b.edition
	for _, unit := range concerned(old.Task, old.Task) {
		for _, c := range slices.Concat(scheduled, officeScheduled) {
			said := b.rules.count(before.Calendar, rec.Task, unit, c, now, old.Due[unit])
			if b.rules.count(b.cal, rec.Task, unit, c, now, time.Time{}) > said {
				rec.owe(unit, c)
			}
		}
		b.schedule(rec, unit, old.Due[unit], now)
	}
	if !rec.Make.IsZero() { // the date within the same period: no period is passed over, or comes twice
		b.occurrence(rec, rec.Rule.Next(b.cal, rec.Rule.start(rec.Next).AddDays(-1)))
	}
	return rec, nil
}

// count counts how often the cause comes up for the unit up to now, and before due,
// unless that is zero: so often it was said.
func (r Rules) count(cal *calendar.Calendar, t Task, unit string, c Cause, now, due time.Time) (n int) {
	if !t.concerns(unit, c) {
		return 0
	}
	at, ok := r.next(cal, t, unit, c, time.Time{})
	for ; ok && !at.After(now) && (due.IsZero() || at.Before(due)); at, ok = r.next(cal, t, unit, c, at) {
		n++
	}
	return n
}
