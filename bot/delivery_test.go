package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
)

// slow answers a question when it is let go; each question is shown to entered first.
type slow struct {
	entered chan struct{}
	letGo   chan error
}

func newSlow() slow { return slow{make(chan struct{}), make(chan error)} }

func (s slow) Ask(context.Context, index.Query) (index.Answer, error) {
	s.entered <- struct{}{}
	if err := <-s.letGo; err != nil {
		return index.Answer{}, err
	}
	return index.Answer{Status: index.Answered, Intent: index.IntentResponsible, Results: []index.Row{halls}}, nil
}

// attempt is one request of a platform with one message, as a handler serves it.
type attempt struct {
	asker  slow
	done   chan struct{}
	taken  Taken
	err    error
	asking bool // its Take stands before the transaction
	over   bool // the platform has its answer
}

func (a *attempt) start(desk *Desk, m chat.Message, room int) {
	a.asker, a.done = newSlow(), make(chan struct{})
	b := New(a.asker, Options{})
	desk.Use(b)
	go func() {
		defer close(a.done)
		a.taken, a.err = desk.Take(context.Background(), m, room)
	}()
	select {
	case <-a.asker.entered:
		a.asking = true
	case <-a.done:
	}
}

func (a *attempt) finish(err error) {
	if a.asking {
		a.asker.letGo <- err
		a.asking = false
	}
	<-a.done
}

// delivery is a message with all that becomes of it.
type delivery struct {
	*bureau
	t        *testing.T
	m        chat.Message
	answers  []string // what requests were answered with, 200 only
	attempts []*attempt
}

// Deliveries of one message to two instances, slow answers, requests that give
// up waiting, faults and catching up, in any order: the answer is kept once, and
// the reply goes out by responses or by one notice, never by both.
func TestADeliverysReplyGoesOneWay(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	other := NewDesk(o.desk.opt)
	desks := []*Desk{o.desk, other}
	responses, notices := 0, 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		before := len(o.all(answerBucket))
		d := &delivery{bureau: o, t: t, m: o.direct(chat.UserID(fmt.Sprint("u", seed)), "图书角归谁管")}
		for range 2 + rnd.IntN(12) {
			d.step(rnd, desks)
		}
		for _, a := range d.attempts {
			a.finish(nil)
			d.answer(a)
		}
		o.advance(time.Minute)
		for _, desk := range desks { // what is late is caught up with, twice
			desk.Use(sampleBot())
			if err := desk.catchUp(t.Context(), o.now()); err != nil {
				t.Fatal(err)
			}
		}
		if left := o.all(lateBucket); len(left) != 0 {
			t.Fatalf("seed %d: late for ever: %v", seed, left)
		}
		said := slices.DeleteFunc(slices.Clone(d.answers), func(s string) bool { return s == "" })
		pushed := o.notices()
		switch {
		case len(d.answers) == 0:
			continue // nothing was accepted, nothing is promised
		case len(said) > 0 && len(pushed) > 0:
			t.Errorf("seed %d: the reply went both ways", seed)
		case len(said) == 0 && len(pushed) != 1:
			t.Errorf("seed %d: %d notices, no response", seed, len(pushed))
		}
		if len(slices.Compact(said)) > 1 {
			t.Errorf("seed %d: different replies: %q", seed, said)
		}
		if kept := len(o.all(answerBucket)) - before; kept != 1 {
			t.Errorf("seed %d: %d effects", seed, kept)
		}
		responses, notices = responses+len(said), notices+len(pushed)
	}
	if responses < 30 || notices < 30 {
		t.Errorf("the runs went one way: %d responses, %d notices", responses, notices)
	}
}

