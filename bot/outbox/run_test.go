package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// running starts Run and returns what stops it and waits.
func running(t testing.TB, b *Box) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// ends counts down the notices that end.
type ends struct {
	mu   sync.Mutex // guards left
	left int
	all  chan struct{}
}

func newEnds(n int) *ends { return &ends{left: n, all: make(chan struct{})} }

func (e *ends) observe(rec Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if rec.State.Ended() {
		if e.left--; e.left == 0 {
			close(e.all)
		}
	}
}

// real gives the desk the true clock, so that Run's waits pass.
func realDesk(t testing.TB, open backend) *desk {
	t.Helper()
	d := &desk{t: t, open: open, s: open(t, store.Options{})}
	d.f = &platform{clock: time.Now}
	d.o = Options{Store: d.s, Pushers: map[chat.Via]chat.Pusher{robot: d.f, person: d.f}}
	d.box = New(d.o)
	return d
}

func TestPutWakesTheWorker(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, open backend) {
		e := newEnds(20)
		d := realDesk(t, open).with(func(o *Options) { o.Poll, o.Observe = time.Hour, e.observe })
		stop := running(t, d.box)
		for i := range 20 { // some in one lane, some not; the later ones long after it went to rest
			d.put(Notice{Key: fmt.Sprintf("n%02d", i), To: group(fmt.Sprint(i % 3))})
		}
		<-e.all
		stop()
		if n := len(d.f.seen()); n != 20 {
			t.Errorf("%d pushes", n)
		}
		d.wantClean()
	})
}

func TestTheWorkerWakesWhenANoticeIsDue(t *testing.T) {
	t.Parallel()
	e := newEnds(1)
	d := realDesk(t, fileBackend(t)).with(func(o *Options) { o.Poll, o.Observe = time.Hour, e.observe })
	running(t, d.box)
	due := time.Now().Add(50 * time.Millisecond)
	d.put(Notice{Key: "k", To: group("g"), After: due})
	<-e.all
	if at := d.f.seen()[0].at; at.Before(due) {
		t.Errorf("%s too early", due.Sub(at))
	}
}

func TestStoppingFinishesWhatWasClaimed(t *testing.T) {
	t.Parallel()
	d := realDesk(t, fileBackend(t))
	begun, goOn := make(chan struct{}), make(chan struct{})
	d.f.answer = func(ctx context.Context, _ push) (chat.Outcome, bool) {
		close(begun)
		<-goOn
		if ctx.Err() != nil {
			return chat.Unknown(), false
		}
		return chat.Done(), true
	}
	d.put(Notice{Key: "k", To: group("g")})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.box.Run(ctx) }()
	<-begun
	if err := d.box.Run(ctx); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	cancel()
	select {
	case <-done:
		t.Error("it did not wait for the push")
	default:
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	d.wantState("k", StateSent, "")
}

func TestStartAndStopStress(t *testing.T) {
	t.Parallel()
	d := realDesk(t, fileBackend(t))
	var wg sync.WaitGroup
	for g := range 10 {
		wg.Go(func() {
			for i := range 50 {
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error, 1)
				go func() { done <- d.box.Run(ctx) }()
				if i%10 == 0 {
					d.put(Notice{Key: fmt.Sprint(g, "-", i), To: group(fmt.Sprint(g))})
				}
				cancel()
				if err := <-done; err != nil && !errors.Is(err, ErrRunning) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	d.drain()
	once := map[string]int{}
	for _, p := range d.f.seen() {
		once[p.name()]++
		if once[p.name()] > 1 || p.marked() {
			t.Errorf("%s twice", p.name())
		}
	}
	if len(once) != 50 {
		t.Errorf("%d of 50", len(once))
	}
	d.wantClean()
}

func TestTwoInstancesOnOneRedisSendNothingTwice(t *testing.T) {
	t.Parallel()
	const notices, lanes = 300, 20
	open := startServer(t).backend()
	e := newEnds(notices)
	d := realDesk(t, open).with(func(o *Options) { o.Poll, o.Observe = 20*time.Millisecond, e.observe })
	two := d.o
	two.Store = open(t, store.Options{})
	other := New(two)
	running(t, d.box)
	running(t, other)
	var wg sync.WaitGroup
	for lane := range lanes {
		wg.Go(func() {
			for i := range notices / lanes {
				n := Notice{Key: fmt.Sprintf("%02d/%02d", lane, i), To: group(fmt.Sprint(lane)), Reply: chat.Reply{Text: fmt.Sprintf("%02d/%02d", lane, i)}}
				b := []*Box{d.box, other}[i%2]
				if err := b.o.Store.Update(context.Background(), func(tx *store.Tx) error {
					_, err := b.Put(tx, n)
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	<-e.all
	once, last := map[string]bool{}, map[string]string{}
	for _, p := range d.f.seen() {
		lane, _, _ := strings.Cut(p.name(), "/")
		if once[p.name()] || p.marked() {
			t.Errorf("%s twice", p.name())
		}
		if p.name() < last[lane] {
			t.Errorf("%s after %s", p.name(), last[lane])
		}
		once[p.name()], last[lane] = true, p.name()
	}
	if len(once) != notices {
		t.Errorf("%d of %d", len(once), notices)
	}
	if len(d.f.faults) > 0 {
		t.Error(d.f.faults)
	}
}

func TestAStoreThatIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	e := newEnds(10)
	d := realDesk(t, srv.backend()).with(func(o *Options) { o.Poll, o.Observe = 20*time.Millisecond, e.observe })
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.f.answer = func(context.Context, push) (chat.Outcome, bool) {
		once.Do(func() { close(begun) })
		<-goOn
		return chat.Done(), true
	}
	for i := range 10 {
		d.put(Notice{Key: fmt.Sprint("n", i), To: group(fmt.Sprint(i % 2))})
	}
	running(t, d.box)
	<-begun
	srv.Kill() // while two are on their way: their outcomes come to a store that is away
	close(goOn)
	err := d.s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := d.box.Put(tx, Notice{Key: "refused", To: group("g"), Reply: chat.Reply{Text: "refused"}})
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	srv.Start(t)
	<-e.all
	if got := len(d.f.seen()); got != 10 || strings.Contains(d.f.names(), "!") {
		t.Errorf("%d pushes: %s", got, d.f.names())
	}
}
