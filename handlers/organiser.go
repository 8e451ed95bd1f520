package handlers

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"rsc.io/qr"

	"xietiao/bot/activity"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// organiserRoutes are the pages for whoever runs an activity.
func (s *Server) organiserRoutes(e *gin.Engine) {
	e.GET("/a/:activity/screen", s.page("screen.html", s.screenView))
	e.GET("/a/:activity/code", s.wrap(s.code))
	e.GET("/a/:activity/list", s.page("list.html", s.listView))
	e.GET("/a/:activity/roll", s.wrap(s.roll))
	e.POST("/a/:activity/ticks", limitTicks, s.wrap(s.ticks))
	e.POST("/a/:activity/undo", limitBody, s.wrap(s.undo))
	e.GET("/a/:activity/sheet", s.page("sheet.html", s.sheetView))
	e.GET("/a/:activity/paper", s.page("paper.html", s.paperView))
	e.POST("/a/:activity/paper", limitTicks, s.do(s.enterPaper, paperDone, "paper.html", s.paperView))
	e.POST("/a/:activity/confirm", limitBody, s.wrap(s.confirm))
	e.POST("/a/:activity/invite", limitBody, s.wrap(s.inviteBrowser))
	e.GET("/a/in/:token", s.page("bind.html", s.bindView))
	e.POST("/a/in/:token", limitBody, s.gate(s.offerToken), s.do(s.bind, func(*gin.Context) string { return "/a/" }, "bind.html", s.bindView))
	e.GET("/a/sw.js", s.wrap(s.serviceWorker))
}

// run returns the activity of the address, which the guest must be an organiser of.
func (s *Server) run(c *gin.Context, r store.Reader, g guest) (activity.Activity, error) {
	n, err := numberOf(c)
	if err != nil {
		return activity.Activity{}, err
	}
	a, err := s.opt.Activities.Board.Get(r, n)
	if err == nil && !g.actor.Runs(a.Unit) {
		err = activity.ErrForbidden
	}
	return a, err
}

// api answers a script's request with JSON. A guest who is not known any more gets
// 401, so that the script does not take a page for an answer.
func (s *Server) api(c *gin.Context, v Visit, fn func(r store.Reader, g guest) (any, error)) error {
	if v.Who == nil {
		return errLogin
	}
	var out any
	err := s.opt.Activities.Store.View(c.Request.Context(), func(r store.Reader) error {
		g, err := s.guest(c, r, v)
		if err == nil {
			out, err = fn(r, g)
		}
		return err
	})
	if err == nil {
		c.JSON(http.StatusOK, out)
	}
	return err
}

// codeNow is what the screen at the venue shows. Times are in milliseconds.
type codeNow struct {
	Digits string `json:"digits"`
	QR     string `json:"qr"` // an SVG picture's path: a unit for each module
	Size   int    `json:"size"`
	Now    int64  `json:"now"` // of the server's clock
	Until  int64  `json:"until"`
	In     int    `json:"in"`
	Out    int    `json:"out"`
	Listed int    `json:"listed"`
	Why    string `json:"why,omitempty"` // there is no code
}

func (s *Server) codeNow(c *gin.Context, r store.Reader, g guest) (codeNow, error) {
	a, err := s.run(c, r, g)
	if err != nil {
		return codeNow{}, err
	}
	board := s.opt.Activities.Board
	sum, err := board.Summary(r, a.Number)
	if err != nil {
		return codeNow{}, err
	}
	out := codeNow{Now: board.Now(r).UnixMilli(), In: sum.In, Out: sum.Out, Listed: sum.Taken + sum.WalkIns}
	code, err := board.Code(r, a.Number, g.actor)
	if words := activity.Tell(err); words != "" {
		out.Why = words
		return out, nil
	}
	if err != nil {
		return codeNow{}, err
	}
	out.Digits, out.Until = code.Digits, code.Until.UnixMilli()
	out.QR, out.Size, err = qrPath(s.Address(c) + "/a/" + a.Number.String() + "?c=" + code.Digits)
	return out, err
}

// Address is ours as browsers have it, without a slash at its end.
func (s *Server) Address(c *gin.Context) string {
	return cmp.Or(s.opt.PublicURL, "http://"+c.Request.Host)
}

// quiet is how many modules around a QR code stay white.
const quiet = 4

