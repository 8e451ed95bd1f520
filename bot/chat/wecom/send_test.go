package wecom_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex // guards at
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Credentials of the tests; they must turn up nowhere.
const (
	canarySecret = "CANARY-secret"
	canaryKey    = "CANARY-key"
)

// tenant is a fake WeCom with all that sends to it.
type tenant struct {
	*chattest.WeCom
	clock *clock
	state *chat.Memory
	api   *wecom.API
	app   *wecom.AppPusher
	group *wecom.Webhook
	bot   *wecom.Responder
}

// robots are the group robots of a tenant: by id their address.
type robots map[string]chat.Link

func (r robots) Robot(_ context.Context, id string) (chat.Robot, error) {
	if id == "down" {
		return chat.Robot{}, errDown
	}
	link, ok := r[id]
	if !ok {
		return chat.Robot{}, fmt.Errorf("robot %s: %w", id, chat.ErrConfig)
	}
	return chat.Robot{Webhook: link}, nil
}

func newTenant(t testing.TB, change ...func(*wecom.APIOptions)) *tenant {
	t.Helper()
	c := newClock()
	x := &tenant{clock: c, state: chat.NewMemory(c.now)}
	x.WeCom = chattest.NewWeCom(chattest.WeComOptions{
		CorpID: "ww1", Secret: canarySecret, AgentID: 1000002, Members: []string{"ZhangSan", "lisi"}, Robots: []string{canaryKey, "other"}, Now: c.now,
	})
	t.Cleanup(x.Close)
	opt := wecom.APIOptions{CorpID: "ww1", Secret: canarySecret, AgentID: 1000002, Base: x.URL(), State: x.state, Now: c.now}
	for _, f := range change {
		f(&opt)
	}
	var err error
	if x.api, err = wecom.NewAPI(opt); err != nil {
		t.Fatal(err)
	}
	x.app = wecom.NewAppPusher(x.api, wecom.AppOptions{Answers: true})
	if x.group, err = wecom.NewWebhook(wecom.WebhookOptions{Base: x.URL(), Robots: robots{
		"r1": chat.Link(x.Webhook(canaryKey)), "r2": chat.Link(x.Webhook("other")), "gone": chat.Link(x.Webhook("gone")),
		"elsewhere": "https://qyapi.weixin.qq.com.example.net/cgi-bin/webhook/send?key=" + canaryKey,
		"otherpath": chat.Link(x.URL() + "/cgi-bin/message/send?key=" + canaryKey),
	}}); err != nil {
		t.Fatal(err)
	}
	if x.bot, err = wecom.NewResponder(wecom.ResponderOptions{Base: x.URL(), Now: c.now}); err != nil {
		t.Fatal(err)
	}
	return x
}

var (
	toZhang = chat.Address{Via: wecom.ViaApp, Kind: chat.Direct, User: "ZhangSan", Conversation: "ZhangSan"}
	toGroup = chat.Address{Via: wecom.ViaWebhook, Kind: chat.Group, Robot: "r1"}
)

// session is an address that can be answered once.
func (x *tenant) session() chat.Address {
	return chat.Address{Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "chat1", Robot: "B", Session: chat.Session{
		Link: chat.Link(x.ResponseURL("chat1")), Until: x.clock.now().Add(time.Hour), Once: true,
	}}
}

// wants checks an outcome by its text and that no rule was broken.
func (x *tenant) wants(t *testing.T, got chat.Outcome, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("outcome %s, want %s", got, want)
	}
	if v := x.Violations(); len(v) > 0 {
		t.Errorf("broken: %q", v)
	}
}

var button = &chat.Card{ID: "T12", Title: "签收任务", Text: "请今天签收", Facts: []chat.Fact{{Name: "期限", Value: "12月31日"}}, Buttons: []chat.Button{{Text: "签收", Key: "take"}}}
var page = &chat.Card{ID: "T13", Title: "新任务", Link: "https://xt.example/p/1", Buttons: []chat.Button{{Text: "签收", Key: "take"}}}

