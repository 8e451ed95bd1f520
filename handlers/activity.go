package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// Activities is what the pages of activities work with.
type Activities struct {
	Board *activity.Board
	Store *store.Store
}

// guest is who a page of activities is for.
type guest struct {
	Visit
	person    org.Person         // on the roster; without an ID: not
	volunteer activity.Volunteer // without an ID: none yet
	actor     activity.Actor
	account   activity.Account // of a member of the organisation
	token     activity.Token   // of an outsider's browser
}

// name is what the guest is called, as far as we know.
func (g guest) name() string { return cmp.Or(g.volunteer.Name, g.person.Name) }

// guest finds out what a browser's visitor is to us.
func (s *Server) guest(c *gin.Context, r store.Reader, v Visit) (g guest, err error) {
	board := s.opt.Activities.Board
	g.Visit = v
	switch {
	case v.Who == nil:
		g.token = s.browserToken(c)
	case v.Who.Outside:
		// Nothing that a cookie can hold looks like it: see browserToken.
		g.token = activity.Token("outside/" + digest(string(v.Who.Platform)+"/"+string(v.Who.User)))
	default:
		g.account = activity.Account{Platform: v.Who.Platform, User: v.Who.User}
		if g.person, _, err = org.ByUser(r, v.Who.Platform, v.Who.User); err == nil {
			g.volunteer, _, err = board.ByAccount(r, g.account)
		}
	}
	if g.token != "" {
		g.volunteer, _, err = board.ByBrowser(r, g.token)
	}
	g.actor = activity.ActorOf(g.person)
	g.actor.Volunteer = g.volunteer.ID
	return g, err
}

// volunteerLife is how long a browser is known to be an outsider's; no browser keeps
// a cookie longer.
const volunteerLife = 400 * 24 * time.Hour

// browserToken is the token that an outsider's browser was given, "" if it has none.
func (s *Server) browserToken(c *gin.Context) activity.Token {
	cookie, err := c.Request.Cookie(s.cookieName() + "-volunteer")
	if err != nil || !secretShaped(cookie.Value) {
		return ""
	}
	return activity.Token(cookie.Value)
}

func (s *Server) setBrowserToken(c *gin.Context, t activity.Token) {
	s.setCookie(c, s.cookieName()+"-volunteer", t.Reveal(), volunteerLife)
}

// head is what every page of activities shows.
type head struct {
	Name   string // of whom we know
	CSRF   string
	Fault  string // why what was asked for was not done
	Inside bool   // the browser is in a client: it has signed in
}

func headOf(g guest) head {
	return head{Name: g.name(), CSRF: g.CSRF(), Inside: g.Who != nil}
}

// build makes the view of a page in one state of the store.
type build func(c *gin.Context, r store.Reader, g guest) (view any, err error)

// page shows a page to whoever opens it, after a client has said who that is.
func (s *Server) page(name string, b build) gin.HandlerFunc {
	return s.wrap(func(c *gin.Context) error {
		v, err := s.Visit(c)
		if err != nil {
			return err
		}
		if v.Who == nil {
			if sent, err := s.SignIn(c, v); sent || err != nil {
				return err
			}
		}
		return s.show(c, v, name, http.StatusOK, b)
	})
}

