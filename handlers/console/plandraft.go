package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/doc"
	"xietiao/index/plan"
	"xietiao/index/sheet"
)

// draftRoutes are what is done with a draft until it is published.
func (c *Console) draftRoutes() []route {
	show := c.draftPage(nil)
	stay := here(1)
	return []route{
		get("/plans/draft/:sum", watchers, show),
		get("/plans/draft/:sum/source", watchers, c.shows("plansource.html", c.source)),
		get("/plans/draft/:sum/file", watchers, c.sendDraft),
		get("/plans/draft/:sum/errata.docx", watchers, c.sendErrata),
		get("/plans/draft/:sum/errata.xlsx", watchers, c.sendErrata),
		post("/plans/draft/:sum/decide", office, c.does(c.decideErratum, stay, show)),
		post("/plans/draft/:sum/alias", office, c.alias(stay, show)),
		post("/plans/draft/:sum/exam", office, c.examine),
		post("/plans/draft/:sum/publish", office, c.publishPlan),
		post("/plans/draft/:sum/discard", office, c.does(func(q *request, tx *store.Tx) (string, error) {
			return textDiscarded, library.Discard(tx, q.Param("sum"), string(q.by()))
		}, at("/plans"), show)),
	}
}

// draftView is what the parser saw of a draft and what publishing it would do.
type draftView struct {
	library.Draft
	Who      string
	Errata   []library.Erratum
	Open     int // errata that nobody has decided
	Check    library.Check
	Todo     []library.CheckRow // units that cannot be reached one way or the other
	Others   []choice           // documents in force that it may replace
	Instead  string
	Old      *library.Document // what it takes the place of
	Diff     library.Diff
	Parts    []diffPart
	Affected []bot.Affected
	Stand    library.Stand
	Today    calendar.Date
	Barred   bool      // another person has to publish it
	Exam     *bot.Exam // as it was tried just now
}

// diffPart is a part of a difference, with its name.
type diffPart struct {
	Name string
	library.Changes
}

// draftPage shows a draft; exam is what became of the questions that must stay answered.
func (c *Console) draftPage(exam *bot.Exam) action {
	return c.shows("plandraft.html", func(q *request, r store.Reader) (page, error) {
		d, err := library.DraftOf(r, q.Param("sum"))
		if err != nil {
			return page{}, lost(err)
		}
		v := draftView{Draft: d, Exam: exam, Today: c.opt.Tasks.Today(r), Instead: cmp.Or(q.PostForm("instead"), q.Query("instead"))}
		v.Barred = c.opt.Rules.Review && d.By == string(q.by())
		if v.Who, err = nameOf(r, org.PersonID(d.By)); err != nil {
			return page{}, err
		}
		if v.Errata, err = library.Errata(r, d.Sum, d.Plan); err != nil {
			return page{}, err
		}
		for _, e := range v.Errata {
			if !e.Decided() {
				v.Open++
			}
		}
		v.Check = library.CheckUnits(d.Plan, c.opt.Rules.Same)
		if err := v.Check.Reach(r, c.opt.Units()); err != nil {
			return page{}, err
		}
		for _, row := range v.Check.Rows {
			if !row.Contact || !row.Group {
				v.Todo = append(v.Todo, row)
			}
		}
		return page{Title: "草稿：" + d.Name, Data: &v}, errors.Join(c.compared(r, &v))
	})
}

// compared adds what the draft changes of the documents in force.
func (c *Console) compared(r store.Reader, v *draftView) error {
	held, err := library.Holdings(r)
	if err != nil {
		return err
	}
	v.Others = []choice{{Word: "不代替别的文件"}}
	known := false
	for _, h := range held {
		if h.Current != nil && h.Name != v.Name {
			v.Others = append(v.Others, choice{Value: h.Name, Word: h.Name})
			known = known || h.Name == v.Instead
		}
	}
	if !known {
		v.Instead = ""
	}
	v.Others = choices(v.Instead, v.Others)
	if v.Stand, err = library.StandOf(r, v.Name, v.Instead); err != nil {
		return err
	}
	old, ok, err := library.Get(r, cmp.Or(v.Instead, v.Name))
	switch {
	case errors.Is(err, library.ErrDamaged):
	case err != nil:
		return err
	case ok:
		v.Old = &old
		v.Diff = library.Compare(old.Plan, v.Plan)
		v.Parts = []diffPart{{"单位", v.Diff.Units}, {"职责", v.Diff.Duties}, {"事项", v.Diff.Items}}
	}
	names := []string{v.Name}
	if v.Instead != "" {
		names = append(names, v.Instead)
	}
	var before *plan.Plan
	if v.Old != nil {
		before = v.Old.Plan
	}
	v.Affected, err = bot.AffectedTasks(r, c.opt.Tasks, before, v.Plan, names...)
	return err
}

// Blocked reports whether publishing needs a reason.
func (v *draftView) Blocked() bool {
	return len(v.Check.Faults) > 0 || v.Exam != nil && !v.Exam.Passed()
}

// sourceView is a draft's text beside what the parser made of it.
type sourceView struct {
	library.Draft
	Lines []sourceLine
}

// sourceLine is a paragraph of the file.
type sourceLine struct {
	Text   string
	Unread bool // it fits nowhere
}

