package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/store"
)

const webSecret = "CANARY-secret"

// webClock is a clock that stands still until it is moved.
type webClock struct {
	mu sync.Mutex // guards at
	at time.Time
}

func (c *webClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *webClock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// site is a server with both platforms.
type site struct {
	*Server
	url      string
	store    *store.Store
	sessions *Sessions
	clock    *webClock
	wecom    *chattest.WeCom
	ding     *chattest.DingTalk
	log      *bytes.Buffer
}

func newSite(t *testing.T, change ...func(*Options)) *site {
	t.Helper()
	return newSiteBy(t, func(*site) func(*Options) {
		return func(o *Options) {
			for _, f := range change {
				f(o)
			}
		}
	})
}

// newSiteBy makes a site whose options depend on what it has.
func newSiteBy(t *testing.T, change func(*site) func(*Options)) *site {
	t.Helper()
	x := &site{clock: &webClock{at: time.Date(2026, 11, 28, 8, 45, 0, 0, time.FixedZone("CST", 8*60*60))}, log: &bytes.Buffer{}}
	var err error
	if x.store, err = store.OpenFile(filepath.Join(t.TempDir(), "x.db"), store.Options{Now: x.clock.now, Wall: x.clock.now, NoSync: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.store.Close(); err != nil {
			t.Error(err)
		}
	})
	x.wecom = chattest.NewWeCom(chattest.WeComOptions{CorpID: "ww1", Secret: webSecret, AgentID: 7, Now: x.clock.now})
	t.Cleanup(x.wecom.Close)
	x.ding = chattest.NewDingTalk(chattest.DingTalkOptions{Secret: webSecret, Now: x.clock.now})
	t.Cleanup(x.ding.Close)
	w, err := wecom.NewAPI(wecom.APIOptions{CorpID: "ww1", Secret: webSecret, AgentID: 7, Base: x.wecom.URL(), State: chat.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	api, err := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: "dingclient", Secret: webSecret, Base: x.ding.URL(), OldBase: x.ding.URL(), State: chat.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := dingtalk.NewWeb(api, dingtalk.WebOptions{CorpID: "dingcorp"})
	if err != nil {
		t.Fatal(err)
	}
	x.sessions = NewSessions(x.store, x.clock.now)
	srv := httptest.NewUnstartedServer(nil)
	x.url = "http://" + srv.Listener.Addr().String()
	var lock sync.Mutex
	opt := Options{
		Logger:   slog.New(slog.NewTextHandler(lockedWriter{&lock, x.log}, nil)),
		Sessions: x.sessions, Webs: []chat.Web{w, d}, PublicURL: x.url,
	}
	change(x)(&opt)
	if x.Server, err = New(opt); err != nil {
		t.Fatal(err)
	}
	x.limit.now, x.joins.now = x.clock.now, x.clock.now
	if opt.Activities == nil {
		x.greet()
	}
	srv.Config.Handler = x.Server
	srv.Start()
	t.Cleanup(srv.Close)
	return x
}

// greet serves a page, /a/A7, that greets whom it knows and sends others to say who
// they are.
func (x *site) greet() {
	page := func(c *gin.Context) error {
		v, err := x.Visit(c)
		if err != nil {
			return err
		}
		if v.Who == nil {
			if sent, err := x.SignIn(c, v); sent || err != nil {
				return err
			}
			c.String(http.StatusOK, "nobody csrf=%s", v.CSRF())
			return nil
		}
		c.String(http.StatusOK, "%s %s %v csrf=%s", v.Who.Platform, v.Who.User, v.Who.Outside, v.CSRF())
		return nil
	}
	x.engine.GET("/a/:activity", x.wrap(page))
	x.engine.POST("/a/:activity", limitBody, x.wrap(func(c *gin.Context) error {
		_, err := x.Posted(c)
		if err == nil {
			c.String(http.StatusOK, "done")
		}
		return err
	}))
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// phone is a browser with its cookies.
type phone struct {
	t     *testing.T
	http  *http.Client
	agent string
	trace []string // the addresses of the last visit
}

func newPhone(t *testing.T, agent string) *phone {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, agent: agent}
	p.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		p.trace = append(p.trace, r.URL.String())
		if len(p.trace) > 8 {
			return errors.New("it goes round and round")
		}
		return nil
	}}
	return p
}

func (p *phone) do(method, link string, form url.Values) (int, string) {
	p.t.Helper()
	p.trace = nil
	r, err := http.NewRequestWithContext(p.t.Context(), method, link, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("User-Agent", p.agent)
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (p *phone) get(link string) (int, string) { return p.do(http.MethodGet, link, nil) }

// cookie is the secret that the site gave the browser.
func (p *phone) cookie(site string) *http.Cookie {
	u, err := url.Parse(site)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range p.http.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "xietiao") {
			return c
		}
	}
	return &http.Cookie{}
}

func csrfOf(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`csrf(?:=|" value=")([0-9a-f]{64})`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no csrf in %s", page)
	}
	return m[1]
}

