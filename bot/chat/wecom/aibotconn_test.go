package wecom_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

const (
	botID  = "BOT"
	canary = "CANARY-SECRET"
)

// pipes is a listener whose connections are made in memory, so that all of a
// test can run on the clock of its bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
	case <-ctx.Done():
	}
	return nil, errDown
}

// rig is a fake platform with instances of a bot on it.
type rig struct {
	*testing.T
	fake      *chattest.AIBot
	state     *chat.Memory
	transport *http.Transport
	logs      *logs
}

// logs is where loggers of all goroutines write.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// bubble runs a test against a fake, on a clock of its own, and holds what is
// true of every run: the bot did nothing that no correct bot does, and no log
// has its secret.
func bubble(t *testing.T, test func(r *rig)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		fake := chattest.NewAIBot(chattest.AIBotOptions{ID: botID, Secret: canary, Name: "协调助手"})
		server := &http.Server{Handler: fake}
		go func() { _ = server.Serve(p) }() // ends with Close
		transport := &http.Transport{DialContext: p.dial}
		r := &rig{T: t, fake: fake, state: chat.NewMemory(nil), transport: transport, logs: &logs{}}
		defer func() {
			fake.Drop()
			_ = server.Close() // nothing to lose
			transport.CloseIdleConnections()
			if v := fake.Violations(); len(v) > 0 {
				t.Errorf("violations: %q", v)
			}
			if out := r.logs.String(); strings.Contains(out, canary) || strings.Contains(out, "问题") {
				t.Errorf("the log holds a secret or a message:\n%s", out)
			}
		}()
		test(r)
	})
}

func (r *rig) conn(owner string, change func(*wecom.ConnOptions)) *wecom.Conn {
	r.Helper()
	opt := wecom.ConnOptions{
		BotID: botID, Secret: canary, BotName: "协调助手", Base: "ws://memory", State: r.state, Owner: owner,
		Transport: r.transport, Logger: slog.New(slog.NewJSONHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opt)
	}
	c, err := wecom.NewConn(opt)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// inbox is a take that keeps messages.
type inbox chan chat.Message

func (in inbox) take(_ context.Context, m chat.Message) error {
	in <- m
	return nil
}

// run lets c listen until stop.
func (r *rig) run(c *wecom.Conn, take chat.Take) (stop func()) {
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error)
	go func() { done <- c.Listen(ctx, take) }()
	synctest.Wait()
	return func() {
		r.Helper()
		cancel()
		if err := <-done; err != nil {
			r.Errorf("listen: %v", err)
		}
		if s := c.Status(); s.Connected || c.Open() {
			r.Errorf("after the end: %+v", s)
		}
	}
}

// must takes the id of what a person did.
func (r *rig) must(id string, err error) string {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) done(o chat.Outcome) {
	r.Helper()
	if o.Verdict() != chat.VerdictDone {
		r.Errorf("outcome %s", o)
	}
}

// wait lets the bubble's clock run.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A rehearsal's frames carry its clock, and the platform counts by it.
func TestFramesOfARehearsal(t *testing.T) {
	bubble(t, func(r *rig) {
		var ahead atomic.Int64
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		now := func() time.Time { return start.Add(time.Duration(ahead.Load())) }
		c := r.conn("a", func(o *wecom.ConnOptions) { o.Clock = now })
		stop := r.run(c, make(inbox, 9).take)
		defer stop()
		r.must(r.fake.Say("u1", "", "你好"))
		to := chat.Address{Via: wecom.ViaAIBot, Kind: chat.Direct, Conversation: "u1", User: "u1", Robot: botID}
		push := func() chat.Outcome { return c.Push(r.Context(), to, chat.Reply{Text: "提醒"}) }
		for range 30 {
			r.done(push())
		}
		if o := push(); o.Code() != "45009" {
			r.Errorf("the 31st of a minute: %s", o)
		}
		ahead.Store(int64(time.Minute))
		r.done(push())
		if shown := r.fake.In("u1"); len(shown) != 31 || !shown[0].Time.Equal(start) || !shown[30].Time.Equal(now()) {
			r.Errorf("%d shown, the last at %s", len(shown), shown[len(shown)-1].Time)
		}
	})
}

