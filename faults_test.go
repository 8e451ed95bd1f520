package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
)

// What a commit comes to when the program dies there.
var (
	errBefore = errors.New("the program died before the commit")
	errAfter  = errors.New("the program died after the commit")
)

// doom is what befalls a program at random: it dies before or after a commit or a
// push, or the store fails it.
type doom struct {
	mu   sync.Mutex // guards what follows
	rng  *rand.Rand
	odds int  // it dies at one in so many points
	on   bool // it may
	dead bool
	met  map[string]int // where, how often
}

// strikes says whether the program is dead at this point.
func (d *doom) strikes(where string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.on && !d.dead && d.rng.IntN(d.odds) == 0 {
		d.dead = true
		d.met[where]++
	}
	return d.dead
}

// fails says whether the store fails here.
func (d *doom) fails() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	fails := d.on && d.rng.IntN(20*d.odds) == 0
	if fails {
		d.met["the store failed"]++
	}
	return fails
}

// commit is store.Options.Fault.
func (d *doom) commit(committed bool) error {
	switch {
	case committed && d.strikes("after a commit"):
		return errAfter
	case !committed && d.strikes("before a commit"):
		return errBefore
	case !committed && d.fails():
		return store.ErrUnavailable
	}
	return nil
}

// doomed is a Pusher of a program that may die.
type doomed struct {
	chat.Pusher
	*doom
}

func (p doomed) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if p.strikes("before a push") {
		return chat.Unknown()
	}
	o := p.Pusher.Push(ctx, to, r)
	p.strikes("after a push")
	return o
}

// painter is a doomed one that sends pictures.
type painter struct {
	doomed
	chat.Illustrator
}

func (p painter) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	if p.strikes("before a picture") {
		return chat.Unknown()
	}
	o := p.Illustrator.Illustrate(ctx, to, png)
	p.strikes("after a picture")
	return o
}

// let switches doom on, where there is any, or off, for a program that has not died.
func (d *doom) let(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on, d.dead = on && d.odds > 0, false
}

func (d *doom) died() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// deaths counts them.
func (d *doom) deaths() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for where, times := range d.met {
		if where != "the store failed" {
			n += times
		}
	}
	return n
}

// desk opens the store and wires what tells people of things. It runs nothing.
func (c *county) desk(pt programTime, d *doom) (a *app) {
	c.t.Helper()
	ctx := c.t.Context()
	a = &app{cfg: c.cfg, log: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelError}))}
	fail := func(err error) {
		if err != nil {
			c.t.Fatal(err)
		}
	}
	var err error
	a.store, err = openStore(ctx, a.cfg, store.Options{Now: pt.now, NoSync: true, Fault: d.commit})
	fail(err)
	p, err := openPeople(ctx, a.cfg, a.store)
	fail(err)
	l, err := connect(a.cfg, chatState{a.store}, p.robots(), pt, "a", a.log)
	fail(err)
	for _, check := range l.checks { // there are tokens: a lease on fetching one outlives who died at it by ten seconds
		check.run(ctx)
	}
	for via, pusher := range l.pushers {
		l.pushers[via] = doomed{pusher, d}
		if p, ok := pusher.(chat.Illustrator); ok {
			l.pushers[via] = painter{doomed{pusher, d}, p}
		}
	}
	fail(a.speak(l, p, pt, "a", handlers.NewMetrics()))
	return a
}

// mortal makes what of the county's service tells people of things live by itself,
// and start anew whenever it has died.
func (c *county) mortal(pt programTime, d *doom) {
	c.t.Helper()
	var end func()
	begin := func() {
		c.t.Helper()
		d.let(false)
		a := c.desk(pt, d)
		d.let(true)
		ctx, cancel := context.WithCancel(context.Background())
		var all sync.WaitGroup
		for _, run := range []func(context.Context) error{a.box.Run, a.reminders.run} {
			all.Go(func() {
				if err := run(ctx); err != nil {
					c.t.Error(err)
				}
			})
		}
		c.app, end = a, func() {
			cancel()
			all.Wait()
			c.leave(a)
		}
	}
	begin()
	c.wake = func() {
		if d.died() {
			end()
			begin()
		}
	}
	c.t.Cleanup(func() { end() })
}