func TestWhatAnAppSendsToAPerson(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply      chat.Reply
		typ, text  string
		cardType   string
		buttonKeys int
	}{
		"text":                       {chat.Reply{Text: "你好 <b> & 好"}, "text", "你好 <b> & 好", "", 0},
		"markdown":                   {chat.Reply{Text: "甲", Markdown: "**甲**"}, "markdown", "**甲**", "", 0},
		"markdown too long":          {chat.Reply{Text: "甲", Markdown: strings.Repeat("长", 683)}, "text", "甲", "", 0},
		"a card with buttons":        {chat.Reply{Text: "甲", Card: button}, "template_card", "签收任务\n请今天签收\n期限: 12月31日\n[签收]", "button_interaction", 1},
		"a card with a page":         {chat.Reply{Text: "甲", Card: &chat.Card{Title: "新任务", Link: "https://xt.example/p/1"}}, "template_card", "新任务", "text_notice", 0},
		"a card that opens nothing":  {chat.Reply{Text: "甲", Card: &chat.Card{Title: "新任务"}}, "text", "甲", "", 0},
		"only such a card":           {chat.Reply{Card: &chat.Card{Title: "新任务", Facts: []chat.Fact{{Name: "期限", Value: "今天"}}}}, "text", "新任务\n期限：今天", "", 0},
		"a card without id":          {chat.Reply{Text: "甲", Card: &chat.Card{Title: "新任务", Buttons: button.Buttons}}, "text", "甲", "", 0},
		"a page that is none":        {chat.Reply{Text: "甲", Card: &chat.Card{Title: "新任务", Link: "javascript:alert(1)"}}, "text", "甲", "", 0},
		"mentions are broken":        {chat.Reply{Text: "<@all> 和 @所有人"}, "text", "<\u200b@all\u200b> 和 @\u200b所有人", "", 0},
		"nobody is mentioned by app": {chat.Reply{Text: "甲", Mention: []chat.UserID{"lisi"}}, "text", "甲", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			got := x.app.Push(t.Context(), toZhang, tc.reply)
			x.wants(t, got, "done")
			if got.ID() == "" {
				t.Error("no id to withdraw by")
			}
			want := []chattest.WeComDelivery{{By: chattest.WeComByApp, To: "ZhangSan", Type: tc.typ, Text: tc.text, ID: got.ID(), At: x.clock.now()}}
			if name == "mentions are broken" {
				want[0].Text = chat.Defuse(tc.reply.Text)
			}
			if diff := cmp.Diff(want, x.Delivered(), cmpopts.IgnoreFields(chattest.WeComDelivery{}, "Card")); diff != "" {
				t.Error(diff)
			}
			if card := x.Delivered()[0].Card; (card != nil) != (tc.cardType != "") || card != nil && (card.Type != tc.cardType || len(card.Buttons) != tc.buttonKeys) {
				t.Errorf("card %+v", card)
			}
		})
	}
}

func TestWhatAnAppCannotSend(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	for name, tc := range map[string]struct {
		to   chat.Address
		r    chat.Reply
		want string
	}{
		"to everybody":    {chat.Address{User: "@all"}, chat.Reply{Text: "甲"}, "permanent(no-person)"},
		"to several":      {chat.Address{User: "a|b"}, chat.Reply{Text: "甲"}, "permanent(no-person)"},
		"to nobody":       {chat.Address{}, chat.Reply{Text: "甲"}, "permanent(no-person)"},
		"to a group":      {chat.Address{Kind: chat.Group, User: "ZhangSan"}, chat.Reply{Text: "甲"}, "permanent(no-person)"},
		"nothing":         {toZhang, chat.Reply{Text: " \n"}, "permanent(empty)"},
		"too much":        {toZhang, chat.Reply{Text: strings.Repeat("长", 683)}, "permanent(too-long)"},
		"a change of old": {toZhang, chat.Reply{Text: "甲", Card: button, Update: true}, "permanent(no-session)"},
	} {
		if got := x.app.Push(t.Context(), tc.to, tc.r); got.String() != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if x.Calls("message/send")+x.Calls("message/update_template_card") != 0 {
		t.Error("something was called")
	}
	exact := strings.Repeat("长", 682) + "ab"
	x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: exact}), "done")
	if got := x.Delivered()[0].Text; got != exact || len(got) != x.app.Room(toZhang) {
		t.Errorf("%d bytes of %d", len(got), len(exact))
	}
}

