package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
)

// organisers are who runs activities.
var organisers = access{roles: []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead, org.RoleOrganiser}}

// activityRoutes are the volunteers' activities: what there is, and making one.
func (c *Console) activityRoutes() []route {
	show := c.shows("activity.html", c.oneActivity)
	return []route{
		get("/activities", everybody, c.shows("activities.html", c.activities)),
		get("/activities/new", organisers, c.shows("activitynew.html", c.newActivity)),
		post("/activities/new", organisers, c.makeActivity),
		get("/activities/:activity", everybody, show),
		post("/activities/:activity/publish", organisers, c.does(c.publishActivity, c.backToActivity, show)),
		post("/activities/:activity/cancel", organisers, c.does(c.cancelActivity, c.backToActivity, show)),
	}
}

func (q *request) helper() activity.Actor { return activity.ActorOf(q.person) }

// runs reports whether the person organises what the unit organises.
func (q *request) runs(unit string) bool { return organisers.lets(q.person) && q.helper().Runs(unit) }

// activitiesView is a page of the list.
type activitiesView struct {
	Rows  []activity.Listing
	State string
	Tabs  []choice
	Pages pages
	New   bool // the person may make one
	Now   time.Time
}

// activityTabs are what the list is of; the first is shown first.
func activityTabs() []choice {
	list := []choice{}
	for _, s := range []activity.State{activity.StatePublished, activity.StateDraft, activity.StateOver, activity.StateCancelled, activity.StateArchived} {
		list = append(list, choice{string(s), s.Word(), false})
	}
	return list
}

func (c *Console) activities(q *request, r store.Reader) (page, error) {
	state, n := q.DefaultQuery("state", string(activity.StatePublished)), pageOf(q)
	tabs := activityTabs()
	if !slices.ContainsFunc(tabs, func(t choice) bool { return t.Value == state }) {
		return page{}, handlers.ErrNotFound
	}
	rows, err := c.opt.Activities.List(r, activity.Query{Unit: q.unit(), States: []activity.State{activity.State(state)}, Limit: n*onPage + 1})
	if err != nil {
		return page{}, err
	}
	more := len(rows) > n*onPage
	rows = rows[min(len(rows), (n-1)*onPage):min(len(rows), n*onPage)]
	return page{Title: "活动", Data: activitiesView{
		Rows: rows, State: state, Tabs: choices(state, tabs), Pages: pagesOf(q, "/activities", more),
		New: organisers.lets(q.person), Now: c.opt.Activities.Now(r),
	}}, nil
}

// newActivityView is the form of a new activity.
type newActivityView struct {
	Units []string // none: it is of the person's own
}

func (c *Console) newActivity(q *request, _ store.Reader) (page, error) {
	v := newActivityView{}
	if q.person.Role == org.RoleOffice {
		v.Units = c.unitNames()
	}
	return page{Title: "新建活动", Data: v}, nil
}

// Bounds of what a form says of an activity.
const (
	mostPlaces   = 100_000
	momentInForm = "2006-01-02T15:04" // of datetime-local
)

// drafted is what the form says.
func (c *Console) drafted(q *request) (activity.Draft, error) {
	d := activity.Draft{
		Title: strings.TrimSpace(q.PostForm("title")), Text: strings.TrimSpace(q.PostForm("text")), Unit: q.person.Unit,
		Place:    activity.Place{Name: strings.TrimSpace(q.PostForm("place"))},
		CheckOut: q.PostForm("check_out") != "", Public: q.PostForm("public") != "",
	}
	if q.person.Role == org.RoleOffice {
		unit, ok := c.opt.Units().Resolve(strings.TrimSpace(q.PostForm("unit")))
		if !ok {
			return d, words(textNoOrganiser)
		}
		d.Unit = unit
	}
	for _, field := range []struct {
		name string
		to   *time.Time
	}{{"start", &d.Start}, {"end", &d.End}, {"sign_to", &d.SignTo}} {
		text := q.PostForm(field.name)
		if text == "" && field.to == &d.SignTo {
			continue
		}
		at, err := time.ParseInLocation(momentInForm, text, c.opt.Tasks.Holidays().Location())
		if err != nil {
			return d, words(textBadMoment)
		}
		*field.to = at
	}
	if places := strings.TrimSpace(q.PostForm("capacity")); places != "" {
		n, err := strconv.Atoi(places)
		if err != nil || n < 1 || n > mostPlaces {
			return d, words(textBadPlaces)
		}
		d.Capacity = n
	}
	return d, nil
}

// makeActivity keeps a draft, which the page after it reads back before it is
// published. The form sent twice makes one.
func (c *Console) makeActivity(q *request) error {
	again := c.shows("activitynew.html", c.newActivity)
	d, err := c.drafted(q)
	if err != nil {
		return c.answer(q, "", err, nil, again)
	}
	var made activity.Activity
	err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
		key := ""
		if once := q.PostForm("once"); once != "" {
			key = "console/" + string(q.by()) + "/" + once
		}
		made, _, err = c.opt.Activities.Create(tx, key, d, q.helper())
		return err
	})
	return c.answer(q, textActivityMade, err, func(*request) string { return Path + "/activities/" + made.Number.String() }, again)
}

// activityView is one activity.
type activityView struct {
	activity.Listing
	Time  string
	Signs string // until when people sign up
	Word  string
	Runs  bool
	Draft bool
	Open  bool     // it is published and not over
	Links []choice // of the organiser: address and name
}

func activityNumber(q *request) (activity.Number, error) {
	n, ok := activity.ParseNumber(q.Param("activity"))
	if !ok {
		return 0, handlers.ErrNotFound
	}
	return n, nil
}

func (c *Console) backToActivity(q *request) string {
	return Path + "/activities/" + q.Param("activity")
}

func (c *Console) oneActivity(q *request, r store.Reader) (page, error) {
	n, err := activityNumber(q)
	if err != nil {
		return page{}, err
	}
	a, err := c.opt.Activities.Listing(r, n)
	if err != nil {
		return page{}, err
	}
	if unit := q.unit(); unit != "" && unit != a.Unit || unit == "" && !q.office() {
		return page{}, handlers.ErrNotFound
	}
	now := c.opt.Activities.Now(r)
	state := a.StateAt(now)
	_, until := a.SignWindow()
	v := activityView{
		Listing: a, Time: a.When(now), Signs: activity.Moment(until), Word: state.Word(), Runs: q.runs(a.Unit),
		Draft: state == activity.StateDraft, Open: state == activity.StatePublished,
	}
	if v.Runs && !v.Draft {
		v.Links = []choice{
			{bot.ScreenPath(n), "签到大屏", false}, {bot.RollPath(n), "名单和登记", false},
			{bot.ActivityPath(n) + "/sheet", "打印签到表", false}, {bot.ActivityPath(n) + "/paper", "录入纸质签到", false},
		}
	}
	return page{Title: a.Heading(), Data: v}, nil
}

func (c *Console) publishActivity(q *request, tx *store.Tx) (string, error) {
	n, err := activityNumber(q)
	if err != nil {
		return "", err
	}
	_, err = c.opt.Activities.Publish(tx, n, q.helper())
	return textActivityPublished, err
}

func (c *Console) cancelActivity(q *request, tx *store.Tx) (string, error) {
	n, err := activityNumber(q)
	if err != nil {
		return "", err
	}
	why := strings.TrimSpace(q.PostForm("why"))
	if why == "" {
		return "", words(textWhyCancel)
	}
	_, err = c.opt.Activities.Cancel(tx, n, why, q.helper())
	return textActivityCancelled, err
}
