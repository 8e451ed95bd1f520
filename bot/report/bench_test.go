package report

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// How much a busy county has.
const (
	manyTasks      = 10_000
	manyActivities = 250
	manyComers     = 200 // at each: 50,000 check-ins
	manyVolunteers = 2000
)

// busy is a hall with that many tasks, of which three quarters are done, and check-ins.
func busy(b *testing.B) *hall {
	h := newHall(b, "2026-03-02 09:00")
	units := plan.Sample().Units
	for from := 0; from < manyTasks; from += 500 {
		h.do(func(tx *store.Tx) error {
			for i := from; i < from+500; i++ {
				unit := units[i%len(units)].Name
				t, _, err := h.tasks.Create(tx, "", task.Draft{
					Title: fmt.Sprint("任务", i), Leads: []string{unit}, Deadline: date("2026-04-01").AddDays(i % 250),
					Source: task.Source{Plan: "乐公共协〔2020〕1号", Address: "附件·" + unit + "·第1项"},
				}, office)
				steps := []task.Action{{Do: task.DoHand}, {Do: task.DoSign, Unit: unit}, {Do: task.DoReport, Unit: unit, Text: "已完成 3 处"}, {Do: task.DoReview}, {Do: task.DoClose}}
				if i%4 == 0 {
					steps = steps[:2]
				}
				for _, a := range steps {
					if err == nil {
						_, err = h.tasks.Apply(tx, t.Number, a, office)
					}
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	var people []activity.VolunteerID
	h.do(func(tx *store.Tx) error {
		people = nil
		for i := range manyVolunteers {
			v, _, err := h.activities.Enrol(tx, activity.Application{
				Profile: activity.Profile{Name: fmt.Sprint("志愿者", i), Brigade: fmt.Sprint("分队", i%10), Consent: activity.Consent{Version: "1"}},
				Account: activity.Account{Platform: chat.WeCom, User: chat.UserID(fmt.Sprint("v", i))},
			})
			if err != nil {
				return err
			}
			people = append(people, v.ID)
		}
		return nil
	})
	for i := range manyActivities {
		begin := at("2026-03-02 10:00").AddDate(0, 0, i)
		h.set(begin)
		h.do(func(tx *store.Tx) error {
			a, _, err := h.activities.Create(tx, "", activity.Draft{
				Title: fmt.Sprint("活动", i), Unit: units[i%len(units)].Name, Place: activity.Place{Name: fmt.Sprintf("%c%c镇文化站", '甲'+rune(i%10), '田')}, Start: begin, End: begin.Add(2 * time.Hour),
			}, organiser)
			if err == nil {
				_, err = h.activities.Publish(tx, a.Number, organiser)
			}
			var ticks []activity.Tick
			for j := range manyComers {
				ticks = append(ticks, activity.Tick{Volunteer: people[(i*manyComers+j)%len(people)], Nonce: fmt.Sprint(j)})
			}
			if err == nil {
				_, err = h.activities.Ticks(tx, a.Number, ticks, organiser)
			}
			return err
		})
	}
	h.set(at("2026-12-28 10:00"))
	h.do(func(tx *store.Tx) error {
		_, err := h.tasks.Publish(tx, 2026, task.DefaultWeights(), office)
		return err
	})
	return h
}

// Each kind, of a year of 10,000 tasks and 50,000 check-ins.
func BenchmarkReports(b *testing.B) {
	h := busy(b)
	for _, k := range Kinds() {
		b.Run("make/"+string(k), func(b *testing.B) {
			for b.Loop() {
				h.must(h.View(context.Background(), func(r store.Reader) error {
					_, err := h.press.Make(context.Background(), r, Query{Kind: k})
					return err
				}))
			}
		})
		rep := h.make(Query{Kind: k})
		for _, ending := range []string{".docx", ".xlsx"} {
			b.Run("write/"+string(k)+ending, func(b *testing.B) {
				for b.Loop() {
					h.must(rep.Write(io.Discard, ending))
				}
			})
		}
	}
}
