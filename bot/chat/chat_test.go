package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestAKeyIsOfOneMessageOnly(t *testing.T) {
	t.Parallel()
	base := chat.Message{Via: "wecom.app", Conversation: "c", Sender: "u", ID: "1", Time: noon}
	event := chat.Message{Via: "wecom.app", Sender: "u", Time: noon, Event: &chat.Event{Kind: chat.EventMenu, Name: "click", Key: "k"}}
	vary := func(m chat.Message, change func(*chat.Message)) chat.Message {
		if m.Event != nil {
			e := *m.Event
			m.Event = &e
		}
		change(&m)
		return m
	}
	seen := map[string]string{}
	for name, m := range map[string]chat.Message{
		"base":                base,
		"other id":            vary(base, func(m *chat.Message) { m.ID = "2" }),
		"other sender":        vary(base, func(m *chat.Message) { m.Sender = "v" }),
		"other channel":       vary(base, func(m *chat.Message) { m.Via = "wecom.aibot" }),
		"other conversation":  vary(base, func(m *chat.Message) { m.Conversation = "d" }),
		"ids that run over":   vary(base, func(m *chat.Message) { m.Conversation, m.Sender = "c/u", "" }),
		"ids that run over 2": vary(base, func(m *chat.Message) { m.Conversation, m.Sender = "c", "/u" }),
		"event":               event,
		"a second later":      vary(event, func(m *chat.Message) { m.Time = noon.Add(time.Second) }),
		"other event key":     vary(event, func(m *chat.Message) { m.Event.Key = "l" }),
		"other event":         vary(event, func(m *chat.Message) { m.Event.Name = "view" }),
		"other task":          vary(event, func(m *chat.Message) { m.Event.Task = "t" }),
	} {
		key := m.Key()
		if other, twice := seen[key]; twice {
			t.Errorf("%s and %s share %q", name, other, key)
		}
		seen[key] = name
	}
	again := vary(base, func(m *chat.Message) { m.Text, m.Time = "other words", noon.Add(time.Hour) })
	if again.Key() != base.Key() {
		t.Error("a redelivery has another key")
	}
}

func TestGroupsAreAnsweredWhenAddressed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		m    chat.Message
		want bool
	}{
		{chat.Message{Kind: chat.Direct}, true},
		{chat.Message{Kind: chat.Group}, false},
		{chat.Message{Kind: chat.Group, AtBot: true}, true},
	} {
		if got := tc.m.Addressed(); got != tc.want {
			t.Errorf("%+v: %v", tc.m, got)
		}
	}
	if p := chat.Via("dingtalk.robot").Platform(); p != chat.DingTalk {
		t.Errorf("platform %q", p)
	}
}

func TestLinksDoNotPrint(t *testing.T) {
	t.Parallel()
	const canary = "https://canary.example/?session=CANARY"
	to := chat.Address{Via: "dingtalk.robot", Session: chat.Session{Link: canary, Until: noon}}
	m := chat.Message{From: to, Event: &chat.Event{Card: canary}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if out := fmt.Sprintf(verb, to) + fmt.Sprintf(verb, m) + fmt.Sprintf(verb, *m.Event) + fmt.Sprintf(verb, to.Session.Link); strings.Contains(out, "CANARY") || strings.Contains(out, fmt.Sprintf("%x", "CANARY")) {
			t.Errorf("%s prints %s", verb, out)
		}
	}
	if chat.Link("").String() != "" || to.Session.Link.Reveal() != canary {
		t.Error("a link is lost")
	}
	data, err := json.Marshal(to)
	if err != nil {
		t.Fatal(err)
	}
	var back chat.Address
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(to, back); diff != "" {
		t.Error(diff)
	}
}

func TestASessionEndsAtItsTime(t *testing.T) {
	t.Parallel()
	s := chat.Session{Link: "x", Until: noon}
	if !s.Alive(noon.Add(-1)) || s.Alive(noon) || (chat.Session{Until: noon}).Alive(noon.Add(-1)) {
		t.Error("wrong end of a session")
	}
}

func TestParametersMustOccurOnce(t *testing.T) {
	t.Parallel()
	r := chat.Request{Query: map[string][]string{"a": {"1"}, "b": {"1", "2"}}, Header: map[string][]string{"Sign": {"s"}}}
	if v, ok := r.Param("a"); v != "1" || !ok {
		t.Errorf("a: %q %v", v, ok)
	}
	for _, name := range []string{"b", "c"} {
		if v, ok := r.Param(name); ok || v != "" {
			t.Errorf("%s: %q", name, v)
		}
	}
	if v, ok := r.Head("Sign"); v != "s" || !ok {
		t.Errorf("header: %q %v", v, ok)
	}
}

