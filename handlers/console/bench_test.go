package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// county has 29 units.
type county struct{ town }

func (county) Names() (names []string) {
	for i := range 29 {
		names = append(names, fmt.Sprintf("市单位%02d", i))
	}
	return names
}

// busyDesk has 10,000 tasks in every state, half of them of this year, two versions of
// its assessment, and 20,000 notices.
func busyDesk(b *testing.B) *desk {
	b.Helper()
	d := newDesk(b)
	d.opt.Units = func() org.Units { return county{} }
	const tasks, notices, batch = 10_000, 20_000, 500
	names := county{}.Names()
	for from := 0; from < tasks; from += batch {
		d.update(func(tx *store.Tx) error {
			for i := from; i < from+batch; i++ {
				unit := names[i%len(names)]
				draft := task.Draft{
					Title: fmt.Sprintf("第%d件：检查农家书屋和文化礼堂", i), Text: strings.Repeat("按方案逐家检查，", 10), Leads: []string{unit}, Supports: []string{names[(i+7)%len(names)]},
					Deadline: calendar.Date{Y: 2026, M: 1, D: 1}.AddDays(i * 730 / tasks),
				}
				if i%20 == 3 {
					draft.Deadline = calendar.Date{}
				}
				made, _, err := d.opt.Tasks.Create(tx, "", draft, task.Operator)
				if err != nil {
					return err
				}
				life := []task.Action{{Do: task.DoHand}, {Do: task.DoSign, Unit: unit}, {Do: task.DoReport, Unit: unit, Text: "办好了"}, {Do: task.DoReview}, {Do: task.DoClose}}
				for _, a := range life[:[]int{0, 1, 2, 2, 3, 5, 5, 5, 5, 2}[i%10]] {
					if _, err := d.opt.Tasks.Apply(tx, made.Number, a, task.Operator); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	for range 2 {
		d.update(func(tx *store.Tx) error {
			_, err := d.opt.Tasks.Publish(tx, 2026, task.DefaultWeights(), task.Operator)
			return err
		})
		d.pass(24 * time.Hour)
	}
	d.wire.refuse("93000")
	for from := 0; from < notices; from += batch {
		d.update(func(tx *store.Tx) error {
			for i := from; i < from+batch; i++ {
				n := outbox.Notice{
					Key: fmt.Sprintf("remind/%d", i), Kind: task.KindRemind, Unit: names[i%len(names)], After: d.clock().Add(time.Hour),
					To: chat.Address{Via: "wecom.app", Kind: chat.Direct, User: "u"}, Reply: chat.Reply{Text: strings.Repeat("请按期办理。", 20)},
				}
				if i%3 > 0 {
					n.Kind, n.Unit = outbox.KindReply, ""
				}
				if _, err := d.opt.Outbox.Put(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return d
}

// Every page on tasks, assessments and notices with much in the store: the slowest but
// one of twenty is what counts.
func BenchmarkPages(b *testing.B) {
	d := busyDesk(b)
	office, unit := d.as("周主任"), d.as("馆乙")
	d.update(func(tx *store.Tx) error { // the liaison is of a unit that has tasks
		before := d.people["馆乙"]
		after := before
		after.Unit = county{}.Names()[0]
		_, err := org.Amend(tx, before, after, org.Operator)
		return err
	})
	q := func(path, name, value string) string { return path + "?" + name + "=" + url.QueryEscape(value) }
	for _, p := range []struct {
		who  *browser
		path string
	}{
		{office, ""}, {unit, ""}, {office, "/tasks"}, {unit, "/tasks"}, {office, "/tasks?page=50"}, {office, "/tasks?state=all&page=150"}, {office, q("/tasks", "unit", "市单位03")},
		{office, "/tasks?when=overdue"}, {office, "/tasks?when=series"}, {office, q("/tasks", "text", "文化礼堂")}, {office, q("/tasks", "text", "没有这几个字")}, {office, "/tasks?state=reported"},
		{office, "/tasks/T5"}, {office, "/tasks/T5/edit"}, {office, "/tasks/new"}, {office, "/tasks/hand"}, {office, "/tasks/undated"}, {office, "/tasks/bulletin"}, {office, "/tasks/calls"}, {office, "/tasks/import"},
		{office, "/assessment"}, {unit, "/assessment"}, {office, q("/assessment", "unit", "市单位03")}, {office, "/assessment/trial"},
		{office, "/notices"}, {office, q("/notices", "unit", "市单位03")}, {office, "/notices?kind=test"}, {office, "/notices/one?key=remind/3"},
	} {
		name := strings.Trim(p.path, "/")
		if name == "" {
			name = "overview"
		}
		if p.who == unit {
			name += " (unit)"
		}
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				a := p.who.get(p.path)
				took = append(took, time.Since(start))
				if a.Code != http.StatusOK {
					b.Fatal(a.Code, a.text())
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
		})
	}
}

// The question set at its fullest: a page, a search, and all of it asked.
func BenchmarkQuestionSet(b *testing.B) {
	d := newDesk(b)
	d.reads()
	var list []curate.Question
	for i := range 5000 {
		list = append(list, curate.Question{Q: fmt.Sprintf("第%d号文化礼堂的农家书屋归谁管", i), Kind: curate.KindNone})
	}
	d.update(func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, "P1", list)
		return err
	})
	office := d.as("周主任")
	for _, p := range []struct{ name, path string }{{"list", "/questions/set"}, {"search", "/questions/set?words=" + url.QueryEscape("4999")}, {"file", "/questions/set/file"}, {"run", ""}} {
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				var a answer
				if p.path != "" {
					a = office.get(p.path)
				} else {
					a = office.post("/questions/set/run")
				}
				if a.Code != http.StatusOK {
					b.Fatal(a.Code, a.text())
				}
			}
		})
	}
}
