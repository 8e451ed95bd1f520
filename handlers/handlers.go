// Package handlers is the HTTP face: the trial chat page, the question API and
// the health probes. It limits what comes in, asks the bot, and writes what
// comes out.
//
// It must not know how an answer is found or worded, and it never shows an
// internal error: a page or a JSON body carries the id of the log line instead.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
	"xietiao/bot/chat"
)

// Asker answers one question, and says what the next leans on; see bot.Bot.
type Asker interface {
	Ask(ctx context.Context, q, prev, plan string) (bot.Reply, error)
	Thread(ctx context.Context, q, prev string, r bot.Reply) (string, error)
}

var _ Asker = (*bot.Bot)(nil)

// Limits of one request. A question is a sentence; a page load is nothing.
const (
	MaxBody       = 16 << 10         // bytes: a question, the one before, a title
	MaxQuestion   = 500              // characters; voice-to-text run-ons are shorter
	askTimeout    = 10 * time.Second // an answer takes milliseconds
	maxConcurrent = 32               // answers at work; more wait for their turn
)

// Options are what a Server may be given. The zero value works.
type Options struct {
	Logger         *slog.Logger // nil: discard
	TrustedProxies []string     // addresses or networks whose forwarded headers count
	Version        string       // shown by /healthz
	Desk           Taker        // takes what hooks receive; required with Hooks
	Hooks          []Hook       // addresses that platforms call
	Metrics        http.Handler // /metrics, for this machine and its network; nil: none
	// Refused is called for each callback that was refused, with the status.
	Refused func(path string, status int)
	// Sessions knows whose browser is whose; nil: there are no pages of persons.
	Sessions *Sessions
	// Webs are the clients that pages may be opened in. They send people back to
	// PublicURL, our address as browsers have it: without it they are not used.
	Webs      []chat.Web
	PublicURL string
	// Activities has pages of its own below /a/, which need Sessions; nil: none.
	Activities *Activities
	// Health tells what is wrong, by part; nothing: all is well. A part whose
	// name is in Essential makes the service not ready.
	Health func(ctx context.Context) map[string]string
}

// Essential are the parts of Options.Health without which no message can be
// taken.
var Essential = []string{"store"}

// Server serves the routes. It answers 503 until [Server.Ready] is called. It
// starts no goroutine and is safe for concurrent use.
type Server struct {
	opt    Options
	engine *gin.Engine
	bot    atomic.Pointer[ready]
	slots  chan struct{}
	pages  *Pages
	limit  *Limiter // of what writes to the store
	joins  *Limiter // of outsiders

	working sync.WaitGroup // messages taken whose request may be over
}

type ready struct {
	asker    Asker
	examples []string
}

// clauses are those of a bot; other askers have none.
func (r *ready) clauses(plan, address string) []bot.Clause {
	b, ok := r.asker.(interface {
		Clauses(plan, address string) []bot.Clause
	})
	if !ok {
		return nil
	}
	return b.Clauses(plan, address)
}

// New builds the routes. It fails only for a wrong proxy address.
func New(opt Options) (*Server, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Refused == nil {
		opt.Refused = func(string, int) {}
	}
	if opt.Health == nil {
		opt.Health = func(context.Context) map[string]string { return nil }
	}
	opt.PublicURL = strings.TrimRight(opt.PublicURL, "/")
	pages, err := LoadPages(web, "/assets/", nil)
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, slots: make(chan struct{}, maxConcurrent), pages: pages, limit: NewLimiter(perMinute, time.Now), joins: NewLimiter(newPerMinute, time.Now)}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(opt.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	e.UseRawPath = true // an address of a clause may hold an escaped slash
	e.UnescapePathValues = false
	e.Use(s.withID, s.withLog, s.recover, secure)
	e.NoRoute(s.wrap(func(*gin.Context) error { return ErrNotFound }))
	e.NoMethod(s.wrap(func(*gin.Context) error { return errMethod }))
	s.engine = e
	s.routes(e)
	return s, nil
}

