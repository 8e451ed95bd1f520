package task

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/calendar"
)

// planOf lists what will be said to a unit, as month-day and cause.
func planOf(task Task, unit, from, to string) string {
	var list []string
	for _, p := range DefaultRules().Between(cal, task, at(from), at(to)) {
		if p.Unit == unit {
			list = append(list, p.At.Format("01-02 ")+string(p.Cause))
		}
	}
	return strings.Join(list, ", ")
}

func handed(t testing.TB, deadline, when string) Task {
	t.Helper()
	task := Task{Number: 12, State: StateDraft, Version: 1}
	d := Draft{Title: "建设文化礼堂", Leads: []string{"市教育局"}, Supports: []string{"市科协"}}
	if deadline != "" {
		d.Deadline = date(deadline)
	}
	task.set(d, at(when))
	task, err := Step(task, Action{Do: DoHand, At: at(when)}, office)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestWhenUnitsAreReminded(t *testing.T) {
	t.Parallel()
	late, err := Step(handed(t, "2026-11-20", "2026-11-02 10:00"), Action{Do: DoSign, At: at("2026-11-02 11:00")}, teachers)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ got, want string }{
		// 10-10 is a Saturday that is worked; 10-01 to 10-07 and 09-25 to 09-27 are not.
		"before a worked Saturday, over two holidays": {
			planOf(handed(t, "2026-10-10", "2026-09-01 10:00"), "市教育局", "2026-09-08 10:00", "2026-10-10 23:00"),
			"09-23 deadline, 09-30 deadline, 10-09 deadline, 10-10 deadline"},
		"on the last working day before a holiday": {
			planOf(handed(t, "2026-10-05", "2026-09-01 10:00"), "市教育局", "2026-09-28 10:00", "2026-10-10 23:00"),
			"09-29 deadline, 09-30 deadline, 10-08 overdue, 10-09 overdue, 10-10 overdue, 10-10 head"},
		"to sign, then the deadline": {
			planOf(handed(t, "2026-11-20", "2026-11-02 10:00"), "市教育局", "2026-11-02 10:00", "2026-11-12 10:00"),
			"11-03 sign, 11-05 sign, 11-09 sign, 11-11 deadline"},
		"after signing": {
			planOf(late, "市教育局", "2026-11-02 11:00", "2026-12-01 10:00"),
			"11-11 deadline, 11-17 deadline, 11-19 deadline, 11-20 deadline, 11-23 overdue, 11-24 overdue, 11-25 overdue, 11-25 head, 11-26 overdue, 11-27 overdue, 11-30 overdue, 12-01 overdue"},
		"a supporter": {
			planOf(late, "市科协", "2026-11-10 11:00", "2026-12-01 10:00"), "11-17 deadline"},
		"the office": {
			planOf(late, Office, "2026-11-02 11:00", "2026-12-10 10:00"), "11-27 escalate, 12-04 escalate"},
		"handed out two days before": {
			planOf(handed(t, "2026-11-20", "2026-11-18 10:00"), "市教育局", "2026-11-01 10:00", "2026-11-20 23:00"),
			"11-19 sign, 11-19 deadline, 11-20 deadline"},
		"on the morning it was handed out, nothing": {
			planOf(handed(t, "2026-11-20", "2026-11-19 09:00"), "市教育局", "2026-11-01 10:00", "2026-11-19 23:00"), ""},
		"over the end of a year whose successor is not known": {
			planOf(handed(t, "2027-01-04", "2026-12-01 10:00"), "市教育局", "2026-12-24 10:00", "2027-01-05 23:00"),
			"12-30 deadline, 01-01 deadline, 01-04 deadline, 01-05 overdue"},
		"without a deadline": {
			planOf(handed(t, "", "2026-11-02 10:00"), "市教育局", "2026-11-02 10:00", "2027-11-02 10:00"), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", name, tc.got, tc.want)
		}
	}
}

