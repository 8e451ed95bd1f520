package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
)

// Buckets of the desk.
const (
	seenBucket    = "desk.seen"     // every message that was taken, and what was replied
	lateBucket    = "desk.late"     // messages whose reply was not ready in time, by time
	sessionBucket = "desk.sessions" // what each person talks about in each conversation
)

const (
	// seenFor is how long a message is known: platforms ask again within
	// minutes, but a queue of theirs may hand one over late.
	seenFor = 48 * time.Hour
	// lateAfter is when a message that nobody finished is taken up again.
	lateAfter = 15 * time.Second
	latePoll  = 10 * time.Second
	lateBatch = 50
)

// Sender takes notices into the outbox; see outbox.Box.
type Sender interface {
	Put(tx *store.Tx, n outbox.Notice) (added bool, err error)
}

// DeskOptions are what a Desk works with. Store and Outbox are required.
type DeskOptions struct {
	Store     *store.Store
	Outbox    Sender
	Commands  []Command // asked in order before a message is taken for a question
	PublicURL string    // where clause pages are; empty: replies carry no link
	PerMinute int       // messages of one person that are answered within a minute; 0: 20
	Questions int       // days that questions are kept; 0: 180
	Sessions  int       // days that a conversation is remembered; 0: 7
	Logger    *slog.Logger
	Observe   func(status string, took time.Duration) // called once per message answered; may be nil
}

// ErrNotReady: the documents are still being read.
var ErrNotReady = errors.New("bot: documents not ready")

// Desk takes the messages of all channels, each once, however often and through
// however many instances a platform delivers it. It is safe for concurrent use.
type Desk struct {
	opt DeskOptions
	bot atomic.Pointer[Bot]
}

// NewDesk returns a desk that answers once Use has been called.
func NewDesk(opt DeskOptions) *Desk {
	opt.PerMinute = cmp.Or(opt.PerMinute, 20)
	opt.Questions = cmp.Or(opt.Questions, 180)
	opt.Sessions = cmp.Or(opt.Sessions, 7)
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Observe == nil {
		opt.Observe = func(string, time.Duration) {}
	}
	opt.PublicURL = strings.TrimRight(opt.PublicURL, "/")
	return &Desk{opt: opt}
}

// Use makes b answer from now on. Messages at work keep the one they began with.
func (d *Desk) Use(b *Bot) { d.bot.Store(b) }

// Taken is what became of a message.
type Taken struct {
	Reply chat.Reply // empty: nothing is to be said
	Again bool       // it had been taken before; Reply is the first one's
}

// seen is a message that was taken.
type seen struct {
	Reply *chat.Reply `json:"reply,omitempty"` // nil while it is late
	Late  string      `json:"late,omitempty"`  // its key in lateBucket
}

// Take answers a message and keeps it together with the answer, in one
// transaction, before it returns: what it returned survives a crash. With room
// (bytes of one message) the caller gives the reply to the platform as the answer
// to its request, the same message again gives the same reply, and what the room
// does not hold follows through the outbox. With room 0 all of it goes through
// the outbox to m.From, once.
//
// Errors are ErrNotReady and those of the store; then nothing was kept.
func (d *Desk) Take(ctx context.Context, m chat.Message, room int) (Taken, error) {
	if !m.Addressed() {
		return Taken{}, nil
	}
	start := time.Now()
	key := digest(m.Key())
	var was seen
	var s session
	var quoted *answered
	err := d.opt.Store.View(ctx, func(r store.Reader) (err error) {
		if was, err = readJSON[seen](r, seenBucket, key); err != nil || was.Reply != nil {
			return err
		}
		if s, err = readJSON[session](r, sessionBucket, sessionKey(m)); err != nil {
			return err
		}
		quoted, err = quotedAnswer(r, m)
		return err
	})
	if err != nil {
		return Taken{}, fmt.Errorf("take message: %w", err)
	}
	if was.Reply != nil {
		return Taken{Reply: *was.Reply, Again: true}, nil
	}
	draft, err := d.draft(ctx, m, s, quoted)
	if err != nil {
		return Taken{}, fmt.Errorf("take message: %w", err)
	}
	var t Taken
	status := ""
	err = d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		t, status = Taken{}, draft.status
		was, err := readJSON[seen](tx, seenBucket, key)
		if err != nil {
			return err
		}
		if was.Reply != nil {
			t, status = Taken{Reply: *was.Reply, Again: true}, ""
			return nil
		}
		if t.Reply, status, err = d.settle(tx, m, key, draft); err != nil {
			return err
		}
		if was.Late != "" {
			if err := tx.Delete(lateBucket, was.Late); err != nil {
				return err
			}
		}
		rest := t.Reply
		if room > 0 && was.Late == "" {
			t.Reply, rest = fitting(t.Reply, room)
		}
		if !rest.Empty() {
			if err := d.push(tx, m, rest); err != nil {
				return err
			}
		}
		return putWall(tx, seenBucket, key, seen{Reply: &t.Reply}, time.Now().Add(seenFor))
	})
	if err != nil {
		return Taken{}, fmt.Errorf("take message: %w", err)
	}
	if status != "" {
		d.opt.Observe(status, time.Since(start))
	}
	return t, nil
}

