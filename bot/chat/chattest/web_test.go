package chattest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The fake sends nobody anywhere who asks as WeCom would not take it.
func TestTheFakeOfWeComSendsClientsBackOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	w := NewWeCom(WeComOptions{CorpID: "ww1", AgentID: 7, Domain: "xt.example"})
	t.Cleanup(w.Close)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(agent, name, value string) int {
		t.Helper()
		q := url.Values{
			"appid": {"ww1"}, "agentid": {"7"}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {"S1"}, "redirect_uri": {"https://xt.example/login"},
		}
		if name != "" {
			q.Set(name, value)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+"/connect/oauth2/authorize?"+q.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", agent)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := ask(WeComUserAgent("lisi"), "", ""); got != http.StatusFound || len(w.Violations()) != 0 {
		t.Errorf("%d %q", got, w.Violations())
	}
	for name, value := range map[string]string{
		"appid": "ww2", "agentid": "8", "response_type": "token", "scope": "snsapi_userinfo", "redirect_uri": "https://evil.example/login", "state": "a b",
	} {
		if got := ask(WeComUserAgent("lisi"), name, value); got != http.StatusBadRequest {
			t.Errorf("%s=%s: %d", name, value, got)
		}
	}
	for name, bad := range map[string][2]string{
		"a state too long": {"state", strings.Repeat("S", wecomMaxState+1)}, "no address": {"redirect_uri", "javascript:1"},
	} {
		if got := ask(WeComUserAgent("lisi"), bad[0], bad[1]); got != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := ask("Mozilla/5.0 Chrome", "", ""); got != http.StatusBadRequest {
		t.Errorf("another browser: %d", got)
	}
	if n := len(w.Violations()); n != 9 {
		t.Errorf("%d violations", n)
	}
}