func TestPicturesGoUpInChunks(t *testing.T) {
	bubble(t, func(r *rig) {
		c := r.conn("a", nil)
		to := chat.Address{Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "g1", Robot: botID}
		if o := c.Illustrate(r.Context(), to, chattest.Noise(64)); o.Code() != wecom.CodeNoLink {
			r.Errorf("without a connection: %s", o)
		}
		stop := r.run(c, make(inbox, 9).take)
		defer stop()
		r.must(r.fake.Say("u1", "g1", "你好"))
		large := chattest.Noise(700 << 10)
		for _, png := range [][]byte{chattest.Noise(64), large} {
			r.done(c.Illustrate(r.Context(), to, png))
			if shown := r.fake.In("g1"); shown[len(shown)-1].Kind != "image" || !bytes.Equal(shown[len(shown)-1].Picture, png) {
				r.Errorf("%d bytes became %+v", len(png), shown[len(shown)-1].Kind)
			}
		}
		before := len(r.fake.Shown())
		for _, tc := range []struct {
			cmd, want string
			code      int
		}{
			{"aibot_upload_media_init", "retry(45009) after 1m0s", 45009}, {"aibot_upload_media_chunk", "permanent(40058)", 40058},
			{"aibot_upload_media_finish", "permanent(40058)", 40058}, {"aibot_send_msg", "permanent(93006)", 93006},
		} {
			r.fake.Fail(tc.cmd, tc.code, 1)
			if o := c.Illustrate(r.Context(), to, large); o.String() != tc.want {
				r.Errorf("%s: %s", tc.cmd, o)
			}
		}
		r.fake.Swallow(1)
		if o := c.Illustrate(r.Context(), to, large); o.String() != "retry(no-ack) after 0s" {
			r.Errorf("a step of the upload that is not acknowledged: %s", o)
		}
		if n := len(r.fake.Shown()); n != before {
			r.Errorf("%d messages more", n-before)
		}
	})
}

func TestADialogueByTheLongConnection(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		stop := r.run(c, in.take)
		if s := c.Status(); !s.Connected || s.Standby || s.Fault != "" || !c.Open() {
			r.Fatalf("status %+v", s)
		}
		if c.Via() != wecom.ViaAIBot || c.Room(chat.Address{}) != 20480 {
			r.Errorf("via %s, room %d", c.Via(), c.Room(chat.Address{}))
		}

		asked := r.must(r.fake.Say("u1", "g1", "问题", "更早的回复"))
		m := <-in
		want := chat.Message{
			Via: wecom.ViaAIBot, Conversation: "g1", Kind: chat.Group, Sender: "u1", ID: asked, Type: chat.TypeText, Text: "问题", Quoted: "更早的回复",
			AtBot: true, Time: time.Now(), From: chat.Address{Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "g1", User: "u1", Robot: botID, Session: m.From.Session},
		}
		if diff := cmp.Diff(want, m); diff != "" {
			r.Error(diff)
		}
		if s := m.From.Session; !s.Alive(time.Now().Add(24*time.Hour-1)) || s.Alive(time.Now().Add(24*time.Hour)) || s.Once {
			r.Errorf("session until %s", s.Until)
		}
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "归甲管", Markdown: "归**甲**管 <@all>", Feedback: "F1"}))
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "还有一条"}))
		got := r.fake.Answers(asked)
		if len(got) != 2 || got[0].Text != "归**甲**管 <\u200b@\u200ball>" || got[0].Feedback != "F1" || got[0].Kind != "stream" || !got[0].Finished || got[1].Text != "还有一条" {
			r.Errorf("shown %+v", got)
		}

		r.must(r.fake.Feedback("u1", "g1", "F1", 2, "不对"))
		if e := <-in; e.Event.Kind != chat.EventFeedback || e.Event.Key != "F1" || e.Event.Rating != chat.RatingBad || e.From.Session.Link != "" {
			r.Errorf("feedback %+v", e)
		}

		entered := r.must(r.fake.Enter("u2"))
		m = <-in
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "您好"}))
		if got := r.fake.Answers(entered); len(got) != 1 || got[0].Kind != "text" || got[0].Text != "您好" {
			r.Errorf("welcome %+v", got)
		}

		card := &chat.Card{ID: "T12", Title: "任务", Text: "请签收", Buttons: []chat.Button{{Text: "签收", Key: "ack"}}}
		r.done(c.Push(r.Context(), chat.Address{Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "g1"}, chat.Reply{Text: "请签收", Card: card}))
		pressed := r.must(r.fake.Press("u1", "g1", "T12", "ack"))
		m = <-in
		if m.Event.Kind != chat.EventCard || m.Event.Key != "ack" || m.Event.Task != "T12" || !m.From.Session.Once {
			r.Errorf("press %+v", m)
		}
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "已签收", Card: &chat.Card{ID: "T12", Title: "已签收"}, Update: true}))
		shown := r.fake.In("g1")
		if s := shown[len(shown)-1]; s.Card == nil || s.Card.Title != "已签收" || s.Updates != 1 || s.Answers != "" || len(r.fake.Answers(pressed)) != 0 {
			r.Errorf("card %+v", s)
		}
		stop()
	})
}

