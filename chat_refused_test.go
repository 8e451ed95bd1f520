package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// attack is a request that must be refused.
type attack struct {
	name string
	want int
	send func() int // returns the status
}

// copyOf is the store's content as a whole.
func (o *office) copyOf() []byte {
	o.t.Helper()
	var b bytes.Buffer
	if err := o.app.store.Backup(context.Background(), &b); err != nil {
		o.t.Fatal(err)
	}
	return b.Bytes()
}

// attacks are those on a callback of WeCom. say makes a callback as a caller
// would.
func (l *hookLine) attacks(say func(*chattest.WeComCaller) chattest.WeComCall) []attack {
	post := func(q url.Values, body []byte) int {
		res, err := http.Post(l.caller.URL+"?"+q.Encode(), "text/xml", bytes.NewReader(body))
		if err != nil {
			l.t.Error(err)
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	from := func(change func(*chattest.WeComCaller)) chattest.WeComCall {
		caller := chattest.WeComCaller{Token: l.caller.Token, AESKey: l.caller.AESKey, CorpID: l.caller.CorpID, AgentID: l.caller.AgentID, BotID: l.caller.BotID}
		change(&caller)
		return say(&caller)
	}
	good := func() chattest.WeComCall { return from(func(*chattest.WeComCaller) {}) }
	first := good()
	if status := post(first.Query, first.Body); status != http.StatusOK {
		l.t.Fatalf("a good callback: status %d", status)
	}
	at := func(by time.Duration) func() int {
		return func() int {
			call := from(func(c *chattest.WeComCaller) { c.Now = func() time.Time { return time.Now().Add(by) } })
			return post(call.Query, call.Body)
		}
	}
	sealed := regexp.MustCompile(`<Encrypt><!\[CDATA\[(.*?)\]\]>|"encrypt":"(.*?)"`)
	return []attack{
		{"signed with another token", 401, func() int {
			call := from(func(c *chattest.WeComCaller) { c.Token = "guessed" })
			return post(call.Query, call.Body)
		}},
		{"another body under the signature", 401, func() int { return post(good().Query, good().Body) }},
		{"an hour old", 401, at(-time.Hour)},
		{"an hour ahead", 401, at(time.Hour)},
		{"a nonce used before, signed anew", 401, func() int {
			call := good()
			m := sealed.FindSubmatch(call.Body)
			q := url.Values{"nonce": first.Query["nonce"], "timestamp": call.Query["timestamp"]}
			q.Set("msg_signature", wecom.Signature(l.caller.Token, q.Get("timestamp"), q.Get("nonce"), string(m[1])+string(m[2])))
			return post(q, call.Body)
		}},
		{"no signature", 400, func() int { return post(nil, good().Body) }},
		{"half a body", 400, func() int { call := good(); return post(call.Query, call.Body[:len(call.Body)/2]) }},
		{"no body", 400, func() int { return post(good().Query, nil) }},
		{"sealed for another", 400, func() int {
			call := from(func(c *chattest.WeComCaller) { c.CorpID += "x" })
			if l.caller.CorpID == "" { // an AI bot has no receiver; its own id is inside
				call = from(func(c *chattest.WeComCaller) { c.BotID += "x" })
			}
			return post(call.Query, call.Body)
		}},
		{"a megabyte and more", 413, func() int { return post(good().Query, make([]byte, wecom.MaxBody+1)) }},
	}
}

func (l appLine) attacks() []attack {
	return l.hookLine.attacks(func(c *chattest.WeComCaller) chattest.WeComCall { return c.Text("wang", "农家书屋归谁管") })
}

func (l botLine) attacks() []attack {
	return l.hookLine.attacks(func(c *chattest.WeComCaller) chattest.WeComCall {
		return c.Say(chattest.WeComSaid{User: "wang", Text: "农家书屋归谁管"})
	})
}

func (l *dingLine) attacks() []attack {
	post := func(m chattest.DingTalkMessage, how chattest.DingTalkPost) int {
		m.User, m.Text = "wang", "农家书屋归谁管"
		statuses, err := l.ding.Post(context.Background(), strings.TrimRight(l.base, "/")+pathDingTalk, m, how)
		if err != nil {
			l.t.Error(err)
		}
		return statuses[0]
	}
	now, old := time.Now(), time.Now().Add(-30*time.Minute)
	for id, at := range map[string]time.Time{"message-now": now, "message-old": old} {
		if status := post(chattest.DingTalkMessage{ID: id}, chattest.DingTalkPost{At: at}); status != http.StatusOK {
			l.t.Fatalf("a good callback: status %d", status)
		}
	}
	body := func(change func([]byte) []byte) chattest.DingTalkPost {
		return chattest.DingTalkPost{At: now, Change: func(r *http.Request) {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				l.t.Error(err)
			}
			data = change(data)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		}}
	}
	plain := chattest.DingTalkMessage{}
	return []attack{
		{"signed with another secret", 401, func() int { return post(plain, chattest.DingTalkPost{At: now, Secret: "guessed"}) }},
		{"two hours old", 401, func() int { return post(plain, chattest.DingTalkPost{At: now.Add(-2 * time.Hour)}) }},
		{"an hour ahead", 401, func() int { return post(plain, chattest.DingTalkPost{At: now.Add(time.Hour)}) }},
		{"another message under an old signature", 401, func() int { return post(plain, chattest.DingTalkPost{At: old}) }},
		{"another text under a message's id", 401, func() int {
			m := chattest.DingTalkMessage{Fields: map[string]any{"msgId": "message-now", "text": map[string]string{"content": "同意 B1"}}}
			return post(m, chattest.DingTalkPost{At: now})
		}},
		{"no signature", 400, func() int {
			return post(plain, chattest.DingTalkPost{At: now, Change: func(r *http.Request) { r.Header.Del("Sign") }})
		}},
		{"half a body", 400, func() int { return post(plain, body(func(b []byte) []byte { return b[:len(b)/2] })) }},
		{"no body", 400, func() int { return post(plain, body(func([]byte) []byte { return nil })) }},
		{"a reply link to elsewhere", 400, func() int {
			return post(chattest.DingTalkMessage{Fields: map[string]any{"sessionWebhook": "http://127.0.0.1:9/robot/sendBySession?session=x"}}, chattest.DingTalkPost{At: now})
		}},
		{"a megabyte and more", 413, func() int { return post(plain, body(func([]byte) []byte { return make([]byte, wecom.MaxBody+1) })) }},
	}
}

// What is forged, stale, replayed, cut off or too large is refused and counted,
// and leaves no trace in the store.
func TestRefusedCallbacksLeaveNoTrace(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"WeCom app": pathWeCom, "AI bot by callback": pathAIBot, "DingTalk HTTP": pathDingTalk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{}
			l := lineMakers[name](t, c)
			o := open(t, l, c)
			attacks := l.(interface{ attacks() []attack }).attacks()
			o.settled()
			until(t, "the outbox has tidied up", func() bool { return len(o.kept("outbox.lane")) == 0 })
			before, pushed, taken := o.copyOf(), len(l.pushed("wang")), o.taken()
			want := map[int]int{}
			for _, a := range attacks {
				if got := a.send(); got != a.want {
					t.Errorf("%s: status %d, want %d", a.name, got, a.want)
				}
				want[a.want]++
				if !bytes.Equal(o.copyOf(), before) {
					t.Fatalf("%s: something is stored", a.name)
				}
			}
			for status, n := range want {
				if got := o.counted(fmt.Sprintf(`xietiao_callbacks_refused_total\{path=%q,status="%d"\}`, path, status)); got != n {
					t.Errorf("%d are counted as %d, want %d", got, status, n)
				}
			}
			if o.taken() != taken || len(l.pushed("wang")) != pushed {
				t.Error("something was answered")
			}
		})
	}
}
