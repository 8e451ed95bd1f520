package wecom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// sessionLife is how long a response_url lives (docs 101138).
const sessionLife = time.Hour

// Where a response_url must point (docs 101138).
const (
	apiBase      = "https://qyapi.weixin.qq.com"
	responsePath = "/cgi-bin/aibot/response?"
)

// maxFeedback is the longest feedback id in bytes (docs 101031).
const maxFeedback = 256

// AIBot is the callback of an AI bot (智能机器人) in callback mode: members write
// to it alone or in internal groups, where only messages that mention it arrive
// (docs 100719, 101027, 101031, 101033).
type AIBot struct {
	callback
	botID, name string
	base        string
	limit       int
}

var _ chat.Channel = (*AIBot)(nil)

// NewAIBot returns the callback of an AI bot. The error is chat.ErrConfig and
// names no credential.
func NewAIBot(opt Options) (*AIBot, error) {
	c, err := newCallback(ViaAIBot, opt, "") // its receiver is empty (docs 101033)
	if err != nil {
		return nil, err
	}
	if opt.ReplyLimit <= 0 {
		opt.ReplyLimit = MaxAIBotStream
	}
	return &AIBot{callback: c, botID: opt.BotID, name: opt.BotName, base: strings.TrimRight(opt.APIBase, "/"), limit: opt.ReplyLimit}, nil
}

// Via implements chat.Channel.
func (b *AIBot) Via() chat.Via { return ViaAIBot }

// Limits implements chat.Channel.
func (b *AIBot) Limits() chat.Limits { return chat.Limits{Body: MaxBody, Reply: b.limit} }

// botMessage is a decrypted callback (docs 100719, 101027).
type botMessage struct {
	MsgID       string `json:"msgid"`
	AIBotID     string `json:"aibotid"`
	ChatID      string `json:"chatid"`
	ChatType    string `json:"chattype"`
	CreateTime  int64  `json:"create_time"`
	From        from   `json:"from"`
	ResponseURL string `json:"response_url"`
	part
	Quote  *part     `json:"quote"`
	Stream *stream   `json:"stream"`
	Event  *botEvent `json:"event"`
}

type from struct {
	UserID string `json:"userid"`
}

// part is what a message, a quotation or an item of a mixed message holds.
type part struct {
	MsgType string   `json:"msgtype"`
	Text    *content `json:"text"`
	Voice   *content `json:"voice"` // its transcript
	Mixed   *struct {
		Items []part `json:"msg_item"`
	} `json:"mixed"`
}

type content struct {
	Content string `json:"content"`
}

type stream struct {
	ID       string    `json:"id"`
	Finish   bool      `json:"finish"`
	Content  string    `json:"content"`
	Feedback *feedback `json:"feedback,omitempty"`
}

type feedback struct {
	ID string `json:"id"`
}

type botEvent struct {
	Type string `json:"eventtype"`
	Card *struct {
		Type     string `json:"card_type"`
		Key      string `json:"event_key"`
		TaskID   string `json:"task_id"`
		Selected struct {
			Items []struct {
				Question string `json:"question_key"`
				Options  struct {
					IDs []string `json:"option_id"`
				} `json:"option_ids"`
			} `json:"selected_item"`
		} `json:"selected_items"`
	} `json:"template_card_event"`
	Feedback *struct {
		ID      string `json:"id"`
		Type    int    `json:"type"`
		Content string `json:"content"`
	} `json:"feedback_event"`
}

// plainText returns the words of a part; pictures between them are left out.
func (p part) plainText() string {
	switch {
	case p.MsgType == "text" && p.Text != nil:
		return p.Text.Content
	case p.MsgType == "voice" && p.Voice != nil:
		return p.Voice.Content
	case p.MsgType == "mixed" && p.Mixed != nil:
		var texts []string
		for _, item := range p.Mixed.Items {
			if item.MsgType == "text" && item.Text != nil {
				texts = append(texts, strings.TrimSpace(item.Text.Content))
			}
		}
		return strings.Join(texts, "\n")
	}
	return ""
}

// Receive implements chat.Channel. Streams are finished in their first frame, so
// a poll is for one that nobody knows: it gives no Message, its Response ends it.
func (b *AIBot) Receive(ctx context.Context, r chat.Request) (chat.Delivery, error) {
	return b.receive(ctx, r, chat.SealedField, b.accept)
}

