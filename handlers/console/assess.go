package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/audit"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index/sheet"
)

// assessRoutes are 考评: the scores with what they follow from, objections and decisions.
func (c *Console) assessRoutes() []route {
	show := c.shows("assessment.html", c.assessment)
	return []route{
		get("/assessment", taskers, show),
		get("/assessment/trial", office, c.shows("assessment.html", c.trial)),
		get("/assessment/table.xlsx", watchers, c.assessmentFile),
		post("/assessment/publish", office, c.does(c.publish, c.backToYear, show)),
		post("/assessment/object", units, c.does(c.object, c.backToYear, show)),
		post("/assessment/decide", office, c.does(c.decideObjection, c.backToYear, show)),
	}
}

// assessmentView is a year's assessment.
type assessmentView struct {
	Year       int
	Years      []int
	Unit       string // whose results are shown
	Units      []string
	Versions   []versionView
	Trial      bool // it is not kept
	Last       bool // it is the version in force
	Shown      task.Assessment
	Formula    string
	Scores     []scoreView
	Results    []resultView
	Objections []objectionView
	May        bool // the person may object
	Waiting    int  // objections that are not decided
}

// versionView is one that is kept.
type versionView struct {
	task.Mark
	Number int
	Who    string
	Here   bool
}

// scoreView is a unit's score with what it is made of.
type scoreView struct {
	task.Score
	OnTime, Late, Overdue, Delays int
	Path                          string
}

// resultView is a result with how its points come about.
type resultView struct {
	task.Result
	Sum  string // "": it does not count
	Path string
}

// objectionView is an objection with the result that it is to.
type objectionView struct {
	task.Objection
	Who   string
	To    string
	Again bool // its form is shown once more
}

// How many years back there may be assessments.
const yearsBack = 10

// yearOf is the year that is asked for, or this one.
func (c *Console) yearOf(q *request, r store.Reader) int {
	this := c.opt.Tasks.Today(r).Y
	year, _ := strconv.Atoi(cmp.Or(q.PostForm("year"), q.Query("year")))
	if year < this-yearsBack || year > this {
		return this
	}
	return year
}

// assessment shows a version of the year's assessment, the last if none is asked for;
// to a unit's people what is the unit's.
func (c *Console) assessment(q *request, r store.Reader) (page, error) {
	year := c.yearOf(q, r)
	version, _ := strconv.Atoi(q.Query("version"))
	book, err := c.opt.Tasks.Yearbook(r, year, version)
	if task.Tell(err) != "" {
		return page{}, handlers.ErrNotFound
	}
	if err != nil {
		return page{}, err
	}
	v := assessmentView{Year: year, Shown: book.Shown, Last: len(book.Versions) > 0 && book.Shown.Version == len(book.Versions)}
	for i, m := range book.Versions {
		who, err := nameOf(r, m.By)
		if err != nil {
			return page{}, err
		}
		v.Versions = append(v.Versions, versionView{m, i + 1, who, i+1 == book.Shown.Version})
	}
	return c.assessmentPage(q, r, v, book.Objections)
}

// trial shows what the next version would be.
func (c *Console) trial(q *request, r store.Reader) (page, error) {
	year := c.yearOf(q, r)
	a, err := c.opt.Tasks.Trial(r, year, c.opt.Weights(year))
	if err != nil {
		return page{}, err
	}
	return c.assessmentPage(q, r, assessmentView{Year: year, Shown: a, Trial: true}, nil)
}