// leave closes the store.
func (c *county) leave(a *app) {
	if err := a.store.Close(); err != nil {
		c.t.Error(err)
	}
}

// rehearsed is how many tasks a rehearsal is made for. Under the race detector a year
// takes minutes: there only where somebody says how many, as make soak does.
func rehearsed(t *testing.T) int {
	t.Helper()
	if raced && os.Getenv("XIETIAO_TASKS") == "" {
		t.Skip("under the race detector this is for make soak; make rehearse runs it without")
	}
	return number("XIETIAO_TASKS", 60)
}

// Wherever the program dies, everybody is told what he must be told: once, and once
// more, marked, where nobody knows.
func TestAYearOfDeaths(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, redis bool) {
		tasks := rehearsed(t) / 10
		y, pt := settled(newCounty(t, redis), shanghai(time.January, 5, 8))
		d := &doom{rng: seed(t), odds: 5, met: map[string]int{}}
		y.mortal(pt, d)
		y.handOut(y.hands.now(), shanghai(time.December, 31, 18), tasks)
		y.live(shanghai(time.December, 31, 18))
		d.let(false)
		y.lawful()
		y.whole(tasks)
		t.Logf("%d deaths: %v", d.deaths(), d.met)
		if d.deaths() < 500*tasks/30 {
			t.Error("too few")
		}
	})
}

// settled is a year in a county whose people and groups are known, and whose service
// is stopped, with the service's clock.
func settled(c *county, begin time.Time) (*year, programTime) {
	c.t.Helper()
	y := newYear(c, &hands{at: begin})
	pt := programTime{y.hands.now, 1000}
	var stop func()
	c.app, stop = c.serve(c.cfg, pt)
	c.settle()
	y.quiet() // the groups' tests are sent
	stop()
	return y, pt
}

// speed is that of killed services' clock: what the platforms allow in a minute
// takes half a second.
const speed = 120

// rehearse starts the service by a clock that goes on from that of the hands, and
// puts them forward when its life is over: its clock was not further.
func (i *instance) rehearse(h *hands, live func()) {
	i.t.Helper()
	at, begun := h.now(), time.Now()
	i.args = []string{"-clock", at.Format(time.RFC3339Nano), "-speed", strconv.Itoa(speed)}
	i.start()
	live()
	h.set(at.Add(time.Since(begun) * speed))
}

// killed kills the service: at any moment, or while it waits for WeCom's answer to a
// message that came to nothing, or to one that people have seen. It says whether it
// did: not where there is no such message.
func (i *instance) killed(when int, rng *rand.Rand) bool {
	i.t.Helper()
	switch when {
	case 0:
		return false
	case 1:
		<-time.After(time.Duration(rng.IntN(150)) * time.Millisecond)
		i.kill()
		return true
	}
	i.wecom.Fail("*", chattest.WeComFault{Hang: when == 2, Stall: when == 3}, 1)
	hung := func() bool { return len(i.wecom.Hung()) > 0 }
	i.told(hung)
	ctx, cancel := context.WithTimeout(i.ctx, 100*time.Millisecond) // the last one may be on its way
	defer cancel()
	if each(ctx, hung) != nil {
		i.wecom.Fail("*", chattest.WeComFault{}, 0)
		return false
	}
	<-i.wecom.Hung()
	i.kill()
	return true
}

// told waits until what is due is written, and being sent, or the fact holds.
func (i *instance) told(or func() bool) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.ctx, 5*time.Second) // a notice may wait for a limit
	defer cancel()
	_ = each(ctx, func() bool { return or() || i.gauge(passesCounter) != "" && i.gauge(waitingGauge) == "0" })
}

