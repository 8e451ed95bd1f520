package task

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"xietiao/bot/org"
	"xietiao/bot/store"
)

// fill makes open tasks of many units without a history. due of them come up at the
// digest of the day; the others' deadlines are half a year and more away.
func fill(b *testing.B, h *hall, n, due int, day string) {
	b.Helper()
	const batch = 2000
	for from := 0; from < n; from += batch {
		h.do(nil, func(tx *store.Tx) error {
			board, err := h.on(tx)
			if err != nil {
				return err
			}
			for i := from; i < min(n, from+batch); i++ {
				deadline := date("2027-06-01").AddDays(i % 200)
				if i%(n/due) == 0 {
					deadline = date(day)
				}
				unit := fmt.Sprintf("单位%02d", i%29)
				rec := (&record{}).copy()
				rec.State, rec.Handed, rec.Number, rec.Version, rec.Calendar = StateSigned, at("2026-11-02 10:00"), Number(i+1), 1, board.edition
				rec.set(Draft{Title: "任务", Leads: []string{unit}, Deadline: deadline}, rec.Handed)
				rec.Shares[0].Signed = Mark{rec.Handed, "P1"}
				board.schedule(rec, unit, time.Time{}, h.clock())
				if err := rec.save(tx, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// county has 29 units, each with a liaison.
type county struct{}

func (county) Names() (names []string) {
	for i := range 29 {
		names = append(names, fmt.Sprintf("单位%02d", i))
	}
	return names
}

func (county) Resolve(name string) (string, bool) { return name, true }

func (h *hall) enlist() {
	h.Helper()
	csv := "姓名,单位,角色,企业微信账号\n"
	for i, unit := range (county{}).Names() {
		csv += fmt.Sprintf("联络%02d,%s,联络员,user%02d\n", i, unit, i)
	}
	ro, problems, err := org.ReadRoster("名册.csv", []byte(csv), county{})
	if err != nil || len(problems) > 0 {
		h.Fatal(err, problems)
	}
	h.do(nil, func(tx *store.Tx) error { _, err := org.Apply(tx, ro, org.Operator); return err })
}

// A pass over so many open tasks, of which so many are due that morning.
func BenchmarkRemind(b *testing.B) {
	for _, tc := range []struct{ open, due int }{{100_000, 0}, {10_000, 100}, {100_000, 100}, {100_000, 1000}, {100_000, 10000}} {
		due := tc.due
		b.Run(fmt.Sprintf("open=%d/due=%d", tc.open, due), func(b *testing.B) {
			h := newHall(b, "2026-11-20 18:00", Rules{})
			h.enlist()
			fill(b, h, tc.open, max(due, 1), "2026-11-23")
			morning := at("2026-11-23 09:00")
			if due == 0 {
				morning = at("2026-11-21 09:00")
			}
			var before, after runtime.MemStats
			for b.Loop() {
				b.StopTimer()
				h.set(morning)
				morning = cal.AddWorkdays(cal.Day(morning), 1).At(9, 0, cal.Location())
				if due == 0 {
					morning = at("2026-11-21 09:00")
				}
				runtime.GC()
				runtime.ReadMemStats(&before)
				b.StartTimer()
				if _, err := h.Remind(context.Background(), h.Store); err != nil {
					b.Fatal(err)
				}
				runtime.ReadMemStats(&after)
			}
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/(1<<20), "MB/pass")
			b.ReportMetric(float64(before.HeapAlloc)/(1<<20), "MB-live") // before the last pass
		})
	}
}

// 100,000 open tasks are planned anew by another calendar.
func BenchmarkAdapt(b *testing.B) {
	h := newHall(b, "2026-11-20 18:00", Rules{})
	fill(b, h, 100_000, 1, "2026-11-23")
	day := date("2027-01-01")
	for b.Loop() {
		h.enter(day.String())
		if err := h.Adapt(context.Background(), h.Store); err != nil {
			b.Fatal(err)
		}
		day = day.AddDays(1)
	}
}

func BenchmarkStep(b *testing.B) {
	task := handed(b, "2026-12-10", "2026-11-02 10:00")
	a := Action{Do: DoSign, At: at("2026-11-03 10:00")}
	for b.Loop() {
		if _, err := Step(task, a, teachers); err != nil {
			b.Fatal(err)
		}
	}
}

// How matters stand, and the first page of the list, with so many open tasks.
func BenchmarkStanding(b *testing.B) {
	h := newHall(b, "2026-11-20 18:00", Rules{})
	fill(b, h, 10_000, 100, "2026-11-23")
	for name, read := range map[string]func(r store.Reader) error{
		"units": func(r store.Reader) error { _, err := h.Standing(r); return err },
		"page":  func(r store.Reader) error { _, err := h.Listing(r, Query{Limit: 50}, 5000); return err },
		"words": func(r store.Reader) error {
			_, err := h.Listing(r, Query{Text: "没有这几个字", Limit: 50}, 0)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := h.Store.View(b.Context(), read); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
