package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/handlers"
)

// wire is the way from browsers to a service. It can be cut.
type wire struct {
	*httptest.Server
	to   atomic.Pointer[httputil.ReverseProxy]
	down atomic.Bool
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.down.Load() {
			panic(http.ErrAbortHandler)
		}
		w.to.Load().ServeHTTP(rw, r)
	}))
	t.Cleanup(w.Close)
	return w
}

// hall is a service with an activity on Saturday, 9:00 to 11:00, its roster, both
// platforms, and a browser that many people's phones are tabs of. It is 8:45.
type hall struct {
	t       *testing.T
	wire    *wire
	clock   *clock
	app     *app
	board   *activity.Board
	wecom   *chattest.WeCom
	ding    *chattest.DingTalk
	browser context.Context
	n       activity.Number
}

const hallRoster = "姓名,单位,角色,企业微信账号,钉钉账号\n馆乙,市文旅体局,联络员,guan,dguan\n张丽,市文旅体局,工作人员,zhang,dzhang\n"

func newHall(t *testing.T, change ...func(*activity.Draft)) *hall {
	t.Helper()
	h := &hall{t: t, wire: newWire(t), clock: &clock{}, browser: browser(t)}
	if err := chromedp.Run(h.browser); err != nil { // before any tab
		t.Fatal(err)
	}
	h.wecom = chattest.NewWeCom(chattest.WeComOptions{CorpID: "ww1", Secret: "hall-secret", AgentID: 7, Domain: strings.TrimPrefix(h.wire.URL, "http://")})
	t.Cleanup(h.wecom.Close)
	h.ding = chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: "dinghall", Secret: "hall-secret"})
	h.ding.SetStream(chattest.DingTalkStream{})
	t.Cleanup(h.ding.Close)
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.PublicURL = "127.0.0.1:0", filepath.Join(t.TempDir(), "data"), h.wire.URL
	cfg.WeCom.CorpID, cfg.WeCom.AgentID, cfg.WeCom.Secret, cfg.WeCom.APIBase = "ww1", 7, "hall-secret", h.wecom.URL()
	d := &cfg.DingTalk
	d.ClientID, d.ClientSecret, d.RobotCode, d.APIBase, d.OAPIBase = "dinghall", "hall-secret", "dinghall", h.ding.URL(), h.ding.URL()
	d.CorpID, d.AgentID, d.Mode = "dingcorp", 9, "http"
	start := time.Date(2026, 11, 28, 9, 0, 0, 0, cfg.Location())
	h.clock.advance(time.Until(start.Add(-15 * time.Minute)))
	a, err := newAppBy(t.Context(), cfg, programTime{now: h.clock.in(cfg)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h.app = a
	to, err := url.Parse(a.url())
	if err != nil {
		t.Fatal(err)
	}
	h.wire.to.Store(httputil.NewSingleHostReverseProxy(to))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if v := h.wecom.Violations(); len(v) > 0 {
			t.Errorf("broken: %q", v)
		}
	})
	waitReady(t, a.url())
	p, err := openPeople(t.Context(), cfg, a.store)
	if err != nil {
		t.Fatal(err)
	}
	if h.board, err = newActivities(cfg, a.box, p.vault); err != nil {
		t.Fatal(err)
	}
	list, problems, err := org.ReadRoster("r.csv", []byte(hallRoster), a.shelf.units())
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	unit, ok := a.shelf.units().Resolve("市文旅体局")
	if !ok {
		t.Fatal("the sample does not know the unit")
	}
	draft := activity.Draft{
		Title: "“声悦乐清”读书会", Text: "带一本想推荐的书，每人讲五分钟。\n现场有茶水。", Unit: unit, Start: start, End: start.Add(2 * time.Hour), SignTo: start.Add(2 * time.Hour),
		Capacity: 40, CheckOut: true, Public: true, Skills: []string{"朗诵"},
		Place: activity.Place{Name: "市图书馆二楼", Point: activity.Point{Latitude: 28.12, Longitude: 120.95, System: activity.GCJ02}, Radius: 300},
	}
	for _, f := range change {
		f(&draft)
	}
	h.update(func(tx *store.Tx) error {
		if _, err := org.Apply(tx, list, org.Operator); err != nil {
			return err
		}
		a, _, err := h.board.Create(tx, "", draft, activity.Operator)
		if err != nil {
			return err
		}
		h.n = a.Number
		_, err = h.board.Publish(tx, a.Number, activity.Operator)
		return err
	})
	return h
}

