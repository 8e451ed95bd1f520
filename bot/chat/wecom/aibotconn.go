package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"xietiao/bot/chat"
)

// wsBase is where long connections go (docs 101463).
const wsBase = "wss://openws.work.weixin.qq.com"

// Times of holding the one connection that a bot may have.
const (
	leaseTTL     = 30 * time.Second
	leaseEvery   = 10 * time.Second // between renewals
	leaseCall    = 4 * time.Second  // for one call to the State
	standbyEvery = 5 * time.Second  // between looks whether the lease is free
	dialTimeout  = 10 * time.Second
	firstRetry   = time.Second
	lastRetry    = 30 * time.Second
	stableAfter  = time.Minute // a connection that long starts the back-off anew
	quickRefused = 3           // refusals in a row that may be a passing fault
	slowRetry    = 5 * time.Minute
	replacedFor  = 5 * time.Minute // that we leave to who took the connection over
)

// leaseReplaced stands in the lease while nobody of ours may connect, as
// somebody outside has. No owner can have this name.
const leaseReplaced = "\x00replaced"

// Why there is no connection.
var (
	errStandby   = errors.New("another instance holds the connection")
	errReplaced  = errors.New("replaced by a connection of somebody else")
	errYielding  = errors.New("left to the connection of somebody else")
	errLeaseLost = errors.New("lease lost")
	errState     = errors.New("state unavailable")
)

// refusedError is a subscription that was refused.
type refusedError struct{ code int }

func (e refusedError) Error() string { return fmt.Sprintf("subscription refused: %d", e.code) }

// ConnOptions are what the long connection of an AI bot needs. BotID, Secret,
// State and Owner are required.
type ConnOptions struct {
	BotID, Secret string            // of the console, API mode by long connection
	BotName       string            // whose mention is removed from messages of groups
	Base          string            // ws:// or wss:// address; empty: WeCom's
	State         chat.State        // holds the lease that all instances share
	Owner         string            // this instance; no other that runs has the same
	ReplyLimit    int               // bytes; 0: the platform's
	PerMinute     int               // messages in one conversation; 0: the platform's 30
	PerHour       int               // likewise, 1000
	Transport     http.RoundTripper // of the handshake; nil: http.DefaultTransport
	Logger        *slog.Logger      // nil: none
	Now           func() time.Time  // for the ends of sessions; nil: time.Now
	Clock         func() time.Time  // of a rehearsal, which frames carry; nil: they carry none
}

// Format prints o without its secret.
func (o ConnOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wecom.aibot options of %s", o.BotID)
}

// Conn is the long connection of one AI bot (docs 101463): it brings messages
// and carries replies and pushes, without any public address.
//
// WeCom allows one connection per bot, and a new one ends the old one. So of
// many instances over one State only the holder of a lease connects, the others
// stand by. When somebody outside takes the connection over, no instance
// connects for five minutes.
//
// WeCom does not deliver again what is lost between it and us: there is no
// acknowledgement of messages. It is safe for concurrent use.
type Conn struct {
	opt  ConnOptions
	bot  robot
	log  *slog.Logger
	dial *http.Client

	started atomic.Bool
	link    atomic.Pointer[link] // the one that is subscribed

	mu     sync.Mutex // guards status
	status chat.Status
}

var (
	_ chat.Listener    = (*Conn)(nil)
	_ chat.Pusher      = (*Conn)(nil)
	_ chat.Illustrator = (*Conn)(nil)
	_ chat.Gate        = (*Conn)(nil)
)

