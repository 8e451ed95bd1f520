package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// What the history says is what the board has, of any life.
func TestATaskIsWhatItsHistorySays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		h := newHall(t, "2026-09-01 09:00", Rules{})
		r := newRandomSteps(seed)
		var all []Number
		for range 120 {
			h.set(h.clock().Add(time.Duration(r.IntN(36)) * time.Hour))
			r.step(h)
			for _, n := range r.tasks {
				if !slices.Contains(all, n) {
					all = append(all, n)
				}
			}
		}
		for _, n := range all {
			h.see(func(v store.Reader) error {
				entries, err := h.History(v, n)
				if err != nil {
					return err
				}
				got, err := Replay(cal, n, entries)
				if d := cmp.Diff(h.task(n), got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); err != nil || d != "" {
					t.Fatalf("seed %d: %s: %v (-board +history)\n%s", seed, n, err, d)
				}
				return nil
			})
		}
	}
	h := newHall(t, "2026-09-01 09:00", Rules{}) // an occurrence of a series
	d := draft("报告", "", "市教育局")
	d.Rule, _ = ParseRule("每季度末")
	h.create(d)
	h.live("2026-09-30 09:00")
	h.see(func(v store.Reader) error {
		want, err := h.Get(v, 2)
		must(t, err)
		entries, err := h.History(v, 2)
		must(t, err)
		got, err := Replay(cal, 2, entries)
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Task{}, "Period")); err != nil || d != "" {
			t.Errorf("%v (-board +history)\n%s", err, d)
		}
		return nil
	})
	if _, err := Replay(cal, 1, []audit.Entry{{Seq: 1, Data: json.RawMessage(`{"do":"sign"}`)}}); err == nil {
		t.Error("a history without a beginning is replayed")
	}
	if _, err := Replay(cal, 1, []audit.Entry{{Seq: 1, Data: json.RawMessage(`x`)}}); err == nil {
		t.Error("what is no entry is replayed")
	}
}

// finish takes a task from the handing out to its end, reported on the day.
func (h *hall) finish(n Number, day string) {
	h.Helper()
	h.set(at(day + " 10:00"))
	h.report(n, "")
	h.step(n, Action{Do: DoReview}, office)
	h.step(n, Action{Do: DoClose}, office)
}

// report lets all units of a task that have not reported do so.
func (h *hall) report(n Number, words string) {
	h.Helper()
	for _, s := range h.task(n).Shares {
		if s.Signed.IsZero() {
			h.step(n, Action{Do: DoSign, Unit: s.Unit}, office)
		}
		if s.Done.IsZero() {
			h.step(n, Action{Do: DoReport, Unit: s.Unit, Text: words}, office)
		}
	}
}

// publish keeps the year's assessment. A trial gives the same before, and the yearbook
// afterwards.
func (h *hall) publish(year int) (a Assessment) {
	h.Helper()
	var trial Assessment
	h.see(func(r store.Reader) (err error) { trial, err = h.Trial(r, year, DefaultWeights()); return err })
	defer h.see(func(r store.Reader) error {
		if d := cmp.Diff(trial, a, cmpopts.IgnoreFields(Assessment{}, "Version", "At", "By", "Day", "Entries", "Digest")); d != "" {
			h.Errorf("another trial (-trial +kept)\n%s", d)
		}
		y, err := h.Yearbook(r, year, 0)
		if d := cmp.Diff(y.Shown, a); d != "" || len(y.Versions) != a.Version {
			h.Errorf("another yearbook, of %d versions\n%s", len(y.Versions), d)
		}
		return err
	})
	h.do(nil, func(tx *store.Tx) (err error) { a, err = h.Publish(tx, year, DefaultWeights(), office); return err })
	return a
}

func lines(a Assessment) (out []string) {
	for _, r := range a.Results {
		out = append(out, fmt.Sprintf("%s %s %s %d", r.Number, r.Unit, r.Status, r.Points))
	}
	for _, s := range a.Scores {
		out = append(out, fmt.Sprintf("%s %d/%d=%s", s.Unit, s.Points, s.Results, s.Word()))
	}
	return out
}

