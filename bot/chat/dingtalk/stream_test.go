package dingtalk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
)

// listener is a stream at work.
type listener struct {
	*dingtalk.Stream
	stop context.CancelFunc
	done chan error

	mu  sync.Mutex // guards got
	got []chat.Message
}

// listen starts a stream; take nil: take everything.
func (w *world) listen(t *testing.T, take chat.Take) *listener {
	t.Helper()
	s, err := dingtalk.NewStream(w.streamOptions())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &listener{Stream: s, stop: stop, done: make(chan error, 1)}
	go func() {
		l.done <- s.Listen(ctx, func(ctx context.Context, m chat.Message) error {
			if take != nil {
				if err := take(ctx, m); err != nil {
					return err
				}
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.got = append(l.got, m)
			return nil
		})
	}()
	return l
}

func (l *listener) messages() []chat.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// end stops l and waits for it.
func (l *listener) end(t *testing.T) {
	t.Helper()
	l.stop()
	if err := <-l.done; err != nil {
		t.Errorf("listen: %v", err)
	}
	if s := l.Status(); s.Connected || s.Fault != "已停止" {
		t.Errorf("status at the end: %+v", s)
	}
}

func (w *world) connected(t *testing.T, n int) {
	t.Helper()
	if err := w.AwaitConnections(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// acked waits for a message and returns the codes of its tries.
func acked(t *testing.T, s *chattest.DingTalkSent) []int {
	t.Helper()
	codes, _, err := s.Wait(t.Context())
	if err != nil {
		t.Error(err)
	}
	return codes
}

func TestTheStreamBringsWhatTheCallbackBrings(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{TicketMark: "+/=&%41 #"}, func(t *testing.T, w *world) {
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
		if s := l.Status(); !s.Connected || s.Fault != "" || l.Via() != dingtalk.ViaRobot {
			t.Errorf("status %+v", s)
		}
		said := chattest.DingTalkMessage{ID: "msg1=", Conversation: groupID, User: "u1", Text: "文化礼堂归谁管", Quote: "答"}
		codes, data, err := w.Say(said).Wait(t.Context())
		if err != nil || !slices.Equal(codes, []int{200}) || data != `{"response":null}` {
			t.Errorf("acknowledged %v %s, %v", codes, data, err)
		}
		opt, _ := options(time.Now())
		opt.Bases = []string{w.URL()}
		d, err := robot(t, opt).Receive(t.Context(), post(time.Now(), string(w.Callback(said))))
		if err != nil {
			t.Fatal(err)
		}
		got := l.messages()
		if len(got) != 1 {
			t.Fatalf("%d messages", len(got))
		}
		if diff := cmp.Diff(*d.Message, got[0]); diff != "" {
			t.Error(diff)
		}
		if got[0].Key() != d.Message.Key() || got[0].Quoted != "答" || got[0].From.Session.Link == "" {
			t.Errorf("got %+v", got[0])
		}
	})
}

func TestAButtonIsPressed(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
		in := w.Press(chattest.DingTalkPress{Card: "T12", Button: "accept", User: "u1", Conversation: groupID, Params: map[string]any{"a": "1", "n": 2}})
		acked(t, in)
		if _, data, _ := in.Wait(t.Context()); data != `{"response":{}}` {
			t.Errorf("acknowledged %s", data)
		}
		acked(t, w.Press(chattest.DingTalkPress{Card: "T12", Button: "accept", User: "u1"}))
		got := l.messages()
		if len(got) != 2 {
			t.Fatalf("%d messages", len(got))
		}
		want := &chat.Event{Kind: chat.EventCard, Name: "actionCallback", Key: "accept", Task: "T12", Choices: map[string][]string{"a": {"1"}}}
		if diff := cmp.Diff(want, got[0].Event); diff != "" {
			t.Error(diff)
		}
		if m := got[0]; m.Kind != chat.Group || m.Conversation != groupID || m.Sender != "u1" || m.Type != chat.TypeEvent || !m.Addressed() || m.From.Session.Link != "" {
			t.Errorf("got %+v", m)
		}
		if m := got[1]; m.Kind != chat.Direct || m.Key() == got[0].Key() {
			t.Errorf("got %+v", m)
		}
	})
}

// A message counts as received when it is kept, not before; what is not kept
// comes again, as the same message.
func TestAcknowledgedIsWhatIsKept(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		tries := 0
		var keys []string
		l := w.listen(t, func(_ context.Context, m chat.Message) error {
			keys = append(keys, m.Key())
			if tries++; tries < 3 {
				return errStoreDown
			}
			return nil
		})
		defer l.end(t)
		w.connected(t, 1)
		w.SetStream(chattest.DingTalkStream{Redeliver: 5})
		if codes := acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"})); !slices.Equal(codes, []int{500, 500, 200}) {
			t.Errorf("codes %v", codes)
		}
		if keys[0] != keys[1] || keys[1] != keys[2] {
			t.Errorf("keys %v", keys)
		}
	})
}