// qrPath draws a QR code of a text as the path of an SVG picture of size by size
// modules.
func qrPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, fmt.Errorf("qr: %w", err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return b.String(), code.Size + 2*quiet, nil
}

// screenView is the page that is shown full-screen at the venue.
type screenView struct {
	head
	Number   activity.Number
	Title    string
	When     string
	CheckOut bool
	Code     codeNow
}

func (s *Server) screenView(c *gin.Context, r store.Reader, g guest) (any, error) {
	code, err := s.codeNow(c, r, g)
	if err != nil {
		return nil, err
	}
	a, err := s.run(c, r, g)
	if err != nil {
		return nil, err
	}
	return screenView{head: headOf(g), Number: a.Number, Title: a.Title, When: a.When(a.Start), CheckOut: a.CheckOut, Code: code}, nil
}

func (s *Server) code(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	return s.api(c, v, func(r store.Reader, g guest) (any, error) { return s.codeNow(c, r, g) })
}

// rollNow is the list of an activity as its page and its script have it.
type rollNow struct {
	CSRF    string    `json:"csrf"`
	Now     int64     `json:"now"` // milliseconds of the server's clock
	Rows    []rollRow `json:"rows"`
	In      int       `json:"in"`
	Out     int       `json:"out"`
	Listed  int       `json:"listed"`
	Pending int       `json:"pending"`
}

// rollRow is somebody on the list.
type rollRow struct {
	ID      activity.VolunteerID `json:"id"`
	Name    string               `json:"name"`
	Sound   string               `json:"sound"` // what is typed to find the name: zs, zhangsan
	Phone   string               `json:"phone,omitempty"`
	Note    string               `json:"note,omitempty"` // 候补 2, 临时, 待确认
	In      string               `json:"in,omitempty"`   // 9:02 扫码
	InNo    int                  `json:"inNo,omitempty"`
	Out     string               `json:"out,omitempty"`
	OutNo   int                  `json:"outNo,omitempty"`
	Warn    string               `json:"warn,omitempty"` // what a phone claimed
	Outside bool                 `json:"outside,omitempty"`
	Pending bool                 `json:"pending,omitempty"` // until an organiser knows who it is
}

func (s *Server) rollNow(c *gin.Context, r store.Reader, g guest) (rollNow, activity.Activity, error) {
	a, err := s.run(c, r, g)
	if err != nil {
		return rollNow{}, a, err
	}
	board := s.opt.Activities.Board
	list, err := board.Roll(r, a.Number, false, g.actor)
	if err != nil {
		return rollNow{}, a, err
	}
	now := board.Now(r)
	out := rollNow{CSRF: g.CSRF(), Now: now.UnixMilli(), Rows: []rollRow{}}
	for _, e := range list {
		row := rollRow{ID: e.Volunteer.ID, Name: textNamed(e.Volunteer), Sound: sounds(e.Volunteer.Name), Phone: e.Volunteer.Phone.String(), Note: textEntry(e), Outside: e.Volunteer.Browser, Pending: e.Volunteer.Standing == activity.StandingPending}
		if e.Signup.State != activity.SignWaiting {
			out.Listed++
		}
		if row.Pending {
			out.Pending++
		}
		if e.In != nil {
			row.In, row.InNo, row.Warn = textMoment(*e.In, now.Location()), e.In.No, textClaim(*e.In)
			out.In++
		}
		if e.Out != nil {
			row.Out, row.OutNo = textMoment(*e.Out, now.Location()), e.Out.No
			row.Warn = cmp.Or(row.Warn, textClaim(*e.Out))
			out.Out++
		}
		out.Rows = append(out.Rows, row)
	}
	return out, a, nil
}

// sounds are the readings of a name as people type them: in full and by initials. Of
// a character with several the first is taken.
func sounds(name string) string {
	var full, initials strings.Builder
	for _, r := range name {
		if all := zh.Syllables(r); len(all) > 0 {
			full.WriteString(all[0])
			initials.WriteString(all[0][:1])
		}
	}
	return full.String() + " " + initials.String()
}

// listView is the page of an activity's list.
type listView struct {
	head
	Number   activity.Number
	Title    string
	When     string
	CheckOut bool
	Roll     rollNow
}

