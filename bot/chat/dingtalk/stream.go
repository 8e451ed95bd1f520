package dingtalk

// The official Go client (dingtalk-stream-sdk-go, read at v0.9.2-beta.1) can be
// pointed at another base, and acknowledges after its handler. It is not used
// here because
//   - it does not tell whether it is connected, nor why not: probes and the
//     console could say nothing, and refused credentials look like a bad line;
//   - closing it cuts the connection under handlers at work, whose messages are
//     then kept but not acknowledged, so that they come again;
//   - when DingTalk asks it to move it closes first and comes back after three
//     seconds, in which messages are lost;
//   - its one logger for the whole process writes the ticket at info and the
//     client's secret at debug;
//   - it puts the ticket into the address unescaped, and bounds no frame.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"xietiao/bot/chat"
)

const pathOpen = "/v1.0/gateway/connections/open"

// Timing of connections, by the wall clock. The ticket is good for 90 s, and a
// connection that is asked to move is cut after about ten (page stream-mode
// protocol).
const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	takeTimeout  = 30 * time.Second // of one message; DingTalk sends it again after about 60 s
	drainTime    = 15 * time.Second
	pingEvery    = 30 * time.Second
	deadAfter    = 100 * time.Second // without a frame or a pong: three pings missed
	steady       = time.Minute       // a connection that lived so long was a good one
	backoffMin   = time.Second
	backoffMax   = time.Minute
	refusedWait  = 5 * time.Minute // after wrong credentials: somebody has to act
)

// maxAtWork is how many messages of one connection are handed over at once.
// More wait in the connection.
const maxAtWork = 64

// StreamOptions are what Stream mode needs. ClientID and Secret are required.
type StreamOptions struct {
	ClientID  string    // AppKey
	Secret    chat.Link // AppSecret
	RobotCode string    // refuse what is for another robot; empty: take all
	CorpID    string    // refuse what is for another organisation; empty: take all
	Base      string    // of the API; empty: DingTalk's own
	Bases     []string  // more origins that session links may have
	Transport http.RoundTripper
	Log       *slog.Logger     // nil: none
	Now       func() time.Time // the wall clock; nil: time.Now
}

// Stream is an app robot's connection to DingTalk (Stream 模式): it needs no
// address that DingTalk can reach. Several instances may each hold one; DingTalk
// then gives each message to one of them. What arrives while none is connected
// may be lost.
type Stream struct {
	decoder
	clientID string
	secret   chat.Link
	base     string
	client   *chat.Client
	dialer   *http.Client
	log      *slog.Logger

	mu     sync.Mutex // guards status
	status chat.Status
}

var _ chat.Listener = (*Stream)(nil)

