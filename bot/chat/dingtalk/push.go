package dingtalk

import (
	"context"
	"fmt"
	"time"

	"xietiao/bot/chat"
)

// perMinute is how many messages a robot sends to one conversation in a minute.
// DingTalk takes 20 and then mutes the robot for about ten minutes (page
// custom-robot), so we stay well below.
const perMinute = 15

// roomShare is which part of a message's size a text may take: line ends and
// quotation marks grow when they are encoded.
const roomShare = 2

// PusherOptions are what sending by the app robot needs besides its API.
type PusherOptions struct {
	RobotCode string   // of messages whose address names none; empty: the API's client id
	Bases     []string // more origins that session links may have
	PerMinute int      // to one conversation; 0: 15
	Now       func() time.Time
}

// Pusher sends by an app robot. While the session of a message lives it answers
// there, for which no permission is needed and which can mention people; then,
// and where nobody asked, by the API. A session is not given up for a failure
// that its successor would share.
type Pusher struct {
	api       *API
	robotCode string
	bases     []string
	perMinute int
	now       func() time.Time
}

var (
	_ chat.Pusher      = (*Pusher)(nil)
	_ chat.Illustrator = (*Pusher)(nil)
	_ chat.Withdrawer  = (*Pusher)(nil)
)

// NewPusher returns the pusher of an app robot. The error is chat.ErrConfig.
func NewPusher(api *API, opt PusherOptions) (*Pusher, error) {
	bases, ok := origins(opt.Bases)
	if api == nil || !ok {
		return nil, fmt.Errorf("%s pusher: no api, or a base is no address: %w", ViaRobot, chat.ErrConfig)
	}
	p := &Pusher{api: api, robotCode: opt.RobotCode, bases: bases, perMinute: opt.PerMinute, now: orNow(opt.Now)}
	if p.robotCode == "" {
		p.robotCode = api.clientID
	}
	if p.perMinute <= 0 {
		p.perMinute = perMinute
	}
	return p, nil
}

// Rates implements chat.Pusher. Counted are the messages of one robot to one
// conversation, by session and API together; a person's talk with the robot is
// one conversation, whichever way it is addressed.
func (p *Pusher) Rates(to chat.Address) []chat.Rate {
	return []chat.Rate{{Key: fmt.Sprintf("%s/%s/%s/%s", ViaRobot, p.robot(to), to.Kind, target(to)), Max: p.perMinute, Per: time.Minute}}
}

func target(to chat.Address) string {
	if to.Kind == chat.Direct && to.User != "" {
		return string(to.User)
	}
	return string(to.Conversation)
}

// Room implements chat.Pusher.
func (p *Pusher) Room(chat.Address) int { return MaxMsgParam / roomShare }

func (p *Pusher) robot(to chat.Address) string {
	if to.Robot != "" {
		return to.Robot
	}
	return p.robotCode
}

// Push implements chat.Pusher. Mention works in a group while the session
// lives: messages of the API alert nobody. The Outcome of the API has an id,
// that of a session has none.
func (p *Pusher) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	if r.Empty() {
		return chat.Permanent("empty")
	}
	if to.Session.Alive(p.now()) && leadsTo(to.Session.Link, sessionPath, p.bases) {
		o := pushHook(ctx, p.api.client, to.Session.Link, r, to.Kind)
		if o.Verdict() != chat.VerdictPermanent || remedyOf(o.Code()) != noRobot {
			return o
		}
	}
	return p.send(ctx, to, r)
}

// send goes by the API.
func (p *Pusher) send(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	key, param, ok := fitParam(r)
	if !ok {
		return chat.Permanent(tooLong)
	}
	return p.deliver(ctx, to, key, param)
}

// Illustrate implements chat.Illustrator: the picture is uploaded, then sent by the
// API, whether a session lives or not.
func (p *Pusher) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	id, o := p.api.upload(ctx, png)
	if o.Verdict() != chat.VerdictDone {
		return o
	}
	return p.deliver(ctx, to, "sampleImageMsg", encode(map[string]string{"photoURL": id}))
}

// deliver sends a message of the API's.
func (p *Pusher) deliver(ctx context.Context, to chat.Address, key, param string) chat.Outcome {
	path := pathSendGroup
	body := map[string]any{"robotCode": p.robot(to), "msgKey": key, "msgParam": param}
	switch {
	case to.Kind == chat.Group && to.Conversation != "":
		body["openConversationId"] = to.Conversation
	case to.Kind == chat.Direct && to.User != "" && !outside(to.User):
		path, body["userIds"] = pathSendDirect, []chat.UserID{to.User}
	default: // nobody the API could reach
		return chat.Partial("staffId.notExisted", string(to.User))
	}
	var in struct {
		ID        string   `json:"processQueryKey"`
		Invalid   []string `json:"invalidStaffIdList"`
		Throttled []string `json:"flowControlledStaffIdList"`
	}
	o := p.api.call(ctx, path, body, &in)
	switch {
	case o.Verdict() != chat.VerdictDone:
		return o
	case len(in.Invalid) > 0:
		return chat.Partial(invalidStaff, in.Invalid...)
	case len(in.Throttled) > 0:
		return outcome(flowControlled)
	case in.ID == "":
		return chat.Unknown().Because(badAnswer)
	}
	return chat.Sent(in.ID)
}

// fitParam returns the best message for r that is not too long.
func fitParam(r chat.Reply) (key, param string, ok bool) {
	for _, way := range posts(r, nil) {
		if key, param = way.param(); len(param) <= MaxMsgParam {
			return key, param, true
		}
	}
	return "", "", false
}

// Withdraw implements chat.Withdrawer, for messages that went by the API; those
// of sessions have no id and stay.
func (p *Pusher) Withdraw(ctx context.Context, to chat.Address, id string) chat.Outcome {
	if id == "" {
		return chat.Permanent("no-id")
	}
	path := pathWithdraw
	body := map[string]any{"robotCode": p.robot(to), "processQueryKeys": []string{id}}
	if to.Kind == chat.Group {
		path, body["openConversationId"] = pathWithdrawGroup, to.Conversation
	}
	var in struct {
		Failed map[string]string `json:"failedResult"`
	}
	if o := p.api.call(ctx, path, body, &in); o.Verdict() != chat.VerdictDone {
		return o
	}
	if why, failed := in.Failed[id]; failed {
		return chat.Permanent(cleanCode(why))
	}
	return chat.Done()
}
