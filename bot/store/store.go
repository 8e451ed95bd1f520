// Package store keeps the program's state: records in named buckets, ordered by
// key, read and changed in serialisable transactions. A Store is a bbolt file or
// a space on a Redis server; both behave alike, and one conformance suite runs
// over both. It also gives leases with fencing tokens, a portable backup and
// forward migrations.
//
// It must not know what the records mean, and nothing of chats, HTTP, the index
// or the configuration.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// What callers can tell apart with errors.Is. Errors that a closure returns
// itself come back unchanged.
var (
	// ErrUnavailable: the store cannot be reached or cannot write. Nothing is
	// promised about what was asked; the caller should answer "try again".
	ErrUnavailable = errors.New("store: unavailable")
	// ErrUnknown joins ErrUnavailable where the connection was lost while a
	// transaction was being committed: it may or may not have happened.
	ErrUnknown = errors.New("store: outcome unknown")
	// ErrBusy: the queue of waiting updates is full, or another backup is running.
	ErrBusy = errors.New("store: busy")
	// ErrConflict: other instances kept changing what was read, through all retries.
	ErrConflict = errors.New("store: conflict")
	// ErrExists: Insert found a record.
	ErrExists = errors.New("store: the record exists")
	// ErrClosed: the store, or the transaction of a finished closure, is closed.
	ErrClosed = errors.New("store: closed")
	// ErrTooLarge: a key, value or transaction passes its limit.
	ErrTooLarge = errors.New("store: too large")
	// ErrBadName: a bucket's or space's name has characters it must not have, or a key is empty.
	ErrBadName = errors.New("store: bad name")
	// ErrNewer: the data or the backup was written by a newer program.
	ErrNewer = errors.New("store: written by a newer version")
	// ErrNotEmpty: restore was asked for a store that holds records.
	ErrNotEmpty = errors.New("store: not empty")
	// ErrDamaged: a file, record or backup is not what was written.
	ErrDamaged = errors.New("store: damaged")
	// ErrLost: the lease has gone to somebody else or was released.
	ErrLost = errors.New("store: lease lost")
)

// Limits on what a record may be.
const (
	MaxBucket = 64        // bytes of a bucket's name
	MaxKey    = 1024      // bytes of a key
	MaxValue  = 64 << 20  // bytes of a value: a document as it was uploaded
	MaxTx     = 128 << 20 // bytes of keys and values that one closure may write
)

const (
	defaultQueue = 4096     // closures that may wait; past that the caller is told to come back
	batchBytes   = 16 << 20 // written bytes after which a batch takes no more closures
	unversioned  = -1       // Migrate has not been called on this Store
)

// Options tune a Store. The zero value is good.
type Options struct {
	// Now is the program's clock, which PutUntil's expiry follows; a rehearsal
	// gives its own. time.Now if nil.
	Now func() time.Time
	// Wall is the clock of leases and of PutUntilWall. time.Now if nil.
	Wall func() time.Time
	// NoSync lets a file's commits not wait for the disk: they outlive the process,
	// however it ends, but not the machine. For rehearsals.
	NoSync bool
	// Fault, in tests, is asked when a transaction is about to be committed, and
	// again when it has been: its error is what comes of it.
	Fault func(committed bool) error
	// Queue is how many closures may wait for the committer. 4096 if 0.
	Queue int
}

// Store is an open store. Its methods may be called from many goroutines.
type Store struct {
	back   backend
	now    func() time.Time
	wall   func() time.Time
	most   int          // waiting closures
	schema atomic.Int64 // the version Migrate brought the data to

	// mu guards what follows.
	mu      sync.Mutex
	queue   []*work
	running bool          // a committer is at work
	users   int           // calls in progress, the committer's included
	closed  bool          // nothing more is accepted
	idle    chan struct{} // closed when closed and users is 0
}

// backend is what the two kinds of store do differently. An attempt may run fn
// more than once only where it says so; errors that are not errConflict, and not
// the closures' own, come back wrapped in ErrUnavailable or ErrDamaged.
type backend interface {
	// view runs fn over one consistent state, or returns errConflict.
	view(ctx context.Context, a *attempt, fn func(base)) error
	// update runs fn over one state and commits the writes it returns as one
	// transaction, or returns errConflict. An error of fn drops the attempt.
	update(ctx context.Context, a *attempt, fn func(base) ([]write, error)) error
	// batch is how many closures are committed together at most.
	batch() int
	// version counts the commits that wrote the bucket.
	version(ctx context.Context, bucket string) (uint64, error)
	// snapshot calls emit with every record of one consistent state, ordered by
	// bucket and key, while others keep writing.
	snapshot(ctx context.Context, emit func(bucket, key string, raw []byte) error) error
	close() error
}

