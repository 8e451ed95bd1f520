package outbox

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Limits of one claim: what is past them comes with the next.
const (
	lanesMost = 64  // lanes of a channel looked at
	endsMost  = 64  // notices that end of themselves, by each clock
	heldMost  = 256 // held notices asked about again
)

// tryMost is how often one address is tried, and backoffBase and backoffCap are
// the curve of the waits between: anything from 0 to 10 s, 20 s, 40 s, 80 s, 160 s,
// 320 s, 640 s, 21 min, 43 min, 85 min, 2 h, on top of what the platform asks
// for. That is two and a half hours on average and under five at most.
const (
	tryMost     = 12
	backoffBase = 10 * time.Second
	backoffCap  = 2 * time.Hour
	unknownMost = 2 // one possible duplicate, and no more
)

func backoff(tries int) time.Duration {
	return rand.N(min(backoffBase<<min(tries-1, 16), backoffCap) + 1)
}

// job is one push that was claimed.
type job struct {
	rec    Record
	pusher chat.Pusher
	counts []counted
}

// round is what one claim found.
type round struct {
	jobs    []job
	done    []Record  // notices that came to their end without a push
	now     time.Time // of the program
	next    time.Time // when something is due that is not yet; zero: nothing
	more    bool      // there was more than fits one claim
	checked *checkpoint
}

func (r *round) ended(rec *Record) {
	if rec.State.Ended() {
		r.done = append(r.done, *rec)
	}
}

func (r *round) at(t time.Time) {
	if r.next.IsZero() || t.Before(r.next) {
		r.next = t
	}
}

// claim takes what may be sent now, at most so many of each channel, in one
// transaction, and counts it against the limits.
func (b *Box) claim(ctx context.Context, free map[chat.Via]int) (round, error) {
	var got round
	err := b.o.Store.Update(ctx, func(tx *store.Tx) (err error) {
		got, err = b.claimIn(tx, free)
		return err
	})
	if err != nil {
		return round{}, fmt.Errorf("outbox: claim: %w", err)
	}
	if got.checked != nil {
		b.checked.Store(got.checked)
	}
	for _, rec := range got.done {
		b.report(rec)
	}
	return got, nil
}

