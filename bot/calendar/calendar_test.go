package calendar

import (
	"strings"
	"testing"
	"time"
)

var shanghai = time.FixedZone("CST", 8*60*60)

func china() *Calendar { return New(shanghai, nil) }

func day(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ofYear lists the year's days.
func ofYear(y int) (ds []Date) {
	for d := (Date{y, time.January, 1}); d.Y == y; d = d.AddDays(1) {
		ds = append(ds, d)
	}
	return ds
}

// exceptions writes the year's days that are not as their weekday is: -05-01 is
// off, +05-09 is worked.
func exceptions(c *Calendar, year int) string {
	var out []string
	for _, d := range ofYear(year) {
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		switch {
		case c.Workday(d) && weekend:
			out = append(out, "+"+d.String()[5:])
		case !c.Workday(d) && !weekend:
			out = append(out, "-"+d.String()[5:])
		}
	}
	return strings.Join(out, " ")
}

func TestTheYearsOfTheBuiltInHolidays(t *testing.T) {
	t.Parallel()
	c := china()
	for year, want := range map[int]string{
		2024: "-01-01 +02-04 -02-12 -02-13 -02-14 -02-15 -02-16 +02-18 -04-04 -04-05 +04-07 +04-28 -05-01 -05-02 -05-03 +05-11 " +
			"-06-10 +09-14 -09-16 -09-17 +09-29 -10-01 -10-02 -10-03 -10-04 -10-07 +10-12",
		2025: "-01-01 +01-26 -01-28 -01-29 -01-30 -01-31 -02-03 -02-04 +02-08 -04-04 +04-27 -05-01 -05-02 -05-05 -06-02 +09-28 " +
			"-10-01 -10-02 -10-03 -10-06 -10-07 -10-08 +10-11",
		2026: "-01-01 -01-02 +01-04 +02-14 -02-16 -02-17 -02-18 -02-19 -02-20 -02-23 +02-28 -04-06 -05-01 -05-04 -05-05 +05-09 " +
			"-06-19 +09-20 -09-25 -10-01 -10-02 -10-05 -10-06 -10-07 +10-10",
		2027: "", // nothing published: only weekends
		1999: "",
	} {
		if got := exceptions(c, year); got != want {
			t.Errorf("%d: %s\nwant %s", year, got, want)
		}
	}
}

func TestAYearIsKnownOnceItsHolidaysAre(t *testing.T) {
	t.Parallel()
	c := china()
	for year := 1990; year < 2050; year++ {
		if want := year >= 2002 && year <= 2026; c.Known(year) != want {
			t.Errorf("%d: %v", year, !want)
		}
	}
	off := func(s string) Correction { return Correction{Date: day(t, s), Off: true} }
	for _, tc := range []struct {
		why  string
		list []Correction
		want bool
	}{
		{"a single day off of the office's own", []Correction{off("2027-03-02")}, false},
		{"half of the year", []Correction{off("2027-01-01"), off("2027-05-01")}, false},
		{"the year's own days", []Correction{off("2027-01-01"), off("2027-05-01"), off("2027-10-01")}, true},
		{"a day that is said to be worked", []Correction{off("2027-01-01"), off("2027-05-01"), {Date: day(t, "2027-10-01")}}, false},
	} {
		if got := New(shanghai, tc.list).Known(2027); got != tc.want {
			t.Errorf("%s: %v", tc.why, got)
		}
	}
}

func TestNamesOfDays(t *testing.T) {
	t.Parallel()
	c := New(shanghai, []Correction{
		{Date: day(t, "2027-03-02"), Off: true},
		{Date: day(t, "2027-03-06")},
		{Date: day(t, "2027-03-07"), Name: "防汛补班"},
		{Date: day(t, "2027-03-08"), Name: "妇女节"},
		{},
	})
	for date, want := range map[string]string{
		"2026-10-01": "国庆节", "2026-10-03": "国庆节", "2026-10-10": "国庆节补班", "2026-01-01": "元旦", "2026-01-04": "元旦补班",
		"2025-10-06": "国庆节、中秋节", "2015-09-03": "抗战胜利纪念日", "2026-10-17": "", "2026-10-19": "",
		"2027-03-02": "放假", "2027-03-06": "补班", "2027-03-07": "防汛补班", "2027-03-08": "",
	} {
		if got := c.Name(day(t, date)); got != want {
			t.Errorf("%s: %q, want %q", date, got, want)
		}
	}
	if c.Name(Date{}) != "" || c.Location() != shanghai {
		t.Error("no day has a name, or the place is lost")
	}
}

func TestCorrectionsWin(t *testing.T) {
	t.Parallel()
	c := New(shanghai, []Correction{
		{Date: day(t, "2026-05-09"), Off: true},                               // a day worked in the notice
		{Date: day(t, "2026-05-04")},                                          // a holiday
		{Date: day(t, "2026-06-06"), Off: true}, {Date: day(t, "2026-06-06")}, // the last one counts
		{Date: day(t, "2026-06-13"), Off: true}, {Date: day(t, "2026-06-10"), Off: false}, // what they are anyway
	})
	want := strings.NewReplacer(" +05-09", " +06-06", " -05-04", "").Replace(exceptions(china(), 2026))
	if got := exceptions(c, 2026); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := china().Workday(day(t, "2026-05-04")); got {
		t.Error("one calendar's corrections reach another")
	}
}

func TestWorkingDaysFromADay(t *testing.T) {
	t.Parallel()
	c := china()
	for _, tc := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-09-30", 1, "2026-10-08"}, {"2026-10-08", -1, "2026-09-30"}, // over the National Day
		{"2026-10-08", 2, "2026-10-10"}, {"2026-10-10", 1, "2026-10-12"}, // onto a worked Saturday, and off it
		{"2026-09-18", 1, "2026-09-20"}, {"2026-09-21", -1, "2026-09-20"}, // a worked Sunday
		{"2026-02-14", 1, "2026-02-24"}, {"2026-02-24", -7, "2026-02-06"}, {"2026-02-24", 5, "2026-03-02"},
		{"2025-12-31", 1, "2026-01-04"}, {"2026-01-04", -1, "2025-12-31"}, // over the year's end
		{"2024-02-28", 1, "2024-02-29"}, {"2024-02-29", 1, "2024-03-01"}, {"2028-02-28", 1, "2028-02-29"}, // leap days
		{"2026-12-31", 1, "2027-01-01"}, // 2027 is not known: only weekends
		{"2026-03-04", 0, "2026-03-04"}, {"2026-03-07", 0, "2026-03-09"}, {"2026-10-01", 0, "2026-10-08"}, {"2026-10-10", 0, "2026-10-10"},
		{"2026-03-07", 1, "2026-03-09"}, {"2026-03-07", -3, "2026-03-04"}, {"2026-03-08", -1, "2026-03-06"}, // from a day off
		{"2026-01-01", 250, "2027-01-04"}, {"2027-01-04", -249, "2026-01-04"},
	} {
		if got := c.AddWorkdays(day(t, tc.from), tc.n).String(); got != tc.want {
			t.Errorf("%s %+d: %s, want %s", tc.from, tc.n, got, tc.want)
		}
	}
}