func TestAMessageThatHangsIsGivenUp(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, func(ctx context.Context, _ chat.Message) error {
			<-ctx.Done()
			return ctx.Err()
		})
		defer l.end(t)
		w.connected(t, 1)
		began := time.Now()
		if codes := acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"})); !slices.Equal(codes, []int{500}) || time.Since(began) > time.Minute {
			t.Errorf("codes %v after %v", codes, time.Since(began))
		}
	})
}

func TestManyFramesAtOnce(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		var mu sync.Mutex
		working, most := 0, 0
		l := w.listen(t, func(context.Context, chat.Message) error {
			mu.Lock()
			working++
			most = max(most, working)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			working--
			return nil
		})
		defer l.end(t)
		w.connected(t, 1)
		var sent []*chattest.DingTalkSent
		for i := range 300 {
			sent = append(sent, w.Say(chattest.DingTalkMessage{User: fmt.Sprint("u", i), Text: "甲"}))
		}
		for _, s := range sent {
			if codes := acked(t, s); !slices.Equal(codes, []int{200}) {
				t.Fatalf("codes %v", codes)
			}
		}
		if most != 64 || len(l.messages()) != 300 {
			t.Errorf("%d at once, %d taken", most, len(l.messages()))
		}
	})
}

func TestTwoInstancesShareTheMessages(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		a, b := w.listen(t, nil), w.listen(t, nil)
		defer a.end(t)
		w.connected(t, 2)
		for range 10 {
			acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"}))
		}
		if len(a.messages()) != 5 || len(b.messages()) != 5 {
			t.Errorf("%d and %d", len(a.messages()), len(b.messages()))
		}
		b.end(t)
		w.connected(t, 1)
		w.SetStream(chattest.DingTalkStream{Copies: 3})
		acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"}))
		synctest.Wait()
		got := a.messages()
		if len(got) != 8 || got[5].Key() != got[7].Key() { // all copies are handed over, with one key
			t.Errorf("%d taken", len(got))
		}
	})
}

func TestPingsAreAnsweredAndMissedOnesSurvived(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
		if err := w.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if n := w.Calls(chattest.DingTalkOpen); n != 1 {
			t.Errorf("%d connections in a quiet hour", n)
		}
		w.SetStream(chattest.DingTalkStream{IgnorePings: true})
		for range 20 { // frames are a sign of life
			time.Sleep(time.Minute)
			if err := w.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := w.Calls(chattest.DingTalkOpen); n != 1 {
			t.Errorf("%d connections while frames come", n)
		}
		time.Sleep(5 * time.Minute) // silence
		if n := w.Calls(chattest.DingTalkOpen); n < 2 || n > 4 {
			t.Errorf("%d connections after five silent minutes", n)
		}
		w.SetStream(chattest.DingTalkStream{})
		time.Sleep(5 * time.Minute)
		w.connected(t, 1)
		acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"}))
		if len(l.messages()) != 1 {
			t.Error("no message afterwards")
		}
	})
}

// When DingTalk asks to move, the new connection is there before the old one
// goes, and what is at work on the old one is acknowledged there.
func TestMovingLosesNothing(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, func(_ context.Context, m chat.Message) error {
			if m.Text == "慢" {
				time.Sleep(8 * time.Second)
			}
			return nil
		})
		defer l.end(t)
		w.connected(t, 1)
		time.Sleep(2 * time.Minute)
		slow := w.Say(chattest.DingTalkMessage{User: "u1", Text: "慢"})
		synctest.Wait()
		began := time.Now()
		w.Disconnect(10 * time.Second)
		w.connected(t, 2)
		if time.Since(began) != 0 {
			t.Errorf("moved after %v", time.Since(began))
		}
		if codes := acked(t, slow); !slices.Equal(codes, []int{200}) {
			t.Errorf("codes %v", codes)
		}
		w.connected(t, 1)
		if s := l.Status(); !s.Connected {
			t.Errorf("status %+v", s)
		}
		// A gateway that asks and never cuts is left after a while; one that asks
		// again and again is not answered at once.
		w.Disconnect(time.Hour)
		synctest.Wait()
		calls := w.Calls(chattest.DingTalkOpen)
		for range 60 {
			time.Sleep(time.Second)
			w.Disconnect(time.Hour)
		}
		if n := w.Calls(chattest.DingTalkOpen) - calls; n > 8 {
			t.Errorf("%d connections in a minute", n)
		}
		time.Sleep(2 * time.Minute)
		w.connected(t, 1)
	})
}

