package main

import (
	"context"
	"errors"
	"fmt"

	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

// Kinds of import.
const (
	importPlan   = "plan"
	importRoster = "roster"
	importGroups = "groups"
)

// byOperator is who imports at the machine.
const byOperator = "operator"

// shownChanges bounds how many changes of one sort are listed.
const shownChanges = 20

// imports reads files into the store. Each file goes in whole or not at all.
type imports struct {
	store   *store.Store
	people  *people
	changed func() // called after the documents changed
}

// run imports one file. An error is a failure of the store or of the machine; a
// file that cannot be taken is a report.
func (im imports) run(ctx context.Context, req importRequest) (importReport, error) {
	switch req.Kind {
	case importPlan:
		return im.plan(ctx, req)
	case importRoster:
		return im.people.roster(ctx, req)
	case importGroups:
		return im.people.groups(ctx, req)
	}
	return importReport{}, fmt.Errorf("不知道 -as %s 是什么", req.Kind)
}

// plan brings a document into force.
func (im imports) plan(ctx context.Context, req importRequest) (importReport, error) {
	p, err := library.Read(req.File, req.Data)
	if err != nil {
		return importReport{Bad: true, Lines: []string{advice(req.File, err)}}, nil
	}
	var old library.Document
	var known bool
	err = im.store.View(ctx, func(r store.Reader) (err error) {
		old, known, err = library.Get(r, library.Name(p, req.File))
		return err
	})
	if err != nil && !errors.Is(err, library.ErrDamaged) {
		return importReport{}, err
	}
	report := planReport(req.File, p, old, known)
	if known && string(old.Original) == string(req.Data) {
		return importReport{Lines: []string{"《" + titleOf(p) + "》与现行版本完全相同，不用再导入"}}, nil
	}
	report.Changes = true
	if !req.Apply {
		return report, nil
	}
	err = im.store.Update(ctx, func(tx *store.Tx) error {
		_, err := library.Put(tx, req.File, req.Data, byOperator)
		return err
	})
	if err != nil {
		return importReport{}, err
	}
	im.changed()
	return report, nil
}

func titleOf(p *plan.Plan) string {
	if p.Title != "" {
		return p.Title
	}
	return p.DocNo
}

// planReport tells what a document holds and what it changes.
func planReport(file string, p *plan.Plan, old library.Document, known bool) importReport {
	duties := 0
	for _, u := range p.Units {
		duties += len(u.Duties)
	}
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
		lines = append(lines, fmt.Sprintf("  有 %d 处要核对（缺字、名称不一致等），用 xietiao parse %s 查看", n, file))
	}
	if n := len(p.Unread); n > 0 {
		lines = append(lines, fmt.Sprintf("  有 %d 行没有读懂，用 xietiao parse %s 查看", n, file))
	}
	if duties+len(p.Items) == 0 {
		lines = append(lines, "  没有读到任何职责或事项：请确认是不是这份文件，附件有没有在里面")
	}
	if known {
		d := library.Compare(old.Plan, p)
		lines = append(lines, changeLines("单位", d.Units)...)
		lines = append(lines, changeLines("职责", d.Duties)...)
		lines = append(lines, changeLines("事项", d.Items)...)
		if d.Empty() {
			lines = append(lines, "  职责和事项没有变化")
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
		changed = append(changed, ch.Where+"："+ch.Old+" → "+ch.New)
	}
	list("改", changed)
	return lines
}
