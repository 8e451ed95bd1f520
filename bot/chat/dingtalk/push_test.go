package dingtalk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
)

const (
	groupID = "cidX+/="
	done    = "done"
)

var (
	group  = chat.Address{Via: dingtalk.ViaRobot, Kind: chat.Group, Conversation: groupID}
	person = chat.Address{Via: dingtalk.ViaRobot, Kind: chat.Direct, Conversation: "cid-u1", User: "u1"}
)

func TestRepliesGoToTheSession(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID, "u1", "u2")
		p := w.pusher(t)
		to := w.address(t, chattest.DingTalkMessage{Conversation: groupID, User: "u1", Text: "甲"})
		is(t, "text", p.Push(t.Context(), to, chat.Reply{Text: "一\n二 <b> & @所有人", Mention: []chat.UserID{"u1", "u1", "$:x", "all", "u 2", "u2"}}), done)
		is(t, "markdown", p.Push(t.Context(), to, chat.Reply{Text: "一", Markdown: "# 题\n一\n二\n\n- 三", Mention: []chat.UserID{"u2"}}), done)
		card := &chat.Card{ID: "c", Title: "任务*", Text: "说明", Facts: []chat.Fact{{Name: "期限", Value: "5月"}}, Link: "https://bot.example/p/1", Buttons: []chat.Button{{Text: "签收", Key: "k"}}}
		is(t, "card", p.Push(t.Context(), to, chat.Reply{Text: "一", Card: card}), done)
		is(t, "card with mention", p.Push(t.Context(), to, chat.Reply{Text: "一", Card: card, Mention: []chat.UserID{"u1"}}), done)
		card.Link = "javascript:x"
		is(t, "card without link", p.Push(t.Context(), to, chat.Reply{Text: "一", Card: card}), done)
		shown := w.Delivered(groupID)
		for i, want := range []struct {
			kind  string
			lines []string
			at    []string
		}{
			{"text", []string{"@u1 @u2 一", "二 <b> & @\u200b所有人"}, []string{"u1", "u2"}},
			{"markdown", []string{"@u2", "# 题", "一", "二", "- 三"}, []string{"u2"}},
			{"actionCard", []string{"### 任务＊", "说明", "**期限**：5月"}, nil},
			{"markdown", []string{"@u1", "### 任务＊", "说明", "**期限**：5月", "[查看详情](https://bot.example/p/1)"}, []string{"u1"}},
			{"markdown", []string{"### 任务＊", "说明", "**期限**：5月"}, nil},
		} {
			s := shown[i]
			if s.By != "session" || s.Type != want.kind || s.AtAll || !slices.Equal(s.Lines(), want.lines) || !slices.Equal(s.At, want.at) {
				t.Errorf("%d: %s %s %q at %v", i, s.By, s.Type, s.Lines(), s.At)
			}
		}
		if shown[1].Title != "一" || shown[2].Title != "任务*" || shown[2].Link != "https://bot.example/p/1" {
			t.Errorf("titles %q %q", shown[1].Title, shown[2].Title)
		}
		if w.Calls(chattest.DingTalkToken) != 0 {
			t.Error("a session needs no token")
		}
	})
}