func TestAYearIsAssessedByResultsAndDeadlines(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-03-02 09:00", Rules{})
	onTime := h.create(draft("按期", "2026-03-31", "市教育局"))
	late := h.create(draft("逾期", "2026-03-31", "市教育局"))
	veryLate := h.create(draft("很晚", "2026-03-31", "市科协"))
	never := h.create(draft("没办", "2026-03-31", "市教育局"))
	delayed := h.create(draft("延期", "2026-03-10", "市科协"))
	h.create(draft("明年", "2027-03-31", "市教育局"))
	h.create(draft("未到期", "2026-12-31", "市委宣传部"))
	h.create(draft("没有期限", "", "市教育局"))
	both := h.create(draft("两家", "2026-03-31", "市教育局", "市科协"))
	waits := h.create(draft("等复核", "2026-03-31", "市教育局"))
	given := h.create(draft("退回", "2026-03-31", "市教育局"))
	gone := h.create(draft("取消", "2026-03-31", "市教育局"))
	h.do(nil, func(tx *store.Tx) error {
		_, _, err := h.Create(tx, "", draft("没交办", "2026-03-31", "市教育局"), office)
		return err
	})

	h.step(delayed, Action{Do: DoSign}, science)
	h.step(delayed, Action{Do: DoAsk, To: date("2026-03-20"), Text: "雨"}, science)
	h.step(delayed, Action{Do: DoGrant}, office)
	h.step(given, Action{Do: DoDecline, Text: "不归我们"}, teachers)
	h.step(gone, Action{Do: DoCancel, Text: "不办了"}, office)
	h.finish(delayed, "2026-03-20")
	h.finish(onTime, "2026-03-31")
	h.step(both, Action{Do: DoSign}, teachers)
	h.step(both, Action{Do: DoReport}, teachers)
	h.step(waits, Action{Do: DoSign}, teachers)
	h.step(waits, Action{Do: DoReport}, teachers)
	h.finish(late, "2026-04-05")
	h.finish(veryLate, "2026-06-30")
	_ = never
	h.set(at("2026-07-01 10:00"))

	a := h.publish(2026)
	want := []string{
		"T1 市教育局 on_time 100", "T2 市教育局 late 90", "T3 市科协 late 60", "T4 市教育局 overdue 0", "T5 市科协 on_time 100", "T7 市委宣传部 open 0",
		"T9 市教育局 pending 0", "T9 市科协 overdue 0", "T10 市教育局 pending 0", "T11 市教育局 returned 0",
		"市委宣传部 0/0=—", "市教育局 190/3=63.33", "市科协 160/3=53.33",
	}
	if d := cmp.Diff(want, lines(a)); d != "" {
		t.Error(d)
	}
	if a.Version != 1 || a.Day != date("2026-07-01") || a.Results[4].Delays != 1 {
		t.Errorf("%+v", a)
	}
	// Nothing has changed: the same version.
	h.set(at("2026-07-02 10:00"))
	if again := h.publish(2026); again.Version != 1 {
		t.Errorf("version %d of nothing new", again.Version)
	}
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Publish(tx, 2026, DefaultWeights(), teachers); return err })

	// A unit objects, the office decides, and another version says so.
	mine := Objection{Number: never, Unit: "市教育局", Text: "场地没有交付"}
	for want, o := range map[error]Objection{ErrForbidden: {Number: veryLate, Unit: "市科协", Text: "x"}, ErrNoResult: {Number: veryLate, Unit: "市教育局", Text: "x"}, ErrInvalid: {Number: never, Unit: "市教育局"}} {
		h.do(want, func(tx *store.Tx) error { _, err := h.Object(tx, 2026, o, teachers); return err })
	}
	h.do(ErrNoVersion, func(tx *store.Tx) error { _, err := h.Object(tx, 2025, mine, teachers); return err })
	var o Objection
	for range 2 {
		h.do(nil, func(tx *store.Tx) (err error) { o, err = h.Object(tx, 2026, mine, teachers); return err })
	}
	if o.ID != 1 {
		t.Errorf("the same objection twice is %d", o.ID)
	}
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Object(tx, 2026, Objection{Number: late, Unit: "市教育局", Text: "其实三月就好了"}, office)
		return err
	})
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Object(tx, 2026, Objection{Number: veryLate, Unit: "市科协", Text: "太忙"}, science)
		return err
	})
	decide := func(want error, by Actor, r Ruling) (a Assessment) {
		t.Helper()
		h.do(want, func(tx *store.Tx) (err error) { a, err = h.Decide(tx, 2026, r, by); return err })
		return a
	}
	decide(ErrForbidden, teachers, Ruling{Objection: 1, Granted: true, Why: "属实"})
	decide(ErrInvalid, office, Ruling{Objection: 1, Granted: true})
	decide(ErrNoObjection, office, Ruling{Objection: 9, Granted: true, Why: "属实"})
	h.finish(both, "2026-07-03") // comes with no ruling
	second := decide(nil, office, Ruling{Objection: 1, Granted: true, Why: "属实"})
	if d := cmp.Diff([]string{"T4 市教育局 excluded 0", "市教育局 190/2=95.00"}, changed(a, second)); d != "" || second.Version != 2 {
		t.Errorf("version %d: %s", second.Version, d)
	}
	third := decide(nil, office, Ruling{Objection: 2, Granted: true, Done: date("2026-03-30"), Why: "有照片"})
	if d := cmp.Diff([]string{"T2 市教育局 on_time 100", "市教育局 200/2=100.00"}, changed(second, third)); d != "" || third.Version != 3 {
		t.Errorf("version %d: %s", third.Version, d)
	}
	if refused := decide(nil, office, Ruling{Objection: 3, Why: "理由不足"}); refused.Version != 3 {
		t.Errorf("a refusal made version %d", refused.Version)
	}
	decide(ErrDecided, office, Ruling{Objection: 3, Granted: true, Why: "再想想"})
	if fourth := h.publish(2026); fourth.Version != 4 || len(fourth.Rulings) != 3 || !slices.Contains(lines(fourth), "T9 市科协 late 60") {
		t.Errorf("%+v", lines(fourth))
	}
	h.see(func(r store.Reader) error {
		all, err := h.Objections(r, 2026)
		if len(all) != 3 || all[0].Ruling == nil || all[2].Ruling == nil || all[2].Ruling.Granted || all[0].Raised.By != teachers.By {
			t.Errorf("%+v", all)
		}
		return err
	})
	h.recompute(4)
	h.set(at("2026-12-01 10:00"))
	h.finish(never, "2026-12-01")
	h.recompute(4)
}

