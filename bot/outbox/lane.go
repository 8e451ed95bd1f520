package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// lane is what goes to one place by one robot: one notice after the other. It is
// kept while anything waits in it.
type lane struct {
	Via   chat.Via  `json:"via"`
	Due   time.Time `json:"due,omitzero"`   // when it is to be looked at; zero: it is not in the index
	Order time.Time `json:"order,omitzero"` // of its first notice: who has waited longer is looked at before
	Seq   uint64    `json:"seq,omitempty"`  // of the last notice that was queued
	Busy  string    `json:"busy,omitempty"` // key of the notice being sent
	Room  time.Time `json:"room,omitzero"`  // when a limit will have room for its next

	id string
}

// loadLane reads a lane. One that cannot be decoded begins anew: the queue tells
// what waits in it.
func loadLane(r store.Reader, id string, via chat.Via) (*lane, error) {
	l := &lane{Via: via, id: id}
	value, ok, err := r.Get(laneBucket, id)
	if err != nil || !ok {
		return l, err
	}
	if json.Unmarshal(value, l) != nil {
		return &lane{Via: via, id: id}, nil
	}
	return l, nil
}

func (l *lane) dueKey() string {
	return string(l.Via) + "/" + digits(l.Due) + "/" + digits(l.Order) + "/" + l.id
}

// aim saves the lane, to be looked at when due; zero: not, and then it is
// forgotten unless it is busy.
func (l *lane) aim(tx *store.Tx, due, order time.Time) error {
	if !l.Due.IsZero() {
		if err := tx.Delete(dueBucket, l.dueKey()); err != nil {
			return err
		}
	}
	l.Due, l.Order = due, order
	if due.IsZero() && l.Busy == "" {
		return tx.Delete(laneBucket, l.id)
	}
	if !due.IsZero() {
		if err := tx.Put(dueBucket, l.dueKey(), nil); err != nil {
			return err
		}
	}
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("outbox: encode a lane: %w", err)
	}
	return tx.Put(laneBucket, l.id, value)
}

// queue puts a notice into its lane at its Order, behind those of the same time,
// and makes sure that the lane is looked at by then.
func queue(tx *store.Tx, rec *Record) error {
	l, err := loadLane(tx, laneOf(rec.to()), rec.to().Via)
	if err != nil {
		return err
	}
	l.Seq++
	rec.Seq = l.Seq
	if err := tx.Put(queueBucket, rec.queueKey(), nil); err != nil {
		return err
	}
	if err := rec.enter(tx, StateWaiting); err != nil {
		return err
	}
	return l.touch(tx, rec.Order)
}

// touch saves the lane and makes sure it is looked at by the time, or once there
// is room for it.
func (l *lane) touch(tx *store.Tx, by time.Time) error {
	if l.Room.After(by) {
		by = l.Room
	}
	switch {
	case l.Busy != "":
		return l.aim(tx, time.Time{}, time.Time{}) // it is looked at when that one is done
	case l.Due.IsZero() || by.Before(l.Due):
		return l.aim(tx, by, by)
	}
	return l.aim(tx, l.Due, l.Order)
}

// unqueue takes a notice out of where it waits.
func (rec *Record) unqueue(tx *store.Tx) error {
	bucket := queueBucket
	if rec.State == StateHeld {
		bucket = heldBucket
	}
	return tx.Delete(bucket, rec.queueKey())
}

// start lets a notice wait in the lane of its address.
func (b *Box) start(tx *store.Tx, rec *Record) error {
	rec.Order = rec.Due
	for _, key := range rec.endKeys() {
		if err := tx.Put(endBucket, key, nil); err != nil {
			return err
		}
	}
	return queue(tx, rec)
}

// Clocks of the index of ends.
const (
	byProgram = "now/"
	byWall    = "wall/"
)

