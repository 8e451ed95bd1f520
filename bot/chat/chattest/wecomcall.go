package chattest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// How WeCom delivers a callback (docs 90238).
const (
	wecomTries   = 3
	wecomTimeout = 5 * time.Second
)

// WeComCaller is the side of WeCom that calls the bot: it signs and seals
// callbacks, delivers them with three tries of 5 s, and reads the answer as a
// client would show it. With a CorpID it is a self-built app (XML), without one
// an AI bot in callback mode (JSON, no receiver). It is safe for concurrent use.
type WeComCaller struct {
	URL           string // of the callback
	Token, AESKey string // as in the console
	CorpID        string
	AgentID       int              // of an app
	BotID         string           // of an AI bot
	Timeout       time.Duration    // of one try; 0: WeCom's 5 s
	Now           func() time.Time // nil: time.Now

	last atomic.Int64 // message ids
}

// WeComCall is one callback, signed and sealed.
type WeComCall struct {
	User  string
	Query url.Values
	Body  []byte
	plain string
}

// WeComAnswer is what came of a callback.
type WeComAnswer struct {
	Status   int    // of the last try; 0: no answer
	Tries    int    // how often it was delivered
	Type     string // msgtype of the reply; empty: nothing was said
	Text     string // what would be shown
	Card     *WeComCard
	Feedback string // id, of an AI bot's stream
	Stream   string // id, of an AI bot's stream
	Finish   bool   // the stream is complete
	Raw      []byte // body as it came
	Err      error  // no answer, or not one that WeCom would take
}

// WeComSaid is something said to an AI bot.
type WeComSaid struct {
	User, Chat, Text string // without a Chat it is said to the bot alone
	Quote            string // text of the message it answers
	ID               string // of the message; "": a new one
	ResponseURL      string
}

func (c *WeComCaller) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Text is a text that user writes to the app.
func (c *WeComCaller) Text(user, text string) WeComCall {
	return c.app(user, "text", wecomTag("Content", text)+c.id())
}

// Place is a place that user sends to the app.
func (c *WeComCaller) Place(user string, latitude, longitude float64, label string) WeComCall {
	return c.app(user, "location", fmt.Sprintf("<Location_X>%f</Location_X><Location_Y>%f</Location_Y><Scale>16</Scale>", latitude, longitude)+wecomTag("Label", label)+c.id())
}

// Event is an event of the app: "enter_agent", "subscribe", "click" and others.
func (c *WeComCaller) Event(user, name, key string) WeComCall {
	return c.app(user, "event", wecomTag("Event", name)+wecomTag("EventKey", key))
}

// Press is a press of a button of an app's card; code: WeCom.CardCode.
func (c *WeComCaller) Press(user, task, key, code string) WeComCall {
	return c.app(user, "event", wecomTag("Event", "template_card_event")+wecomTag("EventKey", key)+wecomTag("TaskId", task)+
		wecomTag("CardType", "button_interaction")+wecomTag("ResponseCode", code))
}

// App is any message to the app: fields is the XML after MsgType.
func (c *WeComCaller) app(user, typ, fields string) WeComCall {
	return c.Sealed(user, "<xml>"+wecomTag("ToUserName", c.CorpID)+wecomTag("FromUserName", user)+
		fmt.Sprintf("<CreateTime>%d</CreateTime>", c.now().Unix())+wecomTag("MsgType", typ)+fields+
		fmt.Sprintf("<AgentID>%d</AgentID></xml>", c.AgentID))
}

// firstID makes ids look like WeCom's, which have nineteen digits.
const wecomFirstID = 7_100_000_000_000_000_000

func (c *WeComCaller) id() string {
	return fmt.Sprintf("<MsgId>%d</MsgId>", wecomFirstID+c.last.Add(1))
}

