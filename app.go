package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
	"xietiao/handlers"
	"xietiao/handlers/console"
)

// Time limits of a connection. Answers take milliseconds and bodies are small,
// so a slow visitor is one who keeps a connection for nothing.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 15 * time.Second // for requests at work when we stop
	maxHeader     = 16 << 10         // bytes

	healthTimeout = 2 * time.Second // for the store to answer a probe
	outboxPoll    = time.Second     // for notices of other instances
	purgeEvery    = time.Minute
	purgeBatch    = 500 // expired records removed at once
)

// app is the running service and what it must give back when it stops.
type app struct {
	log       *slog.Logger
	cfg       config.Config
	listener  net.Listener
	admin     net.Listener
	server    *handlers.Server
	store     *store.Store
	shelf     *shelf
	desk      *bot.Desk
	box       *outbox.Box
	board     *task.Board
	activity  *activity.Board
	press     *report.Press
	reminders *reminders
	sessions  *handlers.Sessions
	listeners []chat.Listener
	operator  operator
	drain     time.Duration  // how long requests at work may take when we stop
	cleanups  []func() error // in the order of acquiring; run in reverse
}

// newApp wires the service: it reads the documents of the settings, takes the
// data folder, the store and the addresses, and starts nothing. On an error
// everything is given back.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	return newAppBy(ctx, cfg, programTime{now: clockOf(cfg)}, log)
}

// newAppBy is newApp by another program's clock.
func newAppBy(ctx context.Context, cfg config.Config, pt programTime, log *slog.Logger) (_ *app, err error) {
	a := &app{log: log, cfg: cfg, drain: drainTimeout}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	given, notes, err := givenPlans(ctx, cfg.Plans, &progress{})
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		log.Warn(n, "component", "app")
	}
	words, err := ownWords(cfg.Thesaurus)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFolder(cfg.Data)
	if err != nil {
		return nil, err
	}
	a.cleanup(func() error { unlock(); return nil })
	if err = pt.separate(cfg); err != nil {
		return nil, err
	}
	if a.store, err = openStore(ctx, cfg, store.Options{Now: pt.now, NoSync: pt.rehearsal()}); err != nil {
		return nil, err
	}
	a.cleanup(a.store.Close)

	a.shelf = &shelf{
		store: a.store, data: cfg.Data, given: given, own: words, log: log,
		use: a.use, kick: make(chan struct{}, 1),
	}
	a.cleanup(a.shelf.close)
	p, err := openPeople(ctx, cfg, a.store)
	if err != nil {
		return nil, err
	}
	p.units = a.shelf.units
	metrics := handlers.NewMetrics()
	holder, err := instanceName(cfg.Data)
	if err != nil {
		return nil, err
	}
	lines, err := connect(cfg, chatState{a.store}, p.robots(), pt, holder, log)
	if err != nil {
		return nil, err
	}
	if err := a.speak(lines, p, pt, holder, metrics); err != nil {
		return nil, err
	}
	if err = a.store.Update(ctx, func(tx *store.Tx) error { return a.board.Holidays().Adopt(tx, byOperator) }); err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	a.sessions = handlers.NewSessions(a.store, nil)
	weights := func(year int) task.Weights { return weightsOf(cfg, year) }
	a.desk = bot.NewDesk(bot.DeskOptions{
		Store: a.store, Outbox: a.box, PublicURL: cfg.PublicURL,
		Commands: bot.Commands(a.orgOptions(p), bot.TaskOptions{
			Board: a.board, Weights: weights,
		}, activityOptions(cfg, a.activity, a.sessions)),
		Questions: cfg.Retention.Questions, Sessions: cfg.Retention.Sessions, Location: cfg.Location(),
		Logger: log, Observe: metrics.Message,
	})
	name, _ := buildVersion()
	a.server, err = handlers.New(handlers.Options{
		Logger: log.With("component", "http"), TrustedProxies: cfg.TrustedProxies, Version: name,
		Desk: a.desk, Hooks: lines.hooks, Metrics: metrics, Refused: metrics.Refused, Health: a.health,
		Sessions: a.sessions, Webs: lines.webs, PublicURL: cfg.PublicURL,
		Activities: &handlers.Activities{Board: a.activity, Store: a.store},
	})
	if err != nil {
		return nil, err
	}
	acts := func() (*activity.Board, error) { return a.activity, nil }
	a.press = newPress(a.board, acts, func() (report.Documents, error) { return a.shelf.units(), nil })
	if _, err = console.Mount(console.Options{
		Server: a.server, Sessions: a.sessions, Store: a.store, Tasks: a.board, Activities: a.activity, Outbox: a.box,
		Curator: bot.NewCurator(bot.CuratorOptions{
			Store: a.store, Outbox: a.box, Desk: a.desk, InForce: a.shelf.edition, Build: a.shelf.build, Changed: a.shelf.changed,
		}),
		Vault: p.vault, Routes: p.routes, Origins: p.origins,
		Units: func() org.Units { return a.shelf.units() }, Clauses: a.desk.Clauses, Matrix: a.shelf.matrix, Reload: a.shelf.load,
		Rules:   library.Rules{Review: cfg.Review, Location: cfg.Location(), Same: a.shelf.alike},
		Weights: weights, Advice: platformAdvice, Reports: a.press, Machine: machine{a}, Health: a.health, Logger: log,
	}); err != nil {
		return nil, err
	}
	a.gauges(metrics)
	a.operator = local{
		cfg: cfg, store: a.store, board: a.board, acts: acts, press: a.press, health: a.health, url: a.url, close: func() error { return nil },
		imports: imports{
			store: a.store, board: a.board, acts: acts, people: func() (*people, error) { return p, a.shelf.load(ctx) }, sample: len(cfg.Plans) == 0, changed: a.shelf.changed,
		},
	}
	if a.admin, err = listenSocket(ctx, cfg.Data); err != nil {
		return nil, err
	}
	a.cleanup(func() error { return ignoreClosed(a.admin.Close()) })
	var lc net.ListenConfig
	if a.listener, err = lc.Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("%s\n（listen: %w）", listenAdvice(cfg.Listen, err), err)
	}
	a.cleanup(func() error { return ignoreClosed(a.listener.Close()) })
	return a, nil
}