// fitting parts a reply into what one message holds and what has to follow.
func fitting(r chat.Reply, room int) (first, rest chat.Reply) {
	if len(r.Text) <= room && len(r.Markdown) <= room {
		return r, chat.Reply{}
	}
	first, rest = r, chat.Reply{}
	parts := chat.Split(r.Text, room)
	if len(parts) > 0 {
		first.Text, rest.Text = parts[0], strings.Join(parts[1:], "\n")
	}
	first.Markdown = ""
	return first, rest
}

// Defer keeps a message whose reply is not ready in time, so that its request
// can be answered with nothing and the reply follows through the outbox, also
// after a crash. If the reply has become ready meanwhile it is returned.
func (d *Desk) Defer(ctx context.Context, m chat.Message) (Taken, error) {
	key := digest(m.Key())
	var t Taken
	err := d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		t = Taken{}
		was, err := readJSON[seen](tx, seenBucket, key)
		if err != nil {
			return err
		}
		if was.Reply != nil || was.Late != "" {
			if was.Reply != nil {
				t.Reply = *was.Reply
			}
			t.Again = true
			return nil
		}
		late := time.Now().UTC().Format(keyTime) + "-" + key
		if err := putWall(tx, lateBucket, late, m, time.Now().Add(seenFor)); err != nil {
			return err
		}
		return putWall(tx, seenBucket, key, seen{Late: late}, time.Now().Add(seenFor))
	})
	if err != nil {
		return Taken{}, fmt.Errorf("defer message: %w", err)
	}
	return t, nil
}

// Push sends the reply that Take returned through the outbox, where the platform
// does not take it as the answer to its request. Again changes nothing.
func (d *Desk) Push(ctx context.Context, m chat.Message, r chat.Reply) error {
	err := d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		return d.push(tx, m, r)
	})
	if err != nil {
		return fmt.Errorf("push reply: %w", err)
	}
	return nil
}

// push puts a reply to m into the outbox.
func (d *Desk) push(tx *store.Tx, m chat.Message, r chat.Reply) error {
	_, err := d.opt.Outbox.Put(tx, outbox.Notice{
		Key: outbox.KindReply + "/" + digest(m.Key()), Kind: outbox.KindReply, To: m.From, Reply: r,
	})
	return err
}

