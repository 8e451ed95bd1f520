// Package wecom is all that is known of WeCom (企业微信): how its callbacks are
// signed and sealed, what they say, and how a reply to one looks, for a
// self-built app (自建应用, XML) and for an AI bot (智能机器人, JSON); and how
// messages are sent: by an app to persons, by an AI bot, by a group robot.
//
// It must not know any other platform, HTTP servers, stores, documents or what
// the bot answers: it gives chat.Message and takes chat.Reply. What it must
// remember goes through chat.State.
package wecom

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// The channels of WeCom.
const (
	ViaApp   chat.Via = "wecom.app"
	ViaAIBot chat.Via = "wecom.aibot"
)

// Sizes in bytes of what WeCom sends and takes. Replies that are longer are cut
// by WeCom or refused; the numbers are of the pages named and can be changed
// through Options.ReplyLimit.
const (
	MaxBody         = 1 << 20 // of a callback; real ones are far smaller
	MaxAppText      = 2048    // text and markdown of an app (docs 90236, 90241)
	MaxAIBotStream  = 20480   // a stream reply (docs 101031)
	MaxWebhookText  = 2048    // text of a group robot (docs 99110)
	MaxWebhookMarks = 4096    // markdown of a group robot (docs 99110)

	maxToken     = 32   // docs 90968
	maxTimestamp = 20   // digits
	maxNonce     = 128  // no page says; real ones have about ten digits
	maxEcho      = 4096 // of an echostr
	maxID        = 512  // of an id in a message; real ones have some dozen
	signatureLen = 2 * sha1.Size
)

// Window is how far a timestamp may be from our clock, either way. No page says
// one; retries may carry the time of the first try (docs 90238).
const Window = 10 * time.Minute

// Remember is how long nonces must be remembered: as long as a request whose
// timestamp is Window ahead stays fresh, and a little.
const Remember = 2*Window + time.Minute

// Options are what a callback needs. Token, AESKey and Guard are required.
type Options struct {
	Token      string // Token of the console, at most 32 letters and digits
	AESKey     string // EncodingAESKey of the console, 43 letters and digits
	CorpID     string // of an app: required
	AgentID    string // of an app: refuse what is for another; empty: take all
	BotID      string // of an AI bot: refuse what is for another; empty: take all
	BotName    string // of an AI bot: the name whose mention is removed
	APIBase    string // of an AI bot: another origin that reply links may have, beside WeCom's
	ReplyLimit int    // bytes; 0: the platform's
	Guard      chat.Guard
	Now        func() time.Time // nil: time.Now
}

// callback is what both kinds of callback share: signature, freshness, seal and
// the memory of nonces. It is safe for concurrent use.
type callback struct {
	via      chat.Via
	token    string
	envelope *chat.Envelope
	receiver string
	guard    chat.Guard
	now      func() time.Time
}

// Format prints o without its credentials.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "wecom options of %s", o.CorpID) }

// Format prints the channel's name: its fields are credentials.
func (c *callback) Format(f fmt.State, _ rune) { io.WriteString(f, string(c.via)) }

