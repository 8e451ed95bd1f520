package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// markLife is how long the mark of an instance's last commit is kept. It is
// needed only until the instance has learnt what became of the commit.
const markLife = 24 * time.Hour

// redisStore is a space on a Redis server. Its keys:
//
//	{space}:r:bucket:key   a record
//	{space}:i:bucket       sorted set of the bucket's keys, all with score 0
//	{space}:b              set of bucket names
//	{space}:v              hash: commits that wrote a bucket
//	{space}:c:instance     mark of the instance's last commit
//	{space}:s              the running snapshot, if any
//	{space}:s:snapshot     hash: records as they were when the snapshot began
//
// Transactions are optimistic: WATCH what is read, then MULTI/EXEC. Every commit
// also watches and sets its instance's mark: a commit whose answer was lost is
// known by its mark, and cannot happen any more once the next has.
type redisStore struct {
	c        redis.UniversalClient
	prefix   string
	instance string // this Store's, among all that share the space
}

// errStale says that a connection broke before anything was asked to be committed.
var errStale = errors.New("connection lost")

func (s *redisStore) record(bucket, key string) string { return s.prefix + "r:" + bucket + ":" + key }
func (s *redisStore) index(bucket string) string       { return s.prefix + "i:" + bucket }
func (s *redisStore) bucketsKey() string               { return s.prefix + "b" }
func (s *redisStore) versionsKey() string              { return s.prefix + "v" }
func (s *redisStore) markKey() string                  { return s.prefix + "c:" + s.instance }
func (s *redisStore) snapKey() string                  { return s.prefix + "s" }
func (s *redisStore) imagesKey(snap string) string     { return s.prefix + "s:" + snap }

// batch is small, as a server takes the square of their number to watch keys.
func (s *redisStore) batch() int { return 256 }

func (s *redisStore) close() error { return s.c.Close() }

// broken wraps an error of the client for callers.
func broken(err error) error {
	var op *net.OpError
	var reply redis.Error
	switch {
	case err == nil, errors.Is(err, errConflict), errors.Is(err, ErrUnavailable), errors.Is(err, ErrDamaged):
		return err
	case errors.As(err, &reply), errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w: %w", ErrUnavailable, errStale, err)
}

func (s *redisStore) view(ctx context.Context, a *attempt, fn func(base)) error {
	err := s.c.Watch(ctx, func(tx *redis.Tx) error {
		b := newRedisBase(ctx, s, tx)
		if err := b.begin(a); err != nil {
			return err
		}
		fn(b)
		if b.err != nil || b.asked == 1 || b.asked == 2 && len(a.reads) == 0 {
			return b.err // what one command read is one state
		}
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Exists(ctx, s.snapKey())
			return nil
		})
		if errors.Is(err, redis.TxFailedErr) {
			a.reads = b.order
			return errConflict
		}
		return err
	}, s.record(stateID.bucket, stateID.key))
	return broken(err)
}

func (s *redisStore) update(ctx context.Context, a *attempt, fn func(base) ([]write, error)) error {
	err := s.c.Watch(ctx, func(tx *redis.Tx) error {
		b := newRedisBase(ctx, s, tx)
		done, err := b.beginUpdate(a)
		if done || err != nil {
			return err
		}
		writes, err := fn(b)
		if err == nil {
			err = b.verify(a)
		}
		if err == nil {
			err = b.saveImages(writes)
		}
		if err != nil {
			return err
		}
		return s.exec(ctx, b, a, writes)
	}, s.markKey(), s.snapKey(), s.record(stateID.bucket, stateID.key))
	err = broken(err)
	if err != nil && a.unknown != "" {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return err
}

// exec commits the writes, if nothing that was read has changed.
func (s *redisStore) exec(ctx context.Context, b *redisBase, a *attempt, writes []write) error {
	mark := rand.Text()
	_, err := b.tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if len(writes) == 0 {
			p.Exists(ctx, s.snapKey()) // only to hear that the reads were of one state
			return nil
		}
		p.Set(ctx, s.markKey(), mark, markLife)
		s.queue(ctx, p, writes)
		if len(b.images) > 0 {
			images := s.imagesKey(b.snap)
			for field, raw := range b.images {
				p.HSetNX(ctx, images, field, raw)
			}
			p.PExpire(ctx, images, imagesLife)
		}
		return nil
	})
	var reply redis.Error
	switch {
	case errors.Is(err, redis.TxFailedErr):
		a.reads = b.order
		return errConflict
	case err == nil, errors.As(err, &reply) || len(writes) == 0:
		return err
	}
	a.unknown = mark
	return err
}

