package console

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/net/html"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/holidays"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index"
	"xietiao/index/plan"
)

const roster = `姓名,单位,角色,手机
周主任,协调组办公室,办公室,13800000001
馆乙,市文化馆,联络员,13800000002
教丙,市教育局,联络员,
馆长,市文化馆,负责人,
活丁,市文化馆,活动组织者,
看戊,,只读,
干己,市文化馆,工作人员,
志庚,,志愿者,
`

// password is everybody's.
const password = "correct horse battery"

// town knows two units, and any that begins with 市.
type town struct{}

func (town) Names() []string                    { return []string{"市文化馆", "市教育局"} }
func (town) Resolve(name string) (string, bool) { return name, strings.HasPrefix(name, "市") }

// The documents have one clause.
const (
	planName, clauseAt = "乐公共协〔2020〕1号", "附件·市教育局·第2项"
	clauseText         = "协调推进农家书屋<进校园>，完善服务。"
)

func clauses(plan, address string) []bot.Clause {
	if plan != planName || address != clauseAt {
		return nil
	}
	return []bot.Clause{{Plan: plan, Address: address, Heading: "市教育局", Role: "协调推进", Text: clauseText}}
}

func (town) Plans() []*plan.Plan { return nil }

func (town) Ask(context.Context, index.Query) (index.Answer, error) {
	return index.Answer{Status: index.Unknown}, nil
}

// zone is where everything happens.
var zone = time.FixedZone("CST", 8*60*60)

