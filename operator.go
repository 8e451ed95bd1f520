package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
)

// operator carries out the commands that change, copy or show the store: within
// this process, or through the socket of the service that has it open. Its
// errors are for users.
type operator interface {
	// Import reads one file as kind says, or finds what is to go, and tells what it
	// would change; with apply it changes it, all or nothing but for
	// the rows that the report leaves.
	Import(ctx context.Context, req importRequest) (importReport, error)
	// Backup writes a consistent copy.
	Backup(ctx context.Context, w io.Writer) error
	// Documents returns the documents in force, as they were imported, and what the
	// office adds to them.
	Documents(ctx context.Context) (originals, error)
	// Remind tells what the units and the office would be told at the moment. It
	// changes nothing.
	Remind(ctx context.Context, at time.Time) (reminding, error)
	// Verify checks the histories, and makes from them again what follows from them.
	Verify(ctx context.Context) (bot.Verified, error)
	// Export makes a file of what is kept. It changes nothing.
	Export(ctx context.Context, req exportRequest) ([]byte, error)
	// Assess takes a step of a year's assessment.
	Assess(ctx context.Context, req assessRequest) (assessReport, error)
	// ConsoleLink makes the address of a one-time link into the console.
	ConsoleLink(ctx context.Context, login string) (string, error)
	// Standing tells how things are. It changes nothing.
	Standing(ctx context.Context) (standing, error)
	Close() error
}

// importRequest is one file to import, or something that was imported and is to go.
type importRequest struct {
	Kind   string // one of importKinds
	File   string // the file's name; what is to go
	Data   []byte
	Remove bool
	Apply  bool
	// Activity is whose sign-in sheet it is.
	Activity string
}

// importReport is what an import changes, for people.
type importReport struct {
	Lines   []string `json:"lines"`
	Bad     bool     `json:"bad"`     // the file cannot be imported; Lines say why and where
	Changes bool     `json:"changes"` // there is something to do
	After   string   `json:"after"`   // what to look at once it was applied
	Left    int      `json:"left"`    // rows that are unclear and are left out
}

// originals are what answers are made of.
type originals struct {
	Files []originalFile `json:"files"`
	Added additions      `json:"added"`
}

// originalFile is a document's bytes.
type originalFile struct {
	Name    string `json:"name"`
	File    string `json:"file"`
	Data    []byte `json:"data"`
	Damaged bool   `json:"damaged"` // there are none
}

// standing is how the store and its service are.
type standing struct {
	People   int               `json:"people"`
	Robots   int               `json:"robots"`
	Key      string            `json:"key"`       // what is wrong with secret_key, for users
	NoOffice bool              `json:"no_office"` // there are people, but none of the office who could act
	Plans    []string          `json:"plans"`     // names of the documents in the store
	Damaged  []string          `json:"damaged"`   // and of those that cannot be read
	Faults   map[string]string `json:"faults"`    // what the probe of the running service says
	Waiting  int               `json:"waiting"`   // notices that have not ended, held ones too
	Stuck    []stuck           `json:"stuck"`     // notices that failed lately or are long overdue
	Outings  outings           `json:"outings"`
	Today    calendar.Date     `json:"today"`
	Years    []int             `json:"years"` // of this year and the next those whose holidays are known
}

// stuck are notices to one place that came to nothing.
type stuck struct {
	Via     chat.Via `json:"via"`
	Robot   string   `json:"robot"` // a group robot's id, with its units
	Code    string   `json:"code"`  // the platform's, or the outbox's own; may be empty
	Failed  int      `json:"failed"`
	Overdue int      `json:"overdue"`
}

// How the outbox is looked at.
const (
	lookBack   = 7 * 24 * time.Hour // at failures
	lateAfter  = 15 * time.Minute   // a notice that is due
	lookedAt   = 1000               // notices at most
	shownStuck = 10
)

// local is the operator of this process.
type local struct {
	cfg     config.Config
	store   *store.Store
	board   *task.Board
	acts    func() (*activity.Board, error)
	press   *report.Press
	imports imports
	health  func(context.Context) map[string]string // of the service, nil: there is none
	url     func() string                           // where that service is; nil: there is none
	close   func() error
}

var _ operator = local{}

