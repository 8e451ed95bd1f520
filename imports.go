package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// Kinds of import.
const (
	importPlan     = "plan"
	importRoster   = "roster"
	importGroups   = "groups"
	importTasks    = "tasks"
	importHolidays = "holidays"
	importOutings  = "activities"
	importSigned   = "signsheet"
)

// importKinds lists them.
var importKinds = []string{importPlan, importRoster, importGroups, importTasks, importHolidays, importOutings, importSigned}

// byOperator is who imports at the machine.
const byOperator = "operator"

// shownChanges bounds how many changes of one sort are listed.
const shownChanges = 20

// imports reads files into the store. Each file goes in whole or not at all; of
// tasks, all rows that are clear.
type imports struct {
	store   *store.Store
	board   *task.Board
	acts    func() (*activity.Board, error)
	people  func() (*people, error) // who knows the units of the documents as they are now
	sample  bool                    // while nothing is imported, the sample answers
	changed func()                  // called after the documents changed
}

// run imports one file. An error is a failure of the store or of the machine; a
// file that cannot be taken is a report.
func (im imports) run(ctx context.Context, req importRequest) (importReport, error) {
	if req.Kind == "" {
		if req.Kind = importPlan; bot.IsTable(req.File) && activity.IsSheet(req.File, req.Data) {
			req.Kind = importOutings
			report, err := im.run(ctx, req)
			report.Lines = append([]string{req.File + " 像是活动安排表，按 -as activities 读；要导入成方案请加 -as plan"}, report.Lines...)
			return report, err
		}
	}
	switch {
	case req.Remove && req.Kind == importPlan:
		return im.removePlan(ctx, req)
	case req.Remove && req.Kind == importGroups:
		return im.removeRobot(ctx, req)
	case req.Kind == importPlan:
		return im.plan(ctx, req)
	case req.Kind == importHolidays:
		return im.holidays(ctx, req)
	case req.Kind == importSigned:
		return im.signed(ctx, req)
	}
	p, err := im.people()
	if errors.Is(err, errNoDocument) || err == nil && p.units() == nil {
		return importReport{}, errors.New("方案还没有读好，没法核对单位名；请过几秒再试，还不行就用 xietiao doctor 看看")
	}
	if err != nil {
		return importReport{}, err
	}
	var report importReport
	switch req.Kind {
	case importRoster:
		report, err = p.roster(ctx, req)
	case importGroups:
		report, err = p.groups(ctx, req)
	case importTasks:
		report, err = im.tasks(ctx, req, p.units())
	case importOutings:
		report, err = im.outings(ctx, req, p)
	default:
		return importReport{}, fmt.Errorf("不知道 -as %s 是什么", req.Kind)
	}
	if err == nil && (report.Bad || report.Changes) {
		var left bool
		if left, err = im.sampleInUse(ctx); left {
			report.Lines = append(report.Lines, "提醒：还没有导入过方案，单位名是按自带的乐清样例核对的；请先导入本县的方案")
		}
	}
	return report, err
}

// tasks imports a task sheet, or what a document in force gives its units to do.
func (im imports) tasks(ctx context.Context, req importRequest, units org.Units) (report importReport, err error) {
	var in task.Intake
	work := func(r store.Reader, take func(task.Sheet) (task.Intake, error)) error {
		list, problems, err := bot.ReadTasks(r, im.board, units, req.File, req.Data)
		switch {
		case err != nil:
			return err
		case len(problems) > 0:
			report = badFile(problems)
			return nil
		}
		in, err = take(list)
		report = importReport{Lines: splitLines(in.String()), Changes: !in.Empty(), Left: in.Count(task.FateUnclear)}
		return err
	}
	if req.Apply {
		err = im.store.Update(ctx, func(tx *store.Tx) error {
			return work(tx, func(s task.Sheet) (task.Intake, error) { return im.board.Import(tx, s, task.Operator) })
		})
	} else {
		err = im.store.View(ctx, func(r store.Reader) error {
			return work(r, func(s task.Sheet) (task.Intake, error) { return im.board.Compare(r, s) })
		})
	}
	return report, err
}

