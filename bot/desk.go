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
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/zh"
)

// Buckets of the desk.
const (
	seenBucket    = "desk.seen"     // every message that was taken, and what was replied
	lateBucket    = "desk.late"     // messages whose reply was not ready in time, by time
	sessionBucket = "desk.sessions" // what each person talks about in each conversation
	paceBucket    = "desk.pace"     // how fast each person writes
)

const (
	// seenFor is how long a message is known: platforms ask again within
	// minutes, but a queue of theirs may hand one over late.
	seenFor = 48 * time.Hour
	// lateAfter is when a message that nobody finished is taken up again.
	lateAfter = 15 * time.Second
	// replyFor is how long a reply is worth sending: after that the person has
	// asked again or somebody else, and where the channel was given up nothing
	// must wait for ever.
	replyFor  = 24 * time.Hour
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
	Commands  []Command        // asked in order before a message is taken for a question
	PublicURL string           // where clause pages are; empty: replies carry no link
	PerMinute int              // messages of one person that are answered within a minute; 0: 20
	Questions int              // days that questions are kept, the day of asking among them; 0: 180
	Location  *time.Location   // where days begin; nil: time.Local
	Sessions  int              // days that a conversation is remembered; 0: 7
	Wall      func() time.Time // the clock of deliveries, the store's own; nil: time.Now
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
	if opt.Location == nil {
		opt.Location = time.Local
	}
	if opt.Wall == nil {
		opt.Wall = time.Now
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Observe == nil {
		opt.Observe = func(string, time.Duration) {}
	}
	opt.PublicURL = strings.TrimRight(opt.PublicURL, "/")
	opt.Commands = append(slices.Clone(opt.Commands), reviewCommands()...)
	opt.Commands = append(opt.Commands, moreCommand, helpCommand(opt.Commands))
	return &Desk{opt: opt}
}

// Use makes b answer from now on. Messages at work keep the one they began with.
func (d *Desk) Use(b *Bot) { d.bot.Store(b) }

// Clauses returns the clauses at an address of a document in force, as [Bot.Clauses]
// does; none before the documents are read.
func (d *Desk) Clauses(plan, address string) []Clause {
	if b := d.bot.Load(); b != nil {
		return b.Clauses(plan, address)
	}
	return nil
}

// Chats reports whether text is something that is said to the bot in WeCom or
// DingTalk and is no question: a command, or what somebody thinks of an answer.
func (d *Desk) Chats(text string) bool {
	if _, _, ok := ratingOf(strings.TrimSpace(text)); ok {
		return true
	}
	return slices.ContainsFunc(d.uses(text), func(u use) bool { return u.command.Name != helpName && u.sure() })
}

// Taken is what became of a message.
type Taken struct {
	Reply chat.Reply // what to answer the platform's request with; empty: nothing
	Again bool       // it had been taken before; Reply is the first one's
}

// seen is a message that was taken.
type seen struct {
	Reply *chat.Reply `json:"reply,omitempty"` // what its request is answered with; nil while it is late
	Late  string      `json:"late,omitempty"`  // its key in lateBucket
}

// Take answers a message and keeps it together with the answer, in one
// transaction, before it returns: what it returned survives a crash. With room
// (bytes of one message) the caller gives the reply to the platform as the answer
// to its request, the same message again gives the same reply, and what the room
// does not hold follows through the outbox. With room 0, and where the message
// was deferred meanwhile, all of it goes through the outbox to m.From, once, and
// the reply is empty.
//
// Errors are ErrNotReady, those of the index and those of the store; then
// nothing was kept, or the store does not know (store.ErrUnknown).
func (d *Desk) Take(ctx context.Context, m chat.Message, room int) (Taken, error) {
	if !m.Addressed() {
		return Taken{}, nil
	}
	start := d.opt.Wall()
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
	dr, err := d.draft(ctx, m, s, quoted)
	if err != nil {
		return Taken{}, fmt.Errorf("take message: %w", err)
	}
	t, status, err := d.commit(ctx, m, key, room, dr)
	if err != nil {
		return Taken{}, fmt.Errorf("take message: %w", err)
	}
	if !t.Again {
		d.opt.Observe(status, d.opt.Wall().Sub(start))
	}
	return t, nil
}

// commit keeps the draft in a transaction. Of a command that panics nothing is kept but
// that it failed: the same message would only panic again.
func (d *Desk) commit(ctx context.Context, m chat.Message, key string, room int, dr draft) (t Taken, status string, err error) {
	update := func(dr draft) error {
		return d.opt.Store.Update(ctx, func(tx *store.Tx) (err error) {
			t, status, err = d.keep(tx, m, key, room, dr)
			return err
		})
	}
	defer func() {
		if r := recover(); r != nil {
			err = update(d.failed(r))
		}
	}()
	err = update(dr)
	return t, status, err
}

// failed is what is said where we panicked over a message. It is called by who recovers.
func (d *Desk) failed(panicked any) draft {
	d.opt.Logger.Error("panic over a message", "component", "desk", "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	return draft{reply: chat.Reply{Text: textFailed}, status: statusFailed}
}

// keep makes the draft so unless the message was taken meanwhile, and parts the
// reply into what answers the request and what goes through the outbox.
func (d *Desk) keep(tx *store.Tx, m chat.Message, key string, room int, dr draft) (t Taken, status string, err error) {
	was, err := readJSON[seen](tx, seenBucket, key)
	if err != nil {
		return t, "", err
	}
	if was.Reply != nil {
		return Taken{Reply: *was.Reply, Again: true}, "", nil
	}
	reply, status, err := d.settle(tx, m, key, dr)
	if err != nil {
		return t, "", err
	}
	if was.Late != "" { // its request is over
		room = 0
		if err := tx.Delete(lateBucket, was.Late); err != nil {
			return t, "", err
		}
	}
	if room == 0 {
		err = d.push(tx, m, "", reply)
	} else {
		var rest chat.Reply
		t.Reply, rest = fitting(reply, room)
		err = d.push(tx, m, restMark, rest)
	}
	if err != nil {
		return t, "", err
	}
	return t, status, putWall(tx, seenBucket, key, seen{Reply: &t.Reply}, d.opt.Wall().Add(seenFor))
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
// after a crash. If Take was faster, its reply is returned to answer with. One
// of the two decides how the reply goes, whoever calls them how often.
func (d *Desk) Defer(ctx context.Context, m chat.Message) (Taken, error) {
	key := digest(m.Key())
	var t Taken
	err := d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		t = Taken{}
		was, err := readJSON[seen](tx, seenBucket, key)
		if err != nil {
			return err
		}
		if t.Again = was.Reply != nil || was.Late != ""; t.Again {
			if was.Reply != nil {
				t.Reply = *was.Reply
			}
			return nil
		}
		now := d.opt.Wall()
		late := now.UTC().Format(keyTime) + "-" + key
		if err := putWall(tx, lateBucket, late, m, now.Add(seenFor)); err != nil {
			return err
		}
		return putWall(tx, seenBucket, key, seen{Late: late}, now.Add(seenFor))
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
		return d.push(tx, m, "", r)
	})
	if err != nil {
		return fmt.Errorf("push reply: %w", err)
	}
	return nil
}

// restMark ends the key of what the answer to a request did not hold.
const restMark = "/rest"

// push puts a reply to m, or the part of it that mark names, into the outbox.
func (d *Desk) push(tx *store.Tx, m chat.Message, mark string, r chat.Reply) error {
	if r.Empty() {
		return nil
	}
	_, err := d.opt.Outbox.Put(tx, outbox.Notice{
		Key: outbox.KindReply + "/" + digest(m.Key()) + mark, Kind: outbox.KindReply, To: m.From, Reply: r, Expires: tx.Now().Add(replyFor),
	})
	return err
}

// Run takes up messages that were deferred and then left by whoever was at work
// on them, until ctx ends. Several instances may run it.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(latePoll)
	defer tick.Stop()
	for {
		if err := d.catchUp(ctx, d.opt.Wall()); err != nil && ctx.Err() == nil {
			d.opt.Logger.Warn("late messages wait", "component", "desk", "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// catchUp answers the late messages that were deferred some time before now. Those
// that cannot be answered do not hold up the others; the error is the first one's.
func (d *Desk) catchUp(ctx context.Context, now time.Time) error {
	var fault error
	due := store.Range{To: now.Add(-lateAfter).UTC().Format(keyTime), Limit: lateBatch}
	for {
		var late [][]byte
		var last string
		err := d.opt.Store.View(ctx, func(r store.Reader) error {
			late, last = nil, ""
			return r.Scan(lateBucket, due, func(key string, value []byte) error {
				late, last = append(late, value), key
				return nil
			})
		})
		fault = cmp.Or(fault, err)
		due.From = last + "\x00"
		for _, value := range late {
			var m chat.Message
			err := json.Unmarshal(value, &m)
			if err == nil {
				_, err = d.Take(ctx, m, 0)
			}
			if err != nil {
				fault = cmp.Or(fault, fmt.Errorf("late message: %w", err))
			}
		}
		if len(late) < lateBatch || ctx.Err() != nil {
			return fault
		}
	}
}

// draft is what is to be said, before the transaction that makes it so.
type draft struct {
	reply   chat.Reply
	status  string    // for counting: the answer's status, or what kind of talk it was
	welcome bool      // the reply is the welcome, which is said once
	answer  *answered // to keep
	rows    []index.Row
	uses    []use // commands to run within the transaction; the first that says something says the reply
}

// What a message was, where it was no question.
const (
	statusTalk    = "talk"    // greetings, events, what cannot be read
	statusCommand = "command" // something to be done
	statusLimited = "limited" // too many within a minute
	statusFailed  = "failed"  // we could not
)

// draft decides what m is, and answers it where that needs no transaction.
func (d *Desk) draft(ctx context.Context, m chat.Message, s session, quoted *answered) (dr draft, err error) {
	b := d.bot.Load()
	if b == nil {
		return draft{}, ErrNotReady
	}
	defer func() {
		// One question must not stop the service, nor come back for ever.
		if r := recover(); r != nil {
			dr, err = d.failed(r), nil
		}
	}()
	text := m.Text
	switch m.Type {
	case chat.TypeEvent:
		var done bool
		if dr, text, done = d.event(b, m.Event); done {
			return dr, nil
		}
	case chat.TypePlace:
		dr := talk(textPlace)
		dr.uses = d.uses(placeWord)
		return dr, nil
	case chat.TypeOther:
		return talk(textUnreadable(b.examples())), nil
	}
	return d.said(ctx, b, m, text, s, quoted)
}

func talk(text string) draft { return draft{reply: chat.Reply{Text: text}, status: statusTalk} }

// event answers what somebody did. What stands for words, such as a menu's
// entry, comes back as text with done false.
func (d *Desk) event(b *Bot, e *chat.Event) (dr draft, text string, done bool) {
	switch e.Kind {
	case chat.EventFeedback:
		return draft{uses: []use{{&rateCommand, []string{e.Key, string(e.Rating), e.Value}}}}, "", true
	case chat.EventEnter, chat.EventJoin:
		dr = talk(b.welcome())
		dr.welcome = true
		return dr, "", true
	case chat.EventMenu, chat.EventCard:
		if uses := d.uses(e.Key); len(uses) > 0 {
			return draft{uses: uses}, "", true
		}
		isPage := strings.Contains(e.Key, "://")
		return draft{status: statusTalk}, e.Key, e.Kind == chat.EventCard || e.Key == "" || isPage
	}
	return draft{status: statusTalk}, "", true
}

// maxQuestion is the longest question in characters; run-on speech is shorter.
const maxQuestion = 500

// said answers words.
func (d *Desk) said(ctx context.Context, b *Bot, m chat.Message, text string, s session, quoted *answered) (draft, error) {
	raw := strings.TrimSpace(text)
	if uses := d.pasted(raw); len(uses) > 0 {
		return draft{uses: uses}, nil
	}
	if utf8.RuneCountInString(text) > maxQuestion {
		return talk(textQuestionTooLong), nil
	}
	switch text = zh.CleanQuestion(text); {
	case text == "" && (raw == "" || strings.ContainsAny(raw, "@＠")):
		return talk(b.welcome()), nil
	case text == "": // pictures and signs alone are a nod
		return talk(textChat(hintThanks)), nil
	}
	if rating, remark, ok := ratingOf(text); ok {
		key := s.Answer
		if m.Quoted != "" {
			key = ""
		}
		if quoted != nil {
			key = quoted.key
		}
		return draft{uses: []use{{&rateCommand, []string{key, rating, remark}}}}, nil
	}
	uses := d.uses(text)
	if len(uses) > 0 && uses[0].sure() {
		return draft{uses: uses}, nil
	}
	dr, err := d.question(ctx, b, m, text, s, quoted)
	if err != nil {
		return dr, err
	}
	for _, u := range uses {
		if !u.sure() && saysAny(dr.rows, u.command.Words) {
			break
		}
		dr.uses = append(dr.uses, u)
	}
	return dr, nil
}

// saysAny reports whether a clause has one of the words.
func saysAny(rows []index.Row, words []string) bool {
	return slices.ContainsFunc(rows, func(r index.Row) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(r.Title+r.Text, w) })
	})
}

// question answers text in the light of what was said before.
func (d *Desk) question(ctx context.Context, b *Bot, m chat.Message, text string, s session, quoted *answered) (draft, error) {
	prev := s.Thread
	switch {
	case quoted != nil:
		prev = quoted.Thread
	case m.Quoted != "" && utf8.RuneCountInString(m.Quoted) <= maxQuestion:
		prev = m.Quoted // what a colleague wrote
	}
	r, err := b.Ask(ctx, text, prev, "")
	if err != nil {
		return draft{}, err
	}
	dr := draft{reply: chat.Reply{Text: r.Text, Markdown: r.Markdown}, status: string(r.Answer.Status), rows: r.Answer.Results}
	if r.Answer.Intent == index.IntentChat {
		dr.status = statusTalk
		return dr, nil // a thank-you does not end the matter
	}
	thread, err := b.Thread(ctx, text, prev, r)
	if err != nil {
		return draft{}, err
	}
	leaned, err := b.leaning(ctx, text, prev, r)
	if err != nil {
		return draft{}, err
	}
	dr.answer = &answered{
		Q: text, Prev: leaned, Thread: thread, Status: r.Answer.Status, Intent: r.Answer.Intent, Reason: r.Reason, Office: r.Office, Cites: cites(r.Answer.Results),
		Via: m.Via, Kind: m.Kind, To: m.From,
	}
	dr.answer.To.Session = chat.Session{}
	if r.Answer.Status != index.Ambiguous { // a choice has no clause yet
		dr.reply = d.linked(dr.reply, r.Answer.Results)
	}
	return dr, nil
}

// settle makes the draft so: it runs the command or keeps the answer, and
// returns what is said. It may run twice, and changes no draft.
func (d *Desk) settle(tx *store.Tx, m chat.Message, key string, dr draft) (chat.Reply, string, error) {
	if m.Type != chat.TypeEvent {
		switch verdict, err := d.pace(tx, m); {
		case err != nil:
			return chat.Reply{}, "", err
		case verdict == tooMany:
			return chat.Reply{}, statusLimited, nil
		case verdict == justTooMany:
			return chat.Reply{Text: textTooFast}, statusLimited, nil
		}
	}
	if len(dr.uses) > 0 {
		reply, done, err := d.run(tx, m, dr)
		if err != nil || done {
			return reply, statusCommand, err
		}
	}
	if dr.answer == nil && !dr.welcome {
		return dr.reply, dr.status, nil
	}
	s, err := readJSON[session](tx, sessionBucket, sessionKey(m))
	if err != nil {
		return chat.Reply{}, "", err
	}
	reply := dr.reply
	if dr.welcome {
		if s.Welcomed {
			return chat.Reply{}, dr.status, nil
		}
		s.Welcomed = true
	}
	if dr.answer != nil {
		id := tx.Now().UTC().Format(keyTime) + "-" + key[:12]
		s.Thread, s.Answer, reply.Feedback = dr.answer.Thread, id, id
		a := *dr.answer
		a.Until = untilDay(tx.Now().In(d.opt.Location), d.opt.Questions)
		if err := keepAnswer(tx, m, id, a, reply); err != nil {
			return chat.Reply{}, "", err
		}
	}
	return reply, dr.status, putUntil(tx, sessionBucket, sessionKey(m), s, tx.Now().AddDate(0, 0, d.opt.Sessions))
}

// pace counts a message of the sender, whatever the conversation.
func (d *Desk) pace(tx *store.Tx, m chat.Message) (paceVerdict, error) {
	key := digest(string(m.Platform()) + "\x00" + string(m.Sender))
	p, err := readJSON[pace](tx, paceBucket, key)
	if err != nil {
		return 0, err
	}
	verdict := p.count(tx.Now(), d.opt.PerMinute)
	if verdict == tooMany {
		return verdict, nil
	}
	return verdict, putUntil(tx, paceBucket, key, p, tx.Now().Add(time.Minute))
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
