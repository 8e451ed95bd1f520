package wecom_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/chat/wecom"
)

// down is a State that cannot be reached.
type down struct{}

var errDown = errors.New("connection refused")

func (down) Get(context.Context, string) ([]byte, bool, error)        { return nil, false, errDown }
func (down) Put(context.Context, string, []byte, time.Duration) error { return errDown }
func (down) Swap(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, errDown
}

const appHead = "<xml><ToUserName>ww0123456789abcdef</ToUserName><FromUserName>u</FromUserName><CreateTime>1795392004</CreateTime><AgentID>1000002</AgentID>"

// receive gives the delivery of a callback with this inside.
func receive(t *testing.T, name, plain string, change func(*wecom.Options)) (chat.Delivery, error) {
	t.Helper()
	v := vectors(t)[name]
	opt := v.options(t)
	if change != nil {
		change(&opt)
	}
	return v.channel(t, opt).Receive(t.Context(), v.of(t, plain).post())
}

func TestEventsOfAnApp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		xml     string
		want    *chat.Event // nil: nobody waits for it
		place   *chat.Place
		answers bool
	}{
		"join":          {"<Event>subscribe</Event><EventKey></EventKey>", &chat.Event{Kind: chat.EventJoin, Name: "subscribe"}, nil, true},
		"leave":         {"<Event>unsubscribe</Event>", &chat.Event{Kind: chat.EventLeave, Name: "unsubscribe"}, nil, false},
		"a menu entry":  {"<Event>click</Event><EventKey>help</EventKey>", &chat.Event{Kind: chat.EventMenu, Name: "click", Key: "help"}, nil, true},
		"a menu link":   {"<Event>view</Event><EventKey>https://a.example</EventKey>", &chat.Event{Kind: chat.EventMenu, Name: "view", Key: "https://a.example"}, nil, false},
		"a scan":        {"<Event>scancode_waitmsg</Event><EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>A7-x</ScanResult></ScanCodeInfo>", &chat.Event{Kind: chat.EventScan, Name: "scancode_waitmsg", Key: "k", Value: "A7-x"}, nil, true},
		"a place":       {"<Event>LOCATION</Event><Latitude>28.1</Latitude><Longitude>120.9</Longitude><Precision>65.0</Precision>", &chat.Event{Kind: chat.EventPlace, Name: "LOCATION"}, &chat.Place{Latitude: 28.1, Longitude: 120.9, Accuracy: 65, Source: chat.SourceReport}, true},
		"a card":        {"<Event>template_card_event</Event><EventKey>done</EventKey><TaskId>T12</TaskId><CardType>button_interaction</CardType><ResponseCode>CODE</ResponseCode><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>1</OptionId><OptionId>2</OptionId></OptionIds></SelectedItem></SelectedItems>", &chat.Event{Kind: chat.EventCard, Name: "template_card_event", Key: "done", Task: "T12", Card: "CODE", Choices: map[string][]string{"q": {"1", "2"}}}, nil, true},
		"contacts":      {"<Event>change_contact</Event><ChangeType>create_user</ChangeType>", nil, nil, false},
		"one not known": {"<Event>something_new</Event>", nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := receive(t, "wecom-2-text-cn", appHead+"<MsgType>event</MsgType>"+tc.xml+"</xml>", nil)
			if err != nil {
				t.Fatal(err)
			}
			if tc.want == nil {
				if d.Message != nil || d.Answer != nil {
					t.Errorf("got %v", d.Message)
				}
				return
			}
			if diff := cmp.Diff(tc.want, d.Message.Event); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.place, d.Message.Place); diff != "" {
				t.Error(diff)
			}
			if (d.Answer != nil) != tc.answers || d.Message.Type != chat.TypeEvent || d.Message.ID != "" {
				t.Errorf("answer %v, message %+v", d.Answer != nil, d.Message)
			}
		})
	}
	if _, err := receive(t, "wecom-2-text-cn", appHead+"<MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem/></SelectedItems></xml>", nil); !errors.Is(err, chat.ErrMalformed) {
		t.Errorf("a choice without question: %v", err)
	}
}

