package calendar

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestADateIsADayOfThePlace(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, time.December, 31, 20, 0, 0, 0, time.UTC)
	if got := Of(late).String(); got != "2026-12-31" {
		t.Error(got)
	}
	if got := china().Day(late).String(); got != "2027-01-01" {
		t.Error(got)
	}
	if got, want := (Date{2026, time.May, 4}).At(8, 30, shanghai), time.Date(2026, time.May, 4, 0, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Error(got)
	}
}

func TestDatesInJSON(t *testing.T) {
	t.Parallel()
	type record struct {
		Due  Date         `json:"due"`
		None Date         `json:"none"`
		Left Date         `json:"left,omitzero"`
		Days map[Date]int `json:"days"`
	}
	d := Date{2026, time.February, 28}
	in := record{Due: d, Days: map[Date]int{d.AddDays(1): 1}}
	raw, err := json.Marshal(in)
	if err != nil || string(raw) != `{"due":"2026-02-28","none":"","days":{"2026-03-01":1}}` {
		t.Fatal(string(raw), err)
	}
	out := record{None: d}
	if err := json.Unmarshal(raw, &out); err != nil || !cmp.Equal(in, out) {
		t.Error(err, cmp.Diff(in, out))
	}
	for _, bad := range []string{`"2026-02-29"`, `"2026-2-1"`, `20260201`, `"2026-02-01T00:00:00Z"`} {
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s is read as %s", bad, d)
		}
	}
}

func TestDatesInOrder(t *testing.T) {
	t.Parallel()
	in := []Date{{}, {2025, 12, 31}, {2026, 1, 1}, {2026, 1, 2}, {2026, 2, 1}, {2027, 1, 1}}
	for i, a := range in {
		for j, b := range in {
			if a.Before(b) != (i < j) || a.After(b) != (i > j) || (a.Compare(b) == 0) != (i == j) {
				t.Errorf("%s and %s", a, b)
			}
		}
	}
	if !slices.IsSortedFunc(in, Date.Compare) || !in[0].IsZero() || in[1].IsZero() {
		t.Error("the zero date is not the first")
	}
}

func TestDaysAreCounted(t *testing.T) {
	t.Parallel()
	for n, d := 0, (Date{1, 1, 1}); d.Y < 2800; n, d = n+97, d.AddDays(97) {
		if d.number() != n || dateOf(n) != d || int(d.Weekday()) != (n+1)%7 {
			t.Fatalf("%s is day %d, a %s", d, d.number(), d.Weekday())
		}
	}
	for from, want := range map[string]string{"2024-02-28": "2024-02-29", "2025-02-28": "2025-03-01", "2025-12-31": "2026-01-01"} {
		if got := day(t, from).AddDays(1); got.String() != want || got.AddDays(-1).String() != from {
			t.Errorf("after %s: %s", from, got)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-12-31", "2024-02-29", "2025-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "2026-13-01", " 2026-01-01", "２０２６-01-01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			if !d.IsZero() {
				t.Errorf("%q: %s and %v", s, d, err)
			}
			return
		}
		if d.String() != s || !d.valid() || dateOf(d.number()) != d {
			t.Errorf("%q is read as %s", s, d)
		}
	})
}
