package chattest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// ErrDingTalkOffline says that nobody was connected: the message is lost.
var ErrDingTalkOffline = errors.New("dingtalk fake: nobody is connected")

// DingTalkStream is how connections behave. The zero value waits for every
// acknowledgement and sends each message once.
type DingTalkStream struct {
	AckWithin   time.Duration // after this a message counts as not acknowledged; 0: no limit
	Redeliver   int           // how often a message that is not acknowledged by 200 is sent again
	Copies      int           // how often each is sent at once, over any of the connections; 0: once
	IgnorePings bool          // pings of the WebSocket are not answered
}

// SetStream changes how connections behave from now on.
func (d *DingTalk) SetStream(s DingTalkStream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stream = s
}

// dingConn is one connection of a client.
type dingConn struct {
	ws     *websocket.Conn
	topics map[string]bool
	gone   chan struct{} // closed when it has ended

	mu      sync.Mutex // guards waiting
	waiting map[string]chan dingAck
}

// dingAck is an acknowledgement. Official clients send the headers they got, or
// two of them.
type dingAck struct {
	Code    int               `json:"code"`
	Headers map[string]string `json:"headers"`
	Message string            `json:"message"`
	Data    string            `json:"data"`
}

func (d *DingTalk) open(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		ClientID      string `json:"clientId"`
		ClientSecret  string `json:"clientSecret"`
		Subscriptions []struct {
			Type  string `json:"type"`
			Topic string `json:"topic"`
		} `json:"subscriptions"`
		UA      string            `json:"ua"`
		LocalIP string            `json:"localIp"`
		Extras  map[string]string `json:"extras"`
	}
	if err := dingStrict(body, &in); err != nil || len(in.Subscriptions) == 0 {
		dingError(w, http.StatusBadRequest, "invalidParameter.body")
		return
	}
	if in.ClientID != d.opt.ClientID || in.ClientSecret != d.opt.Secret {
		dingError(w, http.StatusUnauthorized, "authFailed")
		return
	}
	t := dingTicket{until: d.opt.Now().Add(dingTicketLife), topics: map[string]bool{}}
	for _, s := range in.Subscriptions {
		t.topics[s.Type+" "+s.Topic] = true
	}
	ticket := rand.Text() + d.opt.TicketMark
	d.mu.Lock()
	d.tickets[ticket] = t
	d.mu.Unlock()
	endpoint := "ws" + strings.TrimPrefix(d.URL(), "http") + DingTalkConnect
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = fmt.Fprintf(w, "<endpoint>%s</endpoint>", endpoint) // what a client gets that does not ask for JSON
		return
	}
	dingJSON(w, map[string]string{"endpoint": endpoint, "ticket": ticket})
}

// dingTicket lets one client connect once.
type dingTicket struct {
	until  time.Time
	topics map[string]bool // "type topic"
}

// useTicket takes a ticket that was not used before.
func (d *DingTalk) useTicket(ticket string) (topics map[string]bool, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tickets[ticket]
	delete(d.tickets, ticket)
	return t.topics, ok && d.opt.Now().Before(t.until)
}

func (d *DingTalk) connect(w http.ResponseWriter, r *http.Request) {
	topics, ok := d.useTicket(r.URL.Query().Get("ticket"))
	if !ok {
		dingError(w, http.StatusUnauthorized, "invalidTicket")
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OnPingReceived: func(context.Context, []byte) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return !d.stream.IgnorePings
	}})
	if err != nil {
		d.complain("connect: %v", err)
		return
	}
	c := &dingConn{ws: ws, topics: topics, gone: make(chan struct{}), waiting: map[string]chan dingAck{}}
	d.mu.Lock()
	select {
	case <-d.done:
		d.mu.Unlock()
		_ = ws.CloseNow() // nobody is there any more
		return
	default:
	}
	d.conns = append(d.conns, c)
	d.change()
	d.mu.Unlock()
	d.read(c)
	close(c.gone)
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, other := range d.conns {
		if other == c {
			d.conns = append(d.conns[:i:i], d.conns[i+1:]...)
			break
		}
	}
	d.change()
}