func TestWithoutASessionTheAPISends(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID, "u1")
		w.AddUsers("u1")
		w.Invalidate("u2")
		w.Throttle("u3")
		p := w.pusher(t)
		o := p.Push(t.Context(), group, chat.Reply{Text: "一", Markdown: "**一**\n二"})
		is(t, "to a group", o, done)
		is(t, "withdrawn", p.Withdraw(t.Context(), group, o.ID()), done)
		is(t, "withdrawn, but not there", p.Withdraw(t.Context(), group, "x"), "permanent(notExist)")
		is(t, "withdrawn without id", p.Withdraw(t.Context(), group, ""), "permanent(no-id)")
		o = p.Push(t.Context(), person, chat.Reply{Text: "一"})
		is(t, "to a person", o, done)
		is(t, "withdrawn from a person", p.Withdraw(t.Context(), person, o.ID()), done)
		card := &chat.Card{ID: "c", Title: "题", Link: "https://bot.example/"}
		is(t, "a card", p.Push(t.Context(), person, chat.Reply{Card: card}), done)
		other := func(u chat.UserID) chat.Address {
			return chat.Address{Via: dingtalk.ViaRobot, Kind: chat.Direct, User: u, Conversation: "cid"}
		}
		o = p.Push(t.Context(), other("u2"), chat.Reply{Text: "一"})
		is(t, "to nobody", o, "permanent(invalidStaffIdList), 1 not reached")
		if !slices.Equal(o.Unreached(), []string{"u2"}) {
			t.Errorf("unreached %v", o.Unreached())
		}
		is(t, "to a busy person", p.Push(t.Context(), other("u3"), chat.Reply{Text: "一"}), "retry(flowControlledStaffIdList) after 1m0s")
		is(t, "to somebody outside", p.Push(t.Context(), other("$:LWCP_v1:$x"), chat.Reply{Text: "一"}), "permanent(staffId.notExisted), 1 not reached")
		is(t, "of nothing", p.Push(t.Context(), group, chat.Reply{}), "permanent(empty)")
		shown := w.Delivered()
		if len(shown) != 3 || shown[0].Conversation != groupID || !shown[0].Recalled || shown[1].Conversation != "u1" || !shown[1].Recalled || shown[2].Type != "actionCard" {
			t.Errorf("shown %+v", shown)
		}
		if n := w.Calls(chattest.DingTalkToken); n != 1 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestPicturesAreUploadedAndShown(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID, "u1")
		w.AddUsers("u1")
		p := w.pusher(t)
		png := chattest.Noise(4096)
		o := p.Illustrate(t.Context(), group, png)
		is(t, "to a group", o, done)
		is(t, "withdrawn", p.Withdraw(t.Context(), group, o.ID()), done)
		w.ExpireToken()
		is(t, "to a person, with another token", p.Illustrate(t.Context(), person, png), done)
		for _, s := range w.Delivered() {
			if s.Type != "image" || !bytes.Equal(s.Picture, png) {
				t.Errorf("%s of %d bytes", s.Type, len(s.Picture))
			}
		}
		for want, fault := range map[string]chattest.DingTalkFault{
			"retry(network) after 0s": {Cut: true, Late: true}, "permanent(40035)": chattest.DingTalkErrcode(40035), "permanent(answer)": {Body: `{"errcode":0}`},
		} {
			w.Fail(chattest.DingTalkUpload, fault)
			is(t, "upload", p.Illustrate(t.Context(), person, png), want)
		}
		w.Fail(chattest.DingTalkSendDirect, chattest.DingTalkFault{Cut: true, Late: true})
		is(t, "sent, not answered", p.Illustrate(t.Context(), person, png), "unknown(network)")
		if n := len(w.Delivered()); n != 3 {
			t.Errorf("%d arrived", n)
		}
	})
}

func TestASessionThatIsOverGivesWayToTheAPI(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		p := w.pusher(t)
		say := func() chat.Address {
			return w.address(t, chattest.DingTalkMessage{Conversation: groupID, User: "u1", Text: "甲"})
		}
		to := say()
		w.ExpireSessions()
		is(t, "revoked", p.Push(t.Context(), to, chat.Reply{Text: "一"}), done)
		late := say()
		time.Sleep(90 * time.Minute)
		is(t, "expired", p.Push(t.Context(), late, chat.Reply{Text: "一"}), done)
		for _, link := range []chat.Link{"http://evil.example/robot/sendBySession?session=x", chat.Link(w.URL() + "/robot/send?access_token=x"), "https://oapi.dingtalk.com@evil.example/robot/sendBySession"} {
			to := say()
			to.Session.Link = link
			is(t, "elsewhere", p.Push(t.Context(), to, chat.Reply{Text: "一"}), done)
		}
		w.Fail(chattest.DingTalkSendBySession, chattest.DingTalkErrcode(130101))
		is(t, "muted", p.Push(t.Context(), say(), chat.Reply{Text: "一"}), "retry(130101) after 10m0s")
		for _, s := range w.Delivered() {
			if s.By != "group" {
				t.Errorf("went by %s", s.By)
			}
		}
		if n := w.Calls(chattest.DingTalkSendBySession); n != 2 || len(w.Delivered()) != 5 {
			t.Errorf("%d by session, %d shown", n, len(w.Delivered()))
		}
	})
}

