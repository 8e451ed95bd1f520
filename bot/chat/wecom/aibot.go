package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// sessionLife is how long a response_url lives (docs 101138).
const sessionLife = time.Hour

// Where a response_url must point (docs 101138).
const (
	apiBase      = "https://qyapi.weixin.qq.com"
	responsePath = "/cgi-bin/aibot/response?"
)

// AIBot is the callback of an AI bot (智能机器人) in callback mode: members write
// to it alone or in internal groups, where only messages that mention it arrive
// (docs 100719, 101027, 101031, 101033).
type AIBot struct {
	callback
	robot
	base string
}

var _ chat.Channel = (*AIBot)(nil)

// NewAIBot returns the callback of an AI bot. The error is chat.ErrConfig and
// names no credential.
func NewAIBot(opt Options) (*AIBot, error) {
	c, err := newCallback(ViaAIBot, opt, "") // its receiver is empty (docs 101033)
	if err != nil {
		return nil, err
	}
	return &AIBot{callback: c, robot: newRobot(opt.BotID, opt.BotName, opt.ReplyLimit), base: strings.TrimRight(opt.APIBase, "/")}, nil
}

// Via implements chat.Channel.
func (b *AIBot) Via() chat.Via { return ViaAIBot }

// Limits implements chat.Channel.
func (b *AIBot) Limits() chat.Limits { return chat.Limits{Body: MaxBody, Reply: b.limit} }

// Receive implements chat.Channel. Streams are finished in their first frame, so
// a poll is for one that nobody knows: it gives no Message, its Response ends it.
func (b *AIBot) Receive(ctx context.Context, r chat.Request) (chat.Delivery, error) {
	return b.receive(ctx, r, chat.SealedField, b.accept)
}

func (b *AIBot) accept(_ context.Context, p proof, at time.Time, plain []byte) (chat.Delivery, error) {
	in, err := decodeBot(plain)
	if err != nil {
		return chat.Delivery{}, err
	}
	if b.id != "" && in.AIBotID != b.id {
		return chat.Delivery{}, fmt.Errorf("bot: %w", chat.ErrReceiver)
	}
	if in.MsgType == "stream" {
		return b.poll(p, in)
	}
	m, err := b.message(in, at)
	if err != nil || m == nil {
		return chat.Delivery{}, err
	}
	if b.ownLink(in.ResponseURL) {
		m.From.Session = chat.Session{Link: chat.Link(in.ResponseURL), Until: at.Add(sessionLife), Once: true}
	}
	d := chat.Delivery{Message: m}
	if m.Event == nil || m.Event.Kind != chat.EventFeedback { // only nothing may answer it (docs 101027)
		d.Answer = func(_ context.Context, r chat.Reply) (chat.Response, error) { return b.answer(p, *m, r) }
	}
	return d, nil
}

// ownLink reports whether a reply may be sent to link. Others are forgotten:
// nothing is ever written to another host.
func (b *AIBot) ownLink(link string) bool {
	return strings.HasPrefix(link, apiBase+responsePath) || b.base != "" && strings.HasPrefix(link, b.base+responsePath)
}

// answer builds the response to a message or an event (docs 101031).
func (b *AIBot) answer(p proof, m chat.Message, r chat.Reply) (chat.Response, error) {
	if r.Empty() {
		return chat.Response{}, nil
	}
	var body botBody
	var err error
	switch {
	case m.Event == nil:
		body, err = b.respond(streamID(m.Key()), r)
	case m.Event.Kind == chat.EventEnter:
		body, err = b.welcome(r)
	default:
		body, err = b.update(r)
	}
	switch {
	case errors.Is(err, errBlank):
		return chat.Response{}, nil
	case err != nil:
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaAIBot, err)
	}
	return b.sealed(p, body)
}

// poll ends a stream that nobody knows (docs 101031).
func (b *AIBot) poll(p proof, in botMessage) (chat.Delivery, error) {
	if in.Stream == nil || in.Stream.ID == "" {
		return chat.Delivery{}, fmt.Errorf("json field stream: %w", chat.ErrMalformed)
	}
	response, err := b.sealed(p, botBody{Type: "stream", Stream: &stream{ID: in.Stream.ID, Finish: true, Content: textStreamGone}})
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

func (b *AIBot) sealed(p proof, body botBody) (chat.Response, error) {
	inner, err := plainJSON(body)
	if err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaAIBot, err)
	}
	now, sealed := b.now().Unix(), b.envelope.Seal(inner, b.receiver)
	outer, err := json.Marshal(botReply{
		Encrypt: sealed, Timestamp: now, Nonce: p.nonce,
		Signature: Signature(b.token, strconv.FormatInt(now, 10), p.nonce, sealed),
	})
	if err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaAIBot, err)
	}
	return chat.Response{ContentType: "application/json; charset=utf-8", Body: outer}, nil
}
