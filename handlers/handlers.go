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
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
)

// Asker answers one question; see bot.Bot.
type Asker interface {
	Ask(ctx context.Context, q, prev, plan string) (bot.Reply, error)
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
	Examples       []string     // questions the page offers
	Version        string       // shown by /healthz
}

// Server serves the routes. It answers 503 until [Server.Ready] is called. It
// starts no goroutine and is safe for concurrent use.
type Server struct {
	opt    Options
	engine *gin.Engine
	bot    atomic.Pointer[ready]
	slots  chan struct{}
	pages  *pages
}

type ready struct {
	asker    Asker
	examples []string
}

// New builds the routes. It fails only for a wrong proxy address.
func New(opt Options) (*Server, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, slots: make(chan struct{}, maxConcurrent), pages: pages}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(opt.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	e.Use(s.withID, s.withLog, s.recover, secure, limitBody)
	e.NoRoute(s.wrap(func(*gin.Context) error { return errNotFound }))
	e.NoMethod(s.wrap(func(*gin.Context) error { return errMethod }))
	s.engine = e
	s.routes(e)
	return s, nil
}

// routes is the whole site.
func (s *Server) routes(e *gin.Engine) {
	e.GET("/", s.wrap(s.showPage))
	e.HEAD("/", s.wrap(s.showPage))
	e.POST("/", s.wrap(s.askPage))
	e.POST("/api/ask", s.wrap(s.askAPI))
	e.GET("/assets/:name", s.wrap(s.asset))
	e.GET("/healthz", s.wrap(s.healthz))
	e.GET("/readyz", s.wrap(s.readyz))
}

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

func (s *Server) healthz(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"status": "ok", "version": s.opt.Version})
	return nil
}

func (s *Server) readyz(c *gin.Context) error {
	if s.bot.Load() == nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "starting"})
		return nil
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
	return nil
}
