package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/silenceper/wechat/v2/credential"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
)

// shared is where silenceper's global client leads, set before any test runs.
var shared = func() *chattest.WeCom {
	w := chattest.NewWeCom(chattest.WeComOptions{
		CorpID: "ww1", Secret: canarySecret, AgentID: 1000002, Departments: []chattest.WeComDepartment{
			{ID: 1, Name: "某市"}, {ID: 2, Parent: 1, Name: "市教育局", Users: map[string]string{"ZhangSan": "张三", "lisi": "李四"}},
		},
	})
	if err := wecom.UseTransport(nil, w.URL()); err != nil {
		panic(err)
	}
	return w
}()

func TestFiftyPushesOfTenInstancesFetchOneToken(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	var wait sync.WaitGroup
	for range 10 {
		api, err := wecom.NewAPI(wecom.APIOptions{CorpID: "ww1", Secret: canarySecret, AgentID: 1000002, Base: x.URL(), State: x.state, Now: x.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			wait.Go(func() {
				if _, err := api.Check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if n := x.Calls("gettoken"); n != 1 {
		t.Errorf("%d tokens fetched", n)
	}
}

func TestATokenThatEndedIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40014, 41001, 42001} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			x := newTenant(t)
			x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"}), "done")
			x.Fail("message/send", chattest.WeComFault{Code: code}, 1)
			x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "乙"}), "done")
			if n := x.Calls("gettoken"); n != 2 {
				t.Errorf("%d tokens fetched", n)
			}
			x.Fail("message/send", chattest.WeComFault{Code: code}, -1)
			before := x.Calls("message/send")
			x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "丙"}), fmt.Sprintf("retry(%d) after 1m0s", code))
			if n := x.Calls("message/send") - before; n != 2 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestTokensThatThePlatformEndsOrThatGrowOld(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	push := func() {
		t.Helper()
		x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"}), "done")
	}
	push()
	x.ExpireTokens()
	push()
	x.clock.forward(2*time.Hour - 6*time.Minute)
	push()
	if n := x.Calls("gettoken"); n != 2 {
		t.Errorf("%d tokens fetched while they lived", n)
	}
	sends := x.Calls("message/send")
	x.clock.forward(90 * time.Second) // in its last minutes a token is asked for anew, before it is refused
	push()
	if n, m := x.Calls("gettoken"), x.Calls("message/send")-sends; n != 3 || m != 1 {
		t.Errorf("%d tokens fetched, sent %d times", n, m)
	}
}

// The life that the platform states is kept, however short it is.
func TestAShortLifeIsKept(t *testing.T) {
	t.Parallel()
	var calls int
	srv := serve(t, func(path string) string {
		if path == "/cgi-bin/gettoken" {
			calls++
			return `{"errcode":0,"access_token":"T","expires_in":60}`
		}
		return `{"errcode":0}`
	})
	c := newClock()
	api, err := wecom.NewAPI(wecom.APIOptions{CorpID: "c", Secret: "s", AgentID: 1, Base: srv, State: chat.NewMemory(c.now), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 1, 2} {
		if _, err := api.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if calls != want {
			t.Errorf("after %d s: %d tokens, want %d", i*30, calls, want)
		}
		c.forward(30 * time.Second)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"no life":  {`{"errcode":0,"access_token":"T","expires_in":0}`, "answer"},
		"no token": {`{"errcode":0,"expires_in":7200}`, "answer"},
		"no JSON":  {`<html>` + canarySecret, "network"},
		"busy":     {`{"errcode":-1,"errmsg":"` + canarySecret + `"}`, "-1"},
	} {
		srv := serve(t, func(string) string { return tc.body })
		api, err := wecom.NewAPI(wecom.APIOptions{CorpID: "c", Secret: "s", AgentID: 1, Base: srv, State: chat.NewMemory(nil)})
		if err != nil {
			t.Fatal(err)
		}
		got := wecom.NewAppPusher(api, wecom.AppOptions{}).Push(t.Context(), toZhang, chat.Reply{Text: "甲"})
		if got.Verdict() != chat.VerdictRetry || got.Code() != tc.want {
			t.Errorf("%s: %s", name, got)
		}
		if _, err := api.Check(t.Context()); err == nil || strings.Contains(err.Error(), canarySecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func serve(t *testing.T, answer func(path string) string) string {
	t.Helper()
	var mu sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprint(w, answer(r.URL.Path))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestWrongCredentialsAreNotTriedAllTheTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*wecom.APIOptions)
		code   string
	}{
		"secret": {func(o *wecom.APIOptions) { o.Secret = "CANARY-wrong" }, "40001"},
		"corp":   {func(o *wecom.APIOptions) { o.CorpID = "ww2" }, "40013"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, tc.change)
			for range 5 {
				x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"}), "permanent("+tc.code+")")
			}
			if n := x.Calls("gettoken"); n != 1 {
				t.Errorf("%d tries", n)
			}
			x.clock.forward(time.Minute)
			if _, err := x.api.Check(t.Context()); wecom.Code(err) != tc.code || x.Calls("gettoken") != 2 {
				t.Errorf("a minute later: %v, %d tries", err, x.Calls("gettoken"))
			}
		})
	}
}

