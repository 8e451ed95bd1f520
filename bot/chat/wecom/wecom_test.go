package wecom_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sbzhu/weworkapi_golang/wxbizmsgcrypt"
	"github.com/silenceper/wechat/v2/util"

	"xietiao/bot/chat"
	"xietiao/bot/chat/wecom"
)

// vector is one callback made by an independent implementation.
type vector struct {
	Name, Token, EncodingAESKey, ReceiveID, Timestamp, Nonce, Plaintext, Encrypt string
	Signature                                                                    string `json:"msg_signature"`
}

func vectors(t testing.TB) map[string]vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	out := map[string]vector{}
	for _, v := range list {
		out[v.Name] = v
	}
	if len(out) != 8 {
		t.Fatalf("%d vectors", len(out))
	}
	return out
}

func (v vector) time(t testing.TB) time.Time {
	t.Helper()
	s, err := strconv.ParseInt(v.Timestamp, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(s, 0)
}

func (v vector) query() map[string][]string {
	return map[string][]string{"msg_signature": {v.Signature}, "timestamp": {v.Timestamp}, "nonce": {v.Nonce}}
}

func (v vector) get() chat.Request {
	q := v.query()
	q["echostr"] = []string{v.Encrypt}
	return chat.Request{Method: "GET", Query: q}
}

func (v vector) body() string {
	if v.ReceiveID == "" {
		return fmt.Sprintf(`{"encrypt":%q}`, v.Encrypt)
	}
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID>1000002</AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", v.ReceiveID, v.Encrypt)
}

func (v vector) post() chat.Request {
	return chat.Request{Method: "POST", Query: v.query(), Body: []byte(v.body())}
}

// of makes v carry plain, signed and sealed as the platform would.
func (v vector) of(t testing.TB, plain string) vector {
	t.Helper()
	e, err := chat.NewEnvelope(v.EncodingAESKey)
	if err != nil {
		t.Fatal(err)
	}
	v.Encrypt = e.Seal([]byte(plain), v.ReceiveID)
	return v.signed()
}

func (v vector) signed() vector {
	v.Signature = wecom.Signature(v.Token, v.Timestamp, v.Nonce, v.Encrypt)
	return v
}

// options fit v at the time v was made.
func (v vector) options(t testing.TB) wecom.Options {
	t.Helper()
	at := v.time(t)
	now := func() time.Time { return at }
	state := chat.NewMemory(now)
	return wecom.Options{
		Token: v.Token, AESKey: v.EncodingAESKey, CorpID: v.ReceiveID,
		Guard: memory{chat.NewGuard(state, wecom.Remember), state}, Now: now,
	}
}

// memory is a guard whose memory can be counted.
type memory struct {
	*chat.StateGuard
	state *chat.Memory
}

func (v vector) channel(t testing.TB, opt wecom.Options) chat.Channel {
	t.Helper()
	var c chat.Channel
	var err error
	if v.ReceiveID == "" {
		c, err = wecom.NewAIBot(opt)
	} else {
		c, err = wecom.NewApp(opt)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVectorsHaveTheirSignature(t *testing.T) {
	t.Parallel()
	for name, v := range vectors(t) {
		if got := wecom.Signature(v.Token, v.Timestamp, v.Nonce, v.Encrypt); got != v.Signature {
			t.Errorf("%s: %s", name, got)
		}
		params := []string{v.Token, v.Timestamp, v.Nonce, v.Encrypt}
		if got := util.Signature(params...); got != v.Signature {
			t.Errorf("%s: silenceper has %s", name, got)
		}
	}
}

// The check of the address opens an echo, and no message or reply that somebody
// has overheard: they are signed alike.
func TestTheCheckOfTheAddressEchoesThePlainText(t *testing.T) {
	t.Parallel()
	for name, v := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.ContainsAny(v.Plaintext, "<{") {
				if d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.get()); !errors.Is(err, chat.ErrMalformed) || len(d.Response.Body) != 0 {
					t.Errorf("a message is opened: %q, %v", d.Response.Body, err)
				}
				const echo = "1616140317555161061"
				v = v.of(t, echo)
				v.Plaintext = echo
			}
			d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.get())
			if err != nil || string(d.Response.Body) != v.Plaintext || d.Message != nil {
				t.Errorf("%q, %v", d.Response.Body, err)
			}
			v.Signature = strings.Repeat("0", 40)
			if _, err := v.channel(t, v.options(t)).Receive(t.Context(), v.get()); !errors.Is(err, chat.ErrSignature) {
				t.Errorf("forged: %v", err)
			}
		})
	}
}