func TestLongRepliesFitOrAreRefused(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{PerMinute: 100}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		p := w.pusher(t)
		hook := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken, Conversation: "h"})
		h := w.webhook(t, robots{"r": {Webhook: chat.Link(hook)}})
		for _, tc := range []struct {
			name string
			to   chat.Address
			push chat.Pusher
		}{{"api", group, p}, {"webhook", chat.Address{Via: dingtalk.ViaWebhook, Robot: "r"}, h}} {
			room := tc.push.Room(tc.to)
			dense := strings.Repeat("汉字“引”\n", room)[:room/3*3]
			dense = chat.Cut(dense, room)
			is(t, tc.name+" full", tc.push.Push(t.Context(), tc.to, chat.Reply{Text: "短", Markdown: dense}), done)
			is(t, tc.name+" markdown too long", tc.push.Push(t.Context(), tc.to, chat.Reply{Text: "短", Markdown: strings.Repeat("长\n", 9000)}), done)
			is(t, tc.name+" too long", tc.push.Push(t.Context(), tc.to, chat.Reply{Text: strings.Repeat("长", 9000)}), "permanent(460101)")
		}
		var kinds []string
		for _, s := range w.Delivered() {
			kinds = append(kinds, s.Type)
		}
		if !slices.Equal(kinds, []string{"markdown", "text", "markdown", "text"}) {
			t.Errorf("shown as %v", kinds)
		}
	})
}

func TestWebhooksAreSignedAndStayAtHome(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup("h", "u1")
		plain := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken, Conversation: "h"})
		signed := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken + "2", Secret: hookSecret, Conversation: "h"})
		keyed := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken + "3", Keywords: []string{"任务"}, Conversation: "h"})
		h := w.webhook(t, robots{
			"plain": {Webhook: chat.Link(plain)}, "signed": {Webhook: chat.Link(signed), Secret: hookSecret},
			"missigned": {Webhook: chat.Link(signed), Secret: "SECother"}, "keyed": {Webhook: chat.Link(keyed)},
			"gone": {Webhook: chat.Link(plain + "x")}, "elsewhere": {Webhook: "https://evil.example/robot/send?access_token=CANARY"},
			"session": {Webhook: chat.Link(w.URL() + "/robot/sendBySession?session=CANARY")}, "broken": {Webhook: "CANARY\x7f"},
		})
		for robot, want := range map[string]string{
			"plain": done, "signed": done, "missigned": "permanent(310000)", "keyed": "permanent(310000)", "gone": "permanent(300005)",
			"elsewhere": "permanent(address)", "session": "permanent(address)", "broken": "permanent(address)",
			"nobody": "permanent(robot)", "down": "retry(state) after 0s",
		} {
			is(t, robot, h.Push(t.Context(), chat.Address{Via: dingtalk.ViaWebhook, Robot: robot}, chat.Reply{Text: "一", Mention: []chat.UserID{"u1"}}), want)
		}
		is(t, "of nothing", h.Push(t.Context(), chat.Address{Robot: "plain"}, chat.Reply{}), "permanent(empty)")
		shown := w.Delivered("h")
		if len(shown) != 2 || !slices.Equal(shown[0].At, []string{"u1"}) || shown[0].Text != "@u1 一" {
			t.Errorf("shown %+v", shown)
		}
	})
}

