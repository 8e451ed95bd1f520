package chattest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Limits of the platform (docs 101031, 101463; card limits of the template card
// page).
const (
	aibotContent     = 20480 // bytes
	aibotFeedback    = 256   // bytes
	aibotPerMinute   = 30    // frames in one conversation
	aibotPerHour     = 1000
	aibotReplyLife   = 24 * time.Hour
	aibotStreamLife  = 10 * time.Minute
	aibotEventLife   = 5 * time.Second
	aibotSilence     = 95 * time.Second // without a frame; then the connection is cut
	aibotCardKey     = 1024             // bytes
	aibotCardButtons = 6
	aibotCardFacts   = 6
)

// Error codes of the platform that the fake gives.
const (
	AIBotBadParameter  = 40058
	AIBotFrequency     = 45009
	AIBotUnknownChat   = 93006
	AIBotNoRequest     = 846605
	AIBotNoStream      = 846608
	AIBotNotSubscribed = 846609
	AIBotBadSecret     = 853000 // stands for any refusal of the credentials
)

// ErrOffline says that no bot is connected to bring something to.
var ErrOffline = errors.New("chattest: no bot is subscribed")

// AIBotOptions are the bot that a fake serves.
type AIBotOptions struct {
	ID, Secret string
	Name       string           // what members of a group mention
	Now        func() time.Time // for the ends of sessions, and for rates where a frame has no X-Xietiao-Clock; nil: time.Now
}

// AIBot is a strict fake of WeCom's side of the long connection of one AI bot
// (docs 101463), and the members who use it. It is an http.Handler that takes
// WebSockets at any path. What a bot does wrong is answered with the errcode the
// platform gives and noted in Violations where no correct bot would do it. A
// req_id is known only on the connection that it came by, as clients report of
// the platform. It is safe for concurrent use.
type AIBot struct {
	opt AIBotOptions

	mu            sync.Mutex // guards the fields below; not held while writing
	live          *aibotConn
	changed       chan struct{} // closed at the next change
	last          int           // of the ids
	requests      map[string]*aibotRequest
	known         map[string]bool // conversation → is a group
	sent          map[string][]time.Time
	tasks         map[string]int // task_id → index in shown
	shown         []Shown
	violations    []string
	acks          map[int]int
	subscriptions int
	held          []aibotAck
	holding       bool
	swallow       int
	mute          bool
	refuse        bool
	copies        int
	failures      map[string]*aibotFailure
	at            time.Time // of the frame at work, for rates
	uploads       map[string]*aibotUpload
	media         media
	said          any // body of the acknowledgement of the frame at work
}

// aibotUpload is a picture on its way.
type aibotUpload struct {
	size, chunks int
	sum          string
	data         []byte
	got          int
}

type aibotFailure struct{ code, times int }

type aibotAck struct {
	conn *aibotConn
	id   string
	data []byte
}

// aibotRequest is a callback that may be answered.
type aibotRequest struct {
	conn         *aibotConn
	msgID        string
	conversation string
	event        string // enter_chat, template_card_event, feedback_event; "" for messages
	task         string
	at           time.Time
	answered     bool           // of events, which are answered once
	streams      map[string]int // stream id → index in shown
	began        time.Time      // of the last stream
}

// aibotConn is one connection.
type aibotConn struct {
	ws         *websocket.Conn
	subscribed bool
}

// Shown is one message of the bot as a conversation shows it.
type Shown struct {
	Conversation string // userid of a talk between two, chatid of a group
	Group        bool
	Answers      string // msgid of what it answers; empty if the bot began
	Kind         string // stream, text, markdown, card or image
	Text         string // a later frame of a stream replaces it
	Finished     bool   // of a stream
	Feedback     string
	Card         *AIBotCard // of a card, also beside a stream; replaced by an update
	Updates      int        // how often the card was replaced
	Picture      []byte     // of an image
	Time         time.Time
}

// AIBotCard is the part of a template card that bots of ours use.
type AIBotCard struct {
	Type    string
	Title   string
	Text    string
	Task    string
	Link    string
	Facts   [][2]string
	Buttons [][2]string // text and key
}

// NewAIBot returns a fake without connections.
func NewAIBot(opt AIBotOptions) *AIBot {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &AIBot{
		opt: opt, changed: make(chan struct{}), requests: map[string]*aibotRequest{}, known: map[string]bool{},
		sent: map[string][]time.Time{}, tasks: map[string]int{}, acks: map[int]int{}, failures: map[string]*aibotFailure{},
		uploads: map[string]*aibotUpload{}, media: media{},
	}
}

// Start serves the fake on a free port of the loopback and returns its ws://
// address.
func (b *AIBot) Start() (base string, stop func()) {
	server := httptest.NewServer(b)
	return "ws" + strings.TrimPrefix(server.URL, "http"), func() {
		b.Drop()
		server.Close()
	}
}

// What a person does.

// Say lets user write text, in a group if group is not empty: then the bot is
// mentioned, as it hears nothing else. quote is the text of the message that
// this one answers. It returns the msgid. Whoever has said something can be
// written to.
func (b *AIBot) Say(user, group, text string, quote ...string) (string, error) {
	if group != "" {
		text = "@" + b.opt.Name + " " + text
	}
	body := map[string]any{"msgtype": "text", "text": map[string]any{"content": text}}
	if len(quote) > 0 {
		body["quote"] = map[string]any{"msgtype": "text", "text": map[string]any{"content": strings.Join(quote, "\n")}}
	}
	return b.Deliver(user, group, body)
}

// Enter lets user open the talk with the bot for the first time on a day.
func (b *AIBot) Enter(user string) (string, error) {
	return b.Deliver(user, "", aibotEvent("enter_chat", nil))
}

// Press lets user press the button key of the card task.
func (b *AIBot) Press(user, group, task, key string) (string, error) {
	return b.Deliver(user, group, aibotEvent("template_card_event", map[string]any{"card_type": "button_interaction", "event_key": key, "task_id": task}))
}

// Feedback lets user rate a reply by its feedback id: 1 good, 2 bad, 3 withdrawn.
func (b *AIBot) Feedback(user, group, id string, rating int, remark string) (string, error) {
	return b.Deliver(user, group, aibotEvent("feedback_event", map[string]any{"id": id, "type": rating, "content": remark}))
}

func aibotEvent(name string, detail map[string]any) map[string]any {
	event := map[string]any{"eventtype": name}
	if detail != nil {
		event[name] = detail
	}
	return map[string]any{"msgtype": "event", "event": event}
}

// Deliver brings any message or event to the bot: body is completed with who,
// where and a msgid, which it returns. ErrOffline if no bot is connected.
func (b *AIBot) Deliver(user, group string, body map[string]any) (string, error) {
	b.mu.Lock()
	conn := b.live
	if conn == nil {
		b.mu.Unlock()
		return "", ErrOffline
	}
	msgID := b.id("msg")
	r := aibotRequest{conn: conn, msgID: msgID, conversation: user, at: b.opt.Now()}
	body = maps.Clone(body)
	body["msgid"], body["aibotid"], body["chattype"] = msgID, b.opt.ID, "single"
	body["from"] = map[string]any{"userid": user}
	if group != "" {
		body["chattype"], body["chatid"], r.conversation = "group", group, group
	}
	b.known[r.conversation] = group != ""
	cmd := "aibot_msg_callback"
	if event, ok := body["event"].(map[string]any); ok {
		cmd = "aibot_event_callback"
		body["create_time"] = r.at.Unix()
		r.event, _ = event["eventtype"].(string)
		if card, ok := event["template_card_event"].(map[string]any); ok {
			r.task, _ = card["task_id"].(string)
		}
	}
	var frames [][]byte
	for range b.copies + 1 {
		again := r
		again.streams = map[string]int{}
		id := b.id("req")
		b.requests[id] = &again
		frames = append(frames, aibotFrame(map[string]any{"cmd": cmd, "headers": map[string]any{"req_id": id}, "body": body}))
	}
	b.mu.Unlock()
	for _, f := range frames {
		if err := conn.write(f); err != nil {
			return msgID, fmt.Errorf("%w: %w", ErrOffline, err)
		}
	}
	return msgID, nil
}

// id makes an id; mu is held.
func (b *AIBot) id(kind string) string {
	b.last++
	return kind + "-" + strconv.Itoa(b.last)
}

// What people see, and what the fake has to say about the bot.

// Shown returns all messages of the bot, the oldest first.
func (b *AIBot) Shown() []Shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.shown)
}