// holidays imports a year's notice, or a table of its days.
func (im imports) holidays(ctx context.Context, req importRequest) (importReport, error) {
	bad := func(lines ...string) (importReport, error) { return importReport{Bad: true, Lines: lines}, nil }
	var today calendar.Date
	if err := im.store.View(ctx, func(r store.Reader) error { today = im.board.Today(r); return nil }); err != nil {
		return importReport{}, err
	}
	rd, problems, err := holidays.ReadFile(req.File, req.Data, today)
	switch said := holidays.Tell(err); {
	case len(problems) > 0:
		return bad(problems...)
	case len(rd.Unread) > 0:
		return bad(append([]string{req.File + "：" + textUnreadNotice}, splitLines(rd.Doubts())...)...)
	case said != "":
		return bad(req.File + "：" + said)
	case err != nil:
		return bad(advice(req.File, err))
	}
	book := im.board.Holidays()
	var change holidays.Change
	if req.Apply {
		err = im.store.Update(ctx, func(tx *store.Tx) (err error) {
			change, err = book.Enter(tx, rd, string(org.Operator))
			return err
		})
		if err == nil {
			_ = im.board.Adapt(ctx, im.store) // if it fails here, the service does it
		}
	} else {
		err = im.store.View(ctx, func(r store.Reader) (err error) {
			change, err = book.Compare(r, rd)
			return err
		})
	}
	return importReport{Lines: splitLines(change.String()), Changes: !change.Empty()}, err
}

const textUnreadNotice = "有几句没有看懂，整份都没有导入。请改成“一、元旦：1月1日（周五）至3日（周日）放假调休，共3天”这样；不是放假安排的删去"

// sampleInUse says whether nothing but the sample answers.
func (im imports) sampleInUse(ctx context.Context) (bool, error) {
	if !im.sample {
		return false, nil
	}
	var sums map[string]string
	err := im.store.View(ctx, func(r store.Reader) (err error) {
		sums, err = library.Sums(r)
		return err
	})
	return len(sums) == 0, err
}

// plan brings a document into force.
func (im imports) plan(ctx context.Context, req importRequest) (importReport, error) {
	p, err := library.Read(req.File, req.Data)
	if err != nil {
		return importReport{Bad: true, Lines: []string{advice(req.File, err)}}, nil
	}
	if why := notAPlan(p, req); why != "" {
		return importReport{Bad: true, Lines: []string{req.File + "：" + why}}, nil
	}
	var old library.Document
	var known bool
	var held library.Holding
	err = im.store.View(ctx, func(r store.Reader) (err error) {
		if held, _, err = library.HoldingOf(r, library.Name(p, req.File)); err != nil {
			return err
		}
		old, known, err = library.Get(r, library.Name(p, req.File))
		return err
	})
	if err != nil && !errors.Is(err, library.ErrDamaged) {
		return importReport{}, err
	}
	report := planReport(p, old, known)
	if held.Next != nil {
		report.Lines = append(report.Lines, fmt.Sprintf("  另有一版已经发布，%s 起生效：到时候它代替这一份；不要它就先在管理页撤回", held.Next.Effective))
	}
	if bot.IsTable(req.File) && task.IsSheet(req.File, req.Data) {
		report.Lines = append(report.Lines, "  这像是一张任务表：导入成方案是用来回答“归谁管”的；要把里面的任务交办下去、到期提醒，请加 -as tasks")
	}
	if known && string(old.Original) == string(req.Data) {
		return importReport{Lines: []string{"《" + titleOf(p) + "》与现行版本完全相同，不用再导入"}}, nil
	}
	report.Changes = true
	if !req.Apply {
		first, err := im.sampleInUse(ctx)
		if first {
			report.Lines = append(report.Lines, "  这是导入的第一份文件：导入后，自带的乐清样例不再参与回答")
		}
		return report, err
	}
	err = im.store.Update(ctx, func(tx *store.Tx) error {
		_, err := library.Put(tx, req.File, req.Data, byOperator)
		return err
	})
	if errors.Is(err, store.ErrTooLarge) {
		return importReport{Bad: true, Lines: []string{req.File + "：标题或文号太长，不像一份方案；请把标题单独放一行"}}, nil
	}
	if err != nil {
		return importReport{}, err
	}
	im.changed()
	return report, nil
}

