package chat_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
)

func TestARehearsalStaysOnTheMachine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 123_000_000, time.FixedZone("CST", 8*60*60))
	var clock string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { clock = r.Header.Get(chat.ClockHeader) }))
	t.Cleanup(srv.Close)
	c := chat.NewClient(chat.Rehearse(nil, func() time.Time { return now }))
	header := http.Header{}
	if a := c.Call(t.Context(), "POST", chat.Link(srv.URL), header, struct{}{}); a.Err != nil || clock != "2026-03-02T09:00:00.123+08:00" || len(header) > 0 {
		t.Errorf("%v, %q, %v", a.Err, clock, header)
	}
	a := c.Call(t.Context(), "POST", "http://192.0.2.1/webhook?key=CANARY", nil, struct{}{})
	if o, _ := a.Fault(); a.Err == nil || a.Written || o.Verdict() != chat.VerdictRetry || strings.Contains(a.Err.Error(), "CANARY") {
		t.Errorf("%+v", a)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://127.0.0.1:80": true, "ws://127.9.9.9": true, "http://[::1]:8080/x": true, "https://localhost": true,
		"https://qyapi.weixin.qq.com": false, "http://10.0.0.1": false, "http://localhost.example": false, "http://127.0.0.1.example": false, "": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if chat.Loopback(u) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}
