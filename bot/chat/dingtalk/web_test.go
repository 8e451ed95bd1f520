package dingtalk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
)

func (w *world) web(t *testing.T, change ...func(*dingtalk.WebOptions)) *dingtalk.Web {
	t.Helper()
	opt := dingtalk.WebOptions{CorpID: "dingcorp", AgentID: "9"}
	for _, f := range change {
		f(&opt)
	}
	web, err := dingtalk.NewWeb(w.api(t), opt)
	if err != nil {
		t.Fatal(err)
	}
	return web
}

func TestAScriptInTheClientSaysWhoUsesIt(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		web := w.web(t)
		if web.AuthURL("https://xt.example/", "S") != "" || web.Corp() != "dingcorp" || !web.Inside(chattest.DingTalkUserAgent) || web.Inside("Mozilla/5.0 wxwork/4") {
			t.Error("the script does not know what to do")
		}
		code := w.AuthCode("u1")
		if got, err := web.Identify(t.Context(), code); err != nil || got != (chat.Visitor{Platform: chat.DingTalk, User: "u1"}) {
			t.Errorf("%+v, %v", got, err)
		}
		old := w.AuthCode("u1")
		time.Sleep(5 * time.Minute)
		for name, code := range map[string]string{"used": code, "old": old, "guessed": "x"} {
			if _, err := web.Identify(t.Context(), code); !errors.Is(err, chat.ErrCode) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.ExpireToken()
		if got, err := web.Identify(t.Context(), w.AuthCode("u2")); err != nil || got.User != "u2" || w.Calls(chattest.DingTalkToken) != 2 {
			t.Errorf("a token that was revoked: %+v, %v, %d tokens", got, err, w.Calls(chattest.DingTalkToken))
		}
		for want, f := range map[string]chattest.DingTalkFault{
			"60011": {Body: `{"errcode":88,"sub_code":"60011","errmsg":"CANARY"}`}, "-1": chattest.DingTalkErrcode(-1), "network": {Cut: true},
			"http-502": {Status: 502}, "answer": {Body: `{"errcode":0,"result":{}}`},
		} {
			w.Fail(chattest.DingTalkIdentify, f)
			_, err := web.Identify(t.Context(), w.AuthCode("u1"))
			var r *dingtalk.Refusal
			if !errors.As(err, &r) || r.Code != want || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
}

func TestPagesMayCallTheClient(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		const page = "https://xt.example/a/A7?c=482913"
		for _, old := range []bool{false, true} {
			web := w.web(t, func(o *dingtalk.WebOptions) { o.SHA1 = old })
			c, err := web.JSConfig(t.Context(), page+"#top")
			if err != nil || c.CorpID != "dingcorp" || c.AgentID != "9" || c.Time != time.Now().Unix() || c.Agent != "" {
				t.Errorf("%+v, %v", c, err)
			}
			if !w.Signed(old, page, c.Nonce, c.Time, c.Signature) || w.Signed(!old, page, c.Nonce, c.Time, c.Signature) || w.Signed(old, page+"1", c.Nonce, c.Time, c.Signature) {
				t.Errorf("the client does not take %+v", c)
			}
		}
		if n := w.Calls(chattest.DingTalkTicket); n != 1 {
			t.Errorf("%d tickets", n)
		}
		time.Sleep(2 * time.Hour)
		w.Fail(chattest.DingTalkTicket, chattest.DingTalkCode(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"))
		var r *dingtalk.Refusal
		if _, err := w.web(t).JSConfig(t.Context(), page); !errors.As(err, &r) || r.Code != "Forbidden.AccessDenied.AccessTokenPermissionDenied" {
			t.Errorf("no right: %v", err)
		}
		w.Fail(chattest.DingTalkTicket, chattest.DingTalkFault{Body: `{"jsapiTicket":"a b","expireIn":7200}`})
		if _, err := w.web(t).JSConfig(t.Context(), page); !errors.As(err, &r) || r.Code != "answer" {
			t.Errorf("a ticket that is none: %v", err)
		}
	})
}

func TestOptionsThatMakeNoWeb(t *testing.T) {
	inWorld(t, chattest.DingTalkOptions{}, func(t *testing.T, w *world) {
		for name, opt := range map[string]dingtalk.WebOptions{"no corp": {}} {
			if _, err := dingtalk.NewWeb(w.api(t), opt); !errors.Is(err, chat.ErrConfig) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := dingtalk.NewWeb(nil, dingtalk.WebOptions{CorpID: "c"}); !errors.Is(err, chat.ErrConfig) {
			t.Error(err)
		}
	})
}