func TestRepliesFindTheirWayWhenTheSessionIsOver(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		last := func(conversation string) chattest.Shown {
			shown := r.fake.In(conversation)
			return shown[len(shown)-1]
		}

		r.must(r.fake.Say("u1", "g1", "问题"))
		m := <-in
		r.fake.Forget()
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "忘了"}))
		if s := last("g1"); s.Kind != "markdown" || s.Text != "忘了" || s.Answers != "" || r.fake.Acks()[chattest.AIBotNoRequest] != 1 {
			r.Errorf("a request nobody knows: %+v", s)
		}

		r.must(r.fake.Say("u1", "", "问题"))
		m = <-in
		r.fake.Fail("aibot_respond_msg", chattest.AIBotNoStream, 1)
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "太旧"}))
		if s := last("u1"); s.Kind != "markdown" || s.Text != "太旧" || s.Group {
			r.Errorf("a stream too old: %+v", s)
		}

		wait(24 * time.Hour)
		refused := r.fake.Acks()[chattest.AIBotNoRequest]
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "过期"}))
		if s := last("u1"); s.Text != "过期" || r.fake.Acks()[chattest.AIBotNoRequest] != refused {
			r.Errorf("an expired session is not tried: %+v", s)
		}

		card := &chat.Card{ID: "T1", Title: "任务", Buttons: []chat.Button{{Text: "签收", Key: "k"}}}
		r.done(c.Push(r.Context(), m.From, chat.Reply{Card: card}))
		r.must(r.fake.Press("u1", "", "T1", "k"))
		m = <-in
		wait(5 * time.Second)
		r.done(c.Push(r.Context(), m.From, chat.Reply{Card: &chat.Card{ID: "T1", Title: "已签收", Facts: []chat.Fact{{Name: "时间", Value: "今天"}}}, Update: true}))
		if s := last("u1"); s.Kind != "markdown" || s.Text != "已签收\n时间：今天" {
			r.Errorf("a card too late to change: %+v", s)
		}
		r.must(r.fake.Press("u1", "", "T1", "k"))
		m = <-in
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "请稍等"}))
		if s := last("u1"); s.Kind != "markdown" || s.Text != "请稍等" {
			r.Errorf("words to a press: %+v", s)
		}

		r.must(r.fake.Enter("u3"))
		m = <-in
		wait(5 * time.Second)
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "您好"}))
		if s := last("u3"); s.Kind != "markdown" || s.Text != "您好" {
			r.Errorf("a late welcome: %+v", s)
		}

		m.From.Session = chat.Session{Link: "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=C", Until: time.Now().Add(time.Hour)}
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "旧方式"}))
		if s := last("u3"); s.Text != "旧方式" {
			r.Errorf("a link of callback mode: %+v", s)
		}
	})
}

func TestEveryEndOfAPushIsTold(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", func(o *wecom.ConnOptions) { o.ReplyLimit = 300 })
		to := chat.Address{Via: wecom.ViaAIBot, Kind: chat.Direct, Conversation: "u1", Robot: botID}
		text := chat.Reply{Text: "甲"}
		if o := c.Push(r.Context(), to, text); o.Verdict() != chat.VerdictRetry || o.Code() != "no-link" || o.After() <= 0 {
			r.Errorf("before connecting: %s", o)
		}
		stop := r.run(c, in.take)
		if o := c.Push(r.Context(), to, text); o.Verdict() != chat.VerdictPermanent || o.Code() != "93006" {
			r.Errorf("who never talked to the bot: %s", o)
		}
		r.must(r.fake.Say("u1", "", "问题"))
		m := <-in
		for code, want := range map[int]string{
			-1: "retry(-1) after 5s", 45009: "retry(45009) after 1m0s", 40058: "permanent(40058)", 93001: "permanent(93001)", 99999: "permanent(99999)",
		} {
			for _, cmd := range []string{"aibot_send_msg", "aibot_respond_msg"} {
				r.fake.Fail(cmd, code, 1)
			}
			for _, to := range []chat.Address{to, m.From} {
				if o := c.Push(r.Context(), to, text); o.String() != want {
					r.Errorf("%d: %s", code, o)
				}
			}
		}
		for name, tc := range map[string]struct {
			to    chat.Address
			reply chat.Reply
			want  string
		}{
			"nothing":          {to, chat.Reply{}, "permanent(empty)"},
			"only blanks":      {m.From, chat.Reply{Text: " \n"}, "permanent(empty)"},
			"too long":         {to, chat.Reply{Text: strings.Repeat("长", 101)}, "permanent(too-long)"},
			"too long a reply": {m.From, chat.Reply{Text: strings.Repeat("长", 101)}, "permanent(too-long)"},
			"a card's id":      {m.From, chat.Reply{Card: &chat.Card{ID: "任", Title: "题"}}, "permanent(card)"},
			"a pushed card's":  {to, chat.Reply{Card: &chat.Card{ID: "任", Title: "题"}}, "permanent(card)"},
			"no conversation":  {chat.Address{Via: wecom.ViaAIBot}, text, "permanent(no-chat)"},
			"another bot's":    {chat.Address{Via: wecom.ViaAIBot, Conversation: "u1", Robot: "B2"}, text, "permanent(no-chat)"},
			"another channel":  {chat.Address{Via: wecom.ViaApp, Conversation: "u1"}, text, "permanent(no-chat)"},
		} {
			if o := c.Push(r.Context(), tc.to, tc.reply); o.String() != tc.want {
				r.Errorf("%s: %s", name, o)
			}
		}
		if len(r.fake.Shown()) != 0 {
			r.Errorf("shown %+v", r.fake.Shown())
		}

		gone, cancel := context.WithCancel(r.Context())
		cancel()
		if o := c.Push(gone, to, text); o.Verdict() != chat.VerdictRetry {
			r.Errorf("a push that was called off: %s", o)
		}
		r.fake.Fail("aibot_send_msg", chattest.AIBotNotSubscribed, 1)
		if o := c.Push(r.Context(), to, text); o.Verdict() != chat.VerdictRetry || o.Code() != "846609" {
			r.Errorf("a platform that lost us: %s", o)
		}
		wait(time.Second)
		if r.fake.Subscriptions() != 2 || !c.Open() {
			r.Errorf("subscribed %d times", r.fake.Subscriptions())
		}
		stop()
		if o := c.Push(r.Context(), to, text); o.Verdict() != chat.VerdictRetry {
			r.Errorf("after the end: %s", o)
		}
	})
}

