package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// activityRoutes are the activities: the board, what lacks people, what is disputed, files.
func (c *Console) activityRoutes() []route {
	disputes := c.shows("disputes.html", c.disputes)
	return slices.Concat([]route{
		get("/activities", everybody, c.shows("activities.html", c.activities)),
		get("/activities/table.xlsx", everybody, c.activityTable),
		get("/activities/hours.xlsx", organisers, c.hoursTable),
		get("/activities/disputes", everybody, disputes),
		post("/activities/disputes", organisers, c.does(c.decideDispute, at("/activities/disputes"), disputes)),
		get("/activities/demands", everybody, c.shows("demands.html", c.demands)),
	}, routesOf(c, c.activityIntake()), c.oneActivityRoutes(), c.activityEditRoutes())
}

// acts is the board of activities.
func (c *Console) acts() *activity.Board { return c.opt.Activities }

// looker is who looks: whoever sees what the office sees may read as the office does.
func (q *request) looker() activity.Actor {
	by := q.helper()
	by.Office = by.Office || q.office()
	return by
}

// runs reports whether the person may change what the unit organises.
func (q *request) runs(unit string) bool { return organisers.lets(q.person) && q.helper().Runs(unit) }

// activitiesView is a page of the board.
type activitiesView struct {
	Tabs   []navItem
	State  string
	States []choice
	Month  string // 2026-03; "": from today on
	Prev   string // addresses of the months around it
	Next   string
	Unit   string
	Units  []string
	Text   string
	Rows   []activityRow
	Total  int
	Pages  pages
	Table  string // address of these as a workbook
	Hours  string // and of the hours of the year
	May    bool   // may make activities
	All    bool   // sees all units
	Any    bool   // something is asked for
}

// activityRow is an activity in a list.
type activityRow struct {
	activity.Listing
	Word string // its state
	Time string
}

// Path is the activity's page.
func (r activityRow) Path() string { return activityPath(r.Number) }

// Places words how many have a place.
func (r activityRow) Places() string {
	if r.Capacity == 0 {
		return strconv.Itoa(r.Taken)
	}
	return fmt.Sprintf("%d/%d", r.Taken, r.Capacity)
}

func activityPath(n activity.Number) string { return Path + "/activities/" + n.String() }

// activityTabs are the pages of this part.
func activityTabs(q *request) []navItem {
	return tabs([]navItem{
		{Name: textTabActivities, Path: Path + "/activities"}, {Name: textTabDisputes, Path: Path + "/activities/disputes"},
		{Name: textTabDemands, Path: Path + "/activities/demands"},
	}, q)
}

// The values of the field state beside an activity.State.
const (
	stateComing = "" // published, or not yet
	stateSeries = "series"
)

// allStates are those of activities, in the order of their lives.
var allStates = []activity.State{activity.StateDraft, activity.StatePublished, activity.StateOver, activity.StateCancelled, activity.StateArchived}

// board is what a page of the board asks for.
type board struct {
	state, month, text string
	query              activity.Query
}

// monthForm is how an address has a month.
const monthForm = "2006-01"

// boardOf reads the filter of an address. What is past is asked for by the month, of this
// one where none is named: it grows for ever.
func (c *Console) boardOf(q *request, r store.Reader) board {
	now := c.acts().Now(r)
	b := board{state: q.Query("state"), month: q.Query("month"), text: strings.TrimSpace(q.Query("text"))}
	b.query.Unit = q.Query("unit")
	if !q.office() {
		b.query.Unit = q.unit()
	}
	switch s := activity.State(b.state); {
	case b.state == stateSeries:
		b.query.Series, b.query.States = true, []activity.State{activity.StateDraft, activity.StatePublished, activity.StateCancelled}
	case s == activity.StateDraft || s == activity.StatePublished:
		b.query.States = []activity.State{s}
	case slices.Contains(allStates, s):
		b.query.States = []activity.State{s}
		if b.month == "" {
			b.month = now.Format(monthForm)
		}
	case b.state == stateAll:
		b.query.States = allStates
		if b.month == "" {
			b.month = now.Format(monthForm)
		}
	default:
		b.state, b.query.States = stateComing, []activity.State{activity.StateDraft, activity.StatePublished}
	}
	first, err := time.ParseInLocation(monthForm, b.month, now.Location())
	if err != nil || b.state == stateSeries {
		b.month = ""
		return b
	}
	if b.state == stateComing {
		b.query.States = allStates
	}
	b.query.From, b.query.To = calendar.Of(first), calendar.Of(first.AddDate(0, 1, -1))
	return b
}