// want checks a page.
func want(t *testing.T, name string, code int, body string, wantCode int, words string) {
	t.Helper()
	if code != wantCode || !strings.Contains(body, words) {
		_, body, _ = strings.Cut(body, "<main")
		t.Errorf("%s: %d %.600q, want %d %q", name, code, body, wantCode, words)
	}
}

func TestAWeComClientSignsInOnTheWayToAPage(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for user, words := range map[string]string{"ZhangSan": "wecom ZhangSan false", "openid-o123": "wecom openid-o123 true"} {
		p := newPhone(t, chattest.WeComUserAgent(user))
		code, body := p.get(x.url + "/a/A7?c=482913")
		want(t, "first", code, body, 200, words)
		if last := p.trace[len(p.trace)-1]; last != x.url+"/a/A7?c=482913" {
			t.Errorf("it came back to %s", last)
		}
		if len(p.trace) != 3 || !strings.HasPrefix(p.trace[0], x.wecom.URL()) {
			t.Errorf("by way of %v", p.trace)
		}
		code, body = p.get(x.url + "/a/A8")
		want(t, "then", code, body, 200, words)
		if len(p.trace) != 0 {
			t.Errorf("again by way of %v", p.trace)
		}
	}
	if v := x.wecom.Violations(); len(v) > 0 {
		t.Errorf("broken: %q", v)
	}
	code, body := newPhone(t, "Mozilla/5.0 Chrome").get(x.url + "/a/A7")
	want(t, "another browser", code, body, 200, "nobody")
}

