package dingtalk_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
)

// The platform's calls reach the robot over HTTP: copies at once have one first,
// tries after a failure go on, and what is forged is refused.
func TestCallbacksOverHTTP(t *testing.T) {
	t.Parallel()
	d := chattest.NewDingTalk(chattest.DingTalkOptions{Secret: clientSecret})
	defer d.Close()
	for _, key := range []string{"", aesKey} {
		r, err := dingtalk.NewRobot(dingtalk.Options{
			Secret: clientSecret, RobotCode: "dingclient", CorpID: "dingcorp", AESKey: key, Receiver: map[bool]string{true: "dingclient"}[key != ""],
			Bases: []string{d.URL()}, Guard: chat.NewGuard(chat.NewMemory(nil), dingtalk.Remember),
		})
		if err != nil {
			t.Fatal(err)
		}
		var first, again, broken atomic.Int32
		bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.Limits().Body))
			if err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			in, err := r.Receive(req.Context(), chat.Request{Method: req.Method, Query: req.URL.Query(), Header: req.Header, Body: body})
			switch {
			case errors.Is(err, chat.ErrSignature), errors.Is(err, chat.ErrStale), errors.Is(err, chat.ErrReplayed):
				w.WriteHeader(http.StatusUnauthorized)
			case err != nil:
				w.WriteHeader(http.StatusBadRequest)
			case in.Again:
				again.Add(1)
			case broken.Add(-1) >= 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				first.Add(1)
			}
		}))
		defer bot.Close()
		send := func(m chattest.DingTalkMessage, how chattest.DingTalkPost) []int {
			t.Helper()
			how.AESKey = key
			statuses, err := d.Post(t.Context(), bot.URL, m, how)
			if err != nil {
				t.Fatal(err)
			}
			return statuses
		}
		m := chattest.DingTalkMessage{User: "u1", Text: "甲"}
		if got := send(m, chattest.DingTalkPost{Copies: 5}); slices.Max(got) != 200 || first.Load() != 1 || again.Load() != 4 {
			t.Errorf("%v, %d first, %d again", got, first.Load(), again.Load())
		}
		broken.Store(1)
		if got := send(m, chattest.DingTalkPost{Tries: 3}); got[0] != 200 || again.Load() != 5 {
			t.Errorf("%v, %d again", got, again.Load())
		}
		if got := send(m, chattest.DingTalkPost{Secret: "CANARYother"}); got[0] != 401 {
			t.Errorf("forged: %v", got)
		}
		if got := send(m, chattest.DingTalkPost{At: time.Now().Add(-2 * time.Hour)}); got[0] != 401 {
			t.Errorf("stale: %v", got)
		}
		if got := send(m, chattest.DingTalkPost{Change: func(r *http.Request) { r.Header.Del("Sign") }}); got[0] != 400 {
			t.Errorf("unsigned: %v", got)
		}
		old := time.Now().Add(-time.Minute)
		one := send(chattest.DingTalkMessage{User: "u1", Text: "乙"}, chattest.DingTalkPost{At: old})
		two := send(chattest.DingTalkMessage{User: "u1", Text: "丙"}, chattest.DingTalkPost{At: old})
		if one[0] != 200 || two[0] != 401 {
			t.Errorf("a captured signature: %v, %v", one, two)
		}
	}
}
