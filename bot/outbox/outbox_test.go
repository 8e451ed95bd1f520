package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

func always(o chat.Outcome, arrived bool) func(context.Context, push) (chat.Outcome, bool) {
	return func(context.Context, push) (chat.Outcome, bool) { return o, arrived }
}

func TestANoticeIsSentOnce(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, open backend) {
		d := newDesk(t, open)
		n := Notice{Key: "remind/T12/3", Kind: "remind", Unit: "市文旅局", To: group("a")}
		if !d.put(n) || d.put(n) {
			t.Error("put once is new, twice is not")
		}
		d.drain()
		if d.put(n) {
			t.Error("put again after it was sent")
		}
		d.drain()
		if got := d.f.names(); got != "remind/T12/3" {
			t.Errorf("arrived: %s", got)
		}
		rec := d.record(n.Key)
		if rec.State != StateSent || rec.MessageID != "id-remind/T12/3" || rec.Total != 1 || !rec.Ended.Equal(d.c.now()) ||
			len(rec.Attempts) != 1 || rec.Attempts[0].Verdict != chat.VerdictDone {
			t.Errorf("%+v", rec)
		}
		d.wantClean()
	})
}

func TestANoticeOfATransactionThatFailsIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	err := d.s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := d.box.Put(tx, Notice{Key: "k", To: group("a"), Reply: chat.Reply{Text: "k"}}); err != nil {
			return err
		}
		return errCrash
	})
	if !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	d.drain()
	if got := d.f.names(); got != "" {
		t.Error(got)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	good := Notice{Key: "k", To: group("a"), Reply: chat.Reply{Text: "x"}}
	for name, spoil := range map[string]func(*Notice){
		"no key":              func(n *Notice) { n.Key = "" },
		"a key too long":      func(n *Notice) { n.Key = strings.Repeat("k", maxKey+1) },
		"a part's key":        func(n *Notice) { n.Key = "k#2" },
		"no text":             func(n *Notice) { n.Key = "k\xff" },
		"no words":            func(n *Notice) { n.Reply = chat.Reply{} },
		"no address":          func(n *Notice) { n.To = chat.Address{} },
		"no fallback address": func(n *Notice) { n.Fallback = []chat.Address{{}} },
	} {
		n := good
		spoil(&n)
		err := d.s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := d.box.Put(tx, n)
			return err
		})
		if !errors.Is(err, ErrNotice) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := good
	long.Key = strings.Repeat("长", maxKey/3)
	if !d.put(long) {
		t.Error("the longest key")
	}
	d.drain()
	d.wantState(long.Key, StateSent, "")
}

