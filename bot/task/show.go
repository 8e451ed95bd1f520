package task

import (
	"slices"
	"time"

	"xietiao/bot/calendar"
)

// Calendar is the one that the board's days are of.
func (b *Board) Calendar() *calendar.Calendar { return b.cal }

// Item is the task as a message to the unit would show it at the moment.
func (b *Board) Item(t Task, unit string, at time.Time) Item { return b.item(t, unit, nil, at) }

// DueWords words the deadline and what is left of it at the moment.
func (b *Board) DueWords(t Task, at time.Time) string { return b.dueWords(t, b.cal.Day(at)) }

// ByUrgency orders items as messages do: red before yellow before blue before
// none, then what is due earlier, then the lower number.
func ByUrgency(x, y Item) int { return compareItems(x, y) }

// StatesOf lists the states from which a step may be taken.
func StatesOf(do Do) []State {
	a, _ := arrowOf(do)
	return slices.Clone(a.from)
}
