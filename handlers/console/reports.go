package console

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index/doc"
)

// reportRoutes are the office's papers: to look at, to print, to keep.
func (c *Console) reportRoutes() []route {
	return []route{
		get("/reports", watchers, c.shows("reports.html", c.reports)),
		get("/reports/:kind", watchers, c.showReport),
		get("/reports/:kind/:ending", watchers, c.sendReport),
	}
}

// reportYears is how many years back a report may be asked for by a press.
const reportYears = 3

// reportsView lists the papers.
type reportsView struct {
	Kinds []report.Kind
}

func (c *Console) reports(*request, store.Reader) (page, error) {
	return page{Title: "报表", Data: reportsView{report.Kinds()}}, nil
}

// reportFrom names the day that reports begin with where it can be chosen.
var reportFrom = map[report.Kind]string{report.Meeting: "办结从哪天算起", report.Unanswered: "从哪天问的算起"}

// reportView is one paper.
type reportView struct {
	report.Report
	Parts  []reportPart
	Made   time.Time
	Years  []choice // none: it is of no year
	Units  []choice // none: it is of all
	Since  string
	From   string // what the day is that it can begin with; "": none
	Query  string // for the files
	AtYear bool
}

// reportPart is a part with what HTML makes of its style.
type reportPart struct {
	doc.Out
	Lines []string
}

func (c *Console) showReport(q *request) error {
	want, err := c.wanted(q)
	if err != nil {
		return c.answer(q, "", err, nil, c.shows("reports.html", c.reports))
	}
	made, at, err := c.report(q, want)
	if errors.Is(err, report.ErrKind) {
		return handlers.ErrNotFound
	}
	if errors.Is(err, task.ErrNoVersion) { // not yet: nothing is wrong
		return c.shows("none.html", func(*request, store.Reader) (page, error) {
			return page{Title: want.Kind.Word(), Data: tell(err)}, nil
		})(q)
	}
	if err != nil {
		return c.answer(q, "", err, nil, c.shows("reports.html", c.reports))
	}
	v := reportView{Report: made, Made: at, Query: q.Request.URL.RawQuery, From: reportFrom[want.Kind], Since: q.Query("since")}
	for _, part := range made.Parts {
		if part.Style != "title" { // the page has it as its heading
			v.Parts = append(v.Parts, reportPart{part, strings.Split(part.Text, "\n")})
		}
	}
	if want.Kind.Yearly() {
		var years []choice
		for y := made.Day.Y; y > made.Day.Y-reportYears; y-- {
			years = append(years, choice{strconv.Itoa(y), strconv.Itoa(y) + " 年", false})
		}
		v.Years = choices(strconv.Itoa(want.Year), years)
	}
	if want.Kind == report.Meeting {
		units := []choice{{"", "全部单位", false}}
		for _, name := range c.unitNames() {
			units = append(units, choice{name, name, false})
		}
		v.Units = choices(want.Unit, units)
	}
	return c.shows("report.html", func(*request, store.Reader) (page, error) {
		return page{Title: made.Title, Data: v}, nil
	})(q)
}

// sendReport answers with the paper as a file.
func (c *Console) sendReport(q *request) error {
	ending := "." + q.Param("ending")
	if ending != ".docx" && ending != ".xlsx" {
		return handlers.ErrNotFound
	}
	want, err := c.wanted(q)
	if err == nil {
		want.Proof = want.Kind == report.Assessment
		var made report.Report
		if made, _, err = c.report(q, want); err == nil {
			var file bytes.Buffer
			if err := made.Write(&file, ending); err != nil {
				return err
			}
			kind := "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
			if ending == ".xlsx" {
				kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			}
			sendFile(q, made.Name()+ending, kind, file.Bytes())
			return nil
		}
	}
	if errors.Is(err, report.ErrKind) {
		return handlers.ErrNotFound
	}
	return c.answer(q, "", err, nil, c.shows("reports.html", c.reports))
}

// wanted is the paper that an address asks for.
func (c *Console) wanted(q *request) (want report.Query, err error) {
	want = report.Query{Kind: report.Kind(q.Param("kind")), Unit: q.Query("unit")}
	if year := q.Query("year"); year != "" {
		if want.Year, err = strconv.Atoi(year); err != nil || want.Year < 2000 || want.Year > 2100 {
			return want, words("年份要写成 2026 这样的四位数字。")
		}
	}
	if since := q.Query("since"); since != "" {
		if want.Since, err = calendar.ParseDate(since); err != nil {
			return want, words("日期要写成 2026-01-31 这样。")
		}
	}
	return want, nil
}

// A paper of many thousand records takes most of a second to make: who turns its pages,
// prints it and keeps it within a minute gets the same one.
const (
	reportFor   = time.Minute
	mostReports = 32
)

// papers are reports that were made lately. The zero value is empty.
type papers struct {
	mu   sync.Mutex // guards made
	made map[report.Query]paper
}

type paper struct {
	report.Report
	at time.Time
}

// report makes a paper, or gives the one that was made lately.
func (c *Console) report(q *request, want report.Query) (report.Report, time.Time, error) {
	now := c.opt.Wall()
	c.papers.mu.Lock()
	p, ok := c.papers.made[want]
	c.papers.mu.Unlock()
	if ok && now.Sub(p.at) < reportFor {
		return p.Report, p.at, nil
	}
	var made report.Report
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		made, err = c.opt.Reports.Make(q.ctx(), r, want)
		return err
	})
	if err != nil {
		return report.Report{}, now, err
	}
	c.papers.mu.Lock()
	defer c.papers.mu.Unlock()
	if len(c.papers.made) >= mostReports || c.papers.made == nil {
		c.papers.made = map[report.Query]paper{}
	}
	c.papers.made[want] = paper{made, now}
	return made, now, nil
}