func TestAStateThatIsDownAsksForNoToken(t *testing.T) {
	t.Parallel()
	x := newTenant(t, func(o *wecom.APIOptions) { o.State = down{} })
	x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"}), "retry(state) after 5s")
	if x.Calls("gettoken") != 0 {
		t.Error("the platform was asked")
	}
}

// An instance that died while fetching leaves its lease; the next one waits it
// out. Here it gives up first, as the caller's context ends.
func TestALeaseOfAnotherInstanceIsWaitedFor(t *testing.T) {
	t.Parallel()
	held := &leased{Memory: chat.NewMemory(nil), looks: make(chan struct{}, 64)}
	x := newTenant(t, func(o *wecom.APIOptions) { o.State = held })
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan chat.Outcome)
	go func() { end <- x.app.Push(ctx, toZhang, chat.Reply{Text: "甲"}) }()
	<-held.looks
	<-held.looks // it looks again and again
	cancel()
	if got := (<-end).String(); got != "retry(network) after 5s" {
		t.Errorf("got %s", got)
	}
	if x.Calls("gettoken") != 0 {
		t.Error("fetched beside another instance")
	}
	held.free()
	x.wants(t, x.app.Push(t.Context(), toZhang, chat.Reply{Text: "甲"}), "done")
}

// leased is a state in which somebody else holds every lease until it is freed.
type leased struct {
	*chat.Memory
	looks chan struct{}
	mu    sync.Mutex // guards open
	open  bool
}

func (l *leased) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

func (l *leased) Swap(ctx context.Context, key string, old, fresh []byte, ttl time.Duration) (bool, error) {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	if !open && strings.HasSuffix(key, "/lease") {
		if err := l.Put(ctx, key, []byte("another"), time.Minute); err != nil {
			return false, err
		}
		select {
		case l.looks <- struct{}{}:
		default:
		}
		return false, nil
	}
	if open && old == nil && strings.HasSuffix(key, "/lease") {
		if _, err := l.Memory.Swap(ctx, key, []byte("another"), nil, 0); err != nil {
			return false, err
		}
	}
	return l.Memory.Swap(ctx, key, old, fresh, ttl)
}

func TestCheckSeesTheApp(t *testing.T) {
	t.Parallel()
	x := newTenant(t)
	if got, err := x.api.Check(t.Context()); err != nil || got != (wecom.Agent{Name: "协调助手"}) {
		t.Errorf("%+v, %v", got, err)
	}
	wrong := newTenant(t, func(o *wecom.APIOptions) { o.AgentID = 7 })
	if _, err := wrong.api.Check(t.Context()); wecom.Code(err) != "301002" {
		t.Errorf("another agent: %v", err)
	}
	x.Fail("agent/get", chattest.WeComFault{Code: 60020}, 1)
	_, err := x.api.Check(t.Context())
	var e *wecom.Error
	if !errors.As(err, &e) || e.Outcome.Code() != "60020" || e.Source != "192.0.2.7" || err.Error() != "wecom agent/get: permanent(60020) from 192.0.2.7" {
		t.Errorf("an IP that is not trusted: %v", err)
	}
}