func TestAcceptedIsNotReached(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	got := x.app.Push(t.Context(), chat.Address{User: "WangWu"}, chat.Reply{Text: "甲"})
	if got.Verdict() != chat.VerdictPermanent || got.Code() != "81013" || !slices.Equal(got.Unreached(), []string{"WangWu"}) {
		t.Errorf("nobody there: %s %q", got, got.Unreached())
	}
	for _, field := range []string{"invaliduser", "unlicenseduser"} {
		transport := answering(`{"errcode":0,"errmsg":"ok","msgid":"m","`+field+`":"wangwu"}`, http.StatusOK)
		x := newTenant(t, func(o *wecom.APIOptions) { o.Client = chat.NewClient(transport) })
		got := x.app.Push(t.Context(), chat.Address{User: "WangWu"}, chat.Reply{Text: "甲"})
		if got.Verdict() != chat.VerdictPermanent || got.Code() != field || !slices.Equal(got.Unreached(), []string{"wangwu"}) {
			t.Errorf("errcode 0 with %s: %s %q", field, got, got.Unreached())
		}
	}
}

// answering answers every request alike.
func answering(body string, status int) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r, ContentLength: -1}, nil
	}).body(body)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (f roundTrip) body(s string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := f(r)
		resp.Body = readCloser{strings.NewReader(s)}
		return resp, err
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// Where a press would not come back there is no button; the words say what to answer.
func TestAnAppWithoutACallbackHasNoButtons(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	app := wecom.NewAppPusher(x.api, wecom.AppOptions{})
	for _, card := range []*chat.Card{button, page} {
		x.wants(t, app.Push(t.Context(), toZhang, chat.Reply{Text: "请回复“收到 T12”", Card: card}), "done")
	}
	got := x.Delivered()
	if len(got) != 2 || got[0].Type != "text" || got[0].Text != "请回复“收到 T12”" || got[1].Card == nil || got[1].Card.Type != "text_notice" {
		t.Errorf("%+v", got)
	}
}

func TestAPressedCardChangesOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	pressed := toZhang
	pressed.Session = chat.Session{Link: chat.Link(x.CardCode("ZhangSan")), Until: x.clock.now().Add(time.Hour), Once: true}
	done := chat.Reply{Text: "已签收", Update: true, Card: &chat.Card{Title: "已签收：一个很长很长的任务名称"}}
	x.wants(t, x.app.Push(t.Context(), pressed, done), "done")
	x.wants(t, x.app.Push(t.Context(), pressed, done), "permanent(40058)")
	pressed.Session.Link = chat.Link(x.CardCode("ZhangSan"))
	done.Card = page
	x.wants(t, x.app.Push(t.Context(), pressed, done), "done")
	got := x.Delivered()
	if len(got) != 2 || got[0].By != chattest.WeComByUpdate || got[0].Text != "[已签收：一个很长很…]" || got[1].Card == nil || got[1].Card.TaskID != "T13" {
		t.Errorf("seen %+v", got)
	}
	x.clock.forward(time.Hour)
	x.wants(t, x.app.Push(t.Context(), pressed, done), "permanent(no-session)")
}

func TestPicturesToPersonsAndGroups(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	small := chattest.Noise(4096)
	got := x.app.Illustrate(t.Context(), toZhang, small)
	x.wants(t, got, "done")
	if got.ID() == "" {
		t.Error("no id to withdraw by")
	}
	x.ExpireTokens()
	x.wants(t, x.app.Illustrate(t.Context(), toZhang, small), "done")
	x.wants(t, x.group.Illustrate(t.Context(), toGroup, small), "done")
	for i, d := range x.Delivered() {
		if d.Type != "image" || !bytes.Equal(d.Picture, small) || d.To != []string{"ZhangSan", "ZhangSan", canaryKey}[i] {
			t.Errorf("%d: %s to %s, %d bytes", i, d.Type, d.To, len(d.Picture))
		}
	}
	x.wants(t, x.app.Illustrate(t.Context(), toGroup, small), "permanent(no-person)")
	x.wants(t, x.group.Illustrate(t.Context(), toGroup, chattest.Noise(3<<20)), "permanent(too-long)")
	x.wants(t, x.group.Illustrate(t.Context(), chat.Address{Robot: "elsewhere"}, small), "permanent(no-robot)")
	before := len(x.Delivered())
	for fault, want := range map[chattest.WeComFault]string{{Cut: true}: "retry(network) after 0s", {Status: 502}: "retry(http-502) after 0s", {Code: 45009}: "retry(45009) after 1m0s", {Code: 40009}: "permanent(40009)"} {
		x.Fail("media/upload", fault, 1)
		x.wants(t, x.app.Illustrate(t.Context(), toZhang, small), want)
	}
	x.Fail("message/send", chattest.WeComFault{Cut: true}, 1)
	x.wants(t, x.app.Illustrate(t.Context(), toZhang, small), "unknown(network)")
	if n := len(x.Delivered()) - before; n != 1 {
		t.Errorf("%d pictures arrived, one of unknown outcome was to", n)
	}
}

