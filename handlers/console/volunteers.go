package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// volunteerRoutes are the volunteers: who they are, who has to be confirmed, who is one
// and the same.
func (c *Console) volunteerRoutes() []route {
	show := c.shows("volunteer.html", c.oneVolunteer)
	merging := c.shows("volunteermerge.html", c.mergeForm)
	return []route{
		get("/volunteers", everybody, c.shows("volunteers.html", c.volunteers)),
		get("/volunteers/:v", everybody, show),
		post("/volunteers/:v/confirm", organisers, c.does(c.confirmVolunteer, here(1), show)),
		post("/volunteers/:v/link", organisers, c.personalLink),
		get("/volunteers/:v/merge", organisers, merging),
		post("/volunteers/:v/merge", organisers, c.does(c.mergeVolunteer, c.toVolunteer, merging)),
		get("/volunteers/:v/data.xlsx", office, c.volunteerData),
		post("/volunteers/:v/erase", office, c.does(c.eraseVolunteer, at("/volunteers"), show)),
	}
}

// volunteersView is a page of the list.
type volunteersView struct {
	State   string
	States  []choice
	Text    string
	Rows    []activity.Volunteer
	Pending int // who have to be confirmed, at most one page
	Next    string
	All     bool // sees all volunteers; else those on the lists of the unit
}

func volunteerPath(v activity.VolunteerID) string { return Path + "/volunteers/" + string(v) }

// volunteers lists those of a standing. Organisers find those who are or were on the
// lists of their unit.
func (c *Console) volunteers(q *request, r store.Reader) (page, error) {
	v := volunteersView{State: q.Query("state"), Text: strings.TrimSpace(q.Query("text")), All: q.office()}
	if v.State != string(activity.StandingPending) {
		v.State = string(activity.StandingConfirmed)
	}
	for _, s := range []activity.Standing{activity.StandingConfirmed, activity.StandingPending} {
		v.States = append(v.States, choice{string(s), s.Word(), v.State == string(s)})
	}
	after, _ := activity.ParseVolunteer(q.Query("after"))
	find := activity.VolunteerQuery{Standing: activity.Standing(v.State), Text: v.Text, After: after, Limit: onPage}
	if !v.All && v.Text == "" && v.State == string(activity.StandingConfirmed) {
		return page{Title: textVolunteers, Data: v}, nil // they look for somebody
	}
	list, more, err := c.acts().FindVolunteers(r, find)
	if err != nil {
		return page{}, err
	}
	for _, who := range list {
		seen, err := c.sees(q, r, who.ID)
		if err != nil {
			return page{}, err
		}
		if seen {
			v.Rows = append(v.Rows, who)
		}
	}
	if more {
		values := url.Values{"state": {v.State}, "text": {v.Text}, "after": {string(list[len(list)-1].ID)}}
		v.Next = Path + "/volunteers?" + values.Encode()
	}
	if v.State == string(activity.StandingConfirmed) {
		waiting, _, err := c.acts().FindVolunteers(r, activity.VolunteerQuery{Standing: activity.StandingPending, Limit: onPage})
		if err != nil {
			return page{}, err
		}
		v.Pending = len(waiting)
	}
	return page{Title: textVolunteers, Data: v}, nil
}

// sees reports whether the person may see the volunteer: the office all, organisers who is
// or was on a list of their unit.
func (c *Console) sees(q *request, r store.Reader, v activity.VolunteerID) (bool, error) {
	if q.office() {
		return true, nil
	}
	mine, err := c.acts().Mine(r, v, true)
	for _, m := range mine {
		if m.Activity.Unit == q.unit() {
			return true, err
		}
	}
	return false, err
}

// volunteerAt is the volunteer of the address, or who has the number now.
func (c *Console) volunteerAt(q *request, r store.Reader, text string) (who activity.Volunteer, err error) {
	id, ok := activity.ParseVolunteer(text)
	if !ok {
		return who, activity.ErrVolunteer
	}
	seen := true
	if who, err = c.acts().Volunteer(r, id); err == nil {
		seen, err = c.sees(q, r, who.ID)
	}
	if err == nil && (!seen || who.Standing == activity.StandingErased) {
		err = activity.ErrVolunteer
	}
	return who, err
}

