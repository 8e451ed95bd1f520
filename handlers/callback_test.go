package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/store"
)

const hookPath = "/x/callback"

// line is a channel that receives what it is told to.
type line func(r chat.Request) (chat.Delivery, error)

const (
	lineBody  = 64 // bytes of a body
	lineReply = 99 // bytes of a reply
)

func (line) Via() chat.Via       { return "x.line" }
func (line) Limits() chat.Limits { return chat.Limits{Body: lineBody, Reply: lineReply} }
func (l line) Receive(_ context.Context, r chat.Request) (chat.Delivery, error) {
	return l(r)
}

// desk is a Taker of functions; those that are nil are not expected.
type desk struct {
	take  func(ctx context.Context, m chat.Message, room int) (bot.Taken, error)
	late  func(m chat.Message) (bot.Taken, error)
	push  func(m chat.Message, r chat.Reply) error
	mu    sync.Mutex // guards calls
	calls []string
}

func (d *desk) Chats(text string) bool { return text == "我是谁" }

func (d *desk) called(what ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprint(what...))
}

func (d *desk) Take(ctx context.Context, m chat.Message, room int) (bot.Taken, error) {
	d.called("take ", m.ID, " ", room)
	return d.take(ctx, m, room)
}

func (d *desk) Defer(_ context.Context, m chat.Message) (bot.Taken, error) {
	d.called("defer ", m.ID)
	return d.late(m)
}

func (d *desk) Push(_ context.Context, m chat.Message, r chat.Reply) error {
	d.called("push ", m.ID, " ", r.Text)
	return d.push(m, r)
}

// replies is a desk that says text at once.
func replies(text string) *desk {
	return &desk{
		take: func(context.Context, chat.Message, int) (bot.Taken, error) {
			return bot.Taken{Reply: chat.Reply{Text: text}}, nil
		},
		push: func(chat.Message, chat.Reply) error { return nil },
	}
}

func fails(err error) *desk {
	return &desk{take: func(context.Context, chat.Message, int) (bot.Taken, error) { return bot.Taken{}, err }}
}

// delivers is a line with a message that is answered in the response, by answer
// if it is given.
func delivers(answer func(r chat.Reply) (chat.Response, error)) line {
	if answer == nil {
		answer = func(r chat.Reply) (chat.Response, error) {
			return chat.Response{ContentType: "text/x-reply", Body: []byte(r.Text)}, nil
		}
	}
	return func(chat.Request) (chat.Delivery, error) {
		return chat.Delivery{
			Message:  &chat.Message{ID: "m1"},
			Response: chat.Response{ContentType: "text/x-nothing", Body: []byte("nothing")},
			Answer:   func(_ context.Context, r chat.Reply) (chat.Response, error) { return answer(r) },
		}, nil
	}
}

// pushing is a line with a message whose reply must be pushed.
func pushing(r chat.Request) (chat.Delivery, error) {
	d, err := delivers(nil)(r)
	d.Answer = nil
	return d, err
}

// tardy is a line that takes a second to receive a message.
func tardy(r chat.Request) (chat.Delivery, error) {
	<-time.After(time.Second)
	return delivers(nil)(r)
}

type hooked struct {
	*Server
	log     bytes.Buffer
	refused []string
}