// speak wires what tells people of things: the outbox, and the tasks and activities
// with their reminders.
func (a *app) speak(l *lines, p *people, pt programTime, holder string, metrics *handlers.Metrics) (err error) {
	a.listeners = l.listeners
	a.box = outbox.New(outbox.Options{
		Store: a.store, Pushers: l.pushers, Holder: holder, Hold: bot.Held, Logger: a.log, Keep: days(a.cfg.Retention.Notices),
		Poll: pt.wall(outboxPoll), Speed: pt.speed, Draw: a.drawing(),
		Observe: func(rec outbox.Record) { metrics.Send(string(rec.Place().Via), outcomeOf(rec)) },
	})
	p.box = a.box
	if a.board, err = newBoard(a.cfg, a.box); err != nil {
		return err
	}
	if a.activity, err = newActivities(a.cfg, a.box, p.vault); err != nil {
		return err
	}
	a.reminders = &reminders{board: a.board, also: a.activity, store: a.store, time: pt, log: a.log, metrics: metrics}
	return nil
}

// cleanup remembers to give something back.
func (a *app) cleanup(fn func() error) { a.cleanups = append(a.cleanups, fn) }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// use makes a bot over new documents answer everywhere.
func (a *app) use(b *bot.Bot, examples []string) {
	a.desk.Use(b)
	a.server.Ready(b, examples)
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

// run serves until ctx ends. Then it takes no more, lets what it has taken
// finish, and stops. It answers probes at once and questions as soon as the
// documents are read. It is called once and closes the app.
func (a *app) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, a.close()) }()

	// What takes messages stops first; what finishes them goes on until nothing
	// is taken any more.
	intake, stopIntake := context.WithCancel(ctx)
	defer stopIntake()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	fault := make(chan error, 1)
	var taking, working sync.WaitGroup
	start := func(wg *sync.WaitGroup, ctx context.Context, name string, fn func(context.Context) error) {
		wg.Go(func() {
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				select {
				case fault <- fmt.Errorf("%s: %w", name, err):
				default:
				}
			}
		})
	}
	start(&taking, intake, "http", a.serve(a.listener, a.server))
	start(&taking, intake, "admin socket", a.serve(a.admin, serveOperator(a.operator)))
	for _, l := range a.listeners {
		taking.Go(func() { a.listen(intake, l) })
	}
	start(&working, work, "documents", a.shelf.run)
	start(&working, work, "outbox", a.box.Run)
	start(&working, work, "reminders", a.reminders.run)
	start(&working, work, "desk", a.desk.Run)
	start(&working, work, "purge", a.purge)

	select {
	case err = <-fault:
	case <-ctx.Done():
	}
	stopIntake()
	taking.Wait()
	a.server.Wait()
	stopWork()
	working.Wait()
	return err
}