// notAPlan says what a file seems to be that assigns nothing to anybody and is no
// plan; empty: it may be one.
func notAPlan(p *plan.Plan, req importRequest) string {
	if countDuties(p)+len(p.Items) > 0 {
		return ""
	}
	switch {
	case org.IsRoster(req.File, req.Data):
		return "这像是花名册，不是方案；请加 -as roster"
	case org.IsGroups(req.File, req.Data):
		return "这像是群机器人的表，不是方案；请加 -as groups"
	case len(p.Members) == 0 && !slices.ContainsFunc(p.Sections, func(s plan.Section) bool { return s.Path+s.Title != "" }):
		return "里面没有章节、职责，也没有事项，不像一份方案；花名册请加 -as roster，群机器人的表请加 -as groups"
	}
	return ""
}

func countDuties(p *plan.Plan) (n int) {
	for _, u := range p.Units {
		n += len(u.Duties)
	}
	return n
}

// removePlan takes a document out of force that goes by the 文号 or the title.
func (im imports) removePlan(ctx context.Context, req importRequest) (importReport, error) {
	docs, bad, err := documents(ctx, im.store)
	if err != nil {
		return importReport{}, err
	}
	called := strings.TrimSpace(strings.Trim(strings.TrimSpace(req.File), "《》"))
	var names, have []string
	for _, d := range docs {
		have = append(have, d.Name)
		if called == d.Name || called == d.Plan.Title {
			names = append(names, d.Name)
		}
	}
	for _, b := range bad {
		have = append(have, b.Name)
		if called == b.Name {
			names = append(names, b.Name)
		}
	}
	switch {
	case len(have) == 0:
		return importReport{Bad: true, Lines: []string{"还没有导入过方案，没有可以移除的"}}, nil
	case len(names) == 0:
		return importReport{Bad: true, Lines: []string{"没有导入过“" + called + "”；导入过的有：" + strings.Join(have, "、")}}, nil
	case len(names) > 1:
		return importReport{Bad: true, Lines: []string{"有几份都叫“" + called + "”，请写文号：" + strings.Join(names, "、")}}, nil
	}
	report := importReport{Changes: true, Lines: []string{names[0] + "：移除以后不再用来回答；原件和旧版都留着，再导入一次就恢复"}}
	if len(have) == 1 && im.sample {
		report.Lines = append(report.Lines, "  这是导入的最后一份：移除以后，答的又是自带的乐清样例")
	}
	if !req.Apply {
		return report, nil
	}
	err = im.store.Update(ctx, func(tx *store.Tx) error {
		_, err := library.Remove(tx, names[0], byOperator)
		return err
	})
	if err != nil {
		return importReport{}, err
	}
	im.changed()
	return report, nil
}

