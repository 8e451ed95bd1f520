package console

import (
	"flag"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
)

// update writes the matrix anew.
var update = flag.Bool("update", false, "write testdata/matrix.md anew")

func TestSigningIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.nobody()
	if a := b.get("/login?to=/console/password"); a.Code != http.StatusOK {
		t.Fatal(a.Code)
	}
	before := b.cookie()
	b.post("/login", "login", "周主任", "password", "wrong horse battery").see(t, "登录名或密码不对")
	b.post("/login", "login", "没有这人", "password", password).see(t, "登录名或密码不对")
	a := b.post("/login", "login", "周主任", "password", password, "to", "/console/password")
	if a.Location != "/console/password" {
		t.Error("not where it wanted to go", a.Location)
	}
	if b.cookie() == before {
		t.Error("the secret from before the sign-in is good after it")
	}
	b.follow(a).see(t, "周主任（协调组办公室）", "改密码")
	// The cookie from before is nobody's.
	old := d.nobody()
	old.setCookie(before)
	if a := old.get(""); a.Location != Path+"/login" {
		t.Error("an old cookie leads in", a.Code)
	}
	b.follow(b.post("/logout")).see(t, "已经退出")
	if a := b.get(""); a.Code != http.StatusSeeOther {
		t.Error("signed out, but still in")
	}
}

