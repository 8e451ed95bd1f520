package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reader reads one state of the store. It is good until the closure it was given
// to returns, and for one goroutine at a time. *Tx is a Reader too.
type Reader interface {
	// Get returns the value at the key, and whether there is one. The value is
	// the caller's to keep. A record past its expiry is not there.
	Get(bucket, key string) (value []byte, ok bool, err error)
	// Scan calls fn for the bucket's records within the range, in byte order of
	// the keys, as they were when Scan was called. ErrStop ends it early; any other
	// error ends it and is returned.
	Scan(bucket string, r Range, fn func(key string, value []byte) error) error
	// Now is the program's clock, read once for the transaction.
	Now() time.Time
}

// Range bounds a scan. The zero value is the whole bucket.
type Range struct {
	Prefix  string // keys that begin so
	From    string // keys from this one on
	To      string // keys below this one; "" is no bound
	Limit   int    // records at most; 0 is no bound
	Reverse bool   // from the highest key down
}

// ErrStop, returned by the function of a scan, ends the scan without an error.
var ErrStop = errors.New("store: scan stopped") // a signal like fs.SkipAll, not a failure

var (
	_ Reader = (*reader)(nil)
	_ Reader = (*Tx)(nil)
)

// Tx is the transaction of one closure of Update. It is good until the closure
// returns, and for one goroutine at a time. After a failed Get, Put or Delete the closure's
// changes are dropped, even if it returns nil.
type Tx struct {
	r   reader
	err error // the first failure
}

// Get is Reader's; it sees what the closure has put.
func (tx *Tx) Get(bucket, key string) (value []byte, ok bool, err error) {
	value, ok, err = tx.r.Get(bucket, key)
	return value, ok, tx.fail(err)
}

// Scan is Reader's; it sees what the closure had put when Scan was called.
func (tx *Tx) Scan(bucket string, r Range, fn func(key string, value []byte) error) error {
	return tx.r.Scan(bucket, r, fn)
}

// Now is Reader's.
func (tx *Tx) Now() time.Time { return tx.r.now }

// Put sets the value at the key, without an expiry. It keeps a copy of the value.
func (tx *Tx) Put(bucket, key string, value []byte) error {
	return tx.put(bucket, key, value, expiry{})
}

// Insert is Put where no record is: ErrExists if there is one. It costs less than Get and
// Put, as on Redis all that was inserted is looked for at once before the commit.
func (tx *Tx) Insert(bucket, key string, value []byte) error {
	if err := tx.check(bucket, key, len(value)); err != nil {
		return tx.fail(err)
	}
	there, err := tx.r.there(bucket, key)
	if err == nil && there {
		err = fmt.Errorf("%w: %s %q", ErrExists, bucket, key)
	}
	if err != nil {
		return tx.fail(err)
	}
	return tx.Put(bucket, key, value)
}

// PutUntil is Put for a record that is gone once the program's clock reaches t.
func (tx *Tx) PutUntil(bucket, key string, value []byte, t time.Time) error {
	return tx.put(bucket, key, value, expiryAt(byNow, t))
}

// PutUntilWall is Put for a record that is gone once the wall clock reaches t,
// whatever clock the program runs on.
func (tx *Tx) PutUntilWall(bucket, key string, value []byte, t time.Time) error {
	return tx.put(bucket, key, value, expiryAt(byWall, t))
}

// Delete removes the record, if there is one.
func (tx *Tx) Delete(bucket, key string) error {
	if err := tx.check(bucket, key, 0); err != nil {
		return tx.fail(err)
	}
	tx.r.layers[0].set(id{bucket, key}, nil)
	return nil
}

func (tx *Tx) put(bucket, key string, value []byte, e expiry) error {
	if err := tx.check(bucket, key, len(value)); err != nil {
		return tx.fail(err)
	}
	tx.r.layers[0].set(id{bucket, key}, encodeRecord(value, e))
	if e.clock != byNone {
		tx.r.layers[0].set(id{expiryBucket, e.indexKey(bucket, key)}, encodeRecord(nil, expiry{}))
	}
	return nil
}

func (tx *Tx) check(bucket, key string, size int) error {
	switch {
	case tx.r.done:
		return fmt.Errorf("%w: the transaction is over", ErrClosed)
	case size > MaxValue:
		return fmt.Errorf("%w: a value of %d bytes in %s", ErrTooLarge, size, bucket)
	case tx.r.layers[0].bytes+len(key)+size > MaxTx:
		return fmt.Errorf("%w: a transaction of more than %d bytes", ErrTooLarge, MaxTx)
	}
	return checkID(bucket, key)
}

