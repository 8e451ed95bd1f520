package report

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index"
	"xietiao/index/plan"
	"xietiao/index/sheet"
)

var china = time.FixedZone("CST", 8*60*60)

// at is a moment: "2026-03-02 09:00".
func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, china)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil && s != "" {
		panic(err)
	}
	return d
}

// library is the sample plan.
type library struct{ *index.Index }

func (l library) Resolve(name string) (string, bool) { return l.Unit(name) }
func (l library) Names() []string                    { return l.Units() }

var sample = sync.OnceValues(func() (library, error) {
	ix, err := index.Build([]*plan.Plan{plan.Sample()}, index.Options{})
	return library{ix}, err
})

// hall is a store with a clock of the test's own, and all that works on it.
type hall struct {
	testing.TB
	*store.Store
	tasks      *task.Board
	activities *activity.Board
	box        *outbox.Box
	press      *Press
	ended      chan struct{} // a notice has come to its end

	mu  sync.Mutex // guards now
	now time.Time

	since time.Time // when the last report on questions began
}

// everyone reaches whom it is sent to.
type everyone struct{}

func (everyone) Push(context.Context, chat.Address, chat.Reply) chat.Outcome { return chat.Done() }
func (everyone) Rates(chat.Address) []chat.Rate                              { return nil }
func (everyone) Room(chat.Address) int                                       { return 2000 }

const roster = `姓名,单位,角色,企业微信账号
办甲,协调组办公室,办公室,office
教乙,市教育局,联络员,jiao
工丙,市总工会,联络员,gong
宣丁,市委宣传部,联络员,xuan
财戊,市财政局,联络员,cai
妇己,市妇联,联络员,fu
残庚,市残联,联络员,can
科辛,市科协,联络员,ke
`

var (
	office    = task.Actor{By: "P1", Office: true}
	organiser = activity.Actor{Person: "P1", Office: true}
)

func newHall(t testing.TB, start string) *hall {
	t.Helper()
	h := &hall{TB: t, now: at(start), ended: make(chan struct{}, 10_000)}
	var err error
	h.Store, err = store.OpenFile(filepath.Join(t.TempDir(), "report.db"), store.Options{Now: h.clock, NoSync: true})
	h.must(err)
	t.Cleanup(func() { h.must(h.Close()) })
	docs, err := sample()
	h.must(err)
	vault, err := org.NewVault([]byte("a key of the test, of thirty-two"))
	h.must(err)
	const via = "wecom.app"
	routes := org.Routes{chat.WeCom: {Via: via}}
	h.box = outbox.New(outbox.Options{Store: h.Store, Pushers: map[chat.Via]chat.Pusher{via: everyone{}}, Observe: func(rec outbox.Record) {
		if rec.State.Ended() {
			h.ended <- struct{}{}
		}
	}})
	book := holidays.New(china, nil)
	h.tasks = task.New(task.Options{Holidays: book, Sender: h.box, Routes: routes})
	h.activities = activity.New(activity.Options{Holidays: book, Sender: h.box, Routes: routes, Vault: vault})
	h.press = New(Options{Tasks: h.tasks, Activities: func() (*activity.Board, error) { return h.activities, nil }, Documents: func() (Documents, error) { return docs, nil }, Office: org.OfficeUnit, Asked: h.asked})
	ro, problems, err := org.ReadRoster("名册.csv", []byte(roster), docs)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	h.do(func(tx *store.Tx) error { _, err := org.Apply(tx, ro, org.Operator); return err })
	return h
}

// asked is what people ask in the hall, whenever.
func (h *hall) asked(_ store.Reader, since time.Time) (Asked, error) {
	h.since = since
	last := at("2026-11-20 10:00")
	return Asked{
		Times: map[index.Status]int{index.Answered: 40, index.Unassigned: 2, index.Unknown: 6, index.Ambiguous: 3},
		Open: []Question{
			{Q: "食堂几点开饭", Times: 5, Last: last, Status: index.Unknown, Reason: index.HintOfftopic},
			{Q: "那件事\n归谁管", Prev: "=1+1", Times: 3, Last: last, Status: index.Ambiguous},
			{Q: "总分馆由哪个单位负责", Times: 2, Last: last, Status: index.Unassigned, Reason: index.ReasonGap},
			{Q: "农家书屋归谁管", Times: 1, Last: last.Add(-24 * time.Hour), Status: index.Unknown, Reason: index.ReasonShare},
		},
	}, nil
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *hall) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hall) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = t
}

