// Package console is the office's workplace in a browser: pages below /console for
// everything that the mechanism does. It asks who somebody is, lets nobody do what
// the role does not allow, and says what was done or why not.
//
// It must not know how duties are found, when reminders are due or how anything is
// sent: pages read and change through the packages that do. What it says of itself is
// in text.go and in the templates.
package console

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"time"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index"
)

//go:embed web
var web embed.FS

// Options are what the console works with. Those without a remark are required.
type Options struct {
	Server     *handlers.Server
	Sessions   *handlers.Sessions
	Store      *store.Store
	Tasks      *task.Board
	Activities *activity.Board
	Outbox     *outbox.Box
	Curator    *bot.Curator
	Reports    *report.Press
	Vault      *org.Vault
	Routes     org.Routes                              // how a person is reached
	Origins    org.Origins                             // where the addresses of group robots may lie
	Units      func() org.Units                        // of the documents in force; nil before they are read
	Clauses    func(plan, address string) []bot.Clause // of the documents in force
	Weights    func(year int) task.Weights             // of a year's assessment
	Advice     bot.Advice                              // on a platform's codes; may be nil
	Matrix     func(plan string) (index.Matrix, error) // of a document in force
	Rules      library.Rules                           // of publishing documents
	Reload     func(ctx context.Context) error         // takes the documents and words of the store into use
	Machine    Machine
	Health     func(ctx context.Context) map[string]string
	Hashes     org.Hashes       // of passwords; the zero value is good
	Wall       func() time.Time // the wall clock; nil: time.Now
	Patience   time.Duration    // for a file to come or go; 0: 15 minutes
	Logger     *slog.Logger     // nil: discard
}

// Console serves the pages. It is safe for concurrent use.
type Console struct {
	opt    Options
	pages  *handlers.Pages
	routes []route
	slow   chan struct{} // passwords being hashed
	papers papers        // reports that were made lately
	tries  *handlers.Limiter
}

// How many passwords are hashed at once, and how many one address may try in a minute.
const (
	hashers      = 2
	triesAMinute = 20
)

// Mount builds the console and adds its routes to the server.
func Mount(opt Options) (*Console, error) {
	if opt.Wall == nil {
		opt.Wall = time.Now
	}
	opt.Patience = cmp.Or(opt.Patience, patience)
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Console{opt: opt, slow: make(chan struct{}, hashers), tries: handlers.NewLimiter(triesAMinute, opt.Wall)}
	var err error
	if c.pages, err = handlers.LoadPages(web, Path+"/assets/", template.FuncMap{
		"day": c.day, "moment": c.moment, "percent": percent, "more": more, "pair": pairOf,
		"share": share, "sub": sub, "unitTasks": taskFilter{}.OfUnit, "stepOf": stepOf, "deadlineWord": deadlineWord,
		"document": documentPath, "place": bot.ClausePath, "refs": refsOf,
		"statusWord": statusWord, "reasonWord": report.ReasonWord, "kindWord": kindWord, "senseWords": senseWords, "wholePercent": wholePercent,
		"goldWord": goldWord, "tryPath": func(q, prev string) string { return askedOf{Q: q, Prev: prev}.Try() },
	}); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c.routes = c.all()
	g := opt.Server.Group(Path)
	for _, rt := range c.routes {
		g.Handle(rt.method, rt.path, c.serve(rt))
	}
	g.GET("/assets/:name", opt.Server.Wrap(c.pages.Asset, c.fail))
	return c, nil
}

// all is the whole site: what is not here is not served.
func (c *Console) all() []route {
	var list []route
	for _, part := range [][]route{
		c.entranceRoutes(),
		c.overviewRoutes(),
		c.taskRoutes(), c.oneTaskRoutes(), c.taskEditRoutes(), c.taskImportRoutes(),
		c.superviseRoutes(), c.assessRoutes(), c.noticeRoutes(),
		c.peopleRoutes(), c.settingsRoutes(),
		c.activityRoutes(), c.volunteerRoutes(),
		c.reportRoutes(),
		c.planRoutes(),
		c.questionRoutes(), c.questionWorkRoutes(), c.questionListRoutes(), c.questionSetRoutes(),
	} {
		list = append(list, part...)
	}
	return list
}