// NewConn returns a connection that Listen will make. The error is
// chat.ErrConfig and names no credential.
func NewConn(opt ConnOptions) (*Conn, error) {
	unusable := func(what string) (*Conn, error) {
		return nil, fmt.Errorf("%s connection: %s: %w", ViaAIBot, what, chat.ErrConfig)
	}
	if opt.Base == "" {
		opt.Base = wsBase
	}
	base, err := url.Parse(opt.Base)
	switch {
	case opt.BotID == "":
		return unusable("no bot id")
	case opt.Secret == "":
		return unusable("no secret")
	case opt.State == nil || opt.Owner == "" || opt.Owner == leaseReplaced:
		return unusable("no state or no owner")
	case err != nil || base.Scheme != "ws" && base.Scheme != "wss" || base.Host == "" || base.User != nil:
		return unusable("base is no ws:// or wss:// address")
	}
	if opt.PerMinute <= 0 {
		opt.PerMinute = BotPerMinute
	}
	if opt.PerHour <= 0 {
		opt.PerHour = BotPerHour
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Conn{
		opt: opt, bot: newRobot(opt.BotID, opt.BotName, opt.ReplyLimit), log: opt.Logger,
		dial: &http.Client{
			Transport: opt.Transport, Timeout: dialTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.status = chat.Status{Since: time.Now(), Fault: faultIdle}
	return c, nil
}

// Format prints the channel's name: the fields hold a secret.
func (c *Conn) Format(f fmt.State, _ rune) { io.WriteString(f, string(ViaAIBot)) }

// Via implements chat.Listener.
func (c *Conn) Via() chat.Via { return ViaAIBot }

// Open implements chat.Gate: this instance has the connection, subscribed.
func (c *Conn) Open() bool { return c.link.Load() != nil }

// Status implements chat.Listener.
func (c *Conn) Status() chat.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// report sets the status and logs it, both only when it changes. why is nil
// where nothing is wrong.
func (c *Conn) report(s chat.Status, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Since = c.status.Since
	if s == c.status {
		return
	}
	s.Since = time.Now()
	c.status = s
	switch {
	case s.Connected:
		c.log.Info("aibot connected")
	case s.Standby:
		c.log.Info("aibot on standby")
	case why != nil:
		c.log.Warn("aibot not connected", "error", why)
	}
}

// Listen implements chat.Listener. Faults of every kind are tried again, as the
// console can mend them while we run: networks after one to thirty seconds,
// refused credentials after five minutes, so it returns nil but when called
// twice. Messages that take cannot keep are offered again for a minute, as
// WeCom would not send them again. When ctx ends no more messages are taken;
// pushes go out until those at work are handed over, which is given ten seconds.
func (c *Conn) Listen(ctx context.Context, take chat.Take) error {
	if !c.started.CompareAndSwap(false, true) {
		return fmt.Errorf("%s: Listen called twice", ViaAIBot)
	}
	desk := newDesk(ctx, take, c.log)
	until, hangUp := context.WithCancelCause(context.WithoutCancel(ctx)) // how long a connection may live
	defer hangUp(nil)
	context.AfterFunc(ctx, func() {
		desk.close()
		hangUp(nil)
	})
	for tries, refused := 0, 0; ctx.Err() == nil; {
		began := time.Now()
		err := c.turn(ctx, until, desk)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) >= stableAfter {
			tries = 0
		}
		status, wait := chat.Status{}, backOff(tries)
		var no refusedError
		isRefused := errors.As(err, &no)
		if !isRefused {
			refused = 0
		}
		switch {
		case errors.Is(err, errStandby):
			status.Standby, status.Fault, wait = true, faultStandby, standbyEvery
		case errors.Is(err, errReplaced):
			status.Fault, wait = faultReplaced, replacedFor
		case errors.Is(err, errYielding):
			status.Fault, wait = faultReplaced, standbyEvery
		case isRefused:
			status.Fault = fmt.Sprintf(faultRefused, no.code)
			tries++
			if refused++; refused >= quickRefused {
				wait = slowRetry
			}
		case errors.Is(err, errState):
			status.Fault = faultState
			tries++
		default:
			status.Fault = faultNetwork
			tries++
		}
		c.report(status, err)
		pause(ctx, wait)
	}
	desk.close()
	c.report(chat.Status{Fault: faultIdle}, nil)
	return nil
}

// backOff is how long to wait after so many failures in a row: one second,
// twice as long each time, thirty at most, of that half or more.
func backOff(tries int) time.Duration {
	d := lastRetry
	if tries < 5 {
		d = min(lastRetry, firstRetry<<tries)
	}
	return d/2 + rand.N(d/2)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// turn is one try to be the bot's connection, and the life of it. It says what
// ended it; nil if it was until.
func (c *Conn) turn(ctx, until context.Context, desk *desk) (err error) {
	if err := c.claim(ctx); err != nil {
		return err
	}
	until, cancel := context.WithCancelCause(until)
	var keeper sync.WaitGroup
	keeper.Go(func() { cancel(c.keep(until)) })
	defer func() {
		cancel(nil)
		keeper.Wait()
		err = c.giveUp(ctx, err)
	}()
	defer c.link.Store(nil) // a message that comes at once can be answered at once, so the reader has set it
	l, err := c.connect(ctx, desk)
	if err != nil {
		return err
	}
	defer l.close()
	c.report(chat.Status{Connected: true}, nil)
	return serve(until, l)
}

// serve keeps a subscribed connection alive.
func serve(until context.Context, l *link) error {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-l.over:
			return l.why
		case <-until.Done():
			if lost := context.Cause(until); errors.Is(lost, errLeaseLost) {
				l.end(lost) // at once: another may connect
				return lost
			}
			l.rest()
			return nil
		case <-ticker.C:
			if err := l.beat(until); err != nil {
				l.end(err)
				return l.why
			}
		}
	}
}

// connect dials and subscribes.
func (c *Conn) connect(ctx context.Context, desk *desk) (*link, error) {
	ws, _, err := websocket.Dial(ctx, c.opt.Base, &websocket.DialOptions{HTTPClient: c.dial})
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("dial: %w", err)
	}
	l := newLink(ws, c.log, func(l *link, f frame) { c.incoming(l, f, desk) }, c.link.Store)
	l.clock = c.opt.Clock
	code, err := l.send(ctx, cmdSubscribe, requestID(cmdSubscribe), map[string]string{"bot_id": c.opt.BotID, "secret": c.opt.Secret})
	if err == nil && code != 0 {
		err = refusedError{code}
	}
	if err != nil {
		l.end(err)
		l.close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return l, nil
}

// incoming takes a callback off the connection.
func (c *Conn) incoming(l *link, f frame, desk *desk) {
	in, err := decodeBot(f.Body)
	if err != nil {
		c.log.Warn("aibot callback not understood", "error", err)
		return
	}
	if in.Event != nil && in.Event.Type == "disconnected_event" {
		l.end(errReplaced)
		return
	}
	if in.AIBotID != "" && in.AIBotID != c.bot.id || in.MsgType == "stream" {
		c.log.Warn("aibot callback is not for us")
		return
	}
	in.AIBotID = c.bot.id
	now := c.opt.Now()
	m, err := c.bot.message(in, now)
	if err != nil {
		c.log.Warn("aibot callback not understood", "error", err)
		return
	}
	if m == nil {
		return
	}
	m.From.Session = sessionOf(*m, f.Headers.RequestID, now)
	desk.put(*m)
}

// leaseKey is where the lease of the bot's connection stands.
func (c *Conn) leaseKey() string { return string(ViaAIBot) + "/conn/" + c.bot.id }

// claim takes the lease, also one that an instance of our name left behind.
func (c *Conn) claim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaseCall)
	defer cancel()
	owner := []byte(c.opt.Owner)
	standing, won, err := chat.Claim(ctx, c.opt.State, c.leaseKey(), owner, leaseTTL)
	switch {
	case err != nil:
		return fmt.Errorf("claim: %w: %w", errState, err)
	case won:
		return nil
	case string(standing) == leaseReplaced:
		return errYielding
	case string(standing) != c.opt.Owner:
		return errStandby
	}
	won, err = c.opt.State.Swap(ctx, c.leaseKey(), owner, owner, leaseTTL)
	switch {
	case err != nil:
		return fmt.Errorf("claim: %w: %w", errState, err)
	case !won:
		return errStandby
	}
	return nil
}