// The office hears of an objection and the unit of the ruling, once, in working hours;
// in between the objection waits for the office.
func TestBothSidesHearOfAnObjection(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-03-02 09:00", Rules{})
	n := h.create(draft("修缮文化礼堂", "2026-03-31", "市教育局"))
	h.finish(n, "2026-04-03")
	h.publish(2026)
	h.live("2026-04-03 18:00")
	undecided := func() (ids []string) {
		t.Helper()
		h.see(func(r store.Reader) error {
			list, err := h.Undecided(r)
			ids = nil
			for _, o := range list {
				ids = append(ids, fmt.Sprintf("%d-%d %s", o.Year, o.ID, o.Number))
			}
			return err
		})
		return ids
	}
	heard := func() (list []string) {
		t.Helper()
		for _, rec := range h.notices() {
			if rec.Kind != KindAssess {
				continue
			}
			if open := at("2026-04-07 09:00"); !rec.After.Equal(open) || !rec.Expires.After(open) { // 清明 is over
				t.Errorf("from %s to %s", rec.After, rec.Expires)
			}
			list = append(list, rec.Unit+"→"+string(rec.To.User)+" "+rec.Reply.Text)
		}
		return list
	}
	for range 2 {
		h.do(nil, func(tx *store.Tx) error {
			_, err := h.Object(tx, 2026, Objection{Number: n, Unit: "市教育局", Text: "三月就办完了"}, teachers)
			return err
		})
	}
	asked := "→office 【考评申诉】市教育局对 2026 年考评第 1 版提出申诉1：T1 修缮文化礼堂｜期限 2026-03-31｜2026-04-03 办结｜逾期办结。理由：“三月就办完了”。" +
		"成立请回复“同意 申诉1 理由”（这一项不计），按某天办结计就写“同意 申诉1 按12月10日完成 理由”，不成立请回复“不同意 申诉1 理由”。"
	if d := cmp.Diff([]string{asked}, heard()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"2026-1 T1"}, undecided()); d != "" {
		t.Error(d)
	}
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Decide(tx, 2026, Ruling{Objection: 1, Granted: true, Done: date("2026-03-30"), Why: "有验收单"}, office)
		return err
	})
	told := "市教育局→jiao 【考评申诉】市教育局 对 T1 的申诉1：成立，按 2026-03-30 办结计。理由：“有验收单”。2026 年考评第 2 版：100.00 分（计分 1 项）。回复“考评 2026”看明细。"
	if d := cmp.Diff([]string{told, asked}, heard()); d != "" {
		t.Error(d)
	}
	if got := undecided(); len(got) > 0 {
		t.Error(got)
	}
}