func TestAFrameWithoutAcknowledgementIsUnknown(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		asked := r.must(r.fake.Say("u1", "", "问题"))
		m := <-in

		r.fake.Swallow(1)
		began := time.Now()
		if o := c.Push(r.Context(), m.From, chat.Reply{Text: "甲"}); o.Verdict() != chat.VerdictUnknown || time.Since(began) != 5*time.Second {
			r.Errorf("%s after %s", o, time.Since(began))
		}
		// The next acknowledgement of the request could be the first one's.
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "乙"}))
		if got := r.fake.Answers(asked); len(got) != 1 || len(r.fake.In("u1")) != 2 {
			r.Errorf("shown %+v", r.fake.In("u1"))
		}

		asked = r.must(r.fake.Say("u1", "", "问题"))
		m = <-in
		r.fake.Hold(true)
		if o := c.Push(r.Context(), m.From, chat.Reply{Text: "丙"}); o.Verdict() != chat.VerdictUnknown {
			r.Errorf("held: %s", o)
		}
		r.fake.Hold(false) // late, but it came: the request may be used again
		synctest.Wait()
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "丁"}))
		if got := r.fake.Answers(asked); len(got) != 2 {
			r.Errorf("shown %+v", got)
		}

		r.fake.Hold(true)
		outcome := make(chan chat.Outcome)
		go func() { outcome <- c.Push(r.Context(), m.From, chat.Reply{Text: "戊"}) }()
		synctest.Wait()
		r.fake.Drop()
		if o := <-outcome; o.Verdict() != chat.VerdictUnknown {
			r.Errorf("cut while waiting: %s", o)
		}
		r.fake.Hold(false)
	})
}

func TestFramesOfOneRequestGoOneAfterAnother(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		asked := r.must(r.fake.Say("u1", "", "问题"))
		other := r.must(r.fake.Say("u2", "", "问题"))
		from := map[string]chat.Address{}
		for range 2 {
			m := <-in
			from[m.ID] = m.From
		}
		r.fake.Hold(true)
		const n = 5
		outcomes := make(chan chat.Outcome, n+1)
		for i := range n {
			go func() { outcomes <- c.Push(r.Context(), from[asked], chat.Reply{Text: fmt.Sprint(i)}) }()
		}
		go func() { outcomes <- c.Push(r.Context(), from[other], chat.Reply{Text: "乙"}) }()
		synctest.Wait()
		if held := r.fake.Held(); held != 2 { // one of each request
			r.Errorf("%d frames under way", held)
		}
		r.fake.Hold(false)
		for range n + 1 {
			r.done(<-outcomes)
		}
		if got := r.fake.Answers(asked); len(got) != n {
			r.Errorf("%d answers", len(got))
		}
	})
}

func TestTheConnectionComesBack(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		r.must(r.fake.Say("u1", "", "问题"))
		m := <-in
		r.fake.Drop()
		synctest.Wait()
		if s := c.Status(); s.Connected || s.Fault == "" || c.Open() {
			r.Errorf("after the cut: %+v", s)
		}
		wait(time.Second)
		if !c.Open() || r.fake.Subscriptions() != 2 {
			r.Fatalf("not back: %+v", c.Status())
		}
		r.done(c.Push(r.Context(), m.From, chat.Reply{Text: "迟到的回答"})) // its req_id died with the old connection
		if got := r.fake.In("u1"); len(got) != 1 || got[0].Kind != "markdown" {
			r.Errorf("shown %+v", got)
		}

		r.fake.Refuse(true)
		r.fake.Drop()
		down := time.Now()
		wait(3 * time.Minute)
		tries := strings.Count(r.logs.String(), "aibot not connected")
		if c.Open() || tries != 2 { // one line per outage
			r.Errorf("%d lines, open %v", tries, c.Open())
		}
		if since := c.Status().Since; since.Sub(down) > time.Second {
			r.Errorf("down since %s, not %s", since, down)
		}
		r.fake.Refuse(false)
		wait(31 * time.Second)
		if !c.Open() {
			r.Errorf("not back within the longest wait: %+v", c.Status())
		}
	})
}

