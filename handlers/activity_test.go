package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"rsc.io/qr"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

const roster = `姓名,单位,角色,企业微信账号,钉钉账号
办甲,协调组办公室,办公室,office,
馆乙,市文化馆,联络员,guan,dguan
教丙,市教育局,联络员,jiao,
志丁,市文化馆,志愿者,ding,dding
`

type town struct{}

func (town) Names() []string                    { return []string{"市文化馆", "市教育局"} }
func (town) Resolve(name string) (string, bool) { return name, strings.HasPrefix(name, "市") }

// venue is a site with an activity on Saturday, 9:00 to 11:00; it is 8:45.
type venue struct {
	*site
	board *activity.Board
	n     activity.Number
}

func newVenue(t *testing.T, change ...func(*activity.Draft)) *venue {
	t.Helper()
	x := &venue{}
	x.site = newSiteBy(t, func(s *site) func(*Options) {
		vault, err := org.NewVault([]byte("a key of the test, of thirty-two"))
		if err != nil {
			t.Fatal(err)
		}
		x.board = activity.New(activity.Options{
			Holidays: holidays.New(time.FixedZone("CST", 8*60*60), nil), Sender: outbox.New(outbox.Options{Store: s.store}), Vault: vault, Routes: org.Routes{chat.WeCom: {Via: "wecom.app"}},
		})
		return func(o *Options) { o.Activities = &Activities{Board: x.board, Store: s.store} }
	})
	list, problems, err := org.ReadRoster("名册.csv", []byte(roster), town{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	start := time.Date(2026, 11, 28, 9, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	d := activity.Draft{
		Title: "读书会<script>", Text: "带一本书", Unit: "市文化馆", Start: start, End: start.Add(2 * time.Hour), SignTo: start.Add(2 * time.Hour),
		Capacity: 2, CheckOut: true, Public: true,
		Place: activity.Place{Name: "市图书馆", Point: activity.Point{Latitude: 28.12, Longitude: 120.95, System: activity.GCJ02}, Radius: 300},
	}
	for _, f := range change {
		f(&d)
	}
	x.update(t, func(tx *store.Tx) error {
		if _, err := org.Apply(tx, list, org.Operator); err != nil {
			return err
		}
		a, _, err := x.board.Create(tx, "", d, activity.Operator)
		if err != nil {
			return err
		}
		x.n = a.Number
		_, err = x.board.Publish(tx, a.Number, activity.Operator)
		return err
	})
	return x
}

func (x *venue) update(t *testing.T, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := x.store.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// page is the address of the activity, or of a page of it.
func (x *venue) page(more string) string { return x.url + "/a/" + x.n.String() + more }

func (x *venue) phone(t *testing.T, user string) *phone {
	t.Helper()
	return newPhone(t, chattest.WeComUserAgent(user))
}

// code is what the screen shows now.
func (x *venue) code(t *testing.T) (digits string) {
	t.Helper()
	err := x.store.View(t.Context(), func(r store.Reader) error {
		c, err := x.board.Code(r, x.n, activity.Operator)
		digits = c.Digits
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return digits
}

// signup is how the volunteer stands.
func (x *venue) signup(t *testing.T, v activity.VolunteerID) (s activity.Signup) {
	t.Helper()
	err := x.store.View(t.Context(), func(r store.Reader) (err error) {
		s, _, err = x.board.Signup(r, x.n, v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send opens a page and sends its form to an address, with the fields it needs.
func (p *phone) send(page, to string, fields ...string) (int, string) {
	p.t.Helper()
	code, body := p.get(page)
	if code != 200 {
		p.t.Fatalf("%s: %d %s", page, code, body)
	}
	form := url.Values{"csrf": {csrfOf(p.t, body)}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return p.do("POST", to, form)
}

// join signs up, with a name and consent.
func (x *venue) join(t *testing.T, p *phone, fields ...string) (int, string) {
	t.Helper()
	if !slices.Contains(fields, "name") {
		fields = append(fields, "name", "李四")
	}
	return p.send(x.page(""), x.page("/join"), append(fields, "consent", activity.ConsentVersion)...)
}

// script is what a page's script does: JSON in, JSON out.
func (p *phone) script(method, link, csrf, kind, body string, out any) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, link, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("User-Agent", p.agent)
	r.Header.Set("X-CSRF-Token", csrf)
	r.Header.Set("Content-Type", kind)
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(data, out); err != nil {
		p.t.Errorf("%s: %v: %s", link, err, data)
	}
	return res.StatusCode
}

// sound reports what is wrong with a page: tags, labels, scripts.
func sound(t *testing.T, name, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ids, labelled := map[string]bool{}, map[string]bool{}
	var fields []*html.Node
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	lang := ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.Contains(a.Val, "javascript:") {
				t.Errorf("%s: <%s %s=%q> is not for our policy", name, n.Data, a.Key, a.Val)
			}
			if (a.Key == "src" || a.Key == "href") && strings.Contains(a.Val, "//") && a.Val != new(wecom.API).Script() {
				t.Errorf("%s: loads %s", name, a.Val)
			}
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("%s: two of #%s", name, id)
			}
			ids[id] = true
		}
		switch n.Data {
		case "html":
			lang = attr(n, "lang")
		case "script":
			if attr(n, "src") == "" && attr(n, "type") != "application/json" {
				t.Errorf("%s: a script in the page", name)
			}
		case "label":
			labelled[attr(n, "for")] = true
		case "input", "textarea", "select":
			if kind := attr(n, "type"); kind != "hidden" && attr(n, "aria-label") == "" && n.Parent.Data != "label" {
				fields = append(fields, n)
			}
		}
	}
	for _, f := range fields {
		if !labelled[attr(f, "id")] {
			t.Errorf("%s: no label for <%s name=%q>", name, f.Data, attr(f, "name"))
		}
	}
	if lang != "zh-CN" {
		t.Errorf("%s: lang %q", name, lang)
	}
	if strings.Contains(body, "<script>") {
		t.Errorf("%s: a title became HTML", name)
	}
}

func TestAMemberSignsUpChecksInAndOut(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding") // on the roster
	code, body := p.get(x.page(""))
	want(t, "page", code, body, 200, "还剩 2 个（共 2 个）")
	want(t, "name", code, body, 200, `value="志丁"`)
	sound(t, "page", body)
	code, body = p.send(x.page(""), x.page("/join"), "name", "志丁")
	want(t, "without consent", code, body, 409, "并同意说明")
	sound(t, "without consent", body)
	code, body = x.join(t, p, "name", "志丁")
	want(t, "joined", code, body, 200, "已报名")
	want(t, "joined", code, body, 200, "还剩 1 个")
	sound(t, "joined", body)
	if s := x.signup(t, "V1"); s.State != activity.SignJoined {
		t.Errorf("%+v", s)
	}
	now := x.code(t)
	code, body = p.get(x.page("?c=" + now)) // the scan
	want(t, "scanned", code, body, 200, `data-send`)
	want(t, "scanned", code, body, 200, `value="`+now+`"`)
	sound(t, "scanned", body)
	if len(x.signup(t, "V1").Records) != 0 {
		t.Error("looking at a page checks in")
	}
	code, body = p.send(x.page("?c="+now), x.page("/check"), "c", now)
	want(t, "checked in", code, body, 200, "✓ 已签到：08:45 签到码")
	if p.trace[0] != x.page("") {
		t.Errorf("led to %v", p.trace)
	}
	sound(t, "checked in", body)
	x.clock.forward(2 * time.Hour)
	code, body = p.send(x.page(""), x.page("/check"), "c", x.code(t), "out", "1")
	want(t, "checked out", code, body, 200, "✓ 已签退：10:45 签到码")
	if s := x.signup(t, "V1"); len(s.Records) != 2 {
		t.Errorf("%+v", s.Records)
	}
}

func TestRefusalsSayWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding")
	x.join(t, p, "name", "志丁")
	old := x.code(t)
	for name, tc := range map[string]struct {
		fields []string
		words  string
	}{
		"no code":            {[]string{"c", ""}, "6 位数字"},
		"no digits":          {[]string{"c", "abc"}, "6 位数字"},
		"a wrong code":       {[]string{"c", "000000"}, "还可以试"},
		"far":                {[]string{"lat", "28.2", "lng", "120.95", "system", "gcj02", "accuracy", "30"}, "距离 8896 米"},
		"nowhere":            {[]string{"lat", "x", "lng", "y", "system", "gcj02"}, "不能用"},
		"out before in":      {[]string{"c", old, "out", "1"}, "还没有签到"},
		"another activity's": {[]string{"c", "999999"}, "还可以试"},
	} {
		code, body := p.send(x.page(""), x.page("/check"), tc.fields...)
		want(t, name, code, body, 409, tc.words)
		sound(t, name, body)
	}
	x.clock.forward(5 * time.Minute)
	code, body := p.send(x.page(""), x.page("/check"), "c", old)
	want(t, "an old code", code, body, 409, "签到码已过期")
	code, body = p.send(x.page(""), x.page("/check"), "lat", "28.1201", "lng", "120.9501", "system", "gcj02", "accuracy", "30", "mock", "1")
	want(t, "by location", code, body, 200, "已签到：08:50 定位")
	if r := x.signup(t, "V1").Records[0]; r.Claim == nil || !r.Claim.Mock || r.Claim.Source != sourcePage || r.Claim.System != activity.GCJ02 {
		t.Errorf("%+v", r.Claim)
	}
	for path, words := range map[string]string{"/a/A99": "没有这个活动", "/a/x": "没有这个活动", "/a/A0": "没有这个活动"} {
		code, body := p.get(x.url + path)
		want(t, path, code, body, 404, words)
	}
}

// Wrong codes are counted also where the page says only that they are wrong.
func TestGuessesAreLimited(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding")
	x.join(t, p, "name", "志丁")
	right := x.code(t)
	for range 5 {
		p.send(x.page(""), x.page("/check"), "c", "000000")
	}
	code, body := p.send(x.page(""), x.page("/check"), "c", right)
	want(t, "the right one after five", code, body, 409, "输错太多次")
}

func TestAnOutsiderJoinsWithNameAndConsent(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := newPhone(t, "Mozilla/5.0 Chrome")
	code, body := p.get(x.page(""))
	want(t, "page", code, body, 200, "由组织者确认")
	sound(t, "page", body)
	code, body = x.join(t, p, "phone", "13800001234")
	want(t, "joined", code, body, 200, "已报名")
	want(t, "joined", code, body, 200, "您是 李四")
	code, body = p.send(x.page("?c="+x.code(t)), x.page("/check"), "c", x.code(t))
	want(t, "before an organiser knows", code, body, 409, "请找现场组织者确认")
	g := x.phone(t, "guan")
	code, body = g.get(x.page("/list"))
	want(t, "list", code, body, 200, "李四")
	want(t, "list", code, body, 200, "138****1234")
	var known struct{ Roll rollNow }
	if !strings.Contains(body, `"pending":true`) {
		t.Error("the list does not say who is to be confirmed")
	}
	if code := g.script("POST", x.page("/confirm"), "", form, url.Values{"id": {"V1"}, "csrf": {csrfIn(t, body)}}.Encode(), &known); code != 200 || known.Roll.Pending != 0 || known.Roll.Rows[0].Pending {
		t.Errorf("%d %+v", code, known)
	}
	x.update(t, func(tx *store.Tx) error {
		_, _, err := x.board.Enrol(tx, activity.Application{Profile: activity.Profile{Name: "别处的人", Consent: activity.Consent{Version: "t"}}, By: activity.Operator})
		return err
	})
	for _, path := range []string{"/confirm", "/invite"} {
		for id, status := range map[string]int{"V2": 404, "V99": 404, "": 404, "x": 404} {
			if code := g.script("POST", x.page(path), "", form, url.Values{"id": {id}, "csrf": {csrfIn(t, body)}}.Encode(), &known); code != status {
				t.Errorf("%s of %q, who is not on the list: %d", path, id, code)
			}
		}
	}
	code, page := p.get(x.page(""))
	want(t, "confirmed", code, page, 200, `id="check"`)
	var done struct{ Done []tickDone }
	g.script("POST", x.page("/ticks"), csrfIn(t, body), "application/json", fmt.Sprintf(`{"ticks":[{"nonce":"n1","id":"V1","at":%d}]}`, x.clock.now().UnixMilli()), &done)
	code, body = p.get(x.page(""))
	want(t, "ticked", code, body, 200, "已签到：08:45 组织者登记")

	// Another browser is another person, until the organiser says otherwise.
	q := newPhone(t, "Mozilla/5.0 Firefox")
	code, body = q.get(x.page(""))
	want(t, "another browser", code, body, 200, `name="consent"`)
	_, list := g.get(x.page("/list"))
	var made struct {
		Link, QR string
		Size     int
	}
	if code := g.script("POST", x.page("/invite"), "", form, url.Values{"id": {"V1"}, "csrf": {csrfIn(t, list)}}.Encode(), &made); code != 200 || made.QR == "" || made.Size == 0 {
		t.Fatalf("%d %+v", code, made)
	}
	code, body = q.get(made.Link)
	want(t, "the link is opened", code, body, 200, "绑定这台手机")
	sound(t, "link", body)
	code, body = q.send(made.Link, made.Link)
	want(t, "bound", code, body, 200, "您是 李四")
	code, body = q.send(made.Link, made.Link)
	want(t, "bound again", code, body, 200, "您是 李四")
	code, body = newPhone(t, "Mozilla/5.0 Safari").send(made.Link, made.Link)
	want(t, "bound by another", code, body, 409, "用过了")
	code, body = p.get(x.page(""))
	want(t, "the first browser", code, body, 200, `name="consent"`)
}

// Nobody fills an activity with names that are made up, and no member is kept out by
// who tries.
func TestNewOutsidersOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	for range newPerMinute {
		x.joins.Allow("127.0.0.1")
	}
	code, body := x.join(t, newPhone(t, "Mozilla/5.0 Chrome"))
	want(t, "an outsider", code, body, 429, "太频繁")
	code, body = x.join(t, x.phone(t, "ding"), "name", "志丁")
	want(t, "a member", code, body, 200, "已报名")
	x.clock.forward(time.Minute)
	code, body = x.join(t, newPhone(t, "Mozilla/5.0 Chrome"))
	want(t, "a minute later", code, body, 200, "已报名")
}

// In WeChat an outsider is known by its own id, and by no cookie.
func TestAnOutsiderInWeChatIsKnownAgain(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "openid-o42")
	code, body := x.join(t, p)
	want(t, "joined", code, body, 200, "已报名")
	p = x.phone(t, "openid-o42") // all cookies are gone
	code, body = p.get(x.page(""))
	want(t, "known", code, body, 200, "已报名")
	code, body = x.phone(t, "openid-o43").get(x.page(""))
	want(t, "another", code, body, 200, `name="consent"`)
	forged := newPhone(t, "Mozilla/5.0 Chrome")
	u, err := url.Parse(x.url)
	if err != nil {
		t.Fatal(err)
	}
	forged.http.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao-volunteer", Value: "outside/" + digest("wecom/openid-o42")}})
	code, body = forged.get(x.page(""))
	want(t, "forged", code, body, 200, `name="consent"`)
}

func TestScanningWithoutHavingSignedUp(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding")
	now := x.code(t)
	code, body := p.get(x.page("?c=" + now))
	want(t, "scan", code, body, 200, "先报名，再签到")
	sound(t, "scan", body)
	code, body = x.join(t, p, "name", "志丁", "c", now)
	want(t, "both at once", code, body, 200, "已签到：08:45 签到码")
	// Where the code is old by then, the sign-up stands.
	q := x.phone(t, "newcomer")
	x.clock.forward(3 * time.Minute)
	code, body = x.join(t, q, "c", now)
	want(t, "too slow", code, body, 409, "签到码已过期")
	want(t, "too slow", code, body, 409, "已报名")
}

func TestFullLeavingAndWaiting(t *testing.T) {
	t.Parallel()
	x := newVenue(t, func(d *activity.Draft) {
		d.Capacity = 1
		d.Start, d.End, d.SignTo = d.Start.Add(time.Hour), d.End.Add(time.Hour), time.Time{}
	})
	first, second := x.phone(t, "u1"), x.phone(t, "u2")
	x.join(t, first)
	code, body := second.get(x.page(""))
	want(t, "full", code, body, 200, "报名候补")
	code, body = x.join(t, second)
	want(t, "waiting", code, body, 200, "候补第 1 位")
	sound(t, "waiting", body)
	code, body = first.send(x.page(""), x.page("/leave"))
	want(t, "left", code, body, 200, "您取消了报名")
	code, body = second.get(x.page(""))
	want(t, "promoted", code, body, 200, "已报名")
	want(t, "too early", code, body, 200, "从11月28日（周六）09:30开始签到")
	code, body = second.get(x.url + "/a/")
	want(t, "mine", code, body, 200, "我报名的")
	sound(t, "activities", body)
	x.update(t, func(tx *store.Tx) error { _, err := x.board.Cancel(tx, x.n, "下雨", activity.Operator); return err })
	code, body = second.get(x.page(""))
	want(t, "cancelled", code, body, 200, "下雨")
	code, body = second.send(x.page(""), x.page("/leave"))
	want(t, "leaving what is cancelled", code, body, 409, "取消")
}

func TestActivitiesOfMembersAreNotForOutsiders(t *testing.T) {
	t.Parallel()
	x := newVenue(t, func(d *activity.Draft) { d.Public = false })
	p := newPhone(t, "Mozilla/5.0 Chrome")
	code, body := p.get(x.page(""))
	want(t, "page", code, body, 200, "只给单位里的人报名")
	code, body = p.do("POST", x.page("/join"), url.Values{"csrf": {Visit{browser: p.cookie(x.url).Value}.CSRF()}, "name": {"李四"}, "consent": {activity.ConsentVersion}})
	want(t, "join all the same", code, body, 409, "只接受本单位人员")
}

// csrfIn is the token in the data of a page's script.
func csrfIn(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`"csrf":"([0-9a-f]{64})"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no csrf in %s", page)
	}
	return m[1]
}

func TestOrganisersPagesAreForOrganisers(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	x.join(t, x.phone(t, "ding"), "name", "志丁")
	for _, page := range []string{"/screen", "/list", "/sheet", "/paper"} {
		for user, status := range map[string]int{"guan": 200, "office": 200, "jiao": 403, "ding": 403, "nobody": 403} {
			code, body := x.phone(t, user).get(x.page(page))
			if code != status {
				t.Errorf("%s as %s: %d", page, user, code)
			}
			if code == 200 {
				sound(t, page, body)
			} else if strings.Contains(body, "志丁") || !strings.Contains(body, "只给活动的组织者看") {
				t.Errorf("%s as %s: %s", page, user, body)
			}
		}
		code, body := newPhone(t, "Mozilla/5.0 Chrome").get(x.page(page))
		want(t, page, code, body, 403, "一次性链接")
	}
	var out struct{ Error string }
	p := x.phone(t, "jiao")
	_, body := p.get(x.page(""))
	for path, kind := range map[string]string{"/ticks": "application/json", "/undo": form, "/confirm": form, "/invite": form} {
		if code := p.script("POST", x.page(path), csrfOf(t, body), kind, `{"ticks":[]}`, &out); code != 403 {
			t.Errorf("%s: %d", path, code)
		}
	}
	for _, path := range []string{"/roll", "/code"} {
		if code := p.script("GET", x.page(path), "", "", "", &out); code != 403 {
			t.Errorf("%s: %d", path, code)
		}
		if code := newPhone(t, "Mozilla/5.0 Chrome").script("GET", x.page(path), "", "", "", &out); code != 401 {
			t.Errorf("%s of nobody: %d", path, code)
		}
	}
}

func TestTheScreenShowsACodeThatChanges(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "guan")
	code, body := p.get(x.page("/screen"))
	want(t, "screen", code, body, 200, "签到 A1 "+x.code(t))
	var first, second codeNow
	p.script("GET", x.page("/code"), "", "", "", &first)
	if first.Digits != x.code(t) || first.Until <= first.Now || first.Until > first.Now+30_000 || first.Size < 29 || first.Listed != 0 {
		t.Errorf("%+v", first)
	}
	if diff := cmp.Diff(modules(t, x.page("?c="+first.Digits)), drawn(t, first.QR, first.Size)); diff != "" {
		t.Errorf("the picture is not that of the address (-want +got)\n%s", diff)
	}
	x.clock.forward(30 * time.Second)
	p.script("GET", x.page("/code"), "", "", "", &second)
	if second.Digits == first.Digits || second.QR == first.QR {
		t.Error("the code does not change")
	}
	x.clock.forward(24 * time.Hour)
	p.script("GET", x.page("/code"), "", "", "", &second)
	if second.Digits != "" || !strings.Contains(second.Why, "已经结束") {
		t.Errorf("%+v", second)
	}
}

// modules is the QR code of a text, with its quiet zone, a line for each row.
func modules(t *testing.T, text string) (rows []string) {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for y := -quiet; y < code.Size+quiet; y++ {
		var row strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			row.WriteByte(map[bool]byte{true: '#', false: '.'}[code.Black(x, y)])
		}
		rows = append(rows, row.String())
	}
	return rows
}

// drawn is what a path shows.
func drawn(t *testing.T, path string, size int) (rows []string) {
	t.Helper()
	grid := make([][]byte, size)
	for y := range grid {
		grid[y] = bytes.Repeat([]byte("."), size)
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(path, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(part, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("%s: %v", part, err)
		}
		copy(grid[y][x:], bytes.Repeat([]byte("#"), w))
	}
	for _, row := range grid {
		rows = append(rows, string(row))
	}
	return rows
}

// ticksOf sends ticks as the list's script does.
func (x *venue) ticksOf(t *testing.T, p *phone, ticks ...string) (done []string, roll rollNow) {
	t.Helper()
	_, page := p.get(x.page("/list"))
	var out struct {
		Done []tickDone
		Roll rollNow
	}
	if code := p.script("POST", x.page("/ticks"), csrfIn(t, page), "application/json", `{"ticks":[`+strings.Join(ticks, ",")+`]}`, &out); code != 200 {
		t.Fatal(code)
	}
	for _, d := range out.Done {
		done = append(done, d.Nonce+" "+d.Refused)
	}
	return done, out.Roll
}

func TestTicksAreRecordedOnceAndEachByItself(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	x.join(t, x.phone(t, "ding"), "name", "志丁")
	p := x.phone(t, "guan")
	at := x.clock.now().UnixMilli()
	ticks := []string{
		fmt.Sprintf(`{"nonce":"a","id":"V1","at":%d}`, at),
		fmt.Sprintf(`{"nonce":"b","name":"王五","at":%d}`, at),
		fmt.Sprintf(`{"nonce":"c","id":"V1","at":%d}`, at-24*3600_000),
		fmt.Sprintf(`{"nonce":"d","name":" ","at":%d}`, at),
	}
	for range 2 { // the answer to the first was lost
		done, roll := x.ticksOf(t, p, ticks...)
		if len(done) != 4 || done[0] != "a " || done[1] != "b " || !strings.Contains(done[2], "时间不对") || !strings.Contains(done[3], "没有写姓名") {
			t.Errorf("%q", done)
		}
		if roll.In != 2 || len(roll.Rows) != 2 || roll.Rows[0].In != "08:45 组织者登记" || roll.Rows[1].Name != "王五" || roll.Rows[1].Note != "现场" || !strings.Contains(roll.Rows[0].Sound, "zd") {
			t.Errorf("%+v", roll)
		}
	}
	if s := x.signup(t, "V1"); len(s.Records) != 1 {
		t.Errorf("%+v", s.Records)
	}
	_, page := p.get(x.page("/list"))
	var out struct {
		Error string
		Roll  rollNow
	}
	undo := func(why string) int {
		return p.script("POST", x.page("/undo"), "", form, url.Values{"csrf": {csrfIn(t, page)}, "id": {"V1"}, "no": {"1"}, "why": {why}}.Encode(), &out)
	}
	if code := undo(""); code != 409 || !strings.Contains(out.Error, "写明原因") {
		t.Errorf("%d %+v", code, out)
	}
	if code := undo("认错了人"); code != 200 || out.Roll.In != 1 || out.Roll.Rows[0].In != "" {
		t.Errorf("%d %+v", code, out)
	}
	for body, want := range map[string]int{`{`: 400, `{"ticks":[{}]}`: 400, `[]`: 400, "{" + strings.Repeat(" ", maxTicksBody) + "}": 413} {
		if code := p.script("POST", x.page("/ticks"), csrfIn(t, page), "application/json", body, &out); code != want {
			t.Errorf("%.20q: %d", body, code)
		}
	}
}

func TestASheetIsEnteredLineByLine(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	x.join(t, x.phone(t, "ding"), "name", "志丁")
	x.join(t, x.phone(t, "u2"), "name", "张三")
	p := x.phone(t, "guan")
	code, body := p.get(x.page("/sheet"))
	want(t, "sheet", code, body, 200, "签名")
	x.clock.forward(3 * time.Hour)
	page, to := x.page("/paper"), x.page("/paper")
	code, body = p.send(page, to, "nonce", "N", "id", "V1", "name", "志丁", "in", "9：05", "out", "1055", "id", "V2", "name", "张三", "in", "", "out", "", "more", "王五 9:10 10:50\n\n赵六，9.20\n钱七\n")
	want(t, "entered", code, body, 200, "登记了 6 条")
	sound(t, "entered", body)
	code, body = p.send(page, to, "nonce", "N", "id", "V1", "name", "志丁", "in", "9:05", "out", "10:55")
	want(t, "again", code, body, 200, "登记了 2 条")
	s := x.signup(t, "V1")
	if len(s.Records) != 2 || s.Records[0].Way != activity.WayPaper || s.Records[0].At.Format("15:04") != "09:05" {
		t.Errorf("%+v", s.Records)
	}
	code, body = p.send(page, to, "nonce", "M", "id", "V1", "name", "志丁", "in", "9:40", "out", "", "id", "V2", "name", "张三", "in", "9点", "out", "", "more", "孙八 9:00 10:00 11:00")
	for _, words := range []string{"和已有记录不一致", "“9点”不是时间", "一行写：姓名", `value="9点"`, "孙八 9:00 10:00 11:00</textarea>"} {
		want(t, "conflicts", code, body, 409, words)
	}
	sound(t, "conflicts", body)
	if got := len(x.signup(t, "V1").Records); got != 2 {
		t.Errorf("%d records", got)
	}
}

func TestMyHoursDisputesAndCertificates(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding")
	code, body := p.get(x.url + "/a/hours")
	want(t, "nothing yet", code, body, 200, "还没有您的志愿服务记录")
	sound(t, "nothing yet", body)
	x.join(t, p, "name", "志丁")
	p.send(x.page(""), x.page("/check"), "c", x.code(t))
	x.clock.forward(2 * time.Hour)
	p.send(x.page(""), x.page("/check"), "c", x.code(t), "out", "1")
	x.clock.forward(4 * time.Hour)
	hours := x.url + "/a/hours"
	code, body = p.get(hours)
	want(t, "hours", code, body, 200, "合计 <b>1 小时 45 分钟</b>")
	sound(t, "hours", body)
	code, body = p.get(hours + "?year=2025")
	want(t, "another year", code, body, 200, "2025 年还没有记录")
	code, body = p.send(hours, hours+"/dispute", "activity", "A1", "text", "实际到 11 点")
	want(t, "disputed", code, body, 200, "组织者正在核对")
	code, body = p.send(hours, hours+"/dispute", "activity", "A1", "text", "再提一次")
	want(t, "disputed twice", code, body, 409, "还有没答复的异议")

	code, body = p.send(hours, hours+"/certificate")
	want(t, "certificate", code, body, 200, "兹证明 <b>志丁</b>")
	want(t, "certificate", code, body, 200, "1 小时 45 分钟")
	sound(t, "certificate", body)
	paper := regexp.MustCompile(`验证码 ([A-Z2-7-]{19})`).FindStringSubmatch(body)[1]
	anybody := newPhone(t, "Mozilla/5.0 Chrome")
	code, body = anybody.get(x.url + "/a/check/" + paper)
	want(t, "check", code, body, 200, "✓ 这份证明有效")
	if strings.Contains(body, "志丁") || !strings.Contains(body, "志*") {
		t.Error("the name is not masked")
	}
	sound(t, "check", body)
	code, body = anybody.get(x.url + "/a/check?code=" + strings.ToLower(strings.ReplaceAll(paper, "-", "")))
	want(t, "as typed", code, body, 200, "✓ 这份证明有效")
	code, body = anybody.get(x.url + "/a/check?code=AAAA-BBBB-CCCC-DDDD")
	want(t, "made up", code, body, 404, "没有这个编号的证明")
	code, body = anybody.get(x.url + "/a/check")
	want(t, "asked", code, body, 200, "证明上的验证码")
	sound(t, "asked", body)
	code, _ = anybody.get(x.url + "/a/certificate/" + paper)
	if code != 404 {
		t.Error("a certificate shows the name to anybody")
	}
	code, _ = x.phone(t, "guan").get(x.url + "/a/certificate/" + paper)
	if code != 404 {
		t.Error("a certificate shows the name to another member")
	}

	var dossier activity.Dossier
	if code := p.script("GET", hours+"/export", "", "", "", &dossier); code != 200 || dossier.Name != "志丁" || len(dossier.Signups) != 1 {
		t.Errorf("%d %+v", code, dossier)
	}
	code, body = p.send(hours, hours+"/erase")
	want(t, "not sure", code, body, 409, "请先勾选")
	code, body = p.send(hours, hours+"/erase", "sure", "1")
	want(t, "erased", code, body, 200, "活动")
	code, body = anybody.get(x.url + "/a/check/" + paper)
	want(t, "revoked", code, body, 200, "已作废")
	if strings.Contains(body, "志*") {
		t.Error("whose it was is still shown")
	}
}

// Only a client's script gets what calls the client, for a page of ours.
func TestWhatAPageNeedsToCallItsClient(t *testing.T) {
	t.Parallel()
	x := newVenue(t)
	p := x.phone(t, "ding")
	p.get(x.page(""))
	var out struct {
		Platform string
		Config   chat.JSConfig
	}
	page := "/a/A1?c=482913"
	if code := p.script("GET", x.url+"/a/client?page="+url.QueryEscape(page), "", "", "", &out); code != 200 || out.Platform != "wecom" {
		t.Fatalf("%d %+v", code, out)
	}
	if c := out.Config; !x.wecom.Signed(false, x.url+page, c.Nonce, c.Time, c.Signature) || !x.wecom.Signed(true, x.url+page, c.Nonce, c.Time, c.Agent) {
		t.Errorf("the client does not take %+v", c)
	}
	for _, bad := range []string{"", "//evil.example/", "https://evil.example/"} {
		if code := p.script("GET", x.url+"/a/client?page="+url.QueryEscape(bad), "", "", "", &out); code != 404 {
			t.Errorf("%q: %d", bad, code)
		}
	}
	if code := newPhone(t, "Mozilla/5.0 Chrome").script("GET", x.url+"/a/client?page=/a/A1", "", "", "", &out); code != 404 {
		t.Error("nobody's browser", code)
	}
}

func TestClocksAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*60*60)
	a := activity.Activity{Draft: activity.Draft{Start: time.Date(2026, 12, 31, 22, 0, 0, 0, zone), End: time.Date(2027, 1, 1, 1, 0, 0, 0, zone), CheckOut: true}}
	for clock, want := range map[string]string{
		"22:05": "31 22:05", "22：05": "31 22:05", "2205": "31 22:05", "２２.０５": "31 22:05", "0:30": "01 00:30", "030": "01 00:30",
		"25:00": "", "9:70": "", "9": "", "99999": "", "": "", "九点": "", "-930": "",
	} {
		at, ok := onDay(a, clock)
		if got := at.Format("02 15:04"); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v", clock, got, ok)
		}
	}
}

func FuzzOnDay(f *testing.F) {
	a := activity.Activity{Draft: activity.Draft{Start: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 28, 11, 0, 0, 0, time.UTC)}}
	f.Add("9:05")
	f.Add("２２.０５")
	f.Fuzz(func(t *testing.T, clock string) {
		at, ok := onDay(a, clock)
		if ok && (at.Before(a.Start.AddDate(0, 0, -1)) || at.After(a.Start.AddDate(0, 0, 2)) || at.Second() != 0) {
			t.Errorf("%q: %s", clock, at)
		}
	})
}

func TestTheServiceWorkerIsServedWhereItMayWork(t *testing.T) {
	t.Parallel()
	w := do(newVenue(t).Server, "GET", "/a/sw.js", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
