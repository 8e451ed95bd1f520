package chattest_test

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"xietiao/bot/chat/chattest"
)

func ding(t *testing.T, opt chattest.DingTalkOptions) *chattest.DingTalk {
	t.Helper()
	d := chattest.NewDingTalk(opt)
	t.Cleanup(d.Close)
	return d
}

func post(t *testing.T, url string, header map[string]string, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func TestDingTalkWebhooksAreStrict(t *testing.T) {
	t.Parallel()
	d := ding(t, chattest.DingTalkOptions{})
	hook := d.AddWebhook(chattest.DingTalkWebhook{Token: "T", Conversation: "cid", Keywords: []string{"任务"}})
	signed := d.AddWebhook(chattest.DingTalkWebhook{Token: "S", Conversation: "cid", Secret: "SEC"})
	const good = `{"msgtype":"text","text":{"content":"任务"}}`
	for name, tc := range map[string]struct{ url, kind, body, want string }{
		"as it should be":     {hook, "", good, `"errcode":0`},
		"an unknown token":    {hook + "x", "", good, `"errcode":300005`},
		"no token":            {d.URL() + "/robot/send", "", good, `"errcode":400101`},
		"an unknown field":    {hook, "", `{"msgtype":"text","text":{"content":"任务"},"mentions":[]}`, `"errcode":40035`},
		"an unknown type":     {hook, "", `{"msgtype":"markdown_v2","text":{"content":"任务"}}`, `"errcode":400105`},
		"two contents":        {hook, "", `{"msgtype":"text","text":{"content":"任务"},"markdown":{"title":"a","text":"b"}}`, `"errcode":40035`},
		"no title":            {hook, "", `{"msgtype":"markdown","markdown":{"text":"任务"}}`, `"errcode":40035`},
		"without the keyword": {hook, "", `{"msgtype":"text","text":{"content":"甲"}}`, `"errcode":310000`},
		"without the sign":    {signed, "", good, `"errcode":310000`},
		"too long":            {hook, "", `{"msgtype":"text","text":{"content":"` + strings.Repeat("任", 7000) + `"}}`, `"errcode":460101`},
		"another kind":        {hook, "text/plain", good, `"errcode":43004`},
	} {
		header := map[string]string{}
		if tc.kind != "" {
			header["Content-Type"] = tc.kind
		}
		if status, body := post(t, tc.url, header, tc.body); status != 200 || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if n := len(d.Delivered("cid")); n != 1 {
		t.Errorf("%d shown", n)
	}
}

func TestDingTalkMutesWhoSendsTooFast(t *testing.T) {
	t.Parallel()
	d := ding(t, chattest.DingTalkOptions{})
	hook := d.AddWebhook(chattest.DingTalkWebhook{Token: "T", Conversation: "cid"})
	start := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	send := func(at time.Duration) string {
		_, body := post(t, hook, map[string]string{"X-Xietiao-Clock": start.Add(at).Format(time.RFC3339Nano)}, `{"msgtype":"text","text":{"content":"甲"}}`)
		return between(body, `"errcode":`, ",")
	}
	for i := range 20 {
		if got := send(time.Duration(i) * time.Second); got != "0" {
			t.Fatalf("message %d: %s", i, got)
		}
	}
	for _, at := range []time.Duration{30 * time.Second, 10 * time.Minute} { // in their order: the first mutes
		if got := send(at); got != "130101" {
			t.Errorf("after %v: %s", at, got)
		}
	}
	if got := send(11 * time.Minute); got != "0" {
		t.Errorf("when it is over: %s", got)
	}
}

func TestDingTalkSessionsEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	d := ding(t, chattest.DingTalkOptions{Now: func() time.Time { return now }})
	d.AddGroup("cid", "u1")
	link := between(string(d.Callback(chattest.DingTalkMessage{Conversation: "cid", User: "u1", Text: "甲"})), `"sessionWebhook":"`, `"`)
	const body = `{"msgtype":"markdown","markdown":{"title":"甲","text":"@u1 @u2 甲\n乙"},"at":{"atUserIds":["u1","u2","u3"]}}`
	if _, got := post(t, link, nil, body); !strings.Contains(got, `"errcode":0`) {
		t.Fatal(got)
	}
	shown := d.Delivered()[0]
	if !slices.Equal(shown.At, []string{"u1"}) || !slices.Equal(shown.Lines(), []string{"@u1 @u2 甲 乙"}) {
		t.Errorf("%v, %q", shown.At, shown.Lines())
	}
	now = now.Add(90 * time.Minute)
	if _, got := post(t, link, nil, body); !strings.Contains(got, `"errcode":300001`) {
		t.Error(got)
	}
}

func TestDingTalkTokensEnd(t *testing.T) {
	t.Parallel()
	d := ding(t, chattest.DingTalkOptions{})
	d.AddGroup("cid")
	token := func() string {
		_, body := post(t, d.URL()+chattest.DingTalkToken, nil, `{"appKey":"dingclient","appSecret":"dingsecret"}`)
		return between(body, `"accessToken":"`, `"`)
	}
	send := func(token, conversation string) string {
		status, body := post(t, d.URL()+chattest.DingTalkSendGroup, map[string]string{"X-Acs-Dingtalk-Access-Token": token},
			`{"robotCode":"dingclient","openConversationId":"`+conversation+`","msgKey":"sampleText","msgParam":"{\"content\":\"甲\"}"}`)
		return strconv.Itoa(status) + between(body, `"code":"`, `"`)
	}
	first := token()
	if again := token(); first == "" || first != again {
		t.Errorf("tokens %q, %q", first, again)
	}
	for _, tc := range []struct{ token, conversation, want string }{
		{first, "cid", "200"}, {"", "cid", "400InvalidAuthentication"}, {first, "other", "400invalidParameter.openConversationId.notExist"},
	} {
		if got := send(tc.token, tc.conversation); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
	d.ExpireToken()
	if got := send(first, "cid"); got != "400InvalidAuthentication" {
		t.Error(got)
	}
	if status, _ := post(t, d.URL()+chattest.DingTalkToken, nil, `{"appKey":"dingclient","appSecret":"x"}`); status != 400 {
		t.Error("a wrong secret is taken")
	}
}

// subscriber connects with a ticket and gives the connection.
func subscriber(t *testing.T, d *chattest.DingTalk) (*websocket.Conn, string) {
	t.Helper()
	_, body := post(t, d.URL()+chattest.DingTalkOpen, nil,
		`{"clientId":"dingclient","clientSecret":"dingsecret","subscriptions":[{"type":"CALLBACK","topic":"/v1.0/im/bot/messages/get"}]}`)
	address := between(body, `"endpoint":"`, `"`) + "?ticket=" + between(body, `"ticket":"`, `"`)
	conn, _, err := websocket.Dial(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, address
}

func TestDingTalkTicketsServeOnce(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := ding(t, chattest.DingTalkOptions{Now: func() time.Time { return now }})
	_, address := subscriber(t, d)
	if _, resp, err := websocket.Dial(t.Context(), address, nil); err == nil || resp.StatusCode != 401 {
		t.Error("a ticket serves twice")
	}
	_, body := post(t, d.URL()+chattest.DingTalkOpen, nil, `{"clientId":"dingclient","clientSecret":"dingsecret","subscriptions":[{"type":"EVENT","topic":"*"}]}`)
	now = now.Add(90 * time.Second)
	if _, resp, err := websocket.Dial(t.Context(), between(body, `"endpoint":"`, `"`)+"?ticket="+between(body, `"ticket":"`, `"`), nil); err == nil || resp.StatusCode != 401 {
		t.Error("a ticket serves late")
	}
	if _, body := post(t, d.URL()+chattest.DingTalkOpen, map[string]string{"Accept": "*/*"}, `{"clientId":"dingclient","clientSecret":"dingsecret","subscriptions":[{"type":"EVENT","topic":"*"}]}`); !strings.HasPrefix(body, "<") {
		t.Errorf("without Accept: %s", body)
	}
	if status, _ := post(t, d.URL()+chattest.DingTalkOpen, nil, `{"clientId":"dingclient","clientSecret":"x","subscriptions":[{"type":"EVENT","topic":"*"}]}`); status != 401 {
		t.Error("a wrong secret is taken")
	}
}

func TestDingTalkSendsAgainWhatIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	d := ding(t, chattest.DingTalkOptions{})
	if _, _, err := d.Say(chattest.DingTalkMessage{User: "u"}).Wait(t.Context()); err != chattest.ErrDingTalkOffline {
		t.Errorf("nobody is there: %v", err)
	}
	conn, _ := subscriber(t, d)
	if err := d.AwaitConnections(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	d.SetStream(chattest.DingTalkStream{AckWithin: 50 * time.Millisecond, Redeliver: 2, Copies: 2})
	sent := d.Say(chattest.DingTalkMessage{User: "u", Text: "甲"})
	var first string
	for i := range 6 { // three tries of two copies
		_, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(data)
		}
		if string(data) != first {
			t.Errorf("copy %d differs", i)
		}
	}
	answer := `{"code":200,"message":"OK","headers":{"messageId":"` + between(first, `"messageId":"`, `"`) + `","contentType":"application/json"},"data":"{}"}`
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(answer)); err != nil {
		t.Fatal(err)
	}
	if codes, _, err := sent.Wait(t.Context()); err != nil || !slices.Equal(codes[:2], []int{0, 0}) {
		t.Errorf("codes %v, %v", codes, err)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"code":200,"headers":{"messageId":"x"}}`)); err != nil {
		t.Fatal(err)
	}
	pinged := make(chan error, 1)
	go func() { pinged <- d.Ping(t.Context()) }()
	_, data, err := conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pong := strings.NewReplacer(`"type":"SYSTEM"`, `"code":200`, `"specVersion":"1.0"`, `"message":"OK"`).Replace(string(data))
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(pong)); err != nil {
		t.Fatal(err)
	}
	if err := <-pinged; err != nil { // what was wrong has been read before
		t.Error(err)
	}
	if c := d.Complaints(); len(c) != 2 {
		t.Errorf("complaints %q", c)
	}
}

func TestDingTalkPostsAgainUntilAnswered(t *testing.T) {
	t.Parallel()
	d := ding(t, chattest.DingTalkOptions{})
	answers := make(chan int, 9)
	for _, status := range []int{503, 503, 200, 200} {
		answers <- status
	}
	target := chattest.DingTalkPost{Tries: 3, Client: &http.Client{Transport: answering(answers)}}
	statuses, err := d.Post(t.Context(), "http://bot.example/", chattest.DingTalkMessage{User: "u", Text: "甲"}, target)
	if err != nil || !slices.Equal(statuses, []int{200}) || len(answers) != 1 {
		t.Errorf("%v, %v, %d answers left", statuses, err, len(answers))
	}
}

type answering chan int

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Sign") == "" || r.Header.Get("Timestamp") == "" {
		return nil, http.ErrNoLocation
	}
	return &http.Response{StatusCode: <-a, Body: http.NoBody}, nil
}