func (tx *Tx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

func (tx *Tx) end() { tx.r.end() }

// reader reads through layers of changes, the newest first, down to the base.
type reader struct {
	base      base
	layers    []*layer
	now, wall time.Time
	done      bool
}

func (r *reader) Now() time.Time { return r.now }

func (r *reader) end() { r.done = true }

func (r *reader) Get(bucket, key string) ([]byte, bool, error) {
	if err := checkID(bucket, key); err != nil {
		return nil, false, err
	}
	return r.get(bucket, key)
}

// get is Get for internal buckets too.
func (r *reader) get(bucket, key string) ([]byte, bool, error) {
	raw, err := r.raw(bucket, key)
	if err != nil || raw == nil {
		return nil, false, err
	}
	value, ok, err := r.visible(raw)
	if err != nil {
		return nil, false, fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return bytes.Clone(value), ok, nil
}

// raw returns the stored bytes of a record, nil if there is none.
func (r *reader) raw(bucket, key string) ([]byte, error) {
	if r.done {
		return nil, fmt.Errorf("%w: the transaction is over", ErrClosed)
	}
	if raw, ok := r.layered(bucket, key); ok {
		return raw, nil
	}
	raws, err := r.base.get(bucket, key)
	if err != nil {
		return nil, err
	}
	return raws[0], nil
}

// layered is what the changes say of a record, nil where they delete it.
func (r *reader) layered(bucket, key string) (raw []byte, ok bool) {
	for _, l := range r.layers {
		if raw, ok = l.get(id{bucket, key}); ok {
			break
		}
	}
	return raw, ok
}

// there reports whether there is a record, for one that is not expected.
func (r *reader) there(bucket, key string) (bool, error) {
	raw, ok := r.layered(bucket, key)
	if !ok {
		var err error
		if raw, err = r.base.absent(bucket, key); err != nil {
			return false, err
		}
	}
	if raw == nil {
		return false, nil
	}
	_, ok, err := r.visible(raw)
	return ok, err
}

// visible decodes a record, and says whether it is still there. The value is never nil then.
func (r *reader) visible(raw []byte) ([]byte, bool, error) {
	value, e, err := decodeRecord(raw)
	if err != nil || e.past(r.now, r.wall) {
		return nil, false, err
	}
	return value, true, nil
}

func (r *reader) Scan(bucket string, rg Range, fn func(key string, value []byte) error) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	return r.scan(bucket, rg, func(key string, raw []byte) (bool, error) {
		value, ok, err := r.visible(raw)
		if err != nil {
			return false, fmt.Errorf("%s %q: %w", bucket, key, err)
		}
		if !ok {
			return false, nil
		}
		return true, fn(key, append([]byte{}, value...))
	})
}

// scan calls fn with the stored bytes; fn says whether the record counts.
func (r *reader) scan(bucket string, rg Range, fn func(key string, raw []byte) (bool, error)) error {
	if r.done {
		return fmt.Errorf("%w: the transaction is over", ErrClosed)
	}
	lo, hi, any := rg.bounds()
	if !any {
		return nil
	}
	over := overlay(r.layers, bucket, lo, hi)
	keys := sortedKeys(over, rg.Reverse)
	below := &pager{base: r.base, bucket: bucket, lo: lo, hi: hi, reverse: rg.Reverse, limit: rg.Limit}
	for n := 0; rg.Limit <= 0 || n < rg.Limit; {
		key, raw, more, err := below.peek()
		if err != nil {
			return err
		}
		if len(keys) > 0 && (!more || order(keys[0], key, rg.Reverse) <= 0) {
			if more && keys[0] == key {
				below.next()
			}
			key, raw, more = keys[0], over[keys[0]], true
			keys = keys[1:]
		} else {
			below.next()
		}
		if !more {
			return nil
		}
		if raw == nil {
			continue
		}
		counts, err := fn(key, raw)
		if errors.Is(err, ErrStop) {
			return nil
		}
		if err != nil {
			return err
		}
		if counts {
			n++
		}
	}
	return nil
}

// bounds joins the range's prefix and ends; any is false if no key can lie within.
func (rg Range) bounds() (lo, hi string, any bool) {
	lo, hi = rg.Prefix, prefixEnd(rg.Prefix)
	lo = max(lo, rg.From)
	if rg.To != "" && (hi == "" || rg.To < hi) {
		hi = rg.To
	}
	return lo, hi, hi == "" || lo < hi
}

// prefixEnd is the lowest key above all that begin with p, or "" if there is none.
func prefixEnd(p string) string {
	b := []byte(p)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return ""
	}
	b[len(b)-1]++
	return string(b)
}

