package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Minute is a time of day: minutes since midnight, 0 to 1440.
type Minute int

const minutesPerHour = 60

// ParseClock reads 09:00 or 9:00; 24:00 is the end of the day.
func ParseClock(s string) (Minute, error) {
	if s == "24:00" {
		return 24 * minutesPerHour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("calendar: %q is not a time such as 09:00", s)
	}
	return Minute(t.Hour()*minutesPerHour + t.Minute()), nil
}

// String writes the time as 09:00.
func (m Minute) String() string {
	return fmt.Sprintf("%02d:%02d", int(m)/minutesPerHour, int(m)%minutesPerHour)
}

// On is the moment at which clocks in loc show the time on day d.
func (m Minute) On(d Date, loc *time.Location) time.Time { return d.At(0, int(m), loc) }

// Hours is a part of each day: from From on, before To.
type Hours struct{ From, To Minute }

// ParseHours reads 08:30-17:30; From is before To.
func ParseHours(s string) (Hours, error) {
	from, to, _ := strings.Cut(s, "-")
	var h Hours
	var err1, err2 error
	h.From, err1 = ParseClock(from)
	h.To, err2 = ParseClock(to)
	if errors.Join(err1, err2) != nil || h.From >= h.To {
		return Hours{}, fmt.Errorf("calendar: %q are not hours such as 08:30-17:30", s)
	}
	return h, nil
}

// String writes the hours as 08:30-17:30.
func (h Hours) String() string { return h.From.String() + "-" + h.To.String() }

// NextOpen is the first moment, not before t, within the hours of a working day. It
// is t itself if t is within them.
func (c *Calendar) NextOpen(t time.Time, h Hours) time.Time { return c.next(t, h, c.Workday) }

// NextOpenAnyDay is NextOpen with every day worked.
func (c *Calendar) NextOpenAnyDay(t time.Time, h Hours) time.Time {
	return c.next(t, h, func(Date) bool { return true })
}

func (c *Calendar) next(t time.Time, h Hours, open func(Date) bool) time.Time {
	t = t.In(c.loc)
	d := Of(t)
	if open(d) {
		if from := h.From.On(d, c.loc); t.Before(from) {
			return from
		}
		if t.Before(h.To.On(d, c.loc)) {
			return t
		}
	}
	for d = d.AddDays(1); !open(d); {
		d = d.AddDays(1)
	}
	return h.From.On(d, c.loc)
}
