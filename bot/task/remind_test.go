package task

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// to picks what went to an account.
func to(out []sent, user string) (list []sent) {
	for _, s := range out {
		if string(s.to) == user {
			list = append(list, s)
		}
	}
	return list
}

func times(out []sent) string {
	var list []string
	for _, s := range out {
		list = append(list, s.at.In(cal.Location()).Format("01-02 15:04"))
	}
	return strings.Join(list, ", ")
}

func TestOneMessageForAllThatIsDue(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 18:30", Rules{})
	h.create(draft("晚会", "2026-11-10", "市教育局"))
	h.create(draft("书屋", "2026-11-12", "市教育局", "市科协"))
	out := h.live("2026-11-04 08:00")
	if got := times(to(out, "jiao")); got != "11-03 09:00" {
		t.Fatalf("handed out in the evening, told at %s", got)
	}
	text := to(out, "jiao")[0].text
	for _, want := range []string{"市教育局：2 项", "T1 晚会", "T2 书屋", "收到 T1", "期限 11月10日（周二），还剩 5 个工作日", "［蓝］"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if got := times(to(out, "ke")); got != "11-03 09:00" {
		t.Errorf("the other lead is told at %s", got)
	}
}

func TestSignedReportedAndClosedAreSilent(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-20", "市教育局"))
	out := h.live("2026-11-03 12:00")
	if got := times(out); got != "11-02 10:00, 11-03 09:00" {
		t.Fatalf("handed out, to sign: %s", got)
	}
	h.step(n, Action{Do: DoSign}, teachers)
	out = h.live("2026-11-17 12:00")
	if got := times(out); got != "11-11 09:00, 11-17 09:00" || strings.Contains(fmt.Sprint(out), "签收") {
		t.Fatalf("the deadline: %v", out)
	}
	h.step(n, Action{Do: DoReport, Text: "已办成"}, teachers)
	out = h.live("2026-11-24 12:00")
	if len(to(out, "jiao")) > 0 || times(to(out, "office")) != "11-17 12:00" || !strings.Contains(out[0].text, "复核 T1") {
		t.Fatalf("reported: %v", out)
	}
	h.step(n, Action{Do: DoReview}, office)
	h.step(n, Action{Do: DoClose}, office)
	if out = h.live("2027-03-01 12:00"); len(out) > 0 {
		t.Errorf("closed: %v", out)
	}
}

func TestAChangedDeadlineReplaces(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-20", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.step(n, Action{Do: DoAsk, To: date("2026-12-18"), Text: "场地未定"}, teachers)
	h.live("2026-11-02 12:00")
	h.step(n, Action{Do: DoGrant}, office)
	out := to(h.live("2026-12-15 12:00"), "jiao")
	if got := times(out); got != "11-02 12:00, 12-09 09:00, 12-15 09:00" || !strings.Contains(out[0].text, "延期已同意") || !strings.Contains(out[1].text, "12月18日") {
		t.Errorf("%v", out)
	}
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-06", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	out := h.live("2026-11-20 12:00")
	for _, head := range []string{"jiaohead", "jiaohead2"} {
		if got := times(to(out, head)); got != "11-11 09:00, 11-18 09:00" {
			t.Errorf("%s is told at %s", head, got)
		}
	}
	if got := times(to(out, "office")); got != "11-13 09:00, 11-20 09:00" {
		t.Errorf("the office is told at %s", got)
	}
	if text := to(out, "office")[0].text; !strings.Contains(text, "未完成：市教育局") || !strings.Contains(text, "［红］") {
		t.Error(text)
	}
}

func TestTheDailyCap(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	out := h.live("2026-11-02 10:00")
	for i := range 6 {
		h.create(draft(fmt.Sprintf("任务%d", i+1), "2026-12-10", "市教育局"))
		out = append(out, h.live(fmt.Sprintf("2026-11-02 1%d:00", i+1))...)
	}
	out = append(out, h.live("2026-11-03 12:00")...)
	if got := times(to(out, "jiao")); got != "11-02 10:00, 11-02 11:00, 11-02 12:00, 11-03 09:00" {
		t.Fatalf("%s", got)
	}
	for i := range 6 {
		if n := strings.Count(fmt.Sprint(out), fmt.Sprintf("收到 T%d”", i+1)); n == 0 {
			t.Errorf("T%d was not told", i+1)
		}
	}
	h.see(func(r store.Reader) error {
		counts, err := h.Sendings(r, date("2026-11-02"), date("2026-11-02"))
		if !slices.Contains(counts, Sending{"市教育局", date("2026-11-02"), 3}) {
			t.Errorf("the meter says %v", counts)
		}
		return err
	})
}

func TestLongDigestsAreSplitBetweenTasks(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 08:00", Rules{})
	long := strings.Repeat("很长的名称", 12)
	for i := range 40 {
		h.create(draft(fmt.Sprintf("%d %s", i+1, long), "2026-12-10", "市教育局"))
	}
	out := to(h.live("2026-11-02 09:00"), "jiao")
	if len(out) != 2 {
		t.Fatalf("%d messages in the morning of a day of three", len(out))
	}
	shown := 0
	for _, s := range out {
		if len(s.text) > pageBytes {
			t.Errorf("%d bytes", len(s.text))
		}
		for par := range strings.SplitSeq(s.text, "\n\n") {
			if strings.Contains(par, "］T") {
				shown++
				if !strings.Contains(par, "期限") || !strings.Contains(par, "收到") {
					t.Errorf("a task is cut: %q", par)
				}
			}
		}
	}
	if want := fmt.Sprintf("另有 %d 项", 40-shown); !strings.Contains(out[1].text, want) || strings.Contains(out[0].text, "另有") {
		t.Errorf("%q lacks %q", out[1].text, want)
	}
	if out = h.live("2026-11-02 17:00"); len(out) > 0 {
		t.Errorf("said again: %v", out)
	}
}

func TestAfterAnOutageOneSummary(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	one := h.create(draft("晚会", "2026-11-13", "市教育局"))
	two := h.create(draft("书屋", "2026-11-12", "市教育局"))
	h.step(one, Action{Do: DoSign}, teachers)
	h.step(two, Action{Do: DoSign}, teachers)
	h.live("2026-11-09 12:00")
	// The platform takes nothing for two days; the board goes on.
	for _, when := range []string{"2026-11-10 09:00", "2026-11-11 09:00", "2026-11-12 09:00"} {
		h.set(at(when))
		h.pass()
	}
	if waiting := h.notices(outbox.StateWaiting); len(waiting) != 1 {
		t.Fatalf("%d notices wait for the platform", len(waiting))
	}
	out := h.deliver()
	if len(out) != 1 || !strings.Contains(out[0].text, "晚会") || !strings.Contains(out[0].text, "书屋") || !strings.Contains(out[0].text, "今天是最后一个工作日") {
		t.Errorf("%v", out)
	}
	if out = h.live("2026-11-12 17:00"); len(out) > 0 {
		t.Errorf("and then %v", out)
	}
}

// What waits to be sent is taken back and made anew when a task of it is done.
func TestWhatWaitsFollowsTheTask(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	one := h.create(draft("晚会", "2026-11-13", "市教育局"))
	two := h.create(draft("书屋", "2026-11-13", "市教育局"))
	h.step(one, Action{Do: DoSign}, teachers)
	h.step(two, Action{Do: DoSign}, teachers)
	h.live("2026-11-12 08:00")
	h.set(at("2026-11-12 09:00"))
	h.pass() // the digest waits
	h.set(at("2026-11-12 09:05"))
	h.step(one, Action{Do: DoReport}, teachers)
	if waiting := h.notices(outbox.StateWaiting); len(waiting) > 0 {
		t.Fatalf("%q still waits", waiting[0].Reply.Text)
	}
	out := to(h.live("2026-11-12 17:00"), "jiao")
	if len(out) != 1 || strings.Contains(out[0].text, "晚会") || !strings.Contains(out[0].text, "书屋") {
		t.Fatalf("%v", out)
	}
	h.see(func(r store.Reader) error {
		counts, err := h.Sendings(r, date("2026-11-12"), date("2026-11-12"))
		if !slices.Contains(counts, Sending{"市教育局", date("2026-11-12"), 1}) {
			t.Errorf("the meter counts what never went out: %v", counts)
		}
		return err
	})
}

// Pushes are paused until past the hours: the notice expires, and what it said is
// part of the next morning's.
func TestWhatExpiredIsSaidTheNextMorning(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-12-18", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.live("2026-12-08 18:00")
	h.set(at("2026-12-09 09:00")) // seven working days before
	h.pass()
	h.set(at("2026-12-09 17:30"))
	if out := h.deliver(); len(out) > 0 {
		t.Fatalf("sent after the hours: %v", out)
	}
	out := h.live("2026-12-10 12:00")
	if got := times(out); got != "12-10 09:00" || !strings.Contains(out[0].text, "还剩 6 个工作日") {
		t.Errorf("%v", out)
	}
	if out = h.live("2026-12-14 12:00"); len(out) > 0 {
		t.Errorf("and then %v", out)
	}
}

func TestUnitsThatNobodyCanReachAreCalledUp(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-13", "市文化馆"))
	if out := h.live("2026-11-03 12:00"); len(out) > 0 {
		t.Fatalf("%v", out)
	}
	calls := func(day string) (list []Message) {
		h.see(func(r store.Reader) (err error) { list, err = h.Calls(r, date(day)); return err })
		return list
	}
	for _, day := range []string{"2026-11-02", "2026-11-03"} {
		if list := calls(day); len(list) != 1 || list[0].Unit != "市文化馆" || !strings.Contains(list[0].Pages[0].Text, "T1 晚会") {
			t.Errorf("on %s: %+v", day, list)
		}
	}
	h.step(n, Action{Do: DoSign, Unit: "市文化馆"}, office)
	if list := calls("2026-11-03"); len(list) > 0 {
		t.Errorf("signed by telephone: %+v", list)
	}
}

func TestDueChangesNothingAndIsWhatRemindSays(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-20", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.live("2026-11-10 18:00")
	due := func(when string) (list []Message) {
		h.see(func(r store.Reader) (err error) { list, err = h.Due(r, at(when)); return err })
		return list
	}
	for when, want := range map[string]int{
		"2026-11-11 08:59": 0, "2026-11-11 09:00": 1, "2026-11-12 12:00": 0, "2026-11-17 12:00": 1, "2026-11-18 12:00": 0, "2026-11-23 09:00": 1, "2026-11-27 09:00": 2,
	} {
		if list := due(when); len(list) != want {
			t.Errorf("at %s: %+v", when, list)
		}
	}
	foretold := due("2026-11-11 09:00")[0].Pages[0].Text
	if out := h.live("2026-11-11 09:00"); len(out) != 1 || out[0].text != foretold {
		t.Errorf("said %v, foretold %q", out, foretold)
	}
}

// Months of random steps, with a platform that fails for days: nothing is said
// outside of the hours, over the cap, or of what is over; what is due of a morning is
// said that morning.
func TestLawsOfMonths(t *testing.T) {
	t.Parallel()
	y := newSeason(t, 5)
	for y.now.Before(at("2026-11-20 00:00")) {
		y.hour()
	}
	if y.messages < 50 || y.due < 100 {
		t.Errorf("only %d messages, %d things due", y.messages, y.due)
	}
}

type season struct {
	*hall
	rnd      *randomSteps
	down     time.Time // the platform takes nothing before
	perDay   map[string]int
	messages int
	due      int
}

func newSeason(t *testing.T, seed uint64) *season {
	h := newHall(t, "2026-09-07 07:00", Rules{})
	return &season{hall: h, rnd: newRandomSteps(seed), perDay: map[string]int{}}
}

// hour lets an hour pass: steps, passes and sending in any order.
func (y *season) hour() {
	if y.clock().Hour() == 9 {
		y.morning()
	}
	steps := y.rnd.IntN(4)
	if hour := y.clock().Hour(); hour < 7 || hour > 19 {
		steps = 0
	}
	for range steps {
		y.set(y.clock().Add(time.Duration(y.rnd.IntN(20)) * time.Minute))
		switch y.rnd.IntN(3) {
		case 0:
			y.rnd.step(y.hall)
		case 1:
			y.pass()
		default:
			y.sendAndCheck()
		}
	}
	y.pass()
	y.sendAndCheck()
	y.set(y.clock().Truncate(time.Hour).Add(time.Hour))
	if y.rnd.IntN(24*40) == 0 {
		y.down = y.clock().Add(time.Duration(y.rnd.IntN(72)) * time.Hour)
	}
}

// morning checks that what the schedule has for this moment is said.
func (y *season) morning() {
	now := y.clock()
	var due []Planned
	for _, n := range y.rnd.tasks {
		due = append(due, DefaultRules().Between(cal, y.task(n), now, now)...)
	}
	y.due += len(due)
	y.pass()
	out := y.sendAndCheck()
	if now.Before(y.down) {
		return
	}
	for _, p := range due {
		told := func(s sent) bool {
			return s.unit == p.Unit && (strings.Contains(s.text, p.Number.String()+" ") || strings.Contains(s.text, "另有"))
		}
		if !slices.ContainsFunc(out, told) {
			y.Fatalf("%+v was not said: %v", p, out)
		}
	}
}

func (y *season) sendAndCheck() []sent {
	if y.clock().Before(y.down) {
		return nil
	}
	now := y.clock()
	rules := DefaultRules()
	out := y.deliver()
	for _, s := range out {
		y.messages++
		if open := cal.NextOpen(now, rules.Hours); !open.Equal(now) {
			y.Fatalf("outside of the hours: %s", s)
		}
		key := cal.Day(now).String() + s.unit
		if s.to != "jiaohead2" { // what the heads of a unit are told is one message
			y.perDay[key]++
		}
		if y.perDay[key] > rules.DailyCap {
			y.Fatalf("over the cap: %s", s)
		}
		for _, par := range strings.Split(s.text, "\n\n")[1:] {
			y.paragraph(s, par)
		}
	}
	return out
}

// paragraph checks what is said of one task against how it stands.
func (y *season) paragraph(s sent, par string) {
	word, _, _ := strings.Cut(par[strings.Index(par, "］")+max(1, len("］")*count(strings.Contains(par, "］"))):], " ")
	n, ok := ParseNumber(word)
	if !ok {
		return // a note at the end
	}
	task := y.task(n)
	share, _ := task.Share(s.unit)
	var bad string
	switch {
	case strings.Contains(par, "已取消"):
		if task.State != StateCancelled {
			bad = "it is not cancelled"
		}
	case task.State.Ended():
		bad = "it is over"
	case strings.Contains(par, "签收") && !share.Signed.IsZero():
		bad = "it is signed"
	case strings.Contains(par, "请按期办理") && !share.Done.IsZero(), strings.Contains(par, "请尽快办理") && !share.Done.IsZero():
		bad = "it is reported"
	case strings.Contains(par, "期限 ") && task.Deadline.IsZero():
		bad = "it has no deadline"
	case !task.Deadline.IsZero() && strings.Contains(par, "期限 ") && !strings.Contains(par, DateWord(cal, task.Deadline, cal.Day(s.at))):
		bad = "its deadline is another"
	}
	if bad != "" {
		y.Fatalf("%s: %s\n%+v", bad, s, task)
	}
}

// randomSteps makes tasks and takes steps of them.
type randomSteps struct {
	rnd
	tasks []Number
}

func (r *randomSteps) step(h *hall) {
	if len(r.tasks) < 25 && r.IntN(3) == 0 {
		d := draft("任务", "", "市教育局")
		if r.IntN(2) == 0 {
			d.Leads = append(d.Leads, "市科协")
		}
		if r.IntN(5) > 0 {
			d.Deadline = cal.Day(h.clock()).AddDays(r.IntN(60))
		}
		r.tasks = append(r.tasks, h.create(d))
		return
	}
	if len(r.tasks) == 0 {
		return
	}
	i := r.IntN(len(r.tasks))
	a := Action{Do: arrows[r.IntN(len(arrows))].do, Text: "说明", Percent: 50, To: cal.Day(h.clock()).AddDays(1 + r.IntN(40))}
	if a.Do == DoCancel && r.IntN(10) > 0 {
		return
	}
	edit := h.task(r.tasks[i]).Edit()
	edit.Deadline = a.To
	a.Draft = &edit
	h.do(nil, func(tx *store.Tx) error {
		t, err := h.Apply(tx, r.tasks[i], a, []Actor{office, teachers, science}[r.IntN(3)])
		if err == nil && t.State.Ended() {
			r.tasks = slices.Delete(r.tasks, i, i+1)
		}
		return nil
	})
}

// The service was down from before the digest until after the hours.
func TestNothingIsWrittenAfterTheHours(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-20", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.live("2026-11-10 18:00")
	h.set(at("2026-11-11 18:00"))
	if next := h.pass(); !next.Equal(at("2026-11-12 09:00")) || len(h.waiting()) > 0 {
		t.Fatalf("%v wait, to look again at %s", h.waiting(), next)
	}
	if got := times(h.live("2026-11-16 12:00")); got != "11-12 09:00" {
		t.Errorf("said at %s", got)
	}
}

// A step between the moment when something is due and the pass does not lose it.
func TestAStepJustBeforeThePassLosesNothing(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	n := h.create(draft("晚会", "2026-11-20", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.live("2026-11-11 08:00")
	h.set(at("2026-11-11 09:00").Add(30 * time.Second))
	h.step(n, Action{Do: DoProgress, Percent: 30}, teachers)
	h.pass()
	if out := h.deliver(); len(out) != 1 || !strings.Contains(out[0].text, "还剩 7 个工作日") {
		t.Errorf("%v", out)
	}
}

// Each step is told to those it concerns, and says what they need to know.
func TestWhoIsToldOfAStep(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{DailyCap: 20})
	d := draft("晚会", "2026-12-18", "市教育局", "市委宣传部")
	d.Supports = []string{"市科协"}
	h.create(d)
	edit := func(fn func(*Draft)) *Draft { d := d; fn(&d); return &d }
	for i, s := range []struct {
		a    Action
		by   Actor
		want map[string]string // account → words
	}{
		{Action{Do: DoSign}, teachers, map[string]string{"xuan": "新交办（牵头）", "ke": "新交办（配合）"}},
		{Action{Do: DoSign}, writers, nil},
		{Action{Do: DoUrge, Unit: "市教育局"}, office, map[string]string{"jiao": "催办"}},
		{Action{Do: DoAsk, To: date("2026-12-25"), Text: "场地未定"}, teachers, map[string]string{"office": "市教育局申请延期到2026年12月25日，原因：场地未定"}},
		{Action{Do: DoDeny, Text: "节前必须办好"}, office, map[string]string{"jiao": "延期没有同意：节前必须办好"}},
		{Action{Do: DoAsk, To: date("2026-12-25"), Text: "场地未定"}, teachers, map[string]string{"office": "申请延期"}},
		{Action{Do: DoGrant}, office, map[string]string{"jiao": "12月25日", "xuan": "延期已同意", "ke": "延期已同意"}},
		{Action{Do: DoRaise, Text: "@所有人 缺经费"}, science, map[string]string{"office": "缺经费"}},
		{Action{Do: DoSettle, Text: "财政已落实"}, office, map[string]string{"ke": "协调结果：市科协：财政已落实"}},
		{Action{Do: DoDecline, Text: "不属本单位"}, science, map[string]string{"office": "市科协（不属本单位）"}},
		{Action{Do: DoHand}, office, map[string]string{"ke": "新交办"}},
		{Action{Do: DoAmend, Draft: edit(func(d *Draft) { d.Title = "元旦晚会"; d.Supports = nil; d.Deadline = date("2026-12-28") })}, office,
			map[string]string{"jiao": "元旦晚会", "xuan": "12月28日", "ke": "不用再办"}},
		{Action{Do: DoReport, Text: "好了"}, teachers, nil},
		{Action{Do: DoReport, Text: "好了"}, writers, map[string]string{"office": "请复核"}},
		{Action{Do: DoReturn, Unit: "市委宣传部", Text: "缺照片"}, office, map[string]string{"xuan": "退回重办：缺照片"}},
		{Action{Do: DoCancel, Text: "不办了"}, office, map[string]string{"jiao": "已取消", "xuan": "已取消"}},
	} {
		h.step(1, s.a, s.by)
		got := map[string]string{}
		h.pass()
		for _, s := range h.deliver() {
			got[string(s.to)] += s.text
		}
		for user, text := range got {
			if want, ok := s.want[user]; !ok || !strings.Contains(text, want) {
				t.Errorf("%d: %s told %s: %q, want %q", i, s.a.Do, user, text, want)
			}
			if strings.Contains(text, "@所有人") {
				t.Errorf("%d: %q alerts everybody", i, text)
			}
		}
		if len(got) != len(s.want) {
			t.Errorf("%d: %s told %d, want %d", i, s.a.Do, len(got), len(s.want))
		}
	}
}
