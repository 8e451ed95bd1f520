package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// Machine is what the console asks of the service that it is part of.
type Machine interface {
	// Findings are what a check of everything found; far: also what other machines
	// say, which takes seconds.
	Findings(ctx context.Context, far bool) []Finding
	// Settings are how the service is set.
	Settings() []Setting
	// Contents says in words what a backup would hold.
	Contents(ctx context.Context) (string, error)
}

// Finding is one thing that was checked. Without a State and a Fault it is not set up.
type Finding struct {
	Name  string
	State string // how it is
	Fault string // what is wrong, and what to do; "": nothing
	Sure  bool   // it is known to be good
	Page  string // address of the page on which it is mended; may be empty
}

// Setting is one thing that is set, and its name in the settings; "": it is not to be set.
type Setting struct{ Name, Value, Key string }

// settingsRoutes are how the service is, and what stops or keeps it.
func (c *Console) settingsRoutes() []route {
	pauses := c.shows("pauses.html", c.pauses)
	days := c.shows("calendar.html", c.calendar)
	return []route{
		get("/settings", watchers, c.findings(false)),
		get("/settings/all", office, c.findings(true)),
		get("/settings/calendar", watchers, days),
		post("/settings/calendar", office, c.does(c.enterDays, at("/settings/calendar"), days)),
		post("/settings/calendar/read", office, days),
		post("/settings/calendar/undo", office, c.does(c.undoDays, at("/settings/calendar"), days)),
		get("/settings/pauses", watchers, pauses),
		post("/settings/pauses", office, c.does(c.pause, at("/settings/pauses"), pauses)),
		post("/settings/pauses/resume", office, c.does(c.resume, at("/settings/pauses"), pauses)),
		get("/settings/rules", watchers, c.shows("rules.html", c.rules)),
		get("/settings/backup", office, c.backupPage),
		post("/settings/backup", office, c.backup),
		get("/settings/verify", office, c.shows("verify.html", c.verify)),
	}
}

// settingsTabs are the pages of this part, of those that the person may open.
func (c *Console) settingsTabs(q *request) []navItem {
	list := []navItem{
		{Name: textTabCheck, Path: Path + "/settings"}, {Name: textTabCalendar, Path: Path + "/settings/calendar"},
		{Name: textTabPauses, Path: Path + "/settings/pauses"}, {Name: textTabRules, Path: Path + "/settings/rules"},
	}
	if office.lets(q.person) {
		list = append(list, navItem{Name: textTabBackup, Path: Path + "/settings/backup"}, navItem{Name: textTabVerify, Path: Path + "/settings/verify"})
	}
	return tabs(list, q)
}

// findingsView is what a check found, what is wrong first.
type findingsView struct {
	Tabs []navItem
	List []Finding
	Bad  int
	Far  bool
}

// findings checks. It is no view: what is asked of other machines is not to hold the
// store.
func (c *Console) findings(far bool) action {
	return func(q *request) error {
		v := findingsView{Tabs: c.settingsTabs(q), List: c.opt.Machine.Findings(q.ctx(), far), Far: far}
		for i, f := range v.List {
			if f.Page != "" && !c.has(strings.TrimPrefix(f.Page, Path)) {
				v.List[i].Page = ""
			}
			if f.Fault != "" {
				v.Bad++
			}
		}
		slices.SortStableFunc(v.List, func(a, b Finding) int { return order(a.Fault == "") - order(b.Fault == "") })
		return c.render(q, http.StatusOK, "settings.html", page{Title: textSettings, Data: v})
	}
}

// rulesView is how the service is set.
type rulesView struct {
	Tabs []navItem
	List []Setting
}

func (c *Console) rules(q *request, _ store.Reader) (page, error) {
	return page{Title: textRules, Data: rulesView{c.settingsTabs(q), c.opt.Machine.Settings()}}, nil
}

