package chattest_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat/chattest"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// client is a bot made by hand.
type client struct {
	*testing.T
	ws *websocket.Conn
}

type answer struct {
	Cmd     string
	Headers struct {
		ID string `json:"req_id"`
	}
	Body struct{ MsgID, MsgType, AIBotID, ChatType, ChatID string }
	Code *int `json:"errcode"`
}

func start(t *testing.T, now func() time.Time) (*chattest.AIBot, func(subscribe bool) *client) {
	fake := chattest.NewAIBot(chattest.AIBotOptions{ID: "B", Secret: "S", Name: "助手", Now: now})
	base, stop := fake.Start()
	t.Cleanup(stop)
	return fake, func(subscribe bool) *client {
		ws, _, err := websocket.Dial(t.Context(), base, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() }) // of no use any more
		c := &client{t, ws}
		if subscribe {
			if code := c.ask(`{"cmd":"aibot_subscribe","headers":{"req_id":"s"},"body":{"bot_id":"B","secret":"S"}}`); code != 0 {
				t.Fatalf("subscribe: %d", code)
			}
			if err := fake.Await(t.Context(), fake.Connected); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
}

func (c *client) write(frame string) {
	c.Helper()
	if err := c.ws.Write(c.Context(), websocket.MessageText, []byte(frame)); err != nil {
		c.Fatal(err)
	}
}

func (c *client) read() answer {
	c.Helper()
	_, data, err := c.ws.Read(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		c.Fatal(err)
	}
	return a
}

// ask writes a frame and returns the errcode of the next one.
func (c *client) ask(frame string) int {
	c.Helper()
	c.write(frame)
	a := c.read()
	if a.Code == nil {
		c.Fatalf("no acknowledgement: %+v", a)
	}
	return *a.Code
}

// reply answers a callback.
func (c *client) reply(cmd, id, body string) int {
	c.Helper()
	return c.ask(`{"cmd":"` + cmd + `","headers":{"req_id":"` + id + `"},"body":` + body + `}`)
}

// said lets a person do something and returns the req_id that it came by.
func (c *client) said(id string, err error) string {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	a := c.read()
	if a.Body.MsgID != id || a.Headers.ID == "" || a.Body.AIBotID != "B" {
		c.Fatalf("got %+v", a)
	}
	return a.Headers.ID
}

func TestTheFakeBotServerRefusesWhatThePlatformRefuses(t *testing.T) {
	t.Parallel()
	fake, connect := start(t, nil)
	c := connect(true)
	request := c.said(fake.Say("u1", "", "甲"))
	welcome := c.said(fake.Enter("u1"))
	c.said(fake.Say("u1", "g1", "甲"))
	stream := func(id, content string) string {
		return `{"msgtype":"stream","stream":{"id":"` + id + `","finish":true,"content":"` + content + `"}}`
	}
	for name, tc := range map[string]struct {
		cmd, id, body string
		code          int
		innocent      bool // a correct bot may do it
	}{
		"a text to push":          {"aibot_send_msg", "p", `{"chatid":"u1","chat_type":1,"msgtype":"text","text":{"content":"x"}}`, 40058, false},
		"markdown_v2 to push":     {"aibot_send_msg", "p", `{"chatid":"u1","chat_type":1,"msgtype":"markdown_v2","markdown":{"content":"x"}}`, 40058, false},
		"a stream to push":        {"aibot_send_msg", "p", `{"chatid":"u1","chat_type":1,"msgtype":"stream","stream":{"id":"s","finish":true,"content":"x"}}`, 40058, false},
		"unknown field":           {"aibot_send_msg", "p", `{"chatid":"u1","chat_type":1,"msgtype":"markdown","markdown":{"content":"x"},"x":1}`, 40058, false},
		"a chat nobody knows":     {"aibot_send_msg", "p", `{"chatid":"u9","chat_type":1,"msgtype":"markdown","markdown":{"content":"x"}}`, 93006, true},
		"a group as a person":     {"aibot_send_msg", "p", `{"chatid":"g1","chat_type":1,"msgtype":"markdown","markdown":{"content":"x"}}`, 93006, true},
		"no chatid":               {"aibot_send_msg", "p", `{"chat_type":1,"msgtype":"markdown","markdown":{"content":"x"}}`, 40058, true},
		"chat_type 3":             {"aibot_send_msg", "p", `{"chatid":"u1","chat_type":3,"msgtype":"markdown","markdown":{"content":"x"}}`, 40058, false},
		"a request nobody made":   {"aibot_respond_msg", "p", stream("s", "x"), 846605, true},
		"an event as a message":   {"aibot_respond_msg", welcome, stream("s", "x"), 846605, true},
		"a stream too long":       {"aibot_respond_msg", request, stream("s", strings.Repeat("a", 20481)), 40058, false},
		"a stream without id":     {"aibot_respond_msg", request, stream("", "x"), 40058, false},
		"a text as reply":         {"aibot_respond_msg", request, `{"msgtype":"text","text":{"content":"x"}}`, 40058, false},
		"a feedback id too long":  {"aibot_respond_msg", request, `{"msgtype":"stream","stream":{"id":"s","finish":true,"content":"x","feedback":{"id":"` + strings.Repeat("f", 257) + `"}}}`, 40058, false},
		"a chatid in a reply":     {"aibot_respond_msg", request, `{"chatid":"u1","msgtype":"stream","stream":{"id":"s","finish":true,"content":"x"}}`, 40058, false},
		"a card of unknown type":  {"aibot_respond_msg", request, `{"msgtype":"template_card","template_card":{"card_type":"x","main_title":{"title":"x"}}}`, 40058, false},
		"buttons without task":    {"aibot_respond_msg", request, `{"msgtype":"template_card","template_card":{"card_type":"button_interaction","main_title":{"title":"x"},"button_list":[{"text":"x","key":"k"}]}}`, 40058, false},
		"a notice without action": {"aibot_respond_msg", request, `{"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"x"}}}`, 40058, false},
		"a key twice":             {"aibot_respond_msg", request, `{"msgtype":"template_card","template_card":{"card_type":"button_interaction","task_id":"t","main_title":{"title":"x"},"button_list":[{"text":"x","key":"k"},{"text":"y","key":"k"}]}}`, 40058, false},
		"a stream as welcome":     {"aibot_respond_welcome_msg", welcome, stream("s", "x"), 40058, false},
		"a message as an event":   {"aibot_respond_welcome_msg", request, `{"msgtype":"text","text":{"content":"x"}}`, 846605, true},
		"an update of nothing":    {"aibot_respond_update_msg", request, `{"response_type":"update_template_card","template_card":{"card_type":"text_notice","main_title":{"title":"x"},"card_action":{"type":0}}}`, 40058, false},
		"an unknown cmd":          {"aibot_callback", request, `{}`, 40058, false},
	} {
		before := len(fake.Violations())
		if code := c.reply(tc.cmd, tc.id, tc.body); code != tc.code {
			t.Errorf("%s: %d", name, code)
		}
		if got := len(fake.Violations()) > before; got == tc.innocent {
			t.Errorf("%s: violations %q", name, fake.Violations()[before:])
		}
	}
	if len(fake.Shown()) != 0 {
		t.Errorf("shown %+v", fake.Shown())
	}
	before := len(fake.Violations())
	c.write("{}")
	c.write(`{"cmd":"ping","headers":{"req_id":"p"},"x":1}`)
	if code := c.ask(`{"cmd":"ping","headers":{"req_id":"p"}}`); code != 0 || len(fake.Violations()) != before+2 {
		t.Errorf("violations %q", fake.Violations()[before:])
	}
}

func TestTheFakeBotServerShowsStreamsAndCards(t *testing.T) {
	t.Parallel()
	at := &clock{now: time.Unix(1795392004, 0)}
	fake, connect := start(t, at.Now)
	c := connect(true)
	request := c.said(fake.Say("u1", "g1", "甲"))
	frame := func(content, finish, more string) string {
		return `{"msgtype":"stream","stream":{"id":"s","finish":` + finish + `,"content":"` + content + `"` + more + `}}`
	}
	for i, tc := range []struct {
		body string
		code int
	}{
		{frame("一", "false", `,"feedback":{"id":"F"}`), 0}, {frame("一二", "false", ""), 0}, {frame("x", "false", `,"feedback":{"id":"F"}`), 40058},
		{frame("一二三", "true", ""), 0}, {frame("一二三四", "true", ""), 846608},
	} {
		if code := c.reply("aibot_respond_msg", request, tc.body); code != tc.code {
			t.Errorf("frame %d: %d", i, code)
		}
	}
	got := fake.In("g1")
	if len(got) != 1 || got[0].Text != "一二三" || !got[0].Finished || got[0].Feedback != "F" || !got[0].Group || got[0].Kind != "stream" {
		t.Errorf("shown %+v", got)
	}

	const card = `{"card_type":"button_interaction","task_id":"T1","main_title":{"title":"题"},"horizontal_content_list":[{"keyname":"甲","value":"乙"}],"button_list":[{"text":"好","key":"k"}]}`
	const notice = `{"response_type":"update_template_card","template_card":{"card_type":"text_notice","task_id":"T1","main_title":{"title":"完"},"card_action":{"type":1,"url":"https://x"}}}`
	push := `{"chatid":"g1","chat_type":2,"msgtype":"template_card","template_card":` + card + `}`
	if code := c.reply("aibot_send_msg", "p1", push); code != 0 {
		t.Errorf("card: %d", code)
	}
	if code := c.reply("aibot_send_msg", "p2", push); code != 40058 {
		t.Errorf("the same task again: %d", code)
	}
	want := &chattest.AIBotCard{Type: "button_interaction", Title: "题", Task: "T1", Facts: [][2]string{{"甲", "乙"}}, Buttons: [][2]string{{"好", "k"}}}
	if diff := cmp.Diff(want, fake.In("g1")[1].Card); diff != "" {
		t.Error(diff)
	}
	pressed := c.said(fake.Press("u1", "g1", "T1", "k"))
	at.move(6 * time.Second)
	if code := c.reply("aibot_respond_update_msg", pressed, notice); code != 846605 {
		t.Errorf("late: %d", code)
	}
	pressed = c.said(fake.Press("u1", "g1", "T1", "k"))
	if code := c.reply("aibot_respond_update_msg", pressed, notice); code != 0 {
		t.Errorf("update: %d", code)
	}
	if code := c.reply("aibot_respond_update_msg", pressed, notice); code != 846605 {
		t.Errorf("update again: %d", code)
	}
	if s := fake.In("g1")[1]; s.Updates != 1 || s.Card.Title != "完" || s.Card.Link != "https://x" {
		t.Errorf("card %+v", s.Card)
	}
	at.move(24 * time.Hour)
	if code := c.reply("aibot_respond_msg", request, frame("迟", "true", "")); code != 846605 {
		t.Errorf("a day later: %d", code)
	}
}

func TestTheFakeBotServerCountsFrames(t *testing.T) {
	t.Parallel()
	at := &clock{now: time.Unix(1795392004, 0)}
	fake, connect := start(t, at.Now)
	c := connect(true)
	c.said(fake.Say("u1", "", "甲"))
	c.said(fake.Say("u2", "", "甲"))
	send := func(to string) int {
		return c.reply("aibot_send_msg", "p", `{"chatid":"`+to+`","chat_type":1,"msgtype":"markdown","markdown":{"content":"x"}}`)
	}
	for hour := range 2 {
		passed := 0
		for range 50 {
			for range 30 {
				if send("u1") == 0 {
					passed++
				}
			}
			if code := send("u1"); code != 45009 {
				t.Fatalf("one too many: %d", code)
			}
			at.move(time.Minute)
		}
		if passed != 1000 {
			t.Errorf("hour %d: %d passed", hour, passed)
		}
		at.move(10 * time.Minute)
	}
	if code := send("u2"); code != 0 {
		t.Errorf("another conversation: %d", code)
	}
}

func TestTheFakeBotServerMisbehaves(t *testing.T) {
	t.Parallel()
	fake, connect := start(t, nil)
	if _, err := fake.Say("u1", "", "甲"); !errors.Is(err, chattest.ErrOffline) {
		t.Errorf("without a bot: %v", err)
	}
	early := connect(false)
	if code := early.reply("aibot_send_msg", "p", `{}`); code != 846609 || len(fake.Violations()) != 1 {
		t.Errorf("without subscription: %d", code)
	}
	if code := early.ask(`{"cmd":"aibot_subscribe","headers":{"req_id":"s"},"body":{"bot_id":"B","secret":"x"}}`); code != chattest.AIBotBadSecret {
		t.Errorf("a wrong secret: %d", code)
	}
	c := connect(true)
	second := connect(true)
	if a := c.read(); a.Cmd != "aibot_event_callback" || a.Body.MsgType != "event" {
		t.Errorf("kicked by %+v", a)
	}
	if _, _, err := c.ws.Read(t.Context()); err == nil {
		t.Error("the old connection lives")
	}
	c = second
	fake.Duplicate(1)
	id, err := fake.Say("u1", "", "甲")
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.read(), c.read()
	if a.Body.MsgID != id || b.Body.MsgID != id || a.Headers.ID == b.Headers.ID {
		t.Errorf("got %+v and %+v", a, b)
	}
	fake.Duplicate(0)

	const reply = `{"msgtype":"stream","stream":{"id":"s","finish":false,"content":"x"}}`
	fake.Fail("aibot_respond_msg", -1, 1)
	if code := c.reply("aibot_respond_msg", a.Headers.ID, reply); code != -1 || len(fake.Shown()) != 0 {
		t.Errorf("failing: %d", code)
	}
	frame := `{"cmd":"aibot_respond_msg","headers":{"req_id":"` + a.Headers.ID + `"},"body":` + reply + `}`
	fake.Swallow(1)
	c.write(frame)
	fake.Hold(true)
	c.write(frame)
	c.write(frame)
	if err := fake.Await(t.Context(), func() bool { return fake.Held() == 2 }); err != nil {
		t.Fatal(err)
	}
	if v := fake.Violations(); len(v) != 2 || !strings.Contains(v[1], "before the first was acknowledged") {
		t.Errorf("violations %q", v)
	}
	fake.Mute(true)
	c.write(`{"cmd":"ping","headers":{"req_id":"ping_1"}}`)
	fake.Hold(false)
	for range 2 {
		if a := c.read(); a.Headers.ID == "ping_1" || a.Code == nil || *a.Code != 0 {
			t.Errorf("got %+v", a)
		}
	}
	fake.Forget()
	if code := c.reply("aibot_respond_msg", b.Headers.ID, reply); code != 846605 {
		t.Errorf("forgotten: %d", code)
	}
	fake.Kick()
	if a := c.read(); a.Cmd != "aibot_event_callback" || fake.Connected() {
		t.Errorf("kicked by %+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fake.Await(ctx, fake.Connected); !errors.Is(err, context.Canceled) {
		t.Errorf("await: %v", err)
	}
}
