package console

import (
	"fmt"

	"xietiao/bot/calendar"
	"xietiao/bot/task"
)

// What the pages on 督办 and 考评 say; the templates hold the rest.
const (
	textLate       = "逾期未完成"
	textDoneLately = "最近 7 天办结"
	textCalls      = "电话名单"

	textWhyObject    = "请写明为什么不同意这一项。"
	textWhyRuling    = "请写明理由，单位会看到。"
	textWhichVerdict = "请选一个决定。"
	textWhichDone    = "没有看懂按哪一天办结计，例如 12月10日；不能是以后的日子。"
)

func textBulletin(day calendar.Date) string { return "督办通报（" + day.String() + "）" }

func textAssessment(year int) string { return fmt.Sprintf("%d 年考评", year) }

func textPublished(a task.Assessment, fresh bool) string {
	if !fresh {
		return fmt.Sprintf("和第 %d 版没有不同，没有生成新的一版。", a.Version)
	}
	return fmt.Sprintf("已生成 %d 年考评第 %d 版，各单位看得到自己的。", a.Year, a.Version)
}

func textObjected(o task.Objection) string {
	return fmt.Sprintf("申诉%d 已提交，协调组办公室在工作时间收到，决定会通知本单位。", o.ID)
}

func textRuled(d task.Ruling, a task.Assessment) string {
	s := fmt.Sprintf("申诉%d：%s。", d.Objection, d.Word())
	if d.Granted {
		s += fmt.Sprintf("已生成第 %d 版，只有这一项和上一版不同。", a.Version)
	}
	return s + "单位在工作时间收到决定。"
}

func textAssessmentFile(a task.Assessment) string {
	return fmt.Sprintf("%d 年考评第 %d 版", a.Year, a.Version)
}