func (s *Server) listView(c *gin.Context, r store.Reader, g guest) (any, error) {
	roll, a, err := s.rollNow(c, r, g)
	if err != nil {
		return nil, err
	}
	return listView{head: headOf(g), Number: a.Number, Title: a.Title, When: a.When(a.Start), CheckOut: a.CheckOut, Roll: roll}, nil
}

func (s *Server) roll(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	return s.api(c, v, func(r store.Reader, g guest) (any, error) {
		roll, _, err := s.rollNow(c, r, g)
		return roll, err
	})
}

const (
	maxTicks     = 500       // of one request; a page that was long without a network sends several
	maxTicksBody = 256 << 10 // bytes
)

// limitTicks is limitBody for many ticks at once.
func limitTicks(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxTicksBody)
	c.Next()
}

// tickDone is what became of a tick.
type tickDone struct {
	Nonce   string `json:"nonce"`
	Refused string `json:"refused,omitempty"`
}

// ticks records what an organiser ticked, perhaps a while ago without a network. It
// answers with what became of each and with the list as it stands.
func (s *Server) ticks(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	var in struct {
		Ticks []struct {
			Nonce string               `json:"nonce"`
			ID    activity.VolunteerID `json:"id"`
			Name  string               `json:"name"`
			Out   bool                 `json:"out"`
			At    int64                `json:"at"` // milliseconds of the server's clock
		} `json:"ticks"`
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Ticks) > maxTicks {
		return ErrMalformed
	}
	var list []activity.Tick
	for _, t := range in.Ticks {
		list = append(list, activity.Tick{Volunteer: t.ID, Name: t.Name, Out: t.Out, At: time.UnixMilli(t.At), Nonce: t.Nonce})
	}
	done := make([]tickDone, len(list))
	return s.change(c, v, func(tx *store.Tx, g guest) error {
		n, err := numberOf(c)
		if err != nil {
			return err
		}
		results, err := s.opt.Activities.Board.Ticks(tx, n, list, g.actor)
		for i, r := range results {
			done[i] = tickDone{Nonce: list[i].Nonce}
			if r.Refused != nil {
				done[i].Refused = activity.Tell(r.Refused)
			}
		}
		return err
	}, func(roll rollNow) any { return gin.H{"done": done, "roll": roll} })
}

// change does something to a list for a script and answers with what answer makes of
// the list that then stands.
func (s *Server) change(c *gin.Context, v Visit, do func(tx *store.Tx, g guest) error, answer func(rollNow) any) error {
	if v.Who == nil {
		return errLogin
	}
	var out any
	err := s.opt.Activities.Store.Update(c.Request.Context(), func(tx *store.Tx) error {
		g, err := s.guest(c, tx, v)
		if err != nil {
			return err
		}
		if err := do(tx, g); err != nil {
			return err
		}
		roll, _, err := s.rollNow(c, tx, g)
		out = answer(roll)
		return err
	})
	switch words := tell(err); {
	case err == nil:
		c.JSON(http.StatusOK, out)
	case words != "":
		code, _ := Status(err)
		if code == http.StatusInternalServerError {
			code = http.StatusConflict
		}
		c.JSON(code, gin.H{"error": words})
	default:
		return err
	}
	return nil
}

// undo takes a record back.
func (s *Server) undo(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	form := c.Request.PostForm
	no, _ := strconv.Atoi(form.Get("no")) // 0 is no record
	return s.change(c, v, func(tx *store.Tx, g guest) error {
		n, err := numberOf(c)
		if err == nil {
			_, err = s.opt.Activities.Board.Undo(tx, n, activity.VolunteerID(form.Get("id")), no, form.Get("why"), g.actor)
		}
		return err
	}, func(roll rollNow) any { return gin.H{"roll": roll} })
}

// onList is whom a form is about: somebody on the list of the guest's activity, and
// nobody of other activities.
func (s *Server) onList(c *gin.Context, r store.Reader, g guest) (activity.VolunteerID, error) {
	a, err := s.run(c, r, g)
	if err != nil {
		return "", err
	}
	who := activity.VolunteerID(c.Request.PostForm.Get("id"))
	_, known, err := s.opt.Activities.Board.Signup(r, a.Number, who)
	if err == nil && !known {
		err = activity.ErrVolunteer
	}
	return who, err
}

