package dingtalk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
)

// What no log, error or status may hold.
const (
	clientSecret = "CANARYsecret"
	hookToken    = "CANARYtoken"
	hookSecret   = "SECCANARY"
)

// wire is a network in memory, so that time can be played.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), done: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.done) })
	return nil
}

func (w *wire) Addr() net.Addr  { return w }
func (w *wire) Network() string { return "wire" }
func (w *wire) String() string  { return "fake.invalid" }

func (w *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if !strings.HasPrefix(address, w.String()) {
		return nil, fmt.Errorf("dial of another host: %s", address)
	}
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// world is a fake of DingTalk and what it takes to talk to it.
type world struct {
	*chattest.DingTalk
	transport *http.Transport
	client    *chat.Client
	state     chat.State
	log       *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// inWorld runs f with a fake in a bubble of its own time, and then looks for
// secrets in the log and for complaints of the fake.
func inWorld(t *testing.T, opt chattest.DingTalkOptions, f func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opt.ClientID, opt.Secret, opt.Listener = "dingkey", clientSecret, nil
		net := newWire()
		opt.Listener = net
		w := &world{transport: &http.Transport{DialContext: net.dial}, state: chat.NewMemory(nil), log: &syncBuffer{}}
		w.DingTalk = chattest.NewDingTalk(opt)
		w.client = chat.NewClient(w.transport)
		defer w.transport.CloseIdleConnections()
		defer w.Close()
		f(t, w)
		if log := w.log.String(); strings.Contains(log, "CANARY") || strings.Contains(log, "ticket=") || strings.Contains(log, "SESSION") || strings.Contains(log, "文化") {
			t.Errorf("the log holds a secret or the text of a message:\n%s", log)
		}
		for _, c := range w.Complaints() {
			t.Error(c)
		}
	})
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) streamOptions() dingtalk.StreamOptions {
	return dingtalk.StreamOptions{
		ClientID: "dingkey", Secret: clientSecret, RobotCode: "dingkey", CorpID: "dingcorp",
		Base: w.URL(), Bases: []string{w.URL()}, Transport: w.transport, Log: w.logger(),
	}
}

func (w *world) api(t *testing.T) *dingtalk.API {
	t.Helper()
	api, err := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: "dingkey", Secret: clientSecret, Base: w.URL(), OldBase: w.URL(), Client: w.client, State: w.state})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func (w *world) pusher(t *testing.T) *dingtalk.Pusher {
	t.Helper()
	p, err := dingtalk.NewPusher(w.api(t), dingtalk.PusherOptions{Bases: []string{w.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// robots are the group robots of a test.
type robots map[string]chat.Robot

var errStoreDown = errors.New("store down")

func (r robots) Robot(_ context.Context, id string) (chat.Robot, error) {
	if id == "down" {
		return chat.Robot{}, errStoreDown
	}
	robot, ok := r[id]
	if !ok {
		return chat.Robot{}, fmt.Errorf("robot %s: %w", id, chat.ErrConfig)
	}
	return robot, nil
}

func (w *world) webhook(t *testing.T, r robots) *dingtalk.Webhook {
	t.Helper()
	h, err := dingtalk.NewWebhook(dingtalk.WebhookOptions{Robots: r, Bases: []string{w.URL()}, Client: w.client})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// address is where a reply to m goes, as the robot's callback decodes it.
func (w *world) address(t *testing.T, m chattest.DingTalkMessage) chat.Address {
	t.Helper()
	opt, _ := options(time.Now())
	opt.Bases = []string{w.URL()}
	d, err := robot(t, opt).Receive(t.Context(), post(time.Now(), string(w.Callback(m))))
	if err != nil {
		t.Fatal(err)
	}
	return d.Message.From
}

func is(t *testing.T, what string, o chat.Outcome, want string) {
	t.Helper()
	if o.String() != want {
		t.Errorf("%s: %s, want %s", what, o, want)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", o, o), "CANARY") {
		t.Errorf("%s: the outcome holds a secret", what)
	}
}