// calendarView is what is known of this year's holidays and the next's, and a notice
// that was read and waits to be confirmed.
type calendarView struct {
	Tabs  []navItem
	Years []yearView
	Pick  []choice // years that a notice may be of
	Text  string   // that was pasted
	Read  string   // how it was understood; "": nothing was pasted
	Seen  string
	Empty bool // it changes nothing
}

// yearView is what is known of a year.
type yearView struct {
	Year    int
	Lines   []string
	Known   bool
	Entered bool // a notice can be taken back, or brought back
}

func (c *Console) calendar(q *request, r store.Reader) (page, error) {
	v := calendarView{Tabs: c.settingsTabs(q), Text: q.PostForm("text")}
	today := c.opt.Tasks.Today(r)
	v.Pick = []choice{{"", textYearByNotice, false}}
	for year := today.Y; year <= today.Y+1; year++ {
		y, err := c.book().Year(r, year)
		if err != nil {
			return page{}, err
		}
		who, err := nameOf(r, org.PersonID(y.Notice.By))
		if err != nil {
			return page{}, err
		}
		v.Years = append(v.Years, yearView{year, strings.Split(y.String(who), "\n"), y.Known, !y.Notice.At.IsZero()})
		v.Pick = append(v.Pick, choice{strconv.Itoa(year), textYear(year), false})
	}
	v.Pick = choices(q.PostForm("year"), v.Pick)
	if v.Text == "" {
		return page{Title: textCalendar, Data: v}, nil
	}
	change, err := c.readDays(q, r, today)
	if words := tell(err); words != "" {
		if q.fault == "" {
			q.fault = words
		}
		return page{Title: textCalendar, Data: v}, nil
	}
	v.Read, v.Seen, v.Empty = change.String(), changeDigest(change), change.Empty()
	return page{Title: textCalendar, Data: v}, err
}

func (c *Console) book() *holidays.Book { return c.opt.Tasks.Holidays() }

// readDays reads the notice that was pasted.
func (c *Console) readDays(q *request, r store.Reader, today calendar.Date) (holidays.Change, error) {
	year, _ := strconv.Atoi(q.PostForm("year"))
	rd, err := holidays.Read(q.PostForm("text"), year, today)
	if said := holidays.Tell(err); said != "" {
		return holidays.Change{}, words(strings.TrimSpace(rd.Doubts() + "\n" + said))
	}
	if err != nil {
		return holidays.Change{}, err
	}
	return c.book().Compare(r, rd)
}

func changeDigest(ch holidays.Change) string { return difference{Sum: ch.String()}.digest() }

// enterDays makes the notice count that was read back.
func (c *Console) enterDays(q *request, tx *store.Tx) (string, error) {
	change, err := c.readDays(q, tx, c.opt.Tasks.Today(tx))
	switch {
	case err != nil:
		return "", err
	case changeDigest(change) != q.PostForm("seen"):
		return "", words(textMovedOn)
	}
	_, err = c.book().Enter(tx, change.Reading, string(q.by()))
	return textDaysEntered(change.Year), err
}

// undoDays takes a year's notice back, or brings it back.
func (c *Console) undoDays(q *request, tx *store.Tx) (string, error) {
	year, err := strconv.Atoi(q.PostForm("year"))
	if err != nil {
		return "", words(textWhichYear)
	}
	change, err := c.book().Undo(tx, year, string(q.by()))
	if said := holidays.Tell(err); said != "" {
		return "", words(said)
	}
	return textDaysUndone(change.Year, change.Effect()), err
}

// pausesView is whose pushes stand still.
type pausesView struct {
	Tabs  []navItem
	List  []pauseRow
	Units []choice
	Today string
}

// pauseRow is a pause in words.
type pauseRow struct {
	org.Pause
	Value string // of the form: see everyUnit
	Who   string
}

// everyUnit stands for all units in a form: an empty field is nobody's wish.
const everyUnit = "all"

