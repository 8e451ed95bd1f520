package wecom

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"xietiao/bot/chat"
)

// Commands of the long connection (docs 101463).
const (
	cmdSubscribe = "aibot_subscribe"
	cmdPing      = "ping"
	cmdMessage   = "aibot_msg_callback"
	cmdEvent     = "aibot_event_callback"
	cmdRespond   = "aibot_respond_msg"
	cmdWelcome   = "aibot_respond_welcome_msg"
	cmdUpdate    = "aibot_respond_update_msg"
	cmdSend      = "aibot_send_msg"
	cmdUpload    = "aibot_upload_media_init"
	cmdChunk     = "aibot_upload_media_chunk"
	cmdUploaded  = "aibot_upload_media_finish"
)

// Times of one connection. Heartbeats are the platform's (docs 101463), the
// acknowledgement's is the official client's.
const (
	heartbeat    = 30 * time.Second
	missedBeats  = 2 // acknowledgements of heartbeats; then the connection is dead
	ackTimeout   = 5 * time.Second
	writeTimeout = 10 * time.Second
	maxRequestID = 256 // bytes; real ones have some dozens
)

// Why a frame got no acknowledgement.
var (
	errNotSent = errors.New("not sent")
	errNoAck   = errors.New("sent, but not acknowledged")
	errSpoiled = errors.New("not sent: an earlier frame of the same request was not acknowledged")
)

// frame is one message of the connection, either way. Acknowledgements have an
// errcode and need no cmd.
type frame struct {
	Cmd     string `json:"cmd,omitempty"`
	Headers struct {
		RequestID string `json:"req_id"`
		Clock     string `json:"X-Xietiao-Clock,omitempty"` // see chat.ClockHeader
	} `json:"headers"`
	Body json.RawMessage `json:"body,omitempty"`
	Code *int            `json:"errcode,omitempty"` // errmsg is not read: it may repeat what we sent
}

// decodeFrame reads what the platform sent. Raw control signs in it become
// blanks, as the official client drops them too. The error is
// chat.ErrMalformed and holds nothing of the frame.
func decodeFrame(data []byte) (frame, error) {
	clean := make([]byte, len(data))
	for i, b := range data {
		if b < ' ' {
			b = ' '
		}
		clean[i] = b
	}
	var f frame
	if err := json.Unmarshal(clean, &f); err != nil {
		return frame{}, fmt.Errorf("frame: %w", chat.ErrMalformed)
	}
	if len(f.Headers.RequestID) > maxRequestID {
		return frame{}, fmt.Errorf("req_id: %w", chat.ErrMalformed)
	}
	return f, nil
}

// requestID makes the id of a frame of ours. The official client and fakes tell
// acknowledgements by its beginning.
func requestID(cmd string) string { return cmd + "_" + rand.Text() }

// link is one WebSocket connection: one goroutine reads, one writes, and acks
// are matched to what they acknowledge by req_id alone.
type link struct {
	ws    *websocket.Conn
	log   *slog.Logger
	on    func(*link, frame) // called by the reader for callbacks, must not block
	up    func(*link)        // called by the reader when subscribed, before any later frame
	clock func() time.Time   // of a rehearsal; nil: there is none
	out   chan []byte        // what is handed over here is being written
	over  chan struct{}
	end   func(error) // ends the link; the first error is why
	why   error       // set before over is closed
	tasks sync.WaitGroup
	beats atomic.Int32 // heartbeats without acknowledgement

	mu      sync.Mutex         // guards the fields below
	flights map[string]*flight // by req_id
	active  int                // flights that wait for their ack
	resting chan struct{}      // set by rest: no new flights, closed with the last
}

// flight is a frame on its way, until it is acknowledged. A lost one stays, so
// that its late acknowledgement is not taken for another's.
type flight struct {
	ack  chan ack
	done chan struct{}
	lost bool
}

// ack is what acknowledges a frame.
type ack struct {
	code int
	body json.RawMessage // of uploads alone
}

// newLink starts the two goroutines of a connection; close ends them.
func newLink(ws *websocket.Conn, log *slog.Logger, on func(*link, frame), up func(*link)) *link {
	l := &link{ws: ws, log: log, on: on, up: up, out: make(chan []byte), over: make(chan struct{}), flights: map[string]*flight{}}
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	l.end = func(err error) {
		once.Do(func() {
			l.why = err
			close(l.over)
			cancel()
		})
	}
	ws.SetReadLimit(MaxBody)
	l.tasks.Go(func() { l.end(l.read(ctx)) })
	l.tasks.Go(func() { l.end(l.write(ctx)) })
	return l
}

// close ends the connection, politely if it has not failed, and waits for its
// goroutines.
func (l *link) close() {
	select {
	case <-l.over:
	default:
		_ = l.ws.Close(websocket.StatusNormalClosure, "") // it ends either way
	}
	l.end(errNotSent)
	_ = l.ws.CloseNow() // likewise
	l.tasks.Wait()
}