var passesCounter = regexp.MustCompile(`(?m)^xietiao_reminder_passes_total\{outcome="ok"\} (\S+)$`)

// The built binary is killed while it tells people of things. What a rehearsal's
// store has written outlives that without waiting for the disk.
func TestAYearOfKills(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, redis bool) {
		kills := rehearsed(t) / 12
		r := newRig(t, redis, "http")
		i := r.instance("a")
		delete(i.env, "WECOM_AIBOT_ID")
		delete(i.env, "WECOM_AIBOT_SECRET")
		i.env["SPACE"] = rehearsedSpace
		begin := shanghai(time.March, 2, 8)
		y, pt := settled(countyOf(t, i.config(), r.wecom, r.ding), begin)
		d, rng := &doom{}, seed(t)
		y.app = y.desk(pt, d)
		y.rest = func() {
			for !y.done() {
				y.leave(y.app)
				i.rehearse(y.hands, func() {
					if kills > 0 && i.killed(rng.IntN(4), rng) {
						kills--
						return
					}
					i.ready()
					i.told(func() bool { return false })
					i.stop()
				})
				y.app = y.desk(pt, d)
			}
		}
		y.handOut(begin, begin.AddDate(0, 2, 0), 12)
		y.live(begin.AddDate(0, 0, 20+kills))
		y.lawful()
		y.whole(8)
		y.leave(y.app)
		if out, err := i.program("verify").CombinedOutput(); err != nil {
			t.Errorf("verify: %s %v", out, err)
		}
		if kills > 0 {
			t.Errorf("%d kills are left", kills)
		}
	})
}

