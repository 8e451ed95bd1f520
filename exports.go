package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chart"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// Kinds of export, besides those of reports.
const (
	exportLedger    = "ledger"
	exportProgress  = "progress"
	exportDuties    = "duties"
	exportForm      = "form"
	exportCalls     = "calls"
	exportNotices   = "notices"
	exportOutings   = "activities"
	exportSignSheet = "signsheet"
	exportHours     = "hours"
)

// exportKinds are the endings that the files may have, by kind.
func exportKinds() map[string][]string {
	kinds := map[string][]string{
		exportLedger: {".xlsx"}, exportProgress: {".png"}, exportDuties: {".xlsx"}, exportForm: {".docx"}, exportCalls: {".docx", ".xlsx"}, exportNotices: {".xlsx"},
		exportOutings: {".xlsx"}, exportSignSheet: {".xlsx"}, exportHours: {".xlsx"},
	}
	for _, k := range report.Kinds() {
		kinds[string(k)] = []string{".docx", ".xlsx"}
	}
	return kinds
}

// exportRequest asks for a file.
type exportRequest struct {
	Kind    string // one of exportKinds
	Ending  string // one of the kind's
	Unit    string // of a ledger: only its tasks, of notices: only those to it, of a meeting: only its page; empty: all
	Day     string // of calls, as 2026-12-01; empty: today. Of a meeting, or of what was not answered: since when; empty: in the year, in seven days
	Year    int    // of a report, or of notices; 0: this one, or the last ninety days
	Version int    // of an assessment; 0: the last
	Task    string // of a form: its number
	// Activity is whose sign-in sheet, From and To are the first and the last day of hours and of
	// activities, as 2026-12-01, and Layout says which columns hours have; empty: all.
	Activity, From, To, Layout string
}

// exports makes files of what is kept.
type exports struct {
	store *store.Store
	board *task.Board
	acts  func() (*activity.Board, error)
	press *report.Press
}

// newPress makes the reports' press.
func newPress(tasks *task.Board, activities func() (*activity.Board, error), docs func() (report.Documents, error)) *report.Press {
	return report.New(report.Options{Tasks: tasks, Activities: activities, Documents: docs, Office: signed, Asked: bot.AskedSince})
}

