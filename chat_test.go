package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
)

// said is something a person writes to the bot.
type said struct {
	user  string
	group string // empty: to the bot alone
	text  string
	quote string // the text of the message it answers

	id     string // the same id is the same message, delivered again
	copies int    // delivered at once; 0: one
	aside  bool   // in a group: without a mention of the bot
	base   string // address of the instance it is delivered to; empty: where the line leads
}

// where is the conversation it is said in.
func (s said) where() string {
	if s.group != "" {
		return s.group
	}
	return s.user
}

// shown is one message of the bot as people read it.
type shown struct {
	text     string
	feedback string // by which it can be rated; empty: it cannot
}

// able is what a channel can carry.
type able struct {
	groups, asides, enter, rates bool
	buttons                      bool // of cards that we send
	answers                      bool // in the response; else it pushes
	repeats                      bool // it may deliver a message again later
	persists                     bool // send goes on until the message is taken
	perMinute                    int  // what we push to one conversation
}

// line is one channel with its fake platform: the people on it and what they
// see. It is safe for concurrent use.
type line interface {
	able() able
	settings(c *config.Config)
	// up waits until the service can be reached and leads the line to it.
	up(o *office)
	// send delivers what was said until the platform takes it as received, and
	// returns what the responses themselves showed, one for each copy.
	send(s said) []shown
	enter(user string) []shown
	rate(s said, feedback string, rating int)
	// press presses the button of that name on the last card that somebody was sent, and
	// returns what is then read: a response, or the card.
	press(user, button string) string
	// pushed is what the bot sent to a person or a group, in order.
	pushed(where string) []shown
	// faults are the platform's rules that were broken.
	faults() []string
}

// readable turns markdown into what is read.
func readable(s string) string {
	var lines []string
	for l := range strings.SplitSeq(strings.ReplaceAll(s, "**", ""), "\n") {
		if l = strings.TrimSpace(strings.TrimPrefix(l, "> ")); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// clock is the machine's, put forward by a test.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }
func (c *clock) in(cfg config.Config) func() time.Time {
	return func() time.Time { return c.now().In(cfg.Location()) }
}

// office is a running service on one line.
type office struct {
	t     *testing.T
	line  line
	cfg   config.Config
	clock *clock
	app   *app
	base  string
	log   *lockedBuffer
	stop  func()
}

// chatPlans are the documents of all dialogues: the sample, and one with a list
// too long for a message and a matter that the sample has as well.
var chatPlans = []string{filepath.Join("index", "plan", "sample", "yueqing.txt"), filepath.Join("testdata", "chat", "reading.txt")}

// open starts a service on a line. Whatever is logged must hold no secret, and
// no rule of the platform may be broken by the end of the test.
func open(t *testing.T, l line, c *clock, change ...func(*config.Config)) *office {
	t.Helper()
	o := &office{t: t, line: l, clock: c, cfg: config.Default(), log: &lockedBuffer{}}
	o.cfg.Listen, o.cfg.Data, o.cfg.Plans = "127.0.0.1:0", t.TempDir(), chatPlans
	l.settings(&o.cfg)
	for _, fn := range change {
		fn(&o.cfg)
	}
	if err := o.cfg.Check(); err != nil {
		t.Fatal(err)
	}
	o.start()
	t.Cleanup(func() {
		o.stop()
		for _, f := range l.faults() {
			t.Errorf("the platform: %s", f)
		}
		for _, s := range chatSecrets {
			if strings.Contains(o.log.String(), s) {
				t.Errorf("%s is in the log:\n%s", s, o.log)
			}
		}
		if t.Failed() {
			t.Logf("log:\n%s", o.log)
		}
	})
	return o
}

// start runs the service, over the store of an earlier life if there was one.
func (o *office) start() {
	o.t.Helper()
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := newAppBy(o.t.Context(), o.cfg, programTime{now: o.clock.in(o.cfg)}, log)
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	o.app, o.base = a, a.url()
	o.stop = func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Errorf("the service ended with %v", err)
		}
		o.stop = func() {}
	}
	waitReady(o.t, o.base)
	o.line.up(o)
}

func (o *office) restart() {
	o.t.Helper()
	o.stop()
	o.start()
}

