// Package dingtalk is all that is known of DingTalk (钉钉): how messages reach an
// app robot, by a connection of ours (Stream) or by signed HTTP callbacks
// (Robot), and how messages are sent by the app robot (Pusher) and by custom
// group robots (Webhook).
//
// It must not know any other platform, HTTP servers, stores, documents or what
// the bot answers: it gives chat.Message and sends chat.Reply. What it must
// remember goes through chat.Guard and chat.State. 专有钉钉 and 浙政钉 speak
// another API and are not served here.
package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// The channels of DingTalk.
const (
	// ViaRobot is an app robot (企业内部应用机器人). Both its modes are one channel:
	// the same message has the same chat.Message.Key by either.
	ViaRobot chat.Via = "dingtalk.robot"
	// ViaWebhook is a custom group robot (自定义机器人). It only sends.
	ViaWebhook chat.Via = "dingtalk.webhook"
)

// Sizes in bytes of what DingTalk sends and takes (page receive-message, and
// for texts the answers of the platform: they are no promise of a page, so they
// can be changed through Options.ReplyLimit).
const (
	MaxBody     = 1 << 20 // of a callback; real ones are far smaller
	MaxWebhook  = 20000   // of a message to a group robot or a session (460101)
	MaxMsgParam = 15000   // of msgParam in robot messages

	maxTimestamp = 16 // digits of milliseconds
	signLen      = 44 // base64 of a SHA-256
)

// How far a timestamp may be from our clock: an hour back (page
// receive-message), and five minutes ahead, which no page asks for.
const (
	MaxAge   = time.Hour
	MaxAhead = 5 * time.Minute
)

// Remember is how long signatures and ids must be remembered.
const Remember = MaxAge + MaxAhead + time.Minute

// burst is for how long about its timestamp one signature may carry several
// messages. The signature is made of the timestamp alone, so two messages of
// one millisecond share it.
const burst = 3 * time.Second

// Options are what a robot's callback needs. Secret and Guard are required.
type Options struct {
	Secret     string   // AppSecret of the app
	RobotCode  string   // refuse what is for another robot; empty: take all
	CorpID     string   // refuse what is for another organisation; empty: take all
	AESKey     string   // 43 letters and digits if the robot's body is encrypted; then plain bodies are refused
	Receiver   string   // the id inside the encryption; empty: any
	Bases      []string // more origins that session links may have: fakes, private deployments
	ReplyLimit int      // bytes; 0: the platform's
	Guard      chat.Guard
	Now        func() time.Time // nil: time.Now
}

// Format prints o without its credentials.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "dingtalk options of %s", o.RobotCode) }

// Format prints the channel's name: its fields are credentials.
func (r *Robot) Format(f fmt.State, _ rune) { io.WriteString(f, string(ViaRobot)) }

// hookBases are the origins that links of sessions and webhooks may have.
var hookBases = []string{"https://oapi.dingtalk.com", "https://oapi.dingtalk.io"}

// origins returns hookBases and the origins of more; false if one is no address.
func origins(more []string) ([]string, bool) {
	all := slices.Clone(hookBases)
	for _, base := range more {
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, false
		}
		all = append(all, u.Scheme+"://"+u.Host)
	}
	return all, true
}

// leadsTo reports whether link is path at one of the origins: nothing is sent
// to any other place, whoever names it.
func leadsTo(link chat.Link, path string, bases []string) bool {
	u, err := url.Parse(link.Reveal())
	return err == nil && u.Path == path && u.Fragment == "" && chat.SameOrigin(link, bases...) && !strings.ContainsAny(link.Reveal(), "\\\r\n\t ")
}

// Robot is the HTTP callback of an app robot. DingTalk signs the time, not the
// message: whoever sees one request can send others with its signature for an
// hour. So a signature serves one message id only (but see burst), and an id one
// body only. This needs HTTPS in front; Stream mode has no such hole.
type Robot struct {
	decoder
	secret   string
	envelope *chat.Envelope // nil: bodies are plain
	receiver string
	limit    int
	guard    chat.Guard
}

var _ chat.Channel = (*Robot)(nil)

// NewRobot returns the callback of a robot. The error is chat.ErrConfig and
// names no credential.
func NewRobot(opt Options) (*Robot, error) {
	fail := func(why string) (*Robot, error) {
		return nil, fmt.Errorf("%s: %s: %w", ViaRobot, why, chat.ErrConfig)
	}
	switch {
	case opt.Secret == "":
		return fail("no secret")
	case opt.Guard == nil:
		return fail("no guard against replays")
	}
	bases, ok := origins(opt.Bases)
	if !ok {
		return fail("a base is no address")
	}
	r := &Robot{
		decoder: decoder{robotCode: opt.RobotCode, corpID: opt.CorpID, bases: bases, now: orNow(opt.Now)},
		secret:  opt.Secret, receiver: opt.Receiver, limit: opt.ReplyLimit, guard: opt.Guard,
	}
	if opt.AESKey != "" {
		envelope, err := chat.NewEnvelope(opt.AESKey)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ViaRobot, err)
		}
		r.envelope = envelope
	}
	if r.limit <= 0 {
		r.limit = MaxWebhook
	}
	return r, nil
}

func orNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// Via implements chat.Channel.
func (*Robot) Via() chat.Via { return ViaRobot }

// Limits implements chat.Channel.
func (r *Robot) Limits() chat.Limits { return chat.Limits{Body: MaxBody, Reply: r.limit} }

// Sign is base64(HMAC-SHA256(secret, timestamp + "\n" + secret)): the sign
// header of a callback (page receive-message), and before URL encoding the sign
// of a custom robot (page custom-robot). timestamp is in milliseconds, the
// secret's UTF-8 bytes are the key, with its SEC.
func Sign(secret, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + secret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignedURL adds timestamp and sign to the address of a custom group robot
// (加签, page custom-robot). It is good for an hour about now. An empty secret
// leaves the address as it is. Errors hold nothing of either.
func SignedURL(webhook chat.Link, secret string, now time.Time) (chat.Link, error) {
	u, err := url.Parse(webhook.Reveal())
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("sign webhook: no address: %w", chat.ErrConfig)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", fmt.Errorf("sign webhook: no query: %w", chat.ErrConfig)
	}
	if secret == "" {
		return webhook, nil
	}
	timestamp := strconv.FormatInt(now.UnixMilli(), 10)
	q.Set("timestamp", timestamp)
	q.Set("sign", Sign(secret, timestamp))
	u.RawQuery = q.Encode()
	return chat.Link(u.String()), nil
}

// Receive implements chat.Channel. The reply goes to the message's session: the
// response is empty (page receive-message).
func (r *Robot) Receive(ctx context.Context, req chat.Request) (chat.Delivery, error) {
	m, again, err := r.receive(ctx, req)
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("%s callback: %w", ViaRobot, err)
	}
	return chat.Delivery{Message: m, Again: again}, nil
}

func (r *Robot) receive(ctx context.Context, req chat.Request) (*chat.Message, bool, error) {
	if len(req.Body) > MaxBody {
		return nil, false, chat.ErrTooLarge
	}
	if req.Method != "POST" {
		return nil, false, fmt.Errorf("method: %w", chat.ErrMalformed)
	}
	p, err := r.verify(req)
	if err != nil {
		return nil, false, err
	}
	body := req.Body
	if r.envelope != nil {
		if body, err = r.open(body); err != nil {
			return nil, false, err
		}
	}
	m, err := r.decode(body, p.at)
	if err != nil {
		return nil, false, err
	}
	again, err := r.remember(ctx, p, m.ID, body)
	return m, again, err
}

// proof is what the headers say to prove a request.
type proof struct {
	timestamp, sign string
	at              time.Time
}

// verify checks the sign, then freshness.
func (r *Robot) verify(req chat.Request) (proof, error) {
	timestamp, ok := req.Head("Timestamp")
	sign, ok2 := req.Head("Sign")
	switch {
	case !ok || !ok2 || timestamp == "" || sign == "":
		return proof{}, fmt.Errorf("header timestamp or sign missing or repeated: %w", chat.ErrMalformed)
	case len(timestamp) > maxTimestamp || len(sign) > signLen:
		return proof{}, fmt.Errorf("header timestamp or sign: %w", chat.ErrTooLarge)
	case subtle.ConstantTimeCompare([]byte(Sign(r.secret, timestamp)), []byte(sign)) != 1:
		return proof{}, chat.ErrSignature
	}
	ms, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || ms < 0 || ms > maxMillis {
		return proof{}, fmt.Errorf("header timestamp: %w", chat.ErrMalformed)
	}
	at := time.UnixMilli(ms)
	if age := r.now().Sub(at); age > MaxAge || age < -MaxAhead {
		return proof{}, chat.ErrStale
	}
	return proof{timestamp: timestamp, sign: sign, at: at}, nil
}

// maxMillis keeps times within what JSON can write, the year 9999, in every zone:
// the end of the year before.
const maxMillis = 253370764800000

// open decrypts a body. The id behind the message is not documented for robots;
// it is checked where one is configured.
func (r *Robot) open(body []byte) ([]byte, error) {
	sealed, err := chat.SealedField(body)
	if err != nil {
		return nil, err
	}
	if r.receiver == "" {
		return r.envelope.OpenAny(sealed)
	}
	return r.envelope.Open(sealed, r.receiver)
}

// remember closes the replay hole as far as it can be: one signature, one
// message id; one message id, one body. Each is asked after everything else was
// found right.
func (r *Robot) remember(ctx context.Context, p proof, id string, body []byte) (bool, error) {
	print := func(s string) []byte {
		sum := sha256.Sum256([]byte(s))
		return sum[:]
	}
	_, err := r.guard.Use(ctx, string(ViaRobot)+"/sign/"+p.timestamp, print(id))
	shared := errors.Is(err, chat.ErrReplayed) && r.now().Sub(p.at).Abs() <= burst
	if err != nil && !shared {
		return false, err
	}
	return r.guard.Use(ctx, string(ViaRobot)+"/message/"+id, print(string(body)))
}