func TestAConnectionThatBreaksIsMadeAgain(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
		for range 5 {
			time.Sleep(2 * time.Minute)
			w.Cut()
			w.connected(t, 0)
			if s := l.Status(); s.Connected || s.Fault == "" {
				t.Errorf("status %+v", s)
			}
			began := time.Now()
			w.connected(t, 1)
			if took := time.Since(began); took > time.Second {
				t.Errorf("back after %v", took)
			}
		}
		// A gateway that fails is asked ever more slowly, but at least each minute.
		w.Fail(chattest.DingTalkOpen, chattest.DingTalkFault{Status: 503, Times: 20})
		time.Sleep(2 * time.Minute)
		before := w.Calls(chattest.DingTalkOpen)
		w.Cut()
		w.connected(t, 0)
		var pauses []time.Duration
		last := time.Now()
		for n := before; len(pauses) < 21; {
			time.Sleep(100 * time.Millisecond)
			if now := w.Calls(chattest.DingTalkOpen); now > n {
				pauses, n, last = append(pauses, time.Since(last)), now, time.Now()
			}
		}
		for i, p := range pauses {
			most := min(time.Second<<i, time.Minute) + 200*time.Millisecond
			if p > most || i > 7 && p < 29*time.Second {
				t.Errorf("pause %d: %v", i, p)
			}
		}
		w.connected(t, 1)
		if log := w.log.String(); strings.Count(log, "status 503") != 1 {
			t.Errorf("a fault that lasts is logged once:\n%s", log)
		}
	})
}

func TestTicketsThatAreRefusedAreAskedForAgain(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.Fail(chattest.DingTalkConnect, chattest.DingTalkFault{Status: 401}, chattest.DingTalkFault{Hang: true}, chattest.DingTalkFault{Cut: true}, chattest.DingTalkFault{Status: 302})
		w.Fail(chattest.DingTalkOpen, chattest.DingTalkFault{Body: `{"endpoint":"http://evil.example/","ticket":"CANARY"}`}, chattest.DingTalkFault{Body: "<xml>"}, chattest.DingTalkFault{Hang: true})
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
	})
}

func TestWrongCredentialsAreSaidAndRetriedSlowly(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.Fail(chattest.DingTalkOpen, chattest.DingTalkFault{Times: 6, Status: 401, Body: `{"code":"authFailed","message":"CANARY"}`})
		l := w.listen(t, nil)
		defer l.end(t)
		time.Sleep(10 * time.Minute)
		s := l.Status()
		if s.Connected || !strings.Contains(s.Fault, "authFailed") || !strings.Contains(s.Fault, "凭证与基础信息") || strings.Contains(s.Fault, "CANARY") {
			t.Errorf("status %+v", s)
		}
		if n := w.Calls(chattest.DingTalkOpen); n < 3 || n > 5 {
			t.Errorf("%d tries in ten minutes", n)
		}
		time.Sleep(20 * time.Minute)
		if s := l.Status(); !s.Connected {
			t.Errorf("status %+v", s)
		}
	})
}

// Listen returns when what it took is handed over and acknowledged.
func TestEndingFinishesWhatWasBegun(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		release := make(chan struct{})
		l := w.listen(t, func(ctx context.Context, _ chat.Message) error {
			<-release
			return ctx.Err()
		})
		w.connected(t, 1)
		sent := w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"})
		synctest.Wait()
		l.stop()
		synctest.Wait()
		late := w.Say(chattest.DingTalkMessage{User: "u1", Text: "乙"})
		synctest.Wait()
		select {
		case <-l.done:
			t.Fatal("it did not wait")
		default:
		}
		close(release)
		if codes := acked(t, sent); !slices.Equal(codes, []int{200}) {
			t.Errorf("codes %v", codes)
		}
		if codes := acked(t, late); !slices.Equal(codes, []int{0}) {
			t.Errorf("what came too late was acknowledged: %v", codes)
		}
		if err := <-l.done; err != nil || len(l.messages()) != 1 {
			t.Errorf("%v, %d taken", err, len(l.messages()))
		}
	})
}