// NewStream returns a stream that is not connected yet. The error is
// chat.ErrConfig and names no credential.
func NewStream(opt StreamOptions) (*Stream, error) {
	fail := func(why string) (*Stream, error) {
		return nil, fmt.Errorf("%s stream: %s: %w", ViaRobot, why, chat.ErrConfig)
	}
	base, ok := baseOf(opt.Base, apiBase)
	bases, ok2 := origins(opt.Bases)
	switch {
	case opt.ClientID == "" || opt.Secret == "":
		return fail("no client id or secret")
	case !ok || !ok2:
		return fail("a base is no address")
	}
	if opt.Transport == nil {
		opt.Transport = http.DefaultTransport
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stream{
		decoder:  decoder{robotCode: opt.RobotCode, corpID: opt.CorpID, bases: bases, now: orNow(opt.Now)},
		clientID: opt.ClientID, secret: opt.Secret, base: base, client: chat.NewClient(opt.Transport),
		dialer: &http.Client{Transport: opt.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		log:    opt.Log.With("component", "dingtalk"),
	}
	s.status = chat.Status{Since: s.now(), Fault: faultConnecting}
	return s, nil
}

// Format prints s's name: its fields are credentials.
func (s *Stream) Format(f fmt.State, _ rune) { io.WriteString(f, "dingtalk stream of "+s.clientID) }

// Via implements chat.Listener.
func (*Stream) Via() chat.Via { return ViaRobot }

// Status implements chat.Listener.
func (s *Stream) Status() chat.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// report changes the status; an empty fault: connected. A fault that lasts is
// logged once.
func (s *Stream) report(fault string, why error) {
	s.mu.Lock()
	changed := s.status.Fault != fault
	if changed {
		s.status = chat.Status{Connected: fault == "", Since: s.now(), Fault: fault}
	}
	s.mu.Unlock()
	switch {
	case changed && fault == "":
		s.log.Info("stream connected")
	case changed && why != nil:
		s.log.Warn("stream not connected", "error", why)
	}
}

// Listen implements chat.Listener. It never gives up: refused credentials are
// tried again every five minutes, and Status says so. A message is acknowledged
// when take has returned nil; one that cannot be read is acknowledged too, as it
// would come again the same.
func (s *Stream) Listen(ctx context.Context, take chat.Take) error {
	var links sync.WaitGroup
	defer s.report(faultStopped, nil)
	defer links.Wait()
	for pause := backoffMin; ctx.Err() == nil; {
		l, err := s.connect(ctx)
		if ctx.Err() != nil && err != nil {
			break
		}
		if err != nil {
			fault, wait := diagnose(err, pause)
			s.report(fault, err)
			pause = min(2*pause, backoffMax)
			_ = sleep(ctx, jitter(wait)) // ended by ctx: so does the loop
			continue
		}
		began := s.now()
		s.report("", nil)
		links.Go(func() { l.run(ctx, take) })
		moved := l.wait(ctx)
		if ctx.Err() != nil {
			break
		}
		if s.now().Sub(began) >= steady {
			pause = backoffMin
			if moved { // the old connection still works while a new one is made
				continue
			}
		}
		if !moved {
			s.report(faultDropped, l.fault())
		}
		_ = sleep(ctx, jitter(pause))
		pause = min(2*pause, backoffMax)
	}
	return nil
}

// jitter spreads d over its second half, so that many do not come back at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// diagnose says in Chinese why there is no connection, and how long to wait.
func diagnose(err error, pause time.Duration) (string, time.Duration) {
	var refused *Refusal
	if !errors.As(err, &refused) {
		return faultNetwork, pause
	}
	fault := faultRefused + "（" + refused.Code + "）"
	if advice := Advice(refused.Code); advice != "" {
		fault += "：" + advice
	}
	switch remedyOf(refused.Code) {
	case config, never:
		if refused.Code != badAnswer { // which may be a proxy's, and pass
			return fault, refusedWait
		}
	}
	return fault, pause
}

// connect asks for a ticket and connects with it.
func (s *Stream) connect(ctx context.Context) (*link, error) {
	address, err := s.ticket(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	l := &link{
		stream: s, moving: make(chan struct{}), closing: make(chan struct{}), ended: make(chan struct{}), slots: make(chan struct{}, maxAtWork),
	}
	l.touch()
	conn, _, err := websocket.Dial(ctx, address.Reveal(), &websocket.DialOptions{
		HTTPClient:     s.dialer,
		OnPingReceived: func(context.Context, []byte) bool { l.touch(); return true },
		OnPongReceived: func(context.Context, []byte) { l.touch() },
	})
	if err != nil {
		return nil, fmt.Errorf("dingtalk stream: connect: %w", withoutAddress(err))
	}
	conn.SetReadLimit(MaxBody)
	l.conn = conn
	return l, nil
}

// withoutAddress takes the address out of an error, as it holds the ticket.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// ticket asks where to connect. What it returns is good for one connection.
func (s *Stream) ticket(ctx context.Context) (chat.Link, error) {
	answer := s.client.Call(ctx, http.MethodPost, chat.Link(s.base+pathOpen), nil, map[string]any{
		"clientId": s.clientID, "clientSecret": s.secret.Reveal(), "ua": "xietiao",
		"subscriptions": []map[string]string{{"type": frameCallback, "topic": topicMessage}, {"type": frameCallback, "topic": topicCard}},
	})
	var in struct{ Endpoint, Ticket string }
	if o := judgeAPI(answer, &in); o.Verdict() != chat.VerdictDone {
		return "", refusal("stream ticket", answer, o)
	}
	u, err := url.Parse(in.Endpoint)
	secure := err == nil && (u.Scheme == "wss" || u.Scheme == "ws" && strings.HasPrefix(s.base, "http://"))
	if !secure || u.Host == "" || u.User != nil || in.Ticket == "" {
		return "", &Refusal{Doing: "stream ticket", Code: badAnswer}
	}
	q := u.Query()
	q.Set("ticket", in.Ticket)
	u.RawQuery = q.Encode()
	return chat.Link(u.String()), nil
}

// link is one connection.
type link struct {
	stream  *Stream
	conn    *websocket.Conn
	heard   atomic.Int64  // when something last came, in milliseconds
	moving  chan struct{} // closed when DingTalk asks for another connection
	closing chan struct{} // closed when no more messages are begun
	ended   chan struct{} // closed when nothing more can be read; then cause is set
	cause   error
	slots   chan struct{} // held by messages at work
}

func (l *link) touch() { l.heard.Store(l.stream.now().UnixMilli()) }

func (l *link) idle() time.Duration { return l.stream.now().Sub(time.UnixMilli(l.heard.Load())) }

// wait returns when l is not to be relied on any more, and whether it still
// works for a while.
func (l *link) wait(ctx context.Context) (moved bool) {
	select {
	case <-l.moving:
		return true
	case <-l.ended:
	case <-ctx.Done():
	}
	return false
}

func (l *link) fault() error { return fmt.Errorf("dingtalk stream: connection ended: %w", l.cause) }

// run serves l until the connection or ctx ends, and returns when all that it
// took is handed over and acknowledged.
func (l *link) run(ctx context.Context, take chat.Take) {
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { l.read(ctx, take) })
	parts.Go(l.watch)
	l.serve(ctx)
	close(l.closing)
	for range maxAtWork { // none at work, and none can begin
		l.slots <- struct{}{}
	}
	_ = l.conn.Close(websocket.StatusNormalClosure, "") // it may be closed already
}

// serve waits until it is time to close.
func (l *link) serve(ctx context.Context) {
	select {
	case <-l.ended:
		return
	case <-ctx.Done():
		return
	case <-l.moving:
	}
	drained := time.NewTimer(drainTime)
	defer drained.Stop()
	select {
	case <-l.ended:
	case <-ctx.Done():
	case <-drained.C:
	}
}

// watch closes a connection on which nothing comes any more. A gateway that
// sends frames but answers no ping is alive.
func (l *link) watch() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-tick.C:
		}
		if l.idle() >= deadAfter {
			_ = l.conn.CloseNow() // the reader says so
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), pingEvery/2)
		_ = l.conn.Ping(ctx) // silence is what counts
		cancel()
	}
}