// assessmentPage fills in what follows from the version that is shown.
func (c *Console) assessmentPage(q *request, r store.Reader, v assessmentView, objections []task.Objection) (page, error) {
	this := c.opt.Tasks.Today(r).Y
	for y := this; y >= this-yearsBack; y-- {
		v.Years = append(v.Years, y)
	}
	weights := v.Shown.Weights
	if v.Shown.Version == 0 {
		weights = c.opt.Weights(v.Year)
	}
	v.Formula = weights.Formula()
	if v.Unit = q.unit(); q.office() {
		v.Unit = q.Query("unit")
	}
	v.May = v.Last && units.lets(q.person) && v.Unit != ""
	path := Path + "/assessment"
	if v.Trial {
		path += "/trial"
	}
	at := map[string]int{}
	for _, s := range v.Shown.Scores {
		v.Units = append(v.Units, s.Unit)
		at[s.Unit] = len(v.Scores)
		v.Scores = append(v.Scores, scoreView{Score: s, Path: fmt.Sprintf("%s?%s", path, yearQuery(v.Year, v.Shown.Version, s.Unit, v.Trial))})
	}
	for _, res := range v.Shown.Results {
		s := &v.Scores[at[res.Unit]]
		s.OnTime += one(res.Status == task.StatusOnTime)
		s.Late += one(res.Status == task.StatusLate)
		s.Overdue += one(res.Status == task.StatusOverdue)
		s.Delays += res.Delays
		if res.Unit == v.Unit {
			row := resultView{Result: res, Path: taskPath(res.Number)}
			if res.Status.Counts() {
				row.Sum = weights.Sum(res)
			}
			v.Results = append(v.Results, row)
		}
	}
	if v.Unit != "" {
		v.Scores = slices.DeleteFunc(v.Scores, func(s scoreView) bool { return s.Unit != v.Unit })
	}
	for _, o := range objections {
		if v.Unit != "" && o.Unit != v.Unit {
			continue
		}
		who, err := nameOf(r, o.Raised.By)
		if err != nil {
			return page{}, err
		}
		row := objectionView{Objection: o, Who: who, Again: q.PostForm("objection") == strconv.Itoa(o.ID)}
		if res, ok := v.Shown.Result(o.Number, o.Unit); ok {
			row.To = res.Words()
		}
		v.Objections = append(v.Objections, row)
		v.Waiting += one(o.Ruling == nil)
	}
	return page{Title: textAssessment(v.Year), Data: v}, nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// yearQuery asks for a version, and a unit's results in it.
func yearQuery(year, version int, unit string, trial bool) string {
	q := "year=" + strconv.Itoa(year)
	if version > 0 && !trial {
		q += "&version=" + strconv.Itoa(version)
	}
	return q + "&unit=" + url.QueryEscape(unit)
}

// backToYear is the year that the form was of, with the unit that was shown.
func (c *Console) backToYear(q *request) string {
	year, _ := strconv.Atoi(q.PostForm("year"))
	to := Path + "/assessment?year=" + strconv.Itoa(year)
	if unit := q.Query("unit"); unit != "" {
		to += "&unit=" + url.QueryEscape(unit)
	}
	return to
}

// publish keeps the year's assessment as its next version.
func (c *Console) publish(q *request, tx *store.Tx) (string, error) {
	year := c.yearOf(q, tx)
	before, err := c.opt.Tasks.Yearbook(tx, year, 0)
	if err != nil {
		return "", err
	}
	a, err := c.opt.Tasks.Publish(tx, year, c.opt.Weights(year), q.tasker())
	if err != nil {
		return "", err
	}
	return textPublished(a, a.Version > len(before.Versions)), nil
}

// object keeps a unit's objection to a result of the version in force.
func (c *Console) object(q *request, tx *store.Tx) (string, error) {
	o := task.Objection{Unit: q.unit(), Text: strings.TrimSpace(q.PostForm("text"))}
	if q.office() {
		o.Unit = q.PostForm("unit")
	}
	o.Number, _ = task.ParseNumber(q.PostForm("n"))
	if o.Text == "" {
		return "", words(textWhyObject)
	}
	o, err := c.opt.Tasks.Object(tx, c.yearOf(q, tx), o, q.tasker())
	return textObjected(o), err
}

// decideObjection rules on an objection.
func (c *Console) decideObjection(q *request, tx *store.Tx) (string, error) {
	d := task.Ruling{Why: strings.TrimSpace(q.PostForm("why"))}
	d.Objection, _ = strconv.Atoi(q.PostForm("objection"))
	verdict := q.PostForm("verdict")
	switch {
	case d.Why == "":
		return "", words(textWhyRuling)
	case !slices.Contains([]string{verdictNo, verdictOut, verdictDone}, verdict):
		return "", words(textWhichVerdict)
	}
	d.Granted = verdict != verdictNo
	if verdict == verdictDone {
		b := c.opt.Tasks
		today := b.Today(tx)
		when, ok := task.ParseDeadline(b.Calendar(), today.AddDays(-daysOfYear), q.PostForm("done"))
		if !ok || when.Date.IsZero() || when.Date.After(today) {
			return "", words(textWhichDone)
		}
		d.Done = when.Date
	}
	year := c.yearOf(q, tx)
	a, err := c.opt.Tasks.Decide(tx, year, d, q.tasker())
	if err != nil {
		return "", err
	}
	return textRuled(d, a), nil
}

const daysOfYear = 365

// What the office may decide.
const (
	verdictNo   = "no"
	verdictOut  = "out"  // the result does not count
	verdictDone = "done" // it counts as done on a day
)

// assessmentFile is a version as a workbook, after it came out of the histories again.
func (c *Console) assessmentFile(q *request) error {
	var tables []sheet.Out
	var a task.Assessment
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		version, _ := strconv.Atoi(q.Query("version"))
		book, err := c.opt.Tasks.Yearbook(r, c.yearOf(q, r), version)
		if err != nil {
			return err
		}
		if a, err = c.opt.Tasks.Recompute(r, c.yearOf(q, r), cmp.Or(version, len(book.Versions))); err != nil {
			return err
		}
		tables = a.Tables(book.Objections)
		return nil
	})
	var broken *audit.Break
	switch {
	case errors.As(err, &broken):
		return handlers.Fault{Code: http.StatusConflict, Text: task.Tell(task.ErrDiffers)}
	case task.Tell(err) != "":
		return handlers.Fault{Code: http.StatusConflict, Text: task.Tell(err)}
	case err != nil:
		return err
	}
	return sendXLSX(q, textAssessmentFile(a), tables)
}
