package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
)

// hands are a clock's, put forward by a test.
type hands struct {
	mu sync.Mutex
	at time.Time // guarded by mu
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = t
}

// county is a rehearsed service with both platforms, the units of the sample, and
// what its people will do.
type county struct {
	t     *testing.T
	app   *app
	cfg   config.Config
	cal   *calendar.Calendar
	wecom *chattest.WeCom
	ding  *chattest.DingTalk
	units []string
	alone string            // the unit that nobody can reach
	heads map[string]string // unit → account of its head
}

// The keys of the county's group robots.
const (
	wecomRobot = "the-group-of-most-units"
	dingRobot  = "the-group-of-three"
)

// newCounty starts a service by a clock of its own. Most units share a WeCom group,
// three a DingTalk group, three have a person alone, one has nobody.
func newCounty(t *testing.T, pt programTime) *county {
	t.Helper()
	c := &county{
		t: t, heads: map[string]string{},
		wecom: chattest.NewWeCom(chattest.WeComOptions{CorpID: rigCorp, Secret: rigSecret, AgentID: rigAgent, Robots: []string{wecomRobot}}),
		ding:  chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: rigDing, Secret: rigSecret}),
	}
	t.Cleanup(c.wecom.Close)
	t.Cleanup(c.ding.Close)
	c.cfg = config.Default()
	c.cfg.Listen, c.cfg.Data = "127.0.0.1:0", filepath.Join(t.TempDir(), "data")
	c.cfg.WeCom.CorpID, c.cfg.WeCom.AgentID, c.cfg.WeCom.Secret = rigCorp, rigAgent, rigSecret
	c.cfg.WeCom.APIBase, c.cfg.WeCom.WSBase = c.wecom.URL(), "ws"+strings.TrimPrefix(c.wecom.URL(), "http")
	c.cfg.DingTalk.ClientID, c.cfg.DingTalk.ClientSecret, c.cfg.DingTalk.RobotCode = rigDing, rigSecret, rigDing
	c.cfg.DingTalk.APIBase, c.cfg.DingTalk.OAPIBase = c.ding.URL(), c.ding.URL()
	var err error
	c.cal = calendar.New(c.cfg.Location(), nil)
	log := &lockedBuffer{}
	if c.app, err = newAppBy(t.Context(), c.cfg, pt, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.app.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	waitReady(t, c.app.url())
	c.settle()
	return c
}

// settle brings the county's people and groups in.
func (c *county) settle() {
	c.t.Helper()
	c.units = append(c.units, c.app.shelf.units().Names()...)
	if len(c.units) < 29 {
		c.t.Fatalf("%d units", len(c.units))
	}
	c.units = c.units[:29]
	roster := "姓名,单位,角色,企业微信账号,钉钉账号\n办公室甲,协调组办公室,办公室,office,\n"
	robots := "单位,平台,webhook,secret\n"
	secret := "SEC0123456789abcdef"
	hook := c.ding.AddWebhook(chattest.DingTalkWebhook{Token: dingRobot, Secret: secret, Conversation: "ding-group"})
	for i, unit := range c.units {
		id := strconv.Itoa(i)
		switch {
		case i < 22:
			robots += unit + ",企业微信," + c.wecom.Webhook(wecomRobot) + ",\n"
		case i < 25:
			robots += unit + ",钉钉," + hook + "," + secret + "\n"
		case i < 27:
			roster += "联络员" + id + "," + unit + ",联络员,liaison" + id + ",\n"
		case i < 28:
			roster += "联络员" + id + "," + unit + ",联络员,,liaison" + id + "\n"
			c.ding.AddUsers("liaison" + id)
		default:
			c.alone = unit
		}
		if i%5 == 0 {
			c.heads[unit] = "head" + id
			roster += "负责人" + id + "," + unit + ",负责人,head" + id + ",\n"
		}
	}
	for kind, text := range map[string]string{importRoster: roster, importGroups: robots} {
		report, err := c.app.operator.Import(context.Background(), importRequest{Kind: kind, File: "t.csv", Data: []byte(text), Apply: true})
		if err != nil || report.Bad {
			c.t.Fatalf("%s: %v %q", kind, err, report.Lines)
		}
	}
}