func (h *hall) do(fn func(tx *store.Tx) error) {
	h.Helper()
	h.must(h.Update(context.Background(), fn))
}

// hand makes a task of a clause, if there is one, and hands it out.
func (h *hall) hand(title, clause, deadline string, leads []string, supports ...string) (n task.Number) {
	h.Helper()
	d := task.Draft{Title: title, Leads: leads, Supports: supports, Deadline: date(deadline)}
	if clause != "" {
		d.Source = task.Source{Plan: "乐公共协〔2020〕1号", Address: clause}
	}
	h.do(func(tx *store.Tx) error {
		t, _, err := h.tasks.Create(tx, "", d, office)
		n = t.Number
		return err
	})
	h.step(n, task.Action{Do: task.DoHand})
	return n
}

// step lets the office take steps, also for units.
func (h *hall) step(n task.Number, actions ...task.Action) {
	h.Helper()
	for _, a := range actions {
		h.do(func(tx *store.Tx) error { _, err := h.tasks.Apply(tx, n, a, office); return err })
	}
}

// finish lets a unit report in these words, and the office close the task.
func (h *hall) finish(n task.Number, unit, words string) {
	h.Helper()
	h.step(n, task.Action{Do: task.DoSign, Unit: unit}, task.Action{Do: task.DoReport, Unit: unit, Text: words}, task.Action{Do: task.DoReview}, task.Action{Do: task.DoClose})
}

// live lets time pass until the moment: reminders are written and go out.
func (h *hall) live(until string) {
	h.Helper()
	for end := at(until); ; {
		next, err := h.tasks.Remind(context.Background(), h.Store)
		h.must(err)
		h.deliver()
		if next.IsZero() || next.After(end) {
			h.set(end)
			return
		}
		h.set(next)
	}
}

// deliver sends what is due.
func (h *hall) deliver() {
	h.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	due := func() (n int) {
		h.must(h.View(ctx, func(r store.Reader) error {
			st, err := h.box.Stats(r)
			n = st.Due + st.Sending
			return err
		}))
		return n
	}
	if due() > 0 {
		go func() { done <- h.box.Run(ctx) }()
		for due() > 0 {
			<-h.ended
		}
		stop()
		h.must(<-done)
	}
	stop()
}

// hold makes an activity that is public, and takes those who came in and out.
func (h *hall) hold(title, unit, place, start string, came ...activity.VolunteerID) (n activity.Number) {
	h.Helper()
	begin := at(start)
	h.do(func(tx *store.Tx) error {
		a, _, err := h.activities.Create(tx, "", activity.Draft{
			Title: title, Unit: unit, Place: activity.Place{Name: place}, Start: begin, End: begin.Add(2 * time.Hour), CheckOut: true,
		}, organiser)
		if err != nil {
			return err
		}
		n = a.Number
		_, err = h.activities.Publish(tx, n, organiser)
		return err
	})
	for _, v := range came {
		h.do(func(tx *store.Tx) error { _, err := h.activities.Join(tx, n, v, activity.Self(v)); return err })
	}
	for i, when := range []time.Time{begin, begin.Add(2 * time.Hour)} {
		h.set(when)
		var ticks []activity.Tick
		for _, v := range came {
			ticks = append(ticks, activity.Tick{Volunteer: v, Out: i == 1, Nonce: fmt.Sprint(n, v, i)})
		}
		h.tick(n, ticks)
	}
	return n
}

func (h *hall) tick(n activity.Number, ticks []activity.Tick) {
	h.Helper()
	h.do(func(tx *store.Tx) error {
		done, err := h.activities.Ticks(tx, n, ticks, organiser)
		for _, c := range done {
			if c.Refused != nil {
				err = errors.Join(err, c.Refused)
			}
		}
		return err
	})
}

func (h *hall) volunteer(name, brigade string) (v activity.VolunteerID) {
	h.Helper()
	h.do(func(tx *store.Tx) error {
		got, _, err := h.activities.Enrol(tx, activity.Application{
			Profile: activity.Profile{Name: name, Brigade: brigade, Consent: activity.Consent{Version: "1"}}, Account: activity.Account{Platform: chat.WeCom, User: chat.UserID(name)},
		})
		v = got.ID
		return err
	})
	return v
}