func TestADingTalkClientSignsInOnTheWayToAPage(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := newPhone(t, chattest.DingTalkUserAgent)
	code, page := p.get(x.url + "/a/A7?c=482913")
	want(t, "script", code, page, 200, `data-corp="dingcorp"`)
	m := regexp.MustCompile(`data-state="(\w+)" data-next="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal(page)
	}
	code, body := p.get(x.url + m[2] + "?code=" + x.ding.AuthCode("u1") + "&state=" + m[1])
	want(t, "signed in", code, body, 200, "dingtalk u1 false")
	if p.trace[0] != x.url+"/a/A7?c=482913" {
		t.Errorf("it came back to %v", p.trace)
	}
}

// What is good for one browser, once and for a while is good for nothing else.
func TestSignInsThatAreRefused(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	begin := func(p *phone) string {
		_, page := p.get(x.url + "/a/A7")
		m := regexp.MustCompile(`data-state="(\w+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%q has signed in", page)
		}
		return m[1]
	}
	back := func(p *phone, state, code string) (int, string) {
		return p.get(x.url + "/login/dingtalk?code=" + code + "&state=" + state)
	}
	victim, thief := newPhone(t, chattest.DingTalkUserAgent), newPhone(t, chattest.DingTalkUserAgent)

	state := begin(thief)
	begin(victim)
	code, body := back(victim, state, x.ding.AuthCode("thief"))
	want(t, "begun by another browser", code, body, 401, "没有认出您")
	code, body = back(newPhone(t, chattest.DingTalkUserAgent), state, x.ding.AuthCode("thief"))
	want(t, "by a browser without cookies", code, body, 401, "没有认出您")
	for _, made := range []string{"", "x", strings.Repeat("A", 26)} {
		code, body = back(victim, made, x.ding.AuthCode("victim"))
		want(t, "never begun", code, body, 401, "没有认出您")
	}
	state = begin(victim)
	x.clock.forward(loginLife)
	code, body = back(victim, state, x.ding.AuthCode("victim"))
	want(t, "begun too long ago", code, body, 401, "没有认出您")
	code, body = back(victim, begin(victim), "guess")
	want(t, "a code that is none", code, body, 401, "没有认出您")

	state = begin(victim)
	code, body = back(victim, state, x.ding.AuthCode("victim"))
	want(t, "signed in", code, body, 200, "dingtalk victim")
	held := x.ding.AuthCode("thief")
	code, body = back(victim, state, held)
	want(t, "the same address again", code, body, 200, "dingtalk victim")
	code, body = back(thief, state, held)
	want(t, "the same address elsewhere", code, body, 401, "没有认出您")
	if _, err := x.Server.opt.Webs[1].Identify(t.Context(), held); err != nil {
		t.Errorf("a code was used where nothing was to be done: %v", err)
	}
	code, _ = victim.get(x.url + "/login/elsewhere?state=" + state)
	if code != 404 {
		t.Errorf("a platform nobody knows: %d", code)
	}
}

func TestASignInGivesTheBrowserAnotherSecret(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := newPhone(t, chattest.WeComUserAgent("ZhangSan"))
	planted := strings.Repeat("A", secretLength)
	u, err := url.Parse(x.url)
	if err != nil {
		t.Fatal(err)
	}
	p.http.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao", Value: planted}})
	code, body := p.get(x.url + "/a/A7")
	want(t, "signed in", code, body, 200, "ZhangSan")
	if p.cookie(x.url).Value == planted {
		t.Error("the secret is the one that was planted")
	}
	other := newPhone(t, "Mozilla/5.0 Chrome")
	other.http.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao", Value: planted}})
	code, body = other.get(x.url + "/a/A7")
	want(t, "who planted it", code, body, 200, "nobody")
	for _, junk := range []string{"", "short", strings.Repeat("a", secretLength), strings.Repeat("A", 5000)} {
		other.http.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao", Value: junk}})
		code, body = other.get(x.url + "/a/A7")
		want(t, "junk", code, body, 200, "nobody")
	}
}