func wecomTag(name, text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // a Buffer takes everything
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

// Say is something said to the AI bot; in a chat it should mention it.
func (c *WeComCaller) Say(s WeComSaid) WeComCall {
	body := c.bot(s)
	body["msgtype"], body["text"] = "text", map[string]string{"content": s.Text}
	return c.sealedJSON(s.User, body)
}

// Enter is the first time that user opens the talk with the AI bot on a day.
func (c *WeComCaller) Enter(user string) WeComCall {
	return c.botEvent(WeComSaid{User: user}, map[string]any{"eventtype": "enter_chat"})
}

// Rate is a rating of a reply: 1 good, 2 bad, 3 withdrawn.
func (c *WeComCaller) Rate(s WeComSaid, feedback string, rating int) WeComCall {
	return c.botEvent(s, map[string]any{"eventtype": "feedback_event", "feedback_event": map[string]any{
		"id": feedback, "type": rating, "content": s.Text,
	}})
}

// PressBot is a press of a button of the AI bot's card.
func (c *WeComCaller) PressBot(s WeComSaid, task, key string) WeComCall {
	return c.botEvent(s, map[string]any{"eventtype": "template_card_event", "template_card_event": map[string]any{
		"card_type": "button_interaction", "event_key": key, "task_id": task,
	}})
}

// Poll asks how a stream goes on.
func (c *WeComCaller) Poll(s WeComSaid, stream string) WeComCall {
	body := c.bot(s)
	body["msgtype"], body["stream"] = "stream", map[string]string{"id": stream}
	return c.sealedJSON(s.User, body)
}

func (c *WeComCaller) bot(s WeComSaid) map[string]any {
	if s.ID == "" {
		s.ID = "msg" + strconv.FormatInt(c.last.Add(1), 10) + rand.Text()
	}
	body := map[string]any{"msgid": s.ID, "aibotid": c.BotID, "chattype": "single", "from": map[string]string{"userid": s.User}}
	if s.Chat != "" {
		body["chattype"], body["chatid"] = "group", s.Chat
	}
	if s.ResponseURL != "" {
		body["response_url"] = s.ResponseURL
	}
	if s.Quote != "" {
		body["quote"] = map[string]any{"msgtype": "text", "text": map[string]string{"content": s.Quote}}
	}
	return body
}

func (c *WeComCaller) botEvent(s WeComSaid, event map[string]any) WeComCall {
	body := c.bot(s)
	body["msgtype"], body["event"], body["create_time"] = "event", event, c.now().Unix()
	return c.sealedJSON(s.User, body)
}

func (c *WeComCaller) sealedJSON(user string, body map[string]any) WeComCall {
	plain, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	return c.Sealed(user, string(plain))
}

// Sealed is a callback with any content: XML for an app, JSON for an AI bot.
func (c *WeComCaller) Sealed(user, plain string) WeComCall {
	sealed := wecomSeal(c.AESKey, c.CorpID, []byte(plain))
	call := WeComCall{User: user, Query: c.sign(sealed), plain: plain}
	if c.CorpID == "" {
		call.Body = fmt.Appendf(nil, `{"encrypt":%q}`, sealed)
	} else {
		call.Body = fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt><AgentID><![CDATA[%d]]></AgentID></xml>", c.CorpID, sealed, c.AgentID)
	}
	return call
}

func (c *WeComCaller) sign(sealed string) url.Values {
	timestamp, nonce := strconv.FormatInt(c.now().Unix(), 10), rand.Text()
	return url.Values{"msg_signature": {wecomSignature(c.Token, timestamp, nonce, sealed)}, "timestamp": {timestamp}, "nonce": {nonce}}
}

// Again is the same message, signed and sealed anew.
func (c *WeComCaller) Again(call WeComCall) WeComCall { return c.Sealed(call.User, call.plain) }

// Check is the check of the address when the console saves it: the bot must
// answer with the text in echostr and nothing else (docs 90930).
func (c *WeComCaller) Check(ctx context.Context) error {
	want := rand.Text()
	echostr := wecomSeal(c.AESKey, c.CorpID, []byte(want))
	q := c.sign(echostr)
	q.Set("echostr", echostr)
	status, body, _, err := c.once(ctx, http.MethodGet, q, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK || string(body) != want {
		return fmt.Errorf("wecom check: status %d, body of %d bytes is not the text of echostr", status, len(body))
	}
	return nil
}

// Post delivers a callback: up to three times, until there is an answer of
// status 200 within the time.
func (c *WeComCaller) Post(ctx context.Context, call WeComCall) WeComAnswer {
	var a WeComAnswer
	for a.Tries < wecomTries && ctx.Err() == nil {
		a.Tries++
		var kind string
		a.Status, a.Raw, kind, a.Err = c.once(ctx, http.MethodPost, call.Query, call.Body)
		if a.Err == nil && a.Status == http.StatusOK {
			if a.Err = c.read(&a, call, kind); a.Err != nil {
				a.Err = fmt.Errorf("wecom reply: %w", a.Err)
			}
			return a
		}
	}
	if a.Err == nil {
		a.Err = fmt.Errorf("wecom callback: status %d", a.Status)
	}
	return a
}

// Flood delivers the same callback n times at once.
func (c *WeComCaller) Flood(ctx context.Context, call WeComCall, n int) []WeComAnswer {
	answers := make([]WeComAnswer, n)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = c.Post(ctx, call) })
	}
	wait.Wait()
	return answers
}