func newCallback(via chat.Via, opt Options, receiver string) (callback, error) {
	if opt.Token == "" || len(opt.Token) > maxToken || strings.IndexFunc(opt.Token, notAlphanumeric) >= 0 {
		return callback{}, fmt.Errorf("%s: Token is not 1 to %d letters and digits: %w", via, maxToken, chat.ErrConfig)
	}
	envelope, err := chat.NewEnvelope(opt.AESKey)
	if err != nil {
		return callback{}, fmt.Errorf("%s: %w", via, err)
	}
	if opt.Guard == nil {
		return callback{}, fmt.Errorf("%s: no guard against replays: %w", via, chat.ErrConfig)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return callback{via: via, token: opt.Token, envelope: envelope, receiver: receiver, guard: opt.Guard, now: opt.Now}, nil
}

func notAlphanumeric(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// Signature is the msg_signature of a callback: SHA-1 in lower-case hex of the
// four values, sorted by bytes and put together (docs 90968). Sorting makes it
// the same whatever their order.
func Signature(token, timestamp, nonce, encrypt string) string {
	values := []string{token, timestamp, nonce, encrypt}
	slices.Sort(values)
	sum := sha1.Sum([]byte(strings.Join(values, "")))
	return hex.EncodeToString(sum[:])
}

// proof is what the address of a request says to prove it.
type proof struct {
	signature, timestamp, nonce string
}

// proofOf takes the proof from the query and checks its shape.
func proofOf(r chat.Request) (proof, error) {
	var p proof
	for _, f := range []struct {
		name string
		to   *string
		max  int
	}{{"msg_signature", &p.signature, signatureLen}, {"timestamp", &p.timestamp, maxTimestamp}, {"nonce", &p.nonce, maxNonce}} {
		v, ok := r.Param(f.name)
		if !ok || v == "" {
			return proof{}, fmt.Errorf("parameter %s missing or repeated: %w", f.name, chat.ErrMalformed)
		}
		if len(v) > f.max {
			return proof{}, fmt.Errorf("parameter %s: %w", f.name, chat.ErrTooLarge)
		}
		*f.to = v
	}
	return p, nil
}

// verify checks signature, then freshness. Until it returns nil nothing of the
// request is believed.
func (c *callback) verify(p proof, sealed string) (time.Time, error) {
	want := Signature(c.token, p.timestamp, p.nonce, sealed)
	if subtle.ConstantTimeCompare([]byte(want), []byte(p.signature)) != 1 {
		return time.Time{}, chat.ErrSignature
	}
	seconds, err := strconv.ParseInt(p.timestamp, 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, fmt.Errorf("parameter timestamp: %w", chat.ErrMalformed)
	}
	at := time.Unix(seconds, 0)
	if age := c.now().Sub(at); age > Window || age < -Window {
		return time.Time{}, chat.ErrStale
	}
	return at, nil
}

// maxSeconds keeps times within what JSON can write, the year 9999, in every zone
// and with the life of a session on top: the end of the year before.
const maxSeconds = 253370764800

// echo answers the check of the address (docs 90930, 101033): the message in
// echostr and nothing else. It is signed and sealed as callbacks and replies are,
// so whoever has overheard one could have it opened here: nothing that may be XML
// or JSON is given out.
func (c *callback) echo(r chat.Request, p proof) (chat.Delivery, error) {
	echostr, ok := r.Param("echostr")
	if !ok || echostr == "" {
		return chat.Delivery{}, fmt.Errorf("parameter echostr missing or repeated: %w", chat.ErrMalformed)
	}
	if len(echostr) > maxEcho {
		return chat.Delivery{}, fmt.Errorf("parameter echostr: %w", chat.ErrTooLarge)
	}
	if _, err := c.verify(p, echostr); err != nil {
		return chat.Delivery{}, err
	}
	msg, err := c.envelope.Open(echostr, c.receiver)
	if err != nil {
		return chat.Delivery{}, err
	}
	if bytes.ContainsAny(msg, "<{") {
		return chat.Delivery{}, fmt.Errorf("parameter echostr holds no echo: %w", chat.ErrMalformed)
	}
	return chat.Delivery{Response: chat.Response{ContentType: "text/plain; charset=utf-8", Body: msg}}, nil
}

// remember asks the guard about a request that has passed everything else. The
// same nonce with another signature, time or body is a replay.
func (c *callback) remember(ctx context.Context, p proof, body []byte) (bool, error) {
	h := sha256.New()
	for _, part := range []string{p.signature, p.timestamp, string(body)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return c.guard.Use(ctx, string(c.via)+"/nonce/"+p.nonce, h.Sum(nil))
}

// receive does what is common to all callbacks: limits, signature, freshness,
// seal. sealedIn finds the ciphertext in the body, accept decodes what was in
// it; only what it accepts is remembered.
func (c *callback) receive(ctx context.Context, r chat.Request, sealedIn func([]byte) (string, error),
	accept func(ctx context.Context, p proof, at time.Time, plain []byte) (chat.Delivery, error)) (chat.Delivery, error) {
	fail := func(err error) (chat.Delivery, error) {
		return chat.Delivery{}, fmt.Errorf("%s callback: %w", c.via, err)
	}
	if len(r.Body) > MaxBody {
		return fail(chat.ErrTooLarge)
	}
	p, err := proofOf(r)
	if err != nil {
		return fail(err)
	}
	switch r.Method {
	case "GET":
		d, err := c.echo(r, p)
		if err != nil {
			return fail(err)
		}
		return d, nil
	case "POST":
	default:
		return fail(fmt.Errorf("method: %w", chat.ErrMalformed))
	}
	sealed, err := sealedIn(r.Body)
	if err != nil {
		return fail(err)
	}
	at, err := c.verify(p, sealed)
	if err != nil {
		return fail(err)
	}
	plain, err := c.envelope.Open(sealed, c.receiver)
	if err != nil {
		return fail(err)
	}
	d, err := accept(ctx, p, at, plain)
	if err != nil {
		return fail(err)
	}
	if d.Again, err = c.remember(ctx, p, r.Body); err != nil {
		return fail(err)
	}
	return d, nil
}

// bounded checks the ids of a message: keys and addresses are made of them.
func bounded(m *chat.Message) error {
	for _, id := range []string{string(m.Sender), string(m.Conversation), m.ID, m.From.Robot} {
		if len(id) > maxID {
			return fmt.Errorf("an id of %d bytes: %w", len(id), chat.ErrMalformed)
		}
	}
	return nil
}

// newNonce makes the nonce of a reply.
func newNonce() string { return rand.Text() }
