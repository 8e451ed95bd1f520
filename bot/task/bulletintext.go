package task

import (
	"fmt"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// What users read of the 督办通报, the 任务台账 and the 电话名单.

const (
	textDone         = "已办结或已反馈"
	textWorking      = "在办"
	textOverdue      = "逾期"
	textProgressFoot = "按牵头单位统计；在办的和今年办结的；待定期限的不计。"
	textProgress     = "各单位进度"
	textNoProgress   = "还没有交办过写明期限的任务。"
	textLedger       = "任务台账"

	textWhichQuestions = "哪些、为什么，见控制台“报表·没有答上来的问题”。"
)

var (
	textLedgerHead   = []string{"编号", "任务", "内容", "牵头单位", "配合单位", "期限", "期限原文", "状态", "督办", "进度", "办结日期", "批准延期", "来源", "备注"}
	textProgressHead = []string{"单位", "任务", "办结", "逾期", "进度"}
	textTaskHead     = []string{"编号", "任务", "牵头单位", "期限", "情况"}
)

var textCallHead = []string{"已告知", "单位", "联系人", "电话", "要告知的内容", "何时、谁接的"}

const textTick = "□"

func textCallList(d calendar.Date) string { return "电话名单（" + dayWord(d) + "）" }

func textBulletinTitle(d calendar.Date) string {
	return "督办通报（" + dayWord(d) + "）"
}

func (p Progress) words() string { return fmt.Sprintf("%d/%d，%d%%", p.Done, p.Tasks, p.Percent) }

const shownTasks = 20 // of a list in a message; the document has all

// Text is the bulletin as a message: the totals, the units that are late, and what is
// overdue or soon due.
func (bu Bulletin) Text() string {
	lines := []string{"【" + textBulletinTitle(bu.Day) + "】", bu.Totals()}
	if bu.Asked > 0 {
		lines = append(lines, bu.questions()+textWhichQuestions)
	}
	for _, p := range bu.Units {
		if p.Overdue > 0 {
			lines = append(lines, fmt.Sprintf("%s：逾期 %d 项，办结 %s", chat.Plain(p.Unit), p.Overdue, p.words()))
		}
	}
	for _, part := range []struct {
		title, say string
		tasks      []Task
	}{{"逾期", "逾期", bu.Overdue}, {"7 天内到期", "本周到期", bu.Soon}} {
		if len(part.tasks) == 0 {
			continue
		}
		lines = append(lines, "", part.title+"：")
		for i, t := range part.tasks {
			if i == shownTasks {
				lines = append(lines, fmt.Sprintf("另有 %d 项，回复“%s”查看。", len(part.tasks)-i, part.say))
				break
			}
			lines = append(lines, fmt.Sprintf("%s（%s）%s", t.Heading(), chat.Plain(strings.Join(t.LeadUnits(), "、")), bu.left(t)))
		}
	}
	return strings.Join(lines, "\n")
}

// Totals are the figures in one sentence.
func (bu Bulletin) Totals() string {
	return figures(bu.Units, bu.Since, len(bu.Done), len(bu.Soon), len(bu.Undated))
}

// Totals are the figures in one sentence.
func (s Standing) Totals() string {
	return figures(s.Units, s.Since, len(s.Done), len(s.Soon), len(s.Undated))
}

// questions is how people's questions fared, in one sentence.
func (bu Bulletin) questions() string {
	return fmt.Sprintf("问答：%s以来问了 %d 次，%d 次没有人答得出。", dayWord(bu.Since), bu.Asked, bu.Silent)
}

func figures(units []Progress, since calendar.Date, done, soon, undated int) string {
	var all Progress
	for _, p := range units {
		all.Tasks, all.Done, all.Overdue = all.Tasks+p.Tasks, all.Done+p.Done, all.Overdue+p.Overdue
	}
	return fmt.Sprintf("%d 个单位牵头 %d 项（几家牵头的各算一项），已办结或已反馈 %d 项，逾期 %d 项；%s以来办结 %d 项，7 天内到期 %d 项，待定期限 %d 项。",
		len(units), all.Tasks, all.Done, all.Overdue, dayWord(since), done, soon, undated)
}

func (bu Bulletin) left(t Task) string { return t.leftWord(bu.cal, bu.Day) }

// leftWord is how many working days are left, or over.
func (t Task) leftWord(cal *calendar.Calendar, day calendar.Date) string {
	n := t.Left(cal, day)
	if day.After(t.Deadline) {
		return fmt.Sprintf("已过 %d 个工作日", -n)
	}
	return fmt.Sprintf("还剩 %d 个工作日", n)
}

// Document is the bulletin for doc.WriteDOCX; office signs it.
func (bu Bulletin) Document(office string) []doc.Out {
	progress := sheet.Out{Name: textProgress, Head: textProgressHead}
	for _, p := range bu.Units {
		progress.Rows = append(progress.Rows, []string{p.Unit, fmt.Sprint(p.Tasks), fmt.Sprint(p.Done), fmt.Sprint(p.Overdue), fmt.Sprintf("%d%%", p.Percent)})
	}
	parts := []doc.Out{
		{Style: "title", Text: "督办通报"}, {Style: "center", Text: "（" + dayWord(bu.Day) + "）"}, {Style: "heading1", Text: "一、总体情况"}, {Text: bu.Totals()},
		{Table: &progress}, {Style: "note", Text: textProgressFoot},
	}
	if len(bu.Units) == 0 {
		parts = append(parts[:4], doc.Out{Text: textNoProgress})
	}
	if bu.Asked > 0 {
		parts = append(parts, doc.Out{Text: bu.questions()})
	}
	for i, part := range []struct {
		title string
		tasks []Task
		word  func(Task) string
	}{
		{"逾期未完成", bu.Overdue, bu.left}, {"七天内到期", bu.Soon, bu.left},
		{"本期办结", bu.Done, func(t Task) string { return bu.cal.Day(t.Ended).String() + " 办结" }}, {"待定期限", bu.Undated, func(t Task) string { return t.State.Word() }},
	} {
		parts = append(parts, doc.Out{Style: "heading1", Text: string([]rune("二三四五")[i]) + "、" + part.title})
		if len(part.tasks) == 0 {
			parts = append(parts, doc.Out{Text: "无。"})
			continue
		}
		table := sheet.Out{Name: part.title, Head: textTaskHead}
		for _, t := range part.tasks {
			table.Rows = append(table.Rows, []string{t.Number.String(), t.Title, strings.Join(t.LeadUnits(), "、"), isoOr(t.Deadline, textNoDate), part.word(t)})
		}
		parts = append(parts, doc.Out{Table: &table})
	}
	return append(parts, doc.Out{Style: "note", Text: ColourFormula()}, doc.Out{Style: "right", Text: office}, doc.Out{Style: "right", Text: dayWord(bu.Day)})
}

func isoOr(d calendar.Date, otherwise string) string {
	if d.IsZero() {
		return otherwise
	}
	return d.String()
}

// ledgerRow has a cell for each of textLedgerHead.
func (b *Board) ledgerRow(t Task, today calendar.Date) []string {
	deadline, ended, delays := isoOr(t.Deadline, textNoDate), "", 0
	if t.Recurs() {
		deadline = t.Rule.String()
	}
	if !t.Ended.IsZero() {
		ended = b.cal.Day(t.Ended).String()
	}
	for _, d := range t.Delays {
		delays += count(d.Granted)
	}
	colour := ""
	if !t.State.Ended() && !t.Recurs() {
		colour = t.ColourOn(b.cal, today).Word()
	}
	return []string{
		t.Number.String(), t.Title + periodWord(t), t.Text, strings.Join(t.LeadUnits(), "、"), strings.Join(t.SupportUnits(), "、"), deadline, t.DeadlineText,
		t.State.Word(), colour, progressWord(t), ended, fmt.Sprint(delays), strings.TrimSpace(t.Source.Plan + " " + t.Source.Address), t.Remark,
	}
}

func periodWord(t Task) string {
	if t.Period == "" {
		return ""
	}
	return "（" + t.Period + "）"
}

// progressWord says what each lead has told.
func progressWord(t Task) string {
	var words []string
	for _, s := range t.Shares {
		switch {
		case !s.Lead:
		case !s.Done.IsZero():
			words = append(words, s.Unit+" 已反馈")
		case !s.Returned.IsZero():
			words = append(words, s.Unit+" 已退回")
		default:
			words = append(words, fmt.Sprintf("%s %d%%", s.Unit, s.Percent))
		}
	}
	return strings.Join(words, "\n")
}
