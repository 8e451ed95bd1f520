package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"xietiao/bot/chat"
)

// webhookPath is where custom robots take messages.
const webhookPath = "/robot/send"

// WebhookOptions are what sending by custom group robots needs. Robots is
// required.
type WebhookOptions struct {
	Robots    chat.Robots // finds a robot by Address.Robot
	Bases     []string    // more origins that webhooks may have
	Client    *chat.Client
	PerMinute int              // of one robot; 0: 15
	Now       func() time.Time // the wall clock: signatures are good for an hour
}

// Webhook sends by custom group robots (自定义机器人), each to its one group.
// DingTalk has announced that no new ones can be made; app robots are the way
// for groups.
type Webhook struct {
	robots    chat.Robots
	client    *chat.Client
	bases     []string
	perMinute int
	now       func() time.Time
}

var _ chat.Pusher = (*Webhook)(nil)

// NewWebhook returns the pusher of custom robots. The error is chat.ErrConfig.
func NewWebhook(opt WebhookOptions) (*Webhook, error) {
	bases, ok := origins(opt.Bases)
	if opt.Robots == nil || !ok {
		return nil, fmt.Errorf("%s: no robots, or a base is no address: %w", ViaWebhook, chat.ErrConfig)
	}
	w := &Webhook{robots: opt.Robots, client: opt.Client, bases: bases, perMinute: opt.PerMinute, now: orNow(opt.Now)}
	if w.client == nil {
		w.client = chat.NewClient(nil)
	}
	if w.perMinute <= 0 {
		w.perMinute = perMinute
	}
	return w, nil
}

// Rates implements chat.Pusher: the messages of one robot are counted.
func (w *Webhook) Rates(to chat.Address) []chat.Rate {
	return []chat.Rate{{Key: string(ViaWebhook) + "/" + to.Robot, Max: w.perMinute, Per: time.Minute}}
}

// Room implements chat.Pusher.
func (w *Webhook) Room(chat.Address) int { return MaxWebhook / roomShare }

// Push implements chat.Pusher. A webhook always leads to a group, whatever the
// address says.
func (w *Webhook) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if r.Empty() {
		return chat.Permanent("empty")
	}
	robot, err := w.robots.Robot(ctx, to.Robot)
	switch {
	case errors.Is(err, chat.ErrConfig):
		return chat.Permanent(unknownRobot)
	case err != nil:
		return chat.RetryAfter(soon).Because(noState)
	case !leadsTo(robot.Webhook, webhookPath, w.bases):
		return chat.Permanent(badAddress)
	}
	link, err := SignedURL(robot.Webhook, robot.Secret.Reveal(), w.now())
	if err != nil {
		return chat.Permanent(badAddress)
	}
	return pushHook(ctx, w.client, link, r, chat.Group)
}

// pushHook posts r to a webhook or session.
func pushHook(ctx context.Context, client *chat.Client, link chat.Link, r chat.Reply, kind chat.Kind) chat.Outcome {
	at := mentions(r, kind)
	for _, way := range posts(r, at) {
		if body := way.hookBody(at); len(encode(body)) <= MaxWebhook {
			return judgeHook(client.Call(ctx, http.MethodPost, link, nil, body))
		}
	}
	return chat.Permanent(tooLong)
}