// aYear is a hall on 2026-11-23, after a year with something of everything.
func aYear(t testing.TB) *hall {
	h := newHall(t, "2026-03-02 09:00")
	const school, palace, books = "附件·市教育局·第2项", "附件·市总工会·第3项", "附件·市委宣传部·第3项"
	opened := h.hand("学校文体设施开放", school, "2026-06-30", []string{"市教育局"})
	h.set(at("2026-03-20 10:00"))
	h.finish(opened, "市教育局", "已开放 12 所学校，接待 3.2 万人次")
	v := []activity.VolunteerID{h.volunteer("甲", "党员分队"), h.volunteer("乙", "党员分队"), h.volunteer("丙", "")}
	h.hold("春联义写", "市文广旅体局", "乐清市柳市镇综合文化站", "2026-04-18 09:00", v...)
	h.hold("读书会", "市教育局", "市图书馆", "2026-05-16 14:00", v[0])
	gone := h.hold("露天电影", "市文广旅体局", "北白象镇文化礼堂", "2026-06-06 18:00")
	h.set(at("2026-06-01 09:00"))
	h.do(func(tx *store.Tx) error { _, err := h.activities.Cancel(tx, gone, "下雨", organiser); return err })
	doubt := h.hold("送戏下乡", "市妇联", "柳市镇文化广场", "2026-07-04 19:00")
	h.set(at("2026-07-04 19:00"))
	h.tick(doubt, []activity.Tick{{Volunteer: v[1], Nonce: "in"}}) // nobody checks out
	h.set(at("2026-10-08 09:00"))
	late := h.hand("工人文化宫免费开放", palace, "2026-11-16", []string{"市总工会"})
	h.step(late, task.Action{Do: task.DoSign, Unit: "市总工会"}, task.Action{Do: task.DoProgress, Unit: "市总工会", Percent: 40, Text: "消防还没有验收"})
	supply := h.hand("农家书屋补充更新", books, "2026-12-10", []string{"市委宣传部"}, "市财政局")
	h.step(supply, task.Action{Do: task.DoSign, Unit: "市委宣传部"}, task.Action{Do: task.DoRaise, Unit: "市委宣传部", Text: "经费没有列入\n今年预算"})
	h.hand("科普进礼堂", "", "", []string{"市科协"})
	back := h.hand("家庭文化活动", "附件·市妇联·第1项", "2026-12-20", []string{"市妇联"})
	h.step(back, task.Action{Do: task.DoDecline, Unit: "市妇联", Text: "应由文广旅体局牵头"})
	put := h.hand("残疾人文化周", "附件·市残联·第1项", "2026-11-30", []string{"市残联"})
	h.step(put, task.Action{Do: task.DoSign, Unit: "市残联"}, task.Action{Do: task.DoAsk, Unit: "市残联", To: date("2026-12-18"), Text: "场地改造"})
	told := h.hand("=HYPERLINK(\"http://x\",\"点\")", "", "2026-11-25", []string{"市文联"})
	h.step(told, task.Action{Do: task.DoSign, Unit: "市文联"}, task.Action{Do: task.DoReport, Unit: "市文联", Text: "@SUM(A1:A9)"})
	h.live("2026-11-20 16:00")
	h.do(func(tx *store.Tx) error {
		_, err := h.tasks.Publish(tx, 2026, task.DefaultWeights(), office)
		return err
	})
	h.do(func(tx *store.Tx) error {
		_, err := h.tasks.Object(tx, 2026, task.Objection{Number: late, Unit: "市总工会", Text: "消防验收不归我们"}, office)
		return err
	})
	h.live("2026-11-23 15:00")
	return h
}

func (h *hall) make(q Query) (rep Report) {
	h.Helper()
	h.must(h.View(context.Background(), func(r store.Reader) (err error) {
		rep, err = h.press.Make(context.Background(), r, q)
		return err
	}))
	return rep
}

// table is the one of the name among the report's.
func (h *hall) table(rep Report, name string) (rows [][]string) {
	h.Helper()
	tables := rep.Tables()
	i := slices.IndexFunc(tables, func(t sheet.Out) bool { return t.Name == name })
	if i < 0 {
		h.Fatalf("no table %s", name)
	}
	return tables[i].Rows
}
