package console

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/audit"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// oneActivityRoutes are one activity: what it is, who comes, the hours, what was done.
func (c *Console) oneActivityRoutes() []route {
	show := c.shows("activity.html", c.oneActivity)
	hours := c.shows("hours.html", c.activityHours)
	form := func(path string, d activityDeed) route {
		return post("/activities/:n"+path, organisers, c.does(c.atActivity(d), here(1), show))
	}
	return []route{
		get("/activities/:n", everybody, show),
		form("/publish", c.publishActivity),
		form("/cancel", c.cancelActivity),
		form("/archive", c.archive),
		form("/confirm", c.confirmListed),
		form("/remove", c.removeListed),
		form("/add", c.addListed),
		get("/activities/:n/hours", everybody, hours),
		post("/activities/:n/hours/accept", organisers, c.does(c.atActivity(c.acceptHours), here(1), hours)),
		post("/activities/:n/hours/correct", organisers, c.does(c.atActivity(c.correctHours), here(1), hours)),
		get("/activities/:n/history", everybody, c.shows("activityhistory.html", c.activityHistory)),
	}
}

// activityDeed is something done to the activity of the address.
type activityDeed func(q *request, tx *store.Tx, a activity.Activity) (string, error)

func (c *Console) atActivity(d activityDeed) deed {
	return func(q *request, tx *store.Tx) (string, error) {
		a, err := c.activityAt(q, tx)
		if err != nil {
			return "", err
		}
		return d(q, tx, a)
	}
}

// activityAt is the activity of the address, if the person sees it.
func (c *Console) activityAt(q *request, r store.Reader) (activity.Activity, error) {
	n, ok := activity.ParseNumber(q.Param("n"))
	if !ok {
		return activity.Activity{}, activity.ErrNotFound
	}
	return c.activitySeen(q, r, n)
}

// activityShown is the same with what a list says of it.
func (c *Console) activityShown(q *request, r store.Reader) (activity.Activity, activityRow, error) {
	a, err := c.activityAt(q, r)
	if err != nil {
		return a, activityRow{}, err
	}
	l, err := c.acts().Listing(r, a.Number)
	if err != nil {
		return a, activityRow{}, err
	}
	return a, activityRowOf(l, c.acts().Now(r)), nil
}

func (c *Console) activitySeen(q *request, r store.Reader, n activity.Number) (activity.Activity, error) {
	a, err := c.acts().Get(r, n)
	if err == nil && !q.looker().Runs(a.Unit) {
		err = activity.ErrNotFound
	}
	return a, err
}

// activityView is one activity.
type activityView struct {
	activityRow
	Facts []fact
	Notes []string // what to know before it is published, or now
	Sum   activity.Summary
	Rows  []listedRow
	Pages pages
	Made  []activityRow // of a series: what was made of it lately and is to come
	May   activitySteps
	Live  bool // people sign up or check in: there are pages for the venue
	Past  bool // its hours are to be seen
}

// fact is a line about something.
type fact struct{ Name, Value string }

// activitySteps are what the person may do with an activity now.
type activitySteps struct{ Edit, Publish, Cancel, Archive, List bool }

// listedRow is somebody on the list.
type listedRow struct {
	activity.Entry
	State   string
	In, Out string
	Pending bool
}

func (c *Console) oneActivity(q *request, r store.Reader) (page, error) {
	a, row, err := c.activityShown(q, r)
	if err != nil {
		return page{}, err
	}
	now := c.acts().Now(r)
	v := activityView{activityRow: row, Facts: activityFacts(a, now)}
	state := a.StateAt(now)
	v.Live = state == activity.StatePublished && a.Series.IsZero()
	v.Past = (state == activity.StateOver || state == activity.StateArchived) && !a.Off()
	if q.runs(a.Unit) {
		v.May = stepsOf(a, state)
	}
	if state == activity.StateDraft {
		v.Notes = c.beforePublishing(a, now)
	}
	if !a.Series.IsZero() {
		v.Made, err = c.occurrences(r, a.Number, now)
		return page{Title: a.Heading(), Data: v}, err
	}
	list, err := c.acts().Roll(r, a.Number, false, q.looker())
	if err != nil {
		return page{}, err
	}
	v.Sum = row.Sum(list, now)
	list, v.Pages = leaf(q, "/activities/"+a.Number.String(), list)
	for _, e := range list {
		v.Rows = append(v.Rows, c.listed(e))
	}
	return page{Title: a.Heading(), Data: v}, nil
}