func hook(t *testing.T, l line, d *desk) *hooked {
	t.Helper()
	h := &hooked{}
	s, err := New(Options{
		Logger: slog.New(slog.NewTextHandler(&h.log, nil)), Desk: d, Hooks: []Hook{{Path: hookPath, Channel: l}},
		Refused: func(path string, status int) { h.refused = append(h.refused, fmt.Sprint(path, " ", status)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Server = s
	return h
}

// Every fault of a callback has its status, shows no cause, is counted, and can
// be found in the log by its id.
func TestCallbacksThatFail(t *testing.T) {
	t.Parallel()
	because := func(err error) error { return fmt.Errorf("hunter2: %w", err) }
	received := func(err error) line {
		return func(chat.Request) (chat.Delivery, error) { return chat.Delivery{}, because(err) }
	}
	for _, tc := range []struct {
		name string
		line line
		desk *desk
		want int
	}{
		{"forged", received(chat.ErrSignature), nil, 401},
		{"stale", received(chat.ErrStale), nil, 401},
		{"replayed", received(chat.ErrReplayed), nil, 401},
		{"malformed", received(chat.ErrMalformed), nil, 400},
		{"for another receiver", received(chat.ErrReceiver), nil, 400},
		{"a part too large", received(chat.ErrTooLarge), nil, 413},
		{"the guard cannot tell", received(chat.ErrUnavailable), nil, 503},
		{"the guard's store is down", received(fmt.Errorf("%w: %w", chat.ErrUnavailable, store.ErrUnavailable)), nil, 503},
		{"a fault of ours", received(io.EOF), nil, 500},
		{"documents not ready", delivers(nil), fails(because(bot.ErrNotReady)), 503},
		{"store down", delivers(nil), fails(because(store.ErrUnavailable)), 503},
		{"store down while it wrote", delivers(nil), fails(because(errors.Join(store.ErrUnavailable, store.ErrUnknown))), 503},
		{"store busy", delivers(nil), fails(because(store.ErrBusy)), 503},
		{"store contended", delivers(nil), fails(because(store.ErrConflict)), 503},
		{"store closed", delivers(nil), fails(because(store.ErrClosed)), 503},
		{"too slow", delivers(nil), fails(because(context.DeadlineExceeded)), 503},
		{"visitor gone", delivers(nil), fails(because(context.Canceled)), 503},
		{"store damaged", delivers(nil), fails(because(store.ErrDamaged)), 500},
		{"a reply that cannot be made", delivers(func(chat.Reply) (chat.Response, error) { return chat.Response{}, because(io.EOF) }), replies("x"), 500},
		{"nor be pushed", delivers(func(chat.Reply) (chat.Response, error) { return chat.Response{}, chat.ErrElsewhere }), &desk{
			take: replies("x").take, push: func(chat.Message, chat.Reply) error { return because(store.ErrUnavailable) },
		}, 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := hook(t, tc.line, tc.desk)
			w := do(h.Server, "POST", hookPath, "body")
			if w.Code != tc.want || (w.Header().Get("Retry-After") != "") != (tc.want == 503) {
				t.Errorf("status %d, want %d; %v", w.Code, tc.want, w.Header())
			}
			if got := strings.Join(h.refused, ","); got != fmt.Sprint(hookPath, " ", tc.want) {
				t.Errorf("counted: %s", got)
			}
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the cause is shown: %s", w.Body)
			}
			id := w.Header().Get("X-Request-Id")
			if !strings.Contains(h.log.String(), id) || tc.name != "nor be pushed" && !strings.Contains(h.log.String(), "hunter2") {
				t.Errorf("the log does not tell why: %s", &h.log)
			}
		})
	}
}

func TestCallbackBodiesAreLimitedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		body io.Reader
		want int
	}{
		{"as large as allowed", strings.NewReader(strings.Repeat("x", lineBody)), 200},
		{"a byte more", strings.NewReader(strings.Repeat("x", lineBody+1)), 413},
		{"broken off", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF)), 400},
	} {
		got := -1
		h := hook(t, func(r chat.Request) (chat.Delivery, error) {
			got = len(r.Body)
			return chat.Delivery{}, nil
		}, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", hookPath, tc.body))
		if w.Code != tc.want || (got >= 0) != (tc.want == 200) || (len(h.refused) == 1) != (tc.want != 200) {
			t.Errorf("%s: status %d, received %d bytes, counted %v", tc.name, w.Code, got, h.refused)
		}
	}
}

func TestARequestReachesTheChannelAsItCame(t *testing.T) {
	t.Parallel()
	var got chat.Request
	h := hook(t, func(r chat.Request) (chat.Delivery, error) {
		got = r
		return chat.Delivery{Response: chat.Response{ContentType: "text/plain", Body: []byte("echo")}}, nil
	}, nil)
	w := do(h.Server, "GET", hookPath+"?a=1&a=2&echo=%2B%E5%AD%97", "", "sign", "s")
	echo, ok := got.Param("echo")
	_, twice := got.Param("a")
	head, _ := got.Head("Sign")
	if got.Method != "GET" || echo != "+字" || !ok || twice || head != "s" {
		t.Errorf("%+v", got)
	}
	if w.Code != 200 || w.Body.String() != "echo" || w.Header().Get("Content-Type") != "text/plain" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h.Server, "PUT", hookPath, ""); w.Code != 405 {
		t.Error(w.Code)
	}
}

