package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
)

// year is a rehearsed year, with all that must be said in it.
type year struct {
	*county
	hands *hands
	rest  func() // returns when all is done that is to be done at the moment
	rng   *rand.Rand
	plan  map[time.Time][]func(*store.Tx) error // what people do when
	heard []func()                              // what follows from what they have just done, once it is committed
	lived map[task.Number]bool                  // tasks whose units' deeds are planned
	owed  map[hearer]matters                    // what they are to be told
	lost  map[hearer]matters                    // what they were told in messages that did not go out
	pages []page                                // messages that may not have gone out
	tasks map[task.Number]task.Task             // as they stood last
	told  int                                   // items
	held  int                                   // by the cap
	again int                                   // items told once more, since a message did not go out
	calls int
	pass  time.Time // the last moment that was looked at
	first time.Time // when the first task was handed out
}

// hearer is who is told something: a unit, or the office, or a unit's head.
type hearer struct {
	unit string
	head bool
}

func (s hearer) String() string {
	if s.head {
		return s.unit + "的负责人"
	}
	return cmp.Or(s.unit, "协调组办公室")
}

// matters are tasks, and why somebody is to be told of them.
type matters map[task.Number][]task.Cause

func (m matters) add(n task.Number, causes ...task.Cause) {
	for _, c := range causes {
		if !slices.Contains(m[n], c) {
			m[n] = append(m[n], c)
		}
	}
}

// addTo is add, for somebody of whom there may be nothing yet.
func addTo(all map[hearer]matters, who hearer, n task.Number, causes ...task.Cause) {
	if all[who] == nil {
		all[who] = matters{}
	}
	all[who].add(n, causes...)
}

// page is a message that somebody was told something by.
type page struct {
	key  string // of the notice
	who  hearer
	told matters
}

// newYear is a year in the county, which has been settled.
func newYear(c *county, h *hands) *year {
	y := &year{
		county: c, hands: h, rng: rand.New(rand.NewPCG(2026, 4)), plan: map[time.Time][]func(*store.Tx) error{}, lived: map[task.Number]bool{},
		tasks: map[task.Number]task.Task{}, owed: map[hearer]matters{}, lost: map[hearer]matters{},
	}
	y.rest = y.quiet
	return y
}

// live lets the time pass up to the end.
func (y *year) live(end time.Time) {
	y.t.Helper()
	for now := y.next(); now.Before(end); now = y.next() {
		y.at(now)
	}
}

// shanghai is a moment of 2026.
func shanghai(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, (&config.Config{Timezone: "Asia/Shanghai"}).Location())
}

// A year of the county: each thing that is due is said once and when it should,
// by an account of its own that is kept beside the program's.
func TestAYearIsRehearsed(t *testing.T) {
	t.Parallel()
	begin, end := shanghai(time.January, 1, 8), shanghai(time.December, 31, 18)
	tasks := rehearsed(t)
	h := &hands{at: begin}
	c := newCounty(t, false)
	c.app, _ = c.serve(c.cfg, programTime{h.now, 1000})
	c.settle()
	y := newYear(c, h)
	y.quiet() // the groups' tests are sent
	y.handOut(begin, end, tasks)
	y.live(end)
	y.lawful()
	y.once()
	y.bulletins(begin, end)
	y.whole(tasks)
	if list := y.ledger(time.Time{}, time.Time{}, task.KindCalendar); len(list) != 1 {
		t.Errorf("the office was told %d times that 2027 is not known", len(list))
	}
	if y.held == 0 || y.calls == 0 {
		t.Error("a part of the rules was not met with")
	}
}