// TestOutcomes walks every arrow from sending.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	retry := func(d time.Duration) chat.Outcome { return chat.RetryAfter(d).Because("45009") }
	for name, tc := range map[string]struct {
		answers []chat.Outcome // the last one for ever
		state   State
		code    string
		pushes  string // ! is a marked one
		more    func(*Notice)
	}{
		"done":                         {[]chat.Outcome{chat.Done()}, StateSent, "", "k", nil},
		"permanent":                    {[]chat.Outcome{chat.Permanent("60020")}, StateFailed, "60020", "k", nil},
		"some not reached":             {[]chat.Outcome{chat.Partial("81013", "u7")}, StateFailed, "81013", "k", nil},
		"retry, then done":             {[]chat.Outcome{retry(0), chat.Done()}, StateSent, "", "k k", nil},
		"unknown, then done":           {[]chat.Outcome{chat.Unknown(), chat.Done()}, StateSent, "", "k !k", nil},
		"nobody decided, then done":    {[]chat.Outcome{{}, chat.Done()}, StateSent, "", "k !k", nil},
		"unknown twice":                {[]chat.Outcome{chat.Unknown(), chat.Unknown()}, StateFailed, CodeUnknown, "k !k", nil},
		"retry between two unknown":    {[]chat.Outcome{chat.Unknown(), retry(0), chat.Unknown()}, StateFailed, CodeUnknown, "k !k !k", nil},
		"retry for ever":               {[]chat.Outcome{retry(0)}, StateFailed, "45009", strings.TrimSpace(strings.Repeat("k ", tryMost)), nil},
		"retry for ever without codes": {[]chat.Outcome{chat.RetryAfter(0)}, StateFailed, CodeTries, strings.TrimSpace(strings.Repeat("k ", tryMost)), nil},
		"the other carries it": {[]chat.Outcome{chat.Permanent("60020"), chat.Done()}, StateSent, "", "k k",
			func(n *Notice) { n.Fallback = []chat.Address{group("b")} }},
		"the other fails too": {[]chat.Outcome{chat.Permanent("60020"), chat.Permanent("x")}, StateFailed, "x", "k k",
			func(n *Notice) { n.Fallback = []chat.Address{group("b")} }},
		"the other carries what one did not answer": {[]chat.Outcome{chat.Unknown(), chat.Done()}, StateSent, "", "k !k",
			func(n *Notice) { n.Fallback = []chat.Address{group("b")} }},
		"the other carries what one never took": {slices.Concat(slices.Repeat([]chat.Outcome{retry(0)}, tryMost), []chat.Outcome{chat.Done()}), StateSent, "",
			strings.TrimSpace(strings.Repeat("k ", tryMost+1)), func(n *Notice) { n.Fallback = []chat.Address{group("b")} }},
		"neither answers": {[]chat.Outcome{chat.Unknown(), chat.Unknown()}, StateFailed, CodeUnknown, "k !k",
			func(n *Notice) { n.Fallback = []chat.Address{group("b"), group("c")} }},
		"one without a channel is passed over": {[]chat.Outcome{chat.Permanent("60020"), chat.Done()}, StateSent, "", "k k",
			func(n *Notice) {
				n.Fallback = []chat.Address{{Via: "telegraph", User: "x"}, group("b")}
			}},
		"what reached some goes nowhere else": {[]chat.Outcome{chat.Partial("81013", "u7")}, StateFailed, "81013", "k",
			func(n *Notice) { n.Fallback = []chat.Address{group("b")} }},
		"no try fits before the end": {[]chat.Outcome{retry(time.Hour)}, StateExpired, "45009", "k",
			func(n *Notice) { n.Expires = newClock().t.Add(time.Hour) }},
		"nor before the session's": {[]chat.Outcome{retry(time.Hour)}, StateExpired, "45009", "k",
			func(n *Notice) { n.To.Session = chat.Session{Link: "l", Until: newClock().t.Add(time.Hour)} }},
		"but then elsewhere": {[]chat.Outcome{retry(time.Hour), chat.Done()}, StateSent, "", "k k",
			func(n *Notice) {
				n.To.Session = chat.Session{Link: "l", Until: newClock().t.Add(time.Hour)}
				n.Fallback = []chat.Address{group("a")}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, fileBackend(t))
			i := 0
			d.f.answer = func(context.Context, push) (chat.Outcome, bool) {
				i++
				return tc.answers[min(i, len(tc.answers))-1], true
			}
			n := Notice{Key: "k", To: group("a")}
			if tc.more != nil {
				tc.more(&n)
			}
			d.put(n)
			for range 2 * tryMost {
				d.drain()
				d.c.advance(backoffCap)
			}
			d.wantState("k", tc.state, tc.code)
			if got := d.f.names(); got != tc.pushes {
				t.Errorf("pushed %s, not %s", got, tc.pushes)
			}
			rec := d.record("k")
			if got := len(rec.Unreached) > 0; got != (tc.code == "81013") {
				t.Errorf("not reached: %v", rec.Unreached)
			}
			if rec.To.Session.Link != "" {
				t.Error("the session is still kept")
			}
			d.wantClean()
		})
	}
}

func TestRetriesWaitLongerEachTime(t *testing.T) {
	t.Parallel()
	for tries := 1; tries <= tryMost; tries++ {
		most := min(10*time.Second<<(tries-1), 2*time.Hour)
		longest := time.Duration(0)
		for range 200 {
			d := backoff(tries)
			if d < 0 || d > most {
				t.Fatalf("after %d tries: %s", tries, d)
			}
			longest = max(longest, d)
		}
		if longest < most/2 {
			t.Errorf("after %d tries never longer than %s", tries, longest)
		}
	}
}

func TestThePlatformsWaitIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.answer = always(chat.RetryAfter(10*time.Minute), false)
	d.put(Notice{Key: "a", To: group("g")})
	d.put(Notice{Key: "b", To: group("g")})
	d.drain()
	d.c.advance(10*time.Minute - time.Millisecond)
	d.drain()
	if n := len(d.f.seen()); n != 1 {
		t.Errorf("%d pushes while the robot is blocked", n)
	}
	d.c.advance(time.Millisecond) // from now on the first waits for itself alone
	d.drain()
	if got := d.f.seen(); len(got) != 2 || got[1].name() != "b" {
		t.Errorf("when the platform's wait is over: %d pushes, the last %+v", len(got), got[len(got)-1])
	}
}

func TestOrderInALane(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	fails := 3
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if p.name() == "n0" && fails > 0 {
			fails--
			return chat.RetryAfter(0), false
		}
		return chat.Done(), true
	}
	var want []string
	for i := range 10 {
		key := fmt.Sprint("n", i)
		d.put(Notice{Key: key, To: group("g")})
		want = append(want, key)
	}
	d.put(Notice{Key: "other", To: user("u")})
	d.drain()
	if got := d.f.names(); got != "other" {
		t.Errorf("while the first waits: %s", got)
	}
	for range 30 { // three waits take 70 s at most
		d.c.advance(3 * time.Second)
		d.drain()
	}
	if got := d.f.names(); got != "other "+strings.Join(want, " ") {
		t.Error(got)
	}
	d.wantClean()
}

func TestWhatKeepsFailingHoldsItsLaneBackTwoMinutes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if p.name() == "bad" {
			return chat.RetryAfter(0), false
		}
		return chat.Done(), true
	}
	d.put(Notice{Key: "bad", To: group("g")})
	d.put(Notice{Key: "good", To: group("g")})
	for range 119 {
		d.drain()
		d.c.advance(time.Second)
	}
	d.drain()
	if got := d.f.names(); got != "" {
		t.Errorf("too early: %s", got)
	}
	// Until it has waited so long that its next try lies beyond the two minutes.
	for range 10 * 60 {
		d.c.advance(time.Second)
		d.drain()
	}
	if got := d.f.names(); got != "good" {
		t.Error(got)
	}
	d.wantState("bad", StateWaiting, "")
}

func TestNotBeforeAfterAndNotPastExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	start := d.c.now()
	d.put(Notice{Key: "late", To: group("g"), After: start.Add(time.Hour)})
	d.put(Notice{Key: "now", To: group("g")})
	d.put(Notice{Key: "never", To: group("g"), After: start.Add(time.Hour), Expires: start.Add(30 * time.Minute)})
	d.put(Notice{Key: "talk", To: chat.Address{Via: robot, Kind: chat.Group, Conversation: "s",
		Session: chat.Session{Link: "https://secret", Until: start.Add(time.Minute)}}, After: start.Add(time.Hour)})
	if got := d.claim(); len(got.jobs) != 1 || !got.next.IsZero() && got.next.After(start.Add(time.Hour)) {
		t.Errorf("%+v", got)
	}
	d.c.advance(61 * time.Second) // also past the claim's end
	d.drain()
	d.wantState("talk", StateExpired, "")
	d.c.advance(29 * time.Minute)
	d.drain()
	d.wantState("never", StateExpired, "")
	d.c.advance(30*time.Minute - 62*time.Second)
	d.drain()
	d.wantState("late", StateWaiting, "")
	d.c.advance(90 * time.Second)
	d.drain()
	d.wantState("late", StateSent, "")
	d.wantClean()
}