// say delivers what is said and returns what is shown for it.
func (o *office) say(s said) []shown {
	o.t.Helper()
	before := len(o.line.pushed(s.where()))
	all := o.line.send(s)
	o.settled()
	return append(all, o.line.pushed(s.where())[before:]...)
}

// ask says a text to the bot alone, or in a group, and returns the one reply.
func (o *office) ask(user, group, text string, quote ...string) string {
	o.t.Helper()
	return o.only(said{user: user, group: group, text: text, quote: strings.Join(quote, "\n")}).text
}

func (o *office) only(s said) shown {
	o.t.Helper()
	all := o.say(s)
	if len(all) != 1 {
		o.t.Fatalf("%q: %d replies: %q", s.text, len(all), all)
	}
	return all[0]
}

// settled waits until nothing is left to be sent.
func (o *office) settled() {
	o.t.Helper()
	until(o.t, "all is sent", func() bool {
		st := o.stats()
		return st.Waiting+st.Sending == 0
	})
}

func (o *office) stats() (st outbox.Stats) {
	o.view(func(r store.Reader) (err error) {
		st, err = o.app.box.Stats(r)
		return err
	})
	return st
}

func (o *office) view(fn func(store.Reader) error) {
	o.t.Helper()
	if err := o.app.store.View(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

// kept is what the store holds in a bucket.
func (o *office) kept(bucket string) (values []string) {
	o.t.Helper()
	o.view(func(r store.Reader) error {
		values = nil
		return r.Scan(bucket, store.Range{}, func(key string, value []byte) error {
			values = append(values, key+" "+string(value))
			return nil
		})
	})
	return values
}

// get fetches a page of the service.
func (o *office) get(path string) (int, string) {
	o.t.Helper()
	res, err := http.Get(o.base + strings.TrimPrefix(path, "/"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// counted adds up the figures of /metrics whose name and labels match.
func (o *office) counted(pattern string) int {
	o.t.Helper()
	_, page := o.get("metrics")
	sum := 0
	for _, m := range regexp.MustCompile(`(?m)^`+pattern+` (\d+)$`).FindAllStringSubmatch(page, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			o.t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// taken counts the messages that were taken for the first time.
func (o *office) taken() int { return o.counted(`xietiao_messages_total\{[^}]*\}`) }

// flow waits until n messages are pushed to a conversation, putting the clock
// forward each time a minute's worth has come.
func (o *office) flow(where string, n int) {
	o.t.Helper()
	for most := o.line.able().perMinute; ; most += o.line.able().perMinute {
		until(o.t, fmt.Sprintf("%d of %d messages in %s", min(n, most), n, where), func() bool {
			return len(o.line.pushed(where)) >= min(n, most)
		})
		if most >= n {
			return
		}
		o.clock.advance(2 * time.Minute)
	}
}

// until polls a fact, for thirty seconds.
func until(t *testing.T, what string, fact func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !fact(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not in thirty seconds: %s", what)
		}
	}
}

// everyLine runs a test on each channel that can carry it.
func everyLine(t *testing.T, fits func(able) bool, test func(t *testing.T, l line, c *clock)) {
	t.Helper()
	for name, make := range lineMakers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{}
			l := make(t, c)
			if !fits(l.able()) {
				t.SkipNow()
			}
			test(t, l, c)
		})
	}
}

func anyLine(able) bool { return true }

// chatRedis is a redis-server of the test's own that loses nothing it has taken.
type chatRedis struct {
	t    *testing.T
	addr string
	dir  string
	cmd  *exec.Cmd
}

// newChatRedis starts a server that ends with the test.
func newChatRedis(t *testing.T) *chatRedis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is required when CI=true")
		}
		t.Skip("redis-server is not on PATH")
	}
	r := &chatRedis{t: t, addr: freeAddress(t), dir: t.TempDir()}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *chatRedis) start() {
	r.t.Helper()
	_, port, _ := strings.Cut(r.addr, ":")
	r.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", r.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning")
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: r.addr, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	until(r.t, "redis-server answers", func() bool { return c.Ping(context.Background()).Err() == nil })
}

// stop kills the server; a second time it does nothing.
func (r *chatRedis) stop() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait() // it was killed
	r.cmd = nil
}

// on lets a service keep its state there.
func (r *chatRedis) on(c *config.Config) {
	c.Redis, c.SecretKey = config.Secret("redis://"+r.addr+"/0"), config.Secret(chatSecretKey)
}