func (s *Server) show(c *gin.Context, v Visit, name string, code int, b build) error {
	var view any
	err := s.opt.Activities.Store.View(c.Request.Context(), func(r store.Reader) error {
		g, err := s.guest(c, r, v)
		if err == nil {
			view, err = b(c, r, g)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.pages.Render(c, code, name, view)
	return nil
}

// deed is something that a form asks for. refused is why it was not done, to be told
// to whoever asked; what it wrote is kept.
type deed func(c *gin.Context, tx *store.Tx, g guest) (refused, err error)

// keyRefused is where a page finds what it has to tell about the form before it.
const keyRefused = "refused"

// do does a deed and leads back to the page that to names; where it is refused the
// page name says why.
func (s *Server) do(d deed, to func(c *gin.Context) string, name string, b build) gin.HandlerFunc {
	return s.wrap(func(c *gin.Context) error {
		if !s.limit.Allow(c.ClientIP()) {
			return ErrLimited
		}
		v, err := s.Posted(c)
		if err != nil {
			return err
		}
		var refused error
		err = s.opt.Activities.Store.Update(c.Request.Context(), func(tx *store.Tx) error {
			g, err := s.guest(c, tx, v)
			if err == nil {
				refused, err = d(c, tx, g)
			}
			return err
		})
		if err != nil {
			refused = err
		}
		words := tell(refused)
		switch {
		case refused == nil:
			c.Redirect(http.StatusSeeOther, to(c))
			return nil
		case err != nil && words == "":
			return err
		}
		c.Set(keyRefused, words)
		return s.show(c, v, name, http.StatusConflict, b)
	})
}

// numberOf is the activity that an address names.
func numberOf(c *gin.Context) (activity.Number, error) {
	n, ok := activity.ParseNumber(c.Param("activity"))
	if !ok {
		return 0, activity.ErrNotFound
	}
	return n, nil
}

func activityPath(c *gin.Context) string {
	n, _ := numberOf(c) // it was found
	return "/a/" + n.String()
}

// activityRoutes are all pages below /a/.
func (s *Server) activityRoutes(e *gin.Engine) {
	const one = "activity.html"
	e.GET("/a/", s.page("activities.html", s.activitiesView))
	e.GET("/a/:activity", s.page(one, s.activityView))
	e.POST("/a/:activity/join", limitBody, s.gate(s.offerToken), s.do(s.join, activityPath, one, s.activityView))
	e.POST("/a/:activity/leave", limitBody, s.do(s.leave, activityPath, one, s.activityView))
	e.POST("/a/:activity/check", limitBody, s.do(s.check, activityPath, one, s.activityView))
	e.GET("/a/client", s.wrap(s.clientConfig))
	s.organiserRoutes(e)
	s.hoursRoutes(e)
}

// offerToken gives a browser that is nobody's the token by which an outsider who
// joins will be known.
func (s *Server) offerToken(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil || v.Who != nil || s.browserToken(c) != "" {
		return err
	}
	if !s.joins.Allow(c.ClientIP()) {
		return ErrLimited
	}
	t := activity.NewToken()
	c.Request.AddCookie(&http.Cookie{Name: s.cookieName() + "-volunteer", Value: t.Reveal()})
	s.setBrowserToken(c, t)
	return nil
}

// join signs the guest up, who becomes a volunteer with it if need be. With the code
// of the venue's screen it is a check-in too.
func (s *Server) join(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	n, err := numberOf(c)
	if err != nil {
		return nil, err
	}
	board, form := s.opt.Activities.Board, c.Request.PostForm
	if g.volunteer.ID == "" {
		p := activity.Profile{Name: form.Get("name"), Phone: org.Phone(form.Get("phone"))}
		if form.Get("consent") == activity.ConsentVersion {
			p.Consent = activity.Consent{Version: activity.ConsentVersion}
		}
		g.volunteer, _, err = board.Enrol(tx, activity.Application{Profile: p, Account: g.account, Browser: g.token})
		if err != nil {
			return nil, err
		}
		g.actor.Volunteer = g.volunteer.ID
	}
	if _, err := board.Join(tx, n, g.volunteer.ID, g.actor); err != nil || form.Get("c") == "" {
		return nil, err
	}
	return s.check(c, tx, g)
}

func (s *Server) leave(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	n, err := numberOf(c)
	if err == nil {
		_, err = s.opt.Activities.Board.Leave(tx, n, g.volunteer.ID, g.actor)
	}
	return nil, err
}

// check checks the guest in or out, by the code or by where the phone says it is.
func (s *Server) check(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	n, err := numberOf(c)
	if err != nil {
		return nil, err
	}
	if g.volunteer.ID == "" {
		return nil, activity.ErrVolunteer
	}
	form := c.Request.PostForm
	scan := activity.Scan{Volunteer: g.volunteer.ID, Out: form.Get("out") != "", Way: activity.WayCode}
	if form.Get("lat") != "" {
		scan.Way = activity.WayPlace
		if scan.Claim, err = claimOf(form); err != nil {
			return nil, err
		}
	} else if scan.Code, _ = activity.ParseCode(form.Get("c")); scan.Code == "" {
		return pageRefusal(textNoCode), nil
	}
	done, err := s.opt.Activities.Board.Check(tx, n, scan)
	if err != nil || done.Refused == nil {
		return nil, err
	}
	return done.Refused, nil
}

// sourcePage says that a location came from a page of ours.
const sourcePage = "page"

// claimOf reads where a phone says it is.
func claimOf(form url.Values) (*activity.Claim, error) {
	number := func(name string) float64 {
		v, err := strconv.ParseFloat(form.Get(name), 64)
		if err != nil {
			return 1e9 // nowhere on earth: the board refuses it
		}
		return v
	}
	claim := &activity.Claim{
		Point: activity.Point{Latitude: number("lat"), Longitude: number("lng"), System: activity.System(form.Get("system"))},
		Mock:  form.Get("mock") != "", Source: sourcePage,
	}
	if form.Get("accuracy") != "" {
		claim.Accuracy = number("accuracy")
	}
	return claim, nil
}

// activitiesView is the list of what one can sign up for, and of what one has.
type activitiesView struct {
	head
	Mine, Open []activityLine
}

// activityLine is an activity in a list.
type activityLine struct {
	Number             activity.Number
	Title, When, Place string
	State              string
}

func (s *Server) activitiesView(_ *gin.Context, r store.Reader, g guest) (any, error) {
	board := s.opt.Activities.Board
	v := activitiesView{head: headOf(g)}
	now := board.Now(r)
	mine := map[activity.Number]bool{}
	if g.volunteer.ID != "" {
		list, err := board.Mine(r, g.volunteer.ID, false)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.Activity.StateAt(now) == activity.StatePublished {
				mine[m.Activity.Number] = true
				v.Mine = append(v.Mine, activityLine{m.Activity.Number, m.Activity.Title, m.Activity.When(now), m.Activity.Place.Name, textSigned(m.Signup, m.Position)})
			}
		}
	}
	open, err := board.List(r, activity.Query{Limit: 100})
	for _, l := range open {
		if !mine[l.Number] {
			v.Open = append(v.Open, activityLine{l.Number, l.Title, l.When(now), l.Place.Name, textSeats(l)})
		}
	}
	return v, err
}

// activityView is one activity as its guest sees it.
type activityView struct {
	head
	Number    activity.Number
	Title     string
	State     string // 报名中
	Text      string
	Facts     []fact
	Mine      string // 已报名
	Records   []string
	Waits     string // for what: 11月28日 8:30 开始签到
	CanJoin   bool
	NewPerson bool // the form asks for name and consent
	Outsider  bool // and whoever it is is to be confirmed
	Consent   string
	Version   string
	CanLeave  bool
	CanCheck  bool
	Out       bool // it is the check-out that is next
	CanPlace  bool // by location too
	Code      string
	Organiser bool
	Closed    string // why nobody can sign up
	Script    string // of the client, which tells the location
}

type fact struct{ Name, Value string }

func (s *Server) activityView(c *gin.Context, r store.Reader, g guest) (any, error) {
	n, err := numberOf(c)
	if err != nil {
		return nil, err
	}
	board := s.opt.Activities.Board
	l, err := board.Listing(r, n)
	if err != nil {
		return nil, err
	}
	now := board.Now(r)
	organiser := g.actor.Runs(l.Unit)
	if l.State == activity.StateDraft && !organiser {
		return nil, activity.ErrNotFound
	}
	signup, _, err := board.Signup(r, n, g.volunteer.ID)
	if err != nil {
		return nil, err
	}
	position, err := board.Position(r, signup)
	if err != nil {
		return nil, err
	}
	v := activityView{
		head: headOf(g), Number: n, Title: l.Title, State: textState(l, now), Text: l.Text, Facts: textFacts(l, now),
		Organiser: organiser, Consent: activity.ConsentText, Version: activity.ConsentVersion,
	}
	v.Fault = c.GetString(keyRefused)
	v.Code, _ = activity.ParseCode(cmp.Or(c.Query("c"), c.Request.PostForm.Get("c")))
	if g.volunteer.ID != "" {
		v.Mine = textSigned(signup, position)
	}
	s.offerJoin(&v, l, g, signup, now)
	offerCheck(&v, l.Activity, g, signup, now)
	v.CanPlace = v.CanCheck && !l.Place.Point.IsZero()
	inside := func(w chat.Web) bool { return w.Platform() == g.Who.Platform && w.Inside(c.Request.UserAgent()) }
	if v.CanPlace && g.Who != nil {
		if w := s.web(inside); w != nil {
			v.Script = lets(c, w.Script())
		}
	}
	return v, nil
}

// offerJoin says whether the guest can sign up, or leave again.
func (s *Server) offerJoin(v *activityView, l activity.Listing, g guest, signup activity.Signup, now time.Time) {
	from, to := l.SignWindow()
	member := g.account != (activity.Account{}) || len(g.volunteer.Accounts) > 0
	on := signup.Listed() || signup.State == activity.SignWaiting
	switch {
	case l.StateAt(now) != activity.StatePublished || !l.Series.IsZero():
		return
	case on:
		v.CanLeave = now.Before(l.Start) && len(signup.Records) == 0
		return
	case now.Before(from):
		v.Closed = textOpens(from)
	case !now.Before(to):
		v.Closed = textSignClosed
	case l.Free() == 0 && l.NoWait:
		v.Closed = textFull
	case !l.Public && !member:
		v.Closed = textMembersOnly
	default:
		v.CanJoin, v.NewPerson, v.Outsider = true, g.volunteer.ID == "", !member
	}
}

// offerCheck says whether the guest can check in or out now, or when.
func offerCheck(v *activityView, a activity.Activity, g guest, signup activity.Signup, now time.Time) {
	in, isIn := signup.Standing(activity.ActIn)
	out, isOut := signup.Standing(activity.ActOut)
	if isIn {
		v.Records = append(v.Records, textRecord(in, now.Location()))
	}
	if isOut {
		v.Records = append(v.Records, textRecord(out, now.Location()))
	}
	do := activity.ActIn
	if isIn {
		do, v.Out = activity.ActOut, true
	}
	if isOut || isIn && !a.CheckOut || !signup.Listed() && signup.State != activity.SignWaiting {
		return
	}
	refused := activity.Admit(a, signup, g.volunteer.Standing, do, now)
	if refused == nil {
		v.CanCheck = true
	} else if v.Fault == "" {
		v.Waits = activity.Tell(refused)
	}
}

// clientConfig is what lets a page of ours call the client that it is opened in.
// Where there is none the browser's own ways have to do.
func (s *Server) clientConfig(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	w := s.web(func(w chat.Web) bool { return v.Who != nil && v.Who.Platform == w.Platform() })
	page := c.Query("page")
	if w == nil || !ownPath(page) {
		return ErrNotFound
	}
	js, err := w.JSConfig(c.Request.Context(), s.opt.PublicURL+page)
	if err != nil {
		return fmt.Errorf("%w: %w", errIdentify, err)
	}
	c.JSON(http.StatusOK, gin.H{"platform": w.Platform(), "config": js})
	return nil
}

// pageRefusal is why a form is not taken, in words for users.
type pageRefusal string

// Error implements error.
func (r pageRefusal) Error() string { return string(r) }

// tell words what was refused; empty if it is a fault of ours.
func tell(err error) string {
	var r pageRefusal
	if errors.As(err, &r) {
		return string(r)
	}
	return activity.Tell(err)
}

// lines cuts what somebody wrote into lines that say something.
func lines(s string) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