// read gives acknowledgements to those who wait for them.
func (d *DingTalk) read(c *dingConn) {
	c.ws.SetReadLimit(1 << 20)
	for {
		_, data, err := c.ws.Read(context.Background())
		if err != nil {
			return
		}
		var ack dingAck
		switch err := dingStrict(data, &ack); {
		case err != nil:
			d.complain("an acknowledgement is not as it should be: %v", err)
			continue
		case ack.Headers["contentType"] != "application/json":
			d.complain("an acknowledgement says contentType %q", ack.Headers["contentType"])
		case ack.Data != "" && !json.Valid([]byte(ack.Data)):
			d.complain("the data of an acknowledgement is no JSON")
		}
		c.mu.Lock()
		wait := c.waiting[ack.Headers["messageId"]]
		c.mu.Unlock()
		if wait == nil {
			d.complain("an acknowledgement of nothing that was sent: %q", ack.Headers["messageId"])
			continue
		}
		select {
		case wait <- ack:
		default: // one of a copy
		}
	}
}

// expect returns where the acknowledgement of id will come.
func (c *dingConn) expect(id string) chan dingAck {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[id] == nil {
		c.waiting[id] = make(chan dingAck, 1)
	}
	return c.waiting[id]
}

func (c *dingConn) write(frame []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, frame)
}

// Connections returns how many clients are connected.
func (d *DingTalk) Connections() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// AwaitConnections waits until exactly n clients are connected.
func (d *DingTalk) AwaitConnections(ctx context.Context, n int) error {
	return d.await(ctx, func() bool { return len(d.conns) == n })
}

func (d *DingTalk) all() []*dingConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*dingConn(nil), d.conns...)
}

// Cut cuts all connections without a word.
func (d *DingTalk) Cut() {
	for _, c := range d.all() {
		_ = c.ws.CloseNow() // it may have ended
	}
}

// Disconnect asks all clients to move, and cuts their connections after grace;
// DingTalk gives about ten seconds.
func (d *DingTalk) Disconnect(grace time.Duration) {
	for _, c := range d.all() {
		if c.write(dingFrame("SYSTEM", "disconnect", "M"+rand.Text(), `{"reason":"on demand"}`, d.opt.Now())) != nil {
			continue
		}
		d.work.Go(func() {
			select {
			case <-time.After(grace):
				_ = c.ws.CloseNow() // it may have ended
			case <-c.gone:
			}
		})
	}
}

// Ping pings all clients by a frame and checks that each sends the same data
// back.
func (d *DingTalk) Ping(ctx context.Context) error {
	for _, c := range d.all() {
		id, data := "M"+rand.Text(), `{"opaque":"`+rand.Text()+`"}`
		ack := c.expect(id)
		if err := c.write(dingFrame("SYSTEM", "ping", id, data, d.opt.Now())); err != nil {
			return fmt.Errorf("dingtalk fake: ping: %w", err)
		}
		select {
		case a := <-ack:
			if a.Code != 200 || a.Data != data {
				return fmt.Errorf("dingtalk fake: ping: answered %d %s", a.Code, a.Data)
			}
		case <-c.gone:
			return fmt.Errorf("dingtalk fake: ping: %w", io.EOF)
		case <-ctx.Done():
			return fmt.Errorf("dingtalk fake: ping: %w", ctx.Err())
		}
	}
	return nil
}

// SendRaw writes data to all clients as it is.
func (d *DingTalk) SendRaw(data string) {
	for _, c := range d.all() {
		_ = c.write([]byte(data)) // it may have ended
	}
}