func TestOtherLibrariesAgree(t *testing.T) {
	t.Parallel()
	for name, v := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := wxbizmsgcrypt.NewWXBizMsgCrypt(v.Token, v.EncodingAESKey, v.ReceiveID, wxbizmsgcrypt.XmlType)
			e, err := chat.NewEnvelope(v.EncodingAESKey)
			if err != nil {
				t.Fatal(err)
			}
			for _, msg := range []string{v.Plaintext, "", "汉", strings.Repeat("长", 700)} {
				mine := v.of(t, msg)
				got, cerr := sb.VerifyURL(mine.Signature, v.Timestamp, v.Nonce, mine.Encrypt)
				if cerr != nil || string(got) != msg {
					t.Errorf("weworkapi opens %q as %q, %v", msg, got, cerr)
				}
				if v.ReceiveID != "" { // silenceper cannot open what is for nobody
					_, got, err := util.DecryptMsg(v.ReceiveID, mine.Encrypt, v.EncodingAESKey)
					if err != nil || string(got) != msg {
						t.Errorf("silenceper opens %q as %q, %v", msg, got, err)
					}
				}
				theirs, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(msg), v.ReceiveID, v.EncodingAESKey)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := e.Open(string(theirs), v.ReceiveID); err != nil || string(got) != msg {
					t.Errorf("silenceper's %q opens as %q, %v", msg, got, err)
				}
			}
			wrapped, cerr := sb.EncryptMsg(v.Plaintext, v.Timestamp, v.Nonce)
			if cerr != nil {
				t.Fatal(cerr.ErrMsg)
			}
			var outer struct{ Encrypt, MsgSignature string }
			if err := xml.Unmarshal(wrapped, &outer); err != nil {
				t.Fatal(err)
			}
			if outer.MsgSignature != wecom.Signature(v.Token, v.Timestamp, v.Nonce, outer.Encrypt) {
				t.Error("weworkapi signs otherwise")
			}
			if got, err := e.Open(outer.Encrypt, v.ReceiveID); err != nil || string(got) != v.Plaintext {
				t.Errorf("weworkapi's opens as %q, %v", got, err)
			}
		})
	}
}