func (h *hall) update(fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.app.store.Update(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// volunteers signs people up by their names, without a browser.
func (h *hall) volunteers(names ...string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		for i, name := range names {
			v, _, err := h.board.Enrol(tx, activity.Application{
				Profile: activity.Profile{Name: name, Consent: activity.Consent{Version: "t"}},
				Account: activity.Account{Platform: chat.WeCom, User: chat.UserID(fmt.Sprint("u", i))},
			})
			if err != nil {
				return err
			}
			if _, err := h.board.Join(tx, h.n, v.ID, activity.Self(v.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// records are what is known of a volunteer at the activity.
func (h *hall) records(v activity.VolunteerID) (list []activity.Record) {
	h.t.Helper()
	err := h.app.store.View(h.t.Context(), func(r store.Reader) error {
		s, _, err := h.board.Signup(r, h.n, v)
		list = s.Records
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// code is what the screen shows now.
func (h *hall) code() (digits string) {
	h.t.Helper()
	err := h.app.store.View(h.t.Context(), func(r store.Reader) error {
		c, err := h.board.Code(r, h.n, activity.Operator)
		digits = c.Digits
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return digits
}

func (h *hall) page(more string) string { return h.wire.URL + "/a/" + h.n.String() + more }

// tab is one person's phone. What a page complains of, or asks other machines for,
// fails the test.
type tab struct {
	*hall
	ctx  context.Context
	name string

	mu     sync.Mutex // guards faults
	faults []string
}

// tab opens a phone with cookies of its own.
func (h *hall) tab(name, agent string, more ...chromedp.Action) *tab {
	h.t.Helper()
	all := cdp.WithExecutor(h.browser, chromedp.FromContext(h.browser).Browser)
	profile, err := target.CreateBrowserContext().Do(all)
	if err != nil {
		h.t.Fatal(err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(all)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(h.browser, chromedp.WithTargetID(id))
	h.t.Cleanup(cancel)
	p := &tab{hall: h, ctx: ctx, name: name}
	chromedp.ListenTarget(ctx, p.hear)
	p.do(slices.Concat([]chromedp.Action{
		network.Enable(), cdplog.Enable(), phone, devtools("Emulation.setUserAgentOverride", map[string]any{"userAgent": agent}),
	}, more)...)
	h.t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.faults {
			h.t.Errorf("%s: %s", name, f)
		}
	})
	return p
}

// hear takes down what should not be. What fails because the wire is cut is as it
// should be.
func (p *tab) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			fault = "console:"
			for _, a := range e.Args {
				fault += " " + string(a.Value) + a.Description
			}
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError && !strings.HasPrefix(e.Entry.Text, "Failed to load resource") {
			fault = e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		known := []string{p.wire.URL, p.wecom.URL(), "data:", "about:", "blob:", wecomScript, dingTalkScript}
		if err != nil || !slices.ContainsFunc(known, func(base string) bool { return strings.HasPrefix(e.Request.URL, base) }) {
			fault = "asks for " + u.Host
		}
	}
	if fault != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, fault)
	}
}

func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// sees waits until the page, or the one that follows it, says the words.
func (p *tab) sees(words ...string) {
	p.t.Helper()
	for _, w := range words {
		var text string
		err := each(p.ctx, func() bool {
			err := chromedp.Run(p.ctx, chromedp.Evaluate("document.body?.innerText ?? ''", &text))
			return err == nil && strings.Contains(text, w) // a page that goes away has an error
		})
		if err != nil {
			p.t.Fatalf("%s does not say %q: %v\n%s", p.name, w, err, text)
		}
	}
}

// looks keeps pictures of the page in light and dark, and says if it is wider than
// the phone.
func (p *tab) looks(name string) {
	p.t.Helper()
	var wide bool
	p.do(shot(name), dark(true), shot(name+"-dark"), dark(false), chromedp.Evaluate("document.documentElement.scrollWidth > innerWidth", &wide))
	if wide {
		p.t.Errorf("%s is wider than a phone", name)
	}
	p.contrast(name)
}

// contrast finds words that are too pale to read: below 4.5 to 1 (WCAG AA), or below
// 3 to 1 where they are large.
func (p *tab) contrast(name string) {
	p.t.Helper()
	var pale []string
	p.do(chromedp.Evaluate(`(() => {
		const lum = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
		const rgb = (s) => s.match(/[\d.]+/g).map(Number);
		const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
		return [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && !e.closest("svg, option") && !e.matches(":disabled") &&
			[...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).filter((e) => {
			const style = getComputedStyle(e), a = lum(rgb(style.color)), b = lum(ground(e)), size = parseFloat(style.fontSize);
			const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
			return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < (large ? 3 : 4.5);
		}).map((e) => e.tagName + " " + e.textContent.trim().slice(0, 30));
	})()`, &pale))
	if len(pale) > 0 {
		p.t.Errorf("%s: too pale: %q", name, pale)
	}
}

// press clicks on what the selector names and waits for the words.
func (p *tab) press(selector string, words ...string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(selector), chromedp.Click(selector))
	p.sees(words...)
}

// serves answers for the address of a client's script, in place of the platform.
func serves(address, script string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		chromedp.ListenTarget(ctx, func(event any) {
			e, ok := event.(*fetch.EventRequestPaused)
			if !ok {
				return
			}
			go func() { // a listener must not wait for the browser
				answer := fetch.FulfillRequest(e.RequestID, http.StatusOK).WithBody(base64.StdEncoding.EncodeToString([]byte(script)))
				_ = answer.Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Target)) // the tab may be gone
			}()
		})
		return fetch.Enable().WithPatterns([]*fetch.RequestPattern{{URLPattern: address}}).Do(ctx)
	})
}

// Where the platforms serve their clients' scripts.
var (
	wecomScript    = new(wecom.API).Script()
	dingTalkScript = new(dingtalk.Web).Script()
)

// What the clients' scripts do as far as pages call them: they remember what they
// were asked.
const (
	wecomClient = `window.asked = [];
window.ww = {
	register(o) { this.by = o; },
	async getLocation(params) {
		const url = location.href;
		asked.push({ name: "config", params: await this.by.getConfigSignature(url) }, { name: "agentConfig", params: await this.by.getAgentConfigSignature(url) }, { name: "getLocation", params });
		return { latitude: 28.1203, longitude: 120.9502, accuracy: 35 };
	},
};`
	dingTalkClient = `window.dd = {
	ready(f) { f(); }, error() {}, config(o) { this.by = o; },
	runtime: { permission: { requestAuthCode({ onSuccess }) { onSuccess({ code: %q }); } } },
	device: { geolocation: { get({ onSuccess }) { onSuccess({ latitude: 28.1203, longitude: 120.9502, accuracy: 35, isFromMock: true }); } } },
};`
)

func TestAVolunteerOnAPhone(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.tab("volunteer", chattest.WeComUserAgent("zhang"), serves(wecomScript, wecomClient))
	p.do(chromedp.Navigate(h.page("")))
	p.sees("报名中", "市图书馆二楼", "还剩 40 个")
	p.looks("activity-new")
	p.do(chromedp.Click("#join [name=consent]"))
	p.press("#join button:not([type])", "已报名", "您是 张丽")
	p.looks("activity-joined")

	p.do(chromedp.Navigate(h.page("?c=" + h.code()))) // the scan: nothing is to be pressed
	p.sees("已签到：08:4", "签退码")
	p.looks("activity-in")
	if r := h.records("V1"); len(r) != 1 || r[0].Way != activity.WayCode {
		t.Errorf("%+v", r)
	}
	h.clock.advance(2 * time.Hour)
	p.do(chromedp.SendKeys("#c", "000000"))
	p.press("#check button", "签到码不对")
	p.looks("activity-refused")
	p.press("#place button", "已签退：10:4", "定位")
	r := h.records("V1")
	if len(r) != 2 || r[1].Claim == nil || r[1].Claim.System != activity.GCJ02 || r[1].Claim.Accuracy != 35 || r[1].Claim.Distance > 60 {
		t.Errorf("%+v", r)
	}

	h.clock.advance(2 * time.Hour)
	p.press("footer a[href='/a/hours']", "合计 1 小时 4", "“声悦乐清”读书会")
	p.looks("hours")
	p.do(chromedp.Click("li summary"), chromedp.SendKeys("li textarea", "我 11 点才走"))
	p.press("li details button", "组织者正在核对")
	p.press("form[action='/a/hours/certificate'] button", "志愿服务记录证明", "兹证明 张丽")
	p.looks("certificate")
	p.printsOnePage("certificate")
	var address string
	p.do(chromedp.Evaluate(`document.querySelector(".verify small").textContent.match(/http\S+/)[0]`, &address))
	q := h.tab("anybody", "Mozilla/5.0 Chrome/130")
	q.do(chromedp.Navigate(address))
	q.sees("这份证明有效", "张*")
	q.looks("check")
	p.do(chromedp.Navigate(h.wire.URL + "/a/"))
	p.sees("现在没有")
}

// The client lets the page call it: the signature is over the address that the
// browser has.
func TestAPageMayCallItsClient(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.update(func(tx *store.Tx) error {
		v, _, err := h.board.Enrol(tx, activity.Application{
			Profile: activity.Profile{Name: "张丽", Consent: activity.Consent{Version: "t"}}, Account: activity.Account{Platform: chat.WeCom, User: "zhang"},
		})
		if err == nil {
			_, err = h.board.Join(tx, h.n, v.ID, activity.Self(v.ID))
		}
		return err
	})
	address := h.page("?from=群")
	p := h.tab("wecom", chattest.WeComUserAgent("zhang"), serves(wecomScript, wecomClient))
	p.do(chromedp.Navigate(address), chromedp.WaitVisible("#place button"))
	var asked []struct {
		Name   string
		Params struct {
			Timestamp                 int64
			NonceStr, Signature, Type string
		}
	}
	var href string
	p.do(
		chromedp.Evaluate("location.href", &href),
		// The form that is sent would take the page away.
		chromedp.Evaluate(`document.getElementById("place").submit = () => { window.sent = Object.fromEntries(new FormData(document.getElementById("place"))); }`, nil),
		chromedp.Click("#place button"),
		chromedp.Poll("window.sent", nil),
		chromedp.Evaluate("asked", &asked),
	)
	var names []string
	for _, a := range asked {
		names = append(names, a.Name)
		here, _, _ := strings.Cut(href, "#")
		switch q := a.Params; {
		case a.Name == "getLocation" && q.Type != "gcj02":
			t.Errorf("asked for %s", q.Type)
		case a.Name != "getLocation" && !h.wecom.Signed(a.Name == "agentConfig", here, q.NonceStr, q.Timestamp, q.Signature):
			t.Errorf("the client does not take the signature for %s: %+v", href, a)
		}
	}
	if !slices.Equal(names, []string{"config", "agentConfig", "getLocation"}) {
		t.Errorf("asked %q", names)
	}

	d := h.tab("dingtalk", chattest.DingTalkUserAgent, serves(dingTalkScript, fmt.Sprintf(dingTalkClient, h.ding.AuthCode("dzhang"))))
	d.do(chromedp.Navigate(h.page("")))
	d.sees("您是 张丽", "已报名") // one person on both platforms
	d.press("#place button", "已签到：08:4", "定位")
	if r := h.records("V1"); len(r) != 1 || r[0].Claim == nil || !r[0].Claim.Mock || r[0].Claim.System != activity.GCJ02 {
		t.Errorf("%+v", r)
	}
}

func TestAnOutsiderJoinsWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.tab("outsider", "Mozilla/5.0 Chrome/130", devtools("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}))
	see := func(words string) chromedp.Action {
		return chromedp.WaitVisible(`//body[contains(.,"` + words + `")]`)
	}
	p.do(
		chromedp.Navigate(h.page("")), see("由组织者确认"), shot("activity-outsider"),
		chromedp.SendKeys("#name", "周航"), chromedp.SendKeys("#phone", "13800001234"), chromedp.Click("#join [name=consent]"), chromedp.Click("#join button"),
		see("已报名"), see("您是 周航"), see("请找现场组织者确认"),
	)
	g := h.tab("organiser", chattest.WeComUserAgent("guan"))
	g.do(chromedp.Navigate(h.page("/list")), chromedp.WaitVisible(`//li//button[contains(.,"周航")]`))
	g.sees("待确认 1 人")
	g.do(chromedp.Click(`//li//button[contains(.,"周航")]`), chromedp.WaitVisible("#confirm button"))
	g.looks("list-outsider")
	g.do(chromedp.Click("#invite button"), chromedp.WaitVisible("#link svg"))
	g.looks("list-invite")
	g.do(chromedp.Click("#confirm button"), chromedp.WaitNotVisible("#person"))
	p.do(
		chromedp.Navigate(h.page("?c="+h.code())), chromedp.WaitVisible("#check"), chromedp.Click("#check button"), see("已签到：08:4"),
	)
}

func TestTheScreenAtAVenue(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.volunteers("张丽", "王五")
	p := h.tab("screen", chattest.WeComUserAgent("guan"))
	p.do(chromedp.Navigate(h.page("/screen")))
	p.sees("签到 "+h.n.String()+" "+h.code(), "名单上 2 人")
	p.looks("screen-phone")
	p.do(desktop)
	p.looks("screen")
	before := h.code()
	h.clock.advance(30 * time.Second)
	p.sees(h.code())
	if h.code() == before {
		t.Error("the code is the same")
	}
	h.update(func(tx *store.Tx) error {
		done, err := h.board.Check(tx, h.n, activity.Scan{Volunteer: "V1", Way: activity.WayCode, Code: h.codeIn(tx)})
		if err == nil && done.Refused != nil {
			err = done.Refused
		}
		return err
	})
	p.sees("已签到 1 人")
	// Without a network a code is shown for as long as it is good, and no longer.
	h.clock.advance(30*time.Second - h.clock.now().Sub(h.clock.now().Truncate(30*time.Second)) - 3*time.Second)
	p.sees(h.code())
	h.wire.down.Store(true)
	p.do(chromedp.WaitVisible("#lost"), chromedp.WaitNotVisible("#code"), shot("screen-lost"))
	h.wire.down.Store(false)
	p.do(chromedp.WaitVisible("#code"), chromedp.WaitNotVisible("#lost"))
	p.sees(h.code())
}

func (h *hall) codeIn(r store.Reader) string {
	c, err := h.board.Code(r, h.n, activity.Operator)
	if err != nil {
		h.t.Error(err)
	}
	return c.Digits
}

func TestTheListWorksWithoutANetwork(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.volunteers("张丽", "王五", "赵敏", "钱多")
	p := h.tab("list", chattest.WeComUserAgent("guan"))
	offline := func(off bool) {
		h.wire.down.Store(off)
		p.do(devtools("Network.emulateNetworkConditions", map[string]any{"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}))
	}
	tick := func(name string) {
		t.Helper()
		p.do(chromedp.Click(`//button[@aria-label="` + name + ` 签到"]`))
	}
	p.do(chromedp.Navigate(h.page("/list")), chromedp.WaitVisible("body[data-kept]"))
	p.sees("都已上传", "名单上 4 人，已签到 0 人")
	p.looks("list")
	tick("张丽")
	p.sees("✓ 08:4")
	if r := h.records("V1"); len(r) != 1 || r[0].Way != activity.WayList {
		t.Errorf("%+v", r)
	}

	offline(true)
	p.sees("断网了")
	tick("王五")
	tick("赵敏")
	p.do(chromedp.SendKeys("#walk-in-name", "孙八\r"))
	p.sees("断网了，待上传 3 条", "孙八")
	p.looks("list-offline")
	for _, v := range []activity.VolunteerID{"V2", "V3"} {
		if r := h.records(v); len(r) != 0 {
			t.Errorf("%s is recorded: %+v", v, r)
		}
	}
	// A tick by mistake is taken back before it is sent.
	tick("钱多")
	p.sees("待上传 4 条")
	p.do(chromedp.Click(`//button[starts-with(@aria-label,"钱多，待上传")]`))
	p.sees("待上传 3 条")
	// The page opens again, though there is nobody to ask.
	p.do(chromedp.Reload(), chromedp.WaitVisible("#rows li"))
	p.sees("断网了，待上传 3 条", "孙八", "待上传 8:4")
	p.looks("list-reloaded")

	// Meanwhile one of them has left for good.
	h.update(func(tx *store.Tx) error { _, err := h.board.Erase(tx, "V3", activity.Operator); return err })
	h.clock.advance(10 * time.Minute)
	offline(false)
	p.sees("都已上传", "这几条没有登记", "赵敏", "资料已经删除", "孙八")
	p.looks("list-again")
	if r := h.records("V2"); len(r) != 1 || h.clock.now().Sub(r[0].At) < 9*time.Minute {
		t.Errorf("the moment of the tick is lost: %+v", r)
	}
	if r := h.records("V4"); len(r) != 0 {
		t.Errorf("what was taken back is recorded: %+v", r)
	}
	p.press("#refused button", "都已上传")
	p.do(chromedp.WaitNotVisible("#refused"))

	// Search by sound, and undo with a reason.
	p.do(chromedp.SendKeys("#find", "ww"), chromedp.WaitNotPresent(`//li[contains(.,"钱多")]`), chromedp.Click(`//li//button[contains(.,"王五")]`), chromedp.WaitVisible("#undo"))
	p.looks("list-person")
	p.do(chromedp.SendKeys("#why", "认错了人"), chromedp.Click("#undo button"), chromedp.WaitNotVisible("#person"), chromedp.WaitVisible(`//button[@aria-label="王五 签到"]`))
	if r := h.records("V2"); len(r) != 2 || r[1].Act != activity.ActUndo || r[1].Why != "认错了人" {
		t.Errorf("%+v", r)
	}
}

// What was sent, and whose answer was lost, is recorded once.
func TestAnAnswerThatIsLostRecordsNothingTwice(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.volunteers("张丽")
	p := h.tab("list", chattest.WeComUserAgent("guan"))
	p.do(chromedp.Navigate(h.page("/list")), chromedp.WaitVisible(`//button[@aria-label="张丽 签到"]`))
	lose := h.wire.to.Load()
	lost := make(chan struct{})
	var once sync.Once
	proxy := *lose
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, "/ticks") {
			first := false
			once.Do(func() { first = true; close(lost) })
			if first {
				return fmt.Errorf("lost")
			}
		}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	h.wire.to.Store(&proxy)
	p.do(chromedp.Click(`//button[@aria-label="张丽 签到"]`))
	<-lost
	p.sees("✓ 08:4", "都已上传")
	if r := h.records("V1"); len(r) != 1 {
		t.Errorf("%+v", r)
	}
}

// printsOnePage prints the page, which must fit on one sheet of A4.
func (p *tab) printsOnePage(name string) {
	p.t.Helper()
	var pdf []byte
	p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = cdppage.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		return err
	}))
	if err := os.WriteFile(filepath.Join("artifacts", name+".pdf"), pdf, 0o644); err != nil { // looks and shot made the folder
		p.t.Error(err)
	}
	if !strings.HasPrefix(string(pdf), "%PDF") || !strings.Contains(string(pdf), "/MediaBox [0 0 594.95996 841.91998]") {
		p.t.Errorf("no A4 page in %.200q", pdf)
	}
	if n := strings.Count(string(pdf), "/Type /Page\n"); n != 1 {
		p.t.Errorf("%d pages", n)
	}
}

func TestPaperIsPrintedAndEntered(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.volunteers("张丽", "王五")
	p := h.tab("paper", chattest.WeComUserAgent("guan"))
	p.do(chromedp.Navigate(h.page("/sheet")), chromedp.WaitVisible("table"), shot("sheet"))
	p.printsOnePage("sheet")
	h.clock.advance(3 * time.Hour)
	p.do(
		chromedp.Navigate(h.page("/paper")), chromedp.WaitVisible("table"),
		chromedp.SendKeys(`input[aria-label="张丽 签到时间"]`, "9:05"), chromedp.SendKeys(`input[aria-label="张丽 签退时间"]`, "10:50"), chromedp.SendKeys("#more", "孙八 9:10 10:40"),
	)
	p.looks("paper")
	p.press("form.act button", "登记了 4 条", "✓ 09:05 纸质补登")
	p.do(chromedp.SendKeys(`input[aria-label="张丽 签到时间"]`, "9:40"))
	p.press("form.act button", "和已有记录不一致")
	p.looks("paper-conflict")
}

func TestAOneTimeLinkOpensTheScreen(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	var path string
	h.update(func(tx *store.Tx) (err error) {
		path, err = handlers.NewSessions(h.app.store, nil).Invite(tx, handlers.Link{
			Visitor: chat.Visitor{Platform: chat.DingTalk, User: "dguan"}, Path: "/a/" + h.n.String() + "/screen", Title: h.n.String() + " 现场签到",
		})
		return err
	})
	p := h.tab("link", "Mozilla/5.0 Chrome/130")
	p.do(chromedp.Navigate(h.wire.URL + path))
	p.sees("现场签到", "只能用一次")
	p.looks("link")
	p.press("form.act button", "签到 "+h.n.String())
	q := h.tab("another", "Mozilla/5.0 Chrome/130")
	q.do(chromedp.Navigate(h.wire.URL + path))
	q.sees("这个链接用过了")
	q.looks("link-used")
}