func dingFrame(kind, topic, id, data string, at time.Time) []byte {
	frame, err := json.Marshal(map[string]any{
		"specVersion": "1.0", "type": kind, "data": data,
		"headers": map[string]string{"topic": topic, "messageId": id, "contentType": "application/json", "time": strconv.FormatInt(at.UnixMilli(), 10)},
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return frame
}

// DingTalkSent is what became of a message on its way through the stream.
type DingTalkSent struct {
	done  chan struct{}
	codes []int
	data  string
	err   error
}

// Wait waits until the message is acknowledged by 200 or given up. It returns
// the code of every try, 0 for none in time, and the data of the last.
func (s *DingTalkSent) Wait(ctx context.Context) (codes []int, data string, err error) {
	select {
	case <-s.done:
		return s.codes, s.data, s.err
	case <-ctx.Done():
		return nil, "", fmt.Errorf("dingtalk fake: no acknowledgement: %w", ctx.Err())
	}
}

// Topics of callbacks.
const (
	dingTopicMessage = "/v1.0/im/bot/messages/get"
	dingTopicCard    = "/v1.0/card/instances/callback"
)

// Say sends a person's message through the stream, and returns at once.
func (d *DingTalk) Say(m DingTalkMessage) *DingTalkSent {
	return d.callback(dingTopicMessage, d.Callback(m))
}

// DingTalkPress is the press of a button of a card.
type DingTalkPress struct {
	Card, Button, User, Conversation string // Conversation empty: in a direct talk
	Params                           map[string]any
}

// Press sends the press of a button through the stream, and returns at once.
func (d *DingTalk) Press(p DingTalkPress) *DingTalkSent {
	content := dingMarshal(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{p.Button}, "params": p.Params}})
	in := map[string]any{
		"type": "actionCallback", "outTrackId": p.Card, "corpId": d.opt.CorpID, "userId": p.User, "userIdType": 1,
		"spaceType": "IM", "spaceId": "dtv1.card//IM_GROUP." + p.Conversation, "extension": "{}", "content": string(content),
	}
	if p.Conversation == "" {
		in["spaceId"] = "dtv1.card//IM_ROBOT." + p.User
	}
	return d.callback(dingTopicCard, dingMarshal(in))
}

func (d *DingTalk) callback(topic string, data []byte) *DingTalkSent {
	s := &DingTalkSent{done: make(chan struct{})}
	id := "M" + rand.Text()
	frame := dingFrame("CALLBACK", topic, id, string(data), d.opt.Now())
	d.mu.Lock()
	how := d.stream
	d.mu.Unlock()
	d.work.Go(func() {
		defer close(s.done)
		d.deliver(s, topic, id, frame, how)
	})
	return s
}

func (d *DingTalk) deliver(s *DingTalkSent, topic, id string, frame []byte, how DingTalkStream) {
	for try := 0; try <= how.Redeliver; try++ {
		if try > 0 && d.await(context.Background(), func() bool { return len(d.conns) > 0 }) != nil {
			return
		}
		c := d.pick()
		if c == nil {
			s.err = ErrDingTalkOffline
			return
		}
		if !c.topics["CALLBACK "+topic] {
			s.err = fmt.Errorf("dingtalk fake: nobody subscribed to %s", topic)
			return
		}
		ack := c.expect(id)
		for copies := 1; copies < how.Copies; copies++ {
			if other := d.pick(); other != nil {
				other.expect(id)
				_ = other.write(frame) // it may have ended
			}
		}
		_ = c.write(frame) // then it is gone
		var limit <-chan time.Time
		if how.AckWithin > 0 {
			timer := time.NewTimer(how.AckWithin)
			defer timer.Stop()
			limit = timer.C
		}
		code := 0
		select {
		case a := <-ack:
			code, s.data = a.Code, a.Data
		case <-c.gone:
			select { // it may have acknowledged with its last breath
			case a := <-ack:
				code, s.data = a.Code, a.Data
			default:
			}
		case <-limit:
		}
		if s.codes = append(s.codes, code); code == 200 {
			return
		}
	}
}

// pick returns one connection after the other, nil if there is none.
func (d *DingTalk) pick() *dingConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.conns) == 0 {
		return nil
	}
	d.next++
	return d.conns[d.next%len(d.conns)]
}