// volunteerView is one volunteer.
type volunteerView struct {
	activity.Volunteer
	Word     string // the standing
	Skills   string
	Free     string
	Known    string // how: accounts, a browser
	Hours    string
	Doubt    int
	Signups  []signupRow
	More     string
	Papers   []activity.Certificate
	May      bool
	Office   bool
	Roster   string // page of the person on the roster; may be empty
	Outsider bool   // a personal link is of use
}

// signupRow is an activity that somebody signed up for.
type signupRow struct {
	Path, Title, When, State string
}

// shownSignups is how many of somebody's sign-ups are shown.
const shownSignups = 50

func (c *Console) oneVolunteer(q *request, r store.Reader) (page, error) {
	who, err := c.volunteerAt(q, r, q.Param("v"))
	if err != nil {
		return page{}, err
	}
	v := volunteerView{
		Volunteer: who, Word: who.Standing.Word(), Skills: strings.Join(who.Skills, "、"), Known: textKnownBy(who),
		May: organisers.lets(q.person), Office: office.lets(q.person), Outsider: who.Person == "" && len(who.Accounts) == 0,
	}
	for i, s := range who.Free {
		if i > 0 {
			v.Free += "、"
		}
		v.Free += s.String()
	}
	if who.Person != "" && q.office() {
		v.Roster = personPath(who.Person)
	}
	hours, err := c.acts().HoursOf(r, who.ID, 0)
	if err != nil {
		return page{}, err
	}
	v.Hours, v.Doubt = activity.Duration(hours.Minutes), hours.Doubt
	mine, err := c.acts().Mine(r, who.ID, true)
	if err != nil {
		return page{}, err
	}
	now := c.acts().Now(r)
	for _, m := range mine {
		if q.unit() != "" && m.Activity.Unit != q.unit() {
			continue
		}
		if len(v.Signups) < shownSignups {
			v.Signups = append(v.Signups, signupRow{activityPath(m.Activity.Number), m.Activity.Heading(), m.Activity.When(now), m.Signup.State.Word()})
		} else {
			v.More = more(shownSignups, len(mine))
		}
	}
	v.Papers, err = c.acts().Certificates(r, who.ID)
	return page{Title: string(who.ID) + " " + who.Name, Data: v}, err
}

func (c *Console) confirmVolunteer(q *request, tx *store.Tx) (string, error) {
	who, err := c.volunteerAt(q, tx, q.Param("v"))
	if err != nil {
		return "", err
	}
	_, err = c.acts().Confirm(tx, who.ID, q.helper())
	return textConfirmed(who), err
}

// personalLife is how long a personal link can be used.
const personalLife = 7 * 24 * time.Hour

// personalLink makes the link by which a volunteer without an account is known by another
// browser. The answer holds it, and nothing keeps it.
func (c *Console) personalLink(q *request) error {
	link := activity.NewToken()
	v := linkView{URL: c.opt.Server.Address(q.Context) + "/a/in/" + link.Reveal(), Volunteer: true}
	err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		who, err := c.volunteerAt(q, tx, q.Param("v"))
		if err != nil {
			return err
		}
		v.Name, v.Back, v.Until = who.Name, volunteerPath(who.ID), tx.Now().Add(personalLife)
		return c.acts().Invite(tx, who.ID, link, q.helper())
	})
	if err != nil {
		return c.answer(q, "", err, nil, c.shows("volunteer.html", c.oneVolunteer))
	}
	q.Header("Cache-Control", "no-store")
	return c.render(q, http.StatusOK, "onelink.html", page{Title: textPersonalLink, Data: v})
}

// mergeView reads back who would become one person.
type mergeView struct {
	From      activity.Volunteer
	FromHours string
	Typed     string // the other number, as typed
	Into      activity.Volunteer
	IntoHours string
	Both      bool // the other is found: it waits for a yes
}