func TestWhatCannotBeReadDoesNotComeAgain(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		l := w.listen(t, nil)
		defer l.end(t)
		w.connected(t, 1)
		for name, fields := range map[string]map[string]any{
			"no id":             {"msgId": ""},
			"another robot":     {"robotCode": "other"},
			"another company":   {"chatbotCorpId": "other"},
			"a link elsewhere":  {"sessionWebhook": "https://evil.example/robot/sendBySession?session=CANARY"},
			"a type of message": {"msgtype": 7},
		} {
			if codes := acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "文化", Fields: fields})); !slices.Equal(codes, []int{200}) {
				t.Errorf("%s: %v", name, codes)
			}
		}
		for _, raw := range []string{"", "{", "null", "[]", "\xff", `{"type":"CALLBACK"}`, `{"type":"SYSTEM","headers":{"topic":"CONNECTED","messageId":"1"}}`, `{"type":"SYSTEM","headers":{"topic":"ping"}}`} {
			w.SendRaw(raw)
		}
		acked(t, w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"}))
		if n := w.Calls(chattest.DingTalkOpen); n != 1 || len(l.messages()) != 1 {
			t.Errorf("%d connections, %d taken", n, len(l.messages()))
		}
		w.SendRaw(`{"type":"CALLBACK","data":"` + strings.Repeat("x", dingtalk.MaxBody) + `"}`) // too large ends the connection
		w.connected(t, 0)
		w.connected(t, 1)
	})
}

// Starting and stopping in any order leaves nothing behind: the bubble would
// not end with a goroutine left.
func TestStartAndStopAtAnyTime(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				for j := range 20 {
					l := w.listen(t, nil)
					switch (i + j) % 4 {
					case 1:
						w.Say(chattest.DingTalkMessage{User: "u1", Text: "甲"})
					case 2:
						time.Sleep(time.Duration(j) * time.Millisecond)
						w.Disconnect(time.Second)
					case 3:
						time.Sleep(time.Second)
						w.Cut()
					}
					l.end(t)
				}
			})
		}
		all.Wait()
		w.connected(t, 0)
	})
}

// The same over real sockets.
func TestTheStreamOverLoopback(t *testing.T) {
	t.Parallel()
	d := chattest.NewDingTalk(chattest.DingTalkOptions{Secret: clientSecret})
	defer d.Close()
	s, err := dingtalk.NewStream(dingtalk.StreamOptions{ClientID: "dingclient", Secret: clientSecret, Base: d.URL(), Bases: []string{d.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Listen(ctx, func(context.Context, chat.Message) error { return nil }) }()
	if err := d.AwaitConnections(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	var sent []*chattest.DingTalkSent
	for range 100 {
		sent = append(sent, d.Say(chattest.DingTalkMessage{User: "u", Text: "甲"}))
	}
	for _, m := range sent {
		if codes := acked(t, m); !slices.Equal(codes, []int{200}) {
			t.Errorf("codes %v", codes)
		}
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil || len(d.Complaints()) != 0 {
		t.Errorf("%v, %q", err, d.Complaints())
	}
	if out := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(out, "CANARY") {
		t.Errorf("prints %s", out)
	}
}

// Whatever a frame holds, it is refused, or acknowledged by its id; what it
// brings is sound.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"specVersion":"1.0","type":"CALLBACK","headers":{"topic":"/v1.0/im/bot/messages/get","messageId":"m","time":"1795392001456"},"data":"{}"}`))
	f.Add([]byte(`{"type":"CALLBACK","headers":{"topic":"/v1.0/card/instances/callback","messageId":"m","time":1795392001456},"data":"{\"outTrackId\":\"T\",\"userId\":\"u\",\"spaceId\":\"dtv1.card//IM_GROUP.c\",\"content\":\"{\\\"cardPrivateData\\\":{\\\"actionIds\\\":[\\\"k\\\"]}}\"}"}`))
	data, err := json.Marshal(message(nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"type":"CALLBACK","headers":{"topic":"x","messageId":"m","time":-1e300},"data":` + string(data) + `}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, ack, err := dingtalk.ReadFrame(in, signedAt)
		if ack != nil {
			var out struct {
				Code    int
				Headers map[string]string
			}
			if json.Unmarshal(ack, &out) != nil || out.Code != 200 || out.Headers["messageId"] == "" {
				t.Errorf("acknowledged by %s", ack)
			}
		}
		switch {
		case err != nil && !errors.Is(err, chat.ErrMalformed):
			t.Errorf("refused by %v", err)
		case err == nil && (m.Sender == "" || m.ID == "" || m.Conversation == "" || m.Kind == "" || m.Type == "" || m.Key() == "" || !utf8.ValidString(m.Text)):
			t.Errorf("unsound: %+v", m)
		case err == nil && (m.Time.Year() < 1970 || m.Time.Year() > 9999):
			t.Errorf("at %v", m.Time)
		}
	})
}