func (c *Console) source(q *request, r store.Reader) (page, error) {
	d, err := library.DraftOf(r, q.Param("sum"))
	if err != nil {
		return page{}, lost(err)
	}
	file, err := doc.Read(d.File, d.Original, doc.Limits{})
	if err != nil {
		return page{}, handlers.Fault{Code: 409, Text: doc.Advice(err)}
	}
	v := sourceView{Draft: d}
	for line := range strings.Lines(file.Text) {
		if line = strings.TrimSpace(line); line != "" {
			v.Lines = append(v.Lines, sourceLine{line, slices.Contains(d.Plan.Unread, line)})
		}
	}
	return page{Title: "原文对照：" + d.Name, Data: v}, nil
}

// decideErratum keeps what the office makes of an erratum.
func (c *Console) decideErratum(q *request, tx *store.Tx) (string, error) {
	d, err := library.DraftOf(tx, q.Param("sum"))
	if err != nil {
		return "", lost(err)
	}
	rev, _ := strconv.Atoi(q.PostForm("rev")) // a wrong one is stale
	choice := library.Choice(q.PostForm("choice"))
	err = library.Decide(tx, d.Name, d.Sum, q.PostForm("id"), library.Decision{
		Choice: choice, Reading: q.PostForm("reading"), Note: q.PostForm("note"), Rev: rev,
	}, string(q.by()))
	return textDecided(choice), err
}

// alias settles that two spellings are one unit. As any word, it must not spoil an
// answer that is to stay.
func (c *Console) alias(to func(*request) string, again action) action {
	return func(q *request) error {
		d, err := c.draft(q)
		if err != nil {
			return err
		}
		unit, other := q.PostForm("unit"), c.otherSpelling(d, q.PostForm("unit"))
		line, ok := curate.Alias(unit, other)
		if !ok {
			return c.answer(q, "", words(textNoAlias), to, again)
		}
		_, err = c.opt.Curator.Save(q.ctx(), string(q.by()), bot.Change{AddWords: line})
		var exam *bot.ExamError
		switch {
		case err == nil:
			c.takeEffect(q)
		case errors.As(err, &exam):
			return c.changeFault(q, changeView{Words: line, Failed: worse(exam.Exam)}, err)
		}
		return c.answer(q, textAlias(unit, other), err, to, again)
	}
}

// otherSpelling is what the document also calls the unit, as its lists differ.
func (c *Console) otherSpelling(d library.Draft, unit string) (other string) {
	for _, f := range library.CheckUnits(d.Plan, c.opt.Rules.Same).Faults {
		switch {
		case f.Kind != library.FaultSpelling:
		case f.Member == unit:
			other = f.Heading
		case f.Heading == unit:
			other = f.Member
		}
	}
	return other
}

// examine asks the questions that must stay answered, of the draft.
func (c *Console) examine(q *request) error {
	d, err := c.draft(q)
	if err != nil {
		return err
	}
	exam, err := c.opt.Curator.Examine(q.ctx(), d.Name, q.PostForm("instead"), d.Plan)
	if err != nil {
		return c.answer(q, "", err, nil, c.draftPage(nil))
	}
	return c.draftPage(&exam)(q)
}

func (c *Console) draft(q *request) (d library.Draft, err error) {
	err = c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		d, err = library.DraftOf(r, q.Param("sum"))
		return lost(err)
	})
	return d, err
}

// publishPlan brings a draft into force, or says what is in the way.
func (c *Console) publishPlan(q *request) error {
	d, err := c.draft(q)
	if err != nil {
		return err
	}
	order := library.Publication{
		Sum: d.Sum, Instead: q.PostForm("instead"), Stand: library.Stand(q.PostForm("stand")), By: string(q.by()), Override: strings.TrimSpace(q.PostForm("override")),
	}
	if day := q.PostForm("from"); day != "" {
		if order.From, err = calendar.ParseDate(day); err != nil {
			return c.answer(q, "", words(textBadDay), nil, c.draftPage(nil))
		}
	}
	exam, err := c.opt.Curator.Examine(q.ctx(), d.Name, order.Instead, d.Plan)
	if err != nil {
		return c.answer(q, "", err, nil, c.draftPage(nil))
	}
	again := c.draftPage(&exam)
	passed := exam.Passed()
	switch {
	case !passed && order.Override == "":
		return c.answer(q, "", words(textExamFailed), nil, again)
	case passed && len(library.CheckUnits(d.Plan, c.opt.Rules.Same).Faults) == 0:
		order.Override = "" // of nothing
	}
	var v library.Version
	err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
		v, err = c.opt.Rules.Publish(tx, order)
		return err
	})
	if err == nil {
		c.takeEffect(q)
	}
	return c.answer(q, c.textPublished(v), err, func(*request) string { return documentPath(d.Name) }, again)
}

// sendDraft gives the file back as it was uploaded.
func (c *Console) sendDraft(q *request) error {
	d, err := c.draft(q)
	if err != nil {
		return err
	}
	sendFile(q, d.File, "application/octet-stream", d.Original)
	return nil
}

// sendErrata is the list of errata for who issued the document.
func (c *Console) sendErrata(q *request) error {
	var d library.Draft
	var list []library.Erratum
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		if d, err = library.DraftOf(r, q.Param("sum")); err != nil {
			return lost(err)
		}
		list, err = library.Errata(r, d.Sum, d.Plan)
		return err
	})
	if err != nil {
		return err
	}
	if strings.HasSuffix(q.Request.URL.Path, ".xlsx") {
		return sendXLSX(q, textErrataFile(d.Name), []sheet.Out{library.ErrataSheet(list)})
	}
	return sendDOCX(q, textErrataFile(d.Name), library.ErrataDoc(library.Document{Name: d.Name, Version: library.Version{File: d.File, Sum: d.Sum}, Plan: d.Plan}, list))
}
