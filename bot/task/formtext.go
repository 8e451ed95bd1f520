package task

import (
	"fmt"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// What users read of a 督办单.

const textForm = "督办单"

// Text is the form as a message.
func (f Form) Text() string {
	lines := []string{fmt.Sprintf("【%s】%s（%s）", textForm, f.Task.Heading(), dayWord(f.Day))}
	for _, row := range f.rows() {
		lines = append(lines, row[0]+"："+row[1])
	}
	return chat.Plain(strings.Join(lines, "\n"))
}

// Document is the form for doc.WriteDOCX; office signs it.
func (f Form) Document(office string) []doc.Out {
	rows := append([][]string{{"任务", f.Task.Title + periodWord(f.Task)}}, f.rows()...)
	return []doc.Out{
		{Style: "title", Text: textForm}, {Style: "center", Text: "（" + f.Task.Number.String() + "）"},
		{Table: &sheet.Out{Head: []string{"项目", "内容"}, Rows: rows}}, {Text: ColourFormula()},
		{Style: "right", Text: office}, {Style: "right", Text: dayWord(f.Day)},
	}
}

// rows are its lines: what, and the words.
func (f Form) rows() [][]string {
	t := f.Task
	rows := [][]string{{"责任单位", unitsOf(t)}}
	add := func(what, words string) {
		if words != "" {
			rows = append(rows, []string{what, words})
		}
	}
	add("内容", t.Text)
	add("依据", t.Source.words())
	add("期限", f.deadline())
	add("督办等级", f.colour())
	add("进展", f.said())
	add("要求", f.demand())
	return rows
}

// words is the clause and its cite.
func (s Source) words() string {
	cite := strings.TrimSpace(s.Plan + " " + s.Address)
	if s.Clause == "" {
		return cite
	}
	return "“" + s.Clause + "”——" + cite
}

func unitsOf(t Task) string {
	s := strings.Join(t.LeadUnits(), "、") + "（牵头）"
	if help := t.SupportUnits(); len(help) > 0 {
		s += "，" + strings.Join(help, "、") + "（配合）"
	}
	return s
}

func (f Form) deadline() string {
	if f.Task.Deadline.IsZero() {
		return textNoDate
	}
	return DateWord(f.cal, f.Task.Deadline, f.Day)
}

// colour is how urgent it is, with how that is computed.
func (f Form) colour() string {
	if f.Task.Deadline.IsZero() {
		return ""
	}
	return f.Task.ColourOn(f.cal, f.Day).Word() + "（" + f.Task.leftWord(f.cal, f.Day) + "；" + ColourFormula() + "）"
}

// said is what each unit has told, and what it has asked for.
func (f Form) said() string {
	var parts []string
	for _, s := range f.Task.Shares {
		word := fmt.Sprintf("办理中，%d%%", s.Percent)
		switch {
		case !s.Done.IsZero():
			word = "已反馈"
		case !s.Returned.IsZero():
			word = "已退回"
		case s.Signed.IsZero():
			word = "还没有签收"
		}
		if s.Note != "" {
			word += "，" + quoted(s.Note)
		}
		parts = append(parts, s.Unit+" "+word)
	}
	for _, d := range f.Task.Delays {
		word := "等答复"
		if !d.Decided.IsZero() {
			word = "没有同意"
			if d.Granted {
				word = "已同意"
			}
		}
		parts = append(parts, fmt.Sprintf("%s 申请延期到 %s，%s，%s", d.Unit, d.To, quoted(d.Reason), word))
	}
	for _, i := range f.Task.Issues {
		if i.Open() {
			parts = append(parts, i.Unit+" 提请协调，"+quoted(i.Text))
		}
	}
	return strings.Join(parts, "；")
}

// demand is what the leads are to do by when; the supporters, where no lead is left.
func (f Form) demand() string {
	units := f.working(true)
	if len(units) == 0 {
		units = f.working(false)
	}
	n, by := f.Task.Number, DateWord(f.cal, f.By, f.Day)
	words := "请" + strings.Join(units, "、")
	if slices.ContainsFunc(units, func(u string) bool { s, _ := f.Task.Share(u); return s.Signed.IsZero() }) {
		words += fmt.Sprintf("先回复“%s%s”签收，", textReceived, n)
	}
	switch {
	case f.Task.Deadline.IsZero():
		return words + fmt.Sprintf("在 %s前提出完成期限，回复“延期 %s 到几月几日 因为……”。", by, n)
	case f.Day.After(f.Task.Deadline):
		return words + fmt.Sprintf("在 %s前办结，回复“完成 %s 结果”；确实办不结的，写明原因申请延期，回复“延期 %s 到几月几日 因为……”。", by, n, n)
	}
	return words + fmt.Sprintf("在 %s前办结，回复“完成 %s 结果”。", by, n)
}