func TestAPictureToAnAppIsOther(t *testing.T) {
	t.Parallel()
	d, err := receive(t, "wecom-2-text-cn", appHead+"<MsgType>image</MsgType><PicUrl>x</PicUrl><MsgId>9</MsgId></xml>", nil)
	if err != nil || d.Message.Type != chat.TypeOther || d.Message.ID != "9" || d.Message.Text != "" {
		t.Errorf("%+v, %v", d.Message, err)
	}
}

func TestMessagesToAnAIBot(t *testing.T) {
	t.Parallel()
	const head = `{"msgid":"m","aibotid":"B","from":{"userid":"u"},"chattype":"single",`
	const group = `{"msgid":"m","aibotid":"B","from":{"userid":"u"},"chattype":"group","chatid":"g",`
	for name, tc := range map[string]struct {
		json, botName string
		typ           chat.Type
		text, quoted  string
	}{
		"text":                        {head + `"msgtype":"text","text":{"content":" 甲 "}}`, "", chat.TypeText, "甲", ""},
		"@ stays in a direct talk":    {head + `"msgtype":"text","text":{"content":"@甲 乙"}}`, "甲", chat.TypeText, "@甲 乙", ""},
		"the mention goes":            {group + `"msgtype":"text","text":{"content":"@志愿 助手 甲"}}`, "志愿 助手", chat.TypeText, "甲", ""},
		"wherever it is":              {group + `"msgtype":"text","text":{"content":"甲 @助手 乙"}}`, "助手", chat.TypeText, "甲 乙", ""},
		"glued to the text":           {group + `"msgtype":"text","text":{"content":"@助手甲"}}`, "助手", chat.TypeText, "甲", ""},
		"another's mention stays":     {group + `"msgtype":"text","text":{"content":"@助手二号 @助手 甲"}}`, "助手", chat.TypeText, "@助手二号 甲", ""},
		"without a name, one word":    {group + `"msgtype":"text","text":{"content":"＠助手 甲 @乙"}}`, "", chat.TypeText, "甲 @乙", ""},
		"only a mention":              {group + `"msgtype":"text","text":{"content":"@助手"}}`, "助手", chat.TypeText, "", ""},
		"only a mention, no name":     {group + `"msgtype":"text","text":{"content":"@助手"}}`, "", chat.TypeText, "", ""},
		"mixed":                       {group + `"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"@助手 甲"}},{"msgtype":"image","image":{"url":"x"}},{"msgtype":"text","text":{"content":"乙"}}]}}`, "助手", chat.TypeText, "甲\n乙", ""},
		"mixed without words":         {head + `"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"image","image":{"url":"x"}}]}}`, "", chat.TypeOther, "", ""},
		"voice is its transcript":     {head + `"msgtype":"voice","voice":{"content":"甲"}}`, "", chat.TypeText, "甲", ""},
		"a picture":                   {head + `"msgtype":"image","image":{"url":"x"}}`, "", chat.TypeOther, "", ""},
		"a quotation":                 {head + `"msgtype":"text","text":{"content":"甲"},"quote":{"msgtype":"text","text":{"content":"乙"}}}`, "", chat.TypeText, "甲", "乙"},
		"a quotation of many":         {head + `"msgtype":"text","text":{"content":"甲"},"quote":{"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"乙"}}]}}}`, "", chat.TypeText, "甲", "乙"},
		"a quoted picture":            {head + `"msgtype":"text","text":{"content":"甲"},"quote":{"msgtype":"image"}}`, "", chat.TypeText, "甲", ""},
		"a type of tomorrow":          {head + `"msgtype":"smell","smell":{"content":"甲"}}`, "", chat.TypeOther, "", ""},
		"fields of tomorrow are fine": {head + `"msgtype":"text","text":{"content":"甲","x":1},"y":[2]}`, "", chat.TypeText, "甲", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := receive(t, "wecom-5-aibot-json-empty-receiveid", tc.json, func(o *wecom.Options) { o.BotName, o.BotID = tc.botName, "B" })
			if err != nil {
				t.Fatal(err)
			}
			m := d.Message
			if m.Type != tc.typ || m.Text != tc.text || m.Quoted != tc.quoted || !m.Addressed() || d.Answer == nil {
				t.Errorf("got %s %q quoting %q", m.Type, m.Text, m.Quoted)
			}
		})
	}
}

