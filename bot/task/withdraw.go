package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// KindWithdraw is the Kind of the notices that withdraw others, or correct them.
const KindWithdraw = "withdraw"

// ErrNotTold: no unit was told of the task lately.
var ErrNotTold = errors.New("task: nobody was told of it lately")

const (
	keepTold = 7 * 24 * time.Hour // for which a message can be withdrawn or corrected
	sameTime = 10 * time.Minute   // messages within it are of one time
)

// told is a message about tasks that went to a unit.
type told struct {
	Unit    string   `json:"unit"`
	Numbers []Number `json:"numbers"`
	key     string
	at      time.Time
}

// noteTold remembers a message to a unit with each of its tasks.
func (b *Board) noteTold(tx *store.Tx, unit, key string, items map[Number][]Cause) error {
	if unit == Office {
		return nil
	}
	t := told{Unit: unit, Numbers: slices.Sorted(maps.Keys(items))}
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	for _, n := range t.Numbers {
		if err := tx.PutUntil(bucketTold, n.digits()+sep+digits(tx.Now())+sep+key, raw, tx.Now().Add(keepTold)); err != nil {
			return err
		}
	}
	return nil
}

// tellings lists the messages that told units of the task, the oldest first.
func (b *Board) tellings(r store.Reader, n Number) (list []told, err error) {
	err = r.Scan(bucketTold, store.Range{Prefix: n.digits() + sep}, func(key string, raw []byte) error {
		var t told
		if err := json.Unmarshal(raw, &t); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketTold, key, err)
		}
		parts := strings.SplitN(key, sep, 3)
		t.at, t.key = time.UnixMilli(int64(atoi(parts[1]))).In(b.book.Location()), parts[2]
		list = append(list, t)
		return nil
	})
	return list, err
}

// Withdrawal is how it stands with the withdrawing of one message.
type Withdrawal struct {
	Key   string // of its notice
	Unit  string
	To    chat.Address // where it went
	At    time.Time    // when it was written
	State WithdrawState
}

// WithdrawState is how far a withdrawal is.
type WithdrawState string

// The states of a withdrawal.
const (
	WithdrawStopped    WithdrawState = "stopped"    // it had not gone out, and will not
	WithdrawNever      WithdrawState = "never"      // it never arrived
	WithdrawAsked      WithdrawState = "asked"      // it is being taken back, or corrected where that cannot be
	WithdrawDone       WithdrawState = "done"       // it was taken back
	WithdrawCorrecting WithdrawState = "correcting" // it stays, a correction is on its way
	WithdrawCorrected  WithdrawState = "corrected"  // it stays, and was corrected
	WithdrawFailed     WithdrawState = "failed"     // neither could be done
)