// The other libraries look at the last byte of the padding only; we look at all.
func TestPaddingIsCheckedWhereOthersDoNot(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-6-full-pad-block-32"]
	data, err := base64.StdEncoding.DecodeString(v.Encrypt)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-32-16] ^= 1 // changes one byte of the padding, and spoils a block of padding before
	v.Encrypt = base64.StdEncoding.EncodeToString(data)
	v = v.signed()
	if _, err := v.channel(t, v.options(t)).Receive(t.Context(), v.get()); !errors.Is(err, chat.ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func TestForgedAndBrokenRequestsAreRefused(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	text, bot := all["wecom-2-text-cn"], all["wecom-5-aibot-json-empty-receiveid"]
	type change func(t *testing.T, v *vector, r *chat.Request, opt *wecom.Options)
	raw := func(f func(v vector) string) change {
		return func(_ *testing.T, v *vector, r *chat.Request, _ *wecom.Options) { r.Body = []byte(f(*v)) }
	}
	set := func(f func(t *testing.T, v *vector)) change {
		return func(t *testing.T, v *vector, r *chat.Request, _ *wecom.Options) { f(t, v); *r = v.post() }
	}
	query := func(name string, values ...string) change {
		return func(_ *testing.T, _ *vector, r *chat.Request, _ *wecom.Options) { r.Query[name] = values }
	}
	cut := func(n int) change {
		return set(func(t *testing.T, v *vector) {
			data, err := base64.StdEncoding.DecodeString(v.Encrypt)
			if err != nil {
				t.Fatal(err)
			}
			v.Encrypt = base64.StdEncoding.EncodeToString(data[:n])
			*v = v.signed()
		})
	}
	at := func(d time.Duration) change {
		return func(t *testing.T, v *vector, _ *chat.Request, opt *wecom.Options) {
			moved := v.time(t).Add(d)
			opt.Now = func() time.Time { return moved }
		}
	}
	for name, tc := range map[string]struct {
		v    vector
		do   change
		want error // nil: accepted
	}{
		"as it was sent":             {text, query("other", "x"), nil},
		"as it was sent, AI bot":     {bot, query("other", "x"), nil},
		"one digit of the signature": {text, set(func(_ *testing.T, v *vector) { v.Signature = flip(v.Signature) }), chat.ErrSignature},
		"signature in upper case":    {text, set(func(_ *testing.T, v *vector) { v.Signature = strings.ToUpper(v.Signature) }), chat.ErrSignature},
		"signature cut":              {text, query("msg_signature", text.Signature[:39]), chat.ErrSignature},
		"signature too long":         {text, query("msg_signature", text.Signature+"0"), chat.ErrTooLarge},
		"no signature":               {text, query("msg_signature"), chat.ErrMalformed},
		"an empty signature":         {text, query("msg_signature", ""), chat.ErrMalformed},
		"two signatures":             {text, query("msg_signature", text.Signature, text.Signature), chat.ErrMalformed},
		"another nonce":              {text, query("nonce", "1"), chat.ErrSignature},
		"a long nonce":               {text, query("nonce", strings.Repeat("1", 129)), chat.ErrTooLarge},
		"another time":               {text, query("timestamp", "1795392006"), chat.ErrSignature},
		"a time that is no number":   {text, set(func(_ *testing.T, v *vector) { v.Timestamp = "17953920x5"; *v = v.signed() }), chat.ErrMalformed},
		"a time beyond all":          {text, set(func(_ *testing.T, v *vector) { v.Timestamp = "99999999999999999999"; *v = v.signed() }), chat.ErrMalformed},
		"a negative time":            {text, set(func(_ *testing.T, v *vector) { v.Timestamp = "-5"; *v = v.signed() }), chat.ErrMalformed},
		"at the edge, late":          {text, at(wecom.Window), nil},
		"at the edge, early":         {text, at(-wecom.Window), nil},
		"stale":                      {text, at(wecom.Window + time.Second), chat.ErrStale},
		"ahead of its time":          {text, at(-wecom.Window - time.Second), chat.ErrStale},
		"stale, AI bot":              {bot, at(time.Hour), chat.ErrStale},
		"for another corp":           {text, func(_ *testing.T, _ *vector, _ *chat.Request, o *wecom.Options) { o.CorpID = "wwOTHER" }, chat.ErrReceiver},
		"for another agent":          {text, func(_ *testing.T, _ *vector, _ *chat.Request, o *wecom.Options) { o.AgentID = "1000003" }, chat.ErrReceiver},
		"for another bot":            {bot, func(_ *testing.T, _ *vector, _ *chat.Request, o *wecom.Options) { o.BotID = "OTHER" }, chat.ErrReceiver},
		"another token":              {text, func(_ *testing.T, _ *vector, _ *chat.Request, o *wecom.Options) { o.Token = "x" }, chat.ErrSignature},
		"another key":                {text, func(_ *testing.T, _ *vector, _ *chat.Request, o *wecom.Options) { o.AESKey = bot.EncodingAESKey }, chat.ErrMalformed},
		"31 bytes":                   {text, cut(31), chat.ErrMalformed},
		"33 bytes":                   {text, cut(33), chat.ErrMalformed},
		"48 bytes":                   {text, cut(48), chat.ErrMalformed},
		"32 bytes":                   {text, cut(32), chat.ErrMalformed},
		"blanks for + in the body":   {text, raw(func(v vector) string { return strings.ReplaceAll(v.body(), "+", " ") }), chat.ErrSignature},
		"blanks for +, signed":       {text, set(func(_ *testing.T, v *vector) { v.Encrypt = strings.ReplaceAll(v.Encrypt, "+", " "); *v = v.signed() }), chat.ErrMalformed},
		"a body too large":           {text, raw(func(vector) string { return strings.Repeat("x", wecom.MaxBody+1) }), chat.ErrTooLarge},
		"an empty body":              {text, raw(func(vector) string { return "" }), chat.ErrMalformed},
		"a body cut off":             {text, raw(func(v vector) string { return v.body()[:200] }), chat.ErrMalformed},
		"two Encrypt":                {text, raw(func(v vector) string { return strings.Replace(v.body(), "</xml>", "<Encrypt>x</Encrypt></xml>", 1) }), chat.ErrMalformed},
		"Encrypt deeper down":        {text, raw(func(v vector) string { return "<xml><a>" + v.body() + "</a></xml>" }), chat.ErrMalformed},
		"another root":               {text, raw(func(v vector) string { return strings.ReplaceAll(v.body(), "xml>", "yml>") }), chat.ErrMalformed},
		"two roots":                  {text, raw(func(v vector) string { return v.body() + v.body() }), chat.ErrMalformed},
		"text behind the root":       {text, raw(func(v vector) string { return v.body() + "x" }), chat.ErrMalformed},
		"a DOCTYPE":                  {text, raw(func(v vector) string { return "<!DOCTYPE xml [<!ENTITY a \"b\">]>" + v.body() }), chat.ErrMalformed},
		"an entity":                  {text, raw(func(v vector) string { return strings.Replace(v.body(), "1000002", "&a;", 1) }), chat.ErrMalformed},
		"attributes":                 {text, raw(func(v vector) string { return strings.Replace(v.body(), "<xml>", "<xml a=\"b\">", 1) }), chat.ErrMalformed},
		"a name space":               {text, raw(func(v vector) string { return strings.ReplaceAll(v.body(), "Encrypt>", "x:Encrypt>") }), chat.ErrMalformed},
		"very deep": {text, raw(func(v vector) string {
			return "<xml>" + strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000) + "</xml>"
		}), chat.ErrMalformed},
		"very wide":             {text, raw(func(v vector) string { return "<xml>" + strings.Repeat("<a/>", 5000) + v.body()[5:] }), chat.ErrMalformed},
		"JSON for an app":       {text, raw(func(v vector) string { return fmt.Sprintf(`{"encrypt":%q}`, v.Encrypt) }), chat.ErrMalformed},
		"XML for a bot":         {bot, raw(func(v vector) string { return "<xml><Encrypt>" + v.Encrypt + "</Encrypt></xml>" }), chat.ErrMalformed},
		"two encrypt":           {bot, raw(func(v vector) string { return fmt.Sprintf(`{"encrypt":%q,"encrypt":%q}`, v.Encrypt, v.Encrypt) }), chat.ErrMalformed},
		"another method":        {text, func(_ *testing.T, _ *vector, r *chat.Request, _ *wecom.Options) { r.Method = "PUT" }, chat.ErrMalformed},
		"a GET without echostr": {text, func(_ *testing.T, _ *vector, r *chat.Request, _ *wecom.Options) { r.Method = "GET" }, chat.ErrMalformed},
		"a GET with a long one": {text, func(_ *testing.T, _ *vector, r *chat.Request, _ *wecom.Options) {
			r.Method, r.Query["echostr"] = "GET", []string{strings.Repeat("A", 4097)}
		}, chat.ErrTooLarge},
		"DOCTYPE inside":          {text, set(func(t *testing.T, v *vector) { *v = v.of(t, "<!DOCTYPE x>"+v.Plaintext) }), chat.ErrMalformed},
		"nothing inside":          {text, set(func(t *testing.T, v *vector) { *v = v.of(t, "") }), chat.ErrMalformed},
		"no JSON inside":          {bot, set(func(t *testing.T, v *vector) { *v = v.of(t, "{") }), chat.ErrMalformed},
		"no text of UTF-8 inside": {bot, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.Replace(v.Plaintext, "明天", "\xff", 1)) }), chat.ErrMalformed},
		"two MsgId inside": {text, set(func(t *testing.T, v *vector) {
			*v = v.of(t, strings.Replace(v.Plaintext, "</xml>", "<MsgId>1</MsgId></xml>", 1))
		}), chat.ErrMalformed},
		"a MsgId that is no text":      {text, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.Replace(v.Plaintext, "<MsgId>", "<MsgId><a/>", 1)) }), chat.ErrMalformed},
		"no MsgId inside":              {text, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "MsgId", "Other")) }), chat.ErrMalformed},
		"no sender inside":             {text, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "ZhangSan", "")) }), chat.ErrMalformed},
		"a CreateTime that is no time": {text, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "1795392004", "soon")) }), chat.ErrMalformed},
		"latitude beyond the pole":     {all["wecom-3-location"], set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "31.2304160", "90.1")) }), chat.ErrMalformed},
		"a latitude that is no number": {all["wecom-3-location"], set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "31.2304160", "NaN")) }), chat.ErrMalformed},
		"a longitude without end":      {all["wecom-3-location"], set(func(t *testing.T, v *vector) { *v = v.of(t, strings.ReplaceAll(v.Plaintext, "121.4737010", "+Inf")) }), chat.ErrMalformed},
		"no msgid inside":              {bot, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.Replace(v.Plaintext, "msgid", "x", 1)) }), chat.ErrMalformed},
		"a chattype nobody knows":      {bot, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.Replace(v.Plaintext, `"group"`, `"world"`, 1)) }), chat.ErrMalformed},
		"a group without id":           {bot, set(func(t *testing.T, v *vector) { *v = v.of(t, strings.Replace(v.Plaintext, `"chatid"`, `"x"`, 1)) }), chat.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, opt := tc.v, tc.v.options(t)
			state := opt.Guard.(memory).state
			r := v.post()
			tc.do(t, &v, &r, &opt)
			c := v.channel(t, opt)
			d, err := c.Receive(t.Context(), r)
			if !errors.Is(err, tc.want) || tc.want == nil && (err != nil || d.Message == nil) {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				return
			}
			if d.Message != nil || state.Len() != 0 {
				t.Errorf("a refused request left %d values and %v", state.Len(), d.Message)
			}
			holdsNoSecret(t, err.Error(), v, opt, r)
		})
	}
}

