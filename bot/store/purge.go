package store

import "context"

// Purge removes up to limit records that are past their expiry, and says how many
// notes of the expiry index it worked off; fewer than limit means that nothing is
// left to do. Nobody sees expired records, purged or not; call it now and then so
// that they do not fill the store.
func (s *Store) Purge(ctx context.Context, limit int) (int, error) {
	var due []string
	if err := s.enter(); err != nil {
		return 0, err
	}
	err := s.view(ctx, func(r *reader) error {
		due = nil
		for _, clock := range []byte{byNow, byWall} {
			t := r.now
			if clock == byWall {
				t = r.wall
			}
			lo, hi := expiry{clock: clock}.indexKey("", ""), expiryAt(clock, t).indexKey("~", "")
			if n := limit - len(due); n > 0 {
				keys, err := r.base.keys(expiryBucket, lo, hi, false, n)
				if err != nil {
					return err
				}
				due = append(due, keys...)
			}
		}
		return nil
	})
	s.leave()
	if err != nil || len(due) == 0 {
		return 0, err
	}
	return len(due), s.Update(ctx, func(tx *Tx) error { return tx.purge(due) })
}

// purge deletes what the notes of the expiry index point to, where it is past.
func (tx *Tx) purge(due []string) error {
	for _, note := range due {
		i, ok := noted(note)
		if !ok {
			continue
		}
		raw, err := tx.r.raw(i.bucket, i.key)
		if err != nil {
			return err
		}
		if raw != nil {
			if _, e, err := decodeRecord(raw); err == nil && e.past(tx.r.now, tx.r.wall) {
				tx.r.layers[0].set(i, nil)
			}
		}
		tx.r.layers[0].set(id{expiryBucket, note}, nil)
	}
	return nil
}

// noted reads which record a note of the expiry index is about.
func noted(note string) (id, bool) {
	if len(note) <= indexHead {
		return id{}, false
	}
	for i := indexHead; i < len(note); i++ {
		if note[i] == 0 {
			return id{note[indexHead:i], note[i+1:]}, true
		}
	}
	return id{}, false
}