func TestAPauseHoldsAndLosesNothing(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, open backend) {
		d := newDesk(t, open).with(func(o *Options) {
			o.Hold = func(r store.Reader, rec Record) (bool, error) {
				if rec.Kind == KindReply {
					return false, nil
				}
				_, all, err := r.Get("pause", "all")
				if all || err != nil {
					return all, err
				}
				_, unit, err := r.Get("pause", "unit/"+rec.Unit)
				return unit, err
			}
		})
		pause := func(key string, on bool) {
			d.update(func(tx *store.Tx) error {
				if on {
					return tx.Put("pause", key, nil)
				}
				return tx.Delete("pause", key)
			})
		}
		pause("unit/甲", true)
		want := map[string][]string{}
		for i := range heldMost + 50 { // more than are asked about at once
			key, lane := fmt.Sprintf("p%03d", i), fmt.Sprint("g", i%3)
			d.put(Notice{Key: key, Unit: "甲", To: group(lane)})
			want[lane] = append(want[lane], key)
		}
		d.put(Notice{Key: "dated", Unit: "甲", To: group("g0"), Expires: d.c.now().Add(time.Hour)})
		d.put(Notice{Key: "reply", Kind: KindReply, Unit: "甲", To: group("g0")})
		d.put(Notice{Key: "other", Unit: "乙", To: group("h")})
		d.drain()
		if got := d.f.names(); got != "other reply" && got != "reply other" {
			t.Errorf("while paused: %s", got)
		}
		if st := d.stats(); st.Held != heldMost+51 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
		d.c.advance(2 * time.Hour)
		d.drain()
		d.wantState("dated", StateExpired, "")
		pause("unit/甲", false)
		for range 3 {
			d.c.advance(2 * time.Second)
			d.drain()
		}
		got := map[string][]string{}
		for _, p := range d.f.seen()[2:] {
			lane := string(p.to.Conversation)
			got[lane] = append(got[lane], p.name())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		d.wantClean()
	})
}

func TestAPauseThatCannotBeReadHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t)).with(func(o *Options) {
		o.Hold = func(store.Reader, Record) (bool, error) { return false, errors.New("no idea") }
	})
	d.put(Notice{Key: "k", To: group("g")})
	d.drain()
	d.wantState("k", StateHeld, "")
}

func TestAClosedGateHoldsBackItsChannelAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	closed := &platform{clock: d.c.now, shut: true}
	d.with(func(o *Options) { o.Pushers[ding] = closed })
	d.put(Notice{Key: "d", To: chat.Address{Via: ding, User: "u"}})
	d.put(Notice{Key: "short", To: chat.Address{Via: ding, User: "u"}, Expires: d.c.now().Add(time.Minute)})
	d.put(Notice{Key: "w", To: group("g")})
	d.drain()
	if d.f.names() != "w" || closed.names() != "" {
		t.Errorf("%s, %s", d.f.names(), closed.names())
	}
	d.c.advance(time.Hour)
	d.drain()
	d.wantState("short", StateExpired, "")
	closed.gate(true)
	d.drain()
	if got := closed.names(); got != "d" {
		t.Error(got)
	}
}

func TestWithoutItsChannelANoticeWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	all := d.o.Pushers
	d.with(func(o *Options) { o.Pushers = map[chat.Via]chat.Pusher{robot: d.f} })
	d.put(Notice{Key: "alone", To: user("u")})
	d.put(Notice{Key: "both", To: user("u"), Fallback: []chat.Address{group("g")}})
	d.drain()
	d.wantState("alone", StateWaiting, "")
	d.wantState("both", StateSent, "")
	d.with(func(o *Options) { o.Pushers = all })
	d.drain()
	d.wantState("alone", StateSent, "")
}

func TestLongRepliesBecomeSeveralInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.room = 100
	text := strings.Repeat("市委宣传部统筹指导全市文化礼堂。", 10)
	d.put(Notice{Key: "long", To: group("g"), Reply: chat.Reply{Text: text, Markdown: "**" + text, Mention: []chat.UserID{"u"}, Feedback: "f"}})
	d.put(Notice{Key: "next", To: group("g")})
	fails := 30
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if len(p.reply.Mention) > 0 && fails > 0 {
			fails--
			if fails == 29 {
				return chat.Unknown(), false
			}
			return chat.RetryAfter(0), false
		}
		return chat.Done(), true
	}
	d.drain()
	if d.f.names() != "" {
		t.Error("a part before the first")
	}
	for range 8 { // the first keeps failing: what is behind it may pass, its parts may not
		d.c.advance(time.Minute)
		d.drain()
	}
	if got := d.f.names(); got != "next" {
		t.Error(got)
	}
	fails = 0
	for range 60 {
		d.c.advance(time.Hour)
		d.drain()
	}
	var texts []string
	var last push
	for _, p := range d.f.seen() {
		if len(p.reply.Text) > 100 || p.reply.Markdown != "" {
			t.Errorf("too long, or of another form: %+v", p.reply)
		}
		if p.arrived && p.name() != "next" {
			if len(p.reply.Mention) > 0 != (len(texts) == 0) || p.marked() != (len(texts) == 0) {
				t.Errorf("part %d: %+v", len(texts), p.reply)
			}
			texts, last = append(texts, p.name()), p
		}
	}
	if strings.Join(texts, "") != text || last.reply.Feedback != "f" {
		t.Errorf("%q", texts)
	}
	if n := d.record("long").Parts; n != len(texts) || d.record(fmt.Sprint("long#", n)).State != StateSent {
		t.Errorf("%d parts", n)
	}
	d.wantClean()
}

