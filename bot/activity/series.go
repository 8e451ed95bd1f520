package activity

import (
	"fmt"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// occurrence is the start of the series' first occurrence that is after the moment, or
// zero where none is.
func (a Activity) occurrence(after time.Time) time.Time {
	for k := a.Series.near(a.Start, after); ; k++ {
		t := a.Series.start(a.Start, k)
		switch {
		case !a.Series.Until.IsZero() && calendar.Of(t).After(a.Series.Until):
			return time.Time{}
		case t.After(after):
			return t
		}
	}
}

// near is a number of an occurrence that is not after the moment, or 0.
func (r SeriesRule) near(first, at time.Time) int {
	if !at.After(first) {
		return 0
	}
	days := int(at.Sub(first) / (24 * time.Hour))
	if r.Every == EveryWeek {
		return max(0, days/7-1)
	}
	return max(0, days/31-1)
}

// start is when the kth occurrence begins, the first being 0.
func (r SeriesRule) start(first time.Time, k int) time.Time {
	if r.Every == EveryWeek {
		return first.AddDate(0, 0, 7*k)
	}
	y, m, day := first.Date()
	last := time.Date(y, m+time.Month(k)+1, 0, 0, 0, 0, 0, first.Location()).Day()
	return time.Date(y, m+time.Month(k), min(day, last), first.Hour(), first.Minute(), 0, 0, first.Location())
}

// makeNext makes the occurrences that have come near, published, and plans to look again.
// rec is kept by the caller.
func (b *Board) makeNext(tx *store.Tx, rec *record, by Actor) error {
	now := b.now(tx)
	for !rec.Next.IsZero() && rec.Next.Before(now.AddDate(0, 0, b.rules.Ahead)) {
		key := fmt.Sprintf("series/%s/%s", rec.Number, rec.Next.Format(sortable))
		if _, made, err := b.byKey(tx, key); err != nil {
			return err
		} else if !made {
			one := &record{Activity: Activity{Draft: rec.at(rec.Next), State: StateDraft, Of: rec.Number}, Key: key}
			if err := b.add(tx, one, by); err != nil {
				return err
			}
			if _, err := b.Publish(tx, one.Number, Actor{Person: by.Person, Unit: one.Unit}); err != nil {
				return err
			}
		}
		rec.Next = rec.occurrence(rec.Next)
	}
	if rec.Next.IsZero() {
		return nil
	}
	return b.planJob(tx, rec.Next.AddDate(0, 0, -b.rules.Ahead).Add(time.Minute), job{Kind: jobNext, Number: rec.Number})
}

// at is the draft of the occurrence that begins at the moment.
func (a Activity) at(start time.Time) Draft {
	d := a.Edit()
	d.Series = SeriesRule{}
	shift := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return start.Add(t.Sub(a.Start))
	}
	d.Start, d.End, d.SignFrom, d.SignTo = start, shift(a.End), shift(a.SignFrom), shift(a.SignTo)
	return d
}