// stepsOf are the steps that may be taken in a state.
func stepsOf(a activity.Activity, state activity.State) activitySteps {
	return activitySteps{
		Edit:    state == activity.StateDraft || state == activity.StatePublished || state == activity.StateOver,
		Publish: state == activity.StateDraft, Cancel: state == activity.StateDraft || state == activity.StatePublished,
		Archive: state == activity.StateOver || state == activity.StateCancelled,
		List:    state == activity.StatePublished && a.Series.IsZero(),
	}
}

// shownMade is how many activities of a series are shown.
const shownMade = 30

// occurrences are what was made of a series, the latest first.
func (c *Console) occurrences(r store.Reader, n activity.Number, now time.Time) ([]activityRow, error) {
	made, err := c.acts().Occurrences(r, n)
	if err != nil {
		return nil, err
	}
	slices.Reverse(made)
	var list []activity.Listing
	for _, a := range made[:min(len(made), shownMade)] {
		l, err := c.acts().Listing(r, a.Number)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return activityRows(list, now), nil
}

func (c *Console) listed(e activity.Entry) listedRow {
	row := listedRow{Entry: e, State: e.Signup.State.Word(), Pending: e.Volunteer.Standing == activity.StandingPending}
	if e.Position > 0 {
		row.State += " " + strconv.Itoa(e.Position)
	}
	row.In, row.Out = c.recordWord(e.In), c.recordWord(e.Out)
	return row
}

// recordWord is a record in a few words.
func (c *Console) recordWord(rec *activity.Record) string {
	if rec == nil {
		return ""
	}
	return c.local(rec.At).Format("15:04") + " " + rec.Way.Word()
}

// publishActivity lets people sign up for what was read back: for that version.
func (c *Console) publishActivity(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	if q.PostForm("version") != strconv.Itoa(a.Version) && a.State == activity.StateDraft {
		return "", words(textReadAgain)
	}
	_, err := c.acts().Publish(tx, a.Number, q.helper())
	return textOpenNow(a), err
}

func (c *Console) cancelActivity(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	_, err := c.acts().Cancel(tx, a.Number, strings.TrimSpace(q.PostForm("why")), q.helper())
	return textCancelled(a), err
}

func (c *Console) archive(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	_, err := c.acts().Archive(tx, a.Number, q.helper())
	return textArchived(a), err
}

// onList is the volunteer whom a form names, who is on the activity's list.
func (c *Console) onList(q *request, r store.Reader, a activity.Activity) (activity.Volunteer, error) {
	id, ok := activity.ParseVolunteer(q.PostForm("volunteer"))
	if !ok {
		return activity.Volunteer{}, words(textWhichVolunteer)
	}
	if _, known, err := c.acts().Signup(r, a.Number, id); err != nil || !known {
		return activity.Volunteer{}, errOr(err, words(textNotOnList))
	}
	return c.acts().Volunteer(r, id)
}

// confirmListed says that an outsider on the list is known.
func (c *Console) confirmListed(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	who, err := c.onList(q, tx, a)
	if err != nil {
		return "", err
	}
	_, err = c.acts().Confirm(tx, who.ID, q.helper())
	return textConfirmed(who), err
}

func (c *Console) removeListed(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	who, err := c.onList(q, tx, a)
	if err != nil {
		return "", err
	}
	_, err = c.acts().Remove(tx, a.Number, who.ID, strings.TrimSpace(q.PostForm("why")), q.helper())
	return textTakenOff(who), err
}

// addListed signs somebody up, also where the window is closed.
func (c *Console) addListed(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	id, ok := activity.ParseVolunteer(q.PostForm("volunteer"))
	if !ok {
		return "", words(textWhichVolunteer)
	}
	joined, err := c.acts().Add(tx, a.Number, id, strings.TrimSpace(q.PostForm("why")), q.helper())
	if err != nil {
		return "", err
	}
	who, err := c.acts().Volunteer(tx, id)
	return textJoinedNow(who, joined), err
}

// hoursView is what people did at an activity.
type hoursView struct {
	activityRow
	Rows     []hoursRow
	Pages    pages
	Minutes  string // of all, settled
	Doubts   int
	Forgot   int // of them: who did not check out
	Disputes []disputeRow
	Rule     string
	May      bool
	Closed   bool // it is archived
}

// hoursRow is what somebody did.
type hoursRow struct {
	listedRow
	Duration string
	Doubt    string
	Old      map[string]string // that was typed, where it was refused
}

func (c *Console) activityHours(q *request, r store.Reader) (page, error) {
	a, row, err := c.activityShown(q, r)
	if err != nil {
		return page{}, err
	}
	now := c.acts().Now(r)
	v := hoursView{activityRow: row, Rule: a.Rule.String(), Closed: a.State == activity.StateArchived}
	v.May = q.runs(a.Unit) && a.StateAt(now) == activity.StateOver
	list, err := c.acts().Roll(r, a.Number, false, q.looker())
	if err != nil {
		return page{}, err
	}
	list = slices.DeleteFunc(list, func(e activity.Entry) bool { return !e.Signup.Listed() })
	minutes := 0
	for _, e := range list {
		if e.Service.Doubt == activity.DoubtNone {
			minutes += e.Service.Minutes
		} else {
			v.Doubts++
		}
		if e.Service.Doubt == activity.DoubtNoOut {
			v.Forgot++
		}
		if d := e.Signup.Dispute; d != nil && d.Decided.IsZero() {
			row, err := c.disputeRow(q, r, activity.Disputed{Activity: a, Signup: e.Signup})
			if err != nil {
				return page{}, err
			}
			v.Disputes = append(v.Disputes, row)
		}
	}
	v.Minutes = activity.Duration(minutes)
	// What waits for the organiser comes first.
	slices.SortStableFunc(list, func(x, y activity.Entry) int {
		return order(x.Service.Doubt == activity.DoubtNone) - order(y.Service.Doubt == activity.DoubtNone)
	})
	list, v.Pages = leaf(q, "/activities/"+a.Number.String()+"/hours", list)
	for _, e := range list {
		row := hoursRow{listedRow: c.listed(e), Duration: activity.Duration(e.Service.Minutes), Doubt: e.Service.Doubt.Word()}
		if q.fault != "" && q.PostForm("volunteer") == string(e.Signup.Volunteer) {
			row.Old = map[string]string{"minutes": q.PostForm("minutes"), "why": q.PostForm("why")}
		}
		v.Rows = append(v.Rows, row)
	}
	return page{Title: textHoursOf(a), Data: v}, nil
}

// acceptHours takes what is in doubt as it stands: of one, or of all who forgot to check
// out.
func (c *Console) acceptHours(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	if q.PostForm("all") == "" {
		who, err := c.onList(q, tx, a)
		if err != nil {
			return "", err
		}
		_, err = c.acts().Accept(tx, a.Number, who.ID, q.helper())
		return textAccepted(1), err
	}
	list, err := c.acts().Roll(tx, a.Number, false, q.helper())
	if err != nil {
		return "", err
	}
	n := 0
	for _, e := range list {
		if e.Service.Doubt != activity.DoubtNoOut {
			continue
		}
		if _, err := c.acts().Accept(tx, a.Number, e.Signup.Volunteer, q.helper()); err != nil {
			return "", err
		}
		n++
	}
	return textAccepted(n), nil
}

// correctHours sets somebody's minutes.
func (c *Console) correctHours(q *request, tx *store.Tx, a activity.Activity) (string, error) {
	who, err := c.onList(q, tx, a)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(strings.TrimSpace(q.PostForm("minutes")))
	if err != nil {
		return "", words(textMinutes)
	}
	s, err := c.acts().Correct(tx, a.Number, who.ID, n, strings.TrimSpace(q.PostForm("why")), q.helper())
	return textCorrectedTo(who, s), err
}

// activityHistoryView is what was done with an activity.
type activityHistoryView struct {
	activityRow
	Rows []historyRow
	More string
}

// shownEvents is how many entries of a history are shown, of the latest.
const shownEvents = 300

func (c *Console) activityHistory(q *request, r store.Reader) (page, error) {
	a, row, err := c.activityShown(q, r)
	if err != nil {
		return page{}, err
	}
	entries, err := c.acts().History(r, a.Number)
	if err != nil {
		return page{}, err
	}
	slices.Reverse(entries)
	v := activityHistoryView{activityRow: row, More: more(shownEvents, len(entries))}
	names := namer{r: r, known: map[org.PersonID]string{}}
	for _, e := range entries[:min(len(entries), shownEvents)] {
		row, err := c.eventRow(e, &names)
		if err != nil {
			return page{}, err
		}
		v.Rows = append(v.Rows, row)
	}
	return page{Title: textHistoryOf(a), Data: v}, names.err
}

// eventRow words an entry of an activity's history. Volunteers are their numbers there.
func (c *Console) eventRow(e audit.Entry, names *namer) (historyRow, error) {
	var event activity.Event
	if err := json.Unmarshal(e.Data, &event); err != nil {
		return historyRow{}, err
	}
	who := e.By
	if _, volunteer := activity.ParseVolunteer(who); !volunteer {
		who = names.of(org.PersonID(who))
	}
	return historyRow{c.moment(e.At), who, textEvent(event)}, nil
}