func (b *AIBot) accept(_ context.Context, p proof, at time.Time, plain []byte) (chat.Delivery, error) {
	if !utf8.Valid(plain) {
		return chat.Delivery{}, fmt.Errorf("json: %w", chat.ErrMalformed)
	}
	var in botMessage
	if err := json.Unmarshal(plain, &in); err != nil {
		return chat.Delivery{}, fmt.Errorf("json: %w", chat.ErrMalformed)
	}
	if b.botID != "" && in.AIBotID != b.botID {
		return chat.Delivery{}, fmt.Errorf("bot: %w", chat.ErrReceiver)
	}
	if in.MsgType == "stream" {
		return b.poll(p, in)
	}
	m, err := b.message(in, at)
	if err != nil || m == nil {
		return chat.Delivery{}, err
	}
	d := chat.Delivery{Message: m}
	if m.Event == nil || m.Event.Kind == chat.EventEnter {
		d.Answer = func(_ context.Context, r chat.Reply) (chat.Response, error) { return b.answer(p, *m, r) }
	}
	return d, nil
}

// message turns a callback into a message; nil for events of no interest. at
// is when it was signed: messages carry no time of their own.
func (b *AIBot) message(in botMessage, at time.Time) (*chat.Message, error) {
	missing := func(name string) (*chat.Message, error) {
		return nil, fmt.Errorf("json field %s: %w", name, chat.ErrMalformed)
	}
	m := &chat.Message{Via: ViaAIBot, ID: in.MsgID, Sender: chat.UserID(in.From.UserID), Time: at}
	switch {
	case in.MsgID == "":
		return missing("msgid")
	case in.From.UserID == "":
		return missing("from")
	case in.ChatType == "group" && in.ChatID == "":
		return missing("chatid")
	case in.ChatType == "group":
		m.Kind, m.Conversation, m.AtBot = chat.Group, chat.ConversationID(in.ChatID), true
	case in.ChatType == "single":
		m.Kind, m.Conversation = chat.Direct, chat.ConversationID(in.From.UserID)
	default:
		return missing("chattype")
	}
	m.From = chat.Address{Via: ViaAIBot, Kind: m.Kind, Conversation: m.Conversation, User: m.Sender, Robot: in.AIBotID}
	if b.ownLink(in.ResponseURL) {
		m.From.Session = chat.Session{Link: chat.Link(in.ResponseURL), Until: at.Add(sessionLife), Once: true}
	}
	switch in.MsgType {
	case "":
		return missing("msgtype")
	case "event":
		return b.event(in, m)
	case "text", "mixed", "voice":
		m.Type, m.Text = chat.TypeText, strings.TrimSpace(in.plainText())
		if m.Kind == chat.Group {
			m.Text = withoutMention(m.Text, b.name)
		}
		if m.Text == "" && in.MsgType != "text" {
			m.Type = chat.TypeOther
		}
	default:
		m.Type = chat.TypeOther
	}
	if in.Quote != nil {
		m.Quoted = strings.TrimSpace(in.Quote.plainText())
	}
	return m, nil
}

// ownLink reports whether a reply may be sent to link. Others are forgotten:
// nothing is ever written to another host.
func (b *AIBot) ownLink(link string) bool {
	return strings.HasPrefix(link, apiBase+responsePath) || b.base != "" && strings.HasPrefix(link, b.base+responsePath)
}

func (b *AIBot) event(in botMessage, m *chat.Message) (*chat.Message, error) {
	if in.Event == nil || in.Event.Type == "" {
		return nil, fmt.Errorf("json field event: %w", chat.ErrMalformed)
	}
	if in.CreateTime < 0 || in.CreateTime > maxSeconds {
		return nil, fmt.Errorf("json field create_time: %w", chat.ErrMalformed)
	}
	if in.CreateTime > 0 {
		m.Time = time.Unix(in.CreateTime, 0)
	}
	e := &chat.Event{Name: in.Event.Type}
	m.Type, m.Event = chat.TypeEvent, e
	switch card, back := in.Event.Card, in.Event.Feedback; {
	case e.Name == "enter_chat":
		e.Kind = chat.EventEnter
	case e.Name == "template_card_event" && card != nil:
		e.Kind, e.Key, e.Task = chat.EventCard, card.Key, card.TaskID
		for _, item := range card.Selected.Items {
			if e.Choices == nil {
				e.Choices = map[string][]string{}
			}
			e.Choices[item.Question] = append(e.Choices[item.Question], item.Options.IDs...)
		}
	case e.Name == "feedback_event" && back != nil:
		e.Kind, e.Key, e.Value = chat.EventFeedback, back.ID, back.Content
		e.Rating = map[int]chat.Rating{1: chat.RatingGood, 2: chat.RatingBad, 3: chat.RatingWithdrawn}[back.Type]
		if e.Rating == "" {
			return nil, fmt.Errorf("json field feedback_event: %w", chat.ErrMalformed)
		}
	case e.Name == "template_card_event", e.Name == "feedback_event":
		return nil, fmt.Errorf("json field %s: %w", e.Name, chat.ErrMalformed)
	default:
		return nil, nil
	}
	return m, nil
}