// base reads the committed state that an attempt works on. A failed read makes
// the attempt fail, whatever its closures make of the error.
type base interface {
	// get returns the stored bytes of each key, nil where there is none. They
	// must not be changed and are good until the attempt ends.
	get(bucket string, keys ...string) ([][]byte, error)
	// absent is get of a record that is not expected. It may answer nil before it is
	// known; if there is a record after all, the attempt ends in errConflict.
	absent(bucket, key string) ([]byte, error)
	// keys returns up to n keys with lo <= key, and key < hi unless hi is "",
	// from the low end, or from the high end if reverse.
	keys(bucket, lo, hi string, reverse bool, n int) ([]string, error)
	// buckets names the buckets that may hold records.
	buckets() ([]string, error)
	failed() error
}

// faulty is a backend whose commits go wrong when a test wants them to.
type faulty struct {
	backend
	fault func(committed bool) error
}

func (f faulty) update(ctx context.Context, a *attempt, fn func(base) ([]write, error)) error {
	var wrote bool
	var fault error
	err := f.backend.update(ctx, a, func(b base) ([]write, error) {
		writes, err := fn(b)
		if wrote = err == nil && len(writes) > 0; wrote {
			fault = f.fault(false)
		}
		return writes, cmp.Or(err, fault)
	})
	if err == nil && wrote {
		fault = f.fault(true)
	}
	return cmp.Or(fault, err)
}

// errConflict says that what an attempt read was changed before it ended.
var errConflict = errors.New("changed meanwhile")

// attempt carries what one try of a batch leaves for the next.
type attempt struct {
	tries   int
	reads   []id   // what the last try read, or is likely to be read: fetched at once
	unknown string // a commit with this mark was sent and not answered
}

// Key names a record.
type Key struct{ Bucket, Key string }

type id struct{ bucket, key string }

// write is one change; raw is nil for a deletion.
type write struct {
	id
	raw []byte
}

func newStore(b backend, o Options) *Store {
	if o.Fault != nil {
		b = faulty{b, o.Fault}
	}
	s := &Store{back: b, now: o.Now, wall: o.Wall, most: o.Queue, idle: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.wall == nil {
		s.wall = time.Now
	}
	if s.most <= 0 {
		s.most = defaultQueue
	}
	s.schema.Store(unversioned)
	return s
}

// View runs fn over one consistent state of the store. fn may run twice, so it
// must have no other effect than on variables it sets anew; on Redis a run whose
// result is then thrown away may see parts of two states. fn must not call View,
// Update or Close. A view over much data that other instances keep changing may
// end in ErrConflict.
func (s *Store) View(ctx context.Context, fn func(Reader) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.view(ctx, func(r *reader) error {
		if err := s.admit(r, ""); err != nil {
			return err
		}
		return fn(r)
	})
}

func (s *Store) view(ctx context.Context, fn func(*reader) error) error {
	var a attempt
	for {
		a.tries++
		var own error
		err := s.back.view(ctx, &a, func(b base) {
			r := &reader{base: b, now: s.now(), wall: s.wall()}
			defer r.end()
			own = fn(r)
		})
		switch {
		case err == nil:
			return own
		case ctx.Err() != nil:
			return fmt.Errorf("store: %w", context.Cause(ctx))
		case !a.again(err):
			return final(err)
		}
		if err := pause(ctx, a.tries); err != nil {
			return err
		}
	}
}

// Ping says whether the store answers: nil, or why not.
func (s *Store) Ping(ctx context.Context) error {
	return s.View(ctx, func(Reader) error { return nil })
}

// Version changes with every commit of any instance that writes the bucket, and
// with a restore. To follow a bucket, read its version before its records, and
// read the records again when the version differs.
func (s *Store) Version(ctx context.Context, bucket string) (uint64, error) {
	if err := checkBucket(bucket); err != nil {
		return 0, err
	}
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	v, err := s.back.version(ctx, bucket)
	if err != nil && ctx.Err() != nil {
		return 0, fmt.Errorf("store: %w", context.Cause(ctx))
	}
	return v, err
}

// Close refuses new calls, waits until every accepted one has its result, and
// frees the file or the connections. Closing twice is fine; no closure may close.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first && s.users == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	<-s.idle
	if !first {
		return nil
	}
	return s.back.close()
}

// enter counts a call in, so that Close waits for it.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.users++
	return nil
}

func (s *Store) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.closed && s.users == 0 {
		close(s.idle)
	}
}