// routes is the whole site.
func (s *Server) routes(e *gin.Engine) {
	e.GET("/", s.wrap(s.showPage))
	e.HEAD("/", s.wrap(s.showPage))
	e.POST("/", limitBody, s.wrap(s.askPage))
	e.POST("/api/ask", limitBody, s.wrap(s.askAPI))
	e.GET("/p/:plan/:address", s.wrap(s.showClause))
	e.GET("/assets/:name", s.wrap(s.asset))
	e.GET("/healthz", s.wrap(s.healthz))
	e.GET("/readyz", s.wrap(s.readyz))
	e.GET("/metrics", s.wrap(s.metrics))
	if s.opt.Sessions != nil {
		e.GET("/login/:platform", s.gate(s.limited), s.wrap(s.signedIn))
		e.GET(pathLink+":key", s.gate(s.limited), s.wrap(s.showLink))
		e.POST(pathLink+":key", s.gate(s.limited), limitBody, s.wrap(s.acceptLink))
		e.POST("/logout", limitBody, s.wrap(s.signOut))
	}
	if s.opt.Activities != nil {
		s.activityRoutes(e)
	}
	for _, h := range s.opt.Hooks {
		e.GET(h.Path, s.wrap(s.callback(h)))
		e.POST(h.Path, s.wrap(s.callback(h)))
	}
}

// Group adds routes below a prefix; they carry what every answer carries.
func (s *Server) Group(prefix string) *gin.RouterGroup { return s.engine.Group(prefix) }

// PublicURL is our address as browsers have it, without a slash at its end; "" if
// nobody said.
func (s *Server) PublicURL() string { return s.opt.PublicURL }

// Ready gives the server what answers questions, with questions to offer. It
// may be called again when the documents change.
func (s *Server) Ready(a Asker, examples []string) { s.bot.Store(&ready{a, examples}) }

// ServeHTTP makes Server an [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// ask answers within the limits. The error is one that status knows.
func (s *Server) ask(ctx context.Context, q, prev, plan string) (bot.Reply, error) {
	r := s.bot.Load()
	if r == nil {
		return bot.Reply{}, errNotReady
	}
	if err := checkQuestion(q, prev, plan); err != nil {
		return bot.Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return bot.Reply{}, errBusy
	}
	reply, err := r.asker.Ask(ctx, q, prev, plan)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		return bot.Reply{}, fmt.Errorf("%w: %w", errBusy, err)
	}
	return reply, err
}

// forwarded are headers that only a proxy sets.
var forwarded = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

func (s *Server) healthz(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"status": "ok", "version": s.opt.Version})
	return nil
}

// readyz tells whether messages can be taken now, and what else is wrong.
func (s *Server) readyz(c *gin.Context) error {
	faults := s.opt.Health(c.Request.Context())
	state, code := "ready", http.StatusOK
	switch {
	case s.bot.Load() == nil:
		state, code = "starting", http.StatusServiceUnavailable
	case slices.ContainsFunc(Essential, func(part string) bool { return faults[part] != "" }):
		state, code = "unavailable", http.StatusServiceUnavailable
	case len(faults) > 0:
		state = "degraded"
	}
	body := gin.H{"status": state}
	if len(faults) > 0 {
		body["faults"] = faults
	}
	c.JSON(code, body)
	return nil
}

// metrics are for this machine and its own network only. What comes through a
// proxy that nobody named may come from anywhere.
func (s *Server) metrics(c *gin.Context) error {
	ip := net.ParseIP(c.ClientIP())
	if s.opt.Metrics == nil || ip == nil || !ip.IsLoopback() && !ip.IsPrivate() {
		return ErrNotFound
	}
	if c.ClientIP() == c.RemoteIP() && slices.ContainsFunc(forwarded, func(name string) bool { return c.GetHeader(name) != "" }) {
		return ErrNotFound
	}
	s.opt.Metrics.ServeHTTP(c.Writer, c.Request)
	return nil
}