// whole fails the test unless tasks were told of, and their histories are whole.
func (y *year) whole(tasks int) {
	y.t.Helper()
	list, repeats := y.ledger(time.Time{}, time.Time{}, task.KindRemind), 0
	for _, rec := range list {
		if rec.Repeat {
			repeats++
		}
	}
	y.t.Logf("%d tasks were told of %d times in %d messages, %d of them perhaps sent twice; %d times later for the cap, %d times anew, %d times by telephone",
		len(y.lived), y.told, len(list), repeats, y.held, y.again, y.calls)
	report, err := local{store: y.app.store, board: y.app.board}.Verify(context.Background())
	if err != nil || len(report.Bad) > 0 || report.Chains < tasks || y.told < tasks {
		y.t.Errorf("verify: %+v, %v", report, err)
	}
}

// does plans what somebody does at a moment.
func (y *year) does(at time.Time, fn func(*store.Tx) error) { y.plan[at] = append(y.plan[at], fn) }

// moment is a time of the day so many days after another.
func (y *year) moment(from time.Time, days, hour int) time.Time {
	return y.cal.Day(from).AddDays(days).At(hour, 0, y.cal.Location())
}

func (y *year) some(n int) int { return y.rng.IntN(n) }

// handOut plans which tasks the office hands out: all over the year, most of them
// in working hours.
func (y *year) handOut(begin, end time.Time, n int) {
	days, meeting := int(end.Sub(begin).Hours()/24)-20, min(24, n*2/5)
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
		case i < meeting:
			at = y.moment(begin, 12, 10)
			d.Leads, d.Supports = y.units[i:i+1], nil
		case i < meeting+min(6, n/10):
			at = y.moment(begin, 60, 10+i%6)
			d.Leads, d.Supports = y.units[:1], nil
		}
		switch {
		case i >= meeting+min(6, n/10) && i%6 == 3:
			d.Rule = []task.Rule{
				{Every: task.EveryQuarter}, {Every: task.EveryMonth, On: task.OnWorkday, N: -1}, {Every: task.EveryHalf},
				{Every: task.EveryYear}, {Every: task.EveryMonth, On: task.OnDay, N: 5},
			}[y.some(5)]
		case i%10 != 7:
			d.Deadline = y.cal.Day(y.moment(at, 5+y.some(60), 0))
		}
		y.does(at, y.handing(d))
	}
}

// handing makes a task of the draft and hands it out.
func (y *year) handing(d task.Draft) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		t, _, err := y.app.board.Create(tx, task.Key(d.Title), d, task.Operator)
		if err != nil {
			return err
		}
		return y.step(tx, t.Number, task.Action{Do: task.DoHand}, task.Operator)
	}
}

