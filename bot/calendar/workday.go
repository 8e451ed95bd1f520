package calendar

import (
	"slices"
	"time"
)

// AddWorkdays is the nth working day after d if n is positive, the nth before d if
// it is negative; d itself is not counted. For n = 0 it is d if d is worked, else
// the next working day. So three working days before a Saturday is the Wednesday,
// and one after it the Monday. From a working day there and back is the same day.
func (c *Calendar) AddWorkdays(d Date, n int) Date {
	if n == 0 && !c.Workday(d) {
		n = 1
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	at := d.number()
	for n > 0 {
		if at += step; c.worked(at) {
			n--
		}
	}
	return dateOf(at)
}

// WorkdaysBetween counts the working days from a on, before b: a <= day < b. With b
// before a it is the negative of the count from b on, before a. Its cost does not
// grow with the distance.
func (c *Calendar) WorkdaysBetween(a, b Date) int { return c.before(b) - c.before(a) }

// before counts the working days before d, from the first of all days.
func (c *Calendar) before(d Date) int {
	n := d.number()
	count := n/7*5 + min(n%7, 5)
	if i, _ := slices.BinarySearch(c.days, n); i > 0 {
		count += c.shift[i-1]
	}
	return count
}

// FirstWorkday is the first working day from the month's first day on.
func (c *Calendar) FirstWorkday(y int, m time.Month) Date {
	return c.AddWorkdays(Date{y, m, 1}, 0)
}

// LastWorkday is the last working day up to the month's last day.
func (c *Calendar) LastWorkday(y int, m time.Month) Date {
	return c.AddWorkdays(nextMonth(y, m), -1)
}

// NthWorkday is the month's nth working day, counted from its end if n is negative:
// -1 is the last. It is not ok if the month does not have so many, or n is 0.
func (c *Calendar) NthWorkday(y int, m time.Month, n int) (d Date, ok bool) {
	first, next := Date{y, m, 1}, nextMonth(y, m)
	all := c.WorkdaysBetween(first, next)
	switch {
	case n == 0 || n > all || n < -all:
		return Date{}, false
	case n > 0:
		return c.AddWorkdays(first.AddDays(-1), n), true
	}
	return c.AddWorkdays(next, n), true
}

func nextMonth(y int, m time.Month) Date { return Of(Date{y, m + 1, 1}.At(0, 0, time.UTC)) }