// endKeys are where the index of ends has the notice.
func (rec *Record) endKeys() []string {
	var keys []string
	if !rec.Expires.IsZero() {
		keys = append(keys, byProgram+digits(ceil(rec.Expires))+"/"+rec.Key)
	}
	if until := rec.to().Session.Until; !until.IsZero() {
		keys = append(keys, byWall+digits(ceil(until))+"/"+rec.Key)
	}
	return keys
}

// stop takes a notice out of its lane and the index of ends.
func (rec *Record) stop(tx *store.Tx) error {
	for _, key := range rec.endKeys() {
		if err := tx.Delete(endBucket, key); err != nil {
			return err
		}
	}
	return rec.unqueue(tx)
}

// end brings a notice to its end. Of its sessions nothing is kept.
func (b *Box) end(tx *store.Tx, rec *Record, s State, code string) error {
	if err := errors.Join(rec.stop(tx), rec.leave(tx)); err != nil {
		return err
	}
	rec.State, rec.Code, rec.Ended = s, code, floor(tx.Now())
	rec.To = sessionless(rec.To)
	for i := range rec.Fallback {
		rec.Fallback[i] = sessionless(rec.Fallback[i])
	}
	return b.keep(tx, rec)
}

// keep writes a record that has ended, for as long as it is kept.
func (b *Box) keep(tx *store.Tx, rec *Record) error {
	keep, ok := b.o.KeepKind[rec.Kind]
	if !ok {
		keep = b.o.Keep
	}
	until := rec.Ended.Add(keep)
	value, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("outbox: encode %s: %w", rec.Key, err)
	}
	return errors.Join(
		tx.PutUntil(stateBucket, rec.stateKey(), nil, until),
		tx.PutUntil(noticeBucket, rec.Key, value, until))
}

// elsewhere goes on with the next usable address, or ends the notice.
func (b *Box) elsewhere(tx *store.Tx, rec *Record, otherwise State, code string) error {
	if rec.withdrawing() && !rec.Stop {
		return b.speak(tx, rec)
	}
	next := b.usable(rec, rec.Address+1)
	if next < 0 || rec.Stop {
		if rec.Stop {
			otherwise, code = StateCancelled, ""
		}
		return b.end(tx, rec, otherwise, code)
	}
	if err := rec.stop(tx); err != nil {
		return err
	}
	rec.Address = next
	return b.afresh(tx, rec, time.Time{})
}

// afresh lets a notice that was taken out of its lane begin again, not before a
// moment, in the lane of its address.
func (b *Box) afresh(tx *store.Tx, rec *Record, after time.Time) error {
	rec.Tries, rec.FirstFail, rec.Blocks, rec.Due = 0, time.Time{}, time.Time{}, floor(tx.Now())
	if after.After(rec.Due) {
		rec.Due = ceil(after)
	}
	return b.start(tx, rec)
}

// past ends a notice whose time is over, or goes on elsewhere if only its
// session is, and says whether it did.
func (b *Box) past(tx *store.Tx, rec *Record) (bool, error) {
	switch {
	case !rec.Expires.IsZero() && !tx.Now().Before(rec.Expires):
		return true, b.end(tx, rec, StateExpired, "")
	case over(rec.to().Session, b.o.Wall()):
		return true, b.elsewhere(tx, rec, StateExpired, "")
	}
	return false, nil
}

// Limits of one look at a lane.
const (
	walkMost  = 32              // notices that are moved out of the way
	partPause = time.Second     // before a part whose forerunner is still open is looked at again
	laneHold  = 2 * time.Minute // for which a failing notice holds back those behind it
)