// removeRobot forgets a group robot by its id.
func (im imports) removeRobot(ctx context.Context, req importRequest) (importReport, error) {
	var robots []org.GroupRobot
	err := im.store.View(ctx, func(r store.Reader) (err error) {
		robots, err = org.GroupRobots(r, "")
		return err
	})
	if err != nil {
		return importReport{}, err
	}
	i := slices.IndexFunc(robots, func(g org.GroupRobot) bool { return g.ID == req.File })
	switch {
	case len(robots) == 0:
		return importReport{Bad: true, Lines: []string{"还没有导入过群机器人，没有可以移除的"}}, nil
	case i < 0:
		lines := []string{"没有编号是“" + req.File + "”的群机器人；有的是："}
		for _, g := range robots {
			lines = append(lines, "  "+g.String())
		}
		return importReport{Bad: true, Lines: lines}, nil
	}
	report := importReport{Changes: true, Lines: []string{robots[i].String() + "：移除以后不再往它的群里发；地址和密钥一并删去"}}
	if !req.Apply {
		return report, nil
	}
	err = im.store.Update(ctx, func(tx *store.Tx) error {
		_, err := org.DropRobot(tx, robots[i].ID, org.Operator)
		return err
	})
	return report, err
}

// planReport tells what a document holds and what it changes.
func planReport(p *plan.Plan, old library.Document, known bool) importReport {
	duties := countDuties(p)
	name := "《" + titleOf(p) + "》"
	if p.DocNo != "" && p.DocNo != titleOf(p) {
		name += "（" + p.DocNo + "）"
	}
	verb := "新文件"
	if known {
		verb = fmt.Sprintf("代替 %s 导入的版本", old.At.Local().Format("2006-01-02 15:04"))
	}
	lines := []string{fmt.Sprintf("%s：%s，%d 个成员单位，%d 个单位有职责共 %d 项，事项 %d 条", name, verb, len(p.Members), len(p.Units), duties, len(p.Items))}
	if n := len(p.Warnings); n > 0 {
		lines = append(lines, fmt.Sprintf("  有 %d 处要核对（缺字、名称不一致等），用 xietiao parse 看是哪些", n))
	}
	if n := len(p.Unread); n > 0 {
		lines = append(lines, fmt.Sprintf("  有 %d 行没有读懂，用 xietiao parse 看是哪些", n))
	}
	if duties+len(p.Items) == 0 {
		lines = append(lines, "  没有读到任何职责或事项：请确认是不是这份文件，附件有没有在里面")
	}
	if known {
		d := library.Compare(old.Plan, p)
		lines = append(lines, changeLines("单位", d.Units)...)
		lines = append(lines, changeLines("职责", d.Duties)...)
		lines = append(lines, changeLines("事项", d.Items)...)
		if old.Plan.Title != p.Title {
			lines = append(lines, "  改标题："+contrast(old.Plan.Title, p.Title))
		}
		if d.Empty() {
			lines = append(lines, "  职责和事项没有变化，只是别处的文字不同")
		}
	}
	return importReport{Lines: lines}
}

func changeLines(what string, c library.Changes) []string {
	var lines []string
	list := func(mark string, entries []string) {
		for i, e := range entries {
			if i == shownChanges {
				lines = append(lines, fmt.Sprintf("  %s……另有 %d 条", mark, len(entries)-i))
				return
			}
			lines = append(lines, "  "+mark+what+" "+e)
		}
	}
	list("＋", c.Added)
	list("－", c.Removed)
	var changed []string
	for _, ch := range c.Changed {
		where := strings.TrimSpace(ch.Where + " " + ch.What)
		changed = append(changed, where+"："+contrast(ch.Old, ch.New))
	}
	list("改", changed)
	return lines
}

// besideRunes is how much of what stays the same is shown beside a change.
const besideRunes = 12

// contrast shows two texts next to each other, without most of what they share
// at the beginning and the end.
func contrast(old, next string) string {
	a, b := []rune(old), []rune(next)
	head, tail := 0, 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	cut := func(text []rune) string {
		from, to := head-besideRunes, len(text)-tail+besideRunes
		before, after := "…", "…"
		if from <= 0 {
			from, before = 0, ""
		}
		if to >= len(text) {
			to, after = len(text), ""
		}
		return before + string(text[from:to]) + after
	}
	return cmp.Or(cut(a), "无") + " → " + cmp.Or(cut(b), "无")
}
