package store

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A stored record is one byte that names the clock of its expiry, eight bytes of
// milliseconds if there is one, and the value.
const (
	byNone byte = iota
	byNow
	byWall
)

// Buckets of the store's own; users' names cannot begin with a tilde.
const (
	metaBucket    = "~meta"    // the state record
	expiryBucket  = "~expiry"  // one empty record for each expiry ever set, ordered by time
	leaseBucket   = "~lease"   // one record for each lease's name
	versionBucket = "~version" // bbolt only: commits that wrote a bucket
)

// expiry is when, and by which clock, a record is gone.
type expiry struct {
	clock byte
	ms    uint64 // since 1970
}

func expiryAt(clock byte, t time.Time) expiry {
	return expiry{clock, uint64(max(0, t.UnixMilli()))}
}

func (e expiry) past(now, wall time.Time) bool {
	switch e.clock {
	case byNow:
		return uint64(max(0, now.UnixMilli())) >= e.ms
	case byWall:
		return uint64(max(0, wall.UnixMilli())) >= e.ms
	}
	return false
}

// indexKey is where the expiry index notes the record: by clock, then by time.
func (e expiry) indexKey(bucket, key string) string {
	return fmt.Sprintf("%d%016x%s\x00%s", e.clock, e.ms, bucket, key)
}

const indexHead = 17 // bytes of clock and time before the bucket's name

func encodeRecord(value []byte, e expiry) []byte {
	raw := make([]byte, 0, 9+len(value))
	raw = append(raw, e.clock)
	if e.clock != byNone {
		raw = binary.BigEndian.AppendUint64(raw, e.ms)
	}
	return append(raw, value...)
}

func decodeRecord(raw []byte) ([]byte, expiry, error) {
	switch {
	case len(raw) >= 1 && raw[0] == byNone:
		return raw[1:], expiry{}, nil
	case len(raw) >= 9 && (raw[0] == byNow || raw[0] == byWall):
		return raw[9:], expiry{raw[0], binary.BigEndian.Uint64(raw[1:])}, nil
	}
	return nil, expiry{}, fmt.Errorf("%w: not a record", ErrDamaged)
}

func checkID(bucket, key string) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	switch {
	case key == "":
		return fmt.Errorf("%w: an empty key in %s", ErrBadName, bucket)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: a key of %d bytes in %s", ErrTooLarge, len(key), bucket)
	}
	return nil
}

// checkBucket allows lower-case letters, digits and - _ . /, beginning with a letter.
func checkBucket(name string) error {
	if len(name) > MaxBucket {
		return fmt.Errorf("%w: a bucket's name of %d bytes", ErrTooLarge, len(name))
	}
	for i, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z'
		other := '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '/'
		if !letter && (i == 0 || !other) {
			return fmt.Errorf("%w: bucket %q", ErrBadName, name)
		}
	}
	if name == "" {
		return fmt.Errorf("%w: a bucket without a name", ErrBadName)
	}
	return nil
}

// own says whether the bucket is the store's, not the user's.
func own(bucket string) bool { return bucket[0] == '~' }
