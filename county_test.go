package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
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
	app   *app // the one that runs now; of several, the first
	cfg   config.Config
	cal   *calendar.Calendar
	wecom *chattest.WeCom
	ding  *chattest.DingTalk
	doors [2]*door // theirs
	log   *lockedBuffer
	units []string
	alone string            // the unit that nobody can reach
	both  string            // the unit that has a group on each platform
	heads map[string]string // unit → account of its head
	wake  func()            // lets a program that has died live again
}

// The keys of the county's group robots.
const (
	wecomRobot = "robot-0"
	dingRobot  = "the-group-of-three"
)

// newCounty makes the platforms, and the settings of a service over a file, or over a
// Redis of its own.
func newCounty(t *testing.T, redis bool) *county {
	t.Helper()
	doors := [2]*door{newDoor(t), newDoor(t)}
	w := chattest.NewWeCom(chattest.WeComOptions{CorpID: rigCorp, Secret: rigSecret, AgentID: rigAgent, Robots: []string{wecomRobot}, Listener: doors[0]})
	t.Cleanup(w.Close)
	d := chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: rigDing, Secret: rigSecret, Listener: doors[1]})
	t.Cleanup(d.Close)
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.SecretKey = "127.0.0.1:0", filepath.Join(t.TempDir(), "a"), "a key of sixteen bytes or more"
	if redis {
		cfg.Redis, cfg.Space = config.Secret(storetest.NewRedis(t).URL()), rehearsedSpace
	}
	cfg.WeCom.CorpID, cfg.WeCom.AgentID, cfg.WeCom.Secret = rigCorp, rigAgent, rigSecret
	cfg.WeCom.APIBase, cfg.WeCom.WSBase = w.URL(), "ws"+strings.TrimPrefix(w.URL(), "http")
	cfg.DingTalk.ClientID, cfg.DingTalk.ClientSecret, cfg.DingTalk.RobotCode = rigDing, rigSecret, rigDing
	cfg.DingTalk.APIBase, cfg.DingTalk.OAPIBase = d.URL(), d.URL()
	c := countyOf(t, cfg, w, d)
	c.doors = doors
	return c
}

const rehearsedSpace = rehearsalSpace + "county"

// countyOf is a county with these platforms.
func countyOf(t *testing.T, cfg config.Config, w *chattest.WeCom, d *chattest.DingTalk) *county {
	t.Helper()
	c := &county{t: t, cfg: cfg, wecom: w, ding: d, log: &lockedBuffer{}, heads: map[string]string{}, wake: func() {}}
	c.cal = calendar.New(cfg.Location(), nil)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", c.log)
		}
	})
	return c
}

// serve starts an instance, until the returned function is called or the test ends.
func (c *county) serve(cfg config.Config, pt programTime) (a *app, stop func()) {
	c.t.Helper()
	a, err := newAppBy(c.t.Context(), cfg, pt, slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Errorf("the service ended with %v", err)
		}
	})
	c.t.Cleanup(stop)
	waitReady(c.t, a.url())
	return a, stop
}