func TestAMessageIsWithdrawn(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	sent := x.app.Push(t.Context(), toZhang, chat.Reply{Text: "错"})
	x.wants(t, x.app.Withdraw(t.Context(), toZhang, sent.ID()), "done")
	if len(x.Delivered()) != 0 {
		t.Error("it is still there")
	}
	x.wants(t, x.app.Withdraw(t.Context(), toZhang, sent.ID()), "permanent(40058)")
	x.wants(t, x.app.Withdraw(t.Context(), toZhang, ""), "permanent(empty)")
	late := x.app.Push(t.Context(), toZhang, chat.Reply{Text: "晚"})
	x.clock.forward(25 * time.Hour)
	x.wants(t, x.app.Withdraw(t.Context(), toZhang, late.ID()), "permanent(40058)")
}

func TestWhatARobotSendsToItsGroup(t *testing.T) {
	t.Parallel()
	list := "- 甲\n- 乙"
	for name, tc := range map[string]struct {
		reply     chat.Reply
		typ, text string
		mentions  []string
	}{
		"text":                      {chat.Reply{Text: "甲"}, "text", "甲", nil},
		"text to somebody":          {chat.Reply{Text: "甲", Mention: []chat.UserID{"lisi", "ZhangSan"}}, "text", "甲", []string{"lisi", "ZhangSan"}},
		"everybody is nobody":       {chat.Reply{Text: "甲", Mention: []chat.UserID{"@all", "all|x", "", "<@all>"}}, "text", "甲", nil},
		"markdown of old clients":   {chat.Reply{Text: "甲", Markdown: "**甲** > 乙"}, "markdown", "**甲** > 乙", nil},
		"markdown to somebody":      {chat.Reply{Text: "甲", Markdown: "**甲**", Mention: []chat.UserID{"lisi"}}, "markdown", "**甲**\n<@lisi>", []string{"lisi"}},
		"a list":                    {chat.Reply{Text: "甲", Markdown: list}, "markdown_v2", list, nil},
		"a numbered list":           {chat.Reply{Text: "甲", Markdown: "一\n1. 甲"}, "markdown_v2", "一\n1. 甲", nil},
		"a table":                   {chat.Reply{Text: "甲", Markdown: "| 甲 | 乙 |"}, "markdown_v2", "| 甲 | 乙 |", nil},
		"a list with colours":       {chat.Reply{Text: "甲", Markdown: `- <font color="info">甲</font>`}, "markdown", `- <font color="info">甲</font>`, nil},
		"a list to somebody":        {chat.Reply{Text: "甲", Markdown: list, Mention: []chat.UserID{"lisi"}}, "text", "甲", []string{"lisi"}},
		"only a list, to somebody":  {chat.Reply{Markdown: list, Mention: []chat.UserID{"lisi"}}, "markdown", list + "\n<@lisi>", []string{"lisi"}},
		"a card":                    {chat.Reply{Text: "甲", Card: page}, "template_card", "新任务", nil},
		"a card without a page":     {chat.Reply{Text: "甲", Card: button}, "text", "甲", nil},
		"a card to somebody":        {chat.Reply{Text: "甲", Card: page, Mention: []chat.UserID{"lisi"}}, "text", "甲", []string{"lisi"}},
		"users mention nobody":      {chat.Reply{Text: "<@lisi> @all @所有人"}, "text", chat.Defuse("<@lisi> @all @所有人"), nil},
		"nor in markdown":           {chat.Reply{Markdown: "**<@lisi>** <@all>"}, "markdown", chat.Defuse("**<@lisi>** <@all>"), nil},
		"markdown longer than text": {chat.Reply{Text: "甲", Markdown: strings.Repeat("长", 1365)}, "markdown", strings.Repeat("长", 1365), nil},
		"markdown too long":         {chat.Reply{Text: "甲", Markdown: strings.Repeat("长", 1366)}, "text", "甲", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			x.wants(t, x.group.Push(t.Context(), toGroup, tc.reply), "done")
			want := []chattest.WeComDelivery{{By: chattest.WeComByRobot, To: canaryKey, Type: tc.typ, Text: tc.text, Mentions: tc.mentions, At: x.clock.now()}}
			if diff := cmp.Diff(want, x.Delivered(), cmpopts.IgnoreFields(chattest.WeComDelivery{}, "Card")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatARobotCannotSend(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	hi := chat.Reply{Text: "甲"}
	for name, tc := range map[string]struct {
		robot string
		reply chat.Reply
		want  string
	}{
		"an unknown robot":  {"nobody", hi, "permanent(no-robot)"},
		"one of elsewhere":  {"elsewhere", hi, "permanent(no-robot)"},
		"another address":   {"otherpath", hi, "permanent(no-robot)"},
		"one that is gone":  {"gone", hi, "permanent(93000)"},
		"the store is down": {"down", hi, "retry(state) after 5s"},
		"nothing":           {"r1", chat.Reply{}, "permanent(empty)"},
		"too much":          {"r1", chat.Reply{Text: strings.Repeat("长", 683), Markdown: strings.Repeat("长", 1366)}, "permanent(too-long)"},
	} {
		t.Run(name, func(t *testing.T) {
			x.wants(t, x.group.Push(t.Context(), chat.Address{Kind: chat.Group, Robot: tc.robot}, tc.reply), tc.want)
		})
	}
	if len(x.Delivered()) != 0 {
		t.Errorf("seen %+v", x.Delivered())
	}
}

func TestTheRatesAreThePlatformsOwn(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(*tenant) (chat.Pusher, chat.Address){
		"app":   func(x *tenant) (chat.Pusher, chat.Address) { return x.app, toZhang },
		"robot": func(x *tenant) (chat.Pusher, chat.Address) { return x.group, toGroup },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			p, to := of(x)
			r := p.Rates(to)[0]
			for i := range r.Max {
				if got := p.Push(t.Context(), to, chat.Reply{Text: "甲"}); got.Verdict() != chat.VerdictDone {
					t.Fatalf("%d: %s", i, got)
				}
			}
			if v := x.Violations(); len(v) != 0 {
				t.Fatalf("within the rate: %q", v)
			}
			before := len(x.Delivered())
			got := p.Push(t.Context(), to, chat.Reply{Text: "甲"})
			if name == "robot" && got.String() != "retry(45009) after 1m0s" {
				t.Errorf("one more: %s", got)
			}
			if name == "app" && got.Verdict() != chat.VerdictDone {
				t.Errorf("one more is dropped without a word: %s", got)
			}
			if len(x.Delivered()) != before {
				t.Error("one more arrived")
			}
			x.clock.forward(r.Per)
			if got := p.Push(t.Context(), to, chat.Reply{Text: "甲"}); got.Verdict() != chat.VerdictDone || len(x.Delivered()) != before+1 {
				t.Errorf("a minute later: %s", got)
			}
		})
	}
	x := newTenant(t)
	if v := x.app.Rates(toZhang); v[0].Key == v[1].Key || v[1].Max != 1000 || v[1].Per != time.Hour {
		t.Errorf("rates %+v", v)
	}
	other := toZhang
	other.User = "zhangsan"
	if x.app.Rates(other)[0] != x.app.Rates(toZhang)[0] {
		t.Error("one member has two counts")
	}
	few := wecom.NewAppPusher(x.api, wecom.AppOptions{PerMinute: 3, PerHour: 5}).Rates(toZhang)
	if few[0].Max != 3 || few[1].Max != 5 {
		t.Errorf("configured: %+v", few)
	}
}

func TestAResponseURLIsUsedOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	to := x.session()
	x.wants(t, x.bot.Push(t.Context(), to, chat.Reply{Text: "甲", Markdown: "**甲** <@all>", Feedback: "F1"}), "done")
	want := []chattest.WeComDelivery{{By: chattest.WeComByResponse, To: "chat1", Type: "markdown", Text: chat.Defuse("**甲** <@all>"), Feedback: "F1", At: x.clock.now()}}
	if diff := cmp.Diff(want, x.Delivered()); diff != "" {
		t.Error(diff)
	}
	x.wants(t, x.bot.Push(t.Context(), to, chat.Reply{Text: "甲"}), "permanent(40058)")
	x.wants(t, x.bot.Push(t.Context(), x.session(), chat.Reply{Text: "只有文字"}), "done")
	x.wants(t, x.bot.Push(t.Context(), x.session(), chat.Reply{Text: "甲", Card: button}), "done")
	if got := x.Delivered(); got[1].Type != "markdown" || got[2].Type != "template_card" {
		t.Errorf("seen %+v", got)
	}
	x.wants(t, x.bot.Push(t.Context(), x.session(), chat.Reply{}), "permanent(empty)")
	x.wants(t, x.bot.Push(t.Context(), x.session(), chat.Reply{Text: strings.Repeat("长", 6827)}), "permanent(too-long)")
}

func TestOnlyALivingLinkOfOursIsAnswered(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	for name, change := range map[string]func(*chat.Session){
		"none":            func(s *chat.Session) { *s = chat.Session{} },
		"over":            func(s *chat.Session) { s.Until = x.clock.now() },
		"another host":    func(s *chat.Session) { s.Link = "https://example.net/cgi-bin/aibot/response?response_code=1" },
		"another path":    func(s *chat.Session) { s.Link = chat.Link(x.Webhook(canaryKey)) },
		"of a connection": func(s *chat.Session) { s.Link = "msg:REQ" },
	} {
		to := x.session()
		change(&to.Session)
		if got := x.bot.Push(t.Context(), to, chat.Reply{Text: "甲"}); got.String() != "permanent(no-session)" || x.bot.Can(to) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if x.Calls("aibot/response") != 0 || !x.bot.Can(x.session()) {
		t.Error("called, or a living link is refused")
	}
}

// senders push one text each way.
func (x *tenant) senders(ctx context.Context) map[string]func() chat.Outcome {
	return map[string]func() chat.Outcome{
		"message/send":   func() chat.Outcome { return x.app.Push(ctx, toZhang, chat.Reply{Text: "甲"}) },
		"webhook/send":   func() chat.Outcome { return x.group.Push(ctx, toGroup, chat.Reply{Text: "甲"}) },
		"aibot/response": func() chat.Outcome { return x.bot.Push(ctx, x.session(), chat.Reply{Text: "甲"}) },
	}
}

func TestFaultsOfTheWay(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault chattest.WeComFault
		want  string
		seen  int
	}{
		"502":             {chattest.WeComFault{Status: 502}, "retry(http-502) after 0s", 0},
		"404":             {chattest.WeComFault{Status: 404}, "permanent(http-404)", 0},
		"204":             {chattest.WeComFault{Status: 204}, "unknown(answer)", 0},
		"dropped":         {chattest.WeComFault{Drop: true}, "unknown(network)", 0},
		"cut":             {chattest.WeComFault{Cut: true}, "unknown(network)", 1},
		"busy":            {chattest.WeComFault{Code: -1}, "retry(-1) after 5s", 0},
		"too often":       {chattest.WeComFault{Code: 45009}, "retry(45009) after 1m0s", 0},
		"too many":        {chattest.WeComFault{Code: 45033}, "retry(45033) after 10s", 0},
		"an IP":           {chattest.WeComFault{Code: 60020}, "permanent(60020)", 0},
		"one of tomorrow": {chattest.WeComFault{Code: 99999}, "permanent(99999)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			for path, push := range x.senders(t.Context()) {
				x.Fail(path, tc.fault, 1)
				before := len(x.Delivered())
				if got := push(); got.String() != tc.want {
					t.Errorf("%s: %s, want %s", path, got, tc.want)
				}
				if n := len(x.Delivered()) - before; n != tc.seen {
					t.Errorf("%s: %d seen", path, n)
				}
				if got := push(); got.Verdict() != chat.VerdictDone {
					t.Errorf("%s, after it: %s", path, got)
				}
			}
		})
	}
}

