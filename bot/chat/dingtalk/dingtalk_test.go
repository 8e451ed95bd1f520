package dingtalk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
)

const (
	secret = "appSecret_Xy9-Zz_CANARY"
	aesKey = "1Dbg0zaqFDxEOozqiw2PnTU8lNQBPdU1FNfTqPcDx7D"
)

var signedAt = time.UnixMilli(1795392001456)

// message is a robot's callback; change its fields to make others.
func message(change map[string]any) string {
	m := map[string]any{
		"msgtype": "text", "text": map[string]any{"content": " 文化礼堂归谁管 "}, "msgId": "msgABC=", "createAt": signedAt.UnixMilli() - 500,
		"conversationType": "2", "conversationId": "cidX+/=", "conversationTitle": "协调组", "senderStaffId": "manager4", "senderId": "$:LWCP_v1:$x",
		"senderNick": "@all", "senderCorpId": "dingcorp", "isAdmin": true, "chatbotCorpId": "dingcorp", "chatbotUserId": "$:LWCP_v1:$bot",
		"robotCode": "dingkey", "isInAtList": true, "atUsers": []any{map[string]any{"dingtalkId": "$:LWCP_v1:$bot"}},
		"sessionWebhook":            "https://oapi.dingtalk.com/robot/sendBySession?session=CANARYSESSION",
		"sessionWebhookExpiredTime": signedAt.UnixMilli() + 5400000,
	}
	for k, v := range change {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func post(at time.Time, body string) chat.Request {
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	return chat.Request{
		Method: "POST", Body: []byte(body),
		Header: map[string][]string{"Timestamp": {timestamp}, "Sign": {dingtalk.Sign(secret, timestamp)}},
	}
}

// options fit the time at.
func options(at time.Time) (dingtalk.Options, *chat.Memory) {
	now := func() time.Time { return at }
	state := chat.NewMemory(now)
	return dingtalk.Options{
		Secret: secret, RobotCode: "dingkey", CorpID: "dingcorp", Now: now, Guard: chat.NewGuard(state, dingtalk.Remember),
	}, state
}

func robot(t testing.TB, opt dingtalk.Options) *dingtalk.Robot {
	t.Helper()
	r, err := dingtalk.NewRobot(opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func receive(t *testing.T, body string, change func(*dingtalk.Options)) (chat.Delivery, error) {
	t.Helper()
	opt, _ := options(signedAt)
	if change != nil {
		change(&opt)
	}
	return robot(t, opt).Receive(t.Context(), post(signedAt, body))
}

func TestSignsAreThoseOfTheVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Timestamp, Secret string
		Sign                    string `json:"sign_base64"`
		Encoded                 string `json:"sign_urlencoded"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) != 4 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		if got := dingtalk.Sign(v.Secret, v.Timestamp); got != v.Sign {
			t.Errorf("%s: %s", v.Name, got)
		}
		ms, err := strconv.ParseInt(v.Timestamp, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		link, err := dingtalk.SignedURL("https://oapi.dingtalk.com/robot/send?access_token=T", v.Secret, time.UnixMilli(ms))
		if want := "https://oapi.dingtalk.com/robot/send?access_token=T&sign=" + v.Encoded + "&timestamp=" + v.Timestamp; err != nil || link.Reveal() != want {
			t.Errorf("%s: %s, %v", v.Name, link.Reveal(), err)
		}
		opt, _ := options(time.UnixMilli(ms))
		opt.Secret = v.Secret
		r := post(time.UnixMilli(ms), message(map[string]any{"sessionWebhook": nil}))
		r.Header["Sign"] = []string{v.Sign}
		if _, err := robot(t, opt).Receive(t.Context(), r); err != nil {
			t.Errorf("%s as a callback: %v", v.Name, err)
		}
	}
}

func TestSignedAddressesHideTheirToken(t *testing.T) {
	t.Parallel()
	for _, bad := range []chat.Link{"", "CANARY", "ftp://h/?access_token=CANARY", "https://u:CANARY@h/", "https://h/?access_token=CANARY%zz", "https://h/CANARY\x7f", "://CANARY"} {
		_, err := dingtalk.SignedURL(bad, "SECCANARY", signedAt)
		if !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v", bad.Reveal(), err)
		}
	}
	const plain = "https://oapi.dingtalk.com/robot/send?access_token=CANARY"
	if link, err := dingtalk.SignedURL(plain, "", signedAt); err != nil || link.Reveal() != plain {
		t.Errorf("without a secret: %s, %v", link.Reveal(), err)
	}
	link, err := dingtalk.SignedURL(plain+"&timestamp=1&sign=old", "SECx", signedAt)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.Reveal())
	if err != nil || len(u.Query()["sign"]) != 1 || len(u.Query()["timestamp"]) != 1 || strings.Contains(fmt.Sprint(link), "CANARY") {
		t.Errorf("signed twice: %s, %v", link.Reveal(), err)
	}
}

func TestAGroupMessageDecodes(t *testing.T) {
	t.Parallel()
	d, err := receive(t, message(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &chat.Message{
		Via: dingtalk.ViaRobot, Conversation: "cidX+/=", Kind: chat.Group, Sender: "manager4", ID: "msgABC=", Type: chat.TypeText,
		Text: "文化礼堂归谁管", AtBot: true, Time: time.UnixMilli(signedAt.UnixMilli() - 500),
		From: chat.Address{Via: dingtalk.ViaRobot, Kind: chat.Group, Conversation: "cidX+/=", User: "manager4", Robot: "dingkey", Session: chat.Session{
			Link: "https://oapi.dingtalk.com/robot/sendBySession?session=CANARYSESSION", Until: time.UnixMilli(signedAt.UnixMilli() + 5400000),
		}},
	}
	if diff := cmp.Diff(want, d.Message); diff != "" {
		t.Error(diff)
	}
	if d.Answer != nil || len(d.Response.Body) != 0 || d.Again || d.Message.Platform() != chat.DingTalk {
		t.Errorf("got %+v", d)
	}
}

func TestMessagesDecode(t *testing.T) {
	t.Parallel()
	rich := func(parts ...map[string]any) map[string]any { return map[string]any{"richText": parts} }
	quoting := func(q map[string]any) map[string]any {
		return map[string]any{"text": map[string]any{"content": "甲", "isReplyMsg": true, "repliedMsg": q}}
	}
	for name, tc := range map[string]struct {
		change       map[string]any
		typ          chat.Type
		text, quoted string
	}{
		"a direct message":                   {map[string]any{"conversationType": "1", "isInAtList": nil}, chat.TypeText, "文化礼堂归谁管", ""},
		"rich text":                          {map[string]any{"msgtype": "richText", "content": rich(map[string]any{"text": " 甲"}, map[string]any{"type": "picture", "downloadCode": "x"}, map[string]any{"text": "乙\n"})}, chat.TypeText, "甲乙", ""},
		"rich text without words":            {map[string]any{"msgtype": "richText", "content": rich(map[string]any{"type": "picture", "downloadCode": "x"})}, chat.TypeOther, "", ""},
		"what was said":                      {map[string]any{"msgtype": "audio", "content": map[string]any{"recognition": "甲", "duration": 1}}, chat.TypeText, "甲", ""},
		"said, not understood":               {map[string]any{"msgtype": "audio", "content": map[string]any{"duration": 1}}, chat.TypeOther, "", ""},
		"a picture":                          {map[string]any{"msgtype": "picture", "content": map[string]any{"downloadCode": "x"}}, chat.TypeOther, "", ""},
		"a content of tomorrow":              {map[string]any{"msgtype": "unknownMsgType", "content": "甲"}, chat.TypeOther, "", ""},
		"a quoted text":                      {quoting(map[string]any{"msgType": "text", "content": map[string]any{"text": "乙"}}), chat.TypeText, "甲", "乙"},
		"a quoted rich text":                 {quoting(map[string]any{"msgType": "richText", "content": rich(map[string]any{"text": "乙"})}), chat.TypeText, "甲", "乙"},
		"a quoted rich text, as it was sent": {quoting(map[string]any{"msgType": "richText", "content": rich(map[string]any{"msgType": "text", "content": "乙"}, map[string]any{"msgType": "picture", "downloadCode": "x"}, map[string]any{"content": "丙"})}), chat.TypeText, "甲", "乙丙"},
		"a quoted card":                      {quoting(map[string]any{"msgType": "interactiveCard", "content": map[string]any{"text": "乙"}}), chat.TypeText, "甲", "乙"},
		"quoted by an old client":            {map[string]any{"text": map[string]any{"content": "甲"}, "quoteMessage": map[string]any{"msgId": "x", "text": map[string]any{"content": " 乙"}}}, chat.TypeText, "甲", "乙"},
		"a quotation in a string":            {quoting(map[string]any{"msgType": "text", "content": `{"text":"乙"}`}), chat.TypeText, "甲", "乙"},
		"a quotation as it is":               {quoting(map[string]any{"content": " 乙 "}), chat.TypeText, "甲", "乙"},
		"a quotation of numbers":             {quoting(map[string]any{"content": 7}), chat.TypeText, "甲", ""},
		"a quotation of nothing":             {quoting(map[string]any{}), chat.TypeText, "甲", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := receive(t, message(tc.change), nil)
			if err != nil {
				t.Fatal(err)
			}
			if m := d.Message; m.Type != tc.typ || m.Text != tc.text || m.Quoted != tc.quoted || !m.Addressed() {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestPeopleOutsideHaveNoStaffID(t *testing.T) {
	t.Parallel()
	d, err := receive(t, message(map[string]any{"senderStaffId": nil}), nil)
	if err != nil || !d.Message.Outside || d.Message.Sender != "$:LWCP_v1:$x" {
		t.Errorf("%+v, %v", d.Message, err)
	}
	d, err = receive(t, message(map[string]any{"isInAtList": false}), nil)
	if err != nil || d.Message.Addressed() {
		t.Errorf("not mentioned: %+v, %v", d.Message, err)
	}
}

func TestForgedAndBrokenRequestsAreRefused(t *testing.T) {
	t.Parallel()
	body := func(change map[string]any) func(*chat.Request, *dingtalk.Options) {
		return func(r *chat.Request, _ *dingtalk.Options) { r.Body = []byte(message(change)) }
	}
	raw := func(s string) func(*chat.Request, *dingtalk.Options) {
		return func(r *chat.Request, _ *dingtalk.Options) { r.Body = []byte(s) }
	}
	header := func(name string, values ...string) func(*chat.Request, *dingtalk.Options) {
		return func(r *chat.Request, _ *dingtalk.Options) { r.Header[name] = values }
	}
	signed := func(timestamp string) func(*chat.Request, *dingtalk.Options) {
		return func(r *chat.Request, _ *dingtalk.Options) {
			r.Header["Timestamp"], r.Header["Sign"] = []string{timestamp}, []string{dingtalk.Sign(secret, timestamp)}
		}
	}
	at := func(d time.Duration) func(*chat.Request, *dingtalk.Options) {
		return func(_ *chat.Request, o *dingtalk.Options) { o.Now = func() time.Time { return signedAt.Add(d) } }
	}
	link := func(s string) func(*chat.Request, *dingtalk.Options) {
		return body(map[string]any{"sessionWebhook": s})
	}
	sign := dingtalk.Sign(secret, strconv.FormatInt(signedAt.UnixMilli(), 10))
	for name, tc := range map[string]struct {
		do   func(*chat.Request, *dingtalk.Options)
		want error // nil: accepted
	}{
		"as it was sent":                {body(nil), nil},
		"another secret":                {func(_ *chat.Request, o *dingtalk.Options) { o.Secret = "other" }, chat.ErrSignature},
		"one letter of the sign":        {header("Sign", "A"+sign[1:]), chat.ErrSignature},
		"sign in lower case":            {header("Sign", strings.ToLower(sign)), chat.ErrSignature},
		"sign cut":                      {header("Sign", sign[:43]), chat.ErrSignature},
		"sign too long":                 {header("Sign", sign+"="), chat.ErrTooLarge},
		"no sign":                       {header("Sign"), chat.ErrMalformed},
		"two signs":                     {header("Sign", sign, sign), chat.ErrMalformed},
		"no timestamp":                  {header("Timestamp"), chat.ErrMalformed},
		"another timestamp":             {header("Timestamp", "1795392001457"), chat.ErrSignature},
		"a long timestamp":              {header("Timestamp", strings.Repeat("1", 17)), chat.ErrTooLarge},
		"a timestamp that is no number": {signed("now"), chat.ErrMalformed},
		"a negative timestamp":          {signed("-1"), chat.ErrMalformed},
		"a timestamp in seconds":        {signed("1795392001"), chat.ErrStale},
		"at the edge, late":             {at(dingtalk.MaxAge), nil},
		"at the edge, early":            {at(-dingtalk.MaxAhead), nil},
		"stale":                         {at(dingtalk.MaxAge + time.Millisecond), chat.ErrStale},
		"ahead of its time":             {at(-dingtalk.MaxAhead - time.Millisecond), chat.ErrStale},
		"another method":                {func(r *chat.Request, _ *dingtalk.Options) { r.Method = "GET" }, chat.ErrMalformed},
		"a body too large":              {raw(strings.Repeat("x", dingtalk.MaxBody+1)), chat.ErrTooLarge},
		"an empty body":                 {raw(""), chat.ErrMalformed},
		"no JSON":                       {raw("{"), chat.ErrMalformed},
		"null":                          {raw("null"), chat.ErrMalformed},
		"JSON behind JSON":              {raw(message(nil) + "{}"), chat.ErrMalformed},
		"no UTF-8":                      {raw(strings.Replace(message(nil), "文化", "\xff", 1)), chat.ErrMalformed},
		"fields of another type":        {body(map[string]any{"msgId": 1}), chat.ErrMalformed},
		"another robot":                 {body(map[string]any{"robotCode": "other"}), chat.ErrReceiver},
		"another organisation":          {body(map[string]any{"chatbotCorpId": "other"}), chat.ErrReceiver},
		"no id":                         {body(map[string]any{"msgId": nil}), chat.ErrMalformed},
		"a long id":                     {body(map[string]any{"msgId": strings.Repeat("x", 513)}), chat.ErrMalformed},
		"a long robot": {func(r *chat.Request, o *dingtalk.Options) {
			o.RobotCode = ""
			r.Body = []byte(message(map[string]any{"robotCode": strings.Repeat("x", 513)}))
		}, chat.ErrMalformed},
		"a time beyond all":              {body(map[string]any{"createAt": int64(253402300799999)}), chat.ErrMalformed},
		"no conversation":                {body(map[string]any{"conversationId": nil}), chat.ErrMalformed},
		"no sender":                      {body(map[string]any{"senderStaffId": nil, "senderId": nil}), chat.ErrMalformed},
		"no type":                        {body(map[string]any{"msgtype": nil}), chat.ErrMalformed},
		"a kind nobody knows":            {body(map[string]any{"conversationType": "3"}), chat.ErrMalformed},
		"a time before all":              {body(map[string]any{"createAt": -1}), chat.ErrMalformed},
		"a link to another host":         {link("https://evil.example/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link that begins well":        {link("https://oapi.dingtalk.com.evil.example/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link with a user":             {link("https://oapi.dingtalk.com@evil.example/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link with a user of ours":     {link("https://u@oapi.dingtalk.com/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link without TLS":             {link("http://oapi.dingtalk.com/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link to another port":         {link("https://oapi.dingtalk.com:8443/robot/sendBySession?session=x"), chat.ErrMalformed},
		"a link to another path":         {link("https://oapi.dingtalk.com/robot/send?access_token=x"), chat.ErrMalformed},
		"a link that climbs":             {link("https://oapi.dingtalk.com/robot/sendBySession/../send?session=x"), chat.ErrMalformed},
		"a link with a back slash":       {link("https://oapi.dingtalk.com\\@evil.example/robot/sendBySession"), chat.ErrMalformed},
		"a link to the metadata service": {link("http://169.254.169.254/robot/sendBySession"), chat.ErrMalformed},
		"a link abroad":                  {link("https://oapi.dingtalk.io/robot/sendBySession?session=x"), nil},
		"a link to a configured base": {func(r *chat.Request, o *dingtalk.Options) {
			r.Body = []byte(message(map[string]any{"sessionWebhook": "http://127.0.0.1:9/robot/sendBySession?session=x"}))
			o.Bases = []string{"http://127.0.0.1:9/"}
		}, nil},
		"plain where sealed is due": {func(_ *chat.Request, o *dingtalk.Options) { o.AESKey = aesKey }, chat.ErrMalformed},
		"sealed by another key": {func(r *chat.Request, o *dingtalk.Options) {
			o.AESKey = aesKey
			r.Body = []byte(seal("8sjFISF0cpHBfnashOVgB1NmEemNJeInM9e3Q86kVZB", message(nil), ""))
		}, chat.ErrMalformed},
		"sealed for another": {func(r *chat.Request, o *dingtalk.Options) {
			o.AESKey, o.Receiver = aesKey, "dingkey"
			r.Body = []byte(seal(aesKey, message(nil), "other"))
		}, chat.ErrReceiver},
		"sealed, cut to 33 bytes": {func(r *chat.Request, o *dingtalk.Options) {
			o.AESKey = aesKey
			r.Body = []byte(`{"encrypt":"` + base64.StdEncoding.EncodeToString(make([]byte, 33)) + `"}`)
		}, chat.ErrMalformed},
		"sealed for us": {func(r *chat.Request, o *dingtalk.Options) {
			o.AESKey, o.Receiver = aesKey, "dingkey"
			r.Body = []byte(seal(aesKey, message(nil), "dingkey"))
		}, nil},
		"sealed for whom it may concern": {func(r *chat.Request, o *dingtalk.Options) {
			o.AESKey = aesKey
			r.Body = []byte(seal(aesKey, message(nil), "x"))
		}, nil},
		"sealed where plain is due": {raw(seal(aesKey, message(nil), "")), chat.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opt, state := options(signedAt)
			r := post(signedAt, message(nil))
			tc.do(&r, &opt)
			d, err := robot(t, opt).Receive(t.Context(), r)
			if !errors.Is(err, tc.want) || tc.want == nil && (err != nil || d.Message == nil) {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				return
			}
			if d.Message != nil || state.Len() != 0 {
				t.Errorf("a refused request left %d values and %v", state.Len(), d.Message)
			}
			for _, s := range []string{secret, aesKey, sign, "CANARY", "evil", "文化", "session="} {
				if strings.Contains(err.Error(), s) {
					t.Errorf("%v holds %q", err, s)
				}
			}
		})
	}
}

func seal(key, plain, id string) string {
	e, err := chat.NewEnvelope(key)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"encrypt":%q}`, e.Seal([]byte(plain), id))
}

func TestAnExpiredSessionIsNone(t *testing.T) {
	t.Parallel()
	for _, until := range []int64{0, -1, signedAt.UnixMilli(), 1 << 62} {
		d, err := receive(t, message(map[string]any{"sessionWebhookExpiredTime": until}), nil)
		if err != nil || d.Message.From.Session != (chat.Session{}) {
			t.Errorf("until %d: %+v, %v", until, d.Message.From.Session.Until, err)
		}
	}
}

func TestASignatureServesOneMessage(t *testing.T) {
	t.Parallel()
	now := signedAt
	state := chat.NewMemory(func() time.Time { return now })
	opt, _ := options(signedAt)
	opt.Now, opt.Guard = func() time.Time { return now }, chat.NewGuard(state, dingtalk.Remember)
	c := robot(t, opt)
	step := func(what string, r chat.Request, again bool, want error) {
		t.Helper()
		d, err := c.Receive(t.Context(), r)
		if !errors.Is(err, want) || d.Again != again {
			t.Errorf("%s: again %v, %v", what, d.Again, err)
		}
	}
	other := message(map[string]any{"msgId": "other"})
	step("first", post(now, message(nil)), false, nil)
	step("redelivery", post(signedAt, message(nil)), true, nil)
	step("another message of the same millisecond", post(signedAt, other), false, nil)
	step("its redelivery", post(signedAt, other), true, nil)
	step("the same id with another body", post(signedAt, message(map[string]any{"text": map[string]any{"content": "假"}})), false, chat.ErrReplayed)
	ahead := signedAt.Add(time.Minute)
	step("signed by a clock ahead of ours", post(ahead, message(map[string]any{"msgId": "ahead"})), false, nil)
	step("the same with another id", post(ahead, message(map[string]any{"msgId": "forged"})), false, chat.ErrReplayed)
	now = signedAt.Add(time.Minute).Add(time.Second)
	step("a captured signature with another id", post(signedAt, message(map[string]any{"msgId": "forged"})), false, chat.ErrReplayed)
	step("redelivery, signed anew", post(now, message(nil)), true, nil)
	step("a new message, signed anew", post(now.Add(time.Millisecond), message(map[string]any{"msgId": "new"})), false, nil)
	now = signedAt.Add(dingtalk.MaxAge)
	step("after an hour, still remembered", post(signedAt, message(map[string]any{"msgId": "forged"})), false, chat.ErrReplayed)
	now = signedAt.Add(dingtalk.Remember)
	step("after that, stale", post(signedAt, message(map[string]any{"msgId": "forged"})), false, chat.ErrStale)
}

// down is a State that cannot be reached.
type down struct{}

var errDown = errors.New("connection refused")

func (down) Get(context.Context, string) ([]byte, bool, error)        { return nil, false, errDown }
func (down) Put(context.Context, string, []byte, time.Duration) error { return errDown }
func (down) Swap(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, errDown
}

func TestAStateThatIsDownIsSaid(t *testing.T) {
	t.Parallel()
	_, err := receive(t, message(nil), func(o *dingtalk.Options) { o.Guard = chat.NewGuard(down{}, time.Hour) })
	if !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestRobotsNeedTheirCredentials(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*dingtalk.Options){
		"no secret":      func(o *dingtalk.Options) { o.Secret = "" },
		"no guard":       func(o *dingtalk.Options) { o.Guard = nil },
		"a bad key":      func(o *dingtalk.Options) { o.AESKey = "CANARY" },
		"a bad base":     func(o *dingtalk.Options) { o.Bases = []string{"CANARY"} },
		"a base of data": func(o *dingtalk.Options) { o.Bases = []string{"file://h/CANARY"} },
	} {
		opt, _ := options(signedAt)
		change(&opt)
		if _, err := dingtalk.NewRobot(opt); !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	opt, _ := options(signedAt)
	r := robot(t, opt)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if out := fmt.Sprintf(verb, r) + fmt.Sprintf(verb, opt); strings.Contains(out, "CANARY") || strings.Contains(out, fmt.Sprintf("%x", "CANARY")) {
			t.Errorf("%s prints %s", verb, out)
		}
	}
	if l := r.Limits(); l.Reply != dingtalk.MaxWebhook || l.Body != dingtalk.MaxBody || r.Via() != dingtalk.ViaRobot {
		t.Errorf("limits %+v", l)
	}
	opt.ReplyLimit = 99
	if l := robot(t, opt).Limits(); l.Reply != 99 {
		t.Errorf("limits %+v", l)
	}
}

// Whatever the body, it is taken or refused; what is taken is sound and leads
// nowhere else, and what is refused leaves nothing behind.
func FuzzDecode(f *testing.F) {
	f.Add(message(nil), "secret")
	f.Add(message(map[string]any{"msgtype": "richText", "content": map[string]any{"richText": []any{map[string]any{"text": "甲"}}}}), "x")
	f.Add(message(map[string]any{"text": map[string]any{"content": "甲", "repliedMsg": map[string]any{"content": "{}"}}}), "x")
	f.Add(`{"msgId":"1","conversationId":"c","conversationType":"1","senderId":"s","msgtype":"x","sessionWebhook":"//","sessionWebhookExpiredTime":9999999999999}`, "")
	f.Fuzz(func(t *testing.T, body, sign string) {
		for _, sealed := range []bool{false, true} {
			opt, state := options(signedAt)
			r := post(signedAt, body)
			if sealed {
				opt.AESKey, r.Body = aesKey, []byte(seal(aesKey, body, ""))
			}
			d, err := robot(t, opt).Receive(t.Context(), r)
			if err != nil {
				if state.Len() != 0 || !errors.Is(err, chat.ErrMalformed) && !errors.Is(err, chat.ErrReceiver) {
					t.Errorf("%d values left, %v", state.Len(), err)
				}
				continue
			}
			m := d.Message
			if m.Sender == "" || m.ID == "" || m.Conversation == "" || m.Type == "" || m.Kind == "" || !utf8.ValidString(m.Text) || m.Text != strings.TrimSpace(m.Text) {
				t.Errorf("unsound: %+v", m)
			}
			if link := m.From.Session.Link.Reveal(); link != "" {
				u, err := url.Parse(link)
				if err != nil || u.Scheme != "https" || u.Host != "oapi.dingtalk.com" && u.Host != "oapi.dingtalk.io" {
					t.Errorf("leads to %s", link)
				}
			}
		}
		opt, _ := options(signedAt)
		r := post(signedAt, message(nil))
		good := r.Header["Sign"][0]
		r.Header["Sign"] = []string{sign}
		if _, err := robot(t, opt).Receive(t.Context(), r); err == nil && sign != good {
			t.Errorf("sign %q is taken", sign)
		}
	})
}

func FuzzSignedURL(f *testing.F) {
	f.Add("https://oapi.dingtalk.com/robot/send?access_token=T", "SECx", int64(1795392000123))
	f.Add("https://h?a=%2B&a=+", "汉", int64(-1))
	f.Fuzz(func(t *testing.T, base, secret string, ms int64) {
		link, err := dingtalk.SignedURL(chat.Link(base), secret, time.UnixMilli(ms))
		if err != nil || secret == "" {
			return
		}
		was, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(link.Reveal())
		if err != nil || u.Host != was.Host || u.Scheme != was.Scheme || u.Path != was.Path {
			t.Fatalf("%q became %q, %v", base, link.Reveal(), err)
		}
		q := u.Query()
		if q.Get("sign") != dingtalk.Sign(secret, q.Get("timestamp")) || q.Get("timestamp") != strconv.FormatInt(ms, 10) {
			t.Errorf("%q is signed %v", base, q)
		}
		for k, v := range was.Query() {
			if k != "sign" && k != "timestamp" && !cmp.Equal(v, q[k]) {
				t.Errorf("%q lost %s", base, k)
			}
		}
	})
}
