package wecom_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// comeBack does what a client on user's phone does with the address of the
// authorization, and returns where it is sent back to.
func comeBack(t *testing.T, link, user string) *url.URL {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", chattest.WeComUserAgent(user))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return back
}

func TestAClientSaysWhoUsesIt(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	for user, want := range map[string]chat.Visitor{
		"ZhangSan":     {Platform: chat.WeCom, User: "ZhangSan"},
		"openid-o1234": {Platform: chat.WeCom, User: "openid-o1234", Outside: true},
	} {
		if !x.api.Inside(chattest.WeComUserAgent(user)) {
			t.Errorf("%s: not inside", user)
		}
		back := comeBack(t, x.api.AuthURL("https://xt.example/login/wecom?a=1", "STATE7"), user)
		if back.Host != "xt.example" || back.Path != "/login/wecom" || back.Query().Get("a") != "1" || back.Query().Get("state") != "STATE7" {
			t.Errorf("sent back to %s", back)
		}
		code := back.Query().Get("code")
		if got, err := x.api.Identify(t.Context(), code); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := x.api.Identify(t.Context(), code); !errors.Is(err, chat.ErrCode) {
			t.Errorf("a code is good twice: %v", err)
		}
	}
	if v := x.Violations(); len(v) > 0 {
		t.Errorf("broken: %q", v)
	}
	old := x.LoginCode("ZhangSan")
	x.clock.forward(5 * time.Minute)
	for _, code := range []string{old, "", "guess"} {
		if _, err := x.api.Identify(t.Context(), code); !errors.Is(err, chat.ErrCode) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if x.api.Inside("Mozilla/5.0 Chrome/126 Safari/537.36") {
		t.Error("any browser is inside")
	}
}

func TestWhereClientsAreSent(t *testing.T) {
	t.Parallel()
	opt := wecom.APIOptions{CorpID: "ww1", Secret: canarySecret, AgentID: 7, State: chat.NewMemory(nil)}
	api, err := wecom.NewAPI(opt)
	if err != nil {
		t.Fatal(err)
	}
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?agentid=7&appid=ww1&redirect_uri=https%3A%2F%2Fxt.example%2Fa%3Fb%3D1&response_type=code&scope=snsapi_base&state=S#wechat_redirect"
	if got := api.AuthURL("https://xt.example/a?b=1", "S"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestIdentifyingThatFails(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	x.Fail("auth/getuserinfo", chattest.WeComFault{Code: 42001}, 1)
	if got, err := x.api.Identify(t.Context(), x.LoginCode("lisi")); err != nil || got.User != "lisi" || x.Calls("gettoken") != 2 {
		t.Errorf("a token that has ended: %+v, %v", got, err)
	}
	for want, f := range map[string]chattest.WeComFault{
		"permanent(60020) from 192.0.2.7": {Code: 60020}, "retry(-1) after 5s": {Code: -1}, "retry(http-502) after 0s": {Status: 502},
	} {
		x.Fail("auth/getuserinfo", f, 1)
		_, err := x.api.Identify(t.Context(), x.LoginCode("lisi"))
		if err == nil || errors.Is(err, chat.ErrCode) || !strings.HasPrefix(err.Error(), "wecom auth/getuserinfo: "+want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	srv := serve(t, func(path string) string {
		if path == "/cgi-bin/gettoken" {
			return `{"errcode":0,"access_token":"T","expires_in":7200}`
		}
		return `{"errcode":0,"userid":"","openid":"","ticket":""}`
	})
	api, err := wecom.NewAPI(wecom.APIOptions{CorpID: "c", Secret: "s", AgentID: 1, Base: srv, State: chat.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.Identify(t.Context(), "x"); wecom.Code(err) != wecom.CodeAnswer {
		t.Errorf("nobody: %v", err)
	}
	if _, err := api.JSConfig(t.Context(), "https://xt.example/"); wecom.Code(err) != wecom.CodeAnswer {
		t.Errorf("no ticket: %v", err)
	}
}

func TestPagesMayCallTheClient(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	const page = "https://xt.example/a/A7?c=482913"
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			address := fmt.Sprint(page, i)
			c, err := x.api.JSConfig(t.Context(), address+"#top")
			if err != nil || c.CorpID != "ww1" || c.AgentID != "1000002" || c.Time != x.clock.now().Unix() {
				t.Errorf("%+v, %v", c, err)
			}
			if !x.Signed(false, address, c.Nonce, c.Time, c.Signature) || !x.Signed(true, address, c.Nonce, c.Time, c.Agent) {
				t.Errorf("the client does not take %+v", c)
			}
			if x.Signed(false, page, c.Nonce, c.Time, c.Signature) {
				t.Error("it is good for another page")
			}
		})
	}
	wait.Wait()
	if corp, agent := x.Calls("get_jsapi_ticket"), x.Calls("ticket/get"); corp != 1 || agent != 1 {
		t.Errorf("%d and %d tickets fetched", corp, agent)
	}
	x.clock.forward(2*time.Hour - 6*time.Minute)
	if _, err := x.api.JSConfig(t.Context(), page); err != nil || x.Calls("get_jsapi_ticket") != 1 {
		t.Errorf("%v, %d tickets", err, x.Calls("get_jsapi_ticket"))
	}
	x.clock.forward(time.Minute)
	if _, err := x.api.JSConfig(t.Context(), page); err != nil || x.Calls("get_jsapi_ticket") != 2 || x.Calls("ticket/get") != 2 {
		t.Errorf("%v, %d tickets", err, x.Calls("get_jsapi_ticket"))
	}
	if v := x.Violations(); len(v) > 0 {
		t.Errorf("broken: %q", v)
	}
}

// There are few calls for tickets: one that was refused is not asked for again at
// once.
func TestATicketThatIsRefused(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	x.Fail("ticket/get", chattest.WeComFault{Code: 48002}, -1)
	for range 5 {
		if _, err := x.api.JSConfig(t.Context(), "https://xt.example/"); wecom.Code(err) != "48002" {
			t.Error(err)
		}
	}
	if n := x.Calls("ticket/get"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	x.Fail("ticket/get", chattest.WeComFault{}, 0)
	x.clock.forward(time.Minute)
	if _, err := x.api.JSConfig(t.Context(), "https://xt.example/"); err != nil {
		t.Error(err)
	}
}
