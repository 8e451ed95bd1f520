package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// formatVersion is the version of how records are stored.
const formatVersion = 1

// state is the record that says how the rest is to be read.
type state struct {
	Format  int    `json:"format"`
	Schema  int    `json:"schema"`
	Restore string `json:"restore,omitempty"` // the mark of a restore that has not finished
}

var stateID = id{metaBucket, "state"}

func (r *reader) state() (state, error) {
	st := state{Format: formatVersion}
	value, ok, err := r.get(stateID.bucket, stateID.key)
	if err != nil || !ok {
		return st, err
	}
	if err := json.Unmarshal(value, &st); err != nil {
		return st, fmt.Errorf("%w: the state record: %w", ErrDamaged, err)
	}
	return st, nil
}

func (tx *Tx) setState(st state) error {
	value, err := json.Marshal(st)
	if err != nil {
		return err
	}
	tx.r.layers[0].set(stateID, encodeRecord(value, expiry{}))
	return nil
}

// admit refuses a closure that must not work on the data as they are. restore is
// the mark of the restore that the closure belongs to.
func (s *Store) admit(r *reader, restore string) error {
	st, err := r.state()
	known := int(s.schema.Load())
	switch {
	case err != nil:
		return err
	case st.Format > formatVersion:
		return fmt.Errorf("%w: format %d, this program reads %d", ErrNewer, st.Format, formatVersion)
	case known != unversioned && st.Schema > known:
		return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, st.Schema, known)
	case st.Restore != restore && restore != anyRestore:
		return fmt.Errorf("%w: a restore has not finished; restore again", ErrUnavailable)
	}
	return nil
}

// Step brings the data from one schema version to the next. It may run twice
// like any closure of Update, and is committed together with the new version.
type Step func(tx *Tx) error

// Migrate brings the data to the schema version len(steps): steps[0] makes 1 of
// 0, and so on; steps are only ever added at the end. A new store is at 0. Each
// step is one transaction, so a step that fails leaves the version before it.
// Data of a higher version are refused with ErrNewer, now and, should a newer
// program migrate them while this one runs, by every later call. Several
// instances may migrate at the same time; each step is kept once.
func (s *Store) Migrate(ctx context.Context, steps []Step) error {
	for {
		done := false
		err := s.Update(ctx, func(tx *Tx) error {
			done = false
			st, err := tx.r.state()
			if err != nil {
				return err
			}
			if st.Schema > len(steps) {
				return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, st.Schema, len(steps))
			}
			if done = st.Schema == len(steps); done {
				return nil
			}
			if err := steps[st.Schema](tx); err != nil {
				return fmt.Errorf("store: migrate from schema %d: %w", st.Schema, err)
			}
			st.Schema++
			return tx.setState(st)
		})
		if err != nil {
			return err
		}
		if done {
			s.schema.Store(int64(len(steps)))
			return nil
		}
	}
}