// Two working days without a platform, or without both: nothing is lost, who has a
// group on each hears of it on the other, and when it is back each unit has one
// message with all that there is to say.
func TestAPlatformIsAwayForTwoDays(t *testing.T) {
	t.Parallel()
	begin, away := shanghai(time.March, 2, 8), shanghai(time.March, 16, 8) // a Monday; tasks were handed out on Saturday
	fault := func(f chattest.WeComFault) func(*county) func() {
		return func(c *county) func() {
			c.wecom.Fail("*", f, -1)
			return func() { c.wecom.Fail("*", f, 0) }
		}
	}
	refused := func(which ...int) func(*county) func() {
		return func(c *county) func() {
			for _, i := range which {
				c.doors[i].shut()
			}
			return func() {
				for _, i := range which {
					c.doors[i].open(c.t)
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		fail func(*county) (mend func())
		hour int  // at which it is back
		both bool // platforms are away
	}{
		"WeCom refuses connections": {refused(0), 8, false},
		"both refuse connections":   {refused(0, 1), 8, true},
		"WeCom answers 503":         {fault(chattest.WeComFault{Status: 503}), 8, false},
		"WeCom answers 45009":       {fault(chattest.WeComFault{Code: 45009}), 10, false},
		"WeCom's connections break": {fault(chattest.WeComFault{Drop: true}), 8, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y, pt := settled(newCounty(t, false), begin)
			y.mortal(pt, &doom{})
			y.handOut(begin, begin.AddDate(0, 1, 0), 20)
			y.does(away.AddDate(0, 0, -3), y.handing(task.Draft{Title: "两边都有群的事", Leads: []string{y.both}, Deadline: y.cal.Day(away)}))
			y.live(away)
			back := y.moment(away, 2, tc.hour)
			mend := tc.fail(y.county)
			y.live(back)
			y.hands.set(back)
			mend()
			y.live(back.AddDate(0, 0, 7))
			y.lawful("network", "http-503", "45009")
			y.whole(10)

			elsewhere, first := map[string]bool{}, map[[2]string]int{}
			for _, d := range y.deliveries() {
				who := y.lotOf(d.text, d.at).who
				switch out := d.at.After(away) && d.at.Before(back); {
				case out && (tc.both || strings.HasPrefix(d.where, "wecom")):
					t.Errorf("%s was reached: %s", d.where, d.text)
				case out && who == y.both:
					elsewhere[d.at.Format(time.DateOnly)] = true
				case !out && d.at.After(away) && d.at.Before(back.Add(2*time.Hour)) && d.text != pictureShown: // which goes with words
					first[[2]string{who, d.where}]++
				}
			}
			if !tc.both && len(elsewhere) != 2 {
				t.Errorf("%s was told on the other platform on %v", y.both, elsewhere)
			}
			if len(first) < 8 {
				t.Errorf("only %d were told when it was back", len(first))
			}
			for who, n := range first {
				if n > 1 {
					t.Errorf("%s: %d messages when it was back", who, n)
				}
			}
		})
	}
}

// Two instances share a Redis: each thing is said by one of them, and they keep the
// platforms' limits together.
func TestAQuarterOfTwoInstances(t *testing.T) {
	t.Parallel()
	begin, end := shanghai(time.January, 1, 8), shanghai(time.April, 1, 8)
	tasks := rehearsed(t) / 4
	h := &hands{at: begin}
	c := newCounty(t, true)
	pt := programTime{h.now, 1000}
	other := c.cfg
	other.Data = filepath.Join(t.TempDir(), "b")
	var all [2]*app
	all[0], _ = c.serve(c.cfg, pt)
	c.app = all[0]
	c.settle()
	all[1], _ = c.serve(other, pt)
	y := newYear(c, h)
	y.handOut(begin, end, tasks)
	for _, unit := range y.units[:21] { // more than their group's robot may send in a minute
		y.does(shanghai(time.January, 8, 10), y.handing(task.Draft{Title: "开会通知" + unit, Leads: []string{unit}}))
	}
	y.live(end)
	y.lawful()
	y.once()
	y.whole(21 + tasks/2)
	for i, a := range all {
		if n := sends(t, a); n < 10 {
			t.Errorf("instance %d sent %d", i, n)
		}
	}
}

// sends is how many messages an instance has sent.
func sends(t *testing.T, a *app) (n int) {
	t.Helper()
	res, err := http.Get(a.url() + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^xietiao_sends_total\{.*outcome="(?:sent|done)".*\} (\d+)$`).FindAllSubmatch(text, -1) {
		some, _ := strconv.Atoi(string(m[1]))
		n += some
	}
	return n
}

// door is a platform's listener that can be shut: connections are refused then.
type door struct {
	addr  net.Addr
	moved chan struct{} // a token when it was opened, or ended

	mu    sync.Mutex   // guards what follows
	in    net.Listener // nil: it is shut
	conns []net.Conn
	ended bool
}

var _ net.Listener = (*door)(nil)

func newDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &door{addr: l.Addr(), in: l, moved: make(chan struct{}, 1)}
}

func (d *door) Addr() net.Addr { return d.addr }

// Accept waits while the door is shut.
func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		in, ended := d.in, d.ended
		d.mu.Unlock()
		switch {
		case ended:
			return nil, net.ErrClosed
		case in == nil:
			<-d.moved
			continue
		}
		if conn, err := in.Accept(); err == nil {
			d.mu.Lock()
			d.conns = append(d.conns, conn)
			d.mu.Unlock()
			return conn, nil
		}
	}
}

// shut ends all connections and takes no more.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.in != nil {
		_ = d.in.Close()
	}
	for _, c := range d.conns {
		_ = c.Close()
	}
	d.in, d.conns = nil, nil
}

func (d *door) open(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", d.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.in = l
	d.mu.Unlock()
	d.moved <- struct{}{}
}

// Close ends the door.
func (d *door) Close() error {
	d.shut()
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	select {
	case d.moved <- struct{}{}:
	default:
	}
	return nil
}

// overBoth runs a test over a file and over Redis.
func overBoth(t *testing.T, test func(t *testing.T, redis bool)) {
	for name, redis := range map[string]bool{"file": false, "redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, redis)
		})
	}
}
