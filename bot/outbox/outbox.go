// Package outbox sends what the bot says of its own accord, once. A Notice is
// written in the same transaction as its cause, under a key that makes a second
// writing do nothing; a worker claims it, counts the platform's limits, sends it
// outside of any transaction and records what became of it. Every notice ends as
// sent, failed, expired or cancelled, and stays in the ledger for years. A picture
// of a Reply is a part of its own behind the words, drawn when it is sent. What was
// sent can be withdrawn by another notice: see Notice.Withdraws.
//
// A claim has an end by the wall clock. If the program dies between claim and
// record, the outcome is unknown: the notice is sent once more, marked 可能重复,
// and never a third time. Several instances may work on one store.
//
// Notices to one place go out one after the other, in the order of their due
// times, then of their writing. What waits for a retry holds back those behind
// it for two minutes from its first failure, or for as long as the platform
// asked us to wait; then they may pass it, except the parts of the same reply.
// What is held by a pause, or expired, holds nothing back.
//
// It must not know why a notice was written, nor any platform's fields; nor
// HTTP, the index, or what the units and tasks are that notices speak of.
package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// What callers can tell apart.
var (
	// ErrNotice: a notice that cannot be sent: without a key, an address or
	// words, or with a key that is too long or holds a #.
	ErrNotice = errors.New("outbox: not a usable notice")
	// ErrNotFound: there is no notice of that key, or it is no longer kept.
	ErrNotFound = errors.New("outbox: no such notice")
	// ErrNotFailed: only a failed notice can be sent again.
	ErrNotFailed = errors.New("outbox: the notice has not failed")
	// ErrEnded: the notice has come to its end already.
	ErrEnded = errors.New("outbox: the notice has ended")
	// ErrRunning: Run is at work already.
	ErrRunning = errors.New("outbox: already running")
)

// KindReply is the Kind of answers to a message. They are kept for a shorter time.
const KindReply = "reply"

// Notice is one message we send, once.
type Notice struct {
	// Key is unique for as long as the notice is kept: Put again with the same
	// key changes nothing. At most 900 bytes of UTF-8, without #.
	Key  string `json:"key"`
	Kind string `json:"kind,omitempty"` // "reply", "remind", "test": for the ledger, pauses and metrics
	Unit string `json:"unit,omitempty"` // whose it is, for the same; may be empty
	// To is where it goes. Where the address has a session, it is not used once
	// that is over.
	To    chat.Address `json:"to"`
	Reply chat.Reply   `json:"reply"`
	// After is when it may go out at the earliest, by the program's clock; zero: at once.
	After time.Time `json:"after,omitzero"`
	// Expires is when it is no longer worth sending, by the program's clock; zero: never.
	Expires time.Time `json:"expires,omitzero"`
	// Fallback is tried in order when To fails for good, or does not answer; not when
	// it reached some of the people.
	Fallback []chat.Address `json:"fallback,omitempty"`
	// Withdraws is the key of a notice, or of a part of one, that is to be taken back
	// from where it went; To is then of no use. Where it cannot be taken back and may
	// have arrived, Reply is said in the same place, not before After. What never
	// arrived ends the withdrawal as cancelled. Reply must fit one message.
	Withdraws string `json:"withdraws,omitempty"`
}

// Options make a Box. Store and Pushers are required.
type Options struct {
	Store   *store.Store
	Pushers map[chat.Via]chat.Pusher
	// Holder names this instance. Claims that an earlier life of the same holder
	// left are taken up when Run starts, so no two running instances may share
	// it. Empty: a random name, and such claims wait for their end.
	Holder string
	// Hold says whether a notice must wait, such as while pushes are paused. It
	// is asked in the transaction that would claim the notice, and again every
	// few seconds; what it reads decides, so it has no effect. An error holds.
	Hold func(r store.Reader, rec Record) (bool, error)
	// Draw makes the picture of a Reply when it is sent; mark is to stand before its
	// title. nil: pictures are left out. An error of the store is a reason to wait, any
	// other fails the part.
	Draw func(ctx context.Context, name, mark string) ([]byte, error)
	// Observe is called after each try and each end that this Box's worker has
	// recorded, from several goroutines.
	Observe func(rec Record)
	Logger  *slog.Logger     // nil: none
	Wall    func() time.Time // the clock of claims and sessions, the store's own; nil: time.Now
	Speed   int              // how many times as fast the program's clock runs, in a rehearsal; 0: 1

	Send     time.Duration            // the longest time of one push; 0: 15 s
	Poll     time.Duration            // how often to look for others' notices; 0: 1 s
	Parallel int                      // pushes of one channel at the same time; 0: 8
	Keep     time.Duration            // how long ended notices are kept; 0: 1095 days
	KeepKind map[string]time.Duration // the same for some kinds; nil: replies 7 days
}