func TestEventsOfAnAIBot(t *testing.T) {
	t.Parallel()
	const head = `{"msgid":"m","create_time":1795392004,"aibotid":"B","from":{"userid":"u"},"chattype":"single","msgtype":"event",`
	for name, tc := range map[string]struct {
		json    string
		want    *chat.Event
		answers bool
		err     error
	}{
		"enter":                 {`"event":{"eventtype":"enter_chat"}}`, &chat.Event{Kind: chat.EventEnter, Name: "enter_chat"}, true, nil},
		"a card":                {`"event":{"eventtype":"template_card_event","template_card_event":{"card_type":"vote_interaction","event_key":"done","task_id":"T12","selected_items":{"selected_item":[{"question_key":"q","option_ids":{"option_id":["1","2"]}}]}}}}`, &chat.Event{Kind: chat.EventCard, Name: "template_card_event", Key: "done", Task: "T12", Choices: map[string][]string{"q": {"1", "2"}}}, true, nil},
		"good":                  {`"event":{"eventtype":"feedback_event","feedback_event":{"id":"F1","type":1}}}`, &chat.Event{Kind: chat.EventFeedback, Name: "feedback_event", Key: "F1", Rating: chat.RatingGood}, false, nil},
		"bad, with a remark":    {`"event":{"eventtype":"feedback_event","feedback_event":{"id":"F1","type":2,"content":"答错了","inaccurate_reason_list":[3]}}}`, &chat.Event{Kind: chat.EventFeedback, Name: "feedback_event", Key: "F1", Rating: chat.RatingBad, Value: "答错了"}, false, nil},
		"withdrawn":             {`"event":{"eventtype":"feedback_event","feedback_event":{"id":"F1","type":3}}}`, &chat.Event{Kind: chat.EventFeedback, Name: "feedback_event", Key: "F1", Rating: chat.RatingWithdrawn}, false, nil},
		"a rating nobody knows": {`"event":{"eventtype":"feedback_event","feedback_event":{"id":"F1","type":4}}}`, nil, false, chat.ErrMalformed},
		"a card without one":    {`"event":{"eventtype":"template_card_event"}}`, nil, false, chat.ErrMalformed},
		"no event":              {`"x":1}`, nil, false, chat.ErrMalformed},
		"one of tomorrow":       {`"event":{"eventtype":"new_event"}}`, nil, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := receive(t, "wecom-5-aibot-json-empty-receiveid", head+tc.json, nil)
			if !errors.Is(err, tc.err) {
				t.Fatal(err)
			}
			if tc.want == nil {
				if d.Message != nil {
					t.Errorf("got %v", d.Message)
				}
				return
			}
			if diff := cmp.Diff(tc.want, d.Message.Event); diff != "" {
				t.Error(diff)
			}
			if (d.Answer != nil) != tc.answers || !d.Message.Time.Equal(time.Unix(1795392004, 0)) {
				t.Errorf("answer %v, time %s", d.Answer != nil, d.Message.Time)
			}
		})
	}
}

