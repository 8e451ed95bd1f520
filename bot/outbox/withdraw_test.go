package outbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// postbox is a desk whose persons' messages can be taken back, and groups' cannot.
func postbox(t testing.TB, open backend) *desk {
	d := newDesk(t, open)
	return d.with(func(o *Options) {
		o.Pushers = map[chat.Via]chat.Pusher{robot: d.f, person: keeper{d.f}, ding: d.f}
	})
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	type outcomes []chat.Outcome
	for name, tc := range map[string]struct {
		to        chat.Address
		sent      outcomes // of the notice
		back      outcomes // of taking it back, the last for ever
		state     State    // of the withdrawal
		pushes    string
		withdrawn bool
	}{
		"taken back":                    {user("a"), outcomes{chat.Sent("7")}, outcomes{chat.Done()}, StateSent, "k -7", true},
		"at the second try":             {user("a"), outcomes{chat.Sent("7")}, outcomes{chat.RetryAfter(0), chat.Done()}, StateSent, "k -7 -7", true},
		"not known whether":             {user("a"), outcomes{chat.Sent("7")}, outcomes{chat.Unknown(), chat.Done()}, StateSent, "k -7 -7", true},
		"too late":                      {user("a"), outcomes{chat.Sent("7")}, outcomes{chat.Permanent("40058")}, StateSent, "k -7 w", false},
		"without an id":                 {user("a"), outcomes{chat.Done()}, nil, StateSent, "k w", false},
		"where nobody takes back":       {group("a"), outcomes{chat.Sent("7")}, nil, StateSent, "k w", false},
		"what did not arrive":           {user("a"), outcomes{chat.Permanent("60020")}, nil, StateCancelled, "k", false},
		"what reached some":             {user("a"), outcomes{chat.Partial("81013", "u7")}, nil, StateSent, "k w", false},
		"what may have arrived":         {user("a"), outcomes{chat.Unknown(), chat.Unknown()}, nil, StateSent, "k !k w", false},
		"one of two that have":          {user("a"), outcomes{chat.Unknown(), chat.Sent("7")}, outcomes{chat.Done()}, StateSent, "k !k -7 w", true},
		"by a platform that went blind": {user("a"), outcomes{chat.Sent("7")}, outcomes{chat.RetryAfter(0)}, StateSent, "k -7 -7 -7 -7 -7 -7 -7 -7 -7 -7 -7 -7 w", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postbox(t, fileBackend(t))
			d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
				list := &tc.sent
				switch p.name()[0] {
				case 'w':
					return chat.Done(), true
				case '-':
					list = &tc.back
				}
				o := (*list)[0]
				if len(*list) > 1 {
					*list = (*list)[1:]
				}
				return o, true
			}
			d.put(Notice{Key: "k", To: tc.to})
			for range 3 {
				d.drain()
				d.c.advance(backoffCap)
			}
			if !d.put(Notice{Key: "w", Withdraws: "k"}) || d.put(Notice{Key: "w", Withdraws: "k"}) {
				t.Error("the same key is the same withdrawal")
			}
			for range 2 * tryMost {
				d.drain()
				d.c.advance(backoffCap)
			}
			d.wantState("w", tc.state, "")
			if got := d.f.names(); got != tc.pushes {
				t.Errorf("pushed %s, not %s", got, tc.pushes)
			}
			if k := d.record("k"); !k.Withdrawn.IsZero() != tc.withdrawn {
				t.Errorf("withdrawn %s", k.Withdrawn)
			}
			if w := d.record("w"); w.To != tc.to || tc.state == StateCancelled && w.Why != textNeverSent {
				t.Errorf("%+v", w)
			}
			d.wantClean()
		})
	}
}

// A withdrawal of what is on its way waits for it, and takes it back wherever it went.
func TestWithdrawingWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	d := postbox(t, fileBackend(t))
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if p.to.User == "" {
			return chat.Permanent("93000"), false
		}
		return chat.Sent("7"), true
	}
	d.put(Notice{Key: "k", To: group("g"), Fallback: []chat.Address{user("a")}})
	got := d.claim()
	d.put(Notice{Key: "w", Withdraws: "k"})
	if err := d.box.record(t.Context(), got.jobs[0], d.box.push(t.Context(), got.jobs[0])); err != nil {
		t.Fatal(err)
	}
	for range 3 { // it goes to a, the withdrawal is in the group's lane
		d.drain()
		d.c.advance(partPause)
	}
	d.wantState("k", StateSent, "")
	d.wantState("w", StateSent, "")
	if got := d.f.names(); got != "k -7" || d.record("w").Place() != user("a") {
		t.Errorf("%s at %+v", got, d.record("w").Place())
	}
	err := d.s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := d.box.Put(tx, Notice{Key: "v", Withdraws: "x", Reply: chat.Reply{Text: "v"}})
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("withdrawing nothing: %v", err)
	}
}

// What is said instead waits for its time; taking back does not.
func TestACorrectionWaits(t *testing.T) {
	t.Parallel()
	d := postbox(t, fileBackend(t))
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) { return chat.Sent("7"), true }
	for _, to := range []chat.Address{user("a"), group("g")} {
		key := string(to.Kind)
		d.put(Notice{Key: key, To: to})
		d.drain()
		d.put(Notice{Key: "w" + key, Withdraws: key, After: d.c.now().Add(time.Hour), Expires: d.c.now().Add(2 * time.Hour)})
	}
	d.drain()
	if got := d.f.names(); got != "direct -7 group" {
		t.Errorf("at once: %s", got)
	}
	d.c.advance(time.Hour)
	d.drain()
	if got := d.f.names(); got != "direct -7 group wgroup" {
		t.Errorf("in an hour: %s", got)
	}
	d.wantClean()
}