func order(a, b string, reverse bool) int {
	if reverse {
		a, b = b, a
	}
	return strings.Compare(a, b)
}

const pageKeys = 256 // keys a scan fetches at once

// pager walks the base's records of a range.
type pager struct {
	base           base
	bucket, lo, hi string
	reverse        bool
	limit          int
	keys           []string
	raws           [][]byte
	last           bool // no page follows
}

func (p *pager) peek() (key string, raw []byte, more bool, err error) {
	for len(p.keys) == 0 && !p.last {
		if err := p.page(); err != nil {
			return "", nil, false, err
		}
	}
	if len(p.keys) == 0 {
		return "", nil, false, nil
	}
	return p.keys[0], p.raws[0], true, nil
}

func (p *pager) next() {
	if len(p.keys) > 0 {
		p.keys, p.raws = p.keys[1:], p.raws[1:]
	}
}

func (p *pager) page() (err error) {
	n := pageKeys
	if p.limit > 0 {
		n = min(n, p.limit)
	}
	if p.keys, err = p.base.keys(p.bucket, p.lo, p.hi, p.reverse, n); err != nil {
		return err
	}
	p.last = len(p.keys) < n
	if len(p.keys) == 0 {
		return nil
	}
	end := p.keys[len(p.keys)-1]
	if p.reverse {
		p.hi = end
		p.last = p.last || p.lo >= p.hi
	} else {
		p.lo = end + "\x00"
		p.last = p.last || p.hi != "" && p.lo >= p.hi
	}
	p.raws, err = p.base.get(p.bucket, p.keys...)
	return err
}

// layer is a set of changes above a state, ordered within each bucket.
type layer struct {
	buckets map[string]*bucketLayer
	bytes   int
}

type bucketLayer struct {
	raws map[string][]byte // nil: deleted
	keys []string          // sorted
}

func newLayer() *layer { return &layer{buckets: map[string]*bucketLayer{}} }

func (l *layer) get(i id) (raw []byte, ok bool) {
	b := l.buckets[i.bucket]
	if b == nil {
		return nil, false
	}
	raw, ok = b.raws[i.key]
	return raw, ok
}

func (l *layer) set(i id, raw []byte) {
	b := l.buckets[i.bucket]
	if b == nil {
		b = &bucketLayer{raws: map[string][]byte{}}
		l.buckets[i.bucket] = b
	}
	if _, ok := b.raws[i.key]; !ok {
		at, _ := slices.BinarySearch(b.keys, i.key)
		b.keys = slices.Insert(b.keys, at, i.key)
	}
	b.raws[i.key] = raw
	l.bytes += len(i.key) + len(raw)
}

// merge adds the changes of a layer above.
func (l *layer) merge(above *layer) {
	for bucket, b := range above.buckets {
		for key, raw := range b.raws {
			l.set(id{bucket, key}, raw)
		}
	}
}

// writes lists the changes by bucket and key.
func (l *layer) writes() []write {
	var ws []write
	for _, bucket := range sortedKeys(l.buckets, false) {
		b := l.buckets[bucket]
		for _, key := range b.keys {
			ws = append(ws, write{id{bucket, key}, b.raws[key]})
		}
	}
	return ws
}

// overlay joins the layers' changes within a range; the first layer wins.
func overlay(layers []*layer, bucket, lo, hi string) map[string][]byte {
	over := map[string][]byte{}
	for _, l := range slices.Backward(layers) {
		b := l.buckets[bucket]
		if b == nil {
			continue
		}
		at, _ := slices.BinarySearch(b.keys, lo)
		for _, key := range b.keys[at:] {
			if hi != "" && key >= hi {
				break
			}
			over[key] = b.raws[key]
		}
	}
	return over
}

func sortedKeys[V any](m map[string]V, reverse bool) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if reverse {
		slices.Reverse(keys)
	}
	return keys
}
