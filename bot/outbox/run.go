package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Pauses of the worker while the store cannot be used.
const (
	pauseBase = 100 * time.Millisecond
	pauseCap  = 5 * time.Second
)

// Run sends what is due until ctx ends; then it finishes what it has claimed and
// returns nil. It looks whenever a notice is put, something is due, a push is
// over, or Poll has gone by. While the store is down it tries again, ever more
// slowly, up to every five seconds. One Run at a time: ErrRunning.
func (b *Box) Run(ctx context.Context) error {
	if !b.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer b.running.Store(false)
	w := worker{b: b, free: map[chat.Via]int{}}
	for via := range b.o.Pushers {
		w.free[via] = b.o.Parallel
	}
	w.over = make(chan chat.Via, b.o.Parallel*len(b.o.Pushers))
	defer w.pushes.Wait()
	for fails := 0; ctx.Err() == nil; {
		wait, err := w.turn(ctx)
		if err == nil || ctx.Err() != nil {
			fails = 0
		} else {
			fails++
			wait = pauseOf(fails)
			if fails == 1 {
				b.o.Logger.Error("outbox: the store cannot be used", "err", err)
			}
		}
		w.rest(ctx, wait, fails > 0)
	}
	return nil
}

func pauseOf(fails int) time.Duration { return min(pauseBase<<min(fails-1, 16), pauseCap) }

// worker is one Run.
type worker struct {
	b      *Box
	free   map[chat.Via]int // pushes each channel has room for; Run's goroutine alone
	over   chan chat.Via    // a push of the channel is over; has room for all of them
	pushes sync.WaitGroup
	own    bool // claims of an earlier life have been taken up
}

// turn claims once and starts the pushes. It returns how long nothing is to do.
func (w *worker) turn(ctx context.Context) (time.Duration, error) {
	if !w.own {
		if err := w.b.takeUp(ctx); err != nil {
			return 0, err
		}
		w.own = true
	}
	got, err := w.b.claim(ctx, w.free)
	if err != nil {
		return 0, err
	}
	for _, j := range got.jobs {
		via := j.rec.to().Via
		w.free[via]--
		w.pushes.Go(func() {
			w.b.carry(ctx, j)
			w.over <- via
		})
	}
	switch {
	case got.more:
		return 0, nil
	case got.next.IsZero():
		return w.b.o.Poll, nil
	}
	return min(w.b.o.Poll, max(w.b.wall(got.next.Sub(got.now)), time.Millisecond)), nil
}

// rest waits until there may be something to do. After a fault nothing but the
// time and the context ends it.
func (w *worker) rest(ctx context.Context, wait time.Duration, fault bool) {
	wake := w.b.wake
	if fault {
		wake = nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-wake:
	case via := <-w.over:
		w.free[via]++
	}
	for {
		select {
		case via := <-w.over:
			w.free[via]++
		default:
			return
		}
	}
}

// takeUp gives up the claims that an earlier life of this holder left.
func (b *Box) takeUp(ctx context.Context) error {
	var out round
	err := b.o.Store.Update(ctx, func(tx *store.Tx) error {
		out = round{}
		return b.lapse(tx, &out, store.Range{}, func(c Claim) bool { return c.Holder == b.o.Holder })
	})
	if err != nil {
		return err
	}
	for _, rec := range out.done {
		b.report(rec)
	}
	return nil
}

// carry pushes what was claimed and records the outcome, however long the store
// is away; once ctx has ended, until the claim is over. Where it cannot be
// recorded at all it is unknown when the claim is over.
func (b *Box) carry(ctx context.Context, j job) {
	lasting := context.WithoutCancel(ctx)
	o := b.push(lasting, j)
	for fails := 1; ; fails++ {
		err := b.record(lasting, j, o)
		if err == nil {
			return
		}
		if fails == 1 {
			b.o.Logger.Error("outbox: an outcome cannot be recorded yet", "key", j.rec.Key, "outcome", o.String(), "err", err)
		}
		passing := errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrConflict)
		if !passing || ctx.Err() != nil && b.lapsed(j.rec.Claim) {
			return
		}
		<-time.After(pauseOf(fails))
	}
}