// Whatever ids and times a message has, what is taken can be kept: as a key of
// the store, and as JSON in every zone.
func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	const longest, latest = 512, 253370764800
	app := func(user, agent, id string, at int64) string {
		return "<xml><FromUserName>" + user + "</FromUserName><AgentID>" + agent + "</AgentID><MsgId>" + id + "</MsgId><CreateTime>" + strconv.FormatInt(at, 10) +
			"</CreateTime><MsgType>event</MsgType><Event>template_card_event</Event><ResponseCode>C</ResponseCode></xml>"
	}
	bot := func(user, chat, robot, id, feedback string, at int64) string {
		return `{"msgid":"` + id + `","aibotid":"` + robot + `","from":{"userid":"` + user + `"},"chattype":"group","chatid":"` + chat + `","create_time":` + strconv.FormatInt(at, 10) +
			`,"msgtype":"event","event":{"eventtype":"feedback_event","feedback_event":{"id":"` + feedback + `","type":1}}}`
	}
	long, longer := strings.Repeat("x", longest), strings.Repeat("x", longest+1)
	const appVector, botVector = "wecom-2-text-cn", "wecom-5-aibot-json-empty-receiveid"
	for name, tc := range map[string]struct {
		vector, plain string
		taken         bool
	}{
		"an app's longest":          {appVector, app(long, long, long, latest), true},
		"an app's user":             {appVector, app(longer, "1", "1", 1), false},
		"an app's agent":            {appVector, app("u", longer, "1", 1), false},
		"an app's time":             {appVector, app("u", "1", "1", latest+1), false},
		"an AI bot's longest":       {botVector, bot(long, long, long, long, long[:256], latest), true},
		"an AI bot's user":          {botVector, bot(longer, "g", "b", "m", "F", 1), false},
		"an AI bot's chat":          {botVector, bot("u", longer, "b", "m", "F", 1), false},
		"an AI bot's own":           {botVector, bot("u", "g", longer, "m", "F", 1), false},
		"an AI bot's message":       {botVector, bot("u", "g", "b", longer, "F", 1), false},
		"an AI bot's feedback":      {botVector, bot("u", "g", "b", "m", long[:257], 1), false},
		"an AI bot's time":          {botVector, bot("u", "g", "b", "m", "F", latest+1), false},
		"an AI bot's negative time": {botVector, bot("u", "g", "b", "m", "F", -1), false},
	} {
		d, err := receive(t, tc.vector, tc.plain, func(o *wecom.Options) { o.AgentID = "" })
		if (err == nil) != tc.taken || err != nil && !errors.Is(err, chat.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err == nil {
			m := *d.Message
			m.Time, m.From.Session.Until = m.Time.In(time.FixedZone("", 14*3600)), m.From.Session.Until.In(time.FixedZone("", 14*3600))
			if _, err := json.Marshal(m); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestReplyLinksOfOtherHostsAreForgotten(t *testing.T) {
	t.Parallel()
	for link, kept := range map[string]bool{
		"https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=C":              true,
		"http://127.0.0.1:9/cgi-bin/aibot/response?response_code=C":                       true,
		"http://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=C":               false,
		"https://qyapi.weixin.qq.com.evil.example/cgi-bin/aibot/response?response_code=C": false,
		"https://qyapi.weixin.qq.com@evil.example/cgi-bin/aibot/response?response_code=C": false,
		"https://qyapi.weixin.qq.com/cgi-bin/other?response_code=C":                       false,
		"http://169.254.169.254/": false,
		"":                        false,
	} {
		plain := `{"msgid":"m","from":{"userid":"u"},"chattype":"single","msgtype":"text","text":{"content":"甲"},"response_url":` + strconv.Quote(link) + `}`
		d, err := receive(t, "wecom-5-aibot-json-empty-receiveid", plain, func(o *wecom.Options) { o.APIBase = "http://127.0.0.1:9/" })
		if err != nil || (d.Message.From.Session.Link != "") != kept {
			t.Errorf("%s: %v", link, err)
		}
	}
}

// open checks and opens a reply as WeCom does.
func open(t *testing.T, v vector, r chat.Response) (plain, nonce string) {
	t.Helper()
	var out struct {
		Encrypt      string
		MsgSignature string
		Msgsignature string `json:"msgsignature" xml:"-"`
		TimeStamp    int64  `json:"timestamp"`
		Nonce        string
	}
	if v.ReceiveID == "" {
		if err := json.Unmarshal(r.Body, &out); err != nil {
			t.Fatal(err)
		}
		out.MsgSignature = out.Msgsignature
		if !strings.Contains(string(r.Body), `"msgsignature":"`) || !strings.HasPrefix(r.ContentType, "application/json") {
			t.Errorf("%s %s", r.ContentType, r.Body)
		}
	} else {
		if err := xml.Unmarshal(r.Body, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(r.Body), "<xml><Encrypt><![CDATA[") {
			t.Errorf("%s", r.Body)
		}
	}
	if got := wecom.Signature(v.Token, strconv.FormatInt(out.TimeStamp, 10), out.Nonce, out.Encrypt); got != out.MsgSignature || out.Nonce == "" {
		t.Error("a reply with a wrong signature")
	}
	e, err := chat.NewEnvelope(v.EncodingAESKey)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := e.Open(out.Encrypt, v.ReceiveID)
	if err != nil {
		t.Fatal(err)
	}
	return string(msg), out.Nonce
}

func TestAnAppAnswersInItsResponse(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-2-text-cn"]
	d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Answer(t.Context(), chat.Reply{Text: "归“甲]]>乙”管，@all <@all>\x00", Markdown: "**x**"})
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := open(t, v, r)
	var in struct {
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
	}
	if err := xml.Unmarshal([]byte(plain), &in); err != nil {
		t.Fatal(err)
	}
	if in.ToUserName != "ZhangSan" || in.FromUserName != v.ReceiveID || in.MsgType != "text" || in.CreateTime != v.time(t).Unix() ||
		in.Content != "归“甲]]>乙”管，@all <\u200b@all>" && in.Content != "归“甲]]>乙”管，@\u200ball <\u200b@\u200ball>" {
		t.Errorf("got %+v", in)
	}
	if r, err := d.Answer(t.Context(), chat.Reply{}); err != nil || len(r.Body) != 0 {
		t.Errorf("nothing to say: %q, %v", r.Body, err)
	}
	if _, err := d.Answer(t.Context(), chat.Reply{Text: strings.Repeat("长", 683)}); !errors.Is(err, chat.ErrTooLong) {
		t.Errorf("2,049 bytes: %v", err)
	}
	if _, err := d.Answer(t.Context(), chat.Reply{Text: strings.Repeat("长", 682) + "ab"}); err != nil {
		t.Errorf("2,048 bytes: %v", err)
	}
}

// botReply is what an AI bot's reply says inside.
type botReply struct {
	MsgType string
	Text    *struct{ Content string }
	Stream  *struct {
		ID, Content string
		Finish      *bool
		Feedback    *struct{ ID string }
	}
}

func openBot(t *testing.T, v vector, r chat.Response) botReply {
	t.Helper()
	plain, nonce := open(t, v, r)
	if nonce != v.Nonce {
		t.Errorf("nonce %q is not that of the request", nonce)
	}
	if strings.Contains(plain, `\u003c`) {
		t.Errorf("escaped: %s", plain)
	}
	var in botReply
	if err := json.Unmarshal([]byte(plain), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestAnAIBotAnswersByAStream(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-5-aibot-json-empty-receiveid"]
	d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for range 2 {
		r, err := d.Answer(t.Context(), chat.Reply{Text: "甲", Markdown: "**甲** <b> <@all>", Feedback: "F1"})
		if err != nil {
			t.Fatal(err)
		}
		in := openBot(t, v, r)
		if in.MsgType != "stream" || !*in.Stream.Finish || in.Stream.Content != "**甲** <b> <\u200b@\u200ball>" || in.Stream.Feedback.ID != "F1" {
			t.Errorf("got %+v", in.Stream)
		}
		ids = append(ids, in.Stream.ID)
	}
	if ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("stream ids %q", ids)
	}
	if r, err := d.Answer(t.Context(), chat.Reply{}); err != nil || len(r.Body) != 0 {
		t.Errorf("nothing to say: %q, %v", r.Body, err)
	}
	for _, r := range []chat.Reply{{Text: strings.Repeat("长", 6827)}, {Text: "甲", Feedback: strings.Repeat("F", 257)}} {
		if _, err := d.Answer(t.Context(), r); !errors.Is(err, chat.ErrTooLong) {
			t.Errorf("too long: %v", err)
		}
	}
}

func TestAWelcomeIsAText(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-5-aibot-json-empty-receiveid"]
	v = v.of(t, `{"msgid":"m","from":{"userid":"u"},"chattype":"single","msgtype":"event","event":{"eventtype":"enter_chat"}}`)
	d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Answer(t.Context(), chat.Reply{Text: "您好"})
	if err != nil {
		t.Fatal(err)
	}
	if in := openBot(t, v, r); in.MsgType != "text" || in.Text.Content != "您好" || in.Stream != nil {
		t.Errorf("got %+v", in)
	}
}

func TestAPollForAStreamNobodyKnowsEndsIt(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-5-aibot-json-empty-receiveid"]
	v = v.of(t, `{"msgid":"p","from":{"userid":"u"},"chattype":"single","msgtype":"stream","stream":{"id":"other"}}`)
	d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
	if err != nil || d.Message != nil || d.Answer != nil {
		t.Fatalf("a poll gives %v, %v", d.Message, err)
	}
	if in := openBot(t, v, d.Response); in.Stream.ID != "other" || !*in.Stream.Finish || in.Stream.Content == "" {
		t.Errorf("got %+v", in.Stream)
	}
}

func TestLimitsAreThePlatforms(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	for _, tc := range []struct {
		name  string
		limit int
		via   chat.Via
		want  int
	}{
		{"wecom-2-text-cn", 0, "wecom.app", 2048}, {"wecom-5-aibot-json-empty-receiveid", 0, "wecom.aibot", 20480},
		{"wecom-2-text-cn", 99, "wecom.app", 99}, {"wecom-5-aibot-json-empty-receiveid", 99, "wecom.aibot", 99},
	} {
		opt := all[tc.name].options(t)
		opt.ReplyLimit = tc.limit
		c := all[tc.name].channel(t, opt)
		if c.Limits().Reply != tc.want || c.Limits().Body != wecom.MaxBody || c.Via() != tc.via || c.Via().Platform() != chat.WeCom {
			t.Errorf("%s: %+v", c.Via(), c.Limits())
		}
	}
}

// Whatever is inside a callback, it is taken or refused; what is taken is sound
// and can be answered, and what is refused leaves nothing behind.
func FuzzDecode(f *testing.F) {
	all := vectors(f)
	app, bot := all["wecom-2-text-cn"], all["wecom-5-aibot-json-empty-receiveid"]
	for _, v := range all {
		f.Add(v.Plaintext, "归甲管")
	}
	f.Add(appHead+"<MsgType>event</MsgType><Event>LOCATION</Event><Latitude>1e1</Latitude><Longitude>0x1p4</Longitude></xml>", "]]>")
	f.Add(appHead+"<MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey></SelectedItem></SelectedItems></xml>", "@all")
	f.Add(`{"msgid":"m","from":{"userid":"u"},"chattype":"single","msgtype":"stream","stream":{"id":"s"}}`, "\xff")
	f.Fuzz(func(t *testing.T, plain, reply string) {
		for _, v := range []vector{app, bot} {
			opt := v.options(t)
			opt.BotName = "助手"
			d, err := v.channel(t, opt).Receive(t.Context(), v.of(t, plain).post())
			if err != nil {
				if n := opt.Guard.(memory).state.Len(); n != 0 {
					t.Errorf("%d values left", n)
				}
				if !errors.Is(err, chat.ErrMalformed) && !errors.Is(err, chat.ErrReceiver) {
					t.Errorf("got %v", err)
				}
				continue
			}
			m := d.Message
			if m == nil {
				continue
			}
			if m.Sender == "" || m.Type == "" || m.Kind == "" || m.Key() == "" || !utf8.ValidString(m.Text) || m.Text != strings.TrimSpace(m.Text) {
				t.Errorf("unsound: %+v", m)
			}
			if p := m.Place; p != nil && !(p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180) {
				t.Errorf("unsound: %+v", p)
			}
			if d.Answer == nil || len(reply) > 600 {
				continue
			}
			r, err := d.Answer(t.Context(), chat.Reply{Text: reply})
			if err != nil {
				t.Errorf("answer %q: %v", reply, err)
			} else if len(r.Body) > 0 {
				open(t, v, r)
			}
		}
	})
}

// A body that nobody signed is never taken.
func FuzzUnsignedBody(f *testing.F) {
	all := vectors(f)
	app, bot := all["wecom-2-text-cn"], all["wecom-5-aibot-json-empty-receiveid"]
	f.Add(app.body(), app.Signature, app.Nonce)
	f.Add(bot.body(), bot.Signature, bot.Nonce)
	f.Add("<xml><Encrypt>a</Encrypt></xml>", "", "1")
	f.Fuzz(func(t *testing.T, body, signature, nonce string) {
		for _, v := range []vector{app, bot} {
			r := v.post()
			r.Body, r.Query["msg_signature"], r.Query["nonce"] = []byte(body), []string{signature}, []string{nonce}
			d, err := v.channel(t, v.options(t)).Receive(t.Context(), r)
			if err == nil && !(signature == v.Signature && nonce == v.Nonce && strings.Contains(body, v.Encrypt)) {
				t.Errorf("taken: %v", d.Message)
			}
		}
	})
}

func BenchmarkCallback(b *testing.B) {
	for _, name := range []string{"wecom-2-text-cn", "wecom-5-aibot-json-empty-receiveid"} {
		b.Run(name, func(b *testing.B) {
			v := vectors(b)[name]
			c, r := v.channel(b, v.options(b)), v.post()
			reply := chat.Reply{Text: strings.Repeat("答", 300)}
			for b.Loop() {
				d, err := c.Receive(b.Context(), r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.Answer(b.Context(), reply); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
