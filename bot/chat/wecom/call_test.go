package wecom_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// serveChannel serves a channel whose bot answers every message with r.
func serveChannel(t *testing.T, ch chat.Channel, messages *atomic.Int64, r func(chat.Message) chat.Reply) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		d, err := ch.Receive(req.Context(), chat.Request{Method: req.Method, Query: req.URL.Query(), Header: req.Header, Body: body})
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		out := d.Response
		if d.Message != nil {
			if !d.Again {
				messages.Add(1)
			}
			if d.Answer != nil {
				if out, err = d.Answer(req.Context(), r(*d.Message)); err != nil {
					t.Error(err)
				}
			}
		}
		w.Header().Set("Content-Type", out.ContentType)
		w.Write(out.Body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

const callerKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

func guard() chat.Guard { return chat.NewGuard(chat.NewMemory(nil), wecom.Remember) }

func TestADialogueWithAnApp(t *testing.T) {
	t.Parallel()
	app, err := wecom.NewApp(wecom.Options{Token: "T", AESKey: callerKey, CorpID: "ww1", AgentID: "7", Guard: guard()})
	if err != nil {
		t.Fatal(err)
	}
	var messages atomic.Int64
	c := &chattest.WeComCaller{Token: "T", AESKey: callerKey, CorpID: "ww1", AgentID: 7}
	c.URL = serveChannel(t, app, &messages, func(m chat.Message) chat.Reply {
		if m.Place != nil {
			return chat.Reply{Text: m.Place.Label}
		}
		if m.Event != nil {
			return chat.Reply{Text: string(m.Event.Kind) + m.Event.Key}
		}
		return chat.Reply{Text: "答：" + m.Text}
	})
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]chattest.WeComCall{
		"答：志愿 <服务> 谁负责": c.Text("ZhangSan", "志愿 <服务> 谁负责"), "上海市": c.Place("ZhangSan", 31.2, 121.4, "上海市"),
		"enter": c.Event("ZhangSan", "enter_agent", ""), "cardtake": c.Press("ZhangSan", "T12", "take", "CODE"),
	} {
		if a := c.Post(t.Context(), call); a.Err != nil || a.Text != want {
			t.Errorf("%s: %+v", want, a)
		}
	}
	before := messages.Load()
	for _, a := range c.Flood(t.Context(), c.Text("ZhangSan", "一次"), 10) {
		if a.Err != nil || a.Text != "答：一次" {
			t.Errorf("%+v", a)
		}
	}
	if n := messages.Load() - before; n != 1 {
		t.Errorf("%d messages came of one", n)
	}
}

func TestAPressedCardCanBeChangedByItsAddress(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	app, err := wecom.NewApp(wecom.Options{Token: "T", AESKey: callerKey, CorpID: "ww1", Guard: guard(), Now: x.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	c := &chattest.WeComCaller{Token: "T", AESKey: callerKey, CorpID: "ww1", AgentID: 1000002, Now: x.clock.now}
	call := c.Press("ZhangSan", "T12", "take", x.CardCode("ZhangSan"))
	d, err := app.Receive(t.Context(), chat.Request{Method: "POST", Query: call.Query, Body: call.Body})
	if err != nil {
		t.Fatal(err)
	}
	x.wants(t, x.app.Push(t.Context(), d.Message.From, chat.Reply{Text: "已签收", Update: true, Card: &chat.Card{Title: "已签收"}}), "done")
	x.wants(t, x.app.Push(t.Context(), d.Message.From, chat.Reply{Text: "另外"}), "done")
	if got := x.Delivered(); len(got) != 2 || got[0].Text != "[已签收]" || got[1].Text != "另外" {
		t.Errorf("seen %+v", got)
	}
}

func TestADialogueWithAnAIBot(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	bot, err := wecom.NewAIBot(wecom.Options{Token: "T", AESKey: callerKey, BotID: "B", BotName: "助手", APIBase: x.URL(), Guard: guard(), Now: x.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	var messages atomic.Int64
	var from atomic.Value
	c := &chattest.WeComCaller{Token: "T", AESKey: callerKey, BotID: "B", Now: x.clock.now}
	c.URL = serveChannel(t, bot, &messages, func(m chat.Message) chat.Reply {
		from.Store(m.From)
		if m.Event != nil && m.Event.Kind == chat.EventCard {
			return chat.Reply{Text: "已签收", Update: true, Card: &chat.Card{ID: m.Event.Task, Title: "已签收", Link: "https://xt.example/p/1"}}
		}
		if m.Event != nil {
			return chat.Reply{Text: "欢迎"}
		}
		return chat.Reply{Text: m.Text + "|" + m.Quoted, Feedback: "F1"}
	})
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	call := c.Say(chattest.WeComSaid{User: "lisi", Chat: "chat1", Text: "@助手 谁负责", Quote: "上一条", ResponseURL: x.ResponseURL("chat1")})
	a := c.Post(t.Context(), call)
	if a.Err != nil || a.Type != "stream" || !a.Finish || a.Text != "谁负责|上一条" || a.Feedback != "F1" || a.Stream == "" {
		t.Errorf("%+v", a)
	}
	x.wants(t, x.bot.Push(t.Context(), from.Load().(chat.Address), chat.Reply{Text: "补充"}), "done")
	if a := c.Post(t.Context(), c.Enter("lisi")); a.Err != nil || a.Type != "text" || a.Text != "欢迎" {
		t.Errorf("enter: %+v", a)
	}
	if a := c.Post(t.Context(), c.Rate(chattest.WeComSaid{User: "lisi", Text: "错了"}, "F1", 2)); a.Err != nil || a.Type != "" {
		t.Errorf("rate: %+v", a)
	}
	if a := c.Post(t.Context(), c.PressBot(chattest.WeComSaid{User: "lisi"}, "T12", "take")); a.Err != nil || a.Type != "update_template_card" || a.Text != "已签收" {
		t.Errorf("press: %+v", a)
	}
	if n := messages.Load(); n != 4 {
		t.Errorf("%d messages", n)
	}
	if a := c.Post(t.Context(), c.Poll(chattest.WeComSaid{User: "lisi"}, a.Stream)); a.Err != nil || !a.Finish {
		t.Errorf("poll: %+v", a)
	}
}