// In returns the messages of the bot in one conversation.
func (b *AIBot) In(conversation string) []Shown {
	return slices.DeleteFunc(b.Shown(), func(s Shown) bool { return s.Conversation != conversation })
}

// Answers returns the messages that answer one msgid.
func (b *AIBot) Answers(msgID string) []Shown {
	return slices.DeleteFunc(b.Shown(), func(s Shown) bool { return s.Answers != msgID })
}

// Violations lists what no correct bot does, in the order it was done.
func (b *AIBot) Violations() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.violations)
}

// Acks returns how often each errcode was given to replies and pushes.
func (b *AIBot) Acks() map[int]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.acks)
}

// Subscriptions counts the subscriptions that were accepted.
func (b *AIBot) Subscriptions() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.subscriptions
}

// Connected reports whether a bot is subscribed.
func (b *AIBot) Connected() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.live != nil
}

// Await waits until cond, which may ask the fake anything, is true. It looks
// again whenever something happened.
func (b *AIBot) Await(ctx context.Context, cond func() bool) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("chattest: await: %w", ctx.Err())
		}
	}
}

// happened wakes those who wait; mu is held.
func (b *AIBot) happened() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Misbehaviour.

// Drop cuts the connection.
func (b *AIBot) Drop() {
	if c := b.leave(); c != nil {
		_ = c.ws.CloseNow() // it is gone either way
	}
}