func TestOptionsThatMakeNoAPI(t *testing.T) {
	t.Parallel()
	good := wecom.APIOptions{CorpID: "c", Secret: canarySecret, AgentID: 1, State: chat.NewMemory(nil)}
	for name, change := range map[string]func(*wecom.APIOptions){
		"corp": func(o *wecom.APIOptions) { o.CorpID = "" }, "secret": func(o *wecom.APIOptions) { o.Secret = "" },
		"agent": func(o *wecom.APIOptions) { o.AgentID = 0 }, "state": func(o *wecom.APIOptions) { o.State = nil },
		"base": func(o *wecom.APIOptions) { o.Base = "qyapi" },
	} {
		opt := good
		change(&opt)
		if _, err := wecom.NewAPI(opt); !errors.Is(err, chat.ErrConfig) || strings.Contains(err.Error(), canarySecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wecom.NewAPI(good); err != nil {
		t.Error(err)
	}
	if err := wecom.UseTransport(nil, "ftp://x"); !errors.Is(err, chat.ErrConfig) {
		t.Errorf("transport: %v", err)
	}
}

// api of the fake that silenceper's global client leads to.
func sharedAPI(t *testing.T, base string) *wecom.API {
	t.Helper()
	api, err := wecom.NewAPI(wecom.APIOptions{CorpID: "ww1", Secret: canarySecret, AgentID: 1000002, Base: base, State: chat.NewMemory(nil)})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// Not parallel: the fake is shared.
func TestTheAddressListIsReadThroughSilenceper(t *testing.T) {
	api := sharedAPI(t, "") // WeCom's own address, which the transport leads elsewhere
	departments, err := api.Departments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]wecom.Department{{ID: 1, Name: "某市"}, {ID: 2, Parent: 1, Name: "市教育局"}}, departments); diff != "" {
		t.Error(diff)
	}
	shared.ExpireTokens() // which the library alone would not notice
	members, err := api.Members(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]wecom.Member{{ID: "ZhangSan", Name: "张三", Departments: []int{2}}, {ID: "lisi", Name: "李四", Departments: []int{2}}}, members); diff != "" {
		t.Error(diff)
	}
	if _, err := api.Members(t.Context(), 9); wecom.Code(err) != "60003" {
		t.Errorf("a department nobody knows: %v", err)
	}
	for _, f := range []chattest.WeComFault{{Status: 502}, {Drop: true}, {Code: 48002}} {
		shared.Fail("department/list", f, -1)
		_, err := api.Departments(t.Context())
		shared.Fail("department/list", f, 0)
		if err == nil || strings.Contains(err.Error(), "access_token") || strings.Contains(err.Error(), "http://") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// The cache is what the library takes it for: its own token code runs over it.
func TestTheCacheHoldsWhatTheLibraryPutsThere(t *testing.T) {
	state := chat.NewMemory(nil)
	cache := wecom.Cache{State: state, Prefix: "x/"}
	before := shared.Calls("gettoken")
	tokens := credential.NewWorkAccessToken("ww1", canarySecret, "1000002", credential.CacheKeyWorkPrefix, cache)
	first, err := tokens.GetAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	second, err := tokens.GetAccessToken()
	if err != nil || second != first || shared.Calls("gettoken") != before+1 {
		t.Errorf("%v, %d calls", err, shared.Calls("gettoken")-before)
	}
	if v := cache.Get("none"); v != nil {
		t.Errorf("a miss is %v", v)
	}
	if err := cache.Set("k", "v", time.Minute); err != nil || !cache.IsExist("k") || cache.Get("k") != any("v") {
		t.Errorf("set: %v, %v", err, cache.Get("k"))
	}
	if err := cache.Delete("k"); err != nil || cache.IsExist("k") {
		t.Errorf("delete: %v", err)
	}
	if err := cache.Delete("k"); err != nil {
		t.Errorf("delete twice: %v", err)
	}
	if err := cache.Set("k", "v", -time.Second); err != nil || cache.IsExist("k") {
		t.Errorf("no life: %v", err)
	}
	if err := cache.Set("k", 1, time.Minute); err == nil {
		t.Error("a number is kept")
	}
	broken := wecom.Cache{State: down{}}
	if broken.Get("k") != nil || broken.IsExist("k") || broken.Set("k", "v", time.Minute) == nil || broken.Delete("k") == nil {
		t.Error("a state that is down")
	}
}

// No credential is in what is printed, logged or returned as an error.
func TestNoCredentialIsShown(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, nil))
	show := func(v any) {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		log.Info("it", "v", v)
	}
	x := newTenant(t)
	show(wecom.APIOptions{CorpID: "c", Secret: canarySecret})
	show(x.api)
	show(x.app)
	show(x.group)
	show(x.bot)
	faults := []chattest.WeComFault{{Drop: true}, {Cut: true}, {Status: 500}, {Status: 302}, {Status: 404}, {Code: 60020}, {Code: 42001}}
	for _, f := range faults {
		x.Fail("*", f, -1)
		fresh := newTenant(t, func(o *wecom.APIOptions) { o.Base = x.URL() }) // without a token yet
		_, err := fresh.api.Check(t.Context())
		show(err)
		for _, push := range x.senders(t.Context()) {
			o := push()
			show(o)
			show(o.Code())
		}
	}
	x.Close()
	_, err := x.api.Check(t.Context())
	show(err)
	for _, push := range x.senders(t.Context()) {
		show(push())
	}
	show(x.group.Push(t.Context(), chat.Address{Robot: "elsewhere"}, chat.Reply{Text: "甲"}))
	if _, err := x.api.Departments(t.Context()); err != nil {
		show(err)
	}
	for _, secret := range []string{"CANARY", "corpsecret", "access_token", "key="} {
		if i := strings.Index(out.String(), secret); i >= 0 {
			t.Errorf("%s is shown: %s", secret, out.String()[max(0, i-80):i+40])
		}
	}
}