func TestASessionEnds(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := newPhone(t, chattest.WeComUserAgent("ZhangSan"))
	code, body := p.get(x.url + "/a/A7")
	want(t, "signed in", code, body, 200, "ZhangSan")
	secret := p.cookie(x.url).Value
	if _, ok, err := x.sessions.Who(t.Context(), secret); !ok || err != nil {
		t.Error(ok, err)
	}
	x.clock.forward(sessionLife)
	if _, ok, err := x.sessions.Who(t.Context(), secret); ok || err != nil {
		t.Error(ok, err)
	}
	code, body = p.get(x.url + "/a/A7")
	want(t, "signed in anew", code, body, 200, "ZhangSan")
	secret = p.cookie(x.url).Value
	code, body = p.do("POST", x.url+"/logout", url.Values{"csrf": {csrfOf(t, body)}})
	want(t, "signed out", code, body, 200, "已经退出")
	if _, ok, err := x.sessions.Who(t.Context(), secret); ok || err != nil || p.cookie(x.url).Value == secret {
		t.Error(ok, err)
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p, q := newPhone(t, chattest.WeComUserAgent("ZhangSan")), newPhone(t, chattest.WeComUserAgent("lisi"))
	_, mine := p.get(x.url + "/a/A7")
	_, other := q.get(x.url + "/a/A7")
	code, body := p.do("POST", x.url+"/a/A7", url.Values{"csrf": {csrfOf(t, mine)}})
	want(t, "of this page", code, body, 200, "done")
	for name, form := range map[string]url.Values{"nothing": {}, "made up": {"csrf": {strings.Repeat("0", 64)}}, "of another browser": {"csrf": {csrfOf(t, other)}}} {
		code, body := p.do("POST", x.url+"/a/A7", form)
		want(t, name, code, body, 403, "请刷新")
	}
	code, body = newPhone(t, "").do("POST", x.url+"/a/A7", url.Values{"csrf": {csrfOf(t, mine)}})
	want(t, "without a cookie", code, body, 403, "请刷新")
	// Nothing of a session from before a sign-in is good after it.
	r := newPhone(t, "Mozilla/5.0 Chrome")
	_, before := r.get(x.url + "/a/A7")
	r.agent = chattest.WeComUserAgent("wangwu")
	r.get(x.url + "/a/A7")
	code, body = r.do("POST", x.url+"/a/A7", url.Values{"csrf": {csrfOf(t, before)}})
	want(t, "of before the sign-in", code, body, 403, "请刷新")
}

func (x *site) invite(t *testing.T, l Link) (path string) {
	t.Helper()
	err := x.store.Update(t.Context(), func(tx *store.Tx) (err error) {
		path, err = x.sessions.Invite(tx, l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAOneTimeLinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	zhang := Link{Visitor: chat.Visitor{Platform: chat.DingTalk, User: "zhang"}, Path: "/a/A7", Title: "A7 读书会：现场签到"}
	path := x.invite(t, zhang)
	p := newPhone(t, "Mozilla/5.0 Chrome")
	for range 3 { // clients look before anybody opens it
		code, body := p.get(x.url + path)
		want(t, "shown", code, body, 200, "A7 读书会：现场签到")
	}
	_, page := p.get(x.url + path)
	code, body := p.do("POST", x.url+path, nil)
	want(t, "opened by another site", code, body, 403, "请刷新")
	code, body = p.do("POST", x.url+path, url.Values{"csrf": {csrfOf(t, page)}})
	want(t, "opened", code, body, 200, "dingtalk zhang")
	if len(p.trace) != 1 || p.trace[0] != x.url+"/a/A7" {
		t.Errorf("it led to %v", p.trace)
	}
	_, page = p.get(x.url + "/a/A7")
	code, body = p.do("POST", x.url+path, url.Values{"csrf": {csrfOf(t, page)}})
	want(t, "used", code, body, 410, "用过了")
	code, body = newPhone(t, "").get(x.url + path)
	want(t, "shown after that", code, body, 410, "用过了")

	old := x.invite(t, zhang)
	x.clock.forward(linkLife)
	code, body = p.get(x.url + old)
	want(t, "old", code, body, 410, "10 分钟")
	code, body = p.get(x.url + pathLink + strings.Repeat("A", secretLength))
	want(t, "made up", code, body, 410, "用过了")
}

func TestAOneTimeLinkOpenedTwiceAtOnceIsOnes(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	key := strings.TrimPrefix(x.invite(t, Link{Path: "/a/A7"}), pathLink)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		wg.Go(func() {
			switch _, _, err := x.sessions.Accept(context.Background(), "b", key); {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				won++
			case !errors.Is(err, ErrLink):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d browsers", won)
	}
}

func TestOnlyOwnPagesAreLedTo(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, path := range []string{"", "a/A7", "//evil.example/", `/\evil.example`, `\\evil.example`, "https://evil.example/", "/a\r\nX: y", "/a b", "javascript:alert(1)"} {
		if _, err := x.sessions.Begin(t.Context(), "b", path); !errors.Is(err, ErrMalformed) {
			t.Errorf("begin %q: %v", path, err)
		}
		err := x.store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := x.sessions.Invite(tx, Link{Path: path})
			return err
		})
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("invite %q: %v", path, err)
		}
	}
	for _, link := range []string{"//evil.example/a/A7", "/a/A7/..//evil.example"} {
		p := newPhone(t, chattest.WeComUserAgent("ZhangSan"))
		p.get(x.url + link)
		for _, to := range p.trace {
			if u, err := url.Parse(to); err != nil || u.Host == "evil.example" {
				t.Errorf("%s led to %s", link, to)
			}
		}
	}
}

func TestAPlatformThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, f := range []chattest.WeComFault{{Code: 60020}, {Code: 48002}, {Status: 502}} {
		x.wecom.Fail("auth/getuserinfo", f, 1)
		code, body := newPhone(t, chattest.WeComUserAgent("ZhangSan")).get(x.url + "/a/A7")
		want(t, "fault", code, body, 502, "现在问不到您是谁")
	}
	if log := x.log.String(); !strings.Contains(log, "60020") || strings.Contains(log, "CANARY") || strings.Contains(log, "state=") || strings.Contains(log, "code=") {
		t.Errorf("the log does not tell why, or too much:\n%s", log)
	}
}

func TestCookiesAreKeptFromScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://xt.example": "__Host-xietiao=X; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
		"":                   "xietiao=X; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
	} {
		x := newSite(t, func(o *Options) { o.PublicURL = base })
		w := do(x.Server, "GET", "/a/A7", "", "User-Agent", "Mozilla/5.0 Chrome")
		got := regexp.MustCompile(`=[A-Z2-7]{26};`).ReplaceAllString(w.Header().Get("Set-Cookie"), "=X;")
		if got != want {
			t.Errorf("%q: %s", base, got)
		}
	}
}

