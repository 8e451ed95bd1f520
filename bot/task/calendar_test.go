package task

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/store"
)

// enter makes days off, and days that are worked: +2027-01-03.
func (h *hall) enter(days ...string) {
	h.Helper()
	rd := holidays.Reading{}
	for _, d := range days {
		date := date(strings.TrimPrefix(d, "+"))
		rd.Year = date.Y
		rd.Days = append(rd.Days, calendar.Correction{Date: date, Off: !strings.HasPrefix(d, "+"), Name: "节日"})
	}
	h.do(nil, func(tx *store.Tx) error { _, err := h.Holidays().Enter(tx, rd, "P1"); return err })
}

// plans lists what is planned of every task: when, to whom, of which.
func (h *hall) plans() (list []string) {
	h.Helper()
	h.see(func(r store.Reader) error {
		list = nil
		for _, bucket := range []string{bucketDue, bucketComing} {
			if err := r.Scan(bucket, store.Range{}, func(key string, _ []byte) error {
				list = append(list, bucket+" "+key)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return list
}

// many makes tasks with deadlines around a year's end, signed, and series.
func (h *hall) many(n int, seed uint64) {
	h.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		d := draft(fmt.Sprint("任务", i), date("2026-12-10").AddDays(r.IntN(60)).String(), "市教育局")
		if i%10 == 9 {
			d.Deadline, d.Rule = calendar.Date{}, Rule{Every: EveryMonth, On: OnWorkday, N: -1 - i%3}
		}
		number := h.create(d)
		if d.Rule.IsZero() {
			h.step(number, Action{Do: DoSign}, teachers)
		}
	}
}

// A notice that comes weeks before its days leads to the plans of a board that knew
// them from the beginning, and taking it back to those of one that never did.
func TestPlansFollowTheCalendar(t *testing.T) {
	t.Parallel()
	days := []string{"2027-01-01", "+2027-01-03", "2027-01-04", "2027-01-05", "+2027-01-09", "+2027-01-30", "2027-01-29"}
	hall := func(early bool) *hall {
		h := newHall(t, "2026-11-02 10:00", Rules{})
		if early {
			h.enter(days...)
		}
		h.many(20, 1)
		h.live("2026-11-04 12:00")
		return h
	}
	known, never, late := hall(true), hall(false), hall(false)
	if cmp.Equal(known.plans(), never.plans()) {
		t.Fatal("the days make no difference")
	}
	late.enter(days...)
	late.pass()
	if diff := cmp.Diff(known.plans(), late.plans()); diff != "" {
		t.Errorf("(-known +entered)\n%s", diff)
	}
	late.do(nil, func(tx *store.Tx) error { _, err := late.Holidays().Undo(tx, 2027, "P1"); return err })
	late.pass()
	if diff := cmp.Diff(never.plans(), late.plans()); diff != "" {
		t.Errorf("(-never +taken back)\n%s", diff)
	}
	late.do(nil, func(tx *store.Tx) error { _, err := late.Holidays().Undo(tx, 0, "P1"); return err })
	const end = "2027-01-29 18:00"
	want, got := known.live(end), late.live(end)
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" || len(want) < 20 {
		t.Errorf("of %d messages (-known +entered)\n%s", len(want), diff)
	}
	for _, s := range got {
		if !late.Calendar().Workday(late.Calendar().Day(s.at)) {
			t.Errorf("on a day off: %v", s)
		}
	}
}

// The morning's reminder moves to a day before: it is said at once. One that moves to
// a later day is said on it.
func TestAReminderThatMovesIsSaid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, day, want string }{
		{"three days before was Wednesday, and is Tuesday", "2026-11-12", "11-10 15:00, 11-13 09:00, 11-16 09:00"},
		{"it was Wednesday, and is Thursday", "+2026-11-14", "11-12 09:00, 11-14 09:00, 11-16 09:00"},
		{"the day before is off", "2026-11-13", "11-10 15:00, 11-12 09:00, 11-16 09:00"},
		{"nothing near changes", "2026-12-31", "11-11 09:00, 11-13 09:00, 11-16 09:00"},
	} {
		h := newHall(t, "2026-11-02 10:00", Rules{})
		h.step(h.create(draft("晚会", "2026-11-16", "市教育局")), Action{Do: DoSign}, teachers)
		h.live("2026-11-10 15:00")
		h.enter(tc.day)
		if got := times(to(h.live("2026-11-16 18:00"), "jiao")); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.why, got, tc.want)
		}
	}
}

