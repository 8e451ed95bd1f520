package task

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// KindCalendar is the Kind of the notice that a year's holidays are not known.
const KindCalendar = "calendar"

// gap is what became of that notice.
type gap struct {
	Day     calendar.Date `json:"day"`            // on which it was written last
	Keys    []string      `json:"keys,omitempty"` // of its notices
	Settled bool          `json:"settled"`        // it went out
}

// dueGap is what the office is to be told at the moment of the next year: in December,
// where its holidays are not known though something is planned in it. Nothing: it was
// told, today or at all.
func (b *Board) dueGap(r store.Reader, at time.Time) ([]Message, error) {
	day := b.cal.Day(at)
	year := day.Y + 1
	if day.M != time.December || b.cal.Known(year) || b.open(at).After(at) {
		return nil, nil
	}
	told, _, err := get[gap](r, bucketGap, strconv.Itoa(year))
	if err != nil || told.Settled || told.Day == day {
		return nil, err
	}
	some, err := b.plannedIn(r, year)
	if err != nil || !some {
		return nil, err
	}
	places, err := b.bulletinPlaces(r)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	return []Message{{Unit: Office, Places: places, Pages: []Page{{Text: textGap(year)}}}}, nil
}

// UnknownYears lists the years, this one and the next, whose holidays are not known
// though something is planned in them.
func (b *Board) UnknownYears(r store.Reader) (years []int, err error) {
	if b, err = b.on(r); err != nil {
		return nil, err
	}
	this := b.Today(r).Y
	for _, year := range []int{this, this + 1} {
		some, err := b.plannedIn(r, year)
		if err != nil {
			return nil, err
		}
		if some && !b.cal.Known(year) {
			years = append(years, year)
		}
	}
	return years, nil
}

// plannedIn reports whether a deadline of an open task, or a reminder, is in the year.
func (b *Board) plannedIn(r store.Reader, year int) (some bool, err error) {
	first := calendar.Date{Y: year, M: time.January, D: 1}
	list, err := b.List(r, Query{From: first, To: calendar.Date{Y: year, M: time.December, D: 31}, Limit: 1})
	if err != nil || len(list) > 0 {
		return len(list) > 0, err
	}
	err = r.Scan(bucketDue, store.Range{From: digits(first.At(0, 0, b.cal.Location())), Limit: 1}, func(string, []byte) error {
		some = true
		return nil
	})
	return some, err
}

// tellGap tells the office so; on the next working day once more if it did not go out.
func (b *Board) tellGap(ctx context.Context, s *store.Store) error {
	due := false
	err := s.View(ctx, func(r store.Reader) error {
		b, err := b.on(r)
		if err != nil {
			return err
		}
		list, err := b.dueGap(r, b.now(r))
		due = len(list) > 0
		return err
	})
	if err == nil && due {
		err = s.Update(ctx, b.writeGap)
	}
	if err != nil {
		return fmt.Errorf("remind: calendar: %w", err)
	}
	return nil
}

// writeGap writes the notice unless another instance has, or it has gone out.
func (b *Board) writeGap(tx *store.Tx) error {
	b, err := b.on(tx)
	if err != nil {
		return err
	}
	now := b.now(tx)
	list, err := b.dueGap(tx, now)
	if err != nil || len(list) == 0 {
		return err
	}
	year := strconv.Itoa(now.Year() + 1)
	told, _, err := get[gap](tx, bucketGap, year)
	if err != nil {
		return err
	}
	became, _, err := b.fate(tx, told.Keys)
	switch {
	case err != nil:
		return err
	case became != fateLost:
		told.Settled = true
	default:
		day := b.cal.Day(now)
		told = gap{Day: day}
		for i, to := range list[0].Places {
			n := outbox.Notice{
				Key: fmt.Sprintf("%s/%s/%s/%d", KindCalendar, year, day, i+1), Kind: KindCalendar, To: to[0], Fallback: to[1:],
				Reply: chat.Reply{Text: list[0].Pages[0].Text}, Expires: b.rules.Hours.To.On(day, b.cal.Location()),
			}
			if _, err := b.sender.Put(tx, n); err != nil {
				return err
			}
			told.Keys = append(told.Keys, n.Key)
		}
	}
	return put(tx, bucketGap, year, told)
}