// Withdraw takes back what units were last told of the task: all messages of that
// time. A message that speaks of other tasks too stays, and what it says of this one
// is corrected; so does one that cannot be taken back. With the words of a message,
// as people quote them, it is that one alone, with all that it speaks of. Said again
// it does nothing more, and tells how things stand. The office may. ErrForbidden,
// ErrNotFound, ErrNotTold.
func (b *Board) Withdraw(tx *store.Tx, n Number, quoted string, by Actor) (list []Withdrawal, err error) {
	if !by.Office {
		return nil, ErrForbidden
	}
	if b, err = b.on(tx); err != nil {
		return nil, err
	}
	if _, err := load(tx, n); err != nil {
		return nil, err
	}
	all, err := b.tellings(tx, n)
	if err != nil {
		return nil, err
	}
	for _, t := range slices.Backward(all) {
		rec, ok, err := b.sender.Record(tx, t.key)
		switch {
		case err != nil:
			return nil, err
		case !ok || quoted != "" && !quotes(quoted, rec.Reply), quoted == "" && all[len(all)-1].at.Sub(t.at) > sameTime:
			continue
		}
		w, err := b.withdrawOne(tx, n, t, rec, quoted != "")
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	slices.Reverse(list)
	if len(list) == 0 {
		err = fmt.Errorf("%w: %s", ErrNotTold, n)
	}
	return list, err
}

// quotes reports whether what somebody quotes is of the words; platforms cut long
// ones, and say who spoke.
func quotes(quoted string, r chat.Reply) bool {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	q, text := squeeze(quoted), squeeze(r.Text)
	const enough = 12 // characters: the date of a digest is among them
	if c := r.Card; c != nil && strings.Contains(q, squeeze(c.Title)) && strings.Contains(squeeze(c.Title+c.Text), q) {
		return true
	}
	return strings.Contains(q, text) || len([]rune(q)) >= enough && strings.Contains(text, q)
}

// withdrawOne takes one message back, or corrects what it says of the task.
func (b *Board) withdrawOne(tx *store.Tx, n Number, t told, rec outbox.Record, whole bool) (Withdrawal, error) {
	w := Withdrawal{Key: t.key, Unit: t.Unit, To: rec.Place(), At: t.at}
	numbers := []Number{n}
	notice := outbox.Notice{Key: withdrawKey(t.key), Kind: KindWithdraw, Unit: t.Unit, Withdraws: t.key}
	switch {
	case whole:
		numbers = t.Numbers
	case len(t.Numbers) > 1: // the others stand
		notice.Key += "/" + n.String()
		notice.Withdraws, notice.To, notice.Fallback = "", rec.Place(), nil
	}
	if before, ok, err := b.sender.Record(tx, notice.Key); err != nil || ok {
		w.State = withdrawState(before)
		return w, err
	}
	if !rec.State.Ended() && notice.Withdraws != "" {
		stopped, err := b.sender.Cancel(tx, t.key, textWithdrawn)
		if err != nil || stopped {
			w.State = WithdrawStopped
			return w, err
		}
	}
	w.State = WithdrawNever
	if rec.State.Ended() && rec.State != outbox.StateSent && !rec.Repeat && len(rec.Unreached) == 0 {
		return w, nil
	}
	var err error
	now := b.now(tx)
	if notice.Reply.Text, err = b.correction(tx, t, numbers); err != nil {
		return w, err
	}
	if notice.Reply.Mention, err = b.mention(tx, t.Unit, w.To); err != nil {
		return w, err
	}
	notice.After = b.open(now)
	notice.Expires = b.rules.Hours.To.On(b.cal.Day(notice.After), b.cal.Location())
	if _, err := b.sender.Put(tx, notice); err != nil {
		return w, err
	}
	if w.State = WithdrawAsked; notice.Withdraws == "" {
		w.State = WithdrawCorrecting
	}
	return w, nil
}

// withdrawState reads it from the notice that does it.
func withdrawState(rec outbox.Record) WithdrawState {
	speaks := rec.Speaks || rec.Withdraws == ""
	switch {
	case rec.State == outbox.StateSent && speaks:
		return WithdrawCorrected
	case rec.State == outbox.StateSent:
		return WithdrawDone
	case rec.State == outbox.StateCancelled:
		return WithdrawNever
	case rec.State.Ended():
		return WithdrawFailed
	case speaks:
		return WithdrawCorrecting
	}
	return WithdrawAsked
}

// correction says how the tasks of a message stand now.
func (b *Board) correction(r store.Reader, t told, numbers []Number) (string, error) {
	now := b.now(r)
	lines := []string{textCorrection(numbers, t.at)}
	size := len(lines[0])
	for _, n := range numbers {
		rec, err := load(r, n)
		if err != nil {
			return "", err
		}
		it := b.item(rec.Task, t.Unit, nil, now)
		for _, c := range []Cause{CauseCancel, CauseDrop} { // what ends the matter for the unit
			if rec.concerns(t.Unit, c) {
				it.Causes = append(it.Causes, c)
			}
		}
		words := strings.TrimSpace(b.words(it, b.cal.Day(now)))
		if size += len(words) + len("\n\n"); size > pageBytes-len(textSeeTasks) {
			lines = append(lines, textSeeTasks)
			break
		}
		lines = append(lines, words)
	}
	return strings.Join(lines, "\n\n"), nil
}

// Told lists the messages that told units of the task lately, the oldest first; their
// State is empty where nobody has withdrawn them.
func (b *Board) Told(r store.Reader, n Number) (list []Withdrawal, err error) {
	all, err := b.tellings(r, n)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		rec, ok, err := b.sender.Record(r, t.key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		w := Withdrawal{Key: t.key, Unit: t.Unit, To: rec.Place(), At: t.at}
		for _, key := range []string{withdrawKey(t.key), withdrawKey(t.key) + "/" + n.String()} {
			by, ok, err := b.sender.Record(r, key)
			if err != nil {
				return nil, err
			}
			if ok {
				w.State = withdrawState(by)
			}
		}
		if rec.State == outbox.StateCancelled && rec.Why == textWithdrawn {
			w.State = WithdrawStopped
		}
		list = append(list, w)
	}
	return list, nil
}

// withdrawKey is that of the notice that withdraws another.
func withdrawKey(key string) string { return KindWithdraw + "/" + key }