func TestOurRatesStayBelowTheirs(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		hook := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken, Conversation: "h"})
		h, p := w.webhook(t, robots{"r": {Webhook: chat.Link(hook)}}), w.pusher(t)
		to := chat.Address{Via: dingtalk.ViaWebhook, Robot: "r"}
		rate := h.Rates(to)
		if len(rate) != 1 || rate[0].Max != 15 || rate[0].Per != time.Minute {
			t.Fatalf("rates %+v", rate)
		}
		for i := range 60 { // paced by the rate nothing is refused
			if i > 0 && i%rate[0].Max == 0 {
				time.Sleep(rate[0].Per)
			}
			is(t, fmt.Sprint(i), h.Push(t.Context(), to, chat.Reply{Text: "一"}), done)
		}
		for range 5 {
			h.Push(t.Context(), to, chat.Reply{Text: "一"})
		}
		is(t, "too fast", h.Push(t.Context(), to, chat.Reply{Text: "一"}), "retry(130101) after 10m0s")
		time.Sleep(10 * time.Minute)
		is(t, "after the wait", h.Push(t.Context(), to, chat.Reply{Text: "一"}), done)
		keys := map[string]bool{}
		for _, a := range []chat.Address{group, person, {Kind: chat.Group, Conversation: "b"}, {Kind: chat.Group, Conversation: "b", Robot: "other"}} {
			keys[p.Rates(a)[0].Key] = true
		}
		again := person
		again.Conversation = ""
		if keys[p.Rates(again)[0].Key] = true; len(keys) != 4 {
			t.Errorf("keys %v", keys)
		}
	})
}

func TestFailuresAreToldApart(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{PerMinute: 100}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		hook := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken, Conversation: "h"})
		h, p := w.webhook(t, robots{"r": {Webhook: chat.Link(hook)}}), w.pusher(t)
		to := chat.Address{Via: dingtalk.ViaWebhook, Robot: "r"}
		for name, tc := range map[string]struct {
			fault chattest.DingTalkFault
			want  string // by webhook
			api   string
		}{
			"hangs":               {chattest.DingTalkFault{Hang: true}, "unknown(network)", "unknown(network)"},
			"cuts":                {chattest.DingTalkFault{Cut: true}, "unknown(network)", "unknown(network)"},
			"works, then cuts":    {chattest.DingTalkFault{Cut: true, Late: true}, "unknown(network)", "unknown(network)"},
			"is down":             {chattest.DingTalkFault{Status: 503}, "retry(http-503) after 0s", "retry(http-503) after 0s"},
			"gives up waiting":    {chattest.DingTalkFault{Status: 504, Body: `{"code":"x"}`}, "unknown(http-504)", "unknown(http-504)"},
			"leads elsewhere":     {chattest.DingTalkFault{Status: 302}, "permanent(http-302)", "permanent(http-302)"},
			"is not found":        {chattest.DingTalkFault{Status: 404, Body: "x"}, "permanent(http-404)", "permanent(http-404)"},
			"says nothing":        {chattest.DingTalkFault{}, "unknown(answer)", "unknown(answer)"},
			"says {}":             {chattest.DingTalkFault{Body: "{}"}, "unknown(answer)", "unknown(answer)"},
			"is another":          {chattest.DingTalkFault{Body: "<html>"}, "unknown(answer)", "unknown(answer)"},
			"blocks":              {chattest.DingTalkFault{Body: `{"status":1111,"wait":5,"punish":"deny"}`}, "retry(1111) after 10m0s", "unknown(answer)"},
			"says a new errcode":  {chattest.DingTalkErrcode(999999), "permanent(999999)", "unknown(answer)"},
			"says a new code":     {chattest.DingTalkCode(400, "new.code"), "permanent(http-400)", "permanent(new.code)"},
			"says a strange code": {chattest.DingTalkCode(400, "CANARY 甲"), "permanent(http-400)", "permanent(answer)"},
			"fails inside":        {chattest.DingTalkCode(500, "InternalError"), "retry(http-500) after 0s", "retry(InternalError) after 0s"},
		} {
			w.Fail(chattest.DingTalkSendByWebhook, tc.fault)
			is(t, "webhook "+name, h.Push(t.Context(), to, chat.Reply{Text: "一"}), tc.want)
			w.Fail(chattest.DingTalkSendGroup, tc.fault)
			is(t, "api "+name, p.Push(t.Context(), group, chat.Reply{Text: "一"}), tc.api)
		}
	})
}

