package chattest_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
)

const wecomKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

func newWeCom(t *testing.T, now func() time.Time) *chattest.WeCom {
	t.Helper()
	if now == nil {
		at := time.Unix(1795392000, 0)
		now = func() time.Time { return at }
	}
	w := chattest.NewWeCom(chattest.WeComOptions{CorpID: "ww1", Secret: "s", AgentID: 7, Members: []string{"ZhangSan", "lisi"}, Robots: []string{"k"}, Now: now})
	t.Cleanup(w.Close)
	return w
}

// post sends a body as it is and returns the answer.
func postWeCom(t *testing.T, address, kind, body string) map[string]any {
	t.Helper()
	resp, err := http.Post(address, kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func getWeCom(t *testing.T, address string) map[string]any {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func wecomCode(out map[string]any) int { return int(out["errcode"].(float64)) }

func wecomToken(t *testing.T, w *chattest.WeCom) string {
	t.Helper()
	out := getWeCom(t, w.URL()+"/cgi-bin/gettoken?corpid=ww1&corpsecret=s")
	if wecomCode(out) != 0 || out["expires_in"].(float64) != 7200 {
		t.Fatalf("token: %v", out)
	}
	return out["access_token"].(string)
}

func TestWeComIsStrict(t *testing.T) {
	t.Parallel()
	const kind = "application/json; charset=utf-8"
	long := strings.Repeat("长", 683)
	picture, large := chattest.Noise(64), chattest.Noise(3<<20)
	button := `"template_card":{"card_type":"button_interaction","main_title":{"title":"t"},"task_id":"T","button_list":[{"text":"b","key":"k"}]}`
	for name, tc := range map[string]struct {
		path, kind, body string
		code             int
		broken           bool
	}{
		"a text":                       {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x"}}`, 0, false},
		"no content type":              {"message/send", "text/plain", `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x"}}`, 40035, true},
		"an agent id in quotes":        {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":"7","text":{"content":"x"}}`, 40056, true},
		"another app's agent id":       {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":8,"text":{"content":"x"}}`, 301002, false},
		"an unknown field":             {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x"},"y":1}`, 40035, true},
		"an unknown field deep down":   {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x","y":1}}`, 40035, true},
		"escaped for HTML":             {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"\u003cb"}}`, 40033, true},
		"markdown_v2 of an app":        {"message/send", kind, `{"touser":"ZhangSan","msgtype":"markdown_v2","agentid":7,"markdown_v2":{"content":"x"}}`, 40008, true},
		"a long text is cut":           {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"` + long + `"}}`, 0, true},
		"long markdown is refused":     {"message/send", kind, `{"touser":"ZhangSan","msgtype":"markdown","agentid":7,"markdown":{"content":"` + long + `"}}`, 40058, true},
		"nothing":                      {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":" "}}`, 44004, true},
		"another body than its type":   {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"markdown":{"content":"x"}}`, 40035, true},
		"two bodies":                   {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x"},"markdown":{"content":"x"}}`, 40035, true},
		"nobody":                       {"message/send", kind, `{"touser":"","msgtype":"text","agentid":7,"text":{"content":"x"}}`, 82001, false},
		"somebody unknown":             {"message/send", kind, `{"touser":"WangWu","msgtype":"text","agentid":7,"text":{"content":"x"}}`, 81013, false},
		"everybody":                    {"message/send", kind, `{"touser":"@all","msgtype":"text","agentid":7,"text":{"content":"x"}}`, 81013, true},
		"a mention in an app":          {"message/send", kind, `{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"x","mentioned_list":["lisi"]}}`, 40035, true},
		"a card":                       {"message/send", kind, `{"touser":"ZhangSan","msgtype":"template_card","agentid":7,` + button + `}`, 0, false},
		"a card without a page":        {"message/send", kind, `{"touser":"ZhangSan","msgtype":"template_card","agentid":7,"template_card":{"card_type":"text_notice","main_title":{"title":"t"}}}`, 40058, true},
		"a robot's text":               {"webhook/send?key=k", kind, `{"msgtype":"text","text":{"content":"x","mentioned_list":["lisi"]}}`, 0, false},
		"a robot that is gone":         {"webhook/send?key=x", kind, `{"msgtype":"text","text":{"content":"x"}}`, 93000, false},
		"a robot's long text":          {"webhook/send?key=k", kind, `{"msgtype":"text","text":{"content":"` + long + `"}}`, 45002, true},
		"a robot's long markdown":      {"webhook/send?key=k", kind, `{"msgtype":"markdown_v2","markdown_v2":{"content":"` + long + long + `"}}`, 40058, true},
		"everybody in a group":         {"webhook/send?key=k", kind, `{"msgtype":"text","text":{"content":"x","mentioned_list":["@all"]}}`, 0, true},
		"everybody in markdown":        {"webhook/send?key=k", kind, `{"msgtype":"markdown","markdown":{"content":"<@all>"}}`, 0, true},
		"v2 alerts nobody":             {"webhook/send?key=k", kind, `{"msgtype":"markdown_v2","markdown_v2":{"content":"<@all>"}}`, 0, false},
		"a robot has no buttons":       {"webhook/send?key=k", kind, `{"msgtype":"template_card",` + button + `}`, 40058, true},
		"mentions in markdown's list":  {"webhook/send?key=k", kind, `{"msgtype":"markdown","markdown":{"content":"x","mentioned_list":["lisi"]}}`, 40035, true},
		"a code of nobody":             {"aibot/response?response_code=x", kind, `{"msgtype":"markdown","markdown":{"content":"x"}}`, 40058, false},
		"text to a response":           {"aibot/response?response_code=x", kind, `{"msgtype":"text","text":{"content":"x"}}`, 40058, true},
		"a message nobody knows":       {"message/recall", kind, `{"msgid":"x"}`, 40058, false},
		"a card that was not pressed":  {"message/update_template_card", kind, `{"userids":["lisi"],"agentid":7,"response_code":"x","button":{"replace_name":"y"}}`, 40058, false},
		"a change into nothing":        {"message/update_template_card", kind, `{"userids":["lisi"],"agentid":7,"response_code":"x"}`, 40035, true},
		"a robot's picture":            {"webhook/send?key=k", kind, robotImage(picture, picture), 0, false},
		"another picture's md5":        {"webhook/send?key=k", kind, robotImage(picture, picture[1:]), 40058, true},
		"no picture":                   {"webhook/send?key=k", kind, robotImage([]byte("picture"), []byte("picture")), 93018, true},
		"a picture of 3 MB":            {"webhook/send?key=k", kind, robotImage(large, large), 93018, true},
		"a robot's media_id":           {"webhook/send?key=k", kind, `{"msgtype":"image","image":{"media_id":"x"}}`, 40035, true},
		"a picture never uploaded":     {"message/send", kind, `{"touser":"ZhangSan","msgtype":"image","agentid":7,"image":{"media_id":"x"}}`, 40007, true},
		"an app's bytes":               {"message/send", kind, `{"touser":"ZhangSan","msgtype":"image","agentid":7,"image":{"base64":"x"}}`, 40035, true},
		"an upload that is no form":    {"media/upload", kind, `{}`, 40035, true},
		"something behind the message": {"webhook/send?key=k", kind, `{"msgtype":"text","text":{"content":"x"}}{}`, 40035, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t, nil)
			address := w.URL() + "/cgi-bin/" + tc.path
			if strings.HasPrefix(tc.path, "me") {
				address += "?type=image&access_token=" + wecomToken(t, w)
			}
			if got := wecomCode(postWeCom(t, address, tc.kind, tc.body)); got != tc.code {
				t.Errorf("errcode %d, want %d", got, tc.code)
			}
			if v := w.Violations(); (len(v) > 0) != tc.broken {
				t.Errorf("broken: %q", v)
			}
			if tc.code != 0 && len(w.Delivered()) != 0 {
				t.Error("it arrived")
			}
		})
	}
}

// robotImage is a robot's picture with the md5 of another.
func robotImage(png, other []byte) string {
	return fmt.Sprintf(`{"msgtype":"image","image":{"base64":%q,"md5":"%x"}}`, base64.StdEncoding.EncodeToString(png), md5.Sum(other))
}

func TestPicturesAreKeptThreeDays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := newWeCom(t, func() time.Time { return at })
	token := func() string {
		return getWeCom(t, w.URL()+"/cgi-bin/gettoken?corpid=ww1&corpsecret=s")["access_token"].(string)
	}
	a := chat.NewClient(nil).Upload(t.Context(), chat.Link(w.URL()+"/cgi-bin/media/upload?type=image&access_token="+token()), chattest.Noise(64))
	var in struct {
		ID string `json:"media_id"`
	}
	if err := a.Decode(&in); err != nil || in.ID == "" {
		t.Fatalf("%s, %v", a.Body, err)
	}
	for _, tc := range []struct {
		after time.Duration
		code  int
	}{{0, 0}, {72*time.Hour - time.Second, 0}, {time.Second, 40007}} {
		at = at.Add(tc.after)
		out := postWeCom(t, w.URL()+"/cgi-bin/message/send?access_token="+token(), "application/json", `{"touser":"ZhangSan","msgtype":"image","agentid":7,"image":{"media_id":"`+in.ID+`"}}`)
		if wecomCode(out) != tc.code {
			t.Errorf("%s later: %v", tc.after, out)
		}
	}
}

func TestWeComTokens(t *testing.T) {
	t.Parallel()
	w := newWeCom(t, nil)
	first := wecomToken(t, w)
	if again := wecomToken(t, w); again != first {
		t.Error("another token while the first lives")
	}
	agent := w.URL() + "/cgi-bin/agent/get?agentid=7"
	for query, want := range map[string]int{"": 41001, "&access_token=x": 40014, "&access_token=" + first: 0} {
		if got := wecomCode(getWeCom(t, agent+query)); got != want {
			t.Errorf("%s: %d", query, got)
		}
	}
	w.ExpireTokens()
	if got := wecomCode(getWeCom(t, agent+"&access_token="+first)); got != 42001 {
		t.Errorf("an old one: %d", got)
	}
	if wecomToken(t, w) == first {
		t.Error("the old one is given again")
	}
	for query, want := range map[string]int{"corpid=x&corpsecret=s": 40013, "corpid=ww1&corpsecret=x": 40001} {
		if got := wecomCode(getWeCom(t, w.URL()+"/cgi-bin/gettoken?"+query)); got != want {
			t.Errorf("%s: %d", query, got)
		}
	}
	if w.Calls("gettoken") != 5 {
		t.Errorf("%d calls", w.Calls("gettoken"))
	}
}

func TestWeComLosesWhatIsTooOften(t *testing.T) {
	t.Parallel()
	at := time.Unix(0, 0)
	w := newWeCom(t, func() time.Time { return at })
	send := w.URL() + "/cgi-bin/message/send?access_token=" + wecomToken(t, w)
	say := func(address, body string) int { return wecomCode(postWeCom(t, address, "application/json", body)) }
	const text = `{"touser":"lisi","msgtype":"text","agentid":7,"text":{"content":"x"}}`
	for range 31 {
		if c := say(send, text); c != 0 {
			t.Fatal(c)
		}
	}
	if n := len(w.Delivered()); n != 30 || len(w.Violations()) != 1 {
		t.Errorf("%d arrived, broken: %q", n, w.Violations())
	}
	const group = `{"msgtype":"text","text":{"content":"x"}}`
	for i := range 20 {
		if c := say(w.Webhook("k"), group); c != 0 {
			t.Fatalf("%d: %d", i, c)
		}
	}
	if c := say(w.Webhook("k"), group); c != 45009 {
		t.Errorf("a robot too often: %d", c)
	}
	at = at.Add(59 * time.Second)
	if c := say(w.Webhook("k"), group); c != 45009 {
		t.Errorf("within the minute: %d", c)
	}
	at = at.Add(time.Second)
	if c := say(w.Webhook("k"), group); c != 0 || len(w.Delivered()) != 51 {
		t.Errorf("a minute later: %d", c)
	}
}

// A rehearsal's clock goes with each request.
func TestWeComFollowsTheClockOfARequest(t *testing.T) {
	t.Parallel()
	w := newWeCom(t, nil)
	start := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	send := func(clock string) int {
		r, err := http.NewRequest("POST", w.Webhook("k"), strings.NewReader(`{"msgtype":"text","text":{"content":"x"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Xietiao-Clock", clock)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return wecomCode(out)
	}
	for i := range 50 {
		if got := send(start.Add(time.Duration(i) * 3 * time.Second).Format(time.RFC3339)); got != 0 {
			t.Fatalf("%d: %d", i, got)
		}
	}
	if got := send("now"); got != 40035 || !w.Delivered()[49].At.Equal(start.Add(147*time.Second)) {
		t.Errorf("%d, %v", got, w.Delivered()[49].At)
	}
}

// wecomBot is a bot made of silenceper's functions: it opens what the caller sealed
// and answers with a seal that the caller must open.
func wecomBot(t *testing.T, caller *chattest.WeComCaller, answer func(plain string) (reply string, status int)) *httptest.Server {
	t.Helper()
	const token = "token"
	caller.Token, caller.AESKey = token, wecomKey
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		sealed := q.Get("echostr")
		if r.Method == "POST" {
			body, err := io.ReadAll(r.Body)
			var outer struct{ Encrypt string }
			if err != nil || xml.Unmarshal(body, &outer) != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			sealed = outer.Encrypt
		}
		if util.Signature(token, q.Get("timestamp"), q.Get("nonce"), sealed) != q.Get("msg_signature") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, plain, err := util.DecryptMsg("ww1", sealed, wecomKey)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.Method == "GET" {
			w.Write(plain)
			return
		}
		reply, status := answer(string(plain))
		w.WriteHeader(status)
		if reply == "" || status != http.StatusOK {
			return
		}
		out, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(reply), "ww1", wecomKey)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>", out, util.Signature(token, "1", "n", string(out)))
	}))
	t.Cleanup(srv.Close)
	caller.URL = srv.URL
	return srv
}

func wecomSaid(to, text string) string {
	return "<xml><ToUserName>" + to + "</ToUserName><FromUserName>ww1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>" + text + "</Content></xml>"
}

func TestTheCallerAgreesWithSilenceper(t *testing.T) {
	t.Parallel()
	c := &chattest.WeComCaller{CorpID: "ww1", AgentID: 7}
	var plain atomic.Value
	wecomBot(t, c, func(p string) (string, int) {
		plain.Store(p)
		return wecomSaid("ZhangSan", "你好 &lt;"), 200
	})
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
	a := c.Post(t.Context(), c.Text("ZhangSan", "问 <&>"))
	if a.Err != nil || a.Type != "text" || a.Text != "你好 <" || a.Tries != 1 {
		t.Errorf("%+v", a)
	}
	var in struct{ FromUserName, MsgType, Content, MsgId, AgentID string }
	if err := xml.Unmarshal([]byte(plain.Load().(string)), &in); err != nil || in.Content != "问 <&>" || in.FromUserName != "ZhangSan" || in.MsgType != "text" || len(in.MsgId) != 19 || in.AgentID != "7" {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestTheCallerRefusesWhatWeComWould(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"to somebody else": wecomSaid("lisi", "x"), "too long": wecomSaid("ZhangSan", strings.Repeat("长", 683)), "empty": wecomSaid("ZhangSan", ""),
		"no XML": "hello", "markdown": strings.ReplaceAll(wecomSaid("ZhangSan", "x"), ">text<", ">markdown<"),
	} {
		c := &chattest.WeComCaller{CorpID: "ww1"}
		wecomBot(t, c, func(string) (string, int) { return reply, 200 })
		if a := c.Post(t.Context(), c.Text("ZhangSan", "x")); a.Err == nil {
			t.Errorf("%s is taken: %+v", name, a)
		}
	}
	c := &chattest.WeComCaller{CorpID: "ww1"}
	wecomBot(t, c, func(string) (string, int) { return wecomSaid("ZhangSan", "x"), 200 })
	c.Token = "other"
	if a := c.Post(t.Context(), c.Text("ZhangSan", "x")); a.Err == nil || a.Status != 401 || a.Tries != 3 {
		t.Errorf("another token: %+v", a)
	}
	if c.Check(t.Context()) == nil {
		t.Error("the check passes with another token")
	}
}

func TestTheCallerTriesThreeTimesWithTheSameRequest(t *testing.T) {
	t.Parallel()
	c := &chattest.WeComCaller{CorpID: "ww1"}
	var mu sync.Mutex
	seen := map[string]int{}
	wecomBot(t, c, func(p string) (string, int) {
		mu.Lock()
		defer mu.Unlock()
		seen[p]++
		if seen[p] < 3 {
			return "", http.StatusServiceUnavailable
		}
		return "", 200
	})
	call := c.Text("ZhangSan", "x")
	if a := c.Post(t.Context(), call); a.Err != nil || a.Tries != 3 || a.Type != "" || a.Text != "" {
		t.Errorf("%+v", a)
	}
	again := c.Again(call)
	if again.Query.Get("nonce") == call.Query.Get("nonce") || string(again.Body) == string(call.Body) {
		t.Error("again is the same request")
	}
	for _, a := range c.Flood(t.Context(), again, 8) {
		if a.Err != nil || a.Tries != 1 {
			t.Errorf("%+v", a)
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d messages came of one", len(seen))
	}
}

func TestABotThatDoesNotAnswerInTime(t *testing.T) {
	t.Parallel()
	ends := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-ends
	}))
	defer srv.Close()
	defer close(ends)
	c := &chattest.WeComCaller{CorpID: "ww1", Token: "t", AESKey: wecomKey, URL: srv.URL, Timeout: time.Millisecond}
	if a := c.Post(t.Context(), c.Text("ZhangSan", "x")); a.Err == nil || a.Status != 0 || a.Tries != 3 {
		t.Errorf("%+v", a)
	}
}

func TestWeComMisbehavesOnDemand(t *testing.T) {
	t.Parallel()
	w := newWeCom(t, nil)
	body := url.Values{} // any request will do
	w.Fail("webhook/send", chattest.WeComFault{Status: 503}, 2)
	w.Fail("*", chattest.WeComFault{Code: -1}, -1)
	for i, want := range []int{503, 503, 200} {
		resp, err := http.PostForm(w.Webhook("k"), body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d: %d", i, resp.StatusCode)
		}
	}
	if len(w.Violations()) != 0 {
		t.Error("a fault is a violation")
	}
	w.Fail("*", chattest.WeComFault{}, 0)
	if got := wecomCode(postWeCom(t, w.Webhook("k"), "application/json", `{"msgtype":"text","text":{"content":"x"}}`)); got != 0 {
		t.Errorf("mended: %d", got)
	}
	if resp, err := http.Get(w.URL() + "/cgi-bin/nothing"); err != nil || resp.StatusCode != 404 || len(w.Violations()) != 1 {
		t.Errorf("an unknown path: %v", err)
	}
}
