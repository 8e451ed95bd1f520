package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the calendar, without a time and a place. The zero Date is no
// day; it is before all others. As text and in JSON a Date is 2026-12-31, and the
// zero Date is empty.
type Date struct {
	Y int
	M time.Month
	D int
}

const isoDate = "2006-01-02"

// Of is the day of a moment in the moment's own location; Calendar.Day is the one
// in the calendar's.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads 2026-12-31, and nothing else, as a day that is on the calendar.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(isoDate, s)
	if err != nil || t.Year() == 0 {
		return Date{}, fmt.Errorf("calendar: %q is not a date such as 2026-12-31", s)
	}
	return Of(t), nil
}

// String writes the date as 2026-12-31.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Y, d.M, d.D)
}

// MarshalText writes String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads, or nothing as the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// IsZero says whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// At is the moment of the day at which clocks in loc show h:m.
func (d Date) At(h, m int, loc *time.Location) time.Time {
	return time.Date(d.Y, d.M, d.D, h, m, 0, 0, loc)
}

// AddDays is the day n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return Of(d.At(0, 0, time.UTC).AddDate(0, 0, n)) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.At(0, 0, time.UTC).Weekday() }

// Compare is -1 if d is before e, 0 if they are the same day, else 1.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Y, e.Y), cmp.Compare(d.M, e.M), cmp.Compare(d.D, e.D))
}

// Before says whether d is before e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After says whether d is after e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// monday is a Monday from which days are counted, at which the count of weeks begins.
var monday = Date{1, time.January, 1}.At(0, 0, time.UTC).Unix() / secondsPerDay

const secondsPerDay = 24 * 60 * 60

// number counts the days since the first Monday of the calendar, 0001-01-01.
func (d Date) number() int { return int(d.At(0, 0, time.UTC).Unix()/secondsPerDay - monday) }

func dateOf(number int) Date {
	return Of(time.Unix((int64(number)+monday)*secondsPerDay, 0).UTC())
}

// valid says whether the calendar has the day.
func (d Date) valid() bool { return d.Y >= 1 && d.Y <= 9999 && Of(d.At(0, 0, time.UTC)) == d }