// Every code of the table ends as it should, and doctor knows what to say.
func TestEveryCodeHasItsOutcomeAndAdvice(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{PerMinute: 1000}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		hook := w.AddWebhook(chattest.DingTalkWebhook{Token: hookToken, Conversation: "h"})
		h, p := w.webhook(t, robots{"r": {Webhook: chat.Link(hook)}}), w.pusher(t)
		for _, code := range dingtalk.Codes() {
			want := map[string]string{
				"-1": "retry(-1) after 0s", "130101": "retry(130101) after 10m0s", "410100": "retry(410100) after 10m0s",
				"302033": "retry(302033) after 10m0s", "1111": "retry(1111) after 10m0s", "310000": "permanent(310000)",
				"40014": "retry(40014) after 0s", "42001": "retry(42001) after 0s",
				"300001": "permanent(300001)", "300005": "permanent(300005)", "400101": "permanent(400101)", "400102": "permanent(400102)",
				"400013": "permanent(400013)", "400105": "permanent(400105)", "400106": "permanent(400106)", "40035": "permanent(40035)",
				"40078": "permanent(40078)", "60011": "permanent(60011)",
				"43002": "permanent(43002)", "43004": "permanent(43004)", "460101": "permanent(460101)", "88": "permanent(88)",
				"InvalidAuthentication":   "retry(InvalidAuthentication) after 0s", // the token is as good as any
				"invalidClientIdOrSecret": "retry(invalidClientIdOrSecret) after 10m0s", "authFailed": "retry(authFailed) after 10m0s",
				"invalidAppKey": "retry(invalidAppKey) after 10m0s", "Forbidden.AccessDenied": "permanent(Forbidden.AccessDenied.AccessTokenPermissionDenied)",
				"Forbidden.AccessDenied.QpsLimitForApi":          "retry(Forbidden.AccessDenied.QpsLimitForApi) after 1m0s",
				"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": "retry(Forbidden.AccessDenied.QpsLimitForAppkeyAndApi) after 1m0s",
				"Throttling":         "retry(Throttling) after 1m0s",
				"invalidParameter":   "permanent(invalidParameter.robotCode.empty)",
				"staffId.notExisted": "permanent(staffId.notExisted)", "ServiceUnavailable": "retry(ServiceUnavailable) after 0s",
				"InternalError": "retry(InternalError) after 0s", "invalidStaffIdList": "permanent(invalidStaffIdList)",
				"flowControlledStaffIdList": "retry(flowControlledStaffIdList) after 1m0s",
			}[code]
			var n int
			if _, err := fmt.Sscanf(code, "%d", &n); err == nil {
				w.Fail(chattest.DingTalkSendByWebhook, chattest.DingTalkErrcode(n))
				is(t, code, h.Push(t.Context(), chat.Address{Robot: "r"}, chat.Reply{Text: "一"}), want)
			} else {
				said := map[string]string{"Forbidden.AccessDenied": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "invalidParameter": "invalidParameter.robotCode.empty"}[code]
				if said == "" {
					said = code
				}
				w.Fail(chattest.DingTalkSendGroup, chattest.DingTalkCode(400, said))
				is(t, code, p.Push(t.Context(), group, chat.Reply{Text: "一"}), want)
				if dingtalk.Advice(said) != dingtalk.Advice(code) {
					t.Errorf("%s has another advice than %s", said, code)
				}
			}
			if dingtalk.Advice(code) == "" {
				t.Errorf("no advice for %s", code)
			}
		}
		for _, code := range dingtalk.Advised() {
			if !strings.HasSuffix(dingtalk.Advice(code), "。") {
				t.Errorf("advice for %s is no sentence", code)
			}
		}
		if dingtalk.Advice("unheard.of") != "" || dingtalk.Advice("") != "" {
			t.Error("advice for what nobody knows")
		}
	})
}

