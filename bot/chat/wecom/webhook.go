package wecom

import (
	"context"
	"crypto/md5" // the platform asks for it; it protects nothing
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// Where the address of a group robot (docs 99110) and a response_url (docs
// 101138) must point.
const (
	webhookPath = "/cgi-bin/webhook/send"
	respondPath = "/cgi-bin/aibot/response"
)

// WebhookOptions are what a Webhook needs; Robots is required.
type WebhookOptions struct {
	Robots    chat.Robots
	Base      string       // another origin that robots' addresses may have, beside WeCom's
	Client    *chat.Client // nil: one over http.DefaultTransport
	PerMinute int          // messages of one robot; 0: the platform's
}

// Webhook sends to groups by their robots (docs 99110), by Address.Robot: a
// card if it opens a page and nobody is to be alerted, else markdown, else text.
// Robots cannot be answered, so cards have no buttons. It is safe for concurrent
// use.
type Webhook struct {
	opt  WebhookOptions
	base string
}

var (
	_ chat.Pusher      = (*Webhook)(nil)
	_ chat.Illustrator = (*Webhook)(nil)
)

// NewWebhook returns the pusher of all group robots. The error is
// chat.ErrConfig.
func NewWebhook(opt WebhookOptions) (*Webhook, error) {
	base, err := baseOf(opt.Base)
	if err != nil {
		return nil, err
	}
	if opt.PerMinute <= 0 {
		opt.PerMinute = RobotPerMinute
	}
	opt.Client = clientOf(opt.Client)
	return &Webhook{opt: opt, base: base}, nil
}

// Format prints the channel's name: what it holds leads to credentials.
func (w *Webhook) Format(f fmt.State, _ rune) { io.WriteString(f, string(ViaWebhook)) }

// Rates implements chat.Pusher.
func (w *Webhook) Rates(to chat.Address) []chat.Rate {
	return []chat.Rate{{Key: string(ViaWebhook) + "/" + to.Robot + "/1m", Max: w.opt.PerMinute, Per: time.Minute}}
}

// Room implements chat.Pusher. Markdown may be longer, but a reply that alerts
// somebody goes as text where its markdown cannot.
func (w *Webhook) Room(chat.Address) int { return MaxWebhookText }

// Push implements chat.Pusher. The key in the robot's address is its whole
// credential: it is sent to WeCom's or the configured origin only.
func (w *Webhook) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	what, ok := w.form(r)
	if !ok {
		return missing(words(r))
	}
	return w.send(ctx, to, what)
}

// maxRobotPicture is the largest picture of a group robot in bytes (docs 99110).
const maxRobotPicture = 2 << 20

// Illustrate implements chat.Illustrator.
func (w *Webhook) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	if len(png) > maxRobotPicture {
		return chat.Permanent(CodeTooLong)
	}
	sum := md5.Sum(png)
	return w.send(ctx, to, draw(picture{Data: base64.StdEncoding.EncodeToString(png), Sum: hex.EncodeToString(sum[:])}))
}

func (w *Webhook) send(ctx context.Context, to chat.Address, what spoken) chat.Outcome {
	robot, err := w.opt.Robots.Robot(ctx, to.Robot)
	switch {
	case errors.Is(err, chat.ErrConfig):
		return chat.Permanent(CodeNoRobot)
	case err != nil:
		return chat.RetryAfter(waitState).Because(CodeState)
	case !leadsTo(robot.Webhook, webhookPath, w.base):
		return chat.Permanent(CodeNoRobot)
	}
	return endOf(read("webhook/send", w.opt.Client.Call(ctx, http.MethodPost, robot.Webhook, nil, what), nil))
}

// leadsTo reports whether something may be sent to link: its origin is WeCom's
// or base's, its path ends with path.
func leadsTo(link chat.Link, path, base string) bool {
	u, err := url.Parse(link.Reveal())
	return err == nil && strings.HasSuffix(u.Path, path) && chat.SameOrigin(link, apiBase, base)
}

// form chooses how to say r. Only text and the old markdown can alert people.
func (w *Webhook) form(r chat.Reply) (spoken, bool) {
	alert := mentionable(r.Mention)
	if card := cardOf(r.Card, false); card != nil && len(alert) == 0 {
		return show(card), true
	}
	text, markdown := words(r)
	v2, said := needsV2(markdown), markdown != ""
	for _, id := range alert {
		markdown += "\n<@" + id + ">"
	}
	fits := said && len(markdown) <= MaxWebhookMarks
	switch {
	case fits && v2 && len(alert) == 0:
		return say("markdown_v2", wording{Content: markdown}), true
	case fits && (!v2 || text == ""):
		return say("markdown", wording{Content: markdown}), true
	case text != "" && len(text) <= MaxWebhookText:
		return say("text", wording{Content: text, Mentioned: alert}), true
	}
	return spoken{}, false
}

// mentionable keeps the ids that can only mean one member.
func mentionable(ids []chat.UserID) []string {
	var out []string
	for _, id := range ids {
		if userID.MatchString(string(id)) {
			out = append(out, string(id))
		}
	}
	return out
}

// laterMarks is markdown that only markdown_v2 shows: lists, rules, tables,
// fences, quotations in quotations, pictures. It has no colours and old clients
// show it bare, so it is used where it is needed.
var laterMarks = regexp.MustCompile("(?m)^[ \t]*(?:[-*+] |[0-9]+\\. |-{3,}[ \t]*$|\\||```|> ?>)|!\\[")

func needsV2(markdown string) bool {
	return laterMarks.MatchString(markdown) && !strings.Contains(markdown, "<font")
}