func (l *link) read(ctx context.Context) error {
	for {
		kind, data, err := l.ws.Read(ctx)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		f, err := decodeFrame(data)
		if err != nil || kind != websocket.MessageText {
			l.log.Warn("aibot frame not understood", "bytes", len(data))
			continue
		}
		switch id := f.Headers.RequestID; {
		case f.Cmd == cmdMessage || f.Cmd == cmdEvent:
			l.on(l, f)
		case strings.HasPrefix(id, cmdPing+"_"):
			l.beats.Store(0)
		case f.Code != nil:
			if *f.Code == 0 && strings.HasPrefix(id, cmdSubscribe+"_") {
				l.up(l)
			}
			l.settle(id, ack{*f.Code, f.Body})
		}
	}
}

func (l *link) write(ctx context.Context) error {
	for {
		select {
		case <-l.over:
			return nil
		case data := <-l.out:
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			err := l.ws.Write(ctx, websocket.MessageText, data)
			cancel()
			if err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
	}
}

// beat sends a heartbeat, or reports that the connection is dead.
func (l *link) beat(ctx context.Context) error {
	if l.beats.Load() >= missedBeats {
		return errors.New("heartbeats are not acknowledged")
	}
	l.beats.Add(1)
	return l.hand(ctx, cmdPing, requestID(cmdPing), nil)
}

// hand gives a frame to the writer; errNotSent if that was not possible.
func (l *link) hand(ctx context.Context, cmd, id string, body any) error {
	f := frame{Cmd: cmd}
	f.Headers.RequestID = id
	if l.clock != nil {
		f.Headers.Clock = l.clock().Format(time.RFC3339Nano)
	}
	if body != nil {
		raw, err := plainJSON(body)
		if err != nil {
			return fmt.Errorf("%s: %w", cmd, err)
		}
		f.Body = raw
	}
	data, err := plainJSON(f)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd, err)
	}
	select { // several may be ready below
	case <-l.over:
		return errNotSent
	case <-ctx.Done():
		return errNotSent
	default:
	}
	select {
	case l.out <- data:
		return nil
	case <-l.over:
	case <-ctx.Done():
	}
	return errNotSent
}

// send writes a frame and returns the code that acknowledges it. Frames of one
// req_id go one after another, each when the one before is acknowledged (docs
// 101463). The errors are errNotSent, errSpoiled and errNoAck.
func (l *link) send(ctx context.Context, cmd, id string, body any) (code int, err error) {
	a, err := l.exchange(ctx, cmd, id, body)
	return a.code, err
}

// exchange is send with all that the acknowledgement says.
func (l *link) exchange(ctx context.Context, cmd, id string, body any) (a ack, err error) {
	f, err := l.take(ctx, id)
	if err != nil {
		return a, err
	}
	if err := l.hand(ctx, cmd, id, body); err != nil {
		l.land(id, f, true) // no ack will come
		return a, err
	}
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	select {
	case a = <-f.ack:
		l.land(id, f, true)
		return a, nil
	case <-timer.C:
	case <-l.over:
	case <-ctx.Done():
	}
	l.land(id, f, false)
	select {
	case a = <-f.ack: // it came at the last moment
		return a, nil
	default:
		return a, errNoAck
	}
}

// take reserves a req_id.
func (l *link) take(ctx context.Context, id string) (*flight, error) {
	for {
		l.mu.Lock()
		before := l.flights[id]
		switch {
		case l.resting != nil:
			l.mu.Unlock()
			return nil, errNotSent
		case before == nil:
			f := &flight{ack: make(chan ack, 1), done: make(chan struct{})}
			l.flights[id] = f
			l.active++
			l.mu.Unlock()
			return f, nil
		case before.lost:
			l.mu.Unlock()
			return nil, errSpoiled
		}
		l.mu.Unlock()
		select {
		case <-before.done:
		case <-l.over:
			return nil, errNotSent
		case <-ctx.Done():
			return nil, errNotSent
		}
	}
}

// land ends a flight. An ack that came at the last moment settles it.
func (l *link) land(id string, f *flight, settled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.lost = !settled && len(f.ack) == 0; !f.lost {
		delete(l.flights, id)
	}
	close(f.done)
	if l.active--; l.active == 0 && l.resting != nil {
		close(l.resting)
	}
}

// settle gives an acknowledgement to the frame it is for.
func (l *link) settle(id string, a ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.flights[id]
	switch {
	case f == nil:
		l.log.Debug("aibot acknowledgement of nothing", "code", a.code)
	case f.lost:
		delete(l.flights, id)
	default:
		select {
		case f.ack <- a:
		default: // a second one for the same frame
		}
	}
}

// rest takes no more frames and waits until those on their way are settled,
// which takes ackTimeout at most.
func (l *link) rest() {
	l.mu.Lock()
	l.resting = make(chan struct{})
	idle := l.resting
	if l.active == 0 {
		close(idle)
	}
	l.mu.Unlock()
	select {
	case <-idle:
	case <-l.over:
	}
}