// once is one try. It takes its own connection, so that a bot that goes down
// leaves none behind.
func (c *WeComCaller) once(ctx context.Context, method string, q url.Values, body []byte) (status int, answer []byte, kind string, err error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = wecomTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.URL+"?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	r.Close = true
	if c.CorpID == "" {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Header.Set("Content-Type", "text/xml")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, resp.Header.Get("Content-Type"), err
}

// read verifies and opens a reply. Nothing is a reply too.
func (c *WeComCaller) read(a *WeComAnswer, call WeComCall, kind string) error {
	switch {
	case len(a.Raw) == 0:
		return nil
	case c.CorpID == "":
		if !strings.HasPrefix(kind, "application/json") {
			return fmt.Errorf("content type %q", kind)
		}
		return c.readBot(a, call)
	}
	return c.readApp(a, call)
}

func (c *WeComCaller) readApp(a *WeComAnswer, call WeComCall) error {
	var outer struct {
		XMLName      xml.Name `xml:"xml"`
		Encrypt      string
		MsgSignature string
		TimeStamp    string
		Nonce        string
	}
	if err := xml.Unmarshal(a.Raw, &outer); err != nil {
		return err
	}
	plain, err := c.open(outer.Encrypt, outer.MsgSignature, outer.TimeStamp, outer.Nonce)
	if err != nil {
		return err
	}
	var inner struct {
		XMLName                  xml.Name `xml:"xml"`
		ToUserName, FromUserName string
		CreateTime               int64
		MsgType, Content         string
		Replaced                 string `xml:"Button>ReplaceName"`
	}
	if err := xml.Unmarshal(plain, &inner); err != nil {
		return err
	}
	switch {
	case inner.ToUserName != call.User || inner.FromUserName != c.CorpID:
		return errors.New("to or from somebody else")
	case inner.CreateTime == 0:
		return errors.New("no CreateTime")
	case inner.MsgType == "text" && (inner.Content == "" || len(inner.Content) > wecomText):
		return fmt.Errorf("text of %d bytes", len(inner.Content))
	case inner.MsgType != "text" && inner.MsgType != "update_button":
		return fmt.Errorf("type %q", inner.MsgType)
	}
	a.Type, a.Text, a.Finish = inner.MsgType, inner.Content+inner.Replaced, true
	return nil
}

func (c *WeComCaller) readBot(a *WeComAnswer, call WeComCall) error {
	var outer struct {
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		Timestamp int64  `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}
	if err := wecomStrict(a.Raw, &outer); err != nil {
		return err
	}
	if outer.Nonce != call.Query.Get("nonce") {
		return errors.New("another nonce than the callback's")
	}
	plain, err := c.open(outer.Encrypt, outer.Signature, strconv.FormatInt(outer.Timestamp, 10), outer.Nonce)
	if err != nil {
		return err
	}
	var inner struct {
		Type   string        `json:"msgtype"`
		How    string        `json:"response_type"`
		Users  []string      `json:"userids"`
		Text   *wecomWording `json:"text"`
		Stream *struct {
			ID       string `json:"id"`
			Finish   bool   `json:"finish"`
			Content  string `json:"content"`
			Feedback *struct {
				ID string `json:"id"`
			} `json:"feedback"`
		} `json:"stream"`
		Card *WeComCard `json:"template_card"`
	}
	if err := wecomStrict(plain, &inner); err != nil {
		return err
	}
	a.Type, a.Finish = inner.Type, true
	if inner.How != "" {
		a.Type = inner.How
	}
	if s := inner.Stream; s != nil {
		if s.ID == "" || len(s.Content) > wecomStream || !utf8.ValidString(s.Content) {
			return fmt.Errorf("stream %q of %d bytes", s.ID, len(s.Content))
		}
		a.Stream, a.Finish, a.Text = s.ID, s.Finish, s.Content
		if s.Feedback != nil {
			a.Feedback = s.Feedback.ID
		}
	}
	if inner.Card != nil {
		if fault := inner.Card.fault(false); fault != "" {
			return errors.New("card: " + fault)
		}
		a.Card, a.Text = inner.Card, strings.TrimSpace(a.Text+"\n"+inner.Card.String())
	}
	if inner.Text != nil {
		a.Text = inner.Text.Content
	}
	says := map[string]bool{
		"text": inner.Text != nil, "stream": inner.Stream != nil, "template_card": inner.Card != nil,
		"update_template_card": inner.Card != nil, "stream_with_template_card": inner.Stream != nil && inner.Card != nil,
	}
	if !says[a.Type] {
		return fmt.Errorf("type %q without its body", a.Type)
	}
	return nil
}

func wecomStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("something follows the JSON")
	}
	return nil
}

// open verifies a reply and opens it.
func (c *WeComCaller) open(sealed, signature, timestamp, nonce string) ([]byte, error) {
	if signature != wecomSignature(c.Token, timestamp, nonce, sealed) {
		return nil, errors.New("wrong signature")
	}
	return wecomOpen(c.AESKey, c.CorpID, sealed)
}

// wecomSignature is SHA-1 over the sorted four (docs 90968).
func wecomSignature(values ...string) string {
	sorted := slices.Sorted(slices.Values(values))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// wecomBlock is what the padding fills up to (docs 90968).
const wecomBlock = 32

// wecomCipher panics over a key of the wrong shape: it is the test's mistake.
func wecomCipher(key string) (cipher.Block, []byte) {
	raw, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil {
		panic("chattest: no EncodingAESKey")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic("chattest: no EncodingAESKey")
	}
	return block, raw[:aes.BlockSize]
}

func wecomSeal(key, receiver string, msg []byte) string {
	block, iv := wecomCipher(key)
	var b bytes.Buffer
	b.WriteString(rand.Text()[:16])
	binary.Write(&b, binary.BigEndian, uint32(len(msg))) // a Buffer takes everything
	b.Write(msg)
	b.WriteString(receiver)
	n := wecomBlock - b.Len()%wecomBlock
	b.Write(bytes.Repeat([]byte{byte(n)}, n))
	out := b.Bytes()
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return base64.StdEncoding.EncodeToString(out)
}

func wecomOpen(key, receiver, sealed string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(data) == 0 || len(data)%wecomBlock != 0 {
		return nil, errors.New("no ciphertext")
	}
	block, iv := wecomCipher(key)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	n := int(data[len(data)-1])
	if n < 1 || n > wecomBlock || !bytes.HasSuffix(data, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errors.New("wrong padding")
	}
	data = data[:len(data)-n]
	if len(data) < 20 || int(binary.BigEndian.Uint32(data[16:20])) > len(data)-20 {
		return nil, errors.New("wrong length")
	}
	end := 20 + int(binary.BigEndian.Uint32(data[16:20]))
	if string(data[end:]) != receiver {
		return nil, errors.New("for another receiver")
	}
	return data[20:end], nil
}