// desk is a console with a store of its own. It is Monday, 9 March 2026, 10:00, until
// somebody moves the clock.
type desk struct {
	*Console
	t      testing.TB
	url    string
	people map[string]org.Person // by name
	chat   *bot.Desk             // what people ask; it has no documents before reads
	kept   bot.Edition

	wire   wire              // what goes out
	faults map[string]string // of its health

	mu  sync.Mutex // guards now
	now time.Time
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// pass moves the clock.
func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// edition answers from the sample.
type edition struct {
	index *index.Index
	bot   *bot.Bot
}

var sample = sync.OnceValue(func() edition {
	plans := []*plan.Plan{plan.Sample()}
	ix, err := index.Build(plans, index.Options{})
	if err != nil {
		panic(err)
	}
	return edition{ix, bot.New(ix, bot.Options{Plans: plans})}
})

// shelf follows the office's words.
type shelf struct {
	store *store.Store
	words atomic.Pointer[index.Thesaurus]
}

func (s *shelf) reload(ctx context.Context) error {
	return s.store.View(ctx, func(r store.Reader) error {
		list, err := curate.Words(r)
		if err != nil {
			return err
		}
		lines, _ := curate.List(list)
		t, err := index.NewThesaurus(lines)
		s.words.Store(t)
		return err
	})
}

func (s *shelf) same(a, b string) bool {
	t := s.words.Load()
	return t != nil && t.Same(a, b)
}

// newDesk opens a console for the people of the roster, whose logins are their names.
func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 3, 9, 10, 0, 0, 0, zone), people: map[string]org.Person{}}
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "x.db"), store.Options{Now: d.clock, Wall: d.clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	vault, err := org.NewVault([]byte("a key of the test, of thirty-two"))
	if err != nil {
		t.Fatal(err)
	}
	box := outbox.New(outbox.Options{Store: s, Wall: d.clock, Poll: time.Millisecond, Pushers: map[chat.Via]chat.Pusher{"wecom.app": &d.wire}})
	book := holidays.New(zone, []calendar.Correction{})
	routes := org.Routes{chat.WeCom: {Via: "wecom.app"}}
	sessions := handlers.NewSessions(s, d.clock)
	server, err := handlers.New(handlers.Options{Sessions: sessions})
	if err != nil {
		t.Fatal(err)
	}
	tasks := task.New(task.Options{Holidays: book, Sender: box, Routes: routes, Rules: task.DefaultRules()})
	activities := activity.New(activity.Options{Holidays: book, Sender: box, Routes: routes, Vault: vault})
	shelf := &shelf{store: s}
	d.chat = bot.NewDesk(bot.DeskOptions{Store: s, Outbox: box, Location: zone, Wall: d.clock})
	d.chat.Use(sample().bot)
	d.Console, err = Mount(Options{
		Curator: bot.NewCurator(bot.CuratorOptions{
			Store: s, Outbox: box, Desk: d.chat, Build: editionOf, Changed: d.refresh,
			InForce: func() (bot.Edition, bool) {
				if len(d.kept.Plans) == 0 {
					return bot.Edition{Plans: []*plan.Plan{plan.Sample()}}, true
				}
				return d.kept, true
			},
		}),
		Server: server, Sessions: sessions, Store: s,
		Tasks: tasks, Activities: activities,
		Outbox: box, Vault: vault,
		Reports: report.New(report.Options{
			Tasks: tasks, Activities: func() (*activity.Board, error) { return activities, nil },
			Documents: func() (report.Documents, error) { return town{}, nil }, Office: org.OfficeUnit, Asked: bot.AskedSince,
		}),
		Routes: routes, Origins: org.Origins{chat.WeCom: {"https://qyapi.weixin.qq.com"}},
		Units: func() org.Units { return town{} }, Clauses: clauses, Matrix: sample().index.Matrix,
		Rules: library.Rules{Location: zone, Same: shelf.same}, Reload: shelf.reload,
		Weights: func(int) task.Weights { return task.DefaultWeights() },
		Machine: fakeMachine{},
		Health:  func(context.Context) map[string]string { return d.faults },
		Hashes:  org.Hashes{Cost: bcrypt.MinCost}, Wall: d.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	d.url = web.URL

	list, problems, err := org.ReadRoster("名册.csv", []byte(roster), town{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	hash, err := d.opt.Hashes.Of("", password)
	if err != nil {
		t.Fatal(err)
	}
	d.update(func(tx *store.Tx) error {
		if _, err := org.Apply(tx, list, org.Operator); err != nil {
			return err
		}
		people, err := org.People(tx)
		for _, p := range people {
			d.people[p.Name] = p
			if _, err := org.GiveLogin(tx, p.Name, p.ID, org.Operator); err != nil {
				return err
			}
			if err := org.SetPassword(tx, p.Name, hash, org.Operator); err != nil {
				return err
			}
		}
		return err
	})
	return d
}

// update changes the store.
func (d *desk) update(fn func(tx *store.Tx) error) {
	d.t.Helper()
	if err := d.opt.Store.Update(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// browser is one person's, or nobody's.
type browser struct {
	*desk
	client *http.Client
	at     string // the page that it is on
}

// nobody is a browser that nobody has signed in with.
func (d *desk) nobody() *browser {
	return &browser{desk: d, client: &http.Client{
		Jar:           newJar(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as is a browser of somebody of the roster, who has signed in without the form.
func (d *desk) as(name string) *browser {
	d.t.Helper()
	b := d.nobody()
	fresh := handlers.Secret()
	d.update(func(tx *store.Tx) error {
		return d.opt.Sessions.SignInTx(tx, handlers.Visit{}, fresh, visitor(name))
	})
	u, _ := url.Parse(d.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "xietiao", Value: fresh, Path: "/"}})
	return b
}

// answer is a page, or where the browser is sent.
type answer struct {
	Code     int
	Location string
	Header   http.Header
	Body     string
}

// text is what is to be read on the page.
func (a answer) text() string {
	doc, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		return ""
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(doc)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (b *browser) send(req *http.Request) answer {
	b.t.Helper()
	req.Header.Set("Accept", "text/html")
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), res.Header, string(body)}
}

// get opens a page below /console.
func (b *browser) get(path string) answer {
	b.t.Helper()
	b.at = b.url + Path + path
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.at, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(req)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// csrf is what a form of ours would hold in this browser.
func (b *browser) csrf() string {
	b.t.Helper()
	m := csrfField.FindStringSubmatch(b.get("/login").Body)
	if m == nil {
		m = csrfField.FindStringSubmatch(b.get("").Body)
	}
	if m == nil {
		b.t.Fatal("no form")
	}
	return m[1]
}

// post sends a form of ours: pairs of field and value.
func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf()}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+Path+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(req)
}

// upload sends a file by a form of ours.
func (b *browser) upload(path, field, name string, data []byte, pairs ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1])
	}
	_ = w.WriteField("csrf", b.csrf())
	f, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+Path+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.send(req)
}

// see fails unless the page holds the words, in any order.
func (a answer) see(t *testing.T, words ...string) {
	t.Helper()
	text := a.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Fatalf("status %d: no %q in: %s", a.Code, w, text)
		}
	}
}

// jar keeps cookies without a public suffix list: there is one host.
type jar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

func newJar() *jar { return &jar{cookies: map[string]*http.Cookie{}} }

func (j *jar) SetCookies(_ *url.URL, list []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range list {
		if c.MaxAge < 0 {
			delete(j.cookies, c.Name)
			continue
		}
		j.cookies[c.Name] = c
	}
}

func (j *jar) Cookies(u *url.URL) (list []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.cookies {
		if strings.HasPrefix(u.Path, c.Path) {
			list = append(list, &http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	slices.SortFunc(list, func(a, b *http.Cookie) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// follow opens the page that a form leads to, and fails unless it leads to one.
func (b *browser) follow(a answer) answer {
	b.t.Helper()
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(a.Location, Path) {
		b.t.Fatalf("status %d to %q: %s", a.Code, a.Location, a.text())
	}
	return b.get(strings.TrimPrefix(a.Location, Path))
}

// someTask hands a task out to the unit and returns its number.
func (d *desk) someTask(title, unit string) (n task.Number) {
	d.t.Helper()
	d.update(func(tx *store.Tx) error {
		made, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: title, Leads: []string{unit}, DeadlineText: "2026年4月10日", Deadline: calendar.Date{Y: 2026, M: 4, D: 10}}, task.Operator)
		if err != nil {
			return err
		}
		n = made.Number
		_, err = d.opt.Tasks.Apply(tx, n, task.Action{Do: task.DoHand}, task.Operator)
		return err
	})
	return n
}

// regexpParam is a parameter of a route's path.
var regexpParam = regexp.MustCompile(`[:*][a-z]+`)

// postRaw sends a form of ours with nothing in it.
func (b *browser) postRaw(path string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+Path+path, strings.NewReader(""))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("X-CSRF-Token", b.csrf())
	return b.send(req)
}
