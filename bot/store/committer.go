package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

const (
	conflictTries = 24                     // tries of a batch whose reads others change
	unknownTries  = 5                      // tries to learn what became of a commit
	pauseUnit     = time.Millisecond       // doubled for each try
	pauseCap      = 128 * time.Millisecond // longest pause between tries
	halveEvery    = 3                      // conflicts after which a batch tries half its size
)

// work is one closure on its way through the committer. The closure runs in its
// caller's goroutine, when the committer gives it the turn.
type work struct {
	state   atomic.Int32
	restore string     // the mark of the restore it belongs to
	keys    []Key      // what it is likely to read
	turn    chan *Tx   // committer → caller: run now
	ran     chan error // caller → committer: the closure's result
	result  chan error // committer → caller: what became of it; room for one
	err     error      // the committer's: the last run's result
}

const (
	waiting int32 = iota
	claimed
	cancelled
)

// errGone says that a closure panicked or ended its goroutine.
var errGone = errors.New("closure did not return")

// Update runs fn in one serialisable transaction and returns when it is committed
// and, as far as the server's settings promise, on disk. Closures of one Store
// run one after the other in the order of their calls, and those that wait are
// committed together. fn may run twice, so it must have no effect but through tx
// and on variables it sets anew; it runs in the caller's goroutine and must not
// call View, Update or Close. If fn returns an error nothing of it is kept, and
// Update returns that error; a panic in fn drops it too.
//
// While it waits for its turn, Update ends with ctx; once fn has run, it waits
// for the outcome. ErrBusy: too many are waiting.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.UpdateKeys(ctx, nil, fn)
}

// UpdateKeys is Update for a closure that is likely to read the records of the keys. On
// Redis those of all closures that wait are fetched at once, instead of one after the
// other. It may read other records, and none of them.
func (s *Store) UpdateKeys(ctx context.Context, keys []Key, fn func(*Tx) error) error {
	return s.update(ctx, "", fn, keys...)
}

func (s *Store) update(ctx context.Context, restore string, fn func(*Tx) error, keys ...Key) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %w", context.Cause(ctx))
	}
	w := &work{restore: restore, keys: keys, turn: make(chan *Tx), ran: make(chan error, 1), result: make(chan error, 1)}
	if err := s.enqueue(w); err != nil {
		return err
	}
	done := ctx.Done()
	for {
		select {
		case tx := <-w.turn:
			w.run(ctx, tx, fn)
		case err := <-w.result:
			return err
		case <-done:
			if w.state.CompareAndSwap(waiting, cancelled) {
				return fmt.Errorf("store: waiting for a turn: %w", context.Cause(ctx))
			}
			done = nil // it has had a turn: wait for what became of it
		}
	}
}

// run runs the closure once and hands back its result, whatever happens.
func (w *work) run(ctx context.Context, tx *Tx, fn func(*Tx) error) {
	err := errGone
	defer func() {
		tx.end()
		w.ran <- err
	}()
	if ctx.Err() != nil {
		err = fmt.Errorf("store: %w", context.Cause(ctx))
		return
	}
	own := fn(tx)
	if own == nil {
		own = tx.err
	}
	err = own
}

func (s *Store) enqueue(w *work) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if len(s.queue) >= s.most {
		return fmt.Errorf("%w: %d updates are waiting", ErrBusy, len(s.queue))
	}
	s.queue = append(s.queue, w)
	if !s.running {
		s.running = true
		s.users++
		go s.commitAll()
	}
	return nil
}

// commitAll is the committer. It lives while there is work, and only one does.
func (s *Store) commitAll() {
	defer s.leave()
	for {
		batch := s.take()
		if batch == nil {
			return
		}
		for len(batch) > 0 {
			batch = batch[s.commit(batch):]
		}
	}
}

// take claims the waiting closures in order of arrival, without those whose
// callers have left. It returns nil, and the committer is gone, if none waits.
func (s *Store) take() []*work {
	s.mu.Lock()
	defer s.mu.Unlock()
	var batch []*work
	n := 0
	for _, w := range s.queue {
		if len(batch) == s.back.batch() {
			break
		}
		n++
		if w.state.CompareAndSwap(waiting, claimed) {
			batch = append(batch, w)
		}
	}
	s.queue = append(s.queue[:0:0], s.queue[n:]...)
	if len(batch) == 0 {
		s.running = false
		return nil
	}
	return batch
}

// commit brings some of the first closures, at least one, to their end and says how many.
func (s *Store) commit(batch []*work) int {
	a := attempt{reads: likely(batch)}
	most, n := len(batch), 0
	for {
		a.tries++
		err := s.back.update(context.Background(), &a, func(b base) ([]write, error) {
			var writes []write
			writes, n = s.runBatch(b, batch[:most])
			return writes, b.failed()
		})
		if err == nil {
			deliver(batch[:n], nil)
			return n
		}
		if !a.again(err) {
			deliver(batch, final(err))
			return len(batch)
		}
		if a.unknown == "" && a.tries%halveEvery == 0 {
			most = max(1, most/2)
		}
		_ = pause(context.Background(), a.tries)
	}
}

// likely lists what the closures are likely to read, each once.
func likely(batch []*work) []id {
	var list []id
	seen := map[id]bool{}
	for _, w := range batch {
		for _, k := range w.keys {
			if i := (id{k.Bucket, k.Key}); !seen[i] {
				seen[i] = true
				list = append(list, i)
			}
		}
	}
	return list
}

// runBatch gives each closure its turn over the state that the ones before it
// leave, and returns their changes together with how many have run.
func (s *Store) runBatch(b base, batch []*work) ([]write, int) {
	all := newLayer()
	for i, w := range batch {
		if errors.Is(w.err, errGone) {
			continue // its caller has left, in an earlier try
		}
		tx := &Tx{r: reader{base: b, layers: []*layer{newLayer(), all}, now: s.now(), wall: s.wall()}}
		if w.err = s.admit(&tx.r, w.restore); w.err == nil {
			w.turn <- tx
			w.err = <-w.ran
		}
		if b.failed() != nil {
			return nil, i + 1
		}
		if w.err == nil {
			all.merge(tx.r.layers[0])
		}
		if all.bytes > batchBytes {
			return all.writes(), i + 1
		}
	}
	return all.writes(), len(batch)
}

// deliver tells the callers what became of their closures.
func deliver(batch []*work, err error) {
	for _, w := range batch {
		if err != nil {
			w.result <- err
		} else {
			w.result <- w.err
		}
	}
}

// again says whether one more try makes sense.
func (a *attempt) again(err error) bool {
	switch {
	case a.unknown != "":
		return a.tries < unknownTries
	case errors.Is(err, errConflict):
		return a.tries < conflictTries
	case errors.Is(err, errStale):
		return a.tries == 1
	}
	return false
}

// final is the error that callers see after the last try.
func final(err error) error {
	if errors.Is(err, errConflict) {
		return fmt.Errorf("%w after %d tries", ErrConflict, conflictTries)
	}
	return err
}

// pause waits before the next try, longer each time, and never twice the same.
func pause(ctx context.Context, tries int) error {
	most := min(pauseUnit<<min(tries, 16), pauseCap)
	t := time.NewTimer(rand.N(most))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("store: %w", context.Cause(ctx))
	}
}