// What hangs ends with the context, and nobody knows whether it happened.
func TestWhatHangsIsUnknown(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	if _, err := x.api.Check(t.Context()); err != nil { // so that there is a token
		t.Fatal(err)
	}
	for path := range x.senders(t.Context()) {
		x.Fail(path, chattest.WeComFault{Hang: true}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan chat.Outcome)
		go func() { end <- x.senders(ctx)[path]() }()
		<-x.Hung()
		cancel()
		if got := (<-end).String(); got != "unknown(network)" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestAnAnswerWithoutACodeIsNoSuccess(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`: "unknown(answer)", `{"errcode":null}`: "unknown(answer)", `<html>`: "unknown(answer)", ``: "unknown(answer)",
		`{"errcode":"0"}`: "unknown(answer)", `[]`: "unknown(answer)", `{"errcode":0}`: "done", `{"errcode":0,"x":[]}`: "done",
	} {
		x := newTenant(t)
		group, err := wecom.NewWebhook(wecom.WebhookOptions{Base: x.URL(), Robots: robots{"r1": chat.Link(x.Webhook(canaryKey))}, Client: chat.NewClient(answering(body, 200))})
		if err != nil {
			t.Fatal(err)
		}
		if got := group.Push(t.Context(), toGroup, chat.Reply{Text: "甲"}); got.String() != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
}