func TestOutcomesSayWhatIsNext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		o       chat.Outcome
		verdict chat.Verdict
		code    string
		after   time.Duration
		missed  []string
		text    string
	}{
		{"the zero value is unknown", chat.Outcome{}, chat.VerdictUnknown, "", 0, nil, "unknown"},
		{"done", chat.Done(), chat.VerdictDone, "", 0, nil, "done"},
		{"permanent has a code", chat.Permanent("60020"), chat.VerdictPermanent, "60020", 0, nil, "permanent(60020)"},
		{"retry waits", chat.RetryAfter(time.Minute).Because("45009"), chat.VerdictRetry, "45009", time.Minute, nil, "retry(45009) after 1m0s"},
		{"no wait is negative", chat.RetryAfter(-time.Minute), chat.VerdictRetry, "", 0, nil, "retry after 0s"},
		{"unknown", chat.Unknown(), chat.VerdictUnknown, "", 0, nil, "unknown"},
		{"people not reached are no success", chat.Partial("0", "a", "b"), chat.VerdictPermanent, "0", 0, []string{"a", "b"}, "permanent(0), 2 not reached"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.o.Verdict() != tc.verdict || tc.o.Code() != tc.code || tc.o.After() != tc.after || tc.o.String() != tc.text {
				t.Errorf("got %s %s %s %q", tc.o.Verdict(), tc.o.Code(), tc.o.After(), tc.o)
			}
			if diff := cmp.Diff(tc.missed, tc.o.Unreached()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex // guards t
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestMemoryKeepsValuesUntilTheyExpire(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), &clock{t: noon}
	m := chat.NewMemory(c.now)
	must := func(want bool) func(bool, error) {
		return func(got bool, err error) {
			t.Helper()
			if err != nil || got != want {
				t.Fatalf("got %v, %v", got, err)
			}
		}
	}
	must(true)(m.Swap(ctx, "k", nil, []byte("a"), time.Minute))
	must(false)(m.Swap(ctx, "k", nil, []byte("b"), time.Minute))
	must(false)(m.Swap(ctx, "k", []byte("b"), []byte("c"), time.Minute))
	must(true)(m.Swap(ctx, "k", []byte("a"), []byte{}, time.Minute))
	if v, ok, err := m.Get(ctx, "k"); err != nil || !ok || len(v) != 0 {
		t.Fatalf("an empty value is a value: %q %v %v", v, ok, err)
	}
	must(true)(m.Swap(ctx, "k", []byte{}, nil, 0))
	if _, ok, _ := m.Get(ctx, "k"); ok {
		t.Fatal("a removed value is there")
	}
	value := []byte("mine")
	if err := m.Put(ctx, "p", value, time.Minute); err != nil {
		t.Fatal(err)
	}
	value[0] = 'x'
	if v, _, _ := m.Get(ctx, "p"); string(v) != "mine" {
		t.Fatalf("the caller's bytes are kept: %q", v)
	}
	c.add(time.Minute)
	if _, ok, _ := m.Get(ctx, "p"); ok || m.Len() != 0 {
		t.Fatal("an expired value is there")
	}
	must(true)(m.Swap(ctx, "p", nil, []byte("new"), time.Minute))
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := m.Get(stopped, "p"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestMemoryForgetsWhatExpired(t *testing.T) {
	t.Parallel()
	c := &clock{t: noon}
	m := chat.NewMemory(c.now)
	for i := range 5000 {
		if err := m.Put(t.Context(), fmt.Sprint(i), []byte("v"), time.Second); err != nil {
			t.Fatal(err)
		}
		c.add(time.Millisecond)
	}
	if n := m.Len(); n > 1000 {
		t.Errorf("%d values are kept", n)
	}
}

func TestOneOfManyClaims(t *testing.T) {
	t.Parallel()
	m := chat.NewMemory(nil)
	var wg sync.WaitGroup
	won := make([]bool, 50)
	for i := range won {
		wg.Go(func() {
			_, ok, err := chat.Claim(t.Context(), m, "lease", []byte{byte(i)}, time.Hour)
			if err != nil {
				t.Error(err)
			}
			won[i] = ok
		})
	}
	wg.Wait()
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d winners", winners)
	}
}

// broken is a State that cannot be reached.
type broken struct{}

var errDown = errors.New("connection refused")

func (broken) Get(context.Context, string) ([]byte, bool, error)        { return nil, false, errDown }
func (broken) Put(context.Context, string, []byte, time.Duration) error { return errDown }
func (broken) Swap(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, errDown
}

func TestAGuardTellsRedeliveryFromReplay(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), &clock{t: noon}
	g := chat.NewGuard(chat.NewMemory(c.now), time.Minute)
	for _, step := range []struct {
		name, key, print string
		wait             time.Duration
		again            bool
		err              error
	}{
		{"first", "n1", "a", 0, false, nil},
		{"the same again", "n1", "a", 0, true, nil},
		{"other content", "n1", "b", 0, false, chat.ErrReplayed},
		{"a prefix of it", "n1", "", 0, false, chat.ErrReplayed},
		{"other key", "n2", "b", 0, false, nil},
		{"after its time it is forgotten", "n1", "b", time.Minute, false, nil},
	} {
		c.add(step.wait)
		again, err := g.Use(ctx, step.key, []byte(step.print))
		if again != step.again || !errors.Is(err, step.err) {
			t.Errorf("%s: %v, %v", step.name, again, err)
		}
	}
	if _, err := chat.NewGuard(broken{}, time.Minute).Use(ctx, "n", []byte("a")); !errors.Is(err, chat.ErrUnavailable) || !errors.Is(err, errDown) {
		t.Errorf("a broken state: %v", err)
	}
}