// Kick takes the connection over, as a bot elsewhere with the same credentials
// does: disconnected_event, then the end.
func (b *AIBot) Kick() {
	if c := b.leave(); c != nil {
		c.kick(b.opt)
	}
}

func (b *AIBot) leave() *aibotConn {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.live
	b.live = nil
	b.happened()
	return c
}

// Raw sends any bytes to the bot as a text frame.
func (b *AIBot) Raw(data []byte) error {
	b.mu.Lock()
	c := b.live
	b.mu.Unlock()
	if c == nil {
		return ErrOffline
	}
	return c.write(data)
}

// set changes a switch.
func (b *AIBot) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// Refuse lets handshakes fail with status 503 while on.
func (b *AIBot) Refuse(on bool) { b.set(func() { b.refuse = on }) }

// Mute lets heartbeats go without acknowledgement while on.
func (b *AIBot) Mute(on bool) { b.set(func() { b.mute = on }) }

// Secret changes the secret in the console.
func (b *AIBot) Secret(s string) { b.set(func() { b.opt.Secret = s }) }

// Duplicate delivers what follows n more times, each under a req_id of its own.
func (b *AIBot) Duplicate(n int) { b.set(func() { b.copies = n }) }

// Swallow loses the acknowledgements of the next n replies and pushes, which
// take their effect.
func (b *AIBot) Swallow(n int) { b.set(func() { b.swallow = n }) }

// Fail answers the next n frames of cmd with code and does nothing.
func (b *AIBot) Fail(cmd string, code, n int) {
	b.set(func() { b.failures[cmd] = &aibotFailure{code, n} })
}

// Forget loses the req_ids of all callbacks.
func (b *AIBot) Forget() { b.set(func() { clear(b.requests) }) }

// Hold keeps acknowledgements of replies and pushes back while on; then they go
// out in their order.
func (b *AIBot) Hold(on bool) {
	b.mu.Lock()
	b.holding = on
	var held []aibotAck
	if !on {
		held, b.held = b.held, nil
	}
	b.mu.Unlock()
	for _, a := range held {
		_ = a.conn.write(a.data) // a connection that has ended needs none
	}
}

// Held returns how many acknowledgements are kept back.
func (b *AIBot) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.held)
}

// The connection.

func aibotFrame(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test gave what JSON cannot hold
	}
	return data
}

func (c *aibotConn) write(data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, data)
}

func (c *aibotConn) kick(opt AIBotOptions) {
	_ = c.write(aibotFrame(map[string]any{ // it is gone either way
		"cmd": "aibot_event_callback", "headers": map[string]any{"req_id": "kick"},
		"body": map[string]any{"msgid": "kick", "create_time": opt.Now().Unix(), "aibotid": opt.ID, "msgtype": "event", "event": map[string]any{"eventtype": "disconnected_event"}},
	}))
	_ = c.ws.CloseNow()
}

