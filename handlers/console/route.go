package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"xietiao/bot/activity"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
)

// Path is where the console is.
const Path = "/console"

// access says who may use a route. The zero value lets nobody in.
type access struct {
	anyone bool // also who has not signed in
	roles  []org.Role
}

// Who may use what. A unit's people see and do what is their unit's; the pages see to
// it that they do: see request.unit.
var (
	anyone     = access{anyone: true}
	office     = access{roles: []org.Role{org.RoleOffice}}
	watchers   = access{roles: []org.Role{org.RoleOffice, org.RoleReader}}                                                   // the office's views
	units      = access{roles: []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead}}                                    // who acts for a unit
	organisers = access{roles: []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead, org.RoleOrganiser}}                 // who runs activities
	everybody  = access{roles: []org.Role{org.RoleOffice, org.RoleReader, org.RoleLiaison, org.RoleHead, org.RoleOrganiser}} // views of all who may enter
)

// lets reports whether the person may.
func (a access) lets(p org.Person) bool {
	return a.anyone || p.ID != "" && p.Erased.IsZero() && slices.Contains(a.roles, p.Role)
}

// enters reports whether the person may use any page.
func enters(p org.Person) bool { return everybody.lets(p) }

// Bounds of what a request may hold.
const (
	maxForm   = 256 << 10 // bytes: a pasted notice of holidays
	maxUpload = 32 << 20  // bytes: a document with pictures in it
)

// route is an address of the console.
type route struct {
	method, path string // path is below Path; gin's syntax
	who          access
	body         int64 // bytes at most; 0: maxForm
	do           action
}

func get(path string, who access, do action) route {
	return route{method: http.MethodGet, path: path, who: who, do: do}
}

func post(path string, who access, do action) route {
	return route{method: http.MethodPost, path: path, who: who, do: do}
}

// upload is a post that brings files.
func upload(path string, who access, do action) route {
	return route{method: http.MethodPost, path: path, who: who, do: do, body: maxUpload}
}

// request is one request of somebody who may make it.
type request struct {
	*gin.Context
	console *Console
	visit   handlers.Visit
	person  org.Person // without an ID: nobody has signed in
	fault   string     // why what was asked for was not done, for the page that is shown again
}

// ctx is the request's context.
func (q *request) ctx() context.Context { return q.Request.Context() }

// office reports whether the person sees what the office sees.
func (q *request) office() bool { return watchers.lets(q.person) }

// unit is the unit that a view is limited to; "": the person sees all units.
func (q *request) unit() string {
	if q.office() {
		return ""
	}
	return q.person.Unit
}

// tasker, helper and by are who acts, for the packages that ask.
func (q *request) tasker() task.Actor     { return task.ActorOf(q.person) }
func (q *request) helper() activity.Actor { return activity.ActorOf(q.person) }
func (q *request) by() org.PersonID       { return q.person.ID }

// action answers a request.
type action func(q *request) error

// page is what a view makes: the rest of the frame is the same everywhere.
type page struct {
	Title string
	Data  any
}

// view makes a page of one state of the store.
type view func(q *request, r store.Reader) (page, error)

// deed changes something and says what it did, in words for the user. An error that a
// package has words for is told on the page the form stood on; nothing is changed then.
type deed func(q *request, tx *store.Tx) (done string, err error)

// shows is the action of a page: template is its file in web.
func (c *Console) shows(template string, v view) action {
	return func(q *request) error {
		var p page
		err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
			p, err = v(q, r)
			return err
		})
		if err != nil {
			return err
		}
		code := http.StatusOK
		if q.fault != "" {
			code = http.StatusConflict
		}
		return c.render(q, code, template, p)
	}
}

// does is the action of a form: afterwards the browser is at the address that to
// gives, where what was done is said. Where it is refused, again shows the form with
// what was typed and why.
func (c *Console) does(d deed, to func(q *request) string, again action) action {
	return func(q *request) error {
		var done string
		err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
			done, err = d(q, tx)
			return err
		})
		return c.answer(q, done, err, to, again)
	}
}

// answer ends an action that did something, or could not.
func (c *Console) answer(q *request, done string, err error, to func(q *request) string, again action) error {
	if err == nil {
		c.say(q, done)
		q.Redirect(http.StatusSeeOther, to(q))
		return nil
	}
	words := tell(err)
	if words == "" {
		return err
	}
	q.fault = words
	return again(q)
}

// at is the address of a page of the console, for does.
func at(path string) func(*request) string { return func(*request) string { return Path + path } }

// here is the address of the page that a form stood on: a form of /tasks/T3/sign stands
// on /tasks/T3, if up is 1.
func here(up int) func(*request) string {
	return func(q *request) string {
		path := q.Request.URL.Path
		for range up {
			path = path[:max(len(Path), lastSlash(path))]
		}
		return path
	}
}

func lastSlash(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return i
		}
	}
	return 0
}

// serve is a route with its guards: who somebody is, whether a form is ours, whether
// the role allows it.
func (c *Console) serve(rt route) gin.HandlerFunc {
	return c.opt.Server.Wrap(func(g *gin.Context) error {
		q, err := c.request(g, rt)
		if q == nil || err != nil {
			return err
		}
		defer func() {
			if form := g.Request.MultipartForm; form != nil {
				_ = form.RemoveAll() // files that waited on the disk
			}
		}()
		return rt.do(q)
	}, c.fail)
}

// request lets a request in; nil: it was sent elsewhere.
func (c *Console) request(g *gin.Context, rt route) (q *request, err error) {
	q = &request{Context: g, console: c}
	q.visit, err = c.opt.Server.Visit(g)
	if err == nil && rt.method != http.MethodGet {
		if rt.body > 0 && q.visit.Who != nil { // nobody else keeps a connection
			c.bearSlowUpload(g.Writer)
		}
		g.Request.Body = http.MaxBytesReader(g.Writer, g.Request.Body, cmp.Or(rt.body, maxForm))
		err = c.opt.Server.Form(g, q.visit)
	}
	if err != nil {
		return nil, err
	}
	if who := q.visit.Who; who != nil && !who.Outside {
		err = c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
			q.person, _, err = org.ByUser(r, who.Platform, who.User)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	g.Set(keyRequest, q)
	switch {
	case rt.who.lets(q.person):
		return q, nil
	case q.visit.Who == nil && rt.method == http.MethodGet:
		sent, err := c.opt.Server.SignIn(g, q.visit)
		if !sent && err == nil {
			g.Redirect(http.StatusSeeOther, loginPath(g.Request.URL.RequestURI()))
		}
		return nil, err
	case q.visit.Who == nil:
		return nil, errEntrance
	default:
		return nil, errRole
	}
}

// keyRequest is where the frame of an error's page finds whose it is.
const keyRequest = "console.request"
