package calendar

import (
	"math/rand/v2"
	"testing"
	"time"
)

// worlds are calendars to try laws on: the real one, one without any holidays near,
// and one in which the office has its own way nearly every other day.
func worlds(r *rand.Rand) map[string]*Calendar {
	var wild []Correction
	for d := (Date{2025, time.June, 1}); d.Y < 2028; d = d.AddDays(1 + r.IntN(3)) {
		wild = append(wild, Correction{Date: d, Off: r.IntN(3) > 0})
	}
	return map[string]*Calendar{"real": china(), "wild": New(shanghai, wild), "elsewhere": New(time.FixedZone("", -3*3600), wild)}
}

func anyDay(r *rand.Rand) Date { return Date{2025, time.March, 1}.AddDays(r.IntN(1100)) }

func TestLawsOfWorkingDays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range worlds(r) {
		for range 3000 {
			a, b, d := anyDay(r), anyDay(r), anyDay(r)
			n := r.IntN(61) - 30
			counted := 0
			for at := a; at.Before(b); at = at.AddDays(1) {
				if c.Workday(at) {
					counted++
				}
			}
			if got := c.WorkdaysBetween(a, b); !b.Before(a) && got != counted {
				t.Fatalf("%s: %s to %s: %d, there are %d", name, a, b, got, counted)
			}
			if c.WorkdaysBetween(a, b)+c.WorkdaysBetween(b, d) != c.WorkdaysBetween(a, d) {
				t.Fatalf("%s: not additive: %s, %s, %s", name, a, b, d)
			}
			end := c.AddWorkdays(a, n)
			if !c.Workday(end) || n > 0 && !end.After(a) || n < 0 && !end.Before(a) {
				t.Fatalf("%s: %s %+d is %s", name, a, n, end)
			}
			if next := c.AddWorkdays(a, n+1); next.Before(end) || n != 0 && next == end {
				t.Fatalf("%s: %s %+d is %s, one more is %s", name, a, n, end, next)
			}
			if c.Workday(a) && (c.AddWorkdays(end, -n) != a || c.WorkdaysBetween(a, end) != n) {
				t.Fatalf("%s: %s %+d is %s, and back %s", name, a, n, end, c.AddWorkdays(end, -n))
			}
		}
	}
}

func TestLawsOfTheMonth(t *testing.T) {
	t.Parallel()
	c := china()
	for y := 2001; y < 2030; y++ {
		for m := time.January; m <= time.December; m++ {
			var days []Date
			for d := (Date{y, m, 1}); d.M == m; d = d.AddDays(1) {
				if c.Workday(d) {
					days = append(days, d)
				}
			}
			if first, last := c.FirstWorkday(y, m), c.LastWorkday(y, m); first != days[0] || last != days[len(days)-1] {
				t.Errorf("%d-%d: %s to %s", y, m, first, last)
			}
		}
	}
}

func TestLawsOfOpenHours(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	start := time.Date(2025, time.March, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range worlds(r) {
		for range 3000 {
			from := Minute(r.IntN(1440))
			h := Hours{from, from + 1 + Minute(r.IntN(int(1440-from)))}
			at := start.Add(time.Duration(r.Int64N(int64(1100 * 24 * time.Hour))))
			later := at.Add(time.Duration(r.Int64N(int64(72 * time.Hour))))
			for _, way := range []struct {
				next func(time.Time, Hours) time.Time
				open func(Date) bool
			}{{c.NextOpen, c.Workday}, {c.NextOpenAnyDay, func(Date) bool { return true }}} {
				open := func(at time.Time) bool {
					at = at.In(c.Location())
					m := Minute(at.Hour()*60 + at.Minute())
					return way.open(Of(at)) && h.From <= m && m < h.To
				}
				got := way.next(at, h)
				switch {
				case !open(got), got.Before(at), got.Location() != c.Location():
					t.Fatalf("%s: %s is not open at %s for %s", name, h, got, at)
				case open(at) != got.Equal(at):
					t.Fatalf("%s: %s: %s waits until %s", name, h, at, got)
				case !way.next(got, h).Equal(got):
					t.Fatalf("%s: %s: %s is open, yet waits until %s", name, h, got, way.next(got, h))
				case way.next(later, h).Before(got):
					t.Fatalf("%s: %s: %s waits until %s, later %s less", name, h, at, got, later)
				case !got.Equal(at) && open(got.Add(-time.Nanosecond)):
					t.Fatalf("%s: %s: %s waits until %s, though it was open before", name, h, at, got)
				}
				for between := at; between.Before(got); between = between.Add(37 * time.Minute) {
					if h.To-h.From > 37 && open(between) {
						t.Fatalf("%s: %s: %s waits until %s past %s", name, h, at, got, between)
					}
				}
			}
		}
	}
}

func BenchmarkWorkdaysBetween(b *testing.B) {
	c := china()
	from, to := Date{2020, time.January, 1}, Date{2026, time.December, 31}
	for b.Loop() {
		c.WorkdaysBetween(from, to)
	}
}

func BenchmarkAddWorkdays(b *testing.B) {
	c := china()
	d := Date{2026, time.October, 8}
	for b.Loop() {
		c.AddWorkdays(d, -7)
	}
}

func BenchmarkNextOpen(b *testing.B) {
	c := china()
	h := Hours{510, 1050}
	at := Date{2026, time.September, 30}.At(18, 0, shanghai)
	for b.Loop() {
		c.NextOpen(at, h)
	}
}