// withoutMention removes the mention of the bot from a message of a group. With
// a name, every "@name" that ends there goes, or one at the beginning that runs
// into the text; without one, the first word if it begins with @.
func withoutMention(text, name string) string {
	if name == "" {
		if _, size := atSign(text); size > 0 {
			if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
				return strings.TrimSpace(text[i:])
			}
			return ""
		}
		return text
	}
	var b strings.Builder
	found := false
	for rest := text; rest != ""; {
		if _, size := atSign(rest); size > 0 && strings.HasPrefix(rest[size:], name) {
			after := rest[size+len(name):]
			if r, _ := utf8.DecodeRuneInString(after); after == "" || unicode.IsSpace(r) || unicode.IsPunct(r) {
				rest, found = strings.TrimLeftFunc(after, unicode.IsSpace), true
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(rest)
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	if _, size := atSign(text); !found && size > 0 {
		if after, ok := strings.CutPrefix(text[size:], name); ok {
			return strings.TrimSpace(after)
		}
	}
	return strings.TrimSpace(b.String())
}

// atSign returns the @ that s begins with, and its size.
func atSign(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == '@' || r == '＠' {
		return r, n
	}
	return 0, 0
}

// streamID names the stream that answers m. A redelivery gets the same one.
func streamID(m chat.Message) string {
	sum := sha256.Sum256([]byte(m.Key()))
	return hex.EncodeToString(sum[:16])
}

// text makes the text of a stream from a reply: markdown if there is one (docs
// 101031). In a group the reply quotes the question, so Mention is not used.
func (b *AIBot) text(r chat.Reply) (string, error) {
	text := r.Markdown
	if text == "" {
		text = r.Text
	}
	text = strings.ToValidUTF8(chat.Defuse(text), "\uFFFD")
	if len(text) > b.limit || len(r.Feedback) > maxFeedback {
		return "", fmt.Errorf("%s reply: %w", ViaAIBot, chat.ErrTooLong)
	}
	return text, nil
}

// answer builds the response to a message: a stream, or a text where the person
// has only opened the conversation (docs 101031).
func (b *AIBot) answer(p proof, m chat.Message, r chat.Reply) (chat.Response, error) {
	text, err := b.text(r)
	if err != nil {
		return chat.Response{}, err
	}
	if m.Event != nil {
		if text == "" {
			return chat.Response{}, nil
		}
		return b.sealed(p, map[string]any{"msgtype": "text", "text": content{Content: text}})
	}
	if text == "" {
		return chat.Response{}, nil
	}
	s := stream{ID: streamID(m), Finish: true, Content: text}
	if r.Feedback != "" {
		s.Feedback = &feedback{ID: r.Feedback}
	}
	return b.sealed(p, map[string]any{"msgtype": "stream", "stream": s})
}

// poll ends a stream that nobody knows (docs 101031).
func (b *AIBot) poll(p proof, in botMessage) (chat.Delivery, error) {
	if in.Stream == nil || in.Stream.ID == "" {
		return chat.Delivery{}, fmt.Errorf("json field stream: %w", chat.ErrMalformed)
	}
	s := stream{ID: in.Stream.ID, Finish: true, Content: textStreamGone}
	response, err := b.sealed(p, map[string]any{"msgtype": "stream", "stream": s})
	if err != nil {
		return chat.Delivery{}, err
	}
	return chat.Delivery{Response: response}, nil
}

// botReply is the outer JSON of a reply. The nonce is that of the request (docs
// 101033).
type botReply struct {
	Encrypt   string `json:"encrypt"`
	Signature string `json:"msgsignature"`
	Timestamp int64  `json:"timestamp"`
	Nonce     string `json:"nonce"`
}

func (b *AIBot) sealed(p proof, body map[string]any) (chat.Response, error) {
	var inner bytes.Buffer
	enc := json.NewEncoder(&inner)
	enc.SetEscapeHTML(false) // WeCom is said to mind \u003c (docs 90313, 40033)
	if err := enc.Encode(body); err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaAIBot, err)
	}
	now, sealed := b.now().Unix(), b.envelope.Seal(bytes.TrimRight(inner.Bytes(), "\n"), b.receiver)
	outer, err := json.Marshal(botReply{
		Encrypt: sealed, Timestamp: now, Nonce: p.nonce,
		Signature: Signature(b.token, strconv.FormatInt(now, 10), p.nonce, sealed),
	})
	if err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaAIBot, err)
	}
	return chat.Response{ContentType: "application/json; charset=utf-8", Body: outer}, nil
}