// ServeHTTP takes one connection.
func (b *AIBot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	refuse := b.refuse
	b.mu.Unlock()
	if refuse {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	ws.SetReadLimit(1 << 20)
	c := &aibotConn{ws: ws}
	defer func() {
		b.mu.Lock()
		if b.live == c {
			b.live = nil
		}
		b.happened()
		b.mu.Unlock()
		_ = ws.CloseNow()
	}()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), aibotSilence)
		kind, data, err := ws.Read(ctx)
		cancel()
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			b.violate("a frame that is not text")
			continue
		}
		if !b.frame(c, data) {
			return
		}
	}
}

func (b *AIBot) violate(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.violated(format, args...)
}

// violated notes a violation; mu is held.
func (b *AIBot) violated(format string, args ...any) {
	b.violations = append(b.violations, fmt.Sprintf(format, args...))
	b.happened()
}

// aibotIn is a frame of the bot.
type aibotIn struct {
	Cmd     string `json:"cmd"`
	Headers struct {
		RequestID string    `json:"req_id"`
		Clock     time.Time `json:"X-Xietiao-Clock"`
	} `json:"headers"`
	Body json.RawMessage `json:"body"`
}

// aibotStrict decodes without unknown fields.
func aibotStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one value")
	}
	return nil
}

// frame takes one frame; false ends the connection.
func (b *AIBot) frame(c *aibotConn, data []byte) bool {
	var f aibotIn
	if err := aibotStrict(data, &f); err != nil || f.Headers.RequestID == "" || !utf8.Valid(data) {
		b.violate("a frame that is none: %v", err)
		return true
	}
	ack := func(code int, message string) []byte {
		return aibotFrame(map[string]any{"headers": map[string]any{"req_id": f.Headers.RequestID}, "errcode": code, "errmsg": message})
	}
	said := func(code int) []byte {
		if b.said == nil || code != 0 {
			return ack(code, "errcode "+strconv.Itoa(code)+", hint: [chattest]")
		}
		return aibotFrame(map[string]any{"headers": map[string]any{"req_id": f.Headers.RequestID}, "errcode": 0, "errmsg": "ok", "body": b.said})
	}
	switch f.Cmd {
	case "aibot_subscribe":
		return b.subscribe(c, f, ack)
	case "ping":
		b.mu.Lock()
		mute := b.mute
		b.mu.Unlock()
		if len(f.Body) > 0 {
			b.violate("a heartbeat with a body")
		}
		return mute || c.write(ack(0, "ok")) == nil
	}
	b.mu.Lock()
	if b.at = f.Headers.Clock; b.at.IsZero() {
		b.at = b.opt.Now()
	}
	b.said = nil
	code := b.perform(c, f)
	b.acks[code]++
	b.happened()
	answer := aibotAck{c, f.Headers.RequestID, said(code)}
	switch {
	case b.swallow > 0:
		b.swallow--
		b.mu.Unlock()
		return true
	case b.holding:
		b.held = append(b.held, answer)
		b.mu.Unlock()
		return true
	}
	b.mu.Unlock()
	return c.write(answer.data) == nil
}

func (b *AIBot) subscribe(c *aibotConn, f aibotIn, ack func(int, string) []byte) bool {
	var body struct {
		ID     string `json:"bot_id"`
		Secret string `json:"secret"`
	}
	if err := aibotStrict(f.Body, &body); err != nil {
		b.violate("aibot_subscribe: %v", err)
	}
	b.mu.Lock()
	if body.ID != b.opt.ID || body.Secret != b.opt.Secret {
		b.happened()
		b.mu.Unlock()
		_ = c.write(ack(AIBotBadSecret, "invalid bot_id or secret: "+body.Secret)) // a careless platform repeats it
		return false
	}
	if c.subscribed {
		b.violated("subscribed twice on one connection")
	}
	before := b.live
	b.mu.Unlock()
	if before != nil && before != c {
		before.kick(b.opt)
	}
	if c.write(ack(0, "ok")) != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.subscribed = true
	b.live = c
	b.subscriptions++
	b.happened()
	return true
}