// keep renews the lease until ctx ends; errLeaseLost if that fails, long before
// another instance can have it.
func (c *Conn) keep(ctx context.Context) error {
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	owner, renewed := []byte(c.opt.Owner), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		began := time.Now()
		call, cancel := context.WithTimeout(ctx, leaseCall)
		won, err := c.opt.State.Swap(call, c.leaseKey(), owner, owner, leaseTTL)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && won:
			renewed = began
		case err == nil:
			return errLeaseLost
		case time.Since(renewed) >= leaseTTL-leaseEvery:
			return fmt.Errorf("%w: %w", errLeaseLost, err)
		}
	}
}

// giveUp returns the lease, or leaves the mark that nobody of ours connects for
// a while. It returns why the turn ended.
func (c *Conn) giveUp(ctx context.Context, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseCall)
	defer cancel()
	owner := []byte(c.opt.Owner)
	if !errors.Is(why, errReplaced) {
		if _, err := c.opt.State.Swap(ctx, c.leaseKey(), owner, nil, 0); err != nil {
			c.log.Warn("aibot lease not returned", "error", err)
		}
		return why
	}
	ours, err := c.opt.State.Swap(ctx, c.leaseKey(), owner, []byte(leaseReplaced), replacedFor)
	switch {
	case err != nil:
		c.log.Warn("aibot lease not marked", "error", err)
	case !ours:
		return errStandby // one of ours has the lease, and it was it
	}
	return why
}