// confirm says that an outsider is known to the organiser.
func (s *Server) confirm(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	return s.change(c, v, func(tx *store.Tx, g guest) error {
		who, err := s.onList(c, tx, g)
		if err == nil {
			_, err = s.opt.Activities.Board.Confirm(tx, who, g.actor)
		}
		return err
	}, func(roll rollNow) any { return gin.H{"roll": roll} })
}

// inviteBrowser makes the link by which an outsider's other browser becomes the one
// that we know; the organiser shows it to that person.
func (s *Server) inviteBrowser(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	link := activity.NewToken()
	path, size, err := qrPath(s.Address(c) + "/a/in/" + link.Reveal())
	if err != nil {
		return err
	}
	return s.change(c, v, func(tx *store.Tx, g guest) error {
		who, err := s.onList(c, tx, g)
		if err == nil {
			err = s.opt.Activities.Board.Invite(tx, who, link, g.actor)
		}
		return err
	}, func(rollNow) any {
		return gin.H{"link": s.Address(c) + "/a/in/" + link.Reveal(), "qr": path, "size": size}
	})
}

// bindView is the page of an outsider's own link.
type bindView struct {
	head
	Token string
}

func (s *Server) bindView(c *gin.Context, _ store.Reader, g guest) (any, error) {
	h := headOf(g)
	h.Fault = c.GetString(keyRefused)
	return bindView{head: h, Token: c.Param("token")}, nil
}

func (s *Server) bind(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	if g.account != (activity.Account{}) {
		return pageRefusal(textMemberNeedsNone), nil
	}
	_, err = s.opt.Activities.Board.Bind(tx, activity.Token(c.Param("token")), g.token)
	return nil, err
}

// sheetView is the sign-in sheet for the venue, to be printed.
type sheetView struct {
	head
	Number   activity.Number
	Title    string
	Facts    []fact
	CheckOut bool
	Rows     []rollRow
	Blank    []int // numbers of the empty lines
}

// blankRows are empty lines for who comes without having signed up.
const blankRows = 10

func (s *Server) sheetView(c *gin.Context, r store.Reader, g guest) (any, error) {
	roll, a, err := s.rollNow(c, r, g)
	if err != nil {
		return nil, err
	}
	v := sheetView{head: headOf(g), Number: a.Number, Title: a.Title, Facts: textSheetFacts(a), CheckOut: a.CheckOut, Rows: roll.Rows}
	for i := range blankRows {
		v.Blank = append(v.Blank, len(roll.Rows)+i+1)
	}
	return v, nil
}

// paperView is the page on which a sheet is entered that was filled in by hand.
type paperView struct {
	head
	Number     activity.Number
	Title      string
	CheckOut   bool
	Rows       []rollRow
	Start, End string // 9:00, of the activity
	Nonce      string
	Done       int      // lines that were taken, after a submission
	Conflicts  []string // lines that were not, and why; what was typed is still there
	In, Out    map[activity.VolunteerID]string
	More       string
}

// keyPaper is where the page finds what became of the lines.
const keyPaper = "paper"

// paperResult is what became of a sheet.
type paperResult struct {
	done      int
	conflicts []string
}

func paperDone(c *gin.Context) string {
	p, _ := c.MustGet(keyPaper).(paperResult)
	return activityPath(c) + "/paper?done=" + strconv.Itoa(p.done)
}

func (s *Server) paperView(c *gin.Context, r store.Reader, g guest) (any, error) {
	roll, a, err := s.rollNow(c, r, g)
	if err != nil {
		return nil, err
	}
	v := paperView{
		head: headOf(g), Number: a.Number, Title: a.Title, CheckOut: a.CheckOut, Rows: roll.Rows,
		Start: a.Start.Format(clockLayout), End: a.End.Format(clockLayout), Nonce: rand.Text(),
		In: map[activity.VolunteerID]string{}, Out: map[activity.VolunteerID]string{},
	}
	if form := c.Request.PostForm; form.Get("nonce") != "" {
		v.Nonce, v.More = form.Get("nonce"), form.Get("more")
		for i, id := range form["id"] {
			v.In[activity.VolunteerID(id)], v.Out[activity.VolunteerID(id)] = value(form["in"], i), value(form["out"], i)
		}
	}
	v.Fault = c.GetString(keyRefused)
	v.Done, _ = strconv.Atoi(c.Query("done"))
	if p, ok := c.Get(keyPaper); ok {
		v.Done, v.Conflicts = p.(paperResult).done, p.(paperResult).conflicts
	}
	return v, nil
}