// The bodies of replies and pushes: all fields that the platform knows.
type (
	aibotBody struct {
		ChatID   *string         `json:"chatid"`
		ChatType int             `json:"chat_type"`
		Type     string          `json:"msgtype"`
		Response string          `json:"response_type"`
		Users    []string        `json:"userids"`
		Text     *aibotText      `json:"text"`
		Markdown *aibotText      `json:"markdown"`
		Stream   *aibotStream    `json:"stream"`
		Card     json.RawMessage `json:"template_card"`
		Image    *aibotImage     `json:"image"`
	}
	aibotImage struct {
		ID string `json:"media_id"`
	}
	aibotText struct {
		Content string `json:"content"`
	}
	aibotStream struct {
		ID       string         `json:"id"`
		Finish   bool           `json:"finish"`
		Content  string         `json:"content"`
		Feedback *aibotFeedbk   `json:"feedback"`
		Items    []aibotPicture `json:"msg_item"`
	}
	aibotPicture struct {
		Type  string         `json:"msgtype"`
		Image map[string]any `json:"image"`
	}
	aibotFeedbk struct {
		ID string `json:"id"`
	}
	aibotCard struct {
		Type  string `json:"card_type"`
		Title struct {
			Title string `json:"title"`
			Desc  string `json:"desc"`
		} `json:"main_title"`
		Text  string `json:"sub_title_text"`
		Facts []struct {
			Type  int    `json:"type"`
			Name  string `json:"keyname"`
			Value string `json:"value"`
			URL   string `json:"url"`
			User  string `json:"userid"`
		} `json:"horizontal_content_list"`
		Action *struct {
			Type int    `json:"type"`
			URL  string `json:"url"`
		} `json:"card_action"`
		Buttons []struct {
			Text  string `json:"text"`
			Style int    `json:"style"`
			Key   string `json:"key"`
		} `json:"button_list"`
		Task     string         `json:"task_id"`
		Feedback *aibotFeedbk   `json:"feedback"`
		Source   map[string]any `json:"source"`
		Emphasis map[string]any `json:"emphasis_content"`
		Quote    map[string]any `json:"quote_area"`
		Jumps    []any          `json:"jump_list"`
	}
)

var aibotTask = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// perform does what a frame asks and returns the errcode; mu is held.
func (b *AIBot) perform(c *aibotConn, f aibotIn) int {
	id := f.Headers.RequestID
	if slices.ContainsFunc(b.held, func(a aibotAck) bool { return a.conn == c && a.id == id }) {
		b.violated("%s: a second frame of %s before the first was acknowledged", f.Cmd, id)
	}
	if b.live != c {
		b.violated("%s without subscription", f.Cmd)
		return AIBotNotSubscribed
	}
	if fail := b.failures[f.Cmd]; fail != nil && fail.times > 0 {
		fail.times--
		return fail.code
	}
	if strings.HasPrefix(f.Cmd, "aibot_upload_media_") {
		return b.upload(f)
	}
	var body aibotBody
	if err := aibotStrict(f.Body, &body); err != nil {
		b.violated("%s: %v", f.Cmd, err)
		return AIBotBadParameter
	}
	if f.Cmd == "aibot_send_msg" {
		return b.send(body)
	}
	if body.ChatID != nil || body.ChatType != 0 {
		b.violated("%s with a chatid", f.Cmd)
		return AIBotBadParameter
	}
	var may func(*aibotRequest, aibotBody) int
	switch f.Cmd {
	case "aibot_respond_msg":
		may = b.respond
	case "aibot_respond_welcome_msg":
		may = b.welcome
	case "aibot_respond_update_msg":
		may = b.update
	default:
		b.violated("unknown cmd %q", f.Cmd)
		return AIBotBadParameter
	}
	r := b.requests[id]
	if r == nil || r.conn != c {
		return AIBotNoRequest
	}
	return may(r, body)
}