func TestADeadConnectionIsNoticedByItsHeartbeats(t *testing.T) {
	bubble(t, func(r *rig) {
		c := r.conn("a", nil)
		defer r.run(c, make(inbox, 9).take)()
		wait(10 * time.Minute) // the fake cuts a connection without heartbeats
		if r.fake.Subscriptions() != 1 || !c.Open() {
			r.Fatalf("subscribed %d times", r.fake.Subscriptions())
		}
		r.fake.Mute(true)
		wait(60 * time.Second) // two heartbeats
		if !c.Open() {
			r.Error("given up too early")
		}
		wait(32 * time.Second)
		if r.fake.Subscriptions() != 2 || !c.Open() {
			r.Errorf("subscribed %d times, %+v", r.fake.Subscriptions(), c.Status())
		}
		r.fake.Mute(false)
		wait(10 * time.Minute)
		if r.fake.Subscriptions() != 2 {
			r.Errorf("subscribed %d times", r.fake.Subscriptions())
		}
	})
}

func TestNobodyFightsForTheConnection(t *testing.T) {
	bubble(t, func(r *rig) {
		a, b := r.conn("a", nil), r.conn("b", nil)
		defer r.run(a, make(inbox, 9).take)()
		defer r.run(b, make(inbox, 9).take)()
		if !a.Open() || b.Open() || !b.Status().Standby {
			r.Fatalf("a %+v, b %+v", a.Status(), b.Status())
		}
		r.fake.Kick()
		wait(4*time.Minute + 50*time.Second)
		for _, c := range []*wecom.Conn{a, b} {
			if s := c.Status(); s.Connected || s.Standby || !strings.Contains(s.Fault, "另一处已连接") {
				r.Errorf("after being replaced: %+v", s)
			}
		}
		if r.fake.Subscriptions() != 1 {
			r.Errorf("subscribed %d times", r.fake.Subscriptions())
		}
		wait(time.Minute)
		if a.Open() == b.Open() || r.fake.Subscriptions() != 2 {
			r.Errorf("five minutes later: a %+v, b %+v", a.Status(), b.Status())
		}
	})
}

func TestOneInstanceConnectsAndAnotherStandsBy(t *testing.T) {
	bubble(t, func(r *rig) {
		if _, err := r.state.Swap(r.Context(), "wecom.aibot/conn/"+botID, nil, []byte("crashed"), 30*time.Second); err != nil {
			r.Fatal(err)
		}
		a, b := r.conn("a", nil), r.conn("b", nil)
		stopA := r.run(a, make(inbox, 9).take)
		stopB := r.run(b, make(inbox, 9).take)
		wait(29 * time.Second)
		if a.Open() || b.Open() || !a.Status().Standby || !b.Status().Standby {
			r.Errorf("beside the lease of another: a %+v, b %+v", a.Status(), b.Status())
		}
		wait(6 * time.Second)
		if a.Open() == b.Open() {
			r.Fatalf("a lease that ran out: a %+v, b %+v", a.Status(), b.Status())
		}
		if b.Open() {
			a, b, stopA, stopB = b, a, stopB, stopA
		}
		wait(10 * time.Minute)
		if !a.Open() || b.Open() || r.fake.Subscriptions() != 1 {
			r.Errorf("no longer renewed: a %+v, b %+v", a.Status(), b.Status())
		}
		stopA()
		wait(6 * time.Second)
		if !b.Open() {
			r.Errorf("nobody took over: %+v", b.Status())
		}
		stopB()
		if n := r.state.Len(); n != 0 {
			r.Errorf("%d leases left", n)
		}
	})
}

func TestAnInstanceTakesUpItsOwnLeaseAfterACrash(t *testing.T) {
	bubble(t, func(r *rig) {
		if _, err := r.state.Swap(r.Context(), "wecom.aibot/conn/"+botID, nil, []byte("a"), 30*time.Second); err != nil {
			r.Fatal(err)
		}
		c := r.conn("a", nil)
		defer r.run(c, make(inbox, 9).take)()
		if !c.Open() {
			r.Errorf("%+v", c.Status())
		}
	})
}

// sick is a State that can fail.
type sick struct {
	chat.State
	mu  sync.Mutex
	ill bool
}

func (s *sick) set(ill bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ill = ill
}

func (s *sick) Swap(ctx context.Context, key string, old, fresh []byte, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	ill := s.ill
	s.mu.Unlock()
	if ill {
		return false, errDown
	}
	return s.State.Swap(ctx, key, old, fresh, ttl)
}