const clockLayout = "15:04"

// enterPaper records the lines of a sheet. What is refused is told, line by line, and
// stops no other. The form's nonce makes a second submission change nothing.
func (s *Server) enterPaper(c *gin.Context, tx *store.Tx, g guest) (refused, err error) {
	a, err := s.run(c, tx, g)
	if err != nil {
		return nil, err
	}
	sheet, bad := readPaper(c, a)
	results, err := s.opt.Activities.Board.Ticks(tx, a.Number, sheet.ticks, g.actor)
	if err != nil {
		return nil, err
	}
	out := paperResult{conflicts: bad}
	for i, r := range results {
		if r.Refused != nil {
			out.conflicts = append(out.conflicts, sheet.names[i]+"："+activity.Tell(r.Refused))
		} else {
			out.done++
		}
	}
	c.Set(keyPaper, out)
	if len(out.conflicts) > 0 {
		return pageRefusal(textPaper(out.done, len(out.conflicts))), nil
	}
	return nil, nil
}

// paperLines are the lines of a sheet as ticks.
type paperLines struct {
	ticks []activity.Tick
	names []string // of whom each tells
}

// readPaper reads the form of a sheet: times by the volunteers' ids, and lines of
// names with times for whoever is not on the list. bad are lines that say no time.
func readPaper(c *gin.Context, a activity.Activity) (sheet paperLines, bad []string) {
	form := c.Request.PostForm
	nonce := form.Get("nonce")
	add := func(key string, v activity.VolunteerID, name, clock string, out bool) {
		if clock == "" {
			return
		}
		at, ok := onDay(a, clock)
		if !ok {
			bad = append(bad, name+"："+textBadTime(clock))
			return
		}
		// Another time is another line, to be compared with what stands.
		t := activity.Tick{Volunteer: v, At: at, Out: out, Paper: true, Nonce: fmt.Sprintf("%s/%s/%t/%s", nonce, key, out, at.Format("1504"))}
		if v == "" {
			t.Name = name
		}
		sheet.ticks, sheet.names = append(sheet.ticks, t), append(sheet.names, name)
	}
	for i, id := range form["id"] {
		name := value(form["name"], i)
		add(id, activity.VolunteerID(id), name, value(form["in"], i), false)
		add(id, activity.VolunteerID(id), name, value(form["out"], i), true)
	}
	for i, line := range lines(form.Get("more")) {
		words := strings.Fields(strings.NewReplacer("，", " ", ",", " ", "、", " ").Replace(line))
		name, clocks := words[0], words[1:]
		if len(clocks) == 0 {
			clocks = []string{a.Start.Format(clockLayout)}
		}
		if len(clocks) > 2 {
			bad = append(bad, line+"："+textBadLine)
			continue
		}
		key := "line" + strconv.Itoa(i)
		add(key, "", name, clocks[0], false)
		if len(clocks) == 2 {
			add(key, "", name, clocks[1], true)
		}
	}
	return sheet, bad
}

func value(list []string, i int) string {
	if i < len(list) {
		return strings.TrimSpace(list[i])
	}
	return ""
}

// onDay is the moment that a clock showed during the activity: 9:05, 9：05, 905.
func onDay(a activity.Activity, clock string) (time.Time, bool) {
	digits := strings.NewReplacer(":", "", "：", "", ".", "").Replace(zh.Fold(clock))
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) < 3 || len(digits) > 4 || n/100 > 23 || n%100 > 59 || n < 0 {
		return time.Time{}, false
	}
	d := a.Start
	at := time.Date(d.Year(), d.Month(), d.Day(), n/100, n%100, 0, 0, d.Location())
	if from, _ := a.CheckWindow(); at.Before(from) && !at.AddDate(0, 0, 1).After(a.Shut()) { // past midnight
		at = at.AddDate(0, 0, 1)
	}
	return at, true
}

// serviceWorker keeps pages of organisers for when there is no network.
func (s *Server) serviceWorker(c *gin.Context) error {
	data, err := web.ReadFile("web/sw.js")
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/javascript; charset=utf-8", data)
	return nil
}