func (c *Console) pauses(q *request, r store.Reader) (page, error) {
	v := pausesView{Tabs: c.settingsTabs(q), Today: c.opt.Tasks.Today(r).String()}
	known, err := org.Known(r, c.opt.Units())
	if err != nil {
		return page{}, err
	}
	v.Units = []choice{{"", textPickUnit, false}, {everyUnit, textAllUnits, false}}
	for _, u := range known.All() {
		v.Units = append(v.Units, choice{u, u, false})
	}
	v.Units = choices(q.PostForm("unit"), v.Units)
	list, err := org.Pauses(r)
	if err != nil {
		return page{}, err
	}
	names := namer{r: r, known: map[org.PersonID]string{}}
	for _, p := range list {
		row := pauseRow{p, p.Unit, names.of(p.By)}
		if p.Unit == org.All {
			row.Value = everyUnit
		}
		v.List = append(v.List, row)
	}
	return page{Title: textPauses, Data: v}, names.err
}

// scope is whose pushes a form means.
func (c *Console) scope(q *request, r store.Reader) (string, error) {
	unit := q.PostForm("unit")
	if unit == everyUnit {
		return org.All, nil
	}
	known, err := org.Known(r, c.opt.Units())
	if err != nil {
		return "", err
	}
	if !slices.Contains(known.All(), unit) {
		return "", words(textWhichUnit)
	}
	return unit, nil
}

func (c *Console) pause(q *request, tx *store.Tx) (string, error) {
	unit, err := c.scope(q, tx)
	if err != nil {
		return "", err
	}
	var until time.Time
	if text := q.PostForm("until"); text != "" {
		day, err := calendar.ParseDate(text)
		if err != nil || day.Before(c.opt.Tasks.Today(tx)) {
			return "", words(textBadUntil)
		}
		until = day.AddDays(1).At(0, 0, c.book().Location()) // to the end of that day
	}
	err = org.SetPause(tx, unit, q.by(), until)
	return org.Pause{Unit: unit, At: tx.Now(), Until: until}.String(), err
}

func (c *Console) resume(q *request, tx *store.Tx) (string, error) {
	unit := q.PostForm("unit")
	if unit == "" {
		return "", words(textWhichUnit)
	}
	if unit == everyUnit {
		unit = org.All
	}
	ok, err := org.Resume(tx, unit, q.by())
	if err == nil && !ok {
		return textNotPaused, nil
	}
	return textResumed, err
}

// backupView says what a backup holds.
type backupView struct {
	Tabs     []navItem
	Contents string
}

// backupPage is no view: what counts the contents reads the store itself.
func (c *Console) backupPage(q *request) error {
	what, err := c.opt.Machine.Contents(q.ctx())
	if err != nil {
		return err
	}
	return c.render(q, http.StatusOK, "backup.html", page{Title: textBackup, Data: backupView{c.settingsTabs(q), what}})
}

// backup sends a copy of the store. One that breaks off is no whole file, and the
// browser is told so.
func (c *Console) backup(q *request) error {
	var now time.Time
	err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		now = tx.Now()
		return org.NoteBackup(tx, q.by())
	})
	if err != nil {
		return err
	}
	q.Header("Content-Disposition", `attachment; filename="xietiao-`+c.local(now).Format("2006-01-02")+`.xtb"`)
	q.Header("Content-Type", "application/octet-stream")
	err = c.opt.Store.Backup(q.ctx(), patient{c, q.Writer})
	if err != nil && q.Writer.Written() {
		c.opt.Logger.Error("backup broke off", "component", "console", "err", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// verifyView is what a check of the histories found.
type verifyView struct {
	Tabs []navItem
	bot.Verified
}

func (c *Console) verify(q *request, r store.Reader) (page, error) {
	found, err := bot.Verify(r, c.opt.Activities)
	return page{Title: textVerify, Data: verifyView{c.settingsTabs(q), found}}, err
}
