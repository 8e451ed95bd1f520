package console

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"xietiao/bot/activity"
	"xietiao/bot/handover"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/task"
	"xietiao/handlers"
)

// frame is what every page shows around its own part. Templates reach the page's
// part as .Data.
type frame struct {
	Title string
	Nav   []navItem
	Who   string // name and role; "" before somebody has signed in
	Role  org.Role
	Unit  string
	CSRF  string
	Once  string // of this showing of the page: a form sent twice has the same
	Done  string // what the form before did
	Fault string // why what was asked for was not done
	Data  any

	form map[string][]string // what was typed, where the form is shown again
}

// Office reports whether forms of the office are shown.
func (f frame) Office() bool { return f.Role == org.RoleOffice }

// Old is what was typed into a field of the form that is shown again.
func (f frame) Old(field string) string {
	if f.Fault == "" || len(f.form[field]) == 0 {
		return ""
	}
	return f.form[field][0]
}

// navItem is an entry of the menu.
type navItem struct {
	Name, Path string
	Here       bool
}

// menu lists the parts of the console; who may not open a part does not see it.
var menu = []struct {
	name, path string
	who        access
}{
	{"概览", "", everybody},
	{"方案", "/plans", watchers},
	{"问答", "/questions", watchers},
	{"任务", "/tasks", taskers},
	{"考评", "/assessment", taskers},
	{"通知", "/notices", watchers},
	{"活动", "/activities", everybody},
	{"志愿者", "/volunteers", everybody},
	{"人员与群", "/people", watchers},
	{"报表", "/reports", watchers},
	{"设置", "/settings", watchers},
}

func (c *Console) nav(q *request) []navItem {
	path := strings.TrimPrefix(q.Request.URL.Path, Path)
	var list []navItem
	for _, m := range menu {
		if m.who.lets(q.person) && c.has(m.path) {
			here := path == m.path || m.path != "" && strings.HasPrefix(path, m.path+"/")
			list = append(list, navItem{m.name, Path + m.path, here})
		}
	}
	return list
}

// has reports whether there is a page at a path.
func (c *Console) has(path string) bool {
	for _, rt := range c.routes {
		if rt.method == http.MethodGet && rt.path == path {
			return true
		}
	}
	return false
}

// render shows a page in its frame.
func (c *Console) render(q *request, code int, template string, p page) error {
	f := frame{
		Title: p.Title, Nav: c.nav(q), Role: q.person.Role, Unit: q.person.Unit, CSRF: q.visit.CSRF(), Once: handlers.Secret(),
		Done: c.said(q), Fault: q.fault, Data: p.Data, form: q.Request.PostForm,
	}
	if q.person.ID != "" {
		f.Who = q.person.Name + "（" + q.person.Role.Word() + "）"
	}
	c.pages.Render(q.Context, code, template, f)
	return nil
}

// sayCookie carries what a form did to the page that is shown next.
const (
	sayCookie = "xietiao-done"
	maxSaid   = 600 // characters
)

// say tells on the next page what was done.
func (c *Console) say(q *request, words string) {
	if utf8.RuneCountInString(words) > maxSaid {
		words = string([]rune(words)[:maxSaid]) + "……"
	}
	http.SetCookie(q.Writer, &http.Cookie{
		Name: sayCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(words)), Path: Path, MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.opt.Server.Secured(),
	})
}

// said takes what is to be told on this page.
func (c *Console) said(q *request) string {
	cookie, err := q.Request.Cookie(sayCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(q.Writer, &http.Cookie{Name: sayCookie, Path: Path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.opt.Server.Secured()})
	words, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || !utf8.Valid(words) {
		return ""
	}
	return string(words)
}

// fail shows an error in the console's frame.
func (c *Console) fail(g *gin.Context, code int, text string) {
	q, ok := g.Value(keyRequest).(*request)
	if !ok {
		q = &request{Context: g}
	}
	q.fault = ""
	_ = c.render(q, code, "fault.html", page{Title: "没有办成", Data: text}) // it fails never
}

// words is an error that is for users: they read its text.
type words string

func (w words) Error() string { return string(w) }

// tell gives an error's words for users, "" if nobody has any.
func tell(err error) string {
	var own words
	if errors.As(err, &own) {
		return string(own)
	}
	for _, of := range []func(error) string{task.Tell, activity.Tell, org.Tell, handover.Tell, outbox.Tell, report.Tell, library.Tell, curateTell, tellQuestion} {
		if text := of(err); text != "" {
			return text
		}
	}
	return ""
}

// day and moment are how templates show times.
func (c *Console) day(t time.Time) string { return c.local(t).Format("2006年1月2日") }

func (c *Console) moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return c.local(t).Format("2006-01-02 15:04")
}

func (c *Console) local(t time.Time) time.Time { return t.In(c.opt.Tasks.Holidays().Location()) }

// percent is n of all in whole per cent, never 100 while something is left.
func percent(n, all int) int {
	switch {
	case all <= 0:
		return 0
	case n >= all:
		return 100
	}
	return min(99, (n*100+all/2)/all)
}

// more shows at most n of a list's length in words.
func more(shown, all int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf("还有 %d 条", all-shown)
}