// changed lists what of the lines b has and a has not.
func changed(a, b Assessment) []string {
	was := lines(a)
	return slices.DeleteFunc(lines(b), func(s string) bool { return slices.Contains(was, s) })
}

// recompute wants each version of 2026 to come out as it was.
func (h *hall) recompute(versions int) {
	h.Helper()
	h.see(func(r store.Reader) error {
		all, err := h.Assessments(r, 2026)
		if err != nil || len(all) != versions {
			h.Fatalf("%d versions, want %d: %v", len(all), versions, err)
		}
		for i := range all {
			if _, err := h.Recompute(r, 2026, i+1); err != nil {
				h.Errorf("version %d: %v", i+1, err)
			}
		}
		if _, err := h.Recompute(r, 2026, versions+1); !errors.Is(err, ErrNoVersion) {
			h.Errorf("a version that is not there: %v", err)
		}
		return nil
	})
}

// Nothing that is done in chats moves a score: two lives with the same results, and
// anything else between them, are assessed alike.
func TestNoChatBehaviourIsAmongTheInputs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		var got [2]Assessment
		for life := range got {
			r := rand.New(rand.NewPCG(seed, 0)) // the results: the same in both lives
			noise := rand.New(rand.NewPCG(seed, uint64(life)+1))
			h := newHall(t, "2026-03-02 09:00", Rules{})
			var tasks []Number
			for i := range 6 {
				leads := [][]string{{"市教育局"}, {"市科协"}, {"市教育局", "市科协"}}[r.IntN(3)]
				tasks = append(tasks, h.create(draft(fmt.Sprint("任务", i), "2026-04-15", leads...)))
			}
			day := date("2026-03-03")
			for ; !day.After(date("2026-05-20")); day = day.AddDays(7) {
				ends := r.IntN(8) // which task is done this week, if any
				for _, n := range tasks {
					chatter(h, n, day, noise)
				}
				if ends < len(tasks) && !h.task(tasks[ends]).State.Ended() {
					h.finishBetween(tasks[ends], day, noise)
				}
			}
			h.set(at("2026-06-01 10:00"))
			got[life] = h.publish(2026)
			h.recompute(1)
		}
		if d := cmp.Diff(got[0].Results, got[1].Results) + cmp.Diff(got[0].Scores, got[1].Scores); d != "" {
			t.Fatalf("seed %d: chatter moves scores\n%s", seed, d)
		}
		if got[0].Digest == got[1].Digest {
			t.Errorf("seed %d: the two lives are the same", seed)
		}
	}
	// And there is no room for it: results know days and counts alone.
	for f := range reflect.TypeFor[Result]().Fields() {
		switch f.Type {
		case reflect.TypeFor[Number](), reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[calendar.Date](), reflect.TypeFor[Status]():
		default:
			t.Errorf("a result holds %s %s", f.Name, f.Type)
		}
	}
}

// chatter does at random what must not count: when somebody signs, how often progress
// is told and asked for, what is said.
func chatter(h *hall, n Number, day calendar.Date, r *rand.Rand) {
	h.set(day.At(9+r.IntN(7), r.IntN(60), cal.Location()))
	for range r.IntN(4) {
		s := h.task(n).Shares[r.IntN(len(h.task(n).Shares))]
		a := []Action{{Do: DoSign}, {Do: DoProgress, Percent: r.IntN(101), Text: "快了"}, {Do: DoRaise, Text: "要协调"}, {Do: DoUrge}, {Do: DoSettle, Text: "好"}}[r.IntN(5)]
		a.Unit = s.Unit
		_ = h.Update(context.Background(), func(tx *store.Tx) error {
			_, err := h.Apply(tx, n, a, office)
			return err
		}) // a step that is refused is no chatter
	}
}