// address is that of a page with the filter.
func (b board) address(path string) string {
	v := url.Values{}
	for name, value := range map[string]string{"state": b.state, "month": b.month, "unit": b.query.Unit, "text": b.text} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return Path + path
	}
	return Path + path + "?" + v.Encode()
}

// in is the filter of another month.
func (b board) in(months int) string {
	first, err := time.Parse(monthForm, b.month)
	if err != nil {
		return ""
	}
	b.month = first.AddDate(0, months, 0).Format(monthForm)
	return b.address("/activities")
}

func (c *Console) activities(q *request, r store.Reader) (page, error) {
	b := c.boardOf(q, r)
	list, err := c.acts().List(r, b.query)
	if err != nil {
		return page{}, err
	}
	if b.text != "" {
		list = slices.DeleteFunc(list, func(l activity.Listing) bool {
			return !strings.Contains(l.Title+l.Place.Name+l.Brigade+l.Number.String(), b.text)
		})
	}
	v := activitiesView{
		Tabs: activityTabs(q), State: b.state, Month: b.month, Prev: b.in(-1), Next: b.in(1), Unit: b.query.Unit, Text: b.text,
		Total: len(list), Table: b.address("/activities/table.xlsx"), May: organisers.lets(q.person), All: q.office(),
		Any: b.state != stateComing || b.month != "" || b.text != "" || q.office() && b.query.Unit != "",
	}
	v.Hours = v.Table[:strings.LastIndex(v.Table, "table.xlsx")] + "hours.xlsx"
	v.States = choices(b.state, []choice{{stateComing, textComing, false}, {stateSeries, textSeriesOnly, false}, {stateAll, textAllStates, false}})
	for _, s := range allStates {
		v.States = append(v.States, choice{string(s), s.Word(), b.state == string(s)})
	}
	if v.All {
		known, err := org.Known(r, c.opt.Units())
		if err != nil {
			return page{}, err
		}
		v.Units = known.All()
	}
	list, v.Pages = leaf(q, "/activities", list)
	v.Rows = activityRows(list, c.acts().Now(r))
	return page{Title: textActivities, Data: v}, nil
}

func activityRows(list []activity.Listing, now time.Time) (rows []activityRow) {
	for _, l := range list {
		rows = append(rows, activityRowOf(l, now))
	}
	return rows
}

func activityRowOf(l activity.Listing, now time.Time) activityRow {
	row := activityRow{l, l.StateAt(now).Word(), l.When(now)}
	if again := l.Again(); again != "" {
		row.Time = again + " " + row.Time
	}
	return row
}

// activityTable sends the board's activities as a table that comes in again.
func (c *Console) activityTable(q *request) error {
	return c.workbook(q, func(r store.Reader) (sheet.Out, error) {
		b := c.boardOf(q, r)
		return c.acts().Table(r, activity.Query{Unit: b.query.Unit, From: b.query.From, To: b.query.To}, q.looker())
	})
}

// hoursTable sends the hours of a year, this one where none is named, as a register wants
// them.
func (c *Console) hoursTable(q *request) error {
	return c.workbook(q, func(r store.Reader) (sheet.Out, error) {
		b := c.boardOf(q, r)
		year := c.acts().Now(r).Year()
		if !b.query.From.IsZero() {
			year = b.query.From.Y
		}
		first, last := calendar.Date{Y: year, M: time.January, D: 1}, calendar.Date{Y: year, M: time.December, D: 31}
		return c.acts().HoursSheet(r, b.query.Unit, first, last, activity.DefaultLayout, q.helper())
	})
}

