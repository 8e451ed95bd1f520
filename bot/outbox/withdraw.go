package outbox

import (
	"context"
	"errors"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// withdrawing reports whether the record takes another back, and does not speak in
// its place.
func (rec Record) withdrawing() bool { return rec.Withdraws != "" && !rec.Speaks }

// arrived reports whether some of it may have been seen.
func (rec Record) arrived() bool {
	return rec.State == StateSent || rec.Repeat || len(rec.Unreached) > 0
}

// aimed readies a withdrawal whose turn has come. False: it was moved out of the way,
// as what it withdraws is still on its way, never arrived, or cannot be taken back.
func (b *Box) aimed(tx *store.Tx, rec *Record, out *round) (bool, error) {
	old, ok, err := load(tx, rec.Withdraws)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return false, err
	}
	_, able := b.o.Pushers[rec.to().Via].(chat.Withdrawer)
	switch {
	case err != nil || !ok: // nobody knows
		return false, b.speak(tx, rec)
	case !old.State.Ended():
		return false, b.requeue(tx, rec, floor(tx.Now()).Add(partPause))
	case !old.arrived():
		rec.Why = textNeverSent
		err = b.end(tx, rec, StateCancelled, "")
		out.ended(rec)
		return false, err
	case sessionless(old.to()) != rec.To: // it has gone elsewhere meanwhile
		err = rec.stop(tx)
		rec.To = sessionless(old.to())
		return false, errors.Join(err, b.afresh(tx, rec, time.Time{}))
	case !able || old.MessageID == "":
		return false, b.speak(tx, rec)
	}
	rec.MessageID = old.MessageID
	return true, nil
}

// sessionless is an address without a way to answer a single message.
func sessionless(to chat.Address) chat.Address {
	to.Session = chat.Session{}
	return to
}

// speak lets a withdrawal say what it says instead, when it may.
func (b *Box) speak(tx *store.Tx, rec *Record) error {
	if err := rec.stop(tx); err != nil {
		return err
	}
	rec.Speaks, rec.MessageID = true, ""
	return b.afresh(tx, rec, rec.After)
}

// withdraw takes back what was sent.
func (b *Box) withdraw(ctx context.Context, j job) chat.Outcome {
	return j.pusher.(chat.Withdrawer).Withdraw(ctx, j.rec.to(), j.rec.MessageID)
}

// withdrawn notes with the notice that it was taken back. Where it may have arrived
// twice the other copy stays, and has to be spoken of.
func (b *Box) withdrawn(tx *store.Tx, rec *Record) error {
	old, ok, err := load(tx, rec.Withdraws)
	if err != nil || !ok {
		return errors.Join(err, b.end(tx, rec, StateSent, ""))
	}
	old.Withdrawn = floor(tx.Now())
	if err := b.keep(tx, old); err != nil {
		return err
	}
	if old.Repeat {
		return b.speak(tx, rec)
	}
	return b.end(tx, rec, StateSent, "")
}
