// Package calendar knows which days people work: weekends, public holidays and the
// weekend days worked in their stead (调休), and the hours in which messages may go
// out. Pure: a Calendar does not change, and no function reads a clock.
//
// It must not know tasks, activities, messages, the store or the configuration.
package calendar

import (
	"slices"
	"strings"
	"time"
)

// Correction says that a day is off, or that it is worked, whatever else is known.
type Correction struct {
	Date Date   `json:"date"`
	Off  bool   `json:"off,omitempty"`
	Name string `json:"name,omitempty"` // the holiday: 国庆节, for a day worked in its stead too; may be empty
}

// Calendar knows the working days of one place. It may be used by many goroutines.
type Calendar struct {
	loc    *time.Location
	listed map[Date]Correction // days that a notice or the office names
	days   []int               // listed days that are not as their weekday is, ascending
	shift  []int               // working days these add to the weekdays, up to and with each
}

// New makes the calendar of the published holidays (2002 to 2026), changed by the
// corrections; of several for one day the last counts. A correction without a date
// is passed over.
func New(loc *time.Location, corrections []Correction) *Calendar {
	c := &Calendar{loc: loc, listed: map[Date]Correction{}}
	for _, list := range [][]Correction{published(), corrections} {
		for _, k := range list {
			if !k.Date.IsZero() {
				c.listed[k.Date] = k
			}
		}
	}
	c.count()
	return c
}

// count notes which listed days differ from what their weekday says.
func (c *Calendar) count() {
	for d, k := range c.listed {
		if n := d.number(); k.Off != onWeekend(n) {
			c.days = append(c.days, n)
		}
	}
	slices.Sort(c.days)
	sum := 0
	for _, n := range c.days {
		if onWeekend(n) {
			sum++
		} else {
			sum--
		}
		c.shift = append(c.shift, sum)
	}
}

// Location is where the calendar's days begin and end.
func (c *Calendar) Location() *time.Location { return c.loc }

// Day is the calendar day of a moment, in the calendar's location.
func (c *Calendar) Day(t time.Time) Date { return Of(t.In(c.loc)) }

// Workday says whether the day is worked.
func (c *Calendar) Workday(d Date) bool { return c.worked(d.number()) }

func (c *Calendar) worked(number int) bool {
	_, other := slices.BinarySearch(c.days, number)
	return onWeekend(number) == other
}

// Known says whether the year's holidays are published or were entered: its New
// Year's Day, 1 May and 1 October are listed as days off, as every notice lists
// them. In other years only weekends are off, so callers show 假期未定. The last days
// of a known year may still change, as the next year's notice can reach into them.
func (c *Calendar) Known(year int) bool {
	for _, d := range []Date{{year, time.January, 1}, {year, time.May, 1}, {year, time.October, 1}} {
		if !c.listed[d].Off {
			return false
		}
	}
	return true
}

// Listed gives the days in [from, to] that a notice or the office names, in their order.
func (c *Calendar) Listed(from, to Date) (list []Correction) {
	for d, k := range c.listed {
		if !d.Before(from) && !d.After(to) {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b Correction) int { return a.Date.Compare(b.Date) })
	return list
}

// Name says for users why a day is not what its weekday is, or which holiday it is
// part of: 国庆节, 国庆节补班. An ordinary working day or weekend has no name.
func (c *Calendar) Name(d Date) string {
	k, ok := c.listed[d]
	switch {
	case !ok, !k.Off && !onWeekend(d.number()):
		return ""
	case k.Off && k.Name == "":
		return textOff
	case k.Off, strings.HasSuffix(k.Name, textWork):
		return k.Name
	}
	return k.Name + textWork
}

// onWeekend says it of a numbered day; number 0 is a Monday.
func onWeekend(number int) bool { return number%7 >= 5 }
