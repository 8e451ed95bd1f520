package calendar

import (
	"testing"
	"time"
)

func hours(t testing.TB, s string) Hours {
	t.Helper()
	h, err := ParseHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHoursAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"08:30-17:30": "08:30-17:30", "8:30-17:30": "08:30-17:30", "00:00-24:00": "00:00-24:00", "23:59-24:00": "23:59-24:00",
		"17:30-08:30": "", "09:00-09:00": "", "09:00": "", "": "", "-": "", "24:00-24:00": "", "09:00-25:00": "", "09:60-10:00": "",
		"09:00 - 10:00": "", "09:00-10:00-11:00": "", "9-17": "",
	} {
		h, err := ParseHours(in)
		if want == "" && err == nil || want != "" && (err != nil || h.String() != want) {
			t.Errorf("%q: %s, %v", in, h, err)
		}
		if err != nil && h != (Hours{}) {
			t.Errorf("%q: %s beside %v", in, h, err)
		}
	}
	if m, err := ParseClock("09:05"); m != 545 || err != nil {
		t.Error(m, err)
	}
}

func TestTheNextOpenMoment(t *testing.T) {
	t.Parallel()
	c := china()
	work, any := hours(t, "08:30-17:30"), hours(t, "08:00-21:00")
	const layout = "2006-01-02 15:04:05"
	for _, tc := range []struct{ at, work, any string }{
		{"2026-03-04 08:29:59", "2026-03-04 08:30:00", "2026-03-04 08:29:59"},
		{"2026-03-04 08:30:00", "2026-03-04 08:30:00", "2026-03-04 08:30:00"},
		{"2026-03-04 17:29:59", "2026-03-04 17:29:59", "2026-03-04 17:29:59"},
		{"2026-03-04 17:30:00", "2026-03-05 08:30:00", "2026-03-04 17:30:00"},
		{"2026-03-04 21:00:00", "2026-03-05 08:30:00", "2026-03-05 08:00:00"},
		{"2026-03-06 18:00:00", "2026-03-09 08:30:00", "2026-03-06 18:00:00"}, // a weekend
		{"2026-09-30 17:30:00", "2026-10-08 08:30:00", "2026-09-30 17:30:00"}, // the National Day
		{"2026-10-10 10:00:00", "2026-10-10 10:00:00", "2026-10-10 10:00:00"}, // a worked Saturday
		{"2026-02-14 17:30:00", "2026-02-24 08:30:00", "2026-02-14 17:30:00"},
		{"2025-12-31 23:00:00", "2026-01-04 08:30:00", "2026-01-01 08:00:00"}, // the year's end
		{"2024-02-29 03:00:00", "2024-02-29 08:30:00", "2024-02-29 08:00:00"},
	} {
		at, err := time.ParseInLocation(layout, tc.at, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.NextOpen(at.UTC(), work).Format(layout); got != tc.work {
			t.Errorf("work from %s: %s, want %s", tc.at, got, tc.work)
		}
		if got := c.NextOpenAnyDay(at, any).Format(layout); got != tc.any {
			t.Errorf("any day from %s: %s, want %s", tc.at, got, tc.any)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"08:30-17:30", "8:30-17:30", "00:00-24:00", "17:30-08:30", "-", "08:30－17:30", "+8:30-17:30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHours(s)
		if err != nil {
			return
		}
		if h.From < 0 || h.From >= h.To || h.To > 24*minutesPerHour {
			t.Errorf("%q is read as %s", s, h)
		}
		if again, err := ParseHours(h.String()); err != nil || again != h {
			t.Errorf("%q: %s is read as %s, %v", s, h, again, err)
		}
	})
}
