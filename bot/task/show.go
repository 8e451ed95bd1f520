package task

import (
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
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

// ByUrgency orders items as messages do: red before yellow before blue before
// none, then what is due earlier, then the lower number.
func ByUrgency(x, y Item) int { return compareItems(x, y) }

// StatesOf lists the states from which a step may be taken.
func StatesOf(do Do) []State {
	a, _ := arrowOf(do)
	return slices.Clone(a.from)
}