// file makes one. Errors but those of the store are for users.
func (e exports) file(ctx context.Context, req exportRequest) ([]byte, error) {
	var out bytes.Buffer
	var tables []sheet.Out
	var bulletin task.Bulletin
	var form task.Form
	var paper report.Report
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		switch req.Kind {
		case exportLedger:
			var t sheet.Out
			t, err = e.board.Ledger(r, task.Query{Unit: req.Unit, States: task.States})
			tables = []sheet.Out{t}
		case exportProgress:
			bulletin, err = e.board.Bulletin(r)
		case exportDuties:
			tables, err = duties(r)
		case exportForm:
			form, err = e.form(r, req)
		case exportCalls:
			tables, err = e.calls(r, req)
		case exportNotices:
			tables, err = e.notices(r, req)
		case exportOutings, exportSignSheet, exportHours:
			tables, err = e.outings(r, req)
		default:
			paper, err = e.report(ctx, r, req)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	switch req.Kind {
	case exportForm:
		err = doc.WriteDOCX(&out, form.Document(signed))
	case exportProgress:
		return picture(bulletin, "")
	case exportCalls:
		if t := tables[0]; req.Ending == ".docx" {
			err = doc.WriteDOCX(&out, []doc.Out{{Style: "title", Text: t.Name}, {Table: &sheet.Out{Head: t.Head, Rows: t.Rows}}, {Style: "right", Text: signed}})
			break
		}
		err = sheet.WriteXLSX(&out, tables)
	case exportLedger, exportDuties, exportNotices, exportOutings, exportSignSheet, exportHours:
		err = sheet.WriteXLSX(&out, tables)
	default:
		err = paper.Write(&out, req.Ending)
	}
	return out.Bytes(), err
}

// signed is who signs documents.
const signed = "协调组办公室"

// calls are the units to call up on a day.
func (e exports) calls(r store.Reader, req exportRequest) ([]sheet.Out, error) {
	day := calendar.Of(r.Now().In(e.board.Holidays().Location()))
	if req.Day != "" {
		var err error
		if day, err = calendar.ParseDate(req.Day); err != nil {
			return nil, err
		}
	}
	t, err := e.board.CallSheet(r, day)
	if err == nil && len(t.Rows) == 0 {
		err = fmt.Errorf("%s 没有要打电话告知的单位", day)
	}
	return []sheet.Out{t}, err
}

// form is a task's 督办单.
func (e exports) form(r store.Reader, req exportRequest) (f task.Form, err error) {
	n, _ := task.ParseNumber(req.Task)
	t, err := e.board.Get(r, n)
	if err == nil {
		f, err = e.board.Form(t, r.Now())
	}
	if words := task.Tell(err); words != "" {
		err = errors.New(words)
	}
	return f, err
}

// report makes one; an assessment comes out of the histories once more.
func (e exports) report(ctx context.Context, r store.Reader, req exportRequest) (report.Report, error) {
	q := report.Query{Kind: report.Kind(req.Kind), Year: req.Year, Version: req.Version, Proof: true, Unit: req.Unit}
	if req.Day != "" {
		var err error
		if q.Since, err = calendar.ParseDate(req.Day); err != nil {
			return report.Report{}, err
		}
	}
	made, err := e.press.Make(ctx, r, q)
	switch words := report.Tell(err); {
	case errors.Is(err, task.ErrNoVersion):
		err = errors.New("这一年还没有这一版考评；先用 xietiao assess -publish 生成")
	case words != "":
		err = errors.New(words)
	}
	return made, err
}

// duties are the task sheets of the documents in force, to fill in.
func duties(r store.Reader) (tables []sheet.Out, err error) {
	tables, err = bot.BlankSheets(r)
	if err == nil && len(tables) == 0 {
		err = errors.New("还没有导入写明单位职责的方案")
	}
	return tables, err
}

// picture draws a bulletin; mark stands before its title.
func picture(b task.Bulletin, mark string) (data []byte, err error) {
	f, err := chart.FindFont(chart.FontFolders())
	if errors.Is(err, chart.ErrNoFont) {
		return nil, errors.New("这台机器上没有中文字体，画不了图；装一种（例如 fonts-noto-cjk），或者用 -as bulletin 导出文字")
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return b.Picture(f, mark)
}

// assessRequest is one step of a year's assessment.
type assessRequest struct {
	Year    int
	Do      string         // one of assessSteps
	Object  task.Objection // of assessObject
	Rule    task.Ruling    // of assessDecide
	Weights task.Weights   // of assessShow and assessPublish
}

// Steps of an assessment.
const (
	assessShow    = "show"
	assessPublish = "publish"
	assessObject  = "object"
	assessDecide  = "decide"
)

// assessReport is how a year's assessment stands.
type assessReport struct {
	Versions   int              `json:"versions"` // that are kept
	Now        task.Assessment  `json:"now"`      // of assessShow: as it would be; else the last that is kept
	Objections []task.Objection `json:"objections"`
	ID         int              `json:"id"` // of the objection
}

// assess takes a step. Errors but those of the store are for users.
func assess(ctx context.Context, s *store.Store, b *task.Board, req assessRequest) (rep assessReport, err error) {
	work := func(r store.Reader, tx *store.Tx) (err error) {
		switch req.Do {
		case assessShow:
			rep.Now, err = b.Assess(r, req.Year, req.Weights, task.Operator)
		case assessPublish:
			rep.Now, err = b.Publish(tx, req.Year, req.Weights, task.Operator)
		case assessObject:
			var o task.Objection
			o, err = b.Object(tx, req.Year, req.Object, task.Operator)
			rep.ID = o.ID
		case assessDecide:
			rep.Now, err = b.Decide(tx, req.Year, req.Rule, task.Operator)
		}
		if err != nil {
			return err
		}
		all, err := b.Assessments(r, req.Year)
		if err != nil {
			return err
		}
		rep.Versions = len(all)
		rep.Objections, err = b.Objections(r, req.Year)
		return err
	}
	if req.Do == assessShow {
		err = s.View(ctx, func(r store.Reader) error { return work(r, nil) })
	} else {
		err = s.Update(ctx, func(tx *store.Tx) error { return work(tx, tx) })
	}
	if words := task.Tell(err); words != "" {
		err = errors.New(words)
	}
	return rep, err
}

// weightsOf are the year's weights by the settings.
func weightsOf(cfg config.Config, year int) task.Weights {
	if i := slices.IndexFunc(cfg.Assess, func(w config.Weights) bool { return w.Year == year }); i >= 0 {
		w := cfg.Assess[i]
		return task.Weights{OnTime: w.OnTime, LateDay: w.LateDay, Late: w.Late, Delay: w.Delay}
	}
	return task.DefaultWeights()
}
