package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Lease is the right of one holder to do something alone for a while. It is a
// value; Renew returns a new one.
type Lease struct {
	Name   string
	Holder string
	// Token is higher than that of every earlier lease of the name. Whoever is
	// given work under a lease can refuse a token below one it has seen.
	Token uint64
	Until time.Time // by the wall clock

	s *Store
}

// leaseRecord stays when a lease ends, so that tokens never fall.
type leaseRecord struct {
	Holder string `json:"holder,omitempty"` // empty: released
	Token  uint64 `json:"token"`
	Until  int64  `json:"until"` // milliseconds
}

// Lease takes the named lease for ttl by the wall clock, and says whether it got
// it: not while another holder has it. A holder is one running instance; the same
// holder asking again gets a new lease with a new token, and its old one is lost.
// Each name ever used keeps a small record, so names should be few: a robot's
// connection, a schedule. For a lease on each of many records, keep it in the record.
//
// A lease is only as good as the clocks agree: work that must not be done twice
// calls Check in the transaction that records it.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (Lease, bool, error) {
	var (
		got Lease
		ok  bool
	)
	if holder == "" {
		return got, false, fmt.Errorf("%w: a lease without a holder", ErrBadName)
	}
	if err := checkID("lease", name); err != nil {
		return got, false, err
	}
	err := s.Update(ctx, func(tx *Tx) error {
		got, ok = Lease{}, false
		rec, err := tx.r.lease(name)
		if err != nil {
			return err
		}
		if rec.Holder != "" && rec.Holder != holder && tx.r.wall.UnixMilli() < rec.Until {
			return nil
		}
		got, ok = Lease{name, holder, rec.Token + 1, tx.r.wall.Add(ttl), s}, true
		return tx.setLease(name, leaseRecord{holder, got.Token, got.Until.UnixMilli()})
	})
	if err != nil {
		return Lease{}, false, err
	}
	return got, ok, nil
}

// Renew makes the lease last for ttl from now on, under the same token. It
// returns ErrLost if another holder has taken it; an expired lease that nobody
// took is renewed.
func (l Lease) Renew(ctx context.Context, ttl time.Duration) (Lease, error) {
	err := l.s.Update(ctx, func(tx *Tx) error {
		if err := l.Check(tx); err != nil {
			return err
		}
		l.Until = tx.r.wall.Add(ttl)
		return tx.setLease(l.Name, leaseRecord{l.Holder, l.Token, l.Until.UnixMilli()})
	})
	return l, err
}

// Release gives the lease back, so that others need not wait for its end. A lease
// that is already lost is left alone; that is no error.
func (l Lease) Release(ctx context.Context) error {
	return l.s.Update(ctx, func(tx *Tx) error {
		rec, err := tx.r.lease(l.Name)
		if err != nil || rec.Holder != l.Holder || rec.Token != l.Token {
			return err
		}
		return tx.setLease(l.Name, leaseRecord{Token: l.Token})
	})
}

// Check returns ErrLost unless the lease is still this one, at the moment the
// transaction is committed: what the closure does then cannot come after another
// holder's work.
func (l Lease) Check(tx *Tx) error {
	rec, err := tx.r.lease(l.Name)
	if err != nil {
		return err
	}
	if rec.Holder != l.Holder || rec.Token != l.Token {
		return fmt.Errorf("%w: %s", ErrLost, l.Name)
	}
	return nil
}

func (r *reader) lease(name string) (rec leaseRecord, err error) {
	value, ok, err := r.get(leaseBucket, name)
	if err != nil || !ok {
		return rec, err
	}
	if err := json.Unmarshal(value, &rec); err != nil {
		return rec, fmt.Errorf("%w: lease %s: %w", ErrDamaged, name, err)
	}
	return rec, nil
}

func (tx *Tx) setLease(name string, rec leaseRecord) error {
	value, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	tx.r.layers[0].set(id{leaseBucket, name}, encodeRecord(value, expiry{}))
	return nil
}