func TestATasksOwnOffsets(t *testing.T) {
	t.Parallel()
	task := handed(t, "2026-11-20", "2026-11-02 10:00")
	task.Offsets = []int{2}
	if got := planOf(task, "市教育局", "2026-11-10 10:00", "2026-11-20 23:00"); got != "11-18 deadline" {
		t.Error(got)
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	task := handed(t, "2026-10-11", "2026-09-01 10:00") // a Sunday; 10-10 is worked
	for day, want := range map[string]string{
		"2026-09-29": "blue 4", "2026-09-30": "yellow 3", "2026-10-03": "yellow 3", "2026-10-08": "yellow 2", "2026-10-10": "yellow 0", "2026-10-11": "yellow 0",
		"2026-10-12": "red -1", "2026-10-17": "red -5", "2026-10-19": "red -6",
	} {
		if got := fmt.Sprintf("%s %d", task.ColourOn(cal, date(day)), task.Left(cal, date(day))); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
	if task.Deadline = (calendar.Date{}); task.ColourOn(cal, monday) != None {
		t.Error("a task without a deadline has a colour")
	}
}

// wander takes random steps at random times of a year and calls look after each.
func wander(t *testing.T, r *rand.Rand, look func(task Task, now time.Time)) {
	t.Helper()
	now := at("2026-01-01 00:00").Add(time.Duration(r.IntN(200*24*60)) * time.Minute)
	task := Task{Number: 7, State: StateDraft, Version: 1}
	d := Draft{Title: "任务", Leads: []string{"市教育局", "市委宣传部"}, Supports: []string{"市科协"}}
	if r.IntN(8) > 0 {
		d.Deadline = cal.Day(now).AddDays(r.IntN(120) - 10)
	}
	task.set(d, now)
	for range 25 {
		do := arrows[r.IntN(len(arrows))].do
		by := []Actor{office, teachers, writers, science}[r.IntN(4)]
		a := Action{Do: do, At: now, Text: "说明", Percent: r.IntN(101), To: cal.Day(now).AddDays(r.IntN(60))}
		if do == DoCancel && r.IntN(4) > 0 {
			continue
		}
		edit := task.Edit()
		if edit.Deadline = (calendar.Date{}); r.IntN(4) > 0 {
			edit.Deadline = cal.Day(now).AddDays(r.IntN(60))
		}
		a.Draft = &edit
		next, err := Step(task, a, by)
		if err != nil {
			continue
		}
		task = next
		look(task, now)
		now = now.Add(time.Duration(r.IntN(15*24*60)+1) * time.Minute)
	}
}

// Whatever happened to a task: what the schedule says of it keeps the rules.
func TestLawsOfTheSchedule(t *testing.T) {
	t.Parallel()
	rules := DefaultRules()
	said := map[Cause]int{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		wander(t, r, func(task Task, now time.Time) {
			from, to := now.AddDate(0, 0, -20), now.AddDate(0, 0, 60)
			all := rules.Between(cal, task, from, to)
			for _, p := range all {
				said[p.Cause]++
				lawful(t, rules, task, p)
			}
			mid := now.AddDate(0, 0, r.IntN(60))
			parts := append(rules.Between(cal, task, from, mid), rules.Between(cal, task, mid.Add(1), to)...)
			if !slices.Equal(all, parts) {
				t.Fatalf("%v in one, %v in two", all, parts)
			}
			firsts(t, rules, task, from, to, all)
		})
	}
	for _, c := range slices.Concat(scheduled, officeScheduled) {
		if said[c] < 100 {
			t.Errorf("%s came up only %d times", c, said[c])
		}
	}
}

func lawful(t *testing.T, rules Rules, task Task, p Planned) {
	t.Helper()
	day := cal.Day(p.At)
	s, has := task.Share(p.Unit)
	last := workdayUpTo(cal, task.Deadline)
	var bad string
	switch left := task.Left(cal, day); {
	case !cal.Workday(day) || p.At != rules.Digest.On(day, cal.Location()):
		bad = "not at the digest of a working day"
	case !task.State.handed():
		bad = "the units do not have the task"
	case task.Deadline.IsZero():
		bad = "a reminder without a deadline"
	case p.Unit != Office && (!has || !p.At.After(s.Handed) || !s.Returned.IsZero() || !s.Done.IsZero()):
		bad = "the unit has nothing to do"
	case p.Cause == CauseSign && !s.Signed.IsZero():
		bad = "to sign again"
	case p.Cause == CauseDeadline && (day.After(last) || s.Lead && !slices.Contains(rules.Offsets, left) || !s.Lead && !slices.Contains(rules.Support, left)):
		bad = fmt.Sprintf("%d days before the deadline", left)
	case (p.Cause == CauseOverdue || p.Cause == CauseHead) && (!day.After(task.Deadline) || !s.Lead):
		bad = "not overdue, or a supporter"
	case p.Cause == CauseHead && -left < rules.Head, p.Cause == CauseEscalate && -left < rules.Office:
		bad = "too early"
	}
	if bad != "" {
		t.Fatalf("%+v of %+v: %s", p, task, bad)
	}
}

// firsts checks Next against Between: it is the first after each moment, and rises.
func firsts(t *testing.T, rules Rules, task Task, from, to time.Time, all []Planned) {
	t.Helper()
	for _, unit := range []string{"市教育局", "市科协", Office} {
		after := from.Add(-1)
		for _, p := range all {
			if p.Unit != unit || !p.At.After(after) {
				continue
			}
			got, ok := rules.Next(cal, task, unit, after)
			if !ok || !got.At.Equal(p.At) {
				t.Fatalf("next for %q after %s: %v %v, want %s", unit, after, got, ok, p.At)
			}
			after = p.At
		}
		if got, ok := rules.Next(cal, task, unit, after); ok && (!got.At.After(after) || !got.At.After(to)) {
			t.Fatalf("next for %q after %s: %s, which Between does not have", unit, after, got.At)
		}
	}
}

// The moments do not depend on the zone that times are given in, nor on the machine's.
func TestTheScheduleIsTheCalendars(t *testing.T) {
	t.Parallel()
	task := handed(t, "2028-03-01", "2028-02-01 10:00")
	zone := time.FixedZone("west", -9*60*60)
	a, _ := DefaultRules().Next(cal, task, "市教育局", at("2028-02-28 23:30"))
	b, _ := DefaultRules().Next(cal, task, "市教育局", at("2028-02-28 23:30").In(zone))
	if !a.At.Equal(b.At) || a.At != at("2028-02-29 09:00") {
		t.Errorf("%s and %s, want the leap day", a.At, b.At)
	}
}