// queue puts the writes into a pipeline, with the indexes that go with them.
func (s *redisStore) queue(ctx context.Context, p redis.Pipeliner, writes []write) {
	for len(writes) > 0 {
		bucket := writes[0].bucket
		var there []redis.Z
		var gone []any
		n := 0
		for _, w := range writes {
			if w.bucket != bucket {
				break
			}
			n++
			if w.raw == nil {
				p.Del(ctx, s.record(bucket, w.key))
				gone = append(gone, w.key)
			} else {
				p.Set(ctx, s.record(bucket, w.key), w.raw, 0)
				there = append(there, redis.Z{Member: w.key})
			}
		}
		writes = writes[n:]
		if len(gone) > 0 {
			p.ZRem(ctx, s.index(bucket), gone...)
		}
		if len(there) > 0 {
			p.ZAdd(ctx, s.index(bucket), there...)
			p.SAdd(ctx, s.bucketsKey(), bucket)
		}
		if !own(bucket) {
			p.HIncrBy(ctx, s.versionsKey(), bucket, 1)
		}
	}
}

func (s *redisStore) version(ctx context.Context, bucket string) (uint64, error) {
	n, err := s.c.HGet(ctx, s.versionsKey(), bucket).Uint64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, broken(err)
}

// redisBase reads within one connection, watching what it reads.
type redisBase struct {
	ctx    context.Context //nolint:containedctx // lives for one call of view or update
	s      *redisStore
	tx     *redis.Tx
	cache  map[id][]byte
	order  []id // what was read, in order
	scans  map[scanArgs][]string
	unsure []id              // taken to be absent, and not looked for yet
	asked  int               // commands that read
	snap   string            // the running snapshot
	images map[string][]byte // for the snapshot: the records to be written as they are
	err    error             // the first failure
}

type scanArgs struct {
	bucket, lo, hi string
	reverse        bool
	n              int
}

func newRedisBase(ctx context.Context, s *redisStore, tx *redis.Tx) *redisBase {
	return &redisBase{ctx: ctx, s: s, tx: tx, cache: map[id][]byte{}, scans: map[scanArgs][]string{}}
}

func (b *redisBase) failed() error { return b.err }

func (b *redisBase) fail(err error) error {
	if err != nil && b.err == nil {
		b.err = err
	}
	return err
}

// begin reads the state record, and again what the last try read.
func (b *redisBase) begin(a *attempt) error {
	ids := append([]id{stateID}, slices.DeleteFunc(slices.Clone(a.reads), func(i id) bool { return i == stateID })...)
	return b.fetch(ids)
}

// beginUpdate also learns what became of a commit that was not answered, and
// whether a snapshot is being taken. done says that the commit has happened.
func (b *redisBase) beginUpdate(a *attempt) (done bool, err error) {
	got, err := b.tx.MGet(b.ctx, b.s.markKey(), b.s.snapKey()).Result()
	if err != nil {
		return false, b.fail(err)
	}
	mark, _ := got[0].(string)
	b.snap, _ = got[1].(string)
	if a.unknown != "" && mark == a.unknown {
		return true, nil
	}
	if a.unknown != "" {
		return false, b.fence(a)
	}
	return false, b.begin(a)
}

// fence makes a commit that was not answered impossible: it watches the mark,
// which changes here. Then the next try is as good as a first one.
func (b *redisBase) fence(a *attempt) error {
	_, err := b.tx.TxPipelined(b.ctx, func(p redis.Pipeliner) error {
		p.Set(b.ctx, b.s.markKey(), rand.Text(), markLife)
		return nil
	})
	if err != nil && !errors.Is(err, redis.TxFailedErr) {
		return b.fail(err)
	}
	if err == nil {
		a.unknown = ""
	}
	return b.fail(errConflict)
}

// fetch reads records into the cache, watching them, in one round trip.
func (b *redisBase) fetch(ids []id) error {
	if len(ids) == 0 || b.err != nil {
		return b.err
	}
	keys := make([]string, len(ids))
	for i, x := range ids {
		keys[i] = b.s.record(x.bucket, x.key)
	}
	b.asked++
	var got *redis.SliceCmd
	_, err := b.tx.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		watch(b.ctx, p, keys)
		got = p.MGet(b.ctx, keys...)
		return nil
	})
	if err != nil {
		return b.fail(err)
	}
	for i, v := range got.Val() {
		var raw []byte
		if text, ok := v.(string); ok {
			raw = []byte(text)
		}
		b.cache[ids[i]] = raw
	}
	b.order = append(b.order, ids...)
	return nil
}

