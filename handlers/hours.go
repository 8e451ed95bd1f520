package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"xietiao/bot/activity"
	"xietiao/bot/store"
)

// hoursRoutes are the pages about a volunteer's own hours, and the one where anybody
// checks a certificate.
func (s *Server) hoursRoutes(e *gin.Engine) {
	const hours = "hours.html"
	back := func(*gin.Context) string { return "/a/hours" }
	e.GET("/a/hours", s.page(hours, s.hoursView))
	e.POST("/a/hours/dispute", limitBody, s.do(s.dispute, back, hours, s.hoursView))
	e.POST("/a/hours/certificate", limitBody, s.do(s.certify, certificatePath, hours, s.hoursView))
	e.POST("/a/hours/erase", limitBody, s.do(s.erase, func(*gin.Context) string { return "/a/" }, hours, s.hoursView))
	e.GET("/a/hours/export", s.wrap(s.export))
	e.GET("/a/certificate/:code", s.page("certificate.html", s.certificateView))
	e.GET("/a/check", s.wrap(s.checkCertificate))
	e.GET("/a/check/:code", s.wrap(s.checkCertificate))
}

// hoursView is 我的时长.
type hoursView struct {
	head
	Known        bool // as a volunteer
	Year         int  // 0: all
	Years        []int
	Total        string
	Doubt        int
	Stints       []stintLine
	Certificates []certificateLine
}

// stintLine is one activity among somebody's hours.
type stintLine struct {
	Number      activity.Number
	Title, Unit string
	When, Time  string
	Notes       []string
	Disputed    bool
	CanDispute  bool
}

type certificateLine struct{ Code, Issued, Time string }

// yearOf is the year that a page is about; 0: all.
func yearOf(c *gin.Context) int {
	year, _ := strconv.Atoi(c.Query("year"))
	return max(year, 0)
}

func (s *Server) hoursView(c *gin.Context, r store.Reader, g guest) (any, error) {
	v := hoursView{head: headOf(g), Known: g.volunteer.ID != "", Year: yearOf(c)}
	v.Fault = c.GetString(keyRefused)
	if !v.Known {
		return v, nil
	}
	board := s.opt.Activities.Board
	hours, err := board.HoursOf(r, g.volunteer.ID, v.Year)
	if err != nil {
		return nil, err
	}
	now := board.Now(r)
	for year := now.Year(); year > now.Year()-3; year-- {
		v.Years = append(v.Years, year)
	}
	v.Total, v.Doubt = activity.Duration(hours.Minutes), hours.Doubt
	for i := len(hours.Stints) - 1; i >= 0; i-- {
		st := hours.Stints[i]
		v.Stints = append(v.Stints, stintLine{
			Number: st.Activity, Title: st.Title, Unit: st.Unit, When: textFromTo(st.From.In(now.Location()), st.To.In(now.Location())), Time: activity.Duration(st.Minutes),
			Notes: textService(st.Service), Disputed: st.Disputed, CanDispute: !st.Disputed,
		})
	}
	list, err := board.Certificates(r, g.volunteer.ID)
	for _, p := range list {
		v.Certificates = append(v.Certificates, certificateLine{p.Code, p.Issued.Format(dayLayout), activity.Duration(p.Minutes)})
	}
	return v, err
}

const dayLayout = "2006年1月2日"

func (s *Server) dispute(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	n, ok := activity.ParseNumber(c.Request.PostForm.Get("activity"))
	if !ok {
		return nil, activity.ErrNotFound
	}
	_, err = s.opt.Activities.Board.Dispute(tx, n, g.volunteer.ID, c.Request.PostForm.Get("text"), g.actor)
	return nil, err
}

// keyCertificate is where the address to go to finds the code.
const keyCertificate = "certificate"

func certificatePath(c *gin.Context) string { return "/a/certificate/" + c.GetString(keyCertificate) }

func (s *Server) certify(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	year, _ := strconv.Atoi(c.Request.PostForm.Get("year")) // 0: all
	paper, err := s.opt.Activities.Board.Issue(tx, g.volunteer.ID, max(year, 0), nil, g.actor)
	c.Set(keyCertificate, paper.Code)
	return nil, err
}

