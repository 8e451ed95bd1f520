package chattest

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The client of WeCom as a place where pages are opened.

const (
	wecomAuthorize  = "/connect/oauth2/authorize" // of open.weixin.qq.com; a private deployment has it at its own address
	wecomLoginLife  = 5 * time.Minute
	wecomTicketLife = 7200 * time.Second
	wecomOutsider   = "openid-" // begins the id of somebody who is no member
	wecomMaxState   = 128
)

type wecomLogin struct {
	user  string
	until time.Time
}

type wecomTicket struct {
	value string
	until time.Time
}

// WeComUserAgent is that of the client on user's phone. Of an id that begins with
// "openid-" it is WeChat's, of somebody who is no member.
func WeComUserAgent(user string) string {
	if strings.HasPrefix(user, wecomOutsider) {
		return "Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0 user/" + user
	}
	return "Mozilla/5.0 (Linux; Android 14) Mobile wxwork/4.1.30 MicroMessenger/7.0.1 user/" + user
}

// LoginCode makes the OAuth code of user: good once, for five minutes.
func (w *WeCom) LoginCode(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	code := rand.Text()
	w.logins[code] = wecomLogin{user, w.opt.Now().Add(wecomLoginLife)}
	return code
}

var (
	wecomState = regexp.MustCompile(`^[0-9A-Za-z]+$`)
	wecomUser  = regexp.MustCompile(` user/(\S+)`)
)

// authorize sends the client back with the code of who uses it (docs 91022).
func (w *WeCom) authorize(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	user := wecomUser.FindStringSubmatch(r.UserAgent())
	fault := ""
	switch {
	case q.Get("appid") != w.opt.CorpID || q.Get("agentid") != strconv.Itoa(w.opt.AgentID):
		fault = "appid or agentid"
	case q.Get("response_type") != "code" || q.Get("scope") != "snsapi_base":
		fault = "response_type or scope"
	case err != nil || back.Scheme != "http" && back.Scheme != "https" || w.opt.Domain != "" && back.Host != w.opt.Domain:
		fault = "redirect_uri" // 50001
	case !wecomState.MatchString(q.Get("state")) || len(q.Get("state")) > wecomMaxState:
		fault = "state"
	case user == nil:
		fault = "no client of WeCom"
	}
	w.mu.Lock()
	w.counts["authorize"]++
	if fault != "" {
		w.violate("authorize: %s", fault)
	}
	w.mu.Unlock()
	if fault != "" {
		http.Error(rw, fault, http.StatusBadRequest)
		return
	}
	params := back.Query()
	params.Set("code", w.LoginCode(user[1]))
	params.Set("state", q.Get("state"))
	back.RawQuery = params.Encode()
	http.Redirect(rw, r, back.String(), http.StatusFound)
}

// login is auth/getuserinfo (docs 91023).
func (w *WeCom) login(q url.Values, _ []byte) any {
	l, ok := w.logins[q.Get("code")]
	delete(w.logins, q.Get("code"))
	if !ok || !w.opt.Now().Before(l.until) {
		return wecomFailed(wecomBadLogin)
	}
	if strings.HasPrefix(l.user, wecomOutsider) {
		return map[string]any{"errcode": 0, "errmsg": "ok", "openid": l.user}
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "userid": l.user, "user_ticket": ""}
}

func (w *WeCom) corpTicket(url.Values, []byte) any { return w.ticket("corp") }

func (w *WeCom) agentTicket(q url.Values, _ []byte) any {
	if q.Get("type") != "agent_config" {
		return w.refuse(wecomBadValue, "ticket/get: type %q", q.Get("type"))
	}
	return w.ticket("agent")
}

// ticket gives the same ticket while it lives (docs 90506).
func (w *WeCom) ticket(kind string) any {
	now := w.opt.Now()
	t := w.tickets[kind]
	if !now.Before(t.until) {
		t = wecomTicket{kind + rand.Text(), now.Add(wecomTicketLife)}
		w.tickets[kind] = t
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "ticket": t.value, "expires_in": int(t.until.Sub(now) / time.Second)}
}

// Signed reports whether the client would let the page at an address call its
// functions: by config, or by agentConfig.
func (w *WeCom) Signed(agent bool, address, nonce string, at int64, signature string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind := map[bool]string{false: "corp", true: "agent"}[agent]
	t := w.tickets[kind]
	sum := sha1.Sum([]byte("jsapi_ticket=" + t.value + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(at, 10) + "&url=" + address))
	return w.opt.Now().Before(t.until) && hex.EncodeToString(sum[:]) == signature
}