func TestWithoutItsLeaseAConnectionEnds(t *testing.T) {
	bubble(t, func(r *rig) {
		state := &sick{State: r.state}
		c := r.conn("a", func(o *wecom.ConnOptions) { o.State = state })
		defer r.run(c, make(inbox, 9).take)()
		if err := r.state.Put(r.Context(), "wecom.aibot/conn/"+botID, []byte("b"), 30*time.Second); err != nil {
			r.Fatal(err)
		}
		wait(11 * time.Second)
		if c.Open() || !c.Status().Standby || r.fake.Connected() {
			r.Errorf("another has the lease: %+v", c.Status())
		}
		wait(25 * time.Second)
		if !c.Open() {
			r.Fatalf("the lease is free: %+v", c.Status())
		}
		state.set(true)
		wait(29 * time.Second) // another can have the lease after thirty
		if s := c.Status(); c.Open() || r.fake.Connected() || s.Standby || !strings.Contains(s.Fault, "存储") {
			r.Errorf("a state that is down: %+v", s)
		}
		state.set(false)
		wait(31 * time.Second)
		if !c.Open() {
			r.Errorf("the state is back: %+v", c.Status())
		}
	})
}

func TestRefusedCredentialsAreTriedSlowly(t *testing.T) {
	bubble(t, func(r *rig) {
		r.fake.Secret("CORRECTED")
		c := r.conn("a", nil)
		defer r.run(c, make(inbox, 9).take)()
		wait(10 * time.Second)
		if s := c.Status(); !strings.Contains(s.Fault, "853000") || !strings.Contains(s.Fault, "Secret") || strings.Contains(s.Fault, canary) || s.Connected {
			r.Errorf("refused: %+v", s)
		}
		r.fake.Secret(canary)
		wait(4 * time.Minute)
		if c.Open() {
			r.Error("tried too soon")
		}
		wait(time.Minute)
		if !c.Open() {
			r.Errorf("corrected: %+v", c.Status())
		}
	})
}

func TestDuplicatesHaveOneKey(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		r.fake.Duplicate(2)
		r.must(r.fake.Say("u1", "g1", "问题"))
		first := <-in
		for range 2 {
			if m := <-in; m.Key() != first.Key() || m.From.Session == first.From.Session {
				r.Errorf("%s is not %s", m.Key(), first.Key())
			}
		}
	})
}

func TestFiftyAtOnceGetFiftyAnswers(t *testing.T) {
	bubble(t, func(r *rig) {
		const people = 50
		all := make(chan struct{})
		var together sync.WaitGroup
		together.Add(people)
		go func() {
			together.Wait()
			close(all)
		}()
		var c *wecom.Conn
		var answers sync.WaitGroup
		answers.Add(people)
		c = r.conn("a", nil)
		stop := r.run(c, func(_ context.Context, m chat.Message) error {
			together.Done()
			<-all // only if all are at work at the same time
			go func() {
				defer answers.Done()
				for {
					switch o := c.Push(r.Context(), m.From, chat.Reply{Text: "答" + string(m.Sender)}); o.Verdict() {
					case chat.VerdictDone:
						return
					case chat.VerdictRetry:
						time.Sleep(o.After())
					default:
						r.Errorf("%s: %s", m.Sender, o)
						return
					}
				}
			}()
			return nil
		})
		asked := map[string]string{}
		for i := range people {
			user := fmt.Sprintf("u%d", i)
			asked[r.must(r.fake.Say(user, "g1", "问题"))] = user
		}
		<-all
		answers.Wait()
		for id, user := range asked {
			if got := r.fake.Answers(id); len(got) != 1 || got[0].Text != "答"+user {
				r.Errorf("%s got %+v", user, got)
			}
		}
		if r.fake.Acks()[45009] == 0 {
			r.Error("the limit was never felt")
		}
		stop()
	})
}

func TestAMessageThatCannotBeKeptIsOfferedAgain(t *testing.T) {
	bubble(t, func(r *rig) {
		var mu sync.Mutex
		offers := map[string]int{}
		kept := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, func(_ context.Context, m chat.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if offers[m.Text]++; offers[m.Text] <= 30 || m.Text == "问题二" {
				return chat.ErrUnavailable
			}
			kept <- m
			return nil
		})()
		r.must(r.fake.Say("u1", "", "问题一"))
		r.must(r.fake.Say("u1", "", "问题二"))
		if m := <-kept; m.Text != "问题一" {
			r.Errorf("kept %q", m.Text)
		}
		wait(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		if n := offers["问题二"]; n < 50 || n > 70 {
			r.Errorf("offered %d times", n)
		}
		if !strings.Contains(r.logs.String(), "aibot message not taken") {
			r.Error("a loss is not logged")
		}
	})
}