func TestWorkingDaysBetween(t *testing.T) {
	t.Parallel()
	c := china()
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"2026-03-04", "2026-03-04", 0}, {"2026-03-04", "2026-03-05", 1}, {"2026-03-05", "2026-03-04", -1},
		{"2026-03-06", "2026-03-09", 1}, {"2026-03-07", "2026-03-09", 0}, {"2026-10-01", "2026-10-08", 0},
		{"2026-09-28", "2026-10-12", 6}, {"2024-02-26", "2024-03-02", 5}, {"2025-02-26", "2025-03-02", 3},
		{"2024-01-01", "2025-01-01", 251}, {"2025-01-01", "2026-01-01", 248}, {"2026-01-01", "2027-01-01", 248},
		{"2027-01-01", "2028-01-01", 261},
	} {
		if got := c.WorkdaysBetween(day(t, tc.a), day(t, tc.b)); got != tc.want {
			t.Errorf("%s to %s: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestWorkingDaysOfAMonth(t *testing.T) {
	t.Parallel()
	c := china()
	for _, tc := range []struct {
		y           int
		m           time.Month
		first, last string
		count       int
	}{
		{2026, time.January, "2026-01-04", "2026-01-30", 21}, {2026, time.February, "2026-02-02", "2026-02-28", 16},
		{2026, time.May, "2026-05-06", "2026-05-29", 19}, {2026, time.October, "2026-10-08", "2026-10-30", 18},
		{2026, time.December, "2026-12-01", "2026-12-31", 23}, {2024, time.February, "2024-02-01", "2024-02-29", 18},
		{2025, time.January, "2025-01-02", "2025-01-27", 19},
	} {
		first, last := c.FirstWorkday(tc.y, tc.m), c.LastWorkday(tc.y, tc.m)
		if first.String() != tc.first || last.String() != tc.last {
			t.Errorf("%d-%d: %s to %s", tc.y, tc.m, first, last)
		}
		for n := -tc.count - 1; n <= tc.count+1; n++ {
			got, ok := c.NthWorkday(tc.y, tc.m, n)
			want := first // the nth from the first one on, or from the last one back
			switch {
			case n > 0:
				want = c.AddWorkdays(first, n-1)
			case n < 0:
				want = c.AddWorkdays(last, n+1)
			}
			if inside := n != 0 && n >= -tc.count && n <= tc.count; ok != inside || ok && got != want || !ok && !got.IsZero() {
				t.Errorf("%d-%d, %d: %s %v, want %s", tc.y, tc.m, n, got, ok, want)
			}
		}
	}
}