func (b *browser) cookie() string {
	u, _ := url.Parse(b.url)
	u.Path = "/"
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "xietiao" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(value string) {
	u, _ := url.Parse(b.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao", Value: value, Path: "/"}})
}

// Where a sign-in leads is a page of the console, whatever the address says.
func TestNobodyIsLedElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, to := range []string{"https://evil.example/", "//evil.example/console/", "/console/..//evil", "/\\evil.example", "javascript:alert(1)", "/a/A1", "", "/consolex", "/console/\r\nSet-Cookie: a=b"} {
		if got := backFrom(to); got != Path {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	a := d.nobody().post("/login", "login", "周主任", "password", password, "to", "//evil.example/")
	if a.Location != Path {
		t.Error(a.Location)
	}
	if a := d.nobody().get("/password?x=1"); a.Location != Path+"/login?to=%2Fconsole%2Fpassword%3Fx%3D1" {
		t.Error(a.Location)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.nobody()
	for range 4 {
		b.post("/login", "login", "周主任", "password", "wrong horse battery").see(t, "不对")
	}
	b.post("/login", "login", "周主任", "password", "wrong horse battery").see(t, "锁 15 分钟")
	b.post("/login", "login", "周主任", "password", password).see(t, "锁 15 分钟")
	d.pass(15 * time.Minute)
	if a := b.post("/login", "login", "周主任", "password", password); a.Code != http.StatusSeeOther {
		t.Fatal("the lock stays", a.text())
	}
	for range triesAMinute {
		b = d.nobody()
		b.post("/login", "login", "馆乙", "password", "x")
	}
	if a := b.post("/login", "login", "馆乙", "password", password); a.Code != http.StatusTooManyRequests {
		t.Error("an address may try for ever", a.Code)
	}
}

// The first account is made by the link that the service prints, once.
func TestTheFirstAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	link := func(login string, life time.Duration) (key string) {
		d.update(func(tx *store.Tx) (err error) {
			key, err = d.opt.Sessions.Offer(tx, handlers.Link{Visitor: chat.Visitor{Platform: org.Console, User: chat.UserID(login)}, Path: Path}, life)
			return err
		})
		return key
	}
	first := link("", 30*time.Minute)
	b := d.nobody()
	b.get("/setup/"+first).see(t, "第一次使用")
	set := func(b *browser, key, login, name, one, two string) answer {
		return b.post("/setup/"+key, "login", login, "name", name, "password", one, "again", two)
	}
	for want, a := range map[string]answer{
		"两次输入的密码不一样": set(b, first, "zhao", "赵主任", password, password+"x"),
		"太容易猜":       set(b, first, "zhao", "赵主任", "1234567890", "1234567890"),
		"登录名要 2":     set(b, first, "a b", "赵主任", password, password),
		"核对":         set(b, first, "zhao", "", password, password),
		"已经有人用了":     set(b, first, "馆乙", "赵主任", password, password),
	} {
		if a.Code != http.StatusConflict {
			t.Error(want, a.Code)
		}
		a.see(t, want)
	}
	b.follow(set(b, first, "zhao", "赵主任", password, password)).see(t, "密码设好了", "赵主任（协调组办公室）")
	if a := d.nobody().get("/setup/" + first); a.Code != http.StatusGone {
		t.Error("a link is good twice", a.Code)
	}
	if a := d.nobody().get("/setup/" + strings.Repeat("A", 26)); a.Code != http.StatusGone {
		t.Error("a link that is none", a.Code)
	}
	late := link("", time.Minute)
	d.pass(time.Minute)
	if a := d.nobody().get("/setup/" + late); a.Code != http.StatusGone {
		t.Error("an old link", a.Code)
	}
	// A link for a login resets its password; other browsers are out.
	const other = "battery staple of a horse"
	c := d.nobody()
	c.follow(set(c, link("zhao", time.Minute), "", "", other, other)).see(t, "赵主任（协调组办公室）")
	if a := b.get(""); a.Code != http.StatusSeeOther {
		t.Error("a browser with the old password is in", a.Code)
	}
	if a := d.nobody().post("/login", "login", "zhao", "password", password); a.Code != http.StatusConflict {
		t.Error("the old password is good", a.Code)
	}
}

func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b, elsewhere := d.as("馆乙"), d.as("馆乙")
	const other = "battery staple of a horse"
	b.post("/password", "old", "not this one at all", "password", other, "again", other).see(t, "原来的密码不对")
	b.follow(b.post("/password", "old", password, "password", other, "again", other)).see(t, "密码改好了")
	if a := elsewhere.get(""); a.Code != http.StatusSeeOther {
		t.Error("another browser is still in", a.Code)
	}
}

// A form that is not of ours changes nothing.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	other := d.as("周主任").csrf()
	for _, csrf := range []string{"", "x", other} {
		form := url.Values{"csrf": {csrf}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+Path+"/logout", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := b.send(req); a.Code != http.StatusForbidden {
			t.Errorf("csrf %q: %d", csrf, a.Code)
		}
	}
	if a := b.get(""); a.Code != http.StatusOK {
		t.Error("somebody else has signed us out")
	}
}

// Whoever is erased, or has another role, is out with the next request.
func TestRolesCountAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("看戊")
	if a := b.get(""); a.Code != http.StatusOK {
		t.Fatal(a.Code)
	}
	d.update(func(tx *store.Tx) error { _, err := org.Erase(tx, d.people["看戊"].ID, org.Operator); return err })
	if a := b.get(""); a.Code == http.StatusOK {
		t.Error("somebody erased is in")
	}
}

// The matrix of routes and roles, each asked for as each. The file is what was looked
// at and found right; -update writes it.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	roles := []string{"", "周主任", "看戊", "馆乙", "馆长", "活丁", "干己", "志庚"}
	heads := []string{"没有登录", "办公室", "只读", "联络员", "负责人", "活动组织者", "工作人员", "志愿者"}
	var b strings.Builder
	b.WriteString("| 地址 | " + strings.Join(heads, " | ") + " |\n|---" + strings.Repeat("|---", len(heads)) + "|\n")
	for _, rt := range d.routes {
		if rt.path == "/logout" {
			continue // it would end the session of this test
		}
		path := regexpParam.ReplaceAllString(rt.path, "1")
		b.WriteString("| " + rt.method + " " + rt.path)
		for _, name := range roles {
			who := d.nobody()
			if name != "" {
				who = d.as(name)
			}
			var a answer
			if rt.method == http.MethodGet {
				a = who.get(path)
			} else {
				a = who.postRaw(path)
			}
			out := a.Code == http.StatusUnauthorized || a.Code == http.StatusForbidden || a.Code == http.StatusSeeOther && strings.HasPrefix(a.Location, Path+"/login")
			if out == rt.who.lets(d.people[name]) {
				t.Errorf("%s %s as %q: %d to %q", rt.method, rt.path, name, a.Code, a.Location)
			}
			mark := "✓"
			if out {
				mark = "·"
			}
			b.WriteString(" | " + mark)
		}
		b.WriteString(" |\n")
	}
	const file = "testdata/matrix.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("another matrix (%v):\n%s", err, b.String())
	}
}