func (d *delivery) step(rnd *rand.Rand, desks []*Desk) {
	d.advance(time.Millisecond)
	desk := desks[rnd.IntN(len(desks))]
	var a *attempt
	if len(d.attempts) > 0 {
		a = d.attempts[rnd.IntN(len(d.attempts))]
	}
	switch n := rnd.IntN(8); {
	case a == nil || n < 2: // the platform asks, perhaps again
		a = &attempt{}
		a.start(desk, d.m, roomy)
		d.attempts = append(d.attempts, a)
	case n < 4: // the answer is ready
		a.finish(nil)
		d.answer(a)
	case n < 6: // the request waits no longer
		if a.over {
			return
		}
		a.over = true
		taken, err := desk.Defer(d.t.Context(), d.m)
		if err != nil {
			d.t.Fatal(err)
		}
		d.answers = append(d.answers, taken.Reply.Text)
	case n < 7: // the answer fails, as in a crash
		if a.asking {
			a.finish(errors.New("crash"))
			d.answer(a)
		}
	default:
		desk.Use(sampleBot())
		if err := desk.catchUp(d.t.Context(), d.now().Add(time.Duration(rnd.IntN(2))*time.Minute)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// answer is the handler's part when Take returns before the request is over.
func (d *delivery) answer(a *attempt) {
	if !a.over && a.err == nil {
		d.answers = append(d.answers, a.taken.Reply.Text)
	}
	a.over = true
}

// Fifty deliveries of one message at once, and as many that wait no longer.
func TestManyDeliveriesAtOnceAreOneMessage(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	desks := []*Desk{o.desk, NewDesk(o.desk.opt)}
	desks[1].Use(sampleBot())
	m := o.direct("luren", "农家书屋归谁管")
	replies := make([]Taken, 50)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() {
			var err error
			if replies[i], err = desks[i%2].Take(t.Context(), m, roomy); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := desks[i%2].Defer(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first := 0
	for _, r := range replies {
		if r.Reply.Text != replies[0].Reply.Text {
			t.Errorf("%q and %q", r.Reply.Text, replies[0].Reply.Text)
		}
		if !r.Again {
			first++
		}
	}
	said, pushed := replies[0].Reply.Text != "", len(o.notices())
	if first != 1 || said && pushed != 0 || !said && pushed != 1 || len(o.all(answerBucket)) != 1 {
		t.Errorf("%d first, said %v, %d notices, %d answers", first, said, pushed, len(o.all(answerBucket)))
	}
}

func TestWithoutRoomEverythingIsPushedOnce(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	m := o.direct("luren", "农家书屋归谁管")
	m.From.Session = chat.Session{Link: "https://x.example/secret", Until: o.now().UTC().Add(time.Hour)}
	for i := range 3 {
		got, err := o.desk.Take(t.Context(), m, 0)
		if err != nil || !got.Reply.Empty() || got.Again != (i > 0) {
			t.Errorf("%d: %+v %v", i, got, err)
		}
	}
	list := o.notices()
	if len(list) != 1 || list[0].To != m.From || list[0].Kind != outbox.KindReply || !strings.Contains(list[0].Reply.Text, "市委宣传部") || list[0].Reply.Feedback == "" {
		t.Errorf("%+v", list)
	}
	for _, kept := range o.all(answerBucket) {
		if strings.Contains(kept, "secret") {
			t.Error("the link of a session is kept for good")
		}
	}
}

// What cannot be sent does not wait for ever: the outbox ends it, and keeps
// nothing of it in the end.
func TestWhatCannotBeSentEnds(t *testing.T) {
	t.Parallel()
	var box *outbox.Box
	o := newBureau(t, func(opt *DeskOptions) {
		box = outbox.New(outbox.Options{Store: opt.Store, Wall: opt.Wall, Poll: time.Millisecond}) // no channel at all
		opt.Outbox = box
	})
	for _, m := range []chat.Message{o.direct("luren", "农家书屋归谁管"), o.direct("xinren", "绑定 张三 市教育局")} {
		if _, err := o.desk.Take(t.Context(), m, 0); err != nil {
			t.Fatal(err)
		}
	}
	stats := func() (st outbox.Stats) {
		if err := o.store.View(t.Context(), func(r store.Reader) (err error) { st, err = box.Stats(r); return err }); err != nil {
			t.Fatal(err)
		}
		return st
	}
	if st := stats(); st.Waiting != 3 { // two replies, and what the office is asked
		t.Errorf("%d wait", st.Waiting)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- box.Run(ctx) }()
	await := func(n int) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for stats().Waiting != n {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatalf("not %d", n)
			}
		}
	}
	o.advance(replyFor)
	await(1)
	o.advance(org.RequestTTL)
	await(0)
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestWhatAResponseDoesNotHoldFollows(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	m := o.direct("luren", "文化志愿者谁管")
	whole := o.take(o.direct("luren", "文化志愿者谁管")).Text
	const room = 300
	got, err := o.desk.Take(t.Context(), m, room)
	if err != nil {
		t.Fatal(err)
	}
	list := o.notices()
	if len(got.Reply.Text) > room || got.Reply.Text == "" || got.Reply.Markdown != "" || len(list) != 1 {
		t.Fatalf("%d bytes, %d notices", len(got.Reply.Text), len(list))
	}
	flat := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if flat(got.Reply.Text+list[0].Reply.Text) != flat(whole) {
		t.Error("words are lost between the two")
	}
	again, err := o.desk.Take(t.Context(), m, room)
	if err != nil || !again.Again || again.Reply.Text != got.Reply.Text || len(o.notices()) != 0 {
		t.Errorf("again: %+v %v", again, err)
	}
	// The first part may be refused too; then it is pushed beside the rest.
	if err := o.desk.Push(t.Context(), m, got.Reply); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.Push(t.Context(), m, got.Reply); err != nil {
		t.Fatal(err)
	}
	if list := o.notices(); len(list) != 1 || list[0].Reply.Text != got.Reply.Text {
		t.Errorf("%+v", list)
	}
	if err := o.desk.Push(t.Context(), o.direct("luren", "x"), chat.Reply{}); err != nil || len(o.notices()) != 0 {
		t.Error("nothing was pushed as something", err)
	}
}

// A transaction may run twice; the second run finds the draft as the first did.
func TestATransactionThatRunsTwice(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	for _, q := range []string{"农家书屋归谁管", "绑定 张三 市教育局", "谢谢"} {
		m := o.direct("xinren", q)
		dr, err := o.desk.draft(t.Context(), m, session{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		dropped := errors.New("dropped")
		var first, second Taken
		err = o.store.Update(t.Context(), func(tx *store.Tx) (err error) {
			first, _, err = o.desk.keep(tx, m, digest(m.Key()), roomy, dr)
			return errors.Join(err, dropped)
		})
		if err == nil || err.Error() != dropped.Error() {
			t.Fatal(err)
		}
		o.update(func(tx *store.Tx) (err error) {
			second, _, err = o.desk.keep(tx, m, digest(m.Key()), roomy, dr)
			return err
		})
		if first.Again || second.Again || first.Reply.Text != second.Reply.Text || first.Reply.Feedback != second.Reply.Feedback {
			t.Errorf("%s: %+v, then %+v", q, first, second)
		}
	}
	if got := len(o.all(answerBucket)); got != 1 {
		t.Errorf("%d answers are kept", got)
	}
	if got := len(o.notices()); got != 1 {
		t.Errorf("%d notices", got)
	}
}

func TestMessagesThatAreNotForTheBot(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	m := o.group("g", "luren", "农家书屋归谁管")
	m.AtBot = false
	if got := o.take(m); !got.Empty() || len(o.all(seenBucket)) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestBeforeTheDocumentsAreReadNothingIsKept(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	desk := NewDesk(o.desk.opt)
	m := o.direct("luren", "农家书屋归谁管")
	if _, err := desk.Take(t.Context(), m, roomy); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
	if got, err := o.desk.Take(t.Context(), m, roomy); err != nil || got.Again {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAStoreThatIsGoneKeepsNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	m := o.direct("luren", "农家书屋归谁管")
	_, take := o.desk.Take(t.Context(), m, roomy)
	_, late := o.desk.Defer(t.Context(), m)
	for _, err := range []error{take, late, o.desk.Push(t.Context(), m, chat.Reply{Text: "x"})} {
		if !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	}
}

// A question that breaks the answering is told so, once, and does not come back.
func TestAPanicIsAnApology(t *testing.T) {
	t.Parallel()
	var seen []string
	o := newBureau(t, func(opt *DeskOptions) {
		opt.Observe = func(status string, _ time.Duration) { seen = append(seen, status) }
	})
	o.desk.Use(New(what(func(index.Query) index.Answer { panic("broken") }), Options{}))
	m := o.direct("luren", "农家书屋归谁管")
	if _, err := o.desk.Defer(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	o.advance(time.Minute)
	if err := o.desk.catchUp(t.Context(), o.now()); err != nil {
		t.Fatal(err)
	}
	list := o.notices()
	if len(list) != 1 || list[0].Reply.Text != textFailed || len(o.all(lateBucket)) != 0 || !slices.Equal(seen, []string{statusFailed}) {
		t.Errorf("%+v %v", list, seen)
	}
}

// A command that panics has no effect but an apology, and the same message gets it again.
func TestACommandThatPanicsIsAnApology(t *testing.T) {
	t.Parallel()
	o := newBureau(t, func(opt *DeskOptions) {
		opt.Commands = []Command{{
			Name: "broken", Match: func(text string) ([]string, bool) { return nil, text == "坏" },
			Run: func(c *Call) (chat.Reply, error) {
				if err := c.Tx.Put("test.effect", "k", nil); err != nil {
					return chat.Reply{}, err
				}
				panic("broken")
			},
		}}
	})
	m := o.direct("luren", "坏")
	for range 2 {
		if got := o.take(m).Text; got != textFailed {
			t.Errorf("%q", got)
		}
	}
	if got := o.all("test.effect"); len(got) > 0 {
		t.Errorf("it left %v", got)
	}
}

func TestEachMessageIsCountedOnce(t *testing.T) {
	t.Parallel()
	var seen []string
	o := newBureau(t, func(opt *DeskOptions) {
		opt.PerMinute = 4
		opt.Observe = func(status string, took time.Duration) {
			if took < 0 {
				t.Error(took)
			}
			seen = append(seen, status)
		}
	})
	m := o.direct("luren", "农家书屋归谁管")
	o.take(m)
	o.take(m)
	for _, q := range []string{"谢谢", "我是谁", "公积金怎么提", "谢谢", "谢谢"} {
		o.says("luren", q)
	}
	want := []string{"answered", statusTalk, statusCommand, "unknown", statusLimited, statusLimited}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

// Late messages that cannot be answered do not hold up the others, however many
// they are, nor does one that cannot be read.
func TestALateMessageThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	o.desk.Use(New(fake{"好": {Status: index.Answered, Results: []index.Row{halls}}}, Options{}))
	o.update(func(tx *store.Tx) error { return tx.Put(lateBucket, "0", []byte("no message")) })
	for i := range lateBatch + 2 {
		q := "坏"
		if i > lateBatch {
			q = "好"
		}
		if _, err := o.desk.Defer(t.Context(), o.direct("luren", q)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.desk.catchUp(t.Context(), o.now().Add(time.Second)); err == nil || len(o.notices()) != 0 {
		t.Error("taken up before its time", err)
	}
	o.advance(time.Second)
	if err := o.desk.catchUp(t.Context(), o.now().Add(time.Minute)); err == nil {
		t.Error("no error")
	}
	if list := o.notices(); len(list) != 1 || !strings.Contains(list[0].Reply.Text, "市委宣传部") {
		t.Errorf("%+v", list)
	}
	if left := len(o.all(lateBucket)); left != lateBatch+2 {
		t.Errorf("%d of those that failed are left", left)
	}
}

// Run takes up what was left, by the clock, until it is told to end.
func TestRunTakesUpWhatWasLeft(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	m := o.direct("luren", "农家书屋归谁管")
	o.clock.t = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the bubble's time
	if _, err := o.desk.Defer(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		o.desk.opt.Wall = time.Now
		took := make(chan time.Duration, 1)
		o.desk.opt.Observe = func(string, time.Duration) { took <- time.Since(start) }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.desk.Run(ctx) }()
		if d := <-took; d != 2*latePoll { // the first poll later than lateAfter
			t.Errorf("taken up after %v", d)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if len(o.notices()) != 1 {
		t.Error("no reply")
	}
}

// A welcome is said once, also when two instances hear of it at the same time,
// and it takes nothing from what was asked meanwhile.
func TestTheWelcomeIsSaidOnceAndKeepsTheTalk(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	enter := func(n int) chat.Message {
		m := o.event("luren", chat.Event{Kind: chat.EventEnter})
		m.ID = fmt.Sprint("enter", n)
		return m
	}
	a, b := enter(1), enter(2)
	before, err := o.desk.draft(t.Context(), a, session{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.says("luren", "农家书屋归谁管")
	var said []string
	for _, m := range []chat.Message{a, b} {
		o.update(func(tx *store.Tx) error {
			got, _, err := o.desk.keep(tx, m, digest(m.Key()), roomy, before)
			said = append(said, got.Reply.Text)
			return err
		})
	}
	if said[0] == "" || said[1] != "" {
		t.Errorf("%q", said)
	}
	if got := o.says("luren", "谁牵头"); !strings.Contains(got, "市委宣传部") {
		t.Error(got)
	}
	o.advance(8 * 24 * time.Hour)
	if got := o.take(enter(3)).Text; got == "" {
		t.Error("after a long time the welcome is not said again")
	}
}

func TestAQuotationMeansTheLatestAnswerThatBeginsSo(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	rows := map[string]index.Row{"a": halls, "b": open1, "c": open2}
	o.desk.Use(New(what(func(q index.Query) index.Answer {
		row, ok := rows[strings.TrimSuffix(q.Prev+q.Q, "有误")]
		if !ok {
			return index.Answer{Status: index.Unknown}
		}
		return index.Answer{Status: index.Answered, Intent: index.IntentRole, NoLead: true, Results: []index.Row{row}}
	}), Options{}))
	for _, q := range []string{"c", "a", "b"} { // all begin with the same words
		o.take(o.group("g", chat.UserID("asker-"+q), q))
		o.advance(time.Second)
	}
	for _, tc := range []struct{ group, quote, want string }{
		{"g", "方案未写明牵头单位。与此有关的职责：", "b"},
		{"g", "**方案未写明牵头单位**。与此有关的职责：\n市委宣传部（统筹", "a"},
		{"g", "方案未写", ""},
		{"other", "方案未写明牵头单位。与此有关的职责：", ""},
	} {
		m := o.group(chat.ConversationID(tc.group), "luren", "有误")
		m.Quoted = tc.quote
		o.take(m)
		got := ""
		for _, value := range o.all(feedbackBucket) {
			var c complaint
			if err := json.Unmarshal([]byte(value), &c); err != nil {
				t.Fatal(err)
			}
			var a answered
			if err := json.Unmarshal([]byte(o.all(answerBucket)[c.Answer]), &a); err != nil {
				t.Fatal(err)
			}
			got = a.Q
		}
		if got != tc.want {
			t.Errorf("%s quoted in %s: %q, want %q", tc.quote, tc.group, got, tc.want)
		}
		items := slices.Collect(maps.Keys(o.all(feedbackBucket)))
		o.update(func(tx *store.Tx) error {
			for _, item := range items {
				if err := tx.Delete(feedbackBucket, item); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// The latest rating of a person counts; several people have one each.
func TestRatingsAreKeptWithTheAnswer(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	first := o.take(o.group("g", "luren", "农家书屋归谁管"))
	rate := func(user chat.UserID, r chat.Rating, remark string) string {
		return o.take(o.event(user, chat.Event{Kind: chat.EventFeedback, Key: first.Feedback, Rating: r, Value: remark})).Text
	}
	if rate("luren", chat.RatingBad, strings.Repeat("长", maxQuestion+1)) != "" || rate("zhiyuan", chat.RatingBad, "x") != "" {
		t.Error("an event is answered with words")
	}
	if len(o.all(feedbackBucket)) != 2 {
		t.Error(o.all(feedbackBucket))
	}
	rate("luren", chat.RatingGood, "")
	rate("zhiyuan", chat.RatingWithdrawn, "")
	var a answered
	if err := json.Unmarshal([]byte(o.all(answerBucket)[first.Feedback]), &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Rating) != 1 || a.Rating[0].Rating != chat.RatingGood || len(o.all(feedbackBucket)) != 0 {
		t.Errorf("%+v %v", a.Rating, o.all(feedbackBucket))
	}
	if rate("luren", chat.RatingBad, ""); len(o.all(feedbackBucket)) != 1 {
		t.Error("a complaint is not listed")
	}
	o.advance(180 * 24 * time.Hour) // as long as questions are kept
	if len(o.all(answerBucket))+len(o.all(feedbackBucket)) != 0 {
		t.Error("who complained of what is kept longer than questions are")
	}
}

func TestAQuestionMayBeAsLongAsItSays(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	if got := o.says("luren", strings.Repeat("书", maxQuestion+1)); got != textQuestionTooLong {
		t.Error(got)
	}
	if got := o.says("luren", strings.Repeat("书", maxQuestion)); got == textQuestionTooLong {
		t.Error(got)
	}
}
