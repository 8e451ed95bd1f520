package handover

import (
	"errors"
	"fmt"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/task"
)

// Everything that users read of this package. In messages what people wrote goes through
// chat.Plain; a card has it as it was written.

const (
	textLeads    = "牵头"
	textSupports = "配合"
	textDue      = "期限 " // before what DueWords says: the card has a column for it
	textNotFound = "没有这张交接单。请从“人员与群”的“交接单”里打开。"
)

// Tell words an error of this package for users; empty if it is none of its own.
func Tell(err error) string {
	if errors.Is(err, ErrNotFound) {
		return textNotFound
	}
	return ""
}

// Due words the day: 5月1日.
func (d Date) Due() string { return dayWord(d.Day) }

func dayWord(d calendar.Date) string { return fmt.Sprintf("%d月%d日", int(d.M), d.D) }

func textDueOf(t task.Task) string { return t.Heading() + " 到期" }

func textNextOf(t task.Task) string {
	return t.Heading() + "（" + t.Rule.String() + "）这一期到期"
}

func textActivity(a activity.Listing) string {
	return "活动 " + a.Heading() + "，" + a.Start.Format("15:04") + "，" + a.State.Word()
}

func textDispute(d activity.Disputed) string {
	return "活动 " + d.Activity.Number.String() + " 的时长异议要在这天前答复"
}

func textGroup(g org.Group) string {
	return org.PlatformWord(g.Address.Via.Platform()) + "群（" + g.At.Format("2006-01-02") + " 绑定）"
}

func textRobot(g org.GroupRobot) string {
	words := org.PlatformWord(g.Platform) + "群机器人 " + g.ID
	if g.Name != "" {
		words += "（" + g.Name + "）"
	}
	return words
}

// promises word what the unit has said of a task, asked for, and waits for.
func (d Desk) promises(t task.Task, s task.Share, today calendar.Date) (list []string) {
	say := func(format string, args ...any) {
		list = append(list, t.Number.String()+" "+fmt.Sprintf(format, args...))
	}
	switch {
	case !s.Returned.IsZero():
		say("已退回，等办公室决定：%s", s.Note)
	case !s.Done.IsZero():
		say("已反馈完成，等办公室复核")
	case s.Percent > 0 || s.Note != "":
		say("报过进度 %d%%：%s", s.Percent, s.Note)
	case s.Signed.IsZero():
		say("还没有签收")
	}
	date := func(c calendar.Date) string { return task.DateWord(d.Tasks.Calendar(), c, today) }
	for _, x := range t.Delays {
		switch {
		case x.Unit != s.Unit:
		case x.Decided.IsZero():
			say("申请延期到%s，等办公室答复：%s", date(x.To), x.Reason)
		case x.Granted:
			say("延期到%s，办公室已同意", date(x.To))
		}
	}
	for _, i := range t.Issues {
		if i.Unit == s.Unit && i.Open() {
			say("提请协调，还没有结果：%s", i.Text)
		}
	}
	return list
}

func textToHeir(c Card, from string) string {
	words := fmt.Sprintf("从现在起，您接替%s担任%s的%s。", chat.Plain(from), c.Unit, c.Role.Word())
	if n := len(c.Tasks); n > 0 {
		words += fmt.Sprintf("有 %d 项任务没有办完", n)
		if len(c.Dates) > 0 {
			words += "，最近的日子：" + c.Dates[0].Due() + " " + chat.Plain(c.Dates[0].What)
		}
		words += "。"
	}
	return words + "回复“我的任务”看清单，交接单由协调组办公室打印。"
}

func textToFormer(c Card, to string) string {
	return fmt.Sprintf("%s的%s从现在起由%s接替，这方面的通知不再发给您。交接单由协调组办公室打印，请双方签字。", c.Unit, c.Role.Word(), chat.Plain(to))
}