func TestWhatACallbackIsAnsweredWith(t *testing.T) {
	t.Parallel()
	refuses := func(err error) line {
		return delivers(func(chat.Reply) (chat.Response, error) { return chat.Response{}, err })
	}
	for _, tc := range []struct {
		name        string
		line        line
		desk        *desk
		body, calls string
	}{
		{"the reply", delivers(nil), replies("答"), "答", "take m1 99"},
		{"nothing, where nothing is said", delivers(nil), replies(""), "nothing", "take m1 99"},
		{"nothing, where replies are pushed", pushing, replies("答"), "nothing", "take m1 0"},
		{"nothing, where it must go elsewhere", refuses(chat.ErrElsewhere), replies("答"), "nothing", "take m1 99,push m1 答"},
		{"nothing, where it has grown too long", refuses(fmt.Errorf("escaped: %w", chat.ErrTooLong)), replies("答"), "nothing", "take m1 99,push m1 答"},
		{"nothing at all", func(chat.Request) (chat.Delivery, error) { return chat.Delivery{}, nil }, replies("答"), "", ""},
	} {
		h := hook(t, tc.line, tc.desk)
		w := do(h.Server, "POST", hookPath, "body")
		if w.Code != 200 || w.Body.String() != tc.body || strings.Join(tc.desk.calls, ",") != tc.calls || len(h.refused) != 0 {
			t.Errorf("%s: %d %q, %q", tc.name, w.Code, w.Body, tc.desk.calls)
		}
	}
}

// A reply that is not ready when the platform loses its patience follows later:
// the request is answered in time, and the work goes on to its end.
func TestALateReplyDoesNotKeepThePlatformWaiting(t *testing.T) {
	for _, tc := range []struct {
		name   string
		line   line
		late   func(chat.Message) (bot.Taken, error)
		status int
		body   string
	}{
		{"it is deferred", delivers(nil), func(chat.Message) (bot.Taken, error) { return bot.Taken{}, nil }, 200, "nothing"},
		{"it came slowly and is deferred", tardy, func(chat.Message) (bot.Taken, error) { return bot.Taken{}, nil }, 200, "nothing"},
		{"it is deferred where replies are pushed", pushing, func(chat.Message) (bot.Taken, error) { return bot.Taken{}, nil }, 200, "nothing"},
		{"it was ready just then", delivers(nil), func(chat.Message) (bot.Taken, error) {
			return bot.Taken{Reply: chat.Reply{Text: "刚好"}, Again: true}, nil
		}, 200, "刚好"},
		{"it cannot be deferred", delivers(nil), func(chat.Message) (bot.Taken, error) { return bot.Taken{}, store.ErrUnavailable }, 503, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			ready := make(chan struct{})
			d := &desk{late: tc.late, take: func(ctx context.Context, _ chat.Message, _ int) (bot.Taken, error) {
				if until, ok := ctx.Deadline(); !ok || time.Until(until) != workTime {
					t.Errorf("%s: the work has until %v", tc.name, until)
				}
				<-ready
				if ctx.Err() != nil {
					t.Errorf("%s: the work ends with the request", tc.name)
				}
				return bot.Taken{Reply: chat.Reply{Text: "晚了"}}, nil
			}}
			h := hook(t, tc.line, d)
			start := time.Now()
			ctx, gone := context.WithCancel(t.Context())
			r := httptest.NewRequestWithContext(ctx, "POST", hookPath, strings.NewReader("body"))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			gone() // the platform has closed the connection
			if took := time.Since(start); took != patience {
				t.Errorf("%s: answered after %v", tc.name, took)
			}
			if w.Code != tc.status || tc.body != "" && w.Body.String() != tc.body {
				t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
			}
			waited := make(chan struct{})
			go func() { h.Wait(); close(waited) }()
			synctest.Wait()
			select {
			case <-waited:
				t.Errorf("%s: the service would stop before the work is done", tc.name)
			default:
			}
			close(ready)
			<-waited
		})
	}
}

