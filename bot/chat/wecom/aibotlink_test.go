package wecom

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
)

// Whatever a frame holds, it is taken or refused as malformed; what is taken
// reads the same when written again, and its message, if it has one, is sound
// and has the session that its kind allows.
func FuzzFrame(f *testing.F) {
	const msg = `"cmd":"aibot_msg_callback","headers":{"req_id":"q"},"body":{"msgid":"m","from":{"userid":"u"},"chattype":"group","chatid":"g","msgtype":`
	for _, seed := range []string{
		`{"headers":{"req_id":"q"},"errcode":0,"errmsg":"ok"}`, `{"cmd":"pong","headers":{"req_id":"ping_1"}}`,
		`{` + msg + `"text","text":{"content":"@助手 甲"},"quote":{"msgtype":"text","text":{"content":"乙"}}}}`,
		`{` + msg + `"event","event":{"eventtype":"template_card_event","template_card_event":{"event_key":"k","task_id":"t"}}}}`,
		`{` + msg + `"event","event":{"eventtype":"enter_chat"}}}`, `{` + msg + "\"voice\",\"voice\":{\"content\":\"\x01\n\"}}}",
		"null", "[]", `{"headers":{"req_id":7}}`, "\xff\x00",
	} {
		f.Add([]byte(seed))
	}
	bot, now := newRobot("B", "助手", 0), time.Unix(1795392004, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := string(data)
		in, err := decodeFrame(data)
		if string(data) != before {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if !errors.Is(err, chat.ErrMalformed) {
				t.Errorf("got %v", err)
			}
			return
		}
		again, err := plainJSON(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := decodeFrame(again)
		if err != nil {
			t.Fatalf("%q: %v", again, err)
		}
		if out.Cmd != in.Cmd || out.Headers != in.Headers || !cmp.Equal(out.Code, in.Code) {
			t.Errorf("%+v became %+v", in, out)
		}
		body, err := decodeBot(in.Body)
		if err != nil {
			return
		}
		m, err := bot.message(body, now)
		if err != nil || m == nil {
			return
		}
		m.From.Session = sessionOf(*m, in.Headers.RequestID, now)
		if m.Sender == "" || m.Conversation == "" || m.Kind == "" || m.Type == "" || m.From.Conversation != m.Conversation || !utf8.ValidString(m.Text) {
			t.Errorf("unsound: %+v", m)
		}
		feedback := m.Event != nil && m.Event.Kind == chat.EventFeedback
		if alive := m.From.Session.Alive(now); alive == (feedback || in.Headers.RequestID == "") {
			t.Errorf("session alive: %v, of %s", alive, before)
		}
		if stored, err := json.Marshal(m.From); err != nil || !json.Valid(stored) {
			t.Errorf("address cannot be stored: %v", err)
		}
	})
}

func TestTheSessionSaysHowToAnswer(t *testing.T) {
	t.Parallel()
	now := time.Unix(1795392004, 0)
	for name, tc := range map[string]struct {
		m    chat.Message
		id   string
		want chat.Session
	}{
		"a message": {chat.Message{}, "q", chat.Session{Link: "msg:q", Until: now.Add(24 * time.Hour)}},
		"a welcome": {chat.Message{Event: &chat.Event{Kind: chat.EventEnter}}, "q", chat.Session{Link: "welcome:q", Until: now.Add(4 * time.Second), Once: true}},
		"a card":    {chat.Message{Event: &chat.Event{Kind: chat.EventCard}}, "q", chat.Session{Link: "card:q", Until: now.Add(4 * time.Second), Once: true}},
		"a rating":  {chat.Message{Event: &chat.Event{Kind: chat.EventFeedback}}, "q", chat.Session{}},
		"no req_id": {chat.Message{}, "", chat.Session{}},
	} {
		if got := sessionOf(tc.m, tc.id, now); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBackOffGrowsToItsCap(t *testing.T) {
	t.Parallel()
	for tries, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
		for range 100 {
			if d := backOff(tries); d < most/2 || d >= most {
				t.Fatalf("try %d: %s", tries, d)
			}
		}
	}
	if d := backOff(1 << 40); d > lastRetry {
		t.Errorf("after very many: %s", d)
	}
}
