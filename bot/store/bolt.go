package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	lockWait = time.Second // for another process to leave the file
	// mapped address space, so that writers seldom wait for long readers to map
	// more. Elsewhere than on unix the file itself would be as large.
	mapped = 256 << 20
)

// boltStore is a bbolt file: one writer, many readers, each with its own state.
type boltStore struct{ db *bbolt.DB }

// OpenFile opens the store in the file, which it makes if need be. One process
// has the file at a time; another gets ErrUnavailable after a second. A file that
// is no store, or is cut short, gives ErrDamaged.
func OpenFile(path string, o Options) (*Store, error) {
	db, err := openBolt(path)
	switch {
	case err == nil:
		db.NoSync = o.NoSync
		return newStore(&boltStore{db}, o), nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w: %s is in use by another process", ErrUnavailable, path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, errFault):
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	case errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %s: %w", ErrNewer, path, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// errFault says that reading the file's structure failed.
var errFault = errors.New("the file's structure cannot be read")

func openBolt(path string) (db *bbolt.DB, err error) {
	o := *bbolt.DefaultOptions
	o.Timeout = lockWait
	o.FreelistType = bbolt.FreelistMapType
	if runtime.GOOS != "windows" {
		o.InitialMmapSize = mapped
	}
	// bbolt panics, or faults on the mapped memory, where the file is cut short.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = errFault
		}
	}()
	db, err = bbolt.Open(path, 0o600, &o)
	if err != nil {
		return nil, err
	}
	if err := whole(db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// whole says whether the file is as long as its structure says.
func whole(db *bbolt.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: %d of %d bytes are there", errFault, info.Size(), tx.Size())
		}
		return nil
	})
}

// batch is large, as every commit waits for the disk.
func (s *boltStore) batch() int { return 1024 }

func (s *boltStore) close() error { return s.db.Close() }

func (s *boltStore) view(ctx context.Context, _ *attempt, fn func(base)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := s.db.Begin(false)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = tx.Rollback() }()
	fn(boltBase{tx})
	return nil
}

func (s *boltStore) update(_ context.Context, _ *attempt, fn func(base) ([]write, error)) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	writes, err := fn(boltBase{tx})
	if err != nil || len(writes) == 0 {
		return err
	}
	if err := apply(tx, writes); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, ErrUnknown, err)
	}
	return nil
}

// apply writes the changes, which are ordered by bucket, and counts them in for
// each user's bucket.
func apply(tx *bbolt.Tx, writes []write) error {
	var b *bbolt.Bucket
	for i, w := range writes {
		var err error
		if i == 0 || w.bucket != writes[i-1].bucket {
			if b, err = tx.CreateBucketIfNotExists([]byte(w.bucket)); err != nil {
				return err
			}
			if err := count(tx, w.bucket); err != nil {
				return err
			}
		}
		if w.raw == nil {
			err = b.Delete([]byte(w.key))
		} else {
			err = b.Put([]byte(w.key), w.raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func count(tx *bbolt.Tx, bucket string) error {
	if own(bucket) {
		return nil
	}
	v, err := tx.CreateBucketIfNotExists([]byte(versionBucket))
	if err != nil {
		return err
	}
	n := versionOf(v, bucket)
	return v.Put([]byte(bucket), binary.BigEndian.AppendUint64(nil, n+1))
}

func versionOf(v *bbolt.Bucket, bucket string) uint64 {
	if b := v.Get([]byte(bucket)); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (s *boltStore) version(_ context.Context, bucket string) (n uint64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket([]byte(versionBucket)); v != nil {
			n = versionOf(v, bucket)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return n, nil
}

func (s *boltStore) snapshot(ctx context.Context, emit func(bucket, key string, raw []byte) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(bucket []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(key, raw []byte) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return emit(string(bucket), string(key), raw)
			})
		})
	})
}

// boltBase reads within one bbolt transaction.
type boltBase struct{ tx *bbolt.Tx }

func (b boltBase) failed() error { return nil }

func (b boltBase) absent(bucket, key string) ([]byte, error) {
	raws, err := b.get(bucket, key)
	if err != nil {
		return nil, err
	}
	return raws[0], nil
}

func (b boltBase) get(bucket string, keys ...string) ([][]byte, error) {
	raws := make([][]byte, len(keys))
	if in := b.tx.Bucket([]byte(bucket)); in != nil {
		for i, key := range keys {
			raws[i] = in.Get([]byte(key))
		}
	}
	return raws, nil
}

func (b boltBase) keys(bucket, lo, hi string, reverse bool, n int) ([]string, error) {
	in := b.tx.Bucket([]byte(bucket))
	if in == nil {
		return nil, nil
	}
	var keys []string
	c := in.Cursor()
	if reverse {
		for k := lastBelow(c, hi); k != nil && string(k) >= lo && len(keys) < n; k, _ = c.Prev() {
			keys = append(keys, string(k))
		}
		return keys, nil
	}
	for k, _ := c.Seek([]byte(lo)); k != nil && (hi == "" || string(k) < hi) && len(keys) < n; k, _ = c.Next() {
		keys = append(keys, string(k))
	}
	return keys, nil
}

// lastBelow moves the cursor to the highest key below hi, or to the highest if hi is "".
func lastBelow(c *bbolt.Cursor, hi string) []byte {
	if hi != "" {
		if k, _ := c.Seek([]byte(hi)); k != nil {
			k, _ = c.Prev()
			return k
		}
	}
	k, _ := c.Last()
	return k
}

func (b boltBase) buckets() ([]string, error) {
	var names []string
	err := b.tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		names = append(names, string(name))
		return nil
	})
	return names, err
}