// serve runs an HTTP server until ctx ends and the requests at work are done.
func (a *app) serve(l net.Listener, h http.Handler) func(context.Context) error {
	return func(ctx context.Context) error {
		srv := &http.Server{
			Handler:           h,
			ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
			MaxHeaderBytes: maxHeader,
			ErrorLog:       slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		}
		if l == a.admin { // a backup takes as long as it takes
			srv.ReadTimeout, srv.WriteTimeout = 0, 0
		}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(l) }()
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
		}
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.drain)
		defer cancel()
		err := srv.Shutdown(drain)
		if err != nil { // somebody neither reads nor goes: the store is not to wait for him
			err = errors.Join(err, srv.Close())
		}
		<-served
		return err
	}
}

// listen holds one connection to a platform. One that cannot be had does not end
// the service: the others go on, and the probe says what is wrong.
func (a *app) listen(ctx context.Context, l chat.Listener) {
	err := l.Listen(ctx, func(ctx context.Context, m chat.Message) error {
		_, err := a.desk.Take(ctx, m, 0)
		return err
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("connection given up", "component", string(l.Via()), "err", err)
	}
}

// health tells what is wrong.
func (a *app) health(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	faults := map[string]string{}
	if err := a.store.Ping(ctx); err != nil {
		faults["store"] = "unavailable"
	}
	for _, l := range a.listeners {
		if st := l.Status(); !st.Connected && !st.Standby {
			faults[string(l.Via())] = st.Fault
			if st.Fault == "" {
				faults[string(l.Via())] = "connecting"
			}
		}
	}
	return faults
}

// gauges adds the figures that are read when somebody asks.
func (a *app) gauges(m *handlers.Metrics) {
	stats := func() (st outbox.Stats, now time.Time) {
		ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
		defer cancel()
		_ = a.store.View(ctx, func(r store.Reader) (err error) { // no store, no figure: it shows as 0
			now = r.Now()
			st, err = a.box.Stats(r)
			return err
		})
		return st, now
	}
	m.Gauge("xietiao_outbox_waiting", "Notices that wait to be sent.", func() float64 {
		st, _ := stats()
		return float64(st.Waiting)
	})
	m.Gauge("xietiao_outbox_oldest_seconds", "How long the oldest due notice has been due.", func() float64 {
		st, now := stats()
		if st.Oldest.IsZero() {
			return 0
		}
		return max(0, now.Sub(st.Oldest).Seconds())
	})
	for _, l := range a.listeners {
		m.Gauge("xietiao_connected_"+metricName(string(l.Via())), "Whether the connection to the platform is there (1), also if another instance has it.", func() float64 {
			if st := l.Status(); st.Connected || st.Standby {
				return 1
			}
			return 0
		})
	}
}

// metricName makes a channel's name one of Prometheus.
func metricName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			b[i] = '_'
		}
	}
	return string(b)
}

// purge removes expired records, until ctx ends.
func (a *app) purge(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for {
			n, err := a.store.Purge(ctx, purgeBatch)
			if err != nil && ctx.Err() == nil {
				a.log.Warn("expired records stay", "component", "purge", "err", err)
			}
			if err != nil || n < purgeBatch {
				break
			}
		}
	}
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