func flip(s string) string {
	if s[0] == '0' {
		return "1" + s[1:]
	}
	return "0" + s[1:]
}

// holdsNoSecret looks for credentials, both signatures and the message.
func holdsNoSecret(t *testing.T, text string, v vector, opt wecom.Options, r chat.Request) {
	t.Helper()
	secrets := []string{opt.Token, opt.AESKey, v.Token, v.EncodingAESKey, v.Encrypt, v.Plaintext, "签到", "明天"}
	if sig, ok := r.Param("msg_signature"); ok {
		nonce, _ := r.Param("nonce")
		at, _ := r.Param("timestamp")
		secrets = append(secrets, sig, v.Signature, wecom.Signature(opt.Token, at, nonce, v.Encrypt))
	}
	for _, s := range secrets {
		if len(s) > 1 && strings.Contains(text, s) {
			t.Errorf("%q holds %q", text, s)
		}
	}
}

func TestNothingPrintsItsCredentials(t *testing.T) {
	t.Parallel()
	for name, v := range vectors(t) {
		opt := v.options(t)
		c := v.channel(t, opt)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			out := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, opt)
			if strings.Contains(out, v.Token) || strings.Contains(out, v.EncodingAESKey) || strings.Contains(out, fmt.Sprintf("%x", v.Token)) {
				t.Errorf("%s: %s prints %s", name, verb, out)
			}
		}
	}
}