// Defaults of Options.
const (
	defaultSend     = 15 * time.Second // a call of 8 s, after fetching a token
	defaultPoll     = time.Second
	defaultParallel = 8
	defaultKeep     = 1095 * 24 * time.Hour
	keepReplies     = 7 * 24 * time.Hour
)

// maxKey leaves room for what indexes put around a key; see store.MaxKey.
const maxKey = 900

// Box is the outbox over one store. Its methods may be called from many
// goroutines.
type Box struct {
	o       Options
	lease   time.Duration // how long a claim holds
	wake    chan struct{}
	running atomic.Bool
	checked atomic.Pointer[checkpoint] // of the notices that are held
}

// New makes a Box. It starts nothing.
func New(o Options) *Box {
	orElse(&o.Send, defaultSend)
	orElse(&o.Poll, defaultPoll)
	orElse(&o.Parallel, defaultParallel)
	orElse(&o.Keep, defaultKeep)
	orElse(&o.Speed, 1)
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Holder == "" {
		o.Holder = rand.Text()
	}
	if o.Hold == nil {
		o.Hold = func(store.Reader, Record) (bool, error) { return false, nil }
	}
	if o.Observe == nil {
		o.Observe = func(Record) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.KeepKind == nil {
		o.KeepKind = map[string]time.Duration{KindReply: keepReplies}
	}
	// A claim outlives its push and the recording of the outcome by far.
	return &Box{o: o, lease: 4 * o.Send, wake: make(chan struct{}, 1)}
}

// program is what the program's clock goes on by while the wall's does by d, and
// wall the contrary.
func (b *Box) program(d time.Duration) time.Duration { return d * time.Duration(b.o.Speed) }
func (b *Box) wall(d time.Duration) time.Duration    { return d / time.Duration(b.o.Speed) }

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Put writes the notice in the caller's transaction and says whether it is new.
// A reply longer than one message of its channels is written as several notices
// with the keys key, key#2, key#3 …, of its Text alone, or its Markdown where it
// has no Text; cards are not split. A picture is the last of them, and left out where
// the words go by a channel that shows none. The worker hears of it at once.
// ErrNotice; ErrNotFound: what is to be withdrawn.
func (b *Box) Put(tx *store.Tx, n Notice) (added bool, err error) {
	if n.Withdraws != "" {
		old, ok, err := load(tx, n.Withdraws)
		if err != nil || !ok {
			return false, cmp.Or(err, fmt.Errorf("%w: %s", ErrNotFound, n.Withdraws))
		}
		n.To, n.Fallback = sessionless(old.to()), nil
	}
	if err := n.check(); err != nil {
		return false, err
	}
	if _, ok, err := tx.Get(noticeBucket, n.Key); ok || err != nil {
		return false, err
	}
	replies := parts(n.Reply, b.room(n))
	if n.Withdraws != "" && len(replies) > 1 {
		return false, fmt.Errorf("%w: %s is too long", ErrNotice, n.Key)
	}
	if n.Reply.Picture != "" && b.shows(n) {
		replies = append(replies, chat.Reply{Picture: n.Reply.Picture})
	}
	at := floor(tx.Now())
	if n.After.After(at) && n.Withdraws == "" {
		at = ceil(n.After)
	}
	for i, reply := range replies {
		rec := &Record{Notice: n, At: at, Due: at, Put: floor(tx.Now()), Part: i + 1, Parts: len(replies)}
		rec.Key, rec.Reply = partKey(n.Key, i+1), reply
		rec.Address = max(b.usable(rec, 0), 0)
		if err := b.start(tx, rec); err != nil {
			return false, fmt.Errorf("outbox: put %s: %w", rec.Key, err)
		}
	}
	b.nudge()
	return true, nil
}

// nudge lets the worker look. A transaction may do so before it commits, and
// again if it runs twice: the worker's own waits for its turn behind it.
func (b *Box) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (n Notice) check() error {
	switch {
	case n.Key == "" || len(n.Key) > maxKey || !utf8.ValidString(n.Key) || strings.Contains(n.Key, partMark):
		return fmt.Errorf("%w: its key", ErrNotice)
	case n.Reply.Empty():
		return fmt.Errorf("%w: %s says nothing", ErrNotice, n.Key)
	}
	for i := range 1 + len(n.Fallback) {
		if v := string(n.address(i).Via); v == "" || strings.Contains(v, "/") {
			return fmt.Errorf("%w: %s has no address", ErrNotice, n.Key)
		}
	}
	return nil
}

// address is the i-th place to try.
func (n Notice) address(i int) chat.Address {
	if i == 0 {
		return n.To
	}
	return n.Fallback[i-1]
}

// Cancel ends the notice, with all its parts, and says whether it is certain that
// nothing more of it goes out. It is not where a part is being sent at this
// moment; that one is not tried again. Ended parts stay as they are. Unknown
// keys: false.
func (b *Box) Cancel(tx *store.Tx, key, why string) (bool, error) {
	rec, ok, err := load(tx, key)
	if err != nil || !ok {
		return false, err
	}
	cancelled, flying := false, false
	for i := range max(rec.Parts, 1) {
		if rec, ok, err = load(tx, partKey(key, i+1)); err != nil {
			return false, err
		}
		if !ok || rec.State.Ended() {
			continue
		}
		rec.Why = why
		if rec.State == StateSending {
			rec.Stop, flying = true, true
			err = rec.save(tx)
		} else {
			cancelled = true
			err = b.end(tx, rec, StateCancelled, "")
		}
		if err != nil {
			return false, fmt.Errorf("outbox: cancel %s: %w", rec.Key, err)
		}
	}
	return cancelled && !flying, nil
}

// Retry lets a failed notice, or a part of one by its own key, start anew, not
// before a moment: from its first address, with all its tries, and without an expiry. One whose outcome
// was unknown, or that reached some people, is marked 可能重复. ErrNotFound,
// ErrNotFailed.
func (b *Box) Retry(tx *store.Tx, key string, after time.Time) error {
	rec, ok, err := load(tx, key)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%w: %s", ErrNotFound, key)
	case rec.State != StateFailed:
		return fmt.Errorf("%w: %s is %s", ErrNotFailed, key, rec.State)
	}
	rec.Repeat = rec.Repeat || len(rec.Unreached) > 0
	rec.Unknowns, rec.Code, rec.Why, rec.Unreached = 0, "", "", nil
	rec.Ended, rec.Expires, rec.Stop = time.Time{}, time.Time{}, false
	rec.Address = max(b.usable(rec, 0), 0)
	if err := b.afresh(tx, rec, after); err != nil {
		return fmt.Errorf("outbox: retry %s: %w", key, err)
	}
	b.nudge()
	return nil
}