// What was due and not yet said when the calendar changed is neither lost nor said
// twice, whoever touches the task first.
func TestNothingDueIsLostWhenTheCalendarChanges(t *testing.T) {
	t.Parallel()
	for _, touch := range []bool{false, true} {
		h := newHall(t, "2026-11-02 10:00", Rules{})
		n := h.create(draft("晚会", "2026-11-16", "市教育局"))
		h.step(n, Action{Do: DoSign}, teachers)
		h.live("2026-11-10 18:00")
		h.set(at("2026-11-11 09:00")) // three days before: due, and nobody has looked
		h.enter("2026-11-12")         // by this it was yesterday
		if touch {
			h.step(n, Action{Do: DoProgress, Percent: 10}, teachers)
		}
		if got := times(to(h.live("2026-11-12 18:00"), "jiao")); got != "11-11 09:00" {
			t.Errorf("touched %v: %s", touch, got)
		}
	}
}

// The occurrence of a period that is not made yet moves within it; no period comes
// twice, none is left out.
func TestASeriesFollowsTheCalendar(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	d := draft("月报", "", "市教育局")
	d.Rule = Rule{Every: EveryMonth, On: OnWorkday, N: -1}
	n := h.create(d)
	h.live("2026-12-15 12:00")
	h.enter("+2026-12-26") // of a month that is made
	h.enter("2026-12-31", "2026-12-30")
	h.enter("2027-01-29", "2027-02-26")
	h.live("2027-03-10 12:00")
	h.see(func(r store.Reader) error {
		list, err := h.Parts(r, n)
		var got []string
		for _, k := range list {
			got = append(got, k.Deadline.String())
		}
		if want := "[2026-11-30 2026-12-31 2027-01-28 2027-02-25 2027-03-31]"; fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
		return err
	})
}

