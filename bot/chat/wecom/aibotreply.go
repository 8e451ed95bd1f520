package wecom

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"xietiao/bot/chat"
)

// maxFeedback is the longest feedback id in bytes (docs 101031).
const maxFeedback = 256

// botBody is a reply of any kind: the response in callback mode, the body of a
// frame on the long connection (docs 101031, 101463).
type botBody struct {
	ChatID   string        `json:"chatid,omitempty"`    // aibot_send_msg alone
	ChatType int           `json:"chat_type,omitempty"` // aibot_send_msg alone
	Type     string        `json:"msgtype,omitempty"`
	Response string        `json:"response_type,omitempty"` // in place of Type where a card is changed
	Text     *content      `json:"text,omitempty"`
	Markdown *content      `json:"markdown,omitempty"`
	Stream   *stream       `json:"stream,omitempty"`
	Card     *templateCard `json:"template_card,omitempty"`
	Image    *picture      `json:"image,omitempty"` // aibot_send_msg alone
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

func feedbackOf(r chat.Reply) *feedback {
	if r.Feedback == "" {
		return nil
	}
	return &feedback{ID: r.Feedback}
}

// streamID names the stream of a reply. The same reply to the same message has
// the same one, so that a second delivery replaces the first.
func streamID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// errBlank says that a reply has no words to be sent.
var errBlank = errors.New("reply of no words")

// words is the one text of a reply: markdown if there is one (docs 101031).
func (b robot) words(r chat.Reply) (string, error) {
	text, markdown := words(r)
	if markdown != "" {
		text = markdown
	}
	switch {
	case text == "":
		return "", errBlank
	case len(text) > b.limit:
		return "", chat.ErrTooLong
	}
	return text, nil
}

// respond is the reply to a message: a stream that ends with its first frame,
// or a card. What a card cannot show in full is said by a stream beside it. In a
// group the reply quotes the question, so Mention is not used.
func (b robot) respond(id string, r chat.Reply) (botBody, error) {
	if len(r.Feedback) > maxFeedback {
		return botBody{}, fmt.Errorf("feedback id: %w", chat.ErrTooLong)
	}
	card, whole, err := newCard(r)
	if err != nil {
		return botBody{}, err
	}
	if card != nil && whole {
		card.Feedback = feedbackOf(r)
		return botBody{Type: "template_card", Card: card}, nil
	}
	text, err := b.words(r)
	if err != nil {
		return botBody{}, err
	}
	body := botBody{Type: "stream", Stream: &stream{ID: id, Finish: true, Content: text, Feedback: feedbackOf(r)}}
	if card != nil {
		body.Type, body.Card = "stream_with_template_card", card
	}
	return body, nil
}

// welcome greets somebody who has opened the conversation: a text, which shows
// no markup, or a card.
func (b robot) welcome(r chat.Reply) (botBody, error) {
	card, whole, err := newCard(r)
	if err != nil {
		return botBody{}, err
	}
	if card != nil && (whole || len(r.Card.Buttons) > 0) {
		return botBody{Type: "template_card", Card: card}, nil
	}
	if r.Text != "" {
		r.Markdown = ""
	}
	text, err := b.words(r)
	if err != nil {
		return botBody{}, err
	}
	return botBody{Type: "text", Text: &content{Content: text}}, nil
}

// update changes the card whose button was pressed, for all who see it.
// chat.ErrElsewhere: r is not a card to put there.
func (b robot) update(r chat.Reply) (botBody, error) {
	if !r.Update || r.Card == nil {
		return botBody{}, chat.ErrElsewhere
	}
	r.Update = false
	card, _, err := newCard(r)
	switch {
	case err != nil:
		return botBody{}, err
	case card == nil:
		return botBody{}, errBlank
	}
	return botBody{Response: "update_template_card", Card: card}, nil
}

// push is a message that answers nothing: markdown or a card (docs 101463).
// Buttons are worth a card that cuts its words, facts are not.
func (b robot) push(to chat.Address, r chat.Reply) (botBody, error) {
	body := unasked(to)
	card, whole, err := newCard(r)
	if err != nil {
		return botBody{}, err
	}
	if card != nil && (whole || len(r.Card.Buttons) > 0) {
		body.Type, body.Card = "template_card", card
		return body, nil
	}
	text, err := b.words(r)
	if err != nil {
		return botBody{}, err
	}
	body.Type, body.Markdown = "markdown", &content{Content: text}
	return body, nil
}

// unasked begins a message that answers nothing.
func unasked(to chat.Address) botBody {
	if to.Kind == chat.Group {
		return botBody{ChatID: string(to.Conversation), ChatType: 2}
	}
	return botBody{ChatID: string(to.Conversation), ChatType: 1}
}

// plainJSON is json.Marshal without the escaping for HTML: WeCom is said to mind
// \u003c (docs 90313, 40033).
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
