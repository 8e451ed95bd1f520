package wecom_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// What each code does to a push. Those of the access token are replaced inside
// and retried here because they keep coming.
func TestWhatEachCodeMeans(t *testing.T) {
	t.Parallel()
	const unreached = ", 1 not reached"
	for code, want := range map[int]string{
		-1: "retry(-1) after 5s", 45009: "retry(45009) after 1m0s", 45033: "retry(45033) after 10s",
		40014: "retry(40014) after 1m0s", 41001: "retry(41001) after 1m0s", 42001: "retry(42001) after 1m0s",
		40001: "permanent(40001)", 40013: "permanent(40013)", 40056: "permanent(40056)", 48002: "permanent(48002)",
		50003: "permanent(50003)", 60011: "permanent(60011)", 60020: "permanent(60020)", 301002: "permanent(301002)",
		40003: "permanent(40003)" + unreached, 43004: "permanent(43004)" + unreached, 60111: "permanent(60111)" + unreached, 81013: "permanent(81013)" + unreached,
		45002: "permanent(45002)", 40058: "permanent(40058)", 44004: "permanent(44004)", 40033: "permanent(40033)", 40035: "permanent(40035)", 45008: "permanent(45008)", 82001: "permanent(82001)",
		93000: "permanent(93000)", 93001: "permanent(93001)", 93004: "permanent(93004)", 93006: "permanent(93006)", 93008: "permanent(93008)", 93017: "permanent(93017)",
		846605: "permanent(846605)", 846608: "permanent(846608)", 123456: "permanent(123456)",
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			x.Fail("message/send", chattest.WeComFault{Code: code}, -1)
			got := x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"})
			x.wants(t, got, want)
			if strings.HasSuffix(want, unreached) && !slices.Equal(got.Unreached(), []string{"ZhangSan"}) {
				t.Errorf("unreached %q", got.Unreached())
			}
			want := strings.TrimSuffix(want, unreached)
			for _, path := range []string{"webhook/send", "aibot/response"} {
				x.Fail(path, chattest.WeComFault{Code: code}, 1)
				x.wants(t, x.senders(t.Context())[path](), want)
			}
		})
	}
}

// Whoever must act is told where; numbers that need nobody have no advice.
func TestAdviceNamesThePage(t *testing.T) {
	t.Parallel()
	for code, page := range map[string]string{
		"40001": "Secret", "40013": "企业信息", "60020": "企业可信IP", "301002": "wecom.agent_id", "48002": "接口权限", "50003": "启用", "60011": "可见范围",
		"81013": "可见范围", "40003": "通讯录", "60111": "通讯录", "43004": "激活", "93000": "消息推送", "93001": "消息推送", "93004": "启用", "93008": "群",
		wecom.CodeNoRobot: "导入", wecom.CodeNetwork: "wecom.api_base",
	} {
		if got := wecom.Advice(code); !strings.Contains(got, page) {
			t.Errorf("%s: %q does not name %s", code, got, page)
		}
	}
	for _, code := range []string{"", "0", "123456"} {
		if got := wecom.Advice(code); got != "" {
			t.Errorf("%q: %q", code, got)
		}
	}
	if got := wecom.Code(fmt.Errorf("x: %w", &wecom.Error{Outcome: chat.Permanent("60020")})); got != "60020" {
		t.Errorf("a wrapped error has code %q", got)
	}
	if got := wecom.Code(errDown); got != "" {
		t.Errorf("another error has code %q", got)
	}
}

// Only an answer with errcode 0 counts as sent, whatever bytes come back.
func FuzzAnAnswerIsReadAsWhatItSays(f *testing.F) {
	for _, s := range []string{`{"errcode":0}`, `{"errcode":93000,"errmsg":"x, from ip: 1.2.3.4, y"}`, `{"errcode":0,"invaliduser":"a|b"}`, `{`, ``, `{"errcode":0}{}`, `null`} {
		f.Add([]byte(s), 200)
	}
	f.Add([]byte(`{"errcode":0}`), 503)
	group := func(body []byte, status int) *wecom.Webhook {
		w, err := wecom.NewWebhook(wecom.WebhookOptions{
			Robots: robots{"r1": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + canaryKey},
			Client: chat.NewClient(answering(string(body), status)),
		})
		if err != nil {
			f.Fatal(err)
		}
		return w
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status < 100 || status > 999 {
			return
		}
		got := group(body, status).Push(t.Context(), toGroup, chat.Reply{Text: "甲"})
		var said struct {
			Code *int `json:"errcode"`
		}
		ok := json.Unmarshal(body, &said) == nil && said.Code != nil && *said.Code == 0 && status >= 200 && status < 300
		if (got.Verdict() == chat.VerdictDone) != ok {
			t.Errorf("status %d, %q: %s", status, body, got)
		}
	})
}