// usable is the first address from the i-th on that this program has a channel
// for, which shows pictures if it is one, and whose session is not over, or -1.
func (b *Box) usable(rec *Record, i int) int {
	for ; i <= len(rec.Fallback); i++ {
		to := rec.address(i)
		p := b.o.Pushers[to.Via]
		if _, shows := p.(chat.Illustrator); p != nil && (shows || rec.Reply.Picture == "") && !over(to.Session, b.o.Wall()) {
			return i
		}
	}
	return -1
}

// shows reports whether the channel that takes the words shows pictures too.
func (b *Box) shows(n Notice) bool {
	rec := &Record{Notice: n}
	rec.Reply.Picture = ""
	i := b.usable(rec, 0)
	if b.o.Draw == nil || i < 0 {
		return false
	}
	_, ok := b.o.Pushers[n.address(i).Via].(chat.Illustrator)
	return ok
}

func over(s chat.Session, wall time.Time) bool { return !s.Until.IsZero() && !wall.Before(s.Until) }

// room is the length of text that fits through every channel the notice may
// take, with the mark of a repeat before it; 0 where no channel is known.
func (b *Box) room(n Notice) int {
	room := 0
	for i := range 1 + len(n.Fallback) {
		to := n.address(i)
		if p := b.o.Pushers[to.Via]; p != nil {
			if r := p.Room(to); room == 0 || r < room {
				room = r
			}
		}
	}
	return max(0, room-len(markRepeat)-len(markdownBreak))
}

// partMark stands before the number of a part in its key.
const partMark = "#"

func partKey(key string, part int) string {
	if part == 1 {
		return key
	}
	return fmt.Sprintf("%s%s%d", key, partMark, part)
}

// parts splits a reply into messages that fit. All of them have one form, since
// the forms are not cut at the same places. People are alerted by the first and
// asked for a rating by the last.
func parts(r chat.Reply, room int) []chat.Reply {
	r.Picture = ""
	if r.Card != nil || room < chat.MinSplit || len(r.Text) <= room && len(r.Markdown) <= room {
		return []chat.Reply{r}
	}
	whole, marked := r.Text, r.Text == ""
	if marked {
		whole = r.Markdown
	}
	var all []chat.Reply
	for _, text := range chat.Split(whole, room) {
		if marked {
			all = append(all, chat.Reply{Markdown: text})
		} else {
			all = append(all, chat.Reply{Text: text})
		}
	}
	if len(all) == 0 { // white space only
		return []chat.Reply{r}
	}
	all[0].Mention, all[len(all)-1].Feedback = r.Mention, r.Feedback
	return all
}

// markdownBreak ends a line of markdown on every platform.
const markdownBreak = "\n\n"

// repeated is r with the mark that it may have arrived before, for the try of that
// number: if it did, the platform does not take its card's id again.
func repeated(r chat.Reply, try int) chat.Reply {
	if r.Text != "" {
		r.Text = markRepeat + "\n" + r.Text
	}
	if r.Markdown != "" {
		r.Markdown = markRepeat + markdownBreak + r.Markdown
	}
	if r.Card != nil {
		card := *r.Card
		card.Title = markRepeat + card.Title
		if card.ID != "" {
			card.ID += fmt.Sprintf("-%d", try)
		}
		r.Card = &card
	}
	return r
}