// settle brings the county's people and groups in. Most units share a WeCom group,
// three a DingTalk group, one has both, three have a person alone, one has nobody.
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
		if i < 22 {
			robots += unit + ",企业微信," + c.wecom.Webhook(wecomRobot) + ",\n"
		}
		switch {
		case i < 21:
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
	c.both = c.units[21]
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

// update changes the store, however often the program dies of it.
func (c *county) update(fn func(*store.Tx) error) {
	c.t.Helper()
	err := error(errBefore)
	for ; errors.Is(err, errBefore) || errors.Is(err, store.ErrUnavailable); err = c.app.store.Update(context.Background(), fn) {
		c.wake()
	}
	if err != nil && !errors.Is(err, errAfter) {
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

// deliveries lists what both platforms showed, in the order of the program's clock.
func (c *county) deliveries() (list []seen) {
	for _, d := range c.wecom.Delivered() {
		text := d.Text
		if d.Picture != nil {
			text = pictureShown
		}
		list = append(list, seen{"wecom " + d.By + " " + d.To, text, d.At.In(c.cal.Location())})
	}
	for _, d := range c.ding.Delivered() {
		list = append(list, seen{"dingtalk " + d.By + " " + d.Conversation, strings.Join(d.Lines(), "\n"), d.Time.In(c.cal.Location())})
	}
	slices.SortStableFunc(list, func(a, b seen) int { return a.at.Compare(b.at) })
	return list
}

// lot names messages that are alike: to whom, on which day, of which tasks, and
// whether they say that they may be there already.
type lot struct {
	who, day, tasks string
	repeat          bool
}

// What bulletins are known by; pictures are not read.
const (
	bulletinHead = "【督办通报"
	pictureShown = bulletinHead + " 图"
)

// lotOf is the lot of a message with this text.
func (c *county) lotOf(text string, at time.Time) lot {
	l := lot{who: "test", day: at.In(c.cal.Location()).Format(time.DateOnly), repeat: strings.Contains(text, markOfRepeat)}
	if text == pictureShown || strings.Contains(text, bulletinHead) {
		// A week has one; what became of it may be known the day after.
		l.who, l.day, l.tasks = task.KindBulletin, mondayOf(c.cal.Day(at)).String(), strconv.FormatBool(text == pictureShown)
	} else if m := headPattern.FindStringSubmatch(text); m != nil {
		l.who = m[1]
		for _, it := range itemPattern.FindAllStringSubmatch(text, -1) {
			l.tasks += it[1] + " "
		}
	} else if m := cardPattern.FindStringSubmatch(text); m != nil {
		l.who, l.tasks = m[1], taskPattern.FindString(text)+" "
	}
	return l
}

// lawful fails the test if a delivery broke a rule: outside of the hours, on a day
// off, too many for a robot in a minute; or if the ledger and the platforms differ:
// what counts as sent was seen, nothing else was, and nothing twice, but for one
// message more, marked, where the outcome of the first was unknown. Failures may have
// the codes, too.
func (c *county) lawful(codes ...string) {
	c.t.Helper()
	codes = append(codes, outbox.CodeUnknown)
	hours := calendar.Hours{From: 9 * 60, To: 17*60 + 30}
	shown, last := map[lot]int{}, map[string][]time.Time{}
	for _, d := range c.deliveries() {
		l := c.lotOf(d.text, d.at)
		shown[l]++
		if l.who == "test" {
			continue
		}
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
	least, most, days := map[lot]int{}, map[lot]int{}, map[string]int{}
	for _, rec := range c.ledger(time.Time{}, time.Time{}, task.KindRemind, task.KindBulletin, task.KindCalendar, bot.KindTest) {
		c.fair(rec, codes)
		text := rec.Reply.Text
		if rec.Reply.Picture != "" && text == "" {
			text = pictureShown
		}
		for i, a := range rec.Attempts {
			l := c.lotOf(text, a.At)
			l.repeat = text != pictureShown && slices.ContainsFunc(rec.Attempts[:i], unknown)
			if a.Verdict == chat.VerdictDone {
				least[l]++
			}
			if a.Verdict == chat.VerdictDone || unknown(a) {
				most[l]++
			}
		}
		if rec.Kind == task.KindRemind && rec.State != outbox.StateCancelled {
			days[cmp.Or(rec.Unit, "协调组办公室")+" "+rec.At.In(c.cal.Location()).Format(time.DateOnly)]++
		}
	}
	for l := range shown {
		most[l] += 0
	}
	for l := range most {
		if n := shown[l]; n < least[l] || n > most[l] {
			c.t.Errorf("%+v: %d shown, %d sent, %d sent or unknown", l, n, least[l], most[l])
		}
	}
	for day, n := range days {
		if n > c.cfg.Remind.DailyCap {
			c.t.Errorf("%s: %d messages", day, n)
		}
	}
}

func unknown(a outbox.Attempt) bool { return a.Verdict == chat.VerdictUnknown }

// fair fails the test unless a notice has ended, if by a failure with one of the codes,
// and was sent again at most once after an outcome that is unknown.
func (c *county) fair(rec outbox.Record, codes []string) {
	c.t.Helper()
	sent := 0
	for _, a := range rec.Attempts {
		if a.Verdict == chat.VerdictDone || unknown(a) {
			sent++
		}
	}
	if !rec.State.Ended() || sent > 2 || rec.State == outbox.StateFailed && !slices.Contains(codes, rec.Code) {
		c.t.Errorf("%s is %s %s after %+v", rec.Key, rec.State, rec.Code, rec.Attempts)
	}
}

// once fails the test unless everything was sent at the first try.
func (c *county) once() {
	c.t.Helper()
	for _, rec := range c.ledger(time.Time{}, time.Time{}, task.KindRemind, task.KindBulletin, task.KindCalendar, bot.KindTest) {
		if rec.State != outbox.StateSent || rec.Total != 1 {
			c.t.Errorf("%s is %s after %d tries", rec.Key, rec.State, rec.Total)
		}
	}
}

var (
	headPattern = regexp.MustCompile(`【任务提醒】(\S+?)：(\d+) 项（[^）]*）(（续)?`)
	cardPattern = regexp.MustCompile(`(?m)^(?:\*\*)?发给(?:\*\*：|: )(\S+)$`) // of one new task, where a platform has cards
	itemPattern = regexp.MustCompile(`(?m)^(?:［.］)?(T\d+) (.*)$`)
	taskPattern = regexp.MustCompile(`T\d+`)
	morePattern = regexp.MustCompile(`另有 (\d+) 项没有列出`)
)