// deal plans what becomes of a task that the units have.
func (y *year) deal(t task.Task, now time.Time) {
	if y.lived[t.Number] || t.Recurs() {
		return
	}
	y.lived[t.Number] = true
	n := t.Number
	step := func(at time.Time, a task.Action, by task.Actor) {
		y.does(at, func(tx *store.Tx) error { return y.step(tx, n, a, by) })
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

// step takes a step, if it is allowed.
func (y *year) step(tx *store.Tx, n task.Number, a task.Action, by task.Actor) error {
	before, err := y.app.board.Get(tx, n)
	if err != nil {
		return err
	}
	t, err := y.app.board.Apply(tx, n, a, by)
	if task.Tell(err) != "" {
		return nil
	}
	y.heard = append(y.heard, func() { y.hear(before, t, a.Do) })
	return err
}

// hear notes who must hear of a step.
func (y *year) hear(before, t task.Task, do task.Do) {
	if do == task.DoHand {
		if y.first.IsZero() {
			y.first = y.hands.now()
		}
		y.deal(t, y.hands.now())
	}
	switch do {
	case task.DoAsk:
		y.owe(task.Office, t.Number, task.CauseAsked)
	case task.DoReport:
		if before.State != task.StateReported && t.State == task.StateReported {
			y.owe(task.Office, t.Number, task.CauseReported)
		}
	case task.DoDeny:
		y.owe(t.Delays[len(t.Delays)-1].Unit, t.Number, task.CauseDeny)
	}
	if c, ok := map[task.Do]task.Cause{task.DoHand: task.CauseHand, task.DoUrge: task.CauseUrge, task.DoGrant: task.CauseGrant, task.DoCancel: task.CauseCancel}[do]; ok {
		for _, s := range t.Shares {
			y.owe(s.Unit, t.Number, c)
		}
	}
}

func (y *year) owe(unit string, n task.Number, c task.Cause) {
	addTo(y.owed, hearer{unit, c == task.CauseHead}, n, c)
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
	if morning := y.cal.Day(now).At(9, 0, y.cal.Location()); now.Equal(morning) && y.open(now) {
		for _, t := range y.tasks {
			for _, unit := range append(t.LeadUnits(), append(t.SupportUnits(), task.Office)...) {
				for _, c := range y.scheduled(t, unit, y.cal.Day(now)) {
					y.owe(unit, t.Number, c)
				}
			}
		}
	}
	y.hands.set(now)
	var deeds []func(*store.Tx) error
	for _, at := range slices.SortedFunc(maps.Keys(y.plan), time.Time.Compare) {
		if !at.After(now) {
			deeds = append(deeds, y.plan[at]...)
			delete(y.plan, at)
		}
	}
	if len(deeds) > 0 {
		y.update(func(tx *store.Tx) error {
			y.heard = nil
			for _, deed := range deeds {
				if err := deed(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for _, fn := range y.heard {
			fn()
		}
	}
	y.rest()
	y.look()
	for _, n := range slices.Sorted(maps.Keys(y.tasks)) { // in their order: each run is the same
		t := y.tasks[n]
		if t.Series != 0 && t.Created.At.After(y.pass) { // an occurrence that was made now
			y.deal(t, now)
			for _, s := range t.Shares {
				y.owe(s.Unit, t.Number, task.CauseHand)
			}
		}
	}
	y.pass = y.hands.now()
	if y.open(now) {
		y.check(now)
	}
}

// look reads the tasks that are not over, and those that have ended since.
func (y *year) look() {
	y.t.Helper()
	y.view(func(r store.Reader) error {
		all, err := y.app.board.List(r, task.Query{})
		if err != nil {
			return err
		}
		live := map[task.Number]bool{}
		for _, t := range all {
			live[t.Number], y.tasks[t.Number] = true, t
		}
		for n, t := range y.tasks {
			if !live[n] && !t.State.Ended() {
				if y.tasks[n], err = y.app.board.Get(r, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// check compares what was said since the moment began with what had to be.
func (y *year) check(from time.Time) {
	y.t.Helper()
	day := y.cal.Day(from)
	morning := from.Equal(day.At(9, 0, y.cal.Location()))
	gone, failed := y.fate(from)
	got := map[hearer][]outbox.Record{}
	for _, rec := range y.ledger(from, y.hands.now().Add(time.Millisecond), task.KindRemind) {
		who := hearer{rec.Unit, y.heads[rec.Unit] != "" && string(rec.To.User) == y.heads[rec.Unit]}
		got[who] = append(got[who], rec)
	}
	all := map[hearer]bool{}
	for _, some := range []map[hearer]matters{y.owed, gone, failed} {
		for who := range some {
			all[who] = true
		}
	}
	for who := range got {
		all[who] = true
	}
	called := y.called(day)
	for who := range all {
		must, may := matters{}, matters{}
		y.stand(must, who, y.owed[who])
		y.stand(may, who, failed[who])
		if morning || len(got[hearer{unit: who.unit}])+len(got[hearer{who.unit, true}]) > 0 {
			y.stand(must, who, gone[who])
			delete(gone, who)
		}
		delete(y.owed, who)
		most := y.cfg.Remind.DailyCap
		if who.head {
			most--
		}
		switch {
		case who.unit == y.alone:
			for n := range must {
				if !who.head && !called[n] {
					y.t.Errorf("%s: nobody is told to call up %s about %s", from, who, n)
				}
			}
			y.calls += len(must)
		case who.head && y.heads[who.unit] == "":
		case len(must) > 0 && len(got[who]) == 0 && y.count(who.unit, day) >= most:
			y.held += len(must)
			y.owed[who] = must
		default:
			y.compare(from, who, must, may, got[who])
		}
		for n, causes := range failed[who] {
			addTo(gone, who, n, causes...)
		}
	}
	y.lost = gone
}

// stand adds what there still is a reason to tell.
func (y *year) stand(to matters, who hearer, from matters) {
	for n, causes := range from {
		for _, c := range causes {
			if stands(y.tasks[n], who.unit, c) {
				to.add(n, c)
			}
		}
	}
}

// fate looks at what became of messages. It returns what was in those that did not
// go out, and what in those that may have been given up only after the moment's
// messages were written.
func (y *year) fate(from time.Time) (gone, failed map[hearer]matters) {
	y.t.Helper()
	gone, failed = y.lost, map[hearer]matters{}
	y.view(func(r store.Reader) error {
		kept := y.pages[:0:0]
		for _, p := range y.pages {
			rec, _, err := y.app.box.Record(r, p.key)
			if err != nil {
				return err
			}
			list := gone
			switch {
			case rec.State == outbox.StateSent:
				continue
			case !rec.State.Ended():
				kept = append(kept, p)
				continue
			case rec.State != outbox.StateCancelled && !rec.Ended.Before(from) && rec.Expires.After(from):
				list = failed
			}
			for n, causes := range p.told {
				addTo(list, p.who, n, causes...)
				y.again++
			}
		}
		y.pages = kept
		return nil
	})
	return gone, failed
}

// compare fails the test unless somebody was told what he must be told, each thing
// once, and nothing but what he may be told.
func (y *year) compare(now time.Time, who hearer, must, may matters, got []outbox.Record) {
	y.t.Helper()
	rest, sum, told, more := maps.Clone(must), 0, 0, 0
	for i, rec := range got {
		m := headPattern.FindStringSubmatch(rec.Reply.Text)
		if m == nil || m[1] != (hearer{unit: who.unit}).String() {
			y.t.Fatalf("%s: %q", rec.Key, rec.Reply.Text)
		}
		if n, _ := strconv.Atoi(m[2]); m[3] == "" { // of a message of several pages the first
			sum += n
		}
		p := page{rec.Key, who, matters{}}
		for _, it := range itemPattern.FindAllStringSubmatch(rec.Reply.Text, -1) {
			n, ok := task.ParseNumber(it[1])
			if !ok || !strings.HasPrefix(it[2], y.tasks[n].Title) {
				y.t.Errorf("%s: %q", rec.Key, it[0])
			}
			if rest[n] == nil && may[n] == nil {
				y.t.Errorf("%s: %s was told of %s twice, or for no reason", now, who, n)
			}
			p.told.add(n, append(slices.Clone(rest[n]), may[n]...)...)
			delete(rest, n)
			delete(may, n)
		}
		if m := morePattern.FindStringSubmatch(rec.Reply.Text); m != nil {
			more, _ = strconv.Atoi(m[1])
		}
		if i == len(got)-1 && len(rest) == more { // they are with the last page
			maps.Copy(p.told, rest)
			clear(rest)
		}
		told += len(p.told)
		y.pages = append(y.pages, p)
	}
	y.told += told
	if len(rest) > 0 || sum != told {
		y.t.Errorf("%s: %s was told of %d in %d messages, %d as they say, and not of %v", now, who, told, len(got), sum, slices.Sorted(maps.Keys(rest)))
	}
}

// count is how many messages went to the unit on the day so far, or will.
func (y *year) count(unit string, day calendar.Date) (n int) {
	midnight := day.At(0, 0, y.cal.Location())
	for _, rec := range y.ledger(midnight, midnight.AddDate(0, 0, 1), task.KindRemind) {
		if rec.Unit == unit && rec.State != outbox.StateCancelled {
			n++
		}
	}
	return n
}

// called lists what of the day is to be told by telephone.
func (y *year) called(day calendar.Date) map[task.Number]bool {
	list := map[task.Number]bool{}
	y.view(func(r store.Reader) error {
		calls, err := y.app.board.Calls(r, day)
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
	if at, ok := y.bulletinDay(y.cal.Day(now)); ok && !y.edition(at) { // looked at first: once it is written its notices are there to see
		list = append(list, at)
	}
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
		list = slices.Concat(list, series, lanes)
		return cmp.Or(err1, err2, err3, err4)
	})
	return list, sending
}

func mondayOf(day calendar.Date) calendar.Date { return day.AddDays(-(int(day.Weekday()) + 6) % 7) }

// bulletinDay is when the bulletin of the day's week is due, if that is still to come
// or now.
func (y *year) bulletinDay(day calendar.Date) (time.Time, bool) {
	from := mondayOf(day).At(0, 0, y.cal.Location())
	if now := y.hands.now(); from.Before(now) {
		from = now
	}
	at := y.cal.NextOpen(from, calendar.Hours{From: 9 * 60, To: 17*60 + 30})
	return at, y.cal.Day(at).Before(mondayOf(day).AddDays(7))
}

// edition says whether the week of a moment has had its bulletin, as far as it can
// have by then: one that did not go out comes again the next day.
func (y *year) edition(at time.Time) bool {
	var week struct {
		Day     calendar.Date `json:"day"`
		Settled bool          `json:"settled"`
	}
	y.view(func(r store.Reader) error {
		raw, had, err := r.Get("task.week", mondayOf(y.cal.Day(at)).String())
		if err != nil || !had {
			return err
		}
		return json.Unmarshal(raw, &week)
	})
	return week.Settled || week.Day == y.cal.Day(at)
}

// bulletins checks that each week whose first working day lies after the first task
// had its bulletin then, in words and as a picture, and no other had.
func (y *year) bulletins(begin, end time.Time) {
	y.t.Helper()
	shows := 1
	if y.app.drawing() != nil {
		shows++
	}
	want, got := map[string]int{}, map[string]int{}
	for monday := mondayOf(y.cal.Day(begin)); !monday.After(y.cal.Day(end)); monday = monday.AddDays(7) {
		first := y.cal.NextOpen(monday.At(0, 0, y.cal.Location()), calendar.Hours{From: 9 * 60, To: 17*60 + 30})
		if y.cal.Day(first).Before(monday.AddDays(7)) && first.After(y.first) && first.Before(end) {
			want[first.String()] = shows
		}
	}
	for _, d := range y.deliveries() {
		if strings.HasPrefix(d.text, bulletinHead) {
			got[d.at.String()]++
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" || len(want) < 45 {
		y.t.Errorf("bulletins of %d weeks (-want +got)\n%s", len(want), diff)
	}
}

// quiet waits until nothing is to be done at this moment.
func (y *year) quiet() {
	y.t.Helper()
	until(y.t, "all is done at "+y.hands.now().String(), func() bool {
		y.wake()
		return y.done()
	})
}

// done says whether nothing is to be done at this moment.
func (y *year) done() bool {
	now := y.hands.now()
	list, sending := y.coming()
	return !sending && !slices.ContainsFunc(list, func(at time.Time) bool { return !at.After(now) })
}

// next is when something happens next, by the program or by somebody, or may have
// to: each morning of a working day.
func (y *year) next() time.Time {
	now := y.hands.now()
	list, _ := y.coming()
	for at := range y.plan {
		if !at.After(now) { // a clock of its own went past it
			at = now.Add(time.Millisecond)
		}
		list = append(list, at)
	}
	day := y.cal.Day(now)
	for !y.cal.Workday(day) || !day.At(9, 0, y.cal.Location()).After(now) {
		day = day.AddDays(1)
	}
	next := day.At(9, 0, y.cal.Location())
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
	start := shanghai(time.March, 2, 9).Add(-5 * time.Minute) // a Monday
	c := newCounty(t, false)
	c.cfg.Remind.Bulletin = false // on a slow machine it is nine before there is a task
	c.app, _ = c.serve(c.cfg, rehearsalTime(start, 300))
	c.settle()
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
	c.once()
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