func TestWithoutAWayBackNobodyIsSentAway(t *testing.T) {
	t.Parallel()
	x := newSite(t, func(o *Options) { o.PublicURL = "" })
	code, body := newPhone(t, chattest.WeComUserAgent("ZhangSan")).get(x.url + "/a/A7")
	want(t, "no public address", code, body, 200, "nobody")
	if w := do(x.Server, "GET", "/login/wecom?state=x", ""); w.Code != 404 {
		t.Error(w.Code)
	}
}

func TestAStoreThatIsDownSignsNobodyIn(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := newPhone(t, chattest.WeComUserAgent("ZhangSan"))
	p.get(x.url + "/a/A7")
	if err := x.store.Close(); err != nil {
		t.Fatal(err)
	}
	code, body := p.get(x.url + "/a/A7")
	want(t, "down", code, body, 503, "数据库")
}

func TestOneAddressIsBounded(t *testing.T) {
	t.Parallel()
	clock := &webClock{at: time.Now().Truncate(time.Minute)}
	l := NewLimiter(perMinute, clock.now)
	for i := range perMinute {
		if !l.Allow("2001:db8::1") || !l.Allow("192.0.2.1") {
			t.Fatal(i)
		}
	}
	for address, ok := range map[string]bool{
		"2001:db8::1": false, "2001:db8::ffff:1": false, "192.0.2.1": false, "192.0.2.2": true, "2001:db8:1::1": true, "": true, "@": true,
	} {
		if l.Allow(address) != ok {
			t.Errorf("%q", address)
		}
	}
	clock.forward(time.Minute)
	if !l.Allow("192.0.2.1") {
		t.Error("a minute later")
	}

	x := newSite(t)
	for range perMinute {
		x.limit.Allow("192.0.2.1") // httptest's
	}
	if w := do(x.Server, "GET", "/login/wecom?state=x", ""); w.Code != 429 {
		t.Error(w.Code)
	}
	for agent, code := range map[string]int{chattest.DingTalkUserAgent: 429, "Mozilla/5.0 Chrome": 200} {
		if w := do(x.Server, "GET", "/a/A7", "", "User-Agent", agent); w.Code != code {
			t.Errorf("%s: %d", agent, w.Code)
		}
	}
}
