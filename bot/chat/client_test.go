package chat_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"xietiao/bot/chat"
)

func TestACallTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			w.Write([]byte(`{"errcode":0}`))
		case "/busy":
			w.WriteHeader(http.StatusBadGateway)
		case "/away":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	}))
	defer srv.Close()
	c := chat.NewClient(srv.Client().Transport)
	for path, want := range map[string]string{
		"/ok?key=CANARY": "", "/busy?key=CANARY": "retry(http-502) after 0s", "/away?key=CANARY": "permanent(http-302)", "/cut?key=CANARY": "unknown(network)",
	} {
		a := c.Call(t.Context(), "POST", chat.Link(srv.URL+path), nil, map[string]string{"a": "<b>"})
		o, ok := a.Fault()
		if ok != (want != "") || ok && o.String() != want {
			t.Errorf("%s: %v, want %s", path, o, want)
		}
		if a.Err != nil && strings.Contains(a.Err.Error(), "CANARY") {
			t.Errorf("%s: the error holds the address: %v", path, a.Err)
		}
	}
	srv.Close()
	a := c.Call(t.Context(), "POST", chat.Link(srv.URL+"/ok?key=CANARY"), nil, nil)
	if o, ok := a.Fault(); !ok || o.Verdict() != chat.VerdictRetry || strings.Contains(a.Err.Error(), "CANARY") {
		t.Errorf("nobody listens: %v, %v", o, a.Err)
	}
}

func TestOriginsAreExact(t *testing.T) {
	t.Parallel()
	for link, want := range map[chat.Link]bool{
		"https://oapi.dingtalk.com/robot": true, "https://OAPI.dingtalk.com/": true, "http://oapi.dingtalk.com/": false,
		"https://oapi.dingtalk.com.evil.cn/": false, "https://oapi.dingtalk.com@evil.cn/": false, "https://oapi.dingtalk.com:444/": false,
		"": false, "//oapi.dingtalk.com/": false,
	} {
		if got := chat.SameOrigin(link, "https://oapi.dingtalk.com"); got != want {
			t.Errorf("%s: %v", link.Reveal(), got)
		}
	}
}