// workbook sends one table.
func (c *Console) workbook(q *request, make func(r store.Reader) (sheet.Out, error)) error {
	var out sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		out, err = make(r)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, out.Name, []sheet.Out{out})
}

// activityIntake takes tables of activities in.
func (c *Console) activityIntake() intake[activity.Sheet] {
	return intake[activity.Sheet]{
		at: "/activities/import", up: "/activities", title: textImportActivities, who: organisers,
		parse: func(q *request, units org.KnownUnits, name string, data []byte) (s activity.Sheet, problems []org.Problem, err error) {
			var today calendar.Date
			err = c.opt.Store.View(q.ctx(), func(r store.Reader) error { today = calendar.Of(c.acts().Now(r)); return nil })
			if err != nil {
				return s, nil, err
			}
			return c.acts().ReadSheet(name, data, units, today)
		},
		compare: func(q *request, r store.Reader, s activity.Sheet) (difference, error) {
			in, err := c.acts().Compare(r, s)
			return activityDifference(q, in), err
		},
		apply: func(q *request, tx *store.Tx, s activity.Sheet) (string, error) {
			in, err := c.acts().Import(tx, s, q.helper())
			if err != nil {
				return "", err
			}
			made, changed, _, unclear := in.Count()
			if unclear > 0 { // Import sees more than Compare
				return "", words(strings.Join(unclearRows(in), "\n"))
			}
			return textActivitiesDone(made, changed), nil
		},
		blank: func(q *request, r store.Reader) (sheet.Out, error) {
			return c.acts().Table(r, activity.Query{Unit: q.unit(), From: calendar.Of(c.acts().Now(r))}, q.looker())
		},
	}
}

// activityDifference words what a table would do; with a row that is unclear, or another
// unit's, it does nothing.
func activityDifference(q *request, in activity.Intake) (d difference) {
	var made, changed, unclear [][]string
	for _, row := range in.Rows {
		switch {
		case len(row.Unclear) > 0:
		case (row.New || len(row.Changes) > 0) && !q.runs(row.Draft.Unit):
			unclear = append(unclear, []string{row.Sheet + " " + row.Cell, textOtherUnits(row.Draft.Unit)})
		case row.New:
			made = append(made, []string{row.Draft.Title, row.Draft.Unit, activity.Activity{Draft: row.Draft}.When(row.Draft.Start), row.Draft.Place.Name})
		case len(row.Changes) > 0:
			changed = append(changed, []string{row.Activity.Heading(), strings.Join(row.Changes, "；")})
		}
		for _, p := range row.Unclear {
			unclear = append(unclear, []string{p.Place(), p.String()})
		}
		for _, p := range row.Notes {
			d.Notes = append(d.Notes, p.String())
		}
	}
	n, ch, known, _ := in.Count()
	d.Sum, d.Empty, d.Bad = textActivitiesSum(n, ch, known, len(unclear)), n+ch == 0, len(unclear) > 0
	for _, p := range []part{
		partOf(textUnclear, []string{textWhere, textWhat}, unclear), partOf(textAdded, []string{textActivity, textUnit, textWhen, textPlace}, made),
		partOf(textChanged, []string{textActivity, textWhat}, changed),
	} {
		if len(p.Rows) > 0 {
			d.Parts = append(d.Parts, p)
		}
	}
	return d
}

func unclearRows(in activity.Intake) (lines []string) {
	for _, row := range in.Rows {
		for _, p := range row.Unclear {
			lines = append(lines, p.String())
		}
	}
	return lines
}

// disputesView are the disputes that wait for an answer.
type disputesView struct {
	Tabs []navItem
	List []disputeRow
}