func TestOneTokenServesAll(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{PerMinute: 1000}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		instances := []*dingtalk.Pusher{w.pusher(t), w.pusher(t), w.pusher(t)}
		burst := func(want int) {
			t.Helper()
			var pushes sync.WaitGroup
			for i := range 60 {
				pushes.Go(func() {
					is(t, "push", instances[i%3].Push(t.Context(), group, chat.Reply{Text: "一"}), done)
				})
			}
			pushes.Wait()
			if n := w.Calls(chattest.DingTalkToken); n != want {
				t.Errorf("%d tokens, want %d", n, want)
			}
		}
		burst(1)
		time.Sleep(2*time.Hour - 6*time.Minute)
		burst(1)
		time.Sleep(2 * time.Minute) // in its last minutes the token is not used; DingTalk gives the same again
		burst(2)
		w.ExpireToken()
		is(t, "revoked", instances[0].Push(t.Context(), group, chat.Reply{Text: "一"}), done)
		if n := w.Calls(chattest.DingTalkToken); n != 3 {
			t.Errorf("%d tokens", n)
		}
		w.Fail(chattest.DingTalkSendGroup, chattest.DingTalkFault{Status: 401})
		is(t, "401 for a token that is as good as any", instances[0].Push(t.Context(), group, chat.Reply{Text: "一"}), "retry(InvalidAuthentication) after 0s")
		is(t, "then", instances[0].Push(t.Context(), group, chat.Reply{Text: "一"}), done)
	})
}

func TestATokenThatAnotherInstanceWasFetching(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		p := w.pusher(t)
		// An instance died while it held the lease.
		if err := w.state.Put(t.Context(), "dingtalk.token/dingkey/lease", []byte("dead"), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		is(t, "after its lease", p.Push(t.Context(), group, chat.Reply{Text: "一"}), done)
		if waited := time.Since(began); waited < 10*time.Second || waited > 11*time.Second {
			t.Errorf("waited %v", waited)
		}
		w.ExpireToken()
		if _, err := w.state.Swap(t.Context(), "dingtalk.token/dingkey", mustGet(t, w.state), nil, 0); err != nil {
			t.Fatal(err)
		}
		if err := w.state.Put(t.Context(), "dingtalk.token/dingkey/lease", []byte("slow"), time.Hour); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		is(t, "who cannot wait", p.Push(ctx, group, chat.Reply{Text: "一"}), "retry(network) after 0s")
		if o := p.Push(t.Context(), group, chat.Reply{Text: "一"}); o.Verdict() != chat.VerdictRetry {
			t.Errorf("who waits in vain: %s", o)
		}
	})
}

func mustGet(t *testing.T, s chat.State) []byte {
	t.Helper()
	v, ok, err := s.Get(t.Context(), "dingtalk.token/dingkey")
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	return v
}

