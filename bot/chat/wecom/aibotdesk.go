package wecom

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"xietiao/bot/chat"
)

// Bounds of messages at work.
const (
	deskWorkers = 64
	deskQueue   = 1024             // waiting; what comes on top of that is dropped and logged
	takeFor     = time.Minute      // that a message is offered again after errors
	takeAgain   = time.Second      // between offers
	deskGrace   = 10 * time.Second // for what is at work when ctx ends
)

// desk hands messages over, many at once, so that the connection can go on
// reading. It outlives connections.
type desk struct {
	take    chat.Take
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	queue  chan chat.Message
	closed bool
}

// newDesk starts the workers; close ends them.
func newDesk(ctx context.Context, take chat.Take, log *slog.Logger) *desk {
	d := &desk{take: take, log: log, queue: make(chan chat.Message, deskQueue)}
	d.ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range deskWorkers {
		d.workers.Go(func() {
			for m := range d.queue {
				d.hand(m)
			}
		})
	}
	return d
}

// put queues a message without waiting.
func (d *desk) put(m chat.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		d.log.Warn("aibot message dropped: stopping")
		return
	}
	select {
	case d.queue <- m:
	default:
		d.log.Error("aibot message dropped: too many wait", "waiting", deskQueue)
	}
}

// hand offers a message until it is taken or hope is lost.
func (d *desk) hand(m chat.Message) {
	for began := time.Now(); ; {
		err := d.take(d.ctx, m)
		if err == nil {
			return
		}
		if d.ctx.Err() != nil || time.Since(began) >= takeFor {
			d.log.Error("aibot message not taken", "error", err)
			return
		}
		pause(d.ctx, takeAgain)
	}
}

// close takes no more messages and waits until the others are handed over; after
// deskGrace their context ends. It may be called again.
func (d *desk) close() {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.queue)
	}
	d.mu.Unlock()
	stop := time.AfterFunc(deskGrace, d.cancel)
	defer stop.Stop()
	d.workers.Wait()
	d.cancel()
}