// openOperator finds who carries out a command for these settings: the service
// that has the data folder, or this process. The error is for users.
func openOperator(ctx context.Context, cfg config.Config) (operator, error) {
	r, noService := dialOperator(ctx, cfg.Data)
	if noService == nil {
		return r, nil
	}
	unlock := func() {}
	if cfg.Redis.Reveal() == "" {
		var err error
		switch unlock, err = lockFolder(cfg.Data); {
		case errors.Is(err, errLocked) && !errors.Is(noService, errNoService):
			return nil, noService
		case errors.Is(err, errLocked):
			return nil, fmt.Errorf("数据文件夹 %s 正被另一个进程使用，它不接受命令；若是服务正在启动，请稍后再试", cfg.Data)
		case err != nil:
			return nil, err
		}
	}
	s, err := openStore(ctx, cfg, store.Options{Now: clockOf(cfg)})
	if err != nil {
		unlock()
		return nil, err
	}
	board, err := newBoard(cfg, outbox.New(outbox.Options{Store: s}))
	if err != nil {
		unlock()
		return nil, errors.Join(err, s.Close())
	}
	acts := sync.OnceValues(func() (*activity.Board, error) { return localActivities(ctx, cfg, s) })
	docs := sync.OnceValues(func() (report.Documents, error) { return localDocuments(ctx, cfg, s) })
	return local{
		cfg: cfg, store: s, board: board, acts: acts, press: newPress(board, acts, docs),
		imports: imports{
			store: s, board: board, acts: acts, sample: len(cfg.Plans) == 0, changed: func() {},
			people: sync.OnceValues(func() (*people, error) { return localPeople(ctx, cfg, s, docs) }),
		},
		close: func() error {
			defer unlock()
			return s.Close()
		},
	}, nil
}

func (l local) Import(ctx context.Context, req importRequest) (importReport, error) {
	report, err := l.imports.run(ctx, req)
	return report, l.told(err)
}

// told makes an error of the store one for users.
func (l local) told(err error) error {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrBusy) {
		return storeFault(l.cfg, err)
	}
	return err
}

func (l local) Backup(ctx context.Context, w io.Writer) error {
	return l.told(l.store.Backup(ctx, w))
}

func (l local) Documents(ctx context.Context) (out originals, err error) {
	docs, bad, err := documents(ctx, l.store)
	if err != nil {
		return out, l.told(err)
	}
	for _, d := range docs {
		out.Files = append(out.Files, originalFile{Name: d.Name, File: d.File, Data: d.Original})
	}
	for _, b := range bad {
		out.Files = append(out.Files, originalFile{Name: b.Name, Damaged: true})
	}
	out.Added, err = storedAdditions(ctx, l.store)
	return out, l.told(err)
}