func TestWithoutATokenNothingWasSent(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		w.AddGroup(groupID)
		p := w.pusher(t)
		for _, tc := range []struct {
			fault chattest.DingTalkFault
			want  string
		}{
			{chattest.DingTalkCode(400, "invalidClientIdOrSecret"), "retry(invalidClientIdOrSecret) after 10m0s"},
			{chattest.DingTalkCode(403, "Forbidden.AccessDenied.x"), "retry(Forbidden.AccessDenied.x) after 10m0s"},
			{chattest.DingTalkFault{Cut: true}, "retry(network) after 0s"},
			{chattest.DingTalkFault{Status: 503}, "retry(network) after 0s"},
			{chattest.DingTalkFault{Body: `{"accessToken":"","expireIn":7200}`}, "retry(answer) after 10m0s"},
			{chattest.DingTalkFault{Body: `{"accessToken":"a\nb","expireIn":7200}`}, "retry(answer) after 10m0s"},
			{chattest.DingTalkFault{Body: `{"accessToken":"a","expireIn":-1}`}, "retry(answer) after 10m0s"},
			{chattest.DingTalkFault{Body: `{"accessToken":"a","expireIn":9223372036854775807}`}, "retry(answer) after 10m0s"},
		} {
			w.Fail(chattest.DingTalkToken, tc.fault)
			is(t, tc.fault.Body, p.Push(t.Context(), group, chat.Reply{Text: "一"}), tc.want)
		}
		w.state = down{}
		is(t, "no state", w.pusher(t).Push(t.Context(), group, chat.Reply{Text: "一"}), "retry(state) after 0s")
		if w.Calls(chattest.DingTalkSendGroup) != 0 {
			t.Error("something was sent")
		}
	})
}

func TestDoctorLearnsWhatIsWrong(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		if err := w.api(t).Check(t.Context()); err != nil {
			t.Error(err)
		}
		bad, err := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: "dingkey", Secret: "CANARYother", Base: w.URL(), Client: w.client, State: w.state})
		if err != nil {
			t.Fatal(err)
		}
		var refused *dingtalk.Refusal
		if err := bad.Check(t.Context()); !errors.As(err, &refused) || refused.Code != "invalidClientIdOrSecret" || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("got %v", err)
		} else if !strings.Contains(dingtalk.Advice(refused.Code), "凭证与基础信息") {
			t.Error("the page is not named")
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(verb, bad); strings.Contains(s, "CANARY") {
				t.Errorf("%s prints %s", verb, s)
			}
		}
		w.Fail(chattest.DingTalkToken, chattest.DingTalkFault{Cut: true})
		if err := bad.Check(t.Context()); err == nil || errors.As(err, new(*dingtalk.Refusal)) {
			t.Errorf("nobody there: %v", err)
		}
	})
}

func TestPushersNeedTheirParts(t *testing.T) {
	t.Parallel()
	_, err := dingtalk.NewAPI(dingtalk.APIOptions{Secret: "CANARY", State: chat.NewMemory(nil)})
	_, err2 := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: "a", Secret: "CANARY"})
	_, err3 := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: "a", Secret: "CANARY", State: chat.NewMemory(nil), Base: "CANARY"})
	_, err4 := dingtalk.NewPusher(nil, dingtalk.PusherOptions{})
	_, err5 := dingtalk.NewWebhook(dingtalk.WebhookOptions{})
	_, err6 := dingtalk.NewWebhook(dingtalk.WebhookOptions{Robots: robots{}, Bases: []string{"CANARY"}})
	_, err7 := dingtalk.NewStream(dingtalk.StreamOptions{ClientID: "a"})
	_, err8 := dingtalk.NewStream(dingtalk.StreamOptions{ClientID: "a", Secret: "CANARY", Base: "ftp://CANARY"})
	for i, err := range []error{err, err2, err3, err4, err5, err6, err7, err8} {
		if !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// Whatever the text, its lines are shown as lines, and breaking them twice
// changes nothing.
func FuzzBreakLines(f *testing.F) {
	f.Add("甲\n乙\n\n丙  \n丁\n")
	f.Add("```\na\nb\n```\nc")
	f.Add("a\r\nb")
	f.Add("\r\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := dingtalk.BreakLines(s)
		if again := dingtalk.BreakLines(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(s), " ") {
			t.Errorf("%q lost something: %q", s, got)
		}
		if strings.Contains(s, "```") {
			return
		}
		lines := 0
		for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		if shown := (chattest.DingTalkShown{Type: "markdown", Text: got}).Lines(); len(shown) != lines {
			t.Errorf("%q is shown as %q", s, shown)
		}
	})
}
