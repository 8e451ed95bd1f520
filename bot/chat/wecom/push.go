package wecom

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// ViaWebhook is the group robot (群机器人, 消息推送), which only sends.
const ViaWebhook chat.Via = "wecom.webhook"

// How often may be sent; the numbers can be changed through the options.
const (
	MemberPerMinute = 30   // an app to one member; more is dropped without a word (docs 90236)
	MemberPerHour   = 1000 // likewise
	RobotPerMinute  = 20   // a group robot (docs 99110)
	BotPerMinute    = 30   // an AI bot in one conversation, replies and pushes together (docs 101463)
	BotPerHour      = 1000 // likewise
)

// rates are one limit for a minute and one for an hour of what key names.
func rates(key string, perMinute, perHour int) []chat.Rate {
	return []chat.Rate{
		{Key: key + "/1m", Max: perMinute, Per: time.Minute},
		{Key: key + "/1h", Max: perHour, Per: time.Hour},
	}
}

// userID is the shape of a member's id (docs 90195). What does not have it could
// name several people, or everybody.
var userID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}$`)

// spoken is the part of a message that says something; one of the five is set.
type spoken struct {
	Type     string        `json:"msgtype"`
	Image    *picture      `json:"image,omitempty"`
	Text     *wording      `json:"text,omitempty"`
	Markdown *wording      `json:"markdown,omitempty"`
	V2       *wording      `json:"markdown_v2,omitempty"`
	Card     *templateCard `json:"template_card,omitempty"`
}

type wording struct {
	Content   string    `json:"content"`
	Mentioned []string  `json:"mentioned_list,omitempty"` // of a text
	Feedback  *feedback `json:"feedback,omitempty"`       // of an AI bot's markdown
}

// picture is one that was uploaded, or to a group robot the bytes themselves.
type picture struct {
	ID   string `json:"media_id,omitempty"`
	Data string `json:"base64,omitempty"`
	Sum  string `json:"md5,omitempty"` // of the bytes
}

func draw(p picture) spoken { return spoken{Type: "image", Image: &p} }

func say(typ string, w wording) spoken {
	s := spoken{Type: typ}
	switch typ {
	case "text":
		s.Text = &w
	case "markdown":
		s.Markdown = &w
	case "markdown_v2":
		s.V2 = &w
	}
	return s
}

func show(c *templateCard) spoken { return spoken{Type: "template_card", Card: c} }

// words are the text and the markdown of a reply, with mentions broken. A card
// that comes alone is said in words.
func words(r chat.Reply) (text, markdown string) {
	clean := func(s string) string {
		return strings.TrimSpace(strings.ToValidUTF8(chat.Defuse(s), "\uFFFD"))
	}
	text, markdown = clean(r.Text), clean(r.Markdown)
	if text == "" && markdown == "" && r.Card != nil {
		text = clean(cardWords(*r.Card))
	}
	return text, markdown
}

// missing is why nothing of a reply could be said.
func missing(text, markdown string) chat.Outcome {
	if text == "" && markdown == "" {
		return chat.Permanent(CodeEmpty)
	}
	return chat.Permanent(CodeTooLong)
}

// AppOptions are what an AppPusher may be told of its app.
type AppOptions struct {
	PerMinute, PerHour int  // messages to one member; 0: the platform's limits
	Answers            bool // its callback is set, so that a pressed button comes back: cards have buttons
}

// AppPusher sends to persons as a self-built app (docs 90236), by Address.User:
// a card that can be shown, else markdown, else text. It is also the way back to
// a card whose button was pressed: Reply.Update with the code in the session.
type AppPusher struct {
	api *API
	opt AppOptions
}

var (
	_ chat.Pusher      = (*AppPusher)(nil)
	_ chat.Illustrator = (*AppPusher)(nil)
	_ chat.Withdrawer  = (*AppPusher)(nil)
)

// NewAppPusher returns the pusher of an app.
func NewAppPusher(api *API, opt AppOptions) *AppPusher {
	if opt.PerMinute <= 0 {
		opt.PerMinute = MemberPerMinute
	}
	if opt.PerHour <= 0 {
		opt.PerHour = MemberPerHour
	}
	return &AppPusher{api: api, opt: opt}
}

// Format prints the channel's name: what it holds leads to credentials.
func (p *AppPusher) Format(f fmt.State, _ rune) { io.WriteString(f, string(ViaApp)) }

// Rates implements chat.Pusher: what exceeds them is lost without an error.
func (p *AppPusher) Rates(to chat.Address) []chat.Rate {
	member := strings.ToLower(string(to.User)) // ids do not differ by case (docs 90195)
	return rates(string(ViaApp)+"/"+strconv.Itoa(p.api.agentID)+"/"+member, p.opt.PerMinute, p.opt.PerHour)
}

// Room implements chat.Pusher.
func (p *AppPusher) Room(chat.Address) int { return MaxAppText }

// appMessage is message/send (docs 90236).
type appMessage struct {
	To    string `json:"touser"`
	Agent int    `json:"agentid"`
	spoken
}

// sendAnswer is the answer to what goes to persons. With errcode 0 it may still
// list some as not reached.
type sendAnswer struct {
	Invalid    string `json:"invaliduser"`    // lower case, joined by |
	Unlicensed string `json:"unlicenseduser"` // likewise
	ID         string `json:"msgid"`
}

// end is the outcome of what was accepted.
func (s sendAnswer) end() chat.Outcome {
	var missed []string
	code := ""
	for _, list := range []struct{ code, ids string }{{"unlicenseduser", s.Unlicensed}, {"invaliduser", s.Invalid}} {
		if list.ids != "" {
			code, missed = list.code, append(missed, strings.Split(list.ids, "|")...)
		}
	}
	if len(missed) > 0 {
		return chat.Partial(code, missed...)
	}
	return chat.Sent(s.ID)
}

// Push implements chat.Pusher. A reply that can be shown in no way is refused
// with one of the Code values before anything is called.
func (p *AppPusher) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if !isPerson(to) {
		return chat.Permanent(CodeNoPerson)
	}
	if r.Update && r.Card != nil {
		return p.update(ctx, to, r)
	}
	what, ok := p.form(r)
	if !ok {
		return missing(words(r))
	}
	return p.send(ctx, to, what)
}

// isPerson reports whether the address can only mean one member.
func isPerson(to chat.Address) bool {
	return to.Kind != chat.Group && userID.MatchString(string(to.User))
}

func (p *AppPusher) send(ctx context.Context, to chat.Address, what spoken) chat.Outcome {
	var answer sendAnswer
	user := string(to.User)
	err := p.api.call(ctx, "message/send", nil, appMessage{To: user, Agent: p.api.agentID, spoken: what}, &answer, user)
	if err != nil {
		return endOf(err)
	}
	return answer.end()
}

// Illustrate implements chat.Illustrator: the picture is uploaded, then sent.
func (p *AppPusher) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	if !isPerson(to) {
		return chat.Permanent(CodeNoPerson)
	}
	id, err := p.api.upload(ctx, png)
	if err != nil {
		return notYet(endOf(err))
	}
	return p.send(ctx, to, draw(picture{ID: id}))
}

// notYet is the outcome of a call before the message itself: nothing has arrived.
func notYet(o chat.Outcome) chat.Outcome {
	if o.Verdict() == chat.VerdictUnknown {
		return chat.RetryAfter(0).Because(o.Code())
	}
	return o
}

// form chooses how to say r.
func (p *AppPusher) form(r chat.Reply) (spoken, bool) {
	if card := cardOf(r.Card, p.opt.Answers); card != nil {
		return show(card), true
	}
	text, markdown := words(r)
	switch {
	case markdown != "" && len(markdown) <= MaxAppText:
		return say("markdown", wording{Content: markdown}), true
	case text != "" && len(text) <= MaxAppText:
		return say("text", wording{Content: text}), true
	}
	return spoken{}, false
}

// cardUpdate is message/update_template_card (docs 94888): another card, or
// other words on the button that was pressed.
type cardUpdate struct {
	Users  []string       `json:"userids"`
	Agent  int            `json:"agentid"`
	Code   string         `json:"response_code"`
	Card   *templateCard  `json:"template_card,omitempty"`
	Button *replaceButton `json:"button,omitempty"`
}

type replaceButton struct {
	Name string `json:"replace_name"`
}

// update changes the card whose button was pressed, for the one who pressed it.
// A card that has neither buttons nor a page makes the old one's button grey,
// with the title on it.
func (p *AppPusher) update(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if !to.Session.Alive(p.api.now()) {
		return chat.Permanent(CodeNoSession)
	}
	user := string(to.User)
	body := cardUpdate{Users: []string{user}, Agent: p.api.agentID, Code: to.Session.Link.Reveal(), Card: cardOf(r.Card, true)}
	if body.Card == nil {
		name := strings.TrimSpace(chat.Defuse(r.Card.Title))
		if name == "" {
			return chat.Permanent(CodeEmpty)
		}
		if short := []rune(name); len(short) > maxButtonText {
			name = string(short[:maxButtonText-1]) + textCut
		}
		body.Button = &replaceButton{name}
	}
	var answer sendAnswer
	if err := p.api.call(ctx, "message/update_template_card", nil, body, &answer, user); err != nil {
		return endOf(err)
	}
	return answer.end()
}

// Withdraw implements chat.Withdrawer, within a day of sending (docs 94867).
func (p *AppPusher) Withdraw(ctx context.Context, _ chat.Address, id string) chat.Outcome {
	if id == "" {
		return chat.Permanent(CodeEmpty)
	}
	return endOf(p.api.call(ctx, "message/recall", nil, map[string]string{"msgid": id}, nil))
}