func TestChannelsNeedTheirCredentials(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-2-text-cn"]
	for name, change := range map[string]func(*wecom.Options){
		"no token":           func(o *wecom.Options) { o.Token = "" },
		"a token too long":   func(o *wecom.Options) { o.Token = strings.Repeat("CANARY", 6) },
		"a token with signs": func(o *wecom.Options) { o.Token = "CANARY-1" },
		"no key":             func(o *wecom.Options) { o.AESKey = "" },
		"a short key":        func(o *wecom.Options) { o.AESKey = "CANARY" },
		"no guard":           func(o *wecom.Options) { o.Guard = nil },
	} {
		opt := v.options(t)
		change(&opt)
		_, appErr := wecom.NewApp(opt)
		_, botErr := wecom.NewAIBot(opt)
		for _, err := range []error{appErr, botErr} {
			if !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	opt := v.options(t)
	opt.CorpID = ""
	if _, err := wecom.NewApp(opt); !errors.Is(err, chat.ErrConfig) {
		t.Errorf("an app without corp: %v", err)
	}
}

func TestARedeliveryIsTakenAndAReplayIsNot(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wecom-2-text-cn", "wecom-4-event-enter_agent", "wecom-5-aibot-json-empty-receiveid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := vectors(t)[name]
			c := v.channel(t, v.options(t))
			var keys []string
			for i := range 3 {
				d, err := c.Receive(t.Context(), v.post())
				if err != nil || d.Again != (i > 0) {
					t.Fatalf("try %d: again %v, %v", i, d.Again, err)
				}
				keys = append(keys, d.Message.Key())
			}
			if len(slices.Compact(keys)) != 1 {
				t.Errorf("keys %q", keys)
			}
			other := v.of(t, v.Plaintext) // the same nonce, sealed anew
			if _, err := c.Receive(t.Context(), other.post()); !errors.Is(err, chat.ErrReplayed) {
				t.Errorf("the nonce with another signature: %v", err)
			}
			r := v.post()
			r.Body = append(r.Body, '\n')
			if _, err := c.Receive(t.Context(), r); !errors.Is(err, chat.ErrReplayed) {
				t.Errorf("the signature with another body: %v", err)
			}
			later := v
			later.Timestamp = strconv.FormatInt(v.time(t).Unix()+1, 10)
			if _, err := c.Receive(t.Context(), later.signed().post()); !errors.Is(err, chat.ErrReplayed) {
				t.Errorf("the nonce with another time: %v", err)
			}
			other.Nonce = "another"
			if d, err := c.Receive(t.Context(), other.signed().post()); err != nil || d.Again {
				t.Errorf("another nonce: %v, %v", d.Again, err)
			}
		})
	}
}