// Work that hangs for good ends by its own deadline.
func TestWorkThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := hook(t, delivers(nil), &desk{
			late: func(chat.Message) (bot.Taken, error) { return bot.Taken{}, nil },
			take: func(ctx context.Context, _ chat.Message, _ int) (bot.Taken, error) {
				<-ctx.Done()
				return bot.Taken{}, ctx.Err()
			},
		})
		do(h.Server, "POST", hookPath, "body")
		h.Wait()
		if took := time.Since(start); took != workTime {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestMetricsAreForThisMachineAndItsNetwork(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	m.Message("answered", time.Millisecond)
	m.Send("wecom.app", "sent")
	m.Refused(hookPath, 401)
	m.Gauge("xietiao_test", "A figure.", func() float64 { return 7 })
	proxied, err := New(Options{Metrics: m, TrustedProxies: []string{"10.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	none, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, from, forwarded string
		s                     *Server
		want                  int
	}{
		{"this machine", "127.0.0.1:1", "", proxied, 200},
		{"this machine by IPv6", "[::1]:1", "", proxied, 200},
		{"the network", "192.168.1.9:1", "", proxied, 200},
		{"the network by IPv6", "[fd00::9]:1", "", proxied, 200},
		{"the world", "203.0.113.9:1", "", proxied, 404},
		{"the world by IPv6", "[2001:db8::9]:1", "", proxied, 404},
		{"the world that says it is this machine", "203.0.113.9:1", "127.0.0.1", proxied, 404},
		{"the world through the proxy", "10.0.0.1:1", "203.0.113.9", proxied, 404},
		{"the network through the proxy", "10.0.0.1:1", "192.168.1.9", proxied, 200},
		{"a proxy that nobody named", "127.0.0.1:1", "203.0.113.9", proxied, 404},
		{"a proxy that nobody named, for the network", "127.0.0.1:1", "192.168.1.9", proxied, 404},
		{"the proxy, which says only what nobody believes", "10.0.0.1:1", "unknown", proxied, 404},
		{"this machine, where there are none", "127.0.0.1:1", "", none, 404},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = tc.from
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		w := httptest.NewRecorder()
		tc.s.ServeHTTP(w, r)
		if w.Code != tc.want || strings.Contains(w.Body.String(), "xietiao_") != (tc.want == 200) {
			t.Errorf("%s: %d", tc.name, w.Code)
		}
		if tc.want != 200 {
			continue
		}
		for _, want := range []string{
			`xietiao_messages_total{status="answered"} 1`, `xietiao_message_seconds_count 1`, `xietiao_sends_total{outcome="sent",via="wecom.app"} 1`,
			`xietiao_callbacks_refused_total{path="/x/callback",status="401"} 1`, "xietiao_test 7", "go_goroutines",
		} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %s", tc.name, want)
			}
		}
	}
}

func TestReadyzTellsTheTruth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		ready  bool
		faults map[string]string
		want   string
	}{
		{"starting", false, nil, `503 {"status":"starting"}`},
		{"ready", true, nil, `200 {"status":"ready"}`},
		{"ready without faults", true, map[string]string{}, `200 {"status":"ready"}`},
		{"a platform is away", true, map[string]string{"wecom.aibot": "connecting"}, `200 {"faults":{"wecom.aibot":"connecting"},"status":"degraded"}`},
		{"the store is away", true, map[string]string{"store": "unavailable"}, `503 {"faults":{"store":"unavailable"},"status":"unavailable"}`},
		{"starting without a store", false, map[string]string{"store": "unavailable"}, `503 {"faults":{"store":"unavailable"},"status":"starting"}`},
	} {
		s, err := New(Options{Health: func(context.Context) map[string]string { return tc.faults }})
		if err != nil {
			t.Fatal(err)
		}
		if tc.ready {
			s.Ready(fake{}, nil)
		}
		w := do(s, "GET", "/readyz", "")
		if got := fmt.Sprint(w.Code, " ", w.Body); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if w := do(s, "GET", "/healthz", ""); w.Code != http.StatusOK {
			t.Errorf("%s: not alive", tc.name)
		}
	}
}

// What is said to the bot in a chat is not taken for a question on the trial page.
func TestThePageSaysWhatBelongsIntoAChat(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Desk: &desk{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		q    string
		want string
	}{{"我是谁", textOnlyInChat}, {"别的", textNotReady}} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(url.Values{"q": {tc.q}, "prev": {"前面的"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), tc.want) {
			t.Errorf("%s: %d %s", tc.q, w.Code, w.Body)
		}
	}
}