// The program dies in the middle of planning anew, another instance goes on, a second
// notice comes meanwhile: every task is by the calendar in force in the end.
func TestAdaptingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	const tasks = 2*adaptBatch + 50
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.do(nil, func(tx *store.Tx) error {
		for i := range tasks {
			k, _, err := h.Create(tx, "", draft(fmt.Sprint("任务", i), date("2027-01-10").AddDays(i%40).String(), "市教育局"), office)
			if err == nil && i%7 > 0 {
				_, err = h.Apply(tx, k.Number, Action{Do: DoHand}, office)
			}
			if err == nil && i%7 > 1 {
				_, err = h.Apply(tx, k.Number, Action{Do: DoSign}, teachers)
			}
			if err == nil && i%11 == 0 {
				_, err = h.Apply(tx, k.Number, Action{Do: DoCancel, Text: "不办"}, office)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	some := func() (left bool) {
		h.do(nil, func(tx *store.Tx) (err error) { left, err = newBoard(Rules{}).adaptSome(tx); return err })
		return left
	}
	h.enter("2027-01-04", "2027-01-05")
	died := errors.New("the program died here")
	h.do(died, func(tx *store.Tx) error {
		_, err := newBoard(Rules{}).adaptSome(tx)
		return errors.Join(err, died)
	})
	if !some() {
		t.Fatal("done at once")
	}
	h.enter("2027-01-06", "+2027-01-09")
	if !some() {
		t.Fatal("done at once")
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := newBoard(Rules{}).Adapt(t.Context(), h.Store); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if some() {
		t.Error("there is more")
	}
	got := h.plans()
	h.do(nil, func(tx *store.Tx) error { // and every plan, made from nothing, is the same
		b, err := h.on(tx)
		if err != nil {
			return err
		}
		for n := range Number(tasks) {
			old, err := load(tx, n+1)
			if err != nil {
				return err
			}
			if !old.State.Ended() && old.Calendar != b.edition {
				t.Errorf("%s is by %q, not %q", old.Number, old.Calendar, b.edition)
			}
			rec := old.copy()
			for unit := range maps.Clone(rec.Due) {
				b.schedule(rec, unit, time.Time{}, b.now(tx))
			}
			if err := rec.save(tx, old); err != nil {
				return err
			}
		}
		return nil
	})
	if diff := cmp.Diff(h.plans(), got); diff != "" || len(got) < adaptBatch {
		t.Errorf("(-anew +adapted)\n%s", diff)
	}
}

// A pass over a store whose calendar did not change writes nothing.
func TestNothingIsAdaptedTwice(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.many(20, 2)
	h.enter("2027-01-04")
	h.live("2026-11-03 12:00")
	version := func() uint64 {
		v, err := h.Version(context.Background(), bucketTask)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	h.pass()
	h.enter("2027-01-04") // what is known
	h.pass()
	if got := version(); got != before {
		t.Errorf("%d commits", got-before)
	}
	if !slices.ContainsFunc(h.plans(), func(s string) bool { return strings.HasPrefix(s, bucketComing) }) {
		t.Error("no series is planned")
	}
}

// In December the office hears once that next year's holidays are not known, if
// something is planned in that year; on the next morning if it did not go out that day.
func TestTheOfficeHearsOfAGap(t *testing.T) {
	t.Parallel()
	gaps := func(out []sent) (list []sent) {
		return slices.DeleteFunc(out, func(s sent) bool { return !strings.Contains(s.text, "【假期未定】") })
	}
	december := func(deadline string) *hall {
		h := newHall(t, "2026-11-02 10:00", Rules{})
		h.step(h.create(draft("晚会", deadline, "市教育局")), Action{Do: DoSign}, teachers)
		if out := gaps(h.live("2026-11-30 18:00")); len(out) > 0 {
			t.Fatalf("in November: %v", out)
		}
		h.set(at("2026-12-01 08:00"))
		return h
	}
	day := func(h *hall, from, to string) (out []sent) {
		for d := date(from); !d.After(date(to)); d = d.AddDays(1) {
			for _, clock := range []int{8, 9, 12, 18} {
				h.set(d.At(clock, 0, cal.Location()))
				h.pass()
				out = append(out, h.deliver()...)
			}
		}
		return gaps(out)
	}

	h := december("2027-01-20")
	due := func(when string) (n int) {
		h.see(func(r store.Reader) error {
			list, err := h.Due(r, at(when))
			n = 0
			for _, m := range list {
				n += strings.Count(m.Pages[0].Text, "【假期未定】")
			}
			return err
		})
		return n
	}
	if due("2026-12-01 08:00") != 0 || due("2026-12-01 09:00") != 1 {
		t.Error("what is due does not list it, or too early")
	}
	out := day(h, "2026-12-01", "2026-12-31")
	if got := times(out); got != "12-01 09:00" || out[0].to != "office" || !strings.Contains(out[0].text, "2027年的节假日安排还没有录入") {
		t.Errorf("%v", out)
	}
	if due("2026-12-15 09:00") != 0 {
		t.Error("it is due again")
	}

	h = december("2027-01-20")
	h.set(at("2026-12-01 09:00"))
	h.pass()
	h.set(at("2026-12-01 17:30")) // pushes were paused all day
	if out := h.deliver(); len(out) > 0 {
		t.Fatalf("sent after the hours: %v", out)
	}
	if got := times(day(h, "2026-12-02", "2026-12-31")); got != "12-02 09:00" {
		t.Errorf("after a day without pushes: %s", got)
	}

	h = december("2026-12-10") // by the last day it is overdue, to be reminded of in January
	if got := times(day(h, "2026-12-01", "2026-12-31")); got != "12-31 09:00" {
		t.Errorf("overdue: %s", got)
	}

	h = december("2027-01-20")
	h.enter("2027-01-01", "2027-05-01", "2027-10-01")
	if out := day(h, "2026-12-01", "2026-12-31"); len(out) > 0 {
		t.Errorf("the year is known: %v", out)
	}
}