// read takes frames until the connection ends. It reads without ctx: to end it
// would cut the connection under the messages at work.
func (l *link) read(ctx context.Context, take chat.Take) {
	defer close(l.ended)
	moving := false
	for {
		_, data, err := l.conn.Read(context.Background())
		if err != nil {
			l.cause = withoutAddress(err)
			return
		}
		l.touch()
		f, err := decodeFrame(data)
		switch {
		case err != nil:
			l.stream.log.Warn("frame refused", "error", err)
		case f.Type == frameSystem && f.Headers.Topic == topicPing:
			l.answer(f, ackDone, f.Data)
		case f.Type == frameSystem && f.Headers.Topic == topicDisconnect:
			if !moving {
				moving = true
				close(l.moving)
			}
		case f.Type == frameSystem: // news of the connection
		case f.Type == frameCallback && (f.Headers.Topic == topicMessage || f.Headers.Topic == topicCard):
			select {
			case l.slots <- struct{}{}:
				go func() {
					defer func() { <-l.slots }()
					l.work(ctx, f, take)
				}()
			case <-l.closing: // not acknowledged: another instance may have it
			}
		default:
			l.answer(f, ackUnknown, "{}")
		}
	}
}

// work hands one message over and acknowledges it.
func (l *link) work(ctx context.Context, f frame, take chat.Take) {
	m, err := l.stream.message(f)
	if err != nil {
		l.stream.log.Warn("message refused", "error", err)
		l.answer(f, ackDone, response(f))
		return
	}
	// What was begun is finished when ctx ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTimeout)
	defer cancel()
	if err := take(ctx, *m); err != nil {
		l.stream.log.Warn("message not taken", "error", err)
		l.answer(f, ackFailed, "{}")
		return
	}
	l.answer(f, ackDone, response(f))
}

// response is what a topic wants to hear: words cannot be said here.
func response(f frame) string {
	if f.Headers.Topic == topicCard {
		return `{"response":{}}`
	}
	return `{"response":null}`
}

// answer writes an acknowledgement. One that cannot be written ends the
// connection, and the message comes again.
func (l *link) answer(f frame, code int, data string) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := l.conn.Write(ctx, websocket.MessageText, f.ack(code, data)); err != nil {
		l.stream.log.Debug("acknowledgement not written", "error", withoutAddress(err))
	}
}