func TestTooManyMessagesAreDroppedAndSaid(t *testing.T) {
	bubble(t, func(r *rig) {
		release := make(chan struct{})
		var mu sync.Mutex
		taken := 0
		c := r.conn("a", nil)
		stop := r.run(c, func(context.Context, chat.Message) error {
			<-release
			mu.Lock()
			defer mu.Unlock()
			taken++
			return nil
		})
		const room = 64 + 1024
		for i := range room + 2 {
			r.must(r.fake.Say(fmt.Sprint("u", i), "", "问题"))
			if i == 63 {
				synctest.Wait() // all workers are busy
			}
		}
		synctest.Wait()
		if n := strings.Count(r.logs.String(), "too many wait"); n != 2 {
			r.Errorf("%d drops logged", n)
		}
		if !c.Open() {
			r.Error("the connection died of it")
		}
		close(release)
		stop()
		mu.Lock()
		defer mu.Unlock()
		if taken != room {
			r.Errorf("%d taken", taken)
		}
	})
}

func TestStoppingFinishesWhatIsAtWork(t *testing.T) {
	bubble(t, func(r *rig) {
		c := r.conn("a", nil)
		started, release := make(chan struct{}), make(chan struct{})
		outcome := make(chan chat.Outcome, 1)
		ctx, cancel := context.WithCancel(r.Context())
		done := make(chan error, 1)
		go func() {
			done <- c.Listen(ctx, func(ctx context.Context, m chat.Message) error {
				close(started)
				<-release
				if err := ctx.Err(); err != nil {
					return err
				}
				outcome <- c.Push(ctx, m.From, chat.Reply{Text: "答"})
				return nil
			})
		}()
		synctest.Wait()
		asked := r.must(r.fake.Say("u1", "", "问题"))
		<-started
		cancel()
		wait(5 * time.Second)
		r.must(r.fake.Say("u1", "", "问题之后")) // started would be closed twice
		select {
		case err := <-done:
			r.Fatalf("returned while a message is at work: %v", err)
		default:
		}
		close(release)
		r.done(<-outcome)
		if err := <-done; err != nil {
			r.Error(err)
		}
		if got := r.fake.Answers(asked); len(got) != 1 || r.state.Len() != 0 {
			r.Errorf("shown %+v, %d leases", got, r.state.Len())
		}
	})
}

func TestStoppingWaitsForNobodyForEver(t *testing.T) {
	bubble(t, func(r *rig) {
		c := r.conn("a", nil)
		stop := r.run(c, func(ctx context.Context, _ chat.Message) error {
			<-ctx.Done()
			return ctx.Err()
		})
		r.must(r.fake.Say("u1", "", "问题"))
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			r.Errorf("took %s", took)
		}
	})
}

func TestStoppingWaitsForAcknowledgements(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 1)
		c := r.conn("a", nil)
		stop := r.run(c, in.take)
		r.must(r.fake.Say("u1", "", "问题"))
		m := <-in
		r.fake.Hold(true)
		outcome := make(chan chat.Outcome, 1)
		go func() { outcome <- c.Push(r.Context(), m.From, chat.Reply{Text: "答"}) }()
		synctest.Wait()
		time.AfterFunc(time.Second, func() { r.fake.Hold(false) })
		stop()
		r.done(<-outcome)
	})
}

func TestGarbageDoesNotEndAConnection(t *testing.T) {
	bubble(t, func(r *rig) {
		in := make(inbox, 9)
		c := r.conn("a", nil)
		defer r.run(c, in.take)()
		for _, garbage := range []string{
			"", "null", "[]", "{", `"x"`, "\xff", `{"headers":7}`, `{"cmd":"aibot_msg_callback"}`, `{"cmd":"aibot_msg_callback","headers":{"req_id":"q"},"body":[]}`,
			`{"cmd":"aibot_msg_callback","headers":{"req_id":"q"},"body":{"msgid":"m"}}`, `{"headers":{"req_id":"nobody"},"errcode":0}`, `{"headers":{"req_id":"ping_x"},"cmd":"pong"}`,
			`{"cmd":"aibot_event_callback","headers":{"req_id":"q"},"body":{"msgid":"m","from":{"userid":"u"},"msgtype":"event","event":{"eventtype":"of_tomorrow"}}}`,
			`{"cmd":"aibot_msg_callback","headers":{"req_id":"q"},"body":{"msgid":"m","aibotid":"OTHER","from":{"userid":"u"},"chattype":"single","msgtype":"text","text":{"content":"问题"}}}`,
			`{"cmd":"aibot_msg_callback","headers":{"req_id":"` + strings.Repeat("q", 300) + `"},"body":{}}`, `{"cmd":"of_tomorrow","headers":{"req_id":"q"}}`,
		} {
			if err := r.fake.Raw([]byte(garbage)); err != nil {
				r.Fatalf("%q: %v", garbage, err)
			}
		}
		synctest.Wait()
		if len(in) != 0 || !c.Open() {
			r.Fatalf("%d messages, %+v", len(in), c.Status())
		}
		const raw = "{\"cmd\":\"aibot_msg_callback\",\"headers\":{\"req_id\":\"q\"},\"body\":{\"msgid\":\"m\",\"from\":{\"userid\":\"u\"},\"chattype\":\"single\",\"msgtype\":\"text\",\"text\":{\"content\":\"甲\x01\n乙\"}}}"
		if err := r.fake.Raw([]byte(raw)); err != nil {
			r.Fatal(err)
		}
		if m := <-in; m.Text != "甲  乙" || m.From.Robot != botID {
			r.Errorf("raw control signs: %q", m.Text)
		}
		r.must(r.fake.Say("u1", "", "问题"))
		if m := <-in; m.Text != "问题" || r.fake.Subscriptions() != 1 {
			r.Errorf("after the garbage: %q", m.Text)
		}
	})
}