func (c *county) view(fn func(store.Reader) error) {
	c.t.Helper()
	if err := c.app.store.View(context.Background(), fn); err != nil {
		c.t.Fatal(err)
	}
}

func (c *county) update(fn func(*store.Tx) error) {
	c.t.Helper()
	if err := c.app.store.Update(context.Background(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// ledger lists the notices of the kinds, written in [from, to), oldest first.
func (c *county) ledger(from, to time.Time, kinds ...string) (list []outbox.Record) {
	c.t.Helper()
	c.view(func(r store.Reader) (err error) {
		list, err = c.app.box.List(r, outbox.Query{From: from, To: to, Limit: 1 << 20})
		return err
	})
	list = slices.DeleteFunc(list, func(rec outbox.Record) bool { return !slices.Contains(kinds, rec.Kind) })
	slices.Reverse(list)
	return list
}

// seen is what a platform showed.
type seen struct {
	where string // platform, and robot or person
	text  string
	at    time.Time
}

// deliveries lists what both platforms showed.
func (c *county) deliveries() (list []seen) {
	for _, d := range c.wecom.Delivered() {
		list = append(list, seen{"wecom " + d.By + " " + d.To, d.Text, d.At.In(c.cal.Location())})
	}
	for _, d := range c.ding.Delivered() {
		list = append(list, seen{"dingtalk " + d.By + " " + d.Conversation, strings.Join(d.Lines(), "\n"), d.Time.In(c.cal.Location())})
	}
	return list
}

// lawful fails the test if a delivery broke a rule: outside of the hours, on a day
// off, too many for a robot in a minute; or if the ledger and the platforms differ.
func (c *county) lawful() {
	c.t.Helper()
	hours := calendar.Hours{From: 9 * 60, To: 17*60 + 30}
	all := c.deliveries()
	slices.SortStableFunc(all, func(a, b seen) int { return a.at.Compare(b.at) })
	shown, last := map[string]int{}, map[string][]time.Time{}
	for _, d := range all {
		m := headPattern.FindStringSubmatch(d.text)
		if m == nil {
			m = cardPattern.FindStringSubmatch(d.text)
		}
		if m == nil {
			shown["test"]++
			continue
		}
		shown[m[1]]++
		if open := c.cal.NextOpen(d.at, hours); !open.Equal(d.at) {
			c.t.Errorf("%s: at %s, outside of the hours:\n%s", d.where, d.at, d.text)
		}
		last[d.where] = append(last[d.where], d.at)
		if n := len(last[d.where]); n > 20 && d.at.Sub(last[d.where][n-21]) < time.Minute {
			c.t.Errorf("%s: more than 20 in the minute up to %s", d.where, d.at)
		}
	}
	for _, v := range append(c.wecom.Violations(), c.ding.Complaints()...) {
		c.t.Errorf("a platform: %s", v)
	}
	ledger, days := map[string]int{}, map[string]int{}
	for _, rec := range c.ledger(time.Time{}, time.Time{}, task.KindRemind, kindTest) {
		who := "test"
		if rec.Kind == task.KindRemind {
			who = cmp.Or(rec.Unit, "协调组办公室")
			days[who+" "+rec.At.In(c.cal.Location()).Format(time.DateOnly)]++
		}
		ledger[who]++
		if rec.State != outbox.StateSent || rec.Total != 1 {
			c.t.Errorf("%s is %s after %d tries", rec.Key, rec.State, rec.Total)
		}
	}
	if diff := gocmp.Diff(ledger, shown); diff != "" {
		c.t.Errorf("the ledger and what the platforms showed (-ledger +shown):\n%s", diff)
	}
	for day, n := range days {
		if n > c.cfg.Remind.DailyCap {
			c.t.Errorf("%s: %d messages", day, n)
		}
	}
}

var (
	headPattern = regexp.MustCompile(`^【任务提醒】(\S+?)：(\d+) 项`)
	cardPattern = regexp.MustCompile(`(?m)^(?:\*\*)?发给(?:\*\*：|: )(\S+)$`) // of one new task, where a platform has cards
	itemPattern = regexp.MustCompile(`(?m)^(?:［.］)?(T\d+) (.*)$`)
	morePattern = regexp.MustCompile(`另有 (\d+) 项没有列出`)
)

// year is a rehearsed year, with all that must be said in it.
type year struct {
	*county
	hands *hands
	rng   *rand.Rand
	plan  map[time.Time][]func(*store.Tx) // what people do when
	lived map[task.Number]bool            // tasks whose units' deeds are planned
	owed  map[string]map[task.Number][]task.Cause
	board *task.Board
	tasks map[task.Number]task.Task // as they stood last
	told  int                       // items
	held  int                       // by the cap
	calls int
	pass  time.Time // the last moment that was looked at
}

// A year of the county: each thing that is due is said once and when it should,
// by an account of its own that is kept beside the program's.
func TestAYearIsRehearsed(t *testing.T) {
	t.Parallel()
	loc := (&config.Config{Timezone: "Asia/Shanghai"}).Location()
	begin := time.Date(2026, time.January, 1, 8, 0, 0, 0, loc)
	end := time.Date(2026, time.December, 31, 18, 0, 0, 0, loc)
	tasks := number("XIETIAO_TASKS", 60) // under the race detector 300 take two minutes
	h := &hands{at: begin}
	y := &year{
		county: newCounty(t, programTime{h.now, 1000}), hands: h, rng: rand.New(rand.NewPCG(2026, 4)),
		plan: map[time.Time][]func(*store.Tx){}, lived: map[task.Number]bool{}, tasks: map[task.Number]task.Task{}, owed: map[string]map[task.Number][]task.Cause{},
	}
	y.board = y.app.board
	y.handOut(begin, end, tasks)
	y.quiet()
	for now := begin; now.Before(end); now = y.next(now) {
		y.at(now)
	}
	y.lawful()
	t.Logf("%d tasks were told of %d times in %d messages, %d times later for the cap, %d times by telephone",
		len(y.lived), y.told, len(y.ledger(time.Time{}, time.Time{}, task.KindRemind)), y.held, y.calls)
	if y.told == 0 || y.held == 0 || y.calls == 0 {
		t.Error("a part of the rules was not met with")
	}
	report, err := y.app.operator.Verify(context.Background())
	if err != nil || len(report.Breaks) > 0 || report.Chains < tasks {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

// does plans what somebody does at a moment.
func (y *year) does(at time.Time, fn func(*store.Tx)) { y.plan[at] = append(y.plan[at], fn) }

// moment is a time of the day so many days after another.
func (y *year) moment(from time.Time, days, hour int) time.Time {
	return y.cal.Day(from).AddDays(days).At(hour, 0, y.cal.Location())
}

func (y *year) some(n int) int { return y.rng.IntN(n) }

// handOut plans which tasks the office hands out: all over the year, most of them
// in working hours.
func (y *year) handOut(begin, end time.Time, n int) {
	days := int(end.Sub(begin).Hours()/24) - 20
	for i := range n {
		d := task.Draft{Title: fmt.Sprintf("第%d件事", i+1), Remark: "预演"}
		units := y.rng.Perm(len(y.units))
		for _, u := range units[:1+y.some(2)] {
			d.Leads = append(d.Leads, y.units[u])
		}
		for _, u := range units[2 : 2+y.some(4)] {
			d.Supports = append(d.Supports, y.units[u])
		}
		at := y.moment(begin, 4+y.some(days), []int{10, 11, 14, 15, 16, 20}[y.some(6)])
		switch { // a meeting that gives each unit something, and a day on which one gets one after the other
		case i < 24:
			at = y.moment(begin, 12, 10)
			d.Leads, d.Supports = y.units[i:i+1], nil
		case i < 30:
			at = y.moment(begin, 60, 10+i%6)
			d.Leads, d.Supports = y.units[:1], nil
		}
		switch {
		case i > 29 && i%6 == 3:
			d.Rule = []task.Rule{
				{Every: task.EveryQuarter}, {Every: task.EveryMonth, On: task.OnWorkday, N: -1}, {Every: task.EveryHalf},
				{Every: task.EveryYear}, {Every: task.EveryMonth, On: task.OnDay, N: 5},
			}[y.some(5)]
		case i%10 != 7:
			d.Deadline = y.cal.Day(y.moment(at, 5+y.some(60), 0))
		}
		y.does(at, func(tx *store.Tx) {
			t, _, err := y.board.Create(tx, task.Key(d.Title), d, task.Operator)
			if err != nil {
				y.t.Fatal(err)
			}
			y.step(tx, t.Number, task.Action{Do: task.DoHand}, task.Operator)
		})
	}
}

// live plans what becomes of a task that the units have.
func (y *year) live(t task.Task, now time.Time) {
	if y.lived[t.Number] || t.Recurs() {
		return
	}
	y.lived[t.Number] = true
	n := t.Number
	step := func(at time.Time, a task.Action, by task.Actor) {
		y.does(at, func(tx *store.Tx) { y.step(tx, n, a, by) })
	}
	due := y.moment(now, 20+y.some(30), 0)
	if !t.Deadline.IsZero() {
		due = t.Deadline.At(0, 0, y.cal.Location())
	}
	for _, s := range t.Shares {
		by := task.Actor{By: "P1", Unit: s.Unit}
		if y.some(4) > 0 {
			step(y.moment(now, 1+y.some(9), 10), task.Action{Do: task.DoSign}, by)
		}
		done := y.moment(due, y.some(20)-10, 15)
		if y.some(12) == 0 {
			done = y.moment(due, 30, 15)
		}
		if !done.After(now) {
			done = y.moment(now, 1, 15)
		}
		step(done, task.Action{Do: task.DoSign}, by) // where it was not done before
		step(done, task.Action{Do: task.DoReport, Text: "办好了"}, by)
		step(y.moment(done, 1, 15), task.Action{Do: task.DoReview}, task.Operator)
		step(y.moment(done, 1, 15), task.Action{Do: task.DoClose}, task.Operator)
	}
	if lead := t.LeadUnits()[0]; y.some(6) == 0 {
		step(y.moment(due, -2, 10), task.Action{Do: task.DoAsk, Text: "人手不够", To: y.cal.Day(due).AddDays(9)}, task.Actor{By: "P1", Unit: lead})
		step(y.moment(due, -1, 10), []task.Action{{Do: task.DoGrant}, {Do: task.DoDeny, Text: "按期办"}}[y.some(2)], task.Operator)
	}
	switch y.some(16) {
	case 0:
		step(y.moment(now, y.some(20), 20), task.Action{Do: task.DoCancel, Text: "不用办了"}, task.Operator)
	case 1:
		step(y.moment(now, y.some(20), 10), task.Action{Do: task.DoUrge}, task.Operator)
	}
}

// step takes a step, if it is allowed, and notes who must hear of it.
func (y *year) step(tx *store.Tx, n task.Number, a task.Action, by task.Actor) {
	before, err := y.board.Get(tx, n)
	if err != nil {
		y.t.Fatal(err)
	}
	t, err := y.board.Apply(tx, n, a, by)
	if task.Tell(err) != "" {
		return
	}
	if err != nil {
		y.t.Fatal(err)
	}
	if a.Do == task.DoHand {
		y.live(t, y.hands.now())
	}
	tell := func(unit string, c task.Cause) { y.owe(unit, n, c) }
	switch a.Do {
	case task.DoAsk:
		tell(task.Office, task.CauseAsked)
	case task.DoReport:
		if before.State != task.StateReported && t.State == task.StateReported {
			tell(task.Office, task.CauseReported)
		}
	case task.DoDeny:
		tell(t.Delays[len(t.Delays)-1].Unit, task.CauseDeny)
	}
	if c, ok := map[task.Do]task.Cause{task.DoHand: task.CauseHand, task.DoUrge: task.CauseUrge, task.DoGrant: task.CauseGrant, task.DoCancel: task.CauseCancel}[a.Do]; ok {
		for _, s := range t.Shares {
			tell(s.Unit, c)
		}
	}
}

func (y *year) owe(unit string, n task.Number, c task.Cause) {
	if y.owed[unit] == nil {
		y.owed[unit] = map[task.Number][]task.Cause{}
	}
	if !slices.Contains(y.owed[unit][n], c) {
		y.owed[unit][n] = append(y.owed[unit][n], c)
	}
}

// stands says whether there is still a reason to tell the unit.
func stands(t task.Task, unit string, c task.Cause) bool {
	s, _ := t.Share(unit)
	handed := (t.State == task.StateAssigned || t.State == task.StateSigned) && !t.Recurs()
	working := handed && s.Done.IsZero()
	_, asked := t.Pending()
	switch c {
	case task.CauseHand, task.CauseSign:
		return working && s.Signed.IsZero()
	case task.CauseUrge, task.CauseDeadline, task.CauseOverdue, task.CauseHead:
		return working
	case task.CauseGrant, task.CauseDeny, task.CauseEscalate:
		return handed
	case task.CauseAsked:
		return handed && asked
	case task.CauseReported:
		return t.State == task.StateReported
	case task.CauseCancel:
		return t.State == task.StateCancelled && !t.Recurs()
	}
	panic(c)
}

// after counts the working days after a up to and with b, which is not before it.
func (y *year) after(a, b calendar.Date) (n int) {
	for d := a.AddDays(1); !d.After(b); d = d.AddDays(1) {
		if y.cal.Workday(d) {
			n++
		}
	}
	return n
}

// scheduled lists what the morning of a working day brings for a share.
func (y *year) scheduled(t task.Task, unit string, day calendar.Date) (causes []task.Cause) {
	s, _ := t.Share(unit)
	given := s.Handed
	if unit == task.Office {
		given = t.Handed
	}
	if t.Deadline.IsZero() || given.IsZero() || !given.Before(day.At(9, 0, y.cal.Location())) {
		return nil
	}
	last := t.Deadline
	for !y.cal.Workday(last) {
		last = last.AddDays(-1)
	}
	offsets := []int{3}
	if s.Lead {
		offsets = []int{7, 3, 1, 0}
	}
	late := 0
	if day.After(last) {
		late = y.after(last, day)
	}
	add := func(c task.Cause, due bool) {
		if due && stands(t, unit, c) {
			causes = append(causes, c)
		}
	}
	if unit == task.Office {
		add(task.CauseEscalate, late >= 5 && late%5 == 0)
		return causes
	}
	add(task.CauseSign, slices.Contains([]int{1, 3, 5}, y.after(y.cal.Day(given), day)))
	add(task.CauseDeadline, !day.After(last) && slices.Contains(offsets, y.after(day, last)))
	add(task.CauseOverdue, s.Lead && late >= 1)
	add(task.CauseHead, s.Lead && late >= 3 && (late-3)%5 == 0)
	return causes
}

// open says whether messages may go out.
func (y *year) open(now time.Time) bool {
	return y.cal.NextOpen(now, calendar.Hours{From: 9 * 60, To: 17*60 + 30}).Equal(now)
}

// at is one moment: people do what they do then, and what is due is said.
func (y *year) at(now time.Time) {
	y.t.Helper()
	morning := y.open(now) && now.Equal(y.cal.Day(now).At(9, 0, y.cal.Location()))
	if morning {
		for _, t := range y.tasks {
			for _, unit := range append(t.LeadUnits(), append(t.SupportUnits(), task.Office)...) {
				for _, c := range y.scheduled(t, unit, y.cal.Day(now)) {
					y.owe(unit, t.Number, c)
				}
			}
		}
	}
	y.hands.set(now)
	if deeds := y.plan[now]; len(deeds) > 0 {
		delete(y.plan, now)
		y.update(func(tx *store.Tx) error { // the store is a file: it runs once
			for _, deed := range deeds {
				deed(tx)
			}
			return nil
		})
	}
	y.quiet()
	y.look()
	for _, n := range slices.Sorted(maps.Keys(y.tasks)) { // in their order: each run is the same
		t := y.tasks[n]
		if t.Series != 0 && t.Created.At.After(y.pass) { // an occurrence that was made now
			y.live(t, now)
			for _, s := range t.Shares {
				y.owe(s.Unit, t.Number, task.CauseHand)
			}
		}
	}
	y.pass = now
	if y.open(now) {
		y.check(now)
	}
}

// look reads the tasks that are not over, and those that have ended since.
func (y *year) look() {
	y.t.Helper()
	y.view(func(r store.Reader) error {
		all, err := y.board.List(r, task.Query{})
		if err != nil {
			return err
		}
		live := map[task.Number]bool{}
		for _, t := range all {
			live[t.Number], y.tasks[t.Number] = true, t
		}
		for n, t := range y.tasks {
			if !live[n] && !t.State.Ended() {
				if y.tasks[n], err = y.board.Get(r, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// check compares what was said at the moment with what had to be.
func (y *year) check(now time.Time) {
	y.t.Helper()
	type said struct {
		head bool
		unit string
	}
	got, number := map[said][]task.Number{}, map[said]int{}
	for _, rec := range y.ledger(now, now.Add(time.Millisecond), task.KindRemind) {
		key := said{unit: rec.Unit, head: y.heads[rec.Unit] != "" && string(rec.To.User) == y.heads[rec.Unit]}
		m := headPattern.FindStringSubmatch(rec.Reply.Text)
		if m == nil || m[1] != cmp.Or(rec.Unit, "协调组办公室") {
			y.t.Fatalf("%s: %q", rec.Key, rec.Reply.Text)
		}
		number[key], _ = strconv.Atoi(m[2])
		for _, it := range itemPattern.FindAllStringSubmatch(rec.Reply.Text, -1) {
			n, ok := task.ParseNumber(it[1])
			if !ok || !strings.HasPrefix(it[2], y.tasks[n].Title) {
				y.t.Errorf("%s: %q", rec.Key, it[0])
			}
			got[key] = append(got[key], n)
		}
		if m := morePattern.FindStringSubmatch(rec.Reply.Text); m != nil {
			more, _ := strconv.Atoi(m[1])
			got[key] = append(got[key], make([]task.Number, more)...) // not named
		}
	}
	called := y.called(now)
	for _, unit := range slices.Sorted(maps.Keys(y.owed)) {
		want, heads := map[task.Number]bool{}, map[task.Number]bool{}
		for n, causes := range y.owed[unit] {
			for _, c := range causes {
				if !stands(y.tasks[n], unit, c) {
					continue
				}
				if c != task.CauseHead {
					want[n] = true
				} else if y.heads[unit] != "" {
					heads[n] = true
				}
			}
		}
		key, head := said{unit: unit}, said{unit: unit, head: true}
		kept := map[task.Number][]task.Cause{}
		switch {
		case unit == y.alone:
			for n := range want {
				if !called[n] {
					y.t.Errorf("%s: nobody is told to call up %s about %s", now, unit, n)
				}
			}
			y.calls += len(want)
		case len(want) > 0 && number[key] == 0 && y.count(unit, now) == y.cfg.Remind.DailyCap:
			y.held += len(want)
			for n := range want {
				kept[n] = slices.DeleteFunc(slices.Clone(y.owed[unit][n]), func(c task.Cause) bool { return c == task.CauseHead })
			}
		default:
			y.compare(now, unit, want, got[key], number[key])
		}
		if len(heads) > 0 && number[head] == 0 && y.count(unit, now) >= y.cfg.Remind.DailyCap-1 {
			for n := range heads {
				kept[n] = append(kept[n], task.CauseHead)
			}
		} else {
			y.compare(now, unit+"的负责人", heads, got[head], number[head])
		}
		delete(got, key)
		delete(got, head)
		if y.owed[unit] = kept; len(kept) == 0 {
			delete(y.owed, unit)
		}
	}
	for key, list := range got {
		y.t.Errorf("%s: %s was told of %v for no reason", now, key.unit, list)
	}
}

// compare fails the test unless exactly these were told of, each once.
func (y *year) compare(now time.Time, who string, want map[task.Number]bool, got []task.Number, number int) {
	y.t.Helper()
	y.told += len(want)
	named := map[task.Number]bool{}
	for _, n := range got {
		if n != 0 && (named[n] || !want[n]) {
			y.t.Errorf("%s: %s was told of %s twice, or for no reason", now, who, n)
		}
		named[n] = true
	}
	if len(got) != len(want) || number != len(want) {
		y.t.Errorf("%s: %s was told of %v (%d), not of %v", now, who, got, number, slices.Sorted(maps.Keys(want)))
	}
}

// count is how many messages went to the unit on the day so far.
func (y *year) count(unit string, now time.Time) (n int) {
	midnight := y.cal.Day(now).At(0, 0, y.cal.Location())
	for _, rec := range y.ledger(midnight, now.Add(time.Millisecond), task.KindRemind) {
		if rec.Unit == unit {
			n++
		}
	}
	return n
}

// called lists what of the day is to be told by telephone.
func (y *year) called(now time.Time) map[task.Number]bool {
	list := map[task.Number]bool{}
	y.view(func(r store.Reader) error {
		calls, err := y.board.Calls(r, y.cal.Day(now))
		for _, m := range calls {
			for _, it := range m.Items {
				list[it.Task.Number] = true
			}
		}
		return err
	})
	return list
}

// waits reads the moments at the beginning of an index' keys.
func waits(r store.Reader, bucket string, field int) (list []time.Time, err error) {
	err = r.Scan(bucket, store.Range{}, func(key string, _ []byte) error {
		ms, err := strconv.ParseInt(strings.FieldsFunc(key, func(c rune) bool { return c == 0 || c == '/' })[field], 10, 64)
		list = append(list, time.UnixMilli(ms))
		return err
	})
	return list, err
}

// coming lists when the program has something to do: occurrences to make, things
// to say, and notices to send.
func (y *year) coming() (list []time.Time, sending bool) {
	now := y.hands.now()
	y.view(func(r store.Reader) error {
		series, err1 := waits(r, "task.coming", 0)
		due, err2 := waits(r, "task.due", 0)
		lanes, err3 := waits(r, "outbox.due", 1)
		st, err4 := y.app.box.Stats(r)
		sending = st.Sending > 0
		for _, at := range due {
			if !at.After(now) && !y.open(now) {
				at = y.cal.NextOpen(now, calendar.Hours{From: 9 * 60, To: 17*60 + 30})
			}
			series = append(series, at)
		}
		list = append(series, lanes...)
		return cmp.Or(err1, err2, err3, err4)
	})
	return list, sending
}

// quiet waits until nothing is to be done at this moment.
func (y *year) quiet() {
	y.t.Helper()
	now := y.hands.now()
	until(y.t, "all is done at "+now.String(), func() bool {
		list, sending := y.coming()
		return !sending && !slices.ContainsFunc(list, func(at time.Time) bool { return !at.After(now) })
	})
}

// next is when something happens next: by the program, or by somebody.
func (y *year) next(now time.Time) time.Time {
	list, _ := y.coming()
	for at := range y.plan {
		list = append(list, at)
	}
	next := now.AddDate(1, 0, 0)
	for _, at := range list {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	return next.In(y.cal.Location())
}

// The program's clock goes by itself: the morning's messages go out after nine, as
// fast as the platforms take them by that clock.
func TestARehearsalByItsOwnClock(t *testing.T) {
	t.Parallel()
	loc := (&config.Config{Timezone: "Asia/Shanghai"}).Location()
	start := time.Date(2026, time.March, 2, 8, 55, 0, 0, loc) // a Monday
	c := newCounty(t, rehearsalTime(start, 300))
	c.update(func(tx *store.Tx) error {
		for i, unit := range c.units[:28] {
			d := task.Draft{Title: fmt.Sprintf("第%d件事", i+1), Leads: []string{unit}, Deadline: c.cal.Day(start).AddDays(1 + i%5)}
			made, _, err := c.app.board.Create(tx, task.Key(d.Title), d, task.Operator)
			if err != nil {
				return err
			}
			if _, err := c.app.board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator); err != nil {
				return err
			}
		}
		return nil
	})
	until(t, "all units are told", func() bool {
		list := c.ledger(time.Time{}, time.Time{}, task.KindRemind)
		return len(list) == 28 && !slices.ContainsFunc(list, func(rec outbox.Record) bool { return !rec.State.Ended() })
	})
	c.lawful()
}

// Rehearsals and real work keep apart.
func TestARehearsalKeepsToItself(t *testing.T) {
	t.Parallel()
	const clock = "2026-01-01T08:00:00+08:00"
	dir := t.TempDir()
	used := filled(t)
	run := func(yaml string, args ...string) result {
		file := filepath.Join(files(t, map[string]string{"c.yaml": yaml}), "c.yaml")
		return inProcess("", append([]string{"serve", "-listen", "127.0.0.1:0", "-config", file}, args...)...)
	}
	run("", "-data", used, "-clock", clock).want(t, 1, "不是空的，也不是预演用过的")
	if _, err := os.Stat(filepath.Join(used, rehearsalFile)); err == nil {
		t.Error("a folder in use was marked")
	}
	robot := "dingtalk: {client_id: a, client_secret: b}\n"
	run(robot, "-data", filepath.Join(dir, "a"), "-clock", clock).want(t, 1, "dingtalk.api_base、dingtalk.oapi_base")
	run("wecom: {api_base: \"http://10.0.0.1\"}\n", "-data", filepath.Join(dir, "b"), "-clock", clock).want(t, 1, "wecom.api_base 改成")
	run("redis: redis://127.0.0.1:1/0\n", "-data", filepath.Join(dir, "c"), "-clock", clock).want(t, 1, "rehearsal- 开头")
	run("redis: redis://127.0.0.1:1/0\nspace: rehearsal-1\n", "-data", filepath.Join(dir, "d")).want(t, 1, "space rehearsal-1 是预演用的")
	for _, args := range [][]string{{"-speed", "2"}, {"-clock", "tomorrow"}, {"-clock", clock, "-speed", "0"}} {
		run("", args...).want(t, 2, args[len(args)-2])
	}

	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(dir, "e")
	for range 2 { // it may be gone on with
		a, err := newAppBy(t.Context(), cfg, rehearsalTime(time.Now(), 10), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
	}
	run("", "-data", cfg.Data).want(t, 1, "是预演用的")
}