func TestParts(t *testing.T) {
	t.Parallel()
	card := chat.Reply{Text: strings.Repeat("长", 50), Card: &chat.Card{Title: "t"}}
	long := strings.Repeat("长", 20)
	for name, tc := range map[string]struct {
		in   chat.Reply
		want []chat.Reply
	}{
		"what fits stays":           {chat.Reply{Text: "a", Markdown: "b"}, []chat.Reply{{Text: "a", Markdown: "b"}}},
		"a card is not split":       {card, []chat.Reply{card}},
		"the text alone":            {chat.Reply{Text: long, Markdown: long}, []chat.Reply{{Text: long[:30]}, {Text: long[30:]}}},
		"the text, if that fits":    {chat.Reply{Text: "a", Markdown: long}, []chat.Reply{{Text: "a"}}},
		"markdown without a text":   {chat.Reply{Markdown: long}, []chat.Reply{{Markdown: long[:30]}, {Markdown: long[30:]}}},
		"white space can't be sent": {chat.Reply{Text: strings.Repeat(" ", 40)}, []chat.Reply{{Text: strings.Repeat(" ", 40)}}},
	} {
		if diff := cmp.Diff(tc.want, parts(tc.in, 30)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTheMarkStandsFirst(t *testing.T) {
	t.Parallel()
	in := chat.Reply{Text: "a", Markdown: "b", Card: &chat.Card{ID: "T1-a", Title: "c"}}
	want := chat.Reply{Text: "【可能重复】\na", Markdown: "【可能重复】\n\nb", Card: &chat.Card{ID: "T1-a-2", Title: "【可能重复】c"}}
	if diff := cmp.Diff(want, repeated(in, 2)); diff != "" {
		t.Error(diff)
	}
	if in.Card.Title != "c" || in.Card.ID != "T1-a" {
		t.Error("the notice's own card was changed")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.room = 60
	cancel := func(key string) (ok bool) {
		d.update(func(tx *store.Tx) (err error) {
			ok, err = d.box.Cancel(tx, key, "已办结")
			return err
		})
		return ok
	}
	if cancel("nobody") {
		t.Error("a notice that is not there")
	}
	long := strings.Repeat("长", 50)
	d.put(Notice{Key: "early", To: group("g"), Reply: chat.Reply{Text: long}, After: d.c.now().Add(time.Hour)})
	d.put(Notice{Key: "flying", To: group("h")})
	if !cancel("early") || cancel("early") {
		t.Error("once")
	}
	d.wantState("early", StateCancelled, "")
	d.wantState("early#2", StateCancelled, "")
	if why := d.record("early#2").Why; why != "已办结" {
		t.Error(why)
	}
	jobs := d.claim().jobs
	if cancel("flying") {
		t.Error("certain of what is being sent")
	}
	if err := d.box.record(t.Context(), jobs[0], chat.RetryAfter(0)); err != nil {
		t.Fatal(err)
	}
	d.wantState("flying", StateCancelled, "")
	d.put(Notice{Key: "sent", To: group("h")})
	d.drain()
	if cancel("sent") {
		t.Error("what was sent")
	}
	d.wantState("sent", StateSent, "")
	d.c.advance(2 * time.Hour)
	d.drain()
	if got := d.f.names(); got != "sent" {
		t.Error(got)
	}
	d.wantClean()
}

func TestTheOfficeSendsAFailedOneAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	retry := func(key string) error {
		return d.s.Update(t.Context(), func(tx *store.Tx) error { return d.box.Retry(tx, key, time.Time{}) })
	}
	if err := retry("nobody"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	d.f.answer = always(chat.Partial("81013", "u"), true)
	d.put(Notice{Key: "k", To: group("g"), Expires: d.c.now().Add(time.Minute)})
	d.drain()
	d.wantState("k", StateFailed, "81013")
	d.c.advance(time.Hour)
	d.f.answer = nil
	if err := retry("k"); err != nil {
		t.Fatal(err)
	}
	d.wantState("k", StateWaiting, "")
	d.drain()
	d.wantState("k", StateSent, "")
	if err := retry("k"); !errors.Is(err, ErrNotFailed) {
		t.Error(err)
	}
	if got := d.f.names(); got != "k !k" {
		t.Error(got)
	}
	d.c.advance(400 * 24 * time.Hour)
	if rec := d.record("k"); rec.State != StateSent || len(rec.Unreached) != 0 {
		t.Errorf("%+v", rec)
	}
	d.wantClean()
}

func TestTheLedgerIsKeptAndForgotten(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	list := func(q Query) string {
		var keys []string
		d.view(func(r store.Reader) error {
			keys = nil
			got, err := d.box.List(r, q)
			for _, rec := range got {
				keys = append(keys, rec.Key)
			}
			return err
		})
		return strings.Join(keys, " ")
	}
	start := d.c.now()
	for i, n := range []Notice{{Kind: KindReply}, {Kind: "remind", Unit: "甲"}, {Kind: "remind", Unit: "乙"}, {Kind: "test"}} {
		n.Key, n.To = fmt.Sprint("k", i), group("g")
		d.put(n)
		d.c.advance(time.Minute)
	}
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if p.name() == "k2" {
			return chat.Permanent("93000"), false
		}
		return chat.Done(), true
	}
	d.drain()
	d.put(Notice{Key: "k4", To: group("g"), After: start.Add(time.Hour)})
	if st := d.stats(); st.Waiting != 1 || st.Due != 0 || !st.Oldest.IsZero() {
		t.Errorf("%+v", st)
	}
	for _, tc := range []struct {
		q    Query
		want string
	}{
		{Query{}, "k4 k3 k2 k1 k0"},
		{Query{Limit: 2}, "k4 k3"},
		{Query{Limit: 2, Before: d.record("k3").Cursor()}, "k2 k1"},
		{Query{States: []State{StateFailed, StateWaiting}}, "k4 k2"},
		{Query{Kind: "remind"}, "k2 k1"},
		{Query{Unit: "甲"}, "k1"},
		{Query{From: start.Add(time.Minute), To: start.Add(3 * time.Minute)}, "k2 k1"},
	} {
		if got := list(tc.q); got != tc.want {
			t.Errorf("%+v: %s, not %s", tc.q, got, tc.want)
		}
	}
	d.c.advance(8 * 24 * time.Hour)
	st := d.stats()
	if st.Due != 1 || !st.Oldest.Equal(start.Add(time.Hour)) {
		t.Errorf("%+v", st)
	}
	if got := list(Query{}); got != "k4 k3 k2 k1" {
		t.Errorf("after a week: %s", got)
	}
	d.c.advance(1100 * 24 * time.Hour)
	if got := list(Query{}); got != "k4" {
		t.Errorf("after three years: %s", got)
	}
}

func TestNoSecretAndNoTextIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d := newDesk(t, fileBackend(t))
	d.with(func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Observe = func(rec Record) { fmt.Fprintf(&log, "%v %+v %#v %s", rec, rec.To, rec.To.Session, rec.State) }
	})
	const canary = "https://canary"
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		switch p.name() {
		case "panics":
			panic("at " + canary)
		case "fails":
			return chat.Permanent("x"), false
		}
		return chat.RetryAfter(0), false
	}
	for _, name := range []string{"panics", "fails", "waits"} {
		to := group(name)
		to.Session = chat.Session{Link: canary, Until: d.c.now().Add(time.Hour)}
		d.put(Notice{Key: name, To: to, Reply: chat.Reply{Text: name}})
	}
	d.drain()
	if rec := d.record("panics"); rec.Attempts[0].Code != CodePanic || !rec.Repeat {
		t.Errorf("%+v", rec.Attempts)
	}
	if strings.Contains(log.String(), canary) || !strings.Contains(log.String(), "fails") {
		t.Error(log.String())
	}
}

func TestADamagedNoticeStopsNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.put(Notice{Key: "a", To: group("g"), Expires: d.c.now().Add(time.Minute)})
	d.put(Notice{Key: "b", To: group("g")})
	d.put(Notice{Key: "c", To: group("h")})
	d.update(func(tx *store.Tx) error {
		return errors.Join(tx.Put(noticeBucket, "a", []byte("{")), tx.Put(laneBucket, laneOf(group("h")), []byte("{")))
	})
	d.c.advance(time.Hour)
	d.drain()
	d.wantState("b", StateSent, "")
	d.put(Notice{Key: "d", To: group("h")})
	d.drain()
	d.wantState("c", StateSent, "")
	d.wantState("d", StateSent, "")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"key":"k","to":{"via":"wecom.app","user":"u"},"reply":{"text":"x"},"state":"sending","part":1,"parts":1,"claim":{"token":"t","until":"2026-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"key":"k","to":{"via":"w"},"address":1,"fallback":[{"via":"v"}]}`))
	f.Add([]byte(`{"parts":-1}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		rec, err := decode(value)
		if err != nil {
			return
		}
		if keyIn(rec.queueKey(), 3) != rec.Key || keyIn(rec.stateKey(), 2) != rec.Key && !strings.Contains(string(rec.State), "/") {
			t.Errorf("the indexes do not lead back to %q", rec.Key)
		}
		if rec.Part > 1 && partKey(strings.TrimSuffix(rec.Key, partKey("", rec.Part)), rec.Part) != rec.Key {
			t.Errorf("part %d of %q", rec.Part, rec.Key)
		}
		once, err := json.Marshal(rec)
		if err != nil {
			return // years past 9999
		}
		again, err := decode(once)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s\n%s", once, twice)
		}
	})
}

func TestAnOutcomeAfterTheClaimsEndChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.put(Notice{Key: "k", To: group("g")})
	late := d.claim().jobs[0]
	d.c.advance(4*defaultSend - time.Millisecond)
	if got := d.claim(); len(got.jobs) > 0 || d.record("k").State != StateSending {
		t.Error("taken from one who still has it")
	}
	if o := d.box.push(t.Context(), late); o.Verdict() != chat.VerdictRetry || len(d.f.seen()) > 0 {
		t.Errorf("sent by one who stood still: %s", o)
	}
	d.c.advance(time.Millisecond)
	d.drain()
	d.c.advance(time.Minute)
	second := d.claim().jobs[0]
	if err := d.box.record(t.Context(), late, chat.Done()); err != nil {
		t.Fatal(err)
	}
	d.wantState("k", StateSending, "")
	if err := d.box.record(t.Context(), second, d.box.push(t.Context(), second)); err != nil {
		t.Fatal(err)
	}
	d.wantState("k", StateSent, "")
	if got := d.f.names(); got != "!k" {
		t.Error(got)
	}
	d.wantClean()
}

func TestANewLifeTakesUpItsOwnClaims(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.put(Notice{Key: "k", To: group("g")})
	d.claim()
	for _, tc := range []struct {
		holder string
		want   State
	}{{"another", StateSending}, {"one", StateWaiting}} {
		d.with(func(o *Options) { o.Holder = tc.holder })
		if err := d.box.takeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.wantState("k", tc.want, "")
	}
	if rec := d.record("k"); !rec.Repeat || rec.Attempts[0].Code != CodeCrash {
		t.Errorf("%+v", rec)
	}
}

func TestWhatIsCancelledOnItsWayGoesNowhereElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.put(Notice{Key: "k", To: group("g"), Fallback: []chat.Address{user("u")}})
	j := d.claim().jobs[0]
	d.update(func(tx *store.Tx) error {
		_, err := d.box.Cancel(tx, "k", "已办结")
		return err
	})
	if err := d.box.record(t.Context(), j, chat.Permanent("60020")); err != nil {
		t.Fatal(err)
	}
	d.drain()
	d.wantState("k", StateCancelled, "")
	if got := d.f.names(); got != "" {
		t.Error(got)
	}
	d.wantClean()
}