// disputeRow is one of them.
type disputeRow struct {
	Activity  activity.Activity
	Who       activity.VolunteerID
	Name      string
	Text      string
	Raised    time.Time
	Due       string
	Late      bool
	Minutes   int // that count now
	Duration  string
	May       bool // the person may answer
	Most      int
	OldWhy    string // that was typed
	OldNumber string
}

// Path is the activity's page.
func (d disputeRow) Path() string { return activityPath(d.Activity.Number) }

func (c *Console) disputes(q *request, r store.Reader) (page, error) {
	list, err := c.acts().Disputes(r, q.unit())
	if err != nil {
		return page{}, err
	}
	v := disputesView{Tabs: activityTabs(q)}
	for _, d := range list {
		row, err := c.disputeRow(q, r, d)
		if err != nil {
			return page{}, err
		}
		v.List = append(v.List, row)
	}
	return page{Title: textDisputes, Data: v}, nil
}

func (c *Console) disputeRow(q *request, r store.Reader, d activity.Disputed) (disputeRow, error) {
	who, err := c.acts().Volunteer(r, d.Signup.Volunteer)
	now := c.acts().Now(r)
	service := activity.Tally(d.Activity, d.Signup)
	x := d.Signup.Dispute
	row := disputeRow{
		Activity: d.Activity, Who: d.Signup.Volunteer, Name: who.Name, Text: x.Text, Raised: x.Raised.At, Due: x.Due.String(),
		Late: x.Due.Before(calendar.Of(now)), Minutes: service.Minutes, Duration: activity.Duration(service.Minutes), May: q.runs(d.Activity.Unit),
	}
	if q.fault != "" && q.PostForm("activity") == d.Activity.Number.String() && q.PostForm("volunteer") == string(row.Who) {
		row.OldWhy, row.OldNumber = q.PostForm("why"), q.PostForm("minutes")
	}
	return row, err
}

// decideDispute answers a dispute.
func (c *Console) decideDispute(q *request, tx *store.Tx) (string, error) {
	n, ok := activity.ParseNumber(q.PostForm("activity"))
	if !ok {
		return "", activity.ErrNotFound
	}
	if _, err := c.activitySeen(q, tx, n); err != nil {
		return "", err
	}
	yes, err := choose(q, "yes", "no")
	if err != nil {
		return "", err
	}
	d := activity.Decision{Grant: yes, Why: strings.TrimSpace(q.PostForm("why"))}
	if yes {
		if d.Minutes, err = strconv.Atoi(strings.TrimSpace(q.PostForm("minutes"))); err != nil {
			return "", words(textMinutes)
		}
	}
	_, err = c.acts().Decide(tx, n, activity.VolunteerID(q.PostForm("volunteer")), d, q.helper())
	return textAnswered, err
}

// demandsView is what lacks people.
type demandsView struct {
	Tabs []navItem
	List []demandRow
}

// demandRow is an activity that lacks people, with who would fit.
type demandRow struct {
	activityRow
	Lack    int // places; -1: as many as like
	Missing []string
	Fit     []string
	More    int // that would fit too
}

// shownFit is how many people are named who would fit.
const shownFit = 8

func (c *Console) demands(q *request, r store.Reader) (page, error) {
	list, err := c.acts().Demands(r, q.unit())
	if err != nil {
		return page{}, err
	}
	v := demandsView{Tabs: activityTabs(q)}
	if len(list) > onPage {
		list = list[:onPage] // the soonest
	}
	for _, d := range list {
		row := demandRow{activityRow: activityRowOf(d.Listing, c.acts().Now(r)), Lack: d.Free(), Missing: d.Missing}
		for _, id := range d.Candidates[:min(shownFit, len(d.Candidates))] {
			who, err := c.acts().Volunteer(r, id)
			if err != nil {
				return page{}, err
			}
			row.Fit = append(row.Fit, textFitting(who))
		}
		row.More = len(d.Candidates) - len(row.Fit)
		v.List = append(v.List, row)
	}
	return page{Title: textDemands, Data: v}, nil
}
