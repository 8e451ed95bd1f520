package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
)

// clock is both clocks of a test.
type clock struct {
	mu sync.Mutex // guards t
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// backend opens stores over one space, by the clock.
type backend func(t testing.TB, o store.Options) *store.Store

// overBoth runs a test over a file and over Redis.
func overBoth(t *testing.T, fn func(t *testing.T, open backend)) {
	overSpaces(t, func(t *testing.T, space func() backend) { fn(t, space()) })
}

// overSpaces is overBoth for tests that need several spaces.
func overSpaces(t *testing.T, fn func(t *testing.T, space func() backend)) {
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		fn(t, func() backend { return fileBackend(t) })
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		fn(t, startServer(t).backend)
	})
}

// fileBackend gives the same store each time: one process has the file.
func fileBackend(t testing.TB) backend {
	path := filepath.Join(t.TempDir(), "store")
	var s *store.Store
	return func(t testing.TB, o store.Options) *store.Store {
		t.Helper()
		if s != nil {
			return s
		}
		var err error
		if s, err = store.OpenFile(path, o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// server is a redis-server that loses nothing it confirmed.
type server struct{ *storetest.Redis }

func startServer(t testing.TB) server {
	t.Helper()
	return server{storetest.NewRedis(t, storetest.Durable...)}
}

// backend gives a new instance each time.
func (srv server) backend() backend {
	space := rand.Text()
	return func(t testing.TB, o store.Options) *store.Store {
		t.Helper()
		s, err := store.OpenRedis(srv.URL(), space, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// The channels of the tests.
const (
	robot  chat.Via = "wecom.robot"
	person chat.Via = "wecom.app"
	ding   chat.Via = "dingtalk.robot"
)

func group(name string) chat.Address {
	return chat.Address{Via: robot, Kind: chat.Group, Conversation: chat.ConversationID(name), Robot: "R-" + name}
}

func user(name string) chat.Address {
	return chat.Address{Via: person, Kind: chat.Direct, User: chat.UserID(name)}
}

// push is what the platform saw.
type push struct {
	at      time.Time
	to      chat.Address
	reply   chat.Reply
	arrived bool
}

func (p push) marked() bool {
	return strings.HasPrefix(p.reply.Text, markRepeat) || strings.HasPrefix(p.reply.Markdown, markRepeat) ||
		p.reply.Card != nil && strings.HasPrefix(p.reply.Card.Title, markRepeat)
}

// name is the text without the mark: the tests write the notice's key there.
func (p push) name() string { return strings.TrimPrefix(p.reply.Text, markRepeat+"\n") }

// platform is a pusher for all channels, and what arrived.
type platform struct {
	clock func() time.Time
	rates func(chat.Address) []chat.Rate
	room  int
	// answer decides on a push, and whether it arrived; nil: it did.
	answer func(ctx context.Context, p push) (chat.Outcome, bool)

	mu     sync.Mutex // guards what follows
	pushes []push
	flying map[string]int // pushes of a lane at the moment
	shut   bool
	faults []string
}

var (
	_ chat.Pusher = (*platform)(nil)
	_ chat.Gate   = (*platform)(nil)
)

func (f *platform) Open() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.shut
}

func (f *platform) gate(open bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut = !open
}

func (f *platform) Rates(to chat.Address) []chat.Rate {
	if f.rates == nil {
		return nil
	}
	return f.rates(to)
}

func (f *platform) Room(chat.Address) int {
	if f.room == 0 {
		return 2048
	}
	return f.room
}

func (f *platform) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	p := push{at: f.clock(), to: to, reply: r, arrived: true}
	f.fly(to, 1)
	defer f.fly(to, -1)
	o := chat.Sent("id-" + r.Text)
	if f.answer != nil {
		o, p.arrived = f.answer(ctx, p)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pushes = append(f.pushes, p)
	return o
}

// painter is a platform that shows pictures: as a push of their bytes.
type painter struct{ *platform }

func (p painter) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	return p.Push(ctx, to, chat.Reply{Text: string(png)})
}

// keeper is a platform that takes back what it sent: as a push of its id with a minus.
type keeper struct{ *platform }

func (k keeper) Withdraw(ctx context.Context, to chat.Address, id string) chat.Outcome {
	return k.Push(ctx, to, chat.Reply{Text: "-" + id})
}

func (f *platform) fly(to chat.Address, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flying == nil {
		f.flying = map[string]int{}
	}
	id := laneOf(to)
	if f.flying[id] += n; f.flying[id] > 1 {
		f.faults = append(f.faults, "two pushes of one lane at the same time")
	}
}

func (f *platform) seen() []push {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]push(nil), f.pushes...)
}

// names lists what arrived, in order, with ! before a marked one.
func (f *platform) names() string {
	var all []string
	for _, p := range f.seen() {
		name := p.name()
		if p.marked() {
			name = "!" + name
		}
		if p.arrived {
			all = append(all, name)
		}
	}
	return strings.Join(all, " ")
}

// desk is one box over one store by one clock.
type desk struct {
	t    testing.TB
	c    *clock
	s    *store.Store
	f    *platform
	box  *Box
	o    Options
	open backend
}

func newDesk(t testing.TB, open backend) *desk {
	t.Helper()
	d := &desk{t: t, c: newClock(), open: open}
	d.s = open(t, store.Options{Now: d.c.now, Wall: d.c.now})
	d.f = &platform{clock: d.c.now}
	d.o = Options{Store: d.s, Wall: d.c.now, Pushers: map[chat.Via]chat.Pusher{robot: d.f, person: d.f, ding: d.f}, Holder: "one"}
	d.box = New(d.o)
	return d
}

// with gives the box other options.
func (d *desk) with(change func(*Options)) *desk {
	change(&d.o)
	d.box = New(d.o)
	return d
}

func (d *desk) update(fn func(tx *store.Tx) error) {
	d.t.Helper()
	if err := d.s.Update(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// put writes a notice whose text is its key.
func (d *desk) put(n Notice) bool {
	d.t.Helper()
	if n.Reply.Empty() {
		n.Reply.Text = n.Key
	}
	var added bool
	d.update(func(tx *store.Tx) (err error) {
		added, err = d.box.Put(tx, n)
		return err
	})
	return added
}

func (d *desk) claim() round {
	d.t.Helper()
	got, err := d.box.claim(d.t.Context(), map[chat.Via]int{robot: 8, person: 8, ding: 8})
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// drain steps until nothing is due.
func (d *desk) drain() {
	d.t.Helper()
	for range 10_000 {
		got := d.claim()
		for _, j := range got.jobs {
			if err := d.box.record(d.t.Context(), j, d.box.push(d.t.Context(), j)); err != nil {
				d.t.Fatal(err)
			}
		}
		if len(got.jobs) == 0 && !got.more {
			return
		}
	}
	d.t.Fatal("it does not come to rest")
}

func (d *desk) record(key string) Record {
	d.t.Helper()
	var rec Record
	var ok bool
	d.view(func(r store.Reader) (err error) {
		rec, ok, err = d.box.Record(r, key)
		return err
	})
	if !ok {
		d.t.Fatalf("no notice %s", key)
	}
	return rec
}

func (d *desk) view(fn func(r store.Reader) error) {
	d.t.Helper()
	if err := d.s.View(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) stats() (st Stats) {
	d.t.Helper()
	d.view(func(r store.Reader) (err error) {
		st, err = d.box.Stats(r)
		return err
	})
	return st
}

// wantState compares the state and code of a notice.
func (d *desk) wantState(key string, s State, code string) {
	d.t.Helper()
	if rec := d.record(key); rec.State != s || rec.Code != code {
		d.t.Errorf("%s is %s %q, not %s %q: %+v", key, rec.State, rec.Code, s, code, rec.Attempts)
	}
}

// wantClean checks that the indexes hold nothing of notices that have ended.
func (d *desk) wantClean() {
	d.t.Helper()
	d.claim() // lanes that have run empty are forgotten
	d.view(func(r store.Reader) error {
		for _, bucket := range []string{laneBucket, queueBucket, heldBucket, dueBucket, claimBucket, endBucket} {
			keys, err := keysOf(r, bucket, store.Range{})
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				d.t.Errorf("%s still holds %d entries, such as %s", bucket, len(keys), keys[0])
			}
		}
		return nil
	})
	if len(d.f.faults) > 0 {
		d.t.Error(d.f.faults)
	}
}

// wantRates checks that no window of any rate saw more than it may.
func (f *platform) wantRates(t testing.TB) {
	t.Helper()
	at := map[chat.Rate][]time.Time{}
	for _, p := range f.seen() {
		for _, r := range f.Rates(p.to) {
			at[r] = append(at[r], p.at)
		}
	}
	for r, times := range at {
		for i := range times {
			if j := i - r.Max; j >= 0 && times[i].Sub(times[j]) < r.Per {
				t.Errorf("%s: %d within %s", r.Key, r.Max+1, times[i].Sub(times[j]))
			}
		}
	}
}

var errCrash = errors.New("the program dies here")