func (b *Box) claimIn(tx *store.Tx, free map[chat.Via]int) (out round, err error) {
	out.now = tx.Now()
	if err := b.lapse(tx, &out, store.Range{To: upTo(b.o.Wall()), Limit: endsMost}, b.lapsed); err != nil {
		return out, err
	}
	if err := b.expire(tx, &out); err != nil {
		return out, err
	}
	if err := b.recheck(tx, &out); err != nil {
		return out, err
	}
	for _, via := range slices.Sorted(maps.Keys(b.o.Pushers)) {
		pusher := b.o.Pushers[via]
		if gate, ok := pusher.(chat.Gate); ok && !gate.Open() {
			continue
		}
		if err := b.claimVia(tx, via, pusher, free[via], &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// claimVia looks at the lanes of a channel that are due.
func (b *Box) claimVia(tx *store.Tx, via chat.Via, pusher chat.Pusher, free int, out *round) error {
	now, prefix := digits(tx.Now()), string(via)+"/"
	var due []string
	err := tx.Scan(dueBucket, store.Range{Prefix: prefix, Limit: lanesMost}, func(key string, _ []byte) error {
		at := key[len(prefix):]
		if at[:len(now)] > now {
			if t, ok := timeOf(at); ok {
				out.at(t)
			}
			return store.ErrStop
		}
		due = append(due, key)
		return nil
	})
	if err != nil {
		return err
	}
	for _, entry := range due {
		if free <= 0 {
			return nil // there is more, for when a push is over
		}
		id := keyIn(entry, 3)
		l, err := loadLane(tx, id, via)
		if err != nil {
			return err
		}
		if l.dueKey() != entry {
			if err := tx.Delete(dueBucket, entry); err != nil {
				return err
			}
			continue
		}
		j, ok, err := b.claimLane(tx, id, via, pusher, out)
		if err != nil {
			return err
		}
		if ok {
			free--
			out.jobs = append(out.jobs, j)
		}
	}
	out.more = out.more || len(due) == lanesMost
	return nil
}

// timeOf reads digits at the beginning of a key.
func timeOf(key string) (time.Time, bool) {
	head, _, _ := strings.Cut(key, "/")
	var ms int64
	_, err := fmt.Sscanf(head, "%d", &ms)
	return time.UnixMilli(ms).UTC(), err == nil
}

// claimLane claims the notice of the lane that may be sent now.
func (b *Box) claimLane(tx *store.Tx, id string, via chat.Via, pusher chat.Pusher, out *round) (job, bool, error) {
	rec, err := b.walk(tx, id, via, out)
	if err != nil || rec == nil {
		return job{}, false, err
	}
	counts, again, err := admit(tx, pusher.Rates(rec.to()), tx.Now().Add(b.program(b.o.Send)))
	if err != nil {
		return job{}, false, err
	}
	if counts == nil {
		return job{}, false, free(tx, rec, again, again)
	}
	rec.Tries++
	rec.Total++
	rec.Claim = Claim{Token: crand.Text(), Holder: b.o.Holder, Until: ceil(b.o.Wall().Add(b.lease))}
	if err := tx.Put(claimBucket, rec.claimKey(), nil); err != nil {
		return job{}, false, err
	}
	return job{*rec, pusher, counts}, true, rec.enter(tx, StateSending)
}

// free ends a notice's turn in its lane, which is looked at again at the time,
// and not before its limits have room.
func free(tx *store.Tx, rec *Record, again, room time.Time) error {
	l, err := loadLane(tx, laneOf(rec.to()), rec.to().Via)
	if err != nil || l.Busy != rec.Key {
		return err
	}
	l.Busy, l.Room = "", room
	return l.aim(tx, again, rec.Order)
}

// lapsed says whether a claim is past its end.
func (b *Box) lapsed(c Claim) bool { return !b.o.Wall().Before(c.Until) }

// lapse gives up claims that are over: what they sent is unknown.
func (b *Box) lapse(tx *store.Tx, out *round, rg store.Range, over func(Claim) bool) error {
	keys, err := keysOf(tx, claimBucket, rg)
	if err != nil {
		return err
	}
	for _, key := range keys {
		rec, ok, err := load(tx, keyIn(key, 1))
		switch {
		case err != nil && !errors.Is(err, store.ErrDamaged):
			return err
		case err != nil || !ok || rec.State != StateSending || rec.claimKey() != key:
			err = tx.Delete(claimBucket, key)
		case over(rec.Claim):
			err = b.settle(tx, rec, chat.Unknown().Because(CodeCrash))
			out.ended(rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// expire ends what is past its time, wherever it waits.
func (b *Box) expire(tx *store.Tx, out *round) error {
	for clock, now := range map[string]time.Time{byProgram: tx.Now(), byWall: b.o.Wall()} {
		keys, err := keysOf(tx, endBucket, store.Range{Prefix: clock, To: clock + upTo(now), Limit: endsMost})
		if err != nil {
			return err
		}
		for _, key := range keys {
			rec, ok, err := load(tx, keyIn(key, 2))
			if err != nil && !errors.Is(err, store.ErrDamaged) {
				return err
			}
			if err := tx.Delete(endBucket, key); err != nil {
				return err
			}
			if err != nil || !ok || rec.State.Ended() || rec.State == StateSending {
				continue // what is being sent is looked at when that is over
			}
			if _, err := b.past(tx, rec); err != nil {
				return err
			}
			out.ended(rec)
		}
		out.more = out.more || len(keys) == endsMost
	}
	return nil
}

// checkpoint is how far this Box has asked about held notices, and when.
type checkpoint struct {
	from string
	at   time.Time // by the wall clock
}

// recheck lets some of the held notices wait again, if nothing holds them now.
// It asks about the next ones every Poll, so that many are no burden, and about
// those of one lane together, so that they keep their order.
func (b *Box) recheck(tx *store.Tx, out *round) error {
	last, wall := b.checked.Load(), b.o.Wall()
	if last == nil {
		last = &checkpoint{}
	} else if wall.Sub(last.at) < b.o.Poll && !wall.Before(last.at) {
		return nil
	}
	keys, err := keysOf(tx, heldBucket, store.Range{From: last.from, Limit: heldMost})
	if err != nil {
		return err
	}
	out.checked = &checkpoint{at: wall}
	if len(keys) == heldMost {
		out.checked.from = keys[heldMost-1] + "\x00"
		cut, _, _ := strings.Cut(keys[heldMost-1], "/")
		if i, _ := slices.BinarySearch(keys, cut); i > 0 { // the last lane is for the next time
			keys, out.checked.from = keys[:i], cut
		}
	}
	for _, key := range keys {
		if err := b.release(tx, key); err != nil {
			return err
		}
	}
	return nil
}

// release puts a held notice back to its place in the lane unless it is held on.
func (b *Box) release(tx *store.Tx, entry string) error {
	rec, ok, err := load(tx, keyIn(entry, 3))
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	if err != nil || !ok || rec.State != StateHeld || rec.queueKey() != entry {
		return tx.Delete(heldBucket, entry)
	}
	if b.held(tx, rec) {
		return nil
	}
	l, err := loadLane(tx, laneOf(rec.to()), rec.to().Via)
	if err != nil {
		return err
	}
	return errors.Join(
		tx.Delete(heldBucket, entry),
		tx.Put(queueBucket, entry, nil),
		rec.enter(tx, StateWaiting),
		l.touch(tx, floor(tx.Now())))
}

// push sends what was claimed, within the time limit, and never panics.
func (b *Box) push(ctx context.Context, j job) (o chat.Outcome) {
	if b.o.Wall().Add(b.o.Send).After(j.rec.Claim.Until) {
		return chat.RetryAfter(0) // the program stood still: another may have it soon
	}
	defer func() {
		if p := recover(); p != nil {
			b.o.Logger.Error("outbox: a channel panicked", "key", j.rec.Key, "via", j.rec.to().Via)
			o = chat.Unknown().Because(CodePanic)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, b.o.Send)
	defer cancel()
	switch reply := j.rec.Reply; {
	case j.rec.withdrawing():
		return b.withdraw(ctx, j)
	case reply.Picture != "":
		return b.illustrate(ctx, j)
	case j.rec.Repeat:
		return j.pusher.Push(ctx, j.rec.to(), repeated(reply, j.rec.Total))
	default:
		return j.pusher.Push(ctx, j.rec.to(), reply)
	}
}

// illustrate draws the picture and sends it.
func (b *Box) illustrate(ctx context.Context, j job) chat.Outcome {
	pusher, ok := j.pusher.(chat.Illustrator)
	if !ok || b.o.Draw == nil { // by other settings than when it was put
		return chat.Permanent(CodePicture)
	}
	mark := ""
	if j.rec.Repeat {
		mark = markRepeat
	}
	png, err := b.o.Draw(ctx, j.rec.Reply.Picture, mark)
	switch {
	case errors.Is(err, store.ErrUnavailable), ctx.Err() != nil:
		return chat.RetryAfter(0).Because(CodePicture)
	case err != nil:
		b.o.Logger.Error("outbox: a picture cannot be drawn", "key", j.rec.Key, "err", err)
		return chat.Permanent(CodePicture)
	}
	return pusher.Illustrate(ctx, j.rec.to(), png)
}

// record keeps what became of a push, if the claim is still ours.
func (b *Box) record(ctx context.Context, j job, o chat.Outcome) error {
	var kept *Record
	err := b.o.Store.Update(ctx, func(tx *store.Tx) (err error) {
		kept, err = b.recordIn(tx, j, o)
		return err
	})
	if err != nil {
		return fmt.Errorf("outbox: record %s: %w", j.rec.Key, err)
	}
	if kept == nil {
		b.o.Logger.Warn("outbox: an outcome came after the claim's end", "key", j.rec.Key, "outcome", o.String())
		return nil
	}
	b.report(*kept)
	return nil
}

// recordIn returns what it kept, nil if the claim is not ours any more.
func (b *Box) recordIn(tx *store.Tx, j job, o chat.Outcome) (*Record, error) {
	for _, c := range j.counts {
		if err := c.settle(tx); err != nil {
			return nil, err
		}
	}
	rec, ok, err := load(tx, j.rec.Key)
	if err != nil || !ok || rec.State != StateSending || rec.Claim.Token != j.rec.Claim.Token {
		return nil, err
	}
	return rec, b.settle(tx, rec, o)
}

// settle decides what follows from the outcome of a claimed notice.
func (b *Box) settle(tx *store.Tx, rec *Record, o chat.Outcome) error {
	now := floor(tx.Now())
	if err := errors.Join(tx.Delete(claimBucket, rec.claimKey()), free(tx, rec, now, time.Time{})); err != nil {
		return err
	}
	rec.Claim = Claim{}
	rec.Attempts = append(rec.Attempts, Attempt{At: now, Address: rec.Address, Verdict: o.Verdict(), Code: o.Code()})
	rec.Attempts = rec.Attempts[max(0, len(rec.Attempts)-keptAttempts):]
	switch v := o.Verdict(); {
	case v == chat.VerdictDone && rec.withdrawing():
		return b.withdrawn(tx, rec)
	case v == chat.VerdictUnknown && rec.withdrawing(): // once more does no harm
		return b.again(tx, rec, chat.RetryAfter(0).Because(o.Code()))
	case v == chat.VerdictDone:
		rec.MessageID = o.ID()
		return b.end(tx, rec, StateSent, "")
	case v == chat.VerdictPermanent && len(o.Unreached()) > 0:
		rec.Unreached = o.Unreached()
		return b.end(tx, rec, StateFailed, o.Code())
	case v == chat.VerdictPermanent:
		return b.elsewhere(tx, rec, StateFailed, o.Code())
	case v == chat.VerdictUnknown:
		rec.Repeat = true
		if rec.Unknowns++; rec.Unknowns >= unknownMost {
			return b.end(tx, rec, StateFailed, CodeUnknown)
		}
		if o.Code() != CodeCrash && b.usable(rec, rec.Address+1) >= 0 { // who does not answer will hardly do so next time
			return b.elsewhere(tx, rec, StateFailed, CodeUnknown)
		}
	}
	return b.again(tx, rec, o)
}

// again lets a notice wait for its next try, if there is to be one.
func (b *Box) again(tx *store.Tx, rec *Record, o chat.Outcome) error {
	if rec.Stop {
		return b.end(tx, rec, StateCancelled, "")
	}
	if rec.Tries >= tryMost {
		code := o.Code()
		orElse(&code, CodeTries)
		return b.elsewhere(tx, rec, StateFailed, code)
	}
	now := floor(tx.Now())
	rec.Due = ceil(now.Add(o.After() + backoff(rec.Tries)))
	orElse(&rec.FirstFail, now)
	rec.Blocks = rec.FirstFail.Add(laneHold)
	if asked := ceil(now.Add(o.After())); asked.After(rec.Blocks) {
		rec.Blocks = asked
	}
	if !rec.Expires.IsZero() && !rec.Due.Before(rec.Expires) {
		return b.end(tx, rec, StateExpired, o.Code())
	}
	if over(rec.to().Session, b.o.Wall().Add(b.wall(rec.Due.Sub(now)))) {
		return b.elsewhere(tx, rec, StateExpired, o.Code())
	}
	return rec.enter(tx, StateWaiting)
}

// report tells of one try or end that is recorded.
func (b *Box) report(rec Record) {
	level, code := b.o.Logger.Info, rec.Code
	if rec.State == StateFailed {
		level = b.o.Logger.Warn
	}
	if n := len(rec.Attempts); code == "" && n > 0 {
		code = rec.Attempts[n-1].Code
	}
	level("outbox: notice", "key", rec.Key, "kind", rec.Kind, "via", rec.to().Via, "state", rec.State, "code", code, "tries", rec.Total)
	b.o.Observe(rec)
}