// parts checks that a body holds what its type says and nothing else, and that
// it is in bounds; mu is held.
func (b *AIBot) parts(body aibotBody, types ...string) (card *AIBotCard, cardFeedback string, ok bool) {
	bad := func(format string, args ...any) (*AIBotCard, string, bool) {
		b.violated(format, args...)
		return nil, "", false
	}
	want := map[string][4]bool{ // text, markdown, stream, card
		"text": {true}, "markdown": {1: true}, "stream": {2: true}, "template_card": {3: true}, "stream_with_template_card": {2: true, 3: body.Card != nil},
	}
	if !slices.Contains(types, body.Type) {
		return bad("msgtype %q is not among %v", body.Type, types)
	}
	if body.Image != nil {
		return bad("%s with an image", body.Type)
	}
	if got := [4]bool{body.Text != nil, body.Markdown != nil, body.Stream != nil, body.Card != nil}; got != want[body.Type] || body.Response != "" || body.Users != nil {
		return bad("%s with other parts", body.Type)
	}
	for _, t := range []*aibotText{body.Text, body.Markdown} {
		if t != nil && (t.Content == "" || len(t.Content) > aibotContent) {
			return bad("%s of %d bytes", body.Type, len(t.Content))
		}
	}
	if s := body.Stream; s != nil {
		switch {
		case s.ID == "" || len(s.Content) > aibotContent || s.Finish && s.Content == "" && len(s.Items) == 0:
			return bad("stream of %d bytes", len(s.Content))
		case s.Feedback != nil && (s.Feedback.ID == "" || len(s.Feedback.ID) > aibotFeedback):
			return bad("feedback id of %d bytes", len(s.Feedback.ID))
		case len(s.Items) > 10 || len(s.Items) > 0 && !s.Finish:
			return bad("%d pictures in a stream", len(s.Items))
		}
	}
	if body.Card == nil {
		return nil, "", true
	}
	return b.card(body.Card)
}

// card checks a card; mu is held.
func (b *AIBot) card(raw json.RawMessage) (card *AIBotCard, cardFeedback string, ok bool) {
	bad := func(format string, args ...any) (*AIBotCard, string, bool) {
		b.violated(format, args...)
		return nil, "", false
	}
	var in aibotCard
	if err := aibotStrict(raw, &in); err != nil {
		return bad("card: %v", err)
	}
	card = &AIBotCard{Type: in.Type, Title: in.Title.Title, Text: in.Text, Task: in.Task}
	switch in.Type {
	case "text_notice":
		if in.Action == nil || len(in.Buttons) > 0 {
			return bad("text_notice without card_action, or with buttons")
		}
	case "button_interaction":
		if len(in.Buttons) == 0 || in.Task == "" {
			return bad("button_interaction without buttons or task_id")
		}
	default:
		return bad("card_type %q", in.Type)
	}
	switch {
	case in.Title.Title == "" && in.Text == "":
		return bad("card without words")
	case len(in.Facts) > aibotCardFacts || len(in.Buttons) > aibotCardButtons || len(in.Jumps) > 3:
		return bad("card with %d facts and %d buttons", len(in.Facts), len(in.Buttons))
	case in.Task != "" && !aibotTask.MatchString(in.Task):
		return bad("task_id %q", in.Task)
	case in.Feedback != nil && (in.Feedback.ID == "" || len(in.Feedback.ID) > aibotFeedback):
		return bad("feedback id of a card")
	}
	if in.Action != nil {
		if in.Action.Type < 0 || in.Action.Type > 1 || (in.Action.Type == 1) != (in.Action.URL != "") {
			return bad("card_action %d without its address", in.Action.Type)
		}
		card.Link = in.Action.URL
	}
	for _, f := range in.Facts {
		if f.Name == "" {
			return bad("a fact without a name")
		}
		card.Facts = append(card.Facts, [2]string{f.Name, f.Value})
	}
	keys := map[string]bool{}
	for _, k := range in.Buttons {
		if k.Key == "" || len(k.Key) > aibotCardKey || keys[k.Key] || k.Text == "" {
			return bad("button %q", k.Key)
		}
		keys[k.Key] = true
		card.Buttons = append(card.Buttons, [2]string{k.Text, k.Key})
	}
	if in.Feedback != nil {
		cardFeedback = in.Feedback.ID
	}
	return card, cardFeedback, true
}