// walk finds the notice of the lane that may be sent now, if there is one, and
// has the lane looked at again when that may change.
func (b *Box) walk(tx *store.Tx, id string, via chat.Via, out *round) (*Record, error) {
	for range walkMost {
		rec, err := b.first(tx, id)
		if err != nil {
			return nil, err
		}
		l, err := loadLane(tx, id, via)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			return nil, l.aim(tx, time.Time{}, time.Time{})
		}
		if look, moved, err := b.consider(tx, rec, out); err != nil {
			return nil, err
		} else if moved {
			continue
		} else if look.After(tx.Now()) {
			return nil, l.aim(tx, look, rec.Order)
		}
		l.Busy = rec.Key
		return rec, l.aim(tx, time.Time{}, time.Time{})
	}
	out.more = true
	l, err := loadLane(tx, id, via)
	if err != nil {
		return nil, err
	}
	return nil, l.aim(tx, floor(tx.Now()), floor(tx.Now())) // behind the others that are due
}

// first is the first notice of a lane, nil if there is none.
func (b *Box) first(tx *store.Tx, id string) (*Record, error) {
	for {
		keys, err := keysOf(tx, queueBucket, store.Range{Prefix: id + "/", Limit: 1})
		if err != nil || len(keys) == 0 {
			return nil, err
		}
		entry := keys[0]
		rec, ok, err := load(tx, keyIn(entry, 3))
		switch {
		case err != nil && !errors.Is(err, store.ErrDamaged):
			return nil, err
		case err == nil && ok && rec.State == StateWaiting && rec.queueKey() == entry:
			return rec, nil
		}
		b.o.Logger.Error("outbox: an entry without its notice", "entry", entry, "err", err)
		if err := tx.Delete(queueBucket, entry); err != nil {
			return nil, err
		}
	}
}

// consider says when the first notice of a lane may be sent as far as it alone
// goes, or moves it out of the way of those behind it.
func (b *Box) consider(tx *store.Tx, rec *Record, out *round) (look time.Time, moved bool, err error) {
	now := floor(tx.Now())
	if done, err := b.past(tx, rec); done || err != nil {
		out.ended(rec)
		return now, true, err
	}
	if rec.Due.After(now) {
		switch {
		case !rec.Order.Before(rec.Due): // all behind it come later
			return rec.Due, false, nil
		case rec.Blocks.After(now):
			return earlier(rec.Due, rec.Blocks), false, nil
		}
		return now, true, b.requeue(tx, rec, rec.Due)
	}
	if b.held(tx, rec) {
		if err := errors.Join(rec.unqueue(tx), tx.Put(heldBucket, rec.queueKey(), nil)); err != nil {
			return now, true, err
		}
		return now, true, rec.enter(tx, StateHeld)
	}
	wait, err := forerunner(tx, rec)
	if err != nil || !wait.IsZero() {
		return now, true, errors.Join(err, b.requeue(tx, rec, wait))
	}
	if rec.withdrawing() {
		ready, err := b.aimed(tx, rec, out)
		return now, !ready, err
	}
	return now, false, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// requeue moves a notice to the place in its lane that its next time gives it.
func (b *Box) requeue(tx *store.Tx, rec *Record, at time.Time) error {
	if err := rec.unqueue(tx); err != nil {
		return err
	}
	rec.Due, rec.Order = at, at
	return queue(tx, rec)
}

// forerunner says when to look again, if the part before this one is still open.
func forerunner(r store.Reader, rec *Record) (time.Time, error) {
	if rec.Part < 2 {
		return time.Time{}, nil
	}
	whole := strings.TrimSuffix(rec.Key, partKey("", rec.Part))
	prev, ok, err := load(r, partKey(whole, rec.Part-1))
	if err != nil || !ok || prev.State.Ended() {
		return time.Time{}, err
	}
	again := floor(r.Now()).Add(partPause)
	if prev.State == StateWaiting && prev.Due.After(again) {
		again = prev.Due
	}
	return again, nil
}

// held asks Hold. What cannot be asked is held: a pause must not leak.
func (b *Box) held(tx *store.Tx, rec *Record) bool {
	held, err := b.o.Hold(tx, *rec)
	if err != nil {
		b.o.Logger.Warn("outbox: cannot tell whether a notice is paused", "key", rec.Key, "err", err)
	}
	return held || err != nil
}