// documents reads the documents in force.
func documents(ctx context.Context, s *store.Store) (docs []library.Document, bad []library.Damage, err error) {
	err = s.View(ctx, func(r store.Reader) (err error) {
		docs, bad, err = library.All(r)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read documents: %w", err)
	}
	return docs, bad, nil
}

// storedAdditions reads what the office adds to its documents.
func storedAdditions(ctx context.Context, s *store.Store) (added additions, err error) {
	err = s.View(ctx, func(r store.Reader) (err error) {
		added, err = readAdditions(r)
		return err
	})
	if err != nil {
		return additions{}, fmt.Errorf("read words and answers: %w", err)
	}
	return added, nil
}

func (l local) Remind(ctx context.Context, at time.Time) (rem reminding, err error) {
	acts, err := l.acts()
	if err != nil {
		return rem, l.told(err)
	}
	err = l.store.View(ctx, func(r store.Reader) error {
		messages, err := l.board.Due(r, at)
		if err != nil {
			return err
		}
		cal := l.board.Calendar()
		rem = reminding{Day: dayWord(cal, at), Messages: dueMessages(messages, cal)}
		if rem.Opens, err = l.board.Opens(r, at); err != nil {
			return err
		}
		rem.Activities, err = dueOutings(r, acts, at)
		return err
	})
	return rem, l.told(err)
}

func (l local) Verify(ctx context.Context) (v bot.Verified, err error) {
	acts, err := newActivities(l.cfg, nil, nil) // only to read, and nothing sealed
	if err != nil {
		return v, err
	}
	err = l.store.View(ctx, func(r store.Reader) (err error) {
		v, err = bot.Verify(r, acts)
		return err
	})
	return v, l.told(err)
}

func (l local) Export(ctx context.Context, req exportRequest) ([]byte, error) {
	data, err := exports{l.store, l.board, l.acts, l.press}.file(ctx, req)
	return data, l.told(err)
}

func (l local) Assess(ctx context.Context, req assessRequest) (assessReport, error) {
	rep, err := assess(ctx, l.store, l.board, req)
	return rep, l.told(err)
}

func (l local) Standing(ctx context.Context) (st standing, err error) {
	if l.health != nil {
		st.Faults = l.health(ctx)
	} else if err := inspectKey(ctx, l.cfg, l.store); err != nil { // a service that runs has the right one
		st.Key = l.told(err).Error()
	}
	docs, bad, err := documents(ctx, l.store)
	if err != nil {
		return st, l.told(err)
	}
	for _, d := range docs {
		st.Plans = append(st.Plans, titleOf(d.Plan))
	}
	for _, b := range bad {
		st.Damaged = append(st.Damaged, b.Name)
	}
	book, err := holidaysOf(l.cfg)
	if err != nil {
		return st, err
	}
	acts, err := newActivities(l.cfg, nil, nil) // only to read, and nothing sealed
	if err != nil {
		return st, err
	}
	err = l.store.View(ctx, func(r store.Reader) error {
		now, err := book.Now(r)
		if err != nil {
			return err
		}
		st.calendar(now.Calendar, r.Now())
		people, err := org.People(r)
		if err != nil {
			return err
		}
		robots, err := org.GroupRobots(r, "")
		if err != nil {
			return err
		}
		if st.Outings, err = outingsOf(r, acts); err != nil {
			return err
		}
		offices, err := org.Offices(r)
		if err := st.notices(r, robots); err != nil {
			return err
		}
		st.People, st.Robots = len(people), len(robots)
		st.NoOffice = len(people) > 0
		for _, o := range offices {
			st.NoOffice = st.NoOffice && len(o.IDs) == 0
		}
		return err
	})
	return st, l.told(err)
}

// calendar notes which years' holidays are known.
func (st *standing) calendar(cal *calendar.Calendar, now time.Time) {
	st.Today, st.Years = cal.Day(now), nil
	for year := st.Today.Y; year <= st.Today.Y+1; year++ {
		if cal.Known(year) {
			st.Years = append(st.Years, year)
		}
	}
}

// notices looks at the outbox. A place that was reached since is well again.
func (st *standing) notices(r store.Reader, robots []org.GroupRobot) error {
	box := outbox.New(outbox.Options{}) // only to read
	stats, err := box.Stats(r)
	if err != nil {
		return err
	}
	st.Waiting = stats.Waiting + stats.Held + stats.Sending
	recs, err := box.List(r, outbox.Query{
		States: []outbox.State{outbox.StateSent, outbox.StateFailed, outbox.StateWaiting}, From: r.Now().Add(-lookBack), Limit: lookedAt,
	})
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, g := range robots {
		names[g.ID] = g.ID + "（" + strings.Join(g.Units, "、") + "）"
	}
	well := map[[4]string]bool{}
	for _, rec := range recs { // the newest first
		to := rec.Place()
		place := [4]string{string(to.Via), to.Robot, string(to.Conversation), string(to.User)}
		if (to.Via == wecom.ViaWebhook || to.Via == dingtalk.ViaWebhook) && names[to.Robot] == "" {
			continue // it was removed
		}
		late := rec.State == outbox.StateWaiting && r.Now().Sub(rec.At) > lateAfter
		switch {
		case rec.State == outbox.StateSent:
			well[place] = true
		case rec.State == outbox.StateFailed && !well[place]:
			st.stuck(to.Via, names[to.Robot], rec.Code).Failed++
		case late:
			code := ""
			if n := len(rec.Attempts); n > 0 {
				code = rec.Attempts[n-1].Code
			}
			st.stuck(to.Via, names[to.Robot], code).Overdue++
		}
	}
	return nil
}

// stuck is the count of one place and code.
func (st *standing) stuck(via chat.Via, robot, code string) *stuck {
	i := slices.IndexFunc(st.Stuck, func(s stuck) bool { return s.Via == via && s.Robot == robot && s.Code == code })
	if i < 0 {
		i = len(st.Stuck)
		st.Stuck = append(st.Stuck, stuck{Via: via, Robot: robot, Code: code})
	}
	return &st.Stuck[i]
}

func (l local) Close() error { return l.close() }