func (s *Server) erase(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	if c.Request.PostForm.Get("sure") == "" {
		return pageRefusal(textNotSure), nil
	}
	_, err = s.opt.Activities.Board.Erase(tx, g.volunteer.ID, g.actor)
	return nil, err
}

// export gives a volunteer all that is kept of it, as a file.
func (s *Server) export(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	var data []byte
	err = s.opt.Activities.Store.View(c.Request.Context(), func(r store.Reader) error {
		g, err := s.guest(c, r, v)
		if err != nil {
			return err
		}
		if g.volunteer.ID == "" {
			return activity.ErrVolunteer
		}
		dossier, err := s.opt.Activities.Board.Export(r, g.volunteer.ID)
		if err != nil {
			return err
		}
		data, err = json.MarshalIndent(dossier, "", "  ")
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="volunteer.json"`)
	c.Data(http.StatusOK, "application/json; charset=utf-8", data)
	return nil
}

// certificateView is a certificate to be printed, for the person that it is of.
type certificateView struct {
	head
	Code, Name, Issuer, Issued, Time string
	Items                            []certificateItem
	Check                            string // where anybody checks it
	QR                               string
	Size                             int
	Fit                              string // empty: it is valid
}

// fitWords says what is wrong with a certificate; empty: nothing.
func fitWords(v activity.Validity) string {
	if v == activity.Valid {
		return ""
	}
	return v.Word()
}

type certificateItem struct{ Title, Unit, Day, Time string }

func certificateItems(p activity.Certificate) (items []certificateItem) {
	for _, it := range p.Items {
		items = append(items, certificateItem{it.Title, it.Unit, it.Day.String(), activity.Duration(it.Minutes)})
	}
	return items
}

func (s *Server) certificateView(c *gin.Context, r store.Reader, g guest) (any, error) {
	paper, fit, err := s.opt.Activities.Board.Verify(r, c.Param("code"))
	if err != nil {
		return nil, err
	}
	if g.volunteer.ID == "" || paper.Volunteer != g.volunteer.ID {
		return nil, activity.ErrCode // who is not the person learns nothing here
	}
	v := certificateView{
		head: headOf(g), Code: paper.Code, Name: paper.Name, Issuer: paper.Issuer, Issued: paper.Issued.Format(dayLayout), Time: activity.Duration(paper.Minutes),
		Items: certificateItems(paper), Check: s.Address(c) + "/a/check/" + paper.Code, Fit: fitWords(fit),
	}
	v.QR, v.Size, err = qrPath(v.Check)
	return v, err
}

// checkView is the page where anybody finds out what a certificate is worth.
type checkView struct {
	Asked                            bool
	Found                            bool
	Valid                            bool
	Code, Name, Issuer, Issued, Time string
	Items                            []certificateItem
	Fit                              string
}

// checkCertificate shows what is on a certificate to whoever has its code: the name
// masked. It asks nobody who they are.
func (s *Server) checkCertificate(c *gin.Context) error {
	if !s.limit.Allow(c.ClientIP()) {
		return ErrLimited
	}
	code := c.Param("code")
	if code == "" {
		code = c.Query("code")
	}
	v := checkView{Asked: code != "", Code: code}
	if !v.Asked {
		s.pages.Render(c, http.StatusOK, "check.html", v)
		return nil
	}
	err := s.opt.Activities.Store.View(c.Request.Context(), func(r store.Reader) error {
		paper, fit, err := s.opt.Activities.Board.Verify(r, code)
		if err != nil {
			return err
		}
		v = checkView{
			Asked: true, Found: true, Valid: fit == activity.Valid, Code: paper.Code, Name: activity.MaskName(paper.Name), Issuer: paper.Issuer,
			Issued: paper.Issued.Format(dayLayout), Time: activity.Duration(paper.Minutes), Items: certificateItems(paper), Fit: fitWords(fit),
		}
		if fit == activity.Revoked { // whose it was, and what for, is nobody's affair any more
			v.Name, v.Items, v.Time = "", nil, ""
		}
		return nil
	})
	status := http.StatusOK
	switch words := activity.Tell(err); {
	case err == nil:
	case words != "":
		v.Fit, status = words, http.StatusNotFound
	default:
		return err
	}
	s.pages.Render(c, status, "check.html", v)
	return nil
}