func TestAStateThatIsDownIsSaid(t *testing.T) {
	t.Parallel()
	v := vectors(t)["wecom-2-text-cn"]
	opt := v.options(t)
	opt.Guard = chat.NewGuard(down{}, wecom.Remember)
	if d, err := v.channel(t, opt).Receive(t.Context(), v.post()); !errors.Is(err, chat.ErrUnavailable) || d.Message != nil {
		t.Errorf("got %v", err)
	}
}

func TestVectorsDecode(t *testing.T) {
	t.Parallel()
	app := func(user, id string, at int64) chat.Message {
		return chat.Message{
			Via: wecom.ViaApp, Kind: chat.Direct, Conversation: chat.ConversationID(user), Sender: chat.UserID(user), ID: id, Time: time.Unix(at, 0),
			From: chat.Address{Via: wecom.ViaApp, Kind: chat.Direct, Conversation: chat.ConversationID(user), User: chat.UserID(user), Robot: "1000002"},
		}
	}
	text := app("ZhangSan", "7123456789012345678", 1795392004)
	text.Type, text.Text = chat.TypeText, "签到 周六图书馆志愿活动"
	location := app("LiSi", "7123456789012345679", 1795392009)
	location.Type = chat.TypePlace
	location.Place = &chat.Place{Latitude: 31.2304160, Longitude: 121.4737010, Label: "上海市黄浦区人民大道200号", Source: chat.SourceMessage}
	enter := app("WangWu", "", 1795392019)
	enter.Type, enter.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventEnter, Name: "enter_agent"}
	official := app("mycreate", "4561255354251345929", 1409659813)
	official.Type, official.Text, official.From.Robot = chat.TypeText, "hello", "218"
	bot := chat.Message{
		Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "CHATID", Sender: "ZhangSan", ID: "CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=",
		Type: chat.TypeText, Text: "明天的活动还缺几个人？", AtBot: true, Time: time.Unix(1795392030, 0),
		From: chat.Address{Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "CHATID", User: "ZhangSan", Robot: "AIBOTID", Session: chat.Session{
			Link: "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=RESPONSE_CODE", Until: time.Unix(1795392030+3600, 0), Once: true,
		}},
	}
	for name, want := range map[string]chat.Message{
		"wecom-2-text-cn": text, "wecom-3-location": location, "wecom-4-event-enter_agent": enter,
		"wecom-5-aibot-json-empty-receiveid": bot, "official-decryptmsg": official,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := vectors(t)[name]
			d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, d.Message); diff != "" {
				t.Error(diff)
			}
			if len(d.Response.Body) != 0 {
				t.Errorf("without an answer %q is written", d.Response.Body)
			}
		})
	}
}