// finishBetween ends a task on the day, by steps at any hour of it.
func (h *hall) finishBetween(n Number, day calendar.Date, r *rand.Rand) {
	h.set(day.At(17+r.IntN(3), r.IntN(60), cal.Location()))
	h.report(n, strings.Repeat("好", r.IntN(5)))
	h.set(h.clock().Add(time.Duration(r.IntN(48)) * time.Hour)) // the office takes its time
	h.step(n, Action{Do: DoReview}, office)
	h.step(n, Action{Do: DoClose}, office)
}

// A history that was changed after the version, or the version itself, shows.
func TestWhatWasTamperedWithDoesNotRecompute(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(entry string) string{
		"task/T1":     func(s string) string { return strings.Replace(s, "2026-03-31", "2026-04-30", 1) },
		"assess/2026": func(s string) string { return strings.Replace(s, `"points":90`, `"points":99`, 1) },
	} {
		h := newHall(t, "2026-03-02 09:00", Rules{})
		n := h.create(draft("晚", "2026-03-31", "市教育局"))
		h.finish(n, "2026-04-05")
		h.publish(2026)
		h.recompute(1)
		changed := 0
		h.do(nil, func(tx *store.Tx) error {
			changed = 0
			entries := map[string]string{}
			err := tx.Scan("audit.entry", store.Range{Prefix: name + "\x00"}, func(key string, raw []byte) error {
				if next := tamper(string(raw)); next != string(raw) {
					entries[key] = next
				}
				return nil
			})
			for key, raw := range entries {
				changed++
				err = errors.Join(err, tx.Put("audit.entry", key, []byte(raw)))
			}
			return err
		})
		h.see(func(r store.Reader) error {
			var broken *audit.Break
			if _, err := h.Recompute(r, 2026, 1); !errors.As(err, &broken) || changed == 0 {
				t.Errorf("%s: %d entries changed, and the version comes out: %v", name, changed, err)
			}
			return nil
		})
	}
}

func TestPointsFollowTheFormula(t *testing.T) {
	t.Parallel()
	w := Weights{OnTime: 100, LateDay: 2, Late: 60, Delay: 5}
	var sums []string
	for _, tc := range []struct {
		done   string
		delays int
		want   int
	}{
		{"2026-03-31", 0, 100}, {"2026-01-01", 0, 100}, {"2026-03-31", 1, 95}, {"2026-04-01", 0, 98}, {"2026-04-20", 0, 60}, {"2026-04-21", 0, 60}, {"2027-04-21", 2, 50}, {"2026-04-01", 30, 0},
	} {
		r := Result{Deadline: date("2026-03-31"), Done: date(tc.done), Delays: tc.delays}
		r.Status = doneStatus(r)
		r.Points = w.points(r)
		if r.Points != tc.want {
			t.Errorf("done %s after %d delays: %d, want %d", tc.done, tc.delays, r.Points, tc.want)
		}
		sums = append(sums, w.Sum(r))
	}
	want := []string{"100", "100", "100，延期－5×1＝95", "100－2×1＝98", "100－2×20＝60", "100－2×21，最低 60＝60", "100－2×386，最低 60，延期－5×2＝50", "100－2×1，延期－5×30＝0"}
	if d := cmp.Diff(want, sums); d != "" {
		t.Error(d)
	}
	if got := w.Sum(Result{Status: StatusOverdue, Delays: 1}); got != "0" {
		t.Error(got)
	}
	for _, want := range []string{"按期办结 100 分", "（自然日）扣 2 分", "最低 60 分", "每批准延期一次扣 5 分", "平均"} {
		if !strings.Contains(w.Formula(), want) {
			t.Errorf("the formula has no %q: %s", want, w.Formula())
		}
	}
	if got := scores([]Result{{Unit: "a", Status: StatusLate, Points: 1}, {Unit: "a", Status: StatusLate, Points: 0}, {Unit: "a", Status: StatusLate, Points: 0}, {Unit: "b", Status: StatusOpen, Points: 7}}); got[0].Word() != "0.33" || got[1].Word() != "—" {
		t.Errorf("%+v", got)
	}
}
