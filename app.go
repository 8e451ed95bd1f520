package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"xietiao/bot"
	"xietiao/config"
	"xietiao/handlers"
	"xietiao/index"
	"xietiao/index/plan"
)

// Time limits of a connection. Answers take milliseconds and bodies are small,
// so a slow visitor is one who keeps a connection for nothing.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 10 * time.Second // for requests at work when we stop
	maxHeader     = 16 << 10         // bytes
)

// app is the running service and what it must give back when it stops.
type app struct {
	log      *slog.Logger
	listener net.Listener
	server   *handlers.Server
	cfg      config.Config
	plans    []*plan.Plan
	words    *index.Thesaurus
	cleanups []func() error // in the order of acquiring; run in reverse
}

// newApp wires the service: it reads the documents, takes the data folder and
// the address, and starts nothing. On an error everything is given back.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	a := &app{log: log, cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	var notes []string
	if a.plans, notes, err = readPlans(ctx, cfg.Plans, &progress{}); err != nil {
		return nil, err
	}
	for _, n := range notes {
		log.Warn(n, "component", "app")
	}
	if a.words, err = loadWords(cfg.Thesaurus); err != nil {
		return nil, err
	}
	unlock, err := lockFolder(cfg.Data)
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, func() error { unlock(); return nil })

	name, _ := buildVersion()
	a.server, err = handlers.New(handlers.Options{
		Logger: log.With("component", "http"), TrustedProxies: cfg.TrustedProxies, Version: name,
	})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	if a.listener, err = lc.Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("%s\n（listen: %w）", listenAdvice(cfg.Listen, err), err)
	}
	a.cleanups = append(a.cleanups, func() error {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return a, nil
}

// listenAdvice says what to do about an address that cannot be taken.
func listenAdvice(addr string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "监听不了 " + addr + "：这个端口已经有程序在用。停掉那个程序，或用 -listen 换一个端口，例如 127.0.0.1:8081"
	case errors.Is(err, syscall.EACCES):
		return "监听不了 " + addr + "：没有权限。1024 以下的端口要管理员权限，请换一个大的端口"
	}
	return "监听不了 " + addr + "：请检查地址是不是本机的，例如 127.0.0.1:8080"
}

// url is where the trial page is.
func (a *app) url() string { return "http://" + a.listener.Addr().String() + "/" }

// run serves until ctx ends, then lets the requests at work finish. It answers
// probes at once and questions as soon as the index is open. It is called once
// and closes the app.
func (a *app) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, a.close()) }()
	srv := &http.Server{
		Handler:           a.server,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(a.listener) }()
	opened := make(chan error, 1)
	go func() { opened <- a.openIndex() }()

	var failure error
	indexOpen := false
	for failure == nil && ctx.Err() == nil {
		select {
		case failure = <-opened:
			indexOpen, opened = true, nil
		case failure = <-served:
			served = nil
		case <-ctx.Done():
		}
	}
	// The parent is over; what is at work still gets its time.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	stopErr := srv.Shutdown(drain)
	if served != nil {
		<-served
	}
	if !indexOpen {
		failure = errors.Join(failure, <-opened) // the index is built to its end, then closed
	}
	return errors.Join(failure, stopErr)
}

// openIndex makes the server ready.
func (a *app) openIndex() error {
	start := time.Now()
	b, ix, err := diskBot(a.cfg.Data, a.plans, a.words)
	if err != nil {
		return err
	}
	a.cleanups = append(a.cleanups, ix.Close)
	a.server.Ready(b, examples(a.plans))
	a.log.Info("ready", "component", "app", "documents", len(a.plans), "took", time.Since(start))
	return nil
}

// close gives everything back, last first.
func (a *app) close() error {
	var errs []error
	for i := len(a.cleanups) - 1; i >= 0; i-- {
		errs = append(errs, a.cleanups[i]())
	}
	a.cleanups = nil
	return errors.Join(errs...)
}

var _ handlers.Asker = (*bot.Bot)(nil)