func TestWhatCannotBeConnected(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*wecom.ConnOptions){
		"no bot":        func(o *wecom.ConnOptions) { o.BotID = "" },
		"no secret":     func(o *wecom.ConnOptions) { o.Secret = "" },
		"no state":      func(o *wecom.ConnOptions) { o.State = nil },
		"no owner":      func(o *wecom.ConnOptions) { o.Owner = "" },
		"http":          func(o *wecom.ConnOptions) { o.Base = "http://x" },
		"no host":       func(o *wecom.ConnOptions) { o.Base = "ws://" },
		"credentials":   func(o *wecom.ConnOptions) { o.Base = "ws://u:" + canary + "@x" },
		"no address":    func(o *wecom.ConnOptions) { o.Base = "ws://[" + canary },
		"no name of us": func(o *wecom.ConnOptions) { o.Owner = "\x00replaced" },
	} {
		opt := wecom.ConnOptions{BotID: botID, Secret: canary, State: chat.NewMemory(nil), Owner: "a"}
		change(&opt)
		if _, err := wecom.NewConn(opt); !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	opt := wecom.ConnOptions{BotID: botID, Secret: canary, State: chat.NewMemory(nil), Owner: "a"}
	c, err := wecom.NewConn(opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		out := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, opt) + fmt.Sprintf(verb, c.Status())
		if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s prints %s", verb, out)
		}
	}
	want := []chat.Rate{{Key: "wecom.aibot/BOT/g1/1m", Max: 30, Per: time.Minute}, {Key: "wecom.aibot/BOT/g1/1h", Max: 1000, Per: time.Hour}}
	if diff := cmp.Diff(want, c.Rates(chat.Address{Conversation: "g1"})); diff != "" {
		t.Error(diff)
	}
}

// Ten instances come and go; at no time are two connected, and the last one
// leaves nothing behind.
func TestStartingAndStoppingLeavesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		var instances sync.WaitGroup
		for i := range 10 {
			instances.Go(func() {
				for round := range 20 {
					c := r.conn(fmt.Sprintf("i%d", i), nil)
					ctx, cancel := context.WithTimeout(r.Context(), time.Duration(i*round%7)*time.Second)
					if err := c.Listen(ctx, make(inbox, 9).take); err != nil {
						r.Errorf("listen: %v", err)
					}
					cancel()
					if c.Open() {
						r.Error("open after the end")
					}
				}
			})
		}
		instances.Wait()
		synctest.Wait()
		if r.state.Len() != 0 || r.fake.Connected() || strings.Contains(r.logs.String(), "replaced") {
			r.Errorf("%d leases, connected %v", r.state.Len(), r.fake.Connected())
		}
	})
}

func TestListenIsCalledOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		c := r.conn("a", nil)
		ctx, cancel := context.WithCancel(r.Context())
		errs := make(chan error)
		for range 10 {
			go func() { errs <- c.Listen(ctx, make(inbox, 9).take) }()
		}
		for range 9 {
			if err := <-errs; err == nil {
				r.Error("listens twice")
			}
		}
		cancel()
		if err := <-errs; err != nil {
			r.Error(err)
		}
	})
}

func TestTheConnectionOverASocket(t *testing.T) {
	t.Parallel()
	fake := chattest.NewAIBot(chattest.AIBotOptions{ID: botID, Secret: canary, Name: "协调助手"})
	base, stop := fake.Start()
	defer stop()
	c, err := wecom.NewConn(wecom.ConnOptions{BotID: botID, Secret: canary, BotName: "协调助手", Base: base, State: chat.NewMemory(nil), Owner: "a"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, outcomes := make(chan error, 1), make(chan chat.Outcome, 1)
	go func() {
		done <- c.Listen(ctx, func(ctx context.Context, m chat.Message) error {
			outcomes <- c.Push(ctx, m.From, chat.Reply{Text: "答" + m.Text})
			return nil
		})
	}()
	if err := fake.Await(t.Context(), fake.Connected); err != nil {
		t.Fatal(err)
	}
	id, err := fake.Say("u1", "g1", "问题")
	if err != nil {
		t.Fatal(err)
	}
	if o := <-outcomes; o.Verdict() != chat.VerdictDone {
		t.Errorf("outcome %s", o)
	}
	if got := fake.Answers(id); len(got) != 1 || got[0].Text != "答问题" {
		t.Errorf("shown %+v", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if v := fake.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
}