// spend counts a frame in a conversation, or reports that it is one too many;
// mu is held.
func (b *AIBot) spend(conversation string) bool {
	now := b.at
	times := slices.DeleteFunc(b.sent[conversation], func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	minute := 0
	for _, t := range times {
		if now.Sub(t) < time.Minute {
			minute++
		}
	}
	b.sent[conversation] = times
	if minute >= aibotPerMinute || len(times) >= aibotPerHour {
		return false
	}
	b.sent[conversation] = append(times, now)
	return true
}

// show records a message; mu is held.
func (b *AIBot) show(s Shown) int {
	s.Group, s.Time = b.known[s.Conversation], b.at
	b.shown = append(b.shown, s)
	if s.Card != nil && s.Card.Task != "" {
		b.tasks[s.Card.Task] = len(b.shown) - 1
	}
	return len(b.shown) - 1
}

// fresh reports whether a card may be sent: its task_id is new; mu is held.
func (b *AIBot) fresh(card *AIBotCard) bool {
	if card == nil || card.Task == "" {
		return true
	}
	if _, used := b.tasks[card.Task]; used {
		b.violated("task_id %q used again", card.Task)
		return false
	}
	return true
}

// upload takes a step of an upload; mu is held.
func (b *AIBot) upload(f aibotIn) int {
	bad := func(format string, args ...any) int {
		b.violated(f.Cmd+": "+format, args...)
		return AIBotBadParameter
	}
	switch f.Cmd {
	case "aibot_upload_media_init":
		var in struct {
			Type   string `json:"type"`
			Name   string `json:"filename"`
			Size   int    `json:"total_size"`
			Chunks int    `json:"total_chunks"`
			Sum    string `json:"md5"`
		}
		if err := aibotStrict(f.Body, &in); err != nil {
			return bad("%v", err)
		}
		if in.Type != "image" || in.Name == "" || in.Size > mostPicture || in.Chunks < 1 || in.Chunks > pictureChunks {
			return bad("%+v", in)
		}
		id := b.id("upload")
		b.uploads[id] = &aibotUpload{size: in.Size, chunks: in.Chunks, sum: in.Sum}
		b.said = map[string]any{"upload_id": id}
	case "aibot_upload_media_chunk":
		var in struct {
			ID    string `json:"upload_id"`
			Index int    `json:"chunk_index"`
			Data  []byte `json:"base64_data"`
		}
		if err := aibotStrict(f.Body, &in); err != nil {
			return bad("%v", err)
		}
		u := b.uploads[in.ID]
		if u == nil || in.Index != u.got || len(in.Data) == 0 || len(in.Data) > pictureChunk {
			return bad("chunk %d of %d bytes", in.Index, len(in.Data))
		}
		u.data, u.got = append(u.data, in.Data...), u.got+1
	case "aibot_upload_media_finish":
		var in struct {
			ID string `json:"upload_id"`
		}
		if err := aibotStrict(f.Body, &in); err != nil {
			return bad("%v", err)
		}
		u := b.uploads[in.ID]
		delete(b.uploads, in.ID)
		if u == nil || u.got != u.chunks || len(u.data) != u.size {
			return bad("not all has come")
		}
		if sum := md5.Sum(u.data); hex.EncodeToString(sum[:]) != u.sum {
			return bad("md5")
		}
		if err := pictureFault(u.data, mostPicture); err != nil {
			return bad("%v", err)
		}
		b.said = map[string]any{"type": "image", "media_id": b.media.keep(u.data, b.opt.Now()), "created_at": b.opt.Now().Unix()}
	default:
		return bad("unknown")
	}
	return 0
}

// picture is a message with a picture; mu is held.
func (b *AIBot) picture(body aibotBody) (s Shown, ok bool) {
	id := body.Image.ID
	body.Image = nil
	if !reflect.DeepEqual(body, aibotBody{ChatID: body.ChatID, ChatType: body.ChatType, Type: "image"}) {
		b.violated("an image with other parts")
		return s, false
	}
	png, ok := b.media.get(id, b.opt.Now())
	if !ok {
		b.violated("a media_id that is not kept")
	}
	return Shown{Kind: "image", Picture: png}, ok
}

// send is aibot_send_msg; mu is held.
func (b *AIBot) send(body aibotBody) int {
	var s Shown
	var ok bool
	if body.Image != nil {
		s, ok = b.picture(body)
	} else {
		s, ok = b.words(body)
	}
	if !ok || body.ChatID == nil || *body.ChatID == "" || !b.fresh(s.Card) {
		return AIBotBadParameter
	}
	group, known := b.known[*body.ChatID]
	switch {
	case body.ChatType < 0 || body.ChatType > 2:
		b.violated("chat_type %d", body.ChatType)
		return AIBotBadParameter
	case !known || body.ChatType == 1 && group || body.ChatType == 2 && !group:
		return AIBotUnknownChat
	case !b.spend(*body.ChatID):
		return AIBotFrequency
	}
	s.Conversation = *body.ChatID
	b.show(s)
	return 0
}

// words is a message of markdown or a card; mu is held.
func (b *AIBot) words(body aibotBody) (s Shown, ok bool) {
	card, feedback, ok := b.parts(body, "markdown", "template_card")
	s = Shown{Kind: "markdown", Card: card, Feedback: feedback}
	if card != nil {
		s.Kind = "card"
	} else if body.Markdown != nil {
		s.Text = body.Markdown.Content
	}
	return s, ok
}

// respond is aibot_respond_msg; mu is held.
func (b *AIBot) respond(r *aibotRequest, body aibotBody) int {
	card, feedback, ok := b.parts(body, "stream", "template_card", "stream_with_template_card", "markdown")
	now := b.opt.Now()
	switch {
	case !ok:
		return AIBotBadParameter
	case r.event != "" || now.Sub(r.at) >= aibotReplyLife:
		return AIBotNoRequest
	}
	s := Shown{Conversation: r.conversation, Answers: r.msgID, Kind: "card", Card: card, Feedback: feedback}
	if body.Markdown != nil {
		s.Kind, s.Text = "markdown", body.Markdown.Content
	}
	if in := body.Stream; in != nil {
		s.Kind, s.Text, s.Finished = "stream", in.Content, in.Finish
		if in.Feedback != nil {
			s.Feedback = in.Feedback.ID
		}
		if i, again := r.streams[in.ID]; again {
			return b.refresh(&b.shown[i], r, s, in.Feedback != nil)
		}
	}
	if !b.fresh(card) {
		return AIBotBadParameter
	}
	if !b.spend(r.conversation) {
		return AIBotFrequency
	}
	i := b.show(s)
	if body.Stream != nil {
		r.streams[body.Stream.ID], r.began = i, b.opt.Now()
	}
	return 0
}

// refresh is a later frame of a stream; mu is held.
func (b *AIBot) refresh(old *Shown, r *aibotRequest, s Shown, feedback bool) int {
	switch {
	case feedback:
		b.violated("feedback id in a later frame of a stream")
		return AIBotBadParameter
	case old.Card != nil && s.Card != nil:
		b.violated("a second card in a stream")
		return AIBotBadParameter
	case old.Finished || b.opt.Now().Sub(r.began) >= aibotStreamLife:
		return AIBotNoStream
	case !b.spend(r.conversation):
		return AIBotFrequency
	}
	old.Text, old.Finished = s.Text, s.Finished
	if s.Card != nil {
		old.Card = s.Card
	}
	return 0
}

// late reports whether an event can no longer be answered, and marks it
// answered otherwise; mu is held.
func (b *AIBot) late(r *aibotRequest, event string) bool {
	if r.event != event || r.answered || b.opt.Now().Sub(r.at) > aibotEventLife {
		return true
	}
	r.answered = true
	return false
}

// welcome is aibot_respond_welcome_msg; mu is held.
func (b *AIBot) welcome(r *aibotRequest, body aibotBody) int {
	card, feedback, ok := b.parts(body, "text", "template_card")
	switch {
	case !ok || !b.fresh(card):
		return AIBotBadParameter
	case b.late(r, "enter_chat"):
		return AIBotNoRequest
	case !b.spend(r.conversation):
		return AIBotFrequency
	}
	s := Shown{Conversation: r.conversation, Answers: r.msgID, Kind: "card", Card: card, Feedback: feedback}
	if card == nil {
		s.Kind, s.Text = "text", body.Text.Content
	}
	b.show(s)
	return 0
}

// update is aibot_respond_update_msg; mu is held.
func (b *AIBot) update(r *aibotRequest, body aibotBody) int {
	if body.Response != "update_template_card" || body.Type != "" || body.Text != nil || body.Markdown != nil || body.Stream != nil || body.Card == nil {
		b.violated("aibot_respond_update_msg is no update_template_card")
		return AIBotBadParameter
	}
	card, _, ok := b.card(body.Card)
	if !ok {
		return AIBotBadParameter
	}
	i, sent := b.tasks[r.task]
	switch {
	case !sent || card.Task != "" && card.Task != r.task:
		b.violated("update of card %q by %q", r.task, card.Task)
		return AIBotBadParameter
	case b.late(r, "template_card_event"):
		return AIBotNoRequest
	case !b.spend(r.conversation):
		return AIBotFrequency
	}
	b.shown[i].Card = card
	b.shown[i].Updates++
	return 0
}