// watch queues a WATCH. The transaction has watched a key by its own method
// before, so the client knows that the connection is to be unwatched.
func watch(ctx context.Context, p redis.Pipeliner, keys []string) {
	args := make([]any, 1, 1+len(keys))
	args[0] = "watch"
	for _, key := range keys {
		args = append(args, key)
	}
	p.Do(ctx, args...)
}

func (b *redisBase) get(bucket string, keys ...string) ([][]byte, error) {
	var missing []id
	for _, key := range keys {
		if _, ok := b.cache[id{bucket, key}]; !ok {
			missing = append(missing, id{bucket, key})
		}
	}
	if err := b.fetch(missing); err != nil {
		return nil, err
	}
	raws := make([][]byte, len(keys))
	for i, key := range keys {
		raws[i] = b.cache[id{bucket, key}]
	}
	return raws, nil
}

func (b *redisBase) absent(bucket, key string) ([]byte, error) {
	i := id{bucket, key}
	raw, known := b.cache[i]
	if !known {
		b.cache[i] = nil
		b.unsure = append(b.unsure, i)
	}
	return raw, b.err
}

// verify looks for what was taken to be absent. If anything of it is there, the next try
// knows.
func (b *redisBase) verify(a *attempt) error {
	if err := b.fetch(b.unsure); err != nil {
		return err
	}
	for _, i := range b.unsure {
		if b.cache[i] != nil {
			a.reads = b.order
			return errConflict
		}
	}
	return nil
}

func (b *redisBase) keys(bucket, lo, hi string, reverse bool, n int) ([]string, error) {
	if b.err != nil {
		return nil, b.err
	}
	args := scanArgs{bucket, lo, hi, reverse, n}
	if keys, ok := b.scans[args]; ok {
		return keys, nil
	}
	b.asked++
	var got *redis.StringSliceCmd
	_, err := b.tx.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		watch(b.ctx, p, []string{b.s.index(bucket)})
		got = b.s.lex(b.ctx, p, args)
		return nil
	})
	if err != nil {
		return nil, b.fail(err)
	}
	b.scans[args] = got.Val()
	return got.Val(), nil
}

// lex asks a bucket's index for keys.
func (s *redisStore) lex(ctx context.Context, c redis.Cmdable, a scanArgs) *redis.StringSliceCmd {
	by := &redis.ZRangeBy{Min: "[" + a.lo, Max: "(" + a.hi, Count: int64(a.n)}
	if a.lo == "" {
		by.Min = "-"
	}
	if a.hi == "" {
		by.Max = "+"
	}
	if a.reverse {
		return c.ZRevRangeByLex(ctx, s.index(a.bucket), by)
	}
	return c.ZRangeByLex(ctx, s.index(a.bucket), by)
}

func (b *redisBase) buckets() ([]string, error) {
	if b.err != nil {
		return nil, b.err
	}
	b.asked++
	var got *redis.StringSliceCmd
	_, err := b.tx.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		watch(b.ctx, p, []string{b.s.bucketsKey()})
		got = p.SMembers(b.ctx, b.s.bucketsKey())
		return nil
	})
	return slices.Sorted(slices.Values(got.Val())), b.fail(err)
}

// saveImages keeps, for a snapshot that is being taken, what the writes replace.
func (b *redisBase) saveImages(writes []write) error {
	if b.snap == "" {
		return nil
	}
	var unread []id
	for _, w := range writes {
		if _, ok := b.cache[w.id]; !ok && portable(w.bucket) {
			unread = append(unread, w.id)
		}
	}
	if err := b.fetch(unread); err != nil {
		return err
	}
	b.images = map[string][]byte{}
	for _, w := range writes {
		if portable(w.bucket) {
			b.images[imageField(w.id)] = b.cache[w.id] // empty: there was none
		}
	}
	return nil
}

func imageField(i id) string { return i.bucket + "\x00" + i.key }

func imageID(field string) id {
	bucket, key, _ := strings.Cut(field, "\x00")
	return id{bucket, key}
}