// Run takes up messages that were deferred and then left by whoever was at work
// on them, until ctx ends. Several instances may run it.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(latePoll)
	defer tick.Stop()
	for {
		if err := d.catchUp(ctx, time.Now()); err != nil && ctx.Err() == nil {
			d.opt.Logger.Warn("late messages wait", "component", "desk", "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// catchUp answers the late messages that were deferred some time before now.
func (d *Desk) catchUp(ctx context.Context, now time.Time) error {
	var late []chat.Message
	err := d.opt.Store.View(ctx, func(r store.Reader) error {
		late = nil
		until := now.Add(-lateAfter).UTC().Format(keyTime)
		return r.Scan(lateBucket, store.Range{To: until, Limit: lateBatch}, func(_ string, value []byte) error {
			var m chat.Message
			if err := json.Unmarshal(value, &m); err != nil {
				return fmt.Errorf("late message: %w", err)
			}
			late = append(late, m)
			return nil
		})
	})
	for _, m := range late {
		if err != nil {
			break
		}
		_, err = d.Take(ctx, m, 0)
	}
	return err
}

// draft is what is to be said, before the transaction that makes it so.
type draft struct {
	reply   chat.Reply
	status  string    // for counting: the answer's status, or what kind of talk it was
	session *session  // to keep
	answer  *answered // to keep
	command *Command  // runs within the transaction and says the reply
	args    []string
}

// What a message was, where it was no question.
const (
	statusTalk    = "talk"    // greetings, events, what cannot be read
	statusCommand = "command" //
	statusLimited = "limited" // too many within a minute
)

// draft decides what m is, and answers it where that needs no transaction.
func (d *Desk) draft(ctx context.Context, m chat.Message, s session, quoted *answered) (draft, error) {
	b := d.bot.Load()
	if b == nil {
		return draft{}, ErrNotReady
	}
	talk := func(text string) (draft, error) {
		return draft{reply: chat.Reply{Text: text}, status: statusTalk}, nil
	}
	text := m.Text
	switch m.Type {
	case chat.TypeEvent:
		switch m.Event.Kind {
		case chat.EventFeedback:
			return draft{command: &rateCommand, args: []string{m.Event.Key, string(m.Event.Rating), m.Event.Value}}, nil
		case chat.EventEnter, chat.EventJoin:
			if s.Greeted {
				return draft{status: statusTalk}, nil
			}
			s.Greeted = true
			return draft{reply: chat.Reply{Text: b.welcome()}, status: statusTalk, session: &s}, nil
		case chat.EventMenu:
			text = m.Event.Key
		case chat.EventCard:
			text = m.Event.Key
		default:
			return draft{status: statusTalk}, nil
		}
		if c, args := d.command(text); c != nil {
			return draft{command: c, args: args}, nil
		}
		if m.Event.Kind == chat.EventCard || text == "" || strings.Contains(text, "://") {
			return draft{status: statusTalk}, nil
		}
	case chat.TypePlace:
		if c, args := d.command(placeWord); c != nil {
			return draft{command: c, args: args}, nil
		}
		return talk(textPlace)
	case chat.TypeOther:
		return talk(textUnreadable)
	}
	switch {
	case strings.TrimSpace(text) == "":
		return talk(b.welcome())
	case utf8.RuneCountInString(text) > maxQuestion:
		return talk(textQuestionTooLong)
	}
	if c, args := d.command(text); c != nil {
		return draft{command: c, args: args}, nil
	}
	if rating, remark, ok := ratingOf(text); ok {
		key := s.Answer
		if quoted != nil {
			key = quoted.key
		}
		return draft{command: &rateCommand, args: []string{key, rating, remark}}, nil
	}
	return d.question(ctx, b, m, text, s, quoted)
}

// maxQuestion is the longest question in characters; run-on speech is shorter.
const maxQuestion = 500

// question answers text in the light of what was said before.
func (d *Desk) question(ctx context.Context, b *Bot, m chat.Message, text string, s session, quoted *answered) (draft, error) {
	prev, base := s.Last, s.Base
	switch {
	case quoted != nil:
		prev, base = quoted.Q, quoted.Base
	case m.Quoted != "" && utf8.RuneCountInString(m.Quoted) <= maxQuestion:
		prev, base = m.Quoted, "" // what a colleague wrote
	}
	r, err := b.Ask(ctx, text, prev, "")
	if err != nil {
		return draft{}, err
	}
	if r.Answer.Status == index.Unknown && base != "" {
		older, err := b.Ask(ctx, text, base, "")
		if err != nil {
			return draft{}, err
		}
		if older.Answer.Status != index.Unknown {
			r, prev = older, base
		}
	}
	out := draft{reply: chat.Reply{Text: r.Text, Markdown: r.Markdown}, status: string(r.Answer.Status)}
	if r.Answer.Intent == index.IntentChat {
		out.status = statusTalk
		return out, nil // a thank-you does not end the matter
	}
	a := &answered{
		Q: text, Status: r.Answer.Status, Intent: r.Answer.Intent, Cites: cites(r.Answer.Results),
		Via: m.Via, Kind: m.Kind, To: m.From,
	}
	a.To.Session = chat.Session{}
	switch leans, err := b.leans(ctx, text, prev, r); {
	case err != nil:
		return draft{}, err
	case r.Leans: // 更多 or a choice: it is about the question before
		a.Q, a.Base = prev, base
	case leans:
		a.Base = cmp.Or(base, prev)
	}
	out.answer = a
	s.Last, s.Base = a.Q, a.Base
	out.session = &s
	out.reply = d.linked(out.reply, r.Answer.Results)
	return out, nil
}

// leans reports whether q has its answer from prev only, so that whoever follows
// it up means prev's matter.
func (b *Bot) leans(ctx context.Context, q, prev string, r Reply) (bool, error) {
	if prev == "" || r.Leans || r.Answer.Status == index.Unknown {
		return false, nil
	}
	alone, err := b.Ask(ctx, q, "", "")
	if err != nil {
		return false, err
	}
	return alone.Answer.Status == index.Unknown, nil
}

// settle makes the draft so: it runs the command or keeps the answer, and
// returns what is said.
func (d *Desk) settle(tx *store.Tx, m chat.Message, key string, dr draft) (chat.Reply, string, error) {
	s, err := readJSON[session](tx, sessionBucket, sessionKey(m))
	if err != nil {
		return chat.Reply{}, "", err
	}
	reply, status := dr.reply, dr.status
	verdict := s.count(tx.Now(), d.opt.PerMinute)
	switch {
	case m.Type != chat.TypeEvent && verdict == tooMany:
		return chat.Reply{}, statusLimited, nil
	case m.Type != chat.TypeEvent && verdict == justTooMany:
		reply, status, dr = chat.Reply{Text: textTooFast}, statusLimited, draft{}
	}
	if dr.session != nil {
		s.Last, s.Base, s.Greeted = dr.session.Last, dr.session.Base, dr.session.Greeted
	}
	if dr.command != nil {
		status = statusCommand
		if reply, err = d.run(tx, m, dr.command, dr.args); err != nil {
			return chat.Reply{}, "", err
		}
	}
	if dr.answer != nil {
		id := tx.Now().UTC().Format(keyTime) + "-" + key[:12]
		s.Answer = id
		reply.Feedback = id
		if err := keepAnswer(tx, m, id, *dr.answer, reply, tx.Now().AddDate(0, 0, d.opt.Questions)); err != nil {
			return chat.Reply{}, "", err
		}
	}
	return reply, status, putUntil(tx, sessionBucket, sessionKey(m), s, tx.Now().AddDate(0, 0, d.opt.Sessions))
}

// keyTime orders keys by time; it sorts as text.
const keyTime = "20060102T150405.000000"

// digest makes a short key of any text.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// readJSON reads a record, or its zero value where there is none.
func readJSON[T any](r store.Reader, bucket, key string) (T, error) {
	var v T
	value, ok, err := r.Get(bucket, key)
	if err != nil || !ok {
		return v, err
	}
	if err := json.Unmarshal(value, &v); err != nil {
		return v, fmt.Errorf("%w: %s: %w", store.ErrDamaged, bucket, err)
	}
	return v, nil
}

func putUntil(tx *store.Tx, bucket, key string, v any, until time.Time) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", bucket, err)
	}
	return tx.PutUntil(bucket, key, value, until)
}

func putWall(tx *store.Tx, bucket, key string, v any, until time.Time) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", bucket, err)
	}
	return tx.PutUntilWall(bucket, key, value, until)
}