func (c *Console) mergeForm(q *request, r store.Reader) (page, error) {
	from, err := c.volunteerAt(q, r, q.Param("v"))
	if err != nil {
		return page{}, err
	}
	v := mergeView{From: from, Typed: q.Query("into")}
	if q.Request.Method == http.MethodPost {
		v.Typed = q.PostForm("into")
	}
	if v.FromHours, err = c.hoursWord(r, from.ID); err != nil {
		return page{}, err
	}
	if v.Typed == "" {
		return page{Title: textMerging(from), Data: v}, nil
	}
	into, err := c.volunteerAt(q, r, v.Typed)
	switch {
	case errors.Is(err, activity.ErrVolunteer):
		if q.fault == "" {
			q.fault = textNoSuchVolunteer
		}
		return page{Title: textMerging(from), Data: v}, nil
	case err != nil:
		return page{}, err
	case into.ID == from.ID:
		if q.fault == "" {
			q.fault = textSameVolunteer
		}
		return page{Title: textMerging(from), Data: v}, nil
	}
	v.Into, v.Both = into, true
	v.IntoHours, err = c.hoursWord(r, into.ID)
	return page{Title: textMerging(from), Data: v}, err
}

func (c *Console) hoursWord(r store.Reader, v activity.VolunteerID) (string, error) {
	h, err := c.acts().HoursOf(r, v, 0)
	return activity.Duration(h.Minutes), err
}

// mergeVolunteer makes two numbers one person, for good.
func (c *Console) mergeVolunteer(q *request, tx *store.Tx) (string, error) {
	from, err := c.volunteerAt(q, tx, q.Param("v"))
	if err != nil {
		return "", err
	}
	into, err := c.volunteerAt(q, tx, q.PostForm("into"))
	switch {
	case errors.Is(err, activity.ErrVolunteer):
		return "", words(textNoSuchVolunteer)
	case err != nil:
		return "", err
	case into.ID == from.ID:
		return "", words(textSameVolunteer)
	}
	who, err := c.acts().Merge(tx, from.ID, into.ID, strings.TrimSpace(q.PostForm("why")), q.helper())
	q.Set(keyMade, string(who.ID))
	return textMergedInto(from, who), err
}

func (c *Console) toVolunteer(q *request) string { return Path + "/volunteers/" + q.GetString(keyMade) }

// volunteerData is all that is kept of a volunteer, for the volunteer.
func (c *Console) volunteerData(q *request) error {
	var tables []sheet.Out
	var id activity.VolunteerID
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		who, err := c.volunteerAt(q, r, q.Param("v"))
		if err != nil {
			return err
		}
		id = who.ID
		d, err := c.acts().Export(r, who.ID)
		tables = c.volunteerTables(d)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, textDossier(string(id)), tables)
}

func (c *Console) volunteerTables(d activity.Dossier) []sheet.Out {
	who := sheet.Out{Name: textOwnData, Head: []string{textWhat, textContent}, Rows: [][]string{
		{textNumber, string(d.Volunteer)}, {textName, d.Name}, {textPhone, d.Phone}, {textBrigade, d.Brigade},
		{textSkills, strings.Join(d.Skills, "、")}, {textConsent, d.Consent.Version + " " + c.moment(d.Consent.At)}, {textJoined, c.moment(d.Joined)},
	}}
	for _, s := range d.Free {
		who.Rows = append(who.Rows, []string{textFreeTime, s.String()})
	}
	for platform, user := range d.Accounts {
		who.Rows = append(who.Rows, []string{org.PlatformWord(platform), string(user)})
	}
	signups := sheet.Out{Name: textSignups, Head: []string{textActivity, textState, textWhen, textRecords}}
	for _, s := range d.Signups {
		var records []string
		for _, rec := range s.Records {
			records = append(records, c.moment(rec.At)+" "+rec.Act.Word()+" "+rec.Way.Word())
		}
		signups.Rows = append(signups.Rows, []string{s.Activity.String(), s.State.Word(), c.moment(s.Signed.At), strings.Join(records, "；")})
	}
	papers := sheet.Out{Name: textPapers, Head: []string{textNumber, textWhen, textDuration}}
	for _, p := range d.Papers {
		papers.Rows = append(papers.Rows, []string{p.Code, c.moment(p.Issued), activity.Duration(p.Minutes)})
	}
	return []sheet.Out{who, signups, papers}
}

// eraseVolunteer removes what says who a volunteer is.
func (c *Console) eraseVolunteer(q *request, tx *store.Tx) (string, error) {
	who, err := c.volunteerAt(q, tx, q.Param("v"))
	if err != nil {
		return "", err
	}
	if q.PostForm("sure") == "" {
		return "", words(textNotSure)
	}
	_, err = c.acts().Erase(tx, who.ID, q.helper())
	return textErasedNow(string(who.ID)), err
}
