package org

import (
	"fmt"
	"time"

	"xietiao/bot/store"
)

// All stands for all units in Pause and Resume.
const All = ""

// Pause is a stop of pushes to one unit, or to all. Nothing is lost meanwhile.
type Pause struct {
	Unit  string    `json:"unit"` // All: everything
	By    PersonID  `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"` // zero: until Resume
	// Restored: a backup was put back. What was open in it may have been sent
	// since, so nothing of it goes out, not even an answer.
	Restored bool `json:"restored,omitempty"`
}

// SetPause stops pushes to the unit, or to all, until the time given or, if it
// is zero, until Resume. Only the office may. A pause that stands already is
// replaced. ErrInvalid: the time is past.
func SetPause(tx *store.Tx, unit string, by PersonID, until time.Time) error {
	if err := needOffice(tx, by); err != nil {
		return err
	}
	p := Pause{Unit: unit, By: by, At: tx.Now(), Until: until}
	var err error
	switch {
	case until.IsZero():
		err = put(tx, bucketPause, pauseKey(unit), p)
	case until.After(p.At):
		err = putUntil(tx, bucketPause, pauseKey(unit), p, until)
	default:
		return fmt.Errorf("pause until %s: %w", until.Format(time.RFC3339), ErrInvalid)
	}
	if err != nil {
		return err
	}
	return note(tx, Entry{What: WhatPause, By: by, Unit: unit})
}

// HoldRestored stops all pushes, and the answers that were still open, after a
// backup was put back, until Resume.
func HoldRestored(tx *store.Tx) error {
	p := Pause{Unit: All, By: Operator, At: tx.Now(), Restored: true}
	if err := put(tx, bucketPause, pauseKey(All), p); err != nil {
		return err
	}
	return note(tx, Entry{What: WhatPause, By: Operator})
}

// Resume ends the pause of the unit, or the one of all; each ends by itself.
// Only the office may. False: there was none.
func Resume(tx *store.Tx, unit string, by PersonID) (bool, error) {
	if err := needOffice(tx, by); err != nil {
		return false, err
	}
	_, ok, err := tx.Get(bucketPause, pauseKey(unit))
	if err != nil || !ok {
		return false, err
	}
	if err := tx.Delete(bucketPause, pauseKey(unit)); err != nil {
		return false, err
	}
	return true, note(tx, Entry{What: WhatResume, By: by, Unit: unit})
}

// Paused returns the pause that holds the unit's pushes: the one of all, else
// its own. For All it is the one of all alone.
func Paused(r store.Reader, unit string) (Pause, bool, error) {
	p, ok, err := get[Pause](r, bucketPause, pauseKey(All))
	if err != nil || ok {
		return p, ok, err
	}
	return get[Pause](r, bucketPause, pauseKey(unit))
}

// Pauses lists all pauses, the one of all first.
func Pauses(r store.Reader) ([]Pause, error) {
	return all[Pause](r, bucketPause, store.Range{})
}

func pauseKey(unit string) string {
	if unit == All {
		return "all"
	}
	return "unit" + sep + unit
}
