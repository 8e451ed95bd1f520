package wecom

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"xietiao/bot/chat"
)

// ResponderOptions are what a Responder needs.
type ResponderOptions struct {
	Base               string           // another origin that reply links may have, beside WeCom's
	Client             *chat.Client     // nil: one over http.DefaultTransport
	PerMinute, PerHour int              // messages in one conversation; 0: the platform's
	Now                func() time.Time // nil: time.Now
}

// Responder answers a message to an AI bot in callback mode by its
// response_url: once, within an hour (docs 101138). It cannot begin a talk. In a
// group the answer quotes the question, so nobody is mentioned. It is safe for
// concurrent use.
type Responder struct {
	opt  ResponderOptions
	base string
}

var _ chat.Pusher = (*Responder)(nil)

// NewResponder returns a responder. The error is chat.ErrConfig.
func NewResponder(opt ResponderOptions) (*Responder, error) {
	base, err := baseOf(opt.Base)
	if err != nil {
		return nil, err
	}
	if opt.PerMinute <= 0 {
		opt.PerMinute = BotPerMinute
	}
	if opt.PerHour <= 0 {
		opt.PerHour = BotPerHour
	}
	opt.Client, opt.Now = clientOf(opt.Client), nowOf(opt.Now)
	return &Responder{opt: opt, base: base}, nil
}

// Format prints the channel's name: what it holds leads to credentials.
func (p *Responder) Format(f fmt.State, _ rune) { io.WriteString(f, string(ViaAIBot)) }

// Rates implements chat.Pusher.
func (p *Responder) Rates(to chat.Address) []chat.Rate {
	return rates(string(ViaAIBot)+"/"+to.Robot+"/"+string(to.Conversation), p.opt.PerMinute, p.opt.PerHour)
}

// Room implements chat.Pusher.
func (p *Responder) Room(chat.Address) int { return MaxAIBotStream }

// Can reports whether to can be answered here: its session lives and its link is
// a response_url of WeCom's or the configured origin.
func (p *Responder) Can(to chat.Address) bool {
	return to.Session.Alive(p.opt.Now()) && leadsTo(to.Session.Link, respondPath, p.base)
}

// Push implements chat.Pusher.
func (p *Responder) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if !p.Can(to) {
		return chat.Permanent(CodeNoSession)
	}
	what, ok := p.form(r)
	if !ok {
		return missing(words(r))
	}
	return endOf(read("aibot/response", p.opt.Client.Call(ctx, http.MethodPost, to.Session.Link, nil, what), nil))
}

// form chooses how to say r: there is no type for plain text.
func (p *Responder) form(r chat.Reply) (spoken, bool) {
	if card := cardOf(r.Card, true); card != nil {
		return show(card), true
	}
	text, markdown := words(r)
	for _, s := range []string{markdown, text} {
		if s == "" || len(s) > MaxAIBotStream {
			continue
		}
		w := wording{Content: s}
		if r.Feedback != "" && len(r.Feedback) <= maxFeedback {
			w.Feedback = &feedback{ID: r.Feedback}
		}
		return say("markdown", w), true
	}
	return spoken{}, false
}
